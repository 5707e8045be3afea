//! The journal as JSON lines.

use std::time::Duration;

use serde_json::Value;
use zoom_simulator::{Fault, FaultEffect};

use crate::support::{ADA, Zoom, active};

fn parsed(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn lines(zoom: &Zoom, query: &str) -> Vec<Value> {
    let url = format!("{}/simulator/journal/lines?{query}", zoom.url());
    parsed(&zoom.http.get(url).send().await.unwrap().text().await.unwrap())
}

#[tokio::test]
async fn exchanges_are_filtered_by_number_endpoint_status_and_fault() {
    let zoom = Zoom::with([active(ADA)]).await;
    zoom.inject(Fault::on("GET", "/roles", FaultEffect::HtmlPage { status: 502 }));
    zoom.get("/users").await.succeeded(200);
    zoom.get("/users/nobody").await.refused(404, 1001);
    assert_eq!(zoom.get("/roles").await.status, 502);
    let numbers = async |query: &str| -> Vec<u64> {
        lines(&zoom, query).await.iter().map(|line| line["seq"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers("").await, [1, 2, 3, 4]);
    assert_eq!(numbers("since=2").await, [3, 4]);
    assert_eq!(numbers("endpoint=GET+/users").await, [2, 3]);
    assert_eq!(numbers("status=404").await, [3]);
    assert_eq!(numbers("faulty=true").await, [4]);
}

#[tokio::test]
async fn a_follower_hears_of_calls_as_they_come() {
    let zoom = Zoom::with([]).await;
    let url = format!("{}/simulator/journal/lines?follow=true&since=1", zoom.url());
    let mut follower = zoom.http.get(url).send().await.unwrap();
    for (path, status) in [("/users", 200), ("/users/nobody", 404)] {
        zoom.get(path).await;
        let chunk = tokio::time::timeout(Duration::from_secs(20), follower.chunk()).await.unwrap().unwrap().unwrap();
        let told = parsed(std::str::from_utf8(&chunk).unwrap());
        assert_eq!((told.len(), &told[0]["status"]), (1, &status.into()));
    }
}
