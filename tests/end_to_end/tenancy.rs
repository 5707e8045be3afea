//! Objects that use a connection in another namespace, as far as its access goes.

use anyhow::Context as _;
use serde_json::{Value, json};
use zoom_operator_testing::eventually;

use crate::world::{CONNECTION, DEADLINE, REMOVAL, USER, World, account_of, condition, email, merged, message};

const GROUP: &str = "ZoomGroup";

/// A world whose objects live in one namespace and whose connection lives in another.
struct Tenants {
    world: World<'static>,
    /// The namespace of the connection.
    home: String,
}

impl Tenants {
    async fn with(account: Value, access: Value) -> anyhow::Result<Self> {
        let mut world = World::bare(account).await?;
        let home = world.cluster.namespace("identity").await?;
        world.also_watched = vec![home.clone()];
        world.start_operator().await?;
        let tenants = Self { world, home };
        tenants.label("team=sales").await?;
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "zoom", "namespace": tenants.home},
            "stringData": {"clientId": "simulator", "clientSecret": crate::world::CLIENT_SECRET},
        });
        tenants.world.cluster.apply(&secret.to_string()).await?;
        tenants.connect(access).await?;
        Ok(tenants)
    }

    /// Labels the namespace of the objects.
    async fn label(&self, label: &str) -> anyhow::Result<()> {
        self.world.cluster.kubectl(&["label", "namespace", &self.world.namespace, label, "--overwrite"]).await.map(drop)
    }

    async fn connect(&self, access: Value) -> anyhow::Result<()> {
        let changes = json!({"access": access, "guard": {"quietPeriod": "0s"}});
        let connection = json!({
            "apiVersion": "zoom-operator.dev/v1alpha1", "kind": CONNECTION,
            "metadata": {"name": "acme", "namespace": self.home}, "spec": self.world.connection(changes),
        });
        self.world.cluster.apply(&connection.to_string()).await.map(drop)
    }

    async fn user(&self, name: &str, changes: Value) -> anyhow::Result<Value> {
        let spec = json!({"email": email(name), "connectionRef": {"name": "acme", "namespace": self.home}});
        self.world.user(name, merged(spec, changes)).await
    }

    /// The objects of a kind in the connection's namespace.
    async fn at_home(&self, kind: &str) -> anyhow::Result<Vec<Value>> {
        let listed = self.world.cluster.kubectl(&["get", kind, "--namespace", &self.home, "-o", "json"]).await?;
        let listed: Value = serde_json::from_str(&listed)?;
        Ok(listed["items"].as_array().context("a list")?.clone())
    }
}

/// Objects of namespaces with this label.
fn labelled(label: &str, changes: Value) -> Value {
    let (name, value) = label.split_once('=').unwrap();
    merged(json!({"namespaces": {"selector": {"matchLabels": {name: value}}}}), changes)
}

