//! The step that writes to Zoom, for groups, roles and contact groups: calls one after the other, many people in each.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};
use zoom_account::{Account, Error, GroupApplied, Scope};
use zoom_core::{
    Act, Asked, ContactOperation, Desired, Email, GroupOperation, MemberRefusal, ObjectKey, Plan, Refused,
    RoleOperation, ThingRefusal,
};

use super::{
    apply::{Turn, retry_at, tracking},
    cluster::ClusterError,
    events::About,
    index::{Named, Snapshot, Thing},
    pass::{Applied, Pass},
    status::named as status,
};

/// How long a person whom Zoom refused is not asked again without an edit.
const PATIENCE_WITH_PEOPLE: SignedDuration = SignedDuration::from_hours(6);

/// How often groups say how far they are while their calls run.
const REPORT_EVERY: Duration = Duration::from_secs(2);

/// What Zoom refused groups, roles and contact groups, by the uid of the object: a later object of the same name starts
/// afresh.
#[derive(Default)]
pub(super) struct GroupRefusals {
    things: BTreeMap<Box<str>, ThingRefusal>,
    people: BTreeMap<Box<str>, Arc<Refused>>,
}

impl GroupRefusals {
    /// Reminds the wishes.
    pub(super) fn remind(&self, desired: &mut Desired) {
        for wish in &mut desired.groups {
            wish.memory.refusal = self.things.get(&wish.object.uid).cloned();
            wish.refused = self.people.get(&wish.object.uid).cloned().unwrap_or_default();
        }
        for wish in &mut desired.roles {
            wish.memory.refusal = self.things.get(&wish.object.uid).cloned();
        }
        for wish in &mut desired.contact_groups {
            wish.memory.refusal = self.things.get(&wish.object.uid).cloned();
            wish.refused = self.people.get(&wish.object.uid).cloned().unwrap_or_default();
        }
    }

    /// Forgets objects that are gone.
    pub(super) fn retain(&mut self, snapshot: &Snapshot) {
        let groups = snapshot.groups.values().map(|thing| thing.uid.as_str());
        let roles = snapshot.roles.values().map(|thing| thing.uid.as_str());
        let contact_groups = snapshot.contact_groups.values().map(|thing| thing.uid.as_str());
        let uids: std::collections::HashSet<&str> = groups.chain(roles).chain(contact_groups).collect();
        self.things.retain(|uid, _| uids.contains(&**uid));
        self.people.retain(|uid, _| uids.contains(&**uid));
    }

    pub(super) fn note(
        &mut self,
        uid: &str,
        generation: i64,
        act: Act,
        refused: impl IntoIterator<Item = (Asked, Box<str>)>,
        now: Timestamp,
    ) {
        let people = Arc::make_mut(self.people.entry(uid.into()).or_default());
        let retry_at = now.saturating_add(PATIENCE_WITH_PEOPLE).unwrap_or(Timestamp::MAX);
        people.retain(|_, refusal| refusal.generation == generation && refusal.retry_at > now);
        people.extend(
            refused.into_iter().map(|(asked, message)| ((act, asked), MemberRefusal { generation, retry_at, message })),
        );
    }
}

/// What a listing must cover for these objects.
pub(super) fn scope(snapshot: &Snapshot) -> Scope {
    let contact_groups = !snapshot.contact_groups.is_empty();
    Scope { groups: contact_groups || !snapshot.groups.is_empty(), contact_groups, seats: false }
}

/// One call about a group, role or contact group.
#[derive(Clone, Debug)]
pub(super) enum Call {
    Group(GroupOperation),
    Role(RoleOperation),
    Contact(ContactOperation),
}

impl Call {
    pub(super) async fn make(&self, account: &mut Account) -> Result<GroupApplied, Error> {
        match self {
            Self::Group(operation) => account.apply_group(operation).await,
            Self::Role(operation) => account.apply_role(operation).await.map(|()| GroupApplied::default()),
            Self::Contact(operation) => account.apply_contact_group(operation).await,
        }
    }

