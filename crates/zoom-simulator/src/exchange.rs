//! The way of one call: fault, token, scope, limits, lock, handler, journal.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use futures::stream;
use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use serde_json::Value;

use crate::account::Refusal;
use crate::fault::{FaultEffect, RetryAfter};
use crate::journal::Entry;
use crate::limits::{self, Label, RateHeaders};
use crate::listener::Cutter;
use crate::rest::{Call, Endpoint, Reply, Request, all_scopes, route};
use crate::token::TokenRequest;
use crate::world::{Hit, Shared};

/// The largest body that is read.
const BODY_LIMIT: usize = 4 << 20;
const TOKEN_PATH: &str = "/oauth/token";
const HTML: &str =
    "<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>\n";

/// What a call is for.
enum Target {
    Token,
    Endpoint(&'static Endpoint, Vec<String>),
    Refused(Refusal),
    NotZoom,
}

impl Target {
    fn of(call: &Call) -> Self {
        match route(call) {
            _ if call.path == TOKEN_PATH && call.method == axum::http::Method::POST => Self::Token,
            Ok((endpoint, params)) => Self::Endpoint(endpoint, params),
            Err(refusal) if call.path.starts_with("/v2") => Self::Refused(refusal),
            Err(_) => Self::NotZoom,
        }
    }

    fn template(&self) -> &'static str {
        match self {
            Self::Token => TOKEN_PATH,
            Self::Endpoint(endpoint, _) => endpoint.template,
            Self::Refused(_) | Self::NotZoom => "unknown",
        }
    }

    fn label(&self) -> Option<Label> {
        match self {
            Self::Endpoint(endpoint, _) => Some(endpoint.label),
            Self::Token | Self::Refused(_) | Self::NotZoom => None,
        }
    }
}

/// What goes back to the caller.
enum Outcome {
    Answer(Answer),
    /// Half of the answer, and then the connection is cut.
    Half(Answer),
    /// No answer: the connection is cut.
    Nothing,
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Answer {
    fn json(reply: Reply, rate: RateHeaders) -> Self {
        let mut headers: Vec<_> = rate.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if !reply.body.is_empty() {
            headers.push(("content-type".to_owned(), "application/json;charset=UTF-8".to_owned()));
        }
        Self { status: reply.status, headers, body: reply.body }
    }

    fn html(status: u16) -> Self {
        let headers = vec![("content-type".to_owned(), "text/html;charset=utf-8".to_owned())];
        Self { status, headers, body: Bytes::from_static(HTML.as_bytes()) }
    }

    /// Quotes that are not escaped, as seen in Zoom's scope errors; a status without body becomes 200.
    fn malformed(self) -> Self {
        let mut body = br#"{"message":"the "quotes" are not escaped","answer":"#.to_vec();
        body.extend_from_slice(if self.body.is_empty() { b"null" } else { &self.body });
        body.push(b'}');
        Self { status: if self.status == 204 { 200 } else { self.status }, body: body.into(), ..self }
    }
}

/// Answers a call to Zoom. It runs to its end also when the caller goes away, as at Zoom.
pub(crate) async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: HttpRequest,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return respond(Answer::json(
            Reply::refusal(&Refusal::BadRequest("Request body too large.".to_owned())),
            Vec::new(),
        ));
    };
    let call = Call {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    match tokio::spawn(run(shared, call)).await {
        Ok(Outcome::Answer(answer)) => respond(answer),
        Ok(Outcome::Half(answer)) => respond_half(answer),
        Ok(Outcome::Nothing) => {
            cutter.cut();
            Response::new(Body::empty())
        }
        Err(error) => {
            tracing::error!(%error, "a call was not carried out to its end");
            respond(Answer::html(500))
        }
    }
}

async fn run(shared: Arc<Shared>, call: Call) -> Outcome {
    let started = Instant::now();
    let target = Target::of(&call);
    let (time, hit) = {
        let mut world = shared.world();
        (world.clock.now(), world.take_fault(call.method.as_str(), target.template()))
    };
    let outcome = perform(&shared, &call, &target, hit.as_ref()).await;
    let (status, response_body) = match &outcome {
        Outcome::Answer(answer) | Outcome::Half(answer) => (Some(answer.status), answer.body.clone()),
        Outcome::Nothing => (None, Bytes::new()),
    };
    let template = target.template();
    let entry = Entry {
        time,
        endpoint: format!("{} {template}", call.method),
        label: target.label(),
        request_body: shown_request(&call, &target),
        status,
        response_body: shown_response(response_body, &target),
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        fault: hit.as_ref().map(|hit| (&hit.effect).into()),
        query: if matches!(target, Target::Token) { String::new() } else { call.query },
        method: call.method.to_string(),
        path: call.path,
    };
    tracing::debug!(method = entry.method, path = entry.path, status, fault = entry.fault, "call");
    shared.world().journal.record(entry);
    outcome
}

async fn perform(shared: &Arc<Shared>, call: &Call, target: &Target, hit: Option<&Hit>) -> Outcome {
    let effect = hit.map(|hit| &hit.effect);
    if let Some(outcome) = instead(effect, target.label(), shared.now()).await {
        return outcome;
    }
    let answer = answer(shared, call, target, hit).await;
    match effect {
        Some(FaultEffect::MalformedJson) => Outcome::Answer(answer.malformed()),
        Some(FaultEffect::CutBody) if answer.body.is_empty() => Outcome::Nothing,
        Some(FaultEffect::CutBody) => Outcome::Half(answer),
        Some(FaultEffect::TimeOutAfter { hold_ms }) => {
            tokio::time::sleep(Duration::from_millis(*hold_ms)).await;
            Outcome::Nothing
        }
        Some(_) | None => Outcome::Answer(answer),
    }
}

