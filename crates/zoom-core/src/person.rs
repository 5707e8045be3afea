//! The plan for one person.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use crate::{
    Adoption, Attributes, Class, Contested, CreateMethod, Creation, DesiredPerson, Directory, Drift, License, Lookup,
    Mode, NewPerson, Operation, Patch, Person, PersonPlan, Policy, Reason, Seat, State, Step, Verdict,
    desired::Wanted,
    diff::{Difference, LICENSE, difference},
    planned::Taking,
    record::LAST_ADMIN,
};

/// Plans one live object on its own: without the conflicts among objects and without the guard, which look at all of
/// them. See [`crate::plan()`].
#[must_use]
pub fn plan_person(desired: &DesiredPerson, policy: &Policy, directory: &Directory, now: Timestamp) -> PersonPlan {
    plan_found(desired, desired.find(directory), policy, directory, now)
}

/// The same for a person who was looked up before.
pub(crate) fn plan_found(
    desired: &DesiredPerson,
    lookup: Lookup<'_>,
    policy: &Policy,
    directory: &Directory,
    now: Timestamp,
) -> PersonPlan {
    if let Some(message) = policy.access.refusal(desired) {
        let verdict = Verdict::new(Reason::NotPermitted, message);
        return PersonPlan {
            object: desired.object.clone(),
            operations: Vec::new(),
            taking: None,
            restore: None,
            not_restored: Vec::new(),
            drift: Vec::new(),
            seat: Seat::NotNeeded,
            verdict,
        };
    }
    let planned = match policy.mode {
        Mode::Enforce | Mode::HoldRemovals | Mode::Plan if desired.suspended => {
            Planned::nothing(Reason::Suspended, "the object is suspended: nothing is done to the person")
        }
        Mode::Suspend => {
            Planned::nothing(Reason::Suspended, "the connection is suspended: Zoom is neither read nor written")
        }
        Mode::Enforce | Mode::HoldRemovals | Mode::Plan => match lookup {
            Lookup::Unknown => Planned::nothing(Reason::WaitingForListing, "the account was not listed completely yet"),
            Lookup::Absent => absent(desired, policy, now),
            Lookup::Found(person) => found(desired, person, policy, directory, now),
        },
    };
    let mut planned = within_switches(planned, desired, lookup, policy, now);
    if let (Reason::Synced | Reason::Invited, Some(end)) = (planned.verdict.reason, desired.wanted.active_until) {
        let forecast = format!("; is deactivated at {end}, by spec.activeUntil");
        planned.verdict.message.to_mut().push_str(&forecast);
    }
    PersonPlan {
        object: desired.object.clone(),
        operations: planned.operations,
        restore: None,
        not_restored: Vec::new(),
        drift: planned.drift,
        taking: planned.taking,
        seat: Seat::NotNeeded,
        verdict: planned.verdict,
    }
}

struct Planned {
    operations: Vec<Operation>,
    drift: Vec<String>,
    taking: Option<Taking>,
    verdict: Verdict,
}

impl Planned {
    fn nothing(reason: Reason, message: impl Into<Cow<'static, str>>) -> Self {
        Self { operations: Vec::new(), drift: Vec::new(), taking: None, verdict: Verdict::new(reason, message) }
    }

    /// Operations to carry out; `settled` is what is true once there are none.
    fn run(operations: Vec<Operation>, settled: impl FnOnce() -> Self) -> Self {
        if operations.is_empty() {
            return settled();
        }
        let message = operations.iter().map(Operation::to_string).collect::<Vec<_>>().join("; ");
        Self { operations, drift: Vec::new(), taking: None, verdict: Verdict::new(Reason::Reconciling, message) }
    }

    fn taking(class: Class, step: Step) -> Self {
        let verdict = Verdict::new(Reason::Reconciling, step.to_string());
        Self { operations: Vec::new(), drift: Vec::new(), taking: Some(Taking::new(class, vec![step])), verdict }
    }
}

