//! The plan for groups: who joins, who leaves, who administers.

use std::{collections::BTreeSet, fmt::Write as _};

use foldhash::{HashMap, HashSet};
use jiff::Timestamp;

use super::{
    Act, Attendance, DesiredContactGroup, DesiredGroup, DesiredRole, Group, GroupOperation, GroupRef, Kept, Membership,
    People,
    attending::{Attending, references},
    doubt::Doubt,
    identity::{Course, Register, course, manages},
    protection::by_former_addresses,
    refusals::Refusals,
    roster::{Roster, Speaker},
};
use crate::{
    Desired, Email, GroupId, Mode, ObjectKey, Person, PersonRef, Policy, Reason, State, ThingKind, UserId, Verdict,
    claims::Claims,
    input::{Input, Seen},
};

/// What happens to one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPlan {
    /// Who asks.
    pub object: ObjectKey,
    /// The group, if the object has one to manage.
    pub group: Option<GroupId>,
    /// Whether it is there by Zoom's word alone: Zoom said that it made it, and has not shown it yet.
    pub presumed: bool,
    /// What to do, a call each, in this order. Read-only plans keep theirs, for show.
    pub operations: Vec<GroupOperation>,
    /// Whether the operations are to run now; what is taken from people runs as a record.
    pub runnable: bool,
    /// How the object stands if nothing more happened than this plan says.
    pub verdict: Verdict,
    /// How many of the wanted members are in; absent where members are not managed, or nothing is known.
    pub members: Option<Attendance>,
    /// How many of the wanted administrators are.
    pub admins: Option<Attendance>,
    /// Whose primary group it is to be, and who is refused that. Who is not a member yet is not counted as missing.
    primaries: Attendance,
    /// Members whom this object added, as far as they are still in or asked in again: at most [`crate::REMEMBERED`] of them.
    pub added: BTreeSet<UserId>,
    /// Administrators whom this object added, as far as they still are or are asked again.
    pub added_admins: BTreeSet<Email>,
    /// Members whom the object wants out.
    pub leaving: Vec<PersonRef>,
    /// Administrators whom the object wants no more.
    pub leaving_admins: Vec<PersonRef>,
    /// Who of both stays although the object does not want them: the connection protects them.
    pub kept: Vec<Kept>,
    /// Nobody would be left whom the object wants.
    pub(crate) empties: bool,
    /// Nobody would administer it any more.
    pub(crate) empties_admins: bool,
    pub(crate) doubt: Doubt,
    pub(crate) doubt_about_admins: Doubt,
    /// Edits by people go first.
    pub(crate) edited: bool,
    /// Whom an exclusive group may take out does not depend on who put them in.
    remembers: bool,
}

impl GroupPlan {
    fn rest(wish: &DesiredGroup, verdict: Verdict) -> Self {
        Self {
            object: wish.object.key.clone(),
            group: None,
            presumed: false,
            operations: Vec::new(),
            runnable: false,
            members: None,
            admins: None,
            primaries: Attendance::default(),
            added: wish.added.as_ref().clone(),
            added_admins: wish.added_admins.as_ref().clone(),
            leaving: Vec::new(),
            leaving_admins: Vec::new(),
            kept: Vec::new(),
            empties: false,
            empties_admins: false,
            doubt: Doubt::at_rest(&verdict),
            doubt_about_admins: Doubt::at_rest(&verdict),
            verdict,
            edited: wish.object.is_edited(wish.memory.observed_generation),
            remembers: wish.membership == Membership::Additive,
        }
    }

    /// The members who are about to be added, and who put them in makes a difference: they are remembered before the calls,
    /// so that after a crash it is known whom this object added.
    pub fn adding(&self) -> impl Iterator<Item = &UserId> {
        let added = self.operations.iter().flat_map(|operation| match operation {
            GroupOperation::AddMembers(_, people) => people.as_slice(),
            GroupOperation::ReadMembers(_)
            | GroupOperation::ReadAdmins(_)
            | GroupOperation::Create(_)
            | GroupOperation::Rename(..)
            | GroupOperation::SetPrimary(..)
            | GroupOperation::AddAdmins(..)
            | GroupOperation::RemoveMember(..)
            | GroupOperation::RemoveAdmin(..)
            | GroupOperation::Delete(_) => &[],
        });
        added.filter(|_| self.remembers).filter_map(|person| person.id.as_ref())
    }

