//! REST under `/v2` and SCIM under `/scim2`: the endpoints, each with its rate label and scopes, and how a path finds its endpoint.

mod absent;
mod accounts;
mod assistants;
mod contact_groups;
mod divisions;
mod fields;
mod group_settings;
mod groups;
mod named;
mod privileges;
mod roles;
mod scim;
mod user_body;
mod user_calls;
mod user_rows;
mod user_settings;
mod users;

use std::cell::Cell;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::account::{Account, Refusal, Selection, Seq, SettingsQuery};
use crate::limits::{Cap, Label};
use crate::pages::Pages;
use crate::quirks::{LastPageToken, MissingScope};

/// A call, read as far as no endpoint needs to be known for.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// Whether this asks for another page of a listing than the first.
    pub(crate) fn is_for_a_later_page(&self) -> bool {
        url::form_urlencoded::parse(self.query.as_bytes()).any(|(name, value)| match name.as_ref() {
            "next_page_token" => !value.is_empty(),
            "startIndex" => value.parse::<usize>().is_ok_and(|start| start > 1),
            _ => false,
        })
    }
}

/// A carried-out call's answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, body: Bytes::new() }
    }

    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(json) => Self { status, body: json.into() },
            Err(error) => {
                tracing::error!(%error, "cannot write an answer as JSON");
                Self::empty(500)
            }
        }
    }

    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        let (status, code) = refusal.wire();
        if let Refusal::ScopeMissing { answer: MissingScope::BrokenJson, .. } = refusal {
            return Self { status, body: format!("{{\"code\":{code},\"message\":\"{refusal}\"}}").into() };
        }
        let mut body = serde_json::json!({"code": code, "message": refusal.to_string()});
        if !refusal.errors().is_empty()
            && let Some(object) = body.as_object_mut()
        {
            object.insert("errors".to_owned(), serde_json::json!(refusal.errors()));
        }
        Self::json(status, &body)
    }
}

/// What a handler works on.
pub(crate) struct Session<'a> {
    pub(crate) account: &'a mut Account,
    pub(crate) pages: &'a mut Pages,
    pub(crate) now: Timestamp,
}

type Handler = fn(&mut Session<'_>, &Request<'_>) -> Result<Reply, Refusal>;

/// What another call on the same person must wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    /// Takes none.
    None,
    /// A create: blocks every call on that person until it ends.
    Create,
    /// A delete: one at a time.
    Delete,
}

/// One operation of Zoom's API.
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    pub(crate) template: &'static str,
    pub(crate) label: Label,
    pub(crate) scope: &'static str,
    pub(crate) classic_scopes: &'static [&'static str],
    pub(crate) lock: Lock,
    handler: Handler,
}

const fn endpoint(
    method: Method,
    template: &'static str,
    label: Label,
    scope: &'static str,
    classic_scopes: &'static [&'static str],
    handler: Handler,
) -> Endpoint {
    Endpoint { method, template, label, scope, classic_scopes, lock: Lock::None, handler }
}

impl Endpoint {
    pub(crate) fn is_scim(&self) -> bool {
        is_scim(self.template)
    }

    /// A refusal in the shape of the endpoint's family.
    pub(crate) fn refuse(&self, refusal: &Refusal) -> Reply {
        match self.template {
            template if is_scim(template) => scim::refusal(refusal),
            template if template.starts_with(divisions::ROOT) => Reply::refusal(refusal.of_divisions()),
            _ => Reply::refusal(refusal),
        }
    }

    const fn locking(mut self, lock: Lock) -> Self {
        self.lock = lock;
        self
    }
}

/// All operations; of two templates that fit a path, the first counts.
pub(crate) fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    let families: [&[Endpoint]; 12] = [
        &users::ENDPOINTS,
        &user_calls::ENDPOINTS,
        &assistants::ENDPOINTS,
        &user_settings::ENDPOINTS,
        &absent::ENDPOINTS,
        &roles::ENDPOINTS,
        &groups::ENDPOINTS,
        &group_settings::ENDPOINTS,
        &contact_groups::ENDPOINTS,
        &divisions::ENDPOINTS,
        &accounts::ENDPOINTS,
        &scim::ENDPOINTS,
    ];
    families.into_iter().flatten()
}

/// Every granular scope that some endpoint asks for.
pub(crate) fn all_scopes() -> Vec<String> {
    let mut scopes: Vec<String> = endpoints().map(|endpoint| endpoint.scope.to_owned()).collect();
    scopes.sort();
    scopes.dedup();
    scopes
}

