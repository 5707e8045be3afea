use std::fmt;

use jiff::Timestamp;

/// Why a call failed: what was tried, what Zoom answered, and what it means.
///
/// Its text is one line for a person, such as
/// `GET /users/ada@example.com: no such user in this account (HTTP 404, code 1001): User does not exist.`
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Detail>);

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Detail {
    pub(crate) kind: ErrorKind,
    pub(crate) tried: String,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<i64>,
    pub(crate) message: String,
    pub(crate) tracking_id: Option<String>,
    /// Whether the call may have reached Zoom.
    pub(crate) sent: bool,
}

impl Error {
    /// What the failure means.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// When to try again.
    pub fn retry_class(&self) -> RetryClass {
        self.0.kind.retry_class()
    }

    /// The HTTP status, if Zoom answered.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Zoom's error code, if it named one.
    pub fn code(&self) -> Option<i64> {
        self.0.code
    }

    /// Zoom's message, or the network's; shortened where it is a page of HTML.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The method and path that were tried, such as `PATCH /users/abc`.
    pub fn tried(&self) -> &str {
        &self.0.tried
    }

    /// Zoom's tracking id of the answer (`x-zm-trackingid`), which its support asks for.
    pub fn tracking_id(&self) -> Option<&str> {
        self.0.tracking_id.as_deref()
    }

    /// A failure before the call reached Zoom: no connection, or a refusal of this client's own.
    pub(crate) fn unsent(kind: ErrorKind, tried: &str, message: &str) -> Self {
        Self::from(Detail {
            kind,
            tried: tried.to_owned(),
            status: None,
            code: None,
            message: message.to_owned(),
            tracking_id: None,
            sent: false,
        })
    }

    /// A failure after the call may have reached Zoom, without an answer that could be read.
    pub(crate) fn lost(kind: ErrorKind, tried: &str, message: &str) -> Self {
        let mut error = Self::unsent(kind, tried, message);
        error.0.sent = true;
        error
    }

    /// Whether the call may have taken effect although it failed.
    pub(crate) fn leaves_doubt(&self) -> bool {
        let accepted = self.0.status.is_some_and(|status| (200..300).contains(&status));
        (self.0.sent && matches!(self.0.kind, ErrorKind::Transient | ErrorKind::TooLarge))
            || (accepted && matches!(self.0.kind, ErrorKind::Unexpected))
    }

    /// Whether the token was refused: code 124 under 401 in practice and 400 in the reference, or a 401 without a code.
    pub(crate) fn refuses_token(&self) -> bool {
        self.0.code == Some(124) || (self.0.status == Some(401) && self.0.code.is_none())
    }

    /// The same failure with another meaning, which the answer alone does not tell.
    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }
}

impl From<Detail> for Error {
    fn from(detail: Detail) -> Self {
        Self(Box::new(detail))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the tracking id: the same failure reads the same each time, so that who repeats it elsewhere can tell.
        let Detail { kind, tried, status, code, message, tracking_id: _, sent: _ } = &*self.0;
        write!(f, "{tried}: {kind}")?;
        match (status, code) {
            (Some(status), Some(code)) => write!(f, " (HTTP {status}, code {code}{})", named(*code))?,
            (Some(status), None) => write!(f, " (HTTP {status})")?,
            (None, _) => {}
        }
        if !message.is_empty() {
            write!(f, ": {message}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}, {self})", self.0.kind.name())
    }
}

impl std::error::Error for Error {}

/// What Zoom's OAuth codes mean; their messages are often empty (Zoom developer documentation, OAuth error messages).
fn named(code: i64) -> &'static str {
    match code {
        4700 => ", token missing or without the scopes",
        4702 | 4704 => ", client id or secret wrong, or no such app",
        4705 => ", grant type not supported by this app",
        4706 => ", credentials or grant type missing",
        4709 => ", redirect address mismatch",
        4711 => ", token lacks scopes",
        4717 => ", app disabled",
        4738 => ", app disabled by an account admin",
        4741 => ", token revoked",
        _ => "",
    }
}

