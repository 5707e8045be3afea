//! What was changed in Zoom, and what the connection fills in.

use crate::support::*;
use rstest::rstest;
use zoom_core::*;

/// Ada as declared, until somebody changed her department in Zoom.
fn drifted() -> World {
    let mut world = World::of(3);
    let ada = world.object("person000");
    ada.wanted.attributes.set(Attribute::Department, "Engines");
    ada.remembered.synced_generation = Some(1);
    world.row("person000").attributes.set(Attribute::Department, "Sales");
    world
}

fn department(world: &mut World) -> String {
    world.row("person000").attributes.get(Attribute::Department).unwrap_or_default().to_owned()
}

#[test]
fn drift_is_named_and_put_right() {
    let mut world = drifted();
    let plan = world.plan();
    assert_eq!(planned(&plan, "person000").drift, ["profile.department"]);
    world.round();
    assert_eq!(department(&mut world), "Engines");
    assert!(planned(&world.plan(), "person000").drift.is_empty());
}

#[rstest]
#[case::on_the_connection(Drift::Report, None, true)]
#[case::on_the_object(Drift::Correct, Some(Drift::Report), true)]
#[case::the_object_goes_first(Drift::Report, Some(Drift::Correct), false)]
fn drift_that_is_only_reported_stays(#[case] connection: Drift, #[case] object: Option<Drift>, #[case] reported: bool) {
    let mut world = drifted();
    world.policy.drift = connection;
    world.object("person000").drift = object;
    assert_eq!(world.verdict("person000") == Reason::Drifted, reported);
    world.settle();
    assert_eq!(department(&mut world), if reported { "Sales" } else { "Engines" });
}

#[test]
fn an_edit_is_carried_out_where_drift_is_only_reported() {
    let mut world = drifted();
    world.policy.drift = Drift::Report;
    world.edit("person000", |wanted| wanted.attributes.set(Attribute::Department, "Board"));
    world.round();
    assert_eq!(department(&mut world), "Board");
}

#[test]
fn a_licence_that_was_raised_in_zoom_is_not_taken_where_drift_is_only_reported() {
    let mut world = drifted();
    world.policy.drift = Drift::Report;
    world.object("person000").wanted.license = Some(License::Basic);
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    let plan = world.settle();
    assert_eq!(planned(&plan, "person000").drift, ["license", "profile.department"]);
    assert!(world.records.is_empty() && world.touched.is_empty());
}

#[rstest]
#[case("profile.department")]
#[case("license")]
#[case("role")]
fn ignored_fields_are_left_as_they_are(#[case] field: &str) {
    let mut world = World::of(3);
    let ada = world.object("person000");
    match field {
        "license" => ada.wanted.license = Some(License::Licensed),
        "role" => ada.wanted.role = Some("Admin".into()),
        _ => ada.wanted.attributes.set(Attribute::Department, "Engines"),
    }
    ada.ignored = [field.into()].into();
    assert_eq!(world.verdict("person000"), Reason::Synced);
    world.object("person000").ignored = Box::default();
    assert_eq!(world.verdict("person000"), Reason::Reconciling);
}

#[test]
fn a_field_that_does_not_stay_is_named_and_backed_off() {
    let mut world = drifted();
    let again_at = world.now + seconds(3600);
    world.object("person000").remembered.contested =
        [Contested { field: "profile.department".into(), corrections: 4, again_at }].into();
    let plan = world.plan();
    assert_eq!(verdict(&plan, "person000").reason, Reason::Contested);
    assert!(verdict(&plan, "person000").message.contains("profile.department (4 times)"));
    assert_eq!(plan.wake_at, Some(again_at));
    assert!(is_idle(&plan));
    world.object("person000").wanted.attributes.set(Attribute::FirstName, "Ada");
    world.round();
    assert_eq!(world.row("person000").attributes.get(Attribute::FirstName), Some("Ada"), "others go on");
    world.pass_time(seconds(3600));
    world.round();
    assert_eq!(department(&mut world), "Engines");
}

