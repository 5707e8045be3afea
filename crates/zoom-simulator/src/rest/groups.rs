//! Groups.

use serde_json::json;

use super::{Reply, Request, Session};
use crate::account::{Refusal, Seq};

pub(super) fn list(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    super::roles::paid(session)?;
    let paging = request.paging(session, 300)?;
    let account = &session.account;
    // Groups have no order of arrival: their place in the listing stands in for it.
    let start = usize::try_from(paging.after.0).unwrap_or(usize::MAX);
    let page: Vec<_> = account
        .groups
        .values()
        .skip(start)
        .take(paging.size)
        .map(|group| {
            json!({"id": group.id, "name": group.name, "total_members": account.people.in_group(&group.id).len()})
        })
        .collect();
    let end = start.saturating_add(page.len());
    let total = account.groups.len();
    let next = (end < total).then(|| Seq(u64::try_from(end).unwrap_or(u64::MAX)));
    let size = paging.size;
    let token = paging.token(session.pages, next, session.now);
    Ok(Reply::json(200, &json!({"groups": page, "page_size": size, "total_records": total, "next_page_token": token})))
}