    /// The administrators of whom the same is true.
    pub fn adding_admins(&self) -> impl Iterator<Item = &Email> {
        let added = self.operations.iter().flat_map(|operation| match operation {
            GroupOperation::AddAdmins(_, people) => people.as_slice(),
            GroupOperation::ReadMembers(_)
            | GroupOperation::ReadAdmins(_)
            | GroupOperation::Create(_)
            | GroupOperation::Rename(..)
            | GroupOperation::AddMembers(..)
            | GroupOperation::SetPrimary(..)
            | GroupOperation::RemoveMember(..)
            | GroupOperation::RemoveAdmin(..)
            | GroupOperation::Delete(_) => &[],
        });
        added.filter(|_| self.remembers).map(|person| &person.email)
    }

    /// Whether the group is about to be made.
    #[must_use]
    pub fn creates(&self) -> bool {
        matches!(self.operations.first(), Some(GroupOperation::Create(_)))
    }
}

/// Everything that the plans for groups share.
pub(crate) struct Groups<'a> {
    pub register: Register<'a, DesiredGroup>,
    pub roles: Register<'a, DesiredRole>,
    pub contacts: Register<'a, DesiredContactGroup>,
    roster: Roster<'a>,
    rows: HashMap<&'a GroupId, Vec<&'a Person>>,
    /// Why people are protected by an address that only their object knows, by their present address.
    pub(super) former: HashMap<&'a Email, String>,
    /// Why people are protected by a group that an object counts them to, by their present address.
    pub(super) declared: HashMap<&'a Email, String>,
    /// Which object says what the primary group of somebody is.
    choosers: HashMap<&'a Email, &'a DesiredGroup>,
    /// How many people are in groups that objects manage.
    pub people: usize,
    pub(super) input: Input<'a>,
}

impl<'a> Groups<'a> {
    /// The objects are in the order of their names.
    pub(crate) fn of(input: &Input<'a>, objects: &'a [Seen<'a>], claims: &Claims<'a>) -> Self {
        let Input { desired, directory, .. } = *input;
        let complete = directory.complete();
        let (unreadable, access) = (&desired.unreadable_things, &input.policy.access);
        let register = Register::of(&desired.groups, directory.groups(), complete.groups, &unreadable.groups, access);
        let roles = Register::of(&desired.roles, directory.roles(), complete.roles, &unreadable.roles, access);
        let contacts = Register::of(
            &desired.contact_groups,
            directory.contact_groups(),
            complete.contact_groups,
            &unreadable.contact_groups,
            access,
        );
        let members: Vec<_> = desired.groups.iter().filter_map(|wish| wish.members.as_ref()).collect();
        let roster = Roster::of(input, objects, &members);
        let mut groups = Self {
            register,
            roles,
            contacts,
            roster,
            rows: HashMap::default(),
            former: by_former_addresses(input, objects, claims),
            declared: HashMap::default(),
            choosers: HashMap::default(),
            people: 0,
            input: *input,
        };
        groups.seat();
        groups.declared = groups.by_declared_groups();
        groups.choosers = groups.choosers();
        groups
    }

    /// Finds out who is in the groups that objects mean.
    fn seat(&mut self) {
        use super::identity::Whereabouts;
        let Input { desired, directory, .. } = self.input;
        let managed = desired.groups.iter().filter_map(|wish| match self.register.find(wish) {
            Whereabouts::There(group) => Some(&group.id),
            Whereabouts::NotThere | Whereabouts::Unknown => None,
        });
        let mut rows: HashMap<&GroupId, Vec<&Person>> = managed.map(|group| (group, Vec::new())).collect();
        if rows.is_empty() {
            return;
        }
        for person in directory.people() {
            let mut is_member = false;
            for group in person.groups.iter().flatten() {
                if let Some(members) = rows.get_mut(group) {
                    members.push(person);
                    is_member = true;
                }
            }
            self.people = self.people.saturating_add(usize::from(is_member));
        }
        self.rows = rows;
    }

    /// Who names somebody in `primaryFor` whose group they are in: of several objects the older one.
    fn choosers(&self) -> HashMap<&'a Email, &'a DesiredGroup> {
        let mut choosers: HashMap<&Email, &DesiredGroup> = HashMap::default();
        let age = |wish: &'a DesiredGroup| (wish.object.created, &wish.object.key);
        for wish in self.input.desired.groups.iter().filter(|wish| wish.primary_for != People::default()) {
            let Course::Manage(group) = course(wish, &self.register, self.input.policy) else { continue };
            let wanted = self.roster.named(&wish.primary_for, &self.speaker(wish));
            for person in wanted.people().filter(|person| person.is_in(&group.id) == Some(true)) {
                let chooser = choosers.entry(&person.email).or_insert(wish);
                if age(wish) < age(chooser) {
                    *chooser = wish;
                }
            }
        }
        choosers
    }

    /// Who is in a group that an object means, in no order.
    pub(crate) fn members(&self, group: &GroupId) -> &[&'a Person] {
        self.managed_members(group).unwrap_or_default()
    }

    /// The same; nothing for a group that no object means.
    pub(super) fn managed_members(&self, group: &GroupId) -> Option<&[&'a Person]> {
        self.rows.get(group).map(Vec::as_slice)
    }

    /// Who is in a group, whether an object means it or not.
    pub(super) fn in_group(&self, group: &GroupId) -> impl Iterator<Item = &'a Person> {
        self.input.directory.people().filter(move |person| person.is_in(group) == Some(true))
    }

