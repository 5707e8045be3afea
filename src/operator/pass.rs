//! One pass over one connected account: observe, plan, guard, apply, report.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use zoom_account::{Account, ListingReport, Scope};
use zoom_core::{
    DesiredPerson, Directory, Input, License, Lookup, Mode, ObjectKey, PersonRef, Plan, Policy, Reason, suspicion,
};
use zoom_operator_api as api;

use super::{
    cluster::{Cluster, ClusterError},
    connect::Dialer,
    events::Events,
    groups,
    index::{ConnectionVersion, Index, Snapshot, User},
    kept::Kept,
    lease::Leadership,
    metrics::Metrics,
    translate,
    trouble::{Trouble, TroubleReason},
};

/// What all passes share.
pub(super) struct Context {
    /// What the cluster wants.
    pub(super) index: Index,
    /// Reads and writes of the cluster.
    pub(super) cluster: Cluster,
    /// Reaches Zoom.
    pub(super) dialer: Dialer,
    /// Tells people.
    pub(super) events: Events,
    /// Counts.
    pub(super) metrics: Metrics,
    /// Asked right before every write to Zoom.
    pub(super) leadership: Leadership,
    /// The process is about to end: finish the call in flight and begin no other.
    pub(super) stopping: CancellationToken,
}

impl Context {
    /// Whether another write may begin.
    pub(super) fn may_write(&self) -> bool {
        self.leadership.is_leader() && !self.stopping.is_cancelled()
    }
}

/// A pass under way.
pub(super) struct Pass<'a> {
    /// The account.
    pub(super) connection: &'a api::ZoomConnection,
    /// Its name.
    pub(super) key: ObjectKey,
    /// Its rules.
    pub(super) policy: Policy,
    /// What is kept from pass to pass.
    pub(super) kept: &'a mut Kept,
    /// What all passes share.
    pub(super) context: &'a Context,
    /// Empty until the account was listed.
    pub(super) blank: Directory,
    /// The state of the connection that this pass works by.
    version: ConnectionVersion,
    /// Whether a listing is under way or was begun, so that its end asks for the next pass.
    listing: bool,
    begun: Instant,
    /// When the present plan stood.
    pub(super) planned_at: Instant,
    /// When groups said last how far they are.
    pub(super) reported_at: Instant,
}

/// What [`Pass::apply`] left.
pub(super) enum Applied {
    /// Nothing more to do now.
    Settled,
    /// Something was done, or something else is wanted: plan again.
    PlanAgain,
    /// No more writes are allowed to this process.
    Stopped,
    /// The connection itself was changed: the pass must not go on by its old rules.
    Outdated,
}

/// How many people whom a listing lacks are looked for, or one in a hundred if those are more: whoever is missing beyond that
/// makes the listing suspicious anyway.
const LOOKS: usize = 100;

/// So long a pass plans again when something is left to do. The next one also takes a listing that has ended meanwhile.
const LONGEST: Duration = Duration::from_secs(5);

impl<'a> Pass<'a> {
    /// A pass over `connection`.
    pub(super) fn new(connection: &'a api::ZoomConnection, kept: &'a mut Kept, context: &'a Context) -> Self {
        let mut policy = translate::policy(&connection.spec);
        if connection.metadata.deletion_timestamp.is_some() {
            // A connection that is going takes nobody along.
            policy.mode = Mode::Suspend;
        }
        let key = translate::key(&connection.metadata);
        let version = ConnectionVersion::of(&connection.metadata);
        Self {
            connection,
            key,
            policy,
            kept,
            context,
            blank: Directory::default(),
            version,
            listing: false,
            begun: Instant::now(),
            planned_at: Instant::now(),
            reported_at: Instant::now(),
        }
    }

    /// Whether somebody changed the connection since the pass began: its switches must work at once.
    pub(super) fn is_outdated(&self) -> bool {
        !self.context.index.is_current(&self.key, &self.version)
    }

