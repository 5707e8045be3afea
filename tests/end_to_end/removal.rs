//! What takes something from people: written down, counted in waves, held, approved, taken back.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use zoom_operator_testing::{ControlPlane, eventually};

use crate::world::{
    CONNECTION, DEADLINE, REMOVAL, USER, World, account_of, all, condition, email, is_in_phase, is_ready, merged,
    message,
};

/// A world in which each of these people has an object and is in Zoom, and nothing was written to Zoom.
async fn managed(names: &[&str], connection: Value) -> anyhow::Result<World<'static>> {
    let world = World::connected(account_of(names), connection).await?;
    world.users(names, &json!({})).await?;
    world.users_are(names, "Synced").await?;
    Ok(world)
}

/// A quiet period that no test lives to see the end of.
fn endless() -> Value {
    json!({"guard": {"quietPeriod": "1h"}})
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

fn wave(removal: &Value) -> &str {
    removal["metadata"]["labels"]["zoom-operator.dev/wave"].as_str().unwrap()
}

impl World<'_> {
    async fn delete_all(&self, users: &[&str]) -> anyhow::Result<()> {
        all(users.iter().map(|user| self.delete(USER, user))).await?;
        all(users.iter().map(|user| self.gone(USER, user))).await.map(drop)
    }

    async fn approve(&self, removal: &Value) -> anyhow::Result<()> {
        self.edit(REMOVAL, name(removal), json!({"decision": "Approve", "decidedBy": "grace"})).await.map(drop)
    }

    /// Waits until there are so many ZoomRemovals in this phase.
    async fn removals_are(&self, count: usize, phase: &str, reason: &str) -> anyhow::Result<Vec<Value>> {
        eventually(DEADLINE, format_args!("{count} ZoomRemovals are {phase} {reason}"), || async {
            let mut removals = self.list(REMOVAL).await?;
            let seen: Vec<_> = removals.iter().map(|removal| removal["status"].clone()).collect();
            removals.retain(|removal| is_in_phase(removal, phase, reason));
            ensure!(removals.len() == count, "{seen:?}");
            Ok(removals)
        })
        .await
    }

    async fn statuses(&self, users: &[&str]) -> anyhow::Result<Vec<String>> {
        all(users.iter().map(async |user| Ok(self.person(&email(user)).await?.status))).await
    }

    /// The query of the only DELETE call.
    async fn removal_query(&self) -> anyhow::Result<String> {
        let calls = self.write_calls().await?;
        let mut deletes = calls.into_iter().filter(|call| call.method == "DELETE");
        let query = deletes.next().context("no DELETE call")?.query;
        ensure!(deletes.next().is_none(), "more than one DELETE call");
        Ok(query)
    }
}

#[tokio::test]
async fn retain_leaves_the_person_and_nothing_is_written_down() -> anyhow::Result<()> {
    let world = managed(&["ada"], json!({"removal": {"policy": "Retain"}})).await?;
    world.delete_all(&["ada"]).await?;
    world.resync().await?;
    assert_eq!(world.list(REMOVAL).await?, [Value::Null; 0]);
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.person(&email("ada")).await?.status, "active");
    Ok(())
}

#[tokio::test]
async fn a_deleted_object_goes_at_once_and_its_person_is_deactivated_after_the_quiet_period() -> anyhow::Result<()> {
    let world = managed(&["ada", "bob"], json!({})).await?;
    let user = world.get(USER, "ada").await?;
    world.delete_all(&["ada"]).await?;
    let removal = world.removal_is("ada", "Done", "Completed").await?;
    let spec = &removal["spec"];
    assert_eq!(spec["class"], "Access");
    assert_eq!(spec["operations"], json!([{"action": "Deactivate"}]));
    assert_eq!(spec["person"], json!({"id": user["status"]["id"], "email": email("ada")}));
    assert_eq!((&spec["source"]["uid"], &spec["restore"]["license"]), (&user["metadata"]["uid"], &json!("Basic")));
    assert_eq!(removal["metadata"]["ownerReferences"][0]["kind"], CONNECTION);
    assert!(is_ready(&removal), "{removal}");
    assert_eq!(world.statuses(&["ada", "bob"]).await?, ["inactive", "active"]);
    assert_eq!(world.zoom_writes().await?, ["PUT /users/{userId}/status", "DELETE /users/{userId}/token"]);
    Ok(())
}

#[tokio::test]
async fn an_invitation_is_withdrawn_when_its_object_is_deleted() -> anyhow::Result<()> {
    let world = World::connected(json!({}), json!({})).await?;
    world.users(&["ada"], &json!({})).await?;
    world.user_is("ada", "Invited").await?;
    world.delete_all(&["ada"]).await?;
    world.removal_is("ada", "Done", "Completed").await?;
    ensure!(world.zoom.person(&email("ada")).await?.is_none(), "the invitation stands");
    Ok(())
}

