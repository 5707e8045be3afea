use kube::api::DynamicObject;
use serde_json::{Value, json};
use zoom_core::{
    Attendance, Desired, Directory, Email, GroupId, GroupOperation, GroupPlan, GroupRef, Input, Missing, PersonRef,
    Policy,
};

use super::*;
use crate::operator::index::Referrer as _;

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn thing(status: &Value) -> Thing<api::ZoomGroup> {
    let object: DynamicObject = serde_json::from_value(json!({
        "apiVersion": "zoom-operator.dev/v1alpha1",
        "kind": "ZoomGroup",
        "metadata": {"namespace": "acme", "name": "sales", "uid": "1", "resourceVersion": "7", "generation": 3},
        "spec": {"name": "Sales", "members": {"emails": ["ADA@acme.example", "ada@acme.example"]}},
        "status": status,
    }))
    .unwrap();
    Thing::read(&object).1
}

/// What the core says of the group while nothing is known, changed to what a test is about.
fn planned(group: Option<&str>, reason: Reason) -> GroupPlan {
    let desired = Desired { groups: vec![thing(&json!({})).wish.unwrap()], ..Desired::default() };
    let ledger = zoom_core::Ledger::default();
    let input = Input {
        connection: "1",
        policy: &Policy::default(),
        desired: &desired,
        directory: &Directory::default(),
        records: &[],
        ledger: &ledger,
        suspicion: None,
        now: NOW,
    };
    let mut planned = zoom_core::plan(&input).groups.remove(0);
    planned.group = group.and_then(GroupId::new);
    planned.verdict = Verdict::new(reason, "as it is");
    planned
}

fn status(thing: &Thing<api::ZoomGroup>, planned: &GroupPlan, adopts: bool) -> api::ZoomGroupStatus {
    planned.status(thing, &Finding { verdict: &planned.verdict, adopts, answered: None, now: NOW })
}

#[test]
fn a_group_that_was_there_is_adopted_and_one_that_was_announced_is_created() {
    let plan = planned(Some("group-1"), Reason::Synced);
    let adopted = status(&thing(&json!({})), &plan, true);
    assert_eq!((adopted.id.as_deref(), adopted.origin), (Some("group-1"), Some(api::Origin::Adopted)));
    assert_eq!(adopted.seen_generation, Some(3));
    let created = status(&thing(&json!({"creating": true})), &plan, true);
    assert_eq!((created.origin, created.creating), (Some(api::Origin::Created), None));
    let kept = status(&thing(&json!({"id": "group-1", "origin": "Created"})), &plan, true);
    assert_eq!(kept.origin, Some(api::Origin::Created));
}

#[test]
fn another_group_of_the_name_in_place_of_a_lost_one_was_not_made_here() {
    let plan = planned(Some("group-2"), Reason::Synced);
    let other = status(&thing(&json!({"id": "group-1", "origin": "Created"})), &plan, true);
    assert_eq!((other.id.as_deref(), other.origin), (Some("group-2"), Some(api::Origin::Adopted)));
}

#[test]
fn a_group_that_zoom_only_said_it_made_was_not_seen() {
    let mut plan = planned(Some("group-1"), Reason::Synced);
    plan.presumed = true;
    let made = status(&thing(&json!({"creating": true})), &plan, true);
    assert_eq!((made.id.as_deref(), made.origin), (Some("group-1"), Some(api::Origin::Created)));
    assert_eq!(made.seen_generation, None);
}

#[test]
fn a_plan_that_is_only_shown_takes_nothing_over() {
    let shown = status(&thing(&json!({})), &planned(Some("group-1"), Reason::PlanOnly), false);
    assert_eq!((shown.id, shown.origin, shown.seen_generation), (None, None, None));
}

#[test]
fn a_group_that_is_missing_keeps_what_is_known_of_it() {
    let old = json!({"id": "group-1", "origin": "Created", "seenGeneration": 2});
    let missing = status(&thing(&old), &planned(None, Reason::RemovedInZoom), true);
    assert_eq!((missing.id.as_deref(), missing.seen_generation), (Some("group-1"), Some(2)));
}

