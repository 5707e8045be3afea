//! Who is to be put in.

use super::{
    Attendance, DesiredGroup, GroupOperation, GroupRef, Membership, WaitsFor,
    plan::BEYOND,
    refusals::Refusals,
    roster::{Wanted, in_order},
};
use crate::{Person, PersonRef, State};

/// How many members an additive object puts in and remembers at most: their ids stand in its status, and have to fit into what
/// etcd stores of one object (1.5 MiB).
pub const REMEMBERED: usize = 20_000;

/// Those who are wanted, set against those who are there.
pub(super) struct Attending<'a> {
    pub attendance: Attendance,
    pub missing: Vec<&'a Person>,
}

impl<'a> Attending<'a> {
    pub(super) fn of(wanted: &Wanted<'a>, is_there: impl Fn(&Person) -> bool, refused: &Refusals<'_>) -> Self {
        let mut attendance = Attendance { wanted: wanted.count(), ..Attendance::default() };
        let mut missing = Vec::new();
        for (who, why) in &wanted.waiting {
            attendance.wait(who, *why);
        }
        for who in &wanted.beyond {
            attendance.refuse(who, BEYOND);
        }
        // Most are there, in a large account: only the others are put in order.
        let absent: Vec<_> = wanted.people().filter(|person| !is_there(person)).collect();
        attendance.present = wanted.people().len().saturating_sub(absent.len());
        for person in in_order(absent) {
            match person.state {
                State::Pending => attendance.wait(person.email.as_str(), WaitsFor::Acceptance),
                State::Inactive => attendance.wait(person.email.as_str(), WaitsFor::Access),
                State::Active if wanted.rests(person) => {
                    attendance.wait(person.email.as_str(), WaitsFor::Access);
                }
                State::Active => match refused.of(person) {
                    Some(refusal) => attendance.refuse(person.email.as_str(), &refusal.message),
                    None => missing.push(person),
                },
            }
        }
        Self { attendance, missing }
    }

    /// Leaves out whom an object could not take out again, because it would have to remember too many.
    pub(super) fn remembered(mut self, wish: &DesiredGroup, added: usize) -> Self {
        let room = match wish.membership {
            Membership::Additive => REMEMBERED.saturating_sub(added),
            Membership::Exclusive => return self,
        };
        let why = format!(
            "an Additive object remembers whom it put in, and at most {REMEMBERED}: write membership: Exclusive, or divide \
             the group"
        );
        for person in self.missing.drain(room.min(self.missing.len())..) {
            self.attendance.refuse(person.email.as_str(), &why);
        }
        self
    }

    pub(super) fn adds(&self, group: &GroupRef) -> Vec<GroupOperation> {
        let batches = self.missing.chunks(GroupOperation::MEMBERS);
        batches.map(|people| GroupOperation::AddMembers(group.clone(), references(people))).collect()
    }

    pub(super) fn admins(&self, group: &GroupRef) -> Vec<GroupOperation> {
        let batches = self.missing.chunks(GroupOperation::ADMINS);
        batches.map(|people| GroupOperation::AddAdmins(group.clone(), references(people))).collect()
    }
}

pub(super) fn references(people: &[&Person]) -> Vec<PersonRef> {
    people.iter().map(|person| person.reference()).collect()
}
