//! The step that writes: records and finalizers in Kubernetes, then operations in Zoom, one person after the other.

use std::{collections::HashMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};
use zoom_account::Retry;
use zoom_core::{
    DesiredPerson, Email, Lookup, Next, ObjectKey, Operation, Person, PersonPlan, Phase, Plan, Reason, Record,
    RecordReason, Refusal, UserId, plan_person,
};
use zoom_operator_api as api;

use super::{
    cluster::ClusterError,
    events::About,
    index::{Removal, Snapshot},
    pass::{Applied, Pass},
    status, translate,
    trouble::Trouble,
};

/// How one person's turn ended.
enum Turn {
    Over,
    /// The account as a whole cannot be used now.
    Account(Trouble),
    Stopped,
}

impl Pass<'_> {
    /// Writes removal records before anything of them runs, tells them their phases, and lets deleted objects go whose
    /// record stands. Returns whether there is a new record, so that the plan is made again with it.
    pub(super) async fn write_down(&mut self, plan: &Plan, snapshot: &Snapshot) -> Result<bool, ClusterError> {
        let mut torn_down: HashMap<Box<str>, bool> = HashMap::new();
        for record in &plan.new_records {
            if !self.context.may_write() {
                return Ok(false);
            }
            if let Some(source) = record.source.as_ref().filter(|_| record.leaving) {
                let namespace = &source.object.namespace;
                let going = match torn_down.get(namespace) {
                    Some(going) => *going,
                    None => self.context.cluster.is_torn_down(namespace).await?,
                };
                torn_down.insert(namespace.clone(), going);
                if going {
                    info!(object = %source.object, "let go without a removal: its namespace or its kind is being deleted");
                    self.let_go(&source.object, snapshot).await?;
                    continue;
                }
            }
            self.context.cluster.create_removal(&translate::removal_object(record, self.connection)).await?;
        }
        for change in &plan.changes {
            let object = ObjectKey::new(self.key.namespace.clone(), change.name.clone());
            if let Some(removal) = self.context.index.removal(&object) {
                self.set_phase(&object, &removal, change.phase, change.reason, &change.message).await?;
            }
        }
        for object in &plan.let_go {
            self.let_go(object, snapshot).await?;
        }
        Ok(!plan.new_records.is_empty())
    }

    async fn let_go(&self, object: &ObjectKey, snapshot: &Snapshot) -> Result<(), ClusterError> {
        let Some(user) = snapshot.users.get(object).filter(|user| user.has_finalizer) else { return Ok(()) };
        if self.context.may_write() {
            self.context.cluster.remove_finalizer(object, &user.uid).await?;
        }
        Ok(())
    }

    /// Carries out what the plan lets run now.
    pub(super) async fn apply(&mut self, plan: &Plan, snapshot: &Snapshot) -> Result<Applied, ClusterError> {
        if self.kept.trouble.as_ref().is_some_and(Trouble::forbids_writes) || self.kept.account.is_none() {
            return Ok(Applied::Settled);
        }
        let mut did_something = false;
        for name in &plan.running {
            match self.run_record(&ObjectKey::new(self.key.namespace.clone(), name.clone())).await? {
                Some(Turn::Over) => did_something = true,
                Some(Turn::Account(trouble)) => return Ok(self.give_up(trouble)),
                Some(Turn::Stopped) => return Ok(Applied::Stopped),
                None => {}
            }
            if did_something && self.context.index.changed_since(&self.key, snapshot) {
                return Ok(Applied::PlanAgain);
            }
        }
        for planned in plan.people.iter().filter(|planned| planned.is_runnable()) {
            match self.run_person(planned).await? {
                Turn::Over => did_something = true,
                Turn::Account(trouble) => return Ok(self.give_up(trouble)),
                Turn::Stopped => return Ok(Applied::Stopped),
            }
            if self.context.index.changed_since(&self.key, snapshot) {
                return Ok(Applied::PlanAgain);
            }
        }
        if did_something {
            return Ok(Applied::PlanAgain);
        }
        self.sweep(plan).await;
        Ok(Applied::Settled)
    }

    /// The account cannot be used now: what is left waits, and the pass goes on to report.
    fn give_up(&mut self, trouble: Trouble) -> Applied {
        self.kept.trouble = Some(trouble);
        Applied::PlanAgain
    }

    /// One person's operations are one unit: they run to their end before the next person's turn.
    async fn run_person(&mut self, planned: &PersonPlan) -> Result<Turn, ClusterError> {
        let Some(user) = self.context.index.user(&planned.object) else { return Ok(Turn::Over) };
        let Ok(wish) = &user.wish else { return Ok(Turn::Over) };
        if !user.has_finalizer {
            if !self.context.may_write() {
                return Ok(Turn::Stopped);
            }
            self.context.cluster.add_finalizer(&planned.object, &user.uid).await?;
        }
        let about = About { key: planned.object.clone(), uid: user.uid.clone() };
        let mut next = planned.operations.first().cloned();
        let mut ran = Vec::new();
        let mut not_applied = Vec::new();
        while let Some(operation) = next {
            if let Operation::Create(_) = &operation {
                self.announce_creation(planned, wish).await?;
            }
            if !self.context.may_write() {
                return Ok(Turn::Stopped);
            }
            let Some(account) = &mut self.kept.account else { break };
            info!(object = %planned.object, %operation, "applying");
            match account.apply(&operation).await {
                Ok(zoom_account::Applied::Proved | zoom_account::Applied::Pending) => {
                    self.tell(&about, &operation);
                }
                Ok(zoom_account::Applied::NotApplied(fields)) => not_applied.extend(fields),
                Err(error) => match Trouble::of(&error) {
                    Some(trouble) => return Ok(Turn::Account(trouble)),
                    None => {
                        self.refuse(wish, &error);
                        break;
                    }
                },
            }
            self.kept.refusals.remove(&planned.object);
            ran.push(operation);
            next = self.next_operation(wish, &ran);
        }
        self.report_person(&planned.object, (!not_applied.is_empty()).then_some(not_applied)).await?;
        Ok(Turn::Over)
    }

    /// What is still to do for a person after some operations. Each runs once a turn: what was proved and is wanted
    /// again at once is a contradiction, and asking for ever would not solve it.
    fn next_operation(&mut self, wish: &DesiredPerson, ran: &[Operation]) -> Option<Operation> {
        let planned = plan_person(wish, &self.policy, self.directory(), Timestamp::now());
        let next = planned.is_runnable().then(|| planned.operations.into_iter().next())??;
        if !ran.contains(&next) {
            return Some(next);
        }
        let message = format!("Zoom accepted this and shows no change: {next}; it is tried again after the next edit");
        self.remember(wish, Retry::AfterEdit, Reason::NotApplied, message);
        None
    }

    /// Before a create call: the status says so, so that after a crash the person who is found is known as ours.
    async fn announce_creation(&self, planned: &PersonPlan, wish: &DesiredPerson) -> Result<(), ClusterError> {
        let Some(user) = self.context.index.user(&planned.object) else { return Ok(()) };
        if user.status.state == Some(api::State::Creating) {
            return Ok(());
        }
        let finding = status::Finding {
            wish,
            verdict: &planned.verdict,
            row: Lookup::Absent,
            role: None,
            not_applied: None,
            creating: true,
            requested_at: user.status.last_handled_requested_at.as_deref(),
        };
        let new = status::user(&user.status, finding, Timestamp::now());
        self.context.cluster.write_user_status(&planned.object, &user.uid, &new).await
    }

    fn tell(&self, about: &About, operation: &Operation) {
        match operation {
            Operation::Read(_) => {}
            Operation::Create(_)
            | Operation::Update(..)
            | Operation::SetRole { .. }
            | Operation::Activate(_)
            | Operation::Deactivate(_)
            | Operation::Unlink(..)
            | Operation::Delete(..) => {
                let note = operation.to_string();
                self.context.events.done::<api::ZoomUser>(about, operation.verb(), operation.done(), &note);
            }
        }
    }

    /// Remembers a refusal, so that the object says why and Zoom is not asked again at once.
    fn refuse(&mut self, wish: &DesiredPerson, error: &zoom_account::Error) {
        warn!(object = %wish.object, error = %error, "Zoom refused");
        self.remember(wish, error.retry(), error.reason(), error.to_string());
    }

    fn remember(&mut self, wish: &DesiredPerson, retry: Retry, reason: Reason, message: String) {
        let earlier = self.kept.refusals.get(&wish.object).map_or(0, |refusal| refusal.attempts);
        let refusal = Refusal {
            generation: wish.generation,
            row: self.row(wish.remembered.id.as_ref(), &wish.email),
            attempts: earlier.saturating_add(1),
            retry_at: retry_at(retry, earlier, Timestamp::now()),
            reason,
            message,
        };
        self.kept.refusals.insert(wish.object.clone(), refusal);
    }

    fn row(&self, id: Option<&UserId>, email: &Email) -> Option<Person> {
        match self.directory().find(id, email) {
            Lookup::Found(person) => Some(person.clone()),
            Lookup::Absent | Lookup::Unknown => None,
        }
    }

    /// Runs one removal record whose turn has come. `None`: its time to be tried again has not come.
    async fn run_record(&mut self, object: &ObjectKey) -> Result<Option<Turn>, ClusterError> {
        let now = Timestamp::now();
        if self.kept.removal_retries.get(object).is_some_and(|(at, _)| *at > now) {
            return Ok(None);
        }
        let Some(removal) = self.context.index.removal(object) else { return Ok(None) };
        let Ok(record) = &removal.record else { return Ok(None) };
        let Some(person) = record.person() else { return Ok(None) };
        if record.phase != Phase::Running {
            return Ok(None);
        }
        if let Some((phase, reason, message)) = self.called_off(record).await? {
            self.set_phase(object, &removal, phase, reason, &message).await?;
            return Ok(Some(Turn::Over));
        }
        let Some(account) = &mut self.kept.account else { return Ok(None) };
        // Nobody is removed by what a listing said: the person is looked at right before.
        let mut row = match account.read(person).await {
            Ok(row) => row,
            Err(error) => return self.failed(object, &removal, &error).await.map(Some),
        };
        let mut ran = Vec::new();
        loop {
            match record.next(row.as_ref(), self.directory()) {
                Next::Run(operation) if !ran.contains(&operation) => {
                    if !self.context.may_write() {
                        return Ok(Some(Turn::Stopped));
                    }
                    let Some(account) = &mut self.kept.account else { return Ok(None) };
                    info!(removal = %object, person = %person.email, %operation, "applying");
                    if let Err(error) = account.apply(&operation).await {
                        return self.failed(object, &removal, &error).await.map(Some);
                    }
                    row = self.row(person.id.as_ref(), &person.email);
                    ran.push(operation);
                }
                Next::Run(operation) => {
                    let message = format!("Zoom accepted this without effect: {operation}; do it in Zoom by hand");
                    self.set_phase(object, &removal, Phase::Refused, RecordReason::ZoomRefused, &message).await?;
                    break;
                }
                Next::End(phase, reason, message) => {
                    let (reason, message) = match (phase, ran.is_empty()) {
                        (Phase::Done, false) => (RecordReason::Completed, told(&ran)),
                        _ => (reason, message),
                    };
                    self.set_phase(object, &removal, phase, reason, &message).await?;
                    break;
                }
            }
        }
        self.kept.removal_retries.remove(object);
        Ok(Some(Turn::Over))
    }

    /// The last look before something is taken from a person: is its object's end still meant?
    async fn called_off(&self, record: &Record) -> Result<Option<(Phase, RecordReason, String)>, ClusterError> {
        let Some(source) = &record.source else { return Ok(None) };
        let live = self.context.index.user(&source.object).filter(|user| !user.deleting);
        if live.is_some_and(|user| user.uid == *source.uid) {
            return Ok(None);
        }
        if self.context.cluster.is_torn_down(&source.object.namespace).await? {
            let message = "the namespace of the object, or its kind, is being deleted: nobody is removed for that";
            return Ok(Some((Phase::Cancelled, RecordReason::Teardown, message.to_owned())));
        }
        if self.context.cluster.is_live(&source.object).await? {
            let message = format!("{} is there again", source.object);
            return Ok(Some((Phase::Cancelled, RecordReason::Reclaimed, message)));
        }
        Ok(None)
    }

    async fn failed(
        &mut self,
        object: &ObjectKey,
        removal: &Arc<Removal>,
        error: &zoom_account::Error,
    ) -> Result<Turn, ClusterError> {
        if let Some(trouble) = Trouble::of(error) {
            return Ok(Turn::Account(trouble));
        }
        warn!(removal = %object, error = %error, "Zoom refused");
        let now = Timestamp::now();
        match error.retry() {
            Retry::AfterEdit => {
                let reason = match error.reason() {
                    Reason::NeedsOwner => RecordReason::NeedsOwner,
                    _ => RecordReason::ZoomRefused,
                };
                self.set_phase(object, removal, Phase::Refused, reason, &error.to_string()).await?;
            }
            retry @ (Retry::Soon | Retry::At(_) | Retry::Slowly | Retry::Account) => {
                let message = error.to_string();
                let at = retry_at(retry, 0, now);
                self.kept.removal_retries.insert(object.clone(), (at, message.clone()));
                let running = RecordReason::WithinLimit;
                self.set_phase(object, removal, Phase::Running, running, &format!("tried again: {message}")).await?;
            }
        }
        Ok(Turn::Over)
    }

    /// Writes a record's phase and tells people when it changed.
    async fn set_phase(
        &self,
        object: &ObjectKey,
        removal: &Removal,
        phase: Phase,
        reason: RecordReason,
        message: &str,
    ) -> Result<(), ClusterError> {
        if !self.context.may_write() {
            return Ok(());
        }
        let new = status::removal(&removal.status, phase, reason, message, removal.generation, Timestamp::now());
        self.context.cluster.write_removal_status(object, &removal.uid, &new).await?;
        if removal.status.phase != new.phase {
            let about = About { key: object.clone(), uid: removal.uid.clone() };
            let (events, phase) = (&self.context.events, phase.to_string());
            match new.phase {
                Some(api::Phase::Held | api::Phase::Refused) => {
                    events.warning::<api::ZoomRemoval>(&about, &phase, &reason.to_string(), message);
                }
                _ => events.done::<api::ZoomRemoval>(&about, &phase, &reason.to_string(), message),
            }
        }
        Ok(())
    }

    /// Reads the people whose objects ask for it, so that this pass also sees what no listing shows.
    pub(super) async fn read_requested(&mut self, snapshot: &Snapshot) {
        let Some(account) = &mut self.kept.account else { return };
        for user in snapshot.users.values() {
            let Ok(wish) = &user.wish else { continue };
            let requested = user.requested_at.is_some() && user.requested_at != user.status.last_handled_requested_at;
            if requested && let Err(error) = account.read(&wish.reference()).await {
                warn!(object = %wish.object, error = %error, "the requested look at the person failed");
            }
        }
    }

    /// Reads a few people one by one after each listing, only to look for drift that listings do not show.
    async fn sweep(&mut self, plan: &Plan) {
        let Some(account) = &mut self.kept.account else { return };
        let listed_at = account.listed_at();
        if self.kept.swept_for == listed_at {
            return;
        }
        for person in &plan.sweep {
            if !self.context.may_write() {
                return;
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

fn told(ran: &[Operation]) -> String {
    let done: Vec<String> = ran.iter().map(Operation::to_string).collect();
    format!("done and proved: {}", done.join("; "))
}

/// When to try again.
fn retry_at(retry: Retry, attempts: u32, now: Timestamp) -> Timestamp {
    let wait = match retry {
        Retry::Soon => SignedDuration::from_secs(5 << attempts.min(6)),
        Retry::At(at) => return at,
        Retry::Slowly => SignedDuration::from_mins(5),
        Retry::AfterEdit => SignedDuration::from_hours(6),
        Retry::Account => SignedDuration::from_secs(30),
    };
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
