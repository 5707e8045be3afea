use std::collections::BTreeSet;

use zoom_client::{ErrorKind, NewRole, RolePatch};
use zoom_core::{Role, RoleDraft, RoleId, RoleOperation};

use crate::{
    Account,
    account::Change,
    convert,
    error::{Error, Problem},
    groups::Deleted,
};

impl Account {
    /// Carries one operation on a role out, and proves it by a read. What was proved goes into the directory at once.
    ///
    /// # Errors
    /// If Zoom refuses, cannot be reached, or accepts without effect.
    pub async fn apply_role(&mut self, operation: &RoleOperation) -> Result<(), Error> {
        let done = match operation {
            RoleOperation::Read(role) => self.read_role(role).await.map(drop),
            RoleOperation::Create(draft) => self.create_role(draft).await,
            RoleOperation::Update(role, draft) => self.update_role(role, draft).await,
            RoleOperation::Delete(role) => self.delete_role(role).await,
        };
        done.map_err(|problem| Error::of_thing("role", operation, problem))
    }

    async fn read_role(&mut self, id: &RoleId) -> Result<Role, Problem> {
        let detail = self.client.get_role(id.as_str()).await?;
        let privileges: BTreeSet<Box<str>> = detail.privileges.into_iter().map(String::into_boxed_str).collect();
        let role = convert::role(detail.role).ok_or(Problem::NoId)?;
        // A single read may leave out what the listing shows.
        let listed = self.directory().roles().iter().find(|known| known.id == *id);
        let total = role.total.or_else(|| listed.and_then(|known| known.total));
        let role = Role { id: id.clone(), privileges: Some(privileges.into()), total, ..role };
        self.note(Change::Role(role.clone()));
        Ok(role)
    }

    async fn create_role(&mut self, draft: &RoleDraft) -> Result<(), Problem> {
        let RoleDraft { name, description, privileges } = draft;
        let new = NewRole {
            name: name.to_string(),
            description: description.as_deref().unwrap_or_default().to_owned(),
            privileges: privileges.iter().flatten().map(ToString::to_string).collect(),
        };
        let created = self.client.create_role(&new).await.map_err(Problem::of_creation)?;
        let role = convert::role(created).ok_or(Problem::NoId)?;
        let id = role.id.clone();
        self.note(Change::Role(role));
        self.note(Change::Presumed(id.as_str().into()));
        let shown = self.read_role(&id).await?;
        as_wanted(draft, &shown)
    }

    async fn update_role(&mut self, id: &RoleId, draft: &RoleDraft) -> Result<(), Problem> {
        let RoleDraft { name, description, privileges } = draft;
        let patch = RolePatch {
            name: Some(name.to_string()),
            description: description.as_deref().map(str::to_owned),
            privileges: privileges.as_ref().map(|wanted| wanted.iter().map(ToString::to_string).collect()),
        };
        self.client.update_role(id.as_str(), &patch).await?;
        let shown = self.read_role(id).await?;
        as_wanted(draft, &shown)
    }

    async fn delete_role(&mut self, id: &RoleId) -> Result<(), Problem> {
        match self.client.delete_role(id.as_str()).await {
            Err(error) if *error.kind() != ErrorKind::RoleNotFound => return Err(error.into()),
            Ok(()) | Err(_) => self.prove_deleted(Deleted::Role(id)).await?,
        }
        self.note(Change::RoleGone(id.clone()));
        Ok(())
    }
}

fn as_wanted(draft: &RoleDraft, shown: &Role) -> Result<(), Problem> {
    let same = *shown.name.trim() == *draft.name.trim()
        && draft.description.as_ref().is_none_or(|wanted| *wanted.trim() == *shown.description.trim())
        && draft.privileges.as_ref().is_none_or(|wanted| shown.privileges.as_deref() == Some(wanted));
    if same { Ok(()) } else { Err(Problem::NotApplied(format!("the role {:?} otherwise", shown.name))) }
}