    /// Runs the five steps, over and over until nothing is left to do now. Returns when to come back although nothing
    /// happened.
    pub(super) async fn run(mut self, claimed_by: Option<&ObjectKey>) -> Result<Duration, ClusterError> {
        self.kept.keep_time(Timestamp::now());
        self.recall_spending(&self.context.index.snapshot(&self.key));
        self.observe(claimed_by).await;
        self.begun = Instant::now();
        let asked = self.context.index.snapshot(&self.key);
        let look_again = [self.read_requested(&asked).await, self.look_requested(&asked).await];
        self.begun = Instant::now();
        loop {
            let snapshot = self.context.index.snapshot(&self.key);
            self.policy.access = translate::access(self.connection, &self.context.index.namespaces());
            let plan = self.plan(&snapshot);
            let torn_down = self.torn_down(&plan).await?;
            self.announce_spending(&plan, &snapshot).await?;
            self.planned_at = Instant::now();
            let written = self.write_down(&plan, &torn_down, &snapshot).await;
            // An object that the API server cannot write keeps nobody in who was to leave before.
            let applied = self.apply(&plan, &snapshot).await?;
            let stands = written?;
            match applied {
                Applied::Settled if stands => {
                    if self.report(&plan, &snapshot).await? {
                        if self.kept.trouble.is_none() {
                            self.kept.looks_in_vain = None;
                        }
                        let again = look_again.into_iter().flatten().chain([self.come_back(&plan)]);
                        return Ok(again.min().unwrap_or_default());
                    }
                }
                Applied::Settled | Applied::PlanAgain => {}
                Applied::Stopped => return Ok(Duration::from_secs(3600)),
                Applied::Outdated => return Ok(Duration::ZERO),
            }
            self.report_so_far(&plan, &snapshot).await?;
            if self.is_outdated() || self.begun.elapsed() > LONGEST {
                return Ok(Duration::ZERO);
            }
            if !self.context.may_write() {
                return Ok(Duration::from_secs(3600));
            }
        }
    }

    /// Whether many objects may go on being written: this is still what is wanted, and nothing else waits.
    pub(super) fn goes_on(&self, snapshot: &Snapshot) -> bool {
        self.begun.elapsed() <= LONGEST && self.may_go_on() && !self.is_overtaken(snapshot)
    }

    /// Whether the pass may write at all: it leads, by the rules that hold now.
    pub(super) fn may_go_on(&self) -> bool {
        self.context.may_write() && !self.is_outdated()
    }

    /// Plan and guard. Pure.
    fn plan(&self, snapshot: &Snapshot) -> Plan {
        let mut desired = snapshot.desired(|wish| self.completed(wish));
        self.kept.group_refusals.remind(&mut desired);
        let records = snapshot.records();
        let ledger = self.spending_of_running();
        zoom_core::plan(&Input {
            connection: self.connection.metadata.uid.as_deref().unwrap_or_default(),
            policy: &self.policy,
            desired: &desired,
            directory: self.directory(),
            records: &records,
            ledger: &ledger,
            suspicion: self.kept.trouble.as_ref().and_then(Trouble::suspicion),
            now: translate::whole_seconds(Timestamp::now()),
        })
    }

    /// What an object wants, with what is remembered of it and what the connection fills in.
    pub(super) fn wish(&self, user: &User) -> Option<DesiredPerson> {
        Some(Arc::unwrap_or_clone(self.completed(user.wish.as_ref().ok()?)))
    }

    /// Most objects say it all themselves: they are shared, because there may be a hundred thousand.
    pub(super) fn completed(&self, wish: &Arc<DesiredPerson>) -> Arc<DesiredPerson> {
        if !self.kept.knows(wish) && !self.policy.has_default_for(wish) {
            return wish.clone();
        }
        let mut wish = DesiredPerson::clone(wish);
        self.kept.recall(&mut wish);
        self.policy.fill_in(&mut wish);
        Arc::new(wish)
    }

    /// What is known of the account.
    pub(super) fn directory(&self) -> &Directory {
        self.kept.account.as_ref().map_or(&self.blank, Account::directory)
    }

    /// Brings the directory up to date: takes a finished listing in, and begins one beside the pass if it is time.
    async fn observe(&mut self, claimed_by: Option<&ObjectKey>) {
        if self.policy.mode == Mode::Suspend {
            self.kept.trouble = None;
            // Afterwards the account is seen anew before anything is done to it.
            self.kept.hang_up();
            return;
        }
        if let Some(other) = claimed_by {
            let message = format!("{other} manages the same account and is older: delete one of the two connections");
            self.kept.look_in_vain();
            self.kept.trouble = Some(Trouble::new(TroubleReason::AccountClaimed, message));
            self.kept.hang_up();
            return;
        }
        let now = Timestamp::now();
        let requested = self.is_requested();
        let dialed_at = self.kept.dialed_at;
        if let Err(trouble) = self.dial(now, requested).await {
            // Passes come for every object, looks do not.
            if self.kept.dialed_at != dialed_at {
                self.kept.look_in_vain();
            }
            self.kept.trouble = Some(trouble);
            return;
        }
        let Some(account) = &mut self.kept.account else { return };
        if let Some(taken) = account.take_listing() {
            self.kept.trouble = match taken {
                Ok(report) => incomplete(&report),
                Err(error) => Some(Trouble::of_listing(&error)),
            };
            self.kept.handled_request = self.kept.listing_request.take().or(self.kept.handled_request.take());
            self.look_for_missing().await;
        }
        let resync = self.connection.spec.resync_interval.as_std();
        let patience = self.patience().unwrap_or(resync);
        self.listing = true;
        let scope = self.scope(&self.context.index.snapshot(&self.key));
        // Once: where that fails, it is tried again like any listing.
        let asks_for_more = !self.kept.listing_scope.covers(scope);
        if requested || asks_for_more || elapsed(self.kept.listing_begun_at, now) >= patience {
            let (index, key) = (self.context.index.clone(), self.key.clone());
            let Some(account) = &mut self.kept.account else { return };
            if account.begin_listing(scope, move || index.trigger(&key)) {
                self.kept.listing_begun_at = Some(now);
                self.kept.listing_scope = scope;
                self.kept.look_in_vain();
                self.kept.listing_request = self.request().map(str::to_owned);
            }
        }
    }

