use std::sync::Arc;

use jiff::Timestamp;
use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    task::AbortHandle,
};
use zoom_client::{ErrorKind, ZoomClient};
use zoom_core::{
    ContactGroup, ContactGroupId, Directory, Group, GroupId, License, Lookup, Person, PersonRef, PlanSeats, Role,
    RoleId, Seats, UserId,
};

use crate::{
    convert,
    error::{Error, Problem},
    listing::{self, Listed, ListingReport, Scope, Usage},
};

/// One Zoom account: a client, and the directory of what was seen through it.
#[derive(Debug)]
pub struct Account {
    pub(crate) client: ZoomClient,
    /// Shared with a listing under way, which shares the rows that stay as they are.
    directory: Arc<Directory>,
    listed_at: Option<Timestamp>,
    identified: bool,
    listing: Option<Running>,
}

/// A listing under way. Dropping it ends it.
#[derive(Debug)]
struct Running {
    began: Timestamp,
    result: oneshot::Receiver<Result<Listed, Problem>>,
    task: AbortHandle,
    /// What was learnt since it began, in order: newer than its rows may be.
    meanwhile: Vec<Change>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Change {
    Seen(Person),
    Gone(PersonRef),
    Group(Group),
    GroupGone(GroupId),
    /// Whether somebody is in a group.
    Member(UserId, GroupId, bool),
    Primary(UserId, GroupId),
    Role(Role),
    RoleGone(RoleId),
    ContactGroup(ContactGroup),
    ContactGroupGone(ContactGroupId),
    /// That Zoom said it made what has this id, and has not shown it yet.
    Presumed(Box<str>),
}

impl Change {
    fn carry_into(self, directory: &mut Directory) {
        match self {
            Self::Seen(person) => directory.put(person),
            Self::Gone(person) => remove(directory, &person),
            Self::Group(group) => directory.put_group(group),
            Self::GroupGone(group) => directory.remove_group(&group),
            Self::Member(person, group, is_member) => directory.set_member(&person, &group, is_member),
            Self::Primary(person, group) => directory.set_primary(&person, &group),
            Self::Role(role) => directory.put_role(role),
            Self::RoleGone(role) => directory.remove_role(&role),
            Self::ContactGroup(group) => directory.put_contact_group(group),
            Self::ContactGroupGone(group) => directory.remove_contact_group(&group),
            Self::Presumed(id) => directory.presume(id),
        }
    }
}

impl Account {
    /// An account of which nothing was seen yet.
    #[must_use]
    pub fn new(client: ZoomClient) -> Self {
        Self { client, directory: Arc::default(), listed_at: None, identified: false, listing: None }
    }

    /// Goes on with another client of the same account, as after a rotation of credentials. The directory stays; a
    /// listing under way is given up, and its `done` is called. Whose account the new credentials open, the next listing
    /// has to prove.
    pub fn replace_client(&mut self, client: ZoomClient) {
        self.client = client;
        self.identified = false;
        self.listing = None;
    }

    /// The client in use.
    #[must_use]
    pub fn client(&self) -> &ZoomClient {
        &self.client
    }

    /// What is known of the account. Before the first listing it is incomplete, so that nothing follows from somebody's
    /// absence.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Takes back that the directory in use is complete, until the next listing: what it lacks was found to be there, or
    /// could not be looked for.
    pub fn doubt(&mut self) {
        Arc::make_mut(&mut self.directory).doubt();
    }

    /// Takes back that this person is not in the account, until the next listing: nobody looked for them.
    pub fn doubt_absence(&mut self, person: &PersonRef) {
        match &person.id {
            Some(id) => Arc::make_mut(&mut self.directory).put_unreadable(id.clone()),
            None => self.doubt(),
        }
    }

    /// Whether a listing has proved that the present credentials open the account that is meant. Write nothing before.
    #[must_use]
    pub fn is_identified(&self) -> bool {
        self.identified
    }

    /// When the listing behind the directory began; absent before the first one.
    #[must_use]
    pub fn listed_at(&self) -> Option<Timestamp> {
        self.listed_at
    }

    /// Starts a listing beside the caller's work; returns whether it did, for there is at most one at a time. `done` is
    /// called once when it has ended, also by failure or panic: [`Account::take_listing`] has an answer then.
    ///
    /// Call it inside a Tokio runtime.
    pub fn begin_listing(&mut self, scope: Scope, done: impl FnOnce() + Send + 'static) -> bool {
        if self.listing.is_some() {
            return false;
        }
        let (client, known, identify) = (self.client.clone(), self.directory.clone(), !self.identified);
        let (result, task) = spawn(async move { listing::list(&client, &known, scope, identify).await }, done);
        self.listing = Some(Running { began: Timestamp::now(), result, task, meanwhile: Vec::new() });
        true
    }

    /// Swaps a finished listing in, whole. People who were read or changed since it began stay as they were seen then,
    /// and those who were found to be gone stay gone. Details of people who were read before are kept.
    ///
    /// Returns nothing while no listing has ended.
    ///
    /// # Errors
    /// If people could not be listed. The directory stays as it was.
    pub fn take_listing(&mut self) -> Option<Result<ListingReport, Error>> {
        let listed = match self.listing.as_mut()?.result.try_recv() {
            Ok(listed) => listed,
            Err(TryRecvError::Closed) => Err(Problem::Crashed),
            Err(TryRecvError::Empty) => return None,
        };
        let mut running = self.listing.take()?;
        Some(match listed {
            Ok(Listed { mut directory, report, unseen, usage }) => {
                self.identified |= directory.people().len() > 0;
                let stays = |person: &&Person| unseen.contains(&person.state);
                for person in self.directory.people().filter(stays) {
                    if directory.find(person.id.as_ref(), &person.email) == Lookup::Unknown {
                        directory.put(person.clone());
                    }
                }
                directory.set_seats(self.seats(usage, &directory, running.meanwhile.is_empty()));
                for change in std::mem::take(&mut running.meanwhile) {
                    change.carry_into(&mut directory);
                }
                self.directory = Arc::new(directory);
                self.listed_at = Some(running.began);
                Ok(report)
            }
            Err(problem) => Err(Error::of_listing(problem)),
        })
    }

