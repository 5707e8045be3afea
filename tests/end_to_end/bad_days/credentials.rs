//! The Secret, what Zoom says to it, where it is sent, and what the app may do.

use serde_json::{Value, json};
use zoom_operator_testing::faults_are_on;

use super::{assert_says, calls, connected, lasting_fault, nudge};
use crate::faults::assert_calls;
use crate::world::{CLIENT_SECRET, CONNECTION, USER, World, account_of, email, message, ready_reason};

/// Waits until a ZoomUser says that it waits for its connection, and names all of these.
async fn waits(world: &World<'_>, name: &str, names: &[&str]) -> anyhow::Result<()> {
    let says = |user: &Value| {
        ready_reason(user) == Some("WaitingForConnection") && names.iter().all(|name| message(user).contains(name))
    };
    world.until(USER, name, format_args!("waits for its connection and names {names:?}"), says).await.map(drop)
}

#[tokio::test]
async fn without_its_secret_a_connection_says_so_and_goes_on_by_itself_once_it_is_there() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada"])).await?;
    world.lease = 60;
    world.start_operator().await?;
    world.apply(CONNECTION, "default", world.connection(json!({}))).await?;
    world.users(&["ada", "bob"], &json!({"lastName": "Byron"})).await?;

    let connection = world.reason(CONNECTION, "default", "SecretMissing").await?;
    assert_says(&connection, &[&format!("{}/zoom", world.namespace), "clientId", "clientSecret"]);
    for name in ["ada", "bob"] {
        waits(&world, name, &["default", "SecretMissing", "zoom"]).await?;
    }

    let half = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "zoom", "namespace": world.namespace},
        "stringData": {"clientId": "simulator"},
    });
    world.cluster.apply(&half.to_string()).await?;
    nudge(&world, "half of the Secret is there").await?;
    let connection = world.reason(CONNECTION, "default", "SecretKeyMissing").await?;
    assert_says(&connection, &["no usable key clientSecret", "it has: clientId"]);
    waits(&world, "bob", &["SecretKeyMissing"]).await?;
    assert_eq!(world.zoom.journal().await?.len(), 0, "Zoom was asked without credentials");

    world.write_secret(CLIENT_SECRET).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.user_is("ada", "Synced").await?;
    world.user_is("bob", "Invited").await?;
    assert_eq!(world.person(&email("ada")).await?.last_name, "Byron");
    Ok(())
}

#[tokio::test]
async fn a_refused_secret_is_named_with_zooms_answer_and_a_new_one_takes_effect_without_a_restart() -> anyhow::Result<()>
{
    let world = connected(account_of(&["ada"]), json!({})).await?;
    world.user("ada", json!({"email": email("ada"), "lastName": "Byron"})).await?;
    world.user_is("ada", "Synced").await?;

    // Zoom has another secret now, and what the operator has in hand is good no longer.
    world.zoom.edit_account(json!({"clientSecret": "rotated", "revokeTokens": true})).await?;
    world.zoom.clear_journal().await?;
    world.resync().await?;
    let connection = world.reason(CONNECTION, "default", "CredentialsRefused").await?;
    assert_says(&connection, &["POST /oauth/token", "HTTP 400", "invalid_client", "Secret"]);
    world.user("ada", json!({"email": email("ada"), "lastName": "Lovelace"})).await?;
    waits(&world, "ada", &["default", "CredentialsRefused", "invalid_client"]).await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    let refused = calls(&world, "POST /oauth/token").await?;
    assert!(faults_are_on() || (1..=4).contains(&refused), "{refused} tokens were asked for with a refused secret");

    world.write_secret("rotated").await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.user_is("ada", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.last_name, "Lovelace");
    Ok(())
}

