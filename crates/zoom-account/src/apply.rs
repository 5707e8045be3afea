use std::time::Duration;

use tokio::time::sleep;
use zoom_client::{ErrorKind, Removal, RetryClass, StatusAction, Transfer};
use zoom_core::{
    Attribute, CustomAttributes, Email, Heir, NewPerson, Operation, Patch, Person, PersonRef, RoleId, State, Successor,
    UserId,
};

use crate::{
    Account, convert,
    error::{Error, Problem, subject},
};

/// How long Zoom may take to show what it has accepted: the pauses between reads, 1.5 s together. Its documents
/// promise nothing, and its other clients read at once.
pub(crate) const LAG: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(800)];

/// What came of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Zoom shows that it is so.
    Proved,
    /// The person is invited: the rest waits until they accept.
    Pending,
    /// The address has an account outside this one, and its owner was asked to move: the rest waits until they agree.
    Asked,
    /// The person was there before, and not by this call.
    Present,
    /// The person had gone before their data could be handed over: what became of it is not known.
    Gone,
    /// Zoom accepted the change and shows these fields as before. Named as [`Patch::fields`] does.
    NotApplied(Vec<String>),
}

impl Applied {
    fn to(person: &Person) -> Self {
        match person.state {
            State::Pending => Self::Pending,
            State::Active | State::Inactive => Self::Proved,
        }
    }
}

impl Account {
    /// Carries one operation out and proves it by an answer or a read. What was proved goes into the directory at once.
    ///
    /// Zoom may take a moment to show what it has done, so a read that disproves is repeated for up to 1.5 s.
    ///
    /// - Whoever shall receive a leaver's data is looked at first: they must be active in the account.
    /// - That Zoom has no seat of a licence is noted in the directory, for everybody who wants one.
    /// - Deactivating a pending person withdraws the invitation, and so do unlinking and deleting one. Somebody who is
    ///   gone already counts as deactivated, unlinked and deleted.
    ///
    /// # Errors
    /// If Zoom refuses, cannot be reached, or, other than for an update, accepts without effect. Nothing was done then,
    /// or what was done is safe to ask for again.
    pub async fn apply(&mut self, operation: &Operation) -> Result<Applied, Error> {
        match self.carry_out(operation).await {
            Ok(applied) => Ok(applied),
            Err(problem) => {
                let error = Error::of_operation(operation, self.is_administrator(operation), problem);
                if let (Some(license), Some(client)) = (error.lacking_seat(), error.client()) {
                    let answer = client.message().to_owned();
                    self.lacks_seat(license, &answer);
                }
                Err(error)
            }
        }
    }

    async fn carry_out(&mut self, operation: &Operation) -> Result<Applied, Problem> {
        match operation {
            Operation::Read(person) => self.fetch(person).await.map(|_| Applied::Proved),
            Operation::Create(new) => self.create(new).await,
            Operation::Update(person, patch) => self.update(person, patch).await,
            Operation::SetRole { person, from, to } => self.set_role(person, from, to).await,
            Operation::SetEmail(person, to) => self.set_email(person, to).await,
            Operation::Activate(person) => self.set_status(person, StatusAction::Activate, State::Active).await,
            Operation::Deactivate(person) => self.deactivate(person).await,
            Operation::Unlink(person, heir) => {
                self.leave(person, heir.as_ref(), |transfer| Removal::Disassociate { transfer }).await
            }
            Operation::Delete(person, heir) => {
                self.leave(person, heir.as_ref(), |transfer| Removal::Delete { transfer }).await
            }
        }
    }

    fn is_administrator(&self, operation: &Operation) -> bool {
        let person = PersonRef { id: None, email: subject(operation).clone() };
        self.row(&person).and_then(|row| row.role.as_ref()).is_some_and(|role| !role.is_member())
    }

