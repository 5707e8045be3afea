//! The way of one call: fault, token, scope, limits, lock, handler, journal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::http::{HeaderValue, Response, header};
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::account::Refusal;
use crate::answer::{Answer, Outcome, respond, respond_half};
use crate::fault::{FaultEffect, RetryAfter};
use crate::faults::Hit;
use crate::journal::Entry;
use crate::limits::{Label, RateHeaders};
use crate::listener::Cutter;
use crate::quirks::Quirks;
use crate::redact;
use crate::rest::{Call, Endpoint, Reply, Request, all_scopes, route};
use crate::token::{APP_DISABLED, TokenRequest};
use crate::world::{AccountNumber, Shared};

/// The largest body that is read: an image may have 15 MiB.
const BODY_LIMIT: usize = 16 << 20;
pub(crate) const TOKEN_PATH: &str = "/oauth/token";

/// What a call is for.
enum Target {
    Token(TokenRequest),
    Endpoint(&'static Endpoint, Vec<String>),
    Refused(Refusal),
    NotZoom,
}

impl Target {
    fn of(call: &Call) -> Self {
        match route(call) {
            _ if call.path == TOKEN_PATH && call.method == axum::http::Method::POST => {
                Self::Token(TokenRequest::read(&call.headers, &call.query, &call.body))
            }
            Ok((endpoint, params)) => Self::Endpoint(endpoint, params),
            Err(refusal) if call.path.starts_with("/v2") => Self::Refused(refusal),
            Err(_) => Self::NotZoom,
        }
    }

    fn template(&self) -> &'static str {
        match self {
            Self::Token(_) => TOKEN_PATH,
            Self::Endpoint(endpoint, _) => endpoint.template,
            Self::Refused(_) | Self::NotZoom => "unknown",
        }
    }

    fn label(&self) -> Option<Label> {
        match self {
            Self::Endpoint(endpoint, _) => Some(endpoint.label),
            Self::Token(_) | Self::Refused(_) | Self::NotZoom => None,
        }
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
        // A copy: the journal would keep the connection's whole read buffer with it.
        body: Bytes::copy_from_slice(&body),
    };
    let mut response = match tokio::spawn(run(Arc::clone(&shared), call)).await {
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
    };
    if let Some(date) = http_date(shared.now()) {
        response.headers_mut().entry(header::DATE).or_insert(date);
    }
    response
}

/// As every server tells its clock: the simulator's own is meant, which may have been moved.
fn http_date(now: Timestamp) -> Option<HeaderValue> {
    let text = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok()?;
    HeaderValue::try_from(text).ok()
}

async fn run(shared: Arc<Shared>, call: Call) -> Outcome {
    let started = Instant::now();
    let target = Target::of(&call);
    let (visit, time) = {
        let mut world = shared.world();
        // A call that names no account is booked to the first one.
        let account = match &target {
            Target::Token(request) => request.account_id().and_then(|id| world.named(id)),
            Target::Endpoint(..) | Target::Refused(_) | Target::NotZoom => world.tokens.account(&call.headers),
        };
        let account = account.unwrap_or_default();
        let (method, template, later_page) = (call.method.as_str(), target.template(), call.is_for_a_later_page());
        let hit = world.tenant_mut(account).faults.take(method, template, later_page);
        let slipped = AtomicBool::new(false);
        (Visit { shared: &shared, call: &call, target: &target, account, hit, slipped }, world.clock.now())
    };
    let (outcome, cost) = visit.perform().await;
    let (status, response_body) = outcome.sent();
    let (account, slipped) = (visit.account, visit.slipped.into_inner());
    let fault = visit.hit.and_then(|hit| {
        // Where there was no row to repeat or to lose, the fault waits for another call.
        let missed = hit.effect.slip().is_some() && !slipped;
        if missed {
            shared.world().tenant_mut(account).faults.give_back(hit.number);
        }
        (!missed).then(|| (&hit.effect).into())
    });
    let entry = Entry {
        time,
        account,
        endpoint: format!("{} {}", call.method, target.template()),
        label: target.label(),
        cost,
        request_body: match &target {
            Target::Token(request) => request.shown(),
            Target::Endpoint(..) | Target::Refused(_) | Target::NotZoom => redact::body(&call.body),
        },
        status,
        response_body: match target.template().ends_with("/token") {
            true => redact::body(&response_body),
            false => response_body,
        },
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        fault,
        query: if matches!(target, Target::Token(_)) { String::new() } else { redact::query(call.query) },
        method: call.method.to_string(),
        path: call.path,
    };
    tracing::debug!(method = entry.method, path = entry.path, status, fault = entry.fault, "call");
    shared.record(entry);
    outcome
}

/// A call on its way.
struct Visit<'a> {
    shared: &'a Arc<Shared>,
    call: &'a Call,
    target: &'a Target,
    account: AccountNumber,
    hit: Option<Hit>,
    /// Whether a row was repeated or lost, as the fault wants it.
    slipped: AtomicBool,
}

