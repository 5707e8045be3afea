//! The webhook endpoints of an account and what is still to be sent to them. Pure: sending is elsewhere.

use std::collections::VecDeque;
use std::sync::Arc;

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::deliver::WebhookRefusal;
use crate::fault::Probability;

/// After how long a delivery that failed is tried again (Zoom developer documentation, Webhooks).
const RETRIES: [SignedDuration; 3] =
    [SignedDuration::from_mins(5), SignedDuration::from_mins(20), SignedDuration::from_mins(60)];
/// How often an endpoint's URL is checked again, and how many failures in a row disable it.
const RECHECK: SignedDuration = SignedDuration::from_hours(72);
const FAILED_CHECKS: u32 = 6;
/// How many deliveries are remembered for an endpoint.
const REMEMBERED: usize = 200;

/// Where events go.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookConfig {
    /// The URL; on this machine's loopback addresses, unless the simulator was told otherwise.
    pub url: Url,
    /// The secret token that signs what is sent.
    pub secret: String,
    /// The events that it wants, such as `user.updated`; absent: all.
    #[serde(default)]
    pub events: Option<Vec<String>>,
    /// The share of events that are sent twice.
    #[serde(default)]
    pub duplicates: Probability,
    /// The share of events that are sent a second late, and so after later ones.
    #[serde(default)]
    pub disorder: Probability,
    /// Decides which ones.
    #[serde(default)]
    pub seed: u64,
}

impl WebhookConfig {
    /// Finds the first mistake, of those that no request has to be sent for.
    pub(crate) fn check(&self) -> Result<(), WebhookRefusal> {
        let nothing = |events: &Vec<String>| events.is_empty() || events.iter().any(|event| event.trim().is_empty());
        if !matches!(self.url.scheme(), "http" | "https") {
            Err(WebhookRefusal::NotHttp(self.url.clone()))
        } else if self.secret.is_empty() {
            Err(WebhookRefusal::NoSecret)
        } else if self.events.as_ref().is_some_and(nothing) {
            Err(WebhookRefusal::NoEvents)
        } else {
            Ok(())
        }
    }
}

/// A webhook endpoint and how it fares.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookView {
    /// Its number, by order of registration.
    pub number: usize,
    /// The URL.
    pub url: Url,
    /// The events that it wants; absent: all.
    pub events: Option<Vec<String>>,
    /// Whether it still gets events; six failed URL checks in a row disable it.
    pub enabled: bool,
    /// How many deliveries are still to be made, retries included.
    pub waiting: usize,
    /// The latest deliveries, oldest first.
    pub deliveries: Vec<DeliveryView>,
}

/// A delivery that was tried.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView {
    /// When, on the simulator's clock.
    pub time: Timestamp,
    /// The event.
    pub event: String,
    /// How many times it was tried before.
    pub retry: usize,
    /// What came back: the HTTP status, or why there was none.
    pub result: String,
    /// When it will be tried again.
    pub next_try: Option<Timestamp>,
}

#[derive(Default)]
pub(crate) struct Webhooks {
    hooks: Vec<Hook>,
    last: u64,
}

/// An endpoint, for as long as it is registered: no other gets the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HookId(u64);

struct Hook {
    id: HookId,
    config: WebhookConfig,
    enabled: bool,
    /// A delivery is under way.
    busy: bool,
    failed_checks: u32,
    next_check: Timestamp,
    dice: SmallRng,
    queue: VecDeque<Delivery>,
    done: VecDeque<DeliveryView>,
}

/// Something to send.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) what: What,
    retry: usize,
    due: Timestamp,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Event {
        name: &'static str,
        body: Arc<str>,
    },
    /// The URL check that is repeated every 72 hours.
    Check,
}

impl What {
    fn name(&self) -> &'static str {
        match self {
            Self::Event { name, .. } => name,
            Self::Check => "endpoint.url_validation",
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) enum Sent {
    Accepted(String),
    /// Not to be tried again.
    Refused(String),
    Failed(String),
}

impl Webhooks {
    pub(crate) fn new(configs: Vec<WebhookConfig>, now: Timestamp) -> Self {
        let mut webhooks = Self::default();
        for config in configs {
            webhooks.add(config, now);
        }
        webhooks
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.hooks.is_empty()
    }

