//! What runs without being asked, noted in the connection's status before it runs: after a crash it counts although
//! somebody deleted the records meanwhile.

use std::collections::HashMap;

use jiff::Timestamp;
use zoom_core::{Class, Ledger, ObjectKey, Plan, Record, RecordChange, RecordReason};
use zoom_operator_api as api;

use super::{
    cluster::ClusterError,
    index::{Removal, Snapshot},
    pass::Pass,
    translate,
};

impl Pass<'_> {
    /// Takes up what was spent before this process began. A record that was running then is among it.
    pub(super) fn recall_spending(&mut self, snapshot: &Snapshot) {
        if self.kept.ledger.is_some() {
            return;
        }
        let spent = self.connection.status.as_ref().map_or(&[][..], |status| &status.spent);
        self.kept.ledger = Some(translate::ledger_in(spent));
        let running = |removal: &&Removal| removal.status.phase == Some(api::Phase::Running);
        let running = snapshot.removals.values().map(AsRef::as_ref).filter(running);
        self.kept.noted.extend(running.map(|removal| removal.uid.clone()));
    }

    /// Before records are told that they may run: the status says what they will have spent, rather too much than too
    /// little.
    pub(super) async fn announce_spending(&mut self, plan: &Plan, snapshot: &Snapshot) -> Result<(), ClusterError> {
        let mut new = self.about_to_spend(plan, snapshot);
        new.retain(|name, _| !self.kept.announced.contains_key(name));
        if new.is_empty() || !self.context.may_write() {
            return Ok(());
        }
        new.extend(self.kept.announced.clone());
        let known = self.kept.status.clone().or_else(|| self.connection.status.clone()).unwrap_or_default();
        let status = api::ZoomConnectionStatus { spent: translate::ledger_out(&self.spending_with(&new)), ..known };
        let uid = self.connection.metadata.uid.clone().unwrap_or_default();
        self.context.cluster.write_connection_status(&self.key, &uid, &status).await?;
        self.kept.status = Some(status);
        self.kept.announced = new;
        Ok(())
    }

    /// The people of the records that may run now without a human's word and are not noted yet.
    fn about_to_spend(&self, plan: &Plan, snapshot: &Snapshot) -> HashMap<Box<str>, (Class, usize, Timestamp)> {
        let changes: HashMap<&str, &RecordChange> = plan.changes.iter().map(|change| (&*change.name, change)).collect();
        let new: HashMap<&str, _> = plan.new_records.iter().map(|record| (record.name.as_str(), record)).collect();
        let spends = |name: &str| {
            let change = changes.get(name);
            if change.is_some_and(|change| change.reason == RecordReason::Approved) {
                return None;
            }
            // What a deletion concerns may be known only after its record was written.
            let counted = change.map_or(0, |change| change.people);
            if let Some(new) = new.get(name) {
                return new.source.is_some().then(|| (new.class, new.subject.count().max(counted)));
            }
            let removal = snapshot.removals.get(&ObjectKey::new(self.key.namespace.clone(), name))?;
            let record = removal.record.as_ref().ok().filter(|record| record.is_unasked())?;
            (!self.kept.noted.contains(&removal.uid)).then(|| (record.class, record.people().max(counted)))
        };
        let now = translate::whole_seconds(Timestamp::now());
        let running = plan.running.iter().filter_map(|name| Some((name.clone(), spends(name)?)));
        running.map(|(name, (class, people))| (name, (class, people, now))).collect()
    }

    /// What was spent, and what may be while it is not known how it ended.
    pub(super) fn spending(&self) -> Ledger {
        self.spending_with(&self.kept.announced)
    }

    /// What was spent, with what may be of records that were told that they may run.
    pub(super) fn spending_of_running(&self) -> Ledger {
        let mut running = self.kept.announced.clone();
        running.retain(|name, _| self.is_running(name));
        self.spending_with(&running)
    }

    fn is_running(&self, name: &str) -> bool {
        let removal = self.context.index.removal(&ObjectKey::new(self.key.namespace.clone(), name));
        removal.is_some_and(|removal| removal.status.phase == Some(api::Phase::Running))
    }

    fn spending_with(&self, announced: &HashMap<Box<str>, (Class, usize, Timestamp)>) -> Ledger {
        let mut spending = self.kept.ledger.clone().unwrap_or_default();
        for (class, people, at) in announced.values() {
            spending.note(*class, *people, *at, self.policy.guard.window);
        }
        spending
    }

    /// Notes once that a record took something without a human's word.
    pub(super) fn note_spent(&mut self, record: &Record, removal: &Removal) {
        self.kept.announced.remove(&record.name);
        if record.is_unasked() && self.kept.noted.insert(removal.uid.clone()) {
            let window = self.policy.guard.window;
            let since = Timestamp::now().checked_sub(window).unwrap_or(Timestamp::MIN);
            let others = self.context.index.removals(&self.key);
            let others: Vec<&Record> = others.iter().filter_map(|removal| removal.record.as_deref().ok()).collect();
            let people = record.people_anew(&others, since);
            self.kept.spend(record.class, people, window);
        }
    }

    /// Forgets what was announced and did not run, and records that are gone.
    pub(super) fn settle_spending(&mut self, snapshot: &Snapshot) {
        let mut announced = std::mem::take(&mut self.kept.announced);
        announced.retain(|name, _| self.is_running(name));
        self.kept.announced = announced;
        let present: std::collections::HashSet<&str> =
            snapshot.removals.values().map(|removal| removal.uid.as_str()).collect();
        self.kept.noted.retain(|uid| present.contains(&**uid));
    }
}
