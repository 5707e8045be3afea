//! What Zoom refuses, with the status, code and text that it says so with.

use super::divisions::MOST_DIVISIONS;
use super::password::PasswordProblem;
use crate::config::Plan;
use crate::quirks::{ActiveElsewhere, InvalidToken, MissingScope};

/// One field that failed validation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct FieldError {
    pub(crate) field: String,
    pub(crate) message: String,
}

/// A refused call. Statuses and codes are those of Zoom's API reference; texts follow it in tone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("Validation Failed.")]
    Invalid(Vec<FieldError>),
    #[error("{0}")]
    BadRequest(String),
    #[error("The next page token is invalid or expired.")]
    BadPageToken,
    #[error("{0}")]
    NotPermitted(String),
    #[error("Your account is on the {0:?} plan. Only available for a paid account.")]
    PaidPlanOnly(Plan),
    #[error("Only available for a paid account.")]
    PaidPlanOnlyUnderOk,
    #[error("User does not exist: {0}.")]
    UserMissing(String),
    #[error("User does not exist: me.")]
    NobodyIsMe,
    #[error("Collaboration device does not exist: {0}.")]
    DeviceMissing(String),
    #[error("The user {0} belongs to another account.")]
    OtherAccount(String),
    #[error("Email {0} has already been used.")]
    AddressUsed(String),
    #[error("The user {email} already holds an active account.")]
    ActiveElsewhere { email: String, answer: ActiveElsewhere },
    #[error("Email domain is blocked.")]
    DomainBlocked,
    #[error("You can not disassociate a user with managed domain.")]
    DomainManaged,
    #[error("Email address {email} doesn't match limited domains: {domains}.")]
    DomainNotAllowed { email: String, domains: String },
    #[error("You can not disassociate an Admin user: {0}.")]
    AdminProtected(String),
    #[error("A valid invitation to join the Zoom account was not found for this user.")]
    InvitationExpired,
    #[error("SSO has not been enabled for this account. Contact the Zoom support team to enable this option.")]
    SsoOff,
    #[error("The ssoCreate option is only available for SSO Partners that have enabled the pre-provision option.")]
    PreProvisioningOff,
    #[error("This user type does not permit it: {0}.")]
    TypeForbids(String),
    #[error("Webinar feature can only be enabled for Licensed or On-prem users.")]
    WebinarForbidden,
    #[error("{0}")]
    Password(PasswordProblem),
    #[error("{0}")]
    Upload(&'static str),
    #[error("Request to update the presence status of this user failed.")]
    PresenceFailed,
    #[error("{0}")]
    StateForbids(String),
    #[error("Your request was not approved because you have already reached the maximum basic user limit ({limit}).")]
    NoBasicSeat { limit: u32 },
    #[error(
        "Your request could not be approved at this time because your account has reached the permitted maximum number \
         of {limit} paying users. Please purchase additional licenses."
    )]
    NoLicensedSeat { limit: u32 },
    #[error(
        "Your request could not be approved at this time because your account has reached the permitted maximum number \
         of {limit} users. Please remove existing user(s) from your Users list or the Pending Users list."
    )]
    SeatsHeldByPending { limit: u32 },
    #[error("No Zoom Workplace licenses are left.")]
    NoWorkplaceSeat,
    #[error("No phone license is available.")]
    NoPhoneLicense,
    #[error("The vanity name {0} is already taken.")]
    VanityNameTaken(String),
    #[error("Account does not exist: {0}.")]
    AccountMissing(String),
    #[error("The role does not exist: {0}.")]
    RoleMissing(String),
    #[error("A group with this {0} does not exist.")]
    GroupMissing(String),
    #[error("Role not found.")]
    RoleMissingUnderOk,
    #[error("The role name {0} is already in use.")]
    RoleNameTaken(String),
    #[error("A group with this groupId: {0} does not exist.")]
    ContactGroupMissing(String),
    #[error("Group name {0} is already in use.")]
    GroupNameTaken(String),
    #[error("The group member does not exist: {0}.")]
    NotAMember(String),
    #[error("The user is not an administrator of the group: {0}.")]
    NotAGroupAdmin(String),
    #[error(
        "You have exceeded the daily rate limit ({0}) of Create a Group API request for this account. This limit resets \
         at GMT 00:00:00."
    )]
    GroupsOfTheDaySpent(u32),
    #[error("Too many concurrent requests. A request to change {0} is being processed, please try again later.")]
    Busy(String),
    #[error("You have reached the maximum per-second rate limit for this API. Try again later.")]
    PerSecondLimit,
    #[error(
        "You have reached the maximum daily rate limit for this API. Refer to the response header for details on when \
         you can make another request."
    )]
    PerDayLimit,
    #[error("{0}")]
    DivisionInvalid(String),
    #[error("The account has reached the maximum of {MOST_DIVISIONS} divisions.")]
    TooManyDivisions,
    #[error("The main division cannot be deleted.")]
    MainDivision,
    #[error("The division {0} has members; move them to another division first.")]
    DivisionNotEmpty(String),
    #[error("The division does not exist: {0}.")]
    DivisionMissing(String),
    #[error("No access token.")]
    NoDivisionToken,
    #[error("Invalid access token.")]
    BadDivisionToken,
    #[error("The email address of {0} was changed three times within 24 hours.")]
    EmailChangesSpent(String),
    #[error("Invalid access token.")]
    TokenMissing(InvalidToken),
    #[error("Invalid access token.")]
    TokenInvalid(InvalidToken),
    #[error("Access token is expired.")]
    TokenExpired(InvalidToken),
    #[error("Invalid access token, does not contain scopes:[\"{scope}\"].")]
    ScopeMissing { scope: &'static str, answer: MissingScope },
    #[error("No permission: the role of this app's creator lacks the privilege {privilege}.")]
    NotPrivileged { privilege: &'static str, wire: (u16, u32) },
    #[error("This API endpoint is not recognized: {0}.")]
    UnknownEndpoint(String),
}

impl Refusal {
    /// A validation failure of one field.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    /// A mistake in an edit past Zoom's API: which field, what was found, what is allowed.
    pub(crate) fn mistake(field: &str, found: impl std::fmt::Debug, allowed: &str) -> Self {
        Self::BadRequest(format!("{field}: found {found:?}, allowed are {allowed}"))
    }

    /// An address outside the domains that the account has or allows.
    pub(crate) fn domain_not_allowed(email: &str, domains: &[String]) -> Self {
        Self::DomainNotAllowed { email: email.to_owned(), domains: domains.join(", ") }
    }

    /// As the calls on divisions say it, which have codes of their own for tokens (Zoom API reference, Divisions).
    pub(crate) fn of_divisions(&self) -> &Self {
        if matches!(self, Self::TokenMissing(_)) {
            &Self::NoDivisionToken
        } else if matches!(self, Self::TokenInvalid(_) | Self::TokenExpired(_)) {
            &Self::BadDivisionToken
        } else {
            self
        }
    }

    /// HTTP status and Zoom's code.
    pub(crate) fn wire(&self) -> (u16, u32) {
        match self {
            Self::Invalid(_) | Self::BadRequest(_) | Self::BadPageToken | Self::ContactGroupMissing(_) => (400, 300),
            Self::NotPermitted(_) | Self::PaidPlanOnly(_) => (400, 200),
            Self::PaidPlanOnlyUnderOk | Self::RoleMissingUnderOk => (200, 200),
            Self::StateForbids(_) => (400, 1000),
            Self::WebinarForbidden => (400, 1122),
            Self::Password(problem) => (400, problem.code()),
            Self::Upload(_) => (400, 120),
            Self::PresenceFailed => (400, 5301),
            Self::NobodyIsMe => (400, 1001),
            Self::UserMissing(_) => (404, 1001),
            Self::AddressUsed(_) => (409, 1005),
            Self::ActiveElsewhere { answer: ActiveElsewhere::BadRequest, .. } => (400, 1009),
            Self::ActiveElsewhere { answer: ActiveElsewhere::Conflict, .. } => (409, 1009),
            Self::OtherAccount(_) => (400, 1010),
            Self::RoleMissing(_) => (400, 1034),
            Self::RoleNameTaken(_) => (400, 1224),
            Self::DeviceMissing(_) => (404, 1238),
            Self::NoPhoneLicense => (404, 1102),
            Self::DomainBlocked | Self::DomainManaged => (400, 1107),
            Self::TypeForbids(_) => (400, 1108),
            Self::DomainNotAllowed { .. } => (400, 1116),
            Self::AdminProtected(_) => (400, 1117),
            Self::InvitationExpired => (400, 1120),
            Self::AccountMissing(_) => (404, 2001),
            Self::SsoOff => (400, 2002),
            Self::PreProvisioningOff => (400, 2032),
            Self::NoBasicSeat { .. } => (400, 2033),
            Self::NoLicensedSeat { .. } => (400, 2034),
            Self::NoWorkplaceSeat => (400, 2038),
            Self::UnknownEndpoint(_) => (400, 2300),
            Self::SeatsHeldByPending { .. } => (400, 3412),
            Self::VanityNameTaken(_) => (400, 4100),
            Self::GroupMissing(_) => (404, 4130),
            Self::NotAMember(_) => (404, 4131),
            Self::GroupNameTaken(_) => (409, 4132),
            Self::NotAGroupAdmin(_) => (400, 4138),
            Self::ScopeMissing { .. } => (400, 4711),
            Self::NotPrivileged { wire, .. } => *wire,
            Self::DivisionInvalid(_) => (400, 40_005),
            Self::DivisionMissing(_) => (404, 40_406),
            Self::TooManyDivisions => (400, 42_006),
            Self::MainDivision => (400, 42_011),
            Self::DivisionNotEmpty(_) => (400, 42_012),
            Self::NoDivisionToken => (401, 30_031_002),
            Self::BadDivisionToken => (401, 30_031_004),
            Self::Busy(_)
            | Self::PerSecondLimit
            | Self::PerDayLimit
            | Self::GroupsOfTheDaySpent(_)
            | Self::EmailChangesSpent(_) => (429, 429),
            Self::TokenMissing(status) | Self::TokenInvalid(status) | Self::TokenExpired(status) => match status {
                InvalidToken::Unauthorized => (401, 124),
                InvalidToken::BadRequest => (400, 124),
            },
        }
    }

    pub(crate) fn errors(&self) -> &[FieldError] {
        if let Self::Invalid(errors) = self { errors } else { &[] }
    }
}
