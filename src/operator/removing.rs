//! Carries removal records out: whoever is to be removed is read and looked at once more right before.

use jiff::Timestamp;
use tracing::{info, warn};
use zoom_account::Retry;
use zoom_core::{
    Lookup, Next, ObjectKey, Operation, Person, PersonRef, Phase, Plan, Reason, Record, RecordChange, RecordReason,
    Restore, State, Step, kept_by_hold, lost_with_heir, plan_person,
};
use zoom_operator_api as api;

use super::{
    apply::{Turn, retry_at, tracking},
    cluster::ClusterError,
    index::{Removal, Snapshot},
    kept::RemovalRetry,
    pass::Pass,
    translate,
};

/// How often what Zoom took without effect, or knew nobody for, is tried again: after 5 and after another 10 seconds.
pub(super) const REPEATS: u32 = 2;

const DONE_SINCE: &str = "done since it was first tried, as a read shows now";

/// What the last look before a removal showed.
pub(super) enum Look {
    Meant,
    /// The index does not know the newest edit yet.
    Later,
    Over(Phase, RecordReason, String),
}

impl Pass<'_> {
    /// Runs one removal record whose turn has come, or brings one to its end that was cut short (see [`Plan::ending`]).
    /// `None`: its time to be tried again has not come.
    pub(super) async fn run_record(
        &mut self,
        object: &ObjectKey,
        ending: Option<&RecordChange>,
        plan: &Plan,
        snapshot: &Snapshot,
    ) -> Result<Option<Turn>, ClusterError> {
        let now = Timestamp::now();
        let Some(removal) = self.context.index.removal(object) else { return Ok(None) };
        let Ok(record) = &removal.record else { return Ok(None) };
        let too_early =
            |retry: &RemovalRetry| retry.at > now && (retry.heir_is_there || !record.heir_is_there(self.directory()));
        if self.kept.removal_retries.get(object).is_some_and(too_early) {
            return Ok(None);
        }
        if record.phase != Phase::Running || (record.is_withdrawn() && ending.is_none()) {
            return Ok(None);
        }
        if let Some(turn) = self.is_withdrawn(object, &removal).await? {
            return Ok(turn);
        }
        let Some(person) = record.person() else {
            return self.run_departure(object, &removal, plan, snapshot).await;
        };
        let Some(account) = &mut self.kept.account else { return Ok(None) };
        // Nobody is removed by what a listing said: the person is looked at right before, and so is what is planned for them.
        let row = match account.read(person).await {
            Ok(row) => row,
            // Zoom shows nobody whose invitation ran out, and lets it be withdrawn all the same.
            Err(error) if error.reason() == Reason::InvitationExpired => self.row(person.id.as_ref(), &person.email),
            Err(error) => return self.failed(object, &removal, &error, "").await.map(Some),
        };
        if let Some(change) = ending {
            return self.bring_to_end(object, &removal, change).await.map(Some);
        }
        let is_open = matches!(record.next(row.as_ref(), self.directory(), &self.policy, now), Next::Run(_));
        let look = if is_open { self.look(record).await? } else { Look::Meant };
        match look {
            Look::Meant => {}
            Look::Later => return Ok(None),
            Look::Over(phase, reason, message) => {
                self.kept.removal_retries.remove(object);
                self.set_phase(object, &removal, phase, reason, &message).await?;
                return Ok(Some(Turn::Over));
            }
        }
        self.carry_out(object, Removal::clone(&removal), row, is_open).await
    }

    /// Ends the sessions of somebody whom a record may have deactivated before it was cut short, and tells it how it stands.
    async fn bring_to_end(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        change: &RecordChange,
    ) -> Result<Turn, ClusterError> {
        let Ok(record) = &removal.record else { return Ok(Turn::Over) };
        if !record.may_have_deactivated(self.directory()) {
            // The read showed something else, and that is planned next.
            return Ok(Turn::Over);
        }
        if !self.context.may_write() {
            return Ok(Turn::Stopped);
        }
        self.kept.tried.insert(removal.uid.clone());
        self.note_spent(record, removal);
        let sessions = self.sessions(record, None).await;
        let (reason, message) = self.done_since(removal, change.reason, &change.message);
        self.set_phase(object, removal, change.phase, reason, &format!("{message}{sessions}")).await?;
        self.kept.removal_retries.remove(object);
        Ok(Turn::Over)
    }

    /// Runs the steps of a record, if some are open and meant, from what a fresh read of its person showed.
    async fn carry_out(
        &mut self,
        object: &ObjectKey,
        mut removal: Removal,
        mut row: Option<Person>,
        is_open: bool,
    ) -> Result<Option<Turn>, ClusterError> {
        let Ok(record) = &removal.record.clone() else { return Ok(None) };
        let Some(person) = record.person() else { return Ok(None) };
        let (mut ran, mut gone, mut ended) = (Vec::new(), false, None);
        loop {
            match record.next(row.as_ref(), self.directory(), &self.policy, Timestamp::now()) {
                // Its time came just now, and nobody looked whether it is still meant.
                Next::Run(_) if !is_open => return Ok(Some(Turn::Over)),
                Next::Run(operation) if !ran.contains(&operation) => {
                    if operation.is_for_good()
                        && let Some(why) = self.kept_by_hold(record)
                    {
                        let message = format!("{why}{}", self.sessions(record, ended).await);
                        self.set_phase(object, &removal, Phase::Refused, RecordReason::LegalHold, &message).await?;
                        break;
                    }
                    if operation.is_for_good()
                        && let Some(why) = self.lost_with_heir(record)
                    {
                        let message = format!("{why}{}", self.sessions(record, ended).await);
                        self.try_later(object, &removal, Retry::Rarely, &message).await?;
                        return Ok(Some(Turn::Over));
                    }
                    if !self.context.may_write() {
                        return Ok(Some(Turn::Stopped));
                    }
                    // The read may have taken a while.
                    if let Some(turn) = self.is_withdrawn(object, &removal).await? {
                        return Ok(turn);
                    }
                    if record.steps.iter().any(Step::takes_access) {
                        self.keep_what_they_had(object, person, row.as_ref(), &mut removal).await?;
                    }
                    info!(removal = %object, person = %person.email, %operation, "applying");
                    let Some(account) = &mut self.kept.account else { return Ok(None) };
                    match account.apply(&operation).await {
                        Ok(zoom_account::Applied::Gone) => gone = true,
                        Ok(_) => {}
                        Err(error) if error.is_withheld() => return Ok(Some(Turn::Stopped)),
                        Err(error) => return self.in_doubt(object, &removal, &error, ended).await.map(Some),
                    }
                    self.note_spent(record, &removal);
                    row = self.row(person.id.as_ref(), &person.email);
                    if let Operation::Deactivate(person) = &operation {
                        ended = Some(self.end_sessions(person).await);
                    }
                    ran.push(operation);
                }
                Next::Run(operation) => {
                    let message = format!("Zoom accepted this without effect: {operation}; do it in Zoom by hand");
                    self.without_effect(object, &removal, &message).await?;
                    return Ok(Some(Turn::Over));
                }
                Next::Wait(at) => {
                    let at = translate::whole_seconds(at);
                    let sessions = self.sessions(record, ended).await;
                    let message = format!("{}; the rest runs at {at}{sessions}", told(&ran));
                    self.set_phase(object, &removal, Phase::Scheduled, RecordReason::NotBefore, &message).await?;
                    break;
                }
                Next::End(phase, _, _) if gone => {
                    let message = "the person had gone before their data could be handed over: what became of it is not \
                                   known, ask whoever removed them";
                    self.set_phase(object, &removal, phase, RecordReason::AlreadyDone, message).await?;
                    break;
                }
                Next::End(phase, reason, message) => {
                    // Also what an earlier try turns out to have done.
                    if phase == Phase::Done && record.started_at.is_some() {
                        self.note_spent(record, &removal);
                    }
                    let (reason, message) = match (phase, ran.is_empty()) {
                        (Phase::Done, false) => (RecordReason::Completed, told(&ran)),
                        _ => (reason, message),
                    };
                    let (reason, message) = self.done_since(&removal, reason, &message);
                    let message = format!("{message}{}", self.sessions(record, ended).await);
                    self.set_phase(object, &removal, phase, reason, &message).await?;
                    break;
                }
            }
        }
        self.kept.removal_retries.remove(object);
        Ok(Some(Turn::Over))
    }

    /// Whether a record must not go on, and how its turn ends then: somebody deleted it or took its decision back, or changed
    /// the connection.
    async fn is_withdrawn(&self, object: &ObjectKey, removal: &Removal) -> Result<Option<Option<Turn>>, ClusterError> {
        Ok(match self.context.cluster.live_removal(object, &removal.uid).await? {
            None => {
                self.context.index.remove::<Removal>(object);
                Some(Some(Turn::Over))
            }
            Some(_) if self.is_outdated() => Some(Some(Turn::Over)),
            // The index will know of it in a moment, and then it is planned again.
            Some(generation) if generation != removal.generation => Some(None),
            Some(_) => None,
        })
    }

    fn kept_by_hold(&self, record: &Record) -> Option<String> {
        let removals = self.context.index.removals(&self.key);
        let records = removals.iter().filter_map(|removal| removal.record.as_deref().ok());
        kept_by_hold(record, records, self.directory())
    }

    fn lost_with_heir(&self, record: &Record) -> Option<String> {
        let removals = self.context.index.removals(&self.key);
        lost_with_heir(record, removals.iter().filter_map(|removal| removal.record.as_deref().ok()), self.directory())
    }

    /// An operation failed, and may have been done all the same: if the person is declared again meanwhile, it must be known
    /// that this took their access, and nobody in Zoom.
    async fn in_doubt(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        error: &zoom_account::Error,
        ended: Option<String>,
    ) -> Result<Turn, ClusterError> {
        let Ok(record) = &removal.record else { return Ok(Turn::Over) };
        self.kept.tried.insert(removal.uid.clone());
        if matches!(error.reason(), Reason::ZoomUnavailable | Reason::RemovedInZoom)
            && let Some(account) = &mut self.kept.account
            && let Some(person) = record.person()
        {
            match account.read(person).await {
                // One answer that somebody is gone is no proof.
                Ok(Some(_)) if error.reason() == Reason::RemovedInZoom => {
                    let message = format!("{error}{}", self.sessions(record, ended).await);
                    self.try_later(object, removal, Retry::Soon, &message).await?;
                    return Ok(Turn::Over);
                }
                Ok(_) => {}
                Err(unread) => warn!(removal = %object, error = %unread, "what came of it cannot be seen yet"),
            }
        }
        // Where Zoom is asked again, what follows tells.
        let sessions = match ended {
            None if error.retry() != Retry::AfterEdit => String::new(),
            ended => self.sessions(record, ended).await,
        };
        self.failed(object, removal, error, &sessions).await
    }

    /// What nothing tells of once it is taken is written down before the first step, which may be the loss of a role: the look
    /// that this record was written by may be old, or have shown nothing. So is who it was, if the record knows an address
    /// only: for the later steps somebody else may have that.
    async fn keep_what_they_had(
        &self,
        object: &ObjectKey,
        person: &PersonRef,
        row: Option<&Person>,
        removal: &mut Removal,
    ) -> Result<(), ClusterError> {
        let mut status = removal.status.clone();
        if person.id.is_none() {
            status.id = row.and_then(|row| row.id.as_ref()).map(ToString::to_string);
        }
        // Zoom may have taken some of it by a try that was in doubt.
        if status.restore.is_none() && !self.kept.tried.contains(&removal.uid) {
            let had = Restore::of(person, self.directory());
            let known = removal.record.as_ref().ok().and_then(|record| record.restore.as_ref());
            status.restore = had.filter(|had| Some(had) != known).as_ref().map(translate::returning::restore_out);
        }
        if status != removal.status {
            removal.status = status;
            self.context.cluster.write_removal_status(object, &removal.uid, &removal.status).await?;
        }
        Ok(())
    }

    /// What is to be said of the sessions of a record's person. `ended`: what came of it if they were ended in this turn;
    /// otherwise an earlier try may have deactivated the person, before its answer was lost.
    async fn sessions(&self, record: &Record, ended: Option<String>) -> String {
        match (ended, record.person()) {
            (Some(told), _) => told,
            (None, Some(person)) if record.may_have_deactivated(self.directory()) => self.end_sessions(person).await,
            (None, _) => String::new(),
        }
    }

    /// Ends the sessions of somebody who was deactivated. Returns what to say of it: nothing, if all is well.
    async fn end_sessions(&self, person: &PersonRef) -> String {
        let is_inactive = self.row(person.id.as_ref(), &person.email).is_some_and(|row| row.state == State::Inactive);
        let Some(account) = self.kept.account.as_ref().filter(|_| is_inactive) else { return String::new() };
        match account.sign_out(person).await {
            Ok(()) => String::new(),
            Err(error) => {
                warn!(email = %person.email, %error, "deactivated, but sessions that run were not ended");
                format!("; sessions that run may go on: {error}")
            }
        }
    }

    /// The last look before something is taken from a person: is it still meant?
    async fn look(&self, record: &Record) -> Result<Look, ClusterError> {
        let Some(person) = record.person() else { return Ok(Look::Meant) };
        let now = self.directory().as_seen(person);
        let claimant = || self.context.index.claimant(&self.key, &now, &self.policy.access);
        let Some(source) = &record.source else {
            return Ok(claimant().map_or(Look::Meant, |claimant| {
                let message = format!("{claimant} declares this person: change or delete that object instead");
                Look::Over(Phase::Refused, RecordReason::Declared, message)
            }));
        };
        let cancelled = |reason, message| Ok(Look::Over(Phase::Cancelled, reason, message));
        let live = self.context.cluster.live_user(&source.object).await?;
        let same = live.as_ref().filter(|(_, user)| !user.deleting && *user.uid() == *source.uid);
        if let Some((_, user)) = same {
            if self.context.index.user(&source.object).is_none_or(|known| known.generation != user.generation) {
                return Ok(Look::Later);
            }
            let wish = self.wish(user);
            let named = wish.as_ref().is_some_and(|wish| match wish.find(self.directory()) {
                Lookup::Found(row) => row.reference().is_same(person),
                Lookup::Absent | Lookup::Unknown => false,
            });
            let planned = wish.map(|wish| plan_person(&wish, &self.policy, self.directory(), Timestamp::now()));
            if let Some(verdict) = planned.as_ref().map(|planned| &planned.verdict)
                && verdict.reason == Reason::LastAdmin
            {
                return Ok(Look::Over(Phase::Refused, RecordReason::LastAdmin, verdict.message.to_string()));
            }
            if named && planned.is_some_and(|planned| record.is_asked_for(planned.taken(), self.directory())) {
                return Ok(Look::Meant);
            }
            return cancelled(RecordReason::TakenBack, format!("{} does not ask for this any more", source.object));
        }
        if let Some(claimant) = claimant() {
            return cancelled(RecordReason::Reclaimed, format!("{claimant} declares {} again", person.email));
        }
        if self.context.cluster.is_torn_down::<api::ZoomUser>(&source.object.namespace).await? {
            let message = "the namespace of the object, or its kind, is being deleted: nobody is removed for that";
            return cancelled(RecordReason::Teardown, message.to_owned());
        }
        match live {
            Some((connection, user))
                if self.context.index.is_same_account(&self.key, &connection) && user.claims(person) =>
            {
                cancelled(RecordReason::Reclaimed, format!("{} declares {} again", source.object, person.email))
            }
            Some(_) | None => Ok(Look::Meant),
        }
    }

    pub(super) async fn failed(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        error: &zoom_account::Error,
        sessions: &str,
    ) -> Result<Turn, ClusterError> {
        let message = &format!("{error}{sessions}");
        if let Some(trouble) = self.account_trouble(error) {
            return Ok(Turn::Account(trouble));
        }
        warn!(removal = %object, error = %error, tracking = tracking(error), "Zoom refused");
        match error.retry() {
            Retry::AfterEdit if error.reason() == Reason::NotApplied => {
                self.without_effect(object, removal, message).await?;
            }
            Retry::AfterEdit => {
                let needs_owner = error.reason() == Reason::NeedsOwner;
                let reason = if needs_owner { RecordReason::NeedsOwner } else { RecordReason::ZoomRefused };
                self.kept.removal_retries.remove(object);
                self.set_phase(object, removal, Phase::Refused, reason, message).await?;
            }
            retry @ (Retry::Soon | Retry::At(_) | Retry::Slowly | Retry::Rarely | Retry::Account) => {
                self.try_later(object, removal, retry, message).await?;
            }
        }
        Ok(Turn::Over)
    }

    /// What Zoom took without effect is tried again a few times, or a leaver would keep their access for one bad answer,
    /// or because Zoom was slow to show what it did.
    pub(super) async fn without_effect(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        message: &str,
    ) -> Result<(), ClusterError> {
        let in_vain = self.kept.removal_retries.get(object).map_or(0, |retry| retry.in_vain);
        if in_vain < REPEATS {
            self.try_later(object, removal, Retry::Soon, message).await?;
            self.kept
                .removal_retries
                .entry(object.clone())
                .and_modify(|retry| retry.in_vain = in_vain.saturating_add(1));
            return Ok(());
        }
        self.kept.removal_retries.remove(object);
        self.set_phase(object, removal, Phase::Refused, RecordReason::ZoomRefused, message).await
    }

    /// What was tried here, and then found done, was most likely done here: only its answer was lost.
    pub(super) fn done_since<'m>(
        &self,
        removal: &Removal,
        reason: RecordReason,
        message: &'m str,
    ) -> (RecordReason, &'m str) {
        if reason == RecordReason::AlreadyDone && self.kept.tried.contains(&removal.uid) {
            (RecordReason::Completed, DONE_SINCE)
        } else {
            (reason, message)
        }
    }

    async fn try_later(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        retry: Retry,
        message: &str,
    ) -> Result<(), ClusterError> {
        let (earlier, in_vain) =
            self.kept.removal_retries.get(object).map_or((0, 0), |retry| (retry.attempts, retry.in_vain));
        let record = removal.record.as_ref().ok();
        let retry = RemovalRetry {
            attempts: earlier.saturating_add(1),
            in_vain,
            at: retry_at(retry, earlier, Timestamp::now()),
            heir_is_there: record.is_some_and(|record| record.heir_is_there(self.directory())),
        };
        self.kept.removal_retries.insert(object.clone(), retry);
        // Why it runs stays as it was: approved, asked for by hand, or within the limit.
        let running = record.and_then(|record| record.reason).unwrap_or(RecordReason::WithinLimit);
        self.set_phase(object, removal, Phase::Running, running, &format!("tried again: {message}")).await
    }
}

fn told(ran: &[Operation]) -> String {
    if ran.is_empty() {
        return DONE_SINCE.to_owned();
    }
    let done: Vec<String> = ran.iter().map(Operation::to_string).collect();
    format!("done and proved: {}", done.join("; "))
}
