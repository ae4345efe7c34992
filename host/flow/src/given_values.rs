//! What somebody gives for the connection of a group, without a store: checked as a host checks what it keeps, and in memory
//! alone.

use std::collections::{BTreeMap, BTreeSet};

use lockgate_domain::auth::{Activation, Fields, Values, check, check_given};
use lockgate_domain::{
    ConnectionId, Consent, CredentialName, EgressDefinition, FieldName, GroupId, MethodName, Owner, Violation,
};
use lockgate_egress::{Account, CredentialValues};
use lockgate_store::StoredConnection;
use lockgate_vault::Secret;
use serde_json::{Map, Value};

use crate::FlowError;
use crate::clock::now;

/// What the author gives beside the file.
#[derive(Debug, Default)]
pub struct LocalValues {
    /// Of the activation's own fields.
    pub fields: Map<String, Value>,
    /// Of the fields of each credential's method.
    pub credentials: BTreeMap<CredentialName, Map<String, Value>>,
    /// The method of a credential, if not its default.
    pub methods: BTreeMap<CredentialName, MethodName>,
}

/// The one connection of a group without a host.
pub(crate) struct LocalConnection {
    pub(crate) account: Account,
    /// The visible values by `fields/NAME` or `credentials/CREDENTIAL/NAME`, as a stored connection has them.
    visible: BTreeMap<String, String>,
}

impl LocalValues {
    fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.credentials.is_empty()
    }

    /// The connection that these values make; none when none is given.
    ///
    /// # Errors
    /// [`FlowError::Values`].
    pub(crate) fn connection(
        &self,
        egress: &EgressDefinition,
        owner: &Owner,
    ) -> Result<Option<LocalConnection>, FlowError> {
        let Some(activation) = &egress.activation else {
            let detail = "the group has no `activation`, so it takes no values";
            let violations = vec![Violation::new("", "unknown", detail)];
            return if self.is_empty() { Ok(None) } else { Err(FlowError::Values(violations)) };
        };
        let mut accepting = Accepting::default();
        for name in self.credentials.keys().chain(self.methods.keys()) {
            if !activation.credentials.contains_key(name) {
                let detail = "the group's activation has no such credential";
                accepting.found.push(Violation::new(format!("/{name}"), "unknown", detail));
            }
        }
        if self.is_empty() && accepting.found.is_empty() {
            return Ok(None);
        }
        let fields = accepting.take(&activation.fields, check(&activation.fields, &self.fields, ""), "fields");
        let credentials = self.credentials(activation, &mut accepting);
        if !accepting.found.is_empty() {
            return Err(FlowError::Values(accepting.found));
        }
        let account = Account { id: ConnectionId::new(), version: 1, owner: owner.clone(), fields, credentials };
        Ok(Some(LocalConnection { account, visible: accepting.visible }))
    }

    fn credentials(
        &self,
        activation: &Activation,
        accepting: &mut Accepting,
    ) -> BTreeMap<CredentialName, CredentialValues> {
        let (mut credentials, nothing) = (BTreeMap::new(), Map::new());
        for (name, credential) in &activation.credentials {
            let chosen = self.methods.get(name).unwrap_or(&credential.default);
            let Some(method) = credential.methods.get(chosen) else {
                let detail = format!("it has no method `{chosen}`");
                accepting.found.push(Violation::new(format!("/{name}"), "unknown", detail));
                continue;
            };
            let given = self.credentials.get(name).unwrap_or(&nothing);
            let values = accepting.take(
                method.fields(),
                check_given(method, given, &format!("/{name}")),
                &format!("credentials/{name}"),
            );
            credentials.insert(name.clone(), CredentialValues { method: chosen.clone(), values });
        }
        credentials
    }
}

/// Values that are being checked.
#[derive(Default)]
struct Accepting {
    visible: BTreeMap<String, String>,
    found: Vec<Violation>,
}

impl Accepting {
    /// Values with the defaults of those that are not given.
    fn take(
        &mut self,
        fields: &Fields,
        checked: Result<Values, Vec<Violation>>,
        prefix: &str,
    ) -> BTreeMap<FieldName, Secret> {
        let values = checked.unwrap_or_else(|violations| {
            self.found.extend(violations);
            Values::new()
        });
        let mut secrets = BTreeMap::new();
        for (name, value) in values {
            if fields.get(&name).is_some_and(|field| field.visible) {
                self.visible.insert(format!("{prefix}/{name}"), value.expose().to_owned());
            }
            secrets.insert(name, Secret::from(value.into_bytes()));
        }
        for (name, field) in fields {
            if let (false, Some(default)) = (secrets.contains_key(name), &field.default) {
                secrets.insert(name.clone(), Secret::from(default.clone()));
            }
        }
        secrets
    }
}

impl LocalConnection {
    /// The connection as the catalog has it.
    pub(crate) fn stored(&self, group: GroupId, name: &str, egress: &EgressDefinition) -> StoredConnection {
        let Account { id, version, owner, credentials, .. } = &self.account;
        let methods = credentials.iter().map(|(name, values)| (name.clone(), values.method.clone())).collect();
        let (version, at) = (*version, now());
        StoredConnection {
            id: *id,
            group,
            owner: owner.clone(),
            name: name.to_owned(),
            enabled: true,
            default: true,
            needs_reauth: false,
            awaits_grant: false,
            consent: Some(Consent::of(egress, &methods)),
            methods,
            visible: self.visible.clone(),
            secret: BTreeSet::new(),
            ends_at: None,
            credentials_at: Some(at),
            version,
            created_at: at,
            updated_at: at,
        }
    }
}
