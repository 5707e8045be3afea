//! What keeps a whole account from being managed.

use std::time::Duration;

use zoom_account::Retry;

/// Why a connection is not ready. The names are an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumIter)]
pub(super) enum TroubleReason {
    /// The connection's Secret does not exist.
    SecretMissing,
    /// The Secret lacks a key, or the key is empty or no text.
    SecretKeyMissing,
    /// Kubernetes refused or failed to show the Secret.
    SecretUnreadable,
    /// An endpoint is no URL, or no client can be made for it.
    EndpointsUnusable,
    /// An endpoint's host is not allowed by the operator.
    HostNotAllowed,
    /// Another connection manages the same account.
    AccountClaimed,
    /// The credentials belong to another account.
    AccountMismatch,
    /// Zoom does not show to which account the credentials belong.
    AccountUnknown,
    /// Zoom refuses the credentials.
    CredentialsRefused,
    /// The app is switched off in Zoom's Marketplace.
    AppDisabled,
    /// The account's plan does not include these calls.
    PlanUnsupported,
    /// The app lacks scopes.
    ScopesMissing,
    /// Zoom could not be reached, or answered with an error of its own.
    ZoomUnavailable,
    /// A listing did not add up.
    ListingIncomplete,
    /// A listing adds up and is not believed.
    Suspicious,
    /// Not all objects can be seen.
    Incomplete,
}

/// How long after trouble the account is looked at again; the next times the pause doubles.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// How long it is looked at again at the latest, where one look is no burden.
const SLOWEST: Duration = Duration::from_secs(30);

/// A reason and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Why.
    pub(super) reason: TroubleReason,
    /// What was tried, what came back, what to do.
    pub(super) message: String,
    /// Scopes that Zoom says are missing.
    pub(super) missing_scopes: Vec<String>,
    /// Whether it only keeps conclusions from being drawn from who is missing; writes go on.
    partial: bool,
}

