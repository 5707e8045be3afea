//! From an HTTP answer to what it means.

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;

use crate::error::{Detail, Error, ErrorKind, Seats};
use crate::lenient::lenient;
use crate::throttle::{Scope, Throttle};
use crate::transport::Subject;

/// Messages are cut here: they go into statuses and logs.
const LONGEST_MESSAGE: usize = 500;

/// Refusals are small; a larger 2xx body is a listing and not worth parsing twice.
const LARGEST_REFUSAL: usize = 64 * 1024;

/// An HTTP answer whose body was read in full. It has no `Debug`: the body of a token call is a secret.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// What Zoom says in a body that refuses a call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Option<i64>,
    pub(crate) message: String,
    pub(crate) fields: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    #[serde(deserialize_with = "lenient", alias = "errorCode")]
    code: Option<i64>,
    #[serde(deserialize_with = "lenient", alias = "error_message", alias = "errorMessage")]
    message: Option<String>,
    #[serde(deserialize_with = "lenient")]
    errors: Option<Vec<FieldError>>,
    /// Of token calls.
    #[serde(deserialize_with = "lenient")]
    reason: Option<String>,
    /// Of token calls.
    #[serde(deserialize_with = "lenient")]
    error: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FieldError {
    #[serde(deserialize_with = "lenient")]
    field: Option<String>,
    #[serde(deserialize_with = "lenient")]
    message: Option<String>,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn is_html(&self) -> bool {
        let declared = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        declared.starts_with("text/html") || self.body.trim_ascii_start().starts_with(b"<")
    }

    pub(crate) fn throttle(&self) -> Option<Throttle> {
        let refusal = self.refusal();
        (self.status == 429 || refusal.code == Some(429))
            .then(|| Throttle::read(&self.headers, &refusal.message, Timestamp::now()))
    }

    /// A refusal inside a 2xx: Zoom documents some with HTTP 200 (Zoom API reference, Roles and Groups).
    pub(crate) fn refuses_inside_success(&self) -> bool {
        let body = self.body.trim_ascii();
        if body.len() > LARGEST_REFUSAL || !body.starts_with(b"{") {
            return false;
        }
        let refusal = self.refusal();
        refusal.code.is_some_and(|code| code != 0) && !refusal.message.is_empty()
    }

    pub(crate) fn refusal(&self) -> Refusal {
        let text = String::from_utf8_lossy(&self.body);
        if self.is_html() {
            return Refusal { message: html_summary(&text), ..Refusal::default() };
        }
        match serde_json::from_slice::<Envelope>(&self.body) {
            Ok(envelope) => envelope.into(),
            Err(_) => salvage(&text),
        }
    }

    pub(crate) fn error(&self, kind: ErrorKind, tried: &str, refusal: &Refusal) -> Error {
        let tracking_id = self.headers.get("x-zm-trackingid").and_then(|value| value.to_str().ok());
        Error::from(Detail {
            kind,
            tried: tried.to_owned(),
            status: Some(self.status),
            code: refusal.code,
            message: shortened(&refusal.message),
            tracking_id: tracking_id.map(str::to_owned),
            sent: true,
        })
    }

    /// The error that this answer is.
    pub(crate) fn into_error(self, tried: &str, subject: Subject) -> Error {
        let refusal = self.refusal();
        let kind = match self.throttle() {
            Some(Throttle { scope: Scope::Day, retry_at, .. }) => ErrorKind::DailyBudget { retry_at },
            Some(Throttle { scope: Scope::Second | Scope::Concurrent, retry_at, .. }) => {
                ErrorKind::RateLimited { retry_at }
            }
            None => refusal
                .code
                .and_then(|code| kind_of_code(code, &refusal, subject))
                .unwrap_or_else(|| kind_of_status(self.status, self.is_html())),
        };
        self.error(kind, tried, &refusal)
    }
}

impl From<Envelope> for Refusal {
    fn from(envelope: Envelope) -> Self {
        let Envelope { code, message, errors, reason, error } = envelope;
        let errors = errors.unwrap_or_default();
        let oauth = [error, reason].into_iter().flatten().collect::<Vec<_>>().join(": ");
        let mut parts = vec![message.unwrap_or(oauth)];
        parts.extend(errors.iter().filter_map(|error| {
            let message = error.message.as_deref()?;
            Some(error.field.as_ref().map_or_else(|| message.to_owned(), |field| format!("{field}: {message}")))
        }));
        parts.retain(|part| !part.is_empty());
        let fields = errors.into_iter().filter_map(|error| error.field).collect();
        Self { code, message: parts.join("; "), fields }
    }
}

