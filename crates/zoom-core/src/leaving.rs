//! What becomes of a person whose object is being deleted.

use crate::{
    Class, DesiredPerson, Lookup, Mode, PersonRef, Removal, State, Step,
    claims::Claims,
    guard::Intent,
    plan::{Input, Taking},
};

pub(crate) enum Leave<'a> {
    /// Nothing is to be done to the person.
    LetGo,
    /// A record must be written first.
    Write(Intent<'a>),
}

/// Decides about one deleted object. It never waits: an object that hangs cannot be taken back.
pub(crate) fn leave<'a>(object: &'a DesiredPerson, input: &Input<'a>, claims: &Claims<'a>) -> Leave<'a> {
    let Some(step) = step(object, input) else { return Leave::LetGo };
    let Some(subject) = subject(object, &step, input) else { return Leave::LetGo };
    if claims.claimant(&subject).is_some() {
        return Leave::LetGo;
    }
    Leave::Write(Intent { object, subject, taking: Taking { class: Class::Access, steps: vec![step] } })
}

/// What the object's removal policy asks for, if anything.
fn step(object: &DesiredPerson, input: &Input<'_>) -> Option<Step> {
    if input.policy.mode == Mode::Plan {
        return None;
    }
    match object.removal.clone().unwrap_or_else(|| input.policy.removal.into()) {
        Removal::Retain => None,
        Removal::Deactivate => Some(Step::Deactivate),
        Removal::Unlink(heir) => Some(Step::Unlink(heir)),
        Removal::Delete(heir) => Some(Step::Delete(heir)),
    }
}

/// The person whom the object managed. `None` if it never did, or if they are gone or already as wanted.
fn subject(object: &DesiredPerson, step: &Step, input: &Input<'_>) -> Option<PersonRef> {
    let remembered = &object.remembered;
    if remembered.origin.is_none() && !remembered.creating {
        return None;
    }
    let reference = object.reference();
    match input.directory.find_exactly(&reference) {
        Lookup::Found(person) => {
            let nothing_left = person.state == State::Inactive && *step == Step::Deactivate;
            (!nothing_left).then(|| person.reference())
        }
        Lookup::Absent => None,
        Lookup::Unknown => Some(reference),
    }
}