#[tokio::test]
async fn unlink_lets_a_person_go_with_a_free_account() -> anyhow::Result<()> {
    // Zoom does not unlink people of a domain that the account manages.
    let account = json!({"people": [{"email": "ada@elsewhere.example"}]});
    let world = World::connected(account, json!({"allow": {"delete": true}})).await?;
    world.user("ada", json!({"email": "ada@elsewhere.example", "removal": {"policy": "Unlink"}})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete_all(&["ada"]).await?;
    world.removal_is("ada", "Done", "Completed").await?;
    ensure!(world.zoom.person("ada@elsewhere.example").await?.is_none(), "still in the account");
    let query = world.removal_query().await?;
    assert!(query.contains("action=disassociate") && !query.contains("transfer"), "{query}");
    Ok(())
}

#[tokio::test]
async fn delete_hands_what_the_object_names_to_its_heir() -> anyhow::Result<()> {
    // Zoom hands nothing to somebody without a licence.
    let people = json!([{"email": email("ada")}, {"email": email("grace"), "type": "Licensed"}]);
    let world = World::connected(json!({"people": people}), json!({"allow": {"delete": true}})).await?;
    let heir = json!({"email": email("grace"), "receives": ["Meetings", "Recordings"]});
    world.users(&["ada"], &json!({"removal": {"policy": "Delete", "heir": heir}})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete_all(&["ada"]).await?;
    world.removal_is("ada", "Done", "Completed").await?;
    ensure!(world.zoom.person(&email("ada")).await?.is_none(), "still in the account");
    let query = world.removal_query().await?;
    for part in ["action=delete", "transfer_email=grace", "transfer_meeting=true", "transfer_recording=true"] {
        assert!(query.contains(part), "{part} is not in {query}");
    }
    assert!(!query.contains("transfer_webinar=true"), "{query}");
    Ok(())
}

#[tokio::test]
async fn delete_without_transfer_hands_nothing_to_anybody() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({"allow": {"delete": true}})).await?;
    world.users(&["ada"], &json!({"removal": {"policy": "Delete", "transfer": "None"}})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete_all(&["ada"]).await?;
    let removal = world.removal_is("ada", "Done", "Completed").await?;
    assert_eq!(removal["spec"]["transfer"], "None");
    ensure!(world.zoom.person(&email("ada")).await?.is_none(), "still in the account");
    let query = world.removal_query().await?;
    assert!(query.contains("action=delete") && !query.contains("transfer"), "{query}");
    Ok(())
}

#[tokio::test]
async fn delete_waits_until_the_connection_allows_it() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.users(&["ada"], &json!({"removal": {"policy": "Delete", "transfer": "None"}})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete_all(&["ada"]).await?;
    let removal = world.removal_is("ada", "Held", "NotAllowed").await?;
    let said = removal["status"]["message"].as_str().unwrap();
    assert!(said.contains("allow.delete"), "{said}");
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    world.edit(CONNECTION, "default", json!({"allow": {"delete": true}})).await?;
    world.removal_is("ada", "Done", "Completed").await?;
    ensure!(world.zoom.person(&email("ada")).await?.is_none(), "still in the account");
    Ok(())
}

#[tokio::test]
async fn applying_a_deleted_object_again_takes_its_removal_back_without_a_write_to_zoom() -> anyhow::Result<()> {
    let world = managed(&["ada", "bob", "eve"], endless()).await?;
    world.delete_all(&["ada", "bob"]).await?;
    world.removal_is("ada", "Settling", "QuietPeriod").await?;
    world.removal_is("bob", "Settling", "QuietPeriod").await?;

    world.users(&["ada"], &json!({})).await?;
    // The person counts, not the name of the object.
    world.user("robert", json!({"email": email("bob")})).await?;
    for name in ["ada", "bob"] {
        let removal = world.removal_is(name, "Cancelled", "Reclaimed").await?;
        assert!(is_ready(&removal), "{removal}");
    }
    world.users_are(&["ada", "robert"], "Synced").await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn taking_back_an_edit_that_is_held_cancels_it() -> anyhow::Result<()> {
    let world = managed(&["ada"], json!({"mode": "HoldRemovals"})).await?;
    world.users(&["ada"], &json!({"active": false})).await?;
    world.removal_is("ada", "Held", "RemovalsHeld").await?;
    let user = world.user_is("ada", "Held").await?;
    assert!(condition(&user, "Held").is_some(), "{user}");

    world.users(&["ada"], &json!({})).await?;
    world.removal_is("ada", "Cancelled", "TakenBack").await?;
    let user = world.user_is("ada", "Synced").await?;
    assert!(condition(&user, "Held").is_none(), "{user}");
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

const TEAM: [&str; 14] = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b1", "b2", "b3", "stays", "stays-too"];

/// A team of twelve of fourteen deleted at once, held whole.
async fn held_team() -> anyhow::Result<(World<'static>, Vec<Value>)> {
    let world = managed(&TEAM, json!({"guard": {"quietPeriod": "3s"}})).await?;
    world.delete_all(&TEAM[..12]).await?;
    let removals = world.removals_are(12, "Held", "OverLimit").await?;
    Ok((world, removals))
}

#[tokio::test]
async fn a_wave_over_its_limit_is_held_whole_until_it_is_approved_one_by_one_or_all_at_once() -> anyhow::Result<()> {
    let (world, removals) = held_team().await?;
    let label = wave(&removals[0]);
    assert!(removals.iter().all(|removal| wave(removal) == label), "{removals:?}");
    let told = removals[0]["status"]["message"].as_str().unwrap();
    assert!(told.contains("12 people") && told.contains("5 allowed"), "{told}");
    let connection = world
        .until(CONNECTION, "default", "names the wave", |connection| {
            condition(connection, "Held").is_some_and(|held| held["message"].as_str().unwrap().contains(label))
        })
        .await?;
    assert!(is_ready(&connection), "what is held leaves the connection Ready: {connection}");
    assert_eq!(connection["status"]["people"]["held"], 12);
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    let first = removals[0]["spec"]["source"]["name"].as_str().unwrap();
    world.approve(&removals[0]).await?;
    world.removal_is(first, "Done", "Completed").await?;
    assert_eq!(world.person(&email(first)).await?.status, "inactive");
    world.resync().await?;
    assert_eq!(world.removals_are(11, "Held", "OverLimit").await?.len(), 11);

    all(removals[1..].iter().map(|removal| world.approve(removal))).await?;
    world.removals_are(12, "Done", "Completed").await?;
    assert_eq!(world.statuses(&TEAM[..12]).await?, ["inactive"; 12]);
    assert_eq!(world.statuses(&TEAM[12..]).await?, ["active"; 2]);
    world.until(CONNECTION, "default", "holds nothing", |connection| condition(connection, "Held").is_none()).await?;
    Ok(())
}

#[tokio::test]
async fn deleting_held_removals_rejects_them_for_good() -> anyhow::Result<()> {
    let (world, removals) = held_team().await?;
    all(removals.iter().map(|removal| world.delete(REMOVAL, name(removal)))).await?;
    world.until(CONNECTION, "default", "holds nothing", |connection| condition(connection, "Held").is_none()).await?;
    world.resync().await?;
    assert_eq!(world.list(REMOVAL).await?, [Value::Null; 0]);
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.statuses(&TEAM).await?, ["active"; 14]);
    Ok(())
}

#[tokio::test]
async fn while_a_wave_is_held_everything_else_goes_on() -> anyhow::Result<()> {
    let (world, _) = held_team().await?;
    world.users(&["stays"], &json!({"firstName": "Stay"})).await?;
    world.person_until(&email("stays"), "is named Stay", |person| person.first_name == "Stay").await?;
    world.users(&["newcomer"], &json!({})).await?;
    world.user_is("newcomer", "Invited").await?;
    world.users(&["stays-too"], &json!({"active": false})).await?;
    world.user_is("stays-too", "Deactivated").await?;
    assert_eq!(world.removals_are(12, "Held", "OverLimit").await?.len(), 12);
    Ok(())
}

#[tokio::test]
async fn an_edit_to_active_false_within_the_limit_does_not_wait_for_the_quiet_period() -> anyhow::Result<()> {
    let world = managed(&["ada", "bob", "eve"], endless()).await?;
    world.users(&["ada"], &json!({"active": false})).await?;
    world.user_is("ada", "Deactivated").await?;
    assert_eq!(world.person(&email("ada")).await?.status, "inactive");
    let removal = world.removal_is("ada", "Done", "Completed").await?;
    assert_eq!(removal["spec"]["class"], "Access");
    Ok(())
}

#[tokio::test]
async fn a_lower_licence_is_taken_by_a_record_of_entitlement() -> anyhow::Result<()> {
    let people = json!([{"email": email("ada"), "type": "Licensed"}, {"email": email("bob"), "type": "Licensed"}]);
    let world = World::connected(json!({"people": people}), json!({})).await?;
    world.users(&["ada", "bob"], &json!({"license": {"type": "Licensed"}})).await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.users(&["ada"], &json!({"license": {"type": "Basic"}})).await?;
    let removal = world.removal_is("ada", "Done", "Completed").await?;
    assert_eq!(removal["spec"]["class"], "Entitlement");
    assert_eq!(removal["spec"]["operations"], json!([{"action": "SetLicense", "license": "Basic"}]));
    world.user_is("ada", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.license, "Basic");
    assert_eq!(world.person(&email("bob")).await?.license, "Licensed");
    Ok(())
}

#[tokio::test]
async fn another_role_is_taken_by_a_record_of_entitlement() -> anyhow::Result<()> {
    let people = json!([{"email": email("ada"), "role": "Helpdesk"}, {"email": email("bob")}]);
    let account = json!({"roles": [{"name": "Helpdesk"}], "people": people});
    let world = World::connected(account, json!({})).await?;
    world.users(&["ada", "bob"], &json!({})).await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.users(&["ada"], &json!({"role": "Member"})).await?;
    let removal = world.removal_is("ada", "Done", "Completed").await?;
    assert_eq!(removal["spec"]["class"], "Entitlement");
    assert_eq!(removal["spec"]["operations"], json!([{"action": "SetRole", "role": "Member"}]));
    let user = world.user_is("ada", "Synced").await?;
    assert_eq!(user["status"]["role"], "Member");
    assert_eq!(world.person(&email("ada")).await?.role, "Member");
    Ok(())
}

#[tokio::test]
async fn more_people_to_create_than_allowed_are_held_together_and_created_once_approved() -> anyhow::Result<()> {
    let mut world = World::bare(json!({})).await?;
    let names = ["ada", "bob", "eve", "joe"];
    world.users(&names, &json!({})).await?;
    world.start_operator().await?;
    world.users_are(&names, "WaitingForConnection").await?;
    let limits = json!({"creation": {"percent": 0, "floor": 2}});
    world.connect(json!({"creation": {"method": "AutoCreate"}, "guard": {"limits": limits}})).await?;
    world.users_are(&names, "Held").await?;
    let removal = world.removals_are(1, "Held", "OverLimit").await?.remove(0);
    assert_eq!(removal["spec"]["class"], "Creation");
    let mut people: Vec<_> = removal["spec"]["people"].as_array().unwrap().iter().map(|one| &one["email"]).collect();
    people.sort_by_key(|email| email.to_string());
    assert_eq!(people, names.map(email).iter().collect::<Vec<_>>());
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    world.approve(&removal).await?;
    world.users_are(&names, "Synced").await?;
    world.removals_are(1, "Done", "Completed").await?;
    assert_eq!(world.zoom_writes().await?, ["POST /users"; 4]);
    Ok(())
}

#[tokio::test]
async fn a_removal_that_a_human_writes_runs_at_once_for_whom_no_object_declares() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada", "eve"]), endless()).await?;
    world.users(&["ada"], &json!({})).await?;
    world.user_is("ada", "Synced").await?;
    for name in ["eve", "ada"] {
        let spec = json!({
            "class": "Access", "person": {"email": email(name)}, "operations": [{"action": "Deactivate"}],
        });
        world.apply(REMOVAL, &format!("stop-{name}"), spec).await?;
    }
    world.until(REMOVAL, "stop-eve", "is done", |removal| is_in_phase(removal, "Done", "Completed")).await?;
    let refused =
        world.until(REMOVAL, "stop-ada", "is refused", |removal| is_in_phase(removal, "Refused", "Declared")).await?;
    let told = refused["status"]["message"].as_str().unwrap();
    assert!(told.contains("/ada"), "{told}");
    assert!(condition(&refused, "Stalled").is_some(), "{refused}");
    assert_eq!(world.statuses(&["ada", "eve"]).await?, ["active", "inactive"]);
    Ok(())
}

#[tokio::test]
async fn an_admin_whom_zoom_protects_is_refused_with_what_to_do_and_blocks_nobody() -> anyhow::Result<()> {
    let people = json!([{"email": email("ada"), "role": "Admin"}, {"email": email("bob")}, {"email": email("eve")}]);
    let world = World::connected(json!({"people": people}), json!({})).await?;
    world.users(&["ada", "bob", "eve"], &json!({})).await?;
    world.users_are(&["ada", "bob", "eve"], "Synced").await?;
    world.delete_all(&["ada", "bob"]).await?;
    let removal = world.removal_is("ada", "Refused", "NeedsOwner").await?;
    let told = removal["status"]["message"].as_str().unwrap();
    assert!(told.contains("role"), "it says what to do: {told}");
    world.removal_is("bob", "Done", "Completed").await?;
    assert_eq!(world.statuses(&["ada", "bob", "eve"]).await?, ["active", "inactive", "active"]);
    world.resync().await?;
    assert_eq!(world.list(REMOVAL).await?.len(), 2, "it is not asked for again and again");
    Ok(())
}

#[tokio::test]
async fn the_owner_is_never_touched() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada", "bob"]), json!({"allow": {"delete": true}})).await?;
    world.users(&["owner", "ada", "bob"], &json!({})).await?;
    world.users_are(&["owner", "ada", "bob"], "Synced").await?;
    world.users(&["owner"], &json!({"active": false})).await?;
    let user = world.user_is("owner", "Refused").await?;
    assert!(message(&user).contains("ZoomRemoval"), "{}", message(&user));
    let removal = world.removal_is("owner", "Refused", "Owner").await?;
    let told = removal["status"]["message"].as_str().unwrap();
    assert!(told.contains("change the owner in Zoom"), "{told}");

    world.users(&["owner"], &json!({"removal": {"policy": "Delete", "transfer": "None"}})).await?;
    world.user_is("owner", "Synced").await?;
    world.delete_all(&["owner"]).await?;
    world.removals_are(2, "Refused", "Owner").await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.person(&email("owner")).await?.status, "active");
    Ok(())
}

