use std::io::BufReader;
use std::path::PathBuf;
use std::process::{ChildStdout, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Process, log_file, log_tail};
use crate::{Binaries, install_crypto_provider};

const START_DEADLINE: Duration = Duration::from_secs(30);
const CONTROL_DEADLINE: Duration = Duration::from_secs(30);

/// How to start a [`Simulator`].
#[derive(Debug, Clone, Default)]
pub struct SimulatorOptions {
    /// The account file (YAML; `zoom-simulator serve --help` shows one). Absent: an account with only its owner.
    pub account: Option<String>,
    /// Further arguments of `zoom-simulator serve`, such as `--users 100` or `--limits off`.
    pub arguments: Vec<String>,
    /// Where the log goes. Absent: a temporary file.
    pub log: Option<PathBuf>,
}

/// A running `zoom-simulator`: a Zoom account on localhost, killed on drop.
#[derive(Debug)]
pub struct Simulator {
    process: Process,
    _stdout: BufReader<ChildStdout>,
    _folder: TempDir,
    log: PathBuf,
    url: String,
    http: reqwest::Client,
}

/// A person of the account, as the simulator's controls show them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Zoom's id; empty while it has none.
    pub id: String,
    /// In lower case.
    pub email: String,
    /// Given name.
    #[serde(default)]
    pub first_name: String,
    /// Family name.
    #[serde(default)]
    pub last_name: String,
    /// `active`, `inactive` or `pending`.
    pub status: String,
    /// The licence: `Basic`, `Licensed` or `Unassigned`.
    #[serde(rename = "type")]
    pub license: String,
    /// The role's name.
    #[serde(default)]
    pub role: String,
    /// Every field that the controls show, those above included.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, Value>,
}

/// A group of the account, as the simulator's controls show it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Group {
    /// Zoom's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The e-mail addresses of its members.
    pub members: Vec<String>,
    /// The e-mail addresses of its administrators.
    pub admins: Vec<String>,
}

/// A call that the simulator answered, or did not.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// Its number, from which on [`Simulator::journal_since`] continues.
    pub seq: u64,
    /// When it arrived, on the simulator's clock (RFC 3339).
    pub time: String,
    /// The HTTP method.
    pub method: String,
    /// The path with its ids.
    pub path: String,
    /// The query as it was sent; empty: none.
    pub query: String,
    /// The method and the path's template, such as `GET /users/{userId}`.
    pub endpoint: String,
    /// What was sent; null: nothing.
    pub request_body: Value,
    /// The answer's status; absent where none was given.
    pub status: Option<u16>,
    /// What was answered; null: nothing.
    pub response_body: Value,
}

impl Exchange {
    /// Whether it was meant to change the account: neither a read nor a token.
    pub fn is_write(&self) -> bool {
        self.method != "GET" && !self.path.starts_with("/oauth")
    }
}

/// A number of the running test's own, always the same: where all simulators have faults
/// (`ZOOM_SIMULATOR_FAULT_RATE`), each test meets others.
fn seed_of_this_test() -> u64 {
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    name.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()))
}

impl Simulator {
    /// Starts a simulator on a free port.
    ///
    /// # Errors
    ///
    /// When it does not listen within 30 s, with its log.
    pub async fn start(binaries: &Binaries, options: SimulatorOptions) -> anyhow::Result<Self> {
        install_crypto_provider();
        let SimulatorOptions { account, mut arguments, log } = options;
        let folder = tempfile::tempdir()?;
        let log = log.unwrap_or_else(|| folder.path().join("zoom-simulator.log"));
        arguments.splice(0..0, ["serve", "--listen", "127.0.0.1:0"].map(String::from));
        if std::env::var_os("ZOOM_SIMULATOR_FAULT_SEED").is_none() {
            arguments.extend(["--fault-seed".to_owned(), seed_of_this_test().to_string()]);
        }
        if let Some(account) = account {
            let path = folder.path().join("account.yaml");
            std::fs::write(&path, account)?;
            arguments.extend(["--account".to_owned(), path.display().to_string()]);
        }
        let (stderr, _) = log_file(&log)?;
        let mut process = Process::start(&binaries.simulator, &arguments, &[], Stdio::piped(), stderr)?;
        let (url, stdout) = process
            .first_line(START_DEADLINE)
            .await
            .with_context(|| format!("the simulator did not start; its log:\n{}", log_tail(&log, 20)))?;
        let http = reqwest::Client::builder().timeout(CONTROL_DEADLINE).build()?;
        Ok(Self { process, _stdout: stdout, _folder: folder, log, url, http })
    }

    /// Where it listens, such as `http://127.0.0.1:34567`: tokens under `/oauth/token`, REST under `/v2`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everybody in the account.
    ///
    /// # Errors
    ///
    /// As [`Simulator::control`], like all that follow.
    pub async fn people(&self) -> anyhow::Result<Vec<Person>> {
        self.get("people").await
    }

