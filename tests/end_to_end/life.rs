//! From the first sight of a person to their last edit: adoption, creation, updates, drift.

use anyhow::ensure;
use serde_json::{Value, json};
use zoom_operator_testing::{ControlPlane, eventually};

use crate::world::{
    CONNECTION, DEADLINE, USER, World, account_of, condition, email, is_ready, merged, message, ready_reason,
};

fn ada() -> Value {
    json!({"email": email("ada")})
}

fn with(changes: Value) -> Value {
    merged(ada(), changes)
}

#[tokio::test]
async fn somebody_in_zoom_is_adopted_by_their_address_whatever_its_case() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.user("ada", json!({"email": "Ada@Acme.Example"})).await?;
    let user = world.user_is("ada", "Synced").await?;
    let person = world.person(&email("ada")).await?;
    assert_eq!(user["status"]["id"], person.id);
    assert_eq!(user["status"]["email"], email("ada"));
    assert_eq!(user["status"]["origin"], "Adopted");
    assert_eq!(user["status"]["state"], "Active");
    assert_eq!(user["status"]["license"], "Basic");
    assert_eq!(user["status"]["role"], "Member");
    assert_eq!(user["metadata"]["finalizers"], json!(["zoom-operator.dev/finalizer"]));
    assert!(is_ready(&user) && condition(&user, "Stalled").is_none() && condition(&user, "Reconciling").is_none());
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn with_adoption_never_people_in_zoom_are_left_alone() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({"adoption": "Never"})).await?;
    world.user("ada", with(json!({"firstName": "Augusta"}))).await?;
    let user = world.user_is("ada", "AdoptionRefused").await?;
    assert!(condition(&user, "Stalled").is_some());
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    // Letting go of somebody who was never taken over takes nothing from them.
    world.delete(USER, "ada").await?;
    world.gone(USER, "ada").await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn who_is_invited_gets_what_waited_once_they_accept_also_under_a_new_id() -> anyhow::Result<()> {
    let world = World::connected(json!({"quirks": {"idChangesOnAcceptance": true}}), json!({})).await?;
    let spec = with(json!({
        "firstName": "Ada",
        "lastName": "Lovelace",
        "license": {"type": "Licensed"},
        "profile": {"jobTitle": "Analyst", "department": "Engines"},
    }));
    world.user("ada", spec).await?;
    let user = world.user_is("ada", "Invited").await?;
    assert!(is_ready(&user), "{user}");
    assert!(message(&user).contains("jobTitle") && message(&user).contains("department"), "{}", message(&user));
    assert_eq!(user["status"]["state"], "Pending");
    assert_eq!(user["status"]["origin"], "Created");
    assert_eq!(user["status"]["id"], Value::Null, "the id of somebody pending is not theirs yet");
    let invited = world.person(&email("ada")).await?;
    world.assert_wrote(&["POST /users"]).await?;

    world.zoom.accept_invitation(&email("ada")).await?;
    world.resync().await?;
    let user = world.user_is("ada", "Synced").await?;
    let accepted = world.person(&email("ada")).await?;
    assert_ne!(accepted.id, invited.id);
    assert_eq!(user["status"]["id"], accepted.id);
    assert_eq!(user["status"]["origin"], "Created");
    assert_eq!(accepted.license, "Licensed");
    assert_eq!(accepted.rest["profile"]["jobTitle"], "Analyst");
    assert_eq!(accepted.rest["profile"]["dept"], "Engines");
    Ok(())
}

#[tokio::test]
async fn each_method_of_creation_is_asked_of_zoom_in_its_own_way() -> anyhow::Result<()> {
    let world = World::connected(json!({"isv": true}), json!({"creation": null})).await?;
    for (name, method) in [("auto", "AutoCreate"), ("sso", "Sso"), ("robot", "NoLogin")] {
        world.user(name, json!({"email": email(name), "firstName": name, "creation": {"method": method}})).await?;
    }
    for (name, action) in [("auto", "autoCreate"), ("sso", "ssoCreate"), ("robot", "custCreate")] {
        let user = world.user_is(name, "Synced").await?;
        assert_eq!(user["status"]["origin"], "Created", "{name}");
        let person = world.person(&email(name)).await?;
        assert_eq!((person.status.as_str(), person.first_name.as_str()), ("active", name));
        let calls = world.write_calls().await?;
        let call = calls.iter().find(|call| call.request_body["user_info"]["email"] == email(name));
        assert_eq!(call.unwrap().request_body["action"], action);
    }
    Ok(())
}

