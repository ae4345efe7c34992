//! Signed assertions (RFC 7521, RFC 7523): what they say. Who holds the key signs them.

use serde_json::{Map, Value, json};

use crate::reader::Node;

/// Longer than any provider takes.
pub(crate) const LIFETIME_MAX_S: u64 = 3600;
/// Time for two clocks that differ.
const LIFETIME_S: u64 = 300;

/// What an assertion says beside who it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// How it is signed.
    pub algorithm: AssertionAlgorithm,
    /// `aud`; the address of the request without it.
    pub audience: Option<String>,
    /// Whether the scopes are a claim, and no parameter of the request.
    pub scope_claim: bool,
    /// How long it is good, in seconds.
    pub lifetime_s: u64,
}

/// How an assertion is signed (RFC 7518 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssertionAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl AssertionAlgorithm {
    /// The value of `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

pub(crate) const ALGORITHMS: [(&str, AssertionAlgorithm); 2] =
    [("RS256", AssertionAlgorithm::Rs256), ("ES256", AssertionAlgorithm::Es256)];

/// The claims of one assertion.
#[derive(Debug, Clone, Copy)]
pub struct AssertionClaims<'a> {
    /// `iss`.
    pub issuer: &'a str,
    /// `sub`, if it has one.
    pub subject: Option<&'a str>,
    /// `aud`.
    pub audience: &'a str,
    /// `scope`, if it has one.
    pub scope: Option<&'a str>,
    /// `jti`: never the same twice.
    pub id: &'a str,
}

impl Default for Assertion {
    fn default() -> Self {
        Self { algorithm: AssertionAlgorithm::Rs256, audience: None, scope_claim: false, lifetime_s: LIFETIME_S }
    }
}

impl Assertion {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let standard = Self::default();
        let algorithm = object.optional("algorithm").and_then(|node| node.choice(&ALGORITHMS));
        let audience = object.optional("audience").and_then(|node| node.prose(512));
        let scope_claim = object.flag("scope_claim");
        let lifetime_s = object.optional("lifetime_s").and_then(|node| node.number(1, LIFETIME_MAX_S));
        object.end();
        Some(Self {
            algorithm: algorithm.unwrap_or(standard.algorithm),
            audience,
            scope_claim,
            lifetime_s: lifetime_s.unwrap_or(standard.lifetime_s),
        })
    }

    /// The claims as JSON, at a time in seconds since 1970.
    pub fn claims(&self, claims: &AssertionClaims<'_>, now: i64) -> Value {
        let AssertionClaims { issuer, subject, audience, scope, id } = claims;
        let lifetime = i64::try_from(self.lifetime_s).unwrap_or_default();
        let mut all = Map::new();
        all.insert("iss".to_owned(), json!(issuer));
        all.extend(subject.map(|subject| ("sub".to_owned(), json!(subject))));
        all.insert("aud".to_owned(), json!(audience));
        all.extend(scope.map(|scope| ("scope".to_owned(), json!(scope))));
        all.insert("iat".to_owned(), json!(now));
        all.insert("exp".to_owned(), json!(now.saturating_add(lifetime)));
        all.insert("jti".to_owned(), json!(id));
        Value::Object(all)
    }
}
