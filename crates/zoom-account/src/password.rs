//! Passwords for people who never need theirs: they set their own, or sign in otherwise.

use rand::{Rng, seq::IndexedRandom};
use secrecy::SecretString;

/// Characters by kind. Those that look alike stay in: nobody reads them.
const KINDS: [&[u8]; 4] = [b"abcdefghijklmnopqrstuvwxyz", b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"!#%+-=?@_"];

/// How often all kinds follow each other: 28 characters, about 110 bits.
const ROUNDS: usize = 7;

/// A random password within Zoom's rules: 8 to 32 characters, upper and lower case, a digit, no repeats and no runs
/// (Zoom API reference, Users: create). As neighbours are of different kinds, there can be neither repeats nor runs.
pub(crate) fn random() -> SecretString {
    generate(&mut rand::rng()).into()
}

fn generate(random: &mut impl Rng) -> String {
    let kinds = std::iter::repeat_n(KINDS, ROUNDS).flatten();
    kinds.filter_map(|kind| kind.choose(random)).copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_keep_zooms_rules() {
        for _ in 0..1_000 {
            let password = generate(&mut rand::rng());
            assert!((8..=32).contains(&password.len()));
            for kind in KINDS {
                assert!(password.bytes().any(|byte| kind.contains(&byte)), "{password}");
            }
            let steps: Vec<i16> = password.as_bytes().windows(2).map(|w| i16::from(w[1]) - i16::from(w[0])).collect();
            assert!(!steps.windows(2).any(|step| step[0] == step[1] && step[0].abs() <= 1), "{password}");
        }
    }

    #[test]
    fn no_two_passwords_are_alike() {
        assert_ne!(generate(&mut rand::rng()), generate(&mut rand::rng()));
    }

    #[test]
    fn a_password_does_not_show() {
        assert!(!format!("{:?}", random()).contains(char::is_numeric));
    }
}
