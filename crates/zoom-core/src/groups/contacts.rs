//! The plan for contact groups: people and groups whom others in the account find together.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Act, Attendance, ContactGroup, ContactGroupDraft, ContactId, ContactMember, ContactOperation, ContactRef,
    DesiredContactGroup, DesiredGroup, Kept, Membership, WaitsFor,
    doubt::Doubt,
    identity::{Course, Whereabouts, course, manages},
    plan::{BEYOND, Groups},
    refusals::Refusals,
    roster::{Row, Speaker},
};
use crate::{GroupId, LeavingGroup, Mode, ObjectKey, Person, PersonRef, Reason, State, ThingKind, Verdict};

/// What happens to one contact group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactGroupPlan {
    /// Who asks.
    pub object: ObjectKey,
    /// The contact group, if the object has one to manage.
    pub group: Option<crate::ContactGroupId>,
    /// Whether it is there by Zoom's word alone: Zoom said that it made it, and has not shown it yet.
    pub presumed: bool,
    /// What to do, a call each, in this order.
    pub operations: Vec<ContactOperation>,
    /// Whether the operations are to run now; what is taken from people runs as a record.
    pub runnable: bool,
    /// How the object stands if nothing more happened than this plan says.
    pub verdict: Verdict,
    /// How many of the wanted members are in; absent where members are not managed, or nothing is known.
    pub members: Option<Attendance>,
    /// Members whom this object added, as far as they are still in or wanted.
    pub added: BTreeSet<ContactId>,
    /// People whom the object wants out.
    pub leaving: Vec<PersonRef>,
    /// Groups with people in them which the object wants out.
    pub leaving_groups: Vec<LeavingGroup>,
    /// Who stays, alone or with a group, although the object does not want them: the connection protects them.
    pub kept: Vec<Kept>,
    /// Nobody would be left whom the object wants.
    pub(crate) empties: bool,
    pub(crate) doubt: Doubt,
    pub(crate) edited: bool,
}

impl ContactGroupPlan {
    fn rest(wish: &DesiredContactGroup, verdict: Verdict) -> Self {
        Self {
            object: wish.object.key.clone(),
            group: None,
            presumed: false,
            operations: Vec::new(),
            runnable: false,
            members: None,
            added: wish.added.as_ref().clone(),
            leaving: Vec::new(),
            leaving_groups: Vec::new(),
            kept: Vec::new(),
            empties: false,
            doubt: Doubt::at_rest(&verdict),
            verdict,
            edited: wish.object.is_edited(wish.memory.observed_generation),
        }
    }

    /// Whether the contact group is about to be made.
    #[must_use]
    pub fn creates(&self) -> bool {
        matches!(self.operations.first(), Some(ContactOperation::Create(_)))
    }

    /// The members who are about to be added.
    pub fn adding(&self) -> impl Iterator<Item = &ContactId> {
        let members = self.operations.iter().flat_map(|operation| match operation {
            ContactOperation::Add(_, members) => members.as_slice(),
            ContactOperation::Read(_)
            | ContactOperation::Create(_)
            | ContactOperation::Update(..)
            | ContactOperation::Remove(..)
            | ContactOperation::Delete(_) => &[],
        });
        members.map(|member| &member.id)
    }
}

/// Who is wanted in a contact group.
#[derive(Default)]
struct Wanted {
    members: BTreeMap<ContactId, ContactMember>,
    /// Who is not taken out although this object may not speak of them.
    kept: BTreeSet<ContactId>,
    /// Whether somebody or a group is meant of whom nothing is known: nothing is a stranger then.
    unclear: bool,
    attendance: Attendance,
}

impl Wanted {
    fn is_stranger(&self, id: &ContactId) -> bool {
        let known = self.members.contains_key(id) || self.kept.contains(id);
        !known && !self.unclear
    }
}

impl<'a> Groups<'a> {
    /// Plans the contact groups of all live objects: those that people edited come first.
    pub(crate) fn plan_contacts(&self) -> Vec<ContactGroupPlan> {
        let live = self.input.desired.contact_groups.iter().filter(|wish| !wish.object.deleting);
        let mut plans: Vec<_> = live.map(|wish| self.plan_contact(wish)).collect();
        plans.sort_by(|left, right| (!left.edited, &left.object).cmp(&(!right.edited, &right.object)));
        plans
    }