#[tokio::test]
async fn who_is_waited_for_is_managed_as_soon_as_they_appear() -> anyhow::Result<()> {
    let world = World::connected(json!({}), json!({"creation": {"method": "Wait"}})).await?;
    world.user("ada", with(json!({"lastName": "Lovelace"}))).await?;
    let user = world.user_is("ada", "NotYetJoined").await?;
    assert!(is_ready(&user), "{user}");
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    world.zoom.add_person(json!({"email": email("ada"), "lastName": "Byron"})).await?;
    world.resync().await?;
    let user = world.user_is("ada", "Synced").await?;
    assert_eq!(user["status"]["origin"], "Adopted");
    assert_eq!(world.person(&email("ada")).await?.last_name, "Lovelace");
    Ok(())
}

#[tokio::test]
async fn without_a_method_of_creation_nobody_is_created_until_one_is_named() -> anyhow::Result<()> {
    let world = World::connected(json!({}), json!({"creation": null})).await?;
    world.user("ada", ada()).await?;
    let user = world.user_is("ada", "CreationMethodMissing").await?;
    assert!(condition(&user, "Stalled").is_some() && message(&user).contains("spec.creation.method"), "{user}");
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    world.edit(CONNECTION, "default", json!({"creation": {"method": "Invite"}})).await?;
    world.user_is("ada", "Invited").await?;
    assert_eq!(world.person(&email("ada")).await?.status, "pending");
    Ok(())
}

#[tokio::test]
async fn without_a_licence_named_people_start_with_basic_and_their_licence_is_theirs() -> anyhow::Result<()> {
    let world = World::connected(json!({}), json!({"creation": {"method": "AutoCreate"}})).await?;
    world.user("ada", ada()).await?;
    world.user_is("ada", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.license, "Basic");

    world.zoom.clear_journal().await?;
    world.zoom.edit_person(&email("ada"), json!({"type": "Licensed"})).await?;
    world.resync().await?;
    world.user("ada", with(json!({"firstName": "Ada"}))).await?;
    world.person_until(&email("ada"), "is named Ada", |person| person.first_name == "Ada").await?;
    let user = world.user_is("ada", "Synced").await?;
    assert_eq!(user["status"]["license"], "Licensed");
    assert_eq!(world.person(&email("ada")).await?.license, "Licensed");
    world.assert_wrote(&["PATCH /users/{userId}"]).await?;
    Ok(())
}

