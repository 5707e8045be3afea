//! What Zoom asks of passwords (Zoom API reference, Users: update a user's password).

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;

use super::person::Login;
use super::{Account, Refusal, State};
use crate::config::PasswordRules;

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PasswordProblem {
    #[error("Your new password can not match the old password.")]
    Old,
    #[error("Can not update Admin's password.")]
    OfAdmin,
    #[error("Can only update password of Zoom work email account.")]
    NotWorkEmail,
    #[error("Have at least 8 characters and at most 32.")]
    Length,
    #[error("Have at least 1 letter (a, b, c...).")]
    NoLetter,
    #[error("Have at least 1 number (1, 2, 3...).")]
    NoNumber,
    #[error("Have at least 1 special character (!, @, #...).")]
    NoSpecial,
    #[error("Include both Upper case and Lower case characters.")]
    OneCase,
    #[error("Password can't use the same character four times in a row.")]
    Repeats,
    #[error("Password can't use continuation character. Such as 'abcdef', '123456'.")]
    Continues,
    #[error("Users cannot reuse any of the last {0} passwords created.")]
    Reused(u8),
    #[error("Your password is too easy to guess. Try another one.")]
    Easy,
}

/// What makes a password easy to guess; Zoom's reference names the refusal and not what it looks for.
const EASY: [&str; 5] = ["password", "passw0rd", "welcome", "qwerty", "letmein"];

impl PasswordProblem {
    pub(crate) fn code(self) -> u32 {
        match self {
            Self::Old => 300,
            Self::OfAdmin => 1117,
            Self::NotWorkEmail => 1123,
            Self::Length => 1124,
            Self::NoLetter => 1125,
            Self::NoNumber => 1126,
            Self::NoSpecial => 1127,
            Self::OneCase => 1128,
            Self::Reused(_) => 1129,
            Self::Repeats => 1130,
            Self::Continues => 1131,
            Self::Easy => 1136,
        }
    }

    /// What is wrong with a password, whoever it is for.
    pub(crate) fn of(password: &str, rules: PasswordRules) -> Option<Self> {
        let has = |test: fn(&char) -> bool| password.chars().any(|c| test(&c));
        let steps: Vec<i64> = password
            .chars()
            .zip(password.chars().skip(1))
            .map(|(a, b)| i64::from(u32::from(b)) - i64::from(u32::from(a)))
            .collect();
        let three = |wanted: fn(i64) -> bool| {
            steps.windows(3).any(|run| run.iter().all(|step| wanted(*step) && run.first() == Some(step)))
        };
        if !(8..=32).contains(&password.chars().count()) {
            Some(Self::Length)
        } else if !has(char::is_ascii_alphabetic) {
            Some(Self::NoLetter)
        } else if !has(char::is_ascii_digit) {
            Some(Self::NoNumber)
        } else if rules.special_character && !has(char::is_ascii_punctuation) {
            Some(Self::NoSpecial)
        } else if !has(char::is_ascii_uppercase) || !has(char::is_ascii_lowercase) {
            Some(Self::OneCase)
        } else if three(|step| step == 0) {
            Some(Self::Repeats)
        } else if three(|step| step.abs() == 1) {
            Some(Self::Continues)
        } else if rules.not_easy && EASY.iter().any(|word| password.to_lowercase().contains(word)) {
            Some(Self::Easy)
        } else {
            None
        }
    }
}

/// Enough of a password to know it again.
pub(crate) fn digest(password: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    password.hash(&mut hasher);
    hasher.finish()
}

impl Account {
    /// Sets the password of somebody who logs in with one.
    pub(crate) fn set_password(&mut self, key: &str, password: &str, now: Timestamp) -> Result<(), Refusal> {
        let person = self.read(key, now)?;
        let (new, rules) = (digest(password), self.config.passwords);
        let remembered = usize::from(rules.not_one_of_last);
        let problem = if person.is_admin() {
            Some(PasswordProblem::OfAdmin)
        } else if person.login != Login::WorkEmail || !matches!(person.state, State::Active { .. }) {
            Some(PasswordProblem::NotWorkEmail)
        } else if person.passwords.last() == Some(&new) {
            Some(PasswordProblem::Old)
        } else {
            let reused = person.passwords.iter().rev().take(remembered).any(|former| *former == new);
            PasswordProblem::of(password, rules)
                .or_else(|| reused.then_some(PasswordProblem::Reused(rules.not_one_of_last)))
        };
        if let Some(problem) = problem {
            return Err(Refusal::Password(problem));
        }
        let seq = person.seq;
        self.people.edit(seq, |person| {
            person.passwords.push(new);
            let forgotten = person.passwords.len().saturating_sub(remembered.max(1));
            person.passwords.drain(..forgotten);
        });
        Ok(())
    }
}
