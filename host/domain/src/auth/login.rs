//! A login request of a custom method: it trades fields for a token, which placements name `token`.

use super::placement::{self, Location, Placement};
use crate::destination::UrlTemplate;
use crate::reader::Node;

/// The name by which placements refer to the token that a login returns.
pub(super) const TOKEN: &str = "token";
/// Upper bound of a token's lifetime: ten years, in seconds.
pub(crate) const LIFETIME_MAX_S: u64 = 10 * 366 * 24 * 3600;

pub(crate) const METHODS: [(&str, &str); 2] = [("POST", "POST"), ("GET", "GET")];
pub(crate) const BODIES: [(&str, BodyForm); 2] = [("form", BodyForm::Form), ("json", BodyForm::Json)];

/// The request that trades a connection's values for a token.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// `POST` or `GET`.
    pub method: &'static str,
    /// The address of the request.
    pub url: UrlTemplate,
    /// The encoding of its parameters.
    pub body: BodyForm,
    /// The values that the request carries, and their locations.
    pub placements: Vec<Placement>,
    /// JSON pointer to the token in the reply.
    pub token: String,
    /// JSON pointer to the token's lifetime in seconds, if the reply has one.
    pub expires_in: Option<String>,
    /// Its lifetime when the reply has none, in seconds.
    pub lifetime_s: Option<u64>,
}

/// The encoding of a request's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyForm {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// A JSON object.
    Json,
    /// In the query of the address.
    Query,
}

impl Login {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let method = object.optional("method").and_then(|node| node.choice(&METHODS));
        let url = object.required("url").and_then(|node| node.parse("url"));
        let body = object.optional("body").and_then(|node| node.choice(&BODIES));
        let placements = object.required("placements");
        let token = object.required("token").and_then(|node| pointer(&node));
        let expires_in = object.optional("expires_in").and_then(|node| pointer(&node));
        let lifetime_s = object.optional("lifetime_s").and_then(|node| node.number(1, LIFETIME_MAX_S));
        object.end();
        let (method, items) = (method.unwrap_or("POST"), placements?.items(placement::MAX));
        let read = |node: &Node<'_>| {
            let placement = Placement::read(node)?;
            match placement.location {
                Location::Body(_) if method == "GET" => node.wrong("in", "a GET has no body"),
                Location::User | Location::Password | Location::Option(_) => {
                    node.wrong("in", "a login is a request: no database")
                }
                Location::Certificate => {
                    node.wrong("in", "a login has the client certificate of the method's placements")
                }
                Location::Header(_) | Location::Query(_) | Location::Cookie(_) | Location::Body(_) => {}
            }
            Some(placement)
        };
        let placements = items.iter().filter_map(read).collect();
        let body = body.unwrap_or(BodyForm::Json);
        Some(Self { method, url: url?, body, placements, token: token?, expires_in, lifetime_s })
    }
}

/// A JSON pointer (RFC 6901) into a reply.
pub(super) fn pointer(node: &Node<'_>) -> Option<String> {
    let pointer = node.text()?;
    let escaped = |part: &str| !part.replace("~0", "").replace("~1", "").contains('~');
    if !pointer.starts_with('/') || pointer.len() > 256 || !pointer.split('/').all(escaped) {
        node.wrong("pointer", "expected a JSON pointer such as `/access_token`");
    }
    Some(pointer.to_owned())
}
