//! Who belongs to a group: by name, address, label, department; who waits, and whom Zoom does not take.

use anyhow::ensure;
use serde_json::{Value, json};
use zoom_operator_api::REQUESTED_AT_ANNOTATION;
use zoom_operator_testing::{eventually, faults_are_on};

use super::{counts, of};
use crate::faults::assert_calls;
use crate::world::{DEADLINE, USER, World, ZOOM_GROUP, account_of, email, is_ready, message};

#[tokio::test]
async fn members_are_the_union_of_names_addresses_labels_and_what_zoom_lists() -> anyhow::Result<()> {
    let person = |name: &str, department: &str| json!({"email": email(name), "profile": {"dept": department}});
    let people = [
        person("named", ""),
        person("labelled", ""),
        person("unmanaged", ""),
        person("seller", "Sales"),
        person("other", "Marketing"),
    ];
    let world = World::connected(json!({"people": people}), json!({})).await?;
    world.users(&["named", "labelled", "other"], &json!({})).await?;
    world.patch(USER, "labelled", json!({"metadata": {"labels": {"team": "sales"}}})).await?;
    world
        .group(
            "sales",
            json!({"name": "Sales", "members": {
                "users": ["named"],
                "emails": ["Unmanaged@acme.example", "unmanaged@acme.example"],
                "selector": {"matchLabels": {"team": "sales"}},
                "match": {"departments": ["Sales"], "emailDomains": ["ACME.example"]},
            }}),
        )
        .await?;
    world.members_are("Sales", &["named", "labelled", "unmanaged", "seller"]).await?;
    let group = world.group_is("sales", "Synced").await?;
    assert_eq!(counts(&group), json!([4, 4, 0, 0]));
    assert!(message(&group).contains("more than once"), "named twice is said: {}", message(&group));

    // A label is not part of a spec, and yet it counts at once.
    world.patch(USER, "other", json!({"metadata": {"labels": {"team": "sales"}}})).await?;
    world.members_are("Sales", &["named", "labelled", "unmanaged", "seller", "other"]).await?;
    world.patch(USER, "other", json!({"metadata": {"labels": {"team": null}}})).await?;
    world.members_are("Sales", &["named", "labelled", "unmanaged", "seller"]).await
}

#[tokio::test]
async fn who_is_pending_is_waited_for_and_joins_after_accepting() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.users(&["ada", "invited"], &json!({})).await?;
    world.group("team", of("Team", &["ada", "invited"])).await?;
    let group = world.group_is("team", "WaitingForMembers").await?;
    assert!(is_ready(&group), "{group}");
    assert_eq!(counts(&group), json!([2, 1, 1, 0]));
    let missing = &group["status"]["members"]["missing"][0];
    assert_eq!((&missing["who"], &missing["state"]), (&json!(email("invited")), &json!("Waiting")));
    world.members_are("Team", &["ada"]).await?;

    world.zoom.accept_invitation(&email("invited")).await?;
    world.resync().await?;
    world.members_are("Team", &["ada", "invited"]).await?;
    assert_eq!(counts(&world.group_is("team", "Synced").await?), json!([2, 2, 0, 0]));
    Ok(())
}

#[tokio::test]
async fn who_is_inactive_rests_and_is_not_taken_out() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    world.group("team", of("Team", &["ada", "bob"])).await?;
    world.group_is("team", "Synced").await?;
    world.edit(USER, "bob", json!({"active": false})).await?;
    world.user_is("bob", "Deactivated").await?;
    world.resync().await?;
    assert_eq!(world.zoom.group("Team").await?.unwrap().members.len(), 2);
    let group = world.group_is("team", "WaitingForMembers").await?;
    assert!(is_ready(&group) && message(&group).contains(&email("bob")), "{}", message(&group));
    assert_eq!(group["status"]["added"].as_array().map(Vec::len), Some(2), "it stays known who put him in");
    Ok(())
}

/// Zoom answers 201 and leaves them out without a word.
#[tokio::test]
async fn of_a_thousand_members_the_seven_whom_zoom_drops_are_told_and_stop_nobody() -> anyhow::Result<()> {
    let dropped = |number: usize| number % 150 == 7;
    let people: Vec<Value> = (0..1000)
        .map(|number| json!({"email": email(&format!("user-{number}")), "refusesGroups": dropped(number)}))
        .collect();
    let world = World::connected(json!({"people": people}), json!({})).await?;
    let emails: Vec<_> = (0..1000).map(|number| email(&format!("user-{number}"))).collect();
    world.group("everybody", json!({"name": "Everybody", "members": {"emails": emails}})).await?;
    let group = world.group_is("everybody", "MembersRefused").await?;
    assert_eq!(counts(&group), json!([1000, 993, 0, 7]));
    let missing = group["status"]["members"]["missing"].as_array().unwrap();
    assert_eq!(missing.len(), 7);
    assert!(missing.iter().all(|missing| missing["state"] == "Refused"), "{missing:?}");
    assert!(message(&group).contains("user-7@acme.example"), "{}", message(&group));
    assert_eq!(world.zoom.group("Everybody").await?.unwrap().members.len(), 993);
    assert_eq!(group["status"]["added"].as_array().map(Vec::len), Some(993));

    let calls = world.zoom.journal().await?;
    let adds: Vec<_> = calls.iter().filter(|call| call.endpoint == "POST /groups/{groupId}/members").collect();
    let largest = adds.iter().filter_map(|call| Some(call.request_body["members"].as_array()?.len())).max();
    assert_eq!(largest, Some(30));
    assert_calls(adds.len(), 1000_usize.div_ceil(30), "nobody is asked for twice");
    // They are not asked again soon, also after another look.
    world.zoom.clear_journal().await?;
    world.resync().await?;
    assert_calls(world.zoom_writes().await?, vec![], "nobody is asked again");
    Ok(())
}

