//! The plan for one account: every object's operations, in order, and what the guard says of the whole.

use std::sync::Arc;

use foldhash::HashMap;
use jiff::Timestamp;

use crate::{
    Class, ContactGroupPlan, ContactRef, Desired, DesiredPerson, Directory, FormerGroup, GroupPlan, Ledger, Lookup,
    Mode, NewRecord, ObjectKey, Operation, Person, PersonRef, Phase, Policy, Reason, Record, RecordReason, Rejoin,
    Restore, RolePlan, Seat, SeatCount, Step, UserId, Verdict,
    claims::Claims,
    groups::{Groups, plan_roles},
    guard,
    holds::{self, Holds},
    leaving,
    person::plan_found,
    returning::{rejoin, restored, restores},
    seats,
};

/// Everything that a plan depends on.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Tells this connection from others; part of the names of records.
    pub connection: &'a str,
    /// What the connection allows.
    pub policy: &'a Policy,
    /// What the objects want.
    pub desired: &'a Desired,
    /// What Zoom holds.
    pub directory: &'a Directory,
    /// The removal records of this connection, with everything that this operator itself wrote: what a lagging cache
    /// leaves out is not counted.
    pub records: &'a [Arc<Record>],
    /// What was spent of the limits lately, also where no record or object tells it any more.
    pub ledger: &'a Ledger,
    /// Why the listing is not believed, if it is not (see [`crate::suspicion`]): nobody is created and nobody removed.
    pub suspicion: Option<&'a str>,
    /// The time.
    pub now: Timestamp,
}

impl<'a> Input<'a> {
    pub(crate) fn records(&self) -> impl Iterator<Item = &'a Record> + Clone + use<'a> {
        self.records.iter().map(|record| &**record)
    }
}

/// What should happen, in order, and what should not happen yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// One entry for each live object, in the order in which operations are to run: people whose object was edited
    /// come first, and who frees a seat comes before who takes one.
    pub people: Vec<PersonPlan>,
    /// How many of the people who have operations to run have them because somebody edited their object. They come first.
    pub edits: usize,
    /// One entry for each live ZoomGroup, those that people edited first. They run after the people.
    pub groups: Vec<GroupPlan>,
    /// People who are back in the account, to be put into their former groups. It runs after the people and before the groups.
    pub rejoins: Vec<Rejoin>,
    /// One entry for each live ZoomRole. They run before the people, who may be given a role that is made.
    pub roles: Vec<RolePlan>,
    /// One entry for each live ZoomContactGroup. They run last: groups may be in them.
    pub contact_groups: Vec<ContactGroupPlan>,
    /// Contact groups to be read now: their deletion waits until it is known whom it concerns.
    pub looks: Vec<ContactRef>,
    /// Records to write before anything else happens to their people.
    pub new_records: Vec<NewRecord>,
    /// Records whose phase changes.
    pub changes: Vec<RecordChange>,
    /// Records that may run now, by name; also those that [`Plan::changes`] lets run. Write the changes first: a record
    /// that ran without a trace is not counted.
    pub running: Vec<Box<str>>,
    /// Records whose phase changes, too, but only after the sessions of their people were ended: each may have deactivated
    /// somebody before it was cut short. No step of them runs.
    pub ending: Vec<RecordChange>,
    /// Deleted ZoomUsers that need no record (any more): they are to be let go.
    pub let_go: Vec<ObjectKey>,
    /// Those of them whose person would have been removed if the connection allowed it, and why it does not: these people
    /// stay as they are, unmanaged.
    pub released: Vec<(ObjectKey, Release)>,
    /// Deleted ZoomGroups that need no record (any more).
    pub let_go_groups: Vec<ObjectKey>,
    /// Deleted ZoomRoles likewise.
    pub let_go_roles: Vec<ObjectKey>,
    /// Deleted ZoomContactGroups likewise.
    pub let_go_contact_groups: Vec<ObjectKey>,
    /// People to be read one by one, only to look for drift that listings do not show.
    pub sweep: Vec<PersonRef>,
    /// How many people the objects of this connection manage.
    pub managed: usize,
    /// The paid seats; absent where nobody is to have one and nothing is known of them.
    pub seats: Option<SeatCount>,
    /// When something happens without anything having changed.
    pub wake_at: Option<Timestamp>,
}