#[tokio::test]
async fn a_new_secret_takes_effect_before_the_old_one_fails() -> anyhow::Result<()> {
    let world = connected(account_of(&["ada"]), json!({})).await?;
    world.user("ada", json!({"email": email("ada"), "lastName": "Byron"})).await?;
    world.user_is("ada", "Synced").await?;
    // Tokens of the old secret stay good for a while: nobody notices until one is asked for.
    world.zoom.edit_account(json!({"clientSecret": "rotated"})).await?;
    world.write_secret("rotated").await?;
    world.zoom.clear_journal().await?;
    world.resync().await?;
    assert_calls(calls(&world, "POST /oauth/token").await?, 1, "the new secret was not tried");
    world.reason(CONNECTION, "default", "Connected").await?;
    world.user("ada", json!({"email": email("ada"), "lastName": "Lovelace"})).await?;
    world.user_is("ada", "Synced").await?;
    Ok(())
}

#[tokio::test]
async fn credentials_are_not_sent_to_a_host_that_the_operator_does_not_allow() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada"])).await?;
    world.lease = 60;
    world.start_operator().await?;
    let elsewhere = world.zoom.url().replace("127.0.0.1", "localhost");
    world.connect(json!({"endpoints": {"token": format!("{elsewhere}/oauth/token")}})).await?;
    world.user("ada", json!({"email": email("ada"), "lastName": "Lovelace"})).await?;
    let connection = world.reason(CONNECTION, "default", "HostNotAllowed").await?;
    assert_says(&connection, &["spec.endpoints.token", "localhost", "--allow-host"]);
    waits(&world, "ada", &["HostNotAllowed", "localhost"]).await?;
    assert_eq!(world.zoom.journal().await?.len(), 0);

    world.edit(CONNECTION, "default", json!({"endpoints": world.connection(json!({}))["endpoints"]})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.user_is("ada", "Synced").await?;
    Ok(())
}

