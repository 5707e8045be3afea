use std::fmt;

use jiff::Timestamp;
use zoom_client::{ErrorKind, RetryClass, Seats};
use zoom_core::{CreateMethod, License, Operation, PersonRef, Reason};

use crate::convert::Unreadable;

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// In seconds, with growing pauses.
    Soon,
    /// Not before this time.
    At(Timestamp),
    /// In minutes rather than seconds, with growing pauses: something in Zoom has to change first.
    Slowly,
    /// In pauses that grow to hours: somebody has to act first.
    Rarely,
    /// Not until the object was edited, or the person's row changed.
    AfterEdit,
    /// Whatever is asked: the whole account is affected.
    Account,
}

/// Why something could not be done or proved: what was tried, what Zoom answered, and what to do.
#[derive(Clone, Debug)]
pub struct Error {
    tried: Box<str>,
    problem: Problem,
    reason: Reason,
    retry: Retry,
    advice: &'static str,
    lacking_seat: Option<License>,
}

/// What went wrong.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error(transparent)]
    Zoom(#[from] zoom_client::Error),
    /// What was to be created certainly was not.
    #[error(transparent)]
    NotCreated(zoom_client::Error),
    /// Zoom said yes, and a read shows otherwise.
    #[error("Zoom accepted it, but a read still shows {0}")]
    NotApplied(String),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The call takes an id and Zoom shows none.
    #[error("Zoom shows no id for this person")]
    NoId,
    /// Zoom said so by its own code.
    #[error("Zoom says that there is no such person in the account")]
    Gone,
    /// A write says that somebody does not exist, and a read shows them.
    #[error("{0}; but a read shows the person")]
    StillThere(zoom_client::Error),
    /// There is no such group, by Zoom's own code or in the directory.
    #[error("there is no such group in the account")]
    GroupGone,
    /// A removal says that somebody does not exist, but the leaver does.
    #[error("the one who should receive the data is not in the account: {0}")]
    HeirUnknown(zoom_client::Error),
    /// Nobody of those named can receive the leaver's data.
    #[error("nobody can receive the data: {0}")]
    NoHeir(String),
    /// Credentials of another account.
    #[error("the credentials belong to the account {found}, and not to {meant}")]
    OtherAccount { meant: String, found: String },
    /// A read of a person names no account.
    #[error("Zoom does not say to which account the credentials belong; it should be {meant}")]
    UnknownAccount { meant: String },
    /// The listing's task ended without an answer.
    #[error("the listing ended without a result; the log says more")]
    Crashed,
}

impl Problem {
    /// Why a group, role or contact group could not be created: without a clear answer it may be there all the same.
    pub(crate) fn of_creation(error: zoom_client::Error) -> Self {
        let may_be_there = matches!(error.kind(), ErrorKind::InDoubt { .. } | ErrorKind::Withheld);
        if may_be_there { Self::Zoom(error) } else { Self::NotCreated(error) }
    }
}

impl Error {
    /// `administrator`: whether the person is known to have another role than Member.
    pub(crate) fn of_operation(operation: &Operation, administrator: bool, problem: Problem) -> Self {
        let tried = format!("{}: {operation}", subject(operation));
        Self::new(tried, problem, Some(operation), administrator)
    }

    pub(crate) fn of_read(person: &PersonRef, problem: Problem) -> Self {
        Self::new(format!("{}: read", person.email), problem, None, false)
    }

    pub(crate) fn of_sign_out(person: &PersonRef, problem: Problem) -> Self {
        Self::new(format!("{}: end the sessions", person.email), problem, None, false)
    }

    pub(crate) fn of_group(name: &str, tried: &impl fmt::Display, problem: Problem) -> Self {
        Self::new(format!("group {name:?}: {tried}"), problem, None, false)
    }

    pub(crate) fn of_thing(word: &str, tried: &impl fmt::Display, problem: Problem) -> Self {
        Self::new(format!("{word}: {tried}"), problem, None, false)
    }

    pub(crate) fn of_listing(problem: Problem) -> Self {
        Self::new("list the account".to_owned(), problem, None, false)
    }

