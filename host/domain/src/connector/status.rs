//! Sets of HTTP statuses: `404`, `4xx`, `500-599`.

use serde_json::Value;

use crate::reader::Node;

/// Upper bound of the entries of a list.
pub(crate) const MAX: usize = 64;

/// A set of HTTP statuses, as inclusive ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses(Vec<(u16, u16)>);

impl Statuses {
    pub(super) fn of(statuses: &[u16]) -> Self {
        Self(statuses.iter().map(|status| (*status, *status)).collect())
    }

    /// All statuses but 2xx (RFC 9110 section 15.3).
    pub(super) fn failures() -> Self {
        Self(vec![(100, 199), (300, 599)])
    }

    /// Those of a list of at least one.
    pub(super) fn read(node: &Node<'_>) -> Self {
        Self::of_items(&node.items(MAX))
    }

    /// Those of a list, which may be empty: then no status is one of them.
    pub(super) fn read_if_any(node: &Node<'_>) -> Self {
        Self::of_items(&node.items_if_any(MAX))
    }

    fn of_items(items: &[Node<'_>]) -> Self {
        let range = |node: &Node<'_>| {
            let range = match node.value {
                Value::Number(number) => number.as_u64().and_then(|one| u16::try_from(one).ok()).map(|one| (one, one)),
                Value::String(text) => parse(text),
                _ => None,
            };
            let range = range.filter(|(from, to)| 100 <= *from && from <= to && *to <= 599);
            if range.is_none() {
                node.wrong("status", "expected a status such as 404, `4xx` or `500-504`");
            }
            range
        };
        Self(items.iter().filter_map(range).collect())
    }

    /// Whether a status is one of them.
    pub fn has(&self, status: u16) -> bool {
        self.0.iter().any(|(from, to)| (*from..=*to).contains(&status))
    }

    /// Each of them.
    pub fn each(&self) -> impl Iterator<Item = u16> {
        self.0.iter().flat_map(|(from, to)| *from..=*to)
    }
}

fn parse(text: &str) -> Option<(u16, u16)> {
    if let Some(digit) = text.strip_suffix("xx") {
        let hundred: u16 = digit.parse().ok().filter(|digit| (1..=5).contains(digit))?;
        return Some((hundred * 100, hundred * 100 + 99));
    }
    match text.split_once('-') {
        Some((from, to)) => Some((from.trim().parse().ok()?, to.trim().parse().ok()?)),
        None => text.parse().ok().map(|one| (one, one)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_classes_and_ranges() {
        assert_eq!(["404", "4xx", "500-504"].map(parse), [Some((404, 404)), Some((400, 499)), Some((500, 504))]);
        for wrong in ["6xx", "xx", "x", "4x", "1-"] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
        let failures = Statuses::failures();
        assert!([199, 300, 404, 599].iter().all(|status| failures.has(*status)) && !failures.has(204));
    }
}
