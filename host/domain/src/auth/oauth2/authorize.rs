//! The address where a person agrees (RFC 6749 section 4.1.1).

use std::collections::BTreeMap;

use super::Oauth2;
use crate::reader::{Node, Object};

/// Standard parameters that can have another name; `code` is the callback's.
pub(crate) const RENAMED: [&str; 5] = ["client_id", "redirect_uri", "response_type", "scope", "code"];
/// Standard parameters that an address may lack. Without `state` a callback belongs to nobody.
pub(crate) const OMITTED: [&str; 3] = ["response_type", "redirect_uri", "scope"];
/// A parameter of these names would replace what binds the callback to its beginning.
const NEVER_GIVEN: [&str; 5] = ["client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method"];
/// What a callback has beside the code (RFC 6749 section 4.1.2, RFC 9207).
const CALLBACK: [&str; 3] = ["state", "error", "iss"];

/// What one authorization asks for.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizeQuery<'a> {
    /// The client's id at the provider.
    pub client_id: &'a str,
    /// Where the provider sends the person back to.
    pub redirect_uri: &'a str,
    /// Scopes beyond those of the definition.
    pub scopes: &'a [String],
    /// What the callback repeats.
    pub state: &'a str,
    /// The challenge by S256 (RFC 7636 section 4.2), if the provider gets one.
    pub challenge: Option<&'a str>,
}

/// Reports parameters that the host gives itself.
pub(super) fn free_of_standard(object: &Object<'_>, parameters: BTreeMap<String, String>) -> BTreeMap<String, String> {
    for name in NEVER_GIVEN.iter().filter(|name| parameters.contains_key(**name)) {
        let detail = format!("the host gives `{name}`: expected another parameter");
        object.node.wrong_below(&format!("/authorize_parameters/{name}"), "name", detail);
    }
    parameters
}

/// Reports other names that would put a parameter in the place of one that binds the callback to its beginning, or the code
/// in the place of what else a callback says.
pub(super) fn free_of_the_hosts(node: &Node<'_>, renames: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_taken = |name: &str, other: &str| match name {
        "code" => CALLBACK.contains(&other),
        _ => NEVER_GIVEN.contains(&other) && name != other,
    };
    for (name, other) in renames.iter().filter(|(name, other)| is_taken(name, other)) {
        let detail = format!("`{other}` is another parameter: expected a name of its own");
        node.wrong_below(&format!("/{name}"), "name", detail);
    }
    renames
}

impl Oauth2 {
    /// The query of the authorize address, without a question mark. A further parameter takes the place of a standard one
    /// of its name.
    pub fn authorize_query(&self, query: &AuthorizeQuery<'_>) -> String {
        let scope = self.scope_text(query.scopes);
        let mut pairs: Vec<(&str, &str)> = vec![
            ("response_type", "code"),
            ("client_id", query.client_id),
            ("redirect_uri", query.redirect_uri),
            ("scope", &scope),
            ("state", query.state),
        ];
        if scope.is_empty() {
            pairs.retain(|(name, _)| *name != "scope");
        }
        pairs.retain(|(name, _)| !self.authorize_omit.contains(*name));
        let named = |name: &'static str| self.authorize_rename.get(name).map_or(name, String::as_str);
        let mut out: Vec<(&str, String)> = Vec::new();
        for (name, value) in pairs {
            let encoded = if name == "scope" && !self.scopes_encoded { in_query(value) } else { encoded(value) };
            out.push((named(name), encoded));
        }
        for challenge in query.challenge.iter().filter(|_| self.pkce) {
            out.push(("code_challenge", encoded(challenge)));
            out.push(("code_challenge_method", "S256".to_owned()));
        }
        out.retain(|(name, _)| !self.authorize_parameters.contains_key(*name));
        out.extend(self.authorize_parameters.iter().map(|(name, value)| (name.as_str(), encoded(value))));
        let pairs: Vec<_> = out.iter().map(|(name, value)| format!("{}={value}", encoded(name))).collect();
        pairs.join("&")
    }

    /// The name of the callback's parameter with the code.
    pub fn callback_code(&self) -> &str {
        self.authorize_rename.get("code").map_or("code", String::as_str)
    }
}

/// All but unreserved characters escaped (RFC 3986 section 2.3).
fn encoded(text: &str) -> String {
    escaped(text, b"-._~")
}

/// What a query takes as it is (RFC 3986 section 3.4), but for what separates its parameters.
fn in_query(text: &str) -> String {
    escaped(text, b"-._~!$'()*,;:@/?")
}

fn escaped(text: &str, plain: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