    /// What a listing must cover: of seats only where somebody is to have a paid one.
    fn scope(&self, snapshot: &Snapshot) -> Scope {
        let is_paid = |license: Option<License>| license == Some(License::Licensed);
        let by_default = self.policy.user_defaults.iter().any(|default| is_paid(default.license));
        let named = |user: &User| user.wish.as_ref().is_ok_and(|wish| !wish.deleting && is_paid(wish.wanted.license));
        let seats = by_default || snapshot.users.values().any(|user| named(user));
        let others = groups::scope(snapshot);
        Scope { seats, groups: others.groups || !self.policy.protected.groups.is_empty(), ..others }
    }

    /// Looks for everybody whom a new listing lacks although they were there before: Zoom promises nowhere that its
    /// listings are up to date, and whoever is wrongly taken for gone would keep their access, now or when their object
    /// goes. If too many are gone whose objects stay, the listing is not believed.
    async fn look_for_missing(&mut self) {
        let snapshot = self.context.index.snapshot(&self.key);
        let Some(account) = &mut self.kept.account else { return };
        if !account.directory().complete().people {
            return;
        }
        let (leavers, known) = were_there(&snapshot);
        let leavers_missing: Vec<_> =
            leavers.into_iter().filter(|person| account.directory().find_exactly(person) == Lookup::Absent).collect();
        let is_absent = |account: &Account, wish: &DesiredPerson| wish.find(account.directory()) == Lookup::Absent;
        let listed = account.directory().people().len();
        let lacking: Vec<_> = known.iter().filter(|wish| is_absent(account, wish)).collect();
        let looks = LOOKS.max(known.len() / 100);
        let stay = lacking.iter().take(looks).map(|wish| wish.reference());
        for person in stay.chain(leavers_missing.iter().take(looks).cloned()) {
            match account.read(&person).await {
                Ok(_) => {}
                // Zoom shows nobody whose invitation ran out.
                Err(error) if error.reason() == Reason::InvitationExpired => {}
                Err(error) => {
                    warn!(email = %person.email, %error, "whoever the listing lacks could not be looked for");
                    account.doubt();
                    self.kept.trouble = Some(Trouble::incomplete(error.to_string(), Vec::new()));
                    return;
                }
            }
        }
        leavers_missing.iter().skip(looks).for_each(|person| account.doubt_absence(person));
        // A listing that lacks some who are there is no word for the others who are missing from it.
        let are_there = lacking.iter().all(|wish| !is_absent(account, wish));
        let missing = if are_there { 0 } else { lacking.len() };
        if let Some(message) = suspicion(known.len(), missing, listed) {
            warn!(connection = %self.key, message, "the listing is not believed");
            account.doubt();
            self.kept.trouble = Some(Trouble::suspicious(message));
        }
    }

    /// Reads the Secret if it is time, and makes the client.
    async fn dial(&mut self, now: Timestamp, requested: bool) -> Result<(), Trouble> {
        let unhealthy = self.kept.trouble.is_some();
        let patience = if unhealthy { Duration::from_secs(5) } else { self.connection.spec.resync_interval.as_std() };
        let edited = self.observed_generation() != self.connection.metadata.generation;
        if !requested && !edited && elapsed(self.kept.dialed_at, now) < patience {
            return match (&self.kept.account, &self.kept.trouble) {
                (None, Some(trouble)) => Err(trouble.clone()),
                (Some(_), _) | (None, None) => Ok(()),
            };
        }
        self.kept.dialed_at = Some(now);
        let Some(dialed) = self.context.dialer.dial(self.connection, self.kept.dialed.as_ref()).await? else {
            return Ok(());
        };
        match &mut self.kept.account {
            None => self.kept.account = Some(Account::new(dialed.client.clone())),
            Some(account) => {
                info!(connection = %self.key, "credentials or limits changed");
                account.replace_client(dialed.client.clone());
            }
        }
        self.kept.listing_begun_at = None;
        self.kept.dialed = Some(dialed);
        Ok(())
    }

