//! What the guard watches over is written down before it runs: one record for each person, source and wave.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::{
    Class, Email, GroupId, Lookup, ObjectKey, Operation, PersonRef, Policy, Restore, RoleId, State, Step,
    directory::{Directory, Person},
    input::Input,
    step::{demotion, open_operation},
};

/// How far a record has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString)]
pub enum Phase {
    /// Its wave is still growing.
    Settling,
    /// Somebody has to decide.
    Held,
    /// It waits for its time.
    Scheduled,
    /// It may run.
    Running,
    /// It ran, or there was nothing left to do.
    Done,
    /// It cannot run, and says what to do.
    Refused,
    /// It is not wanted any more.
    Cancelled,
}

impl Phase {
    /// Whether something can still come of it.
    #[must_use]
    pub fn is_open(self) -> bool {
        match self {
            Self::Settling | Self::Held | Self::Scheduled | Self::Running => true,
            Self::Done | Self::Refused | Self::Cancelled => false,
        }
    }
}

/// Why a record is in its phase. The names are an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString, strum::EnumIter)]
pub enum RecordReason {
    /// More may be added to the wave.
    QuietPeriod,
    /// Its time has not come.
    NotBefore,
    /// The wave is larger than what may run without being asked.
    OverLimit,
    /// The connection's `allow` forbids it.
    NotAllowed,
    /// The connection's mode holds removals back.
    RemovalsHeld,
    /// The connection is suspended.
    Suspended,
    /// The listing of the account is not believed.
    Suspicious,
    /// The wave is within its limit.
    WithinLimit,
    /// Somebody approved it.
    Approved,
    /// Somebody wrote the record by hand.
    Requested,
    /// All steps ran and were proved.
    Completed,
    /// Zoom already was as the record wants it.
    AlreadyDone,
    /// A live object claims the person again.
    Reclaimed,
    /// The edit was taken back.
    TakenBack,
    /// The connection's `access` does not cover the object that asked any more.
    NotPermitted,
    /// The object's namespace, or the kind itself, is being deleted: nobody is removed for that.
    Teardown,
    /// The account's owner is never touched.
    Owner,
    /// Nobody else in the account is an active Admin.
    LastAdmin,
    /// The connection protects the person: nothing is taken from them.
    Protected,
    /// A legal hold forbids to unlink or delete the person, whoever approved it.
    LegalHold,
    /// The connection does not exist, or cannot be understood.
    WaitingForConnection,
    /// An object declares the person: change the object instead.
    Declared,
    /// Zoom wants an administrator's hand for it.
    NeedsOwner,
    /// Nobody would be left of those whom the object wants.
    WouldEmpty,
    /// People hold the role.
    RoleInUse,
    /// Zoom refused.
    ZoomRefused,
    /// It is a copy, and nobody can tell whether it ran long ago.
    Restored,
    /// This version cannot understand the record.
    Unreadable,
}

/// The object that asks for a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// Which object.
    pub object: ObjectKey,
    /// Tells it from a later object of the same name.
    pub uid: Box<str>,
    /// The edit that asked.
    pub generation: i64,
    /// Whether the object was deleted; otherwise it asks as long as it stands.
    pub deleted: bool,
}

/// Whom a record is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One person whom something is taken from.
    Person(PersonRef),
    /// People who are to be created, by the objects that ask for them.
    People(Vec<(ObjectKey, Email)>),
    /// People in a group, role or contact group.
    Members(Leaving),
}

/// Who leaves a group, role or contact group, or goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// What they leave.
    pub thing: ThingRef,
    /// Who leaves. If the thing itself goes, some of those who were in it.
    pub people: Vec<PersonRef>,
    /// Which groups leave, with everybody in them, where it is a contact group.
    pub groups: Vec<LeavingGroup>,
    /// How many people it concerns; at least those in [`Leaving::people`].
    pub count: usize,
}

/// A group that leaves a contact group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeavingGroup {
    /// Its id.
    pub id: GroupId,
    /// Its name, as last known.
    pub name: Box<str>,
}

/// A group, role or contact group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ThingRef {
    /// Which of them.
    pub kind: ThingKind,
    /// Its id.
    pub id: Box<str>,
    /// Its name, as last known.
    pub name: Box<str>,
}

/// What has a name of its own in an account, and people in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, strum::Display, strum::EnumString)]
pub enum ThingKind {
    /// A group.
    Group,
    /// A role.
    Role,
    /// A contact group.
    ContactGroup,
}

