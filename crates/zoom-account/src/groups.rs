use std::collections::HashSet;

use tokio::time::sleep;
use zoom_client::{ErrorKind, GroupMember, RetryClass};
use zoom_core::{
    Asked, ContactGroupId, Email, Group, GroupId, GroupOperation, GroupRef, Person, PersonRef, RoleId, UserId,
};

use crate::{
    Account,
    account::Change,
    apply::LAG,
    convert,
    error::{Error, Problem},
};

/// Zoom's largest page of members (Zoom API reference, Groups: list members).
const PAGE_SIZE: u32 = 2_000;

/// What came of an operation on a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupApplied {
    /// Whom Zoom refused, or accepted without effect, and why. For all others it is proved.
    pub refused: Vec<(Asked, Box<str>)>,
    /// Whether the group that was to be created was there already: somebody else made it.
    pub was_there: bool,
}

impl Account {
    /// Carries one operation on a group out, a call at a time, and proves it for each person: by the ids that Zoom's
    /// answer names, or else by the fewest reads that show the others. What was proved goes into the directory at once.
    ///
    /// A batch that Zoom refuses is halved until the people are found who are to blame: the others go in.
    ///
    /// # Errors
    /// If Zoom refuses the group as such, cannot be reached, or the whole account is affected. What was proved before is
    /// in the directory, and asking again does no harm.
    pub async fn apply_group(&mut self, operation: &GroupOperation) -> Result<GroupApplied, Error> {
        let done = self.carry_out_group(operation).await;
        done.map_err(|problem| Error::of_group(operation.group_name(), operation, problem))
    }

    /// Who of these people, whom Zoom took out of a group by its own word, is shown in it all the same.
    ///
    /// # Errors
    /// If Zoom does not show who is in the group.
    pub async fn still_in(&mut self, group: &GroupRef, people: &[PersonRef]) -> Result<Vec<PersonRef>, Error> {
        match self.look_until_out(group, people).await {
            Err(Problem::GroupGone) => Ok(Vec::new()),
            found => found.map_err(|problem| Error::of_group(&group.name, &"look who is in it", problem)),
        }
    }

    async fn look_until_out(&mut self, group: &GroupRef, people: &[PersonRef]) -> Result<Vec<PersonRef>, Problem> {
        let id = self.group_id(group)?;
        let mut shown: Vec<&PersonRef> = people.iter().collect();
        for pause in [std::time::Duration::ZERO].into_iter().chain(LAG) {
            if shown.is_empty() {
                break;
            }
            sleep(pause).await;
            (shown, _) = self.look_for(&id, shown, List::Members).await?;
        }
        self.put_in(&id, &shown, List::Members);
        Ok(shown.into_iter().cloned().collect())
    }

    async fn carry_out_group(&mut self, operation: &GroupOperation) -> Result<GroupApplied, Problem> {
        let mut applied = GroupApplied::default();
        match operation {
            GroupOperation::Create(name) => applied.was_there = self.create_group(name).await?,
            GroupOperation::Rename(group, name) => self.rename_group(group, name).await?,
            GroupOperation::ReadMembers(group) => self.read_members(&self.group_id(group)?).await?,
            GroupOperation::ReadAdmins(group) => self.read_admins(&self.group_id(group)?).await?,
            GroupOperation::AddMembers(group, people) => {
                let group = self.group_id(group)?;
                self.add(&group, people, List::Members, &mut applied).await?;
            }
            GroupOperation::AddAdmins(group, people) => {
                let group = self.group_id(group)?;
                self.add(&group, people, List::Admins, &mut applied).await?;
            }
            GroupOperation::SetPrimary(group, person) => {
                let group = self.group_id(group)?;
                self.set_primary(&group, person, &mut applied).await?;
            }
            GroupOperation::RemoveMember(group, person) => {
                let group = self.group_id(group)?;
                self.remove_member(&group, person).await?;
            }
            GroupOperation::RemoveAdmin(group, email) => {
                let group = self.group_id(group)?;
                self.remove_admin(&group, email).await?;
            }
            GroupOperation::Delete(group) => self.delete_group(group).await?,
        }
        Ok(applied)
    }

    /// One that was just created is found by its name.
    fn group_id(&self, group: &GroupRef) -> Result<GroupId, Problem> {
        let named = || self.directory().groups().iter().find(|known| same_name(&known.name, &group.name));
        group.id.clone().or_else(|| named().map(|known| known.id.clone())).ok_or(Problem::GroupGone)
    }

