//! The step that puts people back into the groups that they were in before they were deactivated.

use jiff::Timestamp;
use tracing::{info, warn};
use zoom_account::{GroupApplied, Retry};
use zoom_client::ErrorKind;
use zoom_core::{Asked, FormerGroup, GroupId, ObjectKey, Plan, Reason, Rejoin};
use zoom_operator_api as api;

use super::{
    apply::{retry_at, tracking},
    cluster::ClusterError,
    events::About,
    index::Snapshot,
    pass::{Applied, Pass},
    removing::REPEATS,
};

impl Pass<'_> {
    /// Carries out what the plan says of people who are back; nothing if there is nothing to do now.
    pub(super) async fn rejoin(&mut self, plan: &Plan, snapshot: &Snapshot) -> Result<Option<Applied>, ClusterError> {
        let mut did_something = false;
        for rejoin in &plan.rejoins {
            let Some(group) = &rejoin.group.id else { continue };
            if self.kept.rejoin_retries.get(group).is_some_and(|(_, at)| *at > Timestamp::now()) {
                continue;
            }
            if !self.context.may_write() {
                return Ok(Some(Applied::Stopped));
            }
            if self.is_outdated() || self.is_overtaken(snapshot) {
                return Ok(Some(Applied::PlanAgain));
            }
            let Some(account) = &mut self.kept.account else { break };
            let operation = rejoin.operation();
            info!(group = rejoin.group.name, %operation, "applying");
            match account.apply_group(&operation).await {
                Ok(GroupApplied { refused, was_there: _ }) => {
                    self.kept.outages = 0;
                    self.kept.rejoin_retries.remove(group);
                    did_something = true;
                    self.tell_rejoined(rejoin, group, &refused).await?;
                }
                Err(error) if error.is_withheld() => return Ok(Some(Applied::Stopped)),
                Err(error) => {
                    warn!(group = rejoin.group.name, error = %error, tracking = tracking(&error), "Zoom refused");
                    // What only groups need may be missing in an account whose people are managed well without it.
                    let of_groups = error.client().is_some_and(|error| {
                        matches!(
                            error.kind(),
                            ErrorKind::MissingScopes { .. } | ErrorKind::PlanUnsupported | ErrorKind::AccessDenied
                        )
                    });
                    let retry = if of_groups { Retry::Rarely } else { error.retry() };
                    if !of_groups && let Some(trouble) = self.account_trouble(&error) {
                        return Ok(Some(self.give_up(trouble)));
                    }
                    let earlier = self.kept.rejoin_retries.get(group).map_or(0, |(attempts, _)| *attempts);
                    let gone = error.reason() == Reason::RemovedInZoom;
                    // One answer that a group is gone is no proof, and it is forgotten for good.
                    if (gone && earlier >= REPEATS) || (!gone && error.retry() == Retry::AfterEdit) {
                        did_something = true;
                        self.kept.rejoin_retries.remove(group);
                        for (object, _) in &rejoin.people {
                            self.give_up_group(object, group, &rejoin.group.name, &error.to_string()).await?;
                        }
                        continue;
                    }
                    let retry = if gone { Retry::Soon } else { retry };
                    let at = retry_at(retry, earlier, Timestamp::now());
                    self.kept.rejoin_retries.insert(group.clone(), (earlier.saturating_add(1), at));
                }
            }
        }
        Ok(did_something.then_some(Applied::PlanAgain))
    }

    /// Who is in is known from the directory by now, and whom Zoom did not take is told so.
    async fn tell_rejoined(
        &self,
        rejoin: &Rejoin,
        group: &GroupId,
        refused: &[(Asked, Box<str>)],
    ) -> Result<(), ClusterError> {
        for (object, person) in &rejoin.people {
            let asked = Asked::Person(person.email.clone());
            match refused.iter().find(|(refused, _)| *refused == asked) {
                Some((_, why)) => self.give_up_group(object, group, &rejoin.group.name, why).await?,
                None => {
                    let Some(user) = self.context.index.user(object) else { continue };
                    let about = About { key: object.clone(), uid: user.uid().to_owned() };
                    let note = format!("is in the group {:?} again, as before", rejoin.group.name);
                    self.context.events.done::<api::ZoomUser>(&about, "GroupRestored", &note);
                }
            }
        }
        Ok(())
    }

    /// Zoom does not take somebody into a group: said once, and forgotten.
    async fn give_up_group(
        &self,
        object: &ObjectKey,
        group: &GroupId,
        name: &str,
        why: &str,
    ) -> Result<(), ClusterError> {
        let Some(user) = self.context.index.user(object) else { return Ok(()) };
        let mut new = user.status();
        new.restore_groups.retain(|former| former.id != group.as_str());
        let former = FormerGroup { id: group.clone(), name: Some(name.into()) };
        self.tell_not_restored(&About { key: object.clone(), uid: user.uid().to_owned() }, &former, why);
        self.context.cluster.write_user_status(object, user.uid(), &new).await
    }

    /// Says that somebody does not get back into a group.
    pub(super) fn tell_not_restored(&self, about: &About, group: &FormerGroup, why: &str) {
        let note = format!("was in the group {:?} before and is not put back into it: {why}", group.label());
        self.context.events.warning::<api::ZoomUser>(about, "GroupNotRestored", &note);
    }
}