impl Subject {
    /// The people whom something is taken from.
    #[must_use]
    pub fn people(&self) -> &[PersonRef] {
        match self {
            Self::Person(person) => std::slice::from_ref(person),
            Self::Members(leaving) => &leaving.people,
            Self::People(_) => &[],
        }
    }

    /// How many people it is about.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Person(_) => 1,
            Self::People(people) => people.len(),
            Self::Members(leaving) => leaving.count,
        }
    }

    /// How many more there are whom it does not name.
    pub(crate) fn unnamed(&self) -> usize {
        match self {
            Self::Members(leaving) => leaving.count.saturating_sub(leaving.people.len()),
            Self::Person(_) | Self::People(_) => 0,
        }
    }
}

/// A removal record as it stands in the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its name.
    pub name: Box<str>,
    /// When it was written.
    pub created: Timestamp,
    /// What it is counted and approved with.
    pub wave: Box<str>,
    /// What it is counted as.
    pub class: Class,
    /// Whom it is about.
    pub subject: Subject,
    /// Who asked; absent: a human wrote it.
    pub source: Option<Source>,
    /// What to do, in this order.
    pub steps: Vec<Step>,
    /// Unlinking and deleting wait for this time; where there is nothing of that, everything does.
    pub not_before: Option<Timestamp>,
    /// A legal hold, see [`DesiredPerson::hold`].
    pub hold: Option<Box<str>>,
    /// What to give back if the person returns; absent where nothing was known of it.
    pub restore: Option<Restore>,
    /// Whether a human approved it.
    pub approved: bool,
    /// Who approved it, as far as they said.
    pub decided_by: Option<Box<str>>,
    /// How far it has come.
    pub phase: Phase,
    /// Why it is there.
    pub reason: Option<RecordReason>,
    /// When it was agreed that it runs at [`Record::not_before`]; records of earlier versions do not tell.
    pub scheduled_at: Option<Timestamp>,
    /// When the first call to Zoom was made for it.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whether its status says that a human has approved it, now or before: then it does not use up what may run without
    /// being asked, and does not run without the approval.
    pub was_approved: bool,
    /// Whether it was written for another connection than the one that is there, or with its decision: a copy, as the
    /// restoration of a backup makes it.
    pub copied: bool,
}

/// A record to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// The same content has the same name, so that writing it twice is writing it once; a record of the past keeps its
    /// own. If the name is taken by one that ended, the records that were planned with are behind: plan again.
    pub name: String,
    /// See [`Record::wave`].
    pub wave: String,
    /// See [`Record::class`].
    pub class: Class,
    /// See [`Record::subject`].
    pub subject: Subject,
    /// See [`Record::source`].
    pub source: Option<Source>,
    /// See [`Record::steps`].
    pub steps: Vec<Step>,
    /// See [`Record::not_before`].
    pub not_before: Option<Timestamp>,
    /// See [`Record::hold`].
    pub hold: Option<Box<str>>,
    /// See [`Record::restore`].
    pub restore: Option<Restore>,
}

impl NewRecord {
    /// The object that is being deleted and is to be let go once this is written.
    #[must_use]
    pub fn deleted_source(&self) -> Option<&Source> {
        self.source.as_ref().filter(|source| source.deleted)
    }
}

/// What is next for a record whose turn has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This.
    Run(Operation),
    /// Nothing until this time.
    Wait(Timestamp),
    /// Nothing: it ends.
    End(Phase, RecordReason, String),
}

impl Record {
    /// The person, where there is one.
    #[must_use]
    pub fn person(&self) -> Option<&PersonRef> {
        match &self.subject {
            Subject::Person(person) => Some(person),
            Subject::People(_) | Subject::Members(_) => None,
        }
    }

    /// Who leaves what, where it is about a group, role or contact group.
    #[must_use]
    pub fn leaving(&self) -> Option<&Leaving> {
        match &self.subject {
            Subject::Members(leaving) => Some(leaving),
            Subject::Person(_) | Subject::People(_) => None,
        }
    }

    /// How many people it is about.
    #[must_use]
    pub fn people(&self) -> usize {
        self.subject.count()
    }

