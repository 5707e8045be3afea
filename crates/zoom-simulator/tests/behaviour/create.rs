use serde_json::json;
use zoom_simulator::{AccountConfig, ElsewhereAnswer, ElsewhereConfig, License, Quirks, Status};

use crate::support::{ADA, BOB, Zoom, active, inactive, pending, unlimited};

#[tokio::test]
async fn create_invites_and_the_person_is_pending_until_they_accept() {
    let zoom = Zoom::with([]).await;
    let info = json!({"email": ADA, "type": 2, "first_name": "Ada", "last_name": "Lovelace"});
    let body = zoom.post("/users", json!({"action": "create", "user_info": info})).await.succeeded(201);
    assert!(body.get("status").is_none());
    assert_eq!((&body["email"], &body["type"]), (&ADA.into(), &2.into()));
    assert_eq!(zoom.person(ADA).unwrap().status, Status::Pending);
    zoom.accept_invitation(ADA).unwrap();
    let ada = zoom.get(&format!("/users/{ADA}")).await.succeeded(200);
    assert_eq!((&ada["status"], &ada["type"]), (&"active".into(), &2.into()));
    assert_eq!(ada["display_name"], "Ada Lovelace");
}

#[tokio::test]
async fn acceptance_gives_another_id_or_leaves_it() {
    let quirks = Quirks { id_changes_on_acceptance: false, ..Quirks::default() };
    let zoom = Zoom::start(AccountConfig { quirks, ..unlimited() }).await;
    let id = zoom.create("create", ADA, 1).await.succeeded(201)["id"].clone();
    assert_eq!(zoom.accept_invitation(ADA).unwrap().id, id.as_str().unwrap());
    let zoom = Zoom::with([]).await;
    let id = zoom.create("create", ADA, 1).await.succeeded(201)["id"].clone();
    assert_ne!(zoom.accept_invitation(ADA).unwrap().id, id.as_str().unwrap());
    zoom.get(&format!("/users/{}", id.as_str().unwrap())).await.refused(404, 1001);
}

#[tokio::test]
async fn create_may_make_active_people_at_once() {
    let quirks = Quirks { instant_activation: true, ..Quirks::default() };
    let zoom = Zoom::start(AccountConfig { quirks, ..unlimited() }).await;
    zoom.create("create", ADA, 1).await.succeeded(201);
    assert_eq!(zoom.person(ADA).unwrap().status, Status::Active);
}

#[tokio::test]
async fn auto_create_makes_active_people_in_a_managed_domain_only() {
    let zoom = Zoom::with([]).await;
    let auto = |email: &str| json!({"action": "autoCreate", "user_info": {"email": email, "type": 1, "password": "Sup3rSecret"}});
    zoom.post("/users", auto(ADA)).await.succeeded(201);
    assert_eq!(zoom.person(ADA).unwrap().status, Status::Active);
    zoom.post("/users", auto("ada@other.example")).await.refused(400, 1116);
    let zoom = Zoom::start(AccountConfig { managed_domains: vec![], ..unlimited() }).await;
    zoom.post("/users", auto(ADA)).await.refused(400, 200);
}

#[tokio::test]
async fn auto_create_asks_for_a_good_password_and_the_journal_does_not_show_it() {
    let zoom = Zoom::with([]).await;
    for password in [
        "",
        "Sh0rt",
        "alllower1",
        "ALLUPPER1",
        "NoNumber",
        "Abcd1234",
        "Aaaaa1xyz",
        "Much2Long-Much2Long-Much2Long-Much2Long",
    ] {
        let info = json!({"email": ADA, "type": 1, "password": password});
        zoom.post("/users", json!({"action": "autoCreate", "user_info": info})).await.invalid(&["user_info.password"]);
    }
    zoom.clear_journal();
    let info = json!({"email": ADA, "type": 1, "password": "Sup3rSecret"});
    zoom.post("/users", json!({"action": "autoCreate", "user_info": info})).await.succeeded(201);
    assert!(!serde_json::to_string(&zoom.journal()).unwrap().contains("Sup3rSecret"));
}

#[tokio::test]
async fn cust_create_is_for_partners_only() {
    let zoom = Zoom::with([]).await;
    zoom.create("custCreate", ADA, 1).await.refused(400, 200);
    let zoom = Zoom::start(AccountConfig { isv: true, ..unlimited() }).await;
    zoom.create("custCreate", ADA, 1).await.succeeded(201);
    assert_eq!(zoom.get(&format!("/users/{ADA}")).await.body["login_types"][0], 99);
}

#[tokio::test]
async fn sso_create_needs_single_sign_on_with_pre_provisioning() {
    let zoom = Zoom::start(AccountConfig { sso: false, ..unlimited() }).await;
    zoom.create("ssoCreate", ADA, 1).await.refused(400, 2002);
    let zoom = Zoom::start(AccountConfig { sso_pre_provisioning: false, ..unlimited() }).await;
    zoom.create("ssoCreate", ADA, 1).await.refused(400, 2032);
    let zoom = Zoom::with([]).await;
    zoom.create("ssoCreate", ADA, 2).await.succeeded(201);
    assert_eq!(zoom.person(ADA).unwrap().status, Status::Active);
    assert_eq!(zoom.person(ADA).unwrap().profile.vanity_name, "ada");
}