/// Faults that keep a call from being carried out.
async fn instead(effect: Option<&FaultEffect>, label: Option<Label>, now: Timestamp) -> Option<Outcome> {
    match effect? {
        FaultEffect::Answer { status, headers, body } => {
            let headers = headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            let body = match body {
                Value::Null => Bytes::new(),
                Value::String(text) => text.clone().into(),
                Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => body.to_string().into(),
            };
            Some(Outcome::Answer(Answer { status: *status, headers, body }))
        }
        FaultEffect::TooManyRequests { rate_headers, daily, retry_after } => {
            let refusal = if *daily { Refusal::PerDayLimit } else { Refusal::PerSecondLimit };
            let kind = if *daily { "Daily-limit" } else { "QPS" };
            let mut headers = match rate_headers {
                true => limits::headers(label.unwrap_or(Label::Light), kind, 30, 0, None),
                false => Vec::new(),
            };
            headers.extend(retry_after.map(|after| ("retry-after", retry_text(after, now))));
            Some(Outcome::Answer(Answer::json(Reply::refusal(&refusal), headers)))
        }
        FaultEffect::HtmlPage { status } => Some(Outcome::Answer(Answer::html(*status))),
        FaultEffect::TimeOutBefore { hold_ms } => {
            tokio::time::sleep(Duration::from_millis(*hold_ms)).await;
            Some(Outcome::Nothing)
        }
        FaultEffect::Reset => Some(Outcome::Nothing),
        FaultEffect::Delay { .. }
        | FaultEffect::MalformedJson
        | FaultEffect::CutBody
        | FaultEffect::TimeOutAfter { .. }
        | FaultEffect::WithoutEffect
        | FaultEffect::StaleListing => None,
    }
}

fn retry_text(after: RetryAfter, now: Timestamp) -> String {
    match after {
        RetryAfter::Seconds(seconds) => seconds.to_string(),
        RetryAfter::IsoTimeIn(seconds) => {
            let at = now.saturating_add(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(now);
            at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
        }
    }
}

async fn answer(shared: &Arc<Shared>, call: &Call, target: &Target, hit: Option<&Hit>) -> Answer {
    let pause = async || {
        if let Some(FaultEffect::Delay { ms }) = hit.map(|hit| &hit.effect) {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
        }
    };
    match target {
        Target::Token => {
            pause().await;
            Answer::json(token(shared, call), Vec::new())
        }
        Target::Endpoint(endpoint, params) => {
            let request = Request::new(endpoint, params, call);
            let (rate, admitted) = shared.world().admit(endpoint, &request, call);
            let held = match admitted.and_then(|()| shared.hold(endpoint, &request)) {
                Ok(held) => held,
                Err(refusal) => return Answer::json(Reply::refusal(&refusal), rate),
            };
            pause().await;
            let reply = shared.world().carry_out(&request, hit);
            drop(held);
            Answer::json(reply, rate)
        }
        Target::Refused(refusal) => Answer::json(Reply::refusal(refusal), Vec::new()),
        Target::NotZoom => Answer::html(404),
    }
}

fn token(shared: &Shared, call: &Call) -> Reply {
    let request = TokenRequest::read(&call.headers, &call.query, &call.body);
    let host = call.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let mut world = shared.world();
    let world = &mut *world;
    let now = world.clock.now();
    match world.tokens.issue(&world.account.config, &request, &format!("http://{host}"), all_scopes, now) {
        Ok(reply) => Reply::json(200, &reply),
        Err(refusal) => Reply::json(400, &refusal),
    }
}

fn respond(answer: Answer) -> Response<Body> {
    finish(answer.status, answer.headers, Body::from(answer.body))
}

/// Promises the whole body and sends half of it.
fn respond_half(answer: Answer) -> Response<Body> {
    let half = answer.body.slice(..answer.body.len() / 2);
    let mut headers = answer.headers;
    headers.push(("content-length".to_owned(), answer.body.len().to_string()));
    let cut = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    finish(answer.status, headers, Body::from_stream(stream::iter([Ok(half), Err(cut)])))
}

fn finish(status: u16, headers: Vec<(String, String)>, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let tracking = format!("v=2.0;clid=us02;rid=WEB_{:032x}", rand::rng().random::<u128>());
    for (name, value) in headers.into_iter().chain([("x-zm-trackingid".to_owned(), tracking)]) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A token call's body holds the secret: the journal shows its harmless parameters alone. Passwords are left out too.
fn shown_request(call: &Call, target: &Target) -> Bytes {
    match target {
        Target::Token => TokenRequest::read(&call.headers, &call.query, &call.body).shown(),
        Target::Endpoint(..) | Target::Refused(_) | Target::NotZoom => {
            without(&call.body, &["password", "client_secret"], |body| body.get_mut("user_info"))
        }
    }
}

fn shown_response(body: Bytes, target: &Target) -> Bytes {
    match target {
        Target::Token => without(&body, &["access_token"], |body| Some(body)),
        Target::Endpoint(..) | Target::Refused(_) | Target::NotZoom => body,
    }
}

/// The JSON body with some fields hidden, in it and in the part that `inner` picks.
fn without(body: &Bytes, names: &[&str], inner: impl Fn(&mut Value) -> Option<&mut Value>) -> Bytes {
    let text = String::from_utf8_lossy(body);
    if !names.iter().any(|name| text.contains(name)) {
        return body.clone();
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else {
        return Bytes::from_static(b"\"(not shown: it may hold a secret)\"");
    };
    let hide = |part: &mut Value| {
        for name in names {
            if let Some(field) = part.get_mut(name) {
                *field = Value::from("(hidden)");
            }
        }
    };
    hide(&mut value);
    if let Some(part) = inner(&mut value) {
        hide(part);
    }
    value.to_string().into()
}