/// Why a deleted object is let go although its person was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Release {
    /// The connection's mode is Plan.
    #[strum(serialize = "ReleasedBySwitch")]
    Switch,
    /// The object is suspended.
    #[strum(serialize = "ReleasedBySwitch")]
    Suspended,
    /// The connection's access does not cover the object.
    #[strum(serialize = "NotPermitted")]
    Access,
}

/// What happens to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonPlan {
    /// Who asks.
    pub object: ObjectKey,
    /// What to do, in this order. Read-only plans and held people keep theirs, for show.
    pub operations: Vec<Operation>,
    /// What the person had and does not have yet. Remember it before the operations run, see
    /// [`Remembered::restore`](crate::Remembered::restore): afterwards nothing else tells of it. Absent: as remembered.
    pub restore: Option<Restore>,
    /// The groups of that which the person does not get back, and why.
    pub not_restored: Vec<(FormerGroup, String)>,
    /// The fields that were changed in Zoom, by their path in the spec.
    pub drift: Vec<String>,
    /// What is taken from the person; runs as a record.
    pub(crate) taking: Option<Taking>,
    /// The seat that the operations need.
    pub seat: Seat,
    /// How the object stands if nothing more happened than this plan says.
    pub verdict: Verdict,
}

/// Something that is taken from a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taking {
    pub class: Class,
    pub steps: Vec<Step>,
    /// See [`Record::not_before`].
    pub not_before: Option<Timestamp>,
}

impl Taking {
    pub(crate) fn new(class: Class, steps: Vec<Step>) -> Self {
        Self { class, steps, not_before: None }
    }
}

impl PersonPlan {
    /// Whether the operations are to run now.
    #[must_use]
    pub fn is_runnable(&self) -> bool {
        self.verdict.reason == Reason::Reconciling && self.taking.is_none() && !self.operations.is_empty()
    }

    /// Whether a person is about to be created.
    pub(crate) fn creates(&self) -> bool {
        self.is_runnable() && self.operations.iter().any(|operation| matches!(operation, Operation::Create(_)))
    }

    /// Steps that take something away, for show.
    #[must_use]
    pub fn taken(&self) -> &[Step] {
        self.taking.as_ref().map_or(&[], |taking| &taking.steps)
    }
}

/// A record's next phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordChange {
    /// Which record.
    pub name: Box<str>,
    /// Its new phase.
    pub phase: Phase,
    /// Why.
    pub reason: RecordReason,
    /// For people.
    pub message: String,
    /// How many people it concerns, as counted now: rather too many than too few.
    pub people: usize,
}