#[rstest]
#[case(|world: &mut World| world.edit("person000", |wanted| wanted.active = false))]
#[case(|world: &mut World| world.edit("person000", |wanted| wanted.license = Some(License::Licensed)))]
fn a_suspended_object_does_nothing(#[case] edit: fn(&mut World)) {
    let mut world = drifted();
    world.object("person000").suspended = true;
    edit(&mut world);
    assert_eq!(world.verdict("person000"), Reason::Suspended);
    world.settle();
    assert!(world.touched.is_empty());
}

#[test]
fn nobody_is_created_outside_the_domains() {
    let mut world = World::default();
    world.policy.creation_domains = Some(["other.example".into()].into());
    world.add(object("ada"));
    assert_eq!(world.verdict("ada"), Reason::AddressRefused);
    world.object("ada").email = email("Ada@OTHER.example");
    assert_eq!(world.verdict("ada"), Reason::Reconciling);
}

#[test]
fn an_invitation_that_ran_out_is_said() {
    let mut world = World::of(1);
    world.join(person("person000", State::Pending));
    let since = world.now;
    let ada = world.object("person000");
    ada.remembered.id = None;
    ada.remembered.pending_since = Some(since);
    assert_eq!(world.verdict("person000"), Reason::Invited);
    assert!(verdict(&world.plan(), "person000").message.contains("pending since 2026-03-01"));
    world.pass_time(seconds(30 * 24 * 3600));
    assert_eq!(world.verdict("person000"), Reason::InvitationExpired);
}

fn default(team: &str, license: License) -> UserDefault {
    let selector = Selector { labels: [("team".into(), team.into())].into(), ..Selector::default() };
    UserDefault { selector, license: Some(license), creation: None, removal: Some(Removal::Retain) }
}

#[test]
fn the_first_default_that_fits_fills_in_what_an_object_does_not_say() {
    let mut policy = Policy { user_defaults: vec![default("a", License::Licensed)], ..Policy::default() };
    policy.user_defaults.push(UserDefault { selector: Selector::default(), ..default("", License::Unassigned) });
    let filled = |labels: &[(&str, &str)], license| {
        let mut ada = object("ada");
        ada.labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        ada.wanted.license = license;
        policy.fill_in(&mut ada);
        (ada.wanted.license.unwrap(), ada.removal)
    };
    assert_eq!(filled(&[("team", "a")], None), (License::Licensed, Some(Removal::Retain)));
    assert_eq!(filled(&[("team", "b")], None).0, License::Unassigned);
    assert_eq!(filled(&[("team", "a")], Some(License::Basic)).0, License::Basic);
}

/// A managed person whose licence a default gives, which Zoom was seen to hold.
fn defaulted(license: License) -> World {
    let mut world = drifted();
    *world.row("person000") = person("person000", State::Active);
    let object = world.object("person000");
    object.wanted = Wanted { license: Some(license), ..Wanted::default() };
    object.default_license = Some(license);
    object.remembered.default_license = Some(License::Basic);
    object.drift = Some(Drift::Report);
    world
}

#[test]
fn a_changed_default_is_carried_out_although_drift_is_only_reported() {
    let mut world = defaulted(License::Licensed);
    let plan = world.round();
    assert!(planned(&plan, "person000").drift.is_empty());
    assert_eq!(world.row("person000").license, ObservedLicense::Known(License::Licensed));
}

#[test]
fn a_licence_that_was_changed_in_zoom_is_drift_also_where_a_default_gave_it() {
    let mut world = defaulted(License::Licensed);
    world.object("person000").remembered.default_license = Some(License::Licensed);
    let plan = world.round();
    assert_eq!(verdict(&plan, "person000").reason, Reason::Drifted);
    assert_eq!(planned(&plan, "person000").drift, ["license"]);
}

#[test]
fn other_drift_does_not_keep_a_changed_default_from_being_carried_out() {
    let mut world = defaulted(License::Licensed);
    world.object("person000").wanted.attributes.set(Attribute::Department, "Engines");
    let plan = world.round();
    assert_eq!(planned(&plan, "person000").drift, ["profile.department"]);
    assert_eq!(world.row("person000").license, ObservedLicense::Known(License::Licensed));
    assert_eq!(world.verdict("person000"), Reason::Drifted);
    assert_eq!(world.row("person000").attributes.get(Attribute::Department), None);
}
