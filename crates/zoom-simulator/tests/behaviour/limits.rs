use jiff::SignedDuration;
use zoom_simulator::{AccountConfig, LimitsConfig, Plan, Rate, Sharper};

use crate::support::{ADA, BOB, Reply, Zoom};

async fn frozen(limits: LimitsConfig, plan: Plan) -> Zoom {
    let zoom = Zoom::start(AccountConfig { limits, plan, ..AccountConfig::default() }).await;
    zoom.set_clock("2030-01-01T22:30:00Z".parse().unwrap());
    zoom.freeze(true);
    let token = zoom.fetch_token().await.body["access_token"].as_str().unwrap().to_owned();
    Zoom { token, ..zoom }
}

fn rate(reply: &Reply) -> [Option<&str>; 5] {
    ["x-ratelimit-category", "x-ratelimit-type", "x-ratelimit-limit", "x-ratelimit-remaining", "retry-after"]
        .map(|name| reply.header(name))
}

#[tokio::test]
async fn calls_of_a_label_in_one_second_are_limited_by_the_plan() {
    for (plan, light, medium) in [(Plan::Free, 4, 2), (Plan::Pro, 30, 20), (Plan::Business, 80, 60)] {
        let zoom = frozen(LimitsConfig::On, plan).await;
        for count in 1..=medium {
            let reply = zoom.get("/users").await;
            let (limit, left) = (medium.to_string(), (medium - count).to_string());
            assert_eq!(rate(&reply), [Some("Medium"), Some("QPS"), Some(limit.as_str()), Some(left.as_str()), None]);
        }
        let reply = zoom.get("/users").await;
        reply.refused(429, 429);
        assert_eq!(rate(&reply)[3..], [Some("0"), None]);
        for _ in 0..light {
            assert_ne!(zoom.get("/users/owner@acme.example").await.status, 429);
        }
        zoom.get("/users/owner@acme.example").await.refused(429, 429);
        zoom.advance(SignedDuration::from_secs(1));
        zoom.get("/users").await.succeeded(200);
    }
}

#[tokio::test]
async fn creates_have_a_day_budget_that_is_new_at_midnight() {
    let sharper = Sharper { creates_per_day: Some(1), ..Sharper::default() };
    let mut zoom = frozen(LimitsConfig::Sharper(sharper), Plan::Pro).await;
    let reply = zoom.create("create", ADA, 1).await;
    assert_eq!(rate(&reply), [Some("Light"), Some("Daily-limit"), Some("1"), Some("0"), None]);
    let reply = zoom.create("create", BOB, 1).await;
    reply.refused(429, 429);
    assert_eq!(rate(&reply)[4], Some("2030-01-02T00:00:00Z"));
    zoom.create("ssoCreate", BOB, 1).await.succeeded(201);
    zoom.advance(SignedDuration::from_mins(91));
    zoom.token = zoom.fetch_token().await.body["access_token"].as_str().unwrap().to_owned();
    zoom.create("create", "cy@acme.example", 1).await.succeeded(201);
}

#[tokio::test]
async fn a_label_may_have_a_day_budget() {
    let sharper = Sharper { heavy: Some(Rate { per_second: 10, per_day: Some(1) }), ..Sharper::default() };
    let zoom = frozen(LimitsConfig::Sharper(sharper), Plan::Pro).await;
    zoom.get("/accounts/me/plans/usage").await.succeeded(200);
    zoom.advance(SignedDuration::from_secs(1));
    let reply = zoom.get("/accounts/me/plans/usage").await;
    reply.refused(429, 429);
    assert_eq!(rate(&reply), [Some("Heavy"), Some("Daily-limit"), Some("1"), Some("0"), Some("2030-01-02T00:00:00Z")]);
}

#[tokio::test]
async fn limits_can_be_switched_off() {
    let zoom = frozen(LimitsConfig::Off, Plan::Free).await;
    for _ in 0..20 {
        assert_eq!(rate(&zoom.get("/users").await), [None; 5]);
    }
}

#[tokio::test]
async fn creates_a_day_are_50_on_free_1500_on_pro_and_10000_on_business() {
    for (plan, limit) in [(Plan::Free, "50"), (Plan::Pro, "1500"), (Plan::Business, "10000")] {
        let zoom = frozen(LimitsConfig::On, plan).await;
        let reply = zoom.create("create", ADA, 1).await;
        assert_eq!(reply.header("x-ratelimit-limit"), Some(limit));
        assert_eq!(reply.header("x-ratelimit-type"), Some("Daily-limit"));
    }
}
