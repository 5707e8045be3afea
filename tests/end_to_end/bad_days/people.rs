//! People whom Zoom refuses, and changes that it takes without making them: each says why, and none stops the others.

use serde_json::{Value, json};
use zoom_operator_api::REQUESTED_AT_ANNOTATION;
use zoom_operator_testing::Exchange;

use super::{active, assert_says, calls, connected, fault, faults_are_spent, lasting_fault};
use crate::world::{CONNECTION, USER, World, account_of, email, merged, message};

/// The addresses that were to be created, in order.
fn created(calls: &[Exchange]) -> Vec<String> {
    let creations = calls.iter().filter(|call| call.endpoint == "POST /users");
    creations.map(|call| call.request_body["user_info"]["email"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn people_whom_zoom_refuses_say_why_and_stop_nobody() -> anyhow::Result<()> {
    let account = json!({
        "elsewhere": [{"email": email("elsewhere"), "create": "activeElsewhere"}, {"email": email("used"), "create": "addressUsed"}],
        "allowedDomains": ["acme.example"],
        "seats": {"licensed": 1},
    });
    let world = connected(account, json!({})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.users(&["elsewhere", "used"], &json!({})).await?;
    world.user("stranger", json!({"email": "stranger@example.com"})).await?;
    world.users(&["licensed"], &json!({"license": {"type": "Licensed"}})).await?;
    world.users(&["zoe"], &json!({})).await?;

    world.user_is("zoe", "Invited").await?;
    let elsewhere = world.user_is("elsewhere", "WaitingForConsent").await?;
    assert_says(&elsewhere, &["code 1009", &email("elsewhere"), "must agree"]);
    assert_says(&world.user_is("used", "WaitingForConsent").await?, &["code 1005", &email("used")]);
    assert_says(&world.user_is("stranger", "AddressRefused").await?, &["code 1116", "stranger@example.com"]);
    // The owner has the only seat.
    let counted = |user: &Value| message(user).contains("1 of 1 are used");
    let licensed = world.until(USER, "licensed", "waits for a seat", counted).await?;
    assert_says(&licensed, &["free a seat"]);
    let connection = world.reason(CONNECTION, "default", "Connected").await?;
    assert_eq!(connection["status"]["people"]["refused"], 3);

    // They are not asked for again and again.
    world.resync().await?;
    world.resync().await?;
    let mut asked = created(&world.zoom.journal().await?);
    asked.sort();
    // Before the seats were counted it may have been asked for once.
    let licensed = asked.extract_if(.., |address| *address == email("licensed")).count();
    assert!(licensed <= 1, "{licensed} times");
    let stranger = "stranger@example.com".to_owned();
    assert_eq!(asked, [email("elsewhere"), stranger, email("used"), email("zoe")]);

    // A seat that was bought is seen, and an edit asks again.
    world.zoom.edit_account(json!({"seats": {"licensed": 2}})).await?;
    world.resync().await?;
    world.user_is("licensed", "Invited").await?;
    world.edit(USER, "stranger", json!({"email": email("stranger")})).await?;
    world.user_is("stranger", "Invited").await?;
    Ok(())
}

#[tokio::test]
async fn each_method_of_creation_is_refused_with_what_the_account_lacks_and_an_invitation_runs_out()
-> anyhow::Result<()> {
    let world = connected(json!({"sso": false, "managedDomains": []}), json!({"creation": null})).await?;
    for (name, method) in [("auto", "AutoCreate"), ("sso", "Sso"), ("robot", "NoLogin"), ("ada", "Invite")] {
        world.users(&[name], &json!({"creation": {"method": method}})).await?;
    }
    assert_says(&world.user_is("auto", "Refused").await?, &["code 200", "a domain that the account manages"]);
    assert_says(&world.user_is("sso", "Refused").await?, &["code 2002", "no single sign-on"]);
    assert_says(&world.user_is("robot", "Refused").await?, &["code 200", "integration partner"]);
    let invited = world.user_is("ada", "Invited").await?;
    assert!(message(&invited).contains("pending since"), "{}", message(&invited));
    let unprovisioned = json!({"answer": {"status": 400, "body": {"code": 2032, "message": "Not pre-provisioned."}}});
    world.zoom.inject(fault("POST", "/users", 1, &unprovisioned)).await?;
    world.users(&["early"], &json!({"creation": {"method": "Sso"}})).await?;
    assert_says(&world.user_is("early", "Refused").await?, &["code 2032", "provisioned ahead"]);

    // A month later at Zoom; the operator's clock is made up for by what it wrote.
    world.zoom.move_clock(json!({"advance": "31 days"})).await?;
    let since = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(31 * 24);
    let status = json!({"status": {"pendingSince": since.to_string()}}).to_string();
    world.kubectl(&["patch", "zoomuser", "ada", "--subresource=status", "--type=merge", "--patch", &status]).await?;
    world.resync().await?;
    assert_says(&world.user_is("ada", "InvitationExpired").await?, &["30 days", "active to false"]);
    world.edit(USER, "ada", json!({"active": false})).await?;
    world.user_is("ada", "Deactivated").await?;
    assert!(world.zoom.person(&email("ada")).await?.is_none(), "the dead invitation stands");
    world.edit(USER, "ada", json!({"active": true})).await?;
    world.user_is("ada", "Invited").await?;
    world.zoom.accept_invitation(&email("ada")).await?;
    world.resync().await?;
    world.user_is("ada", "Synced").await?;
    Ok(())
}

#[tokio::test]
async fn a_change_that_zoom_refuses_is_told_by_its_object_alone() -> anyhow::Result<()> {
    let world = connected(account_of(&["ada", "bob"]), json!({})).await?;
    world.users(&["ada", "bob"], &json!({"lastName": "Byron"})).await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.user("ada", json!({"email": email("ada"), "profile": {"manager": "nobody@acme.example"}})).await?;
    world.user("bob", json!({"email": email("bob"), "lastName": "Builder"})).await?;
    assert_says(&world.user_is("ada", "InvalidValue").await?, &["code 300", "manager"]);
    world.user_is("bob", "Synced").await?;
    assert_eq!(world.person(&email("bob")).await?.last_name, "Builder");
    world.zoom.clear_journal().await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0], "a value that Zoom refused was sent again");
    Ok(())
}

#[tokio::test]
async fn a_creation_whose_answer_is_lost_is_made_once() -> anyhow::Result<()> {
    let world = connected(account_of(&[]), json!({})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    // Reading back fails as well, so that the first try ends in doubt.
    world.zoom.inject(fault("POST", "/users", 1, &json!({"timeOutAfter": {}}))).await?;
    world.zoom.inject(fault("GET", "/users/{userId}", 3, &json!({"answer": {"status": 503}}))).await?;
    world.users(&["ada", "bob"], &json!({})).await?;
    faults_are_spent(&world).await?;
    for name in ["ada", "bob"] {
        let user = world.user_is(name, "Invited").await?;
        assert_eq!(user["status"]["origin"], "Created", "{user}");
        assert_eq!(world.zoom.people().await?.iter().filter(|person| person.email == email(name)).count(), 1);
    }
    let journal = world.zoom.journal().await?;
    let taken_effect = journal.iter().filter(|call| call.endpoint == "POST /users" && call.status != Some(409));
    assert_eq!(taken_effect.count(), 2);
    Ok(())
}

#[tokio::test]
async fn a_change_that_zoom_takes_without_making_it_is_said_and_not_tried_for_ever() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada"])).await?;
    world.lease = 20;
    world.start_operator().await?;
    world.connect(json!({})).await?;
    let spec = json!({"email": email("ada"), "lastName": "Byron", "profile": {"department": "Research"}});
    world.user("ada", spec.clone()).await?;
    world.user_is("ada", "Synced").await?;

    world.zoom.inject(lasting_fault("PATCH", "/users/{userId}", &json!("withoutEffect"))).await?;
    world.zoom.clear_journal().await?;
    world.user("ada", merged(spec.clone(), json!({"lastName": "Lovelace"}))).await?;
    let user = world.user_is("ada", "NotApplied").await?;
    assert_says(&user, &["lastName", "accepted"]);
    assert_eq!(user["status"]["notApplied"], json!(["lastName"]));
    world.resync().await?;
    world.resync().await?;
    assert_eq!(calls(&world, "PATCH /users/{userId}").await?, 1);

    // Nor after a restart: the object remembers it.
    world.start_operator().await?;
    world.resync().await?;
    assert_eq!(calls(&world, "PATCH /users/{userId}").await?, 1);

    world.zoom.clear_faults().await?;
    world.user("ada", merged(spec, json!({"lastName": "King"}))).await?;
    let user = world.user_is("ada", "Synced").await?;
    assert_eq!(user["status"]["notApplied"], json!(null));
    assert_eq!(world.person(&email("ada")).await?.last_name, "King");
    Ok(())
}

#[tokio::test]
async fn somebody_whom_zoom_creates_and_never_shows_is_not_invited_at_every_listing() -> anyhow::Result<()> {
    let world = connected(account_of(&["ada"]), json!({})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.zoom.inject(lasting_fault("POST", "/users", &json!("withoutEffect"))).await?;
    world.users(&["bob"], &json!({})).await?;
    world.user_is("bob", "Invited").await?;
    world.resync().await?;
    assert_says(&world.user_is("bob", "NotApplied").await?, &["created the person", "invited again"]);
    world.resync().await?;
    assert_eq!(calls(&world, "POST /users").await?, 1);

    // Whoever asks is not kept waiting.
    world.zoom.clear_faults().await?;
    let again = json!({"metadata": {"annotations": {REQUESTED_AT_ANNOTATION: "again"}}});
    world.patch(USER, "bob", again).await?;
    world.user_is("bob", "Invited").await?;
    assert_eq!(calls(&world, "POST /users").await?, 2);
    assert_eq!(world.person(&email("bob")).await?.status, "pending");
    Ok(())
}

#[tokio::test]
async fn a_deactivation_that_zoom_takes_without_making_it_is_said_and_not_tried_for_ever() -> anyhow::Result<()> {
    let world = connected(account_of(&["ada", "bob"]), json!({})).await?;
    world.users(&["ada", "bob"], &json!({})).await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.zoom.inject(lasting_fault("PUT", "/users/{userId}/status", &json!("withoutEffect"))).await?;
    world.zoom.clear_journal().await?;
    world.delete(USER, "ada").await?;
    let removal = world.removal_is("ada", "Refused", "ZoomRefused").await?;
    let said = removal["status"]["message"].as_str().unwrap_or_default();
    assert!(said.contains("accepted it, but a read still shows"), "{said}");
    world.resync().await?;
    world.resync().await?;
    assert_eq!(calls(&world, "PUT /users/{userId}/status").await?, 3);
    assert_eq!(world.person(&email("ada")).await?.status, "active");
    Ok(())
}

#[tokio::test]
async fn a_spent_budget_of_the_day_is_waited_for_and_named() -> anyhow::Result<()> {
    let world = connected(account_of(&["ada"]), json!({})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    let spent = json!({"tooManyRequests": {"rateHeaders": true, "daily": true, "retryAfter": {"isoTimeIn": 7200}}});
    world.zoom.inject(fault("POST", "/users", 1, &spent)).await?;
    world.users(&["bob"], &json!({})).await?;
    assert_says(&world.user_is("bob", "WaitingForDailyBudget").await?, &["budget", "until 20"]);
    // What needs none of it goes on.
    world.users(&["ada"], &active(json!({"lastName": "Lovelace"}))).await?;
    world.user_is("ada", "Synced").await?;
    world.resync().await?;
    assert_eq!(calls(&world, "POST /users").await?, 1);
    Ok(())
}