    /// Tells whether it was there already.
    async fn create_group(&mut self, name: &str) -> Result<bool, Problem> {
        match self.client.create_group(name).await {
            Ok(created) => {
                let created = convert::group(created).ok_or(Problem::NoId)?;
                let id = created.id.as_str().into();
                self.note(Change::Group(created));
                self.note(Change::Presumed(id));
                Ok(false)
            }
            // It is there, and the listing was older.
            Err(error) if *error.kind() == ErrorKind::GroupNameTaken => {
                let groups = self.client.list_groups().await.map_err(Problem::NotCreated)?.rows;
                let found = groups.into_iter().find(|group| same_name(&group.name, name)).and_then(convert::group);
                self.note(Change::Group(found.ok_or(Problem::NotCreated(error))?));
                Ok(true)
            }
            Err(error) => Err(Problem::of_creation(error)),
        }
    }

    async fn rename_group(&mut self, group: &GroupRef, name: &str) -> Result<(), Problem> {
        let id = self.group_id(group)?;
        let call = self.client.rename_group(id.as_str(), name).await;
        self.unless_group_gone(&id, call)?;
        if let Some(group) = self.directory().group(&id).cloned() {
            self.note(Change::Group(Group { name: name.into(), ..group }));
        }
        Ok(())
    }

    async fn delete_group(&mut self, group: &GroupRef) -> Result<(), Problem> {
        let id = self.group_id(group)?;
        match self.client.delete_group(id.as_str()).await {
            Err(error) if *error.kind() != ErrorKind::GroupNotFound => return Err(error.into()),
            Ok(()) | Err(_) => self.prove_deleted(Deleted::Group(&id)).await?,
        }
        self.note(Change::GroupGone(id));
        Ok(())
    }

    /// Proves that what Zoom said it deleted is gone: its object is, too, so nobody would notice later that it stayed. Two
    /// answers in a row have to say so, as of people.
    pub(crate) async fn prove_deleted(&self, thing: Deleted<'_>) -> Result<(), Problem> {
        for pause in LAG {
            if self.is_missing(thing).await? && self.is_missing(thing).await? {
                return Ok(());
            }
            sleep(pause).await;
        }
        Err(Problem::NotApplied("it as before".to_owned()))
    }

