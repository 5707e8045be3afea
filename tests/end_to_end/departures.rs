//! Leaving in steps, being kept, and coming back.

use anyhow::ensure;
use serde_json::json;
use zoom_operator_testing::{Group, faults_are_on};

use crate::faults::assert_calls;
use crate::world::{CONNECTION, REMOVAL, USER, World, account_of, email, is_in_phase, merged, message, ready_reason};

/// Five people, of whom Ada is licensed.
async fn team(connection: serde_json::Value) -> anyhow::Result<World<'static>> {
    let names = ["bob", "eve", "grace", "lin"];
    let mut people: Vec<_> = names.iter().map(|name| json!({"email": email(name)})).collect();
    people.push(json!({"email": email("ada"), "type": "Licensed"}));
    let world = World::connected(json!({"people": people}), connection).await?;
    world.users(&["ada", "bob", "eve", "grace", "lin"], &json!({})).await?;
    world.users_are(&["ada", "bob", "eve", "grace", "lin"], "Synced").await?;
    Ok(world)
}

fn deleting() -> serde_json::Value {
    json!({"allow": {"delete": true}})
}

#[tokio::test]
async fn who_leaves_later_is_deactivated_at_once_and_comes_back_with_their_licence_when_declared_again()
-> anyhow::Result<()> {
    let world = team(deleting()).await?;
    world.users(&["ada"], &json!({"removal": {"policy": "Delete", "transfer": "None", "after": "30d"}})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete_all(&["ada"]).await?;
    let removal = world.removal_is("ada", "Scheduled", "NotBefore").await?;
    assert_eq!(removal["spec"]["restore"], json!({"license": "Licensed"}));
    ensure!(removal["spec"]["notBefore"].is_string(), "{removal}");
    assert_eq!(world.person(&email("ada")).await?.status, "inactive");

    world.users(&["ada"], &json!({})).await?;
    let user = world.user_is("ada", "Synced").await?;
    assert_eq!(user["status"]["restore"], json!(null));
    let person = world.person(&email("ada")).await?;
    assert_eq!((person.status.as_str(), person.license.as_str()), ("active", "Licensed"));
    world.removal_is("ada", "Cancelled", "Reclaimed").await?;
    Ok(())
}

#[tokio::test]
async fn when_their_time_has_come_they_are_deleted() -> anyhow::Result<()> {
    let world = team(deleting()).await?;
    world.users(&["ada"], &json!({"removal": {"policy": "Delete", "transfer": "None", "after": "3s"}})).await?;
    world.user_is("ada", "Synced").await?;
    world.zoom.clear_journal().await?;
    world.delete_all(&["ada"]).await?;
    // Zoom is asked again where it has no answer.
    world
        .zoom
        .inject(
            json!({"method": "DELETE", "path": "/users/{userId}", "count": 1, "effect": {"answer": {"status": 500}}}),
        )
        .await?;
    world.removal_is("ada", "Done", "Completed").await?;
    ensure!(world.zoom.person(&email("ada")).await?.is_none(), "still in the account");
    let delete = "DELETE /users/{userId}";
    world.assert_wrote(&["PUT /users/{userId}/status", "DELETE /users/{userId}/token", delete, delete]).await?;
    Ok(())
}

#[tokio::test]
async fn who_is_let_in_again_by_an_edit_has_the_licence_of_before() -> anyhow::Result<()> {
    let world = team(json!({})).await?;
    world.zoom.clear_journal().await?;
    world.edit(USER, "ada", json!({"active": false})).await?;
    world.user_is("ada", "Deactivated").await?;
    // One look, the call and its proof, and the end of sessions that run; listings go on beside that.
    let of_people = |call: &zoom_operator_testing::Exchange| call.endpoint.contains("{userId}");
    let calls = world.zoom.journal().await?.into_iter().filter(of_people).map(|call| call.endpoint);
    let calls: Vec<_> = calls.collect();
    let (look, end) = ("GET /users/{userId}", "DELETE /users/{userId}/token");
    assert_calls(
        calls,
        [look, "PUT /users/{userId}/status", look, end].map(str::to_owned).to_vec(),
        "what a leaver costs",
    );
    world.edit(USER, "ada", json!({"active": true})).await?;
    world.user_is("ada", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.license, "Licensed");
    Ok(())
}

#[tokio::test]
async fn who_was_deleted_while_the_operator_was_away_has_the_licence_of_before_when_they_come_back()
-> anyhow::Result<()> {
    let mut world = team(json!({})).await?;
    world.crash().await?;
    world.delete(USER, "ada").await?;
    world.start_operator().await?;
    world.removal_is("ada", "Done", "Completed").await?;
    assert_eq!(world.person(&email("ada")).await?.license, "Basic");
    world.users(&["ada"], &json!({})).await?;
    world.user_is("ada", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.license, "Licensed");
    Ok(())
}

#[tokio::test]
async fn who_comes_back_is_in_their_groups_as_before() -> anyhow::Result<()> {
    let person = |name| json!({"email": email(name), "groups": ["Staff", "Band", "Old"]});
    let account = json!({
        "quirks": {"deactivationTakesGroups": true},
        "groups": [{"name": "Old"}, {"name": "Band"}, {"name": "Staff"}],
        "people": [person("ada"), person("bob"), {"email": email("eve")}, {"email": email("lin")}],
    });
    let names = ["ada", "bob", "eve", "lin"];
    let world = World::connected(account, json!({})).await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    let ids = |groups: &[Group], names: &[&str]| {
        let id = |name: &&str| groups.iter().find(|group| group.name == **name).unwrap().id.clone();
        names.iter().map(|name| json!({"id": id(name)})).collect::<Vec<_>>()
    };
    let groups = world.zoom.groups().await?;

    // Both ways out: by an edit, and without the manifest.
    world.edit(USER, "ada", json!({"active": false})).await?;
    let ada = world.user_is("ada", "Deactivated").await?;
    assert_eq!(ada["status"]["restoreGroups"], json!(ids(&groups, &["Staff", "Band", "Old"])));
    world.delete_all(&["bob"]).await?;
    let removal = world.removal_is("bob", "Done", "Completed").await?;
    assert_eq!(removal["spec"]["restore"]["groups"], json!(ids(&groups, &["Staff", "Band", "Old"])));
    world.members_are("Staff", &[]).await?;

    world.zoom.delete_group("Old").await?;
    world.edit(USER, "ada", json!({"active": true})).await?;
    world.users(&["bob"], &json!({})).await?;
    world.members_are("Staff", &["ada", "bob"]).await?;
    world.members_are("Band", &["ada", "bob"]).await?;
    for name in ["ada", "bob"] {
        world
            .until(USER, name, "has nothing left to get back", |user| {
                user["status"]["restoreGroups"].is_null() && ready_reason(user) == Some("Synced")
            })
            .await?;
        let told = world.event(name, "GroupNotRestored").await?;
        ensure!(told.contains("was in the group"), "{told}");
        let row = world.person(&email(name)).await?;
        assert_eq!(row.rest["groups"], json!(["Staff", "Band"]), "the primary group is the same");
    }
    world.zoom.clear_journal().await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn one_answer_that_a_group_is_gone_ends_no_return_to_it() -> anyhow::Result<()> {
    let account = json!({
        "quirks": {"deactivationTakesGroups": true},
        "groups": [{"name": "Staff"}],
        "people": [{"email": email("ada"), "groups": ["Staff"]}, {"email": email("bob")}],
    });
    let world = World::connected(account, json!({})).await?;
    world.users(&["ada"], &json!({})).await?;
    world.user_is("ada", "Synced").await?;
    world.edit(USER, "ada", json!({"active": false})).await?;
    world.user_is("ada", "Deactivated").await?;
    world.members_are("Staff", &[]).await?;

    let gone = json!({"status": 404, "body": {"code": 4130, "message": "This group does not exist."}});
    let fault = json!({"method": "POST", "path": "/groups/{groupId}/members", "count": 1, "effect": {"answer": gone}});
    world.zoom.inject(fault).await?;
    world.edit(USER, "ada", json!({"active": true})).await?;
    world.members_are("Staff", &["ada"]).await?;
    Ok(())
}

#[tokio::test]
async fn a_downgraded_leaver_keeps_their_access_frees_their_seat_and_has_their_licence_again_when_declared_again()
-> anyhow::Result<()> {
    let world = team(json!({"removal": {"policy": "Downgrade"}})).await?;
    world.delete_all(&["ada"]).await?;
    let removal = world.removal_is("ada", "Done", "Completed").await?;
    assert_eq!(removal["spec"]["class"], "Entitlement");
    let person = world.person(&email("ada")).await?;
    assert_eq!((person.status.as_str(), person.license.as_str()), ("active", "Basic"));

    // The manifest names no licence.
    world.zoom.clear_journal().await?;
    world.users(&["ada"], &json!({})).await?;
    world.user_is("ada", "Synced").await?;
    let person = world.person(&email("ada")).await?;
    assert_eq!((person.status.as_str(), person.license.as_str()), ("active", "Licensed"));
    world.resync().await?;
    world.assert_wrote(&["PATCH /users/{userId}"]).await?;
    // It is given back once: what somebody takes afterwards is not declared.
    world.zoom.edit_person(&person.id, json!({"type": "Basic"})).await?;
    world.resync().await?;
    world.user_is("ada", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.license, "Basic");
    Ok(())
}

#[tokio::test]
async fn an_administrator_is_made_a_member_before_they_leave() -> anyhow::Result<()> {
    let admin = |name| json!({"email": email(name), "role": "Admin"});
    let people = json!([admin("ada"), {"email": email("bob")}, {"email": email("eve")}, admin("root")]);
    let world = World::connected(json!({"people": people}), json!({})).await?;
    world.users(&["ada", "bob", "eve"], &json!({})).await?;
    world.users_are(&["ada", "bob", "eve"], "Synced").await?;
    world.delete_all(&["ada"]).await?;
    world.removal_is("ada", "Done", "Completed").await?;
    let person = world.person(&email("ada")).await?;
    assert_eq!((person.status.as_str(), person.role.as_str()), ("inactive", "Member"));
    world.users(&["ada"], &json!({})).await?;
    world.user_is("ada", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.role, "Member", "a role never comes back from memory");
    Ok(())
}

#[tokio::test]
async fn of_two_administrators_who_are_taken_away_at_once_one_stays_and_says_what_to_do() -> anyhow::Result<()> {
    let admin = |name| json!({"email": email(name), "role": "Admin"});
    let people = json!([admin("ada"), admin("bob"), {"email": email("eve")}, {"email": email("joe")}]);
    let world = World::connected(json!({"people": people}), json!({})).await?;
    world.users(&["ada", "bob"], &json!({"role": "Admin"})).await?;
    world.users(&["eve", "joe"], &json!({})).await?;
    world.users_are(&["ada", "bob", "eve", "joe"], "Synced").await?;
    world.users(&["ada"], &json!({"role": "Member"})).await?;
    world.users(&["bob"], &json!({"active": false})).await?;
    let mut stayed = Vec::new();
    for name in ["ada", "bob"] {
        let settled = ["Synced", "Deactivated", "LastAdmin"];
        let user = world
            .until(USER, name, "is decided", |user| ready_reason(user).is_some_and(|reason| settled.contains(&reason)))
            .await?;
        stayed.extend((ready_reason(&user) == Some("LastAdmin")).then(|| message(&user).to_owned()));
    }
    assert!(matches!(&*stayed, [told] if told.contains("give somebody else the role Admin first")), "{stayed:?}");
    let (ada, bob) = (world.person(&email("ada")).await?, world.person(&email("bob")).await?);
    let left = [&ada, &bob].into_iter().filter(|person| person.role == "Admin" && person.status == "active").count();
    assert_eq!(left, 1);
    Ok(())
}

#[tokio::test]
async fn whom_zoom_goes_on_showing_as_active_is_signed_out_once_it_shows_their_deactivation() -> anyhow::Result<()> {
    let account = merged(account_of(&["ada", "bob"]), json!({"readDelay": {"singleReads": 4}}));
    let world = World::connected(account, json!({"resyncInterval": "1h"})).await?;
    world.users(&["ada", "bob"], &json!({})).await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.edit(USER, "ada", json!({"active": false})).await?;
    world.removal_is("ada", "Done", "Completed").await?;
    world.assert_wrote(&["PUT /users/{userId}/status", "DELETE /users/{userId}/token"]).await
}

#[tokio::test]
async fn what_somebody_with_a_role_had_is_known_although_taking_the_role_failed_first() -> anyhow::Result<()> {
    let ada = json!({"email": email("ada"), "type": "Licensed", "role": "Admin", "groups": ["Team"]});
    let admin = json!({"email": email("grace"), "role": "Admin"});
    let account = json!({"people": [ada, admin], "groups": [{"name": "Team"}], "seats": {"licensed": 3}});
    let world = World::connected(account, json!({"resyncInterval": "1h"})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    let before = world.person(&email("ada")).await?;
    let path = "/roles/{roleId}/members/{memberId}";
    world
        .zoom
        .inject(json!({"method": "DELETE", "path": path, "count": 20, "effect": {"answer": {"status": 500}}}))
        .await?;
    let by_hand = json!({
        "class": "Access", "person": {"email": email("ada")}, "operations": [{"action": "Deactivate"}],
    });
    world.apply(REMOVAL, "ada", by_hand).await?;
    let fails = |removal: &serde_json::Value| message(removal).contains("tried again");
    world.until(REMOVAL, "ada", "is tried again", fails).await?;
    world.zoom.clear_faults().await?;
    let done = world.until(REMOVAL, "ada", "is done", |removal| is_in_phase(removal, "Done", "Completed")).await?;
    let (status, groups) = (&done["status"], &done["status"]["restore"]["groups"]);
    assert_eq!((&status["restore"]["license"], groups.as_array().map(Vec::len)), (&json!("Licensed"), Some(1)));
    // The later steps of a ZoomRemoval that names an address are for whoever had it at the first one.
    assert_eq!(status["id"], before.id.as_str());
    Ok(())
}

#[tokio::test]
async fn whom_a_legal_hold_keeps_is_deactivated_and_not_deleted_whoever_approves() -> anyhow::Result<()> {
    let world = team(deleting()).await?;
    let removal = json!({"policy": "Delete", "transfer": "None"});
    world.users(&["ada"], &json!({"removal": removal, "hold": "case 12"})).await?;
    // With the default policy the ZoomRemoval is done, and the hold stays.
    world.users(&["bob"], &json!({"hold": "case 12"})).await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.delete_all(&["ada", "bob"]).await?;
    world.removal_is("bob", "Done", "Completed").await?;
    let refused = world.removal_is("ada", "Refused", "LegalHold").await?;
    assert_eq!(refused["spec"]["hold"], "case 12");
    assert_eq!(world.person(&email("ada")).await?.status, "inactive");

    for name in ["ada", "bob"] {
        let by_hand = json!({
            "class": "Access",
            "person": {"email": email(name)},
            "operations": [{"action": "Delete"}],
            "transfer": "None",
            "decision": "Approve",
        });
        world.apply(REMOVAL, name, by_hand).await?;
        world.until(REMOVAL, name, "is refused", |removal| is_in_phase(removal, "Refused", "LegalHold")).await?;
        assert_eq!(world.person(&email(name)).await?.status, "inactive");
    }
    Ok(())
}

#[tokio::test]
async fn a_legal_hold_keeps_whom_another_removal_deactivates_and_would_delete_in_the_same_turn() -> anyhow::Result<()> {
    let connection = merged(deleting(), json!({"mode": "Suspend"}));
    let world = World::connected(account_of(&["ada"]), connection).await?;
    let operations = [json!([{"action": "Deactivate"}]), json!([{"action": "Deactivate"}, {"action": "Delete"}])];
    for (name, operations) in ["keeps", "takes"].into_iter().zip(operations) {
        let hold = if name == "keeps" { json!({"hold": "case 12"}) } else { json!({"transfer": "None"}) };
        let spec = json!({
            "class": "Access", "person": {"email": email("ada")}, "operations": operations, "decision": "Approve",
        });
        world.apply(REMOVAL, name, merged(spec, hold)).await?;
        world.until(REMOVAL, name, "waits", |removal| is_in_phase(removal, "Held", "Suspended")).await?;
    }
    world.edit(CONNECTION, "default", json!({"mode": "Enforce"})).await?;
    world.until(REMOVAL, "keeps", "is done", |removal| removal["status"]["phase"] == "Done").await?;
    world.until(REMOVAL, "takes", "is refused", |removal| is_in_phase(removal, "Refused", "LegalHold")).await?;
    assert_eq!(world.person(&email("ada")).await?.status, "inactive");
    Ok(())
}

#[tokio::test]
async fn from_protected_people_nothing_is_taken_and_a_pattern_that_fits_nobody_is_said() -> anyhow::Result<()> {
    let world = team(json!({"protected": {"emails": ["ad*", "svc-*"], "groups": ["Board", "Typo"]}})).await?;
    world.zoom.add_group("Board").await?;
    world.zoom.add_to_group("Board", &email("bob")).await?;
    world.resync().await?;
    world
        .until(CONNECTION, "default", "says which pattern fits nobody", |connection| {
            connection["status"]["idleProtection"] == json!(["emails: svc-*", "groups: Typo"])
        })
        .await?;
    world.edit(USER, "ada", json!({"license": {"type": "Basic"}})).await?;
    world.user_is("ada", "Refused").await?;
    world.delete_all(&["ada", "bob"]).await?;
    world.removals_are(3, "Refused", "Protected").await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn what_zoom_refuses_of_a_leaver_is_explained_and_keeps_nobody_else() -> anyhow::Result<()> {
    let admin = |name: &str| json!({"email": email(name), "role": "Admin"});
    let of_role = json!({"email": email("cleo"), "role": "Helpdesk"});
    let names = ["ada", "bob", "cleo", "eve", "room", "zoe"];
    let account = json!({
        "people": [{"email": email("ada")}, {"email": email("bob")}, of_role, admin("eve"), admin("root"), {"email": email("zoe")}],
        "roles": [{"name": "Helpdesk"}], "rooms": [email("room")],
    });
    let limits = json!({"access": {"percent": 100, "floor": 100}});
    let connection = json!({"guard": {"limits": limits}, "protected": {"roles": ["Helpdesk"]}});
    let world = World::connected(account, merged(deleting(), connection)).await?;
    world.users(&names, &json!({})).await?;
    world.users(&["ada", "eve"], &json!({"removal": {"policy": "Unlink"}})).await?;
    world.users_are(&names, "Synced").await?;
    let refuse = async |method: &str, path: &str, code: u32, message: &str| {
        let answer = json!({"answer": {"status": 400, "body": {"code": code, "message": message}}});
        world.zoom.inject(json!({"method": method, "path": path, "count": u32::MAX, "effect": answer})).await
    };
    let explained = async |name: &str, phase: &str, reason: &str, told: &[&str]| {
        let removal = world.removal_is(name, phase, reason).await?;
        let object = removal["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let explains = |removal: &serde_json::Value| {
            let message = removal["status"]["message"].as_str().unwrap_or_default();
            is_in_phase(removal, phase, reason) && told.iter().all(|told| message.contains(told))
        };
        world.until(REMOVAL, &object, format_args!("explains {told:?}"), explains).await.map(drop)
    };

    // Of a domain that the account manages nobody is unlinked; administrators are protected once more.
    world.delete_all(&["ada"]).await?;
    explained("ada", "Refused", "ZoomRefused", &["code 1107", "use the policy Delete or Deactivate"]).await?;
    refuse("DELETE", "/users/{userId}", 1117, "You can not disassociate an Admin user.").await?;
    world.delete_all(&["eve"]).await?;
    explained("eve", "Refused", "NeedsOwner", &["code 1117", "the role Member first"]).await?;
    world.zoom.clear_faults().await?;
    refuse("PUT", "/users/{userId}/status", 1000, "The user manages a call queue.").await?;
    world.edit(USER, "bob", json!({"active": false})).await?;
    explained("bob", "Running", "WithinLimit", &["code 1000", "call queue"]).await?;
    world.zoom.clear_faults().await?;
    world.edit(USER, "room", json!({"active": false})).await?;
    explained("room", "Refused", "ZoomRefused", &["code 200", "managed with Zoom Rooms"]).await?;
    world.delete_all(&["cleo"]).await?;
    explained("cleo", "Refused", "Protected", &["the role \"Helpdesk\""]).await?;
    world.delete_all(&["zoe"]).await?;
    world.removal_is("zoe", "Done", "Completed").await?;
    let statuses = world.statuses(&["ada", "cleo", "eve", "room", "zoe"]).await?;
    assert_eq!(statuses, ["active", "active", "active", "active", "inactive"]);
    Ok(())
}

#[tokio::test]
async fn access_ends_with_its_last_day() -> anyhow::Result<()> {
    let world = team(json!({})).await?;
    world.edit(USER, "bob", json!({"activeUntil": "2099-12-31"})).await?;
    let user = world.user_is("bob", "Synced").await?;
    assert!(message(&user).contains("2100-01-01T00:00:00Z"), "{}", message(&user));
    world.edit(USER, "ada", json!({"activeUntil": "2020-12-31"})).await?;
    world.user_is("ada", "Deactivated").await?;
    assert_eq!(world.statuses(&["ada", "bob"]).await?, ["inactive", "active"]);
    Ok(())
}

#[tokio::test]
async fn the_manager_inherits_or_else_the_fallback() -> anyhow::Result<()> {
    let people = json!([
        {"email": email("ada"), "profile": {"manager": email("grace")}},
        {"email": email("bob")},
        {"email": email("grace"), "type": "Licensed"},
        {"email": email("lin"), "type": "Licensed"},
        {"email": email("eve")},
    ]);
    let world = World::connected(json!({"people": people}), deleting()).await?;
    let heir = json!({"manager": true, "fallback": email("lin"), "receives": ["Meetings"]});
    world.users(&["ada", "bob"], &json!({"removal": {"policy": "Delete", "heir": heir}})).await?;
    world.users(&["grace", "lin", "eve"], &json!({})).await?;
    world.users_are(&["ada", "bob", "grace", "lin", "eve"], "Synced").await?;
    for (leaver, heir) in [("ada", "grace"), ("bob", "lin")] {
        world.zoom.clear_journal().await?;
        world.delete_all(&[leaver]).await?;
        world.removal_is(leaver, "Done", "Completed").await?;
        let calls = world.write_calls().await?;
        assert!(calls.iter().any(|call| call.query.contains(&format!("transfer_email={heir}"))), "{calls:?}");
    }
    Ok(())
}

#[tokio::test]
async fn nobody_is_deleted_before_their_heir_is_there_and_then_they_are_at_once() -> anyhow::Result<()> {
    let world = team(deleting()).await?;
    let heir = json!({"email": email("nobody"), "receives": ["Meetings"]});
    world.users(&["ada"], &json!({"removal": {"policy": "Delete", "heir": heir}})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete_all(&["ada"]).await?;
    let waiting = |removal: &serde_json::Value| {
        removal["status"]["message"]
            .as_str()
            .is_some_and(|told| told.contains("nobody@acme.example is not in the account"))
    };
    let name = world.removal_is("ada", "Running", "WithinLimit").await?["metadata"]["name"].as_str().map(str::to_owned);
    world.until(REMOVAL, &name.unwrap_or_default(), "says who is missing", waiting).await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    // Without that it would be minutes until it is tried again.
    world.zoom.add_person(json!({"email": email("nobody"), "type": "Licensed"})).await?;
    world.resync().await?;
    world.removal_is("ada", "Done", "Completed").await?;
    ensure!(world.zoom.person(&email("ada")).await?.is_none(), "still in the account");
    Ok(())
}

#[tokio::test]
async fn nobody_is_deleted_while_their_heir_is_to_go_with_everything() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "heir", "bob", "eve"], deleting()).await?;
    let heir = json!({"email": email("heir"), "receives": ["Meetings"]});
    world.users(&["ada"], &json!({"removal": {"policy": "Delete", "heir": heir}})).await?;
    world.users(&["heir"], &json!({"removal": {"policy": "Delete", "transfer": "None"}})).await?;
    world.users_are(&["ada", "heir"], "Synced").await?;
    world.delete_all(&["ada", "heir"]).await?;
    world.removal_is("heir", "Done", "Completed").await?;
    let removal = world.removal_is("ada", "Running", "WithinLimit").await?;
    let name = removal["metadata"]["name"].as_str().unwrap();
    let names_the_heir = |removal: &serde_json::Value| {
        removal["status"]["message"].as_str().is_some_and(|told| told.contains(&email("heir")))
    };
    world.until(REMOVAL, name, "names the heir", names_the_heir).await?;
    world.resync().await?;
    assert_eq!(world.person(&email("ada")).await?.status, "active");
    Ok(())
}

#[tokio::test]
async fn somebody_who_appears_just_before_they_are_created_is_not_taken_over_against_the_rule() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["bob"]), json!({"adoption": "Never"})).await?;
    world.resync().await?;
    world.zoom.add_person(json!({"email": email("ada")})).await?;
    world.users(&["ada"], &json!({})).await?;
    // If the answer to the creation is lost, and with it that she was there before, she counts as created here.
    let in_doubt = |user: &serde_json::Value| faults_are_on() && user["status"]["origin"] == "Created";
    let refused = |user: &serde_json::Value| {
        ready_reason(user) == Some("AdoptionRefused") && user["status"]["origin"] == json!(null)
    };
    world.until(USER, "ada", "is not taken over", |user| refused(user) || in_doubt(user)).await?;
    Ok(())
}
