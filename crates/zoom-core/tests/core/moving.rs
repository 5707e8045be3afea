//! What becomes of people whose address changes.

use crate::support::*;
use rstest::rstest;
use zoom_core::*;

/// Ada, whose object was given another address.
fn moved() -> World {
    let mut world = World::of(2);
    world.add(managed("ada"));
    world.join(person("ada", State::Active));
    let ada = world.object("ada");
    ada.email = address("ada.king");
    ada.generation += 1;
    world
}

#[test]
fn another_address_is_a_change_of_the_same_person_and_runs_at_once() {
    let mut world = moved();
    world.round();
    world.round();
    assert_eq!(world.row("ada.king").id, Some(id("ADA")));
    assert!(!world.zoom.contains_key(&address("ada")));
    assert_eq!((world.record("ada").class, world.phase("ada")), (Class::Identity, Phase::Done));
    assert_eq!(world.verdict("ada"), Reason::Synced);
    assert_eq!(world.object("ada").remembered.email, Some(address("ada.king")));
    assert!(is_idle(&world.plan()));
}

/// The object of somebody who was disabled and has been removed in Zoom since; another person has the address now.
fn tombstone(state: State) -> World {
    let mut world = World::of(10);
    let mut former = managed("jsmith");
    former.wanted.active = false;
    world.add(former);
    let id = (state != State::Pending).then(|| id("ANOTHER"));
    world.join(Person { id, ..person("jsmith", state) });
    world
}

#[rstest]
fn who_gets_the_address_of_somebody_who_left_is_their_own_objects(
    #[values(State::Active, State::Pending)] state: State,
) {
    let mut world = tombstone(state);
    let created = world.now;
    world.add(DesiredPerson { email: address("jsmith"), created, ..object("newcomer") });
    assert_eq!(world.verdict("jsmith"), Reason::ClaimedByAnother);
    world.settle();
    assert_eq!((world.row("jsmith").state, world.records.len()), (state, 0));
    assert_eq!(world.verdict("jsmith"), Reason::ClaimedByAnother);
}

#[rstest]
fn from_who_gets_the_address_of_somebody_who_left_nothing_is_taken_before_an_edit(
    #[values(State::Active, State::Pending)] state: State,
) {
    let mut world = tombstone(state);
    world.settle();
    world.settle();
    assert_eq!((world.row("jsmith").state, world.verdict("jsmith")), (state, Reason::AdoptionRefused));
    assert!(world.records.is_empty());
    world.edit("jsmith", |_| {});
    world.settle();
    assert!(world.zoom.get(&address("jsmith")).is_none_or(|row| row.state == State::Inactive));
}

#[test]
fn addresses_of_more_people_than_allowed_are_held_together() {
    let mut world = World::of(20);
    for place in 0..6 {
        let object = world.object(&name(place));
        object.email = address(&format!("{}.new", name(place)));
        object.generation += 1;
    }
    world.settle();
    assert_eq!(world.phases(), [("Held".to_owned(), 6)].into());
    assert!(world.touched.is_empty());
    world.approve(|_| true);
    world.round();
    assert_eq!(world.taken.len(), 6);
    assert!(world.zoom.contains_key(&address("person003.new")));
}

#[test]
fn who_was_renamed_in_zoom_is_told_of_and_not_renamed_back() {
    let mut world = World::of(1);
    let row = world.zoom.remove(&address("person000")).unwrap();
    world.join(Person { email: address("married"), ..row });
    assert_eq!(world.verdict("person000"), Reason::EmailDiffers);
    world.settle();
    assert_eq!(world.verdict("person000"), Reason::EmailDiffers);
    assert!(world.touched.is_empty());

    world.object("person000").previous_emails = [address("married")].into();
    world.settle();
    assert_eq!(world.row("person000").id, Some(id("PERSON000")));
}

#[rstest]
#[case::declared(true)]
#[case::not_declared(false)]
fn an_address_typed_as_a_colleagues_changes_nobody(#[case] declared: bool) {
    let mut world = World::of(2);
    if !declared {
        world.objects.remove(&key("person001"));
    }
    let object = world.object("person000");
    object.email = address("person001");
    object.generation += 1;
    let plan = world.plan();
    let told = verdict(&plan, "person000");
    assert_eq!(told.reason, Reason::EmailTaken);
    assert_eq!(told.message.contains("team/person001 declares"), declared, "{}", told.message);
    world.settle();
    assert!(world.touched.is_empty());
    if declared {
        assert_eq!(world.verdict("person001"), Reason::Synced);
        world.delete("person001");
        world.settle();
        assert_eq!(world.phase("person001"), Phase::Done, "the colleague leaves all the same");
    }
}

#[test]
fn a_swap_of_two_addresses_is_refused_and_named() {
    let mut world = World::of(2);
    for (name, other) in [("person000", "person001"), ("person001", "person000")] {
        let object = world.object(name);
        object.email = address(other);
        object.generation += 1;
    }
    for name in ["person000", "person001"] {
        let plan = world.plan();
        assert_eq!(verdict(&plan, name).reason, Reason::EmailTaken);
        assert!(verdict(&plan, name).message.contains("swap"), "{}", verdict(&plan, name).message);
    }
    world.settle();
    assert!(world.touched.is_empty());
}

