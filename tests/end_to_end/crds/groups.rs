//! The rules of groups, roles and contact groups.

use serde_json::{Value, json};
use zoom_operator_api::{ZoomContactGroup, ZoomGroup, ZoomRole};

use super::{control_plane, long, objects, parses, with};

fn group() -> Value {
    json!({"name": "Sales"})
}

fn role() -> Value {
    json!({"name": "Help desk"})
}

#[tokio::test]
async fn a_bad_zoom_group_is_refused_with_what_to_write_instead() {
    let groups = objects("ZoomGroup").await;
    let twice = json!(["ada", "ada"]);
    let table: [(Value, &[&str]); _] = [
        (json!({"name": null}), &["spec.name", "Required"]),
        (json!({"name": ""}), &["spec.name", "such as Sales"]),
        (json!({"name": " Sales"}), &["spec.name", "without spaces around it"]),
        (json!({"name": long(128)}), &["spec.name", "127"]),
        (json!({"connectionRef": {}}), &["spec.connectionRef.name", "Required"]),
        (json!({"members": {"users": ["Ada"]}}), &["spec.members.users[0]", "the name of a ZoomUser"]),
        (json!({"members": {"users": ["team-b/"]}}), &["spec.members.users[0]", "sales/ada"]),
        (json!({"members": {"users": ["a/b/c"]}}), &["spec.members.users[0]", "sales/ada"]),
        (json!({"members": {"users": twice}}), &["spec.members.users[1]", "Duplicate"]),
        (json!({"members": {"emails": ["ada"]}}), &["spec.members.emails[0]", "such as ada@example.com"]),
        (
            json!({"members": {"emails": ["ada@example.com", "ada@example.com"]}}),
            &["spec.members.emails[1]", "Duplicate"],
        ),
        (json!({"members": {"match": {}}}), &["spec.members.match", "write departments, emailDomains or both"]),
        (json!({"members": {"match": {"departments": []}}}), &["spec.members.match.departments", "at least 1"]),
        (json!({"members": {"match": {"departments": [""]}}}), &["spec.members.match.departments[0]", "such as Sales"]),
        (
            json!({"members": {"match": {"emailDomains": ["@example.com"]}}}),
            &["spec.members.match.emailDomains[0]", "behind the @"],
        ),
        (
            json!({"members": {"selector": {"matchExpressions": [{"key": "team", "operator": "In"}]}}}),
            &["spec.members.selector.matchExpressions[0]", "write values with the operators In and NotIn"],
        ),
        (
            json!({"members": {"selector": {"matchExpressions": [
                {"key": "team", "operator": "Exists", "values": ["support"]},
            ]}}}),
            &["spec.members.selector.matchExpressions[0]", "and with no other"],
        ),
        (
            json!({"members": {"selector": {"matchExpressions": [{"key": "team", "operator": "Is"}]}}}),
            &["operator", "DoesNotExist"],
        ),
        (json!({"membership": "Strict"}), &["spec.membership", "Additive", "Exclusive"]),
        (json!({"membership": "Exclusive"}), &["so write members, or leave membership out"]),
        (json!({"admins": {"users": ["a b"]}}), &["spec.admins.users[0]", "the name of a ZoomUser"]),
        (json!({"admins": {"emails": ["@"]}}), &["spec.admins.emails[0]", "such as ada@example.com"]),
        (json!({"removal": {}}), &["spec.removal.policy", "Required"]),
        (json!({"removal": {"policy": "Deactivate"}}), &["spec.removal.policy", "Delete", "Retain"]),
    ];
    groups.assert_refused(&group(), &table).await;
}

