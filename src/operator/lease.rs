//! Leader election: of several replicas one writes to Zoom, the others stand by.
//!
//! The leader holds a `coordination.k8s.io/v1` Lease and renews it; a replica that saw it stand unchanged for its whole
//! duration takes it over. Every write carries the resource version that it was decided on, so of two replicas that
//! write at once one gets a conflict. Time is only measured on the own monotonic clock (how long the record has stood
//! still, how long ago the own renewal was *sent*): clocks of two machines are never compared.
//!
//! What follows for the rest of the operator: ask [`Leadership::is_leader`] right before a write to Zoom, and give that
//! write a time-out shorter than [`Timing::margin`]; then it is over before any other replica can lead.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease as LeaseObject, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use kube::{Api, Client, Config, api::PostParams};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

#[cfg(test)]
mod tests;

/// The times of an election, all proportional to how long a lease is good for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    lease: Duration,
}

impl Timing {
    /// Times for leases that are good for `lease`, a second at least and an hour at most. The Lease object holds whole
    /// seconds, rounded up.
    pub(crate) fn of_lease(lease: Duration) -> Self {
        Self { lease: lease.clamp(Duration::from_secs(1), Duration::from_secs(3_600)) }
    }

    /// How long after a renewal was sent the holder counts itself as leader: two thirds of the lease.
    pub(crate) fn renew_deadline(self) -> Duration {
        self.lease * 2 / 3
    }

    /// What lies between the renew deadline and the end of the lease: a third of the lease. A call to Zoom that began
    /// as leader must end within it.
    pub(crate) fn margin(self) -> Duration {
        self.lease - self.renew_deadline()
    }

    /// Pause between two attempts to acquire or renew.
    fn retry(self) -> Duration {
        self.lease * 2 / 15
    }

    /// Time-out of one call to the API server.
    fn call(self) -> Duration {
        self.lease / 3
    }
}

impl Default for Timing {
    /// Lease 15 s, renew deadline 10 s, an attempt every 2 s, 5 s for a call.
    fn default() -> Self {
        Self::of_lease(Duration::from_secs(15))
    }
}

/// Leadership ended against the holder's will. The process must end: what it has in memory is no longer the newest.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    /// No renewal succeeded within the renew deadline.
    #[error("leadership lost: lease {lease} was not renewed within {deadline:?}; last attempt: {last_error}")]
    NotRenewed {
        /// Namespace and name of the Lease.
        lease: String,
        /// The renew deadline.
        deadline: Duration,
        /// Why the last attempt failed.
        last_error: String,
    },
    /// Somebody else wrote themselves into the Lease before it ran out.
    #[error("leadership lost: lease {lease} was taken by {holder} before it ran out; did somebody edit it by hand?")]
    Taken {
        /// Namespace and name of the Lease.
        lease: String,
        /// The holder that the Lease names now.
        holder: String,
    },
}

/// Whether this process leads: cheap to clone and to ask.
#[derive(Clone, Debug)]
pub(crate) struct Leadership {
    until: watch::Receiver<Option<Instant>>,
}

impl Leadership {
    /// True while no other replica can hold the lease. Turns false by the clock alone when renewals stop succeeding.
    pub(crate) fn is_leader(&self) -> bool {
        leads(*self.until.borrow())
    }

    /// Waits until leadership is gained or lost and says whether this process leads now; `None` when the election has
    /// ended. A change that happened before the call and was not awaited yet is reported at once.
    pub(crate) async fn changed(&mut self) -> Option<bool> {
        self.until.changed().await.ok()?;
        Some(leads(*self.until.borrow_and_update()))
    }
}

fn leads(until: Option<Instant>) -> bool {
    until.is_some_and(|until| Instant::now() < until)
}

/// What the Lease said when it was last seen to change.
#[derive(Clone, Debug, PartialEq)]
struct Record {
    holder: Option<String>,
    duration: Duration,
    /// When this process first saw the record as it is now.
    since: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    /// Nobody holds the lease, or its holder let it run out.
    Acquire,
    /// We hold it.
    Renew,
    /// Somebody else holds it.
    Wait,
}

fn evaluate(record: Option<&Record>, me: &str, now: Instant) -> Decision {
    let Some(Record { holder: Some(holder), duration, since }) = record else { return Decision::Acquire };
    if holder == me {
        Decision::Renew
    } else if now.saturating_duration_since(*since) > *duration {
        Decision::Acquire
    } else {
        Decision::Wait
    }
}

/// The Lease as last seen.
#[derive(Debug)]
struct Sighting {
    /// `None` when it has vanished since: its last record still counts, because its holder does not know yet.
    object: Option<LeaseObject>,
    record: Record,
}

#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error(transparent)]
    Kube(#[from] kube::Error),
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    #[error("no answer before the renew deadline")]
    DeadlinePassed,
}

