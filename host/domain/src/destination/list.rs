//! The destinations of a group: read, and chosen from.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};

use super::text::place;
use super::{Destination, Host, HostPattern, Scheme, SchemeRule, Target, database, grpc, public_suffix};
use crate::database::Engine;
use crate::http_token::is_token;
use crate::reader::Node;
use crate::{CredentialName, FieldName, ResourceType};

pub(crate) const DESTINATIONS_MAX: usize = 64;
pub(crate) const METHODS_MAX: usize = 16;
/// The `credential` of a destination that gets none; no credential of a group has this name.
pub(crate) const NO_CREDENTIAL: &str = "none";

/// The destinations of a group; an empty list allows no request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destinations(Vec<Destination>);

/// Why values of a connection can't be fixed in its destinations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldRefused {
    /// The connection has no value for it.
    #[error("field `{0}` has no value, and a destination needs one")]
    Missing(FieldName),
    /// The value is not a label of a host name.
    #[error("the value of field `{0}` is no label of a host name: expected 1 to 63 of a-z, 0-9 and `-`")]
    Label(FieldName),
    /// Two destinations would be the same host with different rules.
    #[error("the value of field `{0}` makes two destinations the same: expected another value")]
    Collision(FieldName),
}

impl Destinations {
    pub(crate) fn read(node: &Node<'_>, facts: &Facts<'_>) -> Self {
        if node.value.as_array().is_some_and(Vec::is_empty) {
            return Self::default();
        }
        let mut kept: Vec<(usize, Destination)> = Vec::new();
        for (index, node) in node.items(DESTINATIONS_MAX).iter().enumerate() {
            let Some(destination) = facts.read(node) else { continue };
            if let Some((other, _)) = kept.iter().find(|(_, other)| other.collides(&destination)) {
                node.wrong("uniqueItems", format!("destination {other} has the same place and methods"));
            }
            let same_name = |other: &Destination| other.name.is_some() && other.name == destination.name;
            if let Some((other, _)) = kept.iter().find(|(_, other)| same_name(other)) {
                node.wrong("uniqueItems", format!("destination {other} has the same name"));
            }
            kept.push((index, destination));
        }
        Self(kept.into_iter().map(|(_, destination)| destination).collect())
    }

    /// The destination that holds a request: of several the one with the more specific host, and then with the longer path. So
    /// a part of a host can have another credential than the rest, or none. One without the method holds nothing of it,
    /// so the request goes by the next.
    pub fn matches(&self, target: &Target, method: &str) -> Option<&Destination> {
        let held = self.0.iter().filter(|destination| destination.matches(target, method));
        held.max_by_key(|destination| destination.specificity())
    }

    /// Those that would hold a request with another method, and with another path; the most specific of each.
    pub fn near(&self, target: &Target) -> (Option<&Destination>, Option<&Destination>) {
        let any = |destination: &Destination, rule: SchemeRule| {
            Destination { rule, ..destination.clone() }.matches(target, "GET")
        };
        let most = |held: &dyn Fn(&Destination) -> bool| {
            self.0.iter().filter(|destination| held(destination)).max_by_key(|destination| destination.specificity())
        };
        (
            most(&|destination| any(destination, destination.rule.clone().limited_to(None))),
            most(&|destination| any(destination, SchemeRule::new(destination.scheme, "/".to_owned()))),
        )
    }

    /// The destinations with a connection's values in their hosts. Before that, one with `{field}` holds nothing.
    ///
    /// # Errors
    /// A value is missing, is not a label, or makes two destinations the same.
    pub fn fixed<'f>(&self, field: impl Fn(&FieldName) -> Option<&'f str>) -> Result<Self, FieldRefused> {
        let mut fixed: Vec<Destination> = Vec::new();
        for (destination, name) in self.0.iter().map(|destination| (destination, destination.host.field())) {
            let host = match name {
                Some(name) => {
                    let value = field(name).ok_or_else(|| FieldRefused::Missing(name.clone()))?;
                    destination.host.fixed(value).ok_or_else(|| FieldRefused::Label(name.clone()))?
                }
                None => destination.host.clone(),
            };
            fixed.push(Destination { host, ..destination.clone() });
        }
        for (index, (one, written)) in fixed.iter().zip(&self.0).enumerate() {
            let same = fixed.iter().enumerate().any(|(other, two)| other != index && two.collides(one));
            if let Some(name) = written.host.field().filter(|_| same) {
                return Err(FieldRefused::Collision(name.clone()));
            }
        }
        Ok(Self(fixed))
    }

    /// The database that a connector names; without a name the only one.
    ///
    /// # Errors
    /// What to write so that there is one.
    pub fn database(&self, name: Option<&str>) -> Result<(&Destination, Engine), String> {
        let all = || self.0.iter().filter_map(|one| one.scheme.engine().map(|engine| (one, engine)));
        let own_name = |one: &Destination| one.name.as_ref().map_or_else(|| one.place(), ToString::to_string);
        match name {
            Some(name) => {
                let found = all().find(|(one, _)| one.name.as_ref().is_some_and(|own| own.as_str() == name));
                found
                    .ok_or_else(|| format!("no destination with a `database` has the name `{}`", name.escape_default()))
            }
            None => {
                let mut databases = all();
                match (databases.next(), databases.next()) {
                    (Some(only), None) => Ok(only),
                    (None, _) => Err("the group has no destination with a `database`: add one".to_owned()),
                    (Some(_), Some(_)) => {
                        let names: Vec<_> = all().map(|(one, _)| own_name(one)).collect();
                        Err(format!("the group has several databases ({}): name one", names.join(", ")))
                    }
                }
            }
        }
    }

    /// All of them, in the order of the definition.
    pub fn iter(&self) -> impl Iterator<Item = &Destination> {
        self.0.iter()
    }
}