#[tokio::test]
async fn a_good_zoom_group_is_accepted_as_it_is() {
    let groups = objects("ZoomGroup").await;
    let table: [Value; _] = [
        json!({}),
        json!({"name": long(127), "connectionRef": {"name": "acme"}}),
        json!({
            "members": {
                "users": ["ada", "grace.hopper", "team-b/ada"],
                "emails": ["Ada@example.com", "ada@example.com"],
                "selector": {
                    "matchLabels": {"team": "support"},
                    "matchExpressions": [
                        {"key": "example.com/site", "operator": "NotIn", "values": ["berlin", "paris"]},
                        {"key": "contractor", "operator": "DoesNotExist"},
                    ],
                },
                "match": {"departments": ["Sales", "Sales & Marketing"], "emailDomains": ["acme.example"]},
            },
            "membership": "Exclusive",
            "admins": {"users": ["ada"], "emails": ["bob@example.com"]},
            "primaryFor": {"users": ["grace.hopper"]},
            "removal": {"policy": "Retain"},
        }),
        json!({"members": {"selector": {}}}),
        json!({"members": {}, "membership": "Exclusive"}),
        json!({"admins": {}, "membership": "Additive"}),
    ];
    groups.assert_accepted(&group(), &table).await;
}

/// With room for the status and the field managers' notes, which the API server stores beside the spec.
#[tokio::test]
async fn five_thousand_members_fit_into_one_group() {
    let groups = objects("ZoomGroup").await;
    let users: Vec<_> = (0..5000).map(|number| format!("somebody-of-the-support-team-{number:04}")).collect();
    let emails: Vec<_> =
        (0..5000).map(|number| format!("somebody.of.the.team.{number:04}@support.example.com")).collect();
    let ids: Vec<_> = (0..5000).map(|number| format!("{number:022}")).collect();
    for (name, members) in [("users", json!({"users": users})), ("emails", json!({"emails": emails}))] {
        groups.apply(name, &with(group(), &json!({"members": members}))).await;
        groups.report(name, &json!({"observedGeneration": 1, "added": ids})).await;
        let stored = groups.api.get(name).await.unwrap().data;
        assert_eq!(stored["spec"]["members"][name].as_array().map(Vec::len), Some(5000));
        assert_eq!(stored["status"]["added"].as_array().map(Vec::len), Some(5000));
    }
    let one_more: Vec<_> = (0..5001).map(|number| format!("user-{number}")).collect();
    groups
        .assert_refused(&group(), &[(json!({"members": {"users": one_more}}), &["spec.members.users", "5000"])])
        .await;
}

/// Members are people. What a group cannot have is said, not dropped.
#[tokio::test]
async fn a_group_cannot_name_a_group() {
    let namespace = control_plane().await.namespace("crds").await.unwrap();
    let manifest = json!({
        "apiVersion": "zoom-operator.dev/v1alpha1",
        "kind": "ZoomGroup",
        "metadata": {"name": "sales", "namespace": namespace},
        "spec": {"name": "Sales", "members": {"groups": ["sales"]}},
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), manifest.to_string()).unwrap();
    let path = file.path().display().to_string();
    let refused = control_plane().await.kubectl(&["apply", "--server-side", "-f", &path]).await.unwrap_err();
    assert!(format!("{refused:#}").contains("members.groups"), "{refused:#}");
}

#[tokio::test]
async fn a_zoom_group_role_or_contact_group_stays_with_its_connection() {
    for (kind, spec) in [("ZoomGroup", group()), ("ZoomRole", role()), ("ZoomContactGroup", group())] {
        let objects = objects(kind).await;
        objects.create("here", &spec).await;
        for change in [json!({"connectionRef": {"name": "other"}})] {
            let message = objects.change("here", &change).await.unwrap_err();
            assert!(message.contains(&format!("delete this {kind}")), "{message}");
        }
        objects.change("here", &json!({"connectionRef": {"name": "default"}, "name": "Renamed"})).await.unwrap();
    }
}

#[tokio::test]
async fn a_bad_zoom_role_is_refused_with_what_to_write_instead() {
    let roles = objects("ZoomRole").await;
    let table: [(Value, &[&str]); _] = [
        (json!({"name": "Owner"}), &["spec.name", "write another name"]),
        (json!({"name": "owner "}), &["spec.name", "write another name"]),
        (json!({"name": "Admin"}), &["spec.name", "Zoom's own roles"]),
        (json!({"name": "member"}), &["spec.name", "Zoom's own roles"]),
        (json!({"name": ""}), &["spec.name", "such as Help desk"]),
        (json!({"name": long(65)}), &["spec.name", "64"]),
        (json!({"description": long(513)}), &["spec.description", "512"]),
        (json!({"privileges": ["User: Read"]}), &["spec.privileges[0]", "such as User:Read"]),
        (json!({"privileges": ["User:Read", "User:Read"]}), &["spec.privileges[1]", "Duplicate"]),
        (json!({"removal": {"policy": "Unlink"}}), &["spec.removal.policy", "Delete", "Retain"]),
    ];
    roles.assert_refused(&role(), &table).await;
}

