//! How little is said and asked when nothing happens, and how soon when something does.

use std::{collections::BTreeMap, io::Write as _, time::Duration};

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use zoom_operator_testing::{Exchange, eventually};

use crate::faults::assert_calls;
use crate::world::{CONNECTION, REMOVAL, USER, World, account_of, email, is_ready, merged};

const USAGE: &str = "GET /accounts/{accountId}/plans/usage";
const WRITES: &str = "zoom_operator_kubernetes_writes_total";
const USER_STATUS: &str = r#"kind="ZoomUser",verb="patch status""#;

impl World<'_> {
    /// The resource version of every object of ours.
    async fn versions(&self) -> anyhow::Result<BTreeMap<String, Value>> {
        let mut versions = BTreeMap::new();
        for kind in [CONNECTION, USER, REMOVAL] {
            for object in self.list(kind).await? {
                let metadata = &object["metadata"];
                versions.insert(format!("{kind} {}", metadata["name"]), metadata["resourceVersion"].clone());
            }
        }
        Ok(versions)
    }

    /// Waits until the listing that runs every 30 s has run so many times since the journal was cleared.
    async fn listed(&self, times: usize) -> anyhow::Result<Vec<Exchange>> {
        eventually(Duration::from_secs(150), format_args!("the account was listed {times} times"), || async {
            let calls = self.zoom.journal().await?;
            let listings = calls.iter().filter(|call| call.endpoint == "GET /users" && call.query.contains("active"));
            let begun = listings.filter(|call| !call.query.contains("inactive")).count();
            ensure!(begun >= times, "{begun} times");
            Ok(calls)
        })
        .await
    }

    /// Waits for a call whose body holds this text; gives when it arrived.
    async fn arrival(&self, method: &str, text: &str) -> anyhow::Result<Timestamp> {
        eventually(Duration::from_secs(60), format_args!("{method} with {text} arrives"), || async {
            let calls = self.write_calls().await?;
            let found = calls.iter().find(|call| call.method == method && call.request_body.to_string().contains(text));
            Ok(found.context("no such call")?.time.parse()?)
        })
        .await
    }
}

fn count(calls: &[Exchange], endpoint: &str) -> usize {
    calls.iter().filter(|call| call.endpoint == endpoint).count()
}

#[tokio::test]
async fn an_idle_minute_costs_only_listings_and_no_write_anywhere() -> anyhow::Result<()> {
    let people = ["ada", "bob", "leaver", "out"];
    let world = World::connected(account_of(&people), json!({})).await?;
    world.users(&["ada", "bob"], &json!({"firstName": "Same", "license": {"type": "Licensed"}})).await?;
    world.users(&["leaver"], &json!({})).await?;
    world.users(&["out"], &json!({"active": false})).await?;
    world.users(&["newcomer"], &json!({"profile": {"jobTitle": "Analyst"}})).await?;
    world.users_are(&["ada", "bob", "leaver"], "Synced").await?;
    world.user_is("out", "Deactivated").await?;
    world.user_is("newcomer", "Invited").await?;
    world.delete(USER, "leaver").await?;
    world.removal_is("leaver", "Done", "Completed").await?;
    world.resync().await?;

    let (versions, writes) = (world.versions().await?, world.metric(WRITES, "").await?);
    let events = world.kubectl(&["get", "events", "-o", "name"]).await?;
    assert!(writes > 0.0, "the counter counts");
    world.zoom.clear_journal().await?;
    let calls = world.listed(2).await?;
    let reads = ["GET /users", "GET /roles", "GET /roles/{roleId}/members", "POST /oauth/token", USAGE];
    let others: Vec<_> = calls.iter().filter(|call| !reads.contains(&call.endpoint.as_str())).collect();
    assert_calls(others.len(), 0, format_args!("{others:?}"));
    assert_calls(count(&calls, "POST /oauth/token") <= 1, true, "the token lives an hour");
    let begun = calls.iter().filter(|call| call.endpoint == "GET /users" && call.query.contains("pending")).count();
    assert_calls(count(&calls, USAGE) <= begun, true, "seats are counted once a listing");
    assert_calls(world.versions().await?, versions, "objects");
    assert_calls(world.metric(WRITES, "").await?.to_string(), writes.to_string(), "writes");
    assert_calls(world.kubectl(&["get", "events", "-o", "name"]).await?, events, "events");
    Ok(())
}

