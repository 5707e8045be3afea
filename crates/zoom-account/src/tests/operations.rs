//! Changes of people who are there.

use rstest::rstest;
use serde_json::json;
use zoom_core::{CustomAttribute, Phone, Reason, RoleId, State};
use zoom_simulator::{DivisionConfig, PersonEdit, Profile, Status};

use super::*;
use crate::Retry;

const TOKEN: &str = "/users/{userId}/token";

fn role(id: &str) -> RoleId {
    RoleId::new(id).unwrap()
}

fn phone(number: &str, country: Option<&str>) -> Phone {
    Phone { label: "Office".into(), country: country.map(Into::into), code: "+44".into(), number: number.into() }
}

fn custom(name: &str, value: &str) -> CustomAttribute {
    CustomAttribute { name: name.into(), value: value.into() }
}

fn administrator(email: &str) -> PersonConfig {
    PersonConfig { role: Some("Admin".into()), ..PersonConfig::new(email) }
}

#[tokio::test]
async fn every_field_that_can_be_updated_is_proved_by_a_read() {
    let people = vec![PersonConfig::new(ADA), PersonConfig::new(BOB)];
    let divisions = vec![DivisionConfig { name: "North".into(), id: Some("north".into()), description: String::new() }];
    let mut rig = Rig::start(AccountConfig { people, divisions, ..AccountConfig::default() }).await;
    rig.list().await.unwrap();
    let patch = Patch {
        attributes: texts([
            (Attribute::FirstName, "Ada"),
            (Attribute::LastName, "King"),
            (Attribute::DisplayName, "Countess"),
            (Attribute::Department, "Engines"),
            (Attribute::Timezone, "Europe/London"),
            (Attribute::JobTitle, "Analyst"),
            (Attribute::Company, "Acme"),
            (Attribute::Location, "London"),
            (Attribute::CostCenter, "42"),
            (Attribute::Manager, BOB),
            (Attribute::Language, "en-US"),
            (Attribute::Pronouns, "she/her"),
            (Attribute::PronounsOption, "Always"),
            (Attribute::VanityName, "countess.ada"),
            (Attribute::PersonalMeetingId, "5551234567"),
            (Attribute::UsePersonalMeetingId, "true"),
            (Attribute::DivisionId, "north"),
            (Attribute::CmsUserId, "kms-7"),
        ]),
        phones: Some([phone("201", None)].into()),
        custom: [("badge".into(), custom("Badge", "7"))].into(),
        license: Some(License::Licensed),
    };

    assert_eq!(rig.update(ADA, patch.clone()).await.unwrap(), Applied::Proved);

    let details = rig.row(ADA).details.clone().unwrap();
    assert_eq!(details.attributes.get(Attribute::JobTitle), Some("Analyst"));
    assert_eq!(details.custom, patch.custom);
    assert_eq!(rig.row(ADA).attributes.get(Attribute::Timezone), Some("Europe/London"));
    assert_eq!(rig.row(ADA).attributes.get(Attribute::DivisionId), Some("north"));
    assert_eq!(rig.zoom.person(ADA).unwrap().license, zoom_simulator::License::Licensed);
}

#[tokio::test]
async fn fields_that_zoom_accepts_without_effect_are_named() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("PATCH", "/users/{userId}", FaultEffect::WithoutEffect));
    let patch = Patch {
        attributes: texts([(Attribute::LastName, "King"), (Attribute::JobTitle, "Analyst")]),
        phones: Some([phone("201", Some("GB"))].into()),
        custom: [("badge".into(), custom("Badge", "7"))].into(),
        license: Some(License::Licensed),
    };
    assert_eq!(rig.update(ADA, patch.clone()).await.unwrap(), Applied::NotApplied(patch.fields()));
    assert_eq!(
        patch.fields(),
        ["license", "lastName", "profile.jobTitle", "profile.phoneNumbers", "profile.customAttributes[badge]"]
    );
}

#[tokio::test]
async fn only_the_fields_without_effect_are_named() {
    let mut rig = Rig::listed([PersonConfig { first_name: "Ada".into(), ..PersonConfig::new(ADA) }]).await;
    // Zoom makes an empty display name of the names.
    let patch = patch([(Attribute::LastName, "King"), (Attribute::DisplayName, "")]);
    assert_eq!(rig.update(ADA, patch).await.unwrap(), Applied::NotApplied(vec!["displayName".into()]));
    assert_eq!(rig.row(ADA).attributes.get(Attribute::DisplayName), Some("Ada King"));
}

