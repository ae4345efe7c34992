//! The egress rules of a group's definition: destinations, credentials and trust, checked as a whole.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::auth::{Activation, Location};
use crate::database::Engine;
use crate::destination::{Destination, Destinations, Facts, Scheme, UrlTemplate, below};
use crate::reader::Violations;
use crate::{Authority, FieldName, ResourceType, Violation, authorities};

/// The egress rules of a group: addresses, destinations, credentials and trust.
#[derive(Debug, Clone, PartialEq)]
pub struct EgressDefinition {
    /// Whether its destinations may have private addresses.
    pub resource_type: ResourceType,
    /// The URL that relative URLs of its requests are resolved against.
    pub base_url: Option<UrlTemplate>,
    /// What a connection needs; without it there are no connections.
    pub activation: Option<Activation>,
    /// The destinations that its requests may go to.
    pub destinations: Destinations,
    /// The certificate authorities that it trusts, beside those that every group trusts.
    pub authorities: Vec<Authority>,
}

impl EgressDefinition {
    /// The egress rules of a group that can send no request.
    pub fn nowhere(resource_type: ResourceType) -> Self {
        Self {
            resource_type,
            base_url: None,
            activation: None,
            destinations: Destinations::default(),
            authorities: Vec::new(),
        }
    }

    /// Whether a connection can be asked whether it works: a request is declared for that, or some server says so without
    /// one.
    pub fn is_verifiable(&self) -> bool {
        let declared = self.activation.as_ref().is_some_and(|activation| activation.verify.is_some());
        declared || self.destinations.iter().any(|destination| !destination.scheme.is_http())
    }

    /// Reads `base_url`, `activation`, `destinations` and `certificate_authorities` of a definition.
    ///
    /// # Errors
    /// Every rule that they break, with pointers into the definition.
    pub fn read(
        resource_type: ResourceType,
        base_url: Option<&Value>,
        activation: Option<&Value>,
        destinations: Option<&Value>,
        authorities: Option<&Value>,
    ) -> Result<Self, Vec<Violation>> {
        let violations = Violations::default();
        let base_url = base_url.and_then(|value| violations.node("/base_url", value).parse("url"));
        let activation =
            activation.and_then(|value| Activation::read(&violations.node("/activation", value), &violations));
        let check_field =
            |pointer: &str, name: &FieldName| check_field(activation.as_ref(), pointer, name, &violations);
        let credentials = activation.iter().flat_map(|activation| activation.credentials.keys()).collect();
        let facts = Facts { resource_type, credentials, check_field: &check_field };
        let destinations =
            destinations.map(|value| Destinations::read(&violations.node("/destinations", value), &facts));
        let authorities =
            authorities.map(|value| authorities::read(&violations.node("/certificate_authorities", value)));
        let definition = Self {
            resource_type,
            base_url,
            activation,
            destinations: destinations.unwrap_or_default(),
            authorities: authorities.unwrap_or_default(),
        };
        definition.check(&violations);
        violations.result(definition)
    }

    fn check(&self, violations: &Violations) {
        if let Some(base) = &self.base_url {
            for name in base.fields() {
                check_field(self.activation.as_ref(), "/base_url", name, violations);
            }
            if !self.destinations.iter().any(|destination| holds(destination, base)) {
                violations.add("/base_url", "destination", "no destination holds it: expected one in `destinations`");
            }
        }
        let Some(activation) = &self.activation else { return };
        self.check_options(activation, violations);
        if activation.verify.is_some() && self.base_url.is_none() {
            violations.add("/activation/verify", "required", "the request goes to `base_url`: expected that key");
        }
        for (credential, one) in &activation.credentials {
            for (name, method) in &one.methods {
                for (part, url) in method.urls().into_iter().filter(|(_, url)| url.scheme == Scheme::Http) {
                    if !self.destinations.iter().any(|destination| destination.plaintext && holds(destination, url)) {
                        let pointer = format!("/activation/credentials/{credential}/methods/{name}/{part}");
                        violations.add(pointer, "plaintext", "no credential leaves without TLS: expected https://");
                    }
                }
            }
        }
    }

    /// Options that a credential places are those of the databases that it logs in to: no other would be sent.
    fn check_options(&self, activation: &Activation, violations: &Violations) {
        for (credential, one) in &activation.credentials {
            let bound = self.destinations.iter().filter(|own| own.credential.as_ref() == Some(credential));
            let engines: BTreeSet<Engine> = bound.filter_map(|own| own.scheme.engine()).collect();
            for (name, method) in &one.methods {
                for (index, placement) in method.placements().iter().enumerate() {
                    let Location::Option(option) = &placement.location else { continue };
                    for engine in engines.iter().filter(|engine| !engine.options().contains(&option.as_str())) {
                        let known = engine.options().join(", ");
                        violations.add(
                            format!("/activation/credentials/{credential}/methods/{name}/placements/{index}/name"),
                            "option",
                            format!("{engine} takes no such option here: expected one of {known}"),
                        );
                    }
                }
            }
        }
    }
}

/// Reports what is wrong with a field of the activation that the URL at this pointer names.
fn check_field(activation: Option<&Activation>, pointer: &str, name: &FieldName, violations: &Violations) {
    match activation {
        Some(activation) => activation.check_in_url(pointer, name, violations),
        None => violations.add(pointer, "field", format!("`{{{name}}}` needs an activation with that field")),
    }
}

/// Whether a destination holds a URL of the definition, as far as it is known before there is a connection.
fn holds(destination: &Destination, url: &UrlTemplate) -> bool {
    destination.scheme == url.scheme
        && destination.port == url.port
        && destination.host.covers(&url.host)
        && below(destination.rule.path(), &url.sample_path())
}