    fn plan_contact(&self, wish: &'a DesiredContactGroup) -> ContactGroupPlan {
        let planned = match course(wish, &self.contacts, self.input.policy) {
            Course::Rest(verdict) => return ContactGroupPlan::rest(wish, verdict),
            Course::Create => self.create_contact(wish),
            Course::Manage(group) => self.manage_contact(wish, group),
        };
        self.within_contact_switches(planned, wish)
    }

    fn create_contact(&self, wish: &'a DesiredContactGroup) -> ContactGroupPlan {
        let mut planned =
            ContactGroupPlan::rest(wish, Verdict::new(Reason::Reconciling, format!("create {:?}", wish.name)));
        planned.operations.push(ContactOperation::Create(draft(wish)));
        let wanted = self.wanted_contacts(wish, None);
        let reference = ContactRef { id: None, name: wish.name.clone() };
        planned.operations.extend(adds(&reference, wanted.members.into_values()));
        planned.members = wish.members.as_ref().map(|_| wanted.attendance);
        planned
    }

    fn manage_contact(&self, wish: &'a DesiredContactGroup, group: &'a ContactGroup) -> ContactGroupPlan {
        let mut planned =
            ContactGroupPlan::rest(wish, Verdict::new(Reason::Synced, "Zoom holds what this object wants"));
        planned.group = Some(group.id.clone());
        planned.presumed = self.input.directory.is_presumed(group.id.as_str());
        let reference = ContactRef { id: Some(group.id.clone()), name: group.name.clone() };
        if !manages(wish, group) {
            planned.added = BTreeSet::new();
        }
        let differs = *group.name.trim() != *wish.name.trim()
            || wish.description.as_ref().is_some_and(|wanted| *wanted.trim() != *group.description.trim())
            || wish.privacy.is_some_and(|wanted| Some(wanted) != group.privacy);
        if differs {
            planned.operations.push(ContactOperation::Update(reference.clone(), draft(wish)));
        }
        match (&wish.members, &group.members) {
            (None, _) => {}
            (Some(_), None) => {
                planned.doubt = Doubt::OfAll;
                planned.operations.push(ContactOperation::Read(reference));
            }
            (Some(_), Some(present)) => self.manage_contacts(&mut planned, wish, present, &reference),
        }
        planned.verdict = verdict(&planned);
        planned
    }

    fn manage_contacts(
        &self,
        planned: &mut ContactGroupPlan,
        wish: &'a DesiredContactGroup,
        present: &BTreeSet<ContactId>,
        reference: &ContactRef,
    ) {
        let wanted = self.wanted_contacts(wish, Some(present));
        planned.added.retain(|id| present.contains(id) || wanted.members.contains_key(id));
        let missing = wanted.members.iter().filter(|(id, _)| !present.contains(*id)).map(|(_, member)| member.clone());
        planned.operations.extend(adds(reference, missing));
        let may_go = |id: &&ContactId| match wish.membership {
            Membership::Exclusive => true,
            Membership::Additive => planned.added.contains(*id),
        };
        let strangers: Vec<&ContactId> = present.iter().filter(|id| wanted.is_stranger(id)).filter(may_go).collect();
        let refused = self.refusals_of_contact(wish, Act::Leave);
        let people = strangers.iter().filter_map(|id| match id {
            ContactId::User(user) => self.input.directory.by_id(user),
            ContactId::Group(_) => None,
        });
        let people: Vec<_> = people.collect();
        planned.doubt = self.doubt(wanted.unclear, &people);
        let people =
            people.into_iter().filter(|person| self.may_leave(person, ThingKind::ContactGroup, &refused)).collect();
        let people = self.unprotected(people, &mut planned.kept);
        planned.leaving = people.into_iter().map(Person::reference).collect();
        let groups = strangers.iter().filter_map(|id| match id {
            ContactId::Group(group) => self.may_take(ThingKind::ContactGroup).then(|| group.clone()),
            ContactId::User(_) => None,
        });
        let groups: Vec<GroupId> = groups.collect();
        let groups = groups.into_iter().filter(|group| {
            let inside = self.protected_in(group);
            let free = inside.is_empty();
            planned.kept.extend(inside);
            free
        });
        // Without people in it a group takes nothing from anybody. One member has to stay.
        let (held, empty): (Vec<_>, Vec<_>) = groups.partition(|group| self.size_of_group(group) > 0);
        let stays = !wanted.members.is_empty();
        let empty: Vec<_> = empty.into_iter().map(ContactId::Group).collect();
        let batches = empty.chunks(ContactOperation::REMOVALS).filter(|_| stays);
        planned.operations.extend(batches.map(|ids| ContactOperation::Remove(reference.clone(), ids.to_vec())));
        let named = |id: GroupId| {
            let name = self.register.by_id(id.as_str()).map_or("", |group| &*group.name).into();
            LeavingGroup { id, name }
        };
        planned.leaving_groups = held.into_iter().map(named).collect();
        let is_left = wanted.members.keys().any(|id| present.contains(id));
        let exclusive = wish.membership == Membership::Exclusive;
        if exclusive && !is_left && self.comes_first(stays) {
            planned.doubt = Doubt::OfAll;
            (planned.leaving, planned.leaving_groups) = (Vec::new(), Vec::new());
        }
        planned.empties = !stays || (exclusive && !is_left);
        planned.members = Some(wanted.attendance);
    }

