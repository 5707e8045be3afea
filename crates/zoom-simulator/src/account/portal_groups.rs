//! Groups as an administrator sees and edits them in Zoom's web portal.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Account, Group, Refusal, Seq};

/// Everything about a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupView {
    /// Zoom's id.
    pub id: String,
    /// The name, unique in the account.
    pub name: String,
    /// Addresses of its members, also of those who are pending or inactive.
    pub members: Vec<String>,
    /// Addresses of its administrators.
    pub admins: Vec<String>,
}

impl Account {
    pub(crate) fn group_view(&self, group: &Group) -> GroupView {
        let start = Seq::default();
        GroupView {
            id: group.id.clone(),
            name: group.name.clone(),
            members: self.people.in_group(&group.id).after(start).map(|person| person.email.clone()).collect(),
            admins: self.people.administering(&group.id).after(start).map(|person| person.email.clone()).collect(),
        }
    }

    /// A group by name or id.
    pub(crate) fn group_in_portal(&self, key: &str) -> Result<&Group, Refusal> {
        self.group_by_name_or_id(key).ok_or_else(|| Refusal::GroupMissing(key.to_owned()))
    }

    /// Puts anybody into a group, also somebody whom a call would pass over.
    pub(crate) fn join_in_portal(&mut self, group: &str, person: &str) -> Result<(), Refusal> {
        let group = self.group_in_portal(group)?.id.clone();
        let seq = self.person(person)?.seq;
        self.people.edit(seq, |person| {
            if !person.groups.contains(&group) {
                person.groups.push(group);
            }
        });
        Ok(())
    }
}