#[tokio::test]
async fn deleting_the_namespace_removes_nobody_and_nothing_stays_stuck() -> anyhow::Result<()> {
    let names = ["ada", "bob", "eve"];
    let mut world = World::bare(account_of(&names)).await?;
    world.lease_namespace = world.cluster.namespace("operator").await?;
    world.start_operator().await?;
    world.connect(json!({"guard": {"quietPeriod": "0s"}})).await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    world.cluster.kubectl(&["delete", "namespace", &world.namespace, "--timeout=60s"]).await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.statuses(&names).await?, ["active"; 3]);
    Ok(())
}

#[tokio::test]
async fn deleting_the_connection_with_everything_in_it_removes_nobody_and_nothing_stays_stuck() -> anyhow::Result<()> {
    let names = ["ada", "bob", "eve"];
    let world = managed(&names, endless()).await?;
    world.delete_all(&["ada"]).await?;
    world.removal_is("ada", "Settling", "QuietPeriod").await?;
    world.delete(CONNECTION, "default").await?;
    world.gone(CONNECTION, "default").await?;
    world.users_are(&["bob", "eve"], "WaitingForConnection").await?;
    eventually(DEADLINE, "the removals went with their connection", || async {
        let left = world.list(REMOVAL).await?;
        ensure!(left.is_empty(), "{left:?}");
        Ok(())
    })
    .await?;
    world.delete_all(&["bob", "eve"]).await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.statuses(&names).await?, ["active"; 3]);
    Ok(())
}

