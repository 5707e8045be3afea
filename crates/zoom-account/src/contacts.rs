use std::collections::BTreeSet;

use zoom_client::{
    ContactGroupPatch, ContactKind, ContactMember as WireMember, ContactPrivacy, ErrorKind, NewContactGroup,
};
use zoom_core::{
    Asked, ContactGroup, ContactGroupDraft, ContactGroupId, ContactId, ContactMember, ContactOperation, ContactRef,
    Email, GroupId, Privacy, UserId,
};

use crate::{
    Account, GroupApplied,
    account::Change,
    error::{Error, Problem},
    groups::{Deleted, NO_EFFECT, blames_people, same_name},
};

impl Account {
    /// Carries one operation on a contact group out. What was added is proved by the ids of Zoom's answer, or else by
    /// reading who is in it. A batch that is refused is halved until those are found who are to blame.
    ///
    /// # Errors
    /// If Zoom refuses the contact group as such, cannot be reached, or the whole account is affected.
    pub async fn apply_contact_group(&mut self, operation: &ContactOperation) -> Result<GroupApplied, Error> {
        let mut applied = GroupApplied::default();
        let done = match operation {
            ContactOperation::Read(group) => self.read_contacts(group).await,
            ContactOperation::Create(draft) => self.create_contact_group(draft).await,
            ContactOperation::Update(group, draft) => self.update_contact_group(group, draft).await,
            ContactOperation::Add(group, members) => self.add_contacts(group, members, &mut applied).await,
            ContactOperation::Remove(group, members) => self.remove_contacts(group, members).await,
            ContactOperation::Delete(group) => self.delete_contact_group(group).await,
        };
        done.map_err(|problem| Error::of_thing("contact group", operation, problem))?;
        Ok(applied)
    }

    /// One that was just created is found by its name.
    fn contact_group(&self, group: &ContactRef) -> Result<ContactGroup, Problem> {
        let groups = self.directory().contact_groups();
        let found = match &group.id {
            Some(id) => groups.iter().find(|known| known.id == *id),
            None => groups.iter().find(|known| same_name(&known.name, &group.name)),
        };
        found.cloned().ok_or(Problem::GroupGone)
    }

    async fn read_contacts(&mut self, group: &ContactRef) -> Result<(), Problem> {
        let group = self.contact_group(group)?;
        let call = self.client.list_contact_group_members(group.id.as_str()).await;
        let rows = self.unless_contacts_gone(&group.id, call)?.rows;
        let members = rows.into_iter().filter_map(|row| match row.kind? {
            ContactKind::User => UserId::new(&row.id).map(ContactId::User),
            ContactKind::Group => GroupId::new(&row.id).map(ContactId::Group),
        });
        let members: BTreeSet<ContactId> = members.collect();
        self.note(Change::ContactGroup(ContactGroup { members: Some(members.into()), ..group }));
        Ok(())
    }

    async fn create_contact_group(&mut self, draft: &ContactGroupDraft) -> Result<(), Problem> {
        let ContactGroupDraft { name, description, privacy } = draft;
        let new = NewContactGroup {
            name: name.to_string(),
            privacy: wire_privacy(privacy.unwrap_or(Privacy::Public)),
            description: description.as_deref().unwrap_or_default().to_owned(),
            members: Vec::new(),
        };
        let created = self.client.create_contact_group(&new).await.map_err(Problem::of_creation)?;
        let created = contact_group(created).ok_or(Problem::NoId)?;
        let id = created.id.as_str().into();
        self.note(Change::ContactGroup(ContactGroup { members: Some(BTreeSet::new().into()), ..created }));
        self.note(Change::Presumed(id));
        Ok(())
    }

    async fn update_contact_group(&mut self, group: &ContactRef, draft: &ContactGroupDraft) -> Result<(), Problem> {
        let ContactGroupDraft { name, description, privacy } = draft;
        let group = self.contact_group(group)?;
        let patch = ContactGroupPatch {
            name: Some(name.to_string()),
            privacy: privacy.map(wire_privacy),
            description: description.as_deref().map(str::to_owned),
        };
        let call = self.client.update_contact_group(group.id.as_str(), &patch).await;
        self.unless_contacts_gone(&group.id, call)?;
        let call = self.client.get_contact_group(group.id.as_str()).await;
        let shown = contact_group(self.unless_contacts_gone(&group.id, call)?).ok_or(Problem::NoId)?;
        let same = *shown.name.trim() == *name.trim()
            && description.as_ref().is_none_or(|wanted| *wanted.trim() == *shown.description.trim())
            && privacy.is_none_or(|wanted| Some(wanted) == shown.privacy);
        let problem = format!("the contact group {:?} otherwise", shown.name);
        self.note(Change::ContactGroup(ContactGroup { members: group.members, ..shown }));
        if same { Ok(()) } else { Err(Problem::NotApplied(problem)) }
    }

