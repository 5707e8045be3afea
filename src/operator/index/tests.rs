use serde_json::json;

use super::*;

fn user(version: u64, deleting: bool) -> DynamicObject {
    let mut object: DynamicObject = serde_json::from_value(json!({
        "apiVersion": "zoom-operator.dev/v1alpha1",
        "kind": "ZoomUser",
        "metadata": {"namespace": "acme", "name": "ada", "uid": "1", "resourceVersion": version.to_string()},
        "spec": {"email": "ada@acme.example"},
    }))
    .unwrap();
    if deleting {
        object.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
    }
    object
}

fn index() -> Index {
    Index::new(&[None]).0
}

fn ada() -> ObjectKey {
    ObjectKey::new("acme", "ada")
}

#[test]
fn an_answer_that_its_objects_deletion_overtook_does_not_bring_the_object_back() {
    let index = index();
    index.apply::<User>(&user(5, true));
    index.remove::<User>(&ada());
    index.answered::<User>(&user(6, true));
    assert!(index.user(&ada()).is_none());
}

#[test]
fn an_answer_to_an_own_write_is_seen_before_its_event() {
    let index = index();
    index.apply::<User>(&user(5, false));
    index.answered::<User>(&user(6, true));
    assert!(index.user(&ada()).unwrap().deleting);
}

#[test]
fn an_older_reading_does_not_replace_a_newer_one() {
    let index = index();
    index.apply::<User>(&user(5, true));
    index.answered::<User>(&user(4, false));
    assert!(index.user(&ada()).unwrap().deleting);
}