#[tokio::test]
async fn every_field_of_a_person_is_set_changed_and_cleared() -> anyhow::Result<()> {
    let divisions = json!([{"id": "north", "name": "North"}, {"id": "south", "name": "South"}]);
    let account = merged(account_of(&["ada", "grace", "edsger"]), json!({"divisions": divisions}));
    let world = World::connected(account, json!({})).await?;
    let full = json!({
        "firstName": "Ada",
        "lastName": "Lovelace",
        "displayName": "Countess Ada",
        "license": {"type": "Licensed"},
        "profile": {
            "jobTitle": "Analyst",
            "department": "Engines",
            "company": "Difference Ltd",
            "location": "London",
            "costCenter": "1843",
            "manager": email("grace"),
            "language": "en-US",
            "timezone": "Europe/London",
            "pronouns": "she/her",
            "pronounsOption": "Always",
            "vanityName": "countess",
            "personalMeetingId": 5_551_234_567_i64,
            "usePersonalMeetingId": true,
            "divisionId": "north",
            "cmsUserId": "kms-7",
            "phoneNumbers": [{"label": "Office", "country": "GB", "code": "+44", "number": "2079460000"}],
            "customAttributes": [{"key": "badge", "name": "Badge", "value": "7"}],
        },
    });
    world.user("ada", with(full)).await?;
    world.user_is("ada", "Synced").await?;
    let person = world.person(&email("ada")).await?;
    assert_eq!((person.first_name.as_str(), person.last_name.as_str()), ("Ada", "Lovelace"));
    assert_eq!((&person.rest["displayName"], person.license.as_str()), (&json!("Countess Ada"), "Licensed"));
    let profile = &person.rest["profile"];
    for (field, value) in [
        ("jobTitle", "Analyst"),
        ("dept", "Engines"),
        ("company", "Difference Ltd"),
        ("location", "London"),
        ("costCenter", "1843"),
        ("language", "en-US"),
        ("timezone", "Europe/London"),
        ("pronouns", "she/her"),
        ("vanityName", "countess"),
        ("cmsUserId", "kms-7"),
    ] {
        assert_eq!(profile[field], value, "{field}");
    }
    assert_eq!((&profile["pronounsOption"], &profile["pmi"]), (&json!(2), &json!(5_551_234_567_i64)));
    assert_eq!((&profile["usePmi"], &profile["divisionIds"]), (&json!(true), &json!(["north"])));
    assert!(profile["manager"].as_str().unwrap().contains("grace"), "{profile}");
    assert_eq!(profile["phoneNumbers"][0]["number"], "2079460000");
    assert_eq!(profile["customAttributes"][0]["value"], "7");

    let changed = json!({
        "firstName": "Augusta",
        "lastName": "King",
        "displayName": "Augusta King",
        "license": {"type": "Licensed"},
        "profile": {
            "jobTitle": "Mathematician",
            "department": "",
            "company": "",
            "location": "Ockham",
            "costCenter": "",
            "manager": email("edsger"),
            "language": "de-DE",
            "timezone": "Europe/Paris",
            "pronouns": "",
            "pronounsOption": "Never",
            "vanityName": "king",
            "personalMeetingId": 5_551_234_568_i64,
            "usePersonalMeetingId": false,
            "divisionId": "south",
            "cmsUserId": "",
            "phoneNumbers": [],
            "customAttributes": [{"key": "badge", "name": "Badge", "value": "8"}],
        },
    });
    world.user("ada", with(changed)).await?;
    world.user_is("ada", "Synced").await?;
    let person = world.person(&email("ada")).await?;
    assert_eq!((person.first_name.as_str(), person.last_name.as_str()), ("Augusta", "King"));
    assert_eq!(person.rest["displayName"], "Augusta King");
    let profile = &person.rest["profile"];
    for (field, value) in [
        ("jobTitle", "Mathematician"),
        ("dept", ""),
        ("company", ""),
        ("location", "Ockham"),
        ("costCenter", ""),
        ("language", "de-DE"),
        ("timezone", "Europe/Paris"),
        ("pronouns", ""),
        ("vanityName", "king"),
        ("cmsUserId", ""),
    ] {
        assert_eq!(profile[field], value, "{field}");
    }
    assert_eq!((&profile["pronounsOption"], &profile["pmi"]), (&json!(3), &json!(5_551_234_568_i64)));
    assert_eq!((&profile["usePmi"], &profile["divisionIds"]), (&json!(false), &json!(["south"])));
    assert!(profile["manager"].as_str().unwrap().contains("edsger"), "{profile}");
    assert_eq!(profile["phoneNumbers"], json!([]));
    assert_eq!(profile["customAttributes"][0]["value"], "8");

    // What is not declared any more is left as it is.
    world.zoom.clear_journal().await?;
    world.user("ada", ada()).await?;
    world.user_is("ada", "Synced").await?;
    world.zoom.edit_person(&email("ada"), json!({"firstName": "Anne", "profile": {"jobTitle": "Poet"}})).await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.person(&email("ada")).await?.first_name, "Anne");
    Ok(())
}

#[tokio::test]
async fn a_personal_link_that_somebody_else_has_is_refused_and_said() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    let link = |name: &str| json!({"profile": {"vanityName": name}});
    world.users(&["ada"], &link("countess")).await?;
    world.user_is("ada", "Synced").await?;
    world.users(&["bob"], &link("Countess")).await?;
    let refused = world.user_is("bob", "Refused").await?;
    assert!(message(&refused).contains("code 4100"), "{}", message(&refused));
    world.users(&["bob"], &link("bob")).await?;
    world.user_is("bob", "Synced").await?;
    assert_eq!(world.person(&email("bob")).await?.rest["profile"]["vanityName"], "bob");
    Ok(())
}

#[tokio::test]
async fn active_false_keeps_a_person_out_and_true_lets_them_in_with_their_licence() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    let licensed = with(json!({"license": {"type": "Licensed"}}));
    world.user("ada", licensed.clone()).await?;
    world.user_is("ada", "Synced").await?;

    world.user("ada", merged(licensed.clone(), json!({"active": false}))).await?;
    let user = world.user_is("ada", "Deactivated").await?;
    assert!(is_ready(&user), "{user}");
    assert_eq!(user["status"]["state"], "Inactive");
    assert_eq!(world.person(&email("ada")).await?.status, "inactive");

    world.user("ada", licensed).await?;
    let user = world.user_is("ada", "Synced").await?;
    assert_eq!((&user["status"]["state"], &user["status"]["license"]), (&json!("Active"), &json!("Licensed")));
    let person = world.person(&email("ada")).await?;
    assert_eq!((person.status.as_str(), person.license.as_str()), ("active", "Licensed"));
    Ok(())
}

