//! What is to be taken from a person, before the guard has looked at it.

use crate::{DesiredPerson, PersonPlan, PersonRef, Source, Step, input::Seen, planned::Taking};

/// Something that an object wants taken from a person.
#[derive(Debug)]
pub(crate) struct Intent<'a> {
    pub object: &'a DesiredPerson,
    pub subject: PersonRef,
    pub taking: Taking,
}

impl<'a> Intent<'a> {
    /// The intent of a live object's plan, if it takes something.
    pub(crate) fn of(seen: Seen<'a>, planned: &PersonPlan) -> Option<Self> {
        let taking = planned.taking.clone()?;
        Some(Self { object: seen.object, subject: seen.row()?.reference(), taking })
    }

    pub(crate) fn source(&self) -> Source {
        let DesiredPerson { object, uid, generation, deleting, .. } = self.object;
        Source { object: object.clone(), uid: uid.clone(), generation: *generation, deleted: *deleting }
    }
}

/// An explicit edit to `active: false`, or of the address, that nobody has looked at yet.
pub(crate) fn is_prompt(deleting: bool, edited: bool, steps: &[Step]) -> bool {
    !deleting && edited && matches!(steps, [Step::Deactivate | Step::SetEmail(_)])
}
