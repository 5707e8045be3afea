//! The account's owner and whom the connection protects stay where they are: nothing is taken from them by groups, roles or
//! contact groups.

use std::collections::BTreeMap;

use foldhash::HashMap;

use super::{
    ContactId, DesiredGroup, Members, RolePlan,
    identity::{Course, Whereabouts, course},
    plan::Groups,
    roles::holders,
    roster::in_order,
};
use crate::{
    DesiredPerson, Email, GroupId, Lookup, Person, PersonRef, Phase, Protected, Reason, Record, RecordReason, RoleId,
    Step, ThingKind, ThingRef, Verdict,
    candidate::Outcome,
    claims::Claims,
    input::{Input, Seen},
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
    let Input { desired, directory, policy, .. } = *input;
    let wishes = [desired.groups.len(), desired.roles.len(), desired.contact_groups.len()];
    let departs = |record: &Record| record.phase.is_open() && record.leaving().is_some();
    if policy.protected.emails.is_empty() || (wishes == [0; 3] && !input.records().any(departs)) {
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
    /// Why people are protected by a group in which the listing does not show them, by their present address: its object
    /// wants them in it, or put them in and Zoom does not say any more where they are.
    pub(super) fn by_declared_groups(&self) -> HashMap<&'a Email, String> {
        let Input { desired, directory, policy, .. } = self.input;
        let mut declared = HashMap::default();
        if policy.protected.groups.is_empty() {
            return declared;
        }
        for wish in desired.groups.iter().filter(|wish| !wish.object.deleting) {
            let (Course::Manage(_) | Course::Create) = course(wish, &self.register, policy) else { continue };
            let found = match self.register.find(wish) {
                Whereabouts::There(group) => Some(&*group.name),
                Whereabouts::NotThere | Whereabouts::Unknown => None,
            };
            let names = [&*wish.name].into_iter().chain(found);
            let Some(name) = names.into_iter().find(|name| policy.protected.names_group(name)) else { continue };
            let wanted = wish.members.iter().flat_map(|members| self.counted(wish, members));
            let unsaid = wish.added.iter().filter_map(|id| directory.by_id(id)).filter(|row| row.groups.is_none());
            let why = || {
                let object = &wish.object.key;
                format!("the connection protects everybody in the group {name:?}, to which {object} counts them")
            };
            declared.extend(wanted.chain(unsaid.map(|row| &row.email)).map(|email| (email, why())));
        }
        declared
    }

    /// Everybody whom a group's object counts to it, also those whose own object is going or has gone, by their present
    /// address.
    fn counted(&self, wish: &'a DesiredGroup, members: &'a Members) -> Vec<&'a Email> {
        let Input { desired, directory, policy, .. } = self.input;
        let speaker = self.speaker(wish);
        let here = self.roster().members(members, &speaker);
        let here: Vec<&Email> = here.people().map(|person| &person.email).collect();
        let selects = |object: &DesiredPerson| {
            let own = object.object.namespace == wish.object.key.namespace;
            own && members.selector.as_ref().is_some_and(|selector| selector.matches(&object.labels))
        };
        let going = desired.people.iter().filter(|object| object.deleting && policy.access.permits(&***object));
        let going = going.filter(|object| members.named.users.contains(&object.object) || selects(object));
        let going = going.map(|object| match object.find(directory) {
            Lookup::Found(row) => &row.email,
            Lookup::Absent | Lookup::Unknown => &object.email,
        });
        let gone = self.input.records().filter(|record| record.phase.is_open()).filter_map(|record| {
            let source = record.source.as_ref().filter(|source| members.named.users.contains(&source.object))?;
            record.person().filter(|_| policy.access.covers(&source.object.namespace)).map(|person| &person.email)
        });
        here.into_iter().chain(going.chain(gone).filter(|email| speaker.circle.holds(email))).collect()
    }

    /// Why nothing may be taken from somebody because of a group that an object counts them to.
    pub(crate) fn protects_as_declared(&self, person: &PersonRef) -> Option<&str> {
        let row = match self.input.directory.find_exactly(person) {
            Lookup::Found(row) => Some(&row.email),
            Lookup::Absent | Lookup::Unknown => None,
        };
        row.into_iter().chain([&person.email]).find_map(|email| self.declared.get(email)).map(String::as_str)
    }

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
        let why = why.or_else(|| self.former.get(&person.email).cloned());
        let why = why.or_else(|| self.declared.get(&person.email).cloned())?;
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
        self.all_protected(self.in_group(group))
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
        RolePlan { taking: None, kept, verdict: Verdict::new(Reason::Refused, message), ..planned }
    }
}
