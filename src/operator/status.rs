//! What is said of objects: pure functions from what is true to a status.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use zoom_core::{
    DesiredPerson, Lookup, ObservedLicense, Person, Phase, Reason, Record, Restore, Standing, State, Verdict,
};
use zoom_operator_api::{
    self as api,
    conditions::{self, ConditionStatus, NewCondition},
};

use super::translate;

pub(super) mod named;

/// Something is held until a human decides. Beside `Ready`, because what is held must not keep the commit out that
/// takes it back.
pub(super) const HELD: &str = "Held";

/// Sets `Ready`, and `Reconciling` or `Stalled` beside it, never both.
pub(super) fn set_standing(
    conditions: &mut Vec<Condition>,
    standing: Standing,
    reason: &str,
    message: &str,
    generation: i64,
    now: Timestamp,
) {
    let mut set = |type_, status| {
        let new = NewCondition { type_, status, reason: reason.to_owned(), message: message.to_owned() };
        conditions::set(conditions, new, generation, now);
    };
    let beside = match standing {
        Standing::Ready => {
            set(conditions::READY, ConditionStatus::True);
            None
        }
        Standing::Progressing => {
            set(conditions::READY, ConditionStatus::False);
            set(conditions::RECONCILING, ConditionStatus::True);
            Some(conditions::RECONCILING)
        }
        Standing::Stalled => {
            set(conditions::READY, ConditionStatus::False);
            set(conditions::STALLED, ConditionStatus::True);
            Some(conditions::STALLED)
        }
    };
    for type_ in [conditions::RECONCILING, conditions::STALLED] {
        if beside != Some(type_) {
            conditions::remove(conditions, type_);
        }
    }
}

/// Sets or takes away [`HELD`].
pub(super) fn set_held(conditions: &mut Vec<Condition>, held: Option<(&str, String)>, generation: i64, now: Timestamp) {
    match held {
        Some((reason, message)) => {
            let new = NewCondition { type_: HELD, status: ConditionStatus::True, reason: reason.to_owned(), message };
            conditions::set(conditions, new, generation, now);
        }
        None => conditions::remove(conditions, HELD),
    }
}

/// Whether two lists of conditions say the same, times aside.
pub(super) fn same_conditions(left: &[Condition], right: &[Condition]) -> bool {
    let same = |(left, right): (&Condition, &Condition)| {
        let last_transition_time = left.last_transition_time.clone();
        *left == Condition { last_transition_time, ..right.clone() }
    };
    left.len() == right.len() && left.iter().zip(right).all(same)
}

/// What a pass found out about one user.
pub(super) struct Finding<'a> {
    /// The wish.
    pub(super) wish: &'a DesiredPerson,
    /// How it stands.
    pub(super) verdict: &'a Verdict,
    /// The person in the directory.
    pub(super) row: Lookup<'a>,
    /// The role's name.
    pub(super) role: Option<&'a str>,
    /// Whether a person who is found may be taken over; a connection that only shows its plan takes nobody.
    pub(super) adopts: bool,
    /// The fields that were changed in Zoom.
    pub(super) drift: &'a [String],
    /// What the person had and does not have yet; `None` keeps what was known.
    pub(super) restore: Option<&'a Restore>,
    /// Fields that Zoom accepted without effect; `None` keeps what was known.
    pub(super) not_applied: Option<Vec<String>>,
    /// Whether a create call is about to be made.
    pub(super) creating: bool,
    /// The annotation's value that this pass handles.
    pub(super) requested_at: Option<&'a str>,
}

