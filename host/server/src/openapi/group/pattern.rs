//! Regular expressions: those of schemas are read by the linear engine of the host, and those of OpenAPI by readers of
//! ECMA-262.

/// What the engine of the host has, and ECMA-262 does not, or reads otherwise.
const FOREIGN: [&str; 10] = ["(?P<", "(?P=", "\\A", "\\z", "\\Z", "[[:", "\\x{", "\\U", "\\<", "\\>"];

/// Whether a pattern means the same in ECMA-262, as far as its syntax shows.
pub(super) fn is_common(pattern: &str) -> bool {
    !(FOREIGN.iter().any(|foreign| pattern.contains(foreign)) || has_flags(pattern) || has_set_operation(pattern))
}

/// `(?i)`, `(?s-m:…)`: anything behind `(?` that is no group.
fn has_flags(pattern: &str) -> bool {
    pattern.split("(?").skip(1).any(|rest| !rest.starts_with([':', '=', '!', '<']))
}

/// `[a-z&&[^b]]`, `[a--b]`, `[a~~b]`.
fn has_set_operation(pattern: &str) -> bool {
    let in_class = pattern.contains('[');
    in_class && ["&&", "--", "~~"].iter().any(|operation| pattern.contains(operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_read_otherwise_is_told_apart() {
        for common in ["^[a-z][a-z0-9_]{0,63}$", "(?:a|b)+", "\\d{2}-\\d{2}", "(?<year>[0-9]{4})", "a--b", ""] {
            assert!(is_common(common), "{common}");
        }
        for foreign in ["(?P<a>x)", "(?i)abc", "(?s-m:a)", "\\Aa\\z", "[[:alpha:]]", "\\x{41}", "[a-z&&[^b]]"] {
            assert!(!is_common(foreign), "{foreign}");
        }
    }
}
