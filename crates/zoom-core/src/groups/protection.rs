//! The account's owner and whom the connection protects stay where they are: nothing is taken from them by groups, roles or
//! contact groups.

use std::collections::BTreeMap;

use foldhash::HashMap;

use super::{ContactId, RolePlan, plan::Groups, roles::holders, roster::in_order};
use crate::{
    Email, GroupId, Person, Phase, Protected, Reason, Record, RecordReason, RoleId, Step, ThingKind, ThingRef, Verdict,
    candidates::Outcome,
    claims::Claims,
    plan::{Input, Seen},
};

/// Somebody who is not wanted and stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Their address.
    pub email: Email,
    /// What protects them.
    pub shield: Shield,
}

/// What protects somebody.
#[derive(Clone, Debug, PartialEq, Eq, strum::Display)]
pub enum Shield {
    /// They are the account's owner.
    #[strum(to_string = "the account's owner")]
    Owner,
    /// The connection, and how.
    #[strum(to_string = "{0}")]
    Connection(Box<str>),
}

impl Kept {
    /// How many are named at most.
    const NAMED: usize = 10;

    /// How an object stands that does not name them.
    pub(super) fn verdict(kept: &[Self]) -> Verdict {
        let message = format!("stay although they are not named here: {}, or name them", Self::told(kept));
        Verdict::new(Reason::MembersRefused, message)
    }

    /// What is said about them, and what to do.
    pub(super) fn told(kept: &[Self]) -> String {
        // Who is a member, an administrator and in a group inside is named once.
        let people: BTreeMap<&Email, &Shield> = kept.iter().map(|kept| (&kept.email, &kept.shield)).collect();
        let more = people.len().saturating_sub(Self::NAMED);
        let named = people.iter().take(Self::NAMED);
        let mut names: Vec<_> = named.map(|(email, shield)| format!("{email} ({shield})")).collect();
        if more > 0 {
            names.push(format!("{more} more"));
        }
        let advice = match (
            people.values().any(|shield| **shield == Shield::Owner),
            people.values().all(|shield| **shield == Shield::Owner),
        ) {
            (_, true) => "take them out by hand in Zoom",
            (true, false) => {
                "take the owner out by hand in Zoom, and the others out of the connection's spec.protected,"
            }
            (false, false) => "take that out of the connection's spec.protected",
        };
        format!("{}: {advice} first", names.join(", "))
    }
}

/// People who are protected by an address that only their object knows, by their present address. The object is the one
/// that speaks for them: any other could protect whom it likes.
pub(super) fn by_former_addresses<'a>(
    input: &Input<'a>,
    objects: &[Seen<'a>],
    claims: &Claims<'a>,
) -> HashMap<&'a Email, String> {
    let Input { desired, directory, policy, records, .. } = *input;
    let wishes = [desired.groups.len(), desired.roles.len(), desired.contact_groups.len()];
    let departs = |record: &Record| record.phase.is_open() && record.leaving().is_some();
    if policy.protected.emails.is_empty() || (wishes == [0; 3] && !records.iter().any(departs)) {
        return HashMap::default();
    }
    let protected = objects.iter().filter(|seen| seen.permitted).filter_map(|seen| {
        let (object, row) = (seen.object, seen.row()?);
        let emails = [&object.email].into_iter().chain(&object.remembered.email).chain(&object.previous_emails);
        // Their present address protects them without an object.
        let others: Vec<&Email> = emails.filter(|email| **email != row.email).collect();
        let why = policy.protected.why(&others, None, directory)?;
        claims.winner(*seen).is_none().then_some((&row.email, why))
    });
    protected.collect()
}

impl<'a> Groups<'a> {
    /// Why nothing may be taken from somebody.
    pub(super) fn protects(&self, person: &Person) -> Option<Kept> {
        let kept = |shield| Some(Kept { email: person.email.clone(), shield });
        if person.role.as_ref().is_some_and(RoleId::is_owner) {
            return kept(Shield::Owner);
        }
        let protected = &self.input.policy.protected;
        if *protected == Protected::default() {
            return None;
        }
        let why = protected.why(&[&person.email], Some(person), self.input.directory);
        let why = why.or_else(|| self.former.get(&person.email).cloned())?;
        kept(Shield::Connection(why.into()))
    }

    /// Those who may leave, by address. The others are told of.
    pub(super) fn unprotected<'p>(&self, people: Vec<&'p Person>, kept: &mut Vec<Kept>) -> Vec<&'p Person> {
        let mut free = in_order(people);
        free.retain(|person| {
            let why = self.protects(person);
            let stays = why.is_some();
            kept.extend(why);
            !stays
        });
        free
    }

    /// Who in a group is protected.
    pub(super) fn protected_in(&self, group: &GroupId) -> Vec<Kept> {
        let inside = self.input.directory.people().filter(|person| person.is_in(group) == Some(true));
        self.all_protected(inside)
    }

    fn all_protected(&self, people: impl Iterator<Item = &'a Person>) -> Vec<Kept> {
        let mut kept = Vec::new();
        self.unprotected(people.collect(), &mut kept);
        kept
    }

    /// What a record that ends a thing comes to if somebody would lose it who is protected.
    pub(super) fn protection(&self, thing: &ThingRef, steps: &[Step]) -> Option<Outcome> {
        let kept = match steps {
            [Step::DeleteGroup | Step::DeleteContactGroup] => self.protected_members(thing),
            _ => Vec::new(),
        };
        let message = || format!("would be lost by {}, then create and delete the object again", Kept::told(&kept));
        (!kept.is_empty()).then(|| Outcome::new(Phase::Refused, RecordReason::Protected, message()))
    }

    fn protected_members(&self, thing: &ThingRef) -> Vec<Kept> {
        match thing.kind {
            ThingKind::Group => GroupId::new(&thing.id).map_or_else(Vec::new, |id| self.protected_in(&id)),
            ThingKind::ContactGroup => {
                let directory = self.input.directory;
                let members = || self.contacts_of(thing).into_iter().flatten();
                let people = members().filter_map(|member| match member {
                    ContactId::User(id) => directory.by_id(id),
                    ContactId::Group(_) => None,
                });
                let inside = members().filter_map(|member| match member {
                    ContactId::Group(id) => Some(self.protected_in(id)),
                    ContactId::User(_) => None,
                });
                self.all_protected(people).into_iter().chain(inside.flatten()).collect()
            }
            ThingKind::Role => Vec::new(),
        }
    }

    /// A role that somebody has who is protected loses no privileges.
    pub(super) fn keeping_privileges(&self, planned: RolePlan) -> RolePlan {
        let Some(role) = planned.role.as_ref().filter(|_| planned.taking.is_some()) else { return planned };
        let kept = self.all_protected(holders(&self.input, role.as_str()));
        if kept.is_empty() {
            return planned;
        }
        let message = format!("privileges would be lost by {}", Kept::told(&kept));
        RolePlan { taking: None, verdict: Verdict::new(Reason::Refused, message), ..planned }
    }
}
