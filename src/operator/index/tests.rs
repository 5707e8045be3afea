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

fn connection(name: &str, account: &str) -> api::ZoomConnection {
    serde_json::from_value(json!({
        "apiVersion": "zoom-operator.dev/v1alpha1",
        "kind": "ZoomConnection",
        "metadata": {"namespace": "acme", "name": name, "uid": name},
        "spec": {"accountId": account, "credentials": {"secretRef": {"name": "zoom"}}},
    }))
    .unwrap()
}

#[test]
fn whoever_is_declared_by_way_of_another_connection_to_the_same_account_is_declared() {
    let index = index();
    for (name, account) in [("default", "A1"), ("second", " A1"), ("elsewhere", "B2")] {
        let connection = connection(name, account);
        index.note_connection(&connection.metadata, Some(&connection));
    }
    let default = ObjectKey::new("acme", "default");
    let person = PersonRef { id: None, email: Email::parse("ada@acme.example").unwrap() };
    let access = translate::access(&connection("default", "A1"), &index.namespaces());
    let mut object = user(5, false);
    for (version, name, license, declared) in
        [("6", "elsewhere", "Basic", false), ("7", "second", "Basic", true), ("8", "second", "Platinum", true)]
    {
        object.metadata.resource_version = Some(version.to_owned());
        object.metadata.generation = version.parse().ok();
        object.data["spec"]["connectionRef"] = json!({"name": name});
        object.data["spec"]["license"] = json!({"type": license});
        index.apply::<User>(&object);
        assert_eq!(index.claimant(&default, &person, &access), declared.then(ada), "{name} {license}");
        assert_eq!(index.is_same_account(&default, &ObjectKey::new("acme", name)), declared);
    }
    index.forget_connection(&ObjectKey::new("acme", "second"));
    assert_eq!(index.claimant(&default, &person, &access), None);
}

fn group(spec: &serde_json::Value) -> DynamicObject {
    serde_json::from_value(json!({
        "apiVersion": "zoom-operator.dev/v1alpha1",
        "kind": "ZoomGroup",
        "metadata": {"namespace": "acme", "name": "sales", "uid": "2", "resourceVersion": "7", "generation": 1},
        "spec": spec,
        "status": {"id": "group-1", "origin": "Created", "added": ["ada-id"]},
    }))
    .unwrap()
}

fn snapshot(index: &Index) -> Snapshot {
    index.snapshot(&ObjectKey::new("acme", api::DEFAULT_CONNECTION))
}

#[test]
fn a_group_is_read_in_the_words_of_the_core() {
    let index = index();
    index.apply::<Thing<api::ZoomGroup>>(&group(&json!({
        "name": "Sales",
        "members": {
            "users": ["ada"],
            "emails": ["Bob@acme.example", "bob@acme.example"],
            "selector": {"matchLabels": {"team": "sales"}},
            "match": {"departments": ["Sales"]},
        },
        "membership": "Exclusive",
        "removal": {"policy": "Retain"},
    })));
    let desired = snapshot(&index).desired(Arc::clone);
    let [group] = desired.groups.as_slice() else { panic!("{:?}", desired.groups) };
    let members = group.members.as_ref().unwrap();
    assert_eq!((&*group.name, &group.object.key), ("Sales", &ObjectKey::new("acme", "sales")));
    assert!(members.named.users.contains(&ada()));
    assert_eq!(members.named.emails.len(), 1, "compared without case");
    assert_eq!(members.selector.as_ref().unwrap().labels.len(), 1);
    assert_eq!(members.matching.as_ref().unwrap().departments.len(), 1);
    assert_eq!(group.membership, zoom_core::Membership::Exclusive);
    assert_eq!(group.removal, Some(zoom_core::ThingRemoval::Retain));
    assert_eq!(group.memory.id.as_ref().unwrap().as_str(), "group-1");
    assert_eq!(group.added.len(), 1);
}

#[test]
fn an_address_that_is_listed_twice_in_different_case_is_remarked_on() {
    let index = index();
    let emails = json!(["Bob@acme.example", "bob@acme.example", "eve@acme.example"]);
    index.apply::<Thing<api::ZoomGroup>>(&group(&json!({"name": "Sales", "members": {"emails": emails}})));
    let snapshot = snapshot(&index);
    let [remark] = snapshot.groups.values().next().unwrap().remarks.as_slice() else { panic!("no remark") };
    assert!(remark.contains("spec.members.emails") && remark.contains("bob@acme.example"), "{remark}");
    assert!(!remark.contains("eve"), "{remark}");
}

