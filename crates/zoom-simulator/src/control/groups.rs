//! The controls of groups.

use schemars::JsonSchema;
use serde::Deserialize;

use super::table::{Problem, Visit};
use crate::account::GroupView;

/// A group's name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    name: String,
}

pub(super) async fn list(visit: Visit) -> Result<Vec<GroupView>, Problem> {
    Ok(visit.controls.groups())
}

pub(super) async fn create(visit: Visit, named: Named) -> Result<GroupView, Problem> {
    Ok(visit.controls.create_group(&named.name)?)
}

pub(super) async fn rename(visit: Visit, named: Named) -> Result<(), Problem> {
    Ok(visit.controls.rename_group(visit.key(), &named.name)?)
}

pub(super) async fn delete(visit: Visit) -> Result<(), Problem> {
    Ok(visit.controls.delete_group(visit.key())?)
}

pub(super) async fn add_member(visit: Visit) -> Result<(), Problem> {
    Ok(visit.controls.add_group_member(visit.key(), visit.second_key())?)
}

pub(super) async fn remove_member(visit: Visit) -> Result<(), Problem> {
    Ok(visit.controls.remove_group_member(visit.key(), visit.second_key())?)
}
