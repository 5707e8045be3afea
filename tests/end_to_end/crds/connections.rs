//! The rules of connections.

use serde_json::{Value, json};

use super::{connection, long, objects, with};

#[tokio::test]
async fn a_bad_zoom_connection_is_refused_with_what_to_write_instead() {
    let connections = objects("ZoomConnection").await;
    let endpoints = json!({"token": "https://zoom.example.com/oauth/token", "api": "https://zoom.example.com/v2"});
    let table: [(Value, &[&str]); _] = [
        (json!({"accountId": ""}), &["spec.accountId"]),
        (json!({"accountId": long(65)}), &["spec.accountId", "64"]),
        (json!({"credentials": null}), &["spec.credentials", "Required"]),
        (json!({"credentials": {"secretRef": {"name": null}}}), &["spec.credentials.secretRef.name", "Required"]),
        (json!({"cloud": "Mars"}), &["spec.cloud", "Commercial", "Government"]),
        (json!({"cloud": "Government", "endpoints": endpoints}), &["cloud", "endpoints", "not both"]),
        (json!({"endpoints": {"api": "https://zoom.example.com"}}), &["spec.endpoints.token", "Required"]),
        (
            json!({"endpoints": with(endpoints.clone(), &json!({"api": "zoom.example.com"}))}),
            &["spec.endpoints.api", "such as https://"],
        ),
        (
            json!({"endpoints": with(endpoints.clone(), &json!({"token": "ftp://zoom.example.com"}))}),
            &["spec.endpoints.token", "such as https://"],
        ),
        (json!({"mode": "DryRun"}), &["spec.mode", "Enforce", "HoldRemovals", "Plan", "Suspend"]),
        (json!({"creation": {}}), &["spec.creation.method", "Required"]),
        (json!({"adoption": "Always"}), &["spec.adoption", "ByEmail", "Never"]),
        (
            json!({"removal": {"policy": "Delete"}}),
            &["spec.removal.policy", "cannot be a default", "write Retain, Downgrade, Deactivate or Unlink"],
        ),
        (json!({"removal": {"policy": "Shred"}}), &["spec.removal.policy", "Deactivate"]),
        (json!({"guard": {"window": "a day"}}), &["spec.guard.window", "such as 30s"]),
        (json!({"guard": {"window": "0h"}}), &["spec.guard.window", "such as 24h"]),
        (json!({"guard": {"quietPeriod": "1h30m"}}), &["spec.guard.quietPeriod", "such as 30s"]),
        (
            json!({"guard": {"limits": {"access": {"percent": 101, "floor": 5}}}}),
            &["spec.guard.limits.access.percent", "100"],
        ),
        (
            json!({"guard": {"limits": {"creation": {"percent": 1, "floor": -1}}}}),
            &["spec.guard.limits.creation.floor", "0"],
        ),
        (
            json!({"guard": {"limits": {"entitlement": {"percent": 1}}}}),
            &["spec.guard.limits.entitlement.floor", "Required"],
        ),
        (json!({"rateLimit": {"plan": "Gold"}}), &["spec.rateLimit.plan", "Free", "Pro", "Business"]),
        (json!({"rateLimit": {"sharePercent": 0}}), &["spec.rateLimit.sharePercent", "1"]),
        (json!({"resyncInterval": "29s"}), &["spec.resyncInterval", "write 30s or more"]),
        (json!({"resyncInterval": "0d"}), &["spec.resyncInterval", "write 30s or more"]),
    ];
    connections.assert_refused(&connection(), &table).await;
}

#[tokio::test]
async fn a_good_zoom_connection_is_accepted_as_it_is() {
    let connections = objects("ZoomConnection").await;
    let table: [Value; _] = [
        json!({}),
        json!({"cloud": "Government", "mode": "HoldRemovals", "adoption": "Never", "allow": {"delete": true}}),
        json!({"endpoints": {"token": "http://127.0.0.1:8080/oauth/token", "api": "http://127.0.0.1:8080/v2"}}),
        json!({"creation": {"method": "Invite"}, "removal": {"policy": "Unlink"}}),
        json!({"access": []}),
        json!({"access": [
            {
                "namespaces": {"selector": {"matchLabels": {"team": "sales"}}},
                "emailDomains": ["sales.example.com"],
                "groupAdmins": false,
            },
            {"licenses": ["Basic"], "roles": ["Member", "Helpdesk"], "groups": ["sales-*"], "groupAdmins": true},
        ]}),
        json!({"guard": {"window": "7d", "quietPeriod": "0s", "limits": {"access": {"percent": 0, "floor": 0}}}}),
        json!({"rateLimit": {"plan": "Free", "sharePercent": 100}, "resyncInterval": "30s"}),
        json!({"resyncInterval": "100s"}),
        json!({"resyncInterval": "1m"}),
    ];
    connections.assert_accepted(&connection(), &table).await;
}

#[tokio::test]
async fn a_zoom_connection_stays_with_its_account() {
    let connections = objects("ZoomConnection").await;
    connections.create("default", &connection()).await;
    let message = connections.change("default", &json!({"accountId": "another"})).await.unwrap_err();
    assert!(message.contains("create another ZoomConnection"), "{message}");
    connections.change("default", &json!({"mode": "Plan"})).await.unwrap();
}

#[tokio::test]
async fn every_policy_of_a_zoom_connection_has_its_documented_default() {
    let connections = objects("ZoomConnection").await;
    connections.create("default", &with(connection(), &json!({"guard": {"window": "12h"}}))).await;
    let served = connections.api.get("default").await.unwrap().data;
    assert_eq!(
        served["spec"],
        json!({
            "accountId": "example-account",
            "credentials": {
                "secretRef": {"name": "zoom", "clientIdKey": "clientId", "clientSecretKey": "clientSecret"},
            },
            "mode": "Enforce",
            "allow": {"create": true, "update": true, "deactivate": true, "delete": false},
            "adoption": "ByEmail",
            "drift": "Correct",
            "removal": {"policy": "Deactivate"},
            "guard": {
                "window": "12h",
                "quietPeriod": "30s",
                "limits": {
                    "access": {"percent": 2, "floor": 5},
                    "entitlement": {"percent": 5, "floor": 10},
                    "identity": {"percent": 2, "floor": 5},
                    "membership": {"percent": 10, "floor": 20},
                    "creation": {"percent": 10, "floor": 100},
                },
            },
            "rateLimit": {"plan": "Pro", "sharePercent": 50},
            "resyncInterval": "10m",
        })
    );
}
