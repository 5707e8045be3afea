//! Reads that lag behind writes.

use jiff::SignedDuration;
use serde_json::json;
use zoom_simulator::{AccountConfig, ReadDelay, Seconds};

use crate::support::{ADA, Zoom, active, unlimited};

async fn lagging(listings: f64, single_reads: f64, members: f64) -> Zoom {
    let seconds = |span| Seconds::try_from(span).unwrap();
    let read_delay =
        ReadDelay { listings: seconds(listings), single_reads: seconds(single_reads), members: seconds(members) };
    let zoom = Zoom::start(AccountConfig { people: vec![active(ADA)], read_delay, ..unlimited() }).await;
    zoom.freeze(true);
    zoom
}

#[tokio::test]
async fn each_kind_of_read_has_a_delay_of_its_own() {
    let zoom = lagging(10.0, 2.0, 30.0).await;
    let group = zoom.create_group("Research").unwrap().id;
    zoom.advance(SignedDuration::from_mins(1));
    zoom.patch(&format!("/users/{ADA}"), json!({"dept": "R"})).await.succeeded(204);
    zoom.add_group_member("Research", ADA).unwrap();
    let seen = async || {
        let listed = zoom.get("/users").await.succeeded(200)["users"][1]["dept"].clone();
        let single = zoom.get(&format!("/users/{ADA}")).await.succeeded(200)["dept"].clone();
        let members = zoom.get(&format!("/groups/{group}/members")).await.succeeded(200);
        (listed == "R", single == "R", members["members"].as_array().unwrap().len() == 1)
    };
    assert_eq!(seen().await, (false, false, false));
    zoom.advance(SignedDuration::from_secs(2));
    assert_eq!(seen().await, (false, true, false));
    zoom.advance(SignedDuration::from_secs(8));
    assert_eq!(seen().await, (true, true, false));
    zoom.advance(SignedDuration::from_secs(20));
    assert_eq!(seen().await, (true, true, true));
}

#[tokio::test]
async fn reads_show_the_state_of_their_moment_and_writes_go_on_from_the_present() {
    let zoom = lagging(0.0, 3.0, 0.0).await;
    let path = format!("/users/{ADA}");
    for dept in ["A", "B", "C"] {
        zoom.patch(&path, json!({"dept": dept})).await.succeeded(204);
        zoom.advance(SignedDuration::from_secs(1));
    }
    zoom.patch(&path, json!({"job_title": "Analyst"})).await.succeeded(204);
    let read = zoom.get(&path).await.succeeded(200);
    assert_eq!((&read["dept"], &read["job_title"]), (&"A".into(), &"".into()));
    zoom.advance(SignedDuration::from_secs(3));
    let read = zoom.get(&path).await.succeeded(200);
    assert_eq!((&read["dept"], &read["job_title"]), (&"C".into(), &"Analyst".into()));
}

#[tokio::test]
async fn somebody_just_created_is_not_there_yet() {
    let zoom = lagging(5.0, 5.0, 0.0).await;
    zoom.create("autoCreate", "new@acme.example", 1).await;
    zoom.post("/users", json!({"action": "create", "user_info": {"email": "new@acme.example", "type": 1}}))
        .await
        .succeeded(201);
    zoom.get("/users/new@acme.example").await.refused(404, 1001);
    zoom.advance(SignedDuration::from_secs(5));
    zoom.get("/users/new@acme.example").await.succeeded(200);
}

#[tokio::test]
async fn a_clock_that_is_moved_back_leaves_reads_in_the_present() {
    let zoom = lagging(5.0, 0.0, 0.0).await;
    let path = format!("/users/{ADA}");
    zoom.patch(&path, json!({"dept": "R"})).await.succeeded(204);
    zoom.advance(SignedDuration::from_hours(-1));
    assert_eq!(zoom.get(&path).await.succeeded(200)["dept"], "R");
    let listed = async || zoom.get("/users").await.succeeded(200)["users"][1]["dept"].clone();
    assert_eq!(listed().await, "R");
    zoom.patch(&path, json!({"dept": "S"})).await.succeeded(204);
    assert_eq!(listed().await, "R", "writes are seen late as ever");
    zoom.advance(SignedDuration::from_secs(5));
    assert_eq!(listed().await, "S");
    zoom.advance(SignedDuration::from_hours(1));
    assert_eq!(listed().await, "S", "nothing comes back when the time comes that it was before");
}
