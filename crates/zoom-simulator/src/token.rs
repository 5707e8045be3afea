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
use crate::config::AccountConfig;
use crate::quirks::Quirks;
use crate::world::AccountNumber;

const LIFE: SignedDuration = SignedDuration::from_hours(1);

/// What a token allows: the scopes that the app had when it was issued. Absent: all.
#[derive(Clone, Debug)]
struct Grant {
    account: AccountNumber,
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

    /// Whether the credentials are those of the account's app.
    pub(crate) fn is_from(&self, config: &AccountConfig) -> bool {
        let known = (config.client_id.as_str(), config.client_secret.as_str());
        self.client.as_ref().map(|(id, secret)| (id.as_str(), secret.as_str())) == Some(known)
    }

    /// Checks the call. `named` is the account that it names, if there is one; `any` says whether some account knows
    /// the credentials.
    pub(crate) fn check<'a>(
        &self,
        named: Option<(AccountNumber, &'a AccountConfig)>,
        any: bool,
    ) -> Result<(AccountNumber, &'a AccountConfig), OauthRefusal> {
        if !named.map_or(any, |(_, config)| self.is_from(config)) {
            return Err(INVALID_CLIENT);
        }
        if self.grant_type.as_deref() != Some("account_credentials") {
            return Err(UNSUPPORTED_GRANT);
        }
        match named {
            None => Err(BAD_ACCOUNT),
            Some((_, config)) if !config.app_active => Err(APP_DISABLED),
            Some(named) => Ok(named),
        }
    }

    /// What the journal may show of it.
    pub(crate) fn shown(&self) -> Bytes {
        Bytes::from(json!({"grant_type": self.grant_type, "account_id": self.account_id}).to_string())
    }
}

fn basic_auth(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    Some(headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?.trim())
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
        account: AccountNumber,
        config: &AccountConfig,
        api_url: &str,
        all_scopes: impl FnOnce() -> Vec<String>,
        now: Timestamp,
    ) -> TokenReply {
        let access_token = new_token(&config.account_id, now);
        let expires = now.saturating_add(LIFE).unwrap_or(now);
        let grant = Grant { account, scopes: config.scopes.clone(), expires, revoked: false };
        self.grants.insert(access_token.clone(), grant);
        self.issued.push((account, access_token.clone()));
        TokenReply {
            access_token,
            token_type: "bearer",
            expires_in: LIFE.as_secs(),
            scope: config.scopes.clone().unwrap_or_else(all_scopes).join(" "),
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

    /// Makes every token of an account invalid, as when the app is deactivated.
    pub(crate) fn revoke_all(&mut self, account: AccountNumber) {
        self.grants.values_mut().filter(|grant| grant.account == account).for_each(|grant| grant.revoked = true);
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