/// Nobody is there.
fn absent(desired: &DesiredPerson, policy: &Policy, now: Timestamp) -> Planned {
    let remembered = &desired.remembered;
    if !desired.wanted.is_active(now) {
        return Planned::nothing(Reason::Deactivated, "not in the account, and no access is wanted");
    }
    if remembered.elsewhere && !desired.access_is_newer() {
        return Planned::nothing(Reason::WaitingForConsent, ELSEWHERE);
    }
    if remembered.access_generation.is_some() && !desired.access_is_newer() {
        return Planned::nothing(
            Reason::RemovedInZoom,
            "was removed in Zoom and is not created again on its own: edit this object to bring the person back, or \
             delete it",
        );
    }
    match desired.creation.or(policy.creation) {
        None => Planned::nothing(
            Reason::CreationMethodMissing,
            "not in the account, and nothing says how to create people: set spec.creation.method here or on the \
             connection",
        ),
        Some(Creation::Wait) => {
            Planned::nothing(Reason::NotYetJoined, "not in the account yet; waiting until they appear")
        }
        Some(Creation::By(_)) if !policy.creates_in_domain_of(&desired.email) => Planned::nothing(
            Reason::AddressRefused,
            "not in the account, and the connection creates people in other domains alone: correct spec.email, or add \
             the domain to creation.domains on the connection",
        ),
        Some(Creation::By(method)) => {
            let create = Operation::Create(new_person(desired, method));
            let follow_up = follow_up(&desired.wanted);
            let update = (!follow_up.is_empty()).then(|| Operation::Update(desired.reference(), follow_up));
            Planned::run([create].into_iter().chain(update).collect(), || {
                Planned::nothing(Reason::Synced, "nothing to do")
            })
        }
    }
}

fn new_person(desired: &DesiredPerson, method: CreateMethod) -> NewPerson {
    let attributes: Attributes =
        desired.wanted.attributes.iter().filter(|(attribute, _)| attribute.is_creatable()).collect();
    NewPerson {
        email: desired.email.clone(),
        method,
        attributes,
        license: desired.wanted.license.unwrap_or(crate::License::Basic),
    }
}

/// What Zoom's create call cannot set.
fn follow_up(wanted: &Wanted) -> Patch {
    Patch {
        attributes: wanted.attributes.iter().filter(|(attribute, _)| !attribute.is_creatable()).collect(),
        phones: wanted.phones.clone().filter(|phones| !phones.is_empty()),
        custom: wanted.custom.clone(),
        license: None,
    }
}

/// Somebody is there.
fn found(desired: &DesiredPerson, person: &Person, policy: &Policy, directory: &Directory, now: Timestamp) -> Planned {
    if !desired.manages(person) && policy.adoption == Adoption::Never {
        return Planned::nothing(
            Reason::AdoptionRefused,
            "is in the account already, and the connection's adoption is Never: set it to ByEmail, or delete this \
             object",
        );
    }
    let planned = found_meant(desired, person, policy, directory, now);
    let takes = planned.taking.is_some() || !desired.wanted.is_active(now);
    if takes && desired.meant_another(person) && !desired.is_edited() {
        let message = format!(
            "somebody else has the address {} in the account than this object was about, and nothing is taken from them: edit \
             this object if it is to mean them, or delete it",
            person.email
        );
        return Planned::nothing(Reason::AdoptionRefused, message);
    }
    planned
}

/// The plan for somebody whom the object means.
fn found_meant(
    desired: &DesiredPerson,
    person: &Person,
    policy: &Policy,
    directory: &Directory,
    now: Timestamp,
) -> Planned {
    match (person.state, desired.wanted.is_active(now)) {
        (State::Active | State::Pending, false) => match last_admin(person, directory) {
            None => Planned::taking(Class::Access, Step::Deactivate),
            Some(Verdict { reason, message }) => Planned::nothing(reason, message),
        },
        (State::Active | State::Pending, true) if person.email != desired.email => {
            other_address(desired, person, policy, directory)
        }
        (State::Active, true) => active(desired, person, policy, directory, now),
        (State::Pending, true) => pending(desired, person, now),
        (State::Inactive, false) => {
            Planned::nothing(Reason::Deactivated, "is deactivated in Zoom; the other fields rest")
        }
        (State::Inactive, true) if desired.access_is_newer() => reactivate(desired, person),
        (State::Inactive, true) => Planned::nothing(
            Reason::DeactivatedInZoom,
            "was deactivated in Zoom and is not let in again on its own: edit this object to bring the person back, \
             or set spec.active to false",
        ),
    }
}

