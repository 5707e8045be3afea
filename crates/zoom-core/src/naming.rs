//! Names that are the same whenever the same is written.

use sha2::{Digest, Sha256};

/// The first 16 hexadecimal digits of a digest of some texts.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let first = hasher.finalize().iter().take(8).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    format!("{first:016x}")
}

pub(crate) fn short(digest: &str, chars: usize) -> String {
    digest.chars().take(chars).collect()
}

/// Object names are ASCII; cut so that the whole stays a valid name.
pub(crate) fn truncated(name: &str, chars: usize) -> String {
    name.chars().take(chars).collect::<String>().trim_end_matches(['-', '.']).to_owned()
}