    /// How many people it is about of whom none of the other records took something in the same class since a time without
    /// being asked: who is touched twice is one person.
    #[must_use]
    pub fn people_anew(&self, others: &[&Self], since: Timestamp) -> usize {
        let earlier = |other: &&Self| {
            let ran = other.started_at.is_some_and(|at| at >= since) && other.is_unasked();
            ran && other.class == self.class && other.name != self.name
        };
        let touched: HashSet<&PersonRef> =
            others.iter().copied().filter(earlier).flat_map(|other| other.subject.people()).collect();
        let named = self.subject.people().iter().filter(|person| !touched.contains(person)).count();
        named.saturating_add(self.subject.unnamed())
    }

    /// Whether it runs because it is within its limit, and not because a human said so.
    #[must_use]
    pub fn is_unasked(&self) -> bool {
        self.source.is_some() && !self.ever_approved()
    }

    /// Whether a human approved it and has taken that back.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        self.source.is_some() && !self.approved && self.ever_approved()
    }

    fn ever_approved(&self) -> bool {
        self.was_approved || self.reason == Some(RecordReason::Approved)
    }

    /// Whether everything that is left of it is among what its object asks for at present.
    #[must_use]
    pub fn is_asked_for(&self, taken: &[Step], directory: &Directory) -> bool {
        open_steps(self, directory).iter().all(|step| taken.contains(step))
    }

    /// What is next, given the person's present row (`None`: not in the account). Call it with a fresh read before
    /// each write; it ends with [`Phase::Done`] when every step is true.
    #[must_use]
    pub fn next(&self, person: Option<&Person>, directory: &Directory, policy: &Policy, now: Timestamp) -> Next {
        let Some(person) = person else {
            return Next::End(Phase::Done, RecordReason::AlreadyDone, "the person is not in the account".to_owned());
        };
        if self.person().is_some_and(|meant| meant.id.is_some() && meant.id != person.id) {
            let message = "the person is not in the account; somebody else has the address now";
            return Next::End(Phase::Done, RecordReason::AlreadyDone, message.to_owned());
        }
        if person.role.as_ref().is_some_and(RoleId::is_owner) {
            let message = "this is the account's owner: change the owner in Zoom first, then edit the object again";
            return Next::End(Phase::Refused, RecordReason::Owner, message.to_owned());
        }
        let emails: Vec<_> = self.person().map(|meant| &meant.email).into_iter().chain([&person.email]).collect();
        let had = self.restore.as_ref().filter(|_| person.groups.is_none());
        let why = policy.protected.why(&emails, Some(person), directory);
        if let Some(why) = why.or_else(|| policy.protected.why_former(&had?.groups, directory)) {
            return Next::End(Phase::Refused, RecordReason::Protected, protected_by(&why));
        }
        if self.takes_admin(person, directory) && directory.is_last_admin(person) != Some(false) {
            return Next::End(Phase::Refused, RecordReason::LastAdmin, LAST_ADMIN.to_owned());
        }
        if let Some(name) = self.missing_role(directory) {
            let message = format!("the account has no role {name:?}; the object that asks for it says more");
            return Next::End(Phase::Cancelled, RecordReason::TakenBack, message);
        }
        let open = self.steps.iter().find_map(|step| Some((step, open_operation(step, person, directory)?)));
        let Some((step, operation)) = open else {
            return Next::End(Phase::Done, RecordReason::AlreadyDone, "Zoom is as this record wants it".to_owned());
        };
        if let Some(at) = self.not_before.filter(|at| *at > now && self.is_put_off(step)) {
            return Next::Wait(at);
        }
        match &self.hold {
            Some(_) if step.is_for_good() => Next::End(Phase::Refused, RecordReason::LegalHold, held_by(self)),
            Some(_) | None => Next::Run(demotion(step, person).unwrap_or(operation)),
        }
    }

    /// Whoever may write records may write any object into them: it asks for what it asks for its own person alone.
    pub(crate) fn is_about(&self, person: &PersonRef) -> bool {
        self.person().is_some_and(|named| named.is_same(person))
    }

    /// Whether a human wrote it.
    #[must_use]
    pub fn is_by_hand(&self) -> bool {
        self.source.is_none() && self.class != Class::Creation
    }

    /// Whether it may have deactivated the person without having said so: an answer was lost, or the process ended in
    /// between. Then their sessions may go on.
    #[must_use]
    pub fn may_have_deactivated(&self, directory: &Directory) -> bool {
        let is_inactive = |person| match directory.find_exactly(person) {
            Lookup::Found(row) => row.state == State::Inactive,
            Lookup::Absent | Lookup::Unknown => false,
        };
        let begun = self.phase == Phase::Running && self.steps.contains(&Step::Deactivate);
        begun && self.person().is_some_and(is_inactive)
    }

    /// Whether a step waits for [`Record::not_before`].
    pub(crate) fn is_put_off(&self, step: &Step) -> bool {
        step.is_for_good() || !self.steps.iter().any(Step::is_for_good)
    }

    /// Whether the person has the role Admin, and a step that is left takes it or their access.
    fn takes_admin(&self, person: &Person, directory: &Directory) -> bool {
        let takes = |step: &&Step| step.takes_access() || matches!(step, Step::SetRole(_));
        let mut open = self.steps.iter().filter(|step| open_operation(step, person, directory).is_some());
        person.role.as_ref().is_some_and(RoleId::is_admin) && open.any(|step| takes(&step))
    }

    /// A role that was renamed or deleted meanwhile cannot be given.
    fn missing_role(&self, directory: &Directory) -> Option<&str> {
        self.steps.iter().find_map(|step| match step {
            Step::SetRole(name) if directory.role_named(name).is_none() => Some(&**name),
            Step::SetRole(_)
            | Step::Deactivate
            | Step::Unlink(_)
            | Step::Delete(_)
            | Step::SetLicense(_)
            | Step::SetEmail(_)
            | Step::RemoveMembers
            | Step::RemoveAdmins
            | Step::DeleteGroup
            | Step::DeleteRole
            | Step::DeleteContactGroup
            | Step::RemoveGroups
            | Step::TakePrivileges
            | Step::Create => None,
        })
    }
}

