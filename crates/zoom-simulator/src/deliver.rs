//! Sends events to webhook endpoints, signed, and checks that an endpoint knows its secret (Zoom developer
//! documentation, Webhooks).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rand::RngExt;
use reqwest::Client;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

use crate::config::AccountConfig;
use crate::webhooks::{Delivery, HookId, Sent, WebhookConfig, What, signature};
use crate::world::{AccountNumber, Shared};

/// Zoom waits so long for an endpoint's answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why a webhook endpoint is not registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefusal {
    /// The URL leads off this machine.
    #[error(
        "url: found {0}, allowed are loopback addresses such as http://127.0.0.1:9000/; a simulator that was started \
         with --webhooks-anywhere allows others"
    )]
    NotLoopback(Url),
    /// The URL is none of the web.
    #[error("url: found {0}, allowed are http and https")]
    NotHttp(Url),
    /// Nothing to sign events with.
    #[error("secret: found \"\", allowed is any text that is not empty")]
    NoSecret,
    /// The endpoint wants no event, or one without a name.
    #[error(
        "events: found none, or one without a name, allowed are names such as user.updated; without the field all are sent"
    )]
    NoEvents,
    /// The endpoint does not answer the URL check as it should.
    #[error("url: {url} did not pass the URL check: {reason}")]
    CheckFailed {
        /// The URL.
        url: Url,
        /// What was wrong.
        reason: String,
    },
}

pub(crate) fn client() -> reqwest::Result<Client> {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build()
}

/// Refuses a URL that leads off this machine.
pub(crate) fn check_host(url: &Url) -> Result<(), WebhookRefusal> {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if loopback { Ok(()) } else { Err(WebhookRefusal::NotLoopback(url.clone())) }
}

/// Refuses an account whose events would lead off this machine, unless `anywhere`.
pub(crate) fn check_hosts(config: &AccountConfig, anywhere: bool) -> Result<(), WebhookRefusal> {
    if anywhere { Ok(()) } else { config.webhooks.iter().try_for_each(|webhook| check_host(&webhook.url)) }
}

/// Sends a challenge and checks the answer: `{"plainToken", "encryptedToken"}`, the second being the HMAC of the first.
pub(crate) async fn check(client: &Client, config: &WebhookConfig, now: Timestamp) -> Result<(), WebhookRefusal> {
    let plain = format!("{:032x}", rand::rng().random::<u128>());
    let body = json!({
        "event": "endpoint.url_validation",
        "event_ts": now.as_millisecond(),
        "payload": {"plainToken": plain},
    });
    let answered = async {
        let response = post(client, config, body.to_string(), now).await?;
        if response.status() != 200 {
            return Err(format!("it answered {} instead of 200", response.status()));
        }
        let answer: Value = response.json().await.map_err(|error| format!("its answer is no JSON: {error}"))?;
        let encrypted = signature(&config.secret, plain.as_bytes());
        if answer.get("plainToken") != Some(&json!(plain)) || answer.get("encryptedToken") != Some(&json!(encrypted)) {
            return Err("plainToken or encryptedToken is not what the secret token gives".to_owned());
        }
        Ok(())
    };
    answered.await.map_err(|reason| WebhookRefusal::CheckFailed { url: config.url.clone(), reason })
}

async fn post(
    client: &Client,
    config: &WebhookConfig,
    body: String,
    now: Timestamp,
) -> Result<reqwest::Response, String> {
    let time = now.as_second().to_string();
    let signature = signature(&config.secret, format!("v0:{time}:{body}").as_bytes());
    client
        .post(config.url.clone())
        .header("content-type", "application/json; charset=utf-8")
        .header("x-zm-request-timestamp", time)
        .header("x-zm-signature", format!("v0={signature}"))
        .body(body)
        .send()
        .await
        .map_err(|error| format!("it did not answer: {}", crate::with_causes(&error)))
}

async fn send(client: &Client, config: &WebhookConfig, delivery: &Delivery, now: Timestamp) -> Sent {
    match &delivery.what {
        What::Check => match check(client, config, now).await {
            Ok(()) => Sent::Accepted("passed".to_owned()),
            Err(refusal) => Sent::Refused(refusal.to_string()),
        },
        What::Event { body, .. } => match post(client, config, body.to_string(), now).await {
            Ok(response) if response.status() == 200 || response.status() == 204 => {
                Sent::Accepted(response.status().to_string())
            }
            Ok(response) if response.status().is_server_error() => Sent::Failed(response.status().to_string()),
            Ok(response) => Sent::Refused(response.status().to_string()),
            Err(reason) => Sent::Failed(reason),
        },
    }
}

/// Delivers what is due, until told to stop. One delivery at a time for an endpoint, so that order is kept unless a
/// fault breaks it.
pub(crate) async fn run(shared: Arc<Shared>, client: Client, stop: CancellationToken) {
    let mut woken = shared.woken();
    loop {
        woken.mark_unchanged();
        let (due, wait) = due(&shared);
        for (account, hook, config, delivery) in due {
            let (shared, client) = (Arc::clone(&shared), client.clone());
            tokio::spawn(async move {
                let sent = send(&client, &config, &delivery, shared.now()).await;
                shared.settle(account, hook, delivery, sent);
            });
        }
        tokio::select! {
            () = stop.cancelled() => return,
            changed = woken.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(wait) => {}
        }
    }
}

type Due = Vec<(AccountNumber, HookId, WebhookConfig, Delivery)>;

/// What is due, and how long until more is.
fn due(shared: &Shared) -> (Due, Duration) {
    /// When nothing waits; whatever comes wakes the loop.
    const IDLE: Duration = Duration::from_hours(1);
    let mut world = shared.world();
    let now = world.clock.now();
    let frozen = world.clock.is_frozen();
    let mut due = Vec::new();
    let mut next = None;
    for (account, tenant) in world.tenants_mut() {
        let taken = tenant.webhooks.take_due(now);
        due.extend(taken.into_iter().map(|(hook, config, delivery)| (account, hook, config, delivery)));
        next = [next, tenant.webhooks.next_due()].into_iter().flatten().min();
    }
    let wait = match next {
        Some(at) if !frozen => Duration::try_from(at.duration_since(now)).unwrap_or_default(),
        Some(_) | None => IDLE,
    };
    (due, wait.min(IDLE))
}
