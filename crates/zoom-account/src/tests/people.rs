//! Reading and creating people.

use rstest::rstest;
use serde_json::json;
use zoom_core::{Reason, State};
use zoom_simulator::{ElsewhereAnswer, ElsewhereConfig, PersonEdit, Quirks, Seats, Status};

use super::*;
use crate::Retry;

#[tokio::test]
async fn who_is_gone_by_zooms_own_code_leaves_the_directory() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    let ada = rig.reference(ADA);
    rig.zoom.edit_person(ADA, PersonEdit { delete: true, ..PersonEdit::default() }).unwrap();
    assert_eq!(rig.account.read(&ada).await.unwrap(), None);
    assert_eq!(rig.find(ADA), Lookup::Absent);
}

#[rstest]
#[case::without_a_body(answer(404, json!(null)))]
#[case::as_a_page(FaultEffect::HtmlPage { status: 404 })]
#[case::without_a_code(answer(404, json!({"message": "Not found."})))]
#[tokio::test]
async fn nobody_is_gone_by_a_bare_404(#[case] bare: FaultEffect) {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("GET", "/users/{userId}", bare).times(u32::MAX));
    let ada = rig.reference(ADA);
    let error = rig.account.read(&ada).await.unwrap_err();
    assert_eq!(error.reason(), Reason::ZoomUnavailable);
    assert_eq!(rig.row(ADA).state, State::Active);
}

#[tokio::test]
async fn whoever_has_the_address_of_somebody_gone_stays() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    let former = rig.reference(ADA);
    rig.zoom.edit_person(ADA, PersonEdit { delete: true, ..PersonEdit::default() }).unwrap();
    rig.zoom.add_person(PersonConfig::new(ADA)).unwrap();
    rig.list().await.unwrap();

    assert_eq!(rig.account.read(&former).await.unwrap(), None);

    assert_ne!(rig.row(ADA).id, former.id);
}

#[tokio::test]
async fn a_pending_persons_id_is_not_taken_for_theirs() {
    let mut rig = Rig::listed([PersonConfig { status: Status::Pending, ..PersonConfig::new(ADA) }]).await;
    let read = rig.account.read(&by_email(ADA)).await.unwrap().unwrap();
    assert_eq!((read.state, &read.id, read.details.is_some()), (State::Pending, &None, true));
    rig.zoom.accept_invitation(ADA).unwrap();
    let read = rig.account.read(&by_email(ADA)).await.unwrap().unwrap();
    assert_eq!((read.state, read.id.is_some()), (State::Active, true));
}

#[rstest]
#[case::invited(CreateMethod::Invite, EVE, Applied::Pending)]
#[case::with_a_password(CreateMethod::AutoCreate, ADA, Applied::Proved)]
#[case::by_single_sign_on(CreateMethod::Sso, ADA, Applied::Proved)]
#[case::by_single_sign_on_from_outside(CreateMethod::Sso, EVE, Applied::Pending)]
#[case::without_a_login(CreateMethod::NoLogin, EVE, Applied::Proved)]
#[tokio::test]
async fn where_a_created_person_stands_is_read_back(
    #[case] method: CreateMethod,
    #[case] email: &str,
    #[case] expected: Applied,
) {
    let mut rig = Rig::start(AccountConfig { isv: true, ..AccountConfig::default() }).await;
    rig.list().await.unwrap();

    assert_eq!(rig.apply(Operation::Create(new(email, method))).await.unwrap(), expected);

    let row = rig.row(email);
    assert_eq!(
        (row.state == State::Pending, row.id.is_none()),
        (expected == Applied::Pending, expected == Applied::Pending)
    );
    assert_eq!(row.attributes.get(Attribute::FirstName), Some("Ada"));
    assert!(row.details.is_some(), "it was read");
    assert_eq!(rig.calls("POST /users"), 1);
}

#[tokio::test]
async fn somebody_invited_may_be_active_at_once() {
    let quirks = Quirks { instant_activation: true, ..Quirks::default() };
    let mut rig = Rig::start(AccountConfig { quirks, ..AccountConfig::default() }).await;
    assert_eq!(rig.apply(Operation::Create(new(EVE, CreateMethod::Invite))).await.unwrap(), Applied::Proved);
    assert_eq!(rig.row(EVE).state, State::Active);
}

#[tokio::test]
async fn a_person_who_is_there_already_was_not_created_by_this() {
    let mut rig = Rig::listed([]).await;
    rig.zoom.add_person(PersonConfig::new(ADA)).unwrap();
    assert_eq!(rig.apply(Operation::Create(new(ADA, CreateMethod::Invite))).await.unwrap(), Applied::Present);
    assert_eq!(rig.row(ADA).state, State::Active);
}

