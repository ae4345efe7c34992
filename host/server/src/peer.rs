//! Where a request comes from: the socket's peer; behind a proxy, what the proxy's headers say, which are trusted from nobody
//! else. And what peers can take of the host: connections, and bytes of bodies.

mod bytes_in_flight;
mod connections;
mod pace;
mod request_body;

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

pub use bytes_in_flight::BodyBytes;
pub(crate) use connections::{Connection, Connections, Working};
pub(crate) use pace::{Pace, STALL, time_for};
pub(crate) use request_body::{BodyError, RequestBody};

/// What all clients together can take of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Connections that are open at one time, over all listeners. For a further one, one that is idle is closed.
    pub connections: usize,
    /// Bodies of requests. What does not fit is refused.
    pub bodies: BodyBytes,
}

/// Who is at the other end of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    /// None when the proxy names none that can be read.
    address: Option<IpAddr>,
    /// Whether the proxy says that the request reached it without TLS.
    pub(crate) in_the_clear: bool,
    /// Whether browsers speak TLS with the host, or with the proxy before it. Else the listener is on loopback.
    pub(crate) secure: bool,
}

impl Peer {
    /// The other end of a connection, with TLS or without.
    pub(crate) fn direct(socket: SocketAddr, tls: bool) -> Self {
        Self { address: Some(socket.ip()), in_the_clear: false, secure: tls }
    }

    /// The other end of the proxy's connection. Of several values the last counts, which the proxy itself has added; a
    /// request without the header is one of the proxy's own machine.
    pub(crate) fn behind_proxy(socket: SocketAddr, headers: &HeaderMap) -> Self {
        let address = match last(headers, "x-forwarded-for") {
            None => Some(socket.ip()),
            Some(text) => address(text),
        };
        let in_the_clear = last(headers, "x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("http"));
        Self { address, in_the_clear, secure: true }
    }

    /// Whether the request comes from this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.address.is_some_and(|address| address.to_canonical().is_loopback())
    }
}

/// The last value of a list that may be spread over several headers.
fn last<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let value = headers.get_all(name).iter().next_back()?;
    // What is no text is no address either, and must not count as absent.
    Some(value.to_str().unwrap_or_default().rsplit(',').next().unwrap_or_default().trim())
}

/// An address, with or without brackets and port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(headers: &[(&'static str, &'static str)]) -> Peer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Peer::behind_proxy("127.0.0.1:5000".parse().unwrap(), &map)
    }

    #[test]
    fn the_last_address_is_the_proxys_word() {
        for (value, local) in [
            ("203.0.113.5", false),
            ("127.0.0.1, 203.0.113.5", false),
            ("203.0.113.5, 127.0.0.1", true),
            ("::1", true),
            ("[::1]", true),
            ("[::1]:4711", true),
            ("127.0.0.1:4711", true),
            ("::ffff:127.0.0.1", true),
            ("unknown", false),
            ("", false),
            ("127.0.0.1,", false),
            ("localhost", false),
        ] {
            assert_eq!(peer(&[("x-forwarded-for", value)]).is_local(), local, "{value}");
        }
        let twice = peer(&[("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "203.0.113.5")]);
        assert!(!twice.is_local());
        assert!(peer(&[]).is_local(), "of the proxy's machine, which is this one");
    }

    #[test]
    fn the_proxy_says_whether_there_was_tls() {
        assert!(peer(&[("x-forwarded-proto", "http")]).in_the_clear);
        assert!(peer(&[("x-forwarded-proto", "https, HTTP")]).in_the_clear);
        assert!(!peer(&[("x-forwarded-proto", "https")]).in_the_clear && !peer(&[]).in_the_clear);
    }
}