#[tokio::test]
async fn one_call_that_zoom_refuses_leaves_the_other_groups_alone_and_is_tried_again_on_request() -> anyhow::Result<()>
{
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    let refusal = json!({"status": 400, "body": {"code": 300, "message": "Validation Failed."}});
    world
        .zoom
        .inject(json!({"method": "POST", "path": "/groups/{groupId}/members", "effect": {"answer": refusal}}))
        .await?;
    world.group("one", of("One", &["ada"])).await?;
    world.group("two", of("Two", &["bob"])).await?;
    eventually(DEADLINE, "one of the two groups is whole", || async {
        let mut whole = 0;
        for name in ["one", "two"] {
            whole += usize::from(counts(&world.get(ZOOM_GROUP, name).await?) == json!([1, 1, 0, 0]));
        }
        ensure!(whole >= 1, "none yet");
        Ok(())
    })
    .await?;
    if faults_are_on() {
        // Their owner asks again by themselves.
        for name in ["one", "two"] {
            world.until(ZOOM_GROUP, name, "is whole", |group| counts(group) == json!([1, 1, 0, 0])).await?;
        }
        return Ok(());
    }
    let refused = async |name| {
        let group = world.until(ZOOM_GROUP, name, "was looked at", |group| counts(group)[0] == 1).await?;
        anyhow::Ok(counts(&group) == json!([1, 0, 0, 1]))
    };
    let name = if refused("one").await? { "one" } else { "two" };
    world.group_is(name, "MembersRefused").await?;
    world.zoom.clear_journal().await?;
    let annotations = json!({"metadata": {"annotations": {REQUESTED_AT_ANNOTATION: "again"}}});
    world.patch(ZOOM_GROUP, name, annotations).await?;
    let handled =
        |group: &Value| group["status"]["lastHandledRequestedAt"] == "again" && counts(group) == json!([1, 1, 0, 0]);
    world.until(ZOOM_GROUP, name, "has handled the request and is whole", handled).await?;
    let looks = world.zoom.journal().await?;
    assert!(looks.iter().any(|call| call.endpoint == "GET /groups/{groupId}/members"), "{looks:?}");
    Ok(())
}

#[tokio::test]
async fn a_leaver_stays_in_the_group_while_the_removal_is_open_and_is_gone_with_it() -> anyhow::Result<()> {
    let limits = json!({"guard": {"limits": {"access": {"percent": 0, "floor": 0}}}});
    let world = World::managed(&["ada", "bob"], limits).await?;
    world
        .group("team", json!({"name": "Team", "membership": "Exclusive", "members": {"users": ["ada", "bob"]}}))
        .await?;
    world.group_is("team", "Synced").await?;
    world.delete(USER, "bob").await?;
    world.gone(USER, "bob").await?;
    let removal = world.removal_is("bob", "Held", "OverLimit").await?;
    world.resync().await?;
    world.members_are("Team", &["ada", "bob"]).await?;
    let name = removal["metadata"]["name"].as_str().unwrap();
    world.edit("ZoomRemoval", name, json!({"decision": "Approve"})).await?;
    world.removal_is("bob", "Done", "Completed").await?;
    Ok(())
}

#[tokio::test]
async fn administrators_are_kept_as_declared_by_name_and_address() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob", "carol"], json!({})).await?;
    let admins = json!({"users": ["ada"], "emails": [email("bob")]});
    world.group("team", json!({"name": "Team", "members": {"users": ["carol"]}, "admins": admins})).await?;
    let admins = |wanted: [&str; 2]| {
        let wanted: Vec<_> = wanted.iter().filter(|name| !name.is_empty()).map(|name| email(name)).collect();
        move |group: &zoom_operator_testing::Group| super::sorted(&group.admins) == wanted
    };
    world.group_until("Team", "is administered by Ada and Bob", admins(["ada", "bob"])).await?;
    let group = world.group_is("team", "Synced").await?;
    assert_eq!(group["status"]["admins"]["present"], 2);
    // Whom this object made an administrator and names no more is one no more.
    world.edit(ZOOM_GROUP, "team", json!({"admins": {"emails": []}})).await?;
    world.group_until("Team", "is administered by Ada", admins(["ada", ""])).await?;
    world.group_is("team", "Synced").await?;
    assert_eq!(world.zoom.group("Team").await?.unwrap().members, [email("carol")]);
    Ok(())
}

#[tokio::test]
async fn a_group_can_be_made_the_primary_one_of_its_members() -> anyhow::Result<()> {
    let account = json!({
        "people": [{"email": email("ada"), "groups": ["First"]}],
        "groups": [{"name": "First"}],
    });
    let world = World::connected(account, json!({})).await?;
    world.users(&["ada"], &json!({})).await?;
    let spec = json!({"name": "Second", "members": {"users": ["ada"]}, "primaryFor": {"users": ["ada"]}});
    world.group("second", spec).await?;
    world.group_is("second", "Synced").await?;
    let groups = world.person(&email("ada")).await?.rest["groups"].clone();
    assert_eq!(groups[0], "Second", "{groups}");
    Ok(())
}
