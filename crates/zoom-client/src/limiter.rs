//! One limiter for all calls of a client, by Zoom's labels and the account's plan.
//!
//! Waits of under two seconds are awaited here; anything longer is an answer at once, with the time to come back.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::config::{Limits, Plan};
use crate::error::ErrorKind;
use crate::throttle::{Scope, Throttle};

/// The longest wait that happens inside a call.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(2);

const SECONDS_PER_DAY: i64 = 86_400;

/// Zoom's label of a call, which decides its rate limit (Zoom API reference, each operation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
#[strum(ascii_case_insensitive)]
pub enum RateLabel {
    /// Single reads and most writes.
    Light,
    /// Listings.
    Medium,
    /// Reports, plan usage.
    Heavy,
    /// Dashboards.
    #[strum(serialize = "Resource-intensive", serialize = "ResourceIntensive")]
    ResourceIntensive,
}

/// A daily cap of an operation's own, beside its label's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OwnCap {
    /// `POST /users` with action `create`: 50, 1,500 or 10,000 a day by plan.
    Create,
    /// `POST /users` with another action: no known cap, but a refusal of the day is theirs alone.
    OtherCreate,
    /// `POST /groups`: 100 a day on every plan.
    CreateGroup,
    /// Counted per user (e-mail changes): a refusal of the day says nothing about other users.
    PerUser,
}

/// What a day's calls are counted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Budget {
    Light,
    Medium,
    Heavy,
    ResourceIntensive,
    HeavyAndIntensive,
    Own(OwnCap),
}

#[derive(Debug)]
pub(crate) struct Limiter {
    limits: Limits,
    light: Gate,
    medium: Gate,
    heavy: Gate,
    resource_intensive: Gate,
    days: Mutex<Days>,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Self {
        let gate = |label| Gate::new(per_second(limits.plan, label), limits.share_percent);
        Self {
            limits,
            light: gate(RateLabel::Light),
            medium: gate(RateLabel::Medium),
            heavy: gate(RateLabel::Heavy),
            resource_intensive: gate(RateLabel::ResourceIntensive),
            days: Mutex::new(Days::default()),
        }
    }

    /// Waits shortly for leave to make one call, or says when to come back.
    pub(crate) async fn admit(&self, label: RateLabel, own: Option<OwnCap>) -> Result<(), ErrorKind> {
        let budgets = self.budgets(label, own);
        // Asked before the wait, so that a spent day is told at once, and counted after it, when the call really goes out.
        self.days().room(&budgets, Timestamp::now())?;
        self.gate(label).wait().await?;
        self.days().spend(&budgets, Timestamp::now())
    }

    /// Takes a 429 to heart, for everybody.
    pub(crate) fn refused(&self, label: RateLabel, own: Option<OwnCap>, throttle: &Throttle) {
        let label = throttle.label.unwrap_or(label);
        match throttle.scope {
            Scope::Second => self.gate(label).block(throttle.retry_at),
            Scope::Day if own == Some(OwnCap::PerUser) => {}
            Scope::Day => {
                let budget = own.map_or_else(|| day_budget(self.limits.plan, label).0, Budget::Own);
                self.days().close(budget, throttle.retry_at);
            }
            Scope::Concurrent => {}
        }
    }

    fn gate(&self, label: RateLabel) -> &Gate {
        match label {
            RateLabel::Light => &self.light,
            RateLabel::Medium => &self.medium,
            RateLabel::Heavy => &self.heavy,
            RateLabel::ResourceIntensive => &self.resource_intensive,
        }
    }

    fn budgets(&self, label: RateLabel, own: Option<OwnCap>) -> Vec<(Budget, Option<u32>)> {
        let Limits { plan, share_percent } = self.limits;
        let share = |limit: u32| (u64::from(limit) * u64::from(share_percent) / 100).max(1);
        let own = own.map(|own| (Budget::Own(own), own_cap(plan, own)));
        [Some(day_budget(plan, label)), own]
            .into_iter()
            .flatten()
            .map(|(budget, limit)| (budget, limit.map(|limit| u32::try_from(share(limit)).unwrap_or(limit))))
            .collect()
    }

