use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::client;

struct Running(Child, String);

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zoom-simulator"));
        let mut child =
            command.arg("serve").args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self(child, line.trim().to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_binary_prints_its_address_serves_and_stops_when_told() {
    let mut running = Running::start(&["--users", "20", "--seed", "3", "--limits", "off"]);
    let people: Vec<serde_json::Value> =
        client().get(format!("{}/simulator/people", running.1)).send().await.unwrap().json().await.unwrap();
    assert_eq!(people.len(), 24);
    let told = Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
}

fn zoom_simulator(arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_zoom-simulator")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn accounts_and_journal_show_what_a_running_simulator_holds() {
    let running = Running::start(&["--users", "20", "--limits", "off"]);
    let url = running.1.as_str();
    let form = [("grant_type", "account_credentials"), ("account_id", "acme")];
    let request = client().post(format!("{url}/oauth/token")).basic_auth("simulator", Some("simulator-secret"));
    assert_eq!(request.form(&form).send().await.unwrap().status(), 200);
    assert_eq!(client().get(format!("{url}/v2/users")).send().await.unwrap().status(), 401);

    let folder = std::env::temp_dir().join(format!("zoom-simulator-{}", running.0.id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("accounts.yaml");
    std::fs::write(&file, "accounts:\n- {accountId: globex, plan: Pro}\n- {accountId: initech}\n").unwrap();
    let (added, table, error) = zoom_simulator(&["accounts", "--url", url, "add", file.to_str().unwrap()]);
    assert!(added, "{error}");
    let rows: Vec<_> = table.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(rows, ["ACCOUNT", "acme", "globex", "initech"]);
    let (again, _, error) = zoom_simulator(&["accounts", "--url", url, "add", file.to_str().unwrap()]);
    assert!(!again && error.contains("globex"), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();

    let (_, journal, _) = zoom_simulator(&["journal", "--url", url]);
    assert_eq!(journal.lines().count(), 2, "{journal}");
    let (_, refused, _) = zoom_simulator(&["journal", "--url", url, "--status", "401"]);
    assert!(refused.contains("401/124") && refused.contains("GET /v2/users") && refused.lines().count() == 1);
    let (_, whole, _) = zoom_simulator(&["journal", "--url", url, "--json", "--endpoint", "oauth"]);
    let exchange: serde_json::Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(exchange["responseBody"]["access_token"], "(hidden)");
    let (_, counts, _) = zoom_simulator(&["journal", "--url", url, "--counts"]);
    assert!(counts.contains("| GET /users") && counts.lines().last().unwrap().starts_with("| all"), "{counts}");
    let (known, _, error) = zoom_simulator(&["journal", "--url", url, "--account", "nobody"]);
    assert!(!known && error.contains("acme, globex, initech"), "{error}");
}

#[tokio::test]
async fn journals_in_files_outlive_a_killed_simulator_and_are_counted_together() {
    let folder = std::env::temp_dir().join(format!("zoom-simulator-journals-{}", std::process::id()));
    let at = folder.to_str().unwrap();
    for _ in 0..2 {
        let running = Running::start(&["--journal-dir", at]);
        for path in ["/v2/users", "/v2/groups", "/simulator/people"] {
            client().get(format!("{}{path}", running.1)).send().await.unwrap();
        }
    }
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    let mut arguments = vec!["journal", "--counts"];
    arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
    let (_, counts, error) = zoom_simulator(&arguments);
    let rows: Vec<Vec<_>> = counts.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        rows.iter().find(|row| row.get(2) == Some(&"/groups")).unwrap()[4..8],
        ["Medium", "|", "2", "|"],
        "{error}"
    );
    assert!(rows.last().unwrap().contains(&"4"), "controls are no calls: {counts}");
    std::fs::write(&files[0], "no exchange\n").unwrap();
    let (counted, _, error) = zoom_simulator(&arguments);
    assert!(!counted && error.contains(files[0].to_str().unwrap()) && error.contains("line 1"), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_example_account_is_sound_and_a_mistake_in_a_file_is_told() {
    let (_, example, _) = zoom_simulator(&["accounts", "example"]);
    let folder = std::env::temp_dir().join(format!("zoom-simulator-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("account.yaml");
    let check = |text: &str| {
        std::fs::write(&file, text).unwrap();
        zoom_simulator(&["accounts", "check", file.to_str().unwrap()])
    };
    assert_eq!(check(&example).1, "account acme is sound\n");
    let (sound, _, error) = check("people: [{email: a@acme.example, role: Chef}]");
    assert!(!sound && error.contains("Chef") && error.contains("Owner, Admin, Member"), "{error}");
    let (sound, _, error) = check("plan: Gold");
    assert!(!sound && error.contains("plan") && error.contains("Gold") && error.contains("Business"), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn nobody_listening_is_told_with_the_cause_and_what_to_do() {
    let (found, _, error) = zoom_simulator(&["accounts", "--url", "http://127.0.0.1:9"]);
    let told = ["127.0.0.1:9", "Connection refused", "zoom-simulator serve"];
    assert!(!found && told.iter().all(|part| error.contains(part)), "{error}");
}

#[tokio::test]
async fn a_fault_rate_switches_every_class_on_for_all_accounts() {
    let running = Running::start(&["--fault-rate", "0.02", "--fault-seed", "7"]);
    let faults: Vec<serde_json::Value> =
        client().get(format!("{}/simulator/faults", running.1)).send().await.unwrap().json().await.unwrap();
    assert_eq!(faults.len(), zoom_simulator::FaultEffect::of_every_class().len());
    assert!(faults.iter().all(|fault| fault["probability"] == 0.02));
    let (_, _, error) = zoom_simulator(&["serve", "--fault-rate", "2"]);
    assert!(error.contains("from 0 to 1"), "{error}");
}

#[test]
fn a_bad_account_file_ends_with_a_message_that_names_it() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zoom-simulator"));
    let output = command.args(["serve", "--account", "/nowhere/account.yaml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/nowhere/account.yaml"));
    assert!(output.stdout.is_empty());
}

/// Without any CA certificate the client that sends webhook events cannot be built.
#[cfg(target_os = "linux")]
#[test]
fn why_a_simulator_does_not_start_is_told_to_its_cause() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zoom-simulator"));
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("SSL_CERT_FILE", "/nowhere").env("SSL_CERT_DIR", "/nowhere");
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("webhook events: builder error: "), "{error}");
    assert!(error.contains("CA certificates"), "{error}");
}