#[tokio::test]
async fn a_change_that_shows_late_is_waited_for() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("GET", "/users/{userId}", FaultEffect::StaleListing).times(2));
    assert_eq!(rig.update(ADA, patch([(Attribute::LastName, "King")])).await.unwrap(), Applied::Proved);
    assert_eq!(rig.row(ADA).attributes.get(Attribute::LastName), Some("King"));
}

#[tokio::test]
async fn custom_attributes_that_are_not_named_stay() {
    let badge = zoom_simulator::CustomAttribute { key: "badge".into(), name: "Badge".into(), value: "7".into() };
    let profile = Profile { custom_attributes: vec![badge], ..Profile::default() };
    let mut rig = Rig::listed([PersonConfig { profile, ..PersonConfig::new(ADA) }]).await;
    let floor = Patch { custom: [("floor".into(), custom("Floor", "3"))].into(), ..Patch::default() };
    assert_eq!(rig.update(ADA, floor).await.unwrap(), Applied::Proved);
    let values: Vec<_> = rig.zoom.person(ADA).unwrap().profile.custom_attributes.into_iter().map(|a| a.value).collect();
    assert_eq!(values, ["7", "3"]);
}

#[tokio::test]
async fn a_change_of_a_pending_person_waits_for_them() {
    let mut rig = Rig::listed([PersonConfig { status: Status::Pending, ..PersonConfig::new(ADA) }]).await;
    assert_eq!(rig.update(ADA, patch([(Attribute::LastName, "King")])).await.unwrap(), Applied::Pending);
}

#[tokio::test]
async fn a_change_of_somebody_gone_says_so_and_takes_them_out() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.edit_person(ADA, PersonEdit { delete: true, ..PersonEdit::default() }).unwrap();
    let error = rig.update(ADA, patch([(Attribute::LastName, "King")])).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::RemovedInZoom, Retry::AfterEdit));
    assert_eq!(rig.find(ADA), Lookup::Absent);
}

#[tokio::test]
async fn a_value_that_zoom_does_not_take_is_named_in_its_words() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    let error = rig.update(ADA, patch([(Attribute::Manager, "nobody@acme.example")])).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::InvalidValue, Retry::AfterEdit));
    let text = error.to_string();
    assert!(
        text.starts_with("ada@acme.example: update profile.manager: PATCH /users/") && text.contains("code 300"),
        "{text}"
    );
    assert!(text.ends_with(". Correct the value that Zoom's message names."), "{text}");
}

#[tokio::test]
async fn a_role_is_given_and_taken() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    let person = rig.reference(ADA);
    let give = Operation::SetRole { person: person.clone(), from: role("2"), to: role("1") };
    assert_eq!(rig.apply(give).await.unwrap(), Applied::Proved);
    assert_eq!((rig.row(ADA).role.clone(), rig.zoom.person(ADA).unwrap().role_id), (Some(role("1")), "1".into()));
    let take = Operation::SetRole { person, from: role("1"), to: role("2") };
    assert_eq!(rig.apply(take).await.unwrap(), Applied::Proved);
    assert_eq!((rig.row(ADA).role.clone(), rig.zoom.person(ADA).unwrap().role_id), (Some(role("2")), "2".into()));
}

#[tokio::test]
async fn a_role_that_zoom_accepts_without_effect_is_said() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("POST", "/roles/{roleId}/members", FaultEffect::WithoutEffect));
    let give = Operation::SetRole { person: rig.reference(ADA), from: role("2"), to: role("1") };
    let error = rig.apply(give).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::NotApplied, Retry::AfterEdit));
    assert!(error.to_string().contains("still shows the role 2"), "{error}");
}

#[tokio::test]
async fn a_role_taken_by_a_call_without_an_answer_counts() {
    let mut rig = Rig::listed([administrator(ADA)]).await;
    rig.zoom.inject(on("DELETE", "/roles/{roleId}/members/{memberId}", FaultEffect::TimeOutAfter { hold_ms: 0 }));
    let take = Operation::SetRole { person: rig.reference(ADA), from: role("1"), to: role("2") };
    assert_eq!(rig.apply(take).await.unwrap(), Applied::Proved);
}

