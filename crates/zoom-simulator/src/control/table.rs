//! How a control is described: one value gives both its route and its place in the OpenAPI document.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, RawPathParamsRejection};
use axum::extract::{DefaultBodyLimit, Query, RawPathParams, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use serde_path_to_error::Segment;

use crate::controls::Controls;
use crate::world::Shared;

/// What a control is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The simulator as a whole: stands under `/simulator`.
    Everything,
    /// One account: stands under `/simulator/accounts/{account}`, and under `/simulator` for the first account.
    Account,
}

/// The largest body of a control, in bytes: an account of a million people.
const BODY_LIMIT: usize = 256 << 20;

type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One control: a route, and what a reader needs to know to call it.
pub(super) struct Control {
    scope: Scope,
    method: Verb,
    path: &'static str,
    summary: &'static str,
    query: SchemaOf,
    body: Option<SchemaOf>,
    answer: SchemaOf,
    content: &'static str,
    router: MethodRouter<Arc<Shared>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl From<Verb> for MethodFilter {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Post => Self::POST,
            Verb::Put => Self::PUT,
            Verb::Patch => Self::PATCH,
            Verb::Delete => Self::DELETE,
        }
    }
}

/// What a control is called with, its body aside.
pub(super) struct Visit<Q = NoQuery> {
    pub(super) controls: Controls,
    /// What stands in the path for the template's braces, the account's aside.
    keys: Vec<String>,
    pub(super) query: Q,
}

impl<Q> Visit<Q> {
    /// What stands in the path for the template's first braces.
    pub(super) fn key(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }

    /// What stands in the path for the template's second braces.
    pub(super) fn second_key(&self) -> &str {
        self.keys.get(1).map_or("", String::as_str)
    }
}

/// No parameters in the query.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoQuery {}

/// A control call that cannot be done, with what to do about it.
#[derive(Debug)]
pub(super) struct Problem(pub(super) StatusCode, pub(super) String);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

/// What a control answers with.
pub(super) trait Answer {
    const CONTENT: &'static str;

    fn schema(generator: &mut SchemaGenerator) -> Schema;

    fn respond(self) -> Response;
}

/// An answer as JSON; null is 204 without a body.
impl<T: Serialize + JsonSchema> Answer for T {
    const CONTENT: &'static str = "application/json";

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }

    fn respond(self) -> Response {
        match serde_json::to_vec(&self) {
            Ok(body) if body == b"null" => StatusCode::NO_CONTENT.into_response(),
            Ok(body) => ([(header::CONTENT_TYPE, Self::CONTENT)], body).into_response(),
            Err(error) => Problem(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
}

/// A control without a body.
pub(super) fn bare<Q, A, F, R>(scope: Scope, method: Verb, path: &'static str, summary: &'static str, run: F) -> Control
where
    Q: DeserializeOwned + JsonSchema + Send + 'static,
    A: Answer + 'static,
    F: Fn(Visit<Q>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<A, Problem>> + Send + 'static,
{
    let handler = async move |State(shared): State<Arc<Shared>>, params: Params, uri: Uri| {
        let answered = match visit::<Q>(shared, params, &uri) {
            Ok(visit) => run(visit).await,
            Err(problem) => Err(problem),
        };
        answered.map(Answer::respond)
    };
    Control {
        scope,
        method,
        path,
        summary,
        query: |generator| generator.root_schema_for::<Q>(),
        body: None,
        answer: A::schema,
        content: A::CONTENT,
        router: on(method.into(), handler),
    }
}

/// A control with a body.
pub(super) fn with_body<B, A, F, R>(
    scope: Scope,
    method: Verb,
    path: &'static str,
    summary: &'static str,
    run: F,
) -> Control
where
    B: DeserializeOwned + JsonSchema + Send + 'static,
    A: Answer + 'static,
    F: Fn(Visit, B) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<A, Problem>> + Send + 'static,
{
    let handler = async move |State(shared): State<Arc<Shared>>, params: Params, uri: Uri, body: Body| {
        let refuse = |rejection: BytesRejection| Problem(rejection.status(), rejection.body_text());
        let called =
            visit::<NoQuery>(shared, params, &uri).and_then(|visit| Ok((visit, read::<B>(&body.map_err(refuse)?)?)));
        let answered = match called {
            Ok((visit, body)) => run(visit, body).await,
            Err(problem) => Err(problem),
        };
        answered.map(Answer::respond)
    };
    Control {
        scope,
        method,
        path,
        summary,
        query: |generator| generator.root_schema_for::<NoQuery>(),
        body: Some(SchemaGenerator::subschema_for::<B>),
        answer: A::schema,
        content: A::CONTENT,
        router: on(method.into(), handler),
    }
}

type Params = Result<RawPathParams, RawPathParamsRejection>;
type Body = Result<Bytes, BytesRejection>;

fn visit<Q: DeserializeOwned>(shared: Arc<Shared>, params: Params, uri: &Uri) -> Result<Visit<Q>, Problem> {
    let (mut controls, mut keys) = (Controls::first(shared), Vec::new());
    let params = params.map_err(|rejection| Problem(rejection.status(), rejection.body_text()))?;
    for (name, value) in &params {
        match name {
            "account" => controls = chosen(&controls, value)?,
            _ => keys.push(value.to_owned()),
        }
    }
    let Query(query) =
        Query::try_from_uri(uri).map_err(|refused| Problem(StatusCode::BAD_REQUEST, refused.body_text()))?;
    Ok(Visit { controls, keys, query })
}

fn chosen(controls: &Controls, id: &str) -> Result<Controls, Problem> {
    controls.of(id).ok_or_else(|| {
        let known: Vec<_> = controls.accounts().into_iter().map(|account| account.account_id).collect();
        Problem(StatusCode::NOT_FOUND, format!("account: found {id:?}, allowed are {}", known.join(", ")))
    })
}

/// Reads a body; what is wrong is told with its field, what was found and what is allowed.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    let refuse = |text: String| Problem(StatusCode::BAD_REQUEST, format!("cannot read the body: {text}"));
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let (path, inner) = (error.path().to_string(), error.inner());
        match found(body, error.path()) {
            _ if path == "." => refuse(inner.to_string()),
            Some(found) => refuse(format!("{path}: found {found}; {inner}")),
            None => refuse(format!("{path}: {inner}")),
        }
    })?;
    deserializer.end().map_err(|error| refuse(error.to_string()))?;
    Ok(value)
}

