//! Installations: what a scope sets for a group that it sees. A workspace's come before its organization's, key by key.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{CredentialName, EgressDefinition, FieldName, Limit, LimitsPatch, Violation};

const RETURN_URLS_MAX: usize = 32;
const SCOPES_MAX: usize = 128;
/// Bytes of a client's id or secret; the longest in the field are signed tokens of some kilobytes.
const CLIENT_MAX_BYTES: usize = 16 * 1024;
/// Letters of the name of a key; providers use digests.
const KEY_ID_MAX: usize = 256;

/// What a scope sets for a group, without the sealed values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installation {
    /// Whether calls of the scope may use the group; none as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Limits of the scope's calls.
    #[serde(default)]
    pub limits: LimitsPatch,
    /// Values for connections that give none of their own. None of them is a secret.
    #[serde(default)]
    pub values: BTreeMap<FieldName, String>,
    /// The scope's OAuth clients.
    #[serde(default)]
    pub oauth: BTreeMap<CredentialName, OauthClient>,
    /// Where a browser may go after it connected a customer; none as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_urls: Option<Vec<String>>,
}

/// The OAuth client of a scope for one credential. Its id and secret are sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OauthClient {
    /// Whether there is an id, sealed as `oauth/CREDENTIAL/client_id`.
    pub client_id: bool,
    /// Whether there is a secret, sealed as `oauth/CREDENTIAL/client_secret`.
    pub client_secret: bool,
    /// Scopes beyond those of the group.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The token addresses that the group had when the client was given: it goes to no other one.
    #[serde(default)]
    pub token_urls: BTreeSet<String>,
    /// The name of the key by which the client signs, where its secret is a private key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
}

// Not printable: it holds secrets.
/// What a scope sets for a group, as it is sent.
#[derive(Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallationGiven {
    /// Whether calls of the scope are allowed; absent leaves it as it is.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Limits of the scope's calls.
    #[serde(default)]
    pub limits: LimitsPatch,
    /// Values of the activation's visible fields, for every connection.
    #[serde(default)]
    pub values: Map<String, Value>,
    /// The scope's OAuth clients by credential.
    #[serde(default)]
    pub oauth: BTreeMap<CredentialName, OauthClientGiven>,
    /// The URLs that a connect session may return a person to.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub return_urls: Option<Vec<String>>,
}

/// An OAuth client as a request sends it, with its secret.
#[derive(Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OauthClientGiven {
    /// The client id that the provider issued.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The client secret, or the private key in PEM of `private_key_jwt`; it is sealed and never shown again.
    #[serde(default)]
    pub client_secret: Option<String>,
    /// Scopes beyond those of the group.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The name of that private key (`kid`), if the provider wants it.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub key_id: Option<String>,
}

impl fmt::Debug for InstallationGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstallationGiven(…)")
    }
}

impl fmt::Debug for OauthClientGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OauthClientGiven(…)")
    }
}

impl Installation {
    /// What is in force where `above` is the organization's.
    pub fn over(&self, above: &Self) -> Self {
        let mut limits = above.limits.clone();
        limits.merge(&self.limits);
        let values = above.values.iter().chain(&self.values);
        Self {
            enabled: self.enabled.or(above.enabled),
            limits,
            values: values.map(|(name, value)| (name.clone(), value.clone())).collect(),
            oauth: above.oauth.iter().chain(&self.oauth).map(|(name, client)| (name.clone(), client.clone())).collect(),
            return_urls: self.return_urls.clone().or_else(|| above.return_urls.clone()),
        }
    }
}