    /// Reads until the row is as expected or Zoom had its time; the last row, or nothing if the person is not there.
    pub(crate) async fn read_until(
        &mut self,
        person: &PersonRef,
        expected: impl Fn(Option<&Person>) -> bool,
    ) -> Result<Option<Person>, Problem> {
        for pause in LAG {
            let row = self.look_twice(person).await?;
            if expected(row.as_ref()) {
                if row.is_none() {
                    self.lost(person);
                }
                return Ok(row);
            }
            sleep(pause).await;
        }
        self.fetch(person).await
    }

    async fn create(&mut self, new: &NewPerson) -> Result<Applied, Problem> {
        let by_email = PersonRef { id: None, email: new.email.clone() };
        match self.client.create_user(&convert::new_user(new)).await {
            Ok(created) => {
                let id = created.id.as_deref().and_then(UserId::new);
                let is_blank = id.is_none();
                let by_id = id.map(|id| PersonRef { id: Some(id), email: new.email.clone() });
                let names = Vec::from_iter(by_id.into_iter().chain([by_email]));
                let applied = self.find_created(&names, new, !is_blank).await;
                // Zoom answers with a blank id where it only asks somebody to move (midPoint's connector).
                Ok(if is_blank && applied == Applied::Pending { Applied::Asked } else { applied })
            }
            Err(error) if *error.kind() == ErrorKind::AddressTaken => {
                let row = self.read_until(&by_email, |row| row.is_some()).await?;
                row.map(|_| Applied::Present).ok_or(Problem::Zoom(error))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Where a person stands whom Zoom said it created: its answer does not tell. If they cannot be read, the directory
    /// holds them as pending until the next listing knows better, for they must not be created again before it. Whom that
    /// lacks may be created again if they are only `presumed`.
    async fn find_created(&mut self, names: &[PersonRef], new: &NewPerson, presumed: bool) -> Applied {
        'reads: for pause in [Duration::ZERO].into_iter().chain(LAG) {
            sleep(pause).await;
            for name in names {
                match self.fetch(name).await {
                    Ok(Some(row)) => return Applied::to(&row),
                    Ok(None) => {}
                    Err(problem) => {
                        tracing::warn!(email = %new.email, %problem, "created, but cannot be read; taken for pending");
                        break 'reads;
                    }
                }
            }
        }
        self.saw(convert::invited(new, presumed));
        Applied::Pending
    }

    async fn update(&mut self, person: &PersonRef, patch: &Patch) -> Result<Applied, Problem> {
        let present = if patch.custom.is_empty() { CustomAttributes::default() } else { self.custom(person).await? };
        let call = self.client.update_user(person.key(), &convert::user_patch(patch, &present)).await;
        self.unless_gone(person, call).await?;
        let settled = |row: &Person| row.state == State::Pending || patch.unmet(row).is_empty();
        let row = self.read_until(person, |row| row.is_some_and(settled)).await?.ok_or(Problem::Gone)?;
        let left = patch.unmet(&row);
        Ok(if left.is_empty() {
            Applied::Proved
        } else if row.state == State::Pending {
            // Zoom takes a change of them, and nothing comes of it before they accept.
            Applied::Pending
        } else {
            Applied::NotApplied(left.fields())
        })
    }

    /// The custom attributes that a person has, read afresh.
    async fn custom(&mut self, person: &PersonRef) -> Result<CustomAttributes, Problem> {
        let row = self.fetch(person).await?.ok_or(Problem::Gone)?;
        Ok(row.details.map(|details| details.custom.clone()).unwrap_or_default())
    }

    async fn set_role(&mut self, person: &PersonRef, from: &RoleId, to: &RoleId) -> Result<Applied, Problem> {
        let id = match &person.id {
            Some(id) => id.clone(),
            None => self.fetch(person).await?.ok_or(Problem::Gone)?.id.ok_or(Problem::NoId)?,
        };
        let call = if to.is_member() {
            // Nobody can be added to Member; who loses a role is one (Zoom API reference, Roles).
            self.client.remove_role_member(from.as_str(), id.as_str()).await
        } else {
            self.client.add_role_members(to.as_str(), &[id.as_str()]).await.map(drop)
        };
        let given = |row: &Person| row.role.as_ref() == Some(to);
        if let Err(error) = call {
            // The first of two tries may have done it, and then the second is refused.
            let done = matches!(self.fetch(person).await, Ok(Some(row)) if given(&row));
            return if done { Ok(Applied::Proved) } else { Err(error.into()) };
        }
        let row = self.read_until(person, |row| row.is_some_and(given)).await?.ok_or(Problem::Gone)?;
        if given(&row) { Ok(Applied::Proved) } else { Err(Problem::NotApplied(shown_role(&row))) }
    }

    async fn set_email(&mut self, person: &PersonRef, to: &Email) -> Result<Applied, Problem> {
        let changed = |row: &Person| row.email == *to;
        if let Err(error) = self.client.change_email(person.key(), to.as_str()).await {
            // The first of two tries may have done it, and then the second is refused.
            let done = matches!(self.fetch(person).await, Ok(Some(row)) if changed(&row));
            return if done { Ok(Applied::Proved) } else { Err(error.into()) };
        }
        let row = self.read_until(person, |row| row.is_some_and(changed)).await?.ok_or(Problem::Gone)?;
        if changed(&row) { Ok(Applied::Proved) } else { Err(Problem::NotApplied(format!("the address {}", row.email))) }
    }

    async fn set_status(
        &mut self,
        person: &PersonRef,
        action: StatusAction,
        expected: State,
    ) -> Result<Applied, Problem> {
        let call = self.client.set_status(person.key(), action).await;
        self.unless_gone(person, call).await?;
        let row = self.read_until(person, |row| row.is_some_and(|row| row.state == expected)).await?;
        let row = row.ok_or(Problem::Gone)?;
        if row.state == expected {
            Ok(Applied::Proved)
        } else {
            Err(Problem::NotApplied(format!("them as {}", row.state)))
        }
    }

    async fn deactivate(&mut self, person: &PersonRef) -> Result<Applied, Problem> {
        match self.standing(person).await? {
            None => Ok(Applied::Proved),
            Some(State::Pending) => self.remove(person, &Removal::Disassociate { transfer: None }, None).await,
            Some(State::Active | State::Inactive) => {
                match self.set_status(person, StatusAction::Deactivate, State::Inactive).await {
                    Err(Problem::Gone) => Ok(Applied::Proved),
                    Err(Problem::Zoom(error)) if *error.kind() == ErrorKind::UserNotFound => Ok(Applied::Proved),
                    applied => applied,
                }
            }
        }
    }

    /// Ends the sessions of a person, who may sign in again if they are active. Zoom is asked once more if it gave no clear
    /// answer. That nobody is there any more is no error.
    ///
    /// # Errors
    /// If Zoom refuses it, or answers nothing clear twice.
    pub async fn sign_out(&self, person: &PersonRef) -> Result<(), Error> {
        let mut ended = self.client.sign_out(person.key()).await;
        if matches!(&ended, Err(error) if error.retry_class() == RetryClass::Soon) {
            ended = self.client.sign_out(person.key()).await;
        }
        match ended {
            Err(error) if *error.kind() == ErrorKind::UserNotFound => Ok(()),
            ended => ended.map_err(|error| Error::of_sign_out(person, error.into())),
        }
    }

    async fn leave(
        &mut self,
        person: &PersonRef,
        heir: Option<&Heir>,
        removal: impl FnOnce(Option<Transfer>) -> Removal,
    ) -> Result<Applied, Problem> {
        match self.standing(person).await? {
            None => Ok(if heir.is_some() { Applied::Gone } else { Applied::Proved }),
            // They have nothing here yet that could be deleted or handed over.
            Some(State::Pending) => self.remove(person, &Removal::Disassociate { transfer: None }, None).await,
            Some(State::Active | State::Inactive) => {
                let transfer = match heir {
                    Some(heir) => Some(convert::transfer(&self.find_heir(person, heir).await?, &heir.receives)),
                    None => None,
                };
                self.remove(person, &removal(transfer), heir).await
            }
        }
    }

    /// The first of those named who can receive something: active in the account, and somebody else.
    async fn find_heir(&mut self, leaver: &PersonRef, heir: &Heir) -> Result<Email, Problem> {
        let successor = match &heir.successor {
            Successor::Person(email) => Some(email.clone()),
            Successor::Manager => self.manager(leaver).await?,
        };
        let mut why = Vec::new();
        if successor.is_none() {
            why.push("Zoom shows no manager of the leaver".to_owned());
        }
        for email in successor.into_iter().chain(heir.fallback.clone()) {
            let row = self.fetch(&PersonRef { id: None, email: email.clone() }).await?;
            match row {
                Some(row) if row.state == State::Active && row.email != leaver.email => return Ok(row.email),
                Some(row) if row.state == State::Active => why.push(format!("{email} is the leaver")),
                Some(row) => why.push(format!("{email} is {}", row.state)),
                None => why.push(format!("{email} is not in the account")),
            }
        }
        Err(Problem::NoHeir(why.join(", ")))
    }

    async fn manager(&mut self, person: &PersonRef) -> Result<Option<Email>, Problem> {
        let row = self.fetch(person).await?.ok_or(Problem::Gone)?;
        let manager = row.details.as_deref().and_then(|details| details.attributes.get(Attribute::Manager));
        Ok(manager.and_then(|manager| Email::parse(manager).ok()))
    }

    async fn remove(&mut self, person: &PersonRef, removal: &Removal, heir: Option<&Heir>) -> Result<Applied, Problem> {
        let missing = match self.client.remove_user(person.key(), removal).await {
            Ok(()) => None,
            Err(error) if *error.kind() == ErrorKind::UserNotFound => Some(error),
            Err(error) => return Err(error.into()),
        };
        match (self.read_until(person, |row| row.is_none()).await?, missing, heir) {
            (None, Some(_), Some(_)) => Ok(Applied::Gone),
            (None, _, _) => Ok(Applied::Proved),
            (Some(_), Some(error), Some(_)) => Err(Problem::HeirUnknown(error)),
            (Some(row), _, _) => Err(Problem::NotApplied(format!("them as {}", row.state))),
        }
    }

    /// Where a person stands: nothing if they are gone. Pending is never taken from the directory: withdrawing the
    /// invitation of somebody who has accepted since would unlink them.
    async fn standing(&mut self, person: &PersonRef) -> Result<Option<State>, Problem> {
        if let Some(state @ (State::Active | State::Inactive)) = self.row(person).map(|row| row.state) {
            return Ok(Some(state));
        }
        match self.fetch(person).await {
            Ok(row) => Ok(row.map(|row| row.state)),
            Err(Problem::Zoom(error)) if *error.kind() == ErrorKind::InvitationExpired => Ok(Some(State::Pending)),
            Err(problem) => Err(problem),
        }
    }

    /// Takes the person out of the directory if that is what a call on them alone has answered, and a read says the same.
    async fn unless_gone(&mut self, person: &PersonRef, call: Result<(), zoom_client::Error>) -> Result<(), Problem> {
        let Err(error) = call else { return Ok(()) };
        if *error.kind() != ErrorKind::UserNotFound {
            return Err(error.into());
        }
        match self.look_twice(person).await? {
            Some(_) => Err(Problem::StillThere(error)),
            None => {
                self.lost(person);
                Err(error.into())
            }
        }
    }
}

fn shown_role(row: &Person) -> String {
    row.role.as_ref().map_or_else(|| "no role".to_owned(), |role| format!("the role {role}"))
}
