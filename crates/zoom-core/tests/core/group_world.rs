//! Groups in the small world: objects that want them, an account that behaves like Zoom, and an operator.

use std::{collections::BTreeSet, sync::Arc};

use zoom_core::*;

use crate::support::*;

pub(crate) fn group_id(text: &str) -> GroupId {
    GroupId::new(text).unwrap()
}

/// A new object for a group of its own name, which says nothing of members.
pub(crate) fn group(name: &str) -> DesiredGroup {
    DesiredGroup {
        object: Object {
            key: key(name),
            uid: format!("uid-group-{name}").into(),
            created: start() - seconds(3600),
            generation: 1,
            deleting: false,
        },
        name: name.into(),
        members: None,
        membership: Membership::Additive,
        admins: None,
        primary_for: People::default(),
        removal: None,
        memory: Memory::default(),
        added: Arc::default(),
        added_admins: Arc::default(),
        refused: Arc::default(),
    }
}

pub(crate) fn users(names: &[&str]) -> People {
    People { users: names.iter().map(|name| key(name)).collect(), emails: BTreeSet::new() }
}

pub(crate) fn members(names: &[&str]) -> Option<Members> {
    Some(Members { named: users(names), ..Members::default() })
}

impl World {
    /// A group in Zoom; its id is its name in capitals.
    pub(crate) fn found(&mut self, name: &str, people: &[&str]) -> GroupId {
        let id = group_id(&name.to_uppercase());
        self.zoom_groups.push(Group { id: id.clone(), name: name.into(), total: None, admins: None });
        people.iter().for_each(|person| self.enter(person, &id));
        id
    }

    pub(crate) fn enter(&mut self, person: &str, group: &GroupId) {
        let row = self.row(person);
        let groups = row.groups.iter().flatten().filter(|known| *known != group).cloned();
        row.groups = Some(groups.chain([group.clone()]).collect());
    }

    pub(crate) fn exit(&mut self, person: &str, group: &GroupId) {
        let row = self.row(person);
        row.groups = Some(row.groups.iter().flatten().filter(|known| *known != group).cloned().collect());
    }

    pub(crate) fn add_group(&mut self, group: DesiredGroup) {
        self.groups.insert(group.object.key.clone(), group);
    }

    pub(crate) fn group(&mut self, name: &str) -> &mut DesiredGroup {
        self.groups.get_mut(&key(name)).unwrap()
    }

    pub(crate) fn edit_group(&mut self, name: &str, edit: impl FnOnce(&mut DesiredGroup)) {
        let group = self.group(name);
        group.object.generation += 1;
        edit(group);
    }

    /// What `kubectl delete` does.
    pub(crate) fn delete_group(&mut self, name: &str) {
        self.edit_group(name, |group| group.object.deleting = true);
    }

    /// Who is in a group of Zoom, by the local part of the address.
    pub(crate) fn members_of(&self, group: &GroupId) -> Vec<String> {
        let is_in = |row: &&Person| row.is_in(group) == Some(true);
        self.zoom.values().filter(is_in).map(|row| row.email.as_str().split('@').next().unwrap().to_owned()).collect()
    }

    pub(crate) fn zoom_group(&self, name: &str) -> Option<&Group> {
        self.zoom_groups.iter().find(|group| *group.name == *name)
    }

    /// Plans and carries it out: groups too.
    pub(crate) fn group_round(&mut self) -> Plan {
        let standing = |world: &Self| world.zoom.values().map(|row| (row.email.clone(), row.state)).collect::<Vec<_>>();
        let before = standing(self);
        let plan = self.round();
        for object in &plan.let_go_groups {
            self.groups.remove(object);
        }
        for new in plan.new_records.iter().filter(|new| new.deleted_source().is_some()) {
            self.groups.remove(&new.source.as_ref().unwrap().object);
        }
        // Where something became of people, the operator plans again before it goes on to groups.
        if standing(self) == before {
            self.run_departures(&plan);
            for planned in &plan.groups {
                self.run_group(planned);
            }
        }
        plan
    }

    /// Rounds until a wave that began now would have run.
    pub(crate) fn settle_groups(&mut self) -> Plan {
        self.group_round();
        self.group_round();
        self.pass_time(seconds(31));
        self.group_round();
        self.group_round();
        self.group_round()
    }