#[tokio::test]
async fn sso_create_outside_the_managed_domains_leaves_the_person_pending() {
    let zoom = Zoom::with([]).await;
    zoom.create("ssoCreate", "ada@other.example", 1).await.succeeded(201);
    assert_eq!(zoom.person("ada@other.example").unwrap().status, Status::Pending);
}

#[tokio::test]
async fn only_sso_create_may_give_no_licence_at_all() {
    let zoom = Zoom::with([]).await;
    zoom.create("create", ADA, 99).await.invalid(&["user_info.type"]);
    zoom.create("ssoCreate", ADA, 99).await.succeeded(201);
    assert_eq!(zoom.person(ADA).unwrap().license, License::None);
}

#[tokio::test]
async fn an_address_of_the_account_is_in_use_whatever_its_case_and_status() {
    let zoom = Zoom::with([active(ADA), inactive(BOB), pending("cy@acme.example")]).await;
    for email in [ADA, "ADA@ACME.EXAMPLE", BOB, "cy@acme.example"] {
        zoom.create("create", email, 1).await.refused(409, 1005);
    }
}

#[tokio::test]
async fn an_address_elsewhere_is_refused_or_invited_as_the_account_says() {
    let elsewhere = |email: &str, create| ElsewhereConfig { email: email.into(), create: Some(create) };
    let elsewhere = vec![
        elsewhere("a@other.example", ElsewhereAnswer::ActiveElsewhere),
        elsewhere("b@other.example", ElsewhereAnswer::AddressUsed),
        elsewhere("c@other.example", ElsewhereAnswer::Invited),
    ];
    let zoom = Zoom::start(AccountConfig { elsewhere, ..unlimited() }).await;
    zoom.create("create", "A@other.example", 1).await.refused(409, 1009);
    zoom.create("create", "b@other.example", 1).await.refused(409, 1005);
    assert_eq!(zoom.create("create", "c@other.example", 1).await.succeeded(201)["id"], "");
    assert_eq!(zoom.person("c@other.example").unwrap().status, Status::Pending);
    zoom.get("/users/a@other.example").await.refused(400, 1010);
}

#[tokio::test]
async fn blocked_domains_are_1107_and_domains_that_are_not_allowed_1116() {
    let blocked_domains = vec!["bad.example".into()];
    let allowed_domains = vec!["acme.example".into()];
    let zoom = Zoom::start(AccountConfig { blocked_domains, allowed_domains, ..unlimited() }).await;
    zoom.create("create", "a@bad.example", 1).await.refused(400, 1107);
    zoom.create("create", "a@other.example", 1).await.refused(400, 1116);
    zoom.create("create", ADA, 1).await.succeeded(201);
}

#[tokio::test]
async fn all_invalid_fields_are_named_in_one_answer() {
    let zoom = Zoom::with([]).await;
    let info = json!({"email": "nonsense", "type": 7, "first_name": "x".repeat(65), "last_name": "六个中文字符", "display_name": 3, "password": 5});
    let reply = zoom.post("/users", json!({"action": "create", "user_info": info})).await;
    let names = ["email", "type", "password", "first_name", "last_name", "display_name"]
        .map(|name| format!("user_info.{name}"));
    reply.invalid(&names.each_ref().map(String::as_str));
    zoom.post("/users", json!({"action": "conjure", "user_info": {}})).await.invalid(&["action"]);
    zoom.post("/users", json!({"action": "create"})).await.invalid(&["user_info"]);
    zoom.post("/users", json!([1])).await.refused(400, 300);
    assert_eq!(zoom.people().len(), 1);
}

#[tokio::test]
async fn an_invitation_expires_after_thirty_days_and_can_be_made_again_after_a_delete() {
    let mut zoom = Zoom::with([]).await;
    zoom.create("create", ADA, 1).await.succeeded(201);
    zoom.advance(jiff::SignedDuration::from_hours(24 * 30 + 1));
    zoom.token = zoom.fetch_token().await.body["access_token"].as_str().unwrap().to_owned();
    zoom.get(&format!("/users/{ADA}")).await.refused(400, 1120);
    zoom.patch(&format!("/users/{ADA}"), json!({})).await.refused(400, 1120);
    assert!(zoom.accept_invitation(ADA).is_err());
    assert_eq!(zoom.get("/users?status=pending").await.succeeded(200)["total_records"], 1);
    zoom.delete(&format!("/users/{ADA}")).await.succeeded(204);
    zoom.create("create", ADA, 1).await.succeeded(201);
    zoom.get(&format!("/users/{ADA}")).await.succeeded(200);
}