/// The parts of a definition that the rules of a destination depend on.
pub(crate) struct Facts<'a> {
    pub(crate) resource_type: ResourceType,
    /// The names of the group's credentials.
    pub(crate) credentials: Vec<&'a CredentialName>,
    /// Reports what is wrong with a field that a host names; the first argument is the pointer of its URL.
    pub(crate) check_field: &'a dyn Fn(&str, &FieldName),
}

impl Facts<'_> {
    fn read(&self, node: &Node<'_>) -> Option<Destination> {
        let mut object = node.object()?;
        let url = object.optional("url");
        let grpc = object.optional("grpc");
        let database = object.optional("database");
        let name = object.optional("name").and_then(|node| node.parse("name"));
        let methods = object.optional("methods");
        let credential = object.optional("credential");
        let encoded_slashes = object.flag("encoded_slashes");
        let tenant_private = object.flag("tenant_private");
        let plaintext = object.flag("plaintext");
        object.end();
        let place = match (&url, &grpc, &database) {
            (Some(url), None, None) => {
                let place = place(url.text()?).and_then(|place| public_suffix::check(&place.host).map(|()| place));
                place.map_err(|error| url.wrong("url", format!("{error}"))).ok()
            }
            (None, Some(grpc), None) => grpc::read(grpc),
            (None, None, Some(database)) => database::read(database),
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) | (None, None, None) => {
                node.wrong("required", "expected one of the keys `url`, `grpc` and `database`");
                None
            }
        };
        if let Some(url) = url.filter(|_| place.as_ref().is_some_and(|place| place.scheme == Scheme::Grpc)) {
            url.wrong("url", "a gRPC server is written as `grpc: \"https://host:port\"`");
            return None;
        }
        let credential = self.credential(node, credential.as_ref());
        let (credential, place) = (credential?, place?);
        // Of gRPC, the address says it.
        let clear = place.is_clear();
        let destination = Destination { name, credential, tenant_private, plaintext, ..place };
        self.check(node, &destination, clear);
        let methods = methods.map(|node| read_methods(&node, &destination));
        if encoded_slashes && !destination.scheme.is_http() {
            node.wrong("encoded_slashes", "only HTTP has paths with encoded slashes");
        }
        let rule = destination.rule.clone().limited_to(methods).with_encoded_slashes(encoded_slashes);
        Some(Destination { rule, ..destination })
    }

    /// The credential that is named, or the only one.
    fn credential(&self, node: &Node<'_>, named: Option<&Node<'_>>) -> Option<Option<CredentialName>> {
        let mut known = self.credentials.iter().copied();
        match named {
            Some(named) if named.value == NO_CREDENTIAL => Some(None),
            Some(named) => {
                let name: CredentialName = named.parse("name")?;
                if !known.any(|other| *other == name) {
                    named.wrong("credential", format!("the activation has no credential `{name}`; `none` is for none"));
                }
                Some(Some(name))
            }
            None => {
                let only = known.next().cloned();
                if known.next().is_some() {
                    node.wrong(
                        "required",
                        "with several credentials expected the key `credential`: one of them, or `none`",
                    );
                }
                Some(only)
            }
        }
    }

    /// `clear` says that the place has no TLS.
    fn check(&self, node: &Node<'_>, destination: &Destination, clear: bool) {
        let internal = self.resource_type == ResourceType::Internal;
        let is_grpc = destination.scheme == Scheme::Grpc;
        let needs = clear && (destination.credential.is_some() || is_grpc);
        let lacks = (needs && !destination.plaintext) || (destination.plaintext && !internal);
        if let Some(port) = destination.loopback_port().filter(|_| clear && lacks) {
            node.wrong("plaintext", on_this_machine(destination, port));
            return;
        }
        if destination.plaintext && !internal {
            node.wrong("plaintext", "only INTERNAL groups may send without TLS");
        }
        if destination.plaintext && !clear {
            node.wrong("plaintext", "it has TLS: leave `plaintext` out");
        }
        if destination.tenant_private && !internal {
            node.wrong("tenant_private", "only INTERNAL groups reach private addresses");
        }
        if is_grpc && needs && !destination.plaintext {
            let detail =
                "gRPC without TLS needs `plaintext: true`, which only INTERNAL groups may have: expected https://";
            node.wrong("plaintext", detail);
        } else if needs && !destination.plaintext && destination.scheme.engine().is_some() {
            let detail = "no credential leaves without TLS: leave `tls` out, for `verify-full`, or say `credential: none` or, in \
                          an INTERNAL group, `plaintext: true`";
            node.wrong("plaintext", detail);
        } else if needs && !destination.plaintext {
            let detail = "no credential leaves without TLS: expected https://, `credential: none` or, in an \
                          INTERNAL group, `plaintext: true`";
            node.wrong("plaintext", detail);
        }
        if let Some(name) = destination.host.field() {
            let has = |key: &str| node.value.get(key).is_some();
            let key = match (has("grpc"), has("database")) {
                (true, _) => "grpc",
                (false, true) => "database/host",
                (false, false) => "url",
            };
            (self.check_field)(&format!("{}/{key}", node.pointer), name);
        }
    }
}

