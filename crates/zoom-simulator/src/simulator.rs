//! A running simulator and the controls that it is steered by.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::account::{Account, PersonEdit, PersonView, Refusal};
use crate::clock::Clock;
use crate::config::{AccountConfig, ConfigError, PersonConfig, Plan, Seats};
use crate::fault::Fault;
use crate::journal::{Counters, Exchange};
use crate::limits::LimitsConfig;
use crate::listener::{CuttableListener, Cutter};
use crate::world::{Shared, World};
use crate::{control, exchange};

/// A Zoom account that listens on localhost until it is shut down or dropped.
///
/// Dereferences to its [`Controls`].
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
        let clock = Clock::start();
        let account = Account::new(config, seed, clock.now())?;
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let controls = Arc::new(Controls { shared: Shared::new(World::new(account, clock)) });
        let stop = CancellationToken::new();
        let zoom = Router::new().fallback(exchange::handle).with_state(Arc::clone(&controls.shared));
        let router = control::router().with_state(Arc::clone(&controls)).merge(zoom);
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

    /// The controls, to be kept apart from the simulator.
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

/// What Zoom's portal or the people themselves would be refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct PortalRefusal {
    /// Zoom's code for it.
    pub code: u32,
    /// The reason.
    pub message: String,
}

impl From<Refusal> for PortalRefusal {
    fn from(refusal: Refusal) -> Self {
        let fields = refusal.errors().iter().map(|error| format!(" {}: {}", error.field, error.message));
        Self { code: refusal.wire().1, message: format!("{refusal}{}", fields.collect::<String>()) }
    }
}

/// A change of the account itself; absent fields stay as they are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AccountEdit {
    /// Another client secret, as when it was rotated; tokens stay good.
    pub client_secret: Option<String>,
    /// Other scopes, for tokens that are issued from now on.
    pub scopes: Option<Vec<String>>,
    /// Other seats.
    pub seats: Option<Seats>,
    /// Another plan.
    pub plan: Option<Plan>,
    /// Other limits.
    pub limits: Option<LimitsConfig>,
    /// Makes every token that is about invalid.
    pub revoke_tokens: bool,
}

/// Looks into a running account and steers it, past Zoom's API.
pub struct Controls {
    pub(crate) shared: Arc<Shared>,
}

impl std::fmt::Debug for Controls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Controls").finish_non_exhaustive()
    }
}

impl Controls {
    /// Everybody in the account, in the order in which they came.
    #[must_use]
    pub fn people(&self) -> Vec<PersonView> {
        let world = self.shared.world();
        world.account.people.all().map(|person| world.account.view(person)).collect()
    }

    /// One person by id or address.
    #[must_use]
    pub fn person(&self, key: &str) -> Option<PersonView> {
        let world = self.shared.world();
        world.account.people.find(key).map(|person| world.account.view(person))
    }

    /// Adds somebody as the account file would.
    ///
    /// # Errors
    /// When the address is taken or malformed, a role or group is unknown, or no seat is free.
    pub fn add_person(&self, person: PersonConfig) -> Result<PersonView, PortalRefusal> {
        let mut world = self.shared.world();
        let now = world.clock.now();
        let email = person.email.clone();
        world.account.place(person, now).map_err(|error| PortalRefusal { code: 300, message: error.to_string() })?;
        Ok(world.account.person(&email).map(|person| world.account.view(person))?)
    }

    /// Edits somebody as the administrator in Zoom's portal would; nothing is returned of somebody deleted.
    ///
    /// # Errors
    /// When there is no such person, no seat is free, the address is taken, or the owner would lose their place.
    pub fn edit_person(&self, key: &str, edit: PersonEdit) -> Result<Option<PersonView>, PortalRefusal> {
        let mut world = self.shared.world();
        let now = world.clock.now();
        Ok(world.account.edit_in_portal(key, edit, now)?)
    }

    /// The invited person accepts.
    ///
    /// # Errors
    /// When there is no such person, they are not pending, or the invitation has expired.
    pub fn accept_invitation(&self, email: &str) -> Result<PersonView, PortalRefusal> {
        let mut world = self.shared.world();
        let now = world.clock.now();
        let id = world.account.accept_invitation(email, now)?.id.clone();
        Ok(world.account.person(&id).map(|person| world.account.view(person))?)
    }

    /// Changes the account itself.
    pub fn edit_account(&self, edit: AccountEdit) {
        let AccountEdit { client_secret, scopes, seats, plan, limits, revoke_tokens } = edit;
        let mut world = self.shared.world();
        let config = &mut world.account.config;
        config.client_secret = client_secret.unwrap_or_else(|| config.client_secret.clone());
        config.scopes = scopes.or_else(|| config.scopes.take());
        config.seats = seats.unwrap_or(config.seats);
        config.plan = plan.unwrap_or(config.plan);
        config.limits = limits.unwrap_or_else(|| config.limits.clone());
        if revoke_tokens {
            world.tokens.revoke_all();
        }
    }

    /// Every token that was ever issued, oldest first: for tests that look for them where none may show.
    #[must_use]
    pub fn issued_tokens(&self) -> Vec<String> {
        self.shared.world().tokens.issued().to_vec()
    }

    /// Every exchange that is kept, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Exchange> {
        self.journal_since(0)
    }

    /// The exchanges after number `seq`.
    #[must_use]
    pub fn journal_since(&self, seq: u64) -> Vec<Exchange> {
        self.shared.world().journal.since(seq)
    }

    /// Forgets exchanges and counters.
    pub fn clear_journal(&self) {
        self.shared.world().journal.clear();
    }

    /// Calls by endpoint and status.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.world().journal.counters().clone()
    }

    /// Lets something go wrong with the next calls that match.
    pub fn inject(&self, fault: Fault) {
        self.shared.world().inject(fault);
    }

    /// The faults that still have calls to hit, with how many.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.world().faults.iter().map(|pending| pending.fault.clone()).collect()
    }

    /// Forgets all faults.
    pub fn clear_faults(&self) {
        self.shared.world().faults.clear();
    }

    /// The time on the simulator's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.now()
    }

    /// Moves the clock.
    pub fn advance(&self, by: SignedDuration) {
        self.shared.world().clock.advance(by);
    }

    /// Sets the clock.
    pub fn set_clock(&self, to: Timestamp) {
        self.shared.world().clock.set(to);
    }

    /// Stops the clock, or lets it run again.
    pub fn freeze(&self, frozen: bool) {
        self.shared.world().clock.freeze(frozen);
    }

    /// Whether the clock stands still.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.shared.world().clock.is_frozen()
    }
}
