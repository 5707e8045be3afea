//! Sending a call: path, token, limiter, repeats, and reading the answer within limits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Method, RequestBuilder, redirect};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use crate::classify::{Answer, expect_nothing, parse};
use crate::config::{CallRecord, Config, ConfigError};
use crate::error::{Error, ErrorKind};
use crate::limiter::{LONGEST_WAIT, Limiter, OwnCap, RateLabel, wait_until};
use crate::token::{Token, Tokens};

/// Answers larger than this are not read. A page of 2,000 users is about 4 MiB.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Tries of one call, the first included.
const TRIES: u32 = 3;

/// The pause before the first repeat; the next ones double it. Each is varied by half, so that clients do not march in step.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

const TOKEN_CALL: &str = "POST /oauth/token";

/// What stays as it is in a path segment; everything else is percent-encoded (ids may hold `/`, addresses `@` and `+`).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One of Zoom's operations.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    /// Method and path template, for records.
    pub(crate) template: &'static str,
    pub(crate) label: RateLabel,
    pub(crate) own_cap: Option<OwnCap>,
    pub(crate) subject: Subject,
}

/// What a call is about, where that decides what a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Users, and anything else.
    User,
    /// A new address in the account: 1107 speaks of its domain.
    Address,
    /// A group: 1010 speaks of it.
    Group,
}

impl Endpoint {
    pub(crate) const fn new(method: Method, template: &'static str, label: RateLabel) -> Self {
        Self { method, template, label, own_cap: None, subject: Subject::User }
    }

    pub(crate) const fn of_group(method: Method, template: &'static str, label: RateLabel) -> Self {
        Self { method, template, label, own_cap: None, subject: Subject::Group }
    }

    /// With a daily cap of its own.
    pub(crate) const fn capped(mut self, own_cap: OwnCap) -> Self {
        self.own_cap = Some(own_cap);
        self
    }

    /// An operation that brings a new address into the account and has a daily cap of its own.
    pub(crate) const fn naming_address(
        method: Method,
        template: &'static str,
        label: RateLabel,
        own_cap: OwnCap,
    ) -> Self {
        Self { method, template, label, own_cap: Some(own_cap), subject: Subject::Address }
    }
}

/// One call to make.
pub(crate) struct Call {
    endpoint: &'static Endpoint,
    path: String,
    tried: String,
    query: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
}

/// Without the body: that of a create may hold a password.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("tried", &self.tried).field("query", &self.query).finish_non_exhaustive()
    }
}

impl Call {
    /// `segments` are the path, not yet encoded.
    pub(crate) fn new(endpoint: &'static Endpoint, segments: &[&str]) -> Result<Self, Error> {
        let tried = format!("{} /{}", endpoint.method, segments.join("/"));
        let mut path = String::new();
        for segment in segments {
            // A parser of addresses resolves dots, encoded or not, so they would lead to another resource.
            if matches!(*segment, "" | "." | "..") {
                let message = format!("{segment:?} cannot stand in a path: give an id or an e-mail address");
                return Err(Error::unsent(ErrorKind::Invalid { fields: Vec::new() }, &tried, &message));
            }
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        Ok(Self { endpoint, path, tried, query: Vec::new(), body: None })
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let json = serde_json::to_vec(body).map_err(|problem| {
            Error::unsent(ErrorKind::Invalid { fields: Vec::new() }, &self.tried, &problem.to_string())
        })?;
        self.body = Some(json);
        Ok(self)
    }

    pub(crate) fn tried(&self) -> &str {
        &self.tried
    }
}

/// One account's calls: everything that the clones of a client share.
pub(crate) struct Transport {
    http: Client,
    config: Config,
    limiter: Arc<Limiter>,
    tokens: Tokens,
}

impl Transport {
    pub(crate) fn new(config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        let http = Client::builder()
            .user_agent(config.user_agent.clone())
            .connect_timeout(config.timeouts.connect)
            .timeout(config.timeouts.call)
            // A redirect could carry the token to another host.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|problem| ConfigError::Http(chain(&problem)))?;
        let limiter = Arc::new(Limiter::new(config.limits));
        Ok(Self { http, config, limiter, tokens: Tokens::default() })
    }

    /// The same account by other credentials: the limiter and what it counted stay.
    pub(crate) fn with_credentials(&self, credentials: crate::Credentials) -> Self {
        Self {
            http: self.http.clone(),
            config: Config { credentials, ..self.config.clone() },
            limiter: Arc::clone(&self.limiter),
            tokens: Tokens::default(),
        }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Makes a call whose answer is JSON.
    pub(crate) async fn fetch<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        self.send(call, |answer, tried| parse(&answer, tried)).await
    }

    /// Makes a call whose answer carries nothing.
    pub(crate) async fn run(&self, call: &Call) -> Result<(), Error> {
        self.send(call, |answer, tried| expect_nothing(&answer, tried)).await
    }

    pub(crate) async fn token(&self) -> Result<Arc<Token>, Error> {
        self.tokens.get(async || self.fetch_token().await).await
    }

