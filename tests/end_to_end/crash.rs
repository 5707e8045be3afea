//! Operators that are killed, that come in twos, and that are asked to stop: nobody is created twice.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use zoom_operator_testing::{Operator, OperatorOptions, eventually, faults_are_on};

use crate::faults::assert_calls;
use crate::world::{
    DEADLINE, REMOVAL, USER, World, account_of, all, binaries, email, is_in_phase, merged, ready_reason,
};

const CRASHES: usize = 10;

/// A connection that creates many people at once, as fast as Zoom's largest plan allows.
fn many() -> Value {
    json!({
        "guard": {"limits": {"creation": {"percent": 0, "floor": 1000}}},
        "rateLimit": {"plan": "Business", "sharePercent": 100},
    })
}

fn names(people: usize) -> Vec<String> {
    (0..people).map(|number| format!("p{number:03}")).collect()
}

async fn declare(world: &World<'_>, names: &[String]) -> anyhow::Result<()> {
    all(names.iter().map(|name| world.user(name, json!({"email": email(name)})))).await.map(drop)
}

/// How many creations the simulator has answered.
async fn creations(world: &World<'_>) -> anyhow::Result<usize> {
    Ok(world.zoom.journal().await?.iter().filter(|call| call.endpoint == "POST /users").count())
}

/// Everybody is invited, by one call each, and known as created by the operator.
async fn everybody_is_created_once(world: &World<'_>, names: &[String]) -> anyhow::Result<()> {
    eventually(3 * DEADLINE, "everybody is invited", || async {
        let users = world.list(USER).await?;
        let is_invited = |user: &Value| ready_reason(user) == Some("Invited") && user["status"]["state"] == "Pending";
        let rest: Vec<_> = users.iter().filter(|user| !is_invited(user)).collect();
        ensure!(rest.is_empty(), "{} are not: {:?}", rest.len(), rest.first().map(|user| &user["status"]));
        Ok(())
    })
    .await?;
    for user in world.list(USER).await? {
        let status = &user["status"];
        assert_eq!((&status["origin"], &status["state"]), (&json!("Created"), &json!("Pending")), "{user}");
        assert!(status["createdAt"].is_string(), "{user}");
    }
    let people = world.zoom.people().await?;
    assert_eq!(people.len(), names.len() + 1, "the owner, and nobody else");
    let journal = world.zoom.journal().await?;
    for name in names {
        let address = email(name);
        assert_eq!(people.iter().filter(|person| person.email == address).count(), 1, "{address}");
        let calls = journal.iter().filter(|call| call.endpoint == "POST /users");
        let calls = calls.filter(|call| call.request_body["user_info"]["email"] == address.as_str());
        let answers: Vec<_> = calls.map(|call| call.status).collect();
        assert_calls(answers, vec![Some(201)], address);
    }
    Ok(())
}

