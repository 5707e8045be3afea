//! One account that is served, with all that surrounds it: limits, page tokens, faults, its recent past.

use jiff::Timestamp;

use crate::account::{Account, Refusal};
use crate::events::{Before, Cause, envelope, events};
use crate::fault::{Fault, FaultEffect};
use crate::faults::{Faults, Hit};
use crate::history::{History, ReadKind};
use crate::limits::{Limits, RateHeaders};
use crate::pages::Pages;
use crate::rest::{Endpoint, Reply, Request, Session};
use crate::webhooks::Webhooks;

pub(crate) struct Tenant {
    pub(crate) account: Account,
    pub(crate) faults: Faults,
    pub(crate) webhooks: Webhooks,
    limits: Limits,
    pages: Pages,
    history: History,
}

impl Tenant {
    pub(crate) fn new(mut account: Account, now: Timestamp) -> Self {
        let webhooks = Webhooks::new(std::mem::take(&mut account.config.webhooks), now);
        Self {
            account,
            faults: Faults::default(),
            webhooks,
            limits: Limits::default(),
            pages: Pages::default(),
            history: History::default(),
        }
    }

    /// Forgets how the account was before its latest writes.
    pub(crate) fn forget_the_past(&mut self) {
        self.history.forget();
    }

    pub(crate) fn inject(&mut self, fault: Fault) {
        self.faults.add(fault, &self.account);
    }

    /// Counts a call against the limits.
    pub(crate) fn admit(
        &mut self,
        endpoint: &Endpoint,
        request: &Request<'_>,
        now: Timestamp,
    ) -> (RateHeaders, Result<(), Refusal>) {
        let config = &self.account.config;
        self.limits.admit(&config.limits, config.plan, endpoint.label, request.cap(), now)
    }

    /// Carries a call out: really, on a copy that is thrown away, or on the account as it once was. `other` stands in
    /// for this account when a fault swaps them.
    pub(crate) fn carry_out(
        &mut self,
        request: &Request<'_>,
        hit: Option<&Hit>,
        other: Option<Account>,
        now: Timestamp,
    ) -> Reply {
        let copy = other.or_else(|| self.copy(request, hit, now));
        if let Some(mut account) = copy {
            account.held_elsewhere.clone_from(&self.account.held_elsewhere);
            return request.carry_out(&mut Session { account: &mut account, pages: &mut self.pages, now });
        }
        if request.reads() {
            let Self { account, pages, .. } = self;
            return request.carry_out(&mut Session { account, pages, now });
        }
        self.change(now, Cause::of(request), |account, pages| request.carry_out(&mut Session { account, pages, now }))
    }

    fn copy(&self, request: &Request<'_>, hit: Option<&Hit>, now: Timestamp) -> Option<Account> {
        match hit.map(|hit| (&hit.effect, &hit.before)) {
            Some((FaultEffect::StaleListing, Some(before))) => Some(before.clone()),
            Some((FaultEffect::StaleListing, None)) => self.history.latest().cloned(),
            Some((FaultEffect::WithoutEffect, _)) => Some(self.account.clone()),
            Some(_) | None if request.reads() => {
                let delay = self.account.config.read_delay.of(ReadKind::of(request.template()));
                self.history.seen(delay, now).cloned()
            }
            Some(_) | None => None,
        }
    }

    /// Changes the account, by a call or past Zoom's API, and publishes what changed.
    pub(crate) fn change<R>(
        &mut self,
        now: Timestamp,
        cause: Cause,
        change: impl FnOnce(&mut Account, &mut Pages) -> R,
    ) -> R {
        self.history.keep(&self.account, self.faults.need_the_past(), now);
        let before = (!self.webhooks.is_empty()).then(|| Before::of(&self.account));
        let result = change(&mut self.account, &mut self.pages);
        let changes = self.account.people.take_changes();
        for event in before.map(|before| events(&self.account, &before, &changes, cause, now)).into_iter().flatten() {
            self.webhooks.publish(event.name, &envelope(&event, &self.account, now), now);
        }
        result
    }
}
