//! The rules of removals.

use serde_json::{Value, json};

use super::{long, objects, removal};

#[tokio::test]
async fn a_bad_zoom_removal_is_refused_with_what_to_write_instead() {
    let removals = objects("ZoomRemoval").await;
    let delete = json!([{"action": "Delete"}]);
    let heir = json!({"email": "bob@example.com"});
    let people = json!([{"email": "ada@example.com", "source": "team/ada"}]);
    let table: [(Value, &[&str]); _] = [
        (json!({"class": "Payment"}), &["spec.class", "Access", "Entitlement", "Membership", "Creation"]),
        (json!({"class": "Creation"}), &["write the class that the operations belong to"]),
        (json!({"class": "Entitlement"}), &["write the class that the operations belong to"]),
        (json!({"operations": [{"action": "Create"}]}), &["write the class that the operations belong to"]),
        (json!({"person": null}), &["either person for one or people for several"]),
        (json!({"people": people}), &["either person for one or people for several"]),
        (json!({"person": null, "people": []}), &["spec.people"]),
        (json!({"person": {"email": "ada"}}), &["spec.person.email", "such as ada@example.com"]),
        (json!({"operations": []}), &["spec.operations"]),
        (json!({"operations": [{"action": "Demote"}]}), &["spec.operations[0].action", "Deactivate", "SetRole"]),
        (
            json!({"operations": [{"action": "SetLicense"}, {"action": "Deactivate"}]}),
            &["spec.operations[0]", "write license with the action SetLicense"],
        ),
        (
            json!({"operations": [{"action": "Deactivate", "role": "Member"}]}),
            &["spec.operations[0]", "write role with the action SetRole"],
        ),
        (
            json!({"operations": [{"action": "SetRole", "role": "Owner"}, {"action": "Deactivate"}]}),
            &["spec.operations[0].role", "such as Admin"],
        ),
        (json!({"operations": delete}), &["write heir", "transfer: None"]),
        (json!({"operations": delete, "heir": heir, "transfer": "None"}), &["either heir or transfer: None"]),
        (json!({"heir": heir}), &["leave them out"]),
        (json!({"operations": delete, "heir": {"email": "Ada@Example.com"}}), &["heir.email", "who else"]),
        (json!({"decision": "Reject"}), &["spec.decision", "Approve"]),
        (json!({"notBefore": "tomorrow"}), &["spec.notBefore", "date-time"]),
        (json!({"source": {"kind": "ZoomUser"}}), &["spec.source.name", "Required"]),
    ];
    removals.assert_refused(&removal(), &table).await;
}

#[tokio::test]
async fn a_good_zoom_removal_is_accepted_as_it_is() {
    let removals = objects("ZoomRemoval").await;
    let many: Vec<_> = (0..1000)
        .map(|index| json!({"email": format!("{}{index:03}@example.com", long(113)), "source": long(317)}))
        .collect();
    let table: [Value; _] = [
        json!({}),
        json!({
            "connectionRef": {"name": "acme"},
            "person": {"id": "-zoom-id-1"},
            "source": {"kind": "ZoomUser", "namespace": "team", "name": "ada", "uid": "7", "generation": 3},
            "operations": [{"action": "SetRole", "role": "Member"}, {"action": "Deactivate"}],
            "notBefore": "2030-01-01T00:00:00Z",
            "restore": {"license": "Licensed"},
        }),
        json!({"class": "Entitlement", "operations": [{"action": "SetLicense", "license": "Basic"}]}),
        json!({"class": "Creation", "person": null, "people": many, "operations": [{"action": "Create"}]}),
        json!({"operations": [{"action": "Unlink"}], "heir": {"email": "bob@example.com"}}),
        json!({"operations": [{"action": "Delete"}], "transfer": "None", "decision": "Approve"}),
    ];
    removals.assert_accepted(&removal(), &table).await;
}

#[tokio::test]
async fn only_the_decision_of_a_zoom_removal_can_be_changed() {
    let removals = objects("ZoomRemoval").await;
    let full = json!({
        "class": "Access",
        "connectionRef": {"name": "acme"},
        "person": {"email": "ada@example.com", "id": "1"},
        "source": {"kind": "ZoomUser", "namespace": "team", "name": "ada", "uid": "7", "generation": 3},
        "operations": [{"action": "Unlink"}],
        "heir": {"email": "bob@example.com"},
        "notBefore": "2030-01-01T00:00:00Z",
        "restore": {"license": "Licensed"},
    });
    removals.create("full", &full).await;
    removals.create("bare", &removal()).await;
    let full_changes = [
        json!({"class": "Entitlement", "operations": [{"action": "SetRole", "role": "Member"}], "heir": null}),
        json!({"connectionRef": null}),
        json!({"connectionRef": {"name": "other"}}),
        json!({"person": {"email": "bob@example.org"}}),
        json!({"person": {"id": null}}),
        json!({"person": null, "people": [{"email": "ada@example.com"}]}),
        json!({"source": {"generation": 4}}),
        json!({"source": null}),
        json!({"operations": [{"action": "Unlink"}, {"action": "Deactivate"}]}),
        json!({"heir": {"email": "eve@example.com"}}),
        json!({"heir": null, "transfer": "None"}),
        json!({"notBefore": null}),
        json!({"restore": null}),
    ];
    let bare_changes = [json!({"notBefore": "2030-01-01T00:00:00Z"}), json!({"connectionRef": {"name": "acme"}})];
    let changes =
        full_changes.iter().map(|change| ("full", change)).chain(bare_changes.iter().map(|change| ("bare", change)));
    for (name, change) in changes {
        let message = removals.change(name, change).await.expect_err(&change.to_string());
        assert!(message.contains("only decision, decidedBy and reason can be changed"), "{change}: {message}");
    }
    let decision = json!({"decision": "Approve", "decidedBy": "bob@example.com", "reason": "left the company"});
    removals.change("full", &decision).await.unwrap();
    removals.change("full", &json!({"decision": null, "decidedBy": null, "reason": null})).await.unwrap();
}