#[test]
fn before_the_calls_it_is_written_down_what_is_made_and_who_is_added() {
    let person = PersonRef { id: UserId::new("bob-id"), email: Email::parse("bob@acme.example").unwrap() };
    let reference = GroupRef { id: None, name: "Sales".into() };
    let mut plan = planned(None, Reason::Reconciling);
    plan.operations = vec![
        GroupOperation::Create("Sales".into()),
        GroupOperation::AddMembers(reference.clone(), vec![person.clone()]),
        GroupOperation::AddAdmins(reference, vec![person]),
    ];
    plan.added = UserId::new("ada-id").into_iter().collect();
    let announced = plan.announced(&thing(&json!({"id": "lost", "origin": "Adopted"})), NOW).unwrap();
    assert_eq!((announced.id, announced.origin, announced.creating), (None, None, Some(true)));
    assert_eq!(announced.added, ["ada-id", "bob-id"]);
    assert_eq!(announced.added_admins, ["bob@acme.example"]);
}

#[test]
fn who_is_missing_is_counted_and_named() {
    let missing = |who: &str, refused| Missing { who: who.into(), refused, why: "because".into() };
    let attendance = Attendance {
        wanted: 5,
        present: 3,
        waiting: 1,
        refused: 1,
        missing: vec![missing("acme/carol", false), missing("dan@acme.example", true)],
    };
    let mut plan = planned(Some("group-1"), Reason::MembersRefused);
    plan.members = Some(attendance);
    let members = status(&thing(&json!({})), &plan, true).members.unwrap();
    assert_eq!((members.wanted, members.present, members.waiting, members.refused), (5, 3, 1, 1));
    let named: Vec<_> = members.missing.iter().map(|missing| (missing.who.as_str(), missing.state)).collect();
    use api::MissingState::{Refused, Waiting};
    assert_eq!(named, [("acme/carol", Waiting), ("dan@acme.example", Refused)]);
}

#[test]
fn what_is_odd_about_an_object_is_said_beside_how_it_stands() {
    let said = status(&thing(&json!({})), &planned(Some("group-1"), Reason::Synced), true);
    let message = &said.conditions[0].message;
    assert!(message.starts_with("as it is; ") && message.contains("ada@acme.example"), "{message}");
}

#[test]
fn times_alone_are_no_difference() {
    let (thing, plan) = (thing(&json!({})), planned(Some("group-1"), Reason::Synced));
    let later = NOW.saturating_add(jiff::SignedDuration::from_hours(1)).unwrap();
    let finding = Finding { verdict: &plan.verdict, adopts: true, answered: None, now: later };
    let (now, then) = (status(&thing, &plan, true), plan.status(&thing, &finding));
    assert!(!differs::<api::ZoomGroup>(&now, &then));
    assert!(differs::<api::ZoomGroup>(&now, &thing.status));
}

#[test]
fn a_request_counts_as_handled_only_once_it_was_answered() {
    let old = json!({"lastHandledRequestedAt": "monday"});
    let plan = planned(Some("group-1"), Reason::Synced);
    let mut asking = thing(&old);
    asking.requested_at = Some("tuesday".to_owned());
    let handled = |answered| {
        let finding = Finding { verdict: &plan.verdict, adopts: true, answered, now: NOW };
        plan.status(&asking, &finding).last_handled_requested_at
    };
    assert_eq!(handled(None).as_deref(), Some("monday"));
    assert_eq!(handled(Some("tuesday")).as_deref(), Some("tuesday"));
    assert_eq!(without_plan(&asking, &plan.verdict, NOW).last_handled_requested_at.as_deref(), Some("monday"));
}

#[test]
fn a_mere_look_is_not_announced() {
    let mut plan = planned(Some("group-1"), Reason::Reconciling);
    let group = GroupRef { id: GroupId::new("group-1"), name: "Sales".into() };
    plan.operations = vec![GroupOperation::ReadAdmins(group)];
    assert_eq!(plan.announced(&thing(&json!({})), NOW), None);
}
