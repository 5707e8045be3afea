//! Paged listings, checked against the totals that Zoom names.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::lenient::{filled, lenient};
use crate::transport::{Call, Endpoint, Transport};

/// All rows of a paged listing, and whether they are all there are.
///
/// Rows are unique: those that Zoom repeats on a later page are dropped and counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// The rows in Zoom's order.
    pub rows: Vec<T>,
    /// How many pages it took.
    pub pages: u32,
    /// How many rows came more than once.
    pub duplicates: u32,
    /// The ids of rows that could not be read, as far as they have one: of these nothing is known but that they are there.
    pub unreadable: Vec<String>,
    /// Whether the rows are complete. Conclude that somebody is absent from a complete listing only.
    pub complete: Result<(), Incomplete>,
}

impl<T> Listing<T> {
    /// Whether it is complete but for [`Listing::unreadable`]: whoever has another id, and no row, is absent.
    #[must_use]
    pub fn is_whole_but_for_unreadable(&self) -> bool {
        let Err(why) = &self.complete else { return true };
        let seen = why.found.checked_add(why.unreadable);
        let named = u64::try_from(self.unreadable.len()).is_ok_and(|named| named == why.unreadable);
        named && why.conflicting == 0 && seen == why.last_total && why.first_total == why.last_total
    }
}

/// Why a listing is not complete: rows were added or removed while it was read, or some could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// Unique rows that were read.
    pub found: u64,
    /// The total that the first page named.
    pub first_total: Option<u64>,
    /// The total that the last page named.
    pub last_total: Option<u64>,
    /// Rows without the fields that make them of use.
    pub unreadable: u64,
    /// Rows that share an e-mail address with another id.
    pub conflicting: u64,
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = |total: Option<u64>| total.map_or_else(|| "no total".to_owned(), |total| total.to_string());
        write!(f, "found {} rows where Zoom counted {}", self.found, total(self.last_total))?;
        if self.first_total != self.last_total {
            write!(f, " ({} at the start)", total(self.first_total))?;
        }
        if self.unreadable > 0 {
            write!(f, "; {} could not be read", self.unreadable)?;
        }
        if self.conflicting > 0 {
            write!(f, "; {} share an e-mail address with another id", self.conflicting)?;
        }
        Ok(())
    }
}

impl std::error::Error for Incomplete {}

/// What tells the rows of a listing apart.
pub(crate) trait Row: DeserializeOwned {
    /// Whether Zoom names the total of such rows.
    const COUNTED: bool = true;

    fn id(&self) -> Option<&str>;
    fn email(&self) -> Option<&str>;
}

#[derive(Deserialize)]
struct Page {
    #[serde(
        alias = "users",
        alias = "groups",
        alias = "roles",
        alias = "members",
        alias = "admins",
        alias = "group_members"
    )]
    rows: Vec<Value>,
    #[serde(default, deserialize_with = "lenient")]
    total_records: Option<u64>,
    #[serde(default, deserialize_with = "filled")]
    next_page_token: Option<String>,
}

/// `R` is what is kept of a row.
struct Gathered<R> {
    rows: Vec<R>,
    pages: u32,
    duplicates: u32,
    unreadable: u64,
    unreadable_ids: Vec<String>,
    conflicting: u64,
    totals: Option<(Option<u64>, Option<u64>)>,
    ids: HashSet<Box<str>>,
    emails: HashSet<Box<str>>,
}

impl<R> Gathered<R> {
    fn new() -> Self {
        Self {
            rows: Vec::new(),
            pages: 0,
            duplicates: 0,
            unreadable: 0,
            unreadable_ids: Vec::new(),
            conflicting: 0,
            totals: None,
            ids: HashSet::new(),
            emails: HashSet::new(),
        }
    }

    /// Adds a page; says whether it brought anything new.
    fn add<T: Row>(&mut self, rows: Vec<Value>, total: Option<u64>, keep: &mut impl FnMut(T) -> R) -> bool {
        let before = self.rows.len();
        self.pages += 1;
        self.totals = Some((self.totals.map_or(total, |(first, _)| first), total));
        for row in rows {
            let id = row.get("id").and_then(Value::as_str).filter(|id| !id.trim().is_empty()).map(str::to_owned);
            match (T::deserialize(row), id) {
                (Ok(row), _) => self.add_row(row, keep),
                (Err(_), Some(id)) if !self.ids.insert(id.as_str().into()) => self.duplicates += 1,
                (Err(_), id) => {
                    self.unreadable += 1;
                    self.unreadable_ids.extend(id);
                }
            }
        }
        self.rows.len() > before
    }

    fn add_row<T: Row>(&mut self, row: T, keep: &mut impl FnMut(T) -> R) {
        let new_email = row.email().is_none_or(|email| self.emails.insert(email.to_lowercase().into()));
        let new = match row.id() {
            Some(id) => self.ids.insert(id.into()),
            None => new_email,
        };
        if !new {
            self.duplicates += 1;
            return;
        }
        if !new_email {
            self.conflicting += 1;
        }
        self.rows.push(keep(row));
    }

    fn finish(self, zoom_counts: bool) -> Listing<R> {
        let Self { rows, pages, duplicates, unreadable, unreadable_ids, conflicting, totals, ids: _, emails: _ } = self;
        let (first_total, last_total) = totals.unwrap_or_default();
        let found = rows.len() as u64;
        let counted = last_total == Some(found) && first_total == last_total;
        // Without a total, a row that came twice is the only sign that pages shifted.
        let uncounted = !zoom_counts && last_total.is_none() && duplicates == 0;
        let complete = if (counted || uncounted) && unreadable == 0 && conflicting == 0 {
            Ok(())
        } else {
            Err(Incomplete { found, first_total, last_total, unreadable, conflicting })
        };
        Listing { rows, pages, duplicates, unreadable: unreadable_ids, complete }
    }
}

/// Reads pages until Zoom names no next one.
///
/// The size of a page is Zoom's to choose, so a short page ends nothing. A page token lives 15 minutes; when Zoom refuses one, the
/// listing begins again, once.
pub(crate) async fn list<T: Row>(
    transport: &Transport,
    endpoint: &'static Endpoint,
    segments: &[&str],
    query: &[(&'static str, String)],
) -> Result<Listing<T>, Error> {
    list_as(transport, endpoint, segments, query, |row| row).await
}

/// The same, each row made into what is kept of it.
pub(crate) async fn list_as<T: Row, R>(
    transport: &Transport,
    endpoint: &'static Endpoint,
    segments: &[&str],
    query: &[(&'static str, String)],
    mut keep: impl FnMut(T) -> R,
) -> Result<Listing<R>, Error> {
    let (mut gathered, mut token, mut restarted, mut barren) = (Gathered::new(), None::<String>, false, 0);
    loop {
        let mut call = Call::new(endpoint, segments)?;
        for (name, value) in query {
            call = call.query(name, value);
        }
        if let Some(token) = &token {
            call = call.query("next_page_token", token);
        }
        let page: Page = match transport.fetch(&call).await {
            Ok(page) => page,
            Err(error) if matches!(error.kind(), ErrorKind::Invalid { .. }) && token.is_some() && !restarted => {
                (gathered, token, restarted, barren) = (Gathered::new(), None, true, 0);
                continue;
            }
            Err(error) => return Err(error),
        };
        barren = if gathered.add(page.rows, page.total_records, &mut keep) { 0 } else { barren + 1 };
        token = page.next_page_token;
        // A listing that goes on without anything new would never end.
        if token.is_none() || barren > 1 {
            return Ok(gathered.finish(T::COUNTED));
        }
    }
}
