//! Plan usage.

use serde_json::json;

use super::{Reply, Request, Session};
use crate::account::Refusal;
use crate::config::Plan;

pub(super) fn usage(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let account = &session.account;
    if request.params.first().is_some_and(|id| id != "me" && *id != account.config.account_id) {
        return Err(Refusal::AccountMissing(request.param(0).to_owned()));
    }
    let kind = match account.config.plan {
        Plan::Free => return Err(Refusal::PaidPlanOnly(Plan::Free)),
        Plan::Pro => "monthly",
        Plan::Business => "business_monthly",
    };
    let seats = account.people.seats();
    let base = json!({
        "type": kind,
        "hosts": account.config.seats.licensed,
        "usage": seats.licensed.active,
        "pending": seats.licensed.pending,
    });
    let mut usage = json!({"plan_base": base});
    if seats.rooms > 0
        && let Some(object) = usage.as_object_mut()
    {
        let rooms = json!([{"type": "zroom_monthly", "hosts": seats.rooms, "usage": seats.rooms}]);
        object.insert("plan_zoom_rooms".to_owned(), rooms);
    }
    Ok(Reply::json(200, &usage))
}
