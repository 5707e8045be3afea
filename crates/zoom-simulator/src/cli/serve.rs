//! `zoom-simulator serve`.

use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use zoom_simulator::{AccountConfig, Fault, LimitsConfig, Options, Probability, Simulator};

use super::accounts::read;
use super::{Error, print};

/// Serves accounts until it is told to stop (SIGTERM or Ctrl-C).
///
/// Prints its address, such as http://127.0.0.1:34567, as the first line of standard output once it listens; logs go
/// to standard error and are set by RUST_LOG (default: info). Nothing is written to disk but the journal, if asked for:
/// the accounts are gone when the process ends.
#[derive(Debug, Parser)]
#[command(after_long_help = TEACHING)]
pub(super) struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The account or accounts to serve, as YAML; without it: a small one of its own
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// Adds so many made-up people to the first account, with seats for them
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    users: usize,
    /// Decides the made-up people and ids: the same seed gives the same
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Whether rate limits and day budgets apply; without it: as the account file says
    #[arg(long, value_name = "WHETHER")]
    limits: Option<Switch>,
    /// Lets faults of every class happen, each to this share of the calls: 0.02 is two in a hundred
    #[arg(long, value_name = "SHARE", env = "ZOOM_SIMULATOR_FAULT_RATE")]
    fault_rate: Option<Probability>,
    /// Decides which calls the faults of --fault-rate hit
    #[arg(long, value_name = "NUMBER", default_value_t = 0, env = "ZOOM_SIMULATOR_FAULT_SEED")]
    fault_seed: u64,
    /// Lets webhook events go to other machines too, not only to loopback addresses
    #[arg(long)]
    webhooks_anywhere: bool,
    /// Writes every exchange, as it ends, to a file of its own in this folder: JSON lines, without secrets
    #[arg(long, value_name = "FOLDER", env = "ZOOM_SIMULATOR_JOURNAL_DIR")]
    journal_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

const TEACHING: &str = r#"In a browser: the address itself shows the account as its administrator sees it.

Zoom's side:
  POST /oauth/token      tokens (account acme, client simulator,
                         secret simulator-secret)
  /v2/...                users, settings, roles, groups, contact groups, usage
  /scim2/...             SCIM 2

The simulator's own controls, without a token, as JSON
(GET /simulator/openapi.json describes all of them):
  GET    /simulator/people               everybody, with everything
  POST   /simulator/people               {"email": "ada@acme.example"}
  PATCH  /simulator/people/EMAIL         as Zoom's portal would edit:
                                         {"lastName": "L"}, {"delete": true},
                                         {"status": "inactive"}
  POST   /simulator/people/EMAIL/accept  accept the invitation
  PATCH  /simulator/account              {"seats": {"licensed": 3}},
                                         {"revokeTokens": true}
  GET    /simulator/journal/lines        calls and answers, a line each;
                                         with ?follow=true as they come
  GET    /simulator/counters             calls by endpoint and status
  POST   /simulator/faults               {"path": "/users", "count": 2,
                                         "effect": {"answer": {"status": 503}}}
  POST   /simulator/clock                {"advance": "30 days"}, {"freeze": true}
  POST   /simulator/webhooks             {"url": "http://127.0.0.1:9000/",
                                         "secret": "..."}
  GET    /simulator/accounts             all accounts; the paths above mean the
                                         first, for another put
                                         /simulator/accounts/ID before them

An account file: `zoom-simulator accounts example` prints one.

Try it, the second command in another terminal:
  zoom-simulator serve --listen 127.0.0.1:8080 --users 100
  zoom-simulator journal --follow
and in a third:
  curl -u simulator:simulator-secret -d grant_type=account_credentials \
    -d account_id=acme http://127.0.0.1:8080/oauth/token
  curl -d '{"effect": {"htmlPage": {"status": 502}}}' \
    http://127.0.0.1:8080/simulator/faults
"#;

impl Serve {
    pub(super) async fn run(self) -> Result<(), Error> {
        let mut accounts = self.accounts()?.into_iter();
        let mut first = accounts.next().ok_or("there is no account to serve")?;
        first.users = first.users.saturating_add(self.users);
        // Whoever asks this to stop right after reading its address must be heard: listen for signals first.
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let journal = self.journal_dir.as_deref().map(journal_file).transpose()?;
        let options = Options { seed: self.seed, webhooks_anywhere: self.webhooks_anywhere, journal };
        let simulator = Simulator::start_with(self.listen, first, options).await?;
        let mut all = vec![(*simulator.controls()).clone()];
        for account in accounts {
            all.push(simulator.add_account(account)?);
        }
        for fault in self.fault_rate.into_iter().flat_map(|rate| Fault::of_every_class(rate, self.fault_seed)) {
            all.iter().for_each(|controls| controls.inject(fault.clone()));
        }
        print(&format!("{}\n", simulator.url()))?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        simulator.shutdown().await;
        Ok(())
    }

    fn accounts(&self) -> Result<Vec<AccountConfig>, Error> {
        let mut accounts = match &self.account {
            Some(file) => {
                AccountConfig::all_from_yaml(&read(file)?).map_err(|error| format!("{}: {error}", file.display()))?
            }
            None => vec![AccountConfig::small()],
        };
        for account in &mut accounts {
            match self.limits {
                Some(Switch::Off) => account.limits = LimitsConfig::Off,
                Some(Switch::On) => account.limits = LimitsConfig::On,
                None => {}
            }
        }
        Ok(accounts)
    }
}

/// The file that this process writes its journal to; one that is there, of an earlier process, is continued.
fn journal_file(folder: &Path) -> Result<File, Error> {
    let path = folder.join(format!("{}.jsonl", std::process::id()));
    let file = std::fs::create_dir_all(folder)
        .and_then(|()| OpenOptions::new().create(true).append(true).open(&path))
        .map_err(|error| format!("cannot write the journal to {}: {error}", path.display()))?;
    Ok(file)
}
