use std::time::Duration;

use serde_json::json;
use zoom_core::{ObservedLicense, State};
use zoom_simulator::{PersonEdit, Status};

use super::*;
use crate::Retry;

fn with_status(email: &str, status: Status) -> PersonConfig {
    PersonConfig { status, ..PersonConfig::new(email) }
}

#[tokio::test]
async fn a_listing_shows_everybody_whatever_their_status() {
    let licensed = PersonConfig { license: zoom_simulator::License::Licensed, ..PersonConfig::new(ADA) };
    let people = [licensed, with_status(BOB, Status::Pending), with_status(EVE, Status::Inactive)];
    let mut rig = Rig::start(AccountConfig { people: people.into(), ..AccountConfig::default() }).await;
    assert_eq!((rig.find(ADA), rig.account.listed_at()), (Lookup::Unknown, None));

    let report = rig.list().await.unwrap();

    assert_eq!((report.people, report.roles, report.pages, report.incomplete.len()), (4, 3, 5, 0));
    assert!(rig.account.listed_at() > Some(long_ago()));
    assert_eq!((rig.row(ADA).state, rig.row(ADA).license), (State::Active, ObservedLicense::Known(License::Licensed)));
    assert_eq!((rig.row(BOB).state, &rig.row(BOB).id), (State::Pending, &None));
    assert_eq!((rig.row(EVE).state, rig.row(EVE).id.is_some()), (State::Inactive, true));
    assert_eq!(rig.account.directory().role_named("admin").unwrap().id.as_str(), "1");
    assert_eq!(rig.find("nobody@acme.example"), Lookup::Absent);
}

#[tokio::test]
async fn there_is_one_listing_at_a_time() {
    let mut rig = Rig::start(AccountConfig::default()).await;
    let ended = rig.begin().unwrap();
    assert!(rig.begin().is_none());
    assert!(rig.account.take_listing().is_none());
    ended.await.unwrap();
    assert!(rig.begin().is_none(), "an ended one has to be taken first");
    assert!(rig.account.take_listing().unwrap().is_ok());
    assert!(rig.account.take_listing().is_none());
    assert!(rig.begin().is_some());
}

#[tokio::test]
async fn what_was_written_during_a_listing_is_not_lost_by_it() {
    let mut rig = Rig::listed([PersonConfig::new(ADA), PersonConfig::new(BOB)]).await;
    rig.zoom.inject(on("GET", "/users", FaultEffect::StaleListing).times(3));
    let ended = rig.begin().unwrap();

    rig.update(ADA, patch([(Attribute::LastName, "King")])).await.unwrap();
    rig.apply(Operation::Delete(rig.reference(BOB), None)).await.unwrap();
    rig.apply(Operation::Create(new(EVE, CreateMethod::Invite))).await.unwrap();
    ended.await.unwrap();
    let report = rig.account.take_listing().unwrap().unwrap();

    assert_eq!(report.people, 3, "the listing saw the account as it was before");
    assert_eq!(rig.row(ADA).attributes.get(Attribute::LastName), Some("King"));
    assert_eq!(rig.find(BOB), Lookup::Absent);
    assert_eq!(rig.row(EVE).state, State::Pending);
    assert!(rig.zoom.faults().is_empty());
}

#[tokio::test]
async fn what_was_read_during_a_listing_is_not_lost_by_it() {
    let mut rig = Rig::listed([PersonConfig::new(ADA), PersonConfig::new(BOB)]).await;
    rig.zoom.inject(on("GET", "/users", FaultEffect::StaleListing).times(3));
    let ended = rig.begin().unwrap();

    rig.zoom.edit_person(ADA, PersonEdit { last_name: Some("King".into()), ..PersonEdit::default() }).unwrap();
    rig.zoom.edit_person(BOB, PersonEdit { delete: true, ..PersonEdit::default() }).unwrap();
    let (ada, bob) = (rig.reference(ADA), rig.reference(BOB));
    assert!(rig.account.read(&ada).await.unwrap().is_some());
    assert!(rig.account.read(&bob).await.unwrap().is_none());
    ended.await.unwrap();
    rig.account.take_listing().unwrap().unwrap();

    assert_eq!(rig.row(ADA).attributes.get(Attribute::LastName), Some("King"));
    assert_eq!(rig.find(BOB), Lookup::Absent);
}

#[tokio::test]
async fn details_outlive_a_listing() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    assert_eq!(rig.row(ADA).details, None);
    let ada = rig.reference(ADA);
    let read = rig.account.read(&ada).await.unwrap().unwrap();
    let edit = PersonEdit { email: Some("countess@acme.example".into()), ..PersonEdit::default() };
    rig.zoom.edit_person(ADA, edit).unwrap();

    rig.list().await.unwrap();

    assert!(read.details.is_some());
    assert_eq!(rig.row("countess@acme.example").details, read.details);
    assert_eq!(rig.find(ADA), Lookup::Absent);
}

