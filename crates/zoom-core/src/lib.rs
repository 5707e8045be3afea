//! What should happen to the people of one Zoom account.
//!
//! Everything here is a pure function of its arguments: no I/O, no clock, no randomness. [`plan()`] compares what the
//! custom resources want ([`Desired`]) with what Zoom was seen to hold ([`Directory`]) under a connection's [`Policy`],
//! and answers with a [`Plan`]: ordered operations for each person, each with its reason, and the removal records that
//! the guard wants written, released, held or cancelled. Whoever calls it carries the plan out, changes the directory
//! by what was proved, and plans again until nothing is left.

mod access;
mod allowance;
mod candidate;
mod candidates;
mod claims;
mod creations;
mod desired;
mod desk;
mod diff;
mod directory;
mod groups;
mod guard;
mod heirs;
mod holds;
mod input;
mod intent;
mod labels;
mod leaving;
mod ledger;
mod model;
mod naming;
mod operation;
mod person;
mod plan;
mod planned;
mod policy;
mod protected;
mod record;
mod refused;
mod returning;
mod seats;
mod step;
mod suspicion;
mod verdict;
mod waves;

pub use access::{Access, Asks, Grant};
pub use allowance::Allowance;
pub use creations::may_create;
pub use desired::{
    Claim, Contested, Desired, DesiredPerson, ObjectKey, Origin, Refusal, Remembered, UnreadableThings, Wanted,
};
pub use diff::Patch;
pub use directory::{Completeness, Details, Directory, Lookup, Person, Role};
pub use groups::{
    Act, Asked, Attendance, ContactGroup, ContactGroupDraft, ContactGroupPlan, ContactId, ContactMember,
    ContactMembers, ContactOperation, ContactRef, DesiredContactGroup, DesiredGroup, DesiredRole, Group,
    GroupOperation, GroupPlan, GroupRef, Kept, MatchRule, MemberRefusal, Members, Membership, Memory, Missing,
    NamedClaim, Object, People, Privacy, REMEMBERED, Refused, RoleDraft, RoleOperation, RolePlan, Shield, ThingRefusal,
    ThingRemoval, WaitsFor,
};
pub use heirs::lost_with_heir;
pub use holds::kept_by_hold;
pub use input::Input;
pub use labels::{LabelPool, Labels, Pool, Requirement, Selector};
pub use ledger::{Ledger, Spent};
pub use model::{
    Attribute, Attributes, ContactGroupId, CustomAttribute, CustomAttributes, Email, GroupId, InvalidEmail, License,
    ObservedLicense, PersonRef, Phone, Phones, RoleId, State, UserId,
};
pub use operation::{Data, Heir, NewPerson, Operation, Successor};
pub use person::plan_person;
pub use plan::plan;
pub use planned::{PersonPlan, Plan, RecordChange, Release};
pub use policy::{
    Adoption, Allow, Class, CreateMethod, Creation, Departure, Drift, GuardPolicy, Limit, Limits, Mode, Policy,
    Removal, RemovalDefault, UserDefault,
};
pub use protected::{EmailPattern, Protected};
pub use record::{
    Leaving, LeavingGroup, NewRecord, Next, Phase, Record, RecordReason, Source, Subject, ThingKind, ThingRef,
};
pub use returning::{FormerGroup, Rejoin, Restore};
pub use seats::{PlanSeats, Seat, SeatCount, Seats};
pub use step::Step;
pub use suspicion::suspicion;
pub use verdict::{Reason, Standing, Verdict};