    fn new(tried: String, problem: Problem, operation: Option<&Operation>, administrator: bool) -> Self {
        let (reason, retry, advice) = match &problem {
            Problem::Zoom(error) | Problem::NotCreated(error) => {
                // What Zoom does not show was not refused to be done.
                let is_read = error.tried().starts_with("GET ");
                let protected = administrator && !is_read && operation.is_some_and(touches_standing);
                if protected && *error.kind() == ErrorKind::Refused {
                    (Reason::NeedsOwner, Retry::AfterEdit, NEEDS_OWNER)
                } else {
                    let (reason, advice) = operation
                        .and_then(|operation| special_meaning(operation, error))
                        .unwrap_or_else(|| meaning(error.kind(), error.code()));
                    let forever = operation.is_some_and(|operation| is_about_a_room(operation, error));
                    (reason, if forever { Retry::AfterEdit } else { retry(error.retry_class()) }, advice)
                }
            }
            Problem::NotApplied(_) => (
                Reason::NotApplied,
                Retry::AfterEdit,
                "A rule of the account may stand against it: do it by hand in Zoom, or ask Zoom's support",
            ),
            Problem::Unreadable(_) => (
                Reason::Unreadable,
                Retry::Slowly,
                "Look at the person in Zoom's portal; this version cannot handle them",
            ),
            Problem::NoId => {
                (Reason::PendingInZoom, Retry::Slowly, "It goes on once the person has accepted the invitation")
            }
            Problem::Gone => (Reason::RemovedInZoom, Retry::AfterEdit, GONE),
            Problem::GroupGone => (
                Reason::RemovedInZoom,
                Retry::Slowly,
                "Somebody deleted the group in Zoom: edit the object to bring it back, or delete it",
            ),
            Problem::HeirUnknown(_) => (
                Reason::InvalidValue,
                Retry::AfterEdit,
                "Name somebody who is active in the account and holds the licences that the data needs",
            ),
            Problem::NoHeir(_) => (
                Reason::InvalidValue,
                Retry::Rarely,
                "Nobody is removed meanwhile: have the heir active in the account, or declare the person again and name \
                 another one",
            ),
            Problem::OtherAccount { .. } => (
                Reason::WaitingForConnection,
                Retry::Account,
                "Put the credentials of the right account into the Secret, or make a connection for the other account",
            ),
            Problem::UnknownAccount { .. } => (
                Reason::WaitingForConnection,
                Retry::Account,
                "Nothing is written before Zoom shows it; it is asked again by itself",
            ),
            Problem::StillThere(_) => (Reason::ZoomUnavailable, Retry::Soon, "It is tried again by itself"),
            Problem::Crashed => (Reason::ZoomUnavailable, Retry::Soon, "It is started again by itself"),
        };
        let lacking_seat = match (&problem, operation) {
            (Problem::Zoom(error), Some(operation)) => lacking_seat(operation, error.kind()),
            _ => None,
        };
        Self { tried: tried.into(), problem, reason, retry, advice, lacking_seat }
    }

    /// What it means for the object.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The licence of which Zoom has no seat, if that is the trouble. Others who want one need not ask.
    #[must_use]
    pub fn lacking_seat(&self) -> Option<License> {
        self.lacking_seat
    }

    /// When to try again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.retry
    }

    /// Whether a call was kept back by the caller's own gate: Zoom was not asked, and nothing is wrong.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.client().is_some_and(|error| *error.kind() == ErrorKind::Withheld)
    }

    /// The client's error, if a call failed.
    #[must_use]
    pub fn client(&self) -> Option<&zoom_client::Error> {
        match &self.problem {
            Problem::Zoom(error)
            | Problem::NotCreated(error)
            | Problem::HeirUnknown(error)
            | Problem::StillThere(error) => Some(error),
            Problem::NotApplied(_)
            | Problem::Unreadable(_)
            | Problem::NoId
            | Problem::Gone
            | Problem::GroupGone
            | Problem::NoHeir(_)
            | Problem::OtherAccount { .. }
            | Problem::UnknownAccount { .. }
            | Problem::Crashed => None,
        }
    }

    /// Whether a group, role or contact group was to be created and certainly was not: what is found under its name later
    /// was made by somebody else.
    #[must_use]
    pub fn created_nothing(&self) -> bool {
        matches!(self.problem, Problem::NotCreated(_))
    }

    /// Whether Zoom does not show to which account the credentials belong.
    #[must_use]
    pub fn is_unknown_account(&self) -> bool {
        matches!(self.problem, Problem::UnknownAccount { .. })
    }

    /// Whether the credentials belong to another account than the one that is meant.
    #[must_use]
    pub fn is_other_account(&self) -> bool {
        matches!(self.problem, Problem::OtherAccount { .. })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tried, problem, reason: _, retry: _, advice, lacking_seat: _ } = self;
        let problem = problem.to_string();
        write!(f, "{tried}: {}. {advice}.", problem.trim_end_matches('.'))
    }
}

