//! Reports on groups, roles and contact groups.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use zoom_core::{GroupPlan, ObjectKey, Plan, Reason, Standing, Verdict};
use zoom_operator_api as api;

use crate::operator::{
    cluster::{ClusterError, tolerate},
    events::About,
    index::{Named, Snapshot, Thing},
    pass::Pass,
    status::named as status,
};

impl Pass<'_> {
    /// Says of every group, role and contact group how it stands.
    pub(super) async fn report_named(&self, plan: &Plan, snapshot: &Snapshot) -> Result<(), ClusterError> {
        self.report_groups(plan, snapshot).await?;
        for planned in &plan.roles {
            if let Some(thing) = snapshot.roles.get(&planned.object) {
                let verdict = self.as_far_as_connected(&planned.verdict);
                let new = status::role(thing, planned, &verdict, self.adopts(), Timestamp::now());
                tolerate(self.report_thing(&planned.object, thing, &verdict, &new).await)?;
            }
        }
        for planned in &plan.contact_groups {
            if let Some(thing) = snapshot.contact_groups.get(&planned.object) {
                let verdict = self.as_far_as_connected(&planned.verdict);
                let new = status::contact_group(thing, planned, &verdict, self.adopts(), Timestamp::now());
                tolerate(self.report_thing(&planned.object, thing, &verdict, &new).await)?;
            }
        }
        self.report_misfits(snapshot).await
    }

    /// Says of every group how it stands.
    pub(in crate::operator) async fn report_groups(
        &self,
        plan: &Plan,
        snapshot: &Snapshot,
    ) -> Result<(), ClusterError> {
        for planned in &plan.groups {
            if let Some(thing) = snapshot.groups.get(&planned.object) {
                tolerate(self.report_group(thing, planned).await)?;
            }
        }
        Ok(())
    }

    /// Says of a group how it stands, its finalizer first if it is now ours.
    pub(in crate::operator) async fn report_group(
        &self,
        thing: &Thing<api::ZoomGroup>,
        planned: &GroupPlan,
    ) -> Result<(), ClusterError> {
        let verdict = self.as_far_as_connected(&planned.verdict);
        let new = status::group(thing, planned, &verdict, self.adopts(), Timestamp::now());
        self.report_thing(&planned.object, thing, &verdict, &new).await
    }

    async fn report_thing<K: Named>(
        &self,
        object: &ObjectKey,
        thing: &Thing<K>,
        verdict: &Verdict,
        new: &K::Status,
    ) -> Result<(), ClusterError> {
        if self.is_too_early(verdict) {
            return Ok(());
        }
        self.write_named(object, thing, verdict, new).await
    }

    /// Says of every object that this version cannot understand that it does not; one that is being deleted is let go.
    async fn report_misfits(&self, snapshot: &Snapshot) -> Result<(), ClusterError> {
        self.report_misfits_of::<api::ZoomGroup>(&snapshot.groups).await?;
        self.report_misfits_of::<api::ZoomRole>(&snapshot.roles).await?;
        self.report_misfits_of::<api::ZoomContactGroup>(&snapshot.contact_groups).await
    }

    async fn report_misfits_of<K: Named>(
        &self,
        things: &BTreeMap<ObjectKey, Arc<Thing<K>>>,
    ) -> Result<(), ClusterError> {
        for (object, thing) in things {
            let Err(misfit) = &thing.wish else { continue };
            let message = format!(
                "this version of the operator does not understand the object and does nothing for it: {}",
                misfit.problem
            );
            let verdict = Verdict::new(Reason::Unreadable, message);
            let new = status::without_plan(thing, &verdict, Timestamp::now());
            tolerate(self.write_named(object, thing, &verdict, &new).await)?;
            if thing.deleting && thing.has_finalizer && self.context.may_write() {
                tolerate(self.context.cluster.remove_finalizer::<Thing<K>>(object, &thing.uid).await)?;
            }
        }
        Ok(())
    }

    /// Adds the finalizer if the object speaks for something, writes a status if it differs, and warns when the object becomes
    /// stalled.
    pub(in crate::operator) async fn write_named<K: Named>(
        &self,
        object: &ObjectKey,
        thing: &Thing<K>,
        verdict: &Verdict,
        new: &K::Status,
    ) -> Result<(), ClusterError> {
        if !thing.is_legible || !self.context.may_write() {
            return Ok(());
        }
        // Also where nothing differs: a release took the finalizers off.
        let ours =
            K::head(&mut new.clone()).origin.is_some() && !thing.has_finalizer && !thing.deleting && self.adopts();
        if ours && !self.context.cluster.add_finalizer::<Thing<K>>(object, &thing.uid).await? {
            return Ok(());
        }
        if !status::differs::<K>(&thing.status, new) {
            return Ok(());
        }
        self.context.cluster.write_named_status::<K>(object, &thing.uid, new).await?;
        let reason = verdict.reason.to_string();
        let known = K::head(&mut thing.status.clone()).conditions.iter().any(|condition| condition.reason == reason);
        if verdict.reason.standing() == Standing::Stalled && !known {
            let about = About { key: object.clone(), uid: thing.uid.clone() };
            self.context.events.warning::<K>(&about, &reason, &verdict.message);
        }
        Ok(())
    }
}
