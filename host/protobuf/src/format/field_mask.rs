//! Paths of a field mask: `user_name.first` in a message, `userName.first` in JSON. What does not come back is refused.

/// The path as JSON has it; none if no path of JSON becomes this one.
pub(crate) fn to_camel(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut chars = path.chars();
    while let Some(one) = chars.next() {
        match one {
            '_' => out.push(chars.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase()),
            'A'..='Z' | ',' | '"' | '\\' | '\0'..='\u{1f}' => return None,
            other => out.push(other),
        }
    }
    Some(out)
}

/// The path as a message has it.
pub(crate) fn from_camel(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len() + 4);
    for one in path.chars() {
        match one {
            '_' => return None,
            'A'..='Z' => out.extend(['_', one.to_ascii_lowercase()]),
            other => out.push(other),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back_or_are_refused() {
        for (snake, camel) in [("user_name.first", "userName.first"), ("a", "a"), ("a_b_c", "aBC")] {
            assert_eq!(to_camel(snake).as_deref(), Some(camel));
            assert_eq!(from_camel(camel).as_deref(), Some(snake));
        }
        for snake in ["userName", "a__b", "a_1", "a_", "a,b"] {
            assert_eq!(to_camel(snake), None, "{snake}");
        }
        assert_eq!(from_camel("a_b"), None);
    }
}
