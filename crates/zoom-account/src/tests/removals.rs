//! People who leave.

use jiff::SignedDuration;
use rstest::rstest;
use serde_json::json;
use zoom_core::{Data, Heir, Reason, State, Successor};
use zoom_simulator::{PersonEdit, Profile, Status};

use super::*;
use crate::Retry;

type Leave = fn(PersonRef, Option<Heir>) -> Operation;

fn pending(email: &str) -> PersonConfig {
    PersonConfig { status: Status::Pending, ..PersonConfig::new(email) }
}

fn heir(email: &str) -> Heir {
    let successor = Successor::Person(Email::parse(email).unwrap());
    Heir { successor, fallback: None, receives: vec![Data::Meetings, Data::Recordings] }
}

fn query(rig: &Rig) -> String {
    rig.zoom.journal().into_iter().rfind(|call| call.endpoint == "DELETE /users/{userId}").unwrap().query
}

fn deactivate(person: PersonRef, _: Option<Heir>) -> Operation {
    Operation::Deactivate(person)
}

#[rstest]
#[case::unlinked(Operation::Unlink as Leave, "action=disassociate")]
#[case::deleted(Operation::Delete, "action=delete")]
#[tokio::test]
async fn a_removal_is_proved_and_hands_over(#[case] leave: Leave, #[case] action: &str) {
    let bob = PersonConfig { license: zoom_simulator::License::Licensed, ..PersonConfig::new(BOB) };
    let mut rig = Rig::listed([PersonConfig::new(EVE), bob]).await;
    let operation = leave(rig.reference(EVE), Some(heir(BOB)));
    assert_eq!(rig.apply(operation).await.unwrap(), Applied::Proved);
    assert_eq!((rig.find(EVE), rig.zoom.person(EVE)), (Lookup::Absent, None));
    let query = query(&rig);
    assert!(query.contains(action) && query.contains("transfer_email=bob%40acme.example"), "{query}");
    assert!(query.contains("transfer_meeting=true&transfer_recording=true") && !query.contains("webinar"), "{query}");
}

#[tokio::test]
async fn a_removal_that_shows_late_is_waited_for() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("GET", "/users/{userId}", FaultEffect::StaleListing).times(2));
    assert_eq!(rig.apply(Operation::Delete(rig.reference(ADA), None)).await.unwrap(), Applied::Proved);
    assert_eq!(rig.find(ADA), Lookup::Absent);
}

#[tokio::test]
async fn a_removal_without_an_answer_is_proved_by_the_read() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("DELETE", "/users/{userId}", FaultEffect::TimeOutAfter { hold_ms: 0 }));
    assert_eq!(rig.apply(Operation::Delete(rig.reference(ADA), None)).await.unwrap(), Applied::Proved);
    assert_eq!((rig.find(ADA), rig.zoom.person(ADA)), (Lookup::Absent, None));
}

#[tokio::test]
async fn a_removal_that_zoom_accepts_without_effect_is_said() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("DELETE", "/users/{userId}", FaultEffect::WithoutEffect));
    let error = rig.apply(Operation::Delete(rig.reference(ADA), None)).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::NotApplied, Retry::AfterEdit));
    assert_eq!(rig.row(ADA).state, State::Active);
}

/// A token that opens another account for a moment: the change is refused as of somebody unknown, and so is the first read.
#[rstest]
#[case::deactivated(Operation::Deactivate, "PUT", "/users/{userId}/status")]
#[case::deleted(|person| Operation::Delete(person, None), "DELETE", "/users/{userId}")]
#[tokio::test]
async fn two_answers_of_another_account_do_not_prove_that_somebody_is_gone(
    #[case] operation: impl Fn(PersonRef) -> Operation,
    #[case] method: &str,
    #[case] path: &str,
) {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on(method, path, FaultEffect::SwappedAccount));
    rig.zoom.inject(on("GET", "/users/{userId}", FaultEffect::SwappedAccount));
    let ada = rig.reference(ADA);
    rig.apply(operation(ada.clone())).await.unwrap_err();
    assert_eq!((rig.row(ADA).state, rig.zoom.faults()), (State::Active, Vec::new()));
    assert_eq!(rig.apply(operation(ada)).await.unwrap(), Applied::Proved);
}

