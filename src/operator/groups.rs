//! The step that writes to Zoom, for groups, roles and contact groups: calls one after the other, many people in each.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tracing::{info, warn};
use zoom_account::{Account, Error, GroupApplied, Retry, Scope};
use zoom_core::{
    Act, Asked, ContactOperation, ContactRef, Desired, DesiredContactGroup, DesiredGroup, DesiredRole, Directory,
    Email, GroupOperation, GroupRef, MemberRefusal, ObjectKey, Plan, Reason, Refused, RoleOperation, ThingKind,
    ThingRefusal,
};

use super::{
    apply::{LOOK_AGAIN, Turn, retry_at, tracking},
    cluster::{ClusterError, tolerate},
    events::About,
    index::{Named, Snapshot, Thing},
    pass::{Applied, Pass},
    status::named::Planned,
    trouble::Trouble,
};

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
    pub(super) fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        self.things.retain(|uid, _| is_there(uid));
        self.people.retain(|uid, _| is_there(uid));
    }

    /// Forgets what was refused one object, so that it is asked for again.
    fn forget(&mut self, uid: &str) {
        self.things.remove(uid);
        self.people.remove(uid);
    }

    /// Notes whom Zoom refused something. They are asked again by themselves, ever more rarely: what only one answer said
    /// may be gone with the next.
    pub(super) fn note(
        &mut self,
        uid: &str,
        generation: i64,
        act: Act,
        refused: impl IntoIterator<Item = (Asked, Box<str>)>,
        now: Timestamp,
    ) {
        let people = Arc::make_mut(self.people.entry(uid.into()).or_default());
        people.retain(|_, refusal| refusal.generation == generation);
        for (asked, message) in refused {
            let whom = (act, asked);
            let earlier = people.get(&whom).map_or(0, |refusal| refusal.attempts);
            let retry_at = retry_at(Retry::Rarely, earlier, now);
            people.insert(whom, MemberRefusal { generation, attempts: earlier.saturating_add(1), retry_at, message });
        }
    }
}

/// What a listing must cover for these objects, and for what is still to be taken for one that is gone.
pub(super) fn scope(snapshot: &Snapshot) -> Scope {
    let records = snapshot.removals.values().filter_map(|removal| removal.record.as_ref().ok());
    let open: Vec<ThingKind> = records
        .filter(|record| record.phase.is_open())
        .filter_map(|record| record.leaving().map(|leaving| leaving.thing.kind))
        .collect();
    let contact_groups = !snapshot.contact_groups.is_empty() || open.contains(&ThingKind::ContactGroup);
    let groups = contact_groups || !snapshot.groups.is_empty() || open.contains(&ThingKind::Group);
    Scope { groups, contact_groups, seats: false }
}

/// What a requested look at a group asks of Zoom: as much as its object declares.
fn looks_at_group(wish: &DesiredGroup, directory: &Directory) -> Vec<Call> {
    let Some(group) = wish.memory.id.as_ref().and_then(|id| directory.group(id)) else { return Vec::new() };
    let group = GroupRef { id: Some(group.id.clone()), name: group.name.clone() };
    let members = wish.members.as_ref().map(|_| GroupOperation::ReadMembers(group.clone()));
    let admins = wish.admins.as_ref().map(|_| GroupOperation::ReadAdmins(group));
    members.into_iter().chain(admins).map(Call::Group).collect()
}

/// The same at a role.
fn looks_at_role(wish: &DesiredRole, directory: &Directory) -> Vec<Call> {
    let known = wish.memory.id.as_ref().filter(|id| directory.roles().iter().any(|role| role.id == **id));
    let known = known.filter(|_| wish.privileges.is_some());
    known.map(|id| Call::Role(RoleOperation::Read(id.clone()))).into_iter().collect()
}