    async fn send<T>(&self, call: &Call, read: impl Fn(Answer, &str) -> Result<T, Error>) -> Result<T, Error> {
        let Endpoint { label, own_cap, .. } = *call.endpoint;
        let (started, mut tries, mut renewed) = (Instant::now(), 1, false);
        loop {
            let token = self.token().await?;
            self.limiter.admit(label, own_cap).await.map_err(|kind| {
                Error::unsent(kind, call.tried(), "held back by this client's own limiter; nothing was sent")
            })?;
            self.ask_gate(call)?;
            let error = match self.attempt(call, &token, &read).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if error.refuses_token() && !renewed {
                self.tokens.discard(&token).await;
                renewed = true;
                continue;
            }
            if matches!(error.kind(), ErrorKind::MissingScopes { .. }) {
                // A scope that is added to the app reaches new tokens only.
                self.tokens.discard(&token).await;
            }
            let repeatable = call.endpoint.method != Method::POST;
            match pause_before_repeat(error.kind(), tries) {
                Some(pause) if repeatable && started.elapsed() + pause < self.config.timeouts.total => {
                    tracing::debug!(%error, ?pause, "repeating a call");
                    sleep(pause).await;
                    tries += 1;
                }
                _ => return Err(error),
            }
        }
    }

    /// Asked last: the token and the limiter may have taken their time.
    fn ask_gate(&self, call: &Call) -> Result<(), Error> {
        let open = call.endpoint.method == Method::GET || self.config.gate.as_ref().is_none_or(|gate| gate());
        if open {
            Ok(())
        } else {
            Err(Error::unsent(ErrorKind::Withheld, call.tried(), "the caller may not write now"))
        }
    }

    async fn attempt<T>(
        &self,
        call: &Call,
        token: &Token,
        read: impl Fn(Answer, &str) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Endpoint { method, template, label, own_cap, subject } = call.endpoint;
        let address = format!("{}{}", self.config.endpoints.api.as_str().trim_end_matches('/'), call.path);
        let mut request =
            self.http.request(method.clone(), address).query(&call.query).bearer_auth(token.secret.expose_secret());
        if let Some(body) = &call.body {
            request = request.header("content-type", "application/json").body(body.clone());
        }
        self.exchange(request, template, Some(*label), &call.tried, |answer| {
            if answer.is_success() && !answer.refuses_inside_success() {
                return read(answer, &call.tried);
            }
            if let Some(throttle) = answer.throttle() {
                self.limiter.refused(*label, *own_cap, &throttle);
            }
            Err(answer.into_error(&call.tried, *subject))
        })
        .await
    }

    async fn fetch_token(&self) -> Result<Token, Error> {
        let credentials = &self.config.credentials;
        let form = [("grant_type", "account_credentials"), ("account_id", self.config.account_id.as_str())];
        let mut tries = 1;
        loop {
            let request = self
                .http
                .post(self.config.endpoints.token.clone())
                .basic_auth(&credentials.client_id, Some(credentials.client_secret.expose_secret()))
                .form(&form);
            let read = |answer| Token::read(answer, TOKEN_CALL);
            let error = match self.exchange(request, TOKEN_CALL, None, TOKEN_CALL, read).await {
                Ok(token) => return Ok(token),
                Err(error) => error,
            };
            let Some(pause) = pause_before_repeat(error.kind(), tries) else { return Err(error) };
            sleep(pause).await;
            tries += 1;
        }
    }

    /// Sends a request once, reads the answer and tells the observer.
    async fn exchange<T>(
        &self,
        request: RequestBuilder,
        endpoint: &'static str,
        label: Option<RateLabel>,
        tried: &str,
        read: impl FnOnce(Answer) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let started = Instant::now();
        let answer = receive(request, tried).await;
        let duration = started.elapsed();
        let status = answer.as_ref().ok().map(|answer| answer.status);
        let result = answer.and_then(read);
        if let Some(observer) = &self.config.observer {
            let (code, outcome) = match &result {
                Ok(_) => (None, "Ok"),
                Err(error) => (error.code(), error.kind().name()),
            };
            observer(&CallRecord { endpoint, label, status, code, outcome, duration });
        }
        result
    }
}

async fn receive(request: RequestBuilder, tried: &str) -> Result<Answer, Error> {
    let mut response = request.send().await.map_err(|problem| {
        let unsent = problem.is_connect() || problem.is_builder();
        let message = chain(&problem.without_url());
        let error = if unsent { Error::unsent } else { Error::lost };
        error(ErrorKind::Transient, tried, &message)
    })?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|problem| Error::lost(ErrorKind::Transient, tried, &chain(&problem.without_url())))?
    {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            let message = format!("the answer is larger than {LARGEST_ANSWER} bytes");
            return Err(Error::lost(ErrorKind::TooLarge, tried, &message));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body })
}

/// How long to wait before a call is repeated; `None` when a repeat would not help, or not soon.
fn pause_before_repeat(kind: &ErrorKind, tries: u32) -> Option<Duration> {
    let wait = if matches!(kind, ErrorKind::Transient) {
        Duration::ZERO
    } else if let ErrorKind::RateLimited { retry_at } = kind {
        wait_until(*retry_at)
    } else {
        return None;
    };
    let backoff = FIRST_PAUSE * 2_u32.pow(tries.min(8) - 1);
    let pause = wait + backoff.mul_f64(rand::random_range(0.5..1.5));
    (tries < TRIES && wait <= LONGEST_WAIT).then_some(pause)
}

/// An error with its causes, in one line and without the address, which the caller names already.
fn chain(problem: &(dyn std::error::Error + 'static)) -> String {
    let mut text = problem.to_string();
    let mut cause = problem.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_a_call_does_not_show_in_debug_output() {
        static CREATE: Endpoint = Endpoint::new(Method::POST, "POST /users", RateLabel::Light);
        let call = Call::new(&CREATE, &["users"]).unwrap().query("action", "autoCreate");
        let shown = format!("{:?}", call.body(&serde_json::json!({"password": "Sup3rSecret"})).unwrap());
        assert!(shown.contains("POST /users") && shown.contains("autoCreate"), "{shown}");
        assert!(!shown.contains("Sup3rSecret") && !shown.contains("83, 117, 112"), "{shown}");
    }
}
