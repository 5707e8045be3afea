//! Everything that a running simulator holds, behind one lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::account::{Account, Refusal};
use crate::clock::Clock;
use crate::fault::{Fault, FaultEffect};
use crate::journal::Journal;
use crate::limits::{Limits, RateHeaders};
use crate::pages::Pages;
use crate::rest::{Call, Endpoint, Lock, Reply, Request, Session};
use crate::token::Tokens;

pub(crate) struct World {
    pub(crate) account: Account,
    pub(crate) tokens: Tokens,
    pub(crate) limits: Limits,
    pub(crate) pages: Pages,
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    pub(crate) faults: Vec<PendingFault>,
}

/// A fault that still has calls to hit.
pub(crate) struct PendingFault {
    pub(crate) fault: Fault,
    /// The account as it was when the fault was set, for stale answers.
    before: Option<Arc<Account>>,
}

/// A fault that hits the present call.
pub(crate) struct Hit {
    pub(crate) effect: FaultEffect,
    before: Option<Arc<Account>>,
}

impl World {
    pub(crate) fn new(account: Account, clock: Clock) -> Self {
        Self {
            account,
            tokens: Tokens::default(),
            limits: Limits::default(),
            pages: Pages::default(),
            journal: Journal::default(),
            clock,
            faults: Vec::new(),
        }
    }

    pub(crate) fn inject(&mut self, fault: Fault) {
        if fault.count == 0 {
            return;
        }
        let before = matches!(fault.effect, FaultEffect::StaleListing).then(|| Arc::new(self.account.clone()));
        self.faults.push(PendingFault { fault, before });
    }

    /// The first fault that matches, counted down; the largest count never ends.
    pub(crate) fn take_fault(&mut self, method: &str, template: &str) -> Option<Hit> {
        let index = self.faults.iter().position(|pending| pending.fault.matches(method, template))?;
        let pending = self.faults.get_mut(index)?;
        if pending.fault.count != u32::MAX {
            pending.fault.count = pending.fault.count.saturating_sub(1);
        }
        let hit = Hit { effect: pending.fault.effect.clone(), before: pending.before.clone() };
        if pending.fault.count == 0 {
            self.faults.remove(index);
        }
        Some(hit)
    }

    /// Checks token and scope, then counts the call against the limits.
    pub(crate) fn admit(
        &mut self,
        endpoint: &Endpoint,
        request: &Request<'_>,
        call: &Call,
    ) -> (RateHeaders, Result<(), Refusal>) {
        let now = self.clock.now();
        if let Err(refusal) = self.tokens.check(&call.headers, endpoint.scope, endpoint.classic_scopes, now) {
            return (Vec::new(), Err(refusal));
        }
        let config = &self.account.config;
        self.limits.admit(&config.limits, config.plan, endpoint.label, request.cap(), now)
    }

    /// Carries a call out: really, on a copy that is thrown away, or on the account as it once was.
    pub(crate) fn carry_out(&mut self, request: &Request<'_>, hit: Option<&Hit>) -> Reply {
        let now = self.clock.now();
        let mut copy = match hit {
            Some(Hit { effect: FaultEffect::StaleListing, before: Some(before) }) => Some(Account::clone(before)),
            Some(Hit { effect: FaultEffect::WithoutEffect, .. }) => Some(self.account.clone()),
            Some(_) | None => None,
        };
        let account = copy.as_mut().unwrap_or(&mut self.account);
        request.carry_out(&mut Session { account, pages: &mut self.pages, now })
    }

    /// The address of the person that a call is about, whether it names them by id or by address.
    fn subject(&self, request: &Request<'_>) -> Option<String> {
        let key = request.person()?;
        Some(self.account.people.find(&key).map_or_else(|| key.to_lowercase(), |person| person.email.clone()))
    }
}

/// What handlers and the library's user share.
pub(crate) struct Shared {
    world: Mutex<World>,
    /// Who has a create or a delete running.
    running: Mutex<HashMap<String, Lock>>,
}

impl Shared {
    pub(crate) fn new(world: World) -> Arc<Self> {
        Arc::new(Self { world: Mutex::new(world), running: Mutex::default() })
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world().clock.now()
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Lock>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a call on somebody whom a running create or delete holds, else takes the endpoint's own lock.
    pub(crate) fn hold(self: &Arc<Self>, endpoint: &Endpoint, request: &Request<'_>) -> Result<Option<Held>, Refusal> {
        let Some(person) = self.world().subject(request) else { return Ok(None) };
        let mut running = self.running();
        match running.get(&person) {
            Some(Lock::Create) => return Err(Refusal::Busy(person)),
            Some(Lock::Delete) if endpoint.lock != Lock::None => return Err(Refusal::Busy(person)),
            Some(Lock::Delete | Lock::None) | None => {}
        }
        if endpoint.lock == Lock::None {
            return Ok(None);
        }
        running.insert(person.clone(), endpoint.lock);
        Ok(Some(Held { shared: Arc::clone(self), person }))
    }
}

/// A running create or delete; ends when dropped.
pub(crate) struct Held {
    shared: Arc<Shared>,
    person: String,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shared.running().remove(&self.person);
    }
}
