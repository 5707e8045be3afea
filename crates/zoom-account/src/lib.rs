//! One Zoom account as the operator sees it: observed into a directory, changed with proof.
//!
//! An [`Account`] belongs to one task. It keeps the last complete view of the account, a
//! [`Directory`](zoom_core::Directory), and does three things to it:
//!
//! - **Listings** run beside: [`Account::begin_listing`] starts one, [`Account::take_listing`] swaps it in whole, with
//!   what was read and changed in the meantime.
//! - **Reads** of one person ([`Account::read`]) go in at once.
//! - **Operations** ([`Account::apply`]) count as done only when an answer or a read proves them: Zoom at times
//!   accepts a change without carrying it out. What was proved goes in at once.
//!
//! That somebody is gone is concluded from Zoom's own error code alone, never from an HTTP status.

mod account;
mod apply;
mod contacts;
mod convert;
mod error;
mod groups;
mod listing;
mod password;
mod roles;
#[cfg(test)]
mod tests;

pub use account::Account;
pub use apply::Applied;
pub use error::{Error, Retry};
pub use groups::GroupApplied;
pub use listing::{ListingReport, Scope};
