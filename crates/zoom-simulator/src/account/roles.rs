//! Roles: everybody has exactly one.

use std::collections::BTreeMap;

use super::person::State;
use super::{Account, Person, Refusal};

/// The ids of the built-in roles.
pub(crate) const OWNER: &str = "0";
pub(crate) const ADMIN: &str = "1";
pub(crate) const MEMBER: &str = "2";

/// A role.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
}

pub(super) fn built_in() -> BTreeMap<String, Role> {
    let roles = [
        (OWNER, "Owner", "Account owner has full privileges to access and manage the account."),
        (ADMIN, "Admin", "Admins have wide range privileges to access and manage the account."),
        (
            MEMBER,
            "Member",
            "Members have access to basic Zoom video meeting functions but no account management access.",
        ),
    ];
    let role = |(id, name, description): (&str, &str, &str)| {
        let role = Role { id: id.to_owned(), name: name.to_owned(), description: description.to_owned() };
        (role.id.clone(), role)
    };
    roles.into_iter().map(role).collect()
}

impl Person {
    pub(crate) fn is_owner(&self) -> bool {
        self.role == OWNER
    }

    /// Owner or Admin; custom roles do not protect.
    pub(crate) fn is_admin(&self) -> bool {
        self.role == OWNER || self.role == ADMIN
    }
}

impl Account {
    pub(crate) fn role(&self, id: &str) -> Result<&Role, Refusal> {
        self.roles.get(id).ok_or_else(|| Refusal::RoleMissing(id.to_owned()))
    }

    pub(crate) fn role_by_name_or_id(&self, key: &str) -> Option<&Role> {
        self.roles.get(key).or_else(|| self.roles.values().find(|role| role.name == key))
    }

    /// Gives people a role in place of the one they have, and tells the ids of those whom it was new for. People who
    /// are not active are passed over without an error.
    pub(crate) fn assign_role(&mut self, role: &str, members: &[String]) -> Result<Vec<String>, Refusal> {
        changeable(self.role(role)?)?;
        let mut chosen = Vec::new();
        for key in members {
            let missing = || Refusal::BadRequest(format!("User does not exist: {key}."));
            let person = self.people.find(key).ok_or_else(missing)?;
            if person.is_owner() {
                return Err(Refusal::BadRequest("The owner's role cannot be changed.".to_owned()));
            }
            if matches!(person.state, State::Active { .. }) && person.role != role {
                chosen.push((person.seq, person.id.clone()));
            }
        }
        let mut ids = Vec::new();
        for (seq, id) in chosen {
            self.people.edit(seq, |person| role.clone_into(&mut person.role));
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// Takes a role from somebody, who is a Member then.
    pub(crate) fn unassign_role(&mut self, role: &str, member: &str) -> Result<(), Refusal> {
        changeable(self.role(role)?)?;
        let missing = || Refusal::BadRequest(format!("User {member} is not a member of the role {role}."));
        let person = self.people.find(member).filter(|person| person.role == role).ok_or_else(missing)?;
        let seq = person.seq;
        self.people.edit(seq, |person| MEMBER.clone_into(&mut person.role));
        Ok(())
    }
}

fn changeable(role: &Role) -> Result<(), Refusal> {
    if role.id == OWNER || role.id == MEMBER {
        Err(Refusal::BadRequest(format!("Members of the role {} cannot be added or removed.", role.name)))
    } else {
        Ok(())
    }
}
