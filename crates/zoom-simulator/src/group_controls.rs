//! What an administrator does to groups in Zoom's portal.

use crate::account::{GROUP_NAME_MAX, GroupView, group_name_fits};
use crate::controls::{Controls, PortalRefusal};

impl Controls {
    /// Every group, in the order in which they were created.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupView> {
        self.read(|account| account.groups.all().map(|group| account.group_view(group)).collect())
    }

    /// One group by name or id.
    #[must_use]
    pub fn group(&self, key: &str) -> Option<GroupView> {
        self.read(|account| account.group_by_name_or_id(key).map(|group| account.group_view(group)))
    }

    /// Creates a group.
    ///
    /// # Errors
    /// When the name is taken, or none.
    pub fn create_group(&self, name: &str) -> Result<GroupView, PortalRefusal> {
        check_name(name)?;
        self.change(|account, _| {
            let id = account.create_group(name)?;
            Ok(account.group(&id).map(|group| account.group_view(group))?)
        })
    }

    /// Gives a group, by name or id, another name.
    ///
    /// # Errors
    /// When there is no such group, or the name is taken or none.
    pub fn rename_group(&self, key: &str, name: &str) -> Result<(), PortalRefusal> {
        check_name(name)?;
        self.change(|account, _| {
            let id = account.group_in_portal(key)?.id.clone();
            Ok(account.rename_group(&id, name)?)
        })
    }

    /// Deletes a group by name or id.
    ///
    /// # Errors
    /// When there is no such group.
    pub fn delete_group(&self, key: &str) -> Result<(), PortalRefusal> {
        self.change(|account, _| {
            let id = account.group_in_portal(key)?.id.clone();
            Ok(account.delete_group(&id)?)
        })
    }

    /// Puts somebody into a group, also somebody whom a call would pass over. Both by name, address or id.
    ///
    /// # Errors
    /// When there is no such group or person.
    pub fn add_group_member(&self, group: &str, person: &str) -> Result<(), PortalRefusal> {
        self.change(|account, _| Ok(account.join_in_portal(group, person)?))
    }

    /// Takes somebody out of a group. Both by name, address or id.
    ///
    /// # Errors
    /// When there is no such group, or the person is not in it.
    pub fn remove_group_member(&self, group: &str, person: &str) -> Result<(), PortalRefusal> {
        self.change(|account, _| {
            let id = account.group_in_portal(group)?.id.clone();
            Ok(account.remove_from_group(&id, person)?)
        })
    }
}

fn check_name(name: &str) -> Result<(), PortalRefusal> {
    if group_name_fits(name) {
        return Ok(());
    }
    let message = format!("name: found {name:?}, allowed are names of 1 to {GROUP_NAME_MAX} characters");
    Err(PortalRefusal { code: 300, message })
}