    fn done(&self) -> Option<&'static str> {
        match self {
            Self::Group(operation) => operation.done(),
            Self::Role(operation) => operation.done(),
            Self::Contact(operation) => operation.done(),
        }
    }

    /// What somebody was asked into or out of.
    fn act(&self) -> Act {
        match self {
            Self::Group(GroupOperation::AddAdmins(..)) => Act::Administer,
            Self::Group(GroupOperation::SetPrimary(..)) => Act::Prefer,
            Self::Group(GroupOperation::RemoveMember(..)) | Self::Contact(ContactOperation::Remove(..)) => Act::Leave,
            Self::Group(GroupOperation::RemoveAdmin(..)) => Act::Resign,
            Self::Group(_) | Self::Role(_) | Self::Contact(_) => Act::Join,
        }
    }

    /// Who was asked out, where it is one person.
    pub(super) fn leaver(&self) -> Option<(Act, &Email)> {
        match self {
            Self::Group(GroupOperation::RemoveMember(_, person)) => Some((self.act(), &person.email)),
            Self::Group(GroupOperation::RemoveAdmin(_, email)) => Some((self.act(), email)),
            Self::Group(_) | Self::Role(_) | Self::Contact(_) => None,
        }
    }

    /// Whether all of a full batch of people were refused: that is more likely about the thing than about each of them.
    fn is_refused_whole(&self, refused: usize) -> bool {
        match self {
            Self::Group(GroupOperation::AddMembers(..)) => refused == GroupOperation::MEMBERS,
            Self::Group(GroupOperation::AddAdmins(..)) => refused == GroupOperation::ADMINS,
            Self::Contact(ContactOperation::Add(..)) => refused == ContactOperation::USERS,
            Self::Group(_) | Self::Role(_) | Self::Contact(_) => false,
        }
    }

    /// Whether something came of it although so many people were refused.
    fn did_something(&self, refused: usize) -> bool {
        match self {
            Self::Group(GroupOperation::AddMembers(_, people) | GroupOperation::AddAdmins(_, people)) => {
                refused < people.len()
            }
            Self::Contact(ContactOperation::Add(_, members)) => refused < members.len(),
            Self::Group(_) | Self::Role(_) | Self::Contact(_) => refused == 0,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(operation) => operation.fmt(f),
            Self::Role(operation) => operation.fmt(f),
            Self::Contact(operation) => operation.fmt(f),
        }
    }
}

