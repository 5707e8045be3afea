//! The wrong account, and an account that shows itself otherwise than it is.

use reqwest::Method;
use serde_json::{Value, json};

use super::{names, texts};
use crate::world::{CONNECTION, REMOVAL, USER, World, account_of, condition, email, merged, message};

fn lasting(path: &str, effect: &Value) -> Value {
    json!({"method": "GET", "path": path, "count": u32::MAX, "effect": effect})
}

#[tokio::test]
async fn credentials_of_another_account_in_the_secret_write_nothing() -> anyhow::Result<()> {
    let names = ["ada", "bob", "eve"];
    let ours = merged(account_of(&names), json!({"limits": "off"}));
    let theirs = json!({
        "accountId": "other", "clientId": "simulator", "clientSecret": "theirs", "limits": "off",
        "owner": "owner@other.example", "people": [{"email": email("bob")}, {"email": "mallory@other.example"}],
    });
    let world = World::connected(json!({"accounts": [ours, theirs]}), json!({"guard": {"quietPeriod": "0s"}})).await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    let their_people = async || world.zoom.control(Method::GET, "accounts/other/people", None).await;
    let before = their_people().await?;
    // The app of the other account is no app of this one.
    world.zoom.edit_account(json!({"revokeTokens": true})).await?;
    world.write_secret("theirs").await?;
    world.ask("refused").await?;
    world.reason(CONNECTION, "default", "CredentialsRefused").await?;
    // Even where Zoom takes the account id on trust: whom it shows is in the other account.
    world.zoom.inject(json!({"count": u32::MAX, "effect": "swappedAccount"})).await?;
    world.zoom.edit_account(json!({"clientSecret": "theirs"})).await?;
    let connection = world.reason(CONNECTION, "default", "AccountMismatch").await?;
    assert!(message(&connection).contains("belong to the account other, and not to acme"), "{}", message(&connection));

    // Whatever is asked for meanwhile waits.
    world.user("new", json!({"email": email("new")})).await?;
    world.users(&["bob"], &json!({"lastName": "Byron"})).await?;
    world.users(&["eve"], &json!({"active": false})).await?;
    world.delete_all(&["ada"]).await?;
    world.user_is("new", "WaitingForConnection").await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(their_people().await?, before);

    world.zoom.clear_faults().await?;
    world.users(&["eve"], &json!({})).await?;
    world.users(&["ada"], &json!({})).await?;
    world.ask("ours").await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.user_is("new", "Invited").await?;
    world.users_are(&names, "Synced").await?;
    assert_eq!(world.statuses(&names).await?, ["active"; 3]);
    Ok(())
}

#[tokio::test]
async fn an_empty_listing_with_total_zero_creates_nobody_twice_and_removes_nobody() -> anyhow::Result<()> {
    let names = names(8);
    let licensed =
        |name: &String| json!({"email": email(name), "type": if name == "p03" { "Licensed" } else { "Basic" }});
    let people: Vec<_> = names.iter().map(licensed).collect();
    let guard = json!({"quietPeriod": "0s", "limits": {"entitlement": {"percent": 0, "floor": 0}}});
    let world = World::connected(json!({"people": people}), json!({"guard": guard})).await?;
    world.declare(&names, &json!({})).await?;
    // Something is open when the doubt begins.
    world.users(&["p03"], &json!({"license": {"type": "Basic"}})).await?;
    let open = world.removal_is("p03", "Held", "OverLimit").await?;
    let page = json!({"page_count": 0, "page_size": 2000, "total_records": 0, "next_page_token": "", "users": []});
    world.zoom.inject(lasting("/users", &json!({"answer": {"status": 200, "body": page}}))).await?;
    let gone = json!({"status": 404, "body": {"code": 1001, "message": "User does not exist."}});
    world.zoom.inject(lasting("/users/{userId}", &json!({"answer": gone}))).await?;
    world.resync().await?;
    let connection = world.reason(CONNECTION, "default", "Suspicious").await?;
    assert!(message(&connection).contains("not even its owner"), "{}", message(&connection));

    world.user("new", json!({"email": email("new")})).await?;
    world.user_is("new", "Suspicious").await?;
    world.edit(USER, "p00", json!({"lastName": "Back"})).await?;
    world.user_is("p00", "Suspicious").await?;
    world.users(&["p01"], &json!({"active": false})).await?;
    world.user_is("p01", "Suspicious").await?;
    world.delete_all(&["p02"]).await?;
    world.removal_is("p02", "Held", "Suspicious").await?;
    world.approve_all(std::slice::from_ref(&open)).await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    // Zoom is itself again: only what was asked for meanwhile is done.
    world.zoom.clear_faults().await?;
    world.resync().await?;
    world.user_is("new", "Invited").await?;
    world.user_is("p00", "Synced").await?;
    world.user_is("p01", "Deactivated").await?;
    world.removal_is("p02", "Done", "Completed").await?;
    let done = world.removal_is("p03", "Done", "Completed").await?;
    assert_eq!(done["metadata"]["uid"], open["metadata"]["uid"], "its decision was kept");
    let mut out = world.inactive(2).await?;
    out.sort();
    assert_eq!(out, [email("p01"), email("p02")]);
    let creations = world.zoom_writes().await?.into_iter().filter(|call| call == "POST /users").count();
    assert_eq!(creations, 1);
    Ok(())
}