    fn days(&self) -> MutexGuard<'_, Days> {
        // A panic while the lock was held cannot leave the counts in a worse state than a lost call.
        self.days.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls a second, for the whole account (Zoom developer documentation, rate limits).
fn per_second(plan: Plan, label: RateLabel) -> Option<f64> {
    let (light, medium, heavy, intensive_per_minute) = match plan {
        Plan::Free => (4.0, 2.0, 1.0, 10.0),
        Plan::Pro => (30.0, 20.0, 10.0, 10.0),
        Plan::Business => (80.0, 60.0, 40.0, 20.0),
        Plan::Unlimited => return None,
    };
    Some(match label {
        RateLabel::Light => light,
        RateLabel::Medium => medium,
        RateLabel::Heavy => heavy,
        RateLabel::ResourceIntensive => intensive_per_minute / 60.0,
    })
}

/// Calls a day, for the whole account (Zoom developer documentation, rate limits). From Pro on, heavy and resource-intensive
/// calls share one budget.
fn day_budget(plan: Plan, label: RateLabel) -> (Budget, Option<u32>) {
    match (label, plan) {
        (RateLabel::Light, Plan::Free) => (Budget::Light, Some(6_000)),
        (RateLabel::Light, Plan::Pro | Plan::Business | Plan::Unlimited) => (Budget::Light, None),
        (RateLabel::Medium, Plan::Free) => (Budget::Medium, Some(2_000)),
        (RateLabel::Medium, Plan::Pro | Plan::Business | Plan::Unlimited) => (Budget::Medium, None),
        (RateLabel::Heavy, Plan::Free) => (Budget::Heavy, Some(1_000)),
        (RateLabel::ResourceIntensive, Plan::Free) => (Budget::ResourceIntensive, Some(30_000)),
        (RateLabel::Heavy | RateLabel::ResourceIntensive, Plan::Pro) => (Budget::HeavyAndIntensive, Some(30_000)),
        (RateLabel::Heavy | RateLabel::ResourceIntensive, Plan::Business) => (Budget::HeavyAndIntensive, Some(60_000)),
        (RateLabel::Heavy | RateLabel::ResourceIntensive, Plan::Unlimited) => (Budget::HeavyAndIntensive, None),
    }
}

/// The daily cap of one operation (Zoom API reference, Users: create, Groups: create).
fn own_cap(plan: Plan, own: OwnCap) -> Option<u32> {
    match (own, plan) {
        (OwnCap::Create, Plan::Free) => Some(50),
        (OwnCap::Create, Plan::Pro) => Some(1_500),
        (OwnCap::Create, Plan::Business) => Some(10_000),
        (OwnCap::CreateGroup, Plan::Free | Plan::Pro | Plan::Business) => Some(100),
        (OwnCap::Create | OwnCap::CreateGroup, Plan::Unlimited) | (OwnCap::OtherCreate | OwnCap::PerUser, _) => None,
    }
}

/// The pace of one label.
#[derive(Debug)]
struct Gate {
    /// Held by the one that waits for the pace, so that the others leave in the order in which they came.
    turn: tokio::sync::Mutex<()>,
    pace: Option<Pace>,
    blocked_until: Mutex<Option<Instant>>,
}

#[derive(Debug)]
struct Pace {
    clock: TokioClock,
    cells: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>,
}

impl Gate {
    fn new(per_second: Option<f64>, share_percent: u8) -> Self {
        let pace = per_second.and_then(|rate| Pace::new(rate * f64::from(share_percent) / 100.0));
        Self { turn: tokio::sync::Mutex::new(()), pace, blocked_until: Mutex::new(None) }
    }