    async fn add_contacts(
        &mut self,
        group: &ContactRef,
        members: &[ContactMember],
        applied: &mut GroupApplied,
    ) -> Result<(), Problem> {
        let reference = self.contact_group(group)?.id;
        let mut refused: Vec<(ContactMember, Box<str>)> = Vec::new();
        let mut open: Vec<&ContactMember> = Vec::new();
        let mut batches = vec![members];
        while let Some(batch) = batches.pop() {
            let wire: Vec<WireMember> = batch.iter().map(|member| wire_member(&member.id)).collect();
            match (self.client.add_contact_group_members(reference.as_str(), &wire).await, batch) {
                (Ok(named), _) => {
                    let is_named = |member: &&ContactMember| named.iter().any(|id| *id == wire_member(&member.id).id);
                    let (proved, unproved): (Vec<_>, Vec<_>) = batch.iter().partition(is_named);
                    self.put_into_contacts(&reference, proved.into_iter().map(|member| member.id.clone()));
                    open.extend(unproved);
                }
                (Err(error), _) if !blames_people(&error) => return self.unless_contacts_gone(&reference, Err(error)),
                (Err(error), [member]) => refused.push((member.clone(), error.to_string().into())),
                (Err(_), batch) => {
                    let (left, right) = batch.split_at(batch.len() / 2);
                    batches.extend([right, left]);
                }
            }
        }
        if !open.is_empty() {
            self.read_contacts(group).await?;
            let present = self.contact_group(group)?.members.unwrap_or_default();
            let missing = open.into_iter().filter(|member| !present.contains(&member.id));
            refused.extend(missing.map(|member| (member.clone(), NO_EFFECT.into())));
        }
        let asked = refused.into_iter().filter_map(|(member, why)| match member.id {
            ContactId::User(_) => Some((Asked::Person(Email::parse(&member.name).ok()?), why)),
            ContactId::Group(group) => Some((Asked::Group(group), why)),
        });
        applied.refused.extend(asked);
        Ok(())
    }

    fn put_into_contacts(&mut self, id: &ContactGroupId, new: impl Iterator<Item = ContactId>) {
        if let Some(group) = self.directory().contact_group(id).cloned() {
            let members: BTreeSet<_> =
                group.members.iter().flat_map(|known| known.iter().cloned()).chain(new).collect();
            self.note(Change::ContactGroup(ContactGroup { members: Some(members.into()), ..group }));
        }
    }

    async fn remove_contacts(&mut self, group: &ContactRef, members: &[ContactId]) -> Result<(), Problem> {
        let group = self.contact_group(group)?;
        let ids: Vec<String> = members.iter().map(|id| wire_member(id).id).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let call = self.client.remove_contact_group_members(group.id.as_str(), &ids).await;
        self.unless_contacts_gone(&group.id, call)?;
        let left = group.members.iter().flat_map(|known| known.iter()).filter(|known| !members.contains(known));
        let left: BTreeSet<ContactId> = left.cloned().collect();
        self.note(Change::ContactGroup(ContactGroup { members: Some(left.into()), ..group }));
        Ok(())
    }

    async fn delete_contact_group(&mut self, group: &ContactRef) -> Result<(), Problem> {
        let id = self.contact_group(group)?.id;
        match self.client.delete_contact_group(id.as_str()).await {
            Err(error) if *error.kind() != ErrorKind::GroupNotFound => return Err(error.into()),
            Ok(()) | Err(_) => self.prove_deleted(Deleted::ContactGroup(&id)).await?,
        }
        self.note(Change::ContactGroupGone(id));
        Ok(())
    }

    fn unless_contacts_gone<T>(
        &mut self,
        id: &ContactGroupId,
        call: Result<T, zoom_client::Error>,
    ) -> Result<T, Problem> {
        call.map_err(|error| {
            if *error.kind() == ErrorKind::GroupNotFound {
                self.note(Change::ContactGroupGone(id.clone()));
                return Problem::GroupGone;
            }
            error.into()
        })
    }
}

/// A contact group as Zoom shows it; nothing for one without an id.
pub(crate) fn contact_group(group: zoom_client::ContactGroup) -> Option<ContactGroup> {
    let zoom_client::ContactGroup { id, name, privacy, description, total_members: _ } = group;
    Some(ContactGroup {
        id: ContactGroupId::new(&id)?,
        name: name.into_boxed_str(),
        description: description.unwrap_or_default().into_boxed_str(),
        privacy: privacy.map(|privacy| match privacy {
            ContactPrivacy::Public => Privacy::Public,
            ContactPrivacy::Searchable => Privacy::Searchable,
            ContactPrivacy::Private => Privacy::Private,
        }),
        members: None,
    })
}

fn wire_privacy(privacy: Privacy) -> ContactPrivacy {
    match privacy {
        Privacy::Public => ContactPrivacy::Public,
        Privacy::Searchable => ContactPrivacy::Searchable,
        Privacy::Private => ContactPrivacy::Private,
    }
}

fn wire_member(id: &ContactId) -> WireMember {
    match id {
        ContactId::User(id) => WireMember { kind: ContactKind::User, id: id.to_string() },
        ContactId::Group(id) => WireMember { kind: ContactKind::Group, id: id.to_string() },
    }
}