#[tokio::test]
async fn rows_that_cannot_be_understood_are_told_and_leave_only_their_people_unknown() {
    let mut rig = Rig::start(AccountConfig::default()).await;
    let rows = json!([
        {"id": "odd", "email": "no address", "type": 1, "status": "active"}, {"email": "neither", "type": 1},
        {"email": ADA, "type": 1},
    ]);
    rig.zoom.inject(on("GET", "/users", answer(200, json!({"total_records": 3, "users": rows}))));

    let report = rig.list().await.unwrap();

    assert_eq!((report.people, report.unreadable, report.incomplete.len()), (2, 2, 1));
    assert!(report.incomplete[0].contains("\"no address\" is not an e-mail address"), "{:?}", report.incomplete);
    assert_eq!(rig.row(ADA).state, State::Pending, "the row says nothing, so the listing does");
    assert_eq!(rig.find(BOB), Lookup::Absent);
    let bob = Email::parse(BOB).unwrap();
    assert_eq!(rig.account.directory().find(UserId::new("odd").as_ref(), &bob), Lookup::Unknown);
    let odd = PersonRef { id: UserId::new("odd"), email: bob };
    assert_eq!(rig.account.directory().find_exactly(&odd), Lookup::Unknown);
    assert!(rig.account.directory().complete().roles);
}

#[tokio::test]
async fn a_row_without_an_address_hides_this_person_alone() {
    let mut rig = Rig::start(AccountConfig::default()).await;
    let rows = json!([{"id": "odd", "type": 1, "status": "active"}, {"email": ADA, "type": 1}]);
    rig.zoom.inject(on("GET", "/users", answer(200, json!({"total_records": 2, "users": rows}))));

    let report = rig.list().await.unwrap();

    assert_eq!((report.people, report.unreadable, report.incomplete.len()), (2, 1, 1));
    assert_eq!(rig.find(BOB), Lookup::Absent);
    let odd = PersonRef { id: UserId::new("odd"), email: Email::parse(BOB).unwrap() };
    assert_eq!(rig.account.directory().find_exactly(&odd), Lookup::Unknown);
}

#[tokio::test]
async fn before_zoom_shows_whose_account_it_is_nothing_is_proved() {
    let mut rig = Rig::start(AccountConfig { people: vec![PersonConfig::new(ADA)], ..AccountConfig::default() }).await;
    let silent = json!({"id": "x", "email": "owner@acme.example", "type": 1, "status": "active"});
    rig.zoom.inject(on("GET", "/users/{userId}", answer(200, silent)));

    let error = rig.list().await.unwrap_err();

    assert!(error.is_unknown_account() && error.to_string().contains("should be acme"), "{error}");
    assert_eq!((error.retry(), rig.account.is_identified()), (Retry::Account, false));
    rig.list().await.unwrap();
    assert!(rig.account.is_identified());
}

#[tokio::test]
async fn a_status_that_zoom_does_not_list_hides_its_people_and_keeps_what_was_known_of_them() {
    let mut rig = Rig::listed([PersonConfig::new(ADA), with_status(BOB, Status::Pending)]).await;
    // Pending people are listed first.
    rig.zoom.inject(on("GET", "/users", answer(400, json!({"code": 200, "message": "No permission."}))));

    let report = rig.list().await.unwrap();

    assert_eq!(report.incomplete.len(), 1);
    assert!(report.incomplete[0].starts_with("pending people: GET /users"), "{:?}", report.incomplete);
    assert_eq!((rig.row(ADA).state, rig.row(BOB).state), (State::Active, State::Pending));
    assert_eq!(rig.find(EVE), Lookup::Unknown);
}

#[tokio::test]
async fn credentials_of_another_account_are_told_and_nothing_is_taken_from_its_listing() {
    let mut rig = Rig::start(AccountConfig { people: vec![PersonConfig::new(ADA)], ..AccountConfig::default() }).await;
    let stranger =
        json!({"id": "x", "email": "owner@acme.example", "type": 1, "status": "active", "account_id": "other"});
    rig.zoom.inject(on("GET", "/users/{userId}", answer(200, stranger)));

    let error = rig.list().await.unwrap_err();

    assert!(error.is_other_account(), "{error}");
    assert!(error.to_string().contains("belong to the account other, and not to acme"), "{error}");
    assert_eq!((error.retry(), rig.account.is_identified()), (Retry::Account, false));
    assert_eq!(rig.find(ADA), Lookup::Unknown);

    rig.list().await.unwrap();
    assert!(rig.account.is_identified());
    assert_eq!(rig.calls("GET /users/{userId}"), 2);
    rig.list().await.unwrap();
    assert_eq!(rig.calls("GET /users/{userId}"), 2, "once is enough");
    rig.account.replace_client(client(&rig.zoom, "simulator-secret"));
    assert!(!rig.account.is_identified());
}

#[tokio::test]
async fn totals_that_do_not_add_up_make_the_listing_incomplete() {
    let mut rig = Rig::start(AccountConfig::default()).await;
    rig.zoom.inject(on("GET", "/users", answer(200, json!({"total_records": 1, "users": []}))));

    let report = rig.list().await.unwrap();

    assert_eq!(report.incomplete, ["pending people: found 0 rows where Zoom counted 1"]);
    assert_eq!(rig.find(ADA), Lookup::Unknown);
}