    fn wanted_contacts(&self, wish: &'a DesiredContactGroup, present: Option<&BTreeSet<ContactId>>) -> Wanted {
        let Some(members) = &wish.members else { return Wanted::default() };
        let mut wanted = Wanted::default();
        let circle = self.input.policy.access.circle(wish);
        let named = self.roster().named(&members.people, &Speaker { namespace: &wish.object.key.namespace, circle });
        wanted.attendance.wanted = named.count() + members.groups.len();
        for (who, why) in &named.waiting {
            wanted.attendance.wait(who, *why);
        }
        for who in &named.beyond {
            wanted.attendance.refuse(who, BEYOND);
        }
        let kept = named.kept.iter().filter_map(|Row(person)| person.id.clone().map(ContactId::User));
        wanted.kept = kept.collect();
        wanted.unclear = named.unclear;
        let refused = self.refusals_of_contact(wish, Act::Join);
        let is_in = |id: &ContactId| present.is_some_and(|present| present.contains(id));
        for person in named.by_address() {
            let Some(id) = person.id.clone().map(ContactId::User) else {
                wanted.attendance.wait(person.email.as_str(), WaitsFor::Acceptance);
                continue;
            };
            let member = ContactMember { id: id.clone(), name: person.email.as_str().into() };
            match (is_in(&id), person.state) {
                (true, _) => {
                    wanted.attendance.present += 1;
                    wanted.members.insert(id, member);
                }
                (false, State::Active) => match refused.of(person) {
                    Some(refusal) => wanted.attendance.refuse(person.email.as_str(), &refusal.message),
                    None => {
                        wanted.members.insert(id, member);
                    }
                },
                (false, State::Pending) => wanted.attendance.wait(person.email.as_str(), WaitsFor::Acceptance),
                (false, State::Inactive) => wanted.attendance.wait(person.email.as_str(), WaitsFor::Access),
            }
        }
        for object in &members.groups {
            match self.group_of(object) {
                Some(group) => {
                    let id = ContactId::Group(group.clone());
                    let present = is_in(&id);
                    if let Some(refusal) = refused.of_group(&group).filter(|_| !present) {
                        wanted.attendance.refuse(&object.to_string(), &refusal.message);
                        continue;
                    }
                    wanted.attendance.present += usize::from(present);
                    wanted.members.insert(id.clone(), ContactMember { id, name: object.to_string().into() });
                }
                None => {
                    wanted.unclear |= self.is_unclear(object, &wish.object.key);
                    wanted.attendance.wait(&object.to_string(), WaitsFor::Group);
                }
            }
        }
        wanted
    }

    /// The group that a ZoomGroup manages.
    fn group_of(&self, object: &ObjectKey) -> Option<crate::GroupId> {
        let wish: &DesiredGroup = self.input.desired.groups.iter().find(|wish| wish.object.key == *object)?;
        let speaks = self.input.policy.access.permits(wish) && self.register.winner(wish).is_none();
        match self.register.find(wish) {
            Whereabouts::There(group) if speaks => Some(group.id.clone()),
            Whereabouts::There(_) | Whereabouts::NotThere | Whereabouts::Unknown => None,
        }
    }

