use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::process::{Process, log_file, log_tail};
use crate::{Binaries, eventually};

const START_DEADLINE: Duration = Duration::from_secs(60);

/// How to start an [`Operator`].
#[derive(Debug, Clone, Default)]
pub struct OperatorOptions {
    /// Further arguments of `zoom-operator run`.
    pub arguments: Vec<String>,
    /// Further environment variables.
    pub environment: Vec<(String, String)>,
    /// Where the log goes. Absent: a temporary file, which is shown on standard error when the operator is dropped, so that
    /// the test harness shows it for tests that failed.
    pub log: Option<PathBuf>,
}

/// A running `zoom-operator run`, killed on drop.
#[derive(Debug)]
pub struct Operator {
    process: Process,
    _folder: TempDir,
    log: PathBuf,
    show_log: bool,
    base_url: String,
}

impl Operator {
    /// Starts an operator that uses the given kubeconfig, and waits until its admin server listens.
    ///
    /// # Errors
    ///
    /// When it ends, or does not listen within a minute: with the end of its log.
    pub async fn start(binaries: &Binaries, kubeconfig: &Path, options: OperatorOptions) -> anyhow::Result<Self> {
        let OperatorOptions { mut arguments, mut environment, log } = options;
        let folder = tempfile::tempdir()?;
        let show_log = log.is_none();
        let log = log.unwrap_or_else(|| folder.path().join("zoom-operator.log"));
        let address = folder.path().join("admin-address");
        arguments.splice(0..0, ["run", "--admin-listen", "127.0.0.1:0", "--admin-address-file"].map(String::from));
        arguments.insert(4, address.display().to_string());
        environment.push(("KUBECONFIG".to_owned(), kubeconfig.display().to_string()));

        let (stdout, stderr) = log_file(&log)?;
        let process = Process::start(&binaries.operator, &arguments, &environment, stdout, stderr)?;
        let mut operator = Self { process, _folder: folder, log, show_log, base_url: String::new() };
        operator.base_url = format!("http://{}", operator.bound(&address).await?);
        Ok(operator)
    }

    /// Waits for the address that the admin server was bound to.
    async fn bound(&mut self, file: &Path) -> anyhow::Result<String> {
        let log = self.log.clone();
        let process = Mutex::new(&mut self.process);
        let address = eventually(START_DEADLINE, "the operator's admin server listens", || async {
            if let Some(status) = process.lock().await.ended()? {
                return Ok(Err(status));
            }
            let text = fs::read_to_string(file).unwrap_or_default();
            anyhow::ensure!(!text.trim().is_empty(), "nothing in {}", file.display());
            Ok(Ok(text.trim().to_owned()))
        })
        .await
        .with_context(|| format!("the end of the operator's log:\n{}", log_tail(&log, 20)))?;
        match address {
            Ok(address) => Ok(address),
            Err(status) => bail!("the operator ended ({status}); the end of its log:\n{}", log_tail(&log, 20)),
        }
    }

    /// Its admin server, such as `http://127.0.0.1:34567`: `/livez`, `/readyz`, `/metrics`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What its admin server answers under `/metrics`.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub async fn metrics(&self) -> anyhow::Result<String> {
        let url = format!("{}/metrics", self.base_url);
        let answer = reqwest::get(&url).await.with_context(|| format!("GET {url}"))?.error_for_status()?;
        answer.text().await.with_context(|| format!("GET {url}"))
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Everything that it wrote so far.
    pub fn log(&self) -> String {
        log_tail(&self.log, usize::MAX)
    }

    /// How it ended, or `None` while it runs.
    ///
    /// # Errors
    ///
    /// When the system does not say.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.process.ended()
    }

    /// Kills it as a crash would (SIGKILL); it has ended when this returns.
    pub fn kill9(&mut self) {
        self.process.kill();
    }

    /// Asks it to stop, as Kubernetes does (SIGTERM), and waits for its end.
    ///
    /// # Errors
    ///
    /// When it had ended before, or still runs at the deadline (it is then killed on drop).
    pub async fn terminate(&mut self, deadline: Duration) -> anyhow::Result<ExitStatus> {
        self.process.terminate(deadline).await
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.process.kill();
        if self.show_log {
            eprintln!("--- the operator's log ---\n{}\n--- end of the operator's log ---", self.log());
        }
    }
}
