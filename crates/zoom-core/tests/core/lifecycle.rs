//! The table of states in the documentation against the code.

use crate::support::*;
use zoom_core::*;

const LIFECYCLE: &str = include_str!("../../../../docs/lifecycle.md");

fn row(state: &str, wanted: &str) -> String {
    let mut world = World::of(9);
    let mut ada = managed("ada");
    ada.generation = 2;
    ada.wanted.active = wanted == "active";
    world.add(ada);
    let state_in_zoom = match state {
        "Absent" => None,
        "Pending" => Some(State::Pending),
        "Active" => Some(State::Active),
        "Inactive" => Some(State::Inactive),
        other => panic!("{other} is no state"),
    };
    if let Some(state) = state_in_zoom {
        world.join(person("ada", state));
    }
    if state == "Pending" {
        world.object("ada").remembered.id = None;
    }
    let plan = world.plan();
    let planned = planned(&plan, "ada");
    let verbs = planned.operations.iter().map(Operation::verb).chain(planned.taken().iter().map(Step::verb));
    format!("| {state} | {wanted} | {} |", verbs.collect::<Vec<_>>().join(", ")).replace("|  |", "| |")
}

#[test]
fn the_table_of_states_is_what_the_code_does() {
    for state in ["Absent", "Pending", "Active", "Inactive"] {
        for wanted in ["active", "inactive"] {
            let row = row(state, wanted);
            assert!(LIFECYCLE.lines().any(|line| line == row), "docs/lifecycle.md lacks: {row}");
        }
    }
}

#[test]
fn every_policy_of_removal_and_method_of_creation_is_described() {
    for word in
        ["Retain", "Downgrade", "Deactivate", "Unlink", "Delete", "Invite", "AutoCreate", "Sso", "NoLogin", "Wait"]
    {
        assert!(LIFECYCLE.contains(&format!("`{word}`")), "docs/lifecycle.md lacks {word}");
    }
}
