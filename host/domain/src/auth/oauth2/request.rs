//! How a request for a token is written.

use std::collections::{BTreeMap, BTreeSet};

use super::texts;
use crate::auth::login::BodyForm;
use crate::reader::Node;

/// A request for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// `POST`, or `GET` with every parameter in the query.
    pub method: &'static str,
    /// The location of the client's id and secret; never both.
    pub client_authentication: ClientAuthentication,
    /// How parameters are written.
    pub body: BodyForm,
    /// Further parameters.
    pub parameters: BTreeMap<String, String>,
    /// Standard parameters under other names.
    pub rename: BTreeMap<String, String>,
    /// Standard parameters that the request does not have.
    pub omit: BTreeSet<String>,
}

/// How the client proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// In `Authorization`, form-encoded before base64 (RFC 6749 section 2.3.1).
    Header,
    /// In `Authorization`, as id and secret are: what many providers take in place of the RFC.
    HeaderPlain,
    /// In the parameters `client_id` and `client_secret`.
    Body,
    /// By a signed assertion (RFC 7523 section 2.2); the client's secret is its private key in PEM.
    PrivateKeyJwt,
    /// Not at all: a public client, known by its `client_id`.
    None,
}

pub(crate) const CLIENT_AUTHENTICATIONS: [(&str, ClientAuthentication); 5] = [
    ("header", ClientAuthentication::Header),
    ("header_plain", ClientAuthentication::HeaderPlain),
    ("body", ClientAuthentication::Body),
    ("private_key_jwt", ClientAuthentication::PrivateKeyJwt),
    ("none", ClientAuthentication::None),
];
pub(crate) const BODIES: [(&str, BodyForm); 3] =
    [("form", BodyForm::Form), ("json", BodyForm::Json), ("query", BodyForm::Query)];
pub(crate) const METHODS: [(&str, &str); 2] = [("POST", "POST"), ("GET", "GET")];

/// What the host itself puts into token requests.
pub(crate) const STANDARD: [&str; 11] = [
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "client_id",
    "client_secret",
    "client_assertion_type",
    "client_assertion",
    "assertion",
];
/// Without these a request says nothing.
const NEVER_OMITTED: [&str; 4] = ["code", "refresh_token", "assertion", "client_assertion"];
/// A parameter of these names would stand for a secret that the host puts there.
const NEVER_GIVEN: [&str; 6] =
    ["code", "code_verifier", "refresh_token", "client_secret", "client_assertion", "assertion"];

impl TokenRequest {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let standard = Self::default();
        let method = object.optional("method").and_then(|node| node.choice(&METHODS)).unwrap_or(standard.method);
        let body = object.optional("body");
        let omit = object.optional("omit");
        let parameters = object.optional("parameters");
        let request = Self {
            method,
            client_authentication: object
                .optional("client_authentication")
                .and_then(|node| node.choice(&CLIENT_AUTHENTICATIONS))
                .unwrap_or(standard.client_authentication),
            body: match (&body, method) {
                (Some(node), _) => node.choice(&BODIES).unwrap_or(standard.body),
                (None, "GET") => BodyForm::Query,
                (None, _) => standard.body,
            },
            parameters: parameters.as_ref().map(texts).unwrap_or_default(),
            rename: object.optional("rename").map(|node| renames(&node, &STANDARD)).unwrap_or_default(),
            omit: omit.as_ref().map(|node| names(node, &STANDARD)).unwrap_or_default(),
        };
        object.end();
        if let Some(node) = body.filter(|_| method == "GET" && request.body != BodyForm::Query) {
            node.wrong("enum", "a GET has no body: expected `query`");
        }
        for name in NEVER_OMITTED.iter().filter(|name| request.omit.contains(**name)) {
            omit.iter().for_each(|node| node.wrong("enum", format!("a request without `{name}` asks for nothing")));
        }
        for name in NEVER_GIVEN.iter().filter(|name| request.parameters.contains_key(**name)) {
            let detail = format!("the host gives `{name}`: expected another parameter");
            parameters.iter().for_each(|node| node.wrong_below(&format!("/{name}"), "name", detail.as_str()));
        }
        Some(request)
    }

    /// The name under which a standard parameter is sent.
    pub(super) fn named<'t>(&'t self, standard: &'t str) -> &'t str {
        self.rename.get(standard).map_or(standard, String::as_str)
    }
}

impl Default for TokenRequest {
    fn default() -> Self {
        Self {
            method: "POST",
            client_authentication: ClientAuthentication::Header,
            body: BodyForm::Form,
            parameters: BTreeMap::new(),
            rename: BTreeMap::new(),
            omit: BTreeSet::new(),
        }
    }
}

/// Other names of parameters that the host knows.
pub(super) fn renames(node: &Node<'_>, known: &[&str]) -> BTreeMap<String, String> {
    for (name, node) in node.entries::<String>(known.len()) {
        if !known.contains(&name.as_str()) {
            node.wrong("name", format!("expected one of {}", known.join(", ")));
        }
        if node.value.as_str() == Some("") {
            node.wrong("text", "expected a name");
        }
    }
    texts(node)
}

/// A list of names that the host knows.
pub(super) fn names(node: &Node<'_>, known: &[&str]) -> BTreeSet<String> {
    let known: Vec<_> = known.iter().map(|name| (*name, *name)).collect();
    node.items(known.len()).iter().filter_map(|node| node.choice(&known)).map(str::to_owned).collect()
}