/// Why the last Admin stays.
pub(crate) const LAST_ADMIN: &str = "this is the account's last active Admin, and an account without one is in its owner's \
                                     hands alone: give somebody else the role Admin first, then ask again";

/// Why a protected person stays.
pub(crate) fn protected_by(why: &str) -> String {
    format!("{why}: take that out of the connection's spec.protected first, then ask again")
}

/// Why a person stays over whom a record has a legal hold.
pub(crate) fn held_by(holder: &Record) -> String {
    format!(
        "the legal hold {:?} of the ZoomRemoval {} keeps the person from being unlinked or deleted, whoever approves; to lift \
         it, declare the person again without spec.hold, or delete that ZoomRemoval, then ask again",
        holder.hold.as_deref().unwrap_or_default(),
        holder.name
    )
}

/// Why a copy takes nothing from anybody.
pub(crate) const RESTORED: &str = "this was not written here, but brought back, as when a backup is restored, and may have \
                                   run long ago, so nothing is done; write a ZoomRemoval by hand if it is still wanted";

/// What is next as far as the listings show. Without a complete one nobody and no role is taken for absent; nor is
/// somebody whom a human names, who may have joined since: the read before the first step tells.
pub(crate) fn next_as_listed(record: &Record, input: &Input<'_>) -> Option<Next> {
    let Input { directory, policy, now, .. } = *input;
    if !directory.complete().roles && record.missing_role(directory).is_some() {
        return None;
    }
    match directory.find_exactly(record.person()?) {
        Lookup::Found(row) => Some(record.next(Some(row), directory, policy, now)),
        Lookup::Absent if !record.is_by_hand() => Some(record.next(None, directory, policy, now)),
        Lookup::Absent | Lookup::Unknown => None,
    }
}

/// Whether it cannot be told from the listings that an Admin is left afterwards.
pub(crate) fn may_be_last_admin(record: &Record, directory: &Directory) -> bool {
    match record.person().map(|person| directory.find_exactly(person)) {
        Some(Lookup::Found(row)) => record.takes_admin(row, directory) && directory.is_last_admin(row).is_none(),
        Some(Lookup::Absent | Lookup::Unknown) | None => false,
    }
}

/// The steps that the listings do not show as true yet.
pub(crate) fn open_steps(record: &Record, directory: &Directory) -> Vec<Step> {
    let row = record.person().map(|person| directory.find_exactly(person));
    let is_open = |step: &&Step| match row {
        Some(Lookup::Found(row)) => open_operation(step, row, directory).is_some(),
        Some(Lookup::Absent | Lookup::Unknown) | None => true,
    };
    record.steps.iter().filter(is_open).cloned().collect()
}
