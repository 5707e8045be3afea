use anyhow::{Context as _, ensure};
use serde_json::json;
use zoom_operator_testing::{Group, Person};

use crate::stage::Stage;

const USERS: [&str; 6] = ["ada", "alan", "barbara", "edsger", "grace", "katherine"];
const TEAM: [&str; 8] = ["amina", "bruno", "chidi", "dora", "emil", "farah", "goran", "hana"];
const FOLDER: &str = "examples/support-team";
/// Declared nowhere.
const STRANGER: &str = "john@acme.example";

fn address(name: &str) -> String {
    format!("{name}@acme.example")
}

/// Tells the whole story; an error where something did not happen.
pub(crate) async fn tell(stage: &mut Stage) -> anyhow::Result<()> {
    people_appear(stage).await?;
    groups_appear(stage).await?;
    an_edit_in_kubernetes_reaches_zoom(stage).await?;
    an_edit_in_zoom_is_put_right(stage).await?;
    a_stranger_leaves_one_group_and_stays_in_the_other(stage).await?;
    somebody_is_deactivated(stage).await?;
    somebody_is_removed(stage).await?;
    let (stay, go) = TEAM.split_at(4);
    let wave = a_whole_team_is_held(stage).await?;
    half_of_it_comes_back(stage, stay).await?;
    the_rest_is_approved(stage, &wave, go).await?;
    stage.see_objects().await?;
    stage.say("All of it happened.");
    Ok(())
}

/// Applies the examples and waits until everybody is as declared.
pub(crate) async fn people_appear(stage: &mut Stage) -> anyhow::Result<()> {
    stage.begin("People appear");
    stage.say("The account as it is. Its owner and John are declared nowhere and stay as they are; Ada is taken over.");
    stage.see_zoom(&[]).await?;
    stage.kubectl(&["create", "namespace", "acme"]).await?;
    stage.kubectl(&["config", "set-context", "--current", "--namespace", "acme"]).await?;
    stage.kubectl(&["apply", "--server-side", "-f", "examples/demo/secret.yaml"]).await?;
    stage.apply_with_address("examples/demo/connection.yaml").await?;
    stage.kubectl(&["apply", "--server-side", "-f", "examples/users", "-f", FOLDER]).await?;
    stage.wait("condition=Ready", &["zconn/acme"]).await?;
    stage.wait("condition=Ready", &["zu", "--all"]).await?;
    stage.see_objects().await?;
    for name in USERS.iter().chain(&TEAM) {
        let status = if *name == "alan" { "pending" } else { "active" };
        stage.in_zoom(&address(name), status, |person| person.status == status).await?;
    }
    let taken_over = |person: &Person| person.last_name == "Lovelace" && person.license == "Licensed";
    stage.in_zoom("ada@acme.example", "is a licensed Lovelace", taken_over).await?;
    stage.in_zoom(STRANGER, "is as he was", |person| person.license == "Licensed").await?;
    stage.see_zoom(&[]).await
}

/// Applies the examples of groups.
pub(crate) async fn groups_appear(stage: &mut Stage) -> anyhow::Result<()> {
    stage.begin("Groups appear");
    stage.say("One by label, and one by the department that Zoom lists, with an administrator.");
    let files = ["-f", "examples/groups/support.yaml", "-f", "examples/groups/research.yaml"];
    stage.kubectl(&[&["apply", "--server-side"], &files[..]].concat()).await?;
    stage.wait("condition=Ready", &["zg", "--all"]).await?;
    stage.kubectl(&["get", "zg"]).await?;
    let team = TEAM.map(address);
    stage.group_in_zoom("Support", "is the whole team", |group| group.members == team).await?;
    let research = ["ada", "grace"].map(address);
    let is_research = |group: &Group| group.members == research && group.admins == [address("ada")];
    stage.group_in_zoom("Research", "is Ada and Grace, administered by Ada", is_research).await?;
    stage.see_groups().await
}

