//! Groups, roles and contact groups: created, filled, and proved for each person.

use std::{collections::BTreeSet, sync::Arc};

use rstest::rstest;
use serde_json::json;
use zoom_core::{
    Asked, ContactGroupDraft, ContactId, ContactMember, ContactOperation, ContactRef, Desired, DesiredGroup,
    GroupOperation, GroupRef, Input, Membership, Memory, Object, ObjectKey, People, Policy, Privacy, Reason, RoleDraft,
    RoleId, RoleOperation, UserId,
};

use super::*;
use crate::{GroupApplied, Retry};

fn group(name: &str) -> GroupRef {
    GroupRef { id: None, name: name.into() }
}

fn person(email: &str) -> Asked {
    Asked::Person(Email::parse(email).unwrap())
}

/// Whom Zoom refused.
fn asked(applied: &GroupApplied) -> Vec<Asked> {
    applied.refused.iter().map(|(asked, _)| asked.clone()).collect()
}

fn numbered(count: usize) -> Vec<PersonConfig> {
    (0..count).map(|number| PersonConfig::new(format!("p{number:03}@acme.example"))).collect()
}

impl Rig {
    async fn on_group(&mut self, operation: GroupOperation) -> Result<GroupApplied, Error> {
        self.account.apply_group(&operation).await
    }

    /// Everybody but the owner, by address.
    fn everybody(&self) -> Vec<PersonRef> {
        let people = self.account.directory().people();
        let others = people.filter(|person| person.role.as_ref().is_none_or(|role| !role.is_owner()));
        let mut people: Vec<_> = others.map(Person::reference).collect();
        people.sort_by(|left, right| left.email.cmp(&right.email));
        people
    }

    fn members(&self, group: &str) -> usize {
        self.zoom.group(group).map_or(0, |group| group.members.len())
    }
}

#[tokio::test]
async fn whom_the_answer_names_is_proved_without_a_read() {
    let mut rig = Rig::listed(numbered(30)).await;
    rig.on_group(GroupOperation::Create("Research".into())).await.unwrap();
    let everybody = rig.everybody();
    let applied = rig.on_group(GroupOperation::AddMembers(group("research"), everybody)).await.unwrap();
    assert_eq!(applied, GroupApplied::default());
    assert_eq!((rig.members("Research"), rig.calls("POST /groups/{groupId}/members")), (30, 1));
    assert_eq!(rig.calls("GET /groups/{groupId}/members"), 0);
    let id = rig.account.directory().groups()[0].id.clone();
    assert!(rig.everybody().iter().all(|person| rig.row(person.email.as_str()).is_in(&id) == Some(true)));
    rig.list().await.unwrap();
    assert!(rig.everybody().iter().all(|person| rig.row(person.email.as_str()).is_in(&id) == Some(true)));
}

#[tokio::test]
async fn who_was_in_before_is_found_by_one_listing() {
    let mut rig = Rig::listed(numbered(3)).await;
    rig.on_group(GroupOperation::Create("Research".into())).await.unwrap();
    let everybody = rig.everybody();
    for person in &everybody[..2] {
        rig.zoom.add_group_member("Research", person.email.as_str()).unwrap();
    }
    let applied = rig.on_group(GroupOperation::AddMembers(group("Research"), everybody)).await.unwrap();
    assert_eq!(applied, GroupApplied::default());
    assert_eq!(rig.calls("GET /groups/{groupId}/members"), 1);
}

#[tokio::test]
async fn whom_zoom_passes_over_in_silence_is_told_and_all_others_are_in() {
    let mut people = numbered(10);
    people[4].refuses_groups = true;
    people[7].refuses_groups = true;
    let mut rig = Rig::listed(people).await;
    rig.on_group(GroupOperation::Create("Research".into())).await.unwrap();
    let everybody = rig.everybody();
    let applied = rig.on_group(GroupOperation::AddMembers(group("Research"), everybody)).await.unwrap();
    assert_eq!(asked(&applied), ["p004@acme.example", "p007@acme.example"].map(person));
    assert!(applied.refused[0].1.contains("without effect"), "{applied:?}");
    assert_eq!(rig.members("Research"), 8);
}

