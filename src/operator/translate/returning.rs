//! What people had before they were deactivated, in the custom resources' words and in the core's.

use jiff::Timestamp;
use zoom_core::{DesiredPerson, FormerGroup, GroupId, License, ObservedLicense, Person, Restore, State};
use zoom_operator_api as api;

use super::{license_in, license_out};

/// A removal record's memory.
pub(super) fn restore_in(restore: &api::Restore) -> Restore {
    Restore { license: restore.license.map(license_in), groups: groups_in(&restore.groups) }
}

/// The same, to be written.
pub(in crate::operator) fn restore_out(restore: &Restore) -> api::Restore {
    api::Restore { license: restore.license.map(license_out), groups: groups_out(&restore.groups) }
}

/// What a user's status remembers.
pub(super) fn remembered(status: &api::ZoomUserStatus) -> Option<Restore> {
    let restore = Restore { license: status.restore.map(license_in), groups: groups_in(&status.restore_groups) };
    (restore != Restore::default()).then_some(restore)
}

/// Writes into a user's status what they had.
pub(in crate::operator) fn remember(status: &mut api::ZoomUserStatus, restore: &Restore) {
    status.restore = restore.license.map(license_out);
    status.restore_groups = groups_out(&restore.groups);
}

/// Brings what a user's status remembers up to date with what was found.
pub(in crate::operator) fn had(
    status: &mut api::ZoomUserStatus,
    restore: Option<&Restore>,
    wish: &DesiredPerson,
    person: &Person,
    now: Timestamp,
) {
    if let Some(restore) = restore {
        remember(status, restore);
    }
    if person.state == State::Inactive {
        return;
    }
    // Nothing is left to give back once they have it, somebody decided otherwise, or they are to go again.
    let goes = !wish.wanted.is_active(now);
    let has = |license: License| person.license == ObservedLicense::Known(license);
    if goes || wish.wanted.license.is_some() || status.restore.map(license_in).is_some_and(has) {
        status.restore = None;
    }
    let is_in = |group: &api::FormerGroup| GroupId::new(&group.id).is_some_and(|id| person.is_in(&id) == Some(true));
    status.restore_groups.retain(|group| !goes && !is_in(group));
}

fn groups_in(groups: &[api::FormerGroup]) -> Box<[FormerGroup]> {
    let group = |group: &api::FormerGroup| {
        Some(FormerGroup { id: GroupId::new(&group.id)?, name: group.name.as_deref().map(Into::into) })
    };
    groups.iter().filter_map(group).collect()
}

fn groups_out(groups: &[FormerGroup]) -> Vec<api::FormerGroup> {
    let group = |group: &FormerGroup| api::FormerGroup {
        id: group.id.to_string(),
        name: group.name.as_deref().map(str::to_owned),
    };
    groups.iter().map(group).collect()
}