impl std::error::Error for Error {}

const NEEDS_OWNER: &str =
    "Administrators are protected: give the person the role Member first, or let the account's owner do it in Zoom";
const GONE: &str =
    "Somebody removed the person in Zoom; it is not undone by itself: edit the object to bring them back, or delete it";

/// Whom an operation is about.
pub(crate) fn subject(operation: &Operation) -> &zoom_core::Email {
    match operation {
        Operation::Create(new) => &new.email,
        Operation::Read(person)
        | Operation::Update(person, _)
        | Operation::SetRole { person, .. }
        | Operation::SetEmail(person, _)
        | Operation::Activate(person)
        | Operation::Deactivate(person)
        | Operation::Unlink(person, _)
        | Operation::Delete(person, _) => &person.email,
    }
}

/// Whether Zoom refuses the operation for administrators (Zoom API reference, Users: status, e-mail, delete;
/// Roles).
fn touches_standing(operation: &Operation) -> bool {
    match operation {
        Operation::SetRole { .. }
        | Operation::SetEmail(..)
        | Operation::Activate(_)
        | Operation::Deactivate(_)
        | Operation::Unlink(..)
        | Operation::Delete(..) => true,
        Operation::Read(_) | Operation::Create(_) | Operation::Update(..) => false,
    }
}

/// The seats that were asked for, if Zoom says that they have run out. A licence that was not asked for says nothing of
/// who waits for which, as where somebody is to lose a bundle and there is no Basic seat for them.
pub(crate) fn lacking_seat(operation: &Operation, kind: &ErrorKind) -> Option<License> {
    let ErrorKind::NoSeats { of, .. } = kind else { return None };
    let asked = match operation {
        Operation::Create(new) => Some(new.license),
        Operation::Update(_, patch) => patch.license,
        Operation::Activate(_) => Some(License::Basic),
        Operation::Read(_)
        | Operation::SetRole { .. }
        | Operation::SetEmail(..)
        | Operation::Deactivate(_)
        | Operation::Unlink(..)
        | Operation::Delete(..) => None,
    };
    asked.filter(|asked| match of {
        Seats::Basic => *asked == License::Basic,
        Seats::Licensed => *asked == License::Licensed,
        Seats::Unstated => *asked != License::Unassigned,
        Seats::Workplace | Seats::Phone => false,
    })
}

fn retry(class: RetryClass) -> Retry {
    match class {
        RetryClass::Soon => Retry::Soon,
        RetryClass::At(time) => Retry::At(time),
        RetryClass::Slowly => Retry::Slowly,
        RetryClass::Never => Retry::AfterEdit,
        RetryClass::Account => Retry::Account,
    }
}

/// What a refusal means of this very operation, where that is more than it says by itself.
fn special_meaning(operation: &Operation, error: &zoom_client::Error) -> Option<(Reason, &'static str)> {
    match operation {
        Operation::SetEmail(..) => meaning_for_email(error.kind()),
        _ if is_about_a_room(operation, error) => Some((
            Reason::Refused,
            "This is a Zoom Room: it is managed with Zoom Rooms and not as a person, so take its object away",
        )),
        Operation::Create(new) => meaning_for_creation(new.method, error.code()),
        Operation::Deactivate(_) | Operation::Unlink(..) | Operation::Delete(..) if error.code() == Some(1000) => {
            Some((
                Reason::Refused,
                "The person may have duties in Zoom Phone, such as a call queue or an auto receptionist: hand those over in \
             Zoom, and it goes on by itself",
            ))
        }
        Operation::Read(_)
        | Operation::Update(..)
        | Operation::SetRole { .. }
        | Operation::Activate(_)
        | Operation::Deactivate(_)
        | Operation::Unlink(..)
        | Operation::Delete(..) => None,
    }
}

/// What the account lacks for a method of creation (Zoom API reference, Users: create).
fn meaning_for_creation(method: CreateMethod, code: Option<i64>) -> Option<(Reason, &'static str)> {
    let advice = match (method, code?) {
        (_, 2002 | 2032) => {
            "The account has no single sign-on, or people cannot be provisioned ahead for it: switch that on in Zoom's settings of \
             single sign-on, or use another creation.method"
        }
        (CreateMethod::AutoCreate, 200) => {
            "AutoCreate needs a domain that the account manages: have it verified for the account, or use another \
             creation.method"
        }
        (CreateMethod::NoLogin, 200) => {
            "NoLogin needs the account of an integration partner of Zoom: use another creation.method"
        }
        _ => return None,
    };
    Some((Reason::Refused, advice))
}

