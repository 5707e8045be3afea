//! Everything goes wrong, all the time.

use std::time::Duration;

use anyhow::ensure;
use reqwest::Method;
use serde_json::{Value, json};
use zoom_operator_api::REQUESTED_AT_ANNOTATION;
use zoom_operator_testing::eventually;

use super::{connected, nudge};
use crate::world::{CONNECTION, USER, World, account_of, condition, email, is_ready, ready_reason};

const EMPLOYED: [&str; 6] = ["ada", "bob", "carol", "dan", "eve", "frank"];
const LEAVERS: [&str; 2] = ["grace", "heidi"];
const JOINERS: [&str; 6] = ["ivan", "judy", "kim", "leo", "mallory", "niaj"];

/// About every third call goes wrong.
const PATIENCE: Duration = Duration::from_mins(9);

#[tokio::test]
async fn with_every_class_of_faults_at_two_percent_everybody_ends_as_declared() -> anyhow::Result<()> {
    let world = connected(account_of(&[&EMPLOYED[..], &LEAVERS[..]].concat()), json!({})).await?;
    let faults = json!({"probability": 0.02, "seed": 7});
    world.zoom.control(Method::POST, "faults/every-class", Some(faults)).await?;
    world.users(&EMPLOYED, &json!({"lastName": "Byron", "profile": {"department": "Engines"}})).await?;
    world.users(&LEAVERS, &json!({"active": false})).await?;
    world.users(&JOINERS, &json!({"firstName": "New"})).await?;
    eventually(PATIENCE, "everybody is as declared", || async {
        edit_what_stalled(&world).await?;
        ask_again(&world).await?;
        as_declared(&world).await
    })
    .await
}

/// What their owners do when an object says that Zoom refused something: they edit it, so that it is tried again.
async fn edit_what_stalled(world: &World<'_>) -> anyhow::Result<()> {
    for user in world.list(USER).await? {
        let stalled = condition(&user, "Stalled").is_some_and(|stalled| stalled["status"] == "True");
        if stalled && ready_reason(&user).is_some() {
            let other = if user["spec"]["removal"]["policy"] == "Retain" { "Deactivate" } else { "Retain" };
            let name = user["metadata"]["name"].as_str().unwrap_or_default();
            world.edit(USER, name, json!({"removal": {"policy": other}})).await?;
        }
    }
    Ok(())
}

/// Does not wait for the next resync while the whole account rests.
async fn ask_again(world: &World<'_>) -> anyhow::Result<()> {
    let connection = world.get(CONNECTION, "default").await?;
    let asked = connection["metadata"]["annotations"][REQUESTED_AT_ANNOTATION].as_str();
    let handled = connection["status"]["lastHandledRequestedAt"].as_str();
    if !is_ready(&connection) && asked == handled {
        nudge(world, &format!("{} again", asked.unwrap_or_default())).await?;
    }
    Ok(())
}

async fn as_declared(world: &World<'_>) -> anyhow::Result<()> {
    let people = world.zoom.people().await?;
    for (names, status) in [(&EMPLOYED[..], "active"), (&LEAVERS[..], "inactive"), (&JOINERS[..], "pending")] {
        for name in names {
            let found: Vec<_> = people.iter().filter(|person| person.email == email(name)).collect();
            ensure!(found.len() == 1 && found[0].status == status, "{name}: {found:?}");
            let (last_name, department) = (&found[0].last_name, &found[0].rest["profile"]["dept"]);
            let edited = last_name == "Byron" && *department == "Engines";
            ensure!(edited == (status == "active"), "{name}: {found:?}");
        }
    }
    let declared = EMPLOYED.len() + LEAVERS.len() + JOINERS.len();
    ensure!(people.len() == declared + 1, "{} people besides the owner", people.len() - 1);
    let users = world.list(USER).await?;
    let settled = |user: &&Value| ["Synced", "Deactivated", "Invited"].map(Some).contains(&ready_reason(user));
    ensure!(users.iter().filter(settled).count() == declared, "{users:?}");
    Ok(())
}