#[tokio::test]
async fn a_good_zoom_role_is_accepted_as_it_is() {
    let roles = objects("ZoomRole").await;
    let privileges: Vec<_> = (0..512).map(|number| format!("Feature{number}:Edit")).collect();
    let table: [Value; _] = [
        json!({}),
        json!({"description": "", "privileges": []}),
        json!({
            "connectionRef": {"name": "acme"},
            "description": "May look at people",
            "privileges": ["User:Read", "Group:Read"],
            "removal": {"policy": "Delete"},
        }),
        json!({"name": "Administrators of rooms", "privileges": privileges}),
    ];
    roles.assert_accepted(&role(), &table).await;
}

#[tokio::test]
async fn a_bad_zoom_contact_group_is_refused_with_what_to_write_instead() {
    let groups = objects("ZoomContactGroup").await;
    let nobody = "Zoom keeps no contact group without a member";
    let table: [(Value, &[&str]); _] = [
        (json!({"name": ""}), &["spec.name", "such as Sales"]),
        (json!({"name": long(128)}), &["spec.name", "127"]),
        (json!({"privacy": "Secret"}), &["spec.privacy", "Public", "Searchable", "Private"]),
        (json!({"description": long(513)}), &["spec.description", "512"]),
        (json!({"members": {"users": ["Ada"]}}), &["spec.members.users[0]", "the name of a ZoomUser"]),
        (json!({"members": {"groups": ["Sales team"]}}), &["spec.members.groups[0]", "the name of a ZoomGroup"]),
        (json!({"members": {"emails": ["ada"]}}), &["spec.members.emails[0]", "such as ada@example.com"]),
        (json!({"membership": "Exclusive"}), &[nobody]),
        (json!({"membership": "Exclusive", "members": {"users": []}}), &[nobody]),
        (json!({"removal": {"policy": "Unlink"}}), &["spec.removal.policy", "Delete", "Retain"]),
    ];
    groups.assert_refused(&group(), &table).await;
}

#[tokio::test]
async fn a_good_zoom_contact_group_is_accepted_as_it_is() {
    let groups = objects("ZoomContactGroup").await;
    let table: [Value; _] = [
        json!({}),
        json!({"members": {}, "membership": "Additive"}),
        json!({"membership": "Exclusive", "members": {"users": ["ada"]}}),
        json!({"membership": "Exclusive", "members": {"emails": ["ada@example.com"]}}),
        json!({
            "connectionRef": {"name": "acme"},
            "description": "Whom to call",
            "privacy": "Searchable",
            "members": {"users": ["ada"], "emails": ["bob@example.com"], "groups": ["sales"]},
            "membership": "Exclusive",
            "removal": {"policy": "Delete"},
        }),
    ];
    groups.assert_accepted(&group(), &table).await;
}

#[tokio::test]
async fn what_the_api_server_serves_of_groups_and_roles_parses_into_the_types() {
    let members = json!({
        "users": ["ada"],
        "selector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]},
        "match": {"departments": ["Sales"]},
    });
    parses::<ZoomGroup>("ZoomGroup", &with(group(), &json!({"members": members, "primaryFor": {"users": ["ada"]}})))
        .await;
    parses::<ZoomRole>("ZoomRole", &with(role(), &json!({"privileges": ["User:Read"]}))).await;
    let members = json!({"groups": ["sales"]});
    parses::<ZoomContactGroup>("ZoomContactGroup", &with(group(), &json!({"members": members, "privacy": "Public"})))
        .await;
}

