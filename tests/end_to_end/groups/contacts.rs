//! Contact groups, with Zoom's limits on every call.

use serde_json::{Value, json};
use zoom_operator_testing::Exchange;

use super::{counts, of};
use crate::faults::assert_calls;
use crate::world::{CONTACT_GROUP, REMOVAL, World, account_of, email, is_ready, message};

fn sizes(calls: &[Exchange], kind: u8) -> Vec<usize> {
    let adds = calls.iter().filter(|call| call.endpoint == "POST /contacts/groups/{groupId}/members");
    let of_kind = |call: &Exchange| {
        let members = call.request_body["group_members"].as_array().cloned().unwrap_or_default();
        members.iter().filter(|member| member["type"] == kind).count()
    };
    adds.map(of_kind).collect()
}

#[tokio::test]
async fn a_contact_group_holds_people_and_groups_within_zooms_limits() -> anyhow::Result<()> {
    let names: Vec<_> = (0..70).map(|number| format!("user-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = World::connected(account_of(&names), json!({})).await?;
    let groups: Vec<_> = (0..4).map(|number| format!("team-{number}")).collect();
    for group in &groups {
        world.group(group, of(group, &[])).await?;
    }
    let emails: Vec<_> = names.iter().map(|name| email(name)).collect();
    let spec = json!({
        "name": "Whom to call",
        "description": "In case of doubt",
        "privacy": "Searchable",
        "members": {"emails": emails, "groups": groups},
    });
    world.apply(CONTACT_GROUP, "call", spec.clone()).await?;
    let group = world.reason(CONTACT_GROUP, "call", "Synced").await?;
    assert_eq!(counts(&group), json!([74, 74, 0, 0]));
    assert_eq!(group["status"]["origin"], "Created");
    let calls = world.zoom.journal().await?;
    assert!(sizes(&calls, 1).iter().all(|people| *people <= 50), "{:?}", sizes(&calls, 1));
    assert!(sizes(&calls, 2).iter().all(|groups| *groups <= 3), "{:?}", sizes(&calls, 2));

    // 30 of them go, at most 20 a call.
    world.zoom.clear_journal().await?;
    let fewer = json!({"members": {"emails": emails[..40]}});
    world.edit(CONTACT_GROUP, "call", fewer).await?;
    let removal = world.removal_is("call", "Held", "OverLimit").await?;
    world.edit(REMOVAL, removal["metadata"]["name"].as_str().unwrap(), json!({"decision": "Approve"})).await?;
    world.removal_is("call", "Done", "Completed").await?;
    let calls = world.zoom.journal().await?;
    let removals = calls.iter().filter(|call| call.endpoint == "DELETE /contacts/groups/{groupId}/members");
    let removed: Vec<usize> =
        removals.map(|call| call.query.split(',').count().max(call.query.split("%2C").count())).collect();
    assert!(removed.iter().all(|people| *people <= 20), "{removed:?}");
    assert_calls(removed, vec![20, 10], "nobody is taken out twice");
    assert_eq!(counts(&world.reason(CONTACT_GROUP, "call", "Synced").await?), json!([44, 44, 0, 0]));
    Ok(())
}

#[tokio::test]
async fn a_contact_group_waits_for_its_groups_and_people_by_name() -> anyhow::Result<()> {
    let world = World::managed(&["ada"], json!({})).await?;
    let members = json!({"users": ["ada", "nobody-yet"], "groups": ["no-group-yet"]});
    world.apply(CONTACT_GROUP, "call", json!({"name": "Call", "members": members})).await?;
    let group = world.reason(CONTACT_GROUP, "call", "WaitingForMembers").await?;
    assert!(is_ready(&group));
    assert!(message(&group).contains("nobody-yet") && message(&group).contains("no-group-yet"), "{}", message(&group));
    world.group("no-group-yet", of("Late", &["ada"])).await?;
    world.users(&["nobody-yet"], &json!({"creation": {"method": "AutoCreate"}})).await?;
    let group = world.reason(CONTACT_GROUP, "call", "Synced").await?;
    assert_eq!(counts(&group), json!([3, 3, 0, 0]));
    Ok(())
}

#[tokio::test]
async fn a_contact_group_is_renamed_changed_and_deleted_with_its_object() -> anyhow::Result<()> {
    let world = World::managed(&["ada"], json!({})).await?;
    let spec = |name: &str, privacy: &str| json!({"name": name, "privacy": privacy, "members": {"users": ["ada"]}});
    world.apply(CONTACT_GROUP, "call", spec("Call", "Public")).await?;
    let group = world.reason(CONTACT_GROUP, "call", "Synced").await?;
    world.zoom.clear_journal().await?;
    world.apply(CONTACT_GROUP, "call", spec("Call me", "Private")).await?;
    let renamed = world.reason(CONTACT_GROUP, "call", "Synced").await?;
    assert_eq!(renamed["status"]["id"], group["status"]["id"]);
    let patch = world.write_calls().await?.into_iter().find(|call| call.method == "PATCH").unwrap();
    assert_eq!((&patch.request_body["name"], &patch.request_body["privacy"]), (&json!("Call me"), &json!(3)));

    world.delete(CONTACT_GROUP, "call").await?;
    world.gone(CONTACT_GROUP, "call").await?;
    world.removal_is("call", "Done", "Completed").await?;
    let deletes = world.zoom_writes().await?.into_iter().filter(|call| call.starts_with("DELETE /contacts")).count();
    assert_eq!(deletes, 1);
    Ok(())
}

#[tokio::test]
async fn an_idle_pass_lists_contact_groups_only_where_an_object_declares_one() -> anyhow::Result<()> {
    let world = World::managed(&["ada"], json!({})).await?;
    world.resync().await?;
    let contacts = async || -> anyhow::Result<usize> {
        let calls = world.zoom.journal().await?;
        Ok(calls.iter().filter(|call| call.endpoint.contains("/contacts")).count())
    };
    assert_eq!(contacts().await?, 0, "nobody asked for contact groups");
    world.apply(CONTACT_GROUP, "call", json!({"name": "Call", "members": {"users": ["ada"]}})).await?;
    world.reason(CONTACT_GROUP, "call", "Synced").await?;
    world.zoom.clear_journal().await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert!(contacts().await? > 0);
    let status: Value = world.get(CONTACT_GROUP, "call").await?["status"].clone();
    assert_eq!(status["members"]["present"], 1);
    Ok(())
}
