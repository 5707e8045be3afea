//! The simulator's own controls over HTTP, under `/simulator`.

mod follow;
mod groups;
mod table;

use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::account::{PersonEdit, PersonView};
use crate::config::{AccountConfig, ConfigError, PersonConfig};
use crate::controls::{AccountEdit, AccountView, PortalRefusal};
use crate::fault::{Fault, Probability};
use crate::journal::{Costs, Counters, Exchange};
use crate::mistakes;
use crate::webhooks::{WebhookConfig, WebhookView};
use crate::world::Shared;
use table::{Control, Problem, Scope, Verb, Visit, bare, with_body};

/// Every control, served and documented.
pub(crate) fn router() -> Router<Arc<Shared>> {
    let document = async || axum::Json(table::document(&controls()));
    table::router(controls())
        .route("/simulator/openapi.json", axum::routing::get(document))
        .route("/simulator", axum::routing::any(unknown))
        .route("/simulator/{*unknown}", axum::routing::any(unknown))
        .method_not_allowed_fallback(wrong_method)
}

fn controls() -> Vec<Control> {
    use Scope::{Account, Everything};
    use Verb::{Delete, Get, Patch, Post, Put};
    vec![
        bare(Everything, Get, "/accounts", "All accounts that are served", accounts),
        with_body(Everything, Post, "/accounts", "Serve one more account", add_account),
        bare(Everything, Get, "/clock", "The time on the simulator's clock", clock),
        with_body(Everything, Post, "/clock", "Move, set, stop or start the clock", move_clock),
        bare(Account, Get, "/account", "The account", account),
        with_body(Account, Patch, "/account", "Change the account; what is left out stays", edit_account),
        bare(Account, Get, "/people", "The people with everything about them", people),
        with_body(Account, Post, "/people", "Add somebody, as the account file would", add_person),
        bare(Account, Get, "/people/{person}", "One person by id or e-mail address", person),
        with_body(
            Account,
            Patch,
            "/people/{person}",
            "Edit somebody, as the administrator in Zoom's portal",
            edit_person,
        ),
        bare(Account, Post, "/people/{person}/accept", "The invited person accepts", accept),
        bare(Account, Post, "/people/{person}/sign-in", "Somebody signs in", sign_in),
        bare(Account, Post, "/people/{person}/sign-out", "Somebody signs out", sign_out),
        bare(Account, Get, "/groups", "The groups with their members and administrators", groups::list),
        with_body(Account, Post, "/groups", "Create a group", groups::create),
        with_body(Account, Patch, "/groups/{group}", "Give a group, by name or id, another name", groups::rename),
        bare(Account, Delete, "/groups/{group}", "Delete a group", groups::delete),
        bare(Account, Put, "/groups/{group}/members/{person}", "Put somebody into a group", groups::add_member),
        bare(
            Account,
            Delete,
            "/groups/{group}/members/{person}",
            "Take somebody out of a group",
            groups::remove_member,
        ),
        bare(Account, Get, "/tokens", "Every token that was issued: to look for them where none may show", tokens),
        bare(Account, Get, "/journal", "Calls and answers, oldest first", journal),
        bare(Account, Delete, "/journal", "Forget calls, answers and counters", clear_journal),
        bare(Account, Get, "/journal/lines", "Calls and answers as JSON lines, also as they come", follow::lines),
        bare(
            Account,
            Get,
            "/counters",
            "How many calls by endpoint and status, and their cost by rate label",
            counters,
        ),
        bare(Account, Get, "/faults", "The faults that still have calls to hit", faults),
        with_body(Account, Post, "/faults", "Let something go wrong with calls", inject),
        bare(Account, Delete, "/faults", "Forget all faults", clear_faults),
        with_body(
            Account,
            Post,
            "/faults/every-class",
            "Let every class of faults hit a share of the calls",
            every_class,
        ),
        bare(Account, Get, "/webhooks", "The webhook endpoints and what was sent to them", webhooks),
        with_body(Account, Post, "/webhooks", "Send events to an endpoint, once its URL passed the check", add_webhook),
        bare(Account, Delete, "/webhooks", "Forget all webhook endpoints", clear_webhooks),
    ]
}

impl From<PortalRefusal> for Problem {
    fn from(refusal: PortalRefusal) -> Self {
        let missing = matches!(refusal.code, 1001 | 4130 | 4131);
        let status = if missing { StatusCode::NOT_FOUND } else { StatusCode::CONFLICT };
        Self(status, refusal.to_string())
    }
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        Self(StatusCode::CONFLICT, error.to_string())
    }
}

fn bad(text: String) -> Problem {
    Problem(StatusCode::BAD_REQUEST, text)
}

async fn accounts(visit: Visit) -> Result<Vec<AccountView>, Problem> {
    Ok(visit.controls.accounts())
}

async fn add_account(visit: Visit, config: AccountConfig) -> Result<AccountView, Problem> {
    Ok(visit.controls.add_account(config)?.account())
}

async fn account(visit: Visit) -> Result<AccountView, Problem> {
    Ok(visit.controls.account())
}

async fn edit_account(visit: Visit, edit: AccountEdit) -> Result<AccountView, Problem> {
    mistakes::check_edit(&edit).map_err(|error| bad(error.to_string()))?;
    visit.controls.edit_account(edit);
    Ok(visit.controls.account())
}

async fn people(visit: Visit) -> Result<Vec<PersonView>, Problem> {
    Ok(visit.controls.people())
}

async fn add_person(visit: Visit, person: PersonConfig) -> Result<PersonView, Problem> {
    Ok(visit.controls.add_person(person)?)
}

