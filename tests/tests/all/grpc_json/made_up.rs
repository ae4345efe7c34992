//! Messages that Python makes up, each from a number.

use lockgate_tests::environment::{rounds, seed};

use super::Compared;

#[test]
fn messages_that_are_made_up_are_the_same_in_both_forms() {
    for mut compared in [Compared::everything(), Compared::legacy()] {
        let first = seed();
        for number in 0..rounds(300, 20_000) as u64 {
            let printed = compared.format.make_up(compared.kind, first.wrapping_add(number));
            compared.text(&printed.json.to_string());
            compared.bytes(&printed.bytes);
        }
        compared.end();
    }
}
