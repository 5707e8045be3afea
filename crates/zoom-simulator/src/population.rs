//! Believable people in any number, the same for the same seed.

use std::collections::{HashMap, HashSet};

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::account::{License, Profile, Status};
use crate::config::{AccountConfig, GroupConfig, PersonConfig};

const FIRST: [&str; 40] = [
    "Ada", "Alan", "Amara", "Anders", "Aylin", "Bao", "Carla", "Chidi", "Dagny", "Dario", "Elena", "Emeka", "Farid",
    "Freya", "Goran", "Hana", "Hugo", "Ines", "Ivan", "Jamal", "Jia", "Kamala", "Kenji", "Lars", "Leila", "Lucia",
    "Mateo", "Mei", "Nadia", "Noor", "Omar", "Petra", "Quinn", "Ravi", "Rosa", "Sven", "Tariq", "Uma", "Wanjiru",
    "Zoë",
];
const LAST: [&str; 40] = [
    "Adeyemi",
    "Almeida",
    "Andersson",
    "Bauer",
    "Bianchi",
    "Chen",
    "Costa",
    "Diallo",
    "Dubois",
    "Eriksen",
    "Fernandez",
    "Fischer",
    "Garcia",
    "Haddad",
    "Hansen",
    "Ibrahim",
    "Ito",
    "Jansen",
    "Kaya",
    "Khan",
    "Kowalski",
    "Kumar",
    "Laurent",
    "Lindqvist",
    "Lopez",
    "Mbeki",
    "Moreau",
    "Müller",
    "Nakamura",
    "Novak",
    "O'Brien",
    "Okafor",
    "Patel",
    "Popescu",
    "Rossi",
    "Silva",
    "Tanaka",
    "Virtanen",
    "Weber",
    "Zhang",
];
/// Departments with the weight of their size and the titles in them.
const WORK: [(&str, u32, &[&str]); 7] = [
    (
        "Engineering",
        34,
        &["Software Engineer", "Senior Software Engineer", "Site Reliability Engineer", "Data Engineer"],
    ),
    ("Sales", 22, &["Account Executive", "Sales Engineer", "Sales Development Representative"]),
    ("Support", 16, &["Support Engineer", "Support Specialist"]),
    ("Marketing", 10, &["Content Strategist", "Campaign Manager"]),
    ("Finance", 7, &["Accountant", "Controller"]),
    ("People", 6, &["Recruiter", "People Partner"]),
    ("IT", 5, &["Systems Administrator", "Service Desk Analyst"]),
];
const PLACES: [(&str, &str); 5] = [
    ("Berlin", "Europe/Berlin"),
    ("Lisbon", "Europe/Lisbon"),
    ("Nairobi", "Africa/Nairobi"),
    ("Osaka", "Asia/Tokyo"),
    ("Denver", "America/Denver"),
];

/// The group of those who are in no department's payroll; one in twelve.
const CONTRACTORS: &str = "Contractors";

impl AccountConfig {
    /// Adds `count` people to the account, seats for them, and a group for each department and for contractors. About
    /// two in three are Licensed, one in twenty is inactive, one in fifty is pending; each department has a head whom
    /// the others name as their manager, and the IT department has the administrators, one for 200 people.
    #[must_use]
    pub fn with_users(mut self, count: usize, seed: u64) -> Self {
        if count == 0 {
            return self;
        }
        let groups = WORK.iter().map(|(dept, ..)| *dept).chain([CONTRACTORS]);
        let missing: Vec<_> = groups.filter(|name| self.groups.iter().all(|group| group.name != **name)).collect();
        self.groups.extend(missing.into_iter().map(|name| GroupConfig { name: name.to_owned(), id: None }));
        let mut hiring = Hiring::new(&self, count, seed);
        let people: Vec<_> = (0..count).map(|_| hiring.person()).collect();
        let count = |license| {
            let takes_seat = |person: &&PersonConfig| person.license == license && person.status != Status::Inactive;
            u32::try_from(people.iter().filter(takes_seat).count()).unwrap_or(u32::MAX)
        };
        self.seats.licensed = self.seats.licensed.saturating_add(count(License::Licensed));
        self.seats.basic = self.seats.basic.map(|basic| basic.saturating_add(count(License::Basic)));
        self.people.extend(people);
        self
    }
}

