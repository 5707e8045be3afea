//! The rules of the custom resources, as a real API server applies them: what is refused, with which words, and what is
//! accepted.

use kube::{
    Api,
    api::{DynamicObject, Patch, PatchParams, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};
use zoom_operator_api::{GROUP, ZoomConnection, ZoomRemoval, ZoomUser};
use zoom_operator_testing::ControlPlane;

mod groups;

async fn control_plane() -> &'static ControlPlane {
    let control_plane = ControlPlane::shared().await.unwrap();
    control_plane.apply_crds().await.unwrap();
    control_plane
}

/// The objects of a kind in a namespace of their own.
async fn objects(kind: &'static str) -> Objects {
    let control_plane = control_plane().await;
    let namespace = control_plane.namespace("crds").await.unwrap();
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(GROUP, "v1alpha1", kind));
    let api = Api::namespaced_with(control_plane.client().await.unwrap(), &namespace, &resource);
    Objects { kind, namespace, api }
}

/// A spec that is accepted, changed by `changes`: null takes a field away.
fn with(mut spec: Value, changes: &Value) -> Value {
    merge(&mut spec, changes);
    spec
}

fn merge(target: &mut Value, changes: &Value) {
    let (Value::Object(fields), Value::Object(changes)) = (&mut *target, changes) else {
        *target = changes.clone();
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), change);
        }
    }
}

fn connection() -> Value {
    json!({"accountId": "example-account", "credentials": {"secretRef": {"name": "zoom"}}})
}

fn user() -> Value {
    json!({"email": "ada@example.com"})
}

fn removal() -> Value {
    json!({"class": "Access", "person": {"email": "ada@example.com"}, "operations": [{"action": "Deactivate"}]})
}

/// Objects of one kind in one namespace, without types: a test must be able to write what the types cannot.
struct Objects {
    kind: &'static str,
    namespace: String,
    api: Api<DynamicObject>,
}

impl Objects {
    fn object(&self, name: &str, spec: &Value) -> DynamicObject {
        let object = json!({
            "apiVersion": format!("{GROUP}/v1alpha1"),
            "kind": self.kind,
            "metadata": {"name": name},
            "spec": spec,
        });
        serde_json::from_value(object).unwrap()
    }

    /// What the API server would make of a new object, or why it refuses it.
    async fn dry_run(&self, spec: &Value) -> Result<DynamicObject, String> {
        let parameters = PostParams { dry_run: true, ..PostParams::default() };
        self.api.create(&parameters, &self.object("dry-run", spec)).await.map_err(|error| refusal(&error))
    }

    async fn create(&self, name: &str, spec: &Value) -> DynamicObject {
        self.api.create(&PostParams::default(), &self.object(name, spec)).await.unwrap()
    }

    /// Changes the spec of an object, or says why the API server refuses it.
    async fn change(&self, name: &str, changes: &Value) -> Result<DynamicObject, String> {
        let patch = Patch::Merge(json!({"spec": changes}));
        self.api.patch(name, &PatchParams::default(), &patch).await.map_err(|error| refusal(&error))
    }

    /// Writes a status, as an operator does.
    async fn report(&self, name: &str, status: &Value) -> DynamicObject {
        let report = Patch::Merge(json!({"status": status}));
        self.api.patch_status(name, &PatchParams::default(), &report).await.unwrap()
    }

    async fn apply(&self, name: &str, spec: &Value) -> DynamicObject {
        let parameters = PatchParams::apply("tests");
        self.api.patch(name, &parameters, &Patch::Apply(self.object(name, spec))).await.unwrap()
    }