    async fn wait(&self) -> Result<(), ErrorKind> {
        let deadline = Instant::now() + LONGEST_WAIT;
        let Ok(_turn) = timeout_at(deadline, self.turn.lock()).await else {
            return Err(rate_limited(Duration::from_secs(1)));
        };
        while let Some(opens) = self.pass() {
            if opens > deadline {
                return Err(rate_limited(opens.saturating_duration_since(Instant::now())));
            }
            sleep_until(opens).await;
        }
        Ok(())
    }

    /// Lets one call through (`None`), or says when to ask again.
    fn pass(&self) -> Option<Instant> {
        let blocked = *self.blocked_until.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match (blocked.filter(|until| *until > now), &self.pace) {
            (Some(until), _) => Some(until),
            (None, Some(pace)) => pace.wait().map(|wait| now + wait),
            (None, None) => None,
        }
    }

    fn block(&self, until: Timestamp) {
        let until = Instant::now() + wait_until(until);
        let mut blocked = self.blocked_until.lock().unwrap_or_else(PoisonError::into_inner);
        *blocked = Some(blocked.map_or(until, |before| before.max(until)));
    }
}

impl Pace {
    fn new(rate: f64) -> Option<Self> {
        // A small burst keeps the pace when the runtime wakes a waiter late. What it adds is taken off the rate, so that no
        // second ever sees more than the limit.
        let burst = (rate / 20.0).floor().max(1.0);
        let period = Duration::try_from_secs_f64(1.0 / (rate - (burst - 1.0))).ok()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 1 to 4 by the table of rates"
        )]
        let burst = NonZeroU32::new(burst as u32)?;
        let clock = TokioClock(Instant::now());
        let quota = Quota::with_period(period)?.allow_burst(burst);
        Some(Self { clock, cells: RateLimiter::direct_with_clock(quota, clock) })
    }

    fn wait(&self) -> Option<Duration> {
        self.cells.check().err().map(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

/// Tokio's clock for governor, so that the pace follows a paused clock in tests.
#[derive(Clone, Copy, Debug)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

fn rate_limited(wait: Duration) -> ErrorKind {
    let now = Timestamp::now();
    ErrorKind::RateLimited { retry_at: now.checked_add(wait).unwrap_or(now) }
}

/// How long it is until then; zero when it is past.
pub(crate) fn wait_until(then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(Timestamp::now())).unwrap_or_default()
}

/// What was spent of the day's budgets. Zoom's days roll over at 00:00 UTC.
#[derive(Debug, Default)]
struct Days {
    day: i64,
    spent: BTreeMap<Budget, u32>,
    closed_until: BTreeMap<Budget, Timestamp>,
}

impl Days {
    fn room(&mut self, budgets: &[(Budget, Option<u32>)], now: Timestamp) -> Result<(), ErrorKind> {
        let today = now.as_second().div_euclid(SECONDS_PER_DAY);
        if self.day != today {
            self.day = today;
            self.spent.clear();
        }
        self.closed_until.retain(|_, until| *until > now);
        for (budget, limit) in budgets {
            if let Some(until) = self.closed_until.get(budget) {
                return Err(ErrorKind::DailyBudget { retry_at: *until });
            }
            let spent = self.spent.get(budget).copied().unwrap_or_default();
            if limit.is_some_and(|limit| spent >= limit) {
                return Err(ErrorKind::DailyBudget { retry_at: next_day(now) });
            }
        }
        Ok(())
    }

    fn spend(&mut self, budgets: &[(Budget, Option<u32>)], now: Timestamp) -> Result<(), ErrorKind> {
        self.room(budgets, now)?;
        for (budget, limit) in budgets {
            if limit.is_some() {
                *self.spent.entry(*budget).or_default() += 1;
            }
        }
        Ok(())
    }

    fn close(&mut self, budget: Budget, until: Timestamp) {
        self.closed_until.insert(budget, until);
    }
}

/// The next 00:00 UTC.
pub(crate) fn next_day(now: Timestamp) -> Timestamp {
    let today = now.as_second().div_euclid(SECONDS_PER_DAY);
    Timestamp::from_second((today + 1) * SECONDS_PER_DAY).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[path = "limiter_tests.rs"]
mod tests;
