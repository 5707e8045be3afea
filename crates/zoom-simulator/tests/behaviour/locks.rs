use std::time::{Duration, Instant};

use zoom_simulator::{AccountConfig, CreateLock, Fault, FaultEffect, Quirks};

use crate::support::{ADA, BOB, Zoom, active, unlimited};

#[tokio::test]
async fn a_running_create_refuses_other_calls_on_that_person() {
    let quirks = Quirks { running_create_locks: CreateLock::Person, ..Quirks::default() };
    let zoom = Zoom::start(AccountConfig { quirks, people: vec![active(BOB)], ..unlimited() }).await;
    zoom.inject(Fault::on("POST", "/users", FaultEffect::Delay { ms: 500 }));
    let meanwhile = async {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let reply = zoom.get(&format!("/users/{ADA}")).await;
            if reply.status == 429 {
                reply.refused(429, 429);
                assert!(reply.text.contains("concurrent"));
                return zoom.get(&format!("/users/{BOB}")).await.succeeded(200);
            }
            assert!(Instant::now() < deadline, "the create never held {ADA}");
        }
    };
    let (created, _) = tokio::join!(zoom.create("create", ADA, 1), meanwhile);
    created.succeeded(201);
    zoom.get(&format!("/users/{ADA}")).await.succeeded(200);
}

#[tokio::test]
async fn one_delete_at_a_time_runs_on_a_person() {
    let zoom = Zoom::with([active(ADA)]).await;
    zoom.inject(Fault::on("DELETE", "/users/{userId}", FaultEffect::Delay { ms: 700 }).times(2));
    let path = format!("/users/{ADA}?action=delete");
    let (one, other) = tokio::join!(zoom.delete(&path), zoom.delete(&path));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 429]);
}