#[tokio::test]
async fn applying_the_same_manifests_again_changes_nothing() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada", "bob"]), json!({})).await?;
    let object = |kind, name: &str, spec: Value| json!({"apiVersion": "zoom-operator.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec});
    let phone = json!({"label": "Office", "country": "GB", "code": "+44", "number": "2079460000"});
    let profile = json!({"jobTitle": "Analyst", "phoneNumbers": [phone]});
    let manifests = [
        object(CONNECTION, "default", world.connection(json!({"allow": {"delete": true}}))),
        object(USER, "ada", json!({"email": email("ada"), "profile": profile, "role": "Member"})),
        object(USER, "bob", json!({"email": email("bob"), "active": false, "removal": {"policy": "Retain"}})),
    ];
    let mut file = tempfile::NamedTempFile::new()?;
    for manifest in manifests {
        writeln!(file, "---\n{manifest}")?;
    }
    let path = file.path().display().to_string();
    let apply = async |side: &str| world.kubectl(&["apply", side, "--force-conflicts", "-f", &path]).await;
    let client_side = async || world.kubectl(&["apply", "-f", &path]).await;

    client_side().await?;
    world.user_is("ada", "Synced").await?;
    world.user_is("bob", "Deactivated").await?;
    world.resync().await?;
    let versions = world.versions().await?;
    world.zoom.clear_journal().await?;
    client_side().await?;
    assert_calls(world.versions().await?, versions, "objects");

    apply("--server-side").await?;
    let versions = world.versions().await?;
    apply("--server-side").await?;
    assert_calls(world.versions().await?, versions, "objects");
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_request_for_a_pass_looks_at_once_and_says_so() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({"resyncInterval": "1h"})).await?;
    world.users(&["ada"], &json!({"lastName": "Lovelace", "profile": {"jobTitle": "Analyst"}})).await?;
    world.user_is("ada", "Synced").await?;

    world.zoom.edit_person(&email("ada"), json!({"lastName": "Byron"})).await?;
    world.resync().await?;
    assert_eq!(world.person(&email("ada")).await?.last_name, "Lovelace");

    // No listing shows this.
    world.zoom.edit_person(&email("ada"), json!({"profile": {"jobTitle": "Poet"}})).await?;
    let request = json!({"metadata": {"annotations": {"zoom-operator.dev/requested-at": "now"}}});
    world.patch(USER, "ada", request).await?;
    world.until(USER, "ada", "handled the request", |user| user["status"]["lastHandledRequestedAt"] == "now").await?;
    assert_eq!(world.person(&email("ada")).await?.rest["profile"]["jobTitle"], "Analyst");

    // What was refused is tried again.
    let refusal = json!({"answer": {"status": 400, "body": {"code": 300, "message": "Invalid field: dept."}}});
    world.zoom.inject(json!({"method": "PATCH", "path": "/users/{userId}", "count": 1, "effect": refusal})).await?;
    world.edit(USER, "ada", json!({"profile": {"department": "Engines"}})).await?;
    world.user_is("ada", "InvalidValue").await?;
    let request = json!({"metadata": {"annotations": {"zoom-operator.dev/requested-at": "again"}}});
    world.patch(USER, "ada", request).await?;
    world.user_is("ada", "Synced").await?;
    Ok(())
}

#[tokio::test]
async fn kubectl_waits_for_what_is_not_there_yet() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada"])).await?;
    world.connect(json!({})).await?;
    world.users(&["ada", "bob"], &json!({})).await?;
    let names = ["zoomconnection/default", "zoomuser/ada", "zoomuser/bob"];
    let unseen = world.kubectl(&[&["wait", "--for=condition=Ready", "--timeout=0"], &names[..]].concat()).await;
    assert!(unseen.is_err(), "nobody has looked at them yet");
    world.start_operator().await?;
    world.kubectl(&[&["wait", "--for=condition=Ready", "--timeout=60s"], &names[..]].concat()).await?;
    for name in ["ada", "bob"] {
        assert!(is_ready(&world.get(USER, name).await?));
    }
    Ok(())
}