    /// Whether all was seen that speaks for somebody to stay in a thing, or for the thing itself.
    pub(super) fn may_take(&self, from: ThingKind) -> bool {
        let complete = self.input.directory.complete();
        let things = match from {
            ThingKind::Group => complete.groups,
            ThingKind::Role => complete.roles,
            ThingKind::ContactGroup => complete.groups && complete.contact_groups,
        };
        self.input.suspicion.is_none() && self.input.desired.complete && complete.people && things
    }

    /// When something that Zoom refused is to be asked again.
    pub(crate) fn retries(&self) -> impl Iterator<Item = Timestamp> {
        let Desired { groups, roles, contact_groups, .. } = self.input.desired;
        let of_groups = groups.iter().filter_map(|wish| wish.memory.refusal.as_ref());
        let of_roles = roles.iter().filter_map(|wish| wish.memory.refusal.as_ref());
        let of_contacts = contact_groups.iter().filter_map(|wish| wish.memory.refusal.as_ref());
        let of_things = of_groups.chain(of_roles).chain(of_contacts).map(|refusal| refusal.retry_at);
        let members = groups.iter().map(|wish| &wish.refused).chain(contact_groups.iter().map(|wish| &wish.refused));
        of_things.chain(members.flat_map(|refused| refused.values()).map(|refusal| refusal.retry_at))
    }

    /// Plans all live objects: those that people edited come first.
    pub(crate) fn plan(&self) -> Vec<GroupPlan> {
        let live = self.input.desired.groups.iter().filter(|wish| !wish.object.deleting);
        let mut plans: Vec<_> = live.map(|wish| self.plan_one(wish)).collect();
        plans.sort_by(|left, right| (!left.edited, &left.object).cmp(&(!right.edited, &right.object)));
        plans
    }

    fn plan_one(&self, wish: &'a DesiredGroup) -> GroupPlan {
        let policy = self.input.policy;
        let planned = match course(wish, &self.register, policy) {
            Course::Rest(verdict) => return GroupPlan::rest(wish, verdict),
            Course::Create => self.create(wish),
            Course::Manage(group) => self.manage(wish, group),
        };
        within_switches(planned, wish, policy, &self.input)
    }

    fn create(&self, wish: &'a DesiredGroup) -> GroupPlan {
        let group = GroupRef { id: None, name: wish.name.clone() };
        let mut planned = GroupPlan::rest(wish, Verdict::new(Reason::Reconciling, ""));
        planned.operations.push(GroupOperation::Create(wish.name.clone()));
        if let Some(members) = &wish.members {
            let wanted = self.roster.members(members, &self.speaker(wish));
            let attending = Attending::of(&wanted, |_| false, &self.refusals(wish, Act::Join));
            let attending = attending.remembered(wish, 0);
            planned.operations.extend(attending.adds(&group));
            planned.members = Some(attending.attendance);
        }
        if let Some(admins) = &wish.admins {
            let wanted = self.roster.named(admins, &self.speaker(wish));
            let attending = Attending::of(&wanted, |_| false, &self.refusals(wish, Act::Administer));
            planned.operations.extend(attending.admins(&group));
            planned.admins = Some(attending.attendance);
        }
        planned.verdict.message = told(&planned.operations).into();
        planned
    }

