//! Whatever happens, no secret and no token shows anywhere.

use anyhow::{Context as _, ensure};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use reqwest::Method;
use serde_json::{Value, json};
use zoom_operator_testing::{Operator, OperatorOptions, eventually};

use crate::world::{CONNECTION, DEADLINE, USER, World, binaries, email, merged};

const RIGHT: &str = "first-secret+7/Qx?&=%41";
const WRONG: &str = "wrong-secret-Hk3Vw9";
/// Stands where a token should, in an answer of another shape than documented.
const MISPLACED: &str = "misplaced-token-Yt6Nd1";
const ROTATED: &str = "rotated-secret-Zp8Lr2";

/// A secret in the forms in which it may leak: plain, for an address, in JSON, and in the header of a token call.
fn forms(secret: &str) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut forms = vec![secret.to_owned(), encoded.clone()];
    for text in [secret.to_owned(), format!("simulator:{secret}"), format!("simulator:{encoded}")] {
        forms.extend([STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().map(|base64| base64.encode(&text)));
    }
    forms
}

/// Everything that can be read: who produced it, and what.
async fn everything(world: &World<'_>, operator: &Operator) -> anyhow::Result<Vec<(&'static str, String)>> {
    let journal = world.zoom.control(Method::GET, "journal", None).await?;
    let kinds = "zoomconnections,zoomusers,zoomremovals,events,events.events.k8s.io,leases,configmaps";
    let objects = world.kubectl(&["get", kinds, "-o", "json", "--show-managed-fields"]).await?;
    Ok(vec![
        ("the operator's log", operator.log()),
        ("the metrics", operator.metrics().await?),
        ("the objects and events", objects),
        ("the simulator's journal", journal.to_string()),
        ("the simulator's log", world.zoom.log()),
    ])
}

/// A whole life with everything in it that handles a secret or a token, or speaks of one that failed.
async fn live(world: &World<'_>) -> anyhow::Result<()> {
    let auto = json!({"creation": {"method": "AutoCreate"}, "license": {"type": "Basic"}});
    world.reason(CONNECTION, "default", "Connected").await?;
    world.users(&["ada"], &merged(auto.clone(), json!({"lastName": "Byron"}))).await?;
    world.users(&["bob", "elsewhere"], &json!({})).await?;
    world.user_is("ada", "Synced").await?;
    world.user_is("bob", "Invited").await?;
    world.user_is("elsewhere", "WaitingForConsent").await?;
    world.users(&["ada"], &merged(auto, json!({"lastName": "Lovelace", "profile": {"jobTitle": "Engineer"}}))).await?;
    world.user_is("ada", "Synced").await?;

    // A token that Zoom takes back, and token calls whose answers cannot be read: parsers like to quote what they read.
    let misshapen = json!({"answer": {"status": 200, "body": {"access_token": {"value": MISPLACED}}}});
    for effect in [json!("malformedJson"), json!("cutBody"), misshapen] {
        world.zoom.edit_account(json!({"revokeTokens": true})).await?;
        let fault = json!({"method": "POST", "path": "/oauth/token", "count": 4, "effect": effect});
        world.zoom.inject(fault).await?;
        world.resync().await?;
        world.zoom.clear_faults().await?;
    }
    world.resync().await?;
    world.reason(CONNECTION, "default", "Connected").await?;

    world.zoom.edit_account(json!({"clientSecret": ROTATED, "revokeTokens": true})).await?;
    world.write_secret(WRONG).await?;
    world.resync().await?;
    world.reason(CONNECTION, "default", "CredentialsRefused").await?;
    world.write_secret(ROTATED).await?;
    world.reason(CONNECTION, "default", "Connected").await?;

    world.delete(USER, "ada").await?;
    world.person_until(&email("ada"), "is deactivated", |ada| ada.status == "inactive").await?;
    world.removal_is("ada", "Done", "Completed").await?;
    // Events come a little later than what they tell of.
    eventually(DEADLINE, "an event tells of Ada's end", || async {
        let events = world.kubectl(&["get", "events", "-o", "json"]).await?;
        ensure!(events.contains("done and proved: deactivate"), "{events}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn no_secret_and_no_token_shows_in_logs_objects_events_metrics_or_the_journal() -> anyhow::Result<()> {
    let account =
        json!({"clientSecret": RIGHT, "elsewhere": [{"email": email("elsewhere"), "create": "activeElsewhere"}]});
    let mut world = World::bare(account).await?;
    world.lease = 60;
    let options = OperatorOptions {
        arguments: world.operator_arguments(),
        environment: vec![("RUST_LOG".to_owned(), "debug".to_owned())],
        log: None,
    };
    let mut operator = Operator::start(&binaries()?, world.cluster.kubeconfig(), options).await?;
    world.write_secret(RIGHT).await?;
    world.apply(CONNECTION, "default", world.connection(json!({}))).await?;
    live(&world).await?;

    let tokens: Vec<String> = serde_json::from_value(world.zoom.control(Method::GET, "tokens", None).await?)?;
    assert!(tokens.len() >= 4, "only {} tokens were issued", tokens.len());
    let produced = everything(&world, &operator).await?;
    // What is searched is really there.
    let words = ["DEBUG", "zoom_operator_zoom_calls_total", "WaitingForConsent", "POST"];
    for (part, expected) in produced.iter().zip(words) {
        assert!(part.1.contains(expected), "{expected} is missing in {}", part.0);
    }
    let needles =
        [RIGHT, WRONG, ROTATED, MISPLACED].iter().flat_map(|secret| forms(secret)).chain(tokens.iter().cloned());
    // A part of a token is as bad where the rest can be guessed: its last part is the signature.
    let signatures = tokens.iter().filter_map(|token| token.rsplit('.').next().map(str::to_owned));
    for needle in needles.chain(signatures).collect::<Vec<_>>() {
        for (part, text) in &produced {
            if let Some(place) = text.find(&needle) {
                let around = text.get(text.floor_char_boundary(place.saturating_sub(200))..place).unwrap_or_default();
                panic!("{part} shows {needle:?} after: {around}");
            }
        }
    }
    operator.terminate(std::time::Duration::from_secs(30)).await?;
    Ok(())
}

/// What the test above looks for would be found: the Secret itself holds it.
#[tokio::test]
async fn the_secret_is_where_it_belongs() -> anyhow::Result<()> {
    let world = World::bare(json!({})).await?;
    world.write_secret(RIGHT).await?;
    let secret: Value = serde_json::from_str(&world.kubectl(&["get", "secret", "zoom", "-o", "json"]).await?)?;
    let stored = secret["data"]["clientSecret"].as_str().context("the secret's value")?;
    assert!(forms(RIGHT).iter().any(|form| form == stored));
    Ok(())
}