/// The person has another address in Zoom than the object declares: an edit is carried out, and who was renamed in Zoom is
/// not renamed back on their own.
fn other_address(desired: &DesiredPerson, person: &Person, policy: &Policy, directory: &Directory) -> Planned {
    let renamed_in_zoom = desired.remembered.email.as_ref() == Some(&desired.email);
    if renamed_in_zoom && !desired.previous_emails.contains(&person.email) {
        return Planned::nothing(
            Reason::EmailDiffers,
            format!(
                "the person with id {} was given the address {} in Zoom: put it into spec.email, or add it to \
                 spec.previousEmails to have it changed back",
                person.id.as_ref().map_or("unknown", |id| id.as_str()),
                person.email
            ),
        );
    }
    if let Lookup::Found(_) = directory.find(None, &desired.email) {
        return Planned::nothing(Reason::EmailTaken, taken(desired, person));
    }
    match (person.state, desired.creation.or(policy.creation)) {
        (State::Active | State::Inactive, _) => Planned::taking(Class::Identity, Step::SetEmail(desired.email.clone())),
        // Without another invitation they would have none.
        (State::Pending, Some(Creation::By(_))) if !policy.allow.create => {
            Planned::nothing(Reason::NotAllowed, format!("the connection's allow.create is false, {}", keeps(person)))
        }
        (State::Pending, Some(Creation::By(_))) if !policy.creates_in_domain_of(&desired.email) => Planned::nothing(
            Reason::AddressRefused,
            format!("the connection creates people in other domains alone, {}", keeps(person)),
        ),
        // Zoom does not change the address of an invitation: it is withdrawn, and another one sent.
        (State::Pending, Some(Creation::By(_))) => Planned::taking(Class::Access, Step::Deactivate),
        (State::Pending, Some(Creation::Wait) | None) => Planned::nothing(
            Reason::EmailDiffers,
            format!(
                "was invited as {}, and Zoom does not change the address of an invitation: have them accept it first, \
                 or withdraw it by setting active to false",
                person.email
            ),
        ),
    }
}

fn keeps(person: &Person) -> String {
    format!(
        "so the invitation to {} is not withdrawn: correct spec.email, or ask whoever runs the connection",
        person.email
    )
}

/// Whose address an object wants that somebody else has.
pub(crate) fn taken(desired: &DesiredPerson, person: &Person) -> String {
    format!(
        "somebody else in the account has the address {}; the person keeps {} until it is free: correct spec.email, or \
         change the other person's address first",
        desired.email, person.email
    )
}

/// What somebody has to do whom Zoom did not create but asked.
const ELSEWHERE: &str = "the address has a Zoom account outside this one, and Zoom has asked its owner by e-mail to move: have \
                         them agree to that, or close the other account and edit this object then";

/// How long an invitation can be accepted (Zoom API reference, Users: create).
const INVITATION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Waits for the person; what Zoom does not take before they accept is named.
fn pending(desired: &DesiredPerson, person: &Person, now: Timestamp) -> Planned {
    let since = desired.remembered.pending_since;
    if let Some(since) = since.filter(|since| now.duration_since(*since) >= INVITATION) {
        return Planned::nothing(
            Reason::InvitationExpired,
            format!(
                "was invited at {since} and did not accept within 30 days, after which Zoom's link is dead: set \
                 spec.active to false to withdraw the invitation, and back to true to send another"
            ),
        );
    }
    let since = since.map_or_else(String::new, |since| format!(" (pending since {since})"));
    if desired.remembered.elsewhere {
        return Planned::nothing(Reason::WaitingForConsent, format!("{ELSEWHERE}{since}"));
    }
    let difference = difference(&desired.wanted, person);
    let mut waiting = difference.patch.fields();
    waiting.extend(follow_up(&desired.wanted).fields());
    waiting.extend(difference.lower_license.map(|_| "license".to_owned()));
    waiting.extend(
        desired.wanted.role.as_ref().filter(|role| !role.eq_ignore_ascii_case("Member")).map(|_| "role".to_owned()),
    );
    waiting.sort();
    waiting.dedup();
    let message = if waiting.is_empty() {
        format!("is invited and has not accepted yet{since}")
    } else {
        format!("is invited and has not accepted yet{since}; waiting for that: {}", waiting.join(", "))
    };
    Planned::nothing(Reason::Invited, message)
}

/// Lets a person in again. Zoom took the licence when they were deactivated, so it is given again.
fn reactivate(desired: &DesiredPerson, person: &Person) -> Planned {
    let patch = difference(&desired.wanted, person).patch;
    let update = (!patch.is_empty()).then(|| Operation::Update(person.reference(), patch));
    Planned::run([Operation::Activate(person.reference())].into_iter().chain(update).collect(), || {
        Planned::nothing(Reason::Synced, "nothing to do")
    })
}

