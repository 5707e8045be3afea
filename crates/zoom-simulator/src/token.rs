//! Access tokens of the server-to-server grant (Zoom developer documentation, Server-to-Server OAuth).

use std::collections::HashMap;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use serde::Serialize;
use serde_json::json;

use crate::account::Refusal;
use crate::config::{AccountConfig, App};
use crate::quirks::Quirks;
use crate::world::AccountNumber;

const LIFE: SignedDuration = SignedDuration::from_hours(1);

/// Which of an account's apps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AppNumber(usize);

impl AppNumber {
    pub(crate) fn of(self, config: &AccountConfig) -> Option<App<'_>> {
        config.all_apps().nth(self.0)
    }
}

/// What a token allows: the scopes that the app had when it was issued. Absent: all.
#[derive(Clone, Debug)]
struct Grant {
    account: AccountNumber,
    app: AppNumber,
    scopes: Option<Vec<String>>,
    expires: Timestamp,
    revoked: bool,
}

/// Every token ever; several may be good at once.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    grants: HashMap<String, Grant>,
    /// In the order of issue, for those who check that none shows anywhere.
    issued: Vec<(AccountNumber, String)>,
}

/// A refused token call, which has a shape of its own.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct OauthRefusal {
    reason: &'static str,
    error: &'static str,
}

/// The app was deactivated: it gets no tokens.
pub(crate) const APP_DISABLED: OauthRefusal =
    OauthRefusal { reason: "The app has been disabled.", error: "invalid_client" };
const INVALID_CLIENT: OauthRefusal =
    OauthRefusal { reason: "Invalid client_id or client_secret", error: "invalid_client" };
const UNSUPPORTED_GRANT: OauthRefusal =
    OauthRefusal { reason: "unsupported grant type", error: "unsupported_grant_type" };
const BAD_ACCOUNT: OauthRefusal = OauthRefusal { reason: "Bad Request", error: "invalid_request" };

/// The parameters of a token call, from the form body or the query.
#[derive(Debug, Default)]
pub(crate) struct TokenRequest {
    grant_type: Option<String>,
    account_id: Option<String>,
    client: Option<(String, String)>,
}

impl TokenRequest {
    pub(crate) fn read(headers: &HeaderMap, query: &str, body: &Bytes) -> Self {
        let mut request = Self { client: basic_auth(headers), ..Self::default() };
        let (mut id, mut secret) = (None, None);
        let pairs = url::form_urlencoded::parse(query.as_bytes()).chain(url::form_urlencoded::parse(body));
        for (name, value) in pairs {
            match name.as_ref() {
                "grant_type" => request.grant_type = Some(value.into_owned()),
                "account_id" => request.account_id = Some(value.into_owned()),
                "client_id" => id = Some(value.into_owned()),
                "client_secret" => secret = Some(value.into_owned()),
                _ => {}
            }
        }
        request.client = request.client.or_else(|| id.zip(secret));
        request
    }

    pub(crate) fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    /// The app whose credentials these are, if it is one of the account's.
    pub(crate) fn app<'a>(&self, config: &'a AccountConfig) -> Option<(AppNumber, App<'a>)> {
        let (id, secret) = self.client.as_ref()?;
        let mut apps = config.all_apps().enumerate().map(|(number, app)| (AppNumber(number), app));
        apps.find(|(_, app)| app.client_id == id && app.client_secret == secret)
    }

    /// Checks the call and tells the app that it is from. `named` is the account that it names, if there is one; `any` says
    /// whether some account knows the credentials.
    pub(crate) fn check<'a>(
        &self,
        named: Option<&'a AccountConfig>,
        any: bool,
    ) -> Result<(AppNumber, App<'a>), OauthRefusal> {
        let app = named.map(|config| self.app(config));
        if !app.as_ref().map_or(any, Option::is_some) {
            return Err(INVALID_CLIENT);
        }
        if self.grant_type.as_deref() != Some("account_credentials") {
            return Err(UNSUPPORTED_GRANT);
        }
        match app.flatten() {
            None => Err(BAD_ACCOUNT),
            Some((_, app)) if !app.active => Err(APP_DISABLED),
            Some(app) => Ok(app),
        }
    }

    /// What the journal may show of it.
    pub(crate) fn shown(&self) -> Bytes {
        Bytes::from(json!({"grant_type": self.grant_type, "account_id": self.account_id}).to_string())
    }
}