#[tokio::test]
async fn killed_at_ten_moments_the_operator_creates_everybody_once() -> anyhow::Result<()> {
    let seed = std::env::var("CRASH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    eprintln!("CRASH_SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let mut world = World::bare(json!({"seats": {"licensed": 1}})).await?;
    world.connect(many()).await?;
    let names = names(200);
    declare(&world, &names).await?;
    // Creations take some time, so that many crashes fall into one.
    let slow = json!({"method": "POST", "path": "/users", "count": u32::MAX, "effect": {"delay": {"ms": 40}}});
    world.zoom.inject(slow).await?;
    for crash in 0..CRASHES {
        let before = world.zoom.journal().await?.last().map_or(0, |call| call.seq);
        // From the first token call on: also within the listing, and before anything at all.
        let calls = dice.random_range(0..32);
        world.start_operator().await?;
        eventually(DEADLINE, format_args!("{calls} calls before crash {crash}"), || async {
            let done = world.zoom.journal_since(before).await?.len();
            // Where the machine stalls the operator ends by itself, which is a crash as well.
            let runs = world.metric("zoom_operator_leader", "").await.is_ok();
            ensure!(done >= calls || !runs, "{done} calls");
            Ok(())
        })
        .await?;
        world.crash().await?;
        let people = world.zoom.people().await?.len() - 1;
        eprintln!("crash {crash} after {calls} calls: {people} people");
        assert!(people < names.len(), "all were created before crash {crash}");
    }
    world.zoom.clear_faults().await?;
    world.start_operator().await?;
    everybody_is_created_once(&world, &names).await
}

#[tokio::test]
async fn a_deactivation_that_a_crash_cut_short_is_brought_to_its_end_and_ends_the_sessions() -> anyhow::Result<()> {
    let names = ["ada", "eve", "lin"];
    let mut world = World::bare(account_of(&["ada", "bob", "eve", "lin"])).await?;
    world.connect(json!({"allow": {"delete": true}})).await?;
    world.start_operator().await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    let lost = json!({"timeOutAfter": {"holdMs": 60_000}});
    let lost = json!({"method": "PUT", "path": "/users/{userId}/status", "effect": lost});
    world.zoom.inject(lost.clone()).await?;
    world.edit(USER, "ada", json!({"active": false})).await?;
    world.person_until(&email("ada"), "is deactivated", |person| person.status == "inactive").await?;
    world.crash().await?;
    world.zoom.clear_faults().await?;
    // A call without an answer does not count as one that wrote.
    world.assert_wrote(&[]).await?;

    world.start_operator().await?;
    world.removal_is("ada", "Done", "Completed").await?;
    let sign_out = "DELETE /users/{userId}/token";
    world.assert_wrote(&[sign_out]).await?;

    // The same where the hold of another ZoomRemoval keeps the person from what was to follow.
    let by_hand = |operations| json!({"class": "Access", "person": {"email": email("bob")}, "transfer": "None", "operations": operations});
    let keeps = merged(by_hand(json!([{"action": "Delete"}])), json!({"hold": "case 12"}));
    world.apply(REMOVAL, "keeps", keeps).await?;
    world.until(REMOVAL, "keeps", "is refused", |removal| is_in_phase(removal, "Refused", "LegalHold")).await?;
    world.zoom.inject(lost).await?;
    world.apply(REMOVAL, "takes", by_hand(json!([{"action": "Deactivate"}, {"action": "Delete"}]))).await?;
    world.person_until(&email("bob"), "is deactivated", |person| person.status == "inactive").await?;
    world.crash().await?;
    world.zoom.clear_faults().await?;
    world.assert_wrote(&[sign_out]).await?;

    let refused = json!({"answer": {"status": 400, "body": {"code": 200, "message": "No permission."}}});
    world.zoom.inject(json!({"method": "DELETE", "path": "/users/{userId}/token", "effect": refused})).await?;
    world.start_operator().await?;
    let takes =
        world.until(REMOVAL, "takes", "is refused", |removal| is_in_phase(removal, "Refused", "LegalHold")).await?;
    let told = takes["status"]["message"].to_string();
    assert!(told.contains("the legal hold") && told.contains("sessions that run may go on"), "{told}");
    Ok(())
}

#[tokio::test]
async fn killed_before_the_time_of_a_deletion_and_in_it_the_operator_deletes_once_and_not_too_early()
-> anyhow::Result<()> {
    let names = ["ada", "bob", "eve", "lin"];
    let mut world = World::bare(account_of(&names)).await?;
    world.connect(json!({"allow": {"delete": true}})).await?;
    world.start_operator().await?;
    // Long enough to be deactivated before, whatever Zoom answers.
    let after = if faults_are_on() { "90s" } else { "12s" };
    let later = json!({"policy": "Delete", "transfer": "None", "after": after});
    world.users(&names, &json!({"removal": later})).await?;
    world.users_are(&names, "Synced").await?;
    world.zoom.clear_journal().await?;
    world.delete_all(&["ada"]).await?;
    let removal = world.removal_is("ada", "Scheduled", "NotBefore").await?;
    assert_eq!(world.person(&email("ada")).await?.status, "inactive");
    world.crash().await?;

    // Zoom deletes them when it is time, and the operator never learns of it.
    let lost = json!({"timeOutAfter": {"holdMs": 60_000}});
    world.zoom.inject(json!({"method": "DELETE", "path": "/users/{userId}", "effect": lost})).await?;
    world.start_operator().await?;
    let not_before: Timestamp = removal["spec"]["notBefore"].as_str().context("has a time")?.parse()?;
    eventually(DEADLINE, "ada is gone from Zoom", || async {
        ensure!(world.zoom.person(&email("ada")).await?.is_none(), "still there");
        Ok(())
    })
    .await?;
    assert!(Timestamp::now() >= not_before, "gone before {not_before}");
    world.crash().await?;
    world.zoom.clear_faults().await?;

    world.start_operator().await?;
    world.removal_is("ada", "Done", "AlreadyDone").await?;
    world.resync().await?;
    // A call without an answer does not count as one that wrote: so nobody asked a second time.
    world.assert_wrote(&["PUT /users/{userId}/status", "DELETE /users/{userId}/token"]).await
}

#[tokio::test]
async fn what_ran_right_before_a_crash_counts_although_somebody_deletes_its_record() -> anyhow::Result<()> {
    let names = ["ada", "bob", "eve", "lin"];
    let mut world = World::bare(account_of(&names)).await?;
    world.connect(json!({"guard": {"limits": {"access": {"percent": 0, "floor": 1}}}})).await?;
    world.start_operator().await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    // Zoom carries it out, and the operator never learns of it.
    let lost = json!({"timeOutAfter": {"holdMs": 60_000}});
    world.zoom.inject(json!({"method": "PUT", "path": "/users/{userId}/status", "effect": lost})).await?;
    world.edit(USER, "ada", json!({"active": false})).await?;
    world.person_until(&email("ada"), "is deactivated", |person| person.status == "inactive").await?;
    world.crash().await?;
    world.kubectl(&["delete", "zoomremovals", "--all"]).await?;
    world.zoom.clear_faults().await?;

    world.start_operator().await?;
    world.user_is("ada", "Deactivated").await?;
    world.edit(USER, "bob", json!({"active": false})).await?;
    world.removal_is("bob", "Held", "OverLimit").await?;
    assert_eq!(world.person(&email("bob")).await?.status, "active");
    Ok(())
}

/// Whether an operator says that it leads.
async fn leads(operator: &Operator) -> anyhow::Result<bool> {
    Ok(operator.metrics().await?.lines().any(|line| line == "zoom_operator_leader 1"))
}

/// How many calls to Zoom an operator counts.
async fn zoom_calls(operator: &Operator) -> anyhow::Result<usize> {
    let metrics = operator.metrics().await?;
    Ok(metrics.lines().filter(|line| line.starts_with("zoom_operator_zoom_calls_total{")).count())
}

async fn another_operator(world: &World<'_>) -> anyhow::Result<Operator> {
    let options = OperatorOptions { arguments: world.operator_arguments(), ..OperatorOptions::default() };
    Operator::start(&binaries()?, world.cluster.kubeconfig(), options).await
}

#[tokio::test]
async fn of_two_operators_one_writes_and_the_other_takes_over_when_it_is_killed() -> anyhow::Result<()> {
    let mut world = World::bare(json!({})).await?;
    world.lease = 20;
    world.start_operator().await?;
    let first = world.operator.take().context("an operator runs")?;
    let second = another_operator(&world).await?;
    world.connect(many()).await?;
    let names = names(60);
    let slow = json!({"method": "POST", "path": "/users", "count": u32::MAX, "effect": {"delay": {"ms": 40}}});
    world.zoom.inject(slow).await?;
    declare(&world, &names).await?;
    eventually(DEADLINE, "some people are created", || async {
        let creations = creations(&world).await?;
        ensure!(creations >= 10, "{creations}");
        Ok(())
    })
    .await?;
    let (mut leader, standby) = if leads(&first).await? { (first, second) } else { (second, first) };
    assert!(leads(&leader).await?, "neither leads");
    assert!(!leads(&standby).await?, "both lead");
    assert_eq!(zoom_calls(&standby).await?, 0, "the one that stands by called Zoom");
    leader.kill9();
    let made = creations(&world).await?;
    assert!(made < names.len(), "all were created before the leader died");
    everybody_is_created_once(&world, &names).await?;
    assert!(leads(&standby).await?);
    Ok(())
}

async fn holder(world: &World<'_>) -> anyhow::Result<Option<String>> {
    let lease: Value = serde_json::from_str(&world.kubectl(&["get", "lease", "zoom-operator", "-o", "json"]).await?)?;
    Ok(lease["spec"]["holderIdentity"].as_str().filter(|holder| !holder.is_empty()).map(str::to_owned))
}

#[tokio::test]
async fn asked_to_stop_the_operator_ends_the_call_in_flight_and_gives_the_lease_back() -> anyhow::Result<()> {
    let mut world = World::bare(json!({})).await?;
    // Long enough that only a lease given back explains a quick successor.
    world.lease = 120;
    world.start_operator().await?;
    world.connect(many()).await?;
    let slow = json!({"method": "POST", "path": "/users", "count": 1, "effect": {"delay": {"ms": 2000}}});
    world.zoom.inject(slow).await?;
    let names = names(5);
    declare(&world, &names).await?;
    eventually(DEADLINE, "somebody is being created", || async {
        let users = world.list(USER).await?;
        ensure!(users.iter().any(|user| user["status"]["state"] == "Creating"), "{users:?}");
        Ok(())
    })
    .await?;
    assert!(holder(&world).await?.is_some());
    let asked = Instant::now();
    let ended = world.operator.as_mut().context("an operator runs")?.terminate(Duration::from_secs(30)).await?;
    assert!(ended.success(), "{ended}");
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    assert_eq!(holder(&world).await?, None);
    let journal = world.zoom.journal().await?;
    let creations: Vec<_> =
        journal.iter().filter(|call| call.endpoint == "POST /users").map(|call| call.status).collect();
    assert_eq!(creations, [Some(201)], "one creation was in flight, and none was begun after it");

    world.start_operator().await?;
    let next = Instant::now();
    everybody_is_created_once(&world, &names).await?;
    let waited = next.elapsed();
    assert_calls(waited < Duration::from_secs(60), true, format_args!("the successor waited {waited:?}"));
    Ok(())
}

#[tokio::test]
async fn asked_to_stop_before_it_has_seen_its_objects_the_operator_ends() -> anyhow::Result<()> {
    let mut world = World::bare(json!({})).await?;
    world.connect(json!({})).await?;
    for _ in 0..2 {
        world.start_operator().await?;
        let mut operator = world.operator.take().context("an operator runs")?;
        operator.terminate(Duration::from_secs(20)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_idle_operator_stops_at_once_and_a_standby_leads_at_once() -> anyhow::Result<()> {
    let mut world = World::bare(json!({})).await?;
    world.lease = 120;
    world.start_operator().await?;
    let mut first = world.operator.take().context("an operator runs")?;
    eventually(DEADLINE, "the first one leads", || async {
        ensure!(leads(&first).await?, "not yet");
        Ok(())
    })
    .await?;
    let second = another_operator(&world).await?;
    world.connect(merged(many(), json!({}))).await?;
    world.reason(crate::world::CONNECTION, "default", "Connected").await?;
    let asked = Instant::now();
    let ended = first.terminate(Duration::from_secs(30)).await?;
    assert!(ended.success() && asked.elapsed() < Duration::from_secs(10), "{ended} after {:?}", asked.elapsed());
    eventually(DEADLINE, "the second one leads", || async {
        ensure!(leads(&second).await?, "not yet");
        Ok(())
    })
    .await?;
    declare(&world, &names(1)).await?;
    world.user_is("p000", "Invited").await?;
    Ok(())
}
