//! Parameters in the query of a URL.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::EgressError;
use crate::auth::percent_encoded;

/// Adds a parameter of the auth method. One of that name, however it is spelled, is refused: some servers take the first
/// and some the last.
pub(super) fn add(query: &mut Option<String>, name: &str, value: &[u8]) -> Result<(), EgressError> {
    let whole = query.get_or_insert_default();
    if has(whole, name) {
        return Err(EgressError::Request(format!("parameter `{name}` is set by the auth method: leave it out")));
    }
    if !whole.is_empty() {
        whole.push('&');
    }
    whole.push_str(&pair(name, value));
    Ok(())
}

/// `name=value`, escaped.
pub(super) fn pair(name: &str, value: &[u8]) -> String {
    format!("{}={}", percent_encoded(name.as_bytes()), percent_encoded(value))
}

/// Whether a parameter is there, also in another spelling.
pub(super) fn has(query: &str, name: &str) -> bool {
    parameters(query).any(|(_, found)| found.as_ref() == name.as_bytes())
}

/// The query without the parameters of some names.
pub(super) fn without(query: &str, names: &[&str]) -> String {
    let kept = parameters(query).filter(|(_, name)| !names.iter().any(|own| own.as_bytes() == name.as_ref()));
    kept.map(|(text, _)| text).collect::<Vec<_>>().join("&")
}

/// Each parameter as it stands there, with its name decoded. Some servers separate with `;` too.
fn parameters(query: &str) -> impl Iterator<Item = (&str, Cow<'_, [u8]>)> {
    query.split(['&', ';']).map(|text| {
        let name = text.split('=').next().unwrap_or_default();
        let name = match name.contains('+') {
            true => Cow::Owned(percent_decode_str(&name.replace('+', " ")).collect()),
            false => percent_decode_str(name).into(),
        };
        (text, name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_added_once_and_escaped() {
        let mut query = None;
        add(&mut query, "key", b"a b&c=d/\xff").unwrap();
        assert_eq!(query.as_deref(), Some("key=a%20b%26c%3Dd%2F%FF"));
        let mut query = Some("page=2".to_owned());
        add(&mut query, "api key", b"x").unwrap();
        assert_eq!(query.as_deref(), Some("page=2&api%20key=x"));
        for forged in ["key=1", "a=b&key=1", "k%65y=1", "key", "a;key=1", "%6B%65%79="] {
            assert!(add(&mut Some(forged.to_owned()), "key", b"x").is_err(), "{forged}");
        }
        for forged in ["api+key=1", "api%20key=1"] {
            assert!(add(&mut Some(forged.to_owned()), "api key", b"x").is_err(), "{forged}");
        }
        assert!(add(&mut Some("keys=1&a=key".to_owned()), "key", b"x").is_ok());
    }

    #[test]
    fn parameters_are_taken_out() {
        assert_eq!(without("a=1&k%65y=2&b=3", &["key"]), "a=1&b=3");
        assert_eq!(without("key=2", &["key"]), "");
        assert_eq!(without("a=1", &[]), "a=1");
    }
}
