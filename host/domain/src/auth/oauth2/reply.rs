//! Where a token endpoint's reply has its values.

use super::expiry::{EXPIRIES, Expiry};
use super::failure;
use crate::auth::login::pointer;
use crate::reader::Node;

pub(crate) const LIFETIME_MAX_S: u64 = 3660 * 24 * 3600;
/// Error texts of one list.
pub(crate) const WORDS_MAX: usize = 32;

/// JSON pointers (RFC 6901) into a token endpoint's reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// How it is written.
    pub format: ReplyFormat,
    /// Pointer to the access token.
    pub access_token: String,
    /// The refresh token; a reply without one keeps the old one.
    pub refresh_token: String,
    /// The lifetime or time of expiry.
    pub expires_in: String,
    /// What that value is.
    pub expiry: Expiry,
    /// The lifetime when the reply has none, in seconds.
    pub lifetime_s: Option<u64>,
    /// The lifetime or time of expiry of the refresh token, by the same form.
    pub refresh_expires_in: String,
    /// Its lifetime when the reply has none, in seconds.
    pub refresh_lifetime_s: Option<u64>,
    /// What is there in a reply that is an error, whatever its status is.
    pub error: String,
    /// Errors after which a person must act.
    pub dead: Vec<String>,
    /// Errors after which the same request may succeed.
    pub retry: Vec<String>,
}

/// How a reply is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyFormat {
    /// A JSON object (RFC 6749 section 5.1).
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

pub(crate) const FORMATS: [(&str, ReplyFormat); 2] = [("json", ReplyFormat::Json), ("form", ReplyFormat::Form)];

impl Reply {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let standard = Self::default();
        let format = object.optional("format").and_then(|node| node.choice(&FORMATS)).unwrap_or(standard.format);
        let mut place = |key, standard| object.optional(key).and_then(|node| pointer(&node)).unwrap_or(standard);
        let access_token = place("access_token", standard.access_token);
        let refresh_token = place("refresh_token", standard.refresh_token);
        let expires_in = place("expires_in", standard.expires_in);
        let refresh_expires_in = place("refresh_expires_in", standard.refresh_expires_in);
        let error = place("error", standard.error);
        let expiry = object.optional("expiry").and_then(|node| node.choice(&EXPIRIES)).unwrap_or(standard.expiry);
        let mut lifetime = |key| object.optional(key).and_then(|node| node.number(1, LIFETIME_MAX_S));
        let (lifetime_s, refresh_lifetime_s) = (lifetime("lifetime_s"), lifetime("refresh_lifetime_s"));
        let mut words = |key, standard| {
            let node = object.optional(key);
            node.map_or(standard, |node| node.items(WORDS_MAX).iter().filter_map(|node| node.prose(64)).collect())
        };
        let dead = words("dead", standard.dead);
        let retry = words("retry", standard.retry);
        object.end();
        let lifetimes = (lifetime_s, refresh_lifetime_s);
        Some(Self {
            format,
            access_token,
            refresh_token,
            expires_in,
            expiry,
            lifetime_s: lifetimes.0,
            refresh_expires_in,
            refresh_lifetime_s: lifetimes.1,
            error,
            dead,
            retry,
        })
    }
}

impl Reply {
    /// What of a reply is read as a token, an end or an error, by the key of the definition, where it is not as the standard
    /// says.
    pub(super) fn differences(&self) -> impl Iterator<Item = (String, String)> {
        let (own, standard) = (self.places(), Self::default().places());
        let different = own.into_iter().zip(standard).filter(|(own, standard)| own != standard);
        different.map(|((key, own), _)| (format!("reply.{key}"), own))
    }

    fn places(&self) -> [(&'static str, String); 7] {
        let format = FORMATS.iter().find(|(_, format)| *format == self.format).map_or("", |(word, _)| word);
        let expiry = EXPIRIES.iter().find(|(_, expiry)| *expiry == self.expiry).map_or("", |(word, _)| word);
        [
            ("format", format.to_owned()),
            ("access_token", self.access_token.clone()),
            ("refresh_token", self.refresh_token.clone()),
            ("expires_in", self.expires_in.clone()),
            ("expiry", expiry.to_owned()),
            ("refresh_expires_in", self.refresh_expires_in.clone()),
            ("error", self.error.clone()),
        ]
    }
}

impl Default for Reply {
    fn default() -> Self {
        Self {
            format: ReplyFormat::Json,
            access_token: "/access_token".to_owned(),
            refresh_token: "/refresh_token".to_owned(),
            expires_in: "/expires_in".to_owned(),
            expiry: Expiry::Seconds,
            lifetime_s: None,
            refresh_expires_in: "/refresh_token_expires_in".to_owned(),
            refresh_lifetime_s: None,
            error: "/error".to_owned(),
            dead: failure::DEAD.map(str::to_owned).to_vec(),
            retry: failure::RETRY.map(str::to_owned).to_vec(),
        }
    }
}