    fn manage(&self, wish: &'a DesiredGroup, group: &'a Group) -> GroupPlan {
        let reference = GroupRef { id: Some(group.id.clone()), name: group.name.clone() };
        let mut planned = GroupPlan::rest(wish, Verdict::new(Reason::Synced, "Zoom holds what this object wants"));
        planned.group = Some(group.id.clone());
        planned.presumed = self.input.directory.is_presumed(group.id.as_str());
        if !manages(wish, group) {
            // What it once added to another group says nothing about this one.
            (planned.added, planned.added_admins) = (BTreeSet::new(), BTreeSet::new());
        }
        let renamed = *group.name.trim() != *wish.name.trim();
        let taken = self.register.named(&wish.name).filter(|other| renamed && other.id != group.id);
        if renamed && taken.is_none() {
            planned.operations.push(GroupOperation::Rename(reference.clone(), wish.name.clone()));
        }
        if wish.admins.is_some() && group.admins.is_none() {
            planned.operations.push(GroupOperation::ReadAdmins(reference.clone()));
        }
        self.manage_members(&mut planned, wish, group, &reference);
        self.manage_admins(&mut planned, wish, group, &reference);
        self.manage_primaries(&mut planned, wish, group, &reference);
        planned.verdict = verdict(&planned, wish, taken);
        planned
    }

    fn manage_members(&self, planned: &mut GroupPlan, wish: &'a DesiredGroup, group: &Group, reference: &GroupRef) {
        let Some(members) = &wish.members else { return };
        let wanted = self.roster.members(members, &self.speaker(wish));
        let is_in = |person: &Person| person.is_in(&group.id) == Some(true);
        let attending = Attending::of(&wanted, is_in, &self.refusals(wish, Act::Join));
        let attending = attending.remembered(wish, planned.added.len());
        planned.operations.extend(attending.adds(reference));
        planned.members = Some(attending.attendance);
        let rows = self.members(&group.id);
        if self.may_take(ThingKind::Group) {
            let here: HashSet<&UserId> = rows.iter().filter_map(|person| person.id.as_ref()).collect();
            // Of whom Zoom does not say where they are, as of deactivated people, it stays known who put them in.
            let unsaid = |id: &UserId| self.input.directory.by_id(id).is_some_and(|person| person.groups.is_none());
            // Who is wanted and not shown may be in: a listing may be older than the call that put them in.
            let asked: HashSet<&UserId> = attending.missing.iter().filter_map(|person| person.id.as_ref()).collect();
            planned.added.retain(|id| here.contains(id) || asked.contains(id) || unsaid(id));
        }
        let refused = self.refusals(wish, Act::Leave);
        let may_go = |person: &&&Person| match wish.membership {
            Membership::Exclusive => true,
            Membership::Additive => person.id.as_ref().is_some_and(|id| planned.added.contains(id)),
        };
        let strangers: Vec<_> =
            rows.iter().filter(|person| wanted.is_stranger(person)).filter(may_go).copied().collect();
        planned.doubt = self.doubt(wanted.unclear, &strangers);
        let leaving =
            strangers.into_iter().filter(|person| self.may_leave(person, ThingKind::Group, &refused)).collect();
        let leaving = references(&self.unprotected(leaving, &mut planned.kept));
        let none_in = planned.members.as_ref().is_none_or(|members| members.present == 0);
        if none_in && wish.membership == Membership::Exclusive && self.comes_first(!attending.missing.is_empty()) {
            planned.doubt = Doubt::OfAll;
            return;
        }
        planned.leaving = leaving;
        // What selects nobody is more likely a slip than a wish: an emptied selector, a renamed department.
        planned.empties = (none_in || wanted.finds_nobody) && wish.membership == Membership::Exclusive;
    }

    /// Whether those who are to be there instead come first, where otherwise nobody would be left. In a mere plan both are
    /// shown.
    pub(super) fn comes_first(&self, joins: bool) -> bool {
        joins && self.input.policy.mode != Mode::Plan
    }

    /// Somebody who is inactive or pending rests, and so does everybody while not all was seen.
    pub(super) fn may_leave(&self, person: &Person, from: ThingKind, refused: &Refusals<'_>) -> bool {
        let listed = match person.state {
            State::Active => true,
            State::Inactive | State::Pending => false,
        };
        self.may_take(from) && listed && !self.roster.stays(person) && refused.of(person).is_none()
    }