impl CallError {
    /// Somebody else was faster: the next attempt reads again.
    fn is_race(&self) -> bool {
        matches!(self, Self::Kube(kube::Error::Api(status)) if status.code == 409)
    }
}

/// One replica's part in the election. [`Lease::run`] does the work; [`Leadership`] tells the others.
pub(crate) struct Lease {
    api: Api<LeaseObject>,
    namespace: String,
    name: String,
    me: String,
    timing: Timing,
    until: watch::Sender<Option<Instant>>,
    seen: Option<Sighting>,
    /// The last write failed, was not tried yet, or its outcome is unknown: read before the next one.
    stale: bool,
    last_error: Option<String>,
}

impl Lease {
    /// A candidate for the Lease `namespace`/`name`, and the handle that tells whether it leads.
    ///
    /// `identity` is for people (the Pod's name). A random suffix makes every process its own candidate: a restarted
    /// container must wait like any other, because calls of its predecessor may still be on their way.
    ///
    /// The election builds a client of its own from `config`, because kube's default one repeats refused calls for
    /// minutes, far beyond the renew deadline.
    ///
    /// # Errors
    /// When no client can be built from `config`.
    pub(crate) fn new(
        mut config: Config,
        namespace: &str,
        name: &str,
        identity: &str,
        timing: Timing,
    ) -> Result<(Self, Leadership), kube::Error> {
        config.default_retry = false;
        config.connect_timeout = Some(timing.call());
        let (until, handle) = watch::channel(None);
        let lease = Self {
            api: Api::namespaced(Client::try_from(config)?, namespace),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            me: format!("{identity}_{:08x}", rand::random::<u32>()),
            timing,
            until,
            seen: None,
            stale: true,
            last_error: None,
        };
        Ok((lease, Leadership { until: handle }))
    }

    /// Takes part in the election until `cancel`, then gives the lease back so that another replica leads at once.
    /// Cancel it only when the last call to Zoom is over.
    ///
    /// # Errors
    /// [`Lost`] when leadership ended by anything but `cancel`.
    pub(crate) async fn run(mut self, cancel: CancellationToken) -> Result<(), Lost> {
        loop {
            let deadline = *self.until.borrow();
            let stepped = match deadline {
                Some(deadline) => {
                    self.still_leading()?;
                    timeout_at(deadline, self.step()).await.unwrap_or(Err(CallError::DeadlinePassed))
                }
                None => self.step().await,
            };
            match stepped {
                Ok(()) => self.last_error = None,
                Err(error) => self.note(error),
            }
            if deadline.is_some() {
                self.still_leading()?;
            }
            let retry = Instant::now() + self.timing.retry();
            let next = self.until.borrow().map_or(retry, |deadline| deadline.min(retry));
            tokio::select! {
                () = cancel.cancelled() => break,
                () = sleep_until(next) => {}
            }
        }
        self.release().await;
        Ok(())
    }

    /// Writes ourselves into the lease whoever holds it, and says how long whoever held it may go on before they notice. Then
    /// [`Lease::run`] keeps it.
    ///
    /// # Errors
    /// When the API server refuses, or does not answer.
    pub(crate) async fn seize(&mut self) -> anyhow::Result<Option<Duration>> {
        loop {
            let found =
                self.call(self.api.get_opt(&self.name)).await.with_context(|| format!("get {}", self.lease()))?;
            self.remember(found);
            let held = self.seen.as_ref().map(|seen| &seen.record).filter(|record| record.holder.is_some());
            let held = held.map(|record| record.duration);
            match self.write(Some(self.me.clone())).await {
                Ok(()) => return Ok(held),
                Err(error) if error.is_race() => {}
                Err(error) => return Err(anyhow::Error::from(error).context(format!("take {}", self.lease()))),
            }
        }
    }

    /// Looks at the lease if need be, and acquires or renews it if that is our right.
    async fn step(&mut self) -> Result<(), CallError> {
        if self.stale {
            let found = self.call(self.api.get_opt(&self.name)).await?;
            self.remember(found);
        }
        let now = Instant::now();
        match evaluate(self.seen.as_ref().map(|seen| &seen.record), &self.me, now) {
            Decision::Wait => {
                self.stale = true;
                self.lead_until(None);
                Ok(())
            }
            Decision::Acquire | Decision::Renew => match self.write(Some(self.me.clone())).await {
                // Others count from when they see the write, so from its sending on is the careful side.
                Ok(()) => {
                    self.lead_until(Some(now + self.timing.renew_deadline()));
                    Ok(())
                }
                Err(error) if error.is_race() => Ok(()),
                Err(error) => Err(error),
            },
        }
    }

    /// Writes `holder` into the lease, provided that it is as last seen.
    async fn write(&mut self, holder: Option<String>) -> Result<(), CallError> {
        self.stale = true;
        let object = self.seen.as_ref().and_then(|seen| seen.object.as_ref());
        let next = self.next(object, holder);
        let params = PostParams::default();
        let written = match object {
            Some(_) => self.call(self.api.replace(&self.name, &params, &next)).await?,
            None => self.call(self.api.create(&params, &next)).await?,
        };
        self.remember(Some(written));
        self.stale = false;
        Ok(())
    }

