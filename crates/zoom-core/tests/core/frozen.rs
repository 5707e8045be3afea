//! What a record of a departure names is all that runs, and what it turns out to concern is counted.

use std::sync::Arc;

use zoom_core::*;

use crate::{group_world::*, support::*, things::*};

fn group_of(id: &str, name: &str, total: u64) -> Group {
    Group { id: group_id(id), name: name.into(), total: Some(total), admins: None }
}

/// The contact group Call with one person, and these groups.
fn call(groups: &[&str]) -> ContactGroup {
    let groups = groups.iter().map(|id| ContactId::Group(group_id(id)));
    let members = groups.chain([ContactId::User(id("PERSON000"))]).collect();
    ContactGroup {
        id: contact_id("CALL"),
        name: "Call".into(),
        description: "".into(),
        privacy: None,
        members: Some(Arc::new(members)),
    }
}

#[test]
fn a_record_names_the_groups_that_leave_and_one_that_comes_later_gets_another_record() {
    let mut world = World::of(40);
    world.policy.guard.limits.membership = Limit { percent: 0, floor: 0 };
    let known = || vec![group_of("RESEARCH", "Research", 30), group_of("SALES", "Sales", 5)];
    let directory = |groups: &[&str]| world.directory().with_groups(known(), vec![call(groups)]);
    let wish = DesiredContactGroup { membership: Membership::Exclusive, ..contacts("Call", &["person000"]) };
    let desired = Desired { contact_groups: vec![wish], ..world.desired() };
    let groups_of = |new: &NewRecord| match &new.subject {
        Subject::Members(leaving) => (leaving.groups.clone(), leaving.count),
        other @ (Subject::Person(_) | Subject::People(_)) => panic!("{other:?}"),
    };
    let plan = world.plan_with(&desired, &directory(&["RESEARCH"]), &[]);
    assert_eq!(groups_of(&plan.new_records[0]), (vec![leaving_group("RESEARCH", "Research")], 30));
    let first = Record { approved: true, phase: Phase::Held, ..written(&plan.new_records[0], world.now) };

    // Somebody puts another group in: what was approved does not take it out.
    let plan = world.plan_with(&desired, &directory(&["RESEARCH", "SALES"]), std::slice::from_ref(&first));
    let [second] = &*plan.new_records else { panic!("{:?}", plan.new_records) };
    assert_eq!(groups_of(second), (vec![leaving_group("SALES", "Sales")], 5));
    assert_eq!(plan.running, std::slice::from_ref(&first.name));
    let second = written(second, world.now);
    let plan = world.plan_with(&desired, &directory(&["RESEARCH", "SALES"]), &[first.clone(), second.clone()]);
    assert_eq!(plan.new_records.len(), 0);

    // The first is done, and says nothing about the second.
    let done = Record { phase: Phase::Running, started_at: Some(world.now), ..first };
    let plan = world.plan_with(&desired, &directory(&["SALES"]), &[done, second]);
    let change = |name: &str| plan.changes.iter().find(|change| change.name.contains(name)).map(|change| change.phase);
    assert_eq!((plan.changes[0].phase, plan.new_records.len()), (Phase::Done, 0), "{:?}", change("call"));
}

#[test]
fn groups_that_left_already_are_nothing_to_do_and_those_that_are_wanted_again_cancel() {
    let world = World::of(40);
    let known = || vec![group_of("RESEARCH", "Research", 30)];
    let directory = |groups: &[&str]| world.directory().with_groups(known(), vec![call(groups)]);
    let wish = DesiredContactGroup { membership: Membership::Exclusive, ..contacts("Call", &["person000"]) };
    let desired = Desired { contact_groups: vec![wish.clone()], ..world.desired() };
    let record = written(&world.plan_with(&desired, &directory(&["RESEARCH"]), &[]).new_records[0], world.now);
    let records = std::slice::from_ref(&record);
    let plan = world.plan_with(&desired, &directory(&[]), records);
    assert_eq!((plan.changes[0].phase, plan.changes[0].reason), (Phase::Done, RecordReason::AlreadyDone));
    let additive = DesiredContactGroup { membership: Membership::Additive, ..wish };
    let desired = Desired { contact_groups: vec![additive], ..world.desired() };
    let plan = world.plan_with(&desired, &directory(&["RESEARCH"]), records);
    assert_eq!((plan.changes[0].phase, plan.changes[0].reason), (Phase::Cancelled, RecordReason::TakenBack));
}

#[test]
fn whoever_was_found_in_a_contact_group_after_its_deletion_was_written_down_is_counted_in_the_window() {
    let mut world = World::of(40);
    world.policy.guard.limits.membership = Limit { percent: 0, floor: 20 };
    let known = || vec![group_of("RESEARCH", "Research", 14)];
    let mut gone = contacts("Call", &[]);
    gone.object.deleting = true;
    gone.memory = Memory { id: Some(contact_id("CALL")), origin: Some(Origin::Created), ..Memory::default() };
    let desired = Desired { contact_groups: vec![gone], ..world.desired() };
    let unread = world.directory().with_groups(known(), vec![ContactGroup { members: None, ..call(&[]) }]);
    let new = &world.plan_with(&desired, &unread, &[]).new_records[0];
    assert_eq!(new.subject.people().len(), 0);
    let mut first = written(new, world.now);
    assert_eq!(first.people(), 0);

    world.pass_time(seconds(60));
    let read = world.directory().with_groups(known(), vec![call(&["RESEARCH"])]);
    let plan = world.plan_with(&world.desired(), &read, std::slice::from_ref(&first));
    let change = &plan.changes[0];
    assert_eq!((change.phase, change.people), (Phase::Running, 15));
    world.records = vec![first.clone()];
    world.write_records(&plan);
    first = Record { phase: Phase::Done, started_at: Some(world.now), ..world.records[0].clone() };
    assert_eq!((first.people(), first.people_anew(&[&first], start())), (15, 15));

    // Fifteen of twenty are spent: six more are too many.
    let another = world.found("Team", &["person001", "person002", "person003", "person004", "person005", "person006"]);
    let mut team = group("Team");
    team.memory = Memory { id: Some(another), origin: Some(Origin::Created), ..Memory::default() };
    team.object.deleting = true;
    world.add_group(team);
    let new = world.plan_with(&world.desired(), &world.directory(), std::slice::from_ref(&first)).new_records.remove(0);
    let second = written(&new, world.now);
    world.pass_time(seconds(60));
    let plan = world.plan_with(&world.desired(), &world.directory(), &[first, second]);
    assert_eq!((plan.changes[0].phase, plan.changes[0].reason), (Phase::Held, RecordReason::OverLimit));
    assert!(plan.changes[0].message.contains("15 used in the window"), "{}", plan.changes[0].message);
}