/// Makes people up, one after another.
struct Hiring {
    rng: SmallRng,
    domain: String,
    taken: HashSet<String>,
    /// How many people had a name before.
    namesakes: HashMap<String, u32>,
    /// The head of each department.
    heads: HashMap<&'static str, String>,
    /// How many administrators there are still to be.
    admins: usize,
}

impl Hiring {
    fn new(config: &AccountConfig, count: usize, seed: u64) -> Self {
        Self {
            rng: SmallRng::seed_from_u64(seed),
            domain: config.managed_domains.first().map_or("acme.example", String::as_str).to_owned(),
            taken: config
                .people
                .iter()
                .map(|person| &person.email)
                .chain([&config.owner])
                .map(|e| e.to_lowercase())
                .collect(),
            namesakes: HashMap::new(),
            heads: HashMap::new(),
            admins: count.div_ceil(200),
        }
    }

    fn person(&mut self) -> PersonConfig {
        let (first, last) = (pick(&mut self.rng, &FIRST), pick(&mut self.rng, &LAST));
        let email = self.address(first, last);
        let person =
            PersonConfig { first_name: first.to_owned(), last_name: last.to_owned(), ..PersonConfig::new(&email) };
        let license = if self.rng.random_range(0..3) == 0 { License::Basic } else { License::Licensed };
        let status = match self.rng.random_range(0..100) {
            0..5 => Status::Inactive,
            5..7 => return PersonConfig { status: Status::Pending, license, ..person },
            _ => Status::Active,
        };
        let (dept, titles) = self.department();
        let contractor = self.rng.random_range(0..12) == 0;
        let head = (status == Status::Active && !contractor && !self.heads.contains_key(dept)).then(|| {
            self.heads.insert(dept, email.clone());
            format!("Head of {dept}")
        });
        let admin = dept == "IT" && status == Status::Active && !contractor && self.admins > 0;
        self.admins -= usize::from(admin);
        let (location, timezone) = pick(&mut self.rng, &PLACES);
        let manager = self.heads.get(dept).filter(|_| head.is_none()).cloned().unwrap_or_default();
        PersonConfig {
            license,
            status,
            role: admin.then(|| "Admin".to_owned()),
            groups: vec![if contractor { CONTRACTORS } else { dept }.to_owned()],
            profile: Profile {
                dept: dept.to_owned(),
                job_title: head.unwrap_or_else(|| pick(&mut self.rng, titles).to_owned()),
                company: "Acme".to_owned(),
                location: location.to_owned(),
                manager,
                timezone: timezone.to_owned(),
                language: "en-US".to_owned(),
                ..Profile::default()
            },
            ..person
        }
    }

    /// `ada.chen@…`, and for those who come later `ada.chen2@…`.
    fn address(&mut self, first: &str, last: &str) -> String {
        let name: String = format!("{first}.{last}").chars().filter(|c| c.is_ascii_alphabetic() || *c == '.').collect();
        let name = name.to_lowercase();
        let count = self.namesakes.entry(name.clone()).or_default();
        loop {
            *count += 1;
            let number = if *count == 1 { String::new() } else { count.to_string() };
            let email = format!("{name}{number}@{}", self.domain);
            if self.taken.insert(email.to_lowercase()) {
                return email;
            }
        }
    }

    fn department(&mut self) -> (&'static str, &'static [&'static str]) {
        let mut left = self.rng.random_range(0..WORK.iter().map(|(_, weight, _)| weight).sum::<u32>());
        for (dept, weight, titles) in WORK {
            match left.checked_sub(weight) {
                Some(rest) => left = rest,
                None => return (dept, titles),
            }
        }
        ("IT", &["Systems Administrator"])
    }
}

/// One of a list that is not empty.
fn pick<T: Copy + Default>(rng: &mut SmallRng, list: &[T]) -> T {
    list.get(rng.random_range(0..list.len())).copied().unwrap_or_default()
}