#[tokio::test]
async fn a_look_at_a_group_shows_who_came_and_who_went_since_the_listing() {
    let mut rig = Rig::listed(numbered(3)).await;
    rig.on_group(GroupOperation::Create("Research".into())).await.unwrap();
    let everybody = rig.everybody();
    rig.on_group(GroupOperation::AddMembers(group("Research"), everybody[..2].to_vec())).await.unwrap();
    rig.zoom.add_group_member("Research", everybody[2].email.as_str()).unwrap();
    let (client, id) = (client(&rig.zoom, "simulator-secret"), rig.account.directory().groups()[0].id.clone());
    client.remove_group_member(id.as_str(), everybody[0].key()).await.unwrap();
    let inside = |rig: &Rig| -> Vec<bool> {
        everybody.iter().map(|person| rig.row(person.email.as_str()).is_in(&id) == Some(true)).collect()
    };
    assert_eq!(inside(&rig), [true, true, false]);
    rig.on_group(GroupOperation::ReadMembers(group("Research"))).await.unwrap();
    assert_eq!(inside(&rig), [false, true, true]);
}

#[tokio::test]
async fn a_batch_that_is_refused_is_halved() {
    let mut rig = Rig::listed(numbered(8)).await;
    rig.on_group(GroupOperation::Create("Research".into())).await.unwrap();
    let refusal = answer(400, json!({"code": 300, "message": "One of them cannot be a member."}));
    // All eight, then the first four, two and one of them.
    rig.zoom.inject(on("POST", "/groups/{groupId}/members", refusal).times(4));
    let everybody = rig.everybody();
    let applied = rig.on_group(GroupOperation::AddMembers(group("Research"), everybody)).await.unwrap();
    assert_eq!(asked(&applied), [person("p000@acme.example")]);
    assert!(applied.refused[0].1.contains("cannot be a member"), "{applied:?}");
    assert_eq!(rig.members("Research"), 7);
}

#[tokio::test]
async fn a_group_that_was_there_already_is_found_and_was_not_created() {
    let mut rig = Rig::listed([]).await;
    rig.zoom.create_group("Research").unwrap();
    let applied = rig.on_group(GroupOperation::Create("research".into())).await.unwrap();
    assert_eq!((applied.was_there, rig.account.directory().groups().len()), (true, 1));
    assert!(!rig.on_group(GroupOperation::Create("Support".into())).await.unwrap().was_there);
    rig.zoom.create_group("Sales").unwrap();
    let error = rig.on_group(GroupOperation::Rename(group("research"), "Sales".into())).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), (Reason::NameTaken, Retry::AfterEdit));
}

/// Whether it is certain that nothing was created when a create is answered so.
#[rstest]
#[case::refused(answer(400, json!({"code": 300, "message": "Not today."})), true)]
#[case::answered_without_sense(answer(502, json!({})), false)]
#[tokio::test]
async fn a_create_that_certainly_failed_is_told_from_one_in_doubt(#[case] effect: FaultEffect, #[case] certain: bool) {
    let mut rig = Rig::listed([]).await;
    for path in ["/groups", "/roles", "/contacts/groups"] {
        rig.zoom.inject(on("POST", path, effect.clone()));
    }
    let draft = ContactGroupDraft { name: "Call".into(), description: None, privacy: None };
    let role = RoleDraft { name: "Help desk".into(), description: None, privileges: None };
    let errors = [
        rig.on_group(GroupOperation::Create("Research".into())).await.unwrap_err(),
        rig.account.apply_contact_group(&ContactOperation::Create(draft)).await.unwrap_err(),
        rig.account.apply_role(&RoleOperation::Create(role)).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.created_nothing(), certain, "{error}");
    }
}

#[tokio::test]
async fn a_group_that_is_gone_is_known_to_be_gone() {
    let mut rig = Rig::listed(numbered(1)).await;
    rig.on_group(GroupOperation::Create("Research".into())).await.unwrap();
    let reference = GroupRef { id: Some(rig.account.directory().groups()[0].id.clone()), name: "Research".into() };
    rig.zoom.delete_group("Research").unwrap();
    let everybody = rig.everybody();
    let error = rig.on_group(GroupOperation::AddMembers(reference.clone(), everybody)).await.unwrap_err();
    assert_eq!(error.reason(), Reason::RemovedInZoom);
    assert!(rig.account.directory().groups().is_empty());
    rig.on_group(GroupOperation::Delete(reference)).await.unwrap();
}

#[rstest]
#[case::refused(FaultEffect::SwappedAccount)]
#[case::without_effect(FaultEffect::WithoutEffect)]
#[tokio::test]
async fn two_wrong_answers_do_not_prove_that_a_group_is_gone(#[case] effect: FaultEffect) {
    let mut rig = Rig::listed(numbered(1)).await;
    rig.on_group(GroupOperation::Create("Research".into())).await.unwrap();
    rig.zoom.inject(on("DELETE", "/groups/{groupId}", effect));
    rig.zoom.inject(on("GET", "/groups/{groupId}/members", FaultEffect::SwappedAccount));
    let error = rig.on_group(GroupOperation::Delete(group("Research"))).await.unwrap_err();
    assert_eq!((error.reason(), rig.zoom.faults()), (Reason::NotApplied, Vec::new()));
    assert!(rig.account.directory().groups().iter().any(|known| &*known.name == "Research"));
    rig.on_group(GroupOperation::Delete(group("Research"))).await.unwrap();
    assert!(rig.zoom.group("Research").is_none());
}

