use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::limiter::RateLabel;

/// Everything that a [`ZoomClient`](crate::ZoomClient) needs to know about one Zoom account.
#[derive(Clone)]
pub struct Config {
    /// The account's id, as the server-to-server app's credentials page shows it.
    pub account_id: String,
    /// The server-to-server app's credentials.
    pub credentials: Credentials,
    /// Where Zoom answers.
    pub endpoints: Endpoints,
    /// The account's rate limits and the share of them that this client may use.
    pub limits: Limits,
    /// The `User-Agent` header of every call.
    pub user_agent: String,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// Told of every HTTP exchange, also of repeated ones and of token calls. Runs inside the call: keep it short.
    pub observer: Option<Observer>,
    /// Asked right before every exchange that may change something, also before a repeated one. Absent: always open.
    pub gate: Option<Gate>,
}

/// A callback that is told of every HTTP exchange.
pub type Observer = Arc<dyn Fn(&CallRecord) + Send + Sync>;

/// Says whether a call that may change something may be sent now. When it says no, nothing is sent and the call fails with
/// [`ErrorKind::Withheld`](crate::ErrorKind::Withheld). Reading calls and token calls do not ask. Keep it short.
pub type Gate = Arc<dyn Fn() -> bool + Send + Sync>;

impl Config {
    /// A configuration with the default user agent and time-outs, and without an observer or a gate.
    pub fn new(account_id: impl Into<String>, credentials: Credentials, endpoints: Endpoints, limits: Limits) -> Self {
        Self {
            account_id: account_id.into(),
            credentials,
            endpoints,
            limits,
            user_agent: concat!("zoom-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeouts: Timeouts::default(),
            observer: None,
            gate: None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.account_id.trim().is_empty() {
            return Err(ConfigError::Blank("account id"));
        }
        if self.credentials.client_id.trim().is_empty() {
            return Err(ConfigError::Blank("client id"));
        }
        for url in [&self.endpoints.token, &self.endpoints.api] {
            let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
            if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain {
                return Err(ConfigError::Endpoint(url.clone()));
            }
        }
        match self.limits.share_percent {
            1..=100 => Ok(()),
            share => Err(ConfigError::Share(share)),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account_id, credentials, endpoints, limits, user_agent, timeouts, observer, gate } = self;
        f.debug_struct("Config")
            .field("account_id", account_id)
            .field("credentials", credentials)
            .field("endpoints", endpoints)
            .field("limits", limits)
            .field("user_agent", user_agent)
            .field("timeouts", timeouts)
            .field("observer", &observer.is_some())
            .field("gate", &gate.is_some())
            .finish()
    }
}

/// Credentials of a server-to-server OAuth app.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The app's client id.
    pub client_id: String,
    /// The app's client secret. Never shown.
    pub client_secret: SecretString,
}

/// The two addresses under which Zoom answers.
///
/// The address that Zoom names in its token reply (`api_url`) is not followed: the token goes to these hosts alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The address of token calls, such as `https://zoom.us/oauth/token`.
    pub token: Url,
    /// The base of all other calls, such as `https://api.zoom.us/v2`.
    pub api: Url,
}

impl Endpoints {
    /// Zoom's commercial cloud.
    pub fn commercial() -> Self {
        Self::fixed("https://zoom.us/oauth/token", "https://api.zoom.us/v2")
    }

    /// Zoom's cloud for the United States government.
    pub fn government() -> Self {
        Self::fixed("https://zoomgov.com/oauth/token", "https://api.zoomgov.com/v2")
    }

    /// A host of one's own: `{base}/oauth/token` and `{base}/v2`.
    pub fn custom(base: &Url) -> Self {
        let under = |path: &str| {
            let mut url = base.clone();
            url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
            url
        };
        Self { token: under("oauth/token"), api: under("v2") }
    }

    #[expect(clippy::expect_used, reason = "the addresses are constants of this file, and a test parses each")]
    fn fixed(token: &str, api: &str) -> Self {
        let parse = |text: &str| Url::parse(text).expect("a constant address parses");
        Self { token: parse(token), api: parse(api) }
    }
}

/// The account's rate limits and the share of them that this client may use.
///
/// Zoom counts calls per account, over all its apps, by the account's plan (Zoom developer documentation, rate limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The account's plan, which decides the limits.
    pub plan: Plan,
    /// The share of every limit that this client may use, in percent, from 1 to 100.
    pub share_percent: u8,
}

