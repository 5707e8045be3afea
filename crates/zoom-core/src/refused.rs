//! What is refused: whatever concerns the protected, and what was refused before, unless it may be asked for again.

use std::time::Duration;

use crate::{
    DesiredPerson, Lookup, PersonRef, Phase, Record, RecordReason, RoleId,
    candidate::Outcome,
    groups::Groups,
    input::{Input, after},
    intent::Intent,
    record::{Next, next_as_listed, open_steps, protected_by},
};

/// Whether nothing is gained by asking again. A deleted object asks once.
pub(crate) fn refuses(
    record: &Record,
    first: bool,
    intent: &Intent<'_>,
    input: &Input<'_>,
    groups: &Groups<'_>,
) -> bool {
    let directory = input.directory;
    let waited = record.ended_at.is_some_and(|ended| after(ended, AGAIN) <= input.now);
    if !intent.object.deleting && may_be_granted(record, first || waited, waited, intent, input, groups) {
        return false;
    }
    record.source.as_ref().is_some_and(|source| source.generation == intent.object.generation)
        && record.is_about(&intent.subject)
        && open_steps(record, directory) == intent.taking.steps
}

/// Whether a live object's wish may be granted that was refused before: because the listing shows another person by now,
/// where that may be gone by, or because much time has passed.
fn may_be_granted(
    record: &Record,
    by_listing: bool,
    waited: bool,
    intent: &Intent<'_>,
    input: &Input<'_>,
    groups: &Groups<'_>,
) -> bool {
    let is_member = || match input.directory.find_exactly(&intent.subject) {
        Lookup::Found(row) => row.role.as_ref().is_some_and(RoleId::is_member),
        Lookup::Absent | Lookup::Unknown => false,
    };
    match record.reason {
        // A live object that asks at all has been found to leave an Admin.
        Some(RecordReason::LastAdmin) => true,
        Some(RecordReason::Owner) => by_listing && is_member(),
        Some(RecordReason::Protected) if by_listing => {
            let next = next_as_listed(record, input);
            !matches!(next, Some(Next::End(Phase::Refused, ..)) | None)
                && protection(intent.object, &intent.subject, input, groups).is_none()
        }
        Some(RecordReason::NeedsOwner) => waited || by_listing && is_member(),
        Some(RecordReason::ZoomRefused) => waited,
        _ => false,
    }
}

/// What Zoom refused is asked for again after this time.
const AGAIN: Duration = Duration::from_hours(6);

/// A protected person is known by every address that they or their object have or had.
pub(crate) fn protection(
    object: &DesiredPerson,
    subject: &PersonRef,
    input: &Input<'_>,
    groups: &Groups<'_>,
) -> Option<Outcome> {
    let emails = [&subject.email, &object.email].into_iter().chain(&object.remembered.email);
    let emails: Vec<_> = emails.chain(&object.previous_emails).collect();
    let why = input.policy.protected.why(&emails, None, input.directory);
    let why = why.or_else(|| groups.protects_as_declared(subject).map(ToOwned::to_owned))?;
    Some(Outcome::new(Phase::Refused, RecordReason::Protected, protected_by(&why)))
}