    /// Adds an endpoint whose URL was checked.
    pub(crate) fn add(&mut self, config: WebhookConfig, now: Timestamp) {
        self.last += 1;
        self.hooks.push(Hook {
            id: HookId(self.last),
            enabled: true,
            busy: false,
            failed_checks: 0,
            next_check: after(now, RECHECK),
            dice: SmallRng::seed_from_u64(config.seed),
            queue: VecDeque::new(),
            done: VecDeque::new(),
            config,
        });
    }

    pub(crate) fn clear(&mut self) {
        self.hooks.clear();
    }

    pub(crate) fn publish(&mut self, name: &'static str, body: &Value, now: Timestamp) {
        let body: Arc<str> = body.to_string().into();
        for hook in self.hooks.iter_mut().filter(|hook| hook.wants(name)) {
            let late = hook.dice.random_bool(hook.config.disorder.into());
            let due = if late { after(now, SignedDuration::from_secs(1)) } else { now };
            let delivery = Delivery { what: What::Event { name, body: Arc::clone(&body) }, retry: 0, due };
            if hook.dice.random_bool(hook.config.duplicates.into()) {
                hook.queue.push_back(delivery.clone());
            }
            hook.queue.push_back(delivery);
        }
    }

    /// For each endpoint that is free, what is due; it is busy from now on.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Vec<(HookId, WebhookConfig, Delivery)> {
        let mut taken = Vec::new();
        for hook in self.hooks.iter_mut().filter(|hook| hook.enabled && !hook.busy) {
            if hook.next_check <= now {
                hook.next_check = after(now, RECHECK);
                hook.queue.push_front(Delivery { what: What::Check, retry: 0, due: now });
            }
            let due = hook.queue.iter().position(|delivery| delivery.due <= now);
            if let Some(delivery) = due.and_then(|index| hook.queue.remove(index)) {
                hook.busy = true;
                taken.push((hook.id, hook.config.clone(), delivery));
            }
        }
        taken
    }

    /// When the next delivery is due that does not wait for one under way.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let free = self.hooks.iter().filter(|hook| hook.enabled && !hook.busy);
        free.flat_map(|hook| hook.queue.iter().map(|delivery| delivery.due).chain([hook.next_check])).min()
    }

    /// Notes what came of a delivery, and queues it again if Zoom would. Of an endpoint that was forgotten meanwhile nothing is
    /// noted.
    pub(crate) fn settle(&mut self, id: HookId, delivery: Delivery, sent: Sent, now: Timestamp) {
        let Some(hook) = self.hooks.iter_mut().find(|hook| hook.id == id) else { return };
        hook.busy = false;
        let failed = !matches!(sent, Sent::Accepted(_));
        let mut next_try = None;
        match delivery.what {
            What::Check => {
                hook.failed_checks = if failed { hook.failed_checks + 1 } else { 0 };
                hook.enabled = hook.failed_checks < FAILED_CHECKS;
            }
            What::Event { .. } if matches!(sent, Sent::Failed(_)) => {
                next_try = RETRIES.get(delivery.retry).map(|wait| after(now, *wait));
            }
            What::Event { .. } => {}
        }
        let (Sent::Accepted(result) | Sent::Refused(result) | Sent::Failed(result)) = sent;
        let event = delivery.what.name().to_owned();
        hook.done.push_back(DeliveryView { time: now, event, retry: delivery.retry, result, next_try });
        if hook.done.len() > REMEMBERED {
            hook.done.pop_front();
        }
        if let Some(due) = next_try {
            hook.queue.push_back(Delivery { retry: delivery.retry + 1, due, ..delivery });
        }
    }

    pub(crate) fn view(&self) -> Vec<WebhookView> {
        let view = |(number, hook): (usize, &Hook)| WebhookView {
            number: number + 1,
            url: hook.config.url.clone(),
            events: hook.config.events.clone(),
            enabled: hook.enabled,
            waiting: hook.queue.len() + usize::from(hook.busy),
            deliveries: hook.done.iter().cloned().collect(),
        };
        self.hooks.iter().enumerate().map(view).collect()
    }
}

impl Hook {
    fn wants(&self, event: &str) -> bool {
        self.enabled && self.config.events.as_ref().is_none_or(|events| events.iter().any(|wanted| wanted == event))
    }
}

fn after(now: Timestamp, span: SignedDuration) -> Timestamp {
    now.saturating_add(span).unwrap_or(now)
}

/// The lower-case hex of HMAC-SHA256.
pub(crate) fn signature(secret: &str, message: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message);
    tag.as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}