    /// The person with this e-mail address (in lower case) or id.
    pub async fn person(&self, key: &str) -> anyhow::Result<Option<Person>> {
        let people = self.people().await?;
        Ok(people.into_iter().find(|person| person.email == key || person.id == key))
    }

    /// Every group of the account.
    pub async fn groups(&self) -> anyhow::Result<Vec<Group>> {
        self.get("groups").await
    }

    /// The group with this name.
    pub async fn group(&self, name: &str) -> anyhow::Result<Option<Group>> {
        Ok(self.groups().await?.into_iter().find(|group| group.name == name))
    }

    /// Creates a group past the API, as somebody does in Zoom's web portal.
    pub async fn add_group(&self, name: &str) -> anyhow::Result<()> {
        self.control(Method::POST, "groups", Some(json!({"name": name}))).await.map(drop)
    }

    /// Deletes a group past the API.
    pub async fn delete_group(&self, name: &str) -> anyhow::Result<()> {
        self.control(Method::DELETE, &format!("groups/{name}"), None).await.map(drop)
    }

    /// Puts somebody into a group past the API.
    pub async fn add_to_group(&self, group: &str, email: &str) -> anyhow::Result<()> {
        self.control(Method::PUT, &format!("groups/{group}/members/{email}"), None).await.map(drop)
    }

    /// Adds a person past the API, as somebody does in Zoom's web portal.
    pub async fn add_person(&self, person: Value) -> anyhow::Result<Person> {
        Ok(serde_json::from_value(self.control(Method::POST, "people", Some(person)).await?)?)
    }

    /// Edits a person past the API.
    pub async fn edit_person(&self, key: &str, edit: Value) -> anyhow::Result<()> {
        self.control(Method::PATCH, &format!("people/{key}"), Some(edit)).await.map(drop)
    }

    /// Removes a person past the API.
    pub async fn delete_person(&self, key: &str) -> anyhow::Result<()> {
        self.edit_person(key, json!({"delete": true})).await
    }

    /// Accepts a pending person's invitation, as they would by its link.
    pub async fn accept_invitation(&self, email: &str) -> anyhow::Result<()> {
        self.control(Method::POST, &format!("people/{email}/accept"), None).await.map(drop)
    }

    /// Edits the account: client secret, scopes, seats, plan, limits, `revokeTokens`.
    pub async fn edit_account(&self, edit: Value) -> anyhow::Result<()> {
        self.control(Method::PATCH, "account", Some(edit)).await.map(drop)
    }

    /// Every call since the start, tokens left out of the bodies.
    pub async fn journal(&self) -> anyhow::Result<Vec<Exchange>> {
        self.get("journal").await
    }

    /// The calls from number `since` on.
    pub async fn journal_since(&self, since: u64) -> anyhow::Result<Vec<Exchange>> {
        self.get(&format!("journal?since={since}")).await
    }

    /// Forgets the journal and the counters.
    pub async fn clear_journal(&self) -> anyhow::Result<()> {
        self.control(Method::DELETE, "journal", None).await.map(drop)
    }

    /// Injects a fault, such as `{"method": "POST", "path": "/users", "count": 2, "effect": "reset"}`.
    pub async fn inject(&self, fault: Value) -> anyhow::Result<()> {
        self.control(Method::POST, "faults", Some(fault)).await.map(drop)
    }

    /// Takes all injected faults back.
    pub async fn clear_faults(&self) -> anyhow::Result<()> {
        self.control(Method::DELETE, "faults", None).await.map(drop)
    }

    /// Moves the account's clock: `{"advance": "1h"}`, `{"set": "2030-01-01T00:00:00Z"}` or `{"freeze": true}`.
    pub async fn move_clock(&self, to: Value) -> anyhow::Result<()> {
        self.control(Method::POST, "clock", Some(to)).await.map(drop)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let answer = self.control(Method::GET, path, None).await?;
        serde_json::from_value(answer).with_context(|| format!("reading the simulator's {path}"))
    }

    /// Calls one of the controls under `/simulator` and returns its answer (null where it has no body).
    ///
    /// # Errors
    ///
    /// When the simulator refuses, with its words, or does not answer.
    pub async fn control(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let url = format!("{}/simulator/{path}", self.url);
        let mut request = self.http.request(method.clone(), &url);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.with_context(|| format!("{method} {url}"))?;
        let status = answer.status();
        let text = answer.text().await.with_context(|| format!("{method} {url}"))?;
        anyhow::ensure!(status.is_success(), "{method} {url}: {status} {text}");
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("{method} {url} answered {text}"))
    }

    /// Everything that it logged so far.
    pub fn log(&self) -> String {
        log_tail(&self.log, usize::MAX)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}
