//! The plan for roles: what they are called, and what they may do. Who has them is said by people.

use std::collections::BTreeSet;

use super::{
    DesiredRole, Kept, RoleDraft, RoleOperation,
    doubt::Doubt,
    identity::{Course, Register, course},
    plan::Groups,
};
use crate::{Input, Mode, ObjectKey, Person, Policy, Reason, Role, RoleId, Verdict};

/// What happens to one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolePlan {
    /// Who asks.
    pub object: ObjectKey,
    /// The role, if the object has one to manage.
    pub role: Option<RoleId>,
    /// Whether it is there by Zoom's word alone: Zoom said that it made it, and has not shown it yet.
    pub presumed: bool,
    /// What to do, in this order.
    pub operations: Vec<RoleOperation>,
    /// Whether the operations are to run now.
    pub runnable: bool,
    /// How the object stands if nothing more happened than this plan says.
    pub verdict: Verdict,
    /// What takes privileges from those who have the role; runs as a record.
    pub taking: Option<RoleOperation>,
    /// How many people have the role; absent where it is not there.
    pub holders: Option<usize>,
    /// Who has it and is protected, so that nothing is taken from it.
    pub kept: Vec<Kept>,
    pub(crate) doubt: Doubt,
}

impl RolePlan {
    fn rest(wish: &DesiredRole, verdict: Verdict) -> Self {
        Self {
            object: wish.object.key.clone(),
            role: None,
            presumed: false,
            operations: Vec::new(),
            runnable: false,
            taking: None,
            holders: None,
            doubt: Doubt::at_rest(&verdict),
            verdict,
            kept: Vec::new(),
        }
    }

    /// Whether the role is about to be made.
    #[must_use]
    pub fn creates(&self) -> bool {
        self.operations.iter().any(|operation| matches!(operation, RoleOperation::Create(_)))
    }
}

/// Plans all live objects.
pub(crate) fn plan_roles(groups: &Groups<'_>) -> Vec<RolePlan> {
    let (input, register) = (&groups.input, &groups.roles);
    let live = input.desired.roles.iter().filter(|wish| !wish.object.deleting);
    let mut plans: Vec<_> = live.map(|wish| groups.keeping_privileges(plan_role(wish, register, input))).collect();
    plans.sort_by(|left, right| left.object.cmp(&right.object));
    plans
}

/// The people who have a role.
pub(crate) fn holders<'a>(input: &Input<'a>, role: &str) -> impl Iterator<Item = &'a Person> {
    input.directory.people().filter(move |person| person.role.as_ref().is_some_and(|held| held.as_str() == role))
}

fn plan_role(wish: &DesiredRole, register: &Register<'_, DesiredRole>, input: &Input<'_>) -> RolePlan {
    let planned = match course(wish, register, input.policy) {
        Course::Rest(verdict) => return RolePlan::rest(wish, verdict),
        Course::Manage(role) if is_built_in(&role.id) => return built_in(wish),
        Course::Manage(role) => manage(wish, role, register, input),
        Course::Create => create(wish, input),
    };
    within_switches(planned, wish, input)
}

fn is_built_in(role: &RoleId) -> bool {
    [RoleId::OWNER, RoleId::ADMIN, RoleId::MEMBER].contains(&role.as_str())
}

fn built_in(wish: &DesiredRole) -> RolePlan {
    let message = format!(
        "the role {:?} is one of Zoom's own, which are neither changed nor deleted: write another spec.name, or delete \
         this object",
        wish.name
    );
    RolePlan::rest(wish, Verdict::new(Reason::InvalidValue, message))
}

fn draft(wish: &DesiredRole) -> RoleDraft {
    RoleDraft { name: wish.name.clone(), description: wish.description.clone(), privileges: wish.privileges.clone() }
}

fn create(wish: &DesiredRole, input: &Input<'_>) -> RolePlan {
    let mut planned = RolePlan::rest(wish, Verdict::new(Reason::Reconciling, format!("create role {:?}", wish.name)));
    match checked(wish, input) {
        Checked::Fits => planned.operations.push(RoleOperation::Create(draft(wish))),
        Checked::Unread(owner) => planned.operations.push(RoleOperation::Read(owner)),
        Checked::Misfits(verdict) => planned.verdict = verdict,
    }
    planned
}

