//! The last step: says of every object what is true now. A status is only written when it differs.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use zoom_core::{
    Lookup, Mode, ObjectKey, Operation, PersonPlan, Phase, Plan, Reason, Record, RecordReason, Restore, Seat,
    SeatCount, Standing, State, Step, Verdict, plan_person,
};
use zoom_operator_api as api;

use super::{
    bulk,
    cluster::{ClusterError, tolerate},
    events::About,
    index::{Removal, Snapshot, User},
    metrics::{AccountState, OperationLabels},
    pass::Pass,
    status, translate,
    trouble::Trouble,
};

mod named;

/// How often it is said how things stand while passes find more to do than they end.
pub(super) const REPORT_EVERY: Duration = Duration::from_secs(10);

/// How long ended removal records are kept as history, or as long as the window if that is longer.
const HISTORY: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Pass<'_> {
    /// Reports on every object of the connection, and on the connection. Returns whether it did: it stops when something else
    /// is wanted.
    pub(super) async fn report(&mut self, plan: &Plan, snapshot: &Snapshot) -> Result<bool, ClusterError> {
        self.report_misfit_users(snapshot).await?;
        if !self.report_people(plan, snapshot, |_, _| true).await? {
            return Ok(false);
        }
        if !self.report_named(plan, snapshot).await? {
            return Ok(false);
        }
        for (object, removal) in snapshot.removals.iter() {
            if let Err(problem) = &removal.record
                && removal.is_legible
                && removal.status.ended_at.is_none()
            {
                let message = format!("this version of the operator does not understand the record: {problem}");
                let refused = self.set_phase(object, removal, Phase::Refused, RecordReason::Unreadable, &message);
                tolerate(refused.await)?;
            }
        }
        if !self.forget_history(snapshot).await? {
            return Ok(false);
        }
        let users = snapshot.users.values().map(|user| user.uid());
        let uids: HashSet<&str> = users.chain(snapshot.thing_uids()).collect();
        self.kept.forget_objects(|uid| uids.contains(uid));
        self.settle_spending(snapshot);
        let present: HashSet<&str> = snapshot.removals.values().map(|removal| removal.uid.as_str()).collect();
        self.kept.tried.retain(|uid| present.contains(&**uid));
        let running = |removal: &Removal| removal.status.phase == Some(api::Phase::Running);
        self.kept.removal_retries.retain(|object, _| snapshot.removals.get(object).is_some_and(|found| running(found)));
        self.measure(plan);
        self.report_connection(plan).await?;
        self.kept.busy_since = None;
        Ok(true)
    }

    /// While there is more to do than a pass ends, it is said now and then what no work to come will change.
    pub(super) async fn report_so_far(&mut self, plan: &Plan, snapshot: &Snapshot) -> Result<(), ClusterError> {
        let since = self.kept.busy_since.get_or_insert_with(Instant::now);
        if since.elapsed() < REPORT_EVERY {
            return Ok(());
        }
        *since = Instant::now();
        self.report_misfit_users(snapshot).await?;
        let stays = |planned: &PersonPlan, _: &User| planned.verdict.reason.standing() != Standing::Progressing;
        self.report_people(plan, snapshot, stays).await?;
        self.measure(plan);
        self.report_connection(plan).await
    }

    /// Whoever deletes a record that is held has rejected it. An edit that asks for it is known as such before that, or it would
    /// ask anew, as if it had been made just now.
    pub(super) async fn report_held(&self, plan: &Plan, snapshot: &Snapshot) -> Result<bool, ClusterError> {
        let is_new = |user: &User| user.wish.as_ref().is_ok_and(|wish| wish.is_edited());
        self.report_people(plan, snapshot, |planned, user| planned.verdict.reason == Reason::Held && is_new(user)).await
    }

    async fn report_misfit_users(&self, snapshot: &Snapshot) -> Result<(), ClusterError> {
        for (object, user) in snapshot.users.iter() {
            if let Err(misfit) = &user.wish {
                let message = format!(
                    "this version of the operator does not understand the object and leaves its person alone: {}",
                    misfit.problem
                );
                tolerate(self.write_without_plan(object, user, &Verdict::new(Reason::Unreadable, message)).await)?;
                if user.deleting && user.has_finalizer && self.context.may_write() {
                    tolerate(self.context.cluster.remove_finalizer::<User>(object, user.uid()).await)?;
                }
            }
        }
        Ok(())
    }

    async fn report_people(
        &self,
        plan: &Plan,
        snapshot: &Snapshot,
        which: impl Fn(&PersonPlan, &User) -> bool + Send + Sync,
    ) -> Result<bool, ClusterError> {
        let news = plan.people.iter().filter_map(|planned| {
            let user = snapshot.users.get(&planned.object).filter(|user| which(planned, user))?;
            let verdict = self.as_far_as_connected(&planned.verdict);
            let new = self.news(user, &verdict, &planned.drift, planned.restore.as_ref(), None)?;
            Some((planned, user, verdict, new))
        });
        bulk::each(
            news,
            bulk::at_least_one(|| self.may_go_on(), || self.goes_on(snapshot)),
            |(planned, user, verdict, new)| async move {
                self.context.cluster.turns.next().await;
                if self.is_now_ours(user, &new) {
                    self.context.cluster.turns.next().await;
                }
                for (group, why) in &planned.not_restored {
                    let about = About { key: planned.object.clone(), uid: user.uid().to_owned() };
                    self.tell_not_restored(&about, group, why);
                }
                tolerate(self.write_news(&planned.object, user, &verdict, &new).await).map(drop)
            },
        )
        .await
    }

    /// A verdict that speaks of work to come, where no work can come now.
    fn as_far_as_connected(&self, verdict: &Verdict) -> Verdict {
        let waits = |trouble: &Trouble| {
            verdict.reason == Reason::WaitingForListing
                || (verdict.reason == Reason::Reconciling && trouble.forbids_writes())
        };
        match &self.kept.trouble {
            Some(trouble) if waits(trouble) => Verdict::new(
                Reason::WaitingForConnection,
                format!("the ZoomConnection {} is not ready: {}: {}", self.key.name, trouble.reason, trouble.message),
            ),
            Some(_) | None => verdict.clone(),
        }
    }

    /// Reports on one person right after their turn.
    pub(super) async fn report_person(
        &mut self,
        object: &ObjectKey,
        not_applied: Option<Vec<String>>,
        seat: &Seat,
    ) -> Result<(), ClusterError> {
        let Some(user) = self.context.index.user(object) else { return Ok(()) };
        let Some(mut wish) = self.wish(&user) else { return Ok(()) };
        if let Some(fields) = &not_applied {
            wish.remembered.observed_generation = Some(wish.generation);
            wish.remembered.not_applied = fields.iter().map(|field| field.as_str().into()).collect();
        }
        let planned = plan_person(&wish, &self.policy, self.directory(), Timestamp::now()).seated(seat);
        match self.news(&user, &planned.verdict, &planned.drift, None, not_applied) {
            Some(new) => self.write_news(object, &user, &planned.verdict, &new).await,
            None => Ok(()),
        }
    }

    /// A user's new status, if it differs from the present one, or if the finalizer is missing, as after a release.
    fn news(
        &self,
        user: &User,
        verdict: &Verdict,
        drift: &[String],
        restore: Option<&Restore>,
        not_applied: Option<Vec<String>>,
    ) -> Option<api::ZoomUserStatus> {
        let wish = self.completed(user.wish.as_ref().ok().filter(|_| !self.is_too_early(verdict))?);
        let row = wish.find(self.directory());
        let role = match row {
            Lookup::Found(person) => person.role.as_ref().map(|role| self.directory().role_name(role)),
            Lookup::Absent | Lookup::Unknown => None,
        };
        let finding = status::Finding {
            wish: &wish,
            verdict,
            drift,
            restore,
            row,
            role,
            adopts: self.adopts(),
            not_applied,
            creating: false,
            requested_at: self.kept.answered.get(&wish.uid).map(String::as_str).or(user.handled_request()),
        };
        let old = user.status();
        Some(status::user(&old, finding, Timestamp::now()))
            .filter(|new| status::user_differs(&old, new) || self.is_now_ours(user, new))
    }

    /// Whether a person is managed from now on, so that the object gets its finalizer.
    fn is_now_ours(&self, user: &User, new: &api::ZoomUserStatus) -> bool {
        new.origin.is_some() && !user.has_finalizer && self.adopts()
    }

    /// Whether the first listing is under way, and will say more in a moment.
    fn is_too_early(&self, verdict: &Verdict) -> bool {
        let listed = self.kept.account.as_ref().is_some_and(|account| account.listed_at().is_some());
        let unseen = listed && self.context.index.unseen().is_some();
        self.kept.trouble.is_none() && verdict.reason == Reason::WaitingForListing && !unseen
    }

    fn adopts(&self) -> bool {
        match self.policy.mode {
            Mode::Enforce | Mode::HoldRemovals => true,
            Mode::Plan | Mode::Suspend => false,
        }
    }

    async fn write_without_plan(&self, object: &ObjectKey, user: &User, verdict: &Verdict) -> Result<(), ClusterError> {
        let old = user.status();
        let new = status::user_without_plan(&old, verdict, user.generation, Timestamp::now());
        if !user.is_legible || !status::user_differs(&old, &new) {
            return Ok(());
        }
        self.context.cluster.turns.next().await;
        self.write_news(object, user, verdict, &new).await
    }

    /// Writes a user's new status, the finalizer first if the person is now ours, and warns when the object becomes stalled.
    async fn write_news(
        &self,
        object: &ObjectKey,
        user: &User,
        verdict: &Verdict,
        new: &api::ZoomUserStatus,
    ) -> Result<(), ClusterError> {
        let cluster = &self.context.cluster;
        if !self.context.may_write()
            || (self.is_now_ours(user, new) && !cluster.add_finalizer::<User>(object, user.uid()).await?)
        {
            return Ok(());
        }
        let old = user.status();
        if !status::user_differs(&old, new) {
            return Ok(());
        }
        self.context.cluster.write_user_status(object, user.uid(), new).await?;
        let reason = verdict.reason.to_string();
        let known = old.conditions.iter().any(|condition| condition.reason == reason);
        if verdict.reason.standing() == Standing::Stalled && !known {
            let about = About { key: object.clone(), uid: user.uid().to_owned() };
            self.context.events.warning::<api::ZoomUser>(&about, &reason, &verdict.message);
        }
        Ok(())
    }

    /// Ended records go after a while; until then they are the window and the history. Returns whether all that are due went.
    async fn forget_history(&self, snapshot: &Snapshot) -> Result<bool, ClusterError> {
        let now = Timestamp::now();
        let window = SignedDuration::try_from(self.policy.guard.window).unwrap_or(SignedDuration::MAX);
        let kept = HISTORY.max(window);
        let is_due = |removal: &Removal| {
            let old = removal.status.ended_at.as_ref().is_some_and(|ended| now.duration_since(ended.0) > kept);
            // A legal hold stays as long as the record that it goes with, whatever was done to the person. What a human wrote may
            // be applied again by whatever keeps it, and would run again.
            let stays =
                |record: &Record| record.is_by_hand() || (record.hold.is_some() && record.phase != Phase::Cancelled);
            old && !removal.record.as_deref().is_ok_and(stays)
        };
        let due = snapshot.removals.iter().filter(|(_, removal)| is_due(removal)).map(|(object, _)| object);
        let delete = |object| async move {
            self.context.cluster.turns.next().await;
            tolerate(self.context.cluster.delete_removal(object).await).map(drop)
        };
        bulk::each(due, bulk::at_least_one(|| self.may_go_on(), || self.goes_on(snapshot)), delete).await
    }

    fn measure(&self, plan: &Plan) {
        let mut state = AccountState {
            listed_at: self.kept.account.as_ref().and_then(zoom_account::Account::listed_at),
            ..AccountState::default()
        };
        for planned in &plan.people {
            state.count("ZoomUser", planned.verdict.reason.into());
            let held = matches!(planned.verdict.reason, Reason::Held | Reason::Settling);
            let taken = planned.taken().iter().map(Step::verb);
            for operation in planned.operations.iter().map(Operation::verb).chain(taken) {
                *state.operations.entry(OperationLabels { operation, held }).or_insert(0) += 1;
            }
        }
        for planned in &plan.groups {
            state.count("ZoomGroup", planned.verdict.reason.into());
            for operation in &planned.operations {
                *state.operations.entry(OperationLabels { operation: operation.verb(), held: false }).or_insert(0) += 1;
            }
        }
        self.context.metrics.report(&self.key.to_string(), state);
    }

    async fn report_connection(&mut self, plan: &Plan) -> Result<(), ClusterError> {
        let now = Timestamp::now();
        let snapshot = self.context.index.snapshot(&self.key);
        let generation = self.connection.metadata.generation.unwrap_or_default();
        let old = self.kept.status.clone().or_else(|| self.connection.status.clone()).unwrap_or_default();
        let listed_at = self.kept.account.as_ref().and_then(zoom_account::Account::listed_at);
        let mut new = old.clone();
        new.observed_generation = Some(generation);
        new.last_handled_requested_at = self.kept.handled_request.clone().or(old.last_handled_requested_at.clone());
        if self.kept.account.as_ref().is_some_and(zoom_account::Account::is_identified) {
            new.account = Some(api::Account { id: self.connection.spec.account_id.clone() });
        }
        new.plan = Some(summary(plan));
        new.people = Some(self.count(plan, &snapshot));
        new.seats = plan.seats.map(|licensed| api::Seats { licensed: seats(licensed) });
        new.idle_protection = self.idle_protection();
        new.spent = translate::ledger_out(&self.spending());
        new.missing_scopes =
            self.kept.trouble.as_ref().map(|trouble| trouble.missing_scopes.clone()).unwrap_or_default();
        new.last_listing = listed_at.map(translate::time).or(old.last_listing.clone());
        let trouble = self.kept.trouble.clone().or_else(|| Some(Trouble::unseen(&self.context.index.unseen()?)));
        let (standing, reason, message) = self.standing(trouble.as_ref());
        status::set_standing(&mut new.conditions, standing, &reason, &message, generation, now);
        let held = held_removals(&snapshot.removals);
        status::set_held(&mut new.conditions, held.map(|message| ("Guard", message)), generation, now);
        // The time of the last listing alone is no news: an idle account must not cause a write each resync.
        let same_but_times = api::ZoomConnectionStatus { last_listing: None, conditions: Vec::new(), ..new.clone() }
            == api::ZoomConnectionStatus { last_listing: None, conditions: Vec::new(), ..old.clone() }
            && status::same_conditions(&old.conditions, &new.conditions);
        if same_but_times || !self.context.may_write() {
            return Ok(());
        }
        let uid = self.connection.metadata.uid.clone().unwrap_or_default();
        self.context.cluster.write_connection_status(&self.key, &uid, &new).await?;
        if trouble.is_some() && !old.conditions.iter().any(|condition| condition.reason == reason) {
            let about = About { key: self.key.clone(), uid };
            self.context.events.warning::<api::ZoomConnection>(&about, &reason, &message);
        }
        self.kept.status = Some(new);
        Ok(())
    }

    fn idle_protection(&self) -> Vec<String> {
        let directory = self.directory();
        let unknown = self.policy.protected.is_unknown(directory);
        let complete = directory.complete().people && directory.complete().roles && !unknown;
        let idle = if complete { self.policy.protected.idle(directory) } else { Vec::new() };
        idle.into_iter().take(10).collect()
    }

    fn standing(&self, trouble: Option<&Trouble>) -> (Standing, String, String) {
        let listed = self.kept.account.as_ref().is_some_and(|account| account.listed_at().is_some());
        match (trouble, self.policy.mode) {
            (Some(trouble), _) => (Standing::Progressing, trouble.reason.to_string(), trouble.message.clone()),
            (None, Mode::Suspend) => {
                (Standing::Ready, "Suspended".to_owned(), "suspended: Zoom is neither read nor written".to_owned())
            }
            (None, Mode::Enforce | Mode::HoldRemovals | Mode::Plan) if !listed => {
                (Standing::Progressing, "Listing".to_owned(), "the account is listed for the first time".to_owned())
            }
            (None, Mode::Plan) => {
                (Standing::Ready, "PlanOnly".to_owned(), "connected; the plan is shown and not carried out".to_owned())
            }
            (None, Mode::Enforce | Mode::HoldRemovals) => {
                (Standing::Ready, "Connected".to_owned(), "connected, and the account was listed completely".to_owned())
            }
        }
    }

    fn count(&self, plan: &Plan, snapshot: &Snapshot) -> api::PeopleCount {
        let with =
            |standing| plan.people.iter().filter(|planned| planned.verdict.reason.standing() == standing).count();
        let pending = snapshot
            .users
            .values()
            .filter_map(|user| user.wish.as_ref().ok())
            .filter(|wish| match wish.find(self.directory()) {
                Lookup::Found(person) => person.state == State::Pending,
                Lookup::Absent | Lookup::Unknown => false,
            })
            .count();
        let waiting = plan.people.iter().filter(|planned| waits(planned.verdict.reason)).count();
        let consent = |planned: &&zoom_core::PersonPlan| planned.verdict.reason == Reason::WaitingForConsent;
        let waiting_for_consent = plan.people.iter().filter(consent).count();
        let held = snapshot.removals.values().filter(|removal| removal.status.phase == Some(api::Phase::Held));
        let held = held.filter_map(|removal| removal.record.as_deref().ok()).map(Record::people).sum();
        api::PeopleCount {
            managed: number(plan.managed),
            ready: number(with(Standing::Ready)),
            pending: number(pending),
            waiting: number(waiting),
            unmanaged: number(self.directory().people().len().saturating_sub(plan.managed)),
            held: number(held),
            refused: number(with(Standing::Stalled)),
            waiting_for_consent: number(waiting_for_consent),
        }
    }
}

