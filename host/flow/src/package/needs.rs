//! The names of the secrets without which a group can't be used.

use std::collections::{BTreeMap, BTreeSet};

use lockgate_domain::auth::{Fields, Method};
use lockgate_domain::{CredentialName, EgressDefinition, FieldName, MethodName};
use serde::Serialize;

/// What a package does not carry, and somebody has to give.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "PackageNeeds")]
pub struct Needs {
    /// Secret values of a connection: for each credential its methods with their fields, of which a connection uses one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub credentials: BTreeMap<CredentialName, BTreeMap<MethodName, BTreeSet<FieldName>>>,
    /// Secret fields of a connection that belong to no credential.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub fields: BTreeSet<FieldName>,
    /// Credentials for which the installation needs an OAuth client.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub oauth_clients: BTreeSet<CredentialName>,
}

impl Needs {
    /// What a group with these egress rules needs.
    pub(crate) fn of(egress: &EgressDefinition) -> Self {
        let Some(activation) = &egress.activation else { return Self::default() };
        let mut needs = Self { fields: secret(&activation.fields), ..Self::default() };
        for (name, credential) in &activation.credentials {
            let methods = credential.methods.iter().map(|(method, own)| (method.clone(), secret(own.fields())));
            needs.credentials.insert(name.clone(), methods.collect());
            let with_client = |method: &Method| match method {
                Method::Oauth2(method) => method.needs_client(),
                Method::Basic(_) | Method::ApiKey(_) | Method::Bearer(_) | Method::Custom(_) => false,
            };
            if credential.methods.values().any(with_client) {
                needs.oauth_clients.insert(name.clone());
            }
        }
        needs
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.credentials.is_empty() && self.fields.is_empty() && self.oauth_clients.is_empty()
    }
}

fn secret(fields: &Fields) -> BTreeSet<FieldName> {
    fields.iter().filter(|(_, field)| !field.visible).map(|(name, _)| name.clone()).collect()
}
