//! Where values go in what leaves the host.

use std::fmt;

use super::template::Template;
use crate::http_token::is_token;
use crate::reader::Node;

/// Upper bound of the placements of one method; no known API needs more than a handful.
pub(crate) const MAX: usize = 32;

/// A value and the location in a request that it is written to.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// The location that the value is written to.
    pub location: Location,
    /// The value, as a template of the connection's fields.
    pub value: Template,
}

/// A location in an outbound request, in a database login or in a TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// A header, by its name in lower case; metadata on gRPC.
    Header(String),
    /// A query parameter, by its name.
    Query(String),
    /// A cookie, by its name.
    Cookie(String),
    /// A key of the body: a form's, or of a JSON object.
    Body(String),
    /// The user of a database login.
    User,
    /// The password of a database login.
    Password,
    /// An option of a database connection.
    Option(String),
    /// The client certificate of the TLS connection, with its key.
    Certificate,
}

/// The value of `in` in a placement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Header,
    Query,
    Cookie,
    Body,
    User,
    Password,
    Option,
    Certificate,
}

pub(crate) const KINDS: [(&str, Kind); 8] = [
    ("header", Kind::Header),
    ("query", Kind::Query),
    ("cookie", Kind::Cookie),
    ("body", Kind::Body),
    ("user", Kind::User),
    ("password", Kind::Password),
    ("option", Kind::Option),
    ("certificate", Kind::Certificate),
];

/// Headers that the transport owns (RFC 9110 section 7.6.1 and message framing), and `cookie`, which is a location of
/// its own.
pub(crate) const OWNED: [&str; 14] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Placement {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let kind = object.required("in").and_then(|node| node.choice(&KINDS));
        let value = object.required("value").and_then(|node| node.parse("template"));
        let location = match kind {
            Some(Kind::User) => Some(Location::User),
            Some(Kind::Password) => Some(Location::Password),
            Some(Kind::Certificate) => Some(Location::Certificate),
            Some(kind) => object.required("name").and_then(|node| Location::read(kind, &node)),
            None => object.optional("name").and(None),
        };
        object.end();
        Some(Self { location: location?, value: value? })
    }
}

impl Location {
    /// Reads a location of a kind that has a name.
    pub(super) fn read(kind: Kind, node: &Node<'_>) -> Option<Self> {
        let name = node.text()?;
        let line = (1..=256).contains(&name.len()) && !name.chars().any(char::is_control);
        let refuse = |expected: &str| {
            node.wrong("name", format!("expected {expected}"));
            None
        };
        match kind {
            Kind::Header => {
                let name = name.to_ascii_lowercase();
                if !is_token(&name) {
                    return refuse("a header's name (RFC 9110)");
                }
                if OWNED.contains(&name.as_str()) {
                    return refuse("another header: the host sets this one");
                }
                Some(Self::Header(name))
            }
            Kind::Cookie if !is_token(name) => refuse("a cookie's name (RFC 6265)"),
            Kind::Cookie => Some(Self::Cookie(name.to_owned())),
            Kind::Query | Kind::Body | Kind::Option if !line => refuse("1 to 256 bytes without control characters"),
            Kind::Query => Some(Self::Query(name.to_owned())),
            Kind::Body => Some(Self::Body(name.to_owned())),
            Kind::Option => Some(Self::Option(name.to_owned())),
            Kind::User => Some(Self::User),
            Kind::Password => Some(Self::Password),
            Kind::Certificate => Some(Self::Certificate),
        }
    }
}

/// As people read it in a difference: `header x-api-key`.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header {name}"),
            Self::Query(name) => write!(f, "query {name}"),
            Self::Cookie(name) => write!(f, "cookie {name}"),
            Self::Body(name) => write!(f, "body {name}"),
            Self::User => f.write_str("user"),
            Self::Password => f.write_str("password"),
            Self::Option(name) => write!(f, "option {name}"),
            Self::Certificate => f.write_str("client certificate"),
        }
    }
}
