//! URLs, read strictly: what two readers could understand differently is refused, not repaired.

use std::fmt;

use super::path::{has_encoded_slash, resolve_with};
use super::{Host, PathRefused, Slashes};
use crate::database::Engine;

/// Longer than any that servers take.
const URL_MAX_BYTES: usize = 8 * 1024;

/// The scheme of a URL: the protocol, and whether it uses TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// HTTP over TLS.
    Https,
    /// HTTP without TLS.
    Http,
    /// gRPC, over TLS unless its destination has `plaintext`. Definitions write such an address with `https://`.
    Grpc,
    /// PostgreSQL; TLS as its settings require.
    Postgres,
    /// MySQL and MariaDB; TLS as its settings require.
    Mysql,
    /// Amazon Redshift; TLS as its settings require.
    Redshift,
}

impl Scheme {
    const ALL: [Self; 6] = [Self::Https, Self::Http, Self::Grpc, Self::Postgres, Self::Mysql, Self::Redshift];

    /// The text before `://`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Redshift => "redshift",
        }
    }

    /// The port that needs not be written.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Https | Self::Grpc => 443,
            Self::Http => 80,
            Self::Postgres => Engine::Postgresql.default_port(),
            Self::Mysql => Engine::Mysql.default_port(),
            Self::Redshift => Engine::Redshift.default_port(),
        }
    }

    /// Whether requests have a method.
    pub fn is_http(self) -> bool {
        match self {
            Self::Https | Self::Http => true,
            Self::Grpc | Self::Postgres | Self::Mysql | Self::Redshift => false,
        }
    }

    /// The database system, if it is one.
    pub fn engine(self) -> Option<Engine> {
        match self {
            Self::Postgres => Some(Engine::Postgresql),
            Self::Mysql => Some(Engine::Mysql),
            Self::Redshift => Some(Engine::Redshift),
            Self::Https | Self::Http | Self::Grpc => None,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a URL is refused. No text repeats it, since a query may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlRefused {
    /// It is too long.
    #[error("the URL is longer than {URL_MAX_BYTES} bytes")]
    TooLong,
    /// It has a character that no URL has.
    #[error("`{}` in a URL: percent-encode it", .0.escape_default())]
    Character(char),
    /// Its host has letters beyond ASCII.
    #[error("a host with letters beyond ASCII is written in Punycode (RFC 5891), such as xn--bcher-kva.example")]
    Unicode,
    /// It begins with something else.
    #[error("it is no whole URL: expected one that begins with https://, http://, grpc://, postgres:// or mysql://")]
    Scheme,
    /// It has a user name.
    #[error("a URL has no user name or password: credentials are the connection's")]
    UserInfo,
    /// Its host is not valid.
    #[error("the host of the URL is not valid: expected {0}")]
    Host(&'static str),
    /// Its port is not valid.
    #[error("the port of the URL is not valid: expected a number from 1 to 65535")]
    Port,
    /// It has a fragment.
    #[error("a URL has no `#`: a fragment is never sent")]
    Fragment,
    /// It has a query where none is expected.
    #[error("no query is expected here")]
    Query,
    /// Its path is refused.
    #[error(transparent)]
    Path(#[from] PathRefused),
    /// Its host is a public suffix, under which anyone can register a name.
    #[error("`{0}` is a public suffix: anyone can have a name below it, so expected a longer one")]
    PublicSuffix(String),
    /// It has a `{field}` where none is allowed.
    #[error("`{{field}}` is one label before a fixed suffix, or a part of a segment in a path without dot segments")]
    Field,
    /// The value of a field is not allowed at its location.
    #[error("the value of `{{{0}}}` does not fit into the URL: expected letters, digits and hyphens")]
    Value(crate::FieldName),
}

/// The parts of a URL, not yet checked.
pub(super) struct Pieces<'u> {
    pub(super) scheme: Scheme,
    pub(super) host: &'u str,
    pub(super) port: u16,
    pub(super) path: &'u str,
    pub(super) query: Option<&'u str>,
}

pub(super) fn split(url: &str) -> Result<Pieces<'_>, UrlRefused> {
    if url.len() > URL_MAX_BYTES {
        return Err(UrlRefused::TooLong);
    }
    // Some readers take a backslash for a slash, wherever it is.
    if let Some(wrong) = url.chars().find(|one| !one.is_ascii_graphic() || *one == '\\') {
        let host = url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        return Err(if !wrong.is_ascii() && host.contains(wrong) {
            UrlRefused::Unicode
        } else {
            UrlRefused::Character(wrong)
        });
    }
    let (word, rest) = url.split_once("://").ok_or(UrlRefused::Scheme)?;
    let scheme = Scheme::ALL.into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(word));
    let scheme = scheme.ok_or(UrlRefused::Scheme)?;
    if rest.contains('#') {
        return Err(UrlRefused::Fragment);
    }
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    if authority.contains('@') {
        return Err(UrlRefused::UserInfo);
    }
    // The colons of an IPv6 address are inside of brackets.
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (authority, None),
    };
    let port = match port {
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().ok().filter(|port| *port != 0).ok_or(UrlRefused::Port)?
        }
        Some(_) => return Err(UrlRefused::Port),
        None => scheme.default_port(),
    };
    Ok(Pieces { scheme, host, port, path, query })
}

/// One parsed URL: for policy, the choice of a credential, name resolution, dial, SNI and `Host`. Nothing can be
/// changed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    scheme: Scheme,
    host: Host,
    port: u16,
    path: String,
    query: Option<String>,
    slashes: Slashes,
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`UrlRefused`] has the reason.
    pub fn parse(url: &str) -> Result<Self, UrlRefused> {
        Self::parse_with(url, Slashes::Refused)
    }

    /// The same, for a request that may have encoded slashes in its path.
    ///
    /// # Errors
    /// [`UrlRefused`] says what is wrong with it.
    pub fn parse_with(url: &str, slashes: Slashes) -> Result<Self, UrlRefused> {
        let pieces = split(url)?;
        Ok(Self {
            scheme: pieces.scheme,
            host: Host::parse(pieces.host)?,
            port: pieces.port,
            path: resolve_with(pieces.path, slashes)?,
            query: pieces.query.map(str::to_owned),
            slashes,
        })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Scheme, host and port (RFC 6454), as errors name the server.
    pub fn origin(&self) -> String {
        let Self { scheme, host, port, .. } = self;
        if scheme.default_port() == *port { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") }
    }

    /// The resolved path, as it is sent.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What encoded slashes in the path are.
    pub fn slashes(&self) -> Slashes {
        self.slashes
    }

    /// Whether its path has an encoded slash about which its destination decides.
    pub(super) fn asks_for_slashes(&self) -> bool {
        match self.slashes {
            Slashes::AsDestination => has_encoded_slash(&self.path),
            Slashes::Refused | Slashes::InSegments => false,
        }
    }

    /// The query as given, without `?`.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }
}

/// The URL without its query, which may hold a secret.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.scheme.default_port() != self.port {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)
    }
}