/// The same at a contact group.
fn looks_at_contact_group(wish: &DesiredContactGroup, directory: &Directory) -> Vec<Call> {
    let known = wish.memory.id.as_ref().and_then(|id| directory.contact_group(id)).filter(|_| wish.members.is_some());
    let reference = known.map(|group| ContactRef { id: Some(group.id.clone()), name: group.name.clone() });
    reference.map(|reference| Call::Contact(ContactOperation::Read(reference))).into_iter().collect()
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

/// What came of a requested look.
enum Looked {
    Done,
    /// Zoom did not answer.
    NotNow,
    /// The whole account is concerned.
    Account,
}

impl Pass<'_> {
    /// Looks at what the objects of groups, roles and contact groups ask to be looked at, and forgets what was refused them,
    /// as [`Pass::read_requested`] does for people.
    pub(super) async fn look_requested(&mut self, snapshot: &Snapshot) -> Option<Duration> {
        // Before the first listing nothing is found that could be looked at.
        if !self.is_usable() {
            return None;
        }
        let groups = self.look_at_each(&snapshot.groups, looks_at_group, snapshot).await;
        let roles = self.look_at_each(&snapshot.roles, looks_at_role, snapshot).await;
        let contact_groups = self.look_at_each(&snapshot.contact_groups, looks_at_contact_group, snapshot).await;
        [groups, roles, contact_groups].into_iter().flatten().min()
    }

    async fn look_at_each<K: Named>(
        &mut self,
        things: &BTreeMap<ObjectKey, Arc<Thing<K>>>,
        looks: fn(&K::Wish, &Directory) -> Vec<Call>,
        snapshot: &Snapshot,
    ) -> Option<Duration> {
        let mut later = None;
        for (object, thing) in things {
            let (Ok(wish), Some(request)) = (&thing.wish, &thing.requested_at) else { continue };
            let reported = K::head(&mut thing.status.clone()).last_handled_requested_at.take();
            if [self.kept.answered.get(&*thing.uid), reported.as_ref()].contains(&Some(request)) {
                continue;
            }
            if !self.goes_on(snapshot) {
                return Some(Duration::ZERO);
            }
            match self.look_at(object, &looks(wish, self.directory())).await {
                Looked::Done => {
                    self.kept.group_refusals.forget(&thing.uid);
                    self.kept.answered.insert(thing.uid.as_str().into(), request.clone());
                }
                Looked::NotNow => later = Some(LOOK_AGAIN),
                Looked::Account => return Some(LOOK_AGAIN),
            }
        }
        later
    }

    /// What Zoom refuses to show is answered with that, too.
    async fn look_at(&mut self, object: &ObjectKey, calls: &[Call]) -> Looked {
        for call in calls {
            let Some(account) = &mut self.kept.account else { return Looked::Account };
            let Err(error) = call.make(account).await else { continue };
            warn!(%object, operation = %call, %error, "a requested look failed");
            if error.is_withheld() || Trouble::of(&error).is_some() {
                return Looked::Account;
            }
            if error.reason() == Reason::ZoomUnavailable {
                return Looked::NotNow;
            }
        }
        Looked::Done
    }

    /// Carries out what the plan lets run for roles now, before people are given them; nothing if there is nothing to do.
    pub(super) async fn apply_roles(
        &mut self,
        plan: &Plan,
        snapshot: &Snapshot,
    ) -> Result<Option<Applied>, ClusterError> {
        self.run_things(&plan.roles, &snapshot.roles, snapshot).await
    }

    /// The same for groups, and then for contact groups, in which groups may be.
    pub(super) async fn apply_groups(
        &mut self,
        plan: &Plan,
        snapshot: &Snapshot,
    ) -> Result<Option<Applied>, ClusterError> {
        self.report_progress(plan, snapshot).await?;
        let looked = self.look_for_records(plan).await;
        match self.run_things(&plan.groups, &snapshot.groups, snapshot).await? {
            Some(applied) => return Ok(Some(applied)),
            None if looked.is_some() => return Ok(looked),
            None => {}
        }
        self.run_things(&plan.contact_groups, &snapshot.contact_groups, snapshot).await
    }

    /// Reads the contact groups whose deletion waits until it is known whom it concerns.
    async fn look_for_records(&mut self, plan: &Plan) -> Option<Applied> {
        let mut looked = None;
        for look in &plan.looks {
            let Some(account) = &mut self.kept.account else { break };
            match account.apply_contact_group(&ContactOperation::Read(look.clone())).await {
                Ok(_) => looked = Some(Applied::PlanAgain),
                Err(error) if error.is_withheld() => return Some(Applied::Stopped),
                Err(error) => {
                    warn!(contact_group = %look.name, error = %error, tracking = tracking(&error), "cannot be read");
                    if let Some(trouble) = self.account_trouble(&error) {
                        return Some(self.give_up(trouble));
                    }
                }
            }
        }
        looked
    }

    /// Gives every object of a kind its turn; nothing if none had anything to do.
    async fn run_things<P: Planned>(
        &mut self,
        plans: &[P],
        things: &BTreeMap<ObjectKey, Arc<Thing<P::Kind>>>,
        snapshot: &Snapshot,
    ) -> Result<Option<Applied>, ClusterError> {
        let mut did_something = false;
        for planned in plans.iter().filter(|planned| planned.is_runnable()) {
            let Some(thing) = things.get(planned.object()) else { continue };
            let announced = planned.announced(thing, Timestamp::now());
            let turn = self.run_thing(planned.object(), thing, announced.as_ref(), &planned.calls(), snapshot).await;
            match tolerate(turn)? {
                Some(Turn::Over | Turn::PlanAgain) => did_something = true,
                Some(Turn::Account(trouble)) => return Ok(Some(self.give_up(trouble))),
                Some(Turn::Stopped) => return Ok(Some(Applied::Stopped)),
                None => {}
            }
            if self.is_outdated() || self.is_overtaken(snapshot) || (did_something && self.is_report_due()) {
                return Ok(Some(Applied::PlanAgain));
            }
        }
        Ok(did_something.then_some(Applied::PlanAgain))
    }

    /// Many groups take minutes: meanwhile they say how far they are.
    async fn report_progress(&mut self, plan: &Plan, snapshot: &Snapshot) -> Result<(), ClusterError> {
        if self.is_report_due() {
            self.reported_at = Instant::now();
            self.report_things(&plan.groups, &snapshot.groups, snapshot).await?;
        }
        Ok(())
    }

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
