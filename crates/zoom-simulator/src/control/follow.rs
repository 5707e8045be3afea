//! The journal as JSON lines, also as they come.

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::table::{Answer, Problem, Visit};
use crate::controls::Controls;
use crate::journal::Exchange;

/// Which exchanges.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Only those after this number; absent: all.
    #[serde(default)]
    since: u64,
    /// Only those whose endpoint contains this text, such as `POST /users`.
    #[serde(default)]
    endpoint: String,
    /// Only those with this HTTP status.
    status: Option<u16>,
    /// Only those with a fault, or without one.
    faulty: Option<bool>,
    /// Whether to go on with those that come, until the caller hangs up.
    #[serde(default)]
    follow: bool,
}

impl Which {
    fn fits(&self, exchange: &Exchange) -> bool {
        exchange.endpoint.contains(&self.endpoint)
            && self.status.is_none_or(|status| exchange.status == Some(status))
            && self.faulty.is_none_or(|faulty| exchange.fault.is_some() == faulty)
    }
}

/// One exchange a line.
pub(super) struct Lines(Body);

pub(super) async fn lines(visit: Visit<Which>) -> Result<Lines, Problem> {
    let Visit { controls, query, .. } = visit;
    Ok(Lines(match query.follow {
        true => Body::from_stream(followed(controls, query)),
        false => Body::from(text(&controls, &query).0),
    }))
}

/// The lines that there are, and the number after which to go on.
fn text(controls: &Controls, which: &Which) -> (Bytes, u64) {
    let (mut text, mut last) = (Vec::new(), which.since);
    for exchange in controls.journal_since(which.since) {
        last = exchange.seq;
        if which.fits(&exchange)
            && let Ok(line) = serde_json::to_vec(&exchange)
        {
            text.extend_from_slice(&line);
            text.push(b'\n');
        }
    }
    (text.into(), last)
}

fn followed(controls: Controls, which: Which) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    let recorded = controls.shared().recorded();
    stream::unfold((controls, which, recorded), async |(controls, mut which, mut recorded)| {
        loop {
            recorded.mark_unchanged();
            let (text, last) = text(&controls, &which);
            which.since = last;
            if !text.is_empty() {
                return Some((Ok(text), (controls, which, recorded)));
            }
            recorded.changed().await.ok()?;
        }
    })
}

impl Answer for Lines {
    const CONTENT: &'static str = "application/x-ndjson";

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Exchange>()
    }

    fn respond(self) -> Response {
        ([(header::CONTENT_TYPE, Self::CONTENT)], self.0).into_response()
    }
}
