//! A destination's `grpc`: the servers behind one address, and which of their services.

use super::url::split;
use super::{Destination, Destinations, HostPattern, Scheme, SchemeRule, Target, UrlRefused, public_suffix, resolve};
use crate::reader::Node;

/// What is expected of an address, for messages.
const EXPECTED: &str = "expected `https://host:port`, or `http://host:port` for a server without TLS; `dns:`, `unix:` and \
                        other schemes of gRPC are no addresses here";

/// The address of a gRPC server, as definitions and connectors write it.
#[derive(Debug)]
struct GrpcAddress {
    host: HostPattern,
    port: u16,
    /// Whether it has no TLS (HTTP/2 with prior knowledge, RFC 9113 section 3.3).
    clear: bool,
    /// `/` for all services, or a service, or one method of it.
    path: String,
}

impl GrpcAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none, in words for whoever wrote it.
    fn parse(text: &str) -> Result<Self, String> {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        let clear = match scheme.as_deref() {
            Some("https") => false,
            Some("http") => true,
            Some(_) | None => return Err(EXPECTED.to_owned()),
        };
        let said = |refused: UrlRefused| refused.to_string();
        let pieces = split(text).map_err(said)?;
        if pieces.query.is_some() {
            return Err(said(UrlRefused::Query));
        }
        let path = resolve(pieces.path).map_err(|refused| said(refused.into()))?;
        if !is_service(&path) {
            return Err(
                "the path of a gRPC address is a service, such as `/shop.v1.Orders`, or a method of it".to_owned()
            );
        }
        Ok(Self { host: HostPattern::parse(pieces.host).map_err(said)?, port: pieces.port, clear, path })
    }
}

/// Whether a path is `/`, a service, or a method of one.
fn is_service(path: &str) -> bool {
    let word = |segment: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.".contains(&byte);
        !segment.is_empty() && segment.bytes().all(allowed)
    };
    let inside = path.trim_start_matches('/');
    inside.is_empty() || (inside.split('/').count() <= 2 && inside.split('/').all(word))
}

/// Reads a destination; `plaintext` says that it has no TLS. The other parts that every destination has keep their
/// defaults.
pub(super) fn read(node: &Node<'_>) -> Option<Destination> {
    let read = GrpcAddress::parse(node.text()?).and_then(|address| {
        public_suffix::check(&address.host).map_err(|refused| refused.to_string())?;
        Ok(address)
    });
    let GrpcAddress { host, port, clear, path } = read.map_err(|refused| node.wrong("grpc", refused)).ok()?;
    let rule = SchemeRule::Grpc { path };
    let scheme = Scheme::Grpc;
    Some(Destination {
        scheme,
        host,
        port,
        rule,
        name: None,
        credential: None,
        tenant_private: false,
        plaintext: clear,
    })
}

impl Destination {
    /// The address as a definition writes it; of a gRPC server alone.
    pub(super) fn grpc_address(&self) -> Option<String> {
        let (word, default) = if self.plaintext { ("http", 80) } else { ("https", 443) };
        let port = if self.port == default { String::new() } else { format!(":{}", self.port) };
        let path = Some(self.rule.path()).filter(|path| *path != "/").unwrap_or_default();
        (self.scheme == Scheme::Grpc).then(|| format!("{word}://{}{port}{path}", self.host))
    }
}

impl Destinations {
    /// Where a gRPC call goes: to the server that is chosen by its destination's name or by its address, or to the only
    /// one. The most specific destination that holds the result decides about the call, as for URLs, and whether there
    /// is TLS.
    ///
    /// # Errors
    /// What to write so that there is one. It says nothing about whether the method is allowed there.
    pub fn grpc(&self, chosen: Option<&str>, path: &str) -> Result<Target, String> {
        let all = || self.iter().filter(|one| one.scheme == Scheme::Grpc);
        let (host, port) = match chosen {
            Some(address) if address.contains("://") => {
                let GrpcAddress { host, port, clear, .. } = GrpcAddress::parse(address)?;
                let holds = |one: &&Destination| one.port == port && one.host.covers(&host);
                if let Some(other) = all().find(|one| holds(one) && one.plaintext != clear) {
                    return Err(format!("the group writes the server as {}", other.place()));
                }
                (host, port)
            }
            Some(name) => {
                let found = all().find(|one| one.name.as_ref().is_some_and(|own| own.as_str() == name));
                let found = found
                    .ok_or_else(|| format!("no destination with `grpc` has the name `{}`", name.escape_default()))?;
                (found.host.clone(), found.port)
            }
            None => {
                let first = all().next().ok_or("the group has no destination with `grpc`: add one")?;
                if all().any(|one| (&one.host, one.port) != (&first.host, first.port)) {
                    let names: Vec<_> =
                        all().map(|one| one.name.as_ref().map_or_else(|| one.place(), ToString::to_string)).collect();
                    return Err(format!("the group has several gRPC servers ({}): name one", names.join(", ")));
                }
                (first.host.clone(), first.port)
            }
        };
        match host {
            HostPattern::Exact(host) => {
                Target::parse(&format!("{}://{host}:{port}{path}", Scheme::Grpc)).map_err(|refused| refused.to_string())
            }
            HostPattern::Field(..) | HostPattern::Below(_) => {
                Err(format!("`{host}` is no single host: name the server by its address, such as `https://a.example`"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
