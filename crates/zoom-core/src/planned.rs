//! What a plan says.

use jiff::Timestamp;

use crate::{
    Class, ContactGroupPlan, ContactRef, FormerGroup, GroupPlan, NewRecord, ObjectKey, Operation, PersonRef, Phase,
    Reason, RecordReason, Rejoin, Restore, RolePlan, Seat, SeatCount, Step, Verdict, input::Seen,
};

/// What should happen, in order, and what should not happen yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// One entry for each live object, in the order in which operations are to run: people whose object was edited
    /// come first, and who frees a seat comes before who takes one.
    pub people: Vec<PersonPlan>,
    /// How many of the people who have operations to run have them because somebody edited their object. They come first.
    pub edits: usize,
    /// One entry for each live ZoomGroup, those that people edited first. They run after the people.
    pub groups: Vec<GroupPlan>,
    /// People who are back in the account, to be put into their former groups. It runs after the people and before the groups.
    pub rejoins: Vec<Rejoin>,
    /// One entry for each live ZoomRole. They run before the people, who may be given a role that is made.
    pub roles: Vec<RolePlan>,
    /// One entry for each live ZoomContactGroup. They run last: groups may be in them.
    pub contact_groups: Vec<ContactGroupPlan>,
    /// Contact groups to be read now: their deletion waits until it is known whom it concerns.
    pub looks: Vec<ContactRef>,
    /// Records to write before anything else happens to their people.
    pub new_records: Vec<NewRecord>,
    /// Records whose phase changes.
    pub changes: Vec<RecordChange>,
    /// Records that may run now, by name; also those that [`Plan::changes`] lets run. Write the changes first: a record
    /// that ran without a trace is not counted.
    pub running: Vec<Box<str>>,
    /// Records whose phase changes, too, but only after the sessions of their people were ended: each may have deactivated
    /// somebody before it was cut short. No step of them runs.
    pub ending: Vec<RecordChange>,
    /// Deleted ZoomUsers that need no record (any more): they are to be let go.
    pub let_go: Vec<ObjectKey>,
    /// Those of them whose person would have been removed if the connection allowed it, and why it does not: these people
    /// stay as they are, unmanaged.
    pub released: Vec<(ObjectKey, Release)>,
    /// Deleted ZoomGroups that need no record (any more).
    pub let_go_groups: Vec<ObjectKey>,
    /// Deleted ZoomRoles likewise.
    pub let_go_roles: Vec<ObjectKey>,
    /// Deleted ZoomContactGroups likewise.
    pub let_go_contact_groups: Vec<ObjectKey>,
    /// People to be read one by one, only to look for drift that listings do not show.
    pub sweep: Vec<PersonRef>,
    /// How many people the objects of this connection manage.
    pub managed: usize,
    /// The paid seats; absent where nobody is to have one and nothing is known of them.
    pub seats: Option<SeatCount>,
    /// When something happens without anything having changed.
    pub wake_at: Option<Timestamp>,
}

/// Why a deleted object is let go although its person was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Release {
    /// The connection's mode is Plan.
    #[strum(serialize = "ReleasedBySwitch")]
    Switch,
    /// The object is suspended.
    #[strum(serialize = "ReleasedBySwitch")]
    Suspended,
    /// The connection's access does not cover the object.
    #[strum(serialize = "NotPermitted")]
    Access,
}

/// What happens to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonPlan {
    /// Who asks.
    pub object: ObjectKey,
    /// What to do, in this order. Read-only plans and held people keep theirs, for show.
    pub operations: Vec<Operation>,
    /// What the person had and does not have yet. Remember it before the operations run, see
    /// [`Remembered::restore`](crate::Remembered::restore): afterwards nothing else tells of it. Absent: as remembered.
    pub restore: Option<Restore>,
    /// The groups of that which the person does not get back, and why.
    pub not_restored: Vec<(FormerGroup, String)>,
    /// The fields that were changed in Zoom, by their path in the spec.
    pub drift: Vec<String>,
    /// What is taken from the person; runs as a record.
    pub(crate) taking: Option<Taking>,
    /// The seat that the operations need.
    pub seat: Seat,
    /// How the object stands if nothing more happened than this plan says.
    pub verdict: Verdict,
}

/// Something that is taken from a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taking {
    pub class: Class,
    pub steps: Vec<Step>,
    /// See [`Record::not_before`].
    pub not_before: Option<Timestamp>,
}

impl Taking {
    pub(crate) fn new(class: Class, steps: Vec<Step>) -> Self {
        Self { class, steps, not_before: None }
    }
}

impl PersonPlan {
    /// Whether the operations are to run now.
    #[must_use]
    pub fn is_runnable(&self) -> bool {
        self.verdict.reason == Reason::Reconciling && self.taking.is_none() && !self.operations.is_empty()
    }

    /// Whether a person is about to be created.
    pub(crate) fn creates(&self) -> bool {
        self.is_runnable() && self.operations.iter().any(|operation| matches!(operation, Operation::Create(_)))
    }

    /// Steps that take something away, for show.
    #[must_use]
    pub fn taken(&self) -> &[Step] {
        self.taking.as_ref().map_or(&[], |taking| &taking.steps)
    }
}

/// A record's next phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordChange {
    /// Which record.
    pub name: Box<str>,
    /// Its new phase.
    pub phase: Phase,
    /// Why.
    pub reason: RecordReason,
    /// For people.
    pub message: String,
    /// How many people it concerns, as counted now: rather too many than too few.
    pub people: usize,
}

/// A live object and what is planned for it.
pub(crate) struct Live<'a> {
    pub seen: Seen<'a>,
    pub planned: PersonPlan,
}