/// Plans a whole account. A pure function: it does not depend on the order of its input.
#[must_use]
pub fn plan(input: &Input<'_>) -> Plan {
    let mut objects: Vec<Seen<'_>> = input.desired.people.iter().map(|object| Seen::of(object, input)).collect();
    objects.sort_unstable_by_key(|seen| &seen.object.object);
    let claims = Claims::of(&objects, input);
    let holds = Holds::of(input.records(), input.directory);
    let restores = restores(input.records());
    let mut plan = Plan { managed: claims.managed, ..Plan::default() };

    let mut live = Vec::with_capacity(objects.len());
    let mut intents = Vec::new();
    for &seen @ Seen { object, .. } in &objects {
        if object.deleting {
            match leaving::leave(seen, input, &claims, &holds) {
                leaving::Leave::LetGo => plan.let_go.push(object.object.clone()),
                leaving::Leave::Release(why) => {
                    plan.let_go.push(object.object.clone());
                    plan.released.push((object.object.clone(), why));
                }
                leaving::Leave::Write(intent) => intents.push(intent),
            }
        } else {
            let planned = match claims.winner(seen).filter(|_| seen.permitted) {
                Some(winner) => claimed_by(object, winner),
                None => plan_live(seen, &restores, input),
            };
            let planned = claims.name_holder(seen, planned);
            intents.extend(guard::Intent::of(seen, &planned));
            live.push(Live { seen, planned });
        }
    }

    if let Some(message) = input.suspicion {
        tell_suspicion(&mut live, message);
    }
    let groups = Groups::of(input, &objects, &claims);
    plan.groups = groups.plan();
    plan.roles = plan_roles(&groups);
    plan.contact_groups = groups.plan_contacts();
    plan.rejoins = rejoin(&mut live, &groups, input);
    tell_unseen(&mut plan, &mut live, input);
    holds::lift(&mut plan, &objects, input, &claims);
    let freeing = guard::guard(&mut plan, &mut live, &intents, input, &claims, &holds, &groups);
    let seats_again_at = seats::allot(&mut plan, &mut live, input);
    guard::tell_dependents(&mut live, freeing);
    plan.sweep = sweep(&live, input);
    let retries =
        live.iter().filter_map(|live| live.seen.object.remembered.refusal.as_ref()).map(|refusal| refusal.retry_at);
    let retries = retries.chain(groups.retries());
    let contested = live.iter().flat_map(|live| &live.seen.object.remembered.contested).map(|field| field.again_at);
    let ends = live.iter().filter_map(|live| live.seen.object.wanted.active_until);
    let seats = seats_again_at.into_iter();
    plan.wake_at =
        retries.chain(ends).chain(contested).chain(seats).chain(plan.wake_at).filter(|at| *at > input.now).min();
    live.sort_by_key(|live| rank(live.seen.object, &live.planned));
    let waits = |live: &&Live<'_>| is_edited_again(live.seen.object) && live.planned.is_runnable();
    plan.edits = live.iter().filter(waits).count();
    plan.people = live.into_iter().map(|live| live.planned).collect();
    plan
}

/// An object and whom it means, looked up once: an account may hold a hundred thousand.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub object: &'a DesiredPerson,
    pub lookup: Lookup<'a>,
    /// Whether the connection lets the object speak for this person.
    pub permitted: bool,
}

impl<'a> Seen<'a> {
    fn of(object: &'a DesiredPerson, input: &Input<'a>) -> Self {
        Self { object, lookup: object.find(input.directory), permitted: input.policy.access.permits(object) }
    }

    pub(crate) fn row(self) -> Option<&'a Person> {
        match self.lookup {
            Lookup::Found(row) => Some(row),
            Lookup::Absent | Lookup::Unknown => None,
        }
    }

    /// The id of the person whom it means, as far as one is known.
    pub(crate) fn id(self) -> Option<&'a UserId> {
        self.row().and_then(|row| row.id.as_ref()).or(self.object.remembered.id.as_ref())
    }
}

/// A live object and what is planned for it.
pub(crate) struct Live<'a> {
    pub seen: Seen<'a>,
    pub planned: PersonPlan,
}

/// Edits by people go first; who frees something goes before who takes it; creating comes last. Paid seats are taken by age:
/// how many there are may show only then.
fn rank(object: &DesiredPerson, planned: &PersonPlan) -> (bool, u8, Option<Timestamp>) {
    let edited_again = is_edited_again(object);
    if planned.takes_paid_seat() {
        return (!edited_again, 4, Some(object.created));
    }
    let kind = match planned.operations.first() {
        None => 0,
        Some(Operation::Deactivate(_) | Operation::Unlink(..) | Operation::Delete(..)) => 1,
        Some(Operation::Read(_) | Operation::Update(..) | Operation::SetRole { .. } | Operation::SetEmail(..)) => 2,
        Some(Operation::Activate(_)) => 3,
        Some(Operation::Create(_)) => 5,
    };
    (!edited_again, kind, None)
}

