//! The controls of groups: what an administrator does to them in Zoom's portal, in the library and under
//! `/simulator/groups`.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, patch, put};
use serde::Deserialize;

use crate::account::GroupView;
use crate::control::{Control, Problem, read};
use crate::simulator::{Controls, PortalRefusal};

impl Controls {
    /// Every group, in the order in which they were created.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupView> {
        let world = self.shared.world();
        world.account.groups.all().map(|group| world.account.group_view(group)).collect()
    }

    /// One group by name or id.
    #[must_use]
    pub fn group(&self, key: &str) -> Option<GroupView> {
        let world = self.shared.world();
        world.account.group_by_name_or_id(key).map(|group| world.account.group_view(group))
    }

    /// Creates a group.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn create_group(&self, name: &str) -> Result<GroupView, PortalRefusal> {
        let mut world = self.shared.world();
        let id = world.account.create_group(name)?;
        Ok(world.account.group(&id).map(|group| world.account.group_view(group))?)
    }

    /// Gives a group, by name or id, another name.
    ///
    /// # Errors
    /// When there is no such group, or the name is taken.
    pub fn rename_group(&self, key: &str, name: &str) -> Result<(), PortalRefusal> {
        let mut world = self.shared.world();
        let id = world.account.group_in_portal(key)?.id.clone();
        Ok(world.account.rename_group(&id, name)?)
    }

    /// Deletes a group by name or id.
    ///
    /// # Errors
    /// When there is no such group.
    pub fn delete_group(&self, key: &str) -> Result<(), PortalRefusal> {
        let mut world = self.shared.world();
        let id = world.account.group_in_portal(key)?.id.clone();
        Ok(world.account.delete_group(&id)?)
    }

    /// Puts somebody into a group, also somebody whom a call would pass over. Both by name, address or id.
    ///
    /// # Errors
    /// When there is no such group or person.
    pub fn add_group_member(&self, group: &str, person: &str) -> Result<(), PortalRefusal> {
        Ok(self.shared.world().account.join_in_portal(group, person)?)
    }

    /// Takes somebody out of a group. Both by name, address or id.
    ///
    /// # Errors
    /// When there is no such group, or the person is not in it.
    pub fn remove_group_member(&self, group: &str, person: &str) -> Result<(), PortalRefusal> {
        let mut world = self.shared.world();
        let id = world.account.group_in_portal(group)?.id.clone();
        Ok(world.account.remove_from_group(&id, person)?)
    }
}

pub(crate) fn router() -> Router<Arc<Controls>> {
    Router::new()
        .route("/simulator/groups", get(groups).post(create))
        .route("/simulator/groups/{key}", patch(rename).delete(delete))
        .route("/simulator/groups/{key}/members/{person}", put(add_member).delete(remove_member))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

async fn groups(State(controls): Control) -> impl IntoResponse {
    Json(controls.groups())
}

async fn create(State(controls): Control, body: Bytes) -> Result<Response, Problem> {
    let created = controls.create_group(&read::<Named>(&body)?.name)?;
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

async fn rename(State(controls): Control, Path(key): Path<String>, body: Bytes) -> Result<StatusCode, Problem> {
    controls.rename_group(&key, &read::<Named>(&body)?.name)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(State(controls): Control, Path(key): Path<String>) -> Result<StatusCode, Problem> {
    controls.delete_group(&key)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn add_member(
    State(controls): Control,
    Path((key, person)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    controls.add_group_member(&key, &person)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_member(
    State(controls): Control,
    Path((key, person)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    controls.remove_group_member(&key, &person)?;
    Ok(StatusCode::NO_CONTENT)
}
