//! What one ZoomUser costs in memory, counted: there may be a hundred thousand.

use super::*;

const PEOPLE: usize = 1_000;

/// As the operator leaves it, with names and times of its own.
fn object(place: usize) -> DynamicObject {
    let at = |second: usize| format!("2026-01-02T03:{:02}:{:02}Z", (place + second) / 60 % 60, (place + second) % 60);
    let email = format!("person{place}@engines.example.com");
    serde_json::from_value(serde_json::json!({
        "apiVersion": "zoom-operator.dev/v1alpha1",
        "kind": "ZoomUser",
        "metadata": {
            "namespace": "identity",
            "name": format!("person-{place:06}"),
            "uid": format!("8f6c1c1e-0000-4000-8000-{place:012}"),
            "resourceVersion": (place + 1).to_string(),
            "generation": 1,
            "creationTimestamp": at(0),
            "finalizers": [api::FINALIZER],
            "labels": {"team": format!("team-{}", place % 50)},
        },
        "spec": {
            "email": email, "firstName": format!("Person {place}"), "lastName": "Lovelace", "license": {"type": "Licensed"},
            "role": "Member", "profile": {"department": format!("Department {}", place % 50), "timezone": "Europe/London"},
        },
        "status": {
            "observedGeneration": 1, "id": format!("KDcuGIm1QgePTO8WbO{place:06}"), "email": email,
            "origin": "Adopted", "state": "Active", "license": "Licensed", "role": "Member",
            "accessGeneration": 1, "syncedGeneration": 1,
            "conditions": [{
                "type": "Ready", "status": "True", "reason": "Synced", "message": "Zoom holds what this object wants",
                "observedGeneration": 1, "lastTransitionTime": at(5),
            }],
        },
    }))
    .unwrap()
}

#[test]
fn a_user_costs_a_kilobyte_and_a_relist_nothing_more() {
    let objects: Vec<_> = (0..PEOPLE).map(object).collect();
    let index = Index::new(&[None]).0;
    let list = || objects.iter().for_each(|object| index.apply::<User>(object));
    let first = allocation_counter::measure(list);
    let (bytes, allocations) = (first.bytes_current / PEOPLE as i64, first.count_current as f64 / PEOPLE as f64);
    assert!(bytes < 1_250 && allocations < 12.5, "{bytes} bytes and {allocations} allocations each");

    let again = allocation_counter::measure(list);
    assert!(again.bytes_current <= 0 && again.bytes_max < 20_000, "{again:?}");

    let look = allocation_counter::measure(|| {
        let snapshot = index.snapshot(&ObjectKey::new("identity", api::DEFAULT_CONNECTION));
        assert_eq!(snapshot.users.len(), PEOPLE);
    });
    assert!(look.bytes_max < 1_000, "{look:?}");
}