/// The path templates of all endpoints, some of them more than once.
pub(crate) fn templates() -> impl Iterator<Item = &'static str> {
    endpoints().map(|endpoint| endpoint.template)
}

/// The listings that come in pages.
const PAGED: [&str; 11] = [
    "/users",
    "/groups",
    "/groups/{groupId}/members",
    "/groups/{groupId}/admins",
    "/roles/{roleId}/members",
    "/contacts/groups",
    "/contacts/groups/{groupId}/members",
    "/divisions",
    "/divisions/{divisionId}/users",
    "/scim2/Users",
    "/scim2/Groups",
];

/// Whether what a path template lists comes in pages.
pub(crate) fn is_paged(template: &str) -> bool {
    PAGED.contains(&template)
}

pub(crate) fn is_scim(template: &str) -> bool {
    template.starts_with(scim::ROOT)
}

/// The endpoint of a call, and what its template's braces stand for.
pub(crate) fn route(call: &Call) -> Result<(&'static Endpoint, Vec<String>), Refusal> {
    let unknown = || Refusal::UnknownEndpoint(format!("{} {}", call.method, call.path));
    let path = match call.path.strip_prefix("/v2") {
        Some(path) => Some(path).filter(|path| !path.starts_with(scim::ROOT)),
        None => Some(call.path.as_str()).filter(|path| path.starts_with(scim::ROOT)),
    };
    let path = path.ok_or_else(unknown)?;
    let (endpoint, raw) = endpoints()
        .filter(|endpoint| endpoint.method == call.method)
        .find_map(|endpoint| Some((endpoint, fit(endpoint.template, path)?)))
        .ok_or_else(unknown)?;
    let decoded = raw.into_iter().map(|segment| percent_decode_str(segment).decode_utf8().map(Into::into));
    let params = decoded.collect::<Result<_, _>>();
    Ok((endpoint, params.map_err(|_| Refusal::BadRequest("The path is not valid UTF-8.".to_owned()))?))
}

/// Slashes too many do not count: PSZoom asks for `/users/?page_size=100` and `/users//ID`.
fn fit<'a>(template: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let filled = |part: &&str| !part.is_empty();
    let (mut parts, mut segments) = (template.split('/').filter(filled), path.split('/').filter(filled));
    let mut params = Vec::new();
    loop {
        match (parts.next(), segments.next()) {
            (None, None) => return Some(params),
            (Some(part), Some(segment)) if part.starts_with('{') => params.push(segment),
            (Some(part), Some(segment)) if part == segment => {}
            _ => return None,
        }
    }
}

/// A call whose endpoint is known.
pub(crate) struct Request<'a> {
    endpoint: &'static Endpoint,
    params: &'a [String],
    query: Vec<(String, String)>,
    body: &'a Bytes,
    slip: Option<Slip>,
    slipped: Cell<bool>,
}

/// How a page of a listing can go wrong that people come to or go from while its pages are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slip {
    /// It begins with the last row of the page before.
    Repeat,
    /// It leaves out its first row.
    Skip,
}

impl<'a> Request<'a> {
    pub(crate) fn new(endpoint: &'static Endpoint, params: &'a [String], call: &'a Call) -> Self {
        let query = url::form_urlencoded::parse(call.query.as_bytes()).into_owned().collect();
        Self { endpoint, params, query, body: &call.body, slip: None, slipped: Cell::new(false) }
    }

    /// The same whose page slips.
    pub(crate) fn slipping(self, slip: Option<Slip>) -> Self {
        Self { slip, ..self }
    }

    /// Whether its page slipped, once it was carried out.
    pub(crate) fn slipped(&self) -> bool {
        self.slipped.get()
    }

    /// Carries the call out as a whole: one that is refused on its way changes nobody and no group.
    pub(crate) fn carry_out(&self, session: &mut Session<'_>) -> Reply {
        let start = session.account.here();
        (self.endpoint.handler)(session, self).unwrap_or_else(|refusal| {
            session.account.go_back(start);
            self.endpoint.refuse(&refusal)
        })
    }

