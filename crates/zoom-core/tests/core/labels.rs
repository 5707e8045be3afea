//! Labels: who is selected, and that what is the same is held once.

use rstest::rstest;
use zoom_core::*;

fn labels(text: &str) -> Labels {
    text.split_whitespace().map(|label| label.split_once('=').unwrap()).collect()
}

fn values(text: &str) -> std::collections::BTreeSet<Box<str>> {
    text.split_whitespace().map(Into::into).collect()
}

#[rstest]
#[case("", vec![], "team=research site=paris", true)]
#[case("team=research", vec![], "team=research site=paris", true)]
#[case("team=research site=oslo", vec![], "team=research site=paris", false)]
#[case("team=research", vec![], "", false)]
#[case("", vec![Requirement::In("site".into(), values("oslo paris"))], "site=paris", true)]
#[case("", vec![Requirement::In("site".into(), values("oslo"))], "site=paris", false)]
#[case("", vec![Requirement::In("site".into(), values("oslo"))], "team=research", false)]
#[case("", vec![Requirement::NotIn("site".into(), values("oslo"))], "site=oslo", false)]
#[case("", vec![Requirement::NotIn("site".into(), values("oslo"))], "site=paris", true)]
#[case("", vec![Requirement::NotIn("site".into(), values("oslo"))], "team=research", true)]
#[case("", vec![Requirement::Exists("site".into())], "site=", true)]
#[case("", vec![Requirement::Exists("site".into())], "team=research", false)]
#[case("", vec![Requirement::DoesNotExist("site".into())], "team=research", true)]
#[case("", vec![Requirement::DoesNotExist("site".into())], "site=paris", false)]
#[case("team=research", vec![Requirement::DoesNotExist("site".into())], "team=research site=paris", false)]
fn everything_that_a_selector_says_must_hold(
    #[case] exactly: &str,
    #[case] requirements: Vec<Requirement>,
    #[case] object: &str,
    #[case] selected: bool,
) {
    let exactly = exactly.split_whitespace().filter_map(|label| label.split_once('='));
    let selector = Selector { labels: exactly.map(|(key, value)| (key.into(), value.into())).collect(), requirements };
    assert_eq!(selector.matches(&labels(object)), selected);
}

#[test]
fn a_label_given_twice_has_its_last_value() {
    assert_eq!(labels("team=a team=b").get("team"), Some("b"));
}

#[test]
fn a_pool_gives_everybody_the_same_copy_and_lets_go_of_what_nobody_holds() {
    let mut pool = Pool::<str>::default();
    let first = pool.share("research");
    assert!(std::sync::Arc::ptr_eq(&first, &pool.share("research")));
    let passing = std::sync::Arc::downgrade(&pool.share("passing"));
    (0..200).for_each(|place| drop(pool.share(format!("{place}").as_str())));
    assert!(passing.upgrade().is_none());
    assert!(std::sync::Arc::ptr_eq(&first, &pool.share("research")));
}
