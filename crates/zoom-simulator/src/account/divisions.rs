//! Divisions: everybody is in exactly one, and whoever is in no other is in the main one.
//!
//! Every account has one main division from the start, and a person who is added to a division leaves the one before (Zoom
//! support, Creating divisions for Zoom Customer Experience). There are at most 500 (Zoom API reference, Divisions: create).
//! Who is where stands with the person: no division means the main one.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::person::State;
use super::{Account, Person, Refusal, Selection, Seq};

/// What the main division is called at first.
pub(crate) const MAIN_DIVISION: &str = "Main Division";

/// How many divisions an account may have, the main one among them.
pub(crate) const MOST_DIVISIONS: usize = 500;

/// A division.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Division {
    pub(crate) seq: Seq,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
}

/// The divisions of an account.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Divisions {
    main: Division,
    /// All others, in the order in which they were created.
    others: BTreeMap<Seq, Division>,
    last: u64,
}

impl Divisions {
    pub(crate) fn new(main_id: String) -> Self {
        let (name, description) = (MAIN_DIVISION.to_owned(), String::new());
        let main = Division { seq: Seq(1), id: main_id, name, description };
        Self { main, others: BTreeMap::new(), last: 1 }
    }

    /// Adds a division. The caller has made sure that id and name are new.
    pub(crate) fn insert(&mut self, id: String, name: String, description: String) {
        self.last += 1;
        let seq = Seq(self.last);
        self.others.insert(seq, Division { seq, id, name, description });
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Division> {
        self.all().find(|division| division.id == id)
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut Division> {
        if self.main.id == id {
            return Some(&mut self.main);
        }
        self.others.values_mut().find(|division| division.id == id)
    }

    pub(crate) fn is_main(&self, id: &str) -> bool {
        self.main.id == id
    }

    pub(crate) fn len(&self) -> usize {
        self.others.len() + 1
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Division> {
        std::iter::once(&self.main).chain(self.others.values())
    }

    /// Those created after `seq`.
    pub(crate) fn after(&self, seq: Seq) -> impl Iterator<Item = &Division> {
        let main = Some(&self.main).filter(|main| main.seq > seq);
        main.into_iter()
            .chain(self.others.range((Bound::Excluded(seq), Bound::Unbounded)).map(|(_, division)| division))
    }
}

impl Account {
    pub(crate) fn division(&self, id: &str) -> Result<&Division, Refusal> {
        self.divisions.get(id).ok_or_else(|| Refusal::DivisionMissing(id.to_owned()))
    }

    /// Creates a division and gives its id.
    pub(crate) fn create_division(&mut self, name: &str, description: &str) -> Result<String, Refusal> {
        self.check_division_name(name, None)?;
        if self.divisions.len() >= MOST_DIVISIONS {
            return Err(Refusal::TooManyDivisions);
        }
        let id = self.new_id();
        self.divisions.insert(id.clone(), name.to_owned(), description.to_owned());
        Ok(id)
    }

    /// Changes a division, the main one as well; what is absent stays.
    pub(crate) fn change_division(
        &mut self,
        id: &str,
        name: Option<String>,
        description: Option<String>,
    ) -> Result<(), Refusal> {
        let seq = self.division(id)?.seq;
        if let Some(name) = &name {
            self.check_division_name(name, Some(seq))?;
        }
        if let Some(division) = self.divisions.get_mut(id) {
            division.name = name.unwrap_or_else(|| division.name.clone());
            division.description = description.unwrap_or_else(|| division.description.clone());
        }
        Ok(())
    }

    /// That a name can be a division's: no source speaks of uniqueness, so a second one of the name is refused.
    fn check_division_name(&self, name: &str, own: Option<Seq>) -> Result<(), Refusal> {
        let same = |other: &str| other.to_lowercase() == name.to_lowercase();
        let taken = self.divisions.all().any(|division| Some(division.seq) != own && same(&division.name));
        if taken {
            Err(Refusal::DivisionInvalid(format!("The division name {name} is already in use.")))
        } else {
            Ok(())
        }
    }

    /// Deletes a division, which must be empty and not the main one.
    pub(crate) fn delete_division(&mut self, id: &str) -> Result<(), Refusal> {
        let division = self.division(id)?;
        if self.divisions.is_main(id) {
            return Err(Refusal::MainDivision);
        }
        if self.members_of(division).len() > 0 {
            return Err(Refusal::DivisionNotEmpty(division.name.clone()));
        }
        let seq = division.seq;
        self.divisions.others.remove(&seq);
        Ok(())
    }

    /// Everybody in a division, whatever their status.
    pub(crate) fn members_of(&self, division: &Division) -> Selection<'_> {
        self.people.in_division(if self.divisions.is_main(&division.id) { "" } else { &division.id })
    }

    /// Moves people into a division and tells the ids of those who are newly in it. Whoever is there already, is not active or
    /// not in the account is passed over, as with groups: no source says what becomes of them.
    pub(crate) fn assign_to_division(&mut self, id: &str, keys: &[String]) -> Result<Vec<String>, Refusal> {
        let ids = self.kept_divisions(vec![self.division(id)?.id.clone()]);
        let mut added = Vec::new();
        for key in keys {
            let Some(person) = self.people.find(key) else { continue };
            if matches!(person.state, State::Active { .. }) && person.profile.division_ids != ids {
                added.push(person.id.clone());
                let seq = person.seq;
                self.people.edit(seq, |person| person.profile.division_ids.clone_from(&ids));
            }
        }
        Ok(added)
    }

    pub(crate) fn is_in_division(&self, person: &Person, id: &str) -> bool {
        person.profile.division_ids.first().map_or_else(|| self.divisions.is_main(id), |own| own == id)
    }

    /// The divisions as people's rows keep them: the main one is none.
    pub(super) fn kept_divisions(&self, mut ids: Vec<String>) -> Vec<String> {
        ids.retain(|id| !self.divisions.is_main(id));
        ids
    }

    /// The first of those divisions that is not there.
    pub(super) fn unknown_division<'a>(&self, ids: &'a [String]) -> Option<&'a str> {
        ids.iter().find(|id| self.divisions.get(id).is_none()).map(String::as_str)
    }

    /// The divisions that somebody's rows show.
    pub(crate) fn shown_divisions<'a>(&'a self, person: &'a Person) -> &'a [String] {
        match person.profile.division_ids.as_slice() {
            [] if self.config.quirks.main_division_in_rows => std::slice::from_ref(&self.divisions.main.id),
            ids => ids,
        }
    }
}
