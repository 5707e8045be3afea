//! The client against the simulator, which knows Zoom's rules and shares no type with the client.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use url::Url;
use zoom_client::{
    Config, CreateAction, Credentials, Endpoints, ErrorKind, Limits, NewUser, Removal, StatusAction, Transfer,
    TransferData, UserPatch, UserStatus, UserType, ZoomClient,
};
use zoom_simulator::{AccountConfig, AccountEdit, Fault, FaultEffect, LimitsConfig, RetryAfter, Simulator, Status};

async fn simulator() -> Simulator {
    let config = AccountConfig { limits: LimitsConfig::Off, ..AccountConfig::small() };
    Simulator::start(config).await.unwrap()
}

fn config(zoom: &Simulator) -> Config {
    let account = AccountConfig::default();
    let credentials = Credentials { client_id: account.client_id, client_secret: account.client_secret.into() };
    let endpoints = Endpoints::custom(&Url::parse(&zoom.url()).unwrap());
    let mut config = Config::new(account.account_id, credentials, endpoints, Limits::off());
    config.timeouts.call = Duration::from_secs(5);
    config
}

pub(crate) fn client(zoom: &Simulator) -> ZoomClient {
    ZoomClient::new(config(zoom)).unwrap()
}

fn newcomer() -> NewUser {
    NewUser {
        action: CreateAction::Create,
        email: "newcomer@acme.example".into(),
        user_type: UserType::Basic,
        first_name: Some("Grace".into()),
        last_name: Some("Hopper".into()),
        display_name: None,
    }
}

fn creates(zoom: &Simulator) -> usize {
    zoom.journal().iter().filter(|exchange| exchange.method == "POST" && exchange.path == "/v2/users").count()
}

#[tokio::test]
async fn a_person_comes_changes_rests_returns_and_leaves() {
    let zoom = simulator().await;
    let client = client(&zoom);
    client.create_user(&newcomer()).await.unwrap();
    let invited = client.get_user("newcomer@acme.example").await.unwrap();
    assert_eq!(invited.row.status, Some(UserStatus::Pending));
    zoom.accept_invitation("newcomer@acme.example").unwrap();
    let id = client.get_user("NEWCOMER@acme.example").await.unwrap().row.id.unwrap();

    let patch = UserPatch { job_title: Some("Admiral".into()), dept: Some("Navy".into()), ..UserPatch::default() };
    client.update_user(&id, &patch).await.unwrap();
    let changed = client.get_user(&id).await.unwrap();
    assert_eq!((changed.job_title.as_deref(), changed.row.dept.as_deref()), (Some("Admiral"), Some("Navy")));

    client.set_status(&id, StatusAction::Deactivate).await.unwrap();
    let inactive = client.list_users(UserStatus::Inactive, 300).await.unwrap();
    assert!(inactive.complete.is_ok() && inactive.rows.iter().any(|row| row.id.as_deref() == Some(&id)));
    assert_eq!(client.update_user(&id, &patch).await.unwrap_err().kind(), &ErrorKind::Refused);
    client.set_status(&id, StatusAction::Activate).await.unwrap();

    let heir = client.list_users(UserStatus::Active, 300).await.unwrap().rows[0].email.clone();
    let transfer = Transfer { to: heir, data: [TransferData::Meetings, TransferData::Recordings].into() };
    client.remove_user(&id, &Removal::Delete { transfer: Some(transfer) }).await.unwrap();
    assert_eq!(client.get_user(&id).await.unwrap_err().kind(), &ErrorKind::UserNotFound);
    assert!(zoom.person("newcomer@acme.example").is_none());
}

#[tokio::test]
async fn a_large_account_is_listed_whole() {
    let config_of_many = AccountConfig { limits: LimitsConfig::Off, ..AccountConfig::default() }.with_users(700, 7);
    let zoom = Simulator::start(config_of_many).await.unwrap();
    let client = client(&zoom);
    for (status, wanted) in [
        (UserStatus::Active, Status::Active),
        (UserStatus::Inactive, Status::Inactive),
        (UserStatus::Pending, Status::Pending),
    ] {
        let listing = client.list_users(status, 100).await.unwrap();
        let people = zoom.people().into_iter().filter(|person| person.status == wanted).count();
        assert_eq!((listing.rows.len(), listing.complete), (people, Ok(())));
    }
    assert!(client.list_roles().await.unwrap().complete.is_ok());
    assert!(client.list_groups().await.unwrap().complete.is_ok());
    assert_eq!(client.plan_usage().await.unwrap().base.len(), 1);
    assert!(client.user_summary().await.unwrap().total.is_some());
}

#[tokio::test]
async fn a_page_token_that_expired_meanwhile_starts_the_listing_again() {
    let zoom = simulator().await;
    let controls = zoom.controls();
    let mut config = config(&zoom);
    // The simulated time passes between the first page and the second.
    config.observer = Some(std::sync::Arc::new(move |record| {
        let first = controls.counters().get("GET /users").is_none_or(|counts| counts.values().sum::<u64>() <= 1);
        if record.endpoint == "GET /users" && first {
            controls.advance(SignedDuration::from_mins(16));
        }
    }));
    let listing = ZoomClient::new(config).unwrap().list_users(UserStatus::Active, 1).await.unwrap();
    assert_eq!(listing.complete, Ok(()));
    let counts = &zoom.counters()["GET /users"];
    assert_eq!(counts.get("400"), Some(&1), "{counts:?}");
}

