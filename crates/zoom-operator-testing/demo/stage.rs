use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;
use zoom_operator_testing::{
    Binaries, ControlPlane, Group, Operator, OperatorOptions, Person, Simulator, SimulatorOptions, eventually,
    project_root,
};

/// Longer than anything here takes, for busy machines. `kubectl wait` gets it too.
pub(crate) const DEADLINE: Duration = Duration::from_secs(90);

/// The address that the example connection names: the simulator as a Service in a cluster.
const IN_CLUSTER: &str = "http://zoom-simulator.acme.svc:8080";

/// Everything that runs, and what the audience has seen of it.
pub(crate) struct Stage {
    operator: Operator,
    zoom: Simulator,
    cluster: ControlPlane,
    _folder: TempDir,
    operator_log: PathBuf,
    steps: usize,
    headline: &'static str,
}

impl Stage {
    /// Starts a control plane with the project's CRDs, the simulator with the example account, and the operator.
    pub(crate) async fn set() -> anyhow::Result<Self> {
        let binaries = Binaries::beside_this_program()?;
        let cluster = ControlPlane::start().await?;
        cluster.apply_crds().await?;
        let account = std::fs::read_to_string(project_root().join("examples/demo/account.yaml"))?;
        let zoom =
            Simulator::start(&binaries, SimulatorOptions { account: Some(account), ..SimulatorOptions::default() })
                .await?;
        let folder = tempfile::tempdir()?;
        let operator_log = folder.path().join("zoom-operator.log");
        let options = OperatorOptions {
            arguments: ["--allow-host", "127.0.0.1"].map(String::from).into(),
            log: Some(operator_log.clone()),
            ..OperatorOptions::default()
        };
        let operator = Operator::start(&binaries, cluster.kubeconfig(), options).await?;
        Ok(Self { operator, zoom, cluster, _folder: folder, operator_log, steps: 0, headline: "" })
    }

    /// Begins a step of the story.
    pub(crate) fn begin(&mut self, headline: &'static str) {
        self.steps += 1;
        self.headline = headline;
        println!("\n=== {}. {headline} ===", self.steps);
    }

    /// The step that the story has come to.
    pub(crate) fn step(&self) -> String {
        format!("{} ({})", self.steps, self.headline)
    }

    /// Says something between the commands.
    pub(crate) fn say(&self, text: &str) {
        println!("\n{text}");
    }

    /// Runs kubectl for all to see.
    pub(crate) async fn kubectl(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let words: Vec<_> = arguments.iter().map(|word| quoted(word)).collect();
        println!("\n$ kubectl {}", words.join(" "));
        print!("{}", self.cluster.kubectl(arguments).await?);
        Ok(())
    }

    /// Shows every Zoom object of the namespace.
    pub(crate) async fn see_objects(&self) -> anyhow::Result<()> {
        self.kubectl(&["get", "zu,zg,zrm,zconn"]).await
    }

    /// Waits, as a user would, until a condition of some objects holds.
    pub(crate) async fn wait(&self, condition: &str, objects: &[&str]) -> anyhow::Result<()> {
        let (condition, timeout) = (format!("--for={condition}"), format!("--timeout={}s", DEADLINE.as_secs()));
        self.kubectl(&[&["wait", &condition, &timeout], objects].concat()).await
    }

    /// Applies a manifest of the examples in which the simulator is named by its address in a cluster.
    pub(crate) async fn apply_with_address(&self, path: &str) -> anyhow::Result<()> {
        let manifest = std::fs::read_to_string(project_root().join(path)).with_context(|| format!("reading {path}"))?;
        ensure!(manifest.contains(IN_CLUSTER), "{path} does not name {IN_CLUSTER}");
        let here = self.zoom.url();
        println!("\n$ sed 's|{IN_CLUSTER}|{here}|' {path} | kubectl apply --server-side -f -");
        print!("{}", self.cluster.apply(&manifest.replace(IN_CLUSTER, here)).await?);
        Ok(())
    }

    /// Edits a person past the API, as somebody does in Zoom's web portal.
    pub(crate) async fn edit_in_portal(&self, email: &str, edit: Value) -> anyhow::Result<()> {
        let url = format!("{}/simulator/people/{email}", self.zoom.url());
        println!("\n$ curl -X PATCH {url} --json {}", quoted(&edit.to_string()));
        self.zoom.control(Method::PATCH, &format!("people/{email}"), Some(edit)).await.map(drop)
    }

    /// Shows people as Zoom holds them; without addresses, everybody.
    pub(crate) async fn see_zoom(&self, emails: &[&str]) -> anyhow::Result<()> {
        println!("\nIn Zoom (curl {}/simulator/people):", self.zoom.url());
        let mut people = self.zoom.people().await?;
        people.retain(|person| emails.is_empty() || emails.contains(&&*person.email));
        people.sort_by(|left, right| left.email.cmp(&right.email));
        people.iter().for_each(|person| println!("  {}", row(person)));
        Ok(())
    }

    /// Waits until Zoom holds a person as `expected` says.
    pub(crate) async fn in_zoom(
        &self,
        email: &str,
        what: &str,
        expected: impl Fn(&Person) -> bool,
    ) -> anyhow::Result<()> {
        eventually(DEADLINE, format!("in Zoom {email} {what}"), || async {
            let person = self.zoom.person(email).await?.with_context(|| format!("{email} is not in the account"))?;
            ensure!(expected(&person), "{}", row(&person));
            Ok(())
        })
        .await
    }

