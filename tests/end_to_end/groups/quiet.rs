//! How little is asked when nothing happens, and how much to see an account with groups.

use serde_json::{Value, json};
use zoom_operator_testing::Exchange;

use super::{of, of_with};
use crate::faults::assert_calls;
use crate::world::{World, account_of, email};

fn count(calls: &[Exchange], endpoint: &str) -> usize {
    calls.iter().filter(|call| call.endpoint == endpoint).count()
}

#[tokio::test]
async fn an_idle_pass_over_groups_costs_listings_alone_and_writes_nothing() -> anyhow::Result<()> {
    let names = ["ada", "bob", "carol"];
    let world = World::managed(&names, json!({})).await?;
    world.group("additive", of("Additive", &["ada", "nobody-yet"])).await?;
    world.group("exclusive", of_with("Exclusive", &names, json!({"membership": "Exclusive"}))).await?;
    world.group_is("additive", "WaitingForMembers").await?;
    world.group_is("exclusive", "Synced").await?;
    world.resync().await?;
    let writes = world.metric("zoom_operator_kubernetes_writes_total", r#"kind="ZoomGroup""#).await?;
    assert!(writes > 0.0, "the counter counts");
    world.zoom.clear_journal().await?;
    world.resync().await?;
    let calls = world.zoom.journal().await?;
    let listings = ["GET /users", "GET /roles", "GET /groups", "GET /roles/{roleId}/members", "POST /oauth/token"];
    let others: Vec<_> = calls.iter().filter(|call| !listings.contains(&call.endpoint.as_str())).collect();
    assert!(others.is_empty(), "{others:?}");
    assert_calls(count(&calls, "GET /groups"), 1, "one listing");
    let after = world.metric("zoom_operator_kubernetes_writes_total", r#"kind="ZoomGroup""#).await?;
    assert_calls(after.to_string(), writes.to_string(), "nothing to write");
    let objects = world.metric("zoom_operator_objects", r#"kind="ZoomGroup""#).await?;
    assert_eq!(objects.to_string(), "2");
    Ok(())
}

/// The calls of one look at 10,000 active people, 900 who left, 600 who are invited, and 200 groups: pages of users for
/// each of three statuses, groups, and roles.
async fn listing_calls(page_size: usize) -> anyhow::Result<Vec<Exchange>> {
    let status = |number: usize| if number < 900 { "inactive" } else { "pending" };
    let person = |number| json!({"email": email(&format!("other-{number}")), "status": status(number)});
    let people: Vec<Value> = (0..1500).map(person).collect();
    let groups: Vec<Value> = (0..200).map(|number| json!({"name": format!("Group {number}")})).collect();
    let account = json!({"users": 9999, "people": people, "groups": groups, "quirks": {"pageSize": page_size}, "seats": {"licensed": 20000}});
    let world = World::connected(account, json!({"resyncInterval": "1h"})).await?;
    world.group("one", json!({"name": "Group 7"})).await?;
    world.group_is("one", "Synced").await?;
    world.resync().await?;
    world.zoom.clear_journal().await?;
    world.resync().await?;
    world.zoom.journal().await
}

#[tokio::test]
async fn ten_thousand_people_and_two_hundred_groups_are_seen_in_as_many_calls_as_there_are_pages() -> anyhow::Result<()>
{
    let all_at_2000 = listing_calls(2000).await?;
    let told =
        |calls: &[Exchange]| calls.iter().map(|call| format!("{}?{}", call.endpoint, call.query)).collect::<Vec<_>>();
    assert_calls(all_at_2000.len(), 9, format_args!("{:#?}", told(&all_at_2000)));
    let all_at_300 = listing_calls(300).await?;
    assert_calls(all_at_300.len(), 41, format_args!("{:#?}", told(&all_at_300)));
    Ok(())
}

#[tokio::test]
async fn applying_the_same_group_again_changes_nothing() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.users(&["ada"], &json!({})).await?;
    let spec = json!({
        "name": "Team",
        "members": {"users": ["ada"], "selector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}},
        "admins": {"users": ["ada"]},
    });
    world.group("team", spec.clone()).await?;
    world.group_is("team", "Synced").await?;
    world.resync().await?;
    let before = world.get("ZoomGroup", "team").await?["metadata"]["resourceVersion"].clone();
    world.zoom.clear_journal().await?;
    world.group("team", spec).await?;
    world.resync().await?;
    let after = world.get("ZoomGroup", "team").await?["metadata"]["resourceVersion"].clone();
    assert_calls(after, before, "nothing to write");
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}