/// Plans one live object, whose person may have had something before.
fn plan_live(seen: Seen<'_>, restores: &HashMap<&UserId, &Record>, input: &Input<'_>) -> PersonPlan {
    let Input { policy, directory, now, .. } = *input;
    let Seen { object, lookup, .. } = seen;
    let plan = |object: &DesiredPerson| plan_found(object, lookup, policy, directory, now);
    let Some(row) = seen.row() else { return plan(object) };
    let record = row.id.as_ref().and_then(|id| restores.get(id));
    if let Some(recalled) = record.and_then(|record| record.recalled(object, row)) {
        let planned = plan(&recalled);
        return PersonPlan { restore: recalled.remembered.restore, ..planned };
    }
    let recorded = record.and_then(|record| record.restore_for(object));
    let Some(had) = recorded.or_else(|| object.remembered.restore.clone()) else { return plan(object) };
    let may_have = |license| policy.access.permits_license(object, license);
    restored(plan(object), &had, row, object.wanted.license.is_none().then_some(&may_have))
}

fn is_edited_again(object: &DesiredPerson) -> bool {
    object.is_edited() && object.remembered.observed_generation.is_some()
}

fn claimed_by(object: &DesiredPerson, winner: &ObjectKey) -> PersonPlan {
    let message = format!(
        "{} is claimed by {winner}, which goes first; delete one of the two objects, or give this one another \
         spec.email",
        object.email
    );
    PersonPlan {
        object: object.object.clone(),
        operations: Vec::new(),
        restore: None,
        not_restored: Vec::new(),
        drift: Vec::new(),
        taking: None,
        seat: Seat::NotNeeded,
        verdict: Verdict::new(Reason::ClaimedByAnother, message),
    }
}

/// Who cannot be found in a listing that is not believed waits for a better one.
fn tell_suspicion(live: &mut [Live<'_>], message: &str) {
    for Live { planned, .. } in live.iter_mut().filter(|live| live.planned.verdict.reason == Reason::WaitingForListing)
    {
        planned.verdict = Verdict::new(Reason::Suspicious, message.to_owned());
    }
}

/// While not everything can be seen, of whom nothing is known is not told that nothing is permitted to them.
fn tell_unseen(plan: &mut Plan, live: &mut [Live<'_>], input: &Input<'_>) {
    if input.desired.complete {
        return;
    }
    let people = live.iter_mut().map(|live| (&live.planned.object, &mut live.planned.verdict));
    let groups = plan.groups.iter_mut().map(|planned| (&planned.object, &mut planned.verdict));
    let roles = plan.roles.iter_mut().map(|planned| (&planned.object, &mut planned.verdict));
    let contact_groups = plan.contact_groups.iter_mut().map(|planned| (&planned.object, &mut planned.verdict));
    for (object, verdict) in people.chain(groups).chain(roles).chain(contact_groups) {
        if verdict.reason == Reason::NotPermitted && !input.policy.access.knows(&object.namespace) {
            let message = format!(
                "the labels of the namespace {} cannot be seen, and spec.access of the connection may go by them",
                object.namespace
            );
            *verdict = Verdict::new(Reason::WaitingForListing, message);
        }
    }
}

/// The people whose details are oldest, those never read first.
fn sweep(live: &[Live<'_>], input: &Input<'_>) -> Vec<PersonRef> {
    if input.policy.sweep == 0 || matches!(input.policy.mode, Mode::Suspend) {
        return Vec::new();
    }
    let shown = live
        .iter()
        .filter(|live| live.planned.verdict.reason == Reason::Synced && live.seen.object.wanted.needs_details())
        .filter_map(|live| live.seen.row());
    // Of the same age, the first object by name goes first.
    let read_at = |row: &Person| row.details.as_ref().map(|details| details.read_at);
    let mut stale: Vec<_> = shown.enumerate().map(|(place, row)| ((read_at(row), place), row)).collect();
    if stale.len() > input.policy.sweep {
        stale.select_nth_unstable_by_key(input.policy.sweep, |(age, _)| *age);
        stale.truncate(input.policy.sweep);
    }
    stale.sort_unstable_by_key(|(age, _)| *age);
    stale.into_iter().map(|(_, row)| row.reference()).collect()
}