#[rstest]
#[case::named_as_active_elsewhere(ElsewhereAnswer::ActiveElsewhere)]
#[case::named_as_taken(ElsewhereAnswer::AddressUsed)]
#[tokio::test]
async fn an_address_with_an_account_elsewhere_waits_for_its_owner(#[case] create: ElsewhereAnswer) {
    let elsewhere = vec![ElsewhereConfig { email: EVE.into(), create: Some(create) }];
    let mut rig = Rig::start(AccountConfig { elsewhere, ..AccountConfig::default() }).await;
    rig.list().await.unwrap();
    let error = rig.apply(Operation::Create(new(EVE, CreateMethod::Invite))).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::WaitingForConsent, Retry::AfterEdit));
    assert_eq!(rig.find(EVE), Lookup::Absent);
}

#[tokio::test]
async fn who_has_an_account_elsewhere_and_is_asked_to_move_is_told_from_who_is_invited() {
    let elsewhere = vec![ElsewhereConfig { email: EVE.into(), create: Some(ElsewhereAnswer::Invited) }];
    let mut rig = Rig::start(AccountConfig { elsewhere, ..AccountConfig::default() }).await;
    assert_eq!(rig.apply(Operation::Create(new(EVE, CreateMethod::Invite))).await.unwrap(), Applied::Asked);
    assert_eq!(rig.row(EVE).state, State::Pending);
}

#[tokio::test]
async fn a_created_person_who_shows_late_is_waited_for() {
    let mut rig = Rig::listed([]).await;
    rig.zoom.inject(on("GET", "/users/{userId}", FaultEffect::StaleListing).times(3));
    assert_eq!(rig.apply(Operation::Create(new(ADA, CreateMethod::Sso))).await.unwrap(), Applied::Proved);
    assert_eq!((rig.row(ADA).state, rig.calls("POST /users")), (State::Active, 1));
}

#[tokio::test]
async fn a_created_person_who_does_not_show_counts_as_pending() {
    let mut rig = Rig::listed([]).await;
    rig.zoom.inject(on("GET", "/users/{userId}", FaultEffect::StaleListing).times(u32::MAX));
    assert_eq!(rig.apply(Operation::Create(new(ADA, CreateMethod::Sso))).await.unwrap(), Applied::Pending);
    let row = rig.row(ADA);
    assert_eq!((row.state, &row.id, &row.details), (State::Pending, &None, &None));
    assert_eq!(row.attributes.get(Attribute::FirstName), Some("Ada"));
    rig.zoom.clear_faults();
    rig.list().await.unwrap();
    assert_eq!((rig.row(ADA).state, rig.calls("POST /users")), (State::Active, 1));
}

#[tokio::test]
async fn a_created_person_who_cannot_be_read_counts_as_pending() {
    let mut rig = Rig::listed([]).await;
    rig.zoom.inject(on("GET", "/users/{userId}", answer(404, json!(null))).times(u32::MAX));
    assert_eq!(rig.apply(Operation::Create(new(ADA, CreateMethod::Sso))).await.unwrap(), Applied::Pending);
    assert_eq!(rig.row(ADA).state, State::Pending);
}

#[rstest]
#[case::cut_off(FaultEffect::TimeOutAfter { hold_ms: 0 })]
#[case::cut_in_half(FaultEffect::CutBody)]
#[tokio::test]
async fn a_create_without_an_answer_makes_one_person(#[case] effect: FaultEffect) {
    let mut rig = Rig::listed([]).await;
    rig.zoom.inject(on("POST", "/users", effect));
    assert_eq!(rig.apply(Operation::Create(new(ADA, CreateMethod::Sso))).await.unwrap(), Applied::Proved);
    assert_eq!((rig.row(ADA).state, rig.calls("POST /users")), (State::Active, 1));
}

#[tokio::test]
async fn a_create_that_was_lost_is_said_to_be_safe_to_repeat() {
    let mut rig = Rig::listed([]).await;
    rig.zoom.inject(on("POST", "/users", FaultEffect::Reset));
    let create = Operation::Create(new(ADA, CreateMethod::Sso));
    let error = rig.apply(create.clone()).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::ZoomUnavailable, Retry::Soon));
    assert_eq!(rig.find(ADA), Lookup::Absent);
    assert_eq!(rig.apply(create).await.unwrap(), Applied::Proved);
}

#[tokio::test]
async fn without_a_free_seat_a_create_waits() {
    let seats = Seats { licensed: 1, basic: None };
    let mut rig = Rig::start(AccountConfig { seats, ..AccountConfig::default() }).await;
    let create = NewPerson { license: License::Licensed, ..new(ADA, CreateMethod::Invite) };
    let error = rig.apply(Operation::Create(create)).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::WaitingForSeat, Retry::Slowly));
    let text = error.to_string();
    assert!(text.starts_with("ada@acme.example: create by Invite with licence Licensed: POST /users: "), "{text}");
    assert!(text.contains("code 2034") && text.ends_with("slowly."), "{text}");
}

#[tokio::test]
async fn wrong_credentials_concern_the_whole_account() {
    let zoom = Simulator::start(AccountConfig::default()).await.unwrap();
    let mut account = Account::new(client(&zoom, "an outdated secret"));
    let error = account.read(&by_email(ADA)).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::WaitingForConnection, Retry::Account));
    assert_eq!(error.client().map(|error| error.kind().name()), Some("BadCredentials"));
    assert!(!format!("{error} {error:?} {account:?}").contains("outdated"));
}
