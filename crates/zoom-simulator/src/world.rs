//! Everything that a running simulator holds, behind one lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::account::{Account, Refusal, Status};
use crate::clock::Clock;
use crate::config::{AccountConfig, ConfigError};
use crate::events::Cause;
use crate::fault::FaultEffect;
use crate::faults::Hit;
use crate::journal::{Entry, Journal};
use crate::limits::RateHeaders;
use crate::quirks::CreateLock;
use crate::rest::{Call, Endpoint, Lock, Reply, Request};
use crate::tenant::Tenant;
use crate::token::{OauthRefusal, TokenReply, TokenRequest, Tokens};
use crate::webhooks::{Delivery, HookId, Sent};

/// Which of the accounts that are served: by order of their coming. Accounts never go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct AccountNumber(usize);

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) tokens: Tokens,
    pub(crate) journal: Journal,
    first: Tenant,
    others: Vec<Tenant>,
    seed: u64,
}

impl World {
    /// Accounts that share a clock, a journal and nothing else; `seed` decides the ids that they make up.
    pub(crate) fn new(first: AccountConfig, seed: u64, journal: Journal) -> Result<Self, ConfigError> {
        let clock = Clock::start();
        let first = Tenant::new(Account::new(first, seed, clock.now())?, clock.now());
        Ok(Self { clock, tokens: Tokens::default(), journal, first, others: Vec::new(), seed })
    }

