//! What becomes of a person whose object is being deleted.

use std::time::Duration;

use crate::{
    Class, Departure, DesiredPerson, License, Lookup, Mode, PersonRef, Release, Removal, Step,
    claims::Claims,
    holds::Holds,
    input::{self, Input, Seen},
    intent::Intent,
    planned::Taking,
    step::open_operation,
};

pub(crate) enum Leave<'a> {
    /// Nothing is to be done to the person.
    LetGo,
    /// Nothing may be done to the person.
    Release(Release),
    /// A record must be written first.
    Write(Intent<'a>),
}

/// Decides about one deleted object. It never waits: an object that hangs cannot be taken back.
pub(crate) fn leave<'a>(seen: Seen<'a>, input: &Input<'a>, claims: &Claims<'a>, holds: &Holds<'a>) -> Leave<'a> {
    let object = seen.object;
    let Some(mut taking) = taking(object, input, holds) else { return Leave::LetGo };
    let Some(subject) = subject(object, &mut taking.steps, input) else { return Leave::LetGo };
    if claims.claimant(&subject).is_some() {
        return Leave::LetGo;
    }
    // What a namespace may do is not known as long as not everything was seen; the record waits for that.
    if !seen.permitted && input.desired.complete {
        return Leave::Release(Release::Access);
    }
    if object.suspended {
        return Leave::Release(Release::Suspended);
    }
    if input.policy.mode == Mode::Plan {
        return Leave::Release(Release::Switch);
    }
    Leave::Write(Intent { object, subject, taking })
}

/// What the object's removal policy asks for, if anything.
fn taking(object: &DesiredPerson, input: &Input<'_>, holds: &Holds<'_>) -> Option<Taking> {
    let for_good = |step, after: Option<Duration>| {
        // Who must be kept or leaves later cannot sign in meanwhile.
        let is_kept = || object.hold.is_some() || holds.keeps(&object.reference());
        let first = (after.is_some() || is_kept()).then_some(Step::Deactivate);
        let not_before = after.map(|after| input::after(input.now, after));
        Taking { not_before, ..Taking::new(Class::Access, first.into_iter().chain([step]).collect()) }
    };
    match object.removal.clone().unwrap_or_else(|| input.policy.removal.into()) {
        Removal::Retain => None,
        Removal::Downgrade => Some(Taking::new(Class::Entitlement, vec![Step::SetLicense(License::Basic)])),
        Removal::Deactivate => Some(Taking::new(Class::Access, vec![Step::Deactivate])),
        Removal::Unlink(Departure { heir, after }) => Some(for_good(Step::Unlink(heir.map(|heir| *heir)), after)),
        Removal::Delete(Departure { heir, after }) => Some(for_good(Step::Delete(heir.map(|heir| *heir)), after)),
    }
}

/// The person whom the object managed, and of the steps those that are left. `None` if it never did, or if they are gone
/// or already as wanted.
fn subject(object: &DesiredPerson, steps: &mut Vec<Step>, input: &Input<'_>) -> Option<PersonRef> {
    let remembered = &object.remembered;
    if remembered.origin.is_none() && !remembered.creating {
        return None;
    }
    let reference = object.reference();
    match input.directory.find_exactly(&reference) {
        Lookup::Found(person) => {
            steps.retain(|step| open_operation(step, person, input.directory).is_some());
            (!steps.is_empty()).then(|| person.reference())
        }
        Lookup::Absent => None,
        Lookup::Unknown => Some(reference),
    }
}
