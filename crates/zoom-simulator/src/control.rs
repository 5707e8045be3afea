//! The simulator's own controls over HTTP, under `/simulator`.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, patch, post};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::account::PersonEdit;
use crate::config::PersonConfig;
use crate::fault::Fault;
use crate::group_controls;
use crate::simulator::{AccountEdit, Controls, PortalRefusal};

pub(crate) fn router() -> Router<Arc<Controls>> {
    Router::new()
        .route("/simulator/people", get(people).post(add_person))
        .route("/simulator/people/{key}", patch(edit_person))
        .route("/simulator/people/{key}/accept", post(accept))
        .merge(group_controls::router())
        .route("/simulator/account", patch(edit_account))
        .route("/simulator/tokens", get(tokens))
        .route("/simulator/journal", get(journal).delete(clear_journal))
        .route("/simulator/counters", get(counters))
        .route("/simulator/faults", get(faults).post(inject).delete(clear_faults))
        .route("/simulator/clock", get(clock).post(move_clock))
        .route("/simulator/{*unknown}", axum::routing::any(unknown))
}

pub(crate) type Control = State<Arc<Controls>>;

/// A control call that cannot be done, with what to do about it.
pub(crate) struct Problem(StatusCode, String);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

impl From<PortalRefusal> for Problem {
    fn from(refusal: PortalRefusal) -> Self {
        let status =
            if matches!(refusal.code, 1001 | 4130 | 4131) { StatusCode::NOT_FOUND } else { StatusCode::CONFLICT };
        Self(status, refusal.to_string())
    }
}

pub(crate) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem(StatusCode::BAD_REQUEST, format!("cannot read the body: {error}")))
}

async fn people(State(controls): Control) -> impl IntoResponse {
    Json(controls.people())
}

async fn add_person(State(controls): Control, body: Bytes) -> Result<Response, Problem> {
    let added = controls.add_person(read::<PersonConfig>(&body)?)?;
    Ok((StatusCode::CREATED, Json(added)).into_response())
}

async fn edit_person(State(controls): Control, Path(key): Path<String>, body: Bytes) -> Result<Response, Problem> {
    Ok(match controls.edit_person(&key, read::<PersonEdit>(&body)?)? {
        Some(person) => Json(person).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn accept(State(controls): Control, Path(key): Path<String>) -> Result<Response, Problem> {
    Ok(Json(controls.accept_invitation(&key)?).into_response())
}

async fn edit_account(State(controls): Control, body: Bytes) -> Result<StatusCode, Problem> {
    controls.edit_account(read::<AccountEdit>(&body)?);
    Ok(StatusCode::NO_CONTENT)
}

async fn tokens(State(controls): Control) -> impl IntoResponse {
    Json(controls.issued_tokens())
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

async fn journal(State(controls): Control, Query(since): Query<Since>) -> impl IntoResponse {
    Json(controls.journal_since(since.since))
}

async fn clear_journal(State(controls): Control) -> StatusCode {
    controls.clear_journal();
    StatusCode::NO_CONTENT
}

async fn counters(State(controls): Control) -> impl IntoResponse {
    Json(controls.counters())
}

async fn faults(State(controls): Control) -> impl IntoResponse {
    Json(controls.faults())
}

async fn inject(State(controls): Control, body: Bytes) -> Result<StatusCode, Problem> {
    controls.inject(read::<Fault>(&body)?);
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_faults(State(controls): Control) -> StatusCode {
    controls.clear_faults();
    StatusCode::NO_CONTENT
}

#[derive(Serialize)]
struct ClockView {
    now: Timestamp,
    frozen: bool,
}

async fn clock(State(controls): Control) -> impl IntoResponse {
    Json(ClockView { now: controls.now(), frozen: controls.is_frozen() })
}

/// How to move the clock.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum ClockMove {
    Advance(SignedDuration),
    Set(Timestamp),
    Freeze(bool),
}

async fn move_clock(State(controls): Control, body: Bytes) -> Result<Response, Problem> {
    match read(&body)? {
        ClockMove::Advance(by) => controls.advance(by),
        ClockMove::Set(to) => controls.set_clock(to),
        ClockMove::Freeze(frozen) => controls.freeze(frozen),
    }
    Ok(clock(State(controls)).await.into_response())
}

async fn unknown() -> Problem {
    Problem(StatusCode::NOT_FOUND, "there is no such control; see `zoom-simulator serve --help`".to_owned())
}