#[tokio::test]
async fn a_role_that_is_not_there_is_named_as_unknown() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    let give = Operation::SetRole { person: rig.reference(ADA), from: role("2"), to: role("made-up") };
    assert_eq!(rig.apply(give).await.unwrap_err().reason(), Reason::RoleUnknown);
}

#[tokio::test]
async fn a_deactivated_person_can_be_let_in_again() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    let person = rig.reference(ADA);
    assert_eq!(rig.apply(Operation::Deactivate(person.clone())).await.unwrap(), Applied::Proved);
    assert_eq!((rig.row(ADA).state, rig.zoom.person(ADA).unwrap().status), (State::Inactive, Status::Inactive));
    assert_eq!(rig.apply(Operation::Activate(person)).await.unwrap(), Applied::Proved);
    assert_eq!((rig.row(ADA).state, rig.zoom.person(ADA).unwrap().status), (State::Active, Status::Active));
}

#[tokio::test]
async fn sessions_are_ended_by_another_try_where_an_answer_is_lost() {
    let rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("DELETE", TOKEN, FaultEffect::TimeOutAfter { hold_ms: 0 }));
    rig.account.sign_out(&rig.reference(ADA)).await.unwrap();
    assert_eq!(rig.calls("DELETE /users/{userId}/token"), 2);
}

#[tokio::test]
async fn sessions_that_cannot_be_ended_are_told() {
    let rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.zoom.inject(on("DELETE", TOKEN, answer(400, json!({"code": 200, "message": "No permission."}))));
    let error = rig.account.sign_out(&rig.reference(ADA)).await.unwrap_err().to_string();
    assert!(error.contains("end the sessions") && error.contains("No permission."), "{error}");
    assert_eq!(rig.calls("DELETE /users/{userId}/token"), 1);
}

#[tokio::test]
async fn somebody_who_is_gone_has_no_sessions() {
    let rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.account.sign_out(&PersonRef { id: None, email: Email::parse("nobody@acme.example").unwrap() }).await.unwrap();
}

#[rstest]
#[case::deactivate(Operation::Deactivate as fn(PersonRef) -> Operation, Status::Active)]
#[case::activate(Operation::Activate, Status::Inactive)]
#[tokio::test]
async fn a_status_that_zoom_accepts_without_effect_is_said(
    #[case] operation: fn(PersonRef) -> Operation,
    #[case] status: Status,
) {
    let mut rig = Rig::listed([PersonConfig { status, ..PersonConfig::new(ADA) }]).await;
    rig.zoom.inject(on("PUT", "/users/{userId}/status", FaultEffect::WithoutEffect));
    let error = rig.apply(operation(rig.reference(ADA))).await.unwrap_err();
    assert_eq!(error.reason(), Reason::NotApplied);
    assert_eq!(rig.zoom.person(ADA).unwrap().status, status);
}

#[tokio::test]
async fn what_zoom_does_not_show_of_an_administrator_is_asked_for_again_and_needs_no_owner() {
    let mut rig = Rig::listed([administrator(ADA)]).await;
    let take = Operation::SetRole { person: rig.reference(ADA), from: role("1"), to: role("2") };
    rig.zoom.inject(on("GET", "/users/{userId}", answer(200, json!({"code": 200, "message": "No permission."}))));
    let error = rig.apply(take).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::Refused, Retry::Slowly));
}

#[tokio::test]
async fn an_administrators_status_needs_the_owner() {
    let mut rig = Rig::listed([administrator(ADA)]).await;
    let error = rig.apply(Operation::Deactivate(rig.reference(ADA))).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::NeedsOwner, Retry::AfterEdit));
    assert!(error.to_string().contains("give the person the role Member first"), "{error}");
}

#[test]
fn operations_can_run_on_any_thread() {
    fn sendable<T: Send>(_: impl FnOnce(&'static mut Account) -> T) {}
    sendable(|account| async { account.apply(&Operation::Read(by_email(ADA))).await });
    sendable(|account| async { account.read(&by_email(ADA)).await });
}