#[tokio::test]
async fn deleting_the_crds_removes_nobody_and_nothing_stays_stuck() -> anyhow::Result<()> {
    // Of its own, because CRDs belong to a whole cluster.
    let cluster = ControlPlane::start().await?;
    let names = ["ada", "bob", "eve"];
    let mut world = World::on(&cluster, account_of(&names)).await?;
    world.start_operator().await?;
    world.connect(json!({"guard": {"quietPeriod": "0s"}})).await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    cluster.kubectl(&["delete", "--timeout=60s", "-f", "crds"]).await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.statuses(&names).await?, ["active"; 3]);
    Ok(())
}

#[tokio::test]
async fn a_wave_of_edits_is_counted_like_a_wave_of_deletions() -> anyhow::Result<()> {
    let names = &TEAM[..6];
    let limits = json!({"access": {"percent": 0, "floor": 1}});
    let world = managed(names, json!({"guard": {"limits": limits}})).await?;
    let spec = |name: &str| merged(json!({"email": email(name)}), json!({"active": false}));
    all(names[..4].iter().map(|name| world.user(name, spec(name)))).await?;
    // One may go at once; the others are more than that.
    eventually(DEADLINE, "the edits are held", || async {
        let removals = world.list(REMOVAL).await?;
        let held = removals.iter().filter(|removal| is_in_phase(removal, "Held", "OverLimit")).count();
        let done = removals.iter().filter(|removal| is_in_phase(removal, "Done", "Completed")).count();
        ensure!(held + done == 4 && done <= 1, "{removals:?}");
        Ok(())
    })
    .await?;
    world.resync().await?;
    let out = world.statuses(names).await?.iter().filter(|status| *status == "inactive").count();
    assert!(out <= 1, "{out} people lost their access");
    Ok(())
}