/// Zoom Rooms show in the listings like people, and only its message tells them apart (Zoom API reference, Users: status).
fn is_about_a_room(operation: &Operation, error: &zoom_client::Error) -> bool {
    touches_standing(operation) && error.code() == Some(200) && error.message().to_lowercase().contains("zoom room")
}

/// What a refusal means of a change of address: Zoom's rules for that are its own (Zoom API reference, Users: e-mail).
fn meaning_for_email(kind: &ErrorKind) -> Option<(Reason, &'static str)> {
    match kind {
        ErrorKind::DomainNotAllowed | ErrorKind::ManagedDomain => Some((
            Reason::AddressRefused,
            "Zoom changes addresses only to a domain that the account manages: have the domain verified for the account, \
             or let the person change the address in their own profile",
        )),
        ErrorKind::AddressTaken | ErrorKind::AccountElsewhere => Some((
            Reason::EmailTaken,
            "The new address belongs to a Zoom account already: have its owner close it or give it another address, then \
             edit the object",
        )),
        ErrorKind::DailyBudget { .. } | ErrorKind::RateLimited { .. } => Some((
            Reason::WaitingForDailyBudget,
            "Zoom takes three changes of one person's address in 24 hours: it is tried again by itself",
        )),
        ErrorKind::Refused => Some((
            Reason::Refused,
            "Zoom changes the address of active people alone, and not of everybody: do what its message asks for, or let \
             the person change it in their own profile",
        )),
        ErrorKind::UserNotFound
        | ErrorKind::RoleNotFound
        | ErrorKind::RoleNameTaken
        | ErrorKind::GroupNotFound
        | ErrorKind::GroupNameTaken
        | ErrorKind::NotAMember
        | ErrorKind::NotAGroupAdmin
        | ErrorKind::InvitationExpired
        | ErrorKind::NoSeats { .. }
        | ErrorKind::Invalid { .. }
        | ErrorKind::AdminProtected
        | ErrorKind::MissingScopes { .. }
        | ErrorKind::BadCredentials
        | ErrorKind::AppDisabled
        | ErrorKind::AccessDenied
        | ErrorKind::PlanUnsupported
        | ErrorKind::Transient
        | ErrorKind::InDoubt { .. }
        | ErrorKind::Withheld
        | ErrorKind::TooLarge
        | ErrorKind::Unexpected => None,
    }
}