#[tokio::test]
async fn revoked_tokens_are_renewed() {
    let zoom = simulator().await;
    let client = client(&zoom);
    client.user_summary().await.unwrap();
    zoom.edit_account(AccountEdit { revoke_tokens: true, ..AccountEdit::default() });
    client.user_summary().await.unwrap();
    assert_eq!(zoom.counters()["GET /users/summary"].values().sum::<u64>(), 3);
}

#[tokio::test]
async fn a_wrong_secret_is_named_and_a_rotated_one_works() {
    let zoom = simulator().await;
    let mut wrong = config(&zoom);
    let right = wrong.credentials.clone();
    wrong.credentials.client_secret = "wrong".into();
    let client = ZoomClient::new(wrong).unwrap();
    assert_eq!(client.granted_scopes().await.unwrap_err().kind(), &ErrorKind::BadCredentials);
    assert!(!client.with_credentials(right).granted_scopes().await.unwrap().is_empty());
}

#[tokio::test]
async fn missing_scopes_are_named() {
    let zoom = simulator().await;
    let scopes = vec!["user:read:user:admin".to_owned()];
    zoom.edit_account(AccountEdit { scopes: Some(scopes.into_iter().collect()), ..AccountEdit::default() });
    let error = client(&zoom).list_users(UserStatus::Active, 300).await.unwrap_err();
    let ErrorKind::MissingScopes { scopes } = error.kind() else { panic!("{error}") };
    assert!(scopes.contains(&"user:read:list_users:admin".to_owned()), "{error}");
}

#[tokio::test]
async fn an_added_scope_is_noticed_by_the_next_call() {
    let zoom = simulator().await;
    let scopes = |names: &[&str]| AccountEdit {
        scopes: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..AccountEdit::default()
    };
    let client = client(&zoom);
    zoom.edit_account(scopes(&["user:read:user:admin"]));
    client.list_users(UserStatus::Active, 300).await.unwrap_err();
    zoom.edit_account(scopes(&["user:read:user:admin", "user:read:list_users:admin"]));
    client.list_users(UserStatus::Active, 300).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found_and_exists_once(
    #[values(FaultEffect::TimeOutAfter { hold_ms: 0 }, FaultEffect::MalformedJson, FaultEffect::CutBody)]
    effect: FaultEffect,
) {
    let zoom = simulator().await;
    zoom.inject(Fault::on("POST", "/users", effect));
    let created = client(&zoom).create_user(&newcomer()).await.unwrap();
    assert_eq!((created.email.as_str(), creates(&zoom)), ("newcomer@acme.example", 1));
    assert!(zoom.person("newcomer@acme.example").is_some());
}

#[rstest]
#[tokio::test]
async fn a_create_without_effect_or_answer_is_in_doubt_and_may_be_tried_again(
    #[values(FaultEffect::TimeOutBefore { hold_ms: 0 }, FaultEffect::Reset, FaultEffect::HtmlPage { status: 502 })]
    effect: FaultEffect,
) {
    let zoom = simulator().await;
    zoom.inject(Fault::on("POST", "/users", effect));
    let client = client(&zoom);
    let error = client.create_user(&newcomer()).await.unwrap_err();
    assert_eq!((error.kind(), creates(&zoom)), (&ErrorKind::InDoubt { seen_absent: true }, 1));
    client.create_user(&newcomer()).await.unwrap();
    assert_eq!(client.create_user(&newcomer()).await.unwrap_err().kind(), &ErrorKind::AddressTaken);
}

#[tokio::test]
async fn a_daily_429_is_obeyed_to_its_timestamp() {
    let zoom = simulator().await;
    let retry_after = Some(RetryAfter::IsoTimeIn(3600));
    zoom.inject(Fault::on(
        "GET",
        "/users/{userId}",
        FaultEffect::TooManyRequests { rate_headers: true, daily: true, retry_after },
    ));
    let error = client(&zoom).get_user("nobody@acme.example").await.unwrap_err();
    let ErrorKind::DailyBudget { retry_at } = error.kind() else { panic!("{error}") };
    let wait = retry_at.duration_since(Timestamp::now());
    assert!(wait > SignedDuration::from_mins(58) && wait < SignedDuration::from_mins(61), "{wait:?}");
}

#[rstest]
#[tokio::test]
async fn reads_outlive_faults(
    #[values(
        FaultEffect::Reset,
        FaultEffect::CutBody,
        FaultEffect::HtmlPage { status: 503 },
        FaultEffect::TooManyRequests { rate_headers: false, daily: false, retry_after: None }
    )]
    effect: FaultEffect,
) {
    let zoom = simulator().await;
    zoom.inject(Fault::on("GET", "/users", effect));
    let listing = client(&zoom).list_users(UserStatus::Active, 300).await.unwrap();
    assert_eq!(listing.complete, Ok(()));
}