    /// Puts somebody into a group past the API, as somebody does in Zoom's web portal.
    pub(crate) async fn put_into_group(&self, group: &str, email: &str) -> anyhow::Result<()> {
        println!("\n$ curl -X PUT {}/simulator/groups/{group}/members/{email}", self.zoom.url());
        self.zoom.add_to_group(group, email).await
    }

    /// Shows all groups as Zoom holds them.
    pub(crate) async fn see_groups(&self) -> anyhow::Result<()> {
        println!("\nIn Zoom (curl {}/simulator/groups):", self.zoom.url());
        for Group { name, members, admins, .. } in self.zoom.groups().await? {
            let admins =
                if admins.is_empty() { String::new() } else { format!("  administered by {}", admins.join(", ")) };
            println!("  {name:<10} {}{admins}", members.join(", "));
        }
        Ok(())
    }

    /// Waits until Zoom holds a group as `expected` says; its members and administrators come sorted.
    pub(crate) async fn group_in_zoom(
        &self,
        name: &str,
        what: &str,
        expected: impl Fn(&Group) -> bool,
    ) -> anyhow::Result<()> {
        eventually(DEADLINE, format!("in Zoom the group {name} {what}"), || async {
            let mut group = self.zoom.group(name).await?.with_context(|| format!("there is no group {name}"))?;
            group.members.sort();
            group.admins.sort();
            ensure!(expected(&group), "{group:?}");
            Ok(())
        })
        .await
    }

    /// All ZoomRemovals, once they are as expected.
    pub(crate) async fn removals(
        &self,
        what: &str,
        expected: impl Fn(&[Removal]) -> bool,
    ) -> anyhow::Result<Vec<Removal>> {
        eventually(DEADLINE, what, || async {
            let list: Value = serde_json::from_str(&self.cluster.kubectl(&["get", "zrm", "-o", "json"]).await?)?;
            let items = list.get("items").and_then(Value::as_array).context("a list without items")?;
            let removals: Vec<_> = items.iter().map(Removal::of).collect();
            ensure!(expected(&removals), "{removals:?}");
            Ok(removals)
        })
        .await
    }

    /// The number that the next call to Zoom gets.
    pub(crate) async fn next_call(&self) -> anyhow::Result<u64> {
        Ok(self.zoom.journal().await?.last().context("Zoom was never called")?.seq + 1)
    }

    /// Makes sure that Zoom was not written to since a call, and says so.
    pub(crate) async fn only_read_since(&self, call: u64) -> anyhow::Result<()> {
        let path = format!("simulator/journal?since={call}");
        let journal = self.zoom.journal_since(call).await?;
        let writes: Vec<_> = journal.iter().filter(|exchange| exchange.is_write()).collect();
        ensure!(writes.is_empty(), "Zoom was written to: {writes:?}");
        let reads = journal.len();
        println!("\nWritten to Zoom meanwhile: nothing (curl '{}/{path}'; {reads} other calls)", self.zoom.url());
        Ok(())
    }

    /// Shows an object's events, once there is one with this reason; they are sent beside the work.
    pub(crate) async fn see_events(&self, object: &str, reason: &str) -> anyhow::Result<()> {
        let arguments = ["events", "--for", object];
        eventually(DEADLINE, format!("{object} has an event {reason}"), || async {
            let events = self.cluster.kubectl(&arguments).await?;
            ensure!(events.contains(reason), "{events}");
            Ok(())
        })
        .await?;
        self.kubectl(&arguments).await
    }

    /// The end of what the operator wrote.
    pub(crate) fn log_tail(&self) -> String {
        let log = self.operator.log();
        let lines: Vec<_> = log.lines().collect();
        lines.get(lines.len().saturating_sub(30)..).unwrap_or_default().join("\n")
    }

    /// How to go on by oneself.
    pub(crate) fn show_how_to_reach_it(&self) {
        let (kubeconfig, programs) = (self.cluster.kubeconfig().display(), self.cluster.programs().display());
        println!("\nEverything is up until Ctrl-C. In another terminal:\n");
        println!("  export KUBECONFIG={kubeconfig}");
        println!("  export PATH={programs}:$PATH    # kubectl and helm, if you have none");
        println!("\nThe simulator  {}    (zoom-simulator serve --help tells its controls)", self.zoom.url());
        println!("The operator   {}/metrics", self.operator.base_url());
        println!("Its log        {}", self.operator_log.display());
    }
}

fn row(Person { email, first_name, last_name, status, license, role, .. }: &Person) -> String {
    let name = format!("{first_name} {last_name}");
    format!("{email:<24} {name:<20} {status:<9} {license:<9} {role}")
}

/// What the story looks at in a ZoomRemoval.
#[derive(Debug)]
pub(crate) struct Removal {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) wave: String,
    pub(crate) phase: String,
    pub(crate) reason: String,
}

impl Removal {
    fn of(object: &Value) -> Self {
        let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            name: text("/metadata/name"),
            email: text("/spec/person/email"),
            wave: text("/metadata/labels/zoom-operator.dev~1wave"),
            phase: text("/status/phase"),
            reason: text("/status/reason"),
        }
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=,:@%+".contains(letter);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}