#[tokio::test]
async fn a_table_of_groups_answers_whether_everybody_is_in() {
    let groups = objects("ZoomGroup").await;
    groups.create("sales", &group()).await;
    let members = json!({"wanted": 1000, "present": 990, "waiting": 3, "refused": 7});
    groups.report("sales", &json!({"observedGeneration": 1, "members": members})).await;
    let cluster = control_plane().await;
    let table = cluster.kubectl(&["get", "zg", "--namespace", &groups.namespace]).await.unwrap();
    for word in
        ["GROUP", "WANTED", "PRESENT", "WAITING", "REFUSED", "READY", "REASON", "Sales", "1000", "990", "3", "7"]
    {
        assert!(table.contains(word), "{word} is not in\n{table}");
    }
    for short in ["zr", "zcg", "zoom"] {
        cluster.kubectl(&["get", short, "--namespace", &groups.namespace]).await.unwrap();
    }
}

fn departure() -> Value {
    json!({
        "class": "Membership",
        "target": {"kind": "Group", "id": "group-1", "name": "Sales"},
        "count": 1,
        "people": [{"id": "1", "email": "ada@example.com"}],
        "source": {"kind": "ZoomGroup", "namespace": "team", "name": "sales", "uid": "7", "generation": 3},
        "operations": [{"action": "RemoveMembers"}],
    })
}

#[tokio::test]
async fn a_bad_zoom_removal_of_members_is_refused_with_what_to_write_instead() {
    let removals = objects("ZoomRemoval").await;
    let table: [(Value, &[&str]); _] = [
        (json!({"class": "Access"}), &["write the class that the operations belong to"]),
        (json!({"operations": [{"action": "Deactivate"}]}), &["write the class that the operations belong to"]),
        (json!({"target": null}), &["edit or delete its object"]),
        (json!({"count": null}), &["edit or delete its object"]),
        (json!({"source": null}), &["edit or delete its object"]),
        (json!({"people": null, "person": {"email": "ada@example.com"}}), &["either person for one or people"]),
        (json!({"target": {"kind": "Channel"}}), &["spec.target.kind", "Group", "Role", "ContactGroup"]),
        (
            json!({"operations": [{"action": "RemoveMembers", "role": "Member"}]}),
            &["write role with the action SetRole"],
        ),
        (
            json!({"groups": [{"id": "group-2", "name": "Field sales"}]}),
            &["groups go with the action RemoveGroups alone"],
        ),
        (json!({"operations": [{"action": "RemoveGroups"}], "groups": []}), &["spec.groups", "at least 1"]),
    ];
    removals.assert_refused(&departure(), &table).await;
    let one =
        json!({"class": "Access", "person": {"email": "ada@example.com"}, "operations": [{"action": "Deactivate"}]});
    let table: [(Value, &[&str]); _] = [(json!({"count": 3}), &["go with the class Membership"])];
    removals.assert_refused(&one, &table).await;
}

#[tokio::test]
async fn a_good_zoom_removal_of_members_is_accepted_as_it_is_and_stays_so() {
    let removals = objects("ZoomRemoval").await;
    let many: Vec<_> = (0..1000)
        .map(|number| json!({"id": format!("{number:022}"), "email": format!("{}{number:03}@example.com", long(113))}))
        .collect();
    let table: [Value; _] = [
        json!({}),
        json!({"people": many, "count": 1000}),
        json!({"operations": [{"action": "RemoveAdmins"}]}),
        json!({"operations": [{"action": "DeleteGroup"}], "count": 5000}),
        json!({"people": null, "operations": [{"action": "DeleteGroup"}], "count": 0}),
        json!({"people": null, "target": {"kind": "Role"}, "operations": [{"action": "DeleteRole"}], "count": 0}),
        json!({"target": {"kind": "ContactGroup"}, "operations": [{"action": "DeleteContactGroup"}]}),
        json!({
            "people": null,
            "target": {"kind": "ContactGroup"},
            "operations": [{"action": "RemoveGroups"}],
            "groups": [{"id": "group-2", "name": "Field sales"}],
        }),
    ];
    removals.assert_accepted(&departure(), &table).await;
    removals.create("sales", &departure()).await;
    for change in [json!({"count": 2}), json!({"target": {"id": "group-2"}}), json!({"people": []})] {
        assert!(removals.change("sales", &change).await.is_err(), "{change} was accepted");
    }
    removals.change("sales", &json!({"decision": "Approve"})).await.unwrap();
}
