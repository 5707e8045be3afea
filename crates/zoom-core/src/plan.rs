//! The plan for one account: every object's operations, in order, and what the guard says of the whole.

use foldhash::HashMap;
use jiff::Timestamp;

use crate::{
    DesiredPerson, Input, Mode, ObjectKey, Operation, Person, PersonPlan, PersonRef, Plan, Reason, Record, Seat,
    UserId, Verdict,
    claims::Claims,
    groups::{Groups, plan_roles},
    guard,
    holds::{self, Holds},
    input::Seen,
    intent::Intent,
    leaving,
    person::plan_found,
    planned::Live,
    returning::{rejoin, restored, restores},
    seats,
};

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
            intents.extend(Intent::of(seen, &planned));
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