    async fn is_missing(&self, thing: Deleted<'_>) -> Result<bool, Problem> {
        let (call, missing) = match thing {
            Deleted::Group(id) => {
                let members = self.client.list_group_members(id.as_str(), PAGE_SIZE).await;
                (members.map(drop), ErrorKind::GroupNotFound)
            }
            Deleted::Role(id) => (self.client.get_role(id.as_str()).await.map(drop), ErrorKind::RoleNotFound),
            Deleted::ContactGroup(id) => {
                (self.client.get_contact_group(id.as_str()).await.map(drop), ErrorKind::GroupNotFound)
            }
        };
        match call {
            Ok(()) => Ok(false),
            Err(error) if *error.kind() == missing => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Of people whom the directory does not hold nothing is noted. Who is not shown is out, if all were shown.
    async fn read_members(&mut self, group: &GroupId) -> Result<(), Problem> {
        let call = self.client.list_group_members(group.as_str(), PAGE_SIZE).await;
        let listing = self.unless_group_gone(group, call)?;
        let shown: HashSet<UserId> =
            listing.rows.iter().filter_map(|row| row.id.as_deref()).filter_map(UserId::new).collect();
        let is_whole = listing.complete.is_ok();
        let changed = self.directory().people().filter_map(|person| {
            let (id, was_in) = (person.id.as_ref()?, person.is_in(group)?);
            let is_in = shown.contains(id);
            (is_in != was_in && (is_in || is_whole)).then(|| Change::Member(id.clone(), group.clone(), is_in))
        });
        for change in changed.collect::<Vec<_>>() {
            self.note(change);
        }
        Ok(())
    }

    async fn read_admins(&mut self, group: &GroupId) -> Result<(), Problem> {
        let call = self.client.list_group_admins(group.as_str()).await;
        let listing = self.unless_group_gone(group, call)?;
        let admins = listing.rows.into_iter().filter_map(|admin| Email::parse(&admin.email).ok()).collect();
        self.set_admins(group, admins);
        Ok(())
    }

    fn set_admins(&mut self, group: &GroupId, admins: std::collections::BTreeSet<Email>) {
        if let Some(group) = self.directory().group(group).cloned() {
            self.note(Change::Group(Group { admins: Some(admins.into()), ..group }));
        }
    }

    /// Adds a batch; one that is refused is halved until only those are left whom Zoom does not take.
    async fn add(
        &mut self,
        group: &GroupId,
        people: &[PersonRef],
        list: List,
        applied: &mut GroupApplied,
    ) -> Result<(), Problem> {
        let mut batches = vec![people];
        while let Some(batch) = batches.pop() {
            let ids: Vec<&str> = batch.iter().filter_map(|person| person.id.as_ref()).map(UserId::as_str).collect();
            let call = match list {
                List::Members => self.client.add_group_members(group.as_str(), &ids).await,
                List::Admins => self.client.add_group_admins(group.as_str(), &ids).await,
            };
            match (call, batch) {
                (Ok(named), _) => {
                    let named: HashSet<&str> = named.iter().map(String::as_str).collect();
                    self.prove(group, batch, &named, list, applied).await?;
                }
                (Err(error), _) if !blames_people(&error) => {
                    return self.unless_group_gone(group, Err(error));
                }
                (Err(error), [person]) => {
                    applied.refused.push((Asked::Person(person.email.clone()), error.to_string().into()));
                }
                (Err(_), batch) => {
                    let (left, right) = batch.split_at(batch.len() / 2);
                    batches.extend([right, left]);
                }
            }
        }
        Ok(())
    }

    /// Whom the answer names is in. The others were in before, or were passed over without a word: that is looked up.
    async fn prove(
        &mut self,
        group: &GroupId,
        batch: &[PersonRef],
        named: &HashSet<&str>,
        list: List,
        applied: &mut GroupApplied,
    ) -> Result<(), Problem> {
        let is_named = |person: &&PersonRef| person.id.as_ref().is_some_and(|id| named.contains(id.as_str()));
        let (proved, mut open): (Vec<_>, Vec<_>) = batch.iter().partition(is_named);
        self.put_in(group, &proved, list);
        for pause in [std::time::Duration::ZERO].into_iter().chain(LAG) {
            if open.is_empty() {
                return Ok(());
            }
            sleep(pause).await;
            let (shown, missing) = self.look_for(group, open, list).await?;
            self.put_in(group, &shown, list);
            open = missing;
        }
        applied.refused.extend(open.into_iter().map(|person| (Asked::Person(person.email.clone()), NO_EFFECT.into())));
        Ok(())
    }

    /// Who of `people` is shown in a group, and who is not: by reading each, or the whole list if that is fewer calls.
    async fn look_for<'p>(
        &mut self,
        group: &GroupId,
        people: Vec<&'p PersonRef>,
        list: List,
    ) -> Result<(Vec<&'p PersonRef>, Vec<&'p PersonRef>), Problem> {
        let shown = match list {
            List::Admins => {
                self.read_admins(group).await?;
                let admins = self.directory().group(group).and_then(|group| group.admins.clone()).unwrap_or_default();
                return Ok(people.into_iter().partition(|person| admins.contains(&person.email)));
            }
            List::Members if people.len() == 1 => return self.look_at_each(group, people).await,
            List::Members => {
                let call = self.client.list_group_members(group.as_str(), PAGE_SIZE).await;
                self.unless_group_gone(group, call)?.rows
            }
        };
        let ids: HashSet<&str> = shown.iter().filter_map(|row| row.id.as_deref()).collect();
        let emails: HashSet<Email> =
            shown.iter().filter_map(|GroupMember { email, .. }| Email::parse(email).ok()).collect();
        Ok(people.into_iter().partition(|person| {
            emails.contains(&person.email) || person.id.as_ref().is_some_and(|id| ids.contains(id.as_str()))
        }))
    }

    async fn look_at_each<'p>(
        &mut self,
        group: &GroupId,
        people: Vec<&'p PersonRef>,
    ) -> Result<(Vec<&'p PersonRef>, Vec<&'p PersonRef>), Problem> {
        let (mut shown, mut missing) = (Vec::new(), Vec::new());
        for person in people {
            let is_in = self.fetch(person).await?.is_some_and(|row| row.is_in(group) == Some(true));
            if is_in { shown.push(person) } else { missing.push(person) }
        }
        Ok((shown, missing))
    }