    /// What is known of the seats after a listing. `quiet`: nobody was changed while it ran.
    fn seats(&self, usage: Usage, listed: &Directory, quiet: bool) -> Seats {
        let known = self.directory.seats();
        let plan = match (usage, known.plan()) {
            (Usage::Unasked, _) => None,
            (Usage::Unanswered, before) => before,
            (Usage::Told { bought, used }, before) => {
                let plan = PlanSeats::new(bought, used, listed.taken(License::Licensed));
                Some(before.filter(|_| !quiet).map_or(plan, |before| plan.counted_like(before)))
            }
        };
        known.listed(plan)
    }

    /// Notes that Zoom had no seat of a licence.
    pub(crate) fn lacks_seat(&mut self, license: License, answer: &str) {
        Arc::make_mut(&mut self.directory).refuse_seat(license, answer, Timestamp::now());
    }

    /// Reads one person: by id if the reference has one, else by address. The row, or that they are gone, goes into the
    /// directory.
    ///
    /// Returns nothing if Zoom says by its own code (1001 or 1010) that there is no such person in the account; of somebody
    /// whom the directory shows, twice.
    ///
    /// # Errors
    /// If Zoom gives no clear answer, or a row that cannot be understood.
    pub async fn read(&mut self, person: &PersonRef) -> Result<Option<Person>, Error> {
        self.fetch(person).await.map_err(|problem| Error::of_read(person, problem))
    }

    pub(crate) async fn fetch(&mut self, person: &PersonRef) -> Result<Option<Person>, Problem> {
        let row = if self.row(person).is_some() { self.look_twice(person).await? } else { self.look(person).await? };
        if row.is_none() {
            self.lost(person);
        }
        Ok(row)
    }

    /// As [`Account::look`]. One answer that contradicts what was seen before is not enough to let a leaver in, to invite
    /// somebody twice, or to say that somebody was removed: that they are not there has to be said twice.
    pub(crate) async fn look_twice(&mut self, person: &PersonRef) -> Result<Option<Person>, Problem> {
        match self.look(person).await? {
            None => self.look(person).await,
            row => Ok(row),
        }
    }

    /// Reads one person. That they are not there is not put into the directory.
    pub(crate) async fn look(&mut self, person: &PersonRef) -> Result<Option<Person>, Problem> {
        match self.client.get_user(person.key()).await {
            Ok(user) => {
                let row = convert::read_person(user, Timestamp::now())?;
                self.saw(row.clone());
                Ok(Some(row))
            }
            Err(error) if *error.kind() == ErrorKind::UserNotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The directory's row of exactly this person: whoever else has the address by now is another one.
    pub(crate) fn row(&self, person: &PersonRef) -> Option<&Person> {
        match self.directory.find_exactly(person) {
            Lookup::Found(row) => Some(row),
            Lookup::Absent | Lookup::Unknown => None,
        }
    }

    pub(crate) fn saw(&mut self, person: Person) {
        self.note(Change::Seen(person));
    }

    pub(crate) fn lost(&mut self, person: &PersonRef) {
        self.note(Change::Gone(person.clone()));
    }

    /// Puts what was learnt into the directory, and into the one that a listing under way makes.
    pub(crate) fn note(&mut self, change: Change) {
        if let Some(running) = &mut self.listing {
            running.meanwhile.push(change.clone());
        }
        change.carry_into(Arc::make_mut(&mut self.directory));
    }
}

/// Takes exactly this person out. Somebody with another id who has the address by now stays.
fn remove(directory: &mut Directory, person: &PersonRef) {
    match &person.id {
        None => directory.remove(None, &person.email),
        Some(id) => {
            if let Some(email) = directory.by_id(id).map(|row| row.email.clone()) {
                directory.remove(Some(id), &email);
            }
        }
    }
}

/// Runs beside the caller. The result is there, or known to be lost, before `done` is called.
fn spawn<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
    done: impl FnOnce() + Send + 'static,
) -> (oneshot::Receiver<T>, AbortHandle) {
    let (sender, result) = oneshot::channel();
    let done = CallOnDrop(Some(done));
    let task = tokio::spawn(async move {
        // What is declared later is dropped earlier, also by a panic.
        let _done = done;
        let sender = sender;
        // Nobody waits for it any more if the account was dropped.
        let _ = sender.send(work.await);
    });
    (result, task.abort_handle())
}

struct CallOnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for CallOnDrop<F> {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_is_told_like_any_other_end() {
        let (sender, ended) = oneshot::channel();
        let (mut result, _) = spawn(async { panic!("a bug") }, move || sender.send(()).unwrap());
        ended.await.unwrap();
        assert_eq!(result.try_recv(), Err::<(), _>(TryRecvError::Closed));
    }

    #[tokio::test]
    async fn the_result_is_there_when_the_end_is_told() {
        let (sender, ended) = oneshot::channel();
        let (mut result, _) = spawn(async { 7 }, move || sender.send(()).unwrap());
        ended.await.unwrap();
        assert_eq!(result.try_recv(), Ok(7));
    }
}
