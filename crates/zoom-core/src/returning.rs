//! What people get back who return: the licence and the groups that they had. Never a role.

use std::collections::BTreeMap;

use foldhash::HashMap;

use crate::{
    Class, DesiredPerson, Directory, GroupId, GroupOperation, GroupRef, License, Lookup, Mode, ObjectKey,
    ObservedLicense, Operation, Patch, Person, PersonPlan, PersonRef, Reason, Record, Remembered, State, Step, UserId,
    groups::{Groups, Return, Returns},
    input::Input,
    planned::Live,
};

/// What a person had before something was taken from them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restore {
    /// The licence; absent where it is none that may be asked for.
    pub license: Option<License>,
    /// The groups, in Zoom's order: the first one is the primary group.
    pub groups: Box<[FormerGroup]>,
}

/// A group that a person was in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerGroup {
    /// Its id.
    pub id: GroupId,
    /// Its name, for people; absent where the groups were not listed.
    pub name: Option<Box<str>>,
}

impl FormerGroup {
    /// The name, or else the id.
    #[must_use]
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(self.id.as_str())
    }
}

impl Restore {
    /// So many groups are written down of one person.
    pub const GROUPS: usize = 100;

    /// What an active person has now; nothing of anybody else, whose licence and groups Zoom does not show.
    #[must_use]
    pub fn of(person: &PersonRef, directory: &Directory) -> Option<Self> {
        let Lookup::Found(row) = directory.find_exactly(person) else { return None };
        if row.state != State::Active {
            return None;
        }
        let license = match row.license {
            ObservedLicense::Known(license) => Some(license),
            ObservedLicense::Other(_) | ObservedLicense::Unsaid => None,
        };
        let name = |id: &GroupId| directory.group(id).map(|group| group.name.clone());
        let groups = row.groups.iter().flatten().take(Self::GROUPS);
        let groups = groups.map(|id| FormerGroup { id: id.clone(), name: name(id) }).collect();
        Some(Self { license, groups })
    }

    /// What of it Zoom does not give back by itself, if anything.
    fn worth_keeping(&self) -> Option<Self> {
        let license = self.license.filter(|license| *license > License::Basic);
        (license.is_some() || !self.groups.is_empty()).then(|| Self { license, groups: self.groups.clone() })
    }
}

/// The last record of each person that took something from them which they get back.
pub(crate) fn restores<'a>(records: impl Iterator<Item = &'a Record>) -> HashMap<&'a UserId, &'a Record> {
    let gives_back = |record: &&Record| record.class == Class::Access || record.is_downgrade_of_leaver();
    let ran = |record: &&Record| gives_back(record) && record.started_at.is_some() && record.restore.is_some();
    let mut ran: Vec<_> = records.filter(ran).collect();
    ran.sort_unstable_by_key(|record| (record.created, &record.name));
    ran.into_iter().filter_map(|record| Some((record.person()?.id.as_ref()?, record))).collect()
}

impl Record {
    /// What the person of an object had when this record took it. What was given back since is history: somebody may have
    /// taken it again.
    pub(crate) fn restore_for(&self, object: &DesiredPerson) -> Option<Restore> {
        let own = self.source.as_ref().filter(|source| source.uid == object.uid).map(|source| source.generation);
        let is_history = object.remembered.access_generation.is_some_and(|given| own.is_none_or(|taken| taken < given));
        let had = self.restore.as_ref().filter(|_| !is_history)?;
        // Who is only downgraded stays in their groups.
        let groups = if self.is_downgrade_of_leaver() { Box::default() } else { had.groups.clone() };
        Some(Restore { license: had.license, groups })
    }

    /// The object of somebody whom this record downgraded when they left, and who was there all along, as if it remembered the
    /// higher licence that they had: it is given again as to everybody who comes back.
    pub(crate) fn recalled(&self, object: &DesiredPerson, person: &Person) -> Option<DesiredPerson> {
        let is_back = person.state == State::Active && object.remembered.restore.is_none();
        if !is_back || !self.is_downgrade_of_leaver() || object.wanted.license.is_some() {
            return None;
        }
        let license = self.restore_for(object)?.license?;
        let is_lower = matches!(person.license, ObservedLicense::Known(present) if present < license);
        let restore = Some(Restore { license: Some(license), groups: Box::default() });
        is_lower.then(|| DesiredPerson {
            remembered: Remembered { restore, ..object.remembered.clone() },
            ..object.clone()
        })
    }