#[test]
fn a_group_that_cannot_be_understood_keeps_its_claim_and_harms_no_other() {
    let index = index();
    index.apply::<Thing<api::ZoomGroup>>(&group(&json!({"name": "Sales", "membership": "Tomorrow"})));
    let desired = snapshot(&index).desired(Arc::clone);
    assert!(desired.groups.is_empty());
    let [claim] = desired.unreadable_things.groups.as_slice() else { panic!("{:?}", desired.unreadable_things) };
    assert_eq!((claim.id.as_deref(), claim.name.as_deref()), (Some("group-1"), Some("Sales")));
}

#[test]
fn an_edit_of_a_group_asks_for_a_pass_and_its_status_does_not() {
    let (index, mut triggers) = Index::new(&[None]);
    let triggers = &mut triggers[0];
    index.apply::<Thing<api::ZoomGroup>>(&group(&json!({"name": "Sales"})));
    assert!(triggers.try_recv().is_ok());
    let mut reported = group(&json!({"name": "Sales"}));
    reported.metadata.resource_version = Some("8".to_owned());
    reported.data["status"] = json!({"observedGeneration": 1});
    index.apply::<Thing<api::ZoomGroup>>(&reported);
    assert!(triggers.try_recv().is_err());
    reported.metadata.resource_version = Some("9".to_owned());
    reported.metadata.generation = Some(2);
    index.apply::<Thing<api::ZoomGroup>>(&reported);
    assert!(triggers.try_recv().is_ok());
}

#[test]
fn what_is_remembered_of_a_person_outlasts_an_object_that_is_not_understood() {
    let index = index();
    let mut object = user(5, false);
    object.data["spec"]["license"] = json!({"type": "Platinum"});
    object.data["status"] = json!({"id": "ada-id", "origin": "Created", "accessGeneration": 2});
    index.apply::<User>(&object);
    let user = index.user(&ada()).unwrap();
    assert!(user.wish.is_err() && user.is_legible);
    let status = user.status();
    assert_eq!((status.id.as_deref(), status.access_generation), (Some("ada-id"), Some(2)));
    // What another version wrote there and this one does not understand is not written over.
    object.metadata.resource_version = Some("6".to_owned());
    object.data["status"] = json!({"id": "ada-id", "state": "Hibernating"});
    index.apply::<User>(&object);
    assert!(!index.user(&ada()).unwrap().is_legible);
}

#[test]
fn a_record_that_another_version_did_not_understand_begins_again_and_one_that_ran_does_not() {
    let phase = |reason: &str, phase: &str| {
        let object = serde_json::from_value(json!({
            "apiVersion": "zoom-operator.dev/v1alpha1",
            "kind": "ZoomRemoval",
            "metadata": {"namespace": "acme", "name": "zrm", "uid": "3", "resourceVersion": "7", "generation": 1},
            "spec": {
                "class": "Access", "person": {"email": "ada@acme.example"}, "operations": [{"action": "Deactivate"}],
            },
            "status": {"phase": phase, "reason": reason},
        }));
        let (_, removal) = Removal::read(&object.unwrap());
        removal.record.unwrap().phase
    };
    assert_eq!(phase("Unreadable", "Refused"), zoom_core::Phase::Settling);
    assert_eq!(phase("Protected", "Refused"), zoom_core::Phase::Refused);
    assert_eq!(phase("Completed", "Done"), zoom_core::Phase::Done);
}