/// What a failure means.
///
/// Zoom uses one code under several HTTP statuses and one status for many things, so the code decides wherever there is one.
#[derive(Clone, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
pub enum ErrorKind {
    /// 1001 and 1010: no such user in this account. Never concluded from a bare 404. On a removal that named an heir, the heir
    /// may be the one who is missing; after a repeat, the first try may have done the work. A read tells.
    #[error("no such user in this account")]
    UserNotFound,
    /// 1034: no such role.
    #[error("no such role")]
    RoleNotFound,
    /// 4130, 1010 on group calls, and 300 with that text for contact groups: no such group.
    #[error("no such group")]
    GroupNotFound,
    /// 4132: the group's name is in use already.
    #[error("the group's name is in use already")]
    GroupNameTaken,
    /// 1224: the role's name is in use already.
    #[error("the role's name is in use already")]
    RoleNameTaken,
    /// 4131, and 300 with that text for contact groups: not in the group.
    #[error("not a member of the group")]
    NotAMember,
    /// 4138: not an administrator of the group.
    #[error("not an administrator of the group")]
    NotAGroupAdmin,
    /// 1005: the address is in use already.
    #[error("the address is in use already")]
    AddressTaken,
    /// 1009: the address belongs to an active account elsewhere; its owner must consent.
    #[error("the address has an active Zoom account elsewhere")]
    AccountElsewhere,
    /// 1120: the invitation has expired. Remove the user and invite again.
    #[error("the invitation has expired")]
    InvitationExpired,
    /// 1102, 2033, 2034, 2038, 2039, 3412, and 200 with a maximum in its text: no seat is free.
    #[error("no seat is free")]
    NoSeats {
        /// The seats that have run out.
        of: Seats,
        /// The maximum that Zoom's message names.
        max: Option<u64>,
    },
    /// 200, 1000 and others: refused for the plan, a permission, or the user's state; the message says which.
    #[error("refused by Zoom")]
    Refused,
    /// 300, or an argument that this client refuses to send.
    #[error("invalid{}", listed(" ", fields))]
    Invalid {
        /// The fields that Zoom named, if any.
        fields: Vec<String>,
    },
    /// 1117: admins cannot be disassociated. Take the role away first.
    #[error("an admin is protected: take the role away first")]
    AdminProtected,
    /// 1107 outside of create and e-mail change: a user of a managed domain cannot be disassociated, only deleted.
    #[error("a user of a managed domain cannot be disassociated")]
    ManagedDomain,
    /// 1116, 11321, and 1107 on create and e-mail change: the address's domain is not allowed here.
    #[error("the e-mail domain is not allowed in this account")]
    DomainNotAllowed,
    /// 4711, 4700, 104: the token lacks scopes. Add them to the app; they reach new tokens only.
    #[error("the app lacks scopes{}", listed(": ", scopes))]
    MissingScopes {
        /// The scopes that Zoom named, if any.
        scopes: Vec<String>,
    },
    /// The client id, the secret, the account id or a fresh token was refused.
    #[error("the credentials were refused")]
    BadCredentials,
    /// 4717, 4738, 4741: the app is deactivated, disabled or revoked.
    #[error("the app is disabled")]
    AppDisabled,
    /// 2001, or 403 without another meaning: the account may not use the API.
    #[error("the account has no access to the API")]
    AccessDenied,
    /// 200 with a text about a paid account: the account's plan does not include the call.
    #[error("the account's plan does not include this")]
    PlanUnsupported,
    /// Too many calls at once, by this client's limiter or by Zoom's answer.
    #[error("rate limited until {retry_at}")]
    RateLimited {
        /// The earliest time of another try.
        retry_at: Timestamp,
    },
    /// The day's budget of calls is spent, by this client's count or by Zoom's answer.
    #[error("the day's budget of calls is spent until {retry_at}")]
    DailyBudget {
        /// When the budget rolls over.
        retry_at: Timestamp,
    },
    /// Network, time-out, a 5xx, or a page of HTML, or what is no whole JSON, in place of an answer.
    #[error("no usable answer for now")]
    Transient,
    /// A create ended without an answer and what was to be created was not found afterwards. Trying again is safe where names are
    /// unique: if the first try takes effect after all, Zoom answers the second one with [`AddressTaken`](Self::AddressTaken),
    /// [`GroupNameTaken`](Self::GroupNameTaken) or [`RoleNameTaken`](Self::RoleNameTaken).
    #[error("it is not known whether it was created{}", if *seen_absent { "; a read did not find it" } else { "; reading back failed" })]
    InDoubt {
        /// Zoom showed afterwards that it is not there. When `false`, the read failed too, or did not settle it.
        seen_absent: bool,
    },
    /// The answer is larger than this client reads.
    #[error("the answer is too large")]
    TooLarge,
    /// An answer that this client has no name for.
    #[error("unexpected answer")]
    Unexpected,
    /// The caller's [`Gate`](crate::Gate) was shut, so the call was not sent.
    #[error("not sent")]
    Withheld,
}

fn listed(before: &str, names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("{before}{}", names.join(", ")) }
}

/// The seats that have run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seats {
    /// Basic users (2033), also as what a downgrade needs (2039).
    Basic,
    /// The licence that was asked for (2034).
    Licensed,
    /// Zoom Workplace bundles (2038).
    Workplace,
    /// Zoom Phone (1102).
    Phone,
    /// The code does not tell; the message does (3412, and 200 with a maximum).
    Unstated,
}

/// When to try a failed call again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryClass {
    /// In seconds, with growing pauses.
    Soon,
    /// Not before this time.
    At(Timestamp),
    /// In minutes rather than seconds, with growing pauses: something outside has to change first.
    Slowly,
    /// Not until what is asked for has been edited.
    Never,
    /// Whatever the call: the whole account is affected.
    Account,
}

