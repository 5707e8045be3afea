//! What must hold of a history at its end.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use zoom_operator_testing::eventually;

use super::{ALLOWED, DEADLINE, History, ON_HOLD, STRANGER, address, subject};
use crate::world::{CONNECTION, USER, ZOOM_GROUP, ready_reason};

impl History<'_> {
    /// Everything is switched on and well again, and goes on until nothing more happens.
    pub(super) async fn rest(&mut self) -> anyhow::Result<()> {
        self.zoom.clear_faults().await?;
        self.connect(&json!({"mode": "Enforce"})).await?;
        self.look("rest").await?;
        let asked = format!("rest-{}", self.told.len());
        eventually(DEADLINE, format_args!("{} is at rest", self.name), || async {
            let connection = self.world.get(CONNECTION, &self.name).await?;
            ensure!(connection["status"]["lastHandledRequestedAt"] == asked.as_str(), "{}", connection["status"]);
            ensure!(ready_reason(&connection) == Some("Connected"), "{}", connection["status"]);
            for object in self.declared.iter().flatten().map(|(object, _)| object) {
                let user = self.world.get(USER, object).await?;
                let waits = ["Reconciling", "Settling", "WaitingForListing", "WaitingForConnection", "ZoomUnavailable"];
                let reason = ready_reason(&user).with_context(|| format!("{object}: {}", user["status"]))?;
                ensure!(!waits.contains(&reason), "{object}: {}", user["status"]["conditions"]);
            }
            if self.grouped {
                let group = self.world.get(ZOOM_GROUP, &self.group()).await?;
                let reason = ready_reason(&group).with_context(|| format!("{}", group["status"]))?;
                ensure!(!["Reconciling", "Settling", "WaitingForListing"].contains(&reason), "{}", group["status"]);
            }
            for removal in self.removals().await? {
                let phase = removal["status"]["phase"].as_str().unwrap_or_default();
                ensure!(!["Settling", "Running", ""].contains(&phase), "{}: {}", removal["spec"], removal["status"]);
            }
            Ok(())
        })
        .await
    }

    /// From nobody was anything taken but by approval, and from as many more as the limit of each class lets go. Returns how
    /// many were removed.
    pub(super) async fn nothing_is_taken_beyond_what_was_agreed(&self) -> anyhow::Result<usize> {
        let journal = self.zoom.journal().await?;
        let mut ids = BTreeMap::new();
        for call in &journal {
            note_ids(&call.response_body, &mut ids);
        }
        let on_hold: BTreeSet<_> = (0..ON_HOLD).map(|who| subject(&address(who, 0))).collect();
        let mut taken: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for call in journal.iter().filter(|call| call.status.is_none_or(|status| status < 300)) {
            let (class, list) = match call.endpoint.as_str() {
                "PUT /users/{userId}/status" if call.request_body["action"] == "deactivate" => ("Access", "users"),
                "DELETE /users/{userId}" => ("Access", "users"),
                "PUT /users/{userId}/email" => ("Identity", "users"),
                // The lower of the two licences that are declared.
                "PATCH /users/{userId}" if call.request_body["type"] == 1 => ("Entitlement", "users"),
                "DELETE /groups/{groupId}/members/{memberId}" => ("Membership", "members"),
                _ => continue,
            };
            let key = call.path.split('/').skip_while(|part| *part != list).nth(1).context("names nobody")?;
            let key = key.replace("%40", "@");
            let person = ids.get(&key).cloned().unwrap_or_else(|| subject(&key));
            ensure!(call.method != "DELETE" || class != "Access" || !on_hold.contains(&person), "{person} was deleted");
            taken.entry(class).or_default().insert(person);
        }
        for (class, people) in &taken {
            let agreed = |person: &&String| self.agreed.contains(&((*class).to_owned(), (*person).clone()));
            let unasked: Vec<_> = people.iter().filter(|person| !agreed(person)).collect();
            ensure!(unasked.len() <= ALLOWED, "{class}: taken from {unasked:?}, and nobody had said so");
        }
        let stranger = self.zoom.person(STRANGER).await?.context("the stranger is gone")?;
        ensure!(
            (&*stranger.status, &*stranger.license) == ("active", "Licensed"),
            "nobody declares them: {stranger:?}"
        );
        Ok(taken.get("Access").map_or(0, BTreeSet::len))
    }

    /// Whoever is declared active and was never touched in Zoom has access, unless a human has to decide about that.
    pub(super) async fn who_is_declared_active_has_access(&self) -> anyhow::Result<()> {
        for (who, declared) in self.declared.iter().enumerate() {
            let Some((object, true)) = declared else { continue };
            if self.touched.contains(&who) || self.suspended.contains(&who) {
                continue;
            }
            let user = self.world.get(USER, object).await?;
            let mut people = self.zoom.people().await?;
            people.retain(|person| subject(&person.email) == subject(&address(who, 0)));
            ensure!(people.len() < 2, "{object} is there twice: {people:?}");
            let status = people.pop().map_or_else(|| "gone".to_owned(), |person| person.status);
            let held = ready_reason(&user) == Some("Held");
            ensure!(held || status == "active", "{object}: {status}: {}", user["status"]);
        }
        Ok(())
    }
}

/// Whose id is whose, by everything that was answered: also of those who are gone.
fn note_ids(answer: &Value, ids: &mut BTreeMap<String, String>) {
    match answer {
        Value::Object(fields) => {
            if let (Some(Value::String(id)), Some(Value::String(email))) = (fields.get("id"), fields.get("email")) {
                ids.insert(id.clone(), subject(email));
            }
            fields.values().for_each(|field| note_ids(field, ids));
        }
        Value::Array(items) => items.iter().for_each(|item| note_ids(item, ids)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
