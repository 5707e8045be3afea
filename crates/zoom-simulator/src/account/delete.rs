//! Disassociating and deleting people (Zoom API reference, Users: delete).

use jiff::Timestamp;

use super::person::{Login, Person, State};
use super::{Account, License, Refusal, has_expired};
use crate::quirks::{ExpiredInvitation, InactiveDeletion};

/// A delete call whose parameters are valid.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deletion {
    /// Deletes the person and their data for good; otherwise the person keeps a free account of their own.
    pub(crate) for_good: bool,
    pub(crate) transfer_email: Option<String>,
    /// Some `transfer_…` parameter asks for content to be handed over.
    pub(crate) transfers: bool,
}

impl Account {
    pub(crate) fn delete(&mut self, key: &str, deletion: &Deletion, now: Timestamp) -> Result<(), Refusal> {
        let person = self.person(key)?;
        self.check_deletion(person, deletion, now)?;
        self.check_transfer(&person.email, deletion)?;
        let (seq, email) = (person.seq, person.email.to_lowercase());
        let leaves = !matches!(person.state, State::Pending { .. }) && !deletion.for_good;
        self.people.remove(seq);
        if leaves {
            self.elsewhere.insert(email, self.config.quirks.elsewhere);
        }
        Ok(())
    }

    fn check_deletion(&self, person: &Person, deletion: &Deletion, now: Timestamp) -> Result<(), Refusal> {
        let quirks = &self.config.quirks;
        let pending = matches!(person.state, State::Pending { .. });
        let inactive = matches!(person.state, State::Inactive { .. });
        if person.room {
            return Err(Refusal::NotPermitted("Cannot delete a Zoom Rooms user.".to_owned()));
        }
        if has_expired(person, now) && quirks.expired_invitation == ExpiredInvitation::Refused {
            return Err(Refusal::InvitationExpired);
        }
        if person.is_owner() || (person.is_admin() && !deletion.for_good) {
            return Err(Refusal::AdminProtected(person.email.clone()));
        }
        if pending && deletion.for_good {
            return Err(Refusal::NotPermitted(format!("A pending user can only be disassociated: {}.", person.email)));
        }
        if inactive && quirks.inactive_deletion == InactiveDeletion::RefusedForSome && person.seq.0.is_multiple_of(10) {
            return Err(Refusal::NotPermitted(
                "Unable to delete this deactivated user. Please contact Zoom support team for more information."
                    .to_owned(),
            ));
        }
        if !pending && !deletion.for_good && person.login == Login::Api {
            return Err(Refusal::BadRequest("Unable to unlink API user(s).".to_owned()));
        }
        if !pending && !deletion.for_good && self.manages_domain_of(&person.email) {
            return Err(Refusal::DomainManaged);
        }
        Ok(())
    }

    fn check_transfer(&self, email: &str, deletion: &Deletion) -> Result<(), Refusal> {
        let Some(heir) = &deletion.transfer_email else {
            return if deletion.transfers {
                Err(Refusal::field("transfer_email", "An email is needed to transfer content to."))
            } else {
                Ok(())
            };
        };
        if heir.to_lowercase() == email.to_lowercase() {
            return Err(Refusal::field(
                "transfer_email",
                "The transfer-to email address cannot be the same as the unlinked or deleted user's email address.",
            ));
        }
        let heir = self.people.by_email(heir).ok_or_else(|| Refusal::UserMissing(heir.clone()))?;
        match heir.state {
            State::Active { license: License::Licensed } => Ok(()),
            State::Active { license: License::Basic | License::Unassigned | License::None } if !deletion.transfers => {
                Ok(())
            }
            State::Active { .. } | State::Pending { .. } | State::Inactive { .. } => Err(Refusal::field(
                "transfer_email",
                format!("The user {} lacks the license to receive the content.", heir.email),
            )),
        }
    }
}