fn active(desired: &DesiredPerson, person: &Person, policy: &Policy, directory: &Directory, now: Timestamp) -> Planned {
    let wanted = &desired.wanted;
    let mut role = match role_step(wanted, person, directory) {
        _ if desired.ignored.iter().any(|field| **field == *ROLE) => RoleStep::None,
        Ok(role) => role,
        Err(verdict) => return Planned { operations: Vec::new(), drift: Vec::new(), taking: None, verdict },
    };
    if wanted.needs_details() && person.details.is_none() && desired.is_edited() {
        return Planned::run(vec![Operation::Read(person.reference())], || {
            Planned::nothing(Reason::Synced, "nothing to do")
        });
    }
    let mut difference = difference(wanted, person).without(&desired.ignored);
    if wanted.license.is_none() {
        let had = desired.remembered.restore.as_ref().and_then(|had| had.license);
        let lacks = |had: &License| person.license.differs_from(*had);
        let had = had.filter(|had| policy.access.permits_license(desired, *had));
        difference.patch.license = had.filter(lacks);
    }
    let drift = drifted(desired, &difference, &role);
    if !drift.is_empty() && desired.drift.unwrap_or(policy.drift) == Drift::Report {
        let fields: Vec<Box<str>> = drift.iter().map(|field| field.as_str().into()).collect();
        difference = difference.without(&fields);
        if drift.iter().any(|field| field == ROLE) {
            role = RoleStep::None;
        }
        if difference.is_empty() && matches!(role, RoleStep::None) {
            let message = format!("was changed in Zoom, which is only reported: {}", drift.join(", "));
            return Planned { drift, ..Planned::nothing(Reason::Drifted, message) };
        }
    }
    let held_back = HeldBack::of(desired, &difference.patch, now);
    let patch = difference.patch.without(&held_back.fields);
    let update = (!patch.is_empty()).then(|| Operation::Update(person.reference(), patch));
    let mut operations: Vec<_> = update.into_iter().collect();
    let mut taken: Vec<Step> = difference.lower_license.map(Step::SetLicense).into_iter().collect();
    match role {
        RoleStep::None => {}
        RoleStep::Give(operation) => operations.push(operation),
        RoleStep::Take(step) => taken.push(step),
    }
    let mut planned = Planned { drift, ..Planned::run(operations, || held_back.settled()) };
    if !taken.is_empty() {
        let steps = taken.iter().map(Step::to_string).collect::<Vec<_>>().join("; ");
        planned.verdict = Verdict::new(Reason::Reconciling, steps);
        planned.taking = Some(Taking::new(Class::Entitlement, taken));
    }
    planned
}

const ROLE: &str = "role";

/// The fields that differ because somebody changed them in Zoom.
fn drifted(desired: &DesiredPerson, difference: &Difference, role: &RoleStep) -> Vec<String> {
    if !desired.drifted() {
        return Vec::new();
    }
    let fields = difference.fields().filter(|field| field != LICENSE || !desired.licence_is_new());
    fields.chain(role.field()).collect()
}

/// Fields that differ and are not sent for now.
struct HeldBack {
    fields: Vec<Box<str>>,
    without_effect: Vec<Box<str>>,
    contested: Vec<Contested>,
}

impl HeldBack {
    fn of(desired: &DesiredPerson, patch: &Patch, now: Timestamp) -> Self {
        let without_effect = without_effect(desired, patch);
        let differing = patch.fields();
        let waits = |field: &&Contested| field.again_at > now && differing.iter().any(|name| **name == *field.field);
        let contested: Vec<_> = desired.remembered.contested.iter().filter(waits).cloned().collect();
        let fields = without_effect.iter().chain(contested.iter().map(|field| &field.field)).cloned().collect();
        Self { fields, without_effect, contested }
    }

    /// What is true when nothing is left to send.
    fn settled(&self) -> Planned {
        if let [first, ..] = &*self.contested {
            let told = |field: &Contested| format!("{} ({} times)", field.field, field.corrections);
            let fields = self.contested.iter().map(told).collect::<Vec<_>>().join(", ");
            return Planned::nothing(
                Reason::Contested,
                format!(
                    "somebody changes it back in Zoom each time it was put right: {fields}; an attribute mapping of single \
                     sign-on may own it: leave it out of the object, or list it in spec.ignoreFields; it is put right \
                     again at {}",
                    first.again_at
                ),
            );
        }
        match &*self.without_effect {
            [] => Planned::nothing(Reason::Synced, "Zoom holds what this object wants"),
            fields => Planned::nothing(
                Reason::NotApplied,
                format!(
                    "Zoom accepted a change of {} without carrying it out: a rule of the account, such as an attribute \
                     mapping of single sign-on, may own it; it is tried again after the next edit",
                    fields.join(", ")
                ),
            ),
        }
    }
}