impl ErrorKind {
    /// The kind's name, such as `UserNotFound`: for metrics and logs.
    pub fn name(&self) -> &'static str {
        self.into()
    }

    /// When to try again.
    pub fn retry_class(&self) -> RetryClass {
        match self {
            Self::Transient | Self::InDoubt { .. } | Self::Withheld => RetryClass::Soon,
            Self::RateLimited { retry_at } | Self::DailyBudget { retry_at } => RetryClass::At(*retry_at),
            Self::NoSeats { .. }
            | Self::Refused
            | Self::RoleNotFound
            | Self::GroupNotFound
            | Self::TooLarge
            | Self::Unexpected => RetryClass::Slowly,
            Self::UserNotFound
            | Self::GroupNameTaken
            | Self::RoleNameTaken
            | Self::NotAMember
            | Self::NotAGroupAdmin
            | Self::AddressTaken
            | Self::AccountElsewhere
            | Self::InvitationExpired
            | Self::Invalid { .. }
            | Self::AdminProtected
            | Self::ManagedDomain
            | Self::DomainNotAllowed => RetryClass::Never,
            Self::MissingScopes { .. }
            | Self::BadCredentials
            | Self::AppDisabled
            | Self::AccessDenied
            | Self::PlanUnsupported => RetryClass::Account,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(ErrorKind::UserNotFound, RetryClass::Never)]
    #[case(ErrorKind::RoleNotFound, RetryClass::Slowly)]
    #[case(ErrorKind::GroupNotFound, RetryClass::Slowly)]
    #[case(ErrorKind::GroupNameTaken, RetryClass::Never)]
    #[case(ErrorKind::RoleNameTaken, RetryClass::Never)]
    #[case(ErrorKind::NotAMember, RetryClass::Never)]
    #[case(ErrorKind::NotAGroupAdmin, RetryClass::Never)]
    #[case(ErrorKind::AddressTaken, RetryClass::Never)]
    #[case(ErrorKind::AccountElsewhere, RetryClass::Never)]
    #[case(ErrorKind::InvitationExpired, RetryClass::Never)]
    #[case(ErrorKind::NoSeats { of: Seats::Basic, max: None }, RetryClass::Slowly)]
    #[case(ErrorKind::Refused, RetryClass::Slowly)]
    #[case(ErrorKind::Invalid { fields: vec![] }, RetryClass::Never)]
    #[case(ErrorKind::AdminProtected, RetryClass::Never)]
    #[case(ErrorKind::ManagedDomain, RetryClass::Never)]
    #[case(ErrorKind::DomainNotAllowed, RetryClass::Never)]
    #[case(ErrorKind::MissingScopes { scopes: vec![] }, RetryClass::Account)]
    #[case(ErrorKind::BadCredentials, RetryClass::Account)]
    #[case(ErrorKind::AppDisabled, RetryClass::Account)]
    #[case(ErrorKind::AccessDenied, RetryClass::Account)]
    #[case(ErrorKind::PlanUnsupported, RetryClass::Account)]
    #[case(ErrorKind::RateLimited { retry_at: Timestamp::UNIX_EPOCH }, RetryClass::At(Timestamp::UNIX_EPOCH))]
    #[case(ErrorKind::DailyBudget { retry_at: Timestamp::UNIX_EPOCH }, RetryClass::At(Timestamp::UNIX_EPOCH))]
    #[case(ErrorKind::Transient, RetryClass::Soon)]
    #[case(ErrorKind::InDoubt { seen_absent: true }, RetryClass::Soon)]
    #[case(ErrorKind::TooLarge, RetryClass::Slowly)]
    #[case(ErrorKind::Withheld, RetryClass::Soon)]
    #[case(ErrorKind::Unexpected, RetryClass::Slowly)]
    fn each_kind_says_when_to_try_again(#[case] kind: ErrorKind, #[case] expected: RetryClass) {
        assert_eq!(kind.retry_class(), expected);
    }

    #[test]
    fn the_text_says_what_was_tried_and_what_zoom_answered() {
        let error = Error::from(Detail {
            kind: ErrorKind::MissingScopes { scopes: vec!["user:read:user:admin".into()] },
            tried: "GET /users/ada@example.com".into(),
            status: Some(400),
            code: Some(4711),
            message: "Invalid access token".into(),
            tracking_id: Some("v=2.0;rid=WEB_1".into()),
            sent: true,
        });
        assert_eq!(
            error.to_string(),
            "GET /users/ada@example.com: the app lacks scopes: user:read:user:admin (HTTP 400, code 4711, token lacks \
             scopes): Invalid access token"
        );
        assert_eq!(error.kind().name(), "MissingScopes");
    }
}
