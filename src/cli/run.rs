//! `zoom-operator run`.

use std::{io::IsTerminal as _, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::operator::{self, AllowedHosts, Settings};

#[derive(Args, Debug)]
pub(super) struct RunArguments {
    #[command(flatten)]
    lease: LeaseArguments,

    #[command(flatten)]
    admin: AdminArguments,

    /// Watch only this namespace. Can be given several times; without it all namespaces are watched.
    #[arg(long = "watch-namespace", value_name = "NAMESPACE")]
    watch_namespaces: Vec<String>,

    /// Allow ZoomConnections to name this host in spec.endpoints, besides Zoom's own. Can be given several times. Their
    /// credentials are sent there: name only hosts that you run.
    #[arg(long = "allow-host", value_name = "HOST")]
    allow_hosts: Vec<String>,

    /// How log lines look.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Leader election")]
pub(super) struct LeaseArguments {
    /// The namespace of the Lease that replicas share.
    #[arg(long, env = "POD_NAMESPACE", default_value = "default", value_name = "NAMESPACE")]
    pub(super) lease_namespace: String,

    /// The name of the Lease that replicas share.
    #[arg(long, default_value = "zoom-operator", value_name = "NAME")]
    pub(super) lease_name: String,

    /// How long a lease is good for, in seconds: so long nothing happens after the leader died. A call to Zoom may take
    /// about a quarter of it.
    #[arg(long, default_value_t = 45, value_parser = clap::value_parser!(u64).range(3..=600), value_name = "SECONDS")]
    pub(super) lease_duration: u64,

    /// Who this replica is, for people who look at the Lease.
    #[arg(long, env = "POD_NAME", default_value = "zoom-operator", value_name = "NAME")]
    pub(super) identity: String,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Probes and metrics")]
struct AdminArguments {
    /// Where /livez, /readyz and /metrics are served.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    admin_listen: SocketAddr,

    /// Write the address that was bound into this file.
    #[arg(long, value_name = "FILE")]
    admin_address_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Runs the operator.
pub(super) fn run(arguments: RunArguments) -> anyhow::Result<()> {
    start_logging(arguments.log_format);
    install_crypto_provider()?;
    let runtime = tokio::runtime::Runtime::new().context("start the runtime")?;
    runtime.block_on(operator::run(settings(arguments)))
}

/// The one TLS provider of the process.
pub(super) fn install_crypto_provider() -> anyhow::Result<()> {
    let installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    installed.map_err(|_| anyhow::anyhow!("another TLS provider was installed before"))
}

fn settings(arguments: RunArguments) -> Settings {
    let RunArguments { lease, admin, watch_namespaces, allow_hosts, log_format: _ } = arguments;
    Settings {
        admin_listen: admin.admin_listen,
        admin_address_file: admin.admin_address_file,
        lease_namespace: lease.lease_namespace,
        lease_name: lease.lease_name,
        lease_duration: Duration::from_secs(lease.lease_duration),
        identity: lease.identity,
        watch_namespaces,
        allowed_hosts: AllowedHosts(allow_hosts),
    }
}

/// `RUST_LOG` decides what is said; by default what the operator does, and only warnings of the libraries.
pub(super) fn start_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,zoom_operator=info,zoom_account=info,zoom_client=info"));
    let colours = std::io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().init(),
    }
}
