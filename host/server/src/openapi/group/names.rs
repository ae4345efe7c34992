//! Names of components: what generators of clients make types of.

use std::collections::BTreeSet;

/// Characters that a part of a name has at most.
const PART_MAX: usize = 80;

/// The names that are taken.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// The name, or the next one with a number behind it that is free. Names that differ in their case alone would be one
    /// type or one file for some generators.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 1_u32;
        while !self.0.insert(name.to_ascii_lowercase()) {
            number = number.saturating_add(1);
            name = format!("{wanted}{number}");
        }
        name
    }
}

/// The letters and digits of a text, each word with a capital: `order_line` is `OrderLine`. Never empty.
pub(super) fn pascal(text: &str) -> String {
    let mut name = String::new();
    for word in text.split(|one: char| !one.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.extend(letters);
    }
    name.truncate(PART_MAX);
    if name.is_empty() { "Part".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_names_are_one_type() {
        let mut names = Names::default();
        let taken = ["AbInput", "ABInput", "AbInput", "AbInput2"].map(|name| names.take(name));
        assert_eq!(taken, ["AbInput", "ABInput2", "AbInput3", "AbInput22"]);
    }

    #[test]
    fn a_name_has_letters_and_digits() {
        let found = ["order_line", "a__b", "über/x y", "%%", "9"].map(pascal);
        assert_eq!(found, ["OrderLine", "AB", "BerXY", "Part", "9"]);
    }
}