async fn person(visit: Visit) -> Result<PersonView, Problem> {
    let missing = || {
        Problem(
            StatusCode::NOT_FOUND,
            format!("person: found {:?}, nobody in the account has that id or address", visit.key()),
        )
    };
    visit.controls.person(visit.key()).ok_or_else(missing)
}

async fn edit_person(visit: Visit, edit: PersonEdit) -> Result<Option<PersonView>, Problem> {
    Ok(visit.controls.edit_person(visit.key(), edit)?)
}

async fn accept(visit: Visit) -> Result<PersonView, Problem> {
    Ok(visit.controls.accept_invitation(visit.key())?)
}

async fn sign_in(visit: Visit) -> Result<PersonView, Problem> {
    Ok(visit.controls.sign_in(visit.key())?)
}

async fn sign_out(visit: Visit) -> Result<PersonView, Problem> {
    Ok(visit.controls.sign_out(visit.key())?)
}

async fn tokens(visit: Visit) -> Result<Vec<String>, Problem> {
    Ok(visit.controls.issued_tokens())
}

/// Which exchanges.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Since {
    /// Only those after this number; absent: all.
    #[serde(default)]
    since: u64,
}

async fn journal(visit: Visit<Since>) -> Result<Vec<Exchange>, Problem> {
    Ok(visit.controls.journal_since(visit.query.since))
}

async fn clear_journal(visit: Visit) -> Result<(), Problem> {
    visit.controls.clear_journal();
    Ok(())
}

/// Calls, counted.
#[derive(Debug, Serialize, JsonSchema)]
struct CounterView {
    /// Calls by endpoint and status; `none` stands for calls that got no answer.
    endpoints: Counters,
    /// What calls took from the rate limits' budgets, by label.
    labels: Costs,
}

async fn counters(visit: Visit) -> Result<CounterView, Problem> {
    Ok(CounterView { endpoints: visit.controls.counters(), labels: visit.controls.costs() })
}

async fn faults(visit: Visit) -> Result<Vec<Fault>, Problem> {
    Ok(visit.controls.faults())
}

async fn inject(visit: Visit, fault: Fault) -> Result<(), Problem> {
    fault.check().map_err(bad)?;
    visit.controls.inject(fault);
    Ok(())
}

/// Which calls faults of every class hit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EveryClass {
    /// The share of the calls that each class hits.
    probability: Probability,
    /// Decides which ones; absent: 0.
    #[serde(default)]
    seed: u64,
}

async fn every_class(visit: Visit, hits: EveryClass) -> Result<(), Problem> {
    Fault::of_every_class(hits.probability, hits.seed).into_iter().for_each(|fault| visit.controls.inject(fault));
    Ok(())
}

async fn clear_faults(visit: Visit) -> Result<(), Problem> {
    visit.controls.clear_faults();
    Ok(())
}

async fn webhooks(visit: Visit) -> Result<Vec<WebhookView>, Problem> {
    Ok(visit.controls.webhooks())
}

async fn add_webhook(visit: Visit, config: WebhookConfig) -> Result<(), Problem> {
    visit.controls.add_webhook(config).await.map_err(|refusal| bad(refusal.to_string()))
}

async fn clear_webhooks(visit: Visit) -> Result<(), Problem> {
    visit.controls.clear_webhooks();
    Ok(())
}

/// The simulator's clock.
#[derive(Debug, Serialize, JsonSchema)]
struct ClockView {
    now: Timestamp,
    frozen: bool,
}

async fn clock(visit: Visit) -> Result<ClockView, Problem> {
    Ok(ClockView { now: visit.controls.now(), frozen: visit.controls.is_frozen() })
}

/// How to move the clock.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum ClockMove {
    /// By a time span, such as `1h 30m`, `30 days` or `-5m`; a day has 24 hours.
    #[serde(deserialize_with = "span")]
    #[schemars(with = "String")]
    Advance(SignedDuration),
    /// To a time, such as `2030-01-01T00:00:00Z`.
    Set(Timestamp),
    /// Stops it, or lets it run again.
    Freeze(bool),
}

fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SignedDuration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let span = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    span.map_err(|_| D::Error::custom(format!("found {text:?}, allowed are spans such as 90s, 1h 30m, 30 days or -5m")))
}

/// The years that the clock may show: tokens, invitations and days end within them.
const YEARS: RangeInclusive<i16> = 2000..=2999;

async fn move_clock(visit: Visit, to: ClockMove) -> Result<ClockView, Problem> {
    let within = |field: &str, time: Option<Timestamp>| match time {
        Some(time) if YEARS.contains(&time.to_zoned(TimeZone::UTC).year()) => Ok(time),
        Some(time) => Err(bad(format!("{field}: found {time}, allowed are times of the years 2000 to 2999"))),
        None => Err(bad(format!("{field}: found a time beyond any calendar, allowed are the years 2000 to 2999"))),
    };
    match to {
        ClockMove::Advance(by) => {
            within("advance", visit.controls.now().checked_add(by).ok())?;
            visit.controls.advance(by);
        }
        ClockMove::Set(to) => visit.controls.set_clock(within("set", Some(to))?),
        ClockMove::Freeze(frozen) => visit.controls.freeze(frozen),
    }
    clock(visit).await
}

async fn unknown() -> Problem {
    Problem(StatusCode::NOT_FOUND, "there is no such control; GET /simulator/openapi.json lists all".to_owned())
}

async fn wrong_method() -> Problem {
    Problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "this control has no such method; GET /simulator/openapi.json lists all".to_owned(),
    )
}
