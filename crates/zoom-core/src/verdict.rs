//! What is true of one object, and why: one enum decides the reason, and with it the conditions.

use std::borrow::Cow;

/// How an object stands. Decides its `Ready`, `Reconciling` and `Stalled` conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
pub enum Standing {
    /// Nothing is left to do: `Ready=True`.
    Ready,
    /// Something is left to do, and it goes on by itself: `Ready=False`, `Reconciling=True`.
    Progressing,
    /// A human has to do something first: `Ready=False`, `Stalled=True`.
    Stalled,
}

/// Why an object stands as it does. The names are an interface: people and tools match on them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumIter, strum::EnumString, strum::IntoStaticStr,
)]
pub enum Reason {
    /// Zoom holds what the object wants.
    Synced,
    /// The person was invited and has not accepted yet. What Zoom only takes afterwards waits.
    Invited,
    /// The person is expected to appear by other means, such as single sign-on.
    NotYetJoined,
    /// The object wants no access, and the person has none.
    Deactivated,
    /// All members are in but those who cannot be yet: they will be there by themselves.
    WaitingForMembers,
    /// The connection only shows the plan.
    PlanOnly,
    /// The connection or the object is suspended.
    Suspended,
    /// Something was changed in Zoom, and is only reported.
    Drifted,

    /// Operations are about to run.
    Reconciling,
    /// The account was not listed completely yet.
    WaitingForListing,
    /// The connection is missing or not ready.
    WaitingForConnection,
    /// No licence of the wanted kind is free.
    WaitingForSeat,
    /// What the object needs would be free if something that the guard holds were carried out.
    WaitsForHeld,
    /// A daily limit of Zoom is used up.
    WaitingForDailyBudget,
    /// Zoom could not be reached or asked to come back later.
    ZoomUnavailable,
    /// A removal is counted once no more of them were added for a while.
    Settling,
    /// The guard holds this back until somebody decides.
    Held,
    /// Many known people are missing from the listing: nobody is created until that is cleared up.
    Suspicious,

    /// Another object claims the same person and goes first.
    ClaimedByAnother,
    /// Neither the object nor its connection says how to create people.
    CreationMethodMissing,
    /// The connection's `allow` forbids it.
    NotAllowed,
    /// The connection's `access` does not cover the object.
    NotPermitted,
    /// The person is in Zoom already, and the connection does not adopt.
    AdoptionRefused,
    /// Somebody deactivated the person in Zoom.
    DeactivatedInZoom,
    /// Somebody removed the person in Zoom.
    RemovedInZoom,
    /// Somebody gave the person another address in Zoom.
    EmailDiffers,
    /// Somebody else in the account has the address.
    EmailTaken,
    /// Zoom accepted a change without carrying it out.
    NotApplied,
    /// A field is changed in Zoom again and again after it was put right.
    Contested,
    /// Zoom does not take some of the members.
    MembersRefused,
    /// Another thing in the account has the wanted name.
    NameTaken,
    /// The account has no role of that name.
    RoleUnknown,
    /// The person is not active in a way that Zoom lets one end.
    PendingInZoom,
    /// The person has an account elsewhere and must agree to move.
    WaitingForConsent,
    /// The invitation ran out.
    InvitationExpired,
    /// Zoom does not take this address.
    AddressRefused,
    /// Zoom does not take a value.
    InvalidValue,
    /// Zoom wants the owner or an administrator to do it by hand.
    NeedsOwner,
    /// Nobody else in the account is an active Admin.
    LastAdmin,
    /// Zoom refused for another reason.
    Refused,
    /// The object cannot be understood by this version.
    Unreadable,
}

impl Reason {
    /// How an object with this reason stands.
    #[must_use]
    pub fn standing(self) -> Standing {
        match self {
            Self::Synced
            | Self::Invited
            | Self::NotYetJoined
            | Self::Deactivated
            | Self::WaitingForMembers
            | Self::PlanOnly
            | Self::Suspended
            | Self::Drifted => Standing::Ready,
            Self::Reconciling
            | Self::WaitingForListing
            | Self::WaitingForConnection
            | Self::WaitingForSeat
            | Self::WaitsForHeld
            | Self::WaitingForDailyBudget
            | Self::ZoomUnavailable
            | Self::Settling
            | Self::Held
            | Self::Suspicious => Standing::Progressing,
            Self::ClaimedByAnother
            | Self::CreationMethodMissing
            | Self::NotAllowed
            | Self::NotPermitted
            | Self::AdoptionRefused
            | Self::DeactivatedInZoom
            | Self::RemovedInZoom
            | Self::EmailDiffers
            | Self::EmailTaken
            | Self::NotApplied
            | Self::Contested
            | Self::MembersRefused
            | Self::NameTaken
            | Self::RoleUnknown
            | Self::PendingInZoom
            | Self::WaitingForConsent
            | Self::InvitationExpired
            | Self::AddressRefused
            | Self::InvalidValue
            | Self::NeedsOwner
            | Self::LastAdmin
            | Self::Refused
            | Self::Unreadable => Standing::Stalled,
        }
    }
}

/// A reason and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why.
    pub reason: Reason,
    /// What is so and, where somebody has to act, what to do.
    pub message: Cow<'static, str>,
}

impl Verdict {
    /// A verdict.
    #[must_use]
    pub fn new(reason: Reason, message: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, message: message.into() }
    }
}