/// The status of a user after a pass.
pub(super) fn user(old: &api::ZoomUserStatus, finding: Finding<'_>, now: Timestamp) -> api::ZoomUserStatus {
    let Finding { wish, verdict, row, role, adopts, drift, restore, not_applied, creating, requested_at } = finding;
    let generation = wish.generation;
    let mut new = old.clone();
    let fresh_edit = old.observed_generation != Some(generation);
    new.observed_generation = Some(generation);
    new.last_handled_requested_at = requested_at.map(str::to_owned);
    match not_applied {
        Some(fields) => new.not_applied = fields,
        None if fresh_edit || verdict.reason == Reason::Synced => new.not_applied = Vec::new(),
        None => {}
    }
    if verdict.reason == Reason::Synced {
        new.synced_generation = Some(generation);
        new.default_license = wish.default_license.map(translate::license_out);
    }
    let since = old.drift.as_ref().filter(|known| known.fields == drift).map(|known| known.since.clone());
    new.drift = (!drift.is_empty())
        .then(|| api::Drifted { fields: drift.to_vec(), since: since.unwrap_or_else(|| translate::time(now)) });
    if creating {
        new.state = Some(api::State::Creating);
        new.elsewhere = false;
    } else {
        let managed = is_managed(verdict.reason) && (adopts || old.origin.is_some());
        match row {
            Lookup::Found(person) if managed => {
                seen(&mut new, old, wish, person, role, now);
                translate::returning::had(&mut new, restore, wish, person, now);
            }
            Lookup::Found(_) | Lookup::Unknown => {}
            Lookup::Absent => gone(&mut new, old, wish, verdict.reason, now),
        }
    }
    set_standing(
        &mut new.conditions,
        verdict.reason.standing(),
        &verdict.reason.to_string(),
        &verdict.message,
        generation,
        now,
    );
    let held = (verdict.reason == Reason::Held).then(|| ("Guard", verdict.message.to_string()));
    set_held(&mut new.conditions, held, generation, now);
    new
}

/// Whether an object with this verdict speaks for the person who was found.
pub(super) fn is_managed(reason: Reason) -> bool {
    match reason {
        Reason::PlanOnly
        | Reason::Suspended
        | Reason::NotPermitted
        | Reason::ClaimedByAnother
        | Reason::AdoptionRefused
        | Reason::EmailDiffers
        | Reason::Unreadable => false,
        Reason::Synced
        | Reason::Invited
        | Reason::NotYetJoined
        | Reason::Deactivated
        | Reason::Reconciling
        | Reason::WaitingForListing
        | Reason::WaitingForConnection
        | Reason::WaitingForSeat
        | Reason::WaitsForHeld
        | Reason::WaitingForDailyBudget
        | Reason::ZoomUnavailable
        | Reason::Settling
        | Reason::Held
        | Reason::Suspicious
        | Reason::CreationMethodMissing
        | Reason::NotAllowed
        | Reason::DeactivatedInZoom
        | Reason::RemovedInZoom
        | Reason::EmailTaken
        | Reason::NotApplied
        | Reason::Contested
        | Reason::Drifted
        | Reason::WaitingForMembers
        | Reason::MembersRefused
        | Reason::NameTaken
        | Reason::RoleUnknown
        | Reason::PendingInZoom
        | Reason::WaitingForConsent
        | Reason::InvitationExpired
        | Reason::AddressRefused
        | Reason::InvalidValue
        | Reason::NeedsOwner
        | Reason::LastAdmin
        | Reason::Refused => true,
    }
}

fn seen(
    new: &mut api::ZoomUserStatus,
    old: &api::ZoomUserStatus,
    wish: &DesiredPerson,
    person: &Person,
    role: Option<&str>,
    now: Timestamp,
) {
    let has_access = match person.state {
        State::Active | State::Pending => true,
        State::Inactive => false,
    };
    if old.origin.is_none() {
        let created = old.state == Some(api::State::Creating);
        new.origin = Some(if created { api::Origin::Created } else { api::Origin::Adopted });
        new.created_at = created.then(|| translate::time(now));
    }
    // An invitation to another address is not the access that is wanted.
    let invited_elsewhere = person.state == State::Pending && person.email != wish.email;
    // Who is not in the next listing never had it, and is created then.
    if has_access == wish.wanted.is_active(now) && !invited_elsewhere && !person.presumed {
        new.access_generation = Some(wish.generation);
    }
    new.elsewhere &= person.state == State::Pending;
    new.pending_since =
        (person.state == State::Pending).then(|| old.pending_since.clone().unwrap_or_else(|| translate::time(now)));
    if let Some(id) = person.reference().id {
        new.id = Some(id.to_string());
    }
    new.email = Some(person.email.to_string());
    new.state = Some(match person.state {
        State::Pending if person.presumed => api::State::Creating,
        State::Pending => api::State::Pending,
        State::Active => api::State::Active,
        State::Inactive => api::State::Inactive,
    });
    new.license = match person.license {
        ObservedLicense::Known(license) => Some(translate::license_out(license)),
        ObservedLicense::Other(_) | ObservedLicense::Unsaid => None,
    };
    new.role = role.map(str::to_owned);
}

