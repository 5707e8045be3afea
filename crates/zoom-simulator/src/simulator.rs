//! A running simulator.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{AccountConfig, ConfigError};
use crate::controls::Controls;
use crate::journal::Journal;
use crate::listener::{CuttableListener, Cutter};
use crate::world::{Shared, World};
use crate::{control, deliver, exchange, page};

/// Zoom accounts that listen on localhost until they are shut down or dropped.
///
/// Dereferences to the [`Controls`] of the first account.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    controls: Arc<Controls>,
    stop: CancellationToken,
    server: Option<JoinHandle<()>>,
}

/// Why a simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The account cannot be built.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The client that sends webhook events cannot be had.
    #[error("cannot set up the sending of webhook events")]
    NoClient(#[source] reqwest::Error),
}

/// How a simulator is started.
#[derive(Debug, Default)]
pub struct Options {
    /// Decides the ids and people that it makes up.
    pub seed: u64,
    /// Whether webhook events may be sent to other machines; without it only to loopback addresses.
    pub webhooks_anywhere: bool,
    /// Where the journal is written to as JSON lines, besides being kept.
    pub journal: Option<File>,
}

impl Simulator {
    /// Starts an account on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When the account cannot be built, or no port can be had.
    pub async fn start(config: AccountConfig) -> Result<Self, StartError> {
        Self::start_on((Ipv4Addr::LOCALHOST, 0).into(), config, 0).await
    }

    /// Starts an account on an address; `seed` decides the ids that it makes up.
    ///
    /// # Errors
    /// When the account cannot be built, or the address cannot be listened on.
    pub async fn start_on(address: SocketAddr, config: AccountConfig, seed: u64) -> Result<Self, StartError> {
        Self::start_with(address, config, Options { seed, ..Options::default() }).await
    }

    /// Starts an account on an address.
    ///
    /// # Errors
    /// When the account cannot be built, or the address cannot be listened on.
    pub async fn start_with(address: SocketAddr, config: AccountConfig, options: Options) -> Result<Self, StartError> {
        let Options { seed, webhooks_anywhere, journal } = options;
        deliver::check_hosts(&config, webhooks_anywhere).map_err(ConfigError::from)?;
        let world = World::new(config.with_its_users(seed)?, seed, Journal::written_to(journal))?;
        let http = deliver::client().map_err(StartError::NoClient)?;
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let shared = Shared::new(world, http.clone(), webhooks_anywhere);
        let controls = Arc::new(Controls::first(Arc::clone(&shared)));
        let stop = CancellationToken::new();
        tokio::spawn(deliver::run(Arc::clone(&shared), http, stop.clone()));
        let zoom = Router::new().fallback(exchange::handle).with_state(Arc::clone(&shared));
        let router = control::router().merge(page::router()).with_state(shared).merge(zoom);
        let service = router.into_make_service_with_connect_info::<Cutter>();
        let serve =
            axum::serve(CuttableListener(listener), service).with_graceful_shutdown(stop.clone().cancelled_owned());
        let server = tokio::spawn(async move {
            if let Err(error) = serve.await {
                tracing::error!(%error, "the server ended");
            }
        });
        Ok(Self { address, controls, stop, server: Some(server) })
    }

    /// Where it listens, such as `http://127.0.0.1:34567`: REST is under `/v2`, tokens under `/oauth/token`, the
    /// controls under `/simulator`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The controls of the first account, to be kept apart from the simulator.
    #[must_use]
    pub fn controls(&self) -> Arc<Controls> {
        Arc::clone(&self.controls)
    }

    /// Takes no more connections, lets running calls end for at most five seconds, and closes the port.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(mut server) = self.server.take()
            && tokio::time::timeout(Duration::from_secs(5), &mut server).await.is_err()
        {
            server.abort();
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Deref for Simulator {
    type Target = Controls;

    fn deref(&self) -> &Controls {
        &self.controls
    }
}
