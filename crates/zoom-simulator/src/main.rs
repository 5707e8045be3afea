//! A Zoom account on localhost.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use zoom_simulator::{AccountConfig, LimitsConfig, Simulator};

/// A Zoom account on localhost, for tests, demos and rehearsals.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(Serve),
}

/// Serves an account until it is told to stop (SIGTERM or Ctrl-C).
///
/// Prints its address, such as http://127.0.0.1:34567, as the first line of standard output once it listens; logs go
/// to standard error and are set by RUST_LOG (default: info). Nothing is written to disk: the account is gone when the
/// process ends.
#[derive(Debug, Parser)]
#[command(after_long_help = TEACHING)]
struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The account to serve, as YAML; without it: a small one of its own
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// Adds so many made-up people, with seats for them
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    users: usize,
    /// Decides the made-up people and ids: the same seed gives the same
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Whether rate limits and day budgets apply; without it: as the account file says
    #[arg(long, value_name = "WHETHER")]
    limits: Option<Switch>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

const TEACHING: &str = r#"Zoom's side:
  POST /oauth/token      tokens (account acme, client simulator, secret simulator-secret)
  /v2/...                users, roles, groups, plan usage

The simulator's own controls, without a token, as JSON:
  GET    /simulator/people                  everybody, with everything
  POST   /simulator/people                  add: {"email": "ada@acme.example", "type": "Licensed"}
  PATCH  /simulator/people/EMAIL            edit as Zoom's portal would: {"lastName": "L", "profile": {"dept": "X"}},
                                            {"status": "inactive"}, {"delete": true}
  POST   /simulator/people/EMAIL/accept     accept the invitation
  PATCH  /simulator/account                 {"clientSecret": "..."}, {"seats": {"licensed": 3}}, {"revokeTokens": true}
  GET    /simulator/tokens                  every token that was issued: to look for them where none may show
  GET    /simulator/journal?since=N         calls and answers; DELETE forgets them
  GET    /simulator/counters                calls by endpoint and status
  POST   /simulator/faults                  {"method": "POST", "path": "/users", "count": 2,
                                             "effect": {"answer": {"status": 503}}}; GET lists, DELETE forgets
  POST   /simulator/clock                   {"advance": "1h"}, {"set": "2030-01-01T00:00:00Z"}, {"freeze": true}

An account file:
  accountId: acme
  clientId: simulator
  clientSecret: simulator-secret
  plan: Pro                                 # Free, Pro or Business
  seats: {licensed: 3}
  managedDomains: [acme.example]
  owner: owner@acme.example
  people:
    - {email: ada@acme.example, firstName: Ada, type: Licensed, role: Admin, profile: {dept: Research}}
    - {email: bob@acme.example, status: pending}
  elsewhere: [{email: eve@gmail.example}]   # has a Zoom account of its own

Try it:
  zoom-simulator serve --listen 127.0.0.1:8080 --users 100
  curl -u simulator:simulator-secret -d grant_type=account_credentials -d account_id=acme http://127.0.0.1:8080/oauth/token
"#;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let Command::Serve(serve) = Cli::parse().command;
    match run(serve).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(serve: Serve) -> Result<(), Box<dyn std::error::Error>> {
    let mut account = match &serve.account {
        Some(file) => {
            let text =
                std::fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
            AccountConfig::from_yaml(&text)?
        }
        None => AccountConfig::small(),
    };
    match serve.limits {
        Some(Switch::Off) => account.limits = LimitsConfig::Off,
        Some(Switch::On) => account.limits = LimitsConfig::On,
        None => {}
    }
    // Whoever asks this to stop right after reading its address must be heard: listen for signals first.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let simulator = Simulator::start_on(serve.listen, account.with_users(serve.users, serve.seed), serve.seed).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", simulator.url()).and_then(|()| out.flush())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    simulator.shutdown().await;
    Ok(())
}