#[tokio::test]
async fn a_new_person_costs_one_create_call_and_at_most_two_status_writes() -> anyhow::Result<()> {
    let world = World::connected(json!({}), json!({"creation": {"method": "AutoCreate"}})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    let plain = json!({"firstName": "Ada", "lastName": "Lovelace", "license": {"type": "Licensed"}});
    let detailed = merged(plain.clone(), json!({"profile": {"jobTitle": "Analyst", "department": "Engines"}}));
    for (name, spec, calls) in
        [("plain", plain, vec!["POST /users"]), ("detailed", detailed, vec!["POST /users", "PATCH /users/{userId}"])]
    {
        world.zoom.clear_journal().await?;
        let before = world.metric(WRITES, USER_STATUS).await?;
        world.users(&[name], &spec).await?;
        world.user_is(name, "Synced").await?;
        world.resync().await?;
        world.assert_wrote(&calls).await?;
        let written = world.metric(WRITES, USER_STATUS).await? - before;
        assert_calls((1.0..=2.0).contains(&written), true, format_args!("{name}: {written} status writes"));
    }
    Ok(())
}

#[tokio::test]
async fn a_leaver_is_read_deactivated_proved_and_signed_out_and_costs_no_other_call() -> anyhow::Result<()> {
    let connection = json!({"resyncInterval": "1h", "allow": {"delete": true}});
    let world = World::managed(&["ada", "bob", "eve"], connection).await?;
    let (read, gone) = ("GET /users/{userId}", "DELETE /users/{userId}");
    let deactivated = [read, "PUT /users/{userId}/status", read, "DELETE /users/{userId}/token"];
    // One answer that somebody is gone is not believed.
    let deleted = [read, gone, read, read];
    let policies = [json!({"policy": "Deactivate"}), json!({"policy": "Delete", "transfer": "None"})];
    for ((name, policy), calls) in ["ada", "bob"].into_iter().zip(policies).zip([&deactivated[..], &deleted]) {
        world.edit(USER, name, json!({"removal": policy})).await?;
        world.user_is(name, "Synced").await?;
        world.zoom.clear_journal().await?;
        world.delete(USER, name).await?;
        world.removal_is(name, "Done", "Completed").await?;
        let made = world.zoom.journal().await?;
        let made: Vec<_> = made.iter().map(|call| call.endpoint.as_str()).collect();
        assert_calls(made.as_slice(), calls, name);
    }
    Ok(())
}

#[tokio::test]
async fn adopting_somebody_costs_one_status_write_and_no_write_to_zoom() -> anyhow::Result<()> {
    let names = ["ada", "bob", "eve"];
    let world = World::connected(account_of(&names), json!({})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    let written = world.metric(WRITES, USER_STATUS).await?;
    assert_calls(written.to_string(), "3".to_owned(), "status writes");
    Ok(())
}

/// What an edit may take until its call leaves.
const SOON: SignedDuration = SignedDuration::from_secs(1);

#[tokio::test]
async fn an_edit_leaves_within_a_second_while_a_long_listing_runs() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.users(&["ada"], &json!({})).await?;
    world.user_is("ada", "Synced").await?;
    world.zoom.clear_journal().await?;
    let slow = json!({"method": "GET", "path": "/users", "count": 1000, "effect": {"delay": {"ms": 3000}}});
    world.zoom.inject(slow).await?;
    let request = json!({"metadata": {"annotations": {"zoom-operator.dev/requested-at": "now"}}});
    world.patch(CONNECTION, "default", request).await?;

    let edited = Timestamp::now();
    world.users(&["ada"], &json!({"firstName": "Ada"})).await?;
    let left = world.arrival("PATCH", "Ada").await?;
    let took = left.duration_since(edited);
    assert_calls(took < SOON, true, format_args!("the edit left after {took}"));
    let connection = world.get(CONNECTION, "default").await?;
    let handled = connection["status"]["lastHandledRequestedAt"] == "now";
    assert_calls(handled, false, "the listing was still running");
    world
        .until(CONNECTION, "default", "handled the request", |connection| {
            connection["status"]["lastHandledRequestedAt"] == "now"
        })
        .await?;
    assert_eq!(world.person(&email("ada")).await?.first_name, "Ada", "the older listing does not undo it");
    world.user_is("ada", "Synced").await?;
    Ok(())
}

#[tokio::test]
async fn an_edit_goes_before_the_rest_of_a_long_wave_of_creations() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.users(&["ada"], &json!({})).await?;
    world.user_is("ada", "Synced").await?;
    let slow = json!({"method": "POST", "path": "/users", "count": 1000, "effect": {"delay": {"ms": 500}}});
    world.zoom.inject(slow).await?;
    let newcomers: Vec<String> = (1..=12).map(|number| format!("n{number}")).collect();
    let newcomers: Vec<&str> = newcomers.iter().map(String::as_str).collect();
    world.users(&newcomers, &json!({})).await?;
    world.person_until(&email("n1"), "is created", |_| true).await?;

    let edited = Timestamp::now();
    world.users(&["ada"], &json!({"firstName": "Ada"})).await?;
    let left = world.arrival("PATCH", "Ada").await?;
    let calls = world.zoom.journal().await?;
    let meanwhile = |call: &&Exchange| call.time.parse().is_ok_and(|time: Timestamp| edited < time && time < left);
    // Counted rather than timed, for any machine: two creations of half a second, and a person's turn is not broken off.
    let before: Vec<_> = calls.iter().filter(meanwhile).filter(|call| call.endpoint == "POST /users").collect();
    assert_calls(before.len() <= 3, true, format_args!("{} people were created before the edit left", before.len()));
    assert_calls(count(&calls, "POST /users") < newcomers.len(), true, "the wave was still running");
    world.users_are(&newcomers, "Invited").await?;
    Ok(())
}
