//! Groups, roles and contact groups of an account: things that have a name, and people in them.

mod attendance;
mod attending;
mod contacts;
mod departures;
mod desired;
mod doubt;
mod identity;
mod observed;
mod operation;
mod plan;
mod protection;
mod refusals;
mod returns;
mod roles;
mod roster;
mod words;

pub use attendance::{Attendance, Missing};
pub use attending::REMEMBERED;
pub use contacts::ContactGroupPlan;
pub use desired::{
    Act, Asked, ContactMembers, DesiredContactGroup, DesiredGroup, DesiredRole, MatchRule, MemberRefusal, Members,
    Membership, Memory, NamedClaim, Object, People, Refused, ThingRefusal, ThingRemoval,
};
pub use observed::{ContactGroup, ContactId, Group, Privacy};
pub use operation::{
    ContactGroupDraft, ContactMember, ContactOperation, ContactRef, GroupOperation, GroupRef, RoleDraft, RoleOperation,
};
pub use plan::GroupPlan;
pub(crate) use plan::Groups;
pub use protection::{Kept, Shield};
pub(crate) use returns::{Return, Returns};
pub use roles::RolePlan;
pub(crate) use roles::plan_roles;
pub use roster::WaitsFor;
