//! The step that writes to Zoom: operations, one person after the other, removal records first.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};
use zoom_account::{Account, Retry};
use zoom_core::{
    Class, DesiredPerson, Email, Lookup, Mode, ObjectKey, Operation, Person, PersonPlan, Plan, Reason, Refusal,
    Restore, Seat, UserId, plan_person,
};
use zoom_operator_api as api;

use super::{
    cluster::{ClusterError, tolerate},
    events::About,
    index::{Snapshot, User},
    pass::{Applied, Pass},
    report::REPORT_EVERY,
    status, translate,
    trouble::Trouble,
};

/// How long a plan is carried out at least before it is made anew for an edit.
const PATIENCE: Duration = Duration::from_millis(250);

/// How many times as long where nobody waits for the change.
const UNHURRIED: u32 = 4;

/// After so many calls in a row that did not get through, Zoom counts as down for everybody.
const OUTAGES: u32 = 3;

/// When a look at somebody or something is tried again that was asked for and failed.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How one turn ended.
pub(super) enum Turn {
    Over,
    /// What the others may do was decided by something that turned out otherwise.
    PlanAgain,
    /// The account as a whole cannot be used now.
    Account(Trouble),
    Stopped,
}

impl Pass<'_> {
    /// Carries out what the plan lets run now.
    pub(super) async fn apply(&mut self, plan: &Plan, snapshot: &Snapshot) -> Result<Applied, ClusterError> {
        if !self.is_usable() {
            return Ok(Applied::Settled);
        }
        let mut did_something = false;
        let ending = plan.ending.iter().map(|change| (&change.name, Some(change)));
        for (name, ending) in ending.chain(plan.running.iter().map(|name| (name, None))) {
            if self.is_outdated() {
                return Ok(Applied::Outdated);
            }
            let object = ObjectKey::new(self.key.namespace.clone(), name.clone());
            let Some(removal) = self.context.index.removal(&object) else { continue };
            let turn = self.run_record(&object, ending, plan, snapshot).await;
            match self.tolerate_of(&object, &removal, turn)?.flatten() {
                Some(Turn::Over | Turn::PlanAgain) => did_something = true,
                Some(Turn::Account(trouble)) => return Ok(self.give_up(trouble)),
                Some(Turn::Stopped) => return Ok(Applied::Stopped),
                None => {}
            }
            if did_something && self.is_overtaken(snapshot) {
                return Ok(Applied::PlanAgain);
            }
            // Edits by people and a wave that runs take turns.
            if did_something && plan.edits > 0 {
                break;
            }
        }
        let wave_waits = did_something && plan.edits > 0;
        if let Some(applied) = self.apply_roles(plan, snapshot).await? {
            return Ok(applied);
        }
        for (place, planned) in plan.people.iter().filter(|planned| planned.is_runnable()).enumerate() {
            if self.is_outdated() {
                return Ok(Applied::Outdated);
            }
            if wave_waits && place >= plan.edits {
                return Ok(Applied::PlanAgain);
            }
            match tolerate(self.run_person(planned).await)? {
                Some(Turn::Over) => did_something = true,
                Some(Turn::PlanAgain) => return Ok(Applied::PlanAgain),
                Some(Turn::Account(trouble)) => return Ok(self.give_up(trouble)),
                Some(Turn::Stopped) => return Ok(Applied::Stopped),
                None => {}
            }
            if self.is_overtaken(snapshot) {
                return Ok(Applied::PlanAgain);
            }
        }
        if did_something {
            return Ok(Applied::PlanAgain);
        }
        if let Some(applied) = self.rejoin(plan, snapshot).await? {
            return Ok(applied);
        }
        if let Some(applied) = self.apply_groups(plan, snapshot).await? {
            return Ok(applied);
        }
        self.sweep(plan, snapshot).await;
        Ok(Applied::Settled)
    }

    /// Whether the account is the one that is meant, and nothing keeps it from being changed.
    pub(super) fn is_usable(&self) -> bool {
        let identified = self.kept.account.as_ref().is_some_and(Account::is_identified);
        identified && !self.kept.trouble.as_ref().is_some_and(Trouble::forbids_writes)
    }

    /// Whether something else is wanted by now. Planning costs time in a large account, so a stream of edits does not
    /// make it happen after every call: a plan is carried out for at least as long as it took to make, and for longer
    /// where nobody waits for the next.
    pub(super) fn is_overtaken(&self, snapshot: &Snapshot) -> bool {
        let planning = self.planned_at.saturating_duration_since(snapshot.taken_at);
        let carried_out = self.planned_at.max(snapshot.taken_at).elapsed();
        let (index, patience) = (&self.context.index, PATIENCE.max(planning));
        let unhurried = carried_out > patience.saturating_mul(UNHURRIED);
        carried_out > patience
            && (index.edited_since(&self.key, snapshot)
                || (unhurried && (index.changed_since(&self.key, snapshot) || carried_out > REPORT_EVERY)))
    }

    /// The account cannot be used now: what is left waits, and the pass goes on to report.
    pub(super) fn give_up(&mut self, trouble: Trouble) -> Applied {
        self.kept.trouble = Some(trouble);
        Applied::PlanAgain
    }

    /// One person's operations are one unit: they run to their end before the next person's turn.
    async fn run_person(&mut self, planned: &PersonPlan) -> Result<Turn, ClusterError> {
        let Some(user) = self.context.index.user(&planned.object) else { return Ok(Turn::Over) };
        let Some(mut wish) = self.wish(&user) else { return Ok(Turn::Over) };
        let known = wish.remembered.restore.take();
        wish.remembered.restore = planned.restore.clone().or_else(|| known.clone());
        let mut next = planned.operations.first().cloned();
        if user.deleting || next != self.next_operation(&wish, &[], &planned.seat) {
            // It is wanted otherwise by now, and that is planned next.
            return Ok(Turn::Over);
        }
        if !user.has_finalizer {
            if !self.context.may_write() {
                return Ok(Turn::Stopped);
            }
            if self.policy.mode != Mode::Plan
                && !self.context.cluster.add_finalizer::<User>(&planned.object, user.uid()).await?
            {
                return Ok(Turn::Over);
            }
        }
        if let Some(restore) = wish.remembered.restore.as_ref().filter(|restore| Some(*restore) != known.as_ref()) {
            self.announce_return(&planned.object, restore).await?;
        }
        let about = About { key: planned.object.clone(), uid: user.uid().to_owned() };
        let mut ran = Vec::new();
        let (mut not_applied, mut announced) = (Vec::new(), false);
        while let Some(operation) = next {
            if let Operation::Create(_) = &operation {
                announced = self.announce_creation(planned, &wish).await?;
            }
            if !self.context.may_write() {
                return Ok(Turn::Stopped);
            }
            let Some(account) = &mut self.kept.account else { break };
            info!(object = %planned.object, %operation, "applying");
            match account.apply(&operation).await {
                Ok(
                    applied @ (zoom_account::Applied::Proved
                    | zoom_account::Applied::Pending
                    | zoom_account::Applied::Asked
                    | zoom_account::Applied::Gone),
                ) => {
                    if applied == zoom_account::Applied::Asked {
                        self.note_elsewhere(&planned.object).await?;
                        wish.remembered.elsewhere = true;
                    }
                    if let Operation::Create(new) = &operation
                        && !self.context.index.may_create(&self.key, &new.email)
                    {
                        self.kept.spend(Class::Creation, 1, self.policy.guard.window);
                    }
                    self.tell(&about, &operation);
                    if let Operation::Update(_, patch) = &operation
                        && wish.drifted()
                    {
                        self.kept.corrected(&wish.uid, patch.fields(), Timestamp::now());
                    }
                }
                Ok(zoom_account::Applied::Present) => {
                    if announced {
                        self.take_back_announcement(&planned.object).await?;
                    }
                    break;
                }
                Ok(zoom_account::Applied::NotApplied(fields)) => not_applied = fields,
                Err(error) if error.is_withheld() => return Ok(Turn::Stopped),
                // The directory knows now, and with it everybody who wants one.
                Err(error) if error.lacking_seat().is_some() => {
                    info!(object = %planned.object, error = %error, "Zoom has no seat");
                    return Ok(Turn::PlanAgain);
                }
                Err(error) => {
                    self.refuse(&wish, &error);
                    if let Some(trouble) = self.account_trouble(&error) {
                        return Ok(Turn::Account(trouble));
                    }
                    break;
                }
            }
            self.kept.outages = 0;
            self.kept.asked_again.remove(&wish.uid);
            if let Operation::Create(new) = &operation
                && self.is_presumed(&new.email)
            {
                self.expect(&wish);
            } else {
                self.kept.refusals.remove(&wish.uid);
            }
            ran.push(operation);
            next = self.next_operation(&wish, &ran, &planned.seat);
        }
        self.report_person(&planned.object, (!not_applied.is_empty()).then_some(not_applied), &planned.seat).await?;
        Ok(Turn::Over)
    }

    /// What is still to do for a person after some operations. Each runs once a turn: what was proved and is wanted
    /// again at once is a contradiction, and asking for ever would not solve it.
    fn next_operation(&mut self, wish: &DesiredPerson, ran: &[Operation], seat: &Seat) -> Option<Operation> {
        let planned = plan_person(wish, &self.policy, self.directory(), Timestamp::now()).seated(seat);
        let next = planned.is_runnable().then(|| planned.operations.into_iter().next())??;
        if !ran.contains(&next) {
            return Some(next);
        }
        let message = format!("Zoom accepted this and shows no change: {next}; it is tried again after the next edit");
        self.remember(wish, Retry::AfterEdit, Reason::NotApplied, message);
        None
    }

    /// Before a create call: the status says so, so that after a crash the person who is found is known as ours.
    /// Returns whether it was said now and not before.
    async fn announce_creation(&self, planned: &PersonPlan, wish: &DesiredPerson) -> Result<bool, ClusterError> {
        let Some(user) = self.context.index.user(&planned.object) else { return Ok(false) };
        if user.state() == Some(api::State::Creating) {
            return Ok(false);
        }
        let finding = status::Finding {
            wish,
            verdict: &planned.verdict,
            row: Lookup::Absent,
            role: None,
            adopts: true,
            drift: &[],
            restore: None,
            not_applied: None,
            creating: true,
            requested_at: user.handled_request(),
        };
        let new = status::user(&user.status(), finding, Timestamp::now());
        self.context.cluster.write_user_status(&planned.object, user.uid(), &new).await?;
        Ok(true)
    }

    /// The person was there already, so it was not this operator that created them.
    async fn take_back_announcement(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        let Some(user) = self.context.index.user(object) else { return Ok(()) };
        let new = api::ZoomUserStatus { state: None, ..user.status() };
        self.context.cluster.write_user_status(object, user.uid(), &new).await
    }

    /// Only the answer to their creation tells that somebody was asked to move from another account.
    async fn note_elsewhere(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        let Some(user) = self.context.index.user(object) else { return Ok(()) };
        let new = api::ZoomUserStatus { elsewhere: true, ..user.status() };
        self.context.cluster.write_user_status(object, user.uid(), &new).await
    }

    /// Before a person comes back: the status says what they had. Once they are active nothing else tells.
    async fn announce_return(&self, object: &ObjectKey, restore: &Restore) -> Result<(), ClusterError> {
        let Some(user) = self.context.index.user(object) else { return Ok(()) };
        let mut new = user.status();
        translate::returning::remember(&mut new, restore);
        self.context.cluster.write_user_status(object, user.uid(), &new).await
    }

    fn tell(&self, about: &About, operation: &Operation) {
        match operation {
            Operation::Read(_) => {}
            Operation::Create(_)
            | Operation::Update(..)
            | Operation::SetRole { .. }
            | Operation::SetEmail(..)
            | Operation::Activate(_)
            | Operation::Deactivate(_)
            | Operation::Unlink(..)
            | Operation::Delete(..) => {
                let note = operation.to_string();
                self.context.events.done::<api::ZoomUser>(about, operation.done(), &note);
            }
        }
    }

    /// Whether an error concerns the whole account: by its meaning, or because nobody gets through any more.
    pub(super) fn account_trouble(&mut self, error: &zoom_account::Error) -> Option<Trouble> {
        let outage = error.reason() == Reason::ZoomUnavailable;
        self.kept.outages = if outage { self.kept.outages.saturating_add(1) } else { 0 };
        let down = self.kept.outages >= OUTAGES;
        Trouble::of(error).or_else(|| down.then(|| Trouble::of_account(error)))
    }

    /// Remembers a refusal, so that the object says why and Zoom is not asked again at once.
    fn refuse(&mut self, wish: &DesiredPerson, error: &zoom_account::Error) {
        warn!(object = %wish.object, error = %error, tracking = tracking(error), "Zoom refused");
        self.remember(wish, error.retry(), error.reason(), error.to_string());
    }

    /// Whether Zoom said that it created somebody whom it does not show.
    fn is_presumed(&self, email: &Email) -> bool {
        self.row(None, email).is_some_and(|row| row.presumed)
    }

    /// Should the next listing lack the person, too, they are invited again, and no sooner each time: they may get a mail
    /// of it whatever Zoom shows.
    fn expect(&mut self, wish: &DesiredPerson) {
        let message = "Zoom answered that it created the person, and does not show them since: they are invited again \
                       after a while; if that repeats itself, ask Zoom's support about the address";
        self.remember_with(None, wish, Retry::Rarely, Reason::NotApplied, message.to_owned());
    }

    fn remember(&mut self, wish: &DesiredPerson, retry: Retry, reason: Reason, message: String) {
        let row = match wish.find(self.directory()) {
            Lookup::Found(person) => Some(person.clone()),
            Lookup::Absent | Lookup::Unknown => None,
        };
        self.remember_with(row, wish, retry, reason, message);
    }

    fn remember_with(
        &mut self,
        row: Option<Person>,
        wish: &DesiredPerson,
        retry: Retry,
        reason: Reason,
        message: String,
    ) {
        let earlier = self.kept.refusals.get(&wish.uid).map_or(0, |refusal| refusal.attempts);
        let refusal = Refusal {
            generation: wish.generation,
            row,
            attempts: earlier.saturating_add(1),
            retry_at: retry_at(retry, earlier, Timestamp::now()),
            reason,
            message,
        };
        self.kept.refusals.insert(wish.uid.clone(), refusal);
    }

    /// The person in the directory.
    pub(super) fn row(&self, id: Option<&UserId>, email: &Email) -> Option<Person> {
        match self.directory().find(id, email) {
            Lookup::Found(person) => Some(person.clone()),
            Lookup::Absent | Lookup::Unknown => None,
        }
    }

    /// Reads the people whose objects ask for it, so that this pass also sees what no listing shows, and forgets what was
    /// refused them. Returns when to go on with those who are left: many at once take several passes.
    pub(super) async fn read_requested(&mut self, snapshot: &Snapshot) -> Option<Duration> {
        if !self.is_usable() {
            return None;
        }
        let (mut later, mut outages) = (None, 0);
        for user in snapshot.users.values() {
            let Ok(wish) = &user.wish else { continue };
            let Some(request) = user.requested_at.as_deref() else { continue };
            let answered = [self.kept.answered.get(&wish.uid).map(String::as_str), user.handled_request()];
            if answered.contains(&Some(request)) {
                continue;
            }
            if !self.goes_on(snapshot) {
                return Some(Duration::ZERO);
            }
            let Some(account) = &mut self.kept.account else { return None };
            if let Err(error) = account.read(&wish.reference()).await {
                warn!(object = %wish.object, error = %error, "the requested look at the person failed");
                let unavailable = error.reason() == Reason::ZoomUnavailable;
                outages = if unavailable { outages + 1 } else { 0 };
                if unavailable || Trouble::of(&error).is_some() {
                    later = Some(LOOK_AGAIN);
                    // Once is about this person, often in a row about the whole account.
                    if unavailable && outages < OUTAGES {
                        continue;
                    }
                    break;
                }
            }
            outages = 0;
            // Who asks for a look asks for another try, too.
            self.kept.refusals.remove(&wish.uid);
            self.kept.asked_again.insert(wish.uid.clone());
            self.kept.answered.insert(wish.uid.clone(), request.to_owned());
        }
        later
    }

    /// Reads a few people one by one after each listing, only to look for drift that listings do not show.
    async fn sweep(&mut self, plan: &Plan, snapshot: &Snapshot) {
        let Some(account) = &mut self.kept.account else { return };
        let listed_at = account.listed_at();
        if self.kept.swept_for == listed_at {
            return;
        }
        for person in &plan.sweep {
            // What people want goes first; the rest of the sweep is for the next listing.
            if !self.context.may_write() || self.context.index.changed_since(&self.key, snapshot) {
                break;
            }
            if let Err(error) = account.read(person).await {
                warn!(error = %error, "looking for drift was broken off");
                break;
            }
        }
        self.kept.swept_for = listed_at;
        if !plan.sweep.is_empty() {
            self.context.index.trigger(&self.key);
        }
    }
}