fn manage(wish: &DesiredRole, role: &Role, register: &Register<'_, DesiredRole>, input: &Input<'_>) -> RolePlan {
    let mut planned = RolePlan::rest(wish, Verdict::new(Reason::Synced, "Zoom holds what this object wants"));
    planned.role = Some(role.id.clone());
    planned.presumed = input.directory.is_presumed(role.id.as_str());
    planned.holders = Some(holders(input, role.id.as_str()).count());
    if wish.privileges.is_some() && role.privileges.is_none() {
        planned.verdict = Verdict::new(Reason::Reconciling, "read the privileges");
        planned.doubt = Doubt::OfAll;
        planned.operations.push(RoleOperation::Read(role.id.clone()));
        return planned;
    }
    let renamed = *role.name.trim() != *wish.name.trim();
    if let Some(other) = register.named(&wish.name).filter(|other| renamed && other.id != role.id) {
        let message = format!(
            "the role cannot be renamed to {:?}: another role of the account, {}, has that name",
            wish.name, other.id
        );
        planned.verdict = Verdict::new(Reason::NameTaken, message);
        return planned;
    }
    let differs = wish.description.as_ref().is_some_and(|wanted| *wanted.trim() != *role.description.trim());
    let privileges = wish.privileges.as_ref().is_some_and(|wanted| Some(wanted) != role.privileges.as_deref());
    if !renamed && !differs && !privileges {
        return planned;
    }
    planned.verdict = Verdict::new(Reason::Reconciling, format!("update role {:?}", wish.name));
    match if privileges { checked(wish, input) } else { Checked::Fits } {
        Checked::Fits => change(&mut planned, wish, role, renamed || differs, input),
        Checked::Unread(owner) => {
            planned.doubt = Doubt::OfAll;
            planned.operations.push(RoleOperation::Read(owner));
        }
        Checked::Misfits(verdict) => planned.verdict = verdict,
    }
    planned
}

/// What people would lose with the role is taken by a record, once all else is as wanted.
fn change(planned: &mut RolePlan, wish: &DesiredRole, role: &Role, otherwise: bool, input: &Input<'_>) {
    let (present, wanted) = (role.privileges.iter().flat_map(|all| &**all), wish.privileges.iter().flatten());
    let gone =
        wish.privileges.as_ref().map_or(0, |wanted| present.clone().filter(|one| !wanted.contains(*one)).count());
    if gone == 0 || planned.holders == Some(0) && input.directory.complete().people {
        planned.operations.push(RoleOperation::Update(role.id.clone(), draft(wish)));
        return;
    }
    let all: BTreeSet<Box<str>> = present.chain(wanted).cloned().collect();
    if otherwise || Some(&all) != role.privileges.as_deref() {
        let draft = RoleDraft { privileges: Some(all), ..draft(wish) };
        planned.doubt = Doubt::OfAll;
        planned.operations.push(RoleOperation::Update(role.id.clone(), draft));
    } else if input.directory.complete().people {
        planned.taking = Some(RoleOperation::Update(role.id.clone(), draft(wish)));
        planned.verdict = Verdict::new(Reason::Reconciling, format!("take {gone} privileges from the role"));
    } else {
        let message = "the account was not listed completely yet: it is not known who would lose privileges";
        planned.verdict = Verdict::new(Reason::WaitingForListing, message);
        planned.doubt = Doubt::OfAll;
    }
}

/// What the account knows of privileges: the owner has all of them.
enum Checked {
    Fits,
    /// The owner's role has to be read first.
    Unread(RoleId),
    Misfits(Verdict),
}

fn checked(wish: &DesiredRole, input: &Input<'_>) -> Checked {
    let Some(wanted) = &wish.privileges else { return Checked::Fits };
    let Some(owner) = input.directory.roles().iter().find(|role| role.id.is_owner()) else { return Checked::Fits };
    let Some(known) = &owner.privileges else { return Checked::Unread(owner.id.clone()) };
    let unknown: BTreeSet<&str> = wanted.difference(known).map(|privilege| &**privilege).collect();
    // An account that shows none of the owner's says nothing about which there are.
    if unknown.is_empty() || known.is_empty() {
        return Checked::Fits;
    }
    let unknown = unknown.into_iter().collect::<Vec<_>>().join(", ");
    let message = format!(
        "the account does not know these privileges: {unknown}; those that it knows are the ones of its owner's role"
    );
    Checked::Misfits(Verdict::new(Reason::InvalidValue, message))
}

/// What the mode, the switches and an earlier refusal leave of it.
fn within_switches(mut planned: RolePlan, wish: &DesiredRole, input: &Input<'_>) -> RolePlan {
    let policy: &Policy = input.policy;
    let only_looks = matches!(planned.operations.as_slice(), [RoleOperation::Read(_)]);
    let forbidden = planned.operations.iter().find_map(|operation| match operation {
        RoleOperation::Read(_) => None,
        RoleOperation::Create(_) => (!policy.allow.create).then_some("create"),
        RoleOperation::Update(..) | RoleOperation::Delete(_) => (!policy.allow.update).then_some("update"),
    });
    if planned.operations.is_empty() && planned.taking.is_none() {
        return planned;
    }
    if policy.mode == Mode::Plan && !only_looks {
        planned.verdict = Verdict::new(Reason::PlanOnly, format!("would {}", planned.verdict.message));
        return planned;
    }
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
        Some(_) | None => planned.runnable = !planned.operations.is_empty(),
    }
    planned
}
