use rstest::rstest;

use super::*;

fn limiter(plan: Plan, share_percent: u8) -> Limiter {
    Limiter::new(Limits { plan, share_percent })
}

fn in_seconds(seconds: i64) -> Timestamp {
    Timestamp::now() + jiff::SignedDuration::from_secs(seconds)
}

fn throttle(scope: Scope, retry_at: Timestamp) -> Throttle {
    Throttle { scope, retry_at, label: None }
}

#[rstest]
#[case(Plan::Pro, 100, RateLabel::Light, 30)]
#[case(Plan::Pro, 50, RateLabel::Medium, 10)]
#[case(Plan::Business, 100, RateLabel::Light, 80)]
#[case(Plan::Business, 100, RateLabel::Heavy, 40)]
#[case(Plan::Free, 100, RateLabel::Medium, 2)]
#[tokio::test(start_paused = true)]
async fn the_pace_never_exceeds_the_share_and_comes_near_it(
    #[case] plan: Plan,
    #[case] share: u8,
    #[case] label: RateLabel,
    #[case] per_second: usize,
) {
    let limiter = limiter(plan, share);
    let start = Instant::now();
    let mut times = Vec::new();
    while start.elapsed() < Duration::from_secs(10) {
        limiter.admit(label, None).await.unwrap();
        times.push(start.elapsed());
    }
    for (first, time) in times.iter().enumerate() {
        let in_a_second = times[first..].iter().take_while(|later| **later < *time + Duration::from_secs(1)).count();
        assert!(in_a_second <= per_second, "{in_a_second} calls within a second");
    }
    assert!(times.len() * 10 >= per_second * 10 * 9, "only {} calls in ten seconds", times.len());
}

#[tokio::test(start_paused = true)]
async fn whoever_would_wait_long_is_told_when_to_come_back() {
    let limiter = limiter(Plan::Pro, 100);
    limiter.admit(RateLabel::ResourceIntensive, None).await.unwrap();
    let start = Instant::now();
    let kind = limiter.admit(RateLabel::ResourceIntensive, None).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO, "answered at once");
    let ErrorKind::RateLimited { retry_at } = kind else { panic!("{kind:?}") };
    assert!(retry_at > in_seconds(4) && retry_at < in_seconds(8), "{retry_at}");
}

#[tokio::test(start_paused = true)]
async fn labels_have_limits_of_their_own() {
    let limiter = limiter(Plan::Free, 100);
    limiter.admit(RateLabel::Heavy, None).await.unwrap();
    let start = Instant::now();
    limiter.admit(RateLabel::Light, None).await.unwrap();
    limiter.admit(RateLabel::Medium, None).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_429_of_a_second_holds_its_label_for_everybody_and_no_other() {
    let limiter = limiter(Plan::Unlimited, 100);
    limiter.refused(RateLabel::Light, None, &throttle(Scope::Second, in_seconds(1)));
    let start = Instant::now();
    limiter.admit(RateLabel::Medium, None).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    limiter.admit(RateLabel::Light, None).await.unwrap();
    assert!(start.elapsed() > Duration::from_millis(900), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_429_of_a_second_blocks_the_label_that_zoom_names() {
    let limiter = limiter(Plan::Unlimited, 100);
    let named = Throttle { scope: Scope::Second, retry_at: in_seconds(60), label: Some(RateLabel::Heavy) };
    limiter.refused(RateLabel::Light, None, &named);
    limiter.admit(RateLabel::Light, None).await.unwrap();
    assert!(matches!(limiter.admit(RateLabel::Heavy, None).await, Err(ErrorKind::RateLimited { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_long_429_is_an_answer_at_once() {
    let limiter = limiter(Plan::Unlimited, 100);
    let until = in_seconds(3600);
    limiter.refused(RateLabel::Light, None, &throttle(Scope::Day, until));
    let start = Instant::now();
    assert_eq!(limiter.admit(RateLabel::Light, None).await, Err(ErrorKind::DailyBudget { retry_at: until }));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_refused_day_of_creates_leaves_other_light_calls_alone() {
    let limiter = limiter(Plan::Unlimited, 100);
    limiter.refused(RateLabel::Light, Some(OwnCap::Create), &throttle(Scope::Day, in_seconds(3600)));
    assert!(limiter.admit(RateLabel::Light, None).await.is_ok());
    assert!(limiter.admit(RateLabel::Light, Some(OwnCap::OtherCreate)).await.is_ok());
    assert!(limiter.admit(RateLabel::Light, Some(OwnCap::Create)).await.is_err());
}

#[tokio::test]
async fn a_refused_day_or_lock_of_one_user_leaves_other_users_alone() {
    let limiter = limiter(Plan::Unlimited, 100);
    limiter.refused(RateLabel::Light, Some(OwnCap::PerUser), &throttle(Scope::Day, in_seconds(3600)));
    limiter.refused(RateLabel::Light, None, &throttle(Scope::Concurrent, in_seconds(3600)));
    assert!(limiter.admit(RateLabel::Light, Some(OwnCap::PerUser)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn creates_have_a_daily_cap_of_their_own_by_plan_and_share() {
    let limiter = limiter(Plan::Free, 50);
    for _ in 0..25 {
        limiter.admit(RateLabel::Light, Some(OwnCap::Create)).await.unwrap();
    }
    let kind = limiter.admit(RateLabel::Light, Some(OwnCap::Create)).await.unwrap_err();
    assert_eq!(kind, ErrorKind::DailyBudget { retry_at: next_day(Timestamp::now()) });
    limiter.admit(RateLabel::Light, None).await.unwrap();
}

#[rstest]
#[tokio::test(start_paused = true)]
async fn new_groups_have_a_daily_cap_of_100_on_every_plan(#[values(Plan::Pro, Plan::Business)] plan: Plan) {
    let limiter = limiter(plan, 50);
    for _ in 0..50 {
        limiter.admit(RateLabel::Light, Some(OwnCap::CreateGroup)).await.unwrap();
    }
    assert!(limiter.admit(RateLabel::Light, Some(OwnCap::CreateGroup)).await.is_err());
    limiter.admit(RateLabel::Light, Some(OwnCap::Create)).await.unwrap();
}

#[test]
fn the_days_budget_rolls_over_at_midnight_utc() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let budgets = [(Budget::Light, Some(2))];
    let mut days = Days::default();
    days.spend(&budgets, at("2026-05-04T23:59:58Z")).unwrap();
    days.spend(&budgets, at("2026-05-04T23:59:59Z")).unwrap();
    let spent = days.spend(&budgets, at("2026-05-04T23:59:59.9Z"));
    assert_eq!(spent, Err(ErrorKind::DailyBudget { retry_at: at("2026-05-05T00:00:00Z") }));
    days.spend(&budgets, at("2026-05-05T00:00:00Z")).unwrap();
}

#[test]
fn heavy_and_resource_intensive_calls_share_a_day_from_pro_on() {
    let limiter = limiter(Plan::Pro, 10);
    let heavy = limiter.budgets(RateLabel::Heavy, None);
    assert_eq!(heavy, limiter.budgets(RateLabel::ResourceIntensive, None));
    assert_eq!(heavy, [(Budget::HeavyAndIntensive, Some(3_000))]);
}