#[tokio::test]
async fn a_missing_heir_is_not_taken_for_the_leaver() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    let error = rig.apply(Operation::Delete(rig.reference(ADA), Some(heir(BOB)))).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::InvalidValue, Retry::Rarely));
    assert!(
        error.to_string().contains("nobody can receive the data: bob@acme.example is not in the account"),
        "{error}"
    );
    assert_eq!(rig.row(ADA).state, State::Active);
    assert_eq!(rig.calls("DELETE /users/{userId}"), 0);
}

#[tokio::test]
async fn an_heir_who_goes_just_before_is_not_taken_for_the_leaver() {
    let mut rig = Rig::listed([PersonConfig::new(ADA), PersonConfig::new(BOB)]).await;
    let gone = json!({"code": 1001, "message": "User does not exist."});
    rig.zoom.inject(on("DELETE", "/users/{userId}", answer(404, gone)));
    let error = rig.apply(Operation::Delete(rig.reference(ADA), Some(heir(BOB)))).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::InvalidValue, Retry::AfterEdit));
    assert_eq!(rig.row(ADA).state, State::Active);
}

#[rstest]
#[case::the_manager(Some(BOB), Status::Active, BOB)]
#[case::nobody_is_named(None, Status::Active, EVE)]
#[case::the_manager_is_inactive(Some(BOB), Status::Inactive, EVE)]
#[case::the_manager_is_the_leaver(Some(ADA), Status::Active, EVE)]
#[tokio::test]
async fn the_manager_receives_the_data_or_else_the_fallback(
    #[case] manager: Option<&str>,
    #[case] status: Status,
    #[case] receives: &str,
) {
    let profile = Profile { manager: manager.unwrap_or_default().into(), ..Profile::default() };
    let licensed = |email| PersonConfig { license: zoom_simulator::License::Licensed, ..PersonConfig::new(email) };
    let people =
        [PersonConfig { profile, ..PersonConfig::new(ADA) }, PersonConfig { status, ..licensed(BOB) }, licensed(EVE)];
    let mut rig = Rig::listed(people).await;
    let heir = Heir {
        successor: Successor::Manager,
        fallback: Some(Email::parse(EVE).unwrap()),
        receives: vec![Data::Meetings],
    };
    assert_eq!(rig.apply(Operation::Delete(rig.reference(ADA), Some(heir))).await.unwrap(), Applied::Proved);
    let expected = format!("transfer_email={}", receives.replace('@', "%40"));
    assert!(query(&rig).contains(&expected), "{}", query(&rig));
}

#[tokio::test]
async fn a_transfer_is_not_claimed_of_somebody_who_had_gone_before() {
    let mut rig = Rig::listed([PersonConfig::new(ADA), PersonConfig::new(BOB)]).await;
    let operation = Operation::Delete(rig.reference(ADA), Some(heir(BOB)));
    rig.zoom.edit_person(ADA, PersonEdit { delete: true, ..PersonEdit::default() }).unwrap();
    assert_eq!(rig.apply(operation.clone()).await.unwrap(), Applied::Gone);
    assert_eq!(rig.apply(operation).await.unwrap(), Applied::Gone, "also when the directory knows");
}

