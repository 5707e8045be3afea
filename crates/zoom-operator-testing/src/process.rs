//! Child processes that cannot outlive this one.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::eventually;

/// A running program. Dropping it kills the program and waits for its end.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    /// The program is killed when this closes. Gone as soon as the program is known to have ended.
    holder: Option<ChildStdin>,
}

impl Process {
    /// Starts a program through `hack/with-parent`; `child.id()` is the program's own.
    pub(crate) fn start(
        program: &Path,
        arguments: &[impl AsRef<OsStr>],
        environment: &[(String, String)],
        stdout: impl Into<Stdio>,
        stderr: impl Into<Stdio>,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(crate::project_root().join("hack/with-parent"));
        command.arg(program).args(arguments).envs(environment.iter().map(|(key, value)| (key, value)));
        command.stdout(stdout).stderr(stderr);
        Self::spawn(program, command)
    }

    /// Starts a program that itself ends when its standard input closes.
    pub(crate) fn spawn(program: &Path, mut command: Command) -> anyhow::Result<Self> {
        let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
        let mut child =
            command.stdin(Stdio::piped()).spawn().with_context(|| format!("starting {}", program.display()))?;
        let holder = child.stdin.take();
        Ok(Self { name, child, holder })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, or `None` while it runs.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let status = self.child.try_wait().with_context(|| format!("asking for {}'s end", self.name))?;
        if status.is_some() {
            self.holder = None;
        }
        Ok(status)
    }

    /// Kills it at once, as a crash would, and waits for its end.
    pub(crate) fn kill(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.holder = None;
    }

    /// Asks it to stop (SIGTERM) and waits for its end.
    pub(crate) async fn terminate(&mut self, deadline: Duration) -> anyhow::Result<ExitStatus> {
        if let Some(status) = self.ended()? {
            bail!("{} had ended before it was asked to stop: {status}", self.name);
        }
        kill_process(Pid::from_child(&self.child), Signal::TERM)
            .with_context(|| format!("SIGTERM to {}", self.name))?;
        self.end(deadline).await
    }

    /// Lets go of it: a program that watches its standard input ends then. Waits for its end.
    pub(crate) fn release(&mut self) {
        self.holder = None;
        let _ = self.child.wait();
    }

    /// Waits for its end.
    pub(crate) async fn end(&mut self, deadline: Duration) -> anyhow::Result<ExitStatus> {
        let what = format!("{} ends", self.name);
        let process = tokio::sync::Mutex::new(self);
        eventually(deadline, what, || async { process.lock().await.ended()?.context("it is still running") }).await
    }

    /// The first line of its standard output, which must have been piped, and the rest of the pipe to keep.
    pub(crate) async fn first_line(&mut self, deadline: Duration) -> anyhow::Result<(String, BufReader<ChildStdout>)> {
        let mut output = BufReader::new(self.child.stdout.take().context("standard output is not piped")?);
        let reading = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            output.read_line(&mut line).map(|_| (line, output))
        });
        let Ok(read) = tokio::time::timeout(deadline, reading).await else {
            // Ends the reading too, or the runtime could not shut down.
            self.kill();
            bail!("{} said nothing within {deadline:?}", self.name);
        };
        let (line, output) = read?.with_context(|| format!("reading what {} says", self.name))?;
        if line.is_empty() {
            bail!("{} ended without a word: {}", self.name, self.child.wait()?);
        }
        Ok((line.trim_end().to_owned(), output))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A log file to write to, twice: for standard output and standard error.
pub(crate) fn log_file(path: &Path) -> anyhow::Result<(File, File)> {
    let file = File::create(path).with_context(|| format!("creating the log {}", path.display()))?;
    let again = file.try_clone()?;
    Ok((file, again))
}

/// The last lines of a log, for error messages.
pub(crate) fn log_tail(path: &Path, lines: usize) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let skipped = text.lines().count().saturating_sub(lines);
    text.lines().skip(skipped).collect::<Vec<_>>().join("\n")
}