#[test]
fn a_record_that_was_written_for_another_connection_or_with_its_decision_is_a_copy() {
    let removal = |owner: &str, source: bool, status: serde_json::Value| {
        let source = source.then(|| {
            json!({
                "kind": "ZoomUser", "namespace": "acme", "name": "ada", "uid": "2", "generation": 1, "deleted": true,
            })
        });
        json!({
            "apiVersion": "zoom-operator.dev/v1alpha1",
            "kind": "ZoomRemoval",
            "metadata": {
                "namespace": "acme", "name": "zrm", "uid": "3", "resourceVersion": "7", "generation": 1,
                "ownerReferences": [{
                    "apiVersion": "zoom-operator.dev/v1alpha1", "kind": "ZoomConnection", "name": "acme", "uid": owner,
                }],
            },
            "spec": {
                "class": "Access", "person": {"email": "ada@acme.example"}, "operations": [{"action": "Deactivate"}],
                "source": source,
            },
            "status": status,
        })
    };
    let is_copied = |removal: serde_json::Value| {
        let (_, removal) = Removal::read(&serde_json::from_value(removal).unwrap());
        removal.record_for(Some("mine")).unwrap().copied
    };
    let copied = |owner, source, status| is_copied(removal(owner, source, status));
    let waiting = || json!({"phase": "Held", "reason": "WaitingForConnection"});
    assert!(copied("another", true, json!({})));
    assert!(copied("another", true, waiting()));
    assert!(!copied("another", false, json!({})), "a human wrote it");
    assert!(!copied("mine", true, json!({})));
    let ran = json!({"phase": "Scheduled", "reason": "NotBefore", "startedAt": "2026-03-01T12:00:00Z"});
    assert!(copied("another", true, ran), "what was agreed to before the backup may have been taken back since");
    // The operator writes none that is decided already.
    for (generation, expected) in [(1, true), (2, false)] {
        let mut approved = removal("mine", true, json!({}));
        approved["spec"]["decision"] = json!("Approve");
        approved["metadata"]["generation"] = json!(generation);
        assert_eq!(is_copied(approved), expected, "generation {generation}");
    }
}

#[test]
fn a_record_that_is_being_deleted_is_rejected_already() {
    let phase = |deleted: Option<&str>| {
        let object = serde_json::from_value(json!({
            "apiVersion": "zoom-operator.dev/v1alpha1",
            "kind": "ZoomRemoval",
            "metadata": {
                "namespace": "acme", "name": "zrm", "uid": "3", "resourceVersion": "7", "generation": 1,
                "deletionTimestamp": deleted, "finalizers": ["example.com/archive"],
            },
            "spec": {
                "class": "Access", "person": {"email": "ada@acme.example"}, "operations": [{"action": "Deactivate"}],
            },
            "status": {"phase": "Running", "reason": "WithinLimit"},
        }));
        let (_, removal) = Removal::read(&object.unwrap());
        removal.record.unwrap().phase
    };
    assert_eq!(phase(None), zoom_core::Phase::Running);
    assert_eq!(phase(Some("2026-03-01T12:00:00Z")), zoom_core::Phase::Cancelled);
}

#[test]
fn a_status_comes_back_as_it_was_written() {
    let plain = json!({"observedGeneration": -1});
    let full = json!({
        "observedGeneration": 3, "lastHandledRequestedAt": "now", "id": "ada-id", "email": "ada@acme.example",
        "origin": "Created", "state": "Pending", "license": "Licensed", "role": "Member", "accessGeneration": 2,
        "syncedGeneration": 1, "pendingSince": "2026-01-02T03:04:05Z", "createdAt": "2026-01-02T03:04:04Z",
        "drift": {"fields": ["lastName"], "since": "2026-01-02T03:04:06Z"}, "restore": "Basic",
        "restoreGroups": [{"id": "group-1", "name": "Sales"}], "defaultLicense": "Basic", "elsewhere": true,
        "notApplied": ["profile.pronouns"],
        "conditions": [
            {"type": "Ready", "status": "False", "reason": "Held", "message": "held", "observedGeneration": 3,
             "lastTransitionTime": "2026-01-02T03:04:07Z"},
            {"type": "Held", "status": "True", "reason": "Guard", "message": "held", "observedGeneration": 3,
             "lastTransitionTime": "2026-01-02T03:04:08Z"},
        ],
    });
    let with = |field: &str, value: &str| {
        let mut status = full.clone();
        status[field] = json!(value);
        status
    };
    let odd = [with("email", "ADA@acme.example"), with("email", "no address"), with("id", "")];
    for license in ["Licensed", "Platinum"] {
        for status in [&plain, &full].into_iter().chain(&odd) {
            let mut object = user(5, false);
            object.data["spec"]["license"] = json!({"type": license});
            object.data["status"] = status.clone();
            let index = index();
            index.apply::<User>(&object);
            let user = index.user(&ada()).unwrap();
            assert_eq!(user.wish.is_ok(), license == "Licensed");
            assert_eq!(serde_json::to_value(user.status()).unwrap(), *status);
        }
    }
}