    pub(crate) fn add(&mut self, config: AccountConfig) -> Result<AccountNumber, ConfigError> {
        if self.named(&config.account_id).is_some() {
            return Err(ConfigError::AccountTwice(config.account_id));
        }
        let number = self.others.len() + 1;
        let seed = self.seed.wrapping_add(u64::try_from(number).unwrap_or_default());
        let now = self.clock.now();
        self.others.push(Tenant::new(Account::new(config, seed, now)?, now));
        Ok(AccountNumber(number))
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    pub(crate) fn tenants(&self) -> impl Iterator<Item = (AccountNumber, &Tenant)> {
        std::iter::once(&self.first)
            .chain(&self.others)
            .enumerate()
            .map(|(number, tenant)| (AccountNumber(number), tenant))
    }

    pub(crate) fn tenants_mut(&mut self) -> impl Iterator<Item = (AccountNumber, &mut Tenant)> {
        let all = std::iter::once(&mut self.first).chain(&mut self.others).enumerate();
        all.map(|(number, tenant)| (AccountNumber(number), tenant))
    }

    pub(crate) fn tenant(&self, number: AccountNumber) -> &Tenant {
        number.0.checked_sub(1).and_then(|index| self.others.get(index)).unwrap_or(&self.first)
    }

    pub(crate) fn tenant_mut(&mut self, number: AccountNumber) -> &mut Tenant {
        number.0.checked_sub(1).and_then(|index| self.others.get_mut(index)).unwrap_or(&mut self.first)
    }

    pub(crate) fn account(&self, number: AccountNumber) -> &Account {
        &self.tenant(number).account
    }

    /// The account with that id.
    pub(crate) fn named(&self, id: &str) -> Option<AccountNumber> {
        self.tenants().find(|(_, tenant)| tenant.account.config.account_id == id).map(|(number, _)| number)
    }

    /// Sets the clock. Moved back, it takes the past with it that lagging reads would show.
    pub(crate) fn set_clock(&mut self, to: Timestamp) {
        if to < self.clock.now() {
            self.tenants_mut().for_each(|(_, tenant)| tenant.forget_the_past());
        }
        self.clock.set(to);
    }

    fn let_time_pass(&mut self) {
        let now = self.clock.now();
        for tenant in std::iter::once(&mut self.first).chain(&mut self.others) {
            if tenant.account.has_overdue(now) {
                tenant.change(now, Cause { themselves: true, ..Cause::default() }, |account, _| {
                    account.let_time_pass(now);
                });
            }
        }
    }

    pub(crate) fn issue_token(
        &mut self,
        request: &TokenRequest,
        api_url: &str,
        all_scopes: impl FnOnce() -> Vec<String>,
    ) -> Result<TokenReply, OauthRefusal> {
        let now = self.clock.now();
        let Self { tokens, first, others, .. } = self;
        let mut configs = std::iter::once(&*first).chain(&*others).map(|tenant| &tenant.account.config).enumerate();
        let named = configs.clone().find(|(_, config)| request.account_id() == Some(config.account_id.as_str()));
        let named = named.map(|(number, config)| (AccountNumber(number), config));
        let any = configs.any(|(_, config)| request.app(config).is_some());
        let app = request.check(named.map(|(_, config)| config), any)?;
        let account = named.map(|(account, config)| (account, config.account_id.as_str())).unwrap_or_default();
        Ok(tokens.issue(account, app, api_url, all_scopes, now))
    }

    /// Checks token, scope and the privileges of the app's creator, then counts the call against the limits.
    pub(crate) fn admit(
        &mut self,
        account: AccountNumber,
        endpoint: &Endpoint,
        request: &Request<'_>,
        call: &Call,
    ) -> (RateHeaders, Result<(), Refusal>) {
        let now = self.clock.now();
        let quirks = &self.account(account).config.quirks;
        if let Err(refusal) = self.tokens.check(&call.headers, endpoint.scope, endpoint.classic_scopes, quirks, now) {
            return (Vec::new(), Err(refusal));
        }
        if let Err(refusal) = endpoint.check_privilege(self.account(account), self.tokens.app(&call.headers)) {
            return (Vec::new(), Err(refusal));
        }
        self.tenant_mut(account).admit(endpoint, request, now)
    }

    pub(crate) fn carry_out(&mut self, account: AccountNumber, request: &Request<'_>, hit: Option<&Hit>) -> Reply {
        let now = self.clock.now();
        let swapped = hit.is_some_and(|hit| hit.effect == FaultEffect::SwappedAccount);
        let other = swapped.then(|| self.another(account)).flatten();
        let held_elsewhere = self.held_elsewhere(account, request);
        self.tenant_mut(account).account.held_elsewhere = held_elsewhere;
        self.tenant_mut(account).carry_out(request, hit, other, now)
    }

    /// Of the addresses that a call names, those, in lower case, that somebody of another account has who is served here and not
    /// merely invited.
    fn held_elsewhere(&self, account: AccountNumber, request: &Request<'_>) -> Vec<String> {
        if self.others.is_empty() {
            return Vec::new();
        }
        let holds = |tenant: &Tenant, email: &str| {
            tenant.account.people.by_email(email).is_some_and(|person| person.status() != Status::Pending)
        };
        let held = |email: &String| self.tenants().any(|(other, tenant)| other != account && holds(tenant, email));
        request.addresses().into_iter().filter(held).map(|email| email.to_lowercase()).collect()
    }

    /// Lets somebody who joined an account leave the other one that they were in; an owner stays in theirs.
    pub(crate) fn leave_others(&mut self, joined: AccountNumber, email: &str) {
        let now = self.clock.now();
        for (_, tenant) in self.tenants_mut().filter(|(number, _)| *number != joined) {
            let leaver = tenant.account.people.by_email(email);
            let leaver = leaver.filter(|person| person.status() != Status::Pending && !person.is_owner());
            if let Some(seq) = leaver.map(|person| person.seq) {
                let cause = Cause { themselves: true, disassociated: true };
                tenant.change(now, cause, |account, _| account.people.remove(seq));
            }
        }
    }

    /// A copy of the account after that one, or of one with only its owner.
    fn another(&self, than: AccountNumber) -> Option<Account> {
        let (after, before): (Vec<_>, Vec<_>) = self.tenants().partition(|(number, _)| number.0 > than.0);
        let mut others = after.into_iter().chain(before).filter(|(number, _)| *number != than);
        if let Some((_, tenant)) = others.next() {
            return Some(tenant.account.clone());
        }
        let limits = self.account(than).config.limits.clone();
        let config = AccountConfig { account_id: "another".to_owned(), limits, ..AccountConfig::default() };
        Account::new(config, self.seed.wrapping_add(1), self.clock.now()).ok()
    }

    /// The address of a person whom a call names by id or by address.
    fn address(&self, account: AccountNumber, key: &str) -> String {
        let person = self.account(account).people.find(key);
        person.map_or(key, |person| person.email.as_str()).to_lowercase()
    }
}

/// What handlers and the library's user share.
pub(crate) struct Shared {
    world: Mutex<World>,
    /// Who has a create or a delete running.
    running: Mutex<HashMap<(AccountNumber, String), Lock>>,
    recorded: watch::Sender<u64>,
    /// Changes whenever there may be something to deliver.
    due: watch::Sender<()>,
    http: reqwest::Client,
    webhooks_anywhere: bool,
}

impl Shared {
    /// `http` sends to webhook endpoints: on this machine's loopback addresses, or with `webhooks_anywhere` on any.
    pub(crate) fn new(world: World, http: reqwest::Client, webhooks_anywhere: bool) -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::new(world),
            running: Mutex::default(),
            recorded: watch::Sender::new(0),
            due: watch::Sender::new(()),
            http,
            webhooks_anywhere,
        })
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(crate) fn webhooks_anywhere(&self) -> bool {
        self.webhooks_anywhere
    }

    /// Tells whoever delivers events that there may be some.
    pub(crate) fn wake(&self) {
        self.due.send_replace(());
    }

    pub(crate) fn woken(&self) -> watch::Receiver<()> {
        self.due.subscribe()
    }

    /// Notes what came of a delivery.
    pub(crate) fn settle(&self, account: AccountNumber, hook: HookId, delivery: Delivery, sent: Sent) {
        {
            let mut world = self.world();
            let now = world.clock.now();
            world.tenant_mut(account).webhooks.settle(hook, delivery, sent, now);
        }
        self.wake();
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.let_time_pass();
        world
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world().clock.now()
    }

    /// Keeps an exchange and tells those who follow the journal.
    pub(crate) fn record(&self, entry: Entry) {
        let seq = self.world().journal.record(entry);
        self.recorded.send_replace(seq);
    }

    /// Tells the number of the last exchange whenever there is a new one.
    pub(crate) fn recorded(&self) -> watch::Receiver<u64> {
        self.recorded.subscribe()
    }

    fn running(&self) -> MutexGuard<'_, HashMap<(AccountNumber, String), Lock>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a call on somebody whom a running create or delete holds, else takes the endpoint's own lock if the call
    /// takes time.
    pub(crate) fn hold(
        self: &Arc<Self>,
        account: AccountNumber,
        endpoint: &Endpoint,
        request: &Request<'_>,
        takes_time: bool,
    ) -> Result<Option<Held>, Refusal> {
        if !takes_time && self.running().is_empty() {
            return Ok(None);
        }
        let (person, others, create_lock) = {
            let world = self.world();
            let address = |key: String| world.address(account, &key);
            let others: Vec<_> = request.others().into_iter().map(address).collect();
            (request.person().map(address), others, world.account(account).config.quirks.running_create_locks)
        };
        let mut running = self.running();
        if create_lock == CreateLock::Account && request.is_on_people_groups_or_roles() {
            let mut creates = running.iter().filter(|((held, _), lock)| *held == account && **lock == Lock::Create);
            if let Some(((_, created), _)) = creates.next() {
                return Err(Refusal::Busy(created.clone()));
            }
        }
        for named in person.iter().chain(&others) {
            match running.get(&(account, named.clone())) {
                Some(Lock::Create) => return Err(Refusal::Busy(named.clone())),
                Some(Lock::Delete) if endpoint.lock != Lock::None => return Err(Refusal::Busy(named.clone())),
                Some(Lock::Delete | Lock::None) | None => {}
            }
        }
        let Some(person) = person.filter(|_| takes_time && endpoint.lock != Lock::None) else { return Ok(None) };
        let key = (account, person);
        running.insert(key.clone(), endpoint.lock);
        Ok(Some(Held { shared: Arc::clone(self), key }))
    }
}

/// A running create or delete; ends when dropped.
pub(crate) struct Held {
    shared: Arc<Shared>,
    key: (AccountNumber, String),
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shared.running().remove(&self.key);
    }
}
