//! When a token is renewed, at every moment and with every clock.

use crate::auth::{Renewal, RenewalFacts, cool_down_ms, renewal};

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;

fn hour_long() -> RenewalFacts {
    RenewalFacts { generation: 3, issued_at: 100 * HOUR, lifetime_ms: Some(HOUR), ..RenewalFacts::default() }
}

fn at(facts: &RenewalFacts, after: i64) -> Renewal {
    renewal(facts, None, facts.issued_at + after)
}

#[test]
fn a_token_is_used_until_its_margin() {
    let token = hour_long();
    assert_eq!(at(&token, 0), Renewal::Use { for_ms: Some(45 * MINUTE) });
    assert_eq!(at(&token, 44 * MINUTE), Renewal::Use { for_ms: Some(MINUTE) });
    assert_eq!(at(&token, 45 * MINUTE), Renewal::Due { usable_ms: Some(15 * MINUTE) });
    assert_eq!(at(&token, HOUR), Renewal::Due { usable_ms: None });
    // Half of a short life.
    let short = RenewalFacts { lifetime_ms: Some(10_000), ..token };
    assert_eq!(at(&short, 4_000), Renewal::Use { for_ms: Some(1_000) });
    assert_eq!(at(&short, 5_000), Renewal::Due { usable_ms: Some(5_000) });
    let endless = RenewalFacts { lifetime_ms: None, ..token };
    assert_eq!(at(&endless, 1000 * HOUR), Renewal::Use { for_ms: None });
    assert_eq!(renewal(&RenewalFacts::default(), None, HOUR), Renewal::Due { usable_ms: None });
}

#[test]
fn a_refused_token_is_renewed_and_not_used_again() {
    let token = hour_long();
    let refused = |generation, after| renewal(&token, Some(generation), token.issued_at + after);
    assert_eq!(refused(3, 10 * MINUTE), Renewal::Due { usable_ms: None });
    // Somebody has another one already.
    assert_eq!(refused(2, 10 * MINUTE), Renewal::Use { for_ms: Some(35 * MINUTE) });
    // It was issued a moment ago: it is not the token that is refused.
    assert_eq!(refused(3, 59_999), Renewal::Use { for_ms: Some(44 * MINUTE + 1) });
    assert_eq!(refused(3, MINUTE), Renewal::Due { usable_ms: None });
    let endless = RenewalFacts { lifetime_ms: None, ..token };
    assert_eq!(renewal(&endless, Some(3), token.issued_at + HOUR), Renewal::Due { usable_ms: None });
}

#[test]
fn after_a_failure_nobody_asks_for_a_while() {
    let failed = RenewalFacts { retry_at: 101 * HOUR + 5_000, ..hour_long() };
    assert_eq!(at(&failed, 59 * MINUTE), Renewal::Wait { for_ms: MINUTE + 5_000, usable_ms: Some(MINUTE) });
    assert_eq!(at(&failed, HOUR), Renewal::Wait { for_ms: 5_000, usable_ms: None });
    assert_eq!(at(&failed, HOUR + 5_000), Renewal::Due { usable_ms: None });
    // What is good is used whatever failed.
    assert_eq!(at(&failed, 0), Renewal::Use { for_ms: Some(45 * MINUTE) });
    let pauses: Vec<_> = [1, 2, 3, 4, 7, 8, 1000].iter().map(|failures| cool_down_ms(*failures, None) / 1000).collect();
    assert_eq!(pauses, [5, 10, 20, 40, 300, 300, 300]);
    assert_eq!(cool_down_ms(1, Some(60)), MINUTE);
    assert_eq!(cool_down_ms(1, Some(u64::MAX)), 5 * MINUTE);
    assert_eq!(cool_down_ms(0, None), 5_000);
}

#[test]
fn a_refresh_token_that_is_over_is_not_sent() {
    let ending = RenewalFacts { refresh_ends_at: Some(101 * HOUR), ..hour_long() };
    assert_eq!(at(&ending, 50 * MINUTE), Renewal::Due { usable_ms: Some(10 * MINUTE) });
    assert_eq!(at(&ending, HOUR), Renewal::Ended);
    // The access token may live longer.
    let longer = RenewalFacts { refresh_ends_at: Some(100 * HOUR), ..hour_long() };
    assert_eq!(at(&longer, 50 * MINUTE), Renewal::Use { for_ms: Some(10 * MINUTE) });
}

#[test]
fn a_clock_that_jumps_costs_a_refresh_and_nothing_more() {
    let token = hour_long();
    // Ahead: renewed early.
    assert_eq!(at(&token, 10_000 * HOUR), Renewal::Due { usable_ms: None });
    // Back: used no longer than its life, and renewed when it is refused, however young it seems.
    assert_eq!(at(&token, -50 * HOUR), Renewal::Use { for_ms: Some(45 * MINUTE) });
    assert_eq!(renewal(&token, Some(3), 50 * HOUR), Renewal::Due { usable_ms: None });
    // A pause that was set by a clock that was ahead ends.
    let paused = RenewalFacts { retry_at: 10_000 * HOUR, ..token };
    assert_eq!(renewal(&paused, None, 101 * HOUR), Renewal::Due { usable_ms: None });
    // The extremes.
    let far = RenewalFacts { issued_at: i64::MAX, lifetime_ms: Some(i64::MAX), retry_at: i64::MAX, ..token };
    assert_eq!(renewal(&far, Some(3), i64::MIN), Renewal::Due { usable_ms: None });
    let past = RenewalFacts { issued_at: i64::MIN, retry_at: i64::MIN, ..far };
    assert_eq!(renewal(&past, None, i64::MAX), Renewal::Due { usable_ms: None });
}