    pub(crate) fn template(&self) -> &'static str {
        self.endpoint.template
    }

    /// Whether this is a call that changes nothing.
    pub(crate) fn reads(&self) -> bool {
        self.endpoint.method == Method::GET
    }

    /// Whether those whom this call removes go on with an account of their own.
    pub(crate) fn disassociates(&self) -> bool {
        self.endpoint.template == "/users/{userId}" && self.query("action") != Some("delete")
    }

    /// The day's cap that the call counts against besides its label's: creates that send a mail, and new groups.
    pub(crate) fn cap(&self) -> Option<Cap> {
        let invites = || self.object().is_ok_and(|body| body.get("action").and_then(Value::as_str) == Some("create"));
        match (&self.endpoint.method, self.endpoint.template) {
            (&Method::POST, "/users") => invites().then_some(Cap::Invitations),
            (&Method::POST, "/groups") => Some(Cap::Groups),
            _ => None,
        }
    }

    /// The address or id of the person that the call is about.
    pub(crate) fn person(&self) -> Option<String> {
        if self.endpoint.lock == Lock::Create {
            let body = self.object().ok()?;
            return body.get("user_info")?.get("email")?.as_str().map(str::to_owned);
        }
        self.endpoint.template.starts_with("/users/{userId}").then(|| self.param(0).to_owned())
    }

    /// The addresses and ids of the people whom a call names that is about something else.
    pub(crate) fn others(&self) -> Vec<String> {
        let in_path = match self.endpoint.template {
            "/groups/{groupId}/members/{memberId}"
            | "/groups/{groupId}/admins/{userId}"
            | "/roles/{roleId}/members/{memberId}" => self.optional_param(1),
            "/scim2/Users/{userId}" => self.optional_param(0),
            _ => None,
        };
        let body = if self.reads() { Map::new() } else { self.object().unwrap_or_default() };
        let rows = ["members", "admins", "users"].into_iter().filter_map(|name| body.get(name)?.as_array()).flatten();
        let named = rows.flat_map(|row| {
            ["id", "email", "user_id", "user_email"].into_iter().filter_map(|name| row.get(name)?.as_str())
        });
        in_path.into_iter().chain(named).map(str::to_owned).collect()
    }

    /// The addresses that a call names.
    pub(crate) fn addresses(&self) -> Vec<String> {
        fn texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
            match value {
                Value::String(text) => found.push(text),
                Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
                Value::Object(fields) => fields.values().for_each(|value| texts(value, found)),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        let body = if self.reads() { Value::Null } else { serde_json::from_slice(self.body).unwrap_or_default() };
        let mut found: Vec<&str> = self.params.iter().map(String::as_str).collect();
        texts(&body, &mut found);
        found.into_iter().filter(|text| text.contains('@')).map(str::to_owned).collect()
    }

    /// Whether this is one of the calls that a running create keeps waiting where it locks the account.
    pub(crate) fn is_on_people_groups_or_roles(&self) -> bool {
        let families = ["/users", "/groups", "/roles", divisions::ROOT, scim::ROOT];
        families.iter().any(|family| self.endpoint.template.starts_with(family))
    }

    fn param(&self, index: usize) -> &str {
        self.params.get(index).map_or("", String::as_str)
    }

    /// What a brace stands for that not every template of the handler has.
    fn optional_param(&self, index: usize) -> Option<&str> {
        self.params.get(index).map(String::as_str)
    }

    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.query(name) {
            None | Some("") => Ok(false),
            // PowerShell writes `True`, and PSZoom sends it so.
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
            Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
            Some(_) => Err(Refusal::field(name, "The value must be true or false.")),
        }
    }

    fn object(&self) -> Result<Map<String, Value>, Refusal> {
        serde_json::from_slice(self.body)
            .map_err(|_| Refusal::BadRequest("Request Body should be a valid JSON object.".to_owned()))
    }

    /// Checks `login_type`: where somebody has several logins, Zoom takes the one that is named.
    fn login_type(&self) -> Result<(), Refusal> {
        match self.query("login_type") {
            None | Some("0" | "1" | "11" | "21" | "23" | "24" | "27" | "97" | "98" | "99" | "100" | "101") => Ok(()),
            Some(_) => Err(Refusal::field("login_type", "The value must be one of Zoom's login types, such as 100.")),
        }
    }

    fn settings_query(&self) -> Result<SettingsQuery, Refusal> {
        SettingsQuery::read(self.query("option"), self.query("custom_query_fields"))
    }

    /// The first part of a multipart body.
    fn upload(&self) -> Option<&[u8]> {
        let body: &[u8] = self.body;
        let head_end = find(body, b"\r\n\r\n")?;
        let boundary = body.get(..find(body, b"\r\n")?)?;
        let part = body.get(head_end + 4..)?;
        part.get(..find(part, &[b"\r\n", boundary].concat())?)
    }

    /// The picture of an upload of a virtual background.
    fn background(&self) -> Result<&[u8], Refusal> {
        let missing = Refusal::Upload("No file uploaded, verify that a file has been uploaded.");
        self.upload().filter(|file| !file.is_empty()).ok_or(missing)
    }

    /// The files that a removal of virtual backgrounds names.
    fn file_ids(&self) -> Vec<&str> {
        self.query("file_ids").unwrap_or_default().split(',').filter(|id| !id.is_empty()).collect()
    }

    /// Reads `page_number`, the deprecated way through a listing.
    fn page_number(&self) -> Result<Option<usize>, Refusal> {
        let number = self.query("page_number").map(|number| number.parse().ok().filter(|number| *number > 0));
        number
            .map(|number| number.ok_or_else(|| Refusal::field("page_number", "The value must be a positive number.")))
            .transpose()
    }

    /// Reads `page_size` and `next_page_token`; larger sizes than `max` are cut to it.
    fn paging(&self, session: &Session<'_>, max: usize) -> Result<Paging<'_>, Refusal> {
        self.paging_by(session, 30, max)
    }

    /// The same where pages may be asked for by `page_number` as well.
    fn numbered_paging(&self, session: &Session<'_>, max: usize) -> Result<Paging<'_>, Refusal> {
        Ok(Paging { number: self.page_number()?, ..self.paging(session, max)? })
    }

    fn paging_by(&self, session: &Session<'_>, default: usize, max: usize) -> Result<Paging<'_>, Refusal> {
        let invalid = || Refusal::field("page_size", "The page size must be a positive number.");
        let size = self.query("page_size").map_or(Ok(default), |size| size.parse::<usize>().map_err(|_| invalid()))?;
        if size == 0 {
            return Err(invalid());
        }
        let mut parameters: Vec<_> = self.query.iter().filter(|(name, _)| name != "next_page_token").collect();
        parameters.sort();
        let of = format!("{} {:?} {parameters:?}", self.endpoint.template, self.params);
        let mut after = match self.query("next_page_token") {
            None | Some("") => Seq::default(),
            Some(token) => session.pages.resume(token, &of, session.now)?,
        };
        if self.slip == Some(Slip::Repeat) {
            after = Seq(after.0.saturating_sub(1));
        }
        let last = session.account.config.quirks.last_page_token;
        Ok(Paging { of, after, size: size.min(max), number: None, last, slip: self.slip, slipped: &self.slipped })
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// A time as Zoom writes it.
fn time(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// Where a page starts and how many rows it may have.
struct Paging<'a> {
    of: String,
    after: Seq,
    size: usize,
    /// The page that was asked for by its number, from 1 on.
    number: Option<usize>,
    last: LastPageToken,
    slip: Option<Slip>,
    slipped: &'a Cell<bool>,
}

impl Paging<'_> {
    /// Takes one page of `rows` and says where the next one starts, if there is more.
    fn take<T>(&self, rows: impl Iterator<Item = T>, seq: impl Fn(&T) -> Seq) -> (Vec<T>, Option<Seq>) {
        let mut rows = rows.skip(self.size.saturating_mul(self.page_number().saturating_sub(1)));
        let skipped = self.slip == Some(Slip::Skip) && rows.next().is_some();
        let mut page: Vec<T> = rows.take(self.size.saturating_add(1)).collect();
        let first = page.first().map(&seq);
        let repeated = self.slip == Some(Slip::Repeat) && first == Some(Seq(self.after.0.saturating_add(1)));
        self.slipped.set(skipped || repeated);
        if page.len() <= self.size {
            return (page, None);
        }
        page.truncate(self.size);
        let last = page.last().map(seq);
        (page, last)
    }

    fn people<'p>(&self, selection: Selection<'p>) -> (Vec<&'p crate::account::Person>, Option<Seq>) {
        self.take(selection.after(self.after), |person| person.seq)
    }

    /// The number of this page as the answer tells it: 1 where pages are asked for by token.
    fn page_number(&self) -> usize {
        self.number.unwrap_or(1)
    }

    /// The token of the next page; empty or absent on the last one, and absent where pages are asked for by number.
    fn token(self, pages: &mut Pages, next: Option<Seq>, now: Timestamp) -> Option<String> {
        if self.number.is_some() {
            return None;
        }
        match (next, self.last) {
            (Some(after), _) => Some(pages.issue(self.of, after, now)),
            (None, LastPageToken::Empty) => Some(String::new()),
            (None, LastPageToken::Missing) => None,
        }
    }
}

/// A JSON answer without the fields that are null.
fn without_nulls(mut body: Value) -> Value {
    if let Some(object) = body.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    body
}