#[tokio::test]
async fn a_name_that_was_edited_in_zoom_is_put_right_at_the_next_resync() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.user("ada", with(json!({"firstName": "Ada", "profile": {"jobTitle": "Analyst"}}))).await?;
    world.user_is("ada", "Synced").await?;

    let edit = json!({"firstName": "Eda", "lastName": "Byron", "profile": {"jobTitle": "Poet"}});
    world.zoom.edit_person(&email("ada"), edit).await?;
    world.resync().await?;
    let person = world
        .person_until(&email("ada"), "is an analyst named Ada", |person| {
            person.first_name == "Ada" && person.rest["profile"]["jobTitle"] == "Analyst"
        })
        .await?;
    assert_eq!(person.last_name, "Byron", "nobody declared a last name");
    world.user_is("ada", "Synced").await?;
    Ok(())
}

#[tokio::test]
async fn who_was_deactivated_in_zoom_comes_back_by_a_newer_edit_alone() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.user("ada", with(json!({"lastName": "Lovelace"}))).await?;
    world.user_is("ada", "Synced").await?;
    world.zoom.clear_journal().await?;

    world.zoom.edit_person(&email("ada"), json!({"status": "inactive"})).await?;
    world.resync().await?;
    let user = world.user_is("ada", "DeactivatedInZoom").await?;
    assert!(condition(&user, "Stalled").is_some(), "{user}");
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    world.user("ada", with(json!({"lastName": "King"}))).await?;
    world.user_is("ada", "Synced").await?;
    let person = world.person(&email("ada")).await?;
    assert_eq!((person.status.as_str(), person.last_name.as_str()), ("active", "King"));
    Ok(())
}

#[tokio::test]
async fn who_was_removed_in_zoom_is_created_again_by_a_newer_edit_alone() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.user("ada", ada()).await?;
    world.user_is("ada", "Synced").await?;
    world.zoom.clear_journal().await?;

    world.zoom.delete_person(&email("ada")).await?;
    world.resync().await?;
    let user = world.user_is("ada", "RemovedInZoom").await?;
    assert_eq!(user["status"]["state"], "Absent");
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    world.user("ada", with(json!({"firstName": "Ada"}))).await?;
    world.user_is("ada", "Invited").await?;
    assert_eq!(world.person(&email("ada")).await?.status, "pending");
    Ok(())
}

#[tokio::test]
async fn of_two_objects_for_one_address_one_speaks_and_the_other_takes_over_without_a_removal() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.user("first", ada()).await?;
    world.user_is("first", "Synced").await?;
    world.user("another", json!({"email": "ADA@acme.example", "firstName": "Ada"})).await?;
    let other = world.user_is("another", "ClaimedByAnother").await?;
    assert!(message(&other).contains(&format!("{}/first", world.namespace)), "{}", message(&other));
    assert!(condition(&other, "Stalled").is_some(), "{other}");
    world.user_is("first", "Synced").await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    world.delete(USER, "first").await?;
    world.gone(USER, "first").await?;
    world.person_until(&email("ada"), "is named Ada", |person| person.first_name == "Ada").await?;
    world.user_is("another", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.status, "active");
    assert_eq!(world.removals_of("first").await?, [Value::Null; 0]);
    world.assert_wrote(&["PATCH /users/{userId}"]).await?;
    Ok(())
}

#[tokio::test]
async fn a_role_is_given_by_its_name_and_an_unknown_one_is_told() -> anyhow::Result<()> {
    let account = merged(account_of(&["ada"]), json!({"roles": [{"name": "Helpdesk"}]}));
    let world = World::connected(account, json!({})).await?;
    world.user("ada", with(json!({"role": "helpdesk"}))).await?;
    let user = world.user_is("ada", "Synced").await?;
    assert_eq!(user["status"]["role"], "Helpdesk");
    assert_eq!(world.person(&email("ada")).await?.role, "Helpdesk");

    world.user("ada", with(json!({"role": "Astronaut"}))).await?;
    let user = world.user_is("ada", "RoleUnknown").await?;
    assert!(message(&user).contains("Astronaut") && message(&user).contains("Helpdesk"), "{}", message(&user));
    assert_eq!(world.person(&email("ada")).await?.role, "Helpdesk");
    Ok(())
}