#[tokio::test]
async fn objects_use_a_connection_elsewhere_as_far_as_its_access_covers_them() -> anyhow::Result<()> {
    let rule = labelled("team=sales", json!({"emailDomains": ["ACME.example"], "licenses": ["Basic"]}));
    let tenants = Tenants::with(account_of(&["ada", "bob", "eve", "joe"]), json!([rule])).await?;
    let world = &tenants.world;
    tenants.user("ada", json!({"license": {"type": "Basic"}, "lastName": "Lovelace", "role": "Member"})).await?;
    world.user_is("ada", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.last_name, "Lovelace");

    for (name, changes, named) in [
        ("bob", json!({"license": {"type": "Licensed"}}), "spec.license is Licensed"),
        ("eve", json!({"role": "Admin"}), "spec.role is admin"),
        ("joe", json!({"email": "joe@elsewhere.example"}), "spec.email is in elsewhere.example"),
    ] {
        tenants.user(name, merged(json!({"firstName": "Changed"}), changes)).await?;
        let user = world.user_is(name, "NotPermitted").await?;
        assert!(message(&user).contains(named), "{}", message(&user));
        assert!(condition(&user, "Stalled").is_some(), "{user}");
    }
    // The connection's own namespace is covered by no rule.
    let own = json!({
        "apiVersion": "zoom-operator.dev/v1alpha1", "kind": USER,
        "metadata": {"name": "bob", "namespace": tenants.home},
        "spec": {"email": email("bob"), "connectionRef": {"name": "acme"}, "active": false},
    });
    world.cluster.apply(&own.to_string()).await?;
    eventually(DEADLINE, "the object beside the connection is told", || async {
        let users = tenants.at_home(USER).await?;
        let reason = crate::world::ready_reason(&users[0]);
        anyhow::ensure!(reason == Some("NotPermitted"), "{reason:?}");
        Ok(())
    })
    .await?;
    world.assert_wrote(&["PATCH /users/{userId}"]).await?;

    // A leaver's record stands beside the connection.
    world.delete_all(&["ada"]).await?;
    world.person_until(&email("ada"), "has no access", |ada| ada.status == "inactive").await?;
    assert_eq!(tenants.at_home(REMOVAL).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn groups_use_a_connection_elsewhere_as_far_as_its_access_covers_them() -> anyhow::Result<()> {
    let rule = labelled("team=sales", json!({"emailDomains": ["acme.example"], "groups": ["sales-*"]}));
    let own = json!({"groups": ["*"], "groupAdmins": true});
    let people =
        json!([{"email": email("ada")}, {"email": email("bob")}, {"email": email("joe"), "groups": ["Finance"]}]);
    let account = json!({"people": people, "groups": [{"name": "Finance"}]});
    let tenants = Tenants::with(account, json!([rule, own])).await?;
    let world = &tenants.world;
    tenants.user("ada", json!({})).await?;
    world.user_is("ada", "Synced").await?;
    let group = |changes: Value| merged(json!({"connectionRef": {"name": "acme", "namespace": tenants.home}}), changes);
    for (name, spec, named) in [
        ("finance", json!({"name": "Finance", "membership": "Exclusive", "members": {"users": ["ada"]}}), "spec.name"),
        ("admins", json!({"name": "sales-admins", "admins": {"users": ["ada"]}}), "spec.admins"),
        ("board", json!({"name": "sales-board", "members": {"emails": ["ceo@board.example"]}}), "board.example"),
    ] {
        world.apply(GROUP, name, group(spec)).await?;
        let refused = world.reason(GROUP, name, "NotPermitted").await?;
        assert!(message(&refused).contains(named), "{}", message(&refused));
    }
    world.apply(GROUP, "emea", group(json!({"name": "sales-emea", "members": {"users": ["ada"]}}))).await?;
    world.reason(GROUP, "emea", "Synced").await?;

    // A group beside the connection names a member in the other namespace.
    let all = json!({
        "apiVersion": "zoom-operator.dev/v1alpha1", "kind": GROUP,
        "metadata": {"name": "all", "namespace": tenants.home},
        "spec": {"connectionRef": {"name": "acme"}, "name": "All", "members": {
            "users": [format!("{}/ada", world.namespace)], "emails": [email("bob")],
        }},
    });
    world.cluster.apply(&all.to_string()).await?;
    for (name, members) in [("All", vec![email("ada"), email("bob")]), ("Finance", vec![email("joe")])] {
        eventually(DEADLINE, format_args!("{name} has {members:?}"), || async {
            let group = world.zoom.group(name).await?.context("not there")?;
            let mut present = group.members;
            present.sort();
            anyhow::ensure!(present == members, "{present:?}");
            Ok(())
        })
        .await?;
    }
    world.cluster.kubectl(&["delete", GROUP, "finance", "--namespace", &world.namespace]).await?;
    let names: Vec<String> = world.zoom.groups().await?.into_iter().map(|group| group.name).collect();
    assert!(names.contains(&"Finance".to_owned()) && !names.contains(&"sales-board".to_owned()), "{names:?}");
    Ok(())
}

#[tokio::test]
async fn without_access_a_connection_is_for_its_own_namespace_alone() -> anyhow::Result<()> {
    let tenants = Tenants::with(account_of(&["ada"]), Value::Null).await?;
    tenants.user("ada", json!({"lastName": "Lovelace"})).await?;
    let user = tenants.world.user_is("ada", "NotPermitted").await?;
    assert!(message(&user).contains(&tenants.world.namespace), "{}", message(&user));
    assert_eq!(tenants.world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn when_access_is_withdrawn_nobody_is_removed_and_nothing_is_stuck() -> anyhow::Result<()> {
    let names = ["ada", "bob", "eve"];
    let tenants = Tenants::with(account_of(&names), json!([labelled("team=sales", json!({}))])).await?;
    let world = &tenants.world;
    for name in names {
        tenants.user(name, json!({})).await?;
    }
    world.users_are(&names, "Synced").await?;

    // The label goes, as by a slip of whoever keeps the namespaces.
    tenants.label("team=other").await?;
    world.users_are(&names, "NotPermitted").await?;
    tenants.user("bob", json!({"active": false})).await?;
    world.user_is("bob", "NotPermitted").await?;
    world.delete_all(&["ada"]).await?;
    assert_eq!(tenants.at_home(REMOVAL).await?, [Value::Null; 0]);

    // It comes back, and everything goes on; Ada is managed by nobody.
    tenants.user("bob", json!({})).await?;
    tenants.label("team=sales").await?;
    world.users_are(&["bob", "eve"], "Synced").await?;

    // The rule goes, and then the connection itself.
    tenants.connect(json!([])).await?;
    world.users_are(&["bob", "eve"], "NotPermitted").await?;
    world.cluster.kubectl(&["delete", CONNECTION, "acme", "--namespace", &tenants.home]).await?;
    world.users_are(&["bob", "eve"], "WaitingForConnection").await?;
    world.delete_all(&["bob"]).await?;
    tenants.connect(json!([labelled("team=sales", json!({}))])).await?;
    world.user_is("eve", "Synced").await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.statuses(&names).await?, ["active"; 3]);
    Ok(())
}

#[tokio::test]
async fn an_object_whose_connection_is_where_the_operator_does_not_watch_says_so() -> anyhow::Result<()> {
    let mut world = World::bare(json!({})).await?;
    world.start_operator().await?;
    let elsewhere = world.cluster.namespace("unwatched").await?;
    let connection = json!({"name": "acme", "namespace": elsewhere});
    world.user("ada", json!({"email": email("ada"), "connectionRef": connection})).await?;
    let user = world.user_is("ada", "WaitingForConnection").await?;
    assert!(message(&user).contains("does not watch namespace"), "{}", message(&user));
    world.delete_all(&["ada"]).await?;
    Ok(())
}