/// What a group, a destination and a host say for a server of this machine without TLS, all at once.
fn on_this_machine(destination: &Destination, port: u16) -> String {
    let credential = destination.credential.as_ref().map_or(NO_CREDENTIAL, CredentialName::as_str);
    let (key, place) = match destination.scheme {
        // What the address says is not known here, and it is clear if this is asked.
        Scheme::Grpc => ("grpc", format!("\"{}\"", Destination { plaintext: true, ..destination.clone() }.place())),
        Scheme::Https | Scheme::Http => ("url", format!("\"{}\"", destination.url())),
        Scheme::Postgres | Scheme::Mysql | Scheme::Redshift => ("database", "{…, tls: disable}".to_owned()),
    };
    let address = match &destination.host {
        HostPattern::Exact(Host::Address(address)) => SocketAddr::new(*address, port),
        HostPattern::Exact(Host::Name(_)) | HostPattern::Field(..) | HostPattern::Below(_) => {
            SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)
        }
    };
    format!(
        "a server of this machine without TLS: expected `resource_type: INTERNAL` in the group, `- {{{key}: {place}, \
         credential: {credential}, plaintext: true}}` here, and `--reachable {address}` when it runs (of a host: \
         `reachable = [\"{address}\"]` in its configuration)"
    )
}

fn read_methods(node: &Node<'_>, destination: &Destination) -> BTreeSet<String> {
    if !destination.scheme.is_http() {
        node.wrong("methods", "only HTTP has methods");
    }
    let read = |item: &Node<'_>| {
        let method = item.text()?;
        // CONNECT opens a tunnel, and TRACE echoes the credential.
        if !is_token(method)
            || method.bytes().any(|byte| byte.is_ascii_lowercase())
            || ["CONNECT", "TRACE"].contains(&method)
        {
            item.wrong("methods", "expected a method in capital letters, other than CONNECT and TRACE");
        }
        Some(method.to_owned())
    };
    node.items(METHODS_MAX).iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::EgressDefinition;

    #[test]
    fn one_message_says_all_that_a_server_of_this_machine_takes() {
        let activation = json!({"credentials": {"main": {"methods": {"key": {"type": "bearer"}}}}});
        let found = |kind, one: Value| {
            EgressDefinition::read(kind, None, Some(&activation), Some(&json!([one])), None).map_err(|found| {
                assert_eq!(found.len(), 1, "{found:?}");
                found[0].detail.clone()
            })
        };
        let (external, internal) = (ResourceType::External, ResourceType::Internal);
        let places = [
            ("http://127.0.0.1:81", "127.0.0.1:81"),
            ("http://localhost", "127.0.0.1:80"),
            ("http://[::1]", "[::1]:80"),
        ];
        for (url, address) in places {
            let clear = json!({"url": url, "credential": "main"});
            let plaintext = json!({"url": url, "credential": "main", "plaintext": true});
            for (kind, one) in [(external, &clear), (internal, &clear), (external, &plaintext)] {
                let detail = found(kind, one.clone()).unwrap_err();
                let (line, reachable) = (format!("`- {{url: \"{url}"), format!("`--reachable {address}`"));
                for part in ["`resource_type: INTERNAL`", &line, "plaintext: true}`", &reachable] {
                    assert!(detail.contains(part), "{part}: {detail}");
                }
            }
            assert!(
                found(internal, plaintext).is_ok()
                    && found(external, json!({"url": url, "credential": "none"})).is_ok()
            );
        }
    }
}
