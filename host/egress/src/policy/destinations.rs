//! Where calls of a group may go with one connection.

use lockgate_domain::database::Engine;
use lockgate_domain::destination::{
    Destination, Destinations, FieldRefused, HostPattern, Scheme, Slashes, Target, UrlRefused, UrlTemplate,
};
use lockgate_domain::{EgressDefinition, FieldName, ResourceType};

use super::{Grants, Rules};
use crate::EgressError;

/// The destinations of a definition with a connection's values fixed in them, and which of their addresses may be
/// private. Two that are equal allow the same.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Policy {
    destinations: Destinations,
    /// For each of them, whether the definition writes its host out.
    written_out: Vec<bool>,
    base: Option<Result<String, UrlRefused>>,
    /// Whether the group is INTERNAL.
    internal: bool,
    /// Whether the values are a tenant's.
    tenants: bool,
    grants: Grants,
}

impl Policy {
    /// Fixes the values of a connection. They are a tenant's, or not.
    pub(crate) fn new<'f>(
        definition: &EgressDefinition,
        field: impl Fn(&FieldName) -> Option<&'f str> + Copy,
        tenants: bool,
    ) -> Result<Self, FieldRefused> {
        let is_exact = |destination: &Destination| matches!(destination.host, HostPattern::Exact(_));
        let base = definition.base_url.as_ref();
        Ok(Self {
            destinations: definition.destinations.fixed(field)?,
            written_out: definition.destinations.iter().map(is_exact).collect(),
            base: base.map(|base| base.fill(field).map(|base| base.to_string().trim_end_matches('/').to_owned())),
            internal: definition.resource_type == ResourceType::Internal,
            tenants,
            grants: Grants::default(),
        })
    }

    /// The same with private addresses that are granted to the scope.
    pub(crate) fn granted(self, grants: Grants) -> Self {
        Self { grants, ..self }
    }

    /// The address of a request: absolute, or behind `base_url`.
    pub(crate) fn target(&self, url: &str, slashes: Slashes) -> Result<Target, EgressError> {
        let relative = url.is_empty() || url.starts_with(['/', '?']);
        let target = match (&self.base, relative) {
            (_, false) => Target::parse_with(url, slashes),
            (Some(Ok(base)), true) => Target::parse_with(&format!("{base}{url}"), slashes),
            (Some(Err(cause)), true) => {
                return Err(EgressError::Field { part: "base_url", cause: cause.clone() });
            }
            (None, true) => {
                let detail = "its URL is relative, and the group has no `base_url`: expected an absolute one";
                return Err(EgressError::Request(detail.to_owned()));
            }
        };
        target.map_err(EgressError::Url)
    }

    /// All destinations, in the order of the definition.
    pub(crate) fn destinations(&self) -> impl Iterator<Item = &Destination> {
        self.destinations.iter()
    }

    /// The destination that holds a request. The method counts on HTTP alone.
    pub(crate) fn destination(&self, target: &Target, method: &str) -> Result<&Destination, EgressError> {
        let destination = self.destinations.matches(target, method).ok_or_else(|| EgressError::Denied {
            method: method.to_owned(),
            target: target.to_string(),
            advice: self.advice(target, method),
        })?;
        destination.check_slashes(target).map_err(EgressError::Url)?;
        Ok(destination)
    }

    /// The address of a gRPC method, at the server that a caller names; without a name at the only one.
    pub(crate) fn grpc(&self, name: Option<&str>, path: &str) -> Result<Target, EgressError> {
        self.destinations.grpc(name, path).map_err(EgressError::Request)
    }

    /// The database that a connector names; without a name the only one.
    pub(crate) fn database(&self, name: Option<&str>) -> Result<(&Destination, Engine), EgressError> {
        self.destinations.database(name).map_err(EgressError::Request)
    }

    /// What would allow a request that no destination holds: a change of one that nearly does, or a new one.
    fn advice(&self, target: &Target, method: &str) -> String {
        let (methods, path) = self.destinations.near(target);
        if let Some(near) = methods {
            let known = near.rule.methods().into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
            return format!("the one for {} has `methods: [{known}]`: add {method} to them", near.place());
        }
        if let Some(near) = path {
            return format!("the one for {} holds only what is below that path: add one for the other", near.place());
        }
        match target.scheme() {
            Scheme::Grpc => format!("add one, such as `{{grpc: \"https://{}:{}\"}}`", target.host(), target.port()),
            Scheme::Https | Scheme::Http | Scheme::Postgres | Scheme::Mysql | Scheme::Redshift => {
                format!("add one, such as `{{url: \"{}\"}}`", target.origin())
            }
        }
    }

    /// What addresses a destination may have.
    pub(crate) fn rules(&self, private: bool) -> Rules<'_> {
        Rules { internal: self.internal, private, grants: &self.grants }
    }

    /// Whether a destination may have an address that is not public, as far as values of a tenant are concerned: they
    /// lead where the host is not written out in the definition.
    pub(crate) fn is_private_allowed(&self, destination: &Destination) -> bool {
        let mut own = self.destinations.iter().zip(&self.written_out);
        let written_out = own.any(|(fixed, written_out)| *written_out && std::ptr::eq(fixed, destination));
        written_out || destination.tenant_private || !self.tenants
    }

    /// The same for an address of an auth method's own.
    pub(crate) fn is_private_url_allowed(&self, url: &UrlTemplate, target: &Target) -> bool {
        let allowed = |destination: &Destination| {
            destination.tenant_private && destination.host.matches(target.host()) && destination.port == target.port()
        };
        url.fields().next().is_none() || !self.tenants || self.destinations.iter().any(allowed)
    }
}
