//! What the guard watches over is written down before it runs: one record for each person, source and wave.

use std::fmt;

use jiff::Timestamp;

use crate::{
    Class, Email, Heir, License, Lookup, ObjectKey, ObservedLicense, Operation, Patch, PersonRef, RoleId, State,
    directory::{Directory, Person},
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
    /// The object's namespace, or the kind itself, is being deleted: nobody is removed for that.
    Teardown,
    /// The account's owner is never touched.
    Owner,
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
    /// This version cannot understand the record.
    Unreadable,
}

/// One thing that a record does, frozen when it is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Keep the person out; for a pending one: withdraw the invitation.
    Deactivate,
    /// Let the person go.
    Unlink(Option<Heir>),
    /// Delete the person.
    Delete(Option<Heir>),
    /// Give a lower licence.
    SetLicense(License),
    /// Take the present role away and give the one with this name.
    SetRole(Box<str>),
    /// Give the person another address.
    SetEmail(Email),
    /// Take the people out of a group or contact group.
    RemoveMembers,
    /// Let the people administer a group no more.
    RemoveAdmins,
    /// Delete a group, with everybody's membership.
    DeleteGroup,
    /// Delete a role that nobody holds.
    DeleteRole,
    /// Delete a contact group.
    DeleteContactGroup,
    /// Create people.
    Create,
}

impl Step {
    /// The word for it in metrics.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Deactivate => "Deactivate",
            Self::Unlink(_) => "Unlink",
            Self::Delete(_) => "Delete",
            Self::SetLicense(_) => "SetLicense",
            Self::SetRole(_) => "SetRole",
            Self::SetEmail(_) => "SetEmail",
            Self::RemoveMembers => "RemoveMembers",
            Self::RemoveAdmins => "RemoveAdmins",
            Self::DeleteGroup => "DeleteGroup",
            Self::DeleteRole => "DeleteRole",
            Self::DeleteContactGroup => "DeleteContactGroup",
            Self::Create => "Create",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deactivate => f.write_str("deactivate"),
            Self::Unlink(_) => f.write_str("unlink"),
            Self::Delete(_) => f.write_str("delete"),
            Self::SetLicense(license) => write!(f, "lower the licence to {license}"),
            Self::SetRole(role) => write!(f, "take the role away and give role {role}"),
            Self::SetEmail(email) => write!(f, "change the address to {email}"),
            Self::RemoveMembers => f.write_str("remove members"),
            Self::RemoveAdmins => f.write_str("remove administrators"),
            Self::DeleteGroup => f.write_str("delete the group"),
            Self::DeleteRole => f.write_str("delete the role"),
            Self::DeleteContactGroup => f.write_str("delete the contact group"),
            Self::Create => f.write_str("create"),
        }
    }
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
    /// How many people it concerns; at least those in [`Leaving::people`].
    pub count: usize,
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
    /// Not before this time.
    pub not_before: Option<Timestamp>,
    /// Whether a human approved it.
    pub approved: bool,
    /// How far it has come.
    pub phase: Phase,
    /// Why it is there.
    pub reason: Option<RecordReason>,
    /// When the first call to Zoom was made for it.
    pub started_at: Option<Timestamp>,
    /// Whether it ran because a human said so; then it does not use up what may run without being asked.
    pub ran_approved: bool,
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
    /// The licence to give back if the person returns.
    pub restore_license: Option<License>,
    /// Whether the object is being deleted and is to be let go once this is written.
    pub leaving: bool,
}

/// What is next for a record whose turn has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This.
    Run(Operation),
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

    /// What is next, given the person's present row (`None`: not in the account). Call it with a fresh read before
    /// each write; it ends with [`Phase::Done`] when every step is true.
    #[must_use]
    pub fn next(&self, person: Option<&Person>, directory: &Directory) -> Next {
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
        if let Some(name) = self.missing_role(directory) {
            let message = format!("the account has no role {name:?}; the object that asks for it says more");
            return Next::End(Phase::Cancelled, RecordReason::TakenBack, message);
        }
        self.steps.iter().find_map(|step| open_operation(step, person, directory)).map_or_else(
            || Next::End(Phase::Done, RecordReason::AlreadyDone, "Zoom is as this record wants it".to_owned()),
            Next::Run,
        )
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
            | Step::Create => None,
        })
    }
}

/// The operation that a step still needs, if it needs one.
fn open_operation(step: &Step, person: &Person, directory: &Directory) -> Option<Operation> {
    let reference = person.reference();
    match step {
        Step::Deactivate if person.state == State::Inactive => None,
        Step::Deactivate => Some(Operation::Deactivate(reference)),
        Step::Unlink(heir) => Some(Operation::Unlink(reference, heir.clone())),
        Step::Delete(heir) => Some(Operation::Delete(reference, heir.clone())),
        // An inactive person has no licence, and a pending one cannot be changed.
        Step::SetLicense(license) => (person.state == State::Active
            && matches!(person.license, ObservedLicense::Known(present) if present > *license))
        .then(|| Operation::Update(reference, Patch { license: Some(*license), ..Patch::default() })),
        Step::SetRole(name) => {
            let (from, to) = (person.role.clone()?, directory.role_named(name)?.id.clone());
            (from != to && person.state == State::Active).then_some(Operation::SetRole { person: reference, from, to })
        }
        // Zoom changes the address of active people alone.
        Step::SetEmail(email) => (person.state == State::Active && person.email != *email)
            .then(|| Operation::SetEmail(reference, email.clone())),
        Step::RemoveMembers
        | Step::RemoveAdmins
        | Step::DeleteGroup
        | Step::DeleteRole
        | Step::DeleteContactGroup
        | Step::Create => None,
    }
}

/// What is next as far as the listings show. Without a complete one nobody and no role is taken for absent.
pub(crate) fn next_as_listed(record: &Record, directory: &Directory) -> Option<Next> {
    if !directory.complete().roles && record.missing_role(directory).is_some() {
        return None;
    }
    match directory.find_exactly(record.person()?) {
        Lookup::Found(row) => Some(record.next(Some(row), directory)),
        Lookup::Absent => Some(record.next(None, directory)),
        Lookup::Unknown => None,
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