    /// The Lease as it should be after `object`, the last one seen, with its resource version. Without a holder the
    /// field is absent, which in a replacement takes it away.
    fn next(&self, object: Option<&LeaseObject>, holder: Option<String>) -> LeaseObject {
        let now = MicroTime(Timestamp::now());
        let mut next = object.cloned().unwrap_or_else(|| LeaseObject {
            metadata: ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
            spec: None,
        });
        let spec = next.spec.get_or_insert_default();
        if holder.is_some() && spec.holder_identity != holder {
            spec.acquire_time = Some(now.clone());
            spec.lease_transitions =
                Some(spec.lease_transitions.map_or(0, |transitions| transitions.saturating_add(1)));
        }
        spec.holder_identity = holder;
        spec.lease_duration_seconds = Some(whole_seconds(self.timing.lease));
        spec.renew_time = Some(now);
        next
    }

    /// Takes note of the lease as it is now. The time that it has stood unchanged starts anew when its spec changed.
    fn remember(&mut self, found: Option<LeaseObject>) {
        match (found, &mut self.seen) {
            (None, None) => {}
            (None, Some(seen)) => seen.object = None,
            (Some(found), Some(Sighting { object: Some(object), .. })) if object.spec == found.spec => *object = found,
            (Some(found), _) => {
                let record = self.record(found.spec.as_ref());
                self.seen = Some(Sighting { object: Some(found), record });
            }
        }
    }

    /// The duration is never taken shorter than our own: a record without one must not look expired at once.
    fn record(&self, spec: Option<&LeaseSpec>) -> Record {
        let holder = spec.and_then(|spec| spec.holder_identity.clone()).filter(|holder| !holder.is_empty());
        let seconds = spec.and_then(|spec| spec.lease_duration_seconds).and_then(|seconds| u64::try_from(seconds).ok());
        let duration = seconds.map_or(self.timing.lease, |seconds| Duration::from_secs(seconds).max(self.timing.lease));
        Record { holder, duration, since: Instant::now() }
    }

    /// Renewals move the end on without waking anybody; only gaining and losing leadership does. A renewal that is answered
    /// when the end is past gains it anew: whoever looked in between waits to be woken.
    fn lead_until(&self, until: Option<Instant>) {
        let turned = self.until.send_if_modified(|current| {
            let turned = current.is_some() != until.is_some() || leads(*current) != leads(until);
            *current = until;
            turned
        });
        if turned && until.is_some() {
            info!(lease = self.lease(), identity = self.me, "leading");
        }
    }

    /// For a leader: fails once it leads no longer.
    fn still_leading(&mut self) -> Result<(), Lost> {
        let lease = self.lease();
        match *self.until.borrow() {
            Some(until) if Instant::now() < until => return Ok(()),
            Some(_) => {}
            None => {
                let holder = self.seen.take().and_then(|seen| seen.record.holder).unwrap_or_default();
                return Err(Lost::Taken { lease, holder });
            }
        }
        self.lead_until(None);
        let last_error = self.last_error.take().unwrap_or_else(|| "none in time".to_owned());
        Err(Lost::NotRenewed { lease, deadline: self.timing.renew_deadline(), last_error })
    }

    async fn release(&mut self) {
        if self.until.borrow().is_none() {
            return;
        }
        self.lead_until(None);
        match self.write(None).await {
            Ok(()) => info!(lease = self.lease(), "lease given back"),
            Err(error) => warn!(
                lease = self.lease(),
                error = describe(error),
                "lease not given back: another replica leads only after {:?}",
                self.timing.lease
            ),
        }
    }

    /// Says why an attempt failed, once for as long as the answer stays the same.
    fn note(&mut self, error: CallError) {
        let error = describe(error);
        if self.last_error.as_ref() == Some(&error) {
            debug!(lease = self.lease(), error, "lease still not acquired or renewed");
        } else {
            warn!(
                lease = self.lease(),
                error,
                "lease not acquired or renewed; trying again every {:?}",
                self.timing.retry()
            );
            self.last_error = Some(error);
        }
    }

    async fn call<T>(&self, call: impl Future<Output = kube::Result<T>>) -> Result<T, CallError> {
        let limit = self.timing.call();
        Ok(timeout(limit, call).await.map_err(|_| CallError::TimedOut(limit))??)
    }

    fn lease(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

fn whole_seconds(duration: Duration) -> i32 {
    let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

fn describe(error: CallError) -> String {
    match error {
        CallError::Kube(kube::Error::Api(status)) => format!("{} {}: {}", status.code, status.reason, status.message),
        other @ (CallError::Kube(_) | CallError::TimedOut(_) | CallError::DeadlinePassed) => {
            format!("{:#}", anyhow::Error::from(other))
        }
    }
}
