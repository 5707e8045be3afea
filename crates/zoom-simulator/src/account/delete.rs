//! Disassociating and deleting people (Zoom API reference, Users: delete).

use super::person::State;
use super::{Account, License, Refusal};
use crate::config::ElsewhereAnswer;

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
    pub(crate) fn delete(&mut self, key: &str, deletion: &Deletion) -> Result<(), Refusal> {
        // An expired invitation must be deletable, or nobody could be invited again: no `read` here.
        let person = self.person(key)?;
        let (seq, email) = (person.seq, person.email.clone());
        if person.room {
            return Err(Refusal::NotPermitted(format!("A Zoom Rooms user cannot be removed: {email}.")));
        }
        if person.is_owner() || (person.is_admin() && !deletion.for_good) {
            return Err(Refusal::AdminProtected(email));
        }
        let pending = matches!(person.state, State::Pending { .. });
        if pending && deletion.for_good {
            return Err(Refusal::NotPermitted(format!("A pending user can only be disassociated: {email}.")));
        }
        if !pending && !deletion.for_good && self.manages_domain_of(&email) {
            return Err(Refusal::DomainManaged(email));
        }
        self.check_transfer(&email, deletion)?;
        self.people.remove(seq);
        if !pending && !deletion.for_good {
            self.elsewhere.insert(email, ElsewhereAnswer::ActiveElsewhere);
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
        if heir.to_lowercase() == email {
            return Err(Refusal::field("transfer_email", "Content cannot be transferred to the same user."));
        }
        let heir = self.people.by_email(heir).ok_or_else(|| Refusal::UserMissing(heir.clone()))?;
        match heir.state {
            State::Active { license: License::Licensed } => Ok(()),
            State::Active { license: License::Basic | License::Unassigned | License::None } if !deletion.transfers => {
                Ok(())
            }
            State::Active { .. } | State::Pending { .. } | State::Inactive => Err(Refusal::field(
                "transfer_email",
                format!("The user {} lacks the license to receive the content.", heir.email),
            )),
        }
    }
}
