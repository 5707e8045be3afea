//! Reports on groups, roles and contact groups.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use zoom_core::{ObjectKey, Plan, Reason, Standing, Verdict};

use crate::operator::{
    bulk,
    cluster::{ClusterError, tolerate},
    events::About,
    index::{Named, Snapshot, Thing},
    pass::Pass,
    status::named::{self as status, Finding, Planned},
};

/// A new status that differs from the one before.
type News<'a, K> = (&'a ObjectKey, &'a Thing<K>, Verdict, <K as Named>::Status);

impl Pass<'_> {
    /// Says of every group, role and contact group how it stands. Returns whether it did: it stops when something else is
    /// wanted.
    pub(super) async fn report_named(&self, plan: &Plan, snapshot: &Snapshot) -> Result<bool, ClusterError> {
        Ok(self.report_things(&plan.groups, &snapshot.groups, snapshot).await?
            && self.report_things(&plan.roles, &snapshot.roles, snapshot).await?
            && self.report_things(&plan.contact_groups, &snapshot.contact_groups, snapshot).await?
            && self.report_misfits(&snapshot.groups, snapshot).await?
            && self.report_misfits(&snapshot.roles, snapshot).await?
            && self.report_misfits(&snapshot.contact_groups, snapshot).await?)
    }

    /// The same of one kind.
    pub(in crate::operator) async fn report_things<P: Planned>(
        &self,
        plans: &[P],
        things: &BTreeMap<ObjectKey, Arc<Thing<P::Kind>>>,
        snapshot: &Snapshot,
    ) -> Result<bool, ClusterError> {
        let news = plans.iter().filter_map(|planned| {
            let thing = things.get(planned.object())?;
            let verdict = self.as_far_as_connected(planned.verdict());
            if self.is_too_early(&verdict) {
                return None;
            }
            let answered = self.kept.answered.get(&*thing.uid).map(String::as_str);
            let finding = Finding { verdict: &verdict, adopts: self.adopts(), answered, now: Timestamp::now() };
            let new = planned.status(thing, &finding);
            Some((planned.object(), &**thing, verdict, new))
        });
        self.write_things(news, snapshot).await
    }

    /// Says of every object that this version cannot understand that it does not; one that is being deleted is let go.
    async fn report_misfits<K: Named>(
        &self,
        things: &BTreeMap<ObjectKey, Arc<Thing<K>>>,
        snapshot: &Snapshot,
    ) -> Result<bool, ClusterError> {
        let misfits = || things.iter().filter_map(|(object, thing)| Some((object, thing, thing.wish.as_ref().err()?)));
        let news = misfits().map(|(object, thing, misfit)| {
            let message = format!(
                "this version of the operator does not understand the object and does nothing for it: {}",
                misfit.problem
            );
            let verdict = Verdict::new(Reason::Unreadable, message);
            let new = status::without_plan(thing, &verdict, Timestamp::now());
            (object, &**thing, verdict, new)
        });
        if !self.write_things(news, snapshot).await? {
            return Ok(false);
        }
        for (object, thing, _) in misfits().filter(|(_, thing, _)| thing.deleting && thing.has_finalizer) {
            if self.context.may_write() {
                tolerate(self.context.cluster.remove_finalizer::<Thing<K>>(object, &thing.uid).await)?;
            }
        }
        Ok(true)
    }

    /// Writes the statuses that differ, several at once.
    async fn write_things<'a, K: Named>(
        &'a self,
        news: impl Iterator<Item = News<'a, K>> + Send + 'a,
        snapshot: &'a Snapshot,
    ) -> Result<bool, ClusterError> {
        let differs = |(_, thing, _, new): &News<'_, K>| {
            let news = status::differs::<K>(&thing.status, new) || self.is_now_our_thing(thing, new);
            thing.is_legible && news
        };
        bulk::each(
            news.filter(move |news| differs(news)),
            bulk::at_least_one(|| self.may_go_on(), || self.goes_on(snapshot)),
            |(object, thing, verdict, new)| async move {
                self.context.cluster.turns.next().await;
                if self.is_now_our_thing(thing, &new) {
                    self.context.cluster.turns.next().await;
                }
                tolerate(self.write_named(object, thing, &verdict, &new).await).map(drop)
            },
        )
        .await
    }

    /// Whether something is managed from now on, so that the object gets its finalizer.
    fn is_now_our_thing<K: Named>(&self, thing: &Thing<K>, new: &K::Status) -> bool {
        K::head(&mut new.clone()).origin.is_some() && !thing.has_finalizer && !thing.deleting && self.adopts()
    }

    /// Writes a status, the finalizer first if the object now speaks for something, and warns when the object becomes
    /// stalled.
    async fn write_named<K: Named>(
        &self,
        object: &ObjectKey,
        thing: &Thing<K>,
        verdict: &Verdict,
        new: &K::Status,
    ) -> Result<(), ClusterError> {
        if !self.context.may_write()
            || (self.is_now_our_thing(thing, new)
                && !self.context.cluster.add_finalizer::<Thing<K>>(object, &thing.uid).await?)
        {
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
