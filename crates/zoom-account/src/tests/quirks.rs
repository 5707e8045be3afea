//! Accounts that behave worse than the simulator's do by default.

use std::time::{Duration, Instant};

use zoom_core::{Reason, RoleId, State};
use zoom_simulator::{CreateLock, InactiveDeletion, Quirks, Status};

use super::*;
use crate::Retry;

async fn account(quirks: Quirks, people: impl IntoIterator<Item = PersonConfig>) -> Rig {
    let people = people.into_iter().collect();
    let mut rig = Rig::start(AccountConfig { quirks, people, ..AccountConfig::default() }).await;
    rig.list().await.unwrap();
    rig
}

#[tokio::test]
async fn a_create_by_another_app_that_locks_everybody_is_waited_for() {
    let quirks = Quirks { running_create_locks: CreateLock::Account, ..Quirks::default() };
    let mut rig = account(quirks, [PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("POST", "/users", FaultEffect::Delay { ms: 1_500 }));
    let mut other = Account::new(client(&rig.zoom, "simulator-secret"));
    let creation = tokio::spawn(async move { other.apply(&Operation::Create(new(BOB, CreateMethod::Sso))).await });
    let deadline = Instant::now() + Duration::from_secs(20);
    while !rig.zoom.faults().is_empty() {
        assert!(Instant::now() < deadline, "the create never ran");
        tokio::task::yield_now().await;
    }
    assert_eq!(rig.update(ADA, patch([(Attribute::FirstName, "Augusta")])).await.unwrap(), Applied::Proved);
    assert!(rig.zoom.journal().iter().any(|call| call.method == "PATCH" && call.status == Some(429)));
    assert_eq!(creation.await.unwrap().unwrap(), Applied::Proved);
}

#[tokio::test]
async fn a_deactivated_person_whom_zoom_does_not_delete_stays_as_they_are_and_is_tried_again() {
    let quirks = Quirks { inactive_deletion: InactiveDeletion::RefusedForSome, ..Quirks::default() };
    let emails: Vec<_> = (0..10).map(|number| format!("p{number}@acme.example")).collect();
    let inactive = |email: &String| PersonConfig { status: Status::Inactive, ..PersonConfig::new(email) };
    let mut rig = account(quirks, emails.iter().map(inactive)).await;
    let mut refused = Vec::new();
    for email in &emails {
        match rig.apply(Operation::Delete(rig.reference(email), None)).await {
            Ok(applied) => assert_eq!((applied, rig.find(email)), (Applied::Proved, Lookup::Absent)),
            Err(error) => refused.push((email, error)),
        }
    }
    let [(email, error)] = &*refused else { panic!("one of ten is refused: {refused:?}") };
    assert_eq!((error.reason(), error.retry()), (Reason::Refused, Retry::Slowly));
    assert!(error.to_string().contains("contact Zoom support"), "{error}");
    assert_eq!(rig.row(email).state, State::Inactive);
}

#[tokio::test]
async fn an_admin_whom_only_the_owner_may_demote_keeps_the_role_and_that_is_said() {
    let quirks = Quirks { demoting_needs_owner: true, ..Quirks::default() };
    let admin = PersonConfig { role: Some("Admin".into()), ..PersonConfig::new(ADA) };
    let mut rig = account(quirks, [admin]).await;
    let role = |id| RoleId::new(id).unwrap();
    let demote = Operation::SetRole { person: rig.reference(ADA), from: role("1"), to: role("2") };
    let error = rig.apply(demote).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::NeedsOwner, Retry::AfterEdit));
    assert_eq!(rig.row(ADA).role, Some(role("1")));
}