#[tokio::test]
async fn one_person_whom_zoom_shows_in_a_way_that_cannot_be_understood_keeps_nobody_else_waiting() -> anyhow::Result<()>
{
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    let bob = world.person(&email("bob")).await?;
    let ada = world.person(&email("ada")).await?;
    let owner = world.person("owner@acme.example").await?;
    let row = |id: &str, email: &str| json!({"id": id, "email": email, "type": 1, "status": "active", "role_id": "2"});
    let mut first = row(&owner.id, &owner.email);
    first["role_id"] = json!("0");
    let rows = [first, row(&ada.id, &ada.email), row(&bob.id, "no address")];
    let page = |rows: &[Value]| {
        json!({
            "page_count": 1, "page_size": 2000, "total_records": rows.len(), "next_page_token": "", "users": rows,
        })
    };
    // Pending, active and inactive people, in the order in which they are listed.
    for rows in [&[][..], &rows, &[]] {
        let fault = json!({"method": "GET", "path": "/users", "count": 1, "effect": {"answer": {"status": 200, "body": page(rows)}}});
        world.zoom.inject(fault).await?;
    }
    world.ask("odd").await?;
    let connection = world.reason(CONNECTION, "default", "ListingIncomplete").await?;
    assert!(message(&connection).contains("no address"), "{}", message(&connection));
    world.user("new", json!({"email": email("new")})).await?;
    world.user_is("new", "Invited").await?;
    // Of Bob nothing is concluded.
    assert_eq!(world.get(USER, "bob").await?["status"]["state"], "Active");
    world.assert_wrote(&["POST /users"]).await?;
    Ok(())
}

#[tokio::test]
async fn while_zoom_lists_nobody_at_all_a_leaver_leaves_all_the_same() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob", "eve"], json!({})).await?;
    let refusal = json!({"answer": {"status": 400, "body": {"code": 200, "message": "No permission."}}});
    world.zoom.inject(lasting("/users", &refusal)).await?;
    world.ask("refused").await?;
    let connection = world.reason(CONNECTION, "default", "ListingIncomplete").await?;
    assert!(message(&connection).contains("No permission"), "{}", message(&connection));
    world.user("new", json!({"email": email("new")})).await?;
    world.user_is("new", "WaitingForConnection").await?;
    world.users(&["ada"], &json!({"active": false})).await?;
    world.user_is("ada", "Deactivated").await?;
    world.delete_all(&["bob"]).await?;
    world.removal_is("bob", "Done", "Completed").await?;
    assert_eq!(world.statuses(&["ada", "bob", "eve"]).await?, ["inactive", "inactive", "active"]);
    Ok(())
}

#[tokio::test]
async fn a_removal_whose_connection_does_not_exist_says_so_and_runs_once_it_does() -> anyhow::Result<()> {
    let mut world = World::bare(crate::world::account_of(&["eve"])).await?;
    world.start_operator().await?;
    let spec = json!({"class": "Access", "person": {"email": email("eve")}, "operations": [{"action": "Deactivate"}]});
    world.apply(REMOVAL, "stop-eve", spec).await?;
    let held = world
        .until(REMOVAL, "stop-eve", "waits", |removal| {
            crate::world::is_in_phase(removal, "Held", "WaitingForConnection")
        })
        .await?;
    assert!(condition(&held, "Reconciling").is_some(), "{held}");
    world.connect(json!({})).await?;
    world
        .until(REMOVAL, "stop-eve", "is done", |removal| crate::world::is_in_phase(removal, "Done", "Completed"))
        .await?;
    assert_eq!(world.person(&email("eve")).await?.status, "inactive");
    Ok(())
}

#[tokio::test]
async fn pages_that_repeat_or_lose_rows_make_nobody_come_or_go() -> anyhow::Result<()> {
    let names = names(8);
    let people: Vec<_> = names.iter().map(|name| json!({"email": email(name)})).collect();
    let world = World::connected(json!({"people": people, "quirks": {"pageSize": 3}}), json!({})).await?;
    world.declare(&names, &json!({})).await?;
    world.zoom.inject(lasting("/users", &json!("repeatedRow"))).await?;
    world.resync().await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.zoom.clear_faults().await?;
    world.zoom.inject(lasting("/users", &json!("lostRow"))).await?;
    world.resync().await?;
    world.reason(CONNECTION, "default", "ListingIncomplete").await?;
    world.user("new", json!({"email": email("new")})).await?;
    world.user_is("new", "WaitingForConnection").await?;
    for name in &names {
        assert_eq!(world.get(USER, name).await?["status"]["state"], "Active", "{name}");
    }
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.zoom.clear_faults().await?;
    world.resync().await?;
    world.users_are(&texts(&names), "Synced").await?;
    world.user_is("new", "Invited").await?;
    world.assert_wrote(&["POST /users"]).await?;
    Ok(())
}
