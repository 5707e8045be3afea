//! Names that are the same whenever the same is written.

use sha2::{Digest, Sha256};

/// A digest of some texts, in hexadecimal.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn short(digest: &str, chars: usize) -> String {
    digest.chars().take(chars).collect()
}

/// Object names are ASCII; cut so that the whole stays a valid name.
pub(crate) fn truncated(name: &str, chars: usize) -> String {
    name.chars().take(chars).collect::<String>().trim_end_matches(['-', '.']).to_owned()
}