#[tokio::test]
async fn who_is_seen_under_two_statuses_is_taken_from_the_later_listing() {
    let mut rig = Rig::start(AccountConfig { people: vec![PersonConfig::new(ADA)], ..AccountConfig::default() }).await;
    let pending = json!({"email": ADA, "type": 1, "status": "pending"});
    rig.zoom.inject(on("GET", "/users", answer(200, json!({"total_records": 1, "users": [pending]}))));

    let report = rig.list().await.unwrap();

    assert_eq!((report.people, report.moved, report.incomplete.len()), (2, 1, 1));
    assert_eq!((rig.row(ADA).state, rig.find(BOB)), (State::Active, Lookup::Unknown));
}

#[tokio::test]
async fn without_the_scope_for_roles_people_are_listed_all_the_same() {
    let scopes = ["user:read:list_users:admin", "user:read:user:admin", "group:read:list_groups:admin"];
    let people = vec![PersonConfig::new(ADA)];
    let scopes = Some(scopes.map(str::to_owned).into());
    let mut rig = Rig::start(AccountConfig { scopes, people, ..AccountConfig::default() }).await;

    let report = rig.list().await.unwrap();

    assert_eq!((report.people, report.incomplete.len()), (2, 1));
    assert!(report.incomplete[0].contains("role:read:list_roles:admin"), "{:?}", report.incomplete);
    assert_eq!(report.missing_scopes, ["role:read:list_roles:admin"]);
    let complete = rig.account.directory().complete();
    assert!(complete.people && !complete.roles);
}

#[tokio::test]
async fn a_listing_that_fails_leaves_the_directory_as_it_was() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    let listed_at = rig.account.listed_at();
    rig.zoom.inject(on("GET", "/users", answer(403, json!({}))));

    let error = rig.list().await.unwrap_err();

    assert_eq!(error.retry(), Retry::Account);
    assert!(error.to_string().starts_with("list the account: GET /users: "), "{error}");
    assert_eq!((rig.row(ADA).state, rig.account.listed_at()), (State::Active, listed_at));
    assert!(rig.begin().is_some(), "another one may begin");
}

#[tokio::test]
async fn rotated_credentials_keep_the_directory_and_end_the_listing() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("GET", "/users", FaultEffect::Delay { ms: 60_000 }));
    let ended = rig.begin().unwrap();
    let under_way = async {
        while !rig.zoom.faults().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), under_way).await.expect("the listing reaches Zoom");

    rig.account.replace_client(client(&rig.zoom, "simulator-secret"));

    ended.await.expect("its end is told all the same");
    assert!(rig.account.take_listing().is_none());
    assert_eq!(rig.row(ADA).state, State::Active);
    rig.list().await.unwrap();
}

#[tokio::test]
async fn a_page_token_that_expires_half_way_begins_the_listing_anew() {
    let people = (0..12).map(|place| PersonConfig::new(format!("person{place:02}@acme.example"))).collect();
    let quirks = zoom_simulator::Quirks { page_size: 3, ..zoom_simulator::Quirks::default() };
    let mut rig = Rig::start(AccountConfig { people, quirks, ..AccountConfig::default() }).await;
    // Three pages are read, and the next one comes too late.
    rig.zoom.inject(on("GET", "/users", FaultEffect::Delay { ms: 0 }).times(3));
    rig.zoom.inject(on("GET", "/users", FaultEffect::Delay { ms: 2_000 }));
    let ended = rig.begin().unwrap();
    let under_way = async {
        while !rig.zoom.faults().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), under_way).await.expect("the fourth page is asked for");
    rig.zoom.advance(jiff::SignedDuration::from_mins(16));
    ended.await.unwrap();

    let report = rig.account.take_listing().unwrap().unwrap();

    assert_eq!((report.people, report.incomplete.len()), (13, 0), "{:?}", report.incomplete);
    assert_eq!(rig.zoom.counters()["GET /users"].get("400"), Some(&1), "{:?}", rig.zoom.counters());
    assert_eq!(rig.find("nobody@acme.example"), Lookup::Absent);
}

#[tokio::test]
async fn who_did_not_change_is_held_once_however_often_the_account_is_listed() {
    let people = [PersonConfig::new(ADA), with_status(BOB, Status::Pending), PersonConfig::new(EVE)];
    let mut rig = Rig::listed(people).await;
    let before = rig.account.directory().clone();
    let upper = ADA.to_uppercase();
    rig.zoom.edit_person(ADA, PersonEdit { email: Some(upper.clone()), ..PersonEdit::default() }).unwrap();

    rig.list().await.unwrap();

    let same = |email: &str| match before.find(None, &Email::parse(email).unwrap()) {
        Lookup::Found(row) => std::ptr::eq(row, rig.row(email)),
        Lookup::Absent | Lookup::Unknown => panic!("{email} was not listed"),
    };
    assert_eq!((same(ADA), same(BOB), same(EVE)), (false, true, true));
    assert_eq!(rig.row(ADA).email.as_str(), upper, "as Zoom writes it now");
}
