//! Whether a listing can be believed.

/// So many people may be missing from a listing at once, however small the account.
const MISSING: usize = 5;

/// Why a listing is not believed although it adds up: it may be another account's, or a broken one.
///
/// `known` people were in the account when they were last reported on, `missing` of them are not any more, and `listed` are
/// in it now. An account always has its owner, so an empty listing is never believed; nor is one that lacks more than five
/// of the known people and more than one in a hundred.
#[must_use]
pub fn suspicion(known: usize, missing: usize, listed: usize) -> Option<String> {
    let seen = if listed == 0 {
        "the account is listed without anybody, not even its owner".to_owned()
    } else if missing > MISSING.max(known / 100) {
        format!("{missing} of {known} people that were in the account are missing from its listing")
    } else {
        return None;
    };
    Some(format!(
        "{seen}: nobody is created and nobody removed until they are back or their objects are deleted; check that this is \
         the right account"
    ))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::suspicion;

    #[rstest]
    #[case::all_there(8, 0, 9, false)]
    #[case::a_few(8, 5, 4, false)]
    #[case::too_many(8, 6, 3, true)]
    #[case::one_in_a_hundred(1000, 10, 991, false)]
    #[case::more_than_one_in_a_hundred(1000, 11, 990, true)]
    #[case::empty(3, 3, 0, true)]
    #[case::empty_at_first_sight(0, 0, 0, true)]
    #[case::new(0, 0, 1, false)]
    fn a_listing_is_believed_or_not(
        #[case] known: usize,
        #[case] missing: usize,
        #[case] listed: usize,
        #[case] suspicious: bool,
    ) {
        assert_eq!(suspicion(known, missing, listed).is_some(), suspicious);
    }
}
