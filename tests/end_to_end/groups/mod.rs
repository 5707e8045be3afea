//! Groups, roles and contact groups, end to end.

mod contacts;
mod exclusive;
mod interrupted;
mod life;
mod members;
mod quiet;
mod roles;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use zoom_operator_testing::{Group, eventually};

use crate::world::{DEADLINE, World, ZOOM_GROUP, email, merged};

impl World<'_> {
    /// Applies a ZoomGroup.
    async fn group(&self, name: &str, spec: Value) -> anyhow::Result<Value> {
        self.apply(ZOOM_GROUP, name, spec).await
    }

    /// Waits until a ZoomGroup has the reason.
    async fn group_is(&self, name: &str, reason: &str) -> anyhow::Result<Value> {
        self.reason(ZOOM_GROUP, name, reason).await
    }

    /// The group with this name in Zoom, once it is as `holds` says.
    async fn group_until(&self, name: &str, what: &str, holds: impl Fn(&Group) -> bool) -> anyhow::Result<Group> {
        eventually(DEADLINE, format_args!("the group {name} in Zoom {what}"), || async {
            let group = self.zoom.group(name).await?.context("not there")?;
            ensure!(holds(&group), "{group:?}");
            Ok(group)
        })
        .await
    }

    /// Waits until exactly these people are in a group in Zoom.
    pub(crate) async fn members_are(&self, group: &str, names: &[&str]) -> anyhow::Result<()> {
        let mut wanted: Vec<_> = names.iter().map(|name| email(name)).collect();
        wanted.sort();
        let holds = |group: &Group| sorted(&group.members) == wanted;
        self.group_until(group, &format!("has the members {names:?}"), holds).await.map(drop)
    }

    /// The names of all groups in Zoom.
    async fn group_names(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.zoom.groups().await?.into_iter().map(|group| group.name).collect())
    }
}

fn sorted(texts: &[String]) -> Vec<String> {
    let mut texts = texts.to_vec();
    texts.sort();
    texts
}

/// A group of this name whose members are ZoomUsers by name.
fn of(name: &str, users: &[&str]) -> Value {
    json!({"name": name, "members": {"users": users}})
}

/// The same with changes.
fn of_with(name: &str, users: &[&str], changes: Value) -> Value {
    merged(of(name, users), changes)
}

/// Who is counted how, in a status.
fn counts(object: &Value) -> Value {
    let members = &object["status"]["members"];
    json!([members["wanted"], members["present"], members["waiting"], members["refused"]])
}