impl Limits {
    /// No limits of the client's own; a 429 is still obeyed. For simulators, which have none.
    pub fn off() -> Self {
        Self { plan: Plan::Unlimited, share_percent: 100 }
    }
}

/// An account's plan, as far as rate limits depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Free (Basic) accounts.
    Free,
    /// Pro accounts.
    Pro,
    /// Business accounts and everything above: Business+, Enterprise, Education.
    Business,
    /// No limits are kept: for simulators.
    Unlimited,
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Opening a connection. Default 10 seconds.
    pub connect: Duration,
    /// One HTTP exchange with its body. Default 30 seconds.
    pub call: Duration,
    /// One method call with its repeats and pauses: no repeat is begun later. Default 90 seconds.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), call: Duration::from_secs(30), total: Duration::from_secs(90) }
    }
}

/// One HTTP exchange, as an observer sees it. All texts come from small fixed sets, so they do for metric labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// Method and path template, such as `GET /users/{userId}`.
    pub endpoint: &'static str,
    /// Zoom's rate label of the call; `None` for token calls, which have none.
    pub label: Option<RateLabel>,
    /// The HTTP status, if Zoom answered.
    pub status: Option<u16>,
    /// Zoom's error code, if it named one.
    pub code: Option<i64>,
    /// `Ok`, or the name of the [`ErrorKind`](crate::ErrorKind).
    pub outcome: &'static str,
    /// From sending until the body was read.
    pub duration: Duration,
}

/// Why a [`Config`] was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value that must be given is blank.
    #[error("the {0} is blank")]
    Blank(&'static str),
    /// An address cannot be called.
    #[error("{0} is no address to call: give an http or https address with a host and without user, query or fragment")]
    Endpoint(Url),
    /// The share is not from 1 to 100.
    #[error("a share of {0} percent of the rate limits cannot be kept: give 1 to 100")]
    Share(u8),
    /// The HTTP client could not be built.
    #[error("the HTTP client could not be set up: {0}")]
    Http(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(account_id: &str, client_id: &str, base: &str, share_percent: u8) -> Config {
        let credentials = Credentials { client_id: client_id.into(), client_secret: SecretString::from("hush-hush") };
        let limits = Limits { plan: Plan::Pro, share_percent };
        Config::new(account_id, credentials, Endpoints::custom(&Url::parse(base).unwrap()), limits)
    }

    #[test]
    fn the_fixed_endpoints_are_zooms() {
        assert_eq!(Endpoints::commercial().api.as_str(), "https://api.zoom.us/v2");
        assert_eq!(Endpoints::government().token.as_str(), "https://zoomgov.com/oauth/token");
    }

    #[test]
    fn custom_endpoints_keep_the_path_of_their_base() {
        for base in ["http://127.0.0.1:9/zoom", "http://127.0.0.1:9/zoom/"] {
            let endpoints = Endpoints::custom(&Url::parse(base).unwrap());
            assert_eq!(endpoints.token.as_str(), "http://127.0.0.1:9/zoom/oauth/token");
            assert_eq!(endpoints.api.as_str(), "http://127.0.0.1:9/zoom/v2");
        }
    }

    #[test]
    fn a_config_that_cannot_work_is_refused_with_what_to_write() {
        let refusal = |config: Config| config.check().unwrap_err().to_string();
        assert_eq!(refusal(config(" ", "id", "http://localhost", 50)), "the account id is blank");
        assert_eq!(refusal(config("acc", "", "http://localhost", 50)), "the client id is blank");
        assert!(refusal(config("acc", "id", "ftp://localhost", 50)).contains("http or https"));
        assert!(refusal(config("acc", "id", "http://localhost", 0)).contains("give 1 to 100"));
        assert!(refusal(config("acc", "id", "http://localhost", 101)).contains("give 1 to 100"));
        assert!(config("acc", "id", "http://localhost", 100).check().is_ok());
    }

    #[test]
    fn debug_of_a_config_shows_no_secret() {
        let shown = format!("{:?}", config("acc", "id", "http://localhost", 50));
        assert!(shown.contains("acc") && !shown.contains("hush"), "{shown}");
    }
}