async fn a_stranger_leaves_one_group_and_stays_in_the_other(stage: &mut Stage) -> anyhow::Result<()> {
    stage.begin("A stranger is put into both groups in Zoom's portal");
    stage.put_into_group("Support", STRANGER).await?;
    stage.put_into_group("Research", STRANGER).await?;
    stage.say("Support is Exclusive, Research is Additive. Again, the next listing shows it:");
    let without = |group: &Group| !group.members.iter().any(|member| member == STRANGER);
    stage.group_in_zoom("Support", "is the team alone again", without).await?;
    let with = |group: &Group| !without(group);
    stage.group_in_zoom("Research", "still has the stranger", with).await?;
    stage.see_groups().await?;
    stage.kubectl(&["get", "zrm", "-l", "zoom-operator.dev/class=Membership"]).await
}

async fn an_edit_in_kubernetes_reaches_zoom(stage: &mut Stage) -> anyhow::Result<()> {
    stage.begin("An edit in Kubernetes reaches Zoom");
    let edit = json!({"spec": {"firstName": "Edsger", "lastName": "Dijkstra", "license": {"type": "Licensed"}}});
    stage.kubectl(&["patch", "zu", "edsger", "--type=merge", "-p", &edit.to_string()]).await?;
    let changed = |person: &Person| person.last_name == "Dijkstra" && person.license == "Licensed";
    stage.in_zoom("edsger@acme.example", "is a licensed Dijkstra", changed).await?;
    stage.wait("condition=Ready", &["zu/edsger"]).await?;
    stage.kubectl(&["get", "zu/edsger"]).await?;
    stage.see_zoom(&["edsger@acme.example"]).await
}

async fn an_edit_in_zoom_is_put_right(stage: &mut Stage) -> anyhow::Result<()> {
    stage.begin("An edit in Zoom is put right");
    stage.say("Somebody gives Grace another last name in Zoom's portal. Zoom tells nobody; the next listing shows it.");
    stage.edit_in_portal("grace@acme.example", json!({"lastName": "Hoper"})).await?;
    stage.see_zoom(&["grace@acme.example"]).await?;
    stage.say("The connection's resyncInterval is 30s, so within half a minute:");
    stage.in_zoom("grace@acme.example", "is Hopper again", |person| person.last_name == "Hopper").await?;
    stage.see_zoom(&["grace@acme.example"]).await?;
    stage.see_events("zoomuser/grace", "Updated").await
}

