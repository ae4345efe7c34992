//! A destination's `database`: one database on one server.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use super::{Destination, HostPattern, Scheme, SchemeRule, public_suffix};
use crate::database::{Engine, TlsMode};
use crate::reader::Node;

/// Longer than a name that a server takes.
pub(crate) const NAME_MAX: usize = 63;
/// Options are short words, lists of schemas and time zones.
pub(crate) const OPTION_MAX: usize = 256;

/// Reads it; the parts that every destination has keep their defaults.
pub(super) fn read(node: &Node<'_>) -> Option<Destination> {
    let mut object = node.object()?;
    let engine = object.required("engine").and_then(|node| node.choice(&Engine::WORDS));
    let host = object.required("host").and_then(|node| host(&node));
    let port = object.optional("port").map(|node| node.number(1, 65_535).and_then(|port| u16::try_from(port).ok()));
    let name = object.optional("name").map(|node| name(&node));
    let tls = object.optional("tls").map(|node| node.choice(&TlsMode::WORDS));
    let options = object.optional("options");
    object.end();
    let engine = engine?;
    let options = options.map(|node| read_options(&node, engine)).unwrap_or_default();
    let path = format!("/{}", name.unwrap_or(Some(""))?);
    Some(Destination {
        scheme: match engine {
            Engine::Postgresql => Scheme::Postgres,
            Engine::Redshift => Scheme::Redshift,
            Engine::Mysql => Scheme::Mysql,
        },
        host: host?,
        port: port.unwrap_or_else(|| Some(engine.default_port()))?,
        rule: SchemeRule::Database { path, tls: tls.unwrap_or(Some(TlsMode::default()))?, options },
        name: None,
        credential: None,
        tenant_private: false,
        plaintext: false,
    })
}

/// One host: nobody can say which of several a session is with.
fn host(node: &Node<'_>) -> Option<HostPattern> {
    let text = node.text()?;
    // Beside a port of its own an address of IPv6 needs no brackets.
    let bracketed = text.parse::<Ipv6Addr>().map(|_| format!("[{text}]"));
    let text = bracketed.as_deref().unwrap_or(text);
    let read = HostPattern::parse(text).and_then(|host| public_suffix::check(&host).map(|()| host));
    match read {
        Ok(HostPattern::Below(_)) => {
            node.wrong("host", "a database is on one host: expected no `*.`");
            None
        }
        Ok(host) => Some(host),
        Err(error) => {
            node.wrong("host", format!("{error}"));
            None
        }
    }
}

/// A name that needs no quotes in an address.
fn name<'n>(node: &Node<'n>) -> Option<&'n str> {
    let text = node.text()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-$.".contains(&byte);
    if (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('.') {
        return Some(text);
    }
    node.wrong("name", format!("expected 1 to {NAME_MAX} of letters, digits and `_-$.`, not beginning with a dot"));
    None
}

fn read_options(node: &Node<'_>, engine: Engine) -> BTreeMap<String, String> {
    let known = engine.options();
    let mut options = BTreeMap::new();
    for (key, node) in node.entries::<String>(known.len()) {
        if !known.contains(&key.as_str()) {
            node.wrong("unknown", format!("{engine} takes no such option here: expected one of {}", known.join(", ")));
        }
        let Some(value) = node.text() else { continue };
        let fits = !value.is_empty() && value.len() <= OPTION_MAX && !value.contains(|one: char| one.is_control());
        if !fits {
            node.wrong("text", format!("expected 1 to {OPTION_MAX} bytes and no control characters"));
        }
        options.insert(key, value.to_owned());
    }
    options
}