    fn manage_admins(&self, planned: &mut GroupPlan, wish: &'a DesiredGroup, group: &Group, reference: &GroupRef) {
        let Some(admins) = &wish.admins else { return };
        let Some(present) = &group.admins else {
            planned.doubt_about_admins = Doubt::OfAll;
            return;
        };
        let wanted = self.roster.named(admins, &self.speaker(wish));
        let is_admin = |person: &Person| present.contains(&person.email);
        let attending = Attending::of(&wanted, is_admin, &self.refusals(wish, Act::Administer));
        planned.operations.extend(attending.admins(reference));
        planned.admins = Some(attending.attendance);
        let asked = |email: &Email| attending.missing.iter().any(|person| person.email == *email);
        planned.added_admins.retain(|email| present.contains(email) || asked(email));
        let refused = self.refusals(wish, Act::Resign);
        let may_go = |email: &&Email| match wish.membership {
            Membership::Exclusive => true,
            Membership::Additive => planned.added_admins.contains(*email),
        };
        let rows = present.iter().filter(may_go).filter_map(|email| match self.input.directory.find(None, email) {
            crate::Lookup::Found(person) => Some(person),
            crate::Lookup::Absent | crate::Lookup::Unknown => None,
        });
        let strangers: Vec<_> = rows.filter(|person| wanted.is_stranger(person)).collect();
        planned.doubt_about_admins = self.doubt(wanted.unclear, &strangers);
        let leaving =
            strangers.into_iter().filter(|person| self.may_leave(person, ThingKind::Group, &refused)).collect();
        let leaving = references(&self.unprotected(leaving, &mut planned.kept));
        let last_go = present.iter().all(|email| leaving.iter().any(|person| person.email == *email));
        if last_go && self.comes_first(!attending.missing.is_empty()) {
            planned.doubt_about_admins = Doubt::OfAll;
            return;
        }
        planned.leaving_admins = leaving;
        planned.empties_admins = last_go && wish.membership == Membership::Exclusive;
    }

    /// Makes the group the first one of its members, as Zoom orders them. Of several objects that want this of one person
    /// the older has its way: otherwise each would undo what the other does.
    fn manage_primaries(&self, planned: &mut GroupPlan, wish: &'a DesiredGroup, group: &Group, reference: &GroupRef) {
        let refused = self.refusals(wish, Act::Prefer);
        let not_first = |person: &&Person| match (person.state, &person.groups) {
            (State::Active, Some(groups)) => groups.contains(&group.id) && groups.first() != Some(&group.id),
            (State::Active, None) | (State::Inactive | State::Pending, _) => false,
        };
        let wanted = self.roster.named(&wish.primary_for, &self.speaker(wish));
        planned.primaries.wanted = wanted.count();
        for person in wanted.by_address().into_iter().filter(not_first) {
            let chooser = self.choosers.get(&person.email).map(|chooser| &chooser.object.key);
            match (chooser.filter(|chooser| **chooser != wish.object.key), refused.of(person)) {
                (Some(older), _) => {
                    let why = format!("spec.primaryFor of {older}, which goes first, names them too");
                    planned.primaries.refuse(person.email.as_str(), &why);
                }
                (None, Some(refusal)) => planned.primaries.refuse(person.email.as_str(), &refusal.message),
                (None, None) => {
                    planned.operations.push(GroupOperation::SetPrimary(reference.clone(), person.reference()));
                }
            }
        }
    }

