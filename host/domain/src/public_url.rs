//! The URL at which people and other systems reach the host. It is a setting, since a caller chooses the `Host` header.

use std::fmt;
use std::str::FromStr;

/// An origin (RFC 6454) such as `https://gate.example`, without a path: what is made from it are whole addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// Why a text is not a public URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPublicUrl {
    /// It is more or less than scheme, host and port.
    #[error("expected scheme and host, such as `https://gate.example`, without user, path, query or fragment")]
    Shape,
    /// Browsers would send what they are trusted with in the clear.
    #[error("expected `https://`: `http://` is for `localhost`, `127.0.0.1` and `[::1]` only")]
    Clear,
}

impl PublicUrl {
    /// The origin, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole address of a path that begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let (scheme, authority) = text.split_once("://").ok_or(InvalidPublicUrl::Shape)?;
        let (host, port) = split(authority).ok_or(InvalidPublicUrl::Shape)?;
        if port.is_some_and(|port| !port.parse::<u16>().is_ok_and(|port| port > 0)) {
            return Err(InvalidPublicUrl::Shape);
        }
        match scheme {
            "https" => Ok(Self(text.to_owned())),
            "http" if matches!(host, "localhost" | "127.0.0.1" | "[::1]") => Ok(Self(text.to_owned())),
            "http" => Err(InvalidPublicUrl::Clear),
            _ => Err(InvalidPublicUrl::Shape),
        }
    }
}

/// Host and port, if there is one, of an authority without a user.
fn split(authority: &str) -> Option<(&str, Option<&str>)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        Some(_) | None => (authority, None),
    };
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let good = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && name(host),
    };
    good.then_some((host, port))
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_taken_and_its_slash_dropped() {
        for text in ["https://gate.example", "https://gate.example:8443", "http://127.0.0.1:7747", "http://[::1]:80"] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().as_str(), text);
        }
        let url: PublicUrl = "https://gate.example/".parse().unwrap();
        assert_eq!(url.join("/v1/oauth/callback"), "https://gate.example/v1/oauth/callback");
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        for text in [
            "",
            "gate.example",
            "https://",
            "https:///x",
            "https://gate.example/path",
            "https://gate.example?x",
            "https://ada@gate.example",
            "https://gate.example:",
            "https://gate.example:0",
            "https://gate.example:port",
            "https://[gate]",
            "ftp://gate.example",
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(InvalidPublicUrl::Shape), "{text}");
        }
        assert_eq!("http://gate.example".parse::<PublicUrl>(), Err(InvalidPublicUrl::Clear));
    }
}