async fn somebody_is_deactivated(stage: &mut Stage) -> anyhow::Result<()> {
    stage.begin("Somebody is deactivated by active: false");
    stage.kubectl(&["patch", "zu", "barbara", "--type=merge", "-p", r#"{"spec":{"active":false}}"#]).await?;
    stage.in_zoom("barbara@acme.example", "is inactive", |person| person.status == "inactive").await?;
    stage.wait("condition=Ready", &["zu/barbara"]).await?;
    stage.kubectl(&["get", "zu/barbara"]).await?;
    stage.see_zoom(&["barbara@acme.example"]).await
}

async fn somebody_is_removed(stage: &mut Stage) -> anyhow::Result<()> {
    stage.begin("Somebody is removed by kubectl delete");
    stage.kubectl(&["delete", "zu", "edsger"]).await?;
    stage.say(
        "The object is gone at once. What it asked for is written down, and runs when nothing more was deleted for 5s.",
    );
    let removals = stage
        .removals("the removal of edsger is Done", |removals| {
            removals.iter().any(|removal| removal.email == "edsger@acme.example" && removal.phase == "Done")
        })
        .await?;
    stage.in_zoom("edsger@acme.example", "is inactive", |person| person.status == "inactive").await?;
    let removal = removals.iter().find(|removal| removal.email == "edsger@acme.example").context("it was there")?;
    stage.kubectl(&["get", "zrm", &removal.name]).await?;
    stage.see_events(&format!("zoomremoval/{}", removal.name), "Completed").await?;
    stage.see_zoom(&["edsger@acme.example"]).await
}

/// Gives the wave's name.
async fn a_whole_team_is_held(stage: &mut Stage) -> anyhow::Result<String> {
    stage.begin("All of a team's manifests are deleted at once");
    let call = stage.next_call().await?;
    stage.kubectl(&["delete", "-f", FOLDER]).await?;
    let team = TEAM.map(address);
    let removals = stage
        .removals("all eight are Held", |removals| {
            team.iter().all(|email| removals.iter().any(|removal| removal.email == *email && removal.phase == "Held"))
        })
        .await?;
    let mut waves: Vec<_> =
        removals.iter().filter(|removal| removal.phase == "Held").map(|removal| removal.wave.clone()).collect();
    waves.dedup();
    let [wave] = <[String; 1]>::try_from(waves).map_err(|waves| anyhow::anyhow!("not one wave: {waves:?}"))?;
    stage.say("Eight people are more than may be removed without asking, so the wave is held whole.");
    stage.wait("condition=Held", &["zconn/acme"]).await?;
    stage.kubectl(&["get", "zrm", "-l", &format!("zoom-operator.dev/wave={wave}")]).await?;
    stage
        .kubectl(&["get", "zconn/acme", "-o", r#"jsonpath={.status.conditions[?(@.type=="Held")].message}{"\n"}"#])
        .await?;
    for email in &team {
        stage.in_zoom(email, "is active", |person| person.status == "active").await?;
    }
    stage.only_read_since(call).await?;
    Ok(wave)
}

async fn half_of_it_comes_back(stage: &mut Stage, names: &[&str]) -> anyhow::Result<()> {
    stage.begin("Half of them are applied again, as git revert would");
    let call = stage.next_call().await?;
    let files: Vec<_> = names.iter().map(|name| format!("{FOLDER}/{name}.yaml")).collect();
    let files = files.iter().flat_map(|file| ["-f", file]);
    stage.kubectl(&["apply", "--server-side"].into_iter().chain(files).collect::<Vec<_>>()).await?;
    let objects: Vec<_> = names.iter().map(|name| format!("zu/{name}")).collect();
    stage.wait("condition=Ready", &objects.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let emails: Vec<_> = names.iter().map(|name| address(name)).collect();
    stage
        .removals("the removals of those who are back are Cancelled", |removals| {
            emails.iter().all(|email| {
                removals.iter().any(|removal| {
                    removal.email == *email && removal.phase == "Cancelled" && removal.reason == "Reclaimed"
                })
            })
        })
        .await?;
    stage.see_objects().await?;
    stage.say("They are simply back.");
    stage.only_read_since(call).await
}

async fn the_rest_is_approved(stage: &mut Stage, wave: &str, names: &[&str]) -> anyhow::Result<()> {
    stage.begin("The rest is approved and goes");
    let emails: Vec<_> = names.iter().map(|name| address(name)).collect();
    let removals = stage
        .removals("those who did not come back are Held", |removals| {
            emails.iter().all(|email| removals.iter().any(|removal| removal.email == *email && removal.phase == "Held"))
        })
        .await?;
    let held: Vec<_> = removals.iter().filter(|removal| removal.phase == "Held").collect();
    ensure!(held.len() == names.len(), "others are held too: {held:?}");
    ensure!(held.iter().all(|removal| removal.wave == wave), "not in wave {wave}: {held:?}");
    let held: Vec<_> = held.iter().map(|removal| format!("zrm/{}", removal.name)).collect();
    let held: Vec<_> = held.iter().map(String::as_str).collect();
    let decision = json!({"spec": {"decision": "Approve", "decidedBy": "you", "reason": "they have left"}}).to_string();
    stage.kubectl(&[&["patch"], &held[..], &["--type=merge", "-p", &decision]].concat()).await?;
    stage.wait("jsonpath={.status.phase}=Done", &held).await?;
    for email in &emails {
        stage.in_zoom(email, "is inactive", |person| person.status == "inactive").await?;
    }
    let team = TEAM.map(address);
    stage.see_zoom(&team.iter().map(String::as_str).collect::<Vec<_>>()).await
}