    fn put_in(&mut self, group: &GroupId, people: &[&PersonRef], list: List) {
        match list {
            List::Members => {
                for id in people.iter().filter_map(|person| person.id.clone()) {
                    self.note(Change::Member(id, group.clone(), true));
                }
            }
            List::Admins => {
                let known = self.directory().group(group).and_then(|group| group.admins.clone()).unwrap_or_default();
                let new = people.iter().map(|person| person.email.clone());
                self.set_admins(group, known.iter().cloned().chain(new).collect());
            }
        }
    }

    async fn set_primary(
        &mut self,
        group: &GroupId,
        person: &PersonRef,
        applied: &mut GroupApplied,
    ) -> Result<(), Problem> {
        let first = |row: &Person| row.groups.as_ref().and_then(|groups| groups.first()).cloned();
        let (Some(id), Some(present)) = (person.id.clone(), self.row(person).and_then(first)) else { return Ok(()) };
        match self.client.set_primary_group(present.as_str(), id.as_str(), group.as_str()).await {
            Ok(()) => {}
            Err(error) if blames_people(&error) => {
                applied.refused.push((Asked::Person(person.email.clone()), error.to_string().into()));
                return Ok(());
            }
            Err(error) => return self.unless_group_gone(group, Err(error)),
        }
        let is_first = |row: Option<&Person>| row.and_then(first).as_ref() == Some(group);
        let row = self.read_until(person, is_first).await?;
        if is_first(row.as_ref()) {
            self.note(Change::Primary(id, group.clone()));
        } else {
            applied.refused.push((Asked::Person(person.email.clone()), NO_EFFECT.into()));
        }
        Ok(())
    }

    /// Somebody who is not in the group any more, or not in the account, is out.
    async fn remove_member(&mut self, group: &GroupId, person: &PersonRef) -> Result<(), Problem> {
        let call = self.client.remove_group_member(group.as_str(), person.key()).await;
        match self.unless_group_gone(group, call) {
            Err(Problem::Zoom(error)) if !matches!(error.kind(), ErrorKind::NotAMember | ErrorKind::UserNotFound) => {
                return Err(error.into());
            }
            Err(Problem::Zoom(_)) | Ok(()) => {}
            Err(problem) => return Err(problem),
        }
        if let Some(id) = person.id.clone() {
            self.note(Change::Member(id, group.clone(), false));
        }
        Ok(())
    }

    async fn remove_admin(&mut self, group: &GroupId, email: &Email) -> Result<(), Problem> {
        let person = PersonRef { id: None, email: email.clone() };
        let key = self.row(&person).and_then(|row| row.id.clone());
        let key = key.as_ref().map_or(email.as_str(), UserId::as_str);
        let call = self.client.remove_group_admin(group.as_str(), key).await;
        match self.unless_group_gone(group, call) {
            Err(Problem::Zoom(error))
                if !matches!(error.kind(), ErrorKind::NotAGroupAdmin | ErrorKind::UserNotFound) =>
            {
                return Err(error.into());
            }
            Err(Problem::Zoom(_)) | Ok(()) => {}
            Err(problem) => return Err(problem),
        }
        let known = self.directory().group(group).and_then(|group| group.admins.clone()).unwrap_or_default();
        self.set_admins(group, known.iter().filter(|admin| *admin != email).cloned().collect());
        Ok(())
    }

    /// Takes a group out of the directory if that is what Zoom has answered.
    fn unless_group_gone<T>(&mut self, group: &GroupId, call: Result<T, zoom_client::Error>) -> Result<T, Problem> {
        call.map_err(|error| {
            if *error.kind() == ErrorKind::GroupNotFound {
                self.note(Change::GroupGone(group.clone()));
                return Problem::GroupGone;
            }
            error.into()
        })
    }
}

pub(crate) const NO_EFFECT: &str = "Zoom accepted it without effect: a rule of the account may stand against it";

/// What was deleted.
#[derive(Clone, Copy)]
pub(crate) enum Deleted<'i> {
    Group(&'i GroupId),
    Role(&'i RoleId),
    ContactGroup(&'i ContactGroupId),
}

/// The two lists that a group has.
#[derive(Clone, Copy)]
enum List {
    Members,
    Admins,
}

pub(crate) fn same_name(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}

/// Whether a refusal may be about one of the people, so that the others would be taken.
pub(crate) fn blames_people(error: &zoom_client::Error) -> bool {
    *error.kind() != ErrorKind::GroupNotFound
        && match error.retry_class() {
            RetryClass::Never | RetryClass::Slowly => true,
            RetryClass::Soon | RetryClass::At(_) | RetryClass::Account => false,
        }
}