/// Zoom's own name for an answer, which its support asks for.
pub(super) fn tracking(error: &zoom_account::Error) -> Option<&str> {
    error.client().and_then(zoom_client::Error::tracking_id)
}

/// When to try again. Pauses grow to about five minutes, also where something in Zoom has to change first: most answers
/// that nobody expects are gone at the next attempt.
pub(super) fn retry_at(retry: Retry, attempts: u32, now: Timestamp) -> Timestamp {
    let wait = match retry {
        Retry::Soon => SignedDuration::from_secs(5 << attempts.min(6)),
        Retry::Account => SignedDuration::from_secs(5 << attempts.min(3)),
        Retry::At(at) => return at,
        Retry::Slowly => SignedDuration::from_secs(20 << attempts.min(4)),
        Retry::Rarely => SignedDuration::from_mins(5 << attempts.min(6)),
        Retry::AfterEdit => SignedDuration::from_hours(6),
    };
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_where_only_time_helps() {
        let told = Timestamp::from_second(1_000).unwrap();
        let expected = [
            (Retry::Soon, [5, 10, 320]),
            (Retry::Slowly, [20, 40, 320]),
            (Retry::Rarely, [300, 600, 19_200]),
            (Retry::Account, [5, 10, 40]),
            (Retry::At(told), [1_000; 3]),
        ];
        for (retry, seconds) in expected {
            let pauses = [0, 1, 99].map(|attempts| retry_at(retry, attempts, Timestamp::UNIX_EPOCH).as_second());
            assert_eq!(pauses, seconds, "{retry:?}");
        }
    }
}