    /// Whether all that it took is a licence, because an object was deleted: removal policy Downgrade.
    fn is_downgrade_of_leaver(&self) -> bool {
        let is_deleted = self.source.as_ref().is_some_and(|source| source.deleted);
        is_deleted && matches!(self.steps.as_slice(), [Step::SetLicense(_)])
    }
}

/// Gives a person who comes back the licence that they had, where the object does not name one, and keeps in mind what else
/// they had for as long as they are out.
///
/// `may_have`: which licences the object may give without naming them; absent where it names one.
pub(crate) fn restored(
    mut planned: PersonPlan,
    had: &Restore,
    person: &Person,
    may_have: Option<&dyn Fn(License) -> bool>,
) -> PersonPlan {
    let Some(had) = had.worth_keeping().filter(|_| person.state == State::Inactive) else { return planned };
    let license = had.license.filter(|license| may_have.is_some_and(|may_have| may_have(*license)));
    if let (Some(license), [Operation::Activate(_), rest @ ..]) = (license, &mut *planned.operations) {
        let patch = rest.iter_mut().find_map(|operation| match operation {
            Operation::Update(_, patch) => Some(patch),
            Operation::Read(_)
            | Operation::Create(_)
            | Operation::SetRole { .. }
            | Operation::SetEmail(..)
            | Operation::Activate(_)
            | Operation::Deactivate(_)
            | Operation::Unlink(..)
            | Operation::Delete(..) => None,
        });
        match patch {
            Some(patch) => patch.license = Some(license),
            None => {
                let patch = Patch { license: Some(license), ..Patch::default() };
                planned.operations.push(Operation::Update(person.reference(), patch));
            }
        }
    }
    planned.restore = Some(had);
    planned
}

/// People who are back and are put into a group that they were in before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejoin {
    /// The group.
    pub group: GroupRef,
    /// Who, and for which object: at most [`GroupOperation::MEMBERS`].
    pub people: Vec<(ObjectKey, PersonRef)>,
}

impl Rejoin {
    /// The call that does it.
    #[must_use]
    pub fn operation(&self) -> GroupOperation {
        let people = self.people.iter().map(|(_, person)| person.clone()).collect();
        GroupOperation::AddMembers(self.group.clone(), people)
    }
}

/// Plans whom to put back into their groups, and notes with each person what is still left of that. First groups come
/// first: whichever Zoom is asked for first becomes the primary one.
pub(crate) fn rejoin<'a>(live: &mut [Live<'a>], groups: &Groups<'a>, input: &Input<'a>) -> Vec<Rejoin> {
    let mut returns = Returns::of(groups);
    let mut joining = BTreeMap::<(usize, GroupId), (GroupRef, Vec<(ObjectKey, PersonRef)>)>::new();
    for Live { seen, planned } in live {
        let (Some(had), Some(row)) = (&seen.object.remembered.restore, seen.row()) else { continue };
        if had.groups.is_empty() || row.state != State::Active || row.groups.is_none() || !may_return(planned, input) {
            continue;
        }
        let mut left = Vec::new();
        for (place, group) in had.groups.iter().enumerate() {
            match returns.decide(group, row) {
                Return::Join => {
                    let reference = GroupRef { id: Some(group.id.clone()), name: group.label().into() };
                    let (_, people) =
                        joining.entry((place, group.id.clone())).or_insert_with(|| (reference, Vec::new()));
                    people.push((seen.object.object.clone(), row.reference()));
                    left.push(group.clone());
                }
                Return::Wait => left.push(group.clone()),
                Return::Over => {}
                Return::Refused(why) => planned.not_restored.push((group.clone(), why)),
            }
        }
        planned.restore = Some(Restore { license: had.license, groups: left.into() });
    }
    let batches = joining.into_values().flat_map(|(group, people)| {
        let batches: Vec<_> = people.chunks(GroupOperation::MEMBERS).map(<[_]>::to_vec).collect();
        batches.into_iter().map(move |people| Rejoin { group: group.clone(), people })
    });
    batches.collect()
}

/// Whether the object speaks for the person, and the switches let something be done for them.
fn may_return(planned: &PersonPlan, input: &Input<'_>) -> bool {
    let writes = match input.policy.mode {
        Mode::Enforce | Mode::HoldRemovals => input.policy.allow.update,
        Mode::Plan | Mode::Suspend => false,
    };
    let speaks = !matches!(
        planned.verdict.reason,
        Reason::Suspended | Reason::NotPermitted | Reason::ClaimedByAnother | Reason::AdoptionRefused
    );
    writes && speaks && planned.taking.as_ref().is_none_or(|taking| taking.class != Class::Access)
}