impl InstallationGiven {
    /// Every rule that it breaks for a group with these egress rules, but those of the single values.
    pub fn violations(&self, egress: &EgressDefinition) -> Vec<Violation> {
        let mut violations = self.limits.violations("/limits");
        for limit in [Limit::CallsInFlight, Limit::TenantCallsInFlight] {
            let own = std::iter::once((&self.limits, String::new()));
            let connectors = self.limits.connectors.iter();
            let all = own.chain(connectors.map(|(name, patch)| (patch, format!("/connectors/{name}"))));
            for (_, pointer) in all.filter(|(patch, _)| patch.sets_itself(limit)) {
                let detail = "calls are counted for the whole group: set it in the group's `limits`";
                violations.push(Violation::new(format!("/limits{pointer}/{}", limit.name()), "unknown", detail));
            }
        }
        for (index, url) in self.return_urls.iter().flatten().enumerate() {
            if !is_return_url(url) {
                let detail = "expected https://…, or http:// on this machine, of at most 2048 characters without `#`";
                violations.push(Violation::new(format!("/return_urls/{index}"), "url", detail));
            }
        }
        if self.return_urls.as_ref().is_some_and(|urls| urls.len() > RETURN_URLS_MAX) {
            violations.push(Violation::new("/return_urls", "maxItems", format!("expected at most {RETURN_URLS_MAX}")));
        }
        let fields = egress.activation.as_ref().map(|activation| &activation.fields);
        for name in self.values.keys() {
            if fields.and_then(|all| all.get(name.as_str())).is_some_and(|field| !field.visible) {
                let detail = "the field is secret: its value is given with each connection";
                violations.push(Violation::new(format!("/values/{name}"), "visible", detail));
            }
        }
        for (name, client) in &self.oauth {
            let pointer = format!("/oauth/{name}");
            let credentials = egress.activation.as_ref().map(|activation| &activation.credentials);
            let oauth = |credential: &crate::auth::Credential| {
                credential.methods.values().any(|method| matches!(method, crate::auth::Method::Oauth2(_)))
            };
            if !credentials.and_then(|all| all.get(name)).is_some_and(oauth) {
                violations.push(Violation::new(
                    &pointer,
                    "unknown",
                    "the group has no credential of that name with OAuth",
                ));
            }
            for (member, text) in [("client_id", &client.client_id), ("client_secret", &client.client_secret)] {
                if text.as_ref().is_some_and(|text| text.is_empty() || text.len() > CLIENT_MAX_BYTES) {
                    let detail = format!("expected 1 to {CLIENT_MAX_BYTES} bytes, or none");
                    violations.push(Violation::new(format!("{pointer}/{member}"), "size", detail));
                }
            }
            let named =
                |id: &String| (1..=KEY_ID_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
            if !client.key_id.as_ref().is_none_or(named) {
                let detail = format!("expected 1 to {KEY_ID_MAX} characters of printable ASCII without blanks");
                violations.push(Violation::new(format!("{pointer}/key_id"), "size", detail));
            }
            // A scope token of RFC 6749, section 3.3.
            let token = |scope: &String| {
                !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
            };
            if client.scopes.len() > SCOPES_MAX || !client.scopes.iter().all(token) {
                let detail = format!("expected at most {SCOPES_MAX} scopes of printable ASCII without blanks");
                violations.push(Violation::new(format!("{pointer}/scopes"), "scope", detail));
            }
        }
        violations
    }
}

/// Where a browser may be sent: other schemes run code or open programs, and a fragment would be lost.
fn is_return_url(url: &str) -> bool {
    let plain = |url: &str| {
        url.len() <= 2048 && url.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\"'<>\\;,".contains(&byte))
    };
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_local = local
        .iter()
        .filter_map(|start| url.strip_prefix(start))
        .any(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']));
    let host = url.strip_prefix("https://").map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
    let named = host.is_some_and(|host| !host.is_empty() && !host.contains('@'));
    plain(url) && (named || is_local && !url.split('/').nth(2).unwrap_or_default().contains('@'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ResourceType;

    #[test]
    fn a_workspace_overrides_its_organization_key_by_key() {
        let read = |value: Value| serde_json::from_value::<Installation>(value).unwrap();
        let above = read(json!({
            "enabled": false, "limits": {"cpu_ms": 5, "deadline_ms": 7}, "values": {"a": "1", "b": "2"},
            "return_urls": ["https://a.example/"],
        }));
        let own = read(json!({"limits": {"cpu_ms": 9}, "values": {"b": "3"}, "return_urls": []}));
        let both = own.over(&above);
        assert_eq!((both.enabled, both.limits.cpu_ms, both.limits.deadline_ms), (Some(false), Some(9), Some(7)));
        assert_eq!(both.values.values().collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!(both.return_urls, Some(Vec::new()));
        assert_eq!(Installation::default().over(&above), above);
    }

    #[test]
    fn what_it_can_not_set_is_named() {
        let given: InstallationGiven = serde_json::from_value(json!({
            "limits": {"calls_in_flight": 5, "cpu_ms": 0, "connectors": {"a": {"tenant_calls_in_flight": 1}}},
            "return_urls": ["https://a.example/back?x=1", "javascript:alert(1)"],
            "oauth": {"main": {"client_id": "", "scopes": ["a b"]}},
        }))
        .unwrap();
        let violations = given.violations(&EgressDefinition::nowhere(ResourceType::External));
        let pointers: Vec<_> = violations.iter().map(|violation| violation.pointer.as_str()).collect();
        let expected = [
            "/limits/cpu_ms",
            "/limits/calls_in_flight",
            "/limits/connectors/a/tenant_calls_in_flight",
            "/return_urls/1",
            "/oauth/main",
            "/oauth/main/client_id",
            "/oauth/main/scopes",
        ];
        assert_eq!(pointers, expected);
    }

    #[test]
    fn browsers_are_sent_to_the_web_alone() {
        for good in
            ["https://a.example", "https://a.example:8443/x?y=z", "http://127.0.0.1:3000/done", "http://localhost/"]
        {
            assert!(is_return_url(good), "{good}");
        }
        for bad in [
            "http://a.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://",
            "https://a@b.example",
            "//a.example",
            "http://localhost.evil.example/",
            "http://127.0.0.1@evil.example/",
            "https://a.example/#x",
            "https://a.example/\n",
        ] {
            assert!(!is_return_url(bad), "{bad}");
        }
    }
}
