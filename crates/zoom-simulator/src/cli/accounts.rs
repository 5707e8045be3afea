//! `zoom-simulator accounts`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use reqwest::Method;
use serde_json::Value;
use zoom_simulator::AccountConfig;

use super::remote::Remote;
use super::{Error, print};

/// Lists the accounts of a running simulator, adds one, or checks an account file.
#[derive(Debug, Parser)]
#[command(after_help = TEACHING)]
pub(super) struct Accounts {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Serves the accounts of a file besides those that are served
    Add {
        /// The account file
        file: PathBuf,
    },
    /// Says whether an account file is sound, without a simulator
    Check {
        /// The account file
        file: PathBuf,
    },
    /// Prints an account file to start from
    Example,
}

const TEACHING: &str = "Examples:
  zoom-simulator accounts                          what is served at http://127.0.0.1:8080
  zoom-simulator accounts --url http://127.0.0.1:34567
  zoom-simulator accounts example > account.yaml   a file to start from
  zoom-simulator accounts check account.yaml       says field, finding and what is allowed
  zoom-simulator accounts add account.yaml         serves it besides the others";

/// An account file that shows what there is; checked by a test.
pub(super) const EXAMPLE: &str = include_str!("example.yaml");

impl Accounts {
    pub(super) async fn run(self) -> Result<(), Error> {
        match self.what {
            None => self.list().await,
            Some(What::Add { ref file }) => {
                let text = read(file)?;
                AccountConfig::all_from_yaml(&text)?;
                for account in accounts_as_json(&text)? {
                    self.remote.call(Method::POST, &["simulator", "accounts"], Some(&account)).await?;
                }
                self.list().await
            }
            Some(What::Check { file }) => check(&file),
            Some(What::Example) => print(EXAMPLE).map(drop),
        }
    }

    async fn list(&self) -> Result<(), Error> {
        let answer = self.remote.call(Method::GET, &["simulator", "accounts"], None).await?;
        let accounts: Vec<Value> = answer.json().await?;
        let mut table = format!(
            "{:<24} {:<9} {:>8} {:>8} {:>8}  {}\n",
            "ACCOUNT", "PLAN", "ACTIVE", "INACTIVE", "PENDING", "LICENSED"
        );
        for account in &accounts {
            let text = |name: &str| account.get(name).map_or_else(String::new, plain);
            let bought = account.pointer("/seats/licensed").map_or_else(String::new, plain);
            writeln!(
                table,
                "{:<24} {:<9} {:>8} {:>8} {:>8}  {} of {bought}",
                text("accountId"),
                text("plan"),
                text("active"),
                text("inactive"),
                text("pending"),
                text("licensed"),
            )?;
        }
        print(&table).map(drop)
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn read(file: &Path) -> Result<String, Error> {
    std::fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()).into())
}

/// The accounts of a file as the control that adds one takes them.
fn accounts_as_json(text: &str) -> Result<Vec<Value>, Error> {
    let file: Value = serde_saphyr::from_str(text)?;
    Ok(match file.get("accounts") {
        Some(Value::Array(accounts)) => accounts.clone(),
        Some(_) | None => vec![file],
    })
}

fn check(file: &Path) -> Result<(), Error> {
    let accounts =
        AccountConfig::all_from_yaml(&read(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
    for account in accounts {
        let id = account.account_id.clone();
        account.check().map_err(|error| format!("{}: account {id}: {error}", file.display()))?;
        if !print(&format!("account {id} is sound\n"))? {
            break;
        }
    }
    Ok(())
}
