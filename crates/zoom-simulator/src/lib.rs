//! A Zoom account on localhost, for tests, demos and rehearsals.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use zoom_simulator::{AccountConfig, Fault, FaultEffect, PersonConfig, Simulator};
//!
//! let account = AccountConfig { people: vec![PersonConfig::new("ada@acme.example")], ..AccountConfig::default() };
//! let zoom = Simulator::start(account).await?;
//! let base = format!("{}/v2", zoom.url());
//! zoom.inject(Fault::on("GET", "/users", FaultEffect::HtmlPage { status: 502 }));
//! // … the code under test talks to `base` …
//! assert_eq!(zoom.people().len(), 2);
//! zoom.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! It behaves as Zoom's public references, its developer forum and well-known clients describe it; where these
//! disagree, [`Quirks`] chooses. It shares no code with any client, so that a mistake cannot cancel itself out.
//!
//! - An [`AccountConfig`] says what the account holds, and is also the shape of an account file.
//! - A [`Simulator`] serves REST under `/v2` and tokens under `/oauth/token`.
//! - Its [`Controls`], also served under `/simulator`, look at people and the journal of calls, edit past the API,
//!   accept invitations, inject a [`Fault`], and move the clock.

mod account;
mod answer;
mod clock;
mod config;
mod control;
mod controls;
mod deliver;
mod events;
mod exchange;
mod fault;
mod faults;
mod group_controls;
mod history;
mod journal;
mod limits;
mod listener;
mod mistakes;
mod page;
mod pages;
mod population;
mod quirks;
mod redact;
mod rest;
mod simulator;
mod tenant;
#[cfg(test)]
mod tests;
mod token;
mod webhooks;
mod world;

pub use account::{CustomAttribute, GroupView, License, PersonEdit, PersonView, PhoneNumber, Profile, Status};
pub use config::{
    AccountConfig, AppConfig, ConfigError, DivisionConfig, ElsewhereConfig, GroupConfig, PasswordRules, PersonConfig,
    Plan, RoleConfig, Seats,
};
pub use controls::{AccountEdit, AccountView, Controls, PortalRefusal};
pub use deliver::WebhookRefusal;
pub use fault::{Fault, FaultEffect, NoProbability, Probability, RetryAfter};
pub use history::{ReadDelay, Seconds};
pub use journal::{Costs, Counters, Exchange};
pub use limits::{Label, LimitsConfig, Rate, Sharper};
pub use quirks::*;
pub use simulator::{Options, Simulator, StartError};
pub use webhooks::{DeliveryView, WebhookConfig, WebhookView};

/// What an error says, with what is behind it where it does not say that itself.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    for cause in causes.map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
