//! `zoom-operator release`.

use std::{io::Write as _, time::Duration};

use anyhow::Context as _;
use clap::Args;

use super::run::{LeaseArguments, LogFormat, install_crypto_provider, start_logging};
use crate::operator::{self, ReleaseSettings};

#[derive(Args, Debug)]
pub(super) struct ReleaseArguments {
    #[command(flatten)]
    lease: LeaseArguments,

    /// Release only this namespace. Can be given several times; without it all namespaces are released.
    #[arg(long = "watch-namespace", value_name = "NAMESPACE")]
    namespaces: Vec<String>,

    /// How log lines look.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

/// Releases everything and tells how many objects that were.
pub(super) fn release(arguments: ReleaseArguments) -> anyhow::Result<()> {
    let ReleaseArguments { lease, namespaces, log_format } = arguments;
    start_logging(log_format);
    install_crypto_provider()?;
    let runtime = tokio::runtime::Runtime::new().context("start the runtime")?;
    let released = runtime.block_on(operator::release(ReleaseSettings {
        lease_namespace: lease.lease_namespace,
        lease_name: lease.lease_name,
        lease_duration: Duration::from_secs(lease.lease_duration),
        identity: format!("{}-release", lease.identity),
        namespaces,
    }))?;
    writeln!(std::io::stdout(), "released {released} objects; nobody in Zoom was touched")
        .context("write to standard output")
}