/// What a code means; `None` for codes without a name here.
fn kind_of_code(code: i64, refusal: &Refusal, subject: Subject) -> Option<ErrorKind> {
    let message = refusal.message.to_lowercase();
    let max = number_after(&message, "max");
    let no_seats = |of| ErrorKind::NoSeats { of, max };
    Some(match code {
        1010 if subject == Subject::Group => ErrorKind::GroupNotFound,
        1001 | 1010 => ErrorKind::UserNotFound,
        4130 => ErrorKind::GroupNotFound,
        4131 => ErrorKind::NotAMember,
        4132 => ErrorKind::GroupNameTaken,
        4138 => ErrorKind::NotAGroupAdmin,
        1224 => ErrorKind::RoleNameTaken,
        1034 => ErrorKind::RoleNotFound,
        1005 => ErrorKind::AddressTaken,
        1009 => ErrorKind::AccountElsewhere,
        1120 => ErrorKind::InvitationExpired,
        1117 => ErrorKind::AdminProtected,
        1107 if subject == Subject::Address => ErrorKind::DomainNotAllowed,
        1107 => ErrorKind::ManagedDomain,
        1116 | 11321 => ErrorKind::DomainNotAllowed,
        2033 | 2039 => no_seats(Seats::Basic),
        2034 => no_seats(Seats::Licensed),
        2038 => no_seats(Seats::Workplace),
        1102 => no_seats(Seats::Phone),
        3412 => no_seats(Seats::Unstated),
        200 if max.is_some() => no_seats(Seats::Unstated),
        200 if message.contains("role not found") => ErrorKind::RoleNotFound,
        200 if message.contains("paid account") => ErrorKind::PlanUnsupported,
        200 | 1000 | 1108 | 1109 | 1122 | 1135 | 2002 | 2016 | 2032 | 2035..=2037 | 4100 => ErrorKind::Refused,
        // Contact groups have no codes of their own.
        300 if message.contains("group with this groupid") => ErrorKind::GroupNotFound,
        300 if message.contains("member with this memberid") => ErrorKind::NotAMember,
        300 => ErrorKind::Invalid { fields: refusal.fields.clone() },
        104 | 4700 | 4711 => ErrorKind::MissingScopes { scopes: scopes_in(&refusal.message) },
        4717 | 4738 | 4741 => ErrorKind::AppDisabled,
        124 | 4701..=4799 => ErrorKind::BadCredentials,
        2001 => ErrorKind::AccessDenied,
        _ => return None,
    })
}

fn kind_of_status(status: u16, html: bool) -> ErrorKind {
    match status {
        408 | 500..=599 => ErrorKind::Transient,
        _ if html => ErrorKind::Transient,
        401 => ErrorKind::BadCredentials,
        403 => ErrorKind::AccessDenied,
        _ => ErrorKind::Unexpected,
    }
}

/// Zoom's scope errors are at times no JSON, for the quotes around the scopes stand unescaped in the message.
fn salvage(text: &str) -> Refusal {
    let after = |key: &str| {
        let (_, rest) = text.split_once(&format!("\"{key}\""))?;
        rest.trim_start().strip_prefix(':').map(str::trim_start)
    };
    let code = after("code").and_then(|rest| {
        let digits = rest.trim_start_matches('"').split(|c: char| !c.is_ascii_digit() && c != '-').next()?;
        digits.parse().ok()
    });
    let message = after("message").and_then(|rest| rest.strip_prefix('"')).map_or(text, |rest| {
        let end = rest.trim_end().trim_end_matches('}').trim_end();
        end.strip_suffix('"').unwrap_or(end)
    });
    Refusal { code, message: message.trim().to_owned(), fields: Vec::new() }
}

/// The words of a message that look like scopes: parts with colons between, such as `user:read:user:admin`.
fn scopes_in(message: &str) -> Vec<String> {
    let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    message
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '_')))
        .map(|word| word.trim_matches(':'))
        .filter(|word| word.contains(':') && word.split(':').all(is_part))
        .map(str::to_owned)
        .collect()
}

/// The number soon after a word, such as the 10 in "can add max 10 users" or "the maximum number of 10".
fn number_after(message: &str, word: &str) -> Option<u64> {
    let (_, rest) = message.split_once(word)?;
    rest.split_whitespace().take(4).find_map(|next| next.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok())
}

/// A page's title, or the beginning of its text.
fn html_summary(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let title = lower.find("<title>").and_then(|start| {
        let end = lower.find("</title>")?;
        html.get(start + "<title>".len()..end)
    });
    let text = title.map_or_else(|| without_tags(html), str::to_owned);
    let words = text.split_whitespace().take(20).collect::<Vec<_>>().join(" ");
    format!("a page of HTML in place of JSON: {words}")
}

fn without_tags(html: &str) -> String {
    html.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect::<Vec<_>>().join(" ")
}

fn shortened(message: &str) -> String {
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}

/// Parses a 2xx body, telling one that is cut or garbled (which may be whole next time) from one of another shape.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(answer: &Answer, tried: &str) -> Result<T, Error> {
    serde_json::from_slice(&answer.body).map_err(|problem| {
        if answer.is_html() {
            return answer.error(ErrorKind::Transient, tried, &answer.refusal());
        }
        // The parser's own text quotes values, and a value may be a token.
        let (kind, shape) = match problem.classify() {
            Category::Eof => (ErrorKind::Transient, "is cut short"),
            Category::Syntax | Category::Io => (ErrorKind::Transient, "is no JSON"),
            Category::Data => (ErrorKind::Unexpected, "has another shape than documented"),
        };
        let (line, column) = (problem.line(), problem.column());
        let message = format!("the answer of {} bytes {shape} at line {line}, column {column}", answer.body.len());
        answer.error(kind, tried, &Refusal { message, ..Refusal::default() })
    })
}

/// Checks the 2xx body of a call that answers nothing: 204, or any JSON, as Zoom's documents differ on some.
pub(crate) fn expect_nothing(answer: &Answer, tried: &str) -> Result<(), Error> {
    if answer.body.trim_ascii().is_empty() { Ok(()) } else { parse::<IgnoredAny>(answer, tried).map(drop) }
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