#[tokio::test]
async fn who_is_out_already_counts_as_taken_out() {
    let mut rig = Rig::listed([PersonConfig::new(ADA)]).await;
    rig.on_group(GroupOperation::Create("Research".into())).await.unwrap();
    let ada = rig.reference(ADA);
    rig.on_group(GroupOperation::AddMembers(group("Research"), vec![ada.clone()])).await.unwrap();
    rig.on_group(GroupOperation::RemoveMember(group("Research"), ada.clone())).await.unwrap();
    rig.on_group(GroupOperation::RemoveMember(group("Research"), ada.clone())).await.unwrap();
    rig.on_group(GroupOperation::RemoveAdmin(group("Research"), ada.email.clone())).await.unwrap();
    assert_eq!(rig.members("Research"), 0);
    assert_eq!(rig.row(ADA).groups.as_deref(), Some(&[][..]));
}

#[tokio::test]
async fn administrators_are_added_and_known_by_address() {
    let mut rig = Rig::listed([PersonConfig::new(ADA), PersonConfig::new(BOB)]).await;
    rig.on_group(GroupOperation::Create("Research".into())).await.unwrap();
    let people = vec![rig.reference(ADA), rig.reference(BOB)];
    rig.on_group(GroupOperation::AddAdmins(group("Research"), people)).await.unwrap();
    rig.on_group(GroupOperation::RemoveAdmin(group("Research"), rig.reference(BOB).email)).await.unwrap();
    let admins = |rig: &Rig| rig.account.directory().groups()[0].admins.clone();
    assert_eq!(admins(&rig).as_deref(), Some(&BTreeSet::from([rig.reference(ADA).email])));
    rig.on_group(GroupOperation::ReadAdmins(group("Research"))).await.unwrap();
    assert_eq!(admins(&rig).as_deref(), Some(&BTreeSet::from([rig.reference(ADA).email])));
}

#[tokio::test]
async fn a_role_is_made_changed_and_deleted_with_proof() {
    let mut rig = Rig::listed([]).await;
    let draft = |name: &str, privileges: &[&str]| RoleDraft {
        name: name.into(),
        description: Some("Looks at people".into()),
        privileges: Some(privileges.iter().map(|privilege| (*privilege).into()).collect()),
    };
    let create = RoleOperation::Create(draft("Help desk", &["User:Read"]));
    rig.account.apply_role(&create).await.unwrap();
    let id = rig.account.directory().role_named("help desk").unwrap().id.clone();
    let update = RoleOperation::Update(id.clone(), draft("Service desk", &["User:Read", "Group:Read"]));
    rig.account.apply_role(&update).await.unwrap();
    let role = rig.account.directory().role_named("Service desk").unwrap();
    assert_eq!((role.id == id, role.privileges.as_ref().unwrap().len()), (true, 2));
    rig.account.apply_role(&RoleOperation::Read(RoleId::new(RoleId::OWNER).unwrap())).await.unwrap();
    rig.account.apply_role(&RoleOperation::Delete(id)).await.unwrap();
    assert!(rig.account.directory().role_named("Service desk").is_none());
}

#[tokio::test]
async fn a_contact_group_is_made_filled_changed_and_emptied_but_for_one() {
    let mut rig = Rig::listed(numbered(3)).await;
    rig.on_group(GroupOperation::Create("Research".into())).await.unwrap();
    let draft = |name: &str| ContactGroupDraft {
        name: name.into(),
        description: Some("In case of doubt".into()),
        privacy: Some(Privacy::Private),
    };
    let contacts = ContactRef { id: None, name: "Whom to call".into() };
    rig.account.apply_contact_group(&ContactOperation::Create(draft("Whom to call"))).await.unwrap();
    let member = |person: &PersonRef| ContactMember {
        id: ContactId::User(person.id.clone().unwrap()),
        name: person.email.as_str().into(),
    };
    let people: Vec<ContactMember> = rig.everybody().iter().map(member).collect();
    let research = ContactId::Group(rig.account.directory().groups()[0].id.clone());
    let groups = vec![ContactMember { id: research.clone(), name: "team/research".into() }];
    for members in [people.clone(), groups] {
        let add = ContactOperation::Add(contacts.clone(), members);
        assert_eq!(rig.account.apply_contact_group(&add).await.unwrap(), GroupApplied::default());
    }
    rig.account.apply_contact_group(&ContactOperation::Read(contacts.clone())).await.unwrap();
    let shown = |rig: &Rig| rig.account.directory().contact_groups()[0].members.clone().unwrap();
    assert_eq!(shown(&rig).len(), 4);
    let update = ContactOperation::Update(contacts, draft("Whom to ask"));
    rig.account.apply_contact_group(&update).await.unwrap();
    let contacts = ContactRef { id: None, name: "Whom to ask".into() };
    let leavers = people.iter().map(|member| member.id.clone()).collect();
    rig.account.apply_contact_group(&ContactOperation::Remove(contacts.clone(), leavers)).await.unwrap();
    assert_eq!(*shown(&rig), BTreeSet::from([research]));
    rig.account.apply_contact_group(&ContactOperation::Delete(contacts)).await.unwrap();
    assert!(rig.account.directory().contact_groups().is_empty());
}

