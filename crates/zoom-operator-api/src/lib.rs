//! The custom resources of zoom-operator: their types and their rules, no I/O.
//!
//! A kind is a file: [`ZoomConnection`] is an account and how it may be changed, [`ZoomUser`] is a person who should be
//! in it, [`ZoomGroup`], [`ZoomRole`] and [`ZoomContactGroup`] say who belongs where and may do what, [`ZoomRemoval`] is a
//! step that takes something away (or adds many people at once), written down before it runs.
//! What a schema can check is checked by the API server: the CRDs from [`crds()`] carry formats, limits and CEL rules whose
//! messages say what to write instead.
//!
//! Two conventions hold in every spec. Absent *state* (a name, a licence, a department) is not managed; an absent
//! *policy* has the documented default. And a value that this version does not know does not parse, so a new word in an
//! object is never mistaken for an old one.

mod connection_status;
mod crds;
mod duration;
mod membership;
mod references;
mod removal_step;
mod schemas;
mod zoom_connection;
mod zoom_contact_group;
mod zoom_group;
mod zoom_removal;
mod zoom_role;
mod zoom_user;

pub mod conditions;

pub use connection_status::{Account, PeopleCount, PlanSummary, SeatCount, Seats, Spent};
pub use crds::{RenderError, crds, render};
pub use duration::{Duration, DurationError};
pub use membership::{
    Attendance, Disposal, DisposalPolicy, MOST_MEMBERS, Match, Members, Membership, Missing, MissingState, NamedPeople,
};
pub use references::{ConnectionReference, DEFAULT_CONNECTION, LocalConnectionReference, SecretReference};
pub use removal_step::Step;
pub use zoom_connection::{
    AccessRule, Adoption, Allow, Cloud, ConnectionCreation, Credentials, DefaultRemoval, DefaultRemovalPolicy,
    Endpoints, Guard, Limit, Limits, Mode, NamespaceSelection, Protected, RateLimit, UserDefault, ZoomConnection,
    ZoomConnectionSpec, ZoomConnectionStatus, ZoomPlan,
};
pub use zoom_contact_group::{ContactMembers, Privacy, ZoomContactGroup, ZoomContactGroupSpec, ZoomContactGroupStatus};
pub use zoom_group::{ZoomGroup, ZoomGroupSpec, ZoomGroupStatus};
pub use zoom_removal::{
    Class, Decision, FormerGroup, ListedGroup, ListedPerson, Person, Phase, Restore, Source, Target, TargetKind,
    ZoomRemoval, ZoomRemovalSpec, ZoomRemovalStatus,
};
pub use zoom_role::{ZoomRole, ZoomRoleSpec, ZoomRoleStatus};
pub use zoom_user::{
    Creation, CreationMethod, CustomAttribute, Data, Drift, Drifted, Heir, License, LicenseType, Origin, PhoneLabel,
    PhoneNumber, Profile, PronounsOption, Removal, RemovalPolicy, State, Transfer, ZoomUser, ZoomUserSpec,
    ZoomUserStatus,
};

/// The API group of every kind.
pub const GROUP: &str = "zoom-operator.dev";

/// The finalizer that keeps an object until what its deletion means is written down; never longer.
pub const FINALIZER: &str = "zoom-operator.dev/finalizer";

/// The annotation whose every new value asks for a pass now. The value that was last handled stands in
/// `status.lastHandledRequestedAt`; a time is customary, any text works.
pub const REQUESTED_AT_ANNOTATION: &str = "zoom-operator.dev/requested-at";

/// The label of a `ZoomRemoval` that names the wave it was counted in: removals of one wave are held or run together.
pub const WAVE_LABEL: &str = "zoom-operator.dev/wave";

/// The label of a `ZoomRemoval` that repeats `spec.class`, for selecting.
pub const CLASS_LABEL: &str = "zoom-operator.dev/class";

/// `status.observedGeneration` of an object that no operator has looked at yet: the CRDs' default.
///
/// Without it, tools that follow the kstatus convention (Flux, kpt) would take a fresh object for a finished one.
pub const NEVER_OBSERVED: i64 = -1;