impl Pass<'_> {
    /// Carries out what the plan lets run for roles now, before people are given them; nothing if there is nothing to do.
    pub(super) async fn apply_roles(
        &mut self,
        plan: &Plan,
        snapshot: &Snapshot,
    ) -> Result<Option<Applied>, ClusterError> {
        let mut did_something = false;
        for planned in plan.roles.iter().filter(|planned| planned.runnable) {
            let Some(thing) = snapshot.roles.get(&planned.object) else { continue };
            let announced = planned.creates().then(|| status::role_announced(thing, planned, Timestamp::now()));
            let calls: Vec<Call> = planned.operations.iter().cloned().map(Call::Role).collect();
            match self.run_thing(&planned.object, thing, announced.as_ref(), &calls, snapshot).await? {
                Turn::Over | Turn::PlanAgain => did_something = true,
                Turn::Account(trouble) => return Ok(Some(self.give_up(trouble))),
                Turn::Stopped => return Ok(Some(Applied::Stopped)),
            }
        }
        Ok(did_something.then_some(Applied::PlanAgain))
    }

    /// The same for groups, and then for contact groups, in which groups may be.
    pub(super) async fn apply_groups(
        &mut self,
        plan: &Plan,
        snapshot: &Snapshot,
    ) -> Result<Option<Applied>, ClusterError> {
        if self.is_report_due() {
            self.reported_at = Instant::now();
            self.report_groups(plan, snapshot).await?;
        }
        let mut did_something = false;
        for look in &plan.looks {
            let Some(account) = &mut self.kept.account else { break };
            match account.apply_contact_group(&ContactOperation::Read(look.clone())).await {
                Ok(_) => did_something = true,
                Err(error) if error.is_withheld() => return Ok(Some(Applied::Stopped)),
                Err(error) => {
                    warn!(contact_group = %look.name, error = %error, tracking = tracking(&error), "cannot be read");
                    if let Some(trouble) = self.account_trouble(&error) {
                        return Ok(Some(self.give_up(trouble)));
                    }
                }
            }
        }
        for planned in plan.groups.iter().filter(|planned| planned.runnable) {
            let Some(thing) = snapshot.groups.get(&planned.object) else { continue };
            // A mere look at the administrators is nothing to write down.
            let adds = planned.adding().next().is_some() || planned.adding_admins().next().is_some();
            let announced =
                (adds || planned.creates()).then(|| status::group_announced(thing, planned, Timestamp::now()));
            let calls: Vec<Call> = planned.operations.iter().cloned().map(Call::Group).collect();
            match self.run_thing(&planned.object, thing, announced.as_ref(), &calls, snapshot).await? {
                Turn::Over | Turn::PlanAgain => did_something = true,
                Turn::Account(trouble) => return Ok(Some(self.give_up(trouble))),
                Turn::Stopped => return Ok(Some(Applied::Stopped)),
            }
            if self.is_outdated() || self.is_overtaken(snapshot) || self.is_report_due() {
                return Ok(Some(Applied::PlanAgain));
            }
        }
        if did_something {
            return Ok(Some(Applied::PlanAgain));
        }
        for planned in plan.contact_groups.iter().filter(|planned| planned.runnable) {
            let Some(thing) = snapshot.contact_groups.get(&planned.object) else { continue };
            let adds = planned.adding().next().is_some();
            let announced =
                (adds || planned.creates()).then(|| status::contact_group_announced(thing, planned, Timestamp::now()));
            let calls: Vec<Call> = planned.operations.iter().cloned().map(Call::Contact).collect();
            match self.run_thing(&planned.object, thing, announced.as_ref(), &calls, snapshot).await? {
                Turn::Over | Turn::PlanAgain => did_something = true,
                Turn::Account(trouble) => return Ok(Some(self.give_up(trouble))),
                Turn::Stopped => return Ok(Some(Applied::Stopped)),
            }
        }
        Ok(did_something.then_some(Applied::PlanAgain))
    }

    /// Many groups take minutes: meanwhile they say how far they are.
    fn is_report_due(&self) -> bool {
        self.reported_at.elapsed() > REPORT_EVERY
    }

    /// One object's turn, a call after the other: what it is about to do is written down first. It ends early when
    /// something else is wanted by now.
    async fn run_thing<K: Named>(
        &mut self,
        key: &ObjectKey,
        thing: &Thing<K>,
        announced: Option<&K::Status>,
        calls: &[Call],
        snapshot: &Snapshot,
    ) -> Result<Turn, ClusterError> {
        if !self.context.may_write() {
            return Ok(Turn::Stopped);
        }
        if !thing.has_finalizer && !self.context.cluster.add_finalizer::<Thing<K>>(key, &thing.uid).await? {
            return Ok(Turn::Over);
        }
        if let Some(announced) = announced {
            self.context.cluster.write_named_status::<K>(key, &thing.uid, announced).await?;
        }
        let about = About { key: key.clone(), uid: thing.uid.clone() };
        let mut begun = false;
        for call in calls {
            if !self.context.may_write() {
                return Ok(Turn::Stopped);
            }
            // One call at least, or a stream of edits could keep everybody out for ever.
            if self.is_outdated() || (begun && self.is_overtaken(snapshot)) {
                return Ok(Turn::Over);
            }
            begun = true;
            let Some(account) = &mut self.kept.account else { break };
            info!(object = %key, operation = %call, "applying");
            match call.make(account).await {
                Ok(GroupApplied { refused: _, was_there: true }) => {
                    self.kept.outages = 0;
                    self.take_back_creation(key, thing).await?;
                    return Ok(Turn::PlanAgain);
                }
                Ok(GroupApplied { refused, was_there: false }) => {
                    self.kept.outages = 0;
                    self.kept.group_refusals.things.remove(&*thing.uid);
                    let count = refused.len();
                    if let Some(done) = call.done().filter(|_| call.did_something(count)) {
                        self.context.events.done::<K>(&about, done, &call.to_string());
                    }
                    let refusals = &mut self.kept.group_refusals;
                    refusals.note(&thing.uid, thing.generation, call.act(), refused, Timestamp::now());
                    if call.is_refused_whole(count) {
                        break;
                    }
                }
                Err(error) if error.is_withheld() => return Ok(Turn::Stopped),
                Err(error) => {
                    if error.created_nothing() {
                        self.take_back_creation(key, thing).await?;
                    }
                    self.refuse_thing(key, &thing.uid, thing.generation, &error);
                    return Ok(self.account_trouble(&error).map_or(Turn::Over, Turn::Account));
                }
            }
        }
        Ok(Turn::Over)
    }

    /// What was to be made was not made here: whatever has its name now or later is somebody else's. The status says again
    /// what it said before.
    async fn take_back_creation<K: Named>(&self, key: &ObjectKey, thing: &Thing<K>) -> Result<(), ClusterError> {
        self.context.cluster.write_named_status::<K>(key, &thing.uid, &thing.status).await
    }

    fn refuse_thing(&mut self, key: &ObjectKey, uid: &str, generation: i64, error: &Error) {
        warn!(object = %key, error = %error, tracking = tracking(error), "Zoom refused");
        let refusals = &mut self.kept.group_refusals.things;
        let earlier = refusals.get(uid).map_or(0, |refusal| refusal.attempts);
        let refusal = ThingRefusal {
            generation,
            attempts: earlier.saturating_add(1),
            retry_at: retry_at(error.retry(), earlier, Timestamp::now()),
            reason: error.reason(),
            message: error.to_string(),
        };
        refusals.insert(uid.into(), refusal);
    }
}
