//! How many seats there are: read once a listing where it may be, and learned from refusals.

use rstest::rstest;
use serde_json::json;
use zoom_client::Seats as ZoomSeats;
use zoom_core::{PlanSeats, Seats};
use zoom_simulator::Seats as Bought;

use super::*;

const USAGE: &str = "GET /accounts/{accountId}/plans/usage";

fn licensed(email: &str) -> PersonConfig {
    PersonConfig { license: zoom_simulator::License::Licensed, ..PersonConfig::new(email) }
}

async fn rig(config: AccountConfig) -> Rig {
    let people = vec![licensed(ADA), PersonConfig::new(BOB)];
    Rig::start(AccountConfig { people, seats: Bought { licensed: 3, basic: None }, ..config }).await
}

/// Lists with the seats, and gives what is known of them.
async fn seats(rig: &mut Rig) -> Seats {
    let (sender, ended) = oneshot::channel();
    let scope = Scope { seats: true, ..Scope::default() };
    assert!(rig.account.begin_listing(scope, move || sender.send(()).unwrap()));
    ended.await.unwrap();
    let report = rig.account.take_listing().unwrap().unwrap();
    assert_eq!(report.incomplete, [""; 0]);
    rig.account.directory().seats().clone()
}

async fn upgrade_bob(rig: &mut Rig) -> Result<Applied, Error> {
    rig.update(BOB, Patch { license: Some(License::Licensed), ..Patch::default() }).await
}

#[tokio::test]
async fn seats_are_counted_by_one_call_a_listing_where_somebody_asks() {
    let mut rig = rig(AccountConfig::default()).await;
    rig.list().await.unwrap();
    assert_eq!((rig.calls(USAGE), rig.account.directory().seats().plan()), (0, None));
    // The owner and Ada have one each.
    assert_eq!(seats(&mut rig).await.plan(), Some(PlanSeats::new(3, 2, 2)));
    assert_eq!(rig.calls(USAGE), 1);
    assert!(!Scope::default().covers(Scope { seats: true, ..Scope::default() }));
}

#[rstest]
#[case::no_number(json!({"plan_base": {"type": "monthly"}}), None)]
#[case::bundles_alone(json!({"plan_zoom_one": [{"hosts": 5, "usage": 2}]}), None)]
#[case::several(json!({"plan_base": [{"hosts": 5, "usage": 2, "pending": 1}, {"hosts": 1, "usage": 1}]}), Some(PlanSeats::new(6, 4, 2)))]
#[tokio::test]
async fn what_the_plan_says_is_taken_as_it_is(#[case] body: serde_json::Value, #[case] expected: Option<PlanSeats>) {
    let mut rig = rig(AccountConfig::default()).await;
    rig.zoom.inject(on("GET", "/accounts/{accountId}/plans/usage", answer(200, body)));
    assert_eq!(seats(&mut rig).await.plan(), expected);
}

#[tokio::test]
async fn without_the_scope_nothing_is_asked_and_nothing_is_wrong() {
    let scopes = ["user:read:list_users:admin", "user:read:user:admin", "role:read:list_roles:admin"];
    let scopes = Some(scopes.map(str::to_owned).into());
    let mut rig = rig(AccountConfig { scopes, ..AccountConfig::default() }).await;
    assert_eq!((seats(&mut rig).await.plan(), rig.calls(USAGE)), (None, 0));
}

#[rstest]
#[case::refused(answer(400, json!({"code": 200, "message": "No permission."})), false)]
#[case::a_scope_that_the_token_did_not_tell(answer(400, json!({"code": 4711, "message": "Invalid access token."})), false)]
#[case::not_answered(answer(503, json!(null)), true)]
#[tokio::test]
async fn a_count_that_fails_keeps_nothing_else_from_being_listed(#[case] effect: FaultEffect, #[case] kept: bool) {
    let mut rig = rig(AccountConfig::default()).await;
    let before = seats(&mut rig).await;
    rig.zoom.inject(on("GET", "/accounts/{accountId}/plans/usage", effect).times(9));
    let after = seats(&mut rig).await;
    assert_eq!(after.plan(), before.plan().filter(|_| kept));
}

#[tokio::test]
async fn a_count_while_somebody_is_upgraded_does_not_count_them_twice() {
    let mut rig = rig(AccountConfig::default()).await;
    seats(&mut rig).await;
    rig.zoom.inject(on("GET", "/users", FaultEffect::StaleListing).times(3));
    let (sender, ended) = oneshot::channel();
    let scope = Scope { seats: true, ..Scope::default() };
    assert!(rig.account.begin_listing(scope, move || sender.send(()).unwrap()));
    upgrade_bob(&mut rig).await.unwrap();
    ended.await.unwrap();
    rig.account.take_listing().unwrap().unwrap();
    assert_eq!(rig.account.directory().taken(License::Licensed), 3);
    assert_eq!(rig.account.directory().seats().plan(), Some(PlanSeats::new(3, 0, 0)));
}

#[tokio::test]
async fn a_refusal_is_noted_for_everybody_and_outlasts_a_listing() {
    let config = AccountConfig { seats: Bought { licensed: 2, basic: None }, ..AccountConfig::default() };
    let people = vec![licensed(ADA), PersonConfig::new(BOB)];
    let mut rig = Rig::start(AccountConfig { people, ..config }).await;
    rig.list().await.unwrap();
    let error = upgrade_bob(&mut rig).await.unwrap_err();
    assert_eq!(error.lacking_seat(), Some(License::Licensed));
    let noted = rig.account.directory().seats().clone();
    assert_ne!(noted, Seats::default());
    rig.list().await.unwrap();
    assert_eq!(*rig.account.directory().seats(), noted);
}

#[rstest]
#[case::said(ZoomSeats::Basic, License::Basic, Some(License::Basic))]
#[case::as_asked(ZoomSeats::Unstated, License::Licensed, Some(License::Licensed))]
#[case::of_another_licence(ZoomSeats::Basic, License::Licensed, None)]
#[case::of_a_bundle(ZoomSeats::Workplace, License::Licensed, None)]
#[case::of_what_needs_none(ZoomSeats::Unstated, License::Unassigned, None)]
fn which_seat_is_lacking(#[case] of: ZoomSeats, #[case] asked: License, #[case] expected: Option<License>) {
    let operation = Operation::Create(NewPerson { license: asked, ..new(ADA, CreateMethod::Invite) });
    let kind = zoom_client::ErrorKind::NoSeats { of, max: None };
    assert_eq!(crate::error::lacking_seat(&operation, &kind), expected);
}