#[test]
fn a_chain_of_addresses_is_followed_from_its_free_end() {
    let mut world = World::of(20);
    for (name, next) in [("person000", "person001"), ("person001", "person002"), ("person002", "free")] {
        let object = world.object(name);
        object.email = address(next);
        object.generation += 1;
    }
    for _ in 0..8 {
        world.pass_time(seconds(31));
        world.round();
    }
    let ids: Vec<_> = ["free", "person002", "person001"].map(|name| world.row(name).id.clone().unwrap()).into();
    assert_eq!(ids, [id("PERSON002"), id("PERSON001"), id("PERSON000")]);
}

#[rstest]
#[case::both_move(true)]
#[case::one_is_new(false)]
fn of_two_objects_that_want_one_free_address_one_gets_it(#[case] both_move: bool) {
    let mut world = moved();
    let mut other = if both_move { managed("person001") } else { object("bob") };
    other.email = address("ada.king");
    other.generation += 1;
    other.created = start();
    let loser = other.object.name.to_string();
    world.add(other);
    assert_eq!(world.verdict(&loser), Reason::ClaimedByAnother);
    world.settle();
    assert_eq!(world.row("ada.king").id, Some(id("ADA")));
}

#[rstest]
#[case::deleted_first(true)]
#[case::created_first(false)]
fn a_renamed_manifest_with_a_new_address_keeps_its_person(#[case] deleted_first: bool) {
    let mut world = World::of(2);
    let mut renamed = object("ada-king");
    renamed.email = address("ada.king");
    renamed.previous_emails = [address("person000")].into();
    if deleted_first {
        world.delete("person000");
        world.round();
        world.add(renamed);
    } else {
        world.add(renamed);
        world.delete("person000");
    }
    world.settle();
    let row = world.row("ada.king");
    assert_eq!((row.id.clone(), row.state), (Some(id("PERSON000")), State::Active));
    assert_eq!(world.verdict("ada-king"), Reason::Synced);
    let classes: Vec<_> = world.taken.iter().map(|(_, class, ..)| *class).collect();
    assert_eq!(classes, [Class::Identity]);
}

#[test]
fn who_was_listed_under_a_former_address_and_not_found_by_one_read_is_not_created_again() {
    let mut world = World::of(1);
    let mut renamed = object("ada-king");
    renamed.previous_emails = [address("ada")].into();
    world.add(renamed.clone());
    world.join(person("ada", State::Active));
    let mut directory = world.directory();
    let look = |directory: &Directory| plan_person(&renamed, &world.policy, directory, world.now).verdict.reason;

    directory.remove(None, &address("somebody"));
    assert_ne!(look(&directory), Reason::WaitingForListing);
    directory.remove(Some(&id("ADA")), &address("ada"));
    assert_eq!(look(&directory), Reason::WaitingForListing);
    directory.put(person("ada", State::Active));
    assert_ne!(look(&directory), Reason::WaitingForListing);
    world.zoom.remove(&address("ada"));
    assert_eq!(look(&world.directory()), Reason::Reconciling, "the next listing does not show them either");
}

#[test]
fn a_former_address_that_another_object_declares_is_theirs() {
    let mut world = World::of(1);
    let mut newcomer = object("newcomer");
    newcomer.previous_emails = [address("person000")].into();
    world.add(newcomer);
    assert_eq!(world.verdict("newcomer"), Reason::ClaimedByAnother);
    assert_eq!(world.verdict("person000"), Reason::Synced);
}

#[test]
fn an_invitation_to_the_former_address_is_withdrawn_and_another_one_sent() {
    let mut world = World::of(1);
    world.policy.creation = Some(Creation::By(CreateMethod::Invite));
    let mut ada = managed("ada");
    ada.remembered.id = None;
    ada.email = address("ada.king");
    ada.generation += 1;
    world.add(ada);
    world.join(person("ada", State::Pending));
    for _ in 0..4 {
        world.round();
    }
    assert_eq!(world.row("ada.king").state, State::Pending);
    assert!(!world.zoom.contains_key(&address("ada")));
    assert_eq!(world.verdict("ada"), Reason::Invited);
}

#[test]
fn an_invitation_that_could_not_be_sent_again_stays() {
    let mut world = World::of(1);
    world.policy.creation = Some(Creation::Wait);
    let mut ada = managed("ada");
    ada.remembered.id = None;
    ada.email = address("ada.king");
    world.add(ada);
    world.join(person("ada", State::Pending));
    assert_eq!(world.verdict("ada"), Reason::EmailDiffers);
    world.settle();
    assert!(world.touched.is_empty());
}

#[rstest::rstest]
#[case::by_its_domain(|world: &mut World| world.policy.creation_domains = Some(["other.example".into()].into()),
    Reason::AddressRefused)]
#[case::by_the_switch(|world: &mut World| world.policy.allow.create = false, Reason::NotAllowed)]
fn an_invitation_is_not_withdrawn_that_may_not_be_sent_anew(#[case] forbid: fn(&mut World), #[case] reason: Reason) {
    let mut world = World::of(1);
    world.join(person("person000", State::Pending));
    world.policy.creation = Some(Creation::By(CreateMethod::Invite));
    let object = world.object("person000");
    (object.remembered.id, object.email, object.generation) = (None, address("another"), 2);
    assert_eq!(planned(&world.plan(), "person000").taken(), [Step::Deactivate]);
    forbid(&mut world);
    assert_eq!(world.verdict("person000"), reason);
    world.settle();
    assert!(world.touched.is_empty() && world.records.is_empty());
}