#[rstest]
#[case::phone_duties(400, 1000, "The user is a call queue manager.", "hand those over", Retry::Slowly)]
#[case::a_room(400, 200, "A Zoom Rooms user cannot be changed.", "a Zoom Room", Retry::AfterEdit)]
#[case::a_room_or_admin(
    400,
    200,
    "Zoom Room and Admin users' status can not be activated.",
    "a Zoom Room",
    Retry::AfterEdit
)]
#[tokio::test]
async fn a_refusal_to_let_somebody_go_is_explained(
    #[case] status: u16,
    #[case] code: i64,
    #[case] message: &str,
    #[case] advice: &str,
    #[case] retry: Retry,
) {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    let refusal = json!({"code": code, "message": message});
    rig.zoom.inject(on("PUT", "/users/{userId}/status", answer(status, refusal)));
    let error = rig.apply(Operation::Deactivate(rig.reference(ADA))).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::Refused, retry));
    assert!(error.to_string().contains(advice), "{error}");
}

#[rstest]
#[case::deactivated(deactivate as Leave)]
#[case::unlinked(Operation::Unlink)]
#[case::deleted(Operation::Delete)]
#[tokio::test]
async fn a_pending_person_loses_the_invitation(#[case] leave: Leave) {
    let mut rig = Rig::listed([pending(ADA)]).await;
    let operation = leave(rig.reference(ADA), None);
    assert_eq!(rig.apply(operation).await.unwrap(), Applied::Proved);
    assert_eq!((rig.find(ADA), rig.zoom.person(ADA)), (Lookup::Absent, None));
    assert_eq!(query(&rig), "action=disassociate");
}

#[tokio::test]
async fn an_invitation_that_ran_out_is_withdrawn_too() {
    let mut rig = Rig::listed([pending(ADA)]).await;
    rig.zoom.advance(SignedDuration::from_hours(31 * 24));
    let error = rig.account.read(&by_email(ADA)).await.unwrap_err();
    assert_eq!(error.reason(), Reason::InvitationExpired);
    assert_eq!(rig.apply(Operation::Deactivate(rig.reference(ADA))).await.unwrap(), Applied::Proved);
    assert_eq!(rig.zoom.person(ADA), None);
}

#[tokio::test]
async fn whoever_accepted_since_the_listing_is_deactivated_and_not_unlinked() {
    let mut rig = Rig::listed([pending(EVE)]).await;
    rig.zoom.accept_invitation(EVE).unwrap();
    assert_eq!(rig.apply(Operation::Deactivate(rig.reference(EVE))).await.unwrap(), Applied::Proved);
    assert_eq!((rig.row(EVE).state, rig.zoom.person(EVE).unwrap().status), (State::Inactive, Status::Inactive));
}

#[rstest]
#[case::deactivated(deactivate as Leave)]
#[case::unlinked(Operation::Unlink)]
#[case::deleted(Operation::Delete)]
#[tokio::test]
async fn who_is_gone_before_counts_as_having_left(#[case] leave: Leave) {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.edit_person(ADA, PersonEdit { delete: true, ..PersonEdit::default() }).unwrap();
    let operation = leave(rig.reference(ADA), None);
    assert_eq!(rig.apply(operation.clone()).await.unwrap(), Applied::Proved);
    assert_eq!(rig.find(ADA), Lookup::Absent);
    assert_eq!(rig.apply(operation).await.unwrap(), Applied::Proved, "also when the directory knows");
}

#[tokio::test]
async fn in_a_managed_domain_an_unlink_is_advised_against() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    let error = rig.apply(Operation::Unlink(rig.reference(ADA), None)).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::Refused, Retry::AfterEdit));
    assert!(error.to_string().contains("use the policy Delete"), "{error}");
}

#[rstest]
#[case::unlinked(Operation::Unlink as Leave)]
#[case::deactivated(deactivate)]
#[tokio::test]
async fn an_administrator_does_not_leave_without_the_owner(#[case] leave: Leave) {
    let admin = PersonConfig { role: Some("Admin".into()), ..PersonConfig::new(EVE) };
    let mut rig = Rig::listed([admin]).await;
    let operation = leave(rig.reference(EVE), None);
    assert_eq!(rig.apply(operation).await.unwrap_err().reason(), Reason::NeedsOwner);
    assert_eq!(rig.row(EVE).state, State::Active);
}