/// The reason, and what to do about it.
fn meaning(kind: &ErrorKind, code: Option<i64>) -> (Reason, &'static str) {
    match kind {
        ErrorKind::UserNotFound => (Reason::RemovedInZoom, GONE),
        ErrorKind::RoleNotFound => {
            (Reason::RoleUnknown, "Make the role in Zoom, or name another; roles are listed again at every resync")
        }
        ErrorKind::AddressTaken | ErrorKind::AccountElsewhere => (
            Reason::WaitingForConsent,
            "The address has a Zoom account outside this one: its owner must agree to move, or close it; edit the object then",
        ),
        ErrorKind::InvitationExpired => (
            Reason::InvitationExpired,
            "Set active to false to withdraw the invitation, and back to true to send another",
        ),
        ErrorKind::NoSeats { .. } => {
            (Reason::WaitingForSeat, "Free a seat or buy one: it is tried again by itself, slowly")
        }
        ErrorKind::GroupNameTaken | ErrorKind::RoleNameTaken => {
            (Reason::NameTaken, "Rename or delete the other one in Zoom, or write another spec.name")
        }
        ErrorKind::Refused | ErrorKind::GroupNotFound | ErrorKind::NotAMember | ErrorKind::NotAGroupAdmin => {
            (Reason::Refused, "Do what Zoom's message asks for: it is tried again by itself, slowly, and after an edit")
        }
        ErrorKind::Invalid { .. } => (Reason::InvalidValue, "Correct the value that Zoom's message names"),
        ErrorKind::AdminProtected => (Reason::NeedsOwner, NEEDS_OWNER),
        ErrorKind::ManagedDomain => (
            Reason::Refused,
            "The person's domain is managed by this account, so they can only be deleted: use the policy Delete or Deactivate",
        ),
        ErrorKind::DomainNotAllowed => (
            Reason::AddressRefused,
            "Use an address in a domain that the account allows, or allow this domain in Zoom's account settings",
        ),
        ErrorKind::MissingScopes { .. } => (
            Reason::WaitingForConnection,
            "Add the scopes to the app in Zoom's Marketplace; they are noticed by themselves",
        ),
        ErrorKind::BadCredentials => (
            Reason::WaitingForConnection,
            "Correct the account id, or the client id and secret in the connection's Secret",
        ),
        ErrorKind::AppDisabled => (Reason::WaitingForConnection, "Activate the app in Zoom's Marketplace"),
        ErrorKind::AccessDenied => {
            (Reason::WaitingForConnection, "Have API access allowed for the account, and check its account id")
        }
        ErrorKind::PlanUnsupported => {
            (Reason::WaitingForConnection, "The account's plan does not include this: a paid plan does")
        }
        ErrorKind::DailyBudget { .. } => {
            (Reason::WaitingForDailyBudget, "It goes on by itself when Zoom's day begins anew, at 00:00 UTC")
        }
        ErrorKind::RateLimited { .. } | ErrorKind::Transient | ErrorKind::InDoubt { .. } | ErrorKind::Withheld => {
            (Reason::ZoomUnavailable, "It is tried again by itself")
        }
        // With a code of its own Zoom has decided something, though this version has no name for it.
        ErrorKind::Unexpected if code.is_some() => {
            (Reason::Refused, "Do what Zoom's message asks for: it is tried again by itself, slowly, and after an edit")
        }
        ErrorKind::TooLarge | ErrorKind::Unexpected => (
            Reason::ZoomUnavailable,
            "It is tried again by itself, slowly; should it stay so, look at Zoom's status page",
        ),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use zoom_client::Seats;

    use super::*;

    #[rstest]
    #[case(ErrorKind::UserNotFound, Reason::RemovedInZoom)]
    #[case(ErrorKind::RoleNotFound, Reason::RoleUnknown)]
    #[case(ErrorKind::AddressTaken, Reason::WaitingForConsent)]
    #[case(ErrorKind::AccountElsewhere, Reason::WaitingForConsent)]
    #[case(ErrorKind::InvitationExpired, Reason::InvitationExpired)]
    #[case(ErrorKind::NoSeats { of: Seats::Basic, max: None }, Reason::WaitingForSeat)]
    #[case(ErrorKind::Refused, Reason::Refused)]
    #[case(ErrorKind::Invalid { fields: vec![] }, Reason::InvalidValue)]
    #[case(ErrorKind::AdminProtected, Reason::NeedsOwner)]
    #[case(ErrorKind::ManagedDomain, Reason::Refused)]
    #[case(ErrorKind::DomainNotAllowed, Reason::AddressRefused)]
    #[case(ErrorKind::MissingScopes { scopes: vec![] }, Reason::WaitingForConnection)]
    #[case(ErrorKind::BadCredentials, Reason::WaitingForConnection)]
    #[case(ErrorKind::AppDisabled, Reason::WaitingForConnection)]
    #[case(ErrorKind::AccessDenied, Reason::WaitingForConnection)]
    #[case(ErrorKind::PlanUnsupported, Reason::WaitingForConnection)]
    #[case(ErrorKind::RateLimited { retry_at: Timestamp::UNIX_EPOCH }, Reason::ZoomUnavailable)]
    #[case(ErrorKind::DailyBudget { retry_at: Timestamp::UNIX_EPOCH }, Reason::WaitingForDailyBudget)]
    #[case(ErrorKind::Transient, Reason::ZoomUnavailable)]
    #[case(ErrorKind::InDoubt { seen_absent: true }, Reason::ZoomUnavailable)]
    #[case(ErrorKind::TooLarge, Reason::ZoomUnavailable)]
    #[case(ErrorKind::Withheld, Reason::ZoomUnavailable)]
    #[case(ErrorKind::Unexpected, Reason::ZoomUnavailable)]
    fn every_kind_has_a_reason_and_one_sentence_of_advice(#[case] kind: ErrorKind, #[case] expected: Reason) {
        let (reason, advice) = meaning(&kind, None);
        assert_eq!(reason, expected);
        assert!(!advice.is_empty() && !advice.contains(". ") && !advice.ends_with('.'), "{advice}");
    }

    #[test]
    fn an_unknown_code_is_a_refusal() {
        assert_eq!(meaning(&ErrorKind::Unexpected, Some(9999)).0, Reason::Refused);
    }
}