impl Visit<'_> {
    /// The outcome, and what it cost of its label's budget.
    async fn perform(&self) -> (Outcome, u32) {
        if let Some(outcome) = self.instead().await {
            return (outcome, 0);
        }
        let (answer, cost) = self.answer().await;
        let outcome = match self.effect() {
            Some(FaultEffect::MalformedJson) => Outcome::Answer(answer.malformed()),
            Some(FaultEffect::CutBody) if answer.body.is_empty() => Outcome::Nothing,
            Some(FaultEffect::CutBody) => Outcome::Half(answer),
            Some(FaultEffect::TimeOutAfter { hold_ms }) => {
                tokio::time::sleep(Duration::from_millis(*hold_ms)).await;
                Outcome::Nothing
            }
            Some(_) | None => Outcome::Answer(answer),
        };
        (outcome, cost)
    }

    fn effect(&self) -> Option<&FaultEffect> {
        self.hit.as_ref().map(|hit| &hit.effect)
    }

    fn quirks(&self) -> Quirks {
        self.shared.world().account(self.account).config.quirks
    }

    /// Faults that keep a call from being carried out.
    async fn instead(&self) -> Option<Outcome> {
        let refuse = |refusal: &Refusal, headers| {
            Outcome::Answer(match self.target {
                Target::Endpoint(endpoint, _) => Answer::of(endpoint, endpoint.refuse(refusal), headers),
                Target::Token(_) | Target::Refused(_) | Target::NotZoom => {
                    Answer::json(Reply::refusal(refusal), headers)
                }
            })
        };
        match self.effect()? {
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
                let label = self.target.label().unwrap_or(Label::Light);
                let mut headers = match rate_headers {
                    true => {
                        let world = self.shared.world();
                        let config = &world.account(self.account).config;
                        config.limits.spent(config.plan, label, *daily)
                    }
                    false => Vec::new(),
                };
                headers.extend(retry_after.map(|after| ("retry-after", retry_text(after, self.shared.now()))));
                Some(refuse(&refusal, headers))
            }
            FaultEffect::HtmlPage { status } => Some(Outcome::Answer(Answer::html(*status))),
            FaultEffect::TimeOutBefore { hold_ms } => {
                tokio::time::sleep(Duration::from_millis(*hold_ms)).await;
                Some(Outcome::Nothing)
            }
            FaultEffect::Reset => Some(Outcome::Nothing),
            FaultEffect::CodeUnderOk { code, message } => {
                let reply = Reply::json(200, &json!({"code": code, "message": message}));
                Some(Outcome::Answer(Answer::json(reply, Vec::new())))
            }
            FaultEffect::AppRevoked => Some(match self.target {
                Target::Token(_) => {
                    let status = self.quirks().token_refusal.status();
                    Outcome::Answer(Answer::json(Reply::json(status, &APP_DISABLED), Vec::new()))
                }
                Target::Endpoint(..) | Target::Refused(_) | Target::NotZoom => {
                    refuse(&Refusal::TokenInvalid(self.quirks().invalid_token), Vec::new())
                }
            }),
            FaultEffect::ScopeMissing => match self.target {
                Target::Endpoint(endpoint, _) => {
                    let answer = self.quirks().missing_scope;
                    Some(refuse(&Refusal::ScopeMissing { scope: endpoint.scope, answer }, Vec::new()))
                }
                Target::Token(_) | Target::Refused(_) | Target::NotZoom => None,
            },
            FaultEffect::Delay { .. }
            | FaultEffect::MalformedJson
            | FaultEffect::CutBody
            | FaultEffect::TimeOutAfter { .. }
            | FaultEffect::WithoutEffect
            | FaultEffect::StaleListing
            | FaultEffect::RepeatedRow
            | FaultEffect::LostRow
            | FaultEffect::SwappedAccount => None,
        }
    }

    async fn answer(&self) -> (Answer, u32) {
        let pause = async || {
            if let Some(FaultEffect::Delay { ms }) = self.effect() {
                tokio::time::sleep(Duration::from_millis(*ms)).await;
            }
        };
        match self.target {
            Target::Token(request) => {
                pause().await;
                (Answer::json(self.token(request), Vec::new()), 0)
            }
            Target::Endpoint(endpoint, params) => {
                let slip = self.effect().and_then(FaultEffect::slip);
                let request = Request::new(endpoint, params, self.call).slipping(slip);
                let (rate, admitted) = self.shared.world().admit(self.account, endpoint, &request, self.call);
                let refuse =
                    |refusal: &Refusal, rate: RateHeaders| Answer::of(endpoint, endpoint.refuse(refusal), rate);
                if let Err(refusal) = admitted {
                    return (refuse(&refusal, rate), 0);
                }
                let takes_time = matches!(self.effect(), Some(FaultEffect::Delay { .. }));
                let held = match self.shared.hold(self.account, endpoint, &request, takes_time) {
                    Ok(held) => held,
                    Err(refusal) => return (refuse(&refusal, rate), 1),
                };
                pause().await;
                let reply = self.shared.world().carry_out(self.account, &request, self.hit.as_ref());
                self.slipped.store(request.slipped(), Ordering::Relaxed);
                drop(held);
                if !request.reads() {
                    self.shared.wake();
                }
                (Answer::of(endpoint, reply, rate), 1)
            }
            Target::Refused(refusal) => (Answer::json(Reply::refusal(refusal), Vec::new()), 0),
            Target::NotZoom => (Answer::html(404), 0),
        }
    }

    fn token(&self, request: &TokenRequest) -> Reply {
        let host = self.call.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        let issued = self.shared.world().issue_token(request, &format!("http://{host}"), all_scopes);
        match issued {
            Ok(reply) => Reply::json(200, &reply),
            Err(refusal) => Reply::json(self.quirks().token_refusal.status(), &refusal),
        }
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