impl Trouble {
    /// A trouble.
    pub(super) fn new(reason: TroubleReason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), missing_scopes: Vec::new(), partial: false }
    }

    /// A listing that does not add up, or that is not all there is.
    pub(super) fn incomplete(message: impl Into<String>, missing_scopes: Vec<String>) -> Self {
        let reason =
            if missing_scopes.is_empty() { TroubleReason::ListingIncomplete } else { TroubleReason::ScopesMissing };
        Self { reason, message: message.into(), missing_scopes, partial: true }
    }

    /// Objects that the API server does not show.
    pub(super) fn unseen(told: &str) -> Self {
        let message = format!(
            "the API server does not let the operator watch all objects, so nothing is concluded from what is not declared, \
             and only people whose own object says so leave; {told}"
        );
        Self { partial: true, ..Self::new(TroubleReason::Incomplete, message) }
    }

    /// A listing that is not believed.
    pub(super) fn suspicious(message: String) -> Self {
        Self { partial: true, ..Self::new(TroubleReason::Suspicious, message) }
    }

    /// Why the listing is not believed, if that is the trouble.
    pub(super) fn suspicion(&self) -> Option<&str> {
        (self.reason == TroubleReason::Suspicious).then_some(self.message.as_str())
    }

    /// A listing that failed. While Zoom just does not answer it, people who are known are managed all the same: whether
    /// calls about them get through, they show.
    pub(super) fn of_listing(error: &zoom_account::Error) -> Self {
        let trouble = Self::of_account(error);
        Self { partial: trouble.reason == TroubleReason::ZoomUnavailable, ..trouble }
    }

    /// What an error of a whole account means, and `None` for one that concerns a single person.
    pub(super) fn of(error: &zoom_account::Error) -> Option<Self> {
        match error.retry() {
            Retry::Account => {}
            Retry::Soon | Retry::At(_) | Retry::Slowly | Retry::Rarely | Retry::AfterEdit => return None,
        }
        Some(Self::of_account(error))
    }

    /// The same for an error that concerns the whole account whatever it is.
    pub(super) fn of_account(error: &zoom_account::Error) -> Self {
        use zoom_client::ErrorKind;
        let mut missing_scopes = Vec::new();
        let reason = match error.client().map(zoom_client::Error::kind) {
            None if error.is_other_account() => TroubleReason::AccountMismatch,
            None if error.is_unknown_account() => TroubleReason::AccountUnknown,
            Some(ErrorKind::BadCredentials) => TroubleReason::CredentialsRefused,
            Some(ErrorKind::AppDisabled) => TroubleReason::AppDisabled,
            Some(ErrorKind::PlanUnsupported | ErrorKind::AccessDenied) => TroubleReason::PlanUnsupported,
            Some(ErrorKind::MissingScopes { scopes }) => {
                missing_scopes.clone_from(scopes);
                TroubleReason::ScopesMissing
            }
            Some(
                ErrorKind::UserNotFound
                | ErrorKind::RoleNotFound
                | ErrorKind::RoleNameTaken
                | ErrorKind::GroupNotFound
                | ErrorKind::GroupNameTaken
                | ErrorKind::NotAMember
                | ErrorKind::NotAGroupAdmin
                | ErrorKind::AddressTaken
                | ErrorKind::AccountElsewhere
                | ErrorKind::InvitationExpired
                | ErrorKind::NoSeats { .. }
                | ErrorKind::Refused
                | ErrorKind::Invalid { .. }
                | ErrorKind::AdminProtected
                | ErrorKind::ManagedDomain
                | ErrorKind::DomainNotAllowed
                | ErrorKind::RateLimited { .. }
                | ErrorKind::DailyBudget { .. }
                | ErrorKind::Transient
                | ErrorKind::InDoubt { .. }
                | ErrorKind::TooLarge
                | ErrorKind::Unexpected
                | ErrorKind::Withheld,
            )
            | None => TroubleReason::ZoomUnavailable,
        };
        Self { reason, message: error.to_string(), missing_scopes, partial: false }
    }

    /// Whether nothing may be written to Zoom while it lasts.
    pub(super) fn forbids_writes(&self) -> bool {
        !self.partial
    }

    /// When to look again although nothing changed, after so many looks in vain. Most of what goes wrong once is gone a
    /// moment later. A listing that does not add up may never do: in the end it is not repeated faster than a good one.
    pub(super) fn retry_after(&self, in_vain: u32, resync: Duration) -> Duration {
        let slowest = if self.partial && self.reason != TroubleReason::ZoomUnavailable { resync } else { SLOWEST };
        FIRST_LOOK.saturating_mul(1 << in_vain.min(16)).min(slowest).min(resync)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn looks_in_vain_grow_rarer_and_a_listing_that_never_adds_up_as_rare_as_any() {
        let resync = Duration::from_mins(10);
        let pauses = |trouble: &Trouble| [0, 1, 2, 3, 99].map(|in_vain| trouble.retry_after(in_vain, resync).as_secs());
        assert_eq!(pauses(&Trouble::new(TroubleReason::AppDisabled, "")), [5, 10, 20, 30, 30]);
        assert_eq!(pauses(&Trouble::incomplete("", Vec::new())), [5, 10, 20, 40, 600]);
        let often = Duration::from_secs(3);
        assert_eq!(Trouble::new(TroubleReason::AppDisabled, "").retry_after(99, often), often);
    }

    #[test]
    fn every_reason_of_a_connection_is_documented() {
        let section =
            include_str!("../../docs/reasons.md").split("\n## ").find(|text| text.starts_with("ZoomConnection"));
        let rows = section.unwrap().lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let documented: BTreeSet<_> = rows.map(|(reason, _)| reason.to_owned()).collect();
        let healthy = ["Connected", "Listing", "PlanOnly", "Suspended"].map(str::to_owned);
        assert_eq!(documented, TroubleReason::iter().map(|reason| reason.to_string()).chain(healthy).collect());
    }
}