/// Whether somebody with this reason waits for something that nobody has to decide here.
fn waits(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::NotYetJoined
            | Reason::WaitingForListing
            | Reason::WaitingForConnection
            | Reason::WaitingForSeat
            | Reason::WaitsForHeld
            | Reason::WaitingForDailyBudget
            | Reason::WaitingForConsent
            | Reason::ZoomUnavailable
            | Reason::Suspicious
    )
}

fn seats(count: SeatCount) -> api::SeatCount {
    let SeatCount { bought, used, free, wanted } = count;
    api::SeatCount { bought: bought.map(number), used: number(used), free: free.map(number), wanted: number(wanted) }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// So many waves, and so many people, are named in a status. There may be thousands.
const NAMED: usize = 10;

/// What waits for a decision, wave by wave.
fn held_removals(removals: &BTreeMap<ObjectKey, Arc<Removal>>) -> Option<String> {
    let mut waves = BTreeMap::<&str, usize>::new();
    let mut people = BTreeSet::new();
    for removal in removals.values() {
        if let (Some(api::Phase::Held), Ok(record)) = (removal.status.phase, &removal.record) {
            *waves.entry(&record.wave).or_default() += 1;
            people.extend(record.subject.people().iter().map(|person| person.email.as_str()));
        }
    }
    if waves.is_empty() {
        return None;
    }
    let waves: Vec<_> = waves.iter().map(|(wave, count)| format!("{wave} ({count})")).collect();
    let (waves, people): (Vec<_>, Vec<_>) = (waves.iter().map(String::as_str).collect(), people.into_iter().collect());
    let about = if people.is_empty() { String::new() } else { format!("; about {}", some(&people)) };
    Some(format!(
        "ZoomRemovals are held, by wave: {}{about}; list them with: kubectl get zoomremovals -l {}=WAVE",
        some(&waves),
        api::WAVE_LABEL
    ))
}

/// The first few, and how many more there are.
fn some(names: &[&str]) -> String {
    let named = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(NAMED);
    if more == 0 { named } else { format!("{named} and {more} more") }
}

/// How many operations of each sort the plan holds.
fn summary(plan: &Plan) -> api::PlanSummary {
    let mut summary = api::PlanSummary::default();
    for planned in &plan.people {
        for operation in &planned.operations {
            match operation {
                Operation::Read(_) => {}
                Operation::Create(_) => summary.create += 1,
                Operation::Update(..) | Operation::SetRole { .. } | Operation::SetEmail(..) => summary.update += 1,
                Operation::Activate(_) => summary.activate += 1,
                Operation::Deactivate(_) => summary.deactivate += 1,
                Operation::Unlink(..) => summary.unlink += 1,
                Operation::Delete(..) => summary.delete += 1,
            }
        }
        for step in planned.taken() {
            match step {
                Step::Deactivate => summary.deactivate += 1,
                Step::Unlink(_) => summary.unlink += 1,
                Step::Delete(_) => summary.delete += 1,
                Step::SetLicense(_) | Step::SetRole(_) | Step::SetEmail(_) => summary.update += 1,
                Step::RemoveMembers
                | Step::RemoveAdmins
                | Step::DeleteGroup
                | Step::DeleteRole
                | Step::DeleteContactGroup
                | Step::RemoveGroups
                | Step::TakePrivileges
                | Step::Create => {}
            }
        }
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::some;

    #[test]
    fn what_is_said_of_ten_thousand_held_removals_stays_small() {
        assert_eq!(some(&["a", "b"]), "a, b");
        let names: Vec<_> = (0..10_000).map(|place| format!("person{place:05}@acme.example")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let said = some(&names);
        assert!(
            said.starts_with("person00000@acme.example, ") && said.ends_with("@acme.example and 9990 more"),
            "{said}"
        );
        assert!(said.len() < 512, "{}", said.len());
    }
}
