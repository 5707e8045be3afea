//! Signing in and out.

use jiff::Timestamp;

use super::person::{Login, Sessions, State};
use super::{Account, Refusal, Seq};

impl Account {
    /// A person signs in. Nobody can who is deactivated or was made by `custCreate` (Zoom webhook reference, User signed in),
    /// nor who has not accepted yet.
    pub(crate) fn sign_in(&mut self, key: &str, now: Timestamp) -> Result<(), Refusal> {
        let seq = self.able_to_sign_in(key, now)?;
        self.people.edit(seq, |person| {
            person.sessions.begun = person.sessions.begun.saturating_add(1);
            person.last_login = Some(now);
        });
        Ok(())
    }

    /// A person signs out.
    pub(crate) fn leave(&mut self, key: &str, now: Timestamp) -> Result<(), Refusal> {
        let seq = self.able_to_sign_in(key, now)?;
        self.count(seq, |sessions| &mut sessions.left);
        Ok(())
    }

    /// Ends all sessions of a person.
    pub(crate) fn sign_out(&mut self, key: &str, now: Timestamp) -> Result<(), Refusal> {
        let seq = self.read(key, now)?.seq;
        self.count(seq, |sessions| &mut sessions.ended);
        Ok(())
    }

    fn count(&mut self, seq: Seq, which: fn(&mut Sessions) -> &mut u32) {
        self.people.edit(seq, |person| {
            let times = which(&mut person.sessions);
            *times = times.saturating_add(1);
        });
    }

    fn able_to_sign_in(&self, key: &str, now: Timestamp) -> Result<Seq, Refusal> {
        let person = self.read(key, now)?;
        let why_not = match person.state {
            State::Pending { .. } => Some("has not accepted the invitation"),
            State::Inactive { .. } => Some("is deactivated"),
            State::Active { .. } if person.login == Login::Api => Some("was made by custCreate"),
            State::Active { .. } => None,
        };
        match why_not {
            Some(reason) => Err(Refusal::NotPermitted(format!("{} cannot sign in or out: {reason}.", person.email))),
            None => Ok(person.seq),
        }
    }
}
