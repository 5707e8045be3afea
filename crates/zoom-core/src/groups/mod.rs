//! Groups, roles and contact groups of an account: things that have a name, and people in them.

mod desired;
mod observed;

pub use desired::{
    ContactMembers, DesiredContactGroup, DesiredGroup, DesiredRole, MatchRule, MemberRefusal, Members, Membership,
    Memory, NamedClaim, Object, People, ThingRefusal, ThingRemoval,
};
pub use observed::{ContactGroup, ContactId, Group, Privacy};
