//! People from whom nothing is taken, whoever asks.

use crate::{
    Email, FormerGroup, Group,
    directory::{Directory, Person},
};

/// Who is protected. The account's owner always is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protected {
    /// By address.
    pub emails: Vec<EmailPattern>,
    /// By the name of a group that they are in.
    pub groups: Vec<Box<str>>,
    /// By the name of their role.
    pub roles: Vec<Box<str>>,
}

/// A pattern for addresses; `*` stands for any text. Compared without case. Without an `@` it is about the part before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailPattern(Box<str>);

impl EmailPattern {
    /// A pattern.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_ascii_lowercase().into())
    }

    /// As it was written, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an address fits.
    #[must_use]
    pub fn matches(&self, email: &Email) -> bool {
        let email = email.as_str().to_ascii_lowercase();
        let local = email.split_once('@').map_or(email.as_str(), |(local, _)| local);
        fits(&self.0, if self.0.contains('@') { &email } else { local })
    }
}

/// Each piece between stars must follow the one before; the first and the last are anchored.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inner = text.strip_prefix(start).and_then(|text| text.strip_suffix(end));
    let left = middle.split('*').try_fold(inner, |left, piece| {
        let left = left?;
        let at = left.find(piece)?;
        Some(left.get(at.saturating_add(piece.len())..))
    });
    left.flatten().is_some()
}

impl Protected {
    /// Why nothing may be taken from somebody, given every address by which they are or were known.
    #[must_use]
    pub fn why(&self, emails: &[&Email], row: Option<&Person>, directory: &Directory) -> Option<String> {
        let of_role = || {
            let name = directory.role_name(row?.role.as_ref()?);
            let role = self.roles.iter().find(|role| role.trim().eq_ignore_ascii_case(name.trim()))?;
            Some(format!("the connection protects everybody with the role {role:?}"))
        };
        let of_group = || {
            let present = row?.groups.as_deref()?;
            let group = directory
                .groups()
                .iter()
                .filter(|group| self.names(group))
                .find(|group| present.contains(&group.id))?;
            Some(format!("the connection protects everybody in the group {:?}", group.name))
        };
        let by_email = emails.iter().find_map(|email| {
            let pattern = self.emails.iter().find(|pattern| pattern.matches(email))?;
            Some(format!("the connection protects {email} by {:?}", pattern.as_str()))
        });
        by_email.or_else(of_role).or_else(of_group)
    }

    /// Why nothing may be taken from somebody who was in these groups when Zoom last said so.
    pub(crate) fn why_former(&self, groups: &[FormerGroup], directory: &Directory) -> Option<String> {
        let is_named = |group: &&FormerGroup| {
            let then = group.name.as_deref().is_some_and(|name| self.names_group(name));
            then || directory.group(&group.id).is_some_and(|group| self.names(group))
        };
        let named = groups.iter().find(is_named)?;
        Some(format!("the connection protects everybody in the group {:?}, and they were in it", named.label()))
    }

    /// Whether it protects whoever is in a group.
    pub(crate) fn names(&self, group: &Group) -> bool {
        self.names_group(&group.name)
    }

    /// Whether everybody in a group of this name is protected.
    pub(crate) fn names_group(&self, group: &str) -> bool {
        self.groups.iter().any(|name| name.trim().eq_ignore_ascii_case(group.trim()))
    }

    /// Whether it cannot be known at present who is protected: the groups were not listed whole.
    #[must_use]
    pub fn is_unknown(&self, directory: &Directory) -> bool {
        !self.groups.is_empty() && !directory.complete().groups
    }

    /// What protects nobody at present: likely a slip of the pen.
    #[must_use]
    pub fn idle(&self, directory: &Directory) -> Vec<String> {
        let emails = self.emails.iter().filter(|pattern| !directory.people().any(|row| pattern.matches(&row.email)));
        let roles = self.roles.iter().filter(|role| {
            let id = directory.role_named(role).map(|role| &role.id);
            id.is_none() || !directory.people().any(|row| row.role.as_ref() == id)
        });
        let is_somebodys = |group: &&Group| directory.people().any(|row| row.is_in(&group.id) == Some(true));
        let groups = self.groups.iter().filter(|name| {
            let fits = |group: &&Group| name.trim().eq_ignore_ascii_case(group.name.trim());
            !directory.groups().iter().filter(fits).any(|group| is_somebodys(&group))
        });
        let emails = emails.map(|pattern| format!("emails: {}", pattern.as_str()));
        let groups = groups.map(|group| format!("groups: {group}"));
        emails.chain(groups).chain(roles.map(|role| format!("roles: {role}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ceo@example.com", "CEO@Example.com", true)]
    #[case("ceo@example.com", "ceo@example.org", false)]
    #[case("svc-*", "svc-build@example.com", true)]
    #[case("svc-*", "my-svc-build@example.com", false)]
    #[case("svc-*@example.com", "svc-build@example.com", true)]
    #[case("*@board.example.com", "ada@board.example.com", true)]
    #[case("*@board.example.com", "ada@example.com", false)]
    #[case("*board*", "ada.board.member@example.com", true)]
    #[case("a*b*c@example.com", "a-b-c@example.com", true)]
    #[case("a*b*c@example.com", "a-c-b@example.com", false)]
    #[case("aa*aa@example.com", "aaa@example.com", false)]
    #[case("*", "anybody@example.com", true)]
    fn a_pattern_fits_whole_addresses(#[case] pattern: &str, #[case] email: &str, #[case] expected: bool) {
        assert_eq!(EmailPattern::new(pattern).matches(&Email::parse(email).unwrap()), expected);
    }
}
