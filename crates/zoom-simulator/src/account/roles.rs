//! Roles: everybody has exactly one (Zoom API reference, Roles).

use std::collections::BTreeMap;

use super::person::State;
use super::privileges::PRIVILEGES;
use super::{Account, Person, Refusal, Seq};
use crate::quirks::{HeldRole, MissingRole};

/// The ids of the built-in roles.
pub(crate) const OWNER: &str = "0";
pub(crate) const ADMIN: &str = "1";
pub(crate) const MEMBER: &str = "2";

/// A role.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Role {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) privileges: Vec<String>,
}

impl Role {
    fn is_built_in(&self) -> bool {
        matches!(self.id.as_str(), OWNER | ADMIN | MEMBER)
    }
}

/// A change of a role; absent fields stay as they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoleChange {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) privileges: Option<Vec<String>>,
}

pub(super) fn built_in() -> BTreeMap<String, Role> {
    let roles: [(_, _, _, &[&str]); 3] = [
        (OWNER, "Owner", "Account owner has full privileges to access and manage the account.", &PRIVILEGES),
        (ADMIN, "Admin", "Admins have wide range privileges to access and manage the account.", &PRIVILEGES),
        (
            MEMBER,
            "Member",
            "Members have access to basic Zoom video meeting functions but no account management access.",
            &[],
        ),
    ];
    let role = |(id, name, description, privileges): (&str, &str, &str, &[&str])| {
        let role = Role {
            id: id.to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
            privileges: privileges.iter().map(|privilege| (*privilege).to_owned()).collect(),
        };
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
    /// A role as calls on its members see it.
    pub(crate) fn role(&self, id: &str) -> Result<&Role, Refusal> {
        self.roles.get(id).ok_or_else(|| Refusal::RoleMissing(id.to_owned()))
    }

    /// A role as calls on itself see it.
    pub(crate) fn role_itself(&self, id: &str) -> Result<&Role, Refusal> {
        self.role(id).map_err(|missing| match self.config.quirks.missing_role {
            MissingRole::UnderOk => Refusal::RoleMissingUnderOk,
            MissingRole::Refused => missing,
        })
    }

    pub(crate) fn role_by_name_or_id(&self, key: &str) -> Option<&Role> {
        self.roles.get(key).or_else(|| self.roles.values().find(|role| role.name == key))
    }

    /// Creates a role and gives its id.
    pub(crate) fn create_role(&mut self, name: String, rest: RoleChange) -> Result<String, Refusal> {
        self.check_role_name(&name, None)?;
        let id = self.new_id();
        let RoleChange { name: _, description, privileges } = rest;
        let role = Role {
            id: id.clone(),
            name,
            description: description.unwrap_or_default(),
            privileges: privileges.unwrap_or_default(),
        };
        self.roles.insert(id.clone(), role);
        Ok(id)
    }

    /// Changes a role. Owner and Member cannot be changed, and Admin keeps its name (Zoom support, Using role management).
    pub(crate) fn change_role(&mut self, id: &str, change: RoleChange) -> Result<(), Refusal> {
        let role = self.role_itself(id)?;
        let renamed = change.name.as_ref().is_some_and(|name| *name != role.name);
        if id == OWNER || id == MEMBER || (role.is_built_in() && renamed) {
            return Err(Refusal::BadRequest("This role cannot be updated.".to_owned()));
        }
        if let Some(name) = &change.name {
            self.check_role_name(name, Some(id))?;
        }
        if let Some(role) = self.roles.get_mut(id) {
            let RoleChange { name, description, privileges } = change;
            role.name = name.unwrap_or_else(|| role.name.clone());
            role.description = description.unwrap_or_else(|| role.description.clone());
            role.privileges = privileges.unwrap_or_else(|| role.privileges.clone());
        }
        Ok(())
    }

    fn check_role_name(&self, name: &str, own: Option<&str>) -> Result<(), Refusal> {
        let taken = self.roles.values().any(|role| Some(role.id.as_str()) != own && role.name == name);
        if taken { Err(Refusal::RoleNameTaken(name.to_owned())) } else { Ok(()) }
    }

    /// Deletes a role; who held it is a Member then, or it is refused while somebody does: no source says which.
    pub(crate) fn delete_role(&mut self, id: &str) -> Result<(), Refusal> {
        let role = self.role_itself(id)?;
        if role.is_built_in() {
            return Err(Refusal::BadRequest("This role cannot be deleted.".to_owned()));
        }
        let holders: Vec<Seq> = self.people.all().filter(|person| person.role == id).map(|person| person.seq).collect();
        if !holders.is_empty() && self.config.quirks.held_role == HeldRole::Refused {
            let count = holders.len();
            return Err(Refusal::BadRequest(format!("The role {} is assigned to {count} users.", role.name)));
        }
        for seq in holders {
            self.people.edit(seq, |person| MEMBER.clone_into(&mut person.role));
        }
        self.roles.remove(id);
        Ok(())
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
                self.check_demotion(person)?;
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
        self.check_demotion(person)?;
        let seq = person.seq;
        self.people.edit(seq, |person| MEMBER.clone_into(&mut person.role));
        Ok(())
    }

    fn check_demotion(&self, person: &Person) -> Result<(), Refusal> {
        if person.role == ADMIN && self.config.quirks.demoting_needs_owner {
            return Err(Refusal::NotPermitted(
                "Only the account owner can take the Admin role from a user.".to_owned(),
            ));
        }
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
