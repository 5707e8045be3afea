//! Creating people (Zoom API reference, Users: create).

use jiff::Timestamp;

use super::person::{Login, Person, Presence, Sessions, State};
use super::roles::MEMBER;
use super::{Account, License, Profile, Refusal, Seq, domain_of};
use crate::quirks::ElsewhereAnswer;

/// The four ways of creating somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
pub(crate) enum CreateAction {
    /// Invites by mail.
    Create,
    /// Makes a work-e-mail login in a managed domain.
    AutoCreate,
    /// Makes somebody who cannot log in; integration partners only.
    CustCreate,
    /// Pre-provisions a single sign-on user.
    SsoCreate,
}

/// A create call whose fields are valid.
#[derive(Clone, Debug)]
pub(crate) struct NewUser {
    pub(crate) action: CreateAction,
    pub(crate) email: String,
    pub(crate) license: License,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) display_name: String,
    pub(crate) division_ids: Vec<String>,
    /// A digest of the password.
    pub(crate) password: Option<u64>,
}

impl Account {
    /// Creates somebody. The row it gives may be pending or active: read the state, do not infer it.
    pub(crate) fn create(&mut self, new: NewUser, now: Timestamp) -> Result<&Person, Refusal> {
        let email = self.kept(&new.email);
        self.check_action(new.action, &email)?;
        self.check_domain(&email)?;
        if self.people.by_email(&email).is_some() {
            return Err(Refusal::AddressUsed(email));
        }
        let elsewhere = self.has_account_elsewhere(&email);
        match elsewhere {
            Some(ElsewhereAnswer::ActiveElsewhere) => {
                return Err(Refusal::ActiveElsewhere { email, answer: self.config.quirks.active_elsewhere });
            }
            Some(ElsewhereAnswer::AddressUsed) => return Err(Refusal::AddressUsed(email)),
            Some(ElsewhereAnswer::Invited) | None => {}
        }
        if let Some(unknown) = self.unknown_division(&new.division_ids) {
            let problem = format!("The division {unknown} does not exist.");
            return Err(Refusal::field("user_info.division_ids", problem));
        }
        self.people.seats().one_more(new.license, self.config.seats)?;
        let division_ids = self.kept_divisions(new.division_ids);
        let (active, login) = self.outcome(new.action, &email);
        let joins_from_elsewhere = elsewhere.is_some();
        let person = Person {
            seq: Seq::default(),
            id: self.new_id(),
            first_name: new.first_name,
            last_name: new.last_name,
            display_name: new.display_name,
            state: if active && !joins_from_elsewhere {
                State::Active { license: new.license }
            } else {
                State::Pending { license: new.license, invited_at: now }
            },
            login,
            role: MEMBER.to_owned(),
            groups: Vec::new(),
            administers: Vec::new(),
            refuses_groups: false,
            room: false,
            joins_from_elsewhere,
            profile: Profile { division_ids, ..self.first_profile(new.action, new.license, &email) },
            created_at: now,
            last_login: None,
            email_changes: Vec::new(),
            passwords: new.password.into_iter().collect(),
            creation: new.action,
            sessions: Sessions::default(),
            has_picture: false,
            presence: Presence::default(),
            settings: None,
            backgrounds: None,
            assistants: Vec::new(),
            email: email.clone(),
        };
        self.people.insert(person);
        self.person(&email)
    }

    fn check_action(&self, action: CreateAction, email: &str) -> Result<(), Refusal> {
        let config = &self.config;
        match action {
            CreateAction::Create => Ok(()),
            CreateAction::AutoCreate if config.managed_domains.is_empty() => {
                Err(Refusal::NotPermitted("The autoCreate action needs an account that manages a domain.".to_owned()))
            }
            CreateAction::AutoCreate if !self.manages_domain_of(email) => {
                Err(Refusal::domain_not_allowed(email, &config.managed_domains))
            }
            CreateAction::AutoCreate => Ok(()),
            CreateAction::CustCreate if !config.isv => {
                Err(Refusal::NotPermitted("The custCreate action is for integration partners only.".to_owned()))
            }
            CreateAction::CustCreate => Ok(()),
            CreateAction::SsoCreate if !config.sso => Err(Refusal::SsoOff),
            CreateAction::SsoCreate if !config.sso_pre_provisioning => Err(Refusal::PreProvisioningOff),
            CreateAction::SsoCreate => Ok(()),
        }
    }

    fn check_domain(&self, email: &str) -> Result<(), Refusal> {
        let names = |domains: &[String]| domains.iter().any(|domain| domain.eq_ignore_ascii_case(domain_of(email)));
        if names(&self.config.blocked_domains) {
            Err(Refusal::DomainBlocked)
        } else if !self.config.allowed_domains.is_empty() && !names(&self.config.allowed_domains) {
            Err(Refusal::domain_not_allowed(email, &self.config.allowed_domains))
        } else {
            Ok(())
        }
    }

    /// Whether somebody created so is active at once, and how they log in. Single sign-on leaves people pending
    /// whose domain the account does not manage (Zoom developer forum).
    fn outcome(&self, action: CreateAction, email: &str) -> (bool, Login) {
        match action {
            CreateAction::Create => (self.config.quirks.instant_activation, Login::WorkEmail),
            CreateAction::AutoCreate => (true, Login::WorkEmail),
            CreateAction::CustCreate => (true, Login::Api),
            CreateAction::SsoCreate => (self.manages_domain_of(email), Login::Sso),
        }
    }

    /// Single sign-on gives people with a licence a personal link named after their address, or at random when the
    /// name is taken.
    fn first_profile(&mut self, action: CreateAction, license: License, email: &str) -> Profile {
        if action != CreateAction::SsoCreate {
            return Profile::default();
        }
        let profile = Profile { employee_unique_id: email.to_owned(), ..Profile::default() };
        if license == License::Basic {
            return profile;
        }
        let local = email.split_once('@').map_or(email, |(local, _)| local).to_lowercase();
        let vanity_name = match self.people.vanity_name_holder(&local) {
            None => local,
            Some(_) => self.new_id().to_lowercase(),
        };
        Profile { vanity_name, ..profile }
    }
}
