//! Answers as they go out, whole or broken.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use futures::stream;
use rand::RngExt;

use crate::limits::RateHeaders;
use crate::rest::{Endpoint, Reply};

const HTML: &str =
    "<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>\n";

/// What goes back to the caller.
pub(crate) enum Outcome {
    Answer(Answer),
    /// Half of the answer, and then the connection is cut.
    Half(Answer),
    /// No answer: the connection is cut.
    Nothing,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(reply: Reply, rate: RateHeaders) -> Self {
        let mut headers: Vec<_> = rate.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if !reply.body.is_empty() {
            headers.push(("content-type".to_owned(), "application/json;charset=UTF-8".to_owned()));
        }
        Self { status: reply.status, headers, body: reply.body }
    }

    /// An endpoint's answer, of the type that its family has.
    pub(crate) fn of(endpoint: &Endpoint, reply: Reply, rate: RateHeaders) -> Self {
        let mut answer = Self::json(reply, rate);
        if endpoint.is_scim() {
            for (_, value) in answer.headers.iter_mut().filter(|(name, _)| name == "content-type") {
                "application/scim+json;charset=UTF-8".clone_into(value);
            }
        }
        answer
    }

    pub(crate) fn html(status: u16) -> Self {
        let headers = vec![("content-type".to_owned(), "text/html;charset=utf-8".to_owned())];
        Self { status, headers, body: Bytes::from_static(HTML.as_bytes()) }
    }

    /// Quotes that are not escaped, as seen in Zoom's scope errors; a status without body becomes 200.
    pub(crate) fn malformed(self) -> Self {
        let mut body = br#"{"message":"the "quotes" are not escaped","answer":"#.to_vec();
        body.extend_from_slice(if self.body.is_empty() { b"null" } else { &self.body });
        body.push(b'}');
        Self { status: if self.status == 204 { 200 } else { self.status }, body: body.into(), ..self }
    }
}

impl Outcome {
    /// The status, if one is sent, and the body that is meant.
    pub(crate) fn sent(&self) -> (Option<u16>, Bytes) {
        match self {
            Self::Answer(answer) | Self::Half(answer) => (Some(answer.status), answer.body.clone()),
            Self::Nothing => (None, Bytes::new()),
        }
    }
}

pub(crate) fn respond(answer: Answer) -> Response<Body> {
    finish(answer.status, answer.headers, Body::from(answer.body))
}

/// Promises the whole body and sends half of it.
pub(crate) fn respond_half(answer: Answer) -> Response<Body> {
    let half = answer.body.slice(..answer.body.len() / 2);
    let mut headers = answer.headers;
    headers.push(("content-length".to_owned(), answer.body.len().to_string()));
    let cut = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    finish(answer.status, headers, Body::from_stream(stream::iter([Ok(half), Err(cut)])))
}

fn finish(status: u16, headers: Vec<(String, String)>, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let tracking = format!("v=2.0;clid=us02;rid=WEB_{:032x}", rand::rng().random::<u128>());
    for (name, value) in headers.into_iter().chain([("x-zm-trackingid".to_owned(), tracking)]) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