    /// Whether a ZoomGroup without a group may mean one all the same: it cannot be understood, may not speak for it, another
    /// speaks for it, it was not seen, or the namespace that it is to be in is not this one and may be going.
    fn is_unclear(&self, object: &ObjectKey, speaker: &ObjectKey) -> bool {
        let desired = self.input.desired;
        match desired.groups.iter().find(|wish| wish.object.key == *object) {
            Some(wish) => !matches!(self.register.find(wish), Whereabouts::NotThere),
            None => {
                let unreadable = desired.unreadable_things.groups.iter().any(|claim| claim.object == *object);
                unreadable || object.namespace != speaker.namespace
            }
        }
    }

    fn refusals_of_contact(&self, wish: &'a DesiredContactGroup, act: Act) -> Refusals<'a> {
        Refusals::standing(&wish.refused, wish.object.generation, self.input.now, act)
    }

    /// What the mode, the switches and an earlier refusal leave of it.
    fn within_contact_switches(&self, mut planned: ContactGroupPlan, wish: &DesiredContactGroup) -> ContactGroupPlan {
        let policy = self.input.policy;
        let only_looks = matches!(planned.operations.as_slice(), [ContactOperation::Read(_)]);
        let takes = !planned.leaving.is_empty() || !planned.leaving_groups.is_empty();
        if planned.operations.is_empty() && !takes {
            return planned;
        }
        if policy.mode == Mode::Plan && (takes || !only_looks) {
            planned.verdict = Verdict::new(Reason::PlanOnly, format!("would {}", told(&planned.operations)));
            return planned;
        }
        let forbidden = planned.operations.iter().find_map(|operation| match operation {
            ContactOperation::Read(_) => None,
            ContactOperation::Create(_) => (!policy.allow.create).then_some("create"),
            ContactOperation::Update(..)
            | ContactOperation::Add(..)
            | ContactOperation::Remove(..)
            | ContactOperation::Delete(_) => (!policy.allow.update).then_some("update"),
        });
        if let Some(forbidden) = forbidden {
            let message = format!("the connection's allow.{forbidden} is false, so this is left undone");
            planned.verdict = Verdict::new(Reason::NotAllowed, message);
            return planned;
        }
        match &wish.memory.refusal {
            Some(refusal) if refusal.generation == wish.object.generation && self.input.now < refusal.retry_at => {
                planned.verdict = Verdict::new(refusal.reason, refusal.message.clone());
                planned.operations.clear();
            }
            Some(_) | None => {
                planned.runnable = !planned.operations.is_empty();
                if planned.creates() {
                    planned.added = BTreeSet::new();
                }
            }
        }
        planned
    }
}

fn draft(wish: &DesiredContactGroup) -> ContactGroupDraft {
    ContactGroupDraft { name: wish.name.clone(), description: wish.description.clone(), privacy: wish.privacy }
}

/// People and groups go in calls of their own: Zoom takes different numbers of them.
fn adds(group: &ContactRef, members: impl Iterator<Item = ContactMember>) -> Vec<ContactOperation> {
    let (people, groups): (Vec<_>, Vec<_>) = members.partition(|member| matches!(member.id, ContactId::User(_)));
    let people = people.chunks(ContactOperation::USERS);
    let batches = people.chain(groups.chunks(ContactOperation::GROUPS));
    batches.map(|members| ContactOperation::Add(group.clone(), members.to_vec())).collect()
}

fn told(operations: &[ContactOperation]) -> String {
    operations.iter().take(3).map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn verdict(planned: &ContactGroupPlan) -> Verdict {
    if !planned.operations.is_empty() {
        return Verdict::new(Reason::Reconciling, told(&planned.operations));
    }
    match &planned.members {
        Some(members) if members.refused > 0 => {
            let message = format!("not taken: {}; edit this object to try again at once", members.told(true));
            Verdict::new(Reason::MembersRefused, message)
        }
        Some(_) if !planned.kept.is_empty() && planned.leaving.is_empty() && planned.leaving_groups.is_empty() => {
            Kept::verdict(&planned.kept)
        }
        Some(members) if members.waiting > 0 => {
            Verdict::new(Reason::WaitingForMembers, format!("all others are in; waiting for {}", members.told(false)))
        }
        Some(_) | None => planned.verdict.clone(),
    }
}
