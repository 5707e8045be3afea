//! What a running account is looked into and steered by, past Zoom's API.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::account::{Account, PersonEdit, PersonView, Refusal, Status};
use crate::config::{AccountConfig, ConfigError, PersonConfig, Plan, Seats};
use crate::deliver::{self, WebhookRefusal};
use crate::events::Cause;
use crate::fault::Fault;
use crate::history::ReadDelay;
use crate::journal::{Costs, Counters, Exchange};
use crate::limits::LimitsConfig;
use crate::webhooks::{WebhookConfig, WebhookView};
use crate::world::{AccountNumber, Shared};

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
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AccountEdit {
    /// Another client secret of the first app, as when it was rotated; tokens stay good.
    pub client_secret: Option<String>,
    /// Other scopes of the first app, for tokens that are issued from now on.
    pub scopes: Option<Vec<String>>,
    /// Other seats.
    pub seats: Option<Seats>,
    /// Another plan.
    pub plan: Option<Plan>,
    /// Other limits.
    pub limits: Option<LimitsConfig>,
    /// Whether the first app is active: without it there are no tokens, and those that are about are invalid.
    pub app_active: Option<bool>,
    /// Another delay until reads show what was written.
    pub read_delay: Option<ReadDelay>,
    /// Makes every token that is about invalid.
    pub revoke_tokens: bool,
}

/// An account that is served.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// The account's id, by which tokens and controls choose it.
    pub account_id: String,
    /// What it pays for.
    pub plan: Plan,
    /// The seats that were bought.
    pub seats: Seats,
    /// Seats that active and pending people of the licence `Licensed` take.
    pub licensed: u32,
    /// Seats that active and pending people of the licence `Basic` take.
    pub basic: u32,
    /// How many people are active.
    pub active: usize,
    /// How many people are inactive.
    pub inactive: usize,
    /// How many people are pending.
    pub pending: usize,
    /// How many groups there are.
    pub groups: usize,
}

/// Looks into one of the running accounts and steers it, past Zoom's API. The clock is that of all accounts.
#[derive(Clone)]
pub struct Controls {
    shared: Arc<Shared>,
    account: AccountNumber,
}

impl std::fmt::Debug for Controls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Controls").finish_non_exhaustive()
    }
}

impl Controls {
    pub(crate) fn first(shared: Arc<Shared>) -> Self {
        Self { shared, account: AccountNumber::default() }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The controls of the account with that id.
    #[must_use]
    pub fn of(&self, account_id: &str) -> Option<Self> {
        let account = self.shared.world().named(account_id)?;
        Some(Self { shared: Arc::clone(&self.shared), account })
    }

    /// Serves one more account, from now on.
    ///
    /// # Errors
    /// When its id is taken, or it cannot be built.
    pub fn add_account(&self, config: AccountConfig) -> Result<Self, ConfigError> {
        deliver::check_hosts(&config, self.shared.webhooks_anywhere())?;
        let mut world = self.shared.world();
        let config = config.with_its_users(world.seed())?;
        let account = world.add(config)?;
        Ok(Self { shared: Arc::clone(&self.shared), account })
    }

    /// All accounts that are served, in the order in which they came.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountView> {
        self.shared.world().tenants().map(|(_, tenant)| account_view(&tenant.account)).collect()
    }

    /// This account.
    #[must_use]
    pub fn account(&self) -> AccountView {
        self.read(account_view)
    }

    /// Everybody in the account, in the order in which they came.
    #[must_use]
    pub fn people(&self) -> Vec<PersonView> {
        self.read(|account| account.people.all().map(|person| account.view(person)).collect())
    }

    /// One person by id or address.
    #[must_use]
    pub fn person(&self, key: &str) -> Option<PersonView> {
        self.read(|account| account.people.find(key).map(|person| account.view(person)))
    }

    pub(crate) fn read<R>(&self, read: impl FnOnce(&Account) -> R) -> R {
        read(self.shared.world().account(self.account))
    }

