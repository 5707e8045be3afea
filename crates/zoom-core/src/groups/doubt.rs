//! Whether something follows from an object not asking any more for what an open record says.

use std::collections::{BTreeSet, HashMap};

use super::plan::Groups;
use crate::{Email, Leaving, ObjectKey, Person, PersonRef, Plan, Reason, Record, Step, ThingKind, Verdict};

/// Of whom it is not known at present whether an object wants them out: what was written down about them stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// These people, who are not wanted and may not leave for now.
    Of(BTreeSet<Email>),
    /// Everybody who is in the thing.
    OfAll,
}

impl Default for Doubt {
    fn default() -> Self {
        Self::Of(BTreeSet::new())
    }
}

impl Doubt {
    /// What nobody found out leaves everything open.
    pub(super) fn at_rest(verdict: &Verdict) -> Self {
        let unseen = matches!(verdict.reason, Reason::Suspended | Reason::WaitingForListing | Reason::NotPermitted);
        if unseen { Self::OfAll } else { Self::default() }
    }

    fn is_about(&self, people: &[PersonRef]) -> bool {
        match self {
            Self::Of(doubtful) => people.iter().any(|person| doubtful.contains(&person.email)),
            Self::OfAll => true,
        }
    }
}

/// The doubts about the members and the administrators of each live object's thing.
pub(super) struct Doubts<'p>(HashMap<(ThingKind, &'p ObjectKey), [&'p Doubt; 2]>);

impl<'p> Doubts<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let groups = plan.groups.iter().map(|planned| {
            let doubts = [&planned.doubt, &planned.doubt_about_admins];
            ((ThingKind::Group, &planned.object), doubts)
        });
        let roles = plan.roles.iter().map(|planned| ((ThingKind::Role, &planned.object), [&planned.doubt; 2]));
        let contacts = plan.contact_groups.iter();
        let contacts = contacts.map(|planned| ((ThingKind::ContactGroup, &planned.object), [&planned.doubt; 2]));
        Self(groups.chain(roles).chain(contacts).collect())
    }

    /// Whether it is not known that an object takes back what a record says.
    fn concern(&self, record: &Record, leaving: &Leaving) -> bool {
        let source = record.source.as_ref().map(|source| &source.object);
        let [members, admins] = match source.and_then(|object| self.0.get(&(leaving.thing.kind, object))) {
            Some(doubts) => *doubts,
            None => return false,
        };
        let doubt = if matches!(record.steps.as_slice(), [Step::RemoveAdmins]) { admins } else { members };
        doubt.is_about(&leaving.people)
    }
}

impl Groups<'_> {
    /// Whether nothing follows from a record's object not asking for it at present.
    pub(super) fn is_in_doubt(&self, record: &Record, leaving: &Leaving, doubts: &Doubts<'_>) -> bool {
        !self.may_take(leaving.thing.kind) || doubts.concern(record, leaving)
    }

    /// The doubt about those who are not wanted. Unclear: it is not known who is.
    pub(super) fn doubt(&self, unclear: bool, strangers: &[&Person]) -> Doubt {
        if unclear {
            return Doubt::OfAll;
        }
        let stay = strangers.iter().filter(|person| self.roster().stays(person));
        Doubt::Of(stay.map(|person| person.email.clone()).collect())
    }
}