#[tokio::test]
async fn an_object_that_this_version_cannot_read_keeps_its_person_and_blocks_nobody() -> anyhow::Result<()> {
    // Of its own, because CRDs belong to a whole cluster.
    let cluster = ControlPlane::start().await?;
    let mut world = World::on(&cluster, account_of(&["ada", "bob"])).await?;
    let newer = json!([{
        "op": "add",
        "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/license/properties/type/enum/-",
        "value": "Gold",
    }]);
    let crd = "zoomusers.zoom-operator.dev";
    world.kubectl(&["patch", "crd", crd, "--type=json", "--patch", &newer.to_string()]).await?;
    world.start_operator().await?;
    world.connect(json!({})).await?;
    world.user("ada", with(json!({"firstName": "Ada"}))).await?;
    world.user_is("ada", "Synced").await?;

    // The API server takes the new schema in after a moment.
    eventually(DEADLINE, "the API server takes the new value", || async {
        world.user("ada", with(json!({"license": {"type": "Gold"}}))).await
    })
    .await?;
    let user = world.user_is("ada", "Unreadable").await?;
    assert!(condition(&user, "Stalled").is_some() && message(&user).contains("Gold"), "{user}");
    world.user("bob", json!({"email": email("bob"), "firstName": "Bob"})).await?;
    world.user_is("bob", "Synced").await?;
    assert_eq!(world.person(&email("bob")).await?.first_name, "Bob");
    world.user("rival", ada()).await?;
    let rival = world.user_is("rival", "ClaimedByAnother").await?;
    assert!(message(&rival).contains("/ada"), "{}", message(&rival));

    // It goes when it is deleted, and takes nothing from its person.
    world.delete(USER, "rival").await?;
    world.gone(USER, "rival").await?;
    world.delete(USER, "ada").await?;
    world.gone(USER, "ada").await?;
    world.resync().await?;
    assert_eq!(world.person(&email("ada")).await?.status, "active");
    Ok(())
}

#[tokio::test]
async fn an_object_without_its_connection_says_so_until_the_connection_comes() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada"])).await?;
    world.start_operator().await?;
    world.user("ada", with(json!({"connectionRef": {"name": "default"}}))).await?;
    let user = world.user_is("ada", "WaitingForConnection").await?;
    assert!(message(&user).contains("ZoomConnection default"), "{}", message(&user));
    world.connect(json!({})).await?;
    let user = world.user_is("ada", "Synced").await?;
    ensure!(ready_reason(&user) == Some("Synced") && is_ready(&user), "{user}");
    Ok(())
}

#[tokio::test]
async fn of_two_connections_to_one_account_the_older_works_and_the_other_takes_over() -> anyhow::Result<()> {
    let guard = json!({"guard": {"quietPeriod": "10s"}});
    let world = World::connected(account_of(&["ada", "bob"]), guard).await?;
    world.users(&["bob"], &json!({})).await?;
    world.user_is("bob", "Synced").await?;
    world.apply(CONNECTION, "second", world.connection(json!({}))).await?;
    world.user("ada", with(json!({"firstName": "Ada", "connectionRef": {"name": "second"}}))).await?;
    let second = world.reason(CONNECTION, "second", "AccountClaimed").await?;
    assert!(message(&second).contains(&format!("{}/default", world.namespace)), "{}", message(&second));
    world
        .until(USER, "ada", "names what its connection waits for", |user| {
            ready_reason(user) == Some("WaitingForConnection") && message(user).contains("AccountClaimed")
        })
        .await?;
    // Moved from one to the other, which takes a new object.
    world.delete(USER, "bob").await?;
    world.gone(USER, "bob").await?;
    world.user("bob", json!({"email": email("bob"), "connectionRef": {"name": "second"}})).await?;
    let removal = world.removal_is("bob", "Cancelled", "Reclaimed").await?;
    let told = removal["status"]["message"].as_str().unwrap_or_default();
    assert!(told.contains("/bob declares"), "{told}");
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    world.delete(CONNECTION, "default").await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.reason(CONNECTION, "second", "Connected").await?;
    assert_eq!(world.person(&email("ada")).await?.first_name, "Ada");
    Ok(())
}
