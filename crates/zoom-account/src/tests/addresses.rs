//! Changes of addresses.

use zoom_core::{Reason, State};
use zoom_simulator::{ElsewhereAnswer, ElsewhereConfig};

use super::*;
use crate::Retry;

const KING: &str = "ada.king@acme.example";

async fn set(rig: &mut Rig, from: &str, to: &str) -> Result<Applied, Error> {
    let person = rig.reference(from);
    rig.apply(Operation::SetEmail(person, Email::parse(to).unwrap())).await
}

#[tokio::test]
async fn another_address_is_proved_on_the_same_person() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    let before = rig.row(ADA).id.clone();
    assert_eq!(set(&mut rig, ADA, KING).await.unwrap(), Applied::Proved);
    assert_eq!((rig.row(KING).id.clone(), rig.find(ADA)), (before, Lookup::Absent));
}

#[tokio::test]
async fn an_address_that_is_accepted_without_effect_is_said() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("PUT", "/users/{userId}/email", FaultEffect::WithoutEffect));
    let error = set(&mut rig, ADA, KING).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::NotApplied, Retry::AfterEdit));
    assert_eq!(rig.row(ADA).state, State::Active);
}

#[tokio::test]
async fn an_address_without_an_answer_is_proved_by_the_read() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("PUT", "/users/{userId}/email", FaultEffect::TimeOutAfter { hold_ms: 0 }));
    assert_eq!(set(&mut rig, ADA, KING).await.unwrap(), Applied::Proved);
    assert_eq!(rig.row(KING).state, State::Active);
}

#[tokio::test]
async fn outside_the_managed_domains_it_is_said_what_zoom_asks_for() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    let error = set(&mut rig, ADA, EVE).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::AddressRefused, Retry::AfterEdit));
    assert!(error.to_string().contains("a domain that the account manages"), "{error}");
}

#[tokio::test]
async fn an_address_of_a_zoom_account_elsewhere_is_taken() {
    let elsewhere = vec![ElsewhereConfig { email: KING.into(), create: Some(ElsewhereAnswer::AddressUsed) }];
    let people = vec![PersonConfig::new(ADA)];
    let mut rig = Rig::start(AccountConfig { people, elsewhere, ..AccountConfig::default() }).await;
    rig.list().await.unwrap();
    let error = set(&mut rig, ADA, KING).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::EmailTaken, Retry::AfterEdit));
}

#[tokio::test]
async fn the_fourth_change_of_a_day_waits() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    for (from, to) in [(ADA, KING), (KING, ADA), (ADA, KING)] {
        set(&mut rig, from, to).await.unwrap();
    }
    let error = set(&mut rig, KING, ADA).await.unwrap_err();
    assert_eq!(error.reason(), Reason::WaitingForDailyBudget);
    assert!(error.to_string().contains("three changes"), "{error}");
    assert!(matches!(error.retry(), Retry::Soon | Retry::At(_)), "{error}");
}

#[tokio::test]
async fn an_administrators_address_needs_the_owner() {
    let admin = PersonConfig { role: Some("Admin".into()), ..PersonConfig::new(ADA) };
    let mut rig = Rig::listed([admin]).await;
    assert_eq!(set(&mut rig, ADA, KING).await.unwrap_err().reason(), Reason::NeedsOwner);
}