    /// Changes the account past the API.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Account, Timestamp) -> R) -> R {
        self.change_because(Cause::default(), change)
    }

    fn change_because<R>(&self, cause: Cause, change: impl FnOnce(&mut Account, Timestamp) -> R) -> R {
        let result = {
            let mut world = self.shared.world();
            let now = world.clock.now();
            world.tenant_mut(self.account).change(now, cause, |account, _| change(account, now))
        };
        self.shared.wake();
        result
    }

    /// Adds somebody as the account file would.
    ///
    /// # Errors
    /// When the address is taken or malformed, a role or group is unknown, or no seat is free.
    pub fn add_person(&self, person: PersonConfig) -> Result<PersonView, PortalRefusal> {
        self.change(|account, now| {
            let email = person.email.clone();
            account.place(person, now).map_err(|error| PortalRefusal { code: 300, message: error.to_string() })?;
            Ok(account.person(&email).map(|person| account.view(person))?)
        })
    }

    /// Edits somebody as the administrator in Zoom's portal would; nothing is returned of somebody deleted.
    ///
    /// # Errors
    /// When there is no such person, no seat is free, the address is taken, or the owner would lose their place.
    pub fn edit_person(&self, key: &str, edit: PersonEdit) -> Result<Option<PersonView>, PortalRefusal> {
        self.change(|account, now| Ok(account.edit_in_portal(key, edit, now)?))
    }

    /// The invited person accepts, and leaves the other served account that they were in, if any.
    ///
    /// # Errors
    /// When there is no such person, they are not pending, or the invitation has expired.
    pub fn accept_invitation(&self, email: &str) -> Result<PersonView, PortalRefusal> {
        let cause = Cause { themselves: true, ..Cause::default() };
        let joined = self.change_because(cause, |account, now| {
            let id = account.accept_invitation(email, now)?.id.clone();
            Ok::<_, PortalRefusal>(account.person(&id).map(|person| account.view(person))?)
        })?;
        self.shared.world().leave_others(self.account, &joined.email);
        self.shared.wake();
        Ok(joined)
    }

    /// Somebody signs in to Zoom, now.
    ///
    /// # Errors
    /// When there is no such person, or they cannot sign in: pending, deactivated, or made by `custCreate`.
    pub fn sign_in(&self, key: &str) -> Result<PersonView, PortalRefusal> {
        self.themselves(key, Account::sign_in)
    }

    /// Somebody signs out of Zoom, now.
    ///
    /// # Errors
    /// When there is no such person, or they cannot sign in at all.
    pub fn sign_out(&self, key: &str) -> Result<PersonView, PortalRefusal> {
        self.themselves(key, Account::leave)
    }

    fn themselves(
        &self,
        key: &str,
        act: fn(&mut Account, &str, Timestamp) -> Result<(), Refusal>,
    ) -> Result<PersonView, PortalRefusal> {
        self.change_because(Cause { themselves: true, ..Cause::default() }, |account, now| {
            act(account, key, now)?;
            Ok(account.person(key).map(|person| account.view(person))?)
        })
    }

    /// Changes the account itself.
    pub fn edit_account(&self, edit: AccountEdit) {
        let AccountEdit { client_secret, scopes, seats, plan, limits, app_active, read_delay, revoke_tokens } = edit;
        self.change(|account, _| {
            let config = &mut account.config;
            config.client_secret = client_secret.unwrap_or_else(|| config.client_secret.clone());
            config.scopes = scopes.or_else(|| config.scopes.take());
            config.seats = seats.unwrap_or(config.seats);
            config.plan = plan.unwrap_or(config.plan);
            config.limits = limits.unwrap_or_else(|| config.limits.clone());
            config.app_active = app_active.unwrap_or(config.app_active);
            config.read_delay = read_delay.unwrap_or(config.read_delay);
        });
        if revoke_tokens || app_active == Some(false) {
            self.shared.world().tokens.revoke(self.account, !revoke_tokens);
        }
    }

    /// Every token that was ever issued for the account, oldest first: for tests that look for them where none may
    /// show.
    #[must_use]
    pub fn issued_tokens(&self) -> Vec<String> {
        self.shared.world().tokens.issued(self.account)
    }

    /// Every exchange of the account that is kept, oldest first. Calls that name no account are the first account's.
    #[must_use]
    pub fn journal(&self) -> Vec<Exchange> {
        self.journal_since(0)
    }

    /// The exchanges after number `seq`.
    #[must_use]
    pub fn journal_since(&self, seq: u64) -> Vec<Exchange> {
        self.shared.world().journal.since(self.account, seq).collect()
    }

    /// The latest exchanges, newest first.
    pub(crate) fn latest_exchanges(&self, count: usize) -> Vec<Exchange> {
        self.shared.world().journal.since(self.account, 0).rev().take(count).collect()
    }

    /// Forgets exchanges and counters.
    pub fn clear_journal(&self) {
        self.shared.world().journal.clear(self.account);
    }

    /// Calls by endpoint and status.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.world().journal.counters(self.account)
    }

    /// What calls took from the rate limits' budgets, by label.
    #[must_use]
    pub fn costs(&self) -> Costs {
        self.shared.world().journal.costs(self.account)
    }

    /// Lets something go wrong with calls that match.
    pub fn inject(&self, fault: Fault) {
        self.shared.world().tenant_mut(self.account).inject(fault);
    }

    /// The faults that still have calls to hit, with how many.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.world().tenant(self.account).faults.list()
    }

    /// Forgets all faults.
    pub fn clear_faults(&self) {
        self.shared.world().tenant_mut(self.account).faults.clear();
    }

    /// Sends events to a webhook endpoint from now on, once its URL passed the check.
    ///
    /// # Errors
    /// When the URL leads off this machine and that was not allowed, or does not pass the check.
    pub async fn add_webhook(&self, config: WebhookConfig) -> Result<(), WebhookRefusal> {
        config.check()?;
        if !self.shared.webhooks_anywhere() {
            deliver::check_host(&config.url)?;
        }
        deliver::check(self.shared.http(), &config, self.now()).await?;
        let mut world = self.shared.world();
        let now = world.clock.now();
        world.tenant_mut(self.account).webhooks.add(config, now);
        Ok(())
    }

    /// The webhook endpoints and what was sent to them.
    #[must_use]
    pub fn webhooks(&self) -> Vec<WebhookView> {
        self.shared.world().tenant(self.account).webhooks.view()
    }

    /// Forgets all webhook endpoints and what was still to be sent to them.
    pub fn clear_webhooks(&self) {
        self.shared.world().tenant_mut(self.account).webhooks.clear();
    }

    /// The time on the simulator's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.now()
    }

    /// Moves the clock; past the end of the calendar it stays where it is.
    pub fn advance(&self, by: SignedDuration) {
        {
            let mut world = self.shared.world();
            let now = world.clock.now();
            world.set_clock(now.saturating_add(by).unwrap_or(now));
        }
        self.shared.wake();
    }

    /// Sets the clock.
    pub fn set_clock(&self, to: Timestamp) {
        self.shared.world().set_clock(to);
        self.shared.wake();
    }

    /// Stops the clock, or lets it run again.
    pub fn freeze(&self, frozen: bool) {
        self.shared.world().clock.freeze(frozen);
        self.shared.wake();
    }

    /// Whether the clock stands still.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.shared.world().clock.is_frozen()
    }
}

fn account_view(account: &Account) -> AccountView {
    let (config, people) = (&account.config, &account.people);
    let (seats, count) = (people.seats(), |status| people.with_status(status).len());
    AccountView {
        account_id: config.account_id.clone(),
        plan: config.plan,
        seats: config.seats,
        licensed: seats.licensed.total(),
        basic: seats.basic.total(),
        active: count(Status::Active),
        inactive: count(Status::Inactive),
        pending: count(Status::Pending),
        groups: account.groups.len(),
    }
}