#[tokio::test]
async fn a_connection_whose_account_an_older_one_took_works_again_once_that_one_goes() -> anyhow::Result<()> {
    let world = connected(account_of(&[]), json!({"credentials": {"secretRef": {"name": "later"}}})).await?;
    world.reason(CONNECTION, "default", "SecretMissing").await?;
    world.apply(CONNECTION, "younger", world.connection(json!({}))).await?;
    world.reason(CONNECTION, "younger", "Connected").await?;
    world.edit(CONNECTION, "default", json!({"credentials": {"secretRef": {"name": "zoom"}}})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.patch(CONNECTION, "younger", json!({"spec": {"description": "The younger one"}})).await?;
    let claimed = world.reason(CONNECTION, "younger", "AccountClaimed").await?;
    let older = format!("{}/default", world.namespace);
    assert_says(&claimed, &[&older]);
    let spec = json!({"email": email("ada"), "connectionRef": {"name": "younger"}});
    world.user("ada", spec).await?;
    waits(&world, "ada", &["younger", "AccountClaimed", &older]).await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    world.delete(CONNECTION, "default").await?;
    world.reason(CONNECTION, "younger", "Connected").await?;
    world.user_is("ada", "Invited").await?;
    Ok(())
}

#[tokio::test]
async fn a_missing_scope_is_named_and_noticed_by_itself_once_it_is_added() -> anyhow::Result<()> {
    let reading = ["user:read:list_users:admin", "user:read:user:admin", "role:read:list_roles:admin"];
    let mut account = account_of(&["ada"]);
    account["scopes"] = json!(reading);
    let world = connected(account, json!({})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.users(&["ada", "bob"], &json!({"lastName": "Byron"})).await?;

    let lacked = |connection: &Value| {
        let missing = connection["status"]["missingScopes"].as_array().cloned().unwrap_or_default();
        ["user:update:user:admin", "user:write:user:admin"].into_iter().find(|scope| missing.contains(&json!(scope)))
    };
    let lacks = |connection: &Value| lacked(connection).is_some();
    let connection = world.until(CONNECTION, "default", "lacks the scope to write", lacks).await?;
    assert_says(&connection, &["the app lacks scopes", lacked(&connection).unwrap(), "4711"]);
    assert_eq!(connection["status"]["conditions"][0]["reason"], "ScopesMissing");
    for name in ["ada", "bob"] {
        waits(&world, name, &["scopes"]).await?;
    }

    let all = [&reading[..], &["user:update:user:admin", "user:write:user:admin"]].concat();
    world.zoom.edit_account(json!({"scopes": all})).await?;
    world.user_is("ada", "Synced").await?;
    world.user_is("bob", "Invited").await?;
    let healed = world.reason(CONNECTION, "default", "Connected").await?;
    assert_eq!(healed["status"]["missingScopes"], json!(null));
    assert_eq!(world.person(&email("ada")).await?.last_name, "Byron");
    Ok(())
}

#[tokio::test]
async fn a_disabled_app_an_unpaid_plan_and_an_unknown_account_have_names_and_nothing_is_written_until_they_heal()
-> anyhow::Result<()> {
    let names = ["ada", "bob", "cleo", "dan", "eve", "fay"];
    let limits = json!({"access": {"percent": 100, "floor": 100}});
    let world = connected(account_of(&names), json!({"guard": {"quietPeriod": "0s", "limits": limits}})).await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    let unpaid =
        json!({"answer": {"status": 400, "body": {"code": 200, "message": "Only available for paid account: acme."}}});
    let ada = world.person(&email("ada")).await?;
    let nameless = json!({"id": ada.id, "email": ada.email, "type": 1, "status": "active", "role_id": "2"});
    let nameless = json!({"answer": {"status": 200, "body": nameless}});
    for (reason, told, edit, faults) in [
        ("AppDisabled", "Activate the app", json!({"appActive": false}), vec![]),
        ("PlanUnsupported", "paid plan", json!({}), vec![lasting_fault("GET", "/users", &unpaid)]),
        (
            "AccountUnknown",
            "does not say to which account",
            json!({"clientSecret": "rotated", "revokeTokens": true}),
            vec![lasting_fault("GET", "/users/{userId}", &nameless)],
        ),
    ] {
        for fault in faults {
            world.zoom.inject(fault).await?;
        }
        world.zoom.edit_account(edit).await?;
        if reason == "AccountUnknown" {
            world.write_secret("rotated").await?;
        }
        nudge(&world, reason).await?;
        assert_says(&world.reason(CONNECTION, "default", reason).await?, &[told]);
        // A leaver, too, waits for that.
        world.edit(USER, "ada", json!({"active": false, "firstName": reason})).await?;
        world.user_is("ada", "WaitingForConnection").await?;
        world.edit(USER, "ada", json!({"active": true})).await?;
        assert_eq!(world.zoom_writes().await?, [""; 0], "{reason}");

        world.zoom.clear_faults().await?;
        world.zoom.edit_account(json!({"appActive": true})).await?;
        world.reason(CONNECTION, "default", "Connected").await?;
        world.person_until(&email("ada"), "is named", |person| person.first_name == reason).await?;
        world.user_is("ada", "Synced").await?;
        world.zoom.clear_journal().await?;
    }
    assert_eq!(world.person(&email("ada")).await?.status, "active");
    Ok(())
}

#[tokio::test]
async fn an_app_without_the_scope_to_list_roles_manages_everything_else() -> anyhow::Result<()> {
    let mut account = account_of(&["ada"]);
    account["scopes"] = json!(["user:read:list_users:admin", "user:read:user:admin", "user:update:user:admin"]);
    let world = connected(account, json!({})).await?;
    world.user("ada", json!({"email": email("ada"), "lastName": "Lovelace"})).await?;
    world.user_is("ada", "Synced").await?;
    let lacks = |connection: &Value| {
        ready_reason(connection) == Some("ScopesMissing")
            && connection["status"]["missingScopes"] == json!(["role:read:list_roles:admin"])
    };
    let connection = world.until(CONNECTION, "default", "lacks that scope alone", lacks).await?;
    assert_says(&connection, &["roles", "role:read:list_roles:admin"]);
    Ok(())
}