/// What stands at a place of the body, if it is short enough to repeat.
fn found(body: &Bytes, path: &serde_path_to_error::Path) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let value = path.iter().try_fold(&body, |value, segment| match segment {
        Segment::Seq { index } => value.get(index),
        Segment::Map { key } | Segment::Enum { variant: key } => value.get(key),
        Segment::Unknown => None,
    })?;
    Some(value.to_string()).filter(|text| text.len() <= 80)
}

/// The routes of the controls.
pub(super) fn router(controls: Vec<Control>) -> Router<Arc<Shared>> {
    let router = controls.into_iter().fold(Router::new(), |router, control| {
        let paths = control.paths();
        paths.into_iter().fold(router, |router, path| router.route(&path, control.router.clone()))
    });
    // An account of many people is a large body.
    router.layer(DefaultBodyLimit::max(BODY_LIMIT))
}

impl Control {
    fn paths(&self) -> Vec<String> {
        let first = format!("/simulator{}", self.path);
        match self.scope {
            Scope::Everything => vec![first],
            Scope::Account => vec![first, format!("/simulator/accounts/{{account}}{}", self.path)],
        }
    }
}

/// The OpenAPI document of the controls.
pub(super) fn document(controls: &[Control]) -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let mut paths = serde_json::Map::new();
    for control in controls {
        let operation = operation(control, &mut generator);
        for path in control.paths() {
            let mut operation = operation.clone();
            let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            let in_path =
                names.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
            if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
                parameters.extend(in_path);
            }
            let item = paths.entry(path).or_insert_with(|| json!({}));
            if let Some(item) = item.as_object_mut() {
                item.insert(control.method.to_string(), operation);
            }
        }
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "zoom-simulator controls",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Looks into the simulated Zoom accounts and steers them, past Zoom's API. No token is \
                            needed. Paths without an account mean the first one.",
        },
        "paths": paths,
        "components": {"schemas": schemas},
    })
}

fn operation(control: &Control, generator: &mut SchemaGenerator) -> Value {
    let query = (control.query)(generator);
    let fields = query.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let parameters: Vec<_> = fields
        .into_iter()
        .map(|(name, schema)| {
            let description = schema.get("description").cloned().unwrap_or_default();
            json!({"name": name, "in": "query", "description": description, "schema": schema})
        })
        .collect();
    let answer = (control.answer)(generator);
    let refused = json!({
        "description": "Refused: which field, what was found, what is allowed.",
        "content": {"application/json": {"schema": {
            "type": "object", "required": ["error"], "properties": {"error": {"type": "string"}},
        }}},
    });
    let done = match answer.get("type").and_then(Value::as_str) {
        Some("null") => json!({"204": {"description": "Done."}, "4XX": refused}),
        Some(_) | None => json!({
            "200": {"description": "Done.", "content": {control.content: {"schema": answer}}},
            "4XX": refused,
        }),
    };
    let mut operation = json!({"summary": control.summary, "parameters": parameters, "responses": done});
    if let (Some(body), Some(operation)) = (control.body, operation.as_object_mut()) {
        let content = json!({"application/json": {"schema": body(generator)}});
        operation.insert("requestBody".to_owned(), json!({"required": true, "content": content}));
    }
    operation
}
