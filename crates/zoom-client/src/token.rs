//! The access token: one fetch in flight, renewed before its end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::classify::{Answer, parse};
use crate::error::{Error, ErrorKind};
use crate::lenient::{lenient, required};
use crate::transport::Subject;

/// How long before its end a token is renewed, at most: long enough for a call that is under way.
const LONGEST_MARGIN: Duration = Duration::from_secs(300);

/// Zoom's tokens live an hour (Zoom developer documentation, server-to-server OAuth).
const USUAL_LIFETIME: u64 = 3600;

/// A granted token.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    pub(crate) scopes: BTreeSet<String>,
    renew_at: Instant,
}

/// The body of a granted token. `api_url` is left out on purpose: the token goes to the configured host alone.
#[derive(Deserialize)]
struct Grant {
    #[serde(deserialize_with = "required")]
    access_token: String,
    #[serde(default, deserialize_with = "lenient")]
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    scope: Option<String>,
}

impl Token {
    pub(crate) fn read(answer: Answer, tried: &str) -> Result<Self, Error> {
        if !answer.is_success() || answer.refuses_inside_success() {
            return Err(refused(answer, tried));
        }
        let Grant { access_token, expires_in, scope } = parse(&answer, tried)?;
        let lifetime = Duration::from_secs(expires_in.unwrap_or(USUAL_LIFETIME));
        let margin = (lifetime / 10).min(LONGEST_MARGIN);
        let now = Instant::now();
        Ok(Self {
            secret: access_token.into(),
            scopes: scope.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            renew_at: now.checked_add(lifetime - margin).unwrap_or(now),
        })
    }
}

/// Zoom refuses wrong credentials with 400 as well as 401, and says more in the OAuth error than in the status.
fn refused(answer: Answer, tried: &str) -> Error {
    let error = answer.into_error(tried, Subject::User);
    if error.status() != Some(400) || *error.kind() != ErrorKind::Unexpected {
        return error;
    }
    let disabled = error.message().to_lowercase().contains("disabled");
    error.with_kind(if disabled { ErrorKind::AppDisabled } else { ErrorKind::BadCredentials })
}

/// The current token of one set of credentials.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// Held while a token is fetched: the others wait for that one.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Arc<Token>>,
    failed: Option<(Instant, Error)>,
}

impl Tokens {
    /// The current token, fetched when there is none or when it nears its end.
    ///
    /// Whoever waited for a fetch that failed shares its failure instead of asking once more each.
    pub(crate) async fn get(&self, fetch: impl AsyncFnOnce() -> Result<Token, Error>) -> Result<Arc<Token>, Error> {
        let asked = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(token) = state.current.as_ref().filter(|token| Instant::now() < token.renew_at) {
            return Ok(Arc::clone(token));
        }
        if let Some((_, error)) = state.failed.as_ref().filter(|(failed, _)| *failed > asked) {
            return Err(error.clone());
        }
        match fetch().await {
            Ok(token) => Ok(Arc::clone(state.current.insert(Arc::new(token)))),
            Err(error) => {
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Forgets a token that Zoom refused, unless another call has replaced it already.
    pub(crate) async fn discard(&self, refused: &Arc<Token>) {
        let mut state = self.state.lock().await;
        if state.current.as_ref().is_some_and(|current| Arc::ptr_eq(current, refused)) {
            state.current = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use reqwest::header::HeaderMap;
    use rstest::rstest;
    use secrecy::ExposeSecret;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: body.into() }
    }

    fn granted(number: u32, expires_in: u64) -> Token {
        let body = format!(r#"{{"access_token":"token-{number}","expires_in":{expires_in},"scope":"b:c a:b b:c"}}"#);
        Token::read(answer(200, &body), "POST /oauth/token").unwrap()
    }

    /// A token server whose every fetch takes a second.
    #[derive(Default)]
    struct Server(AtomicU32);

    impl Server {
        async fn token(&self, tokens: &Tokens) -> String {
            let fetch = async || {
                let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(granted(number, 3600))
            };
            tokens.get(fetch).await.unwrap().secret.expose_secret().to_owned()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_at_once_share_one_fetch() {
        let (tokens, server) = (Tokens::default(), Server::default());
        let (a, b, c) = tokio::join!(server.token(&tokens), server.token(&tokens), server.token(&tokens));
        assert_eq!([a, b, c], ["token-1", "token-1", "token-1"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_before_its_end() {
        let (tokens, server) = (Tokens::default(), Server::default());
        assert_eq!(server.token(&tokens).await, "token-1");
        tokio::time::advance(Duration::from_secs(3299)).await;
        assert_eq!(server.token(&tokens).await, "token-1");
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(server.token(&tokens).await, "token-2");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_fetch_is_shared_by_those_who_waited_and_tried_again_by_the_next() {
        let (tokens, fetches) = (Tokens::default(), AtomicU32::new(0));
        let fail = || {
            tokens.get(async || {
                fetches.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(1)).await;
                Err(refused(answer(400, r#"{"error":"invalid_client"}"#), "POST /oauth/token"))
            })
        };
        let (a, b) = tokio::join!(fail(), fail());
        assert!(a.is_err() && b.is_err());
        assert_eq!(fetches.load(Ordering::SeqCst), 1);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(fail().await.is_err());
        assert_eq!(fetches.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn only_the_refused_token_is_discarded() {
        let tokens = Tokens::default();
        let first = tokens.get(async || Ok(granted(1, 3600))).await.unwrap();
        tokens.discard(&first).await;
        let second = tokens.get(async || Ok(granted(2, 3600))).await.unwrap();
        tokens.discard(&first).await;
        assert!(Arc::ptr_eq(&second, &tokens.get(async || Ok(granted(3, 3600))).await.unwrap()));
    }

    #[rstest]
    #[case(
        400,
        r#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#,
        ErrorKind::BadCredentials
    )]
    #[case(
        401,
        r#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#,
        ErrorKind::BadCredentials
    )]
    #[case(400, r#"{"reason":"unsupported grant type","error":"unsupported_grant_type"}"#, ErrorKind::BadCredentials)]
    #[case(400, r#"{"reason":"Bad request","error":"invalid_request"}"#, ErrorKind::BadCredentials)]
    #[case(400, r#"{"reason":"The app has been disabled","error":"invalid_client"}"#, ErrorKind::AppDisabled)]
    #[case(400, r#"{"errorCode":4717,"errorMessage":"The app has been disabled."}"#, ErrorKind::AppDisabled)]
    #[case(
        200,
        r#"{"status":false,"errorCode":4702,"errorMessage":"Invalid client_id","result":null}"#,
        ErrorKind::BadCredentials
    )]
    #[case(503, "<html><title>Sorry</title></html>", ErrorKind::Transient)]
    #[case(400, "<html><title>Sorry</title></html>", ErrorKind::Transient)]
    #[case(200, r#"{"token_type":"bearer"}"#, ErrorKind::Unexpected)]
    fn a_refused_token_is_named_by_meaning(#[case] status: u16, #[case] body: &str, #[case] kind: ErrorKind) {
        assert_eq!(Token::read(answer(status, body), "POST /oauth/token").unwrap_err().kind(), &kind);
    }

    #[test]
    fn debug_of_a_token_shows_its_scopes_and_no_secret() {
        let shown = format!("{:?}", granted(1, 3600));
        assert!(shown.contains("a:b") && !shown.contains("token-1"), "{shown}");
    }
}