fn basic_auth(headers: &HeaderMap) -> Option<(String, String)> {
    let decoded = String::from_utf8(STANDARD.decode(credentials(headers, "Basic")?).ok()?).ok()?;
    decoded.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    credentials(headers, "Bearer")
}

/// What stands after the scheme, whose letters may be large or small (RFC 9110): PSZoom writes `bearer`.
fn credentials<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    let (found, credentials) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
}

#[derive(Debug, Serialize)]
pub(crate) struct TokenReply {
    pub(crate) access_token: String,
    token_type: &'static str,
    expires_in: i64,
    scope: String,
    api_url: String,
}

impl Tokens {
    pub(crate) fn issue(
        &mut self,
        account: (AccountNumber, &str),
        (number, app): (AppNumber, App<'_>),
        api_url: &str,
        all_scopes: impl FnOnce() -> Vec<String>,
        now: Timestamp,
    ) -> TokenReply {
        let (account, account_id) = account;
        let access_token = new_token(account_id, now);
        let expires = now.saturating_add(LIFE).unwrap_or(now);
        let scopes = app.scopes.map(<[String]>::to_vec);
        let grant = Grant { account, app: number, scopes: scopes.clone(), expires, revoked: false };
        self.grants.insert(access_token.clone(), grant);
        self.issued.push((account, access_token.clone()));
        TokenReply {
            access_token,
            token_type: "bearer",
            expires_in: LIFE.as_secs(),
            scope: scopes.unwrap_or_else(all_scopes).join(" "),
            api_url: api_url.to_owned(),
        }
    }

    fn grant(&self, headers: &HeaderMap) -> Option<&Grant> {
        self.grants.get(bearer(headers)?)
    }

    /// The account that a call's token was issued for, also when it is not good any more.
    pub(crate) fn account(&self, headers: &HeaderMap) -> Option<AccountNumber> {
        self.grant(headers).map(|grant| grant.account)
    }

    /// The app that a call's token was issued to.
    pub(crate) fn app(&self, headers: &HeaderMap) -> AppNumber {
        self.grant(headers).map(|grant| grant.app).unwrap_or_default()
    }

    /// Checks a call's token, and that it has the granular scope or one of the classic ones.
    pub(crate) fn check(
        &self,
        headers: &HeaderMap,
        granular: &'static str,
        classic: &[&str],
        quirks: &Quirks,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let good = self.grant(headers).filter(|grant| !grant.revoked);
        let grant = good.ok_or_else(|| match bearer(headers) {
            Some(_) => Refusal::TokenInvalid(quirks.invalid_token),
            None => Refusal::TokenMissing(quirks.invalid_token),
        })?;
        if grant.expires <= now {
            return Err(Refusal::TokenExpired(quirks.invalid_token));
        }
        // What is allowed to an administrator is allowed to a master account as well (Zoom API reference, Scopes).
        let master = granular.strip_suffix(":admin").map(|scope| format!("{scope}:master"));
        let held = |scopes: &Vec<String>| {
            let fits = |scope: &str| scope == granular || classic.contains(&scope) || Some(scope) == master.as_deref();
            scopes.iter().any(|scope| fits(scope))
        };
        match &grant.scopes {
            Some(scopes) if !held(scopes) => {
                Err(Refusal::ScopeMissing { scope: granular, answer: quirks.missing_scope })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Makes every token of an account invalid, or those of its first app alone, as when that is deactivated.
    pub(crate) fn revoke(&mut self, account: AccountNumber, of_first_app: bool) {
        let concerned =
            |grant: &&mut Grant| grant.account == account && (!of_first_app || grant.app == AppNumber::default());
        self.grants.values_mut().filter(concerned).for_each(|grant| grant.revoked = true);
    }

    /// Every token that was ever issued for an account, oldest first.
    pub(crate) fn issued(&self, account: AccountNumber) -> Vec<String> {
        self.issued.iter().filter(|(of, _)| *of == account).map(|(_, token)| token.clone()).collect()
    }
}

/// A token in the shape of a JWT; callers must take it as opaque.
fn new_token(account: &str, now: Timestamp) -> String {
    let header = json!({"alg": "HS512", "typ": "JWT", "v": "2.0"}).to_string();
    let claims = json!({"aud": "https://oauth.zoom.us", "aid": account, "iat": now.as_second()}).to_string();
    let signature: [u8; 32] = rand::rng().random();
    [header.as_bytes(), claims.as_bytes(), &signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}
