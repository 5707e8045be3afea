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

#[test]
fn a_bad_account_file_ends_with_a_message_that_names_it() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zoom-simulator"));
    let output = command.args(["serve", "--account", "/nowhere/account.yaml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/nowhere/account.yaml"));
    assert!(output.stdout.is_empty());
}
