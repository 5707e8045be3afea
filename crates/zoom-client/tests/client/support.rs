//! A small server that answers what a test tells it, and remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::Url;
use zoom_client::{Config, Credentials, Endpoints, Limits, ZoomClient};

pub(crate) const SECRET: &str = "the-client-secret";

/// A call that the server saw.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Method, path and query.
    pub(crate) call: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn is_token_call(&self) -> bool {
        self.call == "POST /oauth/token"
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What the server answers; `None` leaves the caller waiting for ever.
pub(crate) type Reply = Option<Response>;

pub(crate) struct Server {
    pub(crate) base: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers calls by `script`, which is given the call and how many came before it. Token calls are counted apart.
    pub(crate) async fn start(script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::with_tokens(|_, number| granted(number, 3600), script).await
    }

    /// Like [`Self::start`], with a script for token calls too.
    pub(crate) async fn with_tokens(
        tokens: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
        script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let seen = Arc::new(Mutex::new(Vec::<Seen>::new()));
        let (memory, scripts) = (Arc::clone(&seen), Arc::new((tokens, script)));
        let app = Router::new().fallback(move |request: Request| {
            let (memory, scripts) = (Arc::clone(&memory), Arc::clone(&scripts));
            async move {
                let (parts, body) = request.into_parts();
                let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
                let this = Seen { call: format!("{} {}", parts.method, parts.uri), headers: parts.headers, body };
                let before = {
                    let mut memory = memory.lock().unwrap();
                    memory.push(this.clone());
                    memory.iter().filter(|seen| seen.is_token_call() == this.is_token_call()).count() - 1
                };
                let reply = if this.is_token_call() { scripts.0(&this, before) } else { scripts.1(&this, before) };
                match reply {
                    Some(response) => response,
                    None => std::future::pending().await,
                }
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base, seen }
    }

    /// The calls, without those for tokens.
    pub(crate) fn calls(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| !seen.is_token_call()).cloned().collect()
    }

    /// Method, path and query of each call, without those for tokens.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.calls().into_iter().map(|seen| seen.call).collect()
    }

    pub(crate) fn token_calls(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.is_token_call()).cloned().collect()
    }

    pub(crate) fn config(&self) -> Config {
        let credentials = Credentials { client_id: "the-client-id".into(), client_secret: SECRET.into() };
        Config::new("the-account", credentials, Endpoints::custom(&self.base), Limits::off())
    }

    pub(crate) fn client(&self) -> ZoomClient {
        ZoomClient::new(self.config()).unwrap()
    }

    /// A client that gives up on an answer soon.
    pub(crate) fn impatient_client(&self) -> ZoomClient {
        let mut config = self.config();
        config.timeouts.call = Duration::from_millis(300);
        ZoomClient::new(config).unwrap()
    }
}

pub(crate) fn granted(number: usize, expires_in: u64) -> Reply {
    reply(
        200,
        json!({"access_token": format!("token-{number}"), "token_type": "bearer", "expires_in": expires_in,
        "scope": "user:read:user:admin user:write:user:admin", "api_url": "http://elsewhere.example.com"}),
    )
}

pub(crate) fn reply(status: u16, body: Value) -> Reply {
    Some((StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response())
}

pub(crate) fn refusal(status: u16, code: i64, message: &str) -> Reply {
    reply(status, json!({"code": code, "message": message}))
}

pub(crate) fn no_content() -> Reply {
    Some(StatusCode::NO_CONTENT.into_response())
}

/// A success whose connection breaks within the body.
pub(crate) fn broken_off(status: u16, beginning: &'static str) -> Reply {
    let parts = [Ok(beginning), Err(std::io::Error::other("broken off"))];
    let body = Body::from_stream(futures::stream::iter(parts));
    Some((StatusCode::from_u16(status).unwrap(), body).into_response())
}

pub(crate) fn user(email: &str, id: &str) -> Value {
    json!({"id": id, "email": email, "type": 1, "status": "active"})
}
