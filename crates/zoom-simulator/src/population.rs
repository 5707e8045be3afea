//! Believable people in any number, the same for the same seed.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::account::{License, Profile, Status};
use crate::config::{AccountConfig, PersonConfig};

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
const WORK: [(&str, &[&str]); 6] = [
    ("Engineering", &["Software Engineer", "Site Reliability Engineer", "Engineering Manager"]),
    ("Sales", &["Account Executive", "Sales Engineer", "Sales Director"]),
    ("Marketing", &["Content Strategist", "Campaign Manager"]),
    ("Finance", &["Accountant", "Controller"]),
    ("People", &["Recruiter", "People Partner"]),
    ("Support", &["Support Engineer", "Support Lead"]),
];
const PLACES: [(&str, &str); 5] = [
    ("Berlin", "Europe/Berlin"),
    ("Lisbon", "Europe/Lisbon"),
    ("Nairobi", "Africa/Nairobi"),
    ("Osaka", "Asia/Tokyo"),
    ("Denver", "America/Denver"),
];

impl AccountConfig {
    /// Adds `count` people to the account, and seats for them: about two in three are Licensed, one in twenty is
    /// inactive, one in fifty is pending.
    #[must_use]
    pub fn with_users(mut self, count: usize, seed: u64) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let domain = self.managed_domains.first().map_or("acme.example", String::as_str).to_owned();
        let first_number = self.people.len();
        let people: Vec<_> = (0..count).map(|index| person(&mut rng, first_number + index + 1, &domain)).collect();
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

fn person(rng: &mut SmallRng, number: usize, domain: &str) -> PersonConfig {
    let (first, last) = (pick(rng, &FIRST), pick(rng, &LAST));
    let (dept, titles) = pick(rng, &WORK);
    let (location, timezone) = pick(rng, &PLACES);
    let local: String = format!("{first}.{last}").chars().filter(|c| c.is_ascii_alphabetic() || *c == '.').collect();
    let status = match rng.random_range(0..100) {
        0..5 => Status::Inactive,
        5..7 => Status::Pending,
        _ => Status::Active,
    };
    PersonConfig {
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        license: if rng.random_range(0..3) == 0 { License::Basic } else { License::Licensed },
        status,
        profile: Profile {
            dept: dept.to_owned(),
            job_title: pick(rng, titles).to_owned(),
            company: "Acme".to_owned(),
            location: location.to_owned(),
            timezone: timezone.to_owned(),
            language: "en-US".to_owned(),
            ..Profile::default()
        },
        ..PersonConfig::new(format!("{}{number}@{domain}", local.to_lowercase()))
    }
}

/// One of a list that is not empty.
fn pick<T: Copy + Default>(rng: &mut SmallRng, list: &[T]) -> T {
    list.get(rng.random_range(0..list.len())).copied().unwrap_or_default()
}