    fn observed_generation(&self) -> Option<i64> {
        self.connection.status.as_ref().and_then(|status| status.observed_generation)
    }

    /// The annotation that asks for a pass.
    pub(super) fn request(&self) -> Option<&str> {
        let annotations = self.connection.metadata.annotations.as_ref()?;
        annotations.get(api::REQUESTED_AT_ANNOTATION).map(String::as_str)
    }

    fn is_requested(&self) -> bool {
        let reported = self.connection.status.as_ref().and_then(|status| status.last_handled_requested_at.as_deref());
        let handled = self.kept.handled_request.as_deref().or(reported);
        let handling = self.kept.listing_request.as_deref();
        self.request().is_some_and(|request| ![handled, handling].contains(&Some(request)))
    }

    /// How long after a look at the account the next one is due while there is trouble.
    fn patience(&self) -> Option<Duration> {
        let resync = self.connection.spec.resync_interval.as_std();
        self.kept.trouble.as_ref().map(|trouble| trouble.retry_after(self.kept.looks_in_vain(trouble), resync))
    }

    /// When to come back although nothing happened.
    fn come_back(&self, plan: &Plan) -> Duration {
        let now = Timestamp::now();
        let until = |at: Timestamp| Duration::try_from(at.duration_since(now)).unwrap_or_default();
        let resync = self.connection.spec.resync_interval.as_std();
        // A listing that is under way asks for a pass when it ends; none is due where none may begin.
        let next_listing = resync.saturating_sub(elapsed(self.kept.listing_begun_at, now));
        let next_listing = if self.listing && !next_listing.is_zero() { next_listing } else { resync };
        let trouble = self.patience();
        let writes = self.is_usable();
        // What may not run now is not tried again either: what lets it run asks for a pass.
        let tried = || plan.running.iter().chain(plan.ending.iter().map(|change| &change.name));
        let runs = |record: &ObjectKey| writes && tried().any(|name| **name == *record.name);
        let retries = self.kept.removal_retries.iter().filter(|(record, _)| runs(record));
        let retries = retries.map(|(_, retry)| until(retry.at));
        let wake = plan.wake_at.map(until);
        let rejoins = plan.rejoins.iter().filter(|_| writes).filter_map(|rejoin| rejoin.group.id.as_ref());
        let rejoins = rejoins.filter_map(|group| self.kept.rejoin_retries.get(group)).map(|(_, at)| until(*at));
        let earliest = retries.chain(rejoins).chain(wake).chain(trouble).chain([next_listing]).min().unwrap_or(resync);
        earliest.max(Duration::from_millis(100))
    }
}

/// Whom the account held by what is known of it: those who are to leave, by a record or because their object goes, and what
/// the others' objects want.
fn were_there(snapshot: &Snapshot) -> (Vec<PersonRef>, Vec<&DesiredPerson>) {
    let was_there = |user: &&Arc<User>| match user.state() {
        Some(api::State::Pending | api::State::Active | api::State::Inactive) => true,
        Some(api::State::Creating | api::State::Absent) | None => false,
    };
    let users = snapshot.users.values().filter(was_there);
    let (going, staying): (Vec<_>, Vec<_>) =
        users.filter_map(|user| user.wish.as_deref().ok()).partition(|wish| wish.deleting);
    // Whom a human names may never have been there, and is read before anything is concluded.
    let records = snapshot.records().into_iter().filter(|record| record.phase.is_open() && !record.is_by_hand());
    let leavers: HashSet<_> = records.filter_map(|record| record.person().cloned()).collect();
    (leavers.into_iter().chain(going.iter().map(|wish| wish.reference())).collect(), staying)
}

/// A listing that did not add up, said aloud: nothing is concluded from who is missing in it.
fn incomplete(report: &ListingReport) -> Option<Trouble> {
    if report.incomplete.is_empty() {
        return None;
    }
    let message = report.incomplete.join("; ");
    warn!(%message, "the listing of the account is incomplete");
    Some(Trouble::incomplete(message, report.missing_scopes.clone()))
}

/// Since a time; for ever if there was none.
fn elapsed(since: Option<Timestamp>, now: Timestamp) -> Duration {
    since.map_or(Duration::MAX, |since| Duration::try_from(now.duration_since(since)).unwrap_or_default())
}
