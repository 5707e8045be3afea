//! The account itself: plan usage, domains, settings and locks.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Endpoint, Reply, Request, Session, endpoint};
use crate::account::{Account, Refusal};
use crate::config::Plan;
use crate::limits::Label::{Heavy, Light, Medium};
use crate::quirks::PlanBase;

const READ: &[&str] = &["account:read:admin", "account:write:admin"];
const WRITE: &[&str] = &["account:write:admin"];
const USAGE: &str = "/accounts/{accountId}/plans/usage";
const MANAGED_DOMAINS: &str = "/accounts/{accountId}/managed_domains";
const TRUSTED_DOMAINS: &str = "/accounts/{accountId}/trusted_domains";
const SETTINGS: &str = "/accounts/{accountId}/settings";
const LOCKS: &str = "/accounts/{accountId}/lock_settings";

pub(super) static ENDPOINTS: [Endpoint; 7] = [
    endpoint(Method::GET, USAGE, Heavy, "billing:read:plan_usage:admin", READ, usage),
    endpoint(Method::GET, MANAGED_DOMAINS, Light, "account:read:managed_domains:master", READ, managed_domains),
    endpoint(Method::GET, TRUSTED_DOMAINS, Light, "account:read:trusted_domains:master", READ, trusted_domains),
    endpoint(Method::GET, SETTINGS, Medium, "account:read:settings:admin", READ, settings),
    endpoint(Method::PATCH, SETTINGS, Medium, "account:update:settings:admin", WRITE, change_settings),
    endpoint(Method::GET, LOCKS, Medium, "account:read:lock_settings:master", READ, locks),
    endpoint(Method::PATCH, LOCKS, Medium, "account:update:lock_settings:admin", WRITE, change_locks),
];

/// The account that a path names, by its id or as `me`.
fn account<'a>(session: &'a mut Session<'_>, request: &Request<'_>) -> Result<&'a mut Account, Refusal> {
    let id = request.param(0);
    if id == "me" || id == session.account.config.account_id {
        Ok(session.account)
    } else {
        Err(Refusal::AccountMissing(id.to_owned()))
    }
}

/// The account, if it pays: otherwise Zoom says so under HTTP 200.
fn paid_account<'a>(session: &'a mut Session<'_>, request: &Request<'_>) -> Result<&'a mut Account, Refusal> {
    let account = account(session, request)?;
    if account.config.plan == Plan::Free { Err(Refusal::PaidPlanOnlyUnderOk) } else { Ok(account) }
}

fn usage(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let account = account(session, request)?;
    let kind = match account.config.plan {
        Plan::Free => return Err(Refusal::PaidPlanOnly(Plan::Free)),
        Plan::Pro => "monthly",
        Plan::Business => "business_monthly",
    };
    let seats = account.people.seats();
    let mut base = json!({
        "type": kind,
        "hosts": account.config.seats.licensed,
        "usage": seats.licensed.active,
        "pending": seats.licensed.pending,
    });
    let rooms = match seats.rooms {
        0 => Vec::new(),
        rooms => vec![json!({"type": "zroom_monthly", "hosts": rooms, "usage": rooms})],
    };
    let usage = json!({
        "plan_base": match account.config.quirks.plan_base {
            PlanBase::Object => base,
            // The array is that of master accounts, which has one field more.
            PlanBase::Array => {
                if let Some(base) = base.as_object_mut() {
                    base.insert("active_hosts".to_owned(), seats.licensed.active.into());
                }
                Value::Array(vec![base])
            }
        },
        "plan_zoom_rooms": rooms,
        "plan_zoom_one": [],
        "plan_large_meeting": [],
        "plan_webinar": [],
        "plan_recording": {
            "type": "cmr_monthly_commitment_40",
            "free_storage": "1 GB",
            "free_storage_usage": "0",
            "plan_storage": "0",
            "plan_storage_usage": "0",
            "plan_storage_exceed": "0",
        },
    });
    Ok(Reply::json(200, &usage))
}

fn managed_domains(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let domains = &paid_account(session, request)?.config.managed_domains;
    let rows: Vec<_> = domains.iter().map(|domain| json!({"domain": domain, "status": "approved"})).collect();
    Ok(Reply::json(200, &json!({"total_records": rows.len(), "domains": rows})))
}

fn trusted_domains(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let domains = &account(session, request)?.config.managed_domains;
    Ok(Reply::json(200, &json!({"trusted_domains": domains})))
}

fn settings(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let query = request.settings_query()?;
    Ok(Reply::json(200, &query.pick(paid_account(session, request)?.account_settings())))
}

fn change_settings(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let change = request.settings_query()?.reach(request.object()?);
    paid_account(session, request)?.change_account_settings(change)?;
    Ok(Reply::empty(204))
}

fn locks(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let query = request.settings_query()?;
    Ok(Reply::json(200, &query.pick(paid_account(session, request)?.account_locks())))
}

fn change_locks(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let change = request.settings_query()?.reach(request.object()?);
    paid_account(session, request)?.change_account_locks(&change)?;
    Ok(Reply::empty(200))
}