fn gone(
    new: &mut api::ZoomUserStatus,
    old: &api::ZoomUserStatus,
    wish: &DesiredPerson,
    reason: Reason,
    now: Timestamp,
) {
    // A create call that ended in doubt may have been made all the same; who is found later is ours.
    let in_doubt = matches!(
        reason,
        Reason::ZoomUnavailable | Reason::WaitingForConnection | Reason::WaitingForListing | Reason::Suspicious
    );
    if old.state != Some(api::State::Creating) || !in_doubt {
        new.state = Some(api::State::Absent);
    }
    new.license = None;
    new.role = None;
    new.pending_since = None;
    if !wish.wanted.is_active(now) {
        new.access_generation = Some(wish.generation);
    }
}

/// The status of a user that cannot be read, or that no plan was made for.
pub(super) fn user_without_plan(
    old: &api::ZoomUserStatus,
    verdict: &Verdict,
    generation: i64,
    now: Timestamp,
) -> api::ZoomUserStatus {
    let mut new = old.clone();
    new.observed_generation = Some(generation);
    let reason = verdict.reason.to_string();
    set_standing(&mut new.conditions, verdict.reason.standing(), &reason, &verdict.message, generation, now);
    set_held(&mut new.conditions, None, generation, now);
    new
}

/// Whether two statuses of a user differ in more than times.
pub(super) fn user_differs(old: &api::ZoomUserStatus, new: &api::ZoomUserStatus) -> bool {
    let told_then = api::ZoomUserStatus { conditions: old.conditions.clone(), ..new.clone() };
    told_then != *old || !same_conditions(&old.conditions, &new.conditions)
}

/// The status of a removal record in a new phase.
pub(super) fn removal(
    old: &api::ZoomRemovalStatus,
    phase: Phase,
    reason: zoom_core::RecordReason,
    message: &str,
    record: Option<&Record>,
    generation: i64,
    now: Timestamp,
) -> api::ZoomRemovalStatus {
    let mut new = old.clone();
    new.observed_generation = Some(generation);
    new.phase = Some(translate::phase_out(phase));
    new.reason = Some(reason.to_string());
    new.message = Some(message.to_owned());
    // For good: what was approved once does not run when that is taken back.
    let approved = reason == zoom_core::RecordReason::Approved || record.is_some_and(|record| record.approved);
    if approved || matches!(phase, Phase::Scheduled | Phase::Running) {
        new.approved = Some(approved || old.approved.unwrap_or_default());
    }
    // Held by a switch and let run again later, it counts for the window in which it runs, or in which that is agreed.
    if phase == Phase::Scheduled && old.phase != Some(api::Phase::Scheduled) {
        new.scheduled_at = Some(translate::time(now));
    }
    if phase == Phase::Running && old.phase != Some(api::Phase::Running) {
        new.started_at = Some(translate::time(now));
        let decided_by = record.and_then(|record| record.decided_by.as_deref());
        new.decided_by = decided_by.filter(|by| !by.is_empty()).map(str::to_owned);
    }
    if !phase.is_open() {
        // What Zoom turned out to have done already counts like what was done: it was this record's wish.
        // And it counts from now, however long it had to wait to run.
        if phase == Phase::Done {
            new.started_at = Some(translate::time(now));
        }
    }
    new.ended_at = (!phase.is_open()).then(|| translate::time(now));
    let standing = match phase {
        Phase::Done | Phase::Cancelled => Standing::Ready,
        Phase::Settling | Phase::Held | Phase::Scheduled | Phase::Running => Standing::Progressing,
        Phase::Refused => Standing::Stalled,
    };
    set_standing(&mut new.conditions, standing, &reason.to_string(), message, generation, now);
    let held = (phase == Phase::Held).then(|| ("Guard", message.to_owned()));
    set_held(&mut new.conditions, held, generation, now);
    new
}

/// The status of a connection that this version cannot understand.
pub(super) fn unreadable_connection(message: &str, generation: i64, now: Timestamp) -> api::ZoomConnectionStatus {
    let mut status =
        api::ZoomConnectionStatus { observed_generation: Some(generation), ..api::ZoomConnectionStatus::default() };
    let reason = Reason::Unreadable.to_string();
    set_standing(&mut status.conditions, Standing::Stalled, &reason, message, generation, now);
    status
}