/// The fields that still differ although Zoom accepted them; not asked for again before the next edit.
fn without_effect(desired: &DesiredPerson, patch: &Patch) -> Vec<Box<str>> {
    let not_applied = &desired.remembered.not_applied;
    if not_applied.is_empty() || desired.is_edited() {
        return Vec::new();
    }
    patch.fields().into_iter().map(Into::into).filter(|field| not_applied.contains(field)).collect()
}

enum RoleStep {
    None,
    Give(Operation),
    Take(Step),
}

impl RoleStep {
    fn field(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Give(_) | Self::Take(_) => Some(ROLE.to_owned()),
        }
    }
}

/// One role a person: another role than Member takes the present one away.
fn role_step(wanted: &Wanted, person: &Person, directory: &Directory) -> Result<RoleStep, Verdict> {
    let (Some(name), Some(present)) = (&wanted.role, &person.role) else { return Ok(RoleStep::None) };
    if !directory.complete().roles {
        return Err(Verdict::new(Reason::WaitingForListing, "the account's roles were not listed completely yet"));
    }
    let Some(role) = directory.role_named(name) else {
        let known = directory.roles().iter().filter(|role| !role.id.is_owner()).map(|role| &*role.name);
        let message = format!("the account has no role {name:?}; it has: {}", known.collect::<Vec<_>>().join(", "));
        return Err(Verdict::new(Reason::RoleUnknown, message));
    };
    if role.id == *present {
        return Ok(RoleStep::None);
    }
    if present.is_owner() || role.id.is_owner() {
        return Err(Verdict::new(
            Reason::NeedsOwner,
            "the owner's role is neither given nor taken here: change the account's owner in Zoom",
        ));
    }
    if present.is_member() {
        let (from, to) = (present.clone(), role.id.clone());
        return Ok(RoleStep::Give(Operation::SetRole { person: person.reference(), from, to }));
    }
    last_admin(person, directory).map_or_else(|| Ok(RoleStep::Take(Step::SetRole(role.name.clone()))), Err)
}

/// Why the role Admin and their access cannot be taken from a person, if they cannot.
fn last_admin(person: &Person, directory: &Directory) -> Option<Verdict> {
    match directory.is_last_admin(person) {
        Some(false) => None,
        Some(true) => Some(Verdict::new(Reason::LastAdmin, LAST_ADMIN)),
        None => Some(Verdict::new(
            Reason::WaitingForListing,
            "may be the account's last active Admin: the account was not listed completely yet",
        )),
    }
}

/// What the mode, the switches and an earlier refusal leave of it.
fn within_switches(
    planned: Planned,
    desired: &DesiredPerson,
    lookup: Lookup<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Planned {
    if planned.operations.is_empty() && planned.taking.is_none() {
        return planned;
    }
    // Looking changes nothing, and the plan that is shown needs it.
    let only_looks = planned.taking.is_none() && matches!(planned.operations.as_slice(), [Operation::Read(_)]);
    if policy.mode == Mode::Plan && !only_looks {
        let message = format!("would {}", planned.verdict.message);
        return Planned { verdict: Verdict::new(Reason::PlanOnly, message), ..planned };
    }
    // What is taken from a person is a record's matter: the guard answers for it.
    if planned.taking.is_some() {
        return planned;
    }
    if let Some(forbidden) = planned.operations.iter().find_map(|operation| forbidden_by(operation, policy)) {
        let message =
            format!("the connection's allow.{forbidden} is false, so this is left undone: {}", planned.verdict.message);
        return Planned::nothing(Reason::NotAllowed, message);
    }
    let row = match lookup {
        Lookup::Found(person) => Some(person),
        Lookup::Absent | Lookup::Unknown => None,
    };
    match &desired.remembered.refusal {
        Some(refusal) if refusal.stands(desired.generation, row, now) => {
            Planned::nothing(refusal.reason, refusal.message.clone())
        }
        Some(_) | None => planned,
    }
}

/// The switch that forbids an operation.
fn forbidden_by(operation: &Operation, policy: &Policy) -> Option<&'static str> {
    match operation {
        Operation::Read(_) => None,
        Operation::Create(_) => (!policy.allow.create).then_some("create"),
        Operation::Update(..) | Operation::SetRole { .. } | Operation::SetEmail(..) | Operation::Activate(_) => {
            (!policy.allow.update).then_some("update")
        }
        Operation::Deactivate(_) => (!policy.allow.deactivate).then_some("deactivate"),
        Operation::Unlink(..) | Operation::Delete(..) => (!policy.allow.delete).then_some("delete"),
    }
}