    /// Checks a table of changes to a good spec, each with words that the refusal must hold.
    async fn assert_refused(&self, good: &Value, table: &[(Value, &[&str])]) {
        let mut wrong = vec![];
        for (changes, words) in table {
            match self.dry_run(&with(good.clone(), changes)).await {
                Ok(_) => wrong.push(format!("{changes} was accepted")),
                Err(message) => {
                    let missing: Vec<_> = words.iter().filter(|word| !message.contains(**word)).collect();
                    if !missing.is_empty() {
                        wrong.push(format!("{changes}: {missing:?} is not in: {message}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Checks changes to a good spec that are accepted, each as the whole object comes back.
    async fn assert_accepted(&self, good: &Value, table: &[Value]) {
        for changes in table {
            let spec = with(good.clone(), changes);
            let served = self.dry_run(&spec).await.unwrap_or_else(|message| panic!("{changes} was refused: {message}"));
            let kept = with(served.data["spec"].clone(), &spec);
            assert_eq!(served.data["spec"], kept, "the API server dropped a part of {changes}");
        }
    }
}

fn refusal(error: &kube::Error) -> String {
    if let kube::Error::Api(status) = error
        && status.code == 422
    {
        return status.message.clone();
    }
    panic!("neither accepted nor refused: {error}")
}

fn long(length: usize) -> String {
    "x".repeat(length)
}

#[tokio::test]
async fn a_bad_zoom_user_is_refused_with_what_to_write_instead() {
    let users = objects("ZoomUser").await;
    let with_phone = |change: Value| {
        let phone = json!({"label": "Mobile", "country": "GB", "code": "+44", "number": "2079460000"});
        json!({"profile": {"phoneNumbers": [with(phone, &change)]}})
    };
    let table: [(Value, &[&str]); _] = [
        (json!({"email": null}), &["spec.email", "Required"]),
        (json!({"email": ""}), &["spec.email", "such as ada@example.com"]),
        (json!({"email": "ada"}), &["spec.email", "such as ada@example.com"]),
        (json!({"email": "ada@example"}), &["spec.email", "such as ada@example.com"]),
        (json!({"email": "ada\u{a0}l@example.com"}), &["spec.email", "such as ada@example.com"]),
        (json!({"email": "Ada <ada@example.com>"}), &["spec.email", "such as ada@example.com"]),
        (json!({"email": "ada@example.com,bob@example.com"}), &["spec.email", "such as ada@example.com"]),
        (json!({"email": format!("{}@example.com", long(117))}), &["spec.email", "128"]),
        (json!({"connectionRef": {}}), &["spec.connectionRef.name", "Required"]),
        (json!({"connectionRef": {"name": ""}}), &["spec.connectionRef.name"]),
        (json!({"firstName": ""}), &["spec.firstName", "leave the field out"]),
        (json!({"firstName": "Ada "}), &["spec.firstName", "without spaces around it"]),
        (json!({"firstName": long(65)}), &["spec.firstName", "64"]),
        (json!({"firstName": "一二三四五六"}), &["spec.firstName", "at most 5 Chinese"]),
        (json!({"lastName": long(65)}), &["spec.lastName", "64"]),
        (json!({"lastName": "一 二 三 四 五 六"}), &["spec.lastName", "at most 5 Chinese"]),
        (json!({"displayName": long(129)}), &["spec.displayName", "128"]),
        (json!({"displayName": "一二三四五六七八九十一"}), &["spec.displayName", "at most 10 Chinese"]),
        (json!({"license": {"type": "Gold"}}), &["spec.license.type", "Basic", "Licensed", "Unassigned"]),
        (json!({"license": {}}), &["spec.license.type", "Required"]),
        (json!({"role": "Owner"}), &["spec.role", "such as Admin", "one owner"]),
        (json!({"role": " owner "}), &["spec.role", "such as Admin", "one owner"]),
        (json!({"role": ""}), &["spec.role", "such as Member"]),
        (json!({"role": long(65)}), &["spec.role", "64"]),
        (json!({"active": "no"}), &["spec.active", "boolean"]),
        (json!({"creation": {"method": "Magic"}}), &["spec.creation.method", "Invite", "Wait"]),
        (json!({"profile": {"jobTitle": long(129)}}), &["spec.profile.jobTitle", "128"]),
        (json!({"profile": {"company": long(256)}}), &["spec.profile.company", "255"]),
        (json!({"profile": {"location": long(257)}}), &["spec.profile.location", "256"]),
        (json!({"profile": {"manager": "Bob"}}), &["spec.profile.manager", "such as ada@example.com"]),
        (json!({"profile": {"language": "English"}}), &["spec.profile.language", "5"]),
        (json!({"profile": {"language": "en"}}), &["spec.profile.language", "such as en-US"]),
        (json!({"profile": {"timezone": "half past ten"}}), &["spec.profile.timezone", "such as Europe/London"]),
        (with_phone(json!({"label": "Pager"})), &["phoneNumbers[0].label", "Mobile", "Fax"]),
        (with_phone(json!({"country": "gb"})), &["phoneNumbers[0].country", "such as GB"]),
        (with_phone(json!({"code": "0044"})), &["phoneNumbers[0].code", "such as +44"]),
        (with_phone(json!({"number": "20 7946 000"})), &["phoneNumbers[0].number", "digits alone"]),
        (
            json!({"profile": {"customAttributes": (0..6)
                        .map(|index| json!({"key": index.to_string(), "name": "Badge", "value": ""}))
                        .collect::<Vec<_>>()}}),
            &["spec.profile.customAttributes", "5"],
        ),
    ];
    users.assert_refused(&user(), &table).await;
}

#[tokio::test]
async fn a_bad_removal_in_a_zoom_user_is_refused_with_what_to_write_instead() {
    let heir = json!({"email": "bob@example.com"});
    let greedy = |data: Value| json!({"policy": "Delete", "heir": {"email": "bob@example.com", "receives": data}});
    let table: [(Value, &[&str]); _] = [
        (json!({}), &["spec.removal.policy", "Required"]),
        (json!({"policy": "Destroy"}), &["spec.removal.policy", "Deactivate", "Delete"]),
        (json!({"policy": "Delete"}), &["spec.removal", "write heir", "transfer: None"]),
        (json!({"policy": "Delete", "heir": heir, "transfer": "None"}), &["either heir or transfer: None"]),
        (json!({"policy": "Delete", "heir": {"email": "ADA@example.com"}}), &["removal.heir names", "who else"]),
        (json!({"policy": "Delete", "transfer": "All"}), &["spec.removal.transfer", "None"]),
        (json!({"policy": "Deactivate", "transfer": "None"}), &["spec.removal", "leave them out"]),
        (json!({"policy": "Retain", "heir": heir}), &["spec.removal", "leave them out"]),
        (greedy(json!([])), &["spec.removal.heir.receives"]),
        (greedy(json!(["Notes", "Notes"])), &["spec.removal.heir.receives", "Duplicate"]),
    ];
    let table = table.map(|(removal, words)| (json!({"removal": removal}), words));
    objects("ZoomUser").await.assert_refused(&user(), &table).await;
}

#[tokio::test]
async fn a_good_zoom_user_is_accepted_as_it_is() {
    let users = objects("ZoomUser").await;
    let table: [Value; _] = [
        json!({}),
        json!({"email": "Ada.Lovelace+zoom@sub.example.co.uk"}),
        json!({"connectionRef": {"name": "acme"}, "active": false, "role": "Co-Owner"}),
        json!({"firstName": long(64), "lastName": "一二三四五", "displayName": "一二三四五六七八九十"}),
        json!({"displayName": ""}),
        json!({"license": {"type": "Unassigned"}, "creation": {"method": "Sso"}}),
        json!({"removal": {"policy": "Delete", "transfer": "None"}}),
        json!({"removal": {"policy": "Unlink"}}),
        json!({"removal": {"policy": "Unlink", "heir": {"email": "bob@example.com"}}}),
        json!({"removal": {"policy": "Delete", "heir": {
            "email": "bob@example.com",
            "receives": [
                "Meetings", "Webinars", "Recordings", "Whiteboards", "Clips", "Notes", "Visitors", "Docs",
            ],
        }}}),
        json!({"profile": {
            "jobTitle": "Analyst", "department": "", "company": "Example", "location": "London",
            "costCenter": "42", "manager": "", "language": "en-US", "timezone": "America/Port_of_Spain",
            "pronouns": "she/her",
            "phoneNumbers": [
                {"label": "Mobile", "country": "GB", "code": "+44", "number": "2079460000"},
                {"label": "Office", "country": "GB", "code": "+44", "number": "2079460000"},
            ],
            "customAttributes": [{"key": "badge", "name": "Badge", "value": "7"}],
        }}),
        json!({"profile": {"phoneNumbers": [], "customAttributes": []}}),
    ];
    users.assert_accepted(&user(), &table).await;
}

#[tokio::test]
async fn null_in_a_manifest_is_the_same_as_absent() {
    let users = objects("ZoomUser").await;
    let served = users.dry_run(&json!({"email": "ada@example.com", "firstName": null, "removal": null})).await.unwrap();
    assert_eq!(served.data["spec"], json!({"email": "ada@example.com", "active": true}));
}

#[tokio::test]
async fn a_zoom_user_stays_with_its_connection() {
    let users = objects("ZoomUser").await;
    users.create("implicit", &user()).await;
    users.create("explicit", &with(user(), &json!({"connectionRef": {"name": "acme"}}))).await;
    for (name, changes) in [
        ("implicit", json!({"connectionRef": {"name": "acme"}})),
        ("explicit", json!({"connectionRef": {"name": "other"}})),
        ("explicit", json!({"connectionRef": null})),
        ("explicit", json!({"connectionRef": {"namespace": "elsewhere"}})),
    ] {
        let message = users.change(name, &changes).await.unwrap_err();
        assert!(message.contains("connectionRef cannot be changed: delete this ZoomUser"), "{message}");
    }
    users.change("implicit", &json!({"connectionRef": {"name": "default"}})).await.unwrap();
    users.change("implicit", &json!({"connectionRef": null, "email": "ada@new.example.com"})).await.unwrap();
}

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

#[tokio::test]
async fn a_fresh_object_says_that_nobody_has_looked_at_it() {
    for (kind, spec) in [
        ("ZoomConnection", connection()),
        ("ZoomUser", user()),
        ("ZoomGroup", json!({"name": "Sales"})),
        ("ZoomRole", json!({"name": "Help desk"})),
        ("ZoomContactGroup", json!({"name": "Sales"})),
        ("ZoomRemoval", removal()),
    ] {
        let objects = objects(kind).await;
        objects.create("fresh", &spec).await;
        let fresh = objects.api.get("fresh").await.unwrap();
        assert_eq!(fresh.data["status"], json!({"observedGeneration": -1}), "{kind}");
        assert_eq!(fresh.metadata.generation, Some(1), "{kind}");
    }
}

#[tokio::test]
async fn applying_the_same_twice_changes_nothing() {
    for (kind, spec) in [
        ("ZoomConnection", with(connection(), &json!({"guard": {"window": "12h"}, "allow": {"delete": true}}))),
        (
            "ZoomUser",
            with(
                user(),
                &json!({"profile": {
                    "phoneNumbers": [{"label": "Fax", "country": "GB", "code": "+44", "number": "2079460000"}],
                    "customAttributes": [{"key": "badge", "name": "Badge", "value": "7"}],
                }}),
            ),
        ),
        ("ZoomGroup", json!({"name": "Sales", "members": {"users": ["bob", "ada"], "selector": {}}, "admins": {}})),
        ("ZoomRole", json!({"name": "Help desk", "privileges": ["User:Read"]})),
        ("ZoomContactGroup", json!({"name": "Sales", "members": {"groups": ["sales"], "emails": []}})),
        ("ZoomRemoval", removal()),
    ] {
        let objects = objects(kind).await;
        objects.apply("same", &spec).await;
        // The API server stores the default status with the first write after the creation, whoever makes it. With an
        // operator that is its first report.
        let reported = objects.report("same", &json!({"observedGeneration": 1})).await;
        let again = objects.apply("same", &spec).await;
        assert!(again.metadata.resource_version.is_some());
        assert_eq!(again.metadata.resource_version, reported.metadata.resource_version, "{kind}");
    }
}

#[tokio::test]
async fn what_the_api_server_serves_parses_into_the_types() {
    parses::<ZoomConnection>("ZoomConnection", &connection()).await;
    parses::<ZoomUser>("ZoomUser", &user()).await;
    let steps = json!([{"action": "SetLicense", "license": "Basic"}, {"action": "Deactivate"}]);
    parses::<ZoomRemoval>("ZoomRemoval", &with(removal(), &json!({"operations": steps}))).await;
}

/// Reading into the type and writing out again loses nothing.
async fn parses<K: serde::de::DeserializeOwned + serde::Serialize>(kind: &'static str, spec: &Value) {
    let served = objects(kind).await.dry_run(spec).await.unwrap();
    let typed: K = serde_json::from_value(serde_json::to_value(&served).unwrap()).unwrap();
    let again = serde_json::to_value(&typed).unwrap();
    assert_eq!(again["spec"], served.data["spec"]);
    assert_eq!(again["status"], json!({"observedGeneration": -1}));
}

#[tokio::test]
async fn kubectl_explains_every_kind() {
    for (path, fields) in [
        ("zoomconnection.spec", ["accountId", "quietPeriod", "resyncInterval"]),
        ("zoomuser.spec", ["connectionRef", "phoneNumbers", "enum: Retain, Downgrade, Deactivate, Unlink, ...."]),
        ("zoomgroup.spec", ["selector", "emailDomains", "enum: Additive, Exclusive"]),
        ("zoomrole.spec", ["description", "privileges", "enum: Delete, Retain"]),
        ("zoomcontactgroup.spec", ["privacy", "groups", "enum: Public, Searchable, Private"]),
        ("zoomremoval.spec", ["operations", "notBefore", "decision"]),
    ] {
        let text = control_plane().await.kubectl(&["explain", path, "--recursive"]).await.unwrap();
        for field in fields {
            assert!(text.contains(field), "{field} is not in the explanation of {path}:\n{text}");
        }
    }
    let text = control_plane().await.kubectl(&["explain", "zoomuser"]).await.unwrap();
    assert!(text.contains("A ZoomUser is a person who should be in a Zoom account"), "{text}");
}

#[tokio::test]
async fn short_names_and_the_category_find_the_objects() {
    let users = objects("ZoomUser").await;
    users.create("ada", &user()).await;
    let namespace = users.namespace.as_str();
    for kind in ["zu", "zoom"] {
        let table =
            control_plane().await.kubectl(&["get", kind, "--namespace", namespace, "-o", "wide"]).await.unwrap();
        assert!(table.contains("ada@example.com"), "{table}");
        for column in ["EMAIL", "STATE", "LICENSE", "READY", "REASON", "AGE", "ID", "CONNECTION", "MESSAGE"] {
            assert!(table.contains(column), "{column} is not in\n{table}");
        }
    }
    for short in ["zconn", "zrm"] {
        control_plane().await.kubectl(&["get", short, "--namespace", namespace]).await.unwrap();
    }
}
