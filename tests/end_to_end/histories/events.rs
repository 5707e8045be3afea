//! What can happen in a history: in Git, in the cluster, at Zoom and in its portal.

use std::collections::BTreeSet;

use rand::RngExt as _;
use serde_json::{Value, json};

use super::{ADDRESSES, History, PEOPLE, TEAM, address, name, start, subject};
use crate::world::{REMOVAL, USER, ZOOM_GROUP};

impl History<'_> {
    /// Lets one thing happen, by chance.
    pub(super) async fn happen(&mut self) -> anyhow::Result<()> {
        let who = self.random.random_range(0..PEOPLE);
        let what = self.random.random_range(0..150);
        self.told.push(format!("{what} p{who}"));
        let active = self.declared[who].as_ref().is_none_or(|(_, active)| *active);
        match what {
            0..20 => self.declare(who, active).await,
            20..30 => self.declare(who, !active).await,
            30..45 => self.delete(who).await,
            45..50 => {
                // A manifest renamed in one commit.
                self.delete(who).await?;
                self.renamed += 1;
                let object = format!("{}-p{who}-{}", self.name, self.renamed);
                self.declared[who] = Some((object, active));
                self.declare(who, active).await
            }
            50..58 => self.decide().await,
            58..62 => self.reject().await,
            62..66 => self.remove_by_hand(who).await,
            66..72 => {
                self.touched.insert(who);
                let status = if self.random.random() { "inactive" } else { "active" };
                self.in_portal(who, json!({"status": status})).await
            }
            72..75 => {
                self.touched.insert(who);
                self.in_portal(who, json!({"delete": true})).await
            }
            75..78 => self.in_portal(who, json!({"lastName": "Drift"})).await,
            78..90 => self.fault().await,
            90..94 => {
                let modes = ["Enforce", "HoldRemovals", "Plan", "Suspend"];
                let mode = modes[self.random.random_range(0..modes.len())];
                self.connect(&json!({"mode": mode})).await
            }
            94..100 => self.look("again").await,
            100..108 => {
                self.licenses[who] = self.license();
                self.declare(who, active).await
            }
            108..112 => {
                self.default = self.license();
                self.connect(&json!({})).await
            }
            112..115 => self.in_portal(who, json!({"type": "Licensed"})).await,
            115..123 => self.declare_group().await,
            123..125 => {
                if std::mem::take(&mut self.grouped) {
                    self.world.delete(ZOOM_GROUP, &self.group()).await?;
                    self.world.gone(ZOOM_GROUP, &self.group()).await?;
                }
                Ok(())
            }
            125..132 => {
                toggle(&mut self.suspended, who);
                self.declare(who, active).await
            }
            132..138 => {
                toggle(&mut self.doomed, who);
                self.declare(who, active).await
            }
            138..146 => {
                self.addresses[who] = ADDRESSES.min(self.addresses[who] + 1);
                self.declare(who, active).await
            }
            _ => self.restore_a_backup().await,
        }
    }

    /// While no operator runs, all ZoomUsers are made anew: with other uids, without a status, without a finalizer.
    async fn restore_a_backup(&mut self) -> anyhow::Result<()> {
        let mut operator = self.shared.operator.lock().await;
        self.shared.stop(&mut operator, false).await?;
        let declared = self.declared.clone();
        for (who, declared) in declared.into_iter().enumerate() {
            let Some((object, active)) = declared else { continue };
            self.world.patch(USER, &object, json!({"metadata": {"finalizers": null}})).await?;
            self.world.delete(USER, &object).await?;
            self.declare(who, active).await?;
        }
        *operator = Some(start(self.world).await?);
        Ok(())
    }

    fn license(&mut self) -> Option<&'static str> {
        [None, Some("Basic"), Some("Licensed")][self.random.random_range(0..3)]
    }

    /// Applies the object of the group, with anybody in it. An exclusive one names somebody.
    async fn declare_group(&mut self) -> anyhow::Result<()> {
        let somebody = self.random.random_range(0..PEOPLE);
        let wanted = (0..PEOPLE).filter(|place| *place == somebody || self.random.random());
        let wanted: Vec<_> = wanted.collect();
        let wanted: Vec<_> = wanted.into_iter().map(|who| self.address(who)).collect();
        let membership = if self.random.random() { "Exclusive" } else { "Additive" };
        let spec = json!({
            "connectionRef": {"name": self.name}, "name": TEAM, "membership": membership, "members": {"emails": wanted},
        });
        self.grouped = true;
        self.world.apply(ZOOM_GROUP, &self.group(), spec).await.map(drop)
    }

    async fn delete(&mut self, who: usize) -> anyhow::Result<()> {
        if let Some((object, _)) = self.declared[who].take() {
            self.world.delete(USER, &object).await?;
            self.world.gone(USER, &object).await?;
        }
        Ok(())
    }

    /// Approves one that is held, if any is.
    async fn decide(&mut self) -> anyhow::Result<()> {
        let removals = self.removals().await?;
        let held: Vec<_> = removals.iter().filter(|removal| removal["status"]["phase"] == "Held").collect();
        if held.is_empty() {
            return Ok(());
        }
        let removal = held[self.random.random_range(0..held.len())];
        let spec = &removal["spec"];
        let people = spec["people"].as_array().into_iter().flatten().chain([&spec["person"]]);
        let class = spec["class"].as_str().unwrap_or_default();
        let people = people.filter_map(|person| Some((class.to_owned(), subject(person["email"].as_str()?))));
        self.agreed.extend(people);
        self.edit_removal(removal, json!({"decision": "Approve", "decidedBy": "grace"})).await
    }

    /// Deletes one that is open, if any is.
    async fn reject(&mut self) -> anyhow::Result<()> {
        let removals = self.removals().await?;
        let open = ["Held", "Settling", "Scheduled"].map(Value::from);
        let open: Vec<_> = removals.iter().filter(|removal| open.contains(&removal["status"]["phase"])).collect();
        if open.is_empty() {
            return Ok(());
        }
        let removal = open[self.random.random_range(0..open.len())];
        self.world.kubectl(&["delete", "zoomremoval", name(removal), "--ignore-not-found", "--wait=false"]).await?;
        Ok(())
    }

    /// One that ended meanwhile needs no decision any more.
    async fn edit_removal(&self, removal: &Value, changes: Value) -> anyhow::Result<()> {
        match self.world.edit(REMOVAL, name(removal), changes).await {
            Err(error) if format!("{error:#}").contains("not found") => Ok(()),
            edited => edited.map(drop),
        }
    }

    async fn remove_by_hand(&mut self, who: usize) -> anyhow::Result<()> {
        self.touched.insert(who);
        self.agreed.insert(("Access".to_owned(), subject(&self.address(who))));
        self.renamed += 1;
        let spec = json!({
            "connectionRef": {"name": self.name}, "class": "Access", "person": {"email": self.address(who)},
            "operations": [{"action": "Deactivate"}],
        });
        self.world.apply(REMOVAL, &format!("{}-by-hand-{}", self.name, self.renamed), spec).await.map(drop)
    }

    /// What a human does past the API, to somebody who is there.
    async fn in_portal(&self, who: usize, edit: Value) -> anyhow::Result<()> {
        let people = self.zoom.people().await?;
        match people.iter().find(|person| subject(&person.email) == subject(&address(who, 0))) {
            Some(person) => match self.zoom.edit_person(&person.id, edit).await {
                // Whoever is deactivated by now gets no licence.
                Err(error) if format!("{error:#}").contains("for somebody inactive") => Ok(()),
                edited => edited,
            },
            None => Ok(()),
        }
    }

    async fn fault(&mut self) -> anyhow::Result<()> {
        let effects = [
            json!("reset"),
            json!({"answer": {"status": 500}}),
            json!({"timeOutAfter": {}}),
            json!({"timeOutBefore": {}}),
            json!("malformedJson"),
            json!("repeatedRow"),
            json!("lostRow"),
            json!({"tooManyRequests": {"rateHeaders": true}}),
        ];
        let effect = &effects[self.random.random_range(0..effects.len())];
        let count = self.random.random_range(1..4);
        self.zoom.inject(json!({"count": count, "effect": effect})).await
    }
}

fn toggle(set: &mut BTreeSet<usize>, who: usize) {
    if !set.remove(&who) {
        set.insert(who);
    }
}