#[tokio::test]
async fn a_group_that_zoom_does_not_take_into_a_contact_group_is_told() {
    let mut rig = Rig::listed([]).await;
    rig.on_group(GroupOperation::Create("Research".into())).await.unwrap();
    let draft = ContactGroupDraft { name: "Call".into(), description: None, privacy: None };
    rig.account.apply_contact_group(&ContactOperation::Create(draft)).await.unwrap();
    let research = rig.account.directory().groups()[0].id.clone();
    let member = ContactMember { id: ContactId::Group(research.clone()), name: "team/research".into() };
    let add = ContactOperation::Add(ContactRef { id: None, name: "Call".into() }, vec![member]);
    let refusals = [
        (answer(400, json!({"code": 300, "message": "Not this group."})), "Not this group"),
        (answer(201, json!({"member_ids": []})), "without effect"),
    ];
    for (refusal, why) in refusals {
        rig.zoom.inject(on("POST", "/contacts/groups/{groupId}/members", refusal).times(1));
        let applied = rig.account.apply_contact_group(&add).await.unwrap();
        assert_eq!(asked(&applied), [Asked::Group(research.clone())]);
        assert!(applied.refused[0].1.contains(why), "{applied:?}");
    }
}

fn wish(number: usize, people: &[PersonRef]) -> DesiredGroup {
    let emails = people.iter().cycle().skip(number * 7).take(250).map(|person| person.email.clone()).collect();
    DesiredGroup {
        object: Object {
            key: ObjectKey::new("team", format!("group-{number}")),
            uid: format!("uid-{number}").into(),
            created: long_ago(),
            generation: 1,
            deleting: false,
        },
        name: format!("Group {number}").into(),
        members: Some(zoom_core::Members { named: People { emails, ..People::default() }, ..Default::default() }),
        membership: Membership::Exclusive,
        admins: None,
        primary_for: People::default(),
        removal: None,
        memory: Memory::default(),
        added: Arc::<BTreeSet<UserId>>::default(),
        added_admins: Arc::default(),
        refused: Arc::default(),
    }
}

/// The benchmark: as many calls as there are groups to create and batches to add, and not one more; then nothing.
#[tokio::test]
async fn two_hundred_groups_of_250_from_nothing_take_no_call_more_than_needed() {
    const GROUPS: usize = 200;
    const NEEDED: u64 = (GROUPS * (1 + 250_usize.div_ceil(GroupOperation::MEMBERS))) as u64;
    let mut rig = Rig::listed(numbered(400)).await;
    let everybody = rig.everybody();
    let groups: Vec<_> = (0..GROUPS).map(|number| wish(number, &everybody)).collect();
    let desired = Desired { groups, complete: true, ..Desired::default() };
    let (policy, ledger) = (Policy::default(), zoom_core::Ledger::default());
    let plan = |rig: &Rig| {
        let directory = rig.account.directory();
        let input = Input {
            connection: "acme",
            policy: &policy,
            desired: &desired,
            directory,
            records: &[],
            ledger: &ledger,
            suspicion: None,
            now: long_ago(),
        };
        zoom_core::plan(&input)
    };
    let counted = |rig: &Rig| -> u64 { rig.zoom.counters().values().flat_map(|by_status| by_status.values()).sum() };
    let before = counted(&rig);
    for planned in plan(&rig).groups {
        for operation in planned.operations {
            assert_eq!(rig.on_group(operation).await.unwrap(), GroupApplied::default());
        }
    }
    assert_eq!(counted(&rig) - before, NEEDED);
    rig.list().await.unwrap();
    let again = plan(&rig);
    assert!(again.groups.iter().all(|planned| planned.operations.is_empty()), "nothing is left to do");
    assert!(again.groups.iter().all(|planned| planned.members.as_ref().unwrap().present == 250));
}