    fn refusals(&self, wish: &'a DesiredGroup, act: Act) -> Refusals<'a> {
        Refusals::standing(&wish.refused, wish.object.generation, self.input.now, act)
    }

    pub(super) fn speaker(&self, wish: &'a DesiredGroup) -> Speaker<'a> {
        Speaker { namespace: &wish.object.key.namespace, circle: self.input.policy.access.circle(wish) }
    }

    pub(super) fn roster(&self) -> &Roster<'a> {
        &self.roster
    }
}

/// Why somebody is refused of whom an object may not speak.
pub(super) const BEYOND: &str = "spec.access of the connection does not let this namespace name them";

/// How the object stands once its operations are done.
fn verdict(planned: &GroupPlan, wish: &DesiredGroup, taken: Option<&Group>) -> Verdict {
    if !planned.operations.is_empty() {
        return Verdict::new(Reason::Reconciling, told(&planned.operations));
    }
    if let Some(other) = taken {
        let message = format!(
            "the group cannot be renamed to {:?}: another group of the account, {}, has that name; rename or delete that \
             one, or give this object another spec.name",
            wish.name, other.id
        );
        return Verdict::new(Reason::NameTaken, message);
    }
    let lists = [
        ("members", planned.members.as_ref()),
        ("administrators", planned.admins.as_ref()),
        ("people of spec.primaryFor", Some(&planned.primaries)),
    ];
    let lists = || lists.iter().filter_map(|(word, list)| Some((word, (*list)?)));
    let told = |refused: bool| {
        let mut text = String::new();
        for (word, list) in lists().filter(|(_, list)| if refused { list.refused > 0 } else { list.waiting > 0 }) {
            let count = if refused { list.refused } else { list.waiting };
            let separator = if text.is_empty() { "" } else { "; " };
            // Writing to a String cannot fail.
            let _ = write!(text, "{separator}{count} of {} {word}: {}", list.wanted, list.told(refused));
        }
        text
    };
    if lists().any(|(_, list)| list.refused > 0) {
        let message = format!("not taken: {}; edit this object to try again at once", told(true));
        return Verdict::new(Reason::MembersRefused, message);
    }
    // What becomes of the others is said first.
    if !planned.kept.is_empty() && planned.leaving.is_empty() && planned.leaving_admins.is_empty() {
        return Kept::verdict(&planned.kept);
    }
    if lists().any(|(_, list)| list.waiting > 0) {
        return Verdict::new(Reason::WaitingForMembers, format!("all others are in; waiting for {}", told(false)));
    }
    planned.verdict.clone()
}

/// A few operations in words.
fn told(operations: &[GroupOperation]) -> String {
    let mut words: Vec<String> = operations.iter().take(3).map(ToString::to_string).collect();
    if let Some(more) = operations.len().checked_sub(words.len()).filter(|more| *more > 0) {
        words.push(format!("{more} more calls"));
    }
    words.join("; ")
}

/// What the mode, the switches and an earlier refusal leave of it.
fn within_switches(mut planned: GroupPlan, wish: &DesiredGroup, policy: &Policy, input: &Input<'_>) -> GroupPlan {
    let takes = !planned.leaving.is_empty() || !planned.leaving_admins.is_empty();
    let only_looks = matches!(planned.operations.as_slice(), [GroupOperation::ReadAdmins(_)]);
    if planned.operations.is_empty() && !takes {
        return planned;
    }
    if policy.mode == Mode::Plan && (takes || !only_looks) {
        let leaving = planned.leaving.len();
        let taken = if leaving > 0 { format!("; remove {leaving} people") } else { String::new() };
        let message = format!("would {}{taken}", told(&planned.operations));
        planned.verdict = Verdict::new(Reason::PlanOnly, message);
        return planned;
    }
    let forbidden = planned.operations.iter().find_map(|operation| forbidden_by(operation, policy));
    if let Some(forbidden) = forbidden {
        let message =
            format!("the connection's allow.{forbidden} is false, so this is left undone: {}", planned.verdict.message);
        planned.verdict = Verdict::new(Reason::NotAllowed, message);
        return planned;
    }
    match &wish.memory.refusal {
        Some(refusal) if refusal.generation == wish.object.generation && input.now < refusal.retry_at => {
            planned.verdict = Verdict::new(refusal.reason, refusal.message.clone());
            planned.operations.clear();
        }
        Some(_) | None => {
            planned.runnable = !planned.operations.is_empty();
            if planned.creates() {
                // Whom it put into a group that is gone says nothing about the one that it makes.
                (planned.added, planned.added_admins) = (BTreeSet::new(), BTreeSet::new());
            }
        }
    }
    planned
}

/// The switch that forbids an operation.
fn forbidden_by(operation: &GroupOperation, policy: &Policy) -> Option<&'static str> {
    match operation {
        GroupOperation::ReadMembers(_) | GroupOperation::ReadAdmins(_) => None,
        GroupOperation::Create(_) => (!policy.allow.create).then_some("create"),
        GroupOperation::Rename(..)
        | GroupOperation::AddMembers(..)
        | GroupOperation::SetPrimary(..)
        | GroupOperation::AddAdmins(..)
        | GroupOperation::RemoveMember(..)
        | GroupOperation::RemoveAdmin(..)
        | GroupOperation::Delete(_) => (!policy.allow.update).then_some("update"),
    }
}