    fn run_departures(&mut self, plan: &Plan) {
        for name in &plan.running {
            let Some(place) = self.records.iter().position(|record| record.name == *name) else { continue };
            let record = self.records[place].clone();
            let Some(leaving) = record.leaving() else { continue };
            let approved = !record.is_unasked();
            if !approved && record.started_at.is_none() {
                self.ledger.note(record.class, record.people(), self.now, self.policy.guard.window);
            }
            self.records[place].started_at.get_or_insert(self.now);
            self.records[place].was_approved = approved;
            let id = group_id(&leaving.thing.id);
            if record.steps == [Step::DeleteGroup] {
                self.zoom_groups.retain(|group| group.id != id);
                self.records[place].phase = Phase::Done;
                continue;
            }
            let source = &record.source.as_ref().unwrap().object;
            let Some(planned) = plan.groups.iter().find(|planned| planned.object == *source) else { continue };
            for person in leaving.people.iter().filter(|person| planned.leaving.contains(person)) {
                self.taken.push((self.now, record.class, person.email.clone(), approved));
                let name = person.email.as_str().split('@').next().unwrap().to_owned();
                self.exit(&name, &id);
            }
            for person in leaving.people.iter().filter(|person| planned.leaving_admins.contains(person)) {
                let group = self.zoom_groups.iter_mut().find(|group| group.id == id).unwrap();
                let admins = group.admins.as_deref().cloned().unwrap_or_default();
                group.admins =
                    Some(admins.into_iter().filter(|admin| *admin != person.email).collect::<BTreeSet<_>>().into());
            }
        }
    }

    fn run_group(&mut self, planned: &GroupPlan) {
        let (adding, admins) = (planned.adding().cloned().collect::<Vec<_>>(), planned.adding_admins().cloned());
        let admins: Vec<_> = admins.collect();
        let mut created = None;
        for operation in planned.operations.iter().filter(|_| planned.runnable) {
            created = self.apply_group(operation).or(created);
        }
        let Some(object) = self.groups.get_mut(&planned.object) else { return };
        object.memory.observed_generation = Some(object.object.generation);
        if planned.verdict.reason == Reason::ClaimedByAnother {
            return;
        }
        let (mut added, mut added_admins) = (planned.added.clone(), planned.added_admins.clone());
        if planned.runnable {
            added.extend(adding);
            added_admins.extend(admins);
        }
        (object.added, object.added_admins) = (Arc::new(added), Arc::new(added_admins));
        if let Some(id) = created.clone().or_else(|| planned.group.clone()) {
            object.memory.origin.get_or_insert(if created.is_some() { Origin::Created } else { Origin::Adopted });
            object.memory.id = Some(id);
            object.memory.seen_generation = Some(object.object.generation);
        }
    }

    /// What Zoom does with an operation; the id of a new group.
    fn apply_group(&mut self, operation: &GroupOperation) -> Option<GroupId> {
        let find = |world: &Self, group: &GroupRef| {
            let named = || world.zoom_group(&group.name).map(|group| group.id.clone());
            group.id.clone().or_else(named).unwrap()
        };
        let name = |person: &PersonRef| person.email.as_str().split('@').next().unwrap().to_owned();
        match operation {
            GroupOperation::Create(name) => {
                assert!(self.zoom_group(name).is_none(), "{name} is created twice");
                let fresh = group_id(self.fresh_id().as_str());
                self.zoom_groups.push(Group { id: fresh.clone(), name: name.clone(), total: None, admins: None });
                return Some(fresh);
            }
            GroupOperation::Rename(group, name) => {
                let id = find(self, group);
                assert!(self.zoom_group(name).is_none(), "{name} is taken");
                self.zoom_groups.iter_mut().find(|group| group.id == id).unwrap().name = name.clone();
            }
            GroupOperation::AddMembers(group, people) => {
                assert!((1..=30).contains(&people.len()), "{operation}");
                let id = find(self, group);
                for person in people {
                    assert_eq!(self.row(&name(person)).state, State::Active);
                    self.enter(&name(person), &id);
                }
            }
            GroupOperation::SetPrimary(group, person) => {
                let id = find(self, group);
                let row = self.row(&name(person));
                assert_eq!(row.is_in(&id), Some(true));
                let others = row.groups.iter().flatten().filter(|known| **known != id).cloned();
                row.groups = Some([id.clone()].into_iter().chain(others).collect());
            }
            GroupOperation::ReadMembers(_) => {}
            GroupOperation::ReadAdmins(group) => {
                let id = find(self, group);
                let group = self.zoom_groups.iter_mut().find(|group| group.id == id).unwrap();
                group.admins.get_or_insert_default();
            }
            GroupOperation::AddAdmins(group, people) => {
                assert!((1..=10).contains(&people.len()), "{operation}");
                let id = find(self, group);
                let group = self.zoom_groups.iter_mut().find(|group| group.id == id).unwrap();
                let admins = group.admins.as_deref().into_iter().flatten().cloned();
                group.admins = Some(
                    admins.chain(people.iter().map(|person| person.email.clone())).collect::<BTreeSet<_>>().into(),
                );
            }
            GroupOperation::RemoveMember(..) | GroupOperation::RemoveAdmin(..) | GroupOperation::Delete(_) => {
                panic!("{operation}: only a record takes something")
            }
        }
        None
    }
}

pub(crate) fn group_plan<'a>(plan: &'a Plan, name: &str) -> &'a GroupPlan {
    plan.groups.iter().find(|planned| planned.object == key(name)).unwrap()
}
