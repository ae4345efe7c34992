//! A connection's values, opened when a call first needs them and kept until the connection or its group changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use lockgate_domain::auth::Fields;
use lockgate_domain::{CredentialName, Denied, EgressDefinition, FieldName, MethodName};
use lockgate_egress::{Account, CredentialValues};
use lockgate_store::{StoreError, StoredConnection};
use lockgate_vault::{Secret, VaultError};

use crate::catalog::connections::place;
use crate::clock::now;
use crate::{Connection, FlowError, Host};

/// How often a connection is read again that changes under a call; each time somebody has changed it once more.
const ATTEMPTS: usize = 5;

impl Host {
    /// The connection with its values. Its next version, if it has changed just now, here or on another host.
    pub(crate) async fn opened(
        &self,
        mut connection: Arc<Connection>,
    ) -> Result<(Arc<Connection>, Arc<Account>), FlowError> {
        let mut attempt = 1;
        loop {
            match self.open(&connection).await {
                Ok(account) => return Ok((connection, account)),
                Err(error) if is_passing(&error) && attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
            connection = self.changed_meanwhile(&connection).await?;
            // The call was permitted with the version before.
            let facts = connection.facts();
            facts.usable(now()).map_err(|state| FlowError::Denied(Denied::Connection(state)))?;
        }
    }

    /// The version of a connection that is in force now.
    async fn changed_meanwhile(&self, connection: &Connection) -> Result<Arc<Connection>, FlowError> {
        // Whoever changes it on this host has the lock until the catalog has the change too.
        drop(self.0.change_lock.lock().await);
        // What another host changed may not have come here yet.
        self.catch_up().await?;
        let catalog = self.catalog();
        let found = catalog.connections(&connection.stored.group).and_then(|all| all.get(&connection.stored.id));
        found.cloned().ok_or_else(|| FlowError::NotFound("the connection".to_owned()))
    }

    async fn open(&self, connection: &Connection) -> Result<Arc<Account>, FlowError> {
        let open = || async {
            let stored = &connection.stored;
            let sealed = self.0.store.connection_values(stored).await?;
            let vault = self.0.keys.vault();
            let mut values = Filling::new(stored);
            for one in &sealed {
                values.put(&one.field, vault.open(&place(stored, &one.field), &one.sealed)?)?;
            }
            for (at, text) in &stored.visible {
                values.put(at, Secret::from(text.clone()))?;
            }
            Ok(Arc::new(values.account(&connection.egress)))
        };
        connection.opened.get_or_try_init(open).await.cloned()
    }
}

/// Whether opening may work after the values were read again: a rotation wrapped them meanwhile.
fn is_passing(error: &FlowError) -> bool {
    matches!(error, FlowError::Changed | FlowError::Vault(VaultError::Key { .. }))
}

/// An account that is being filled.
struct Filling<'s> {
    stored: &'s StoredConnection,
    fields: BTreeMap<FieldName, Secret>,
    credentials: BTreeMap<CredentialName, CredentialValues>,
}

impl<'s> Filling<'s> {
    fn new(stored: &'s StoredConnection) -> Self {
        let held = |(name, method): (&CredentialName, &MethodName)| {
            (name.clone(), CredentialValues { method: method.clone(), values: BTreeMap::new() })
        };
        Self { stored, fields: BTreeMap::new(), credentials: stored.methods.iter().map(held).collect() }
    }

    fn put(&mut self, at: &str, value: Secret) -> Result<(), FlowError> {
        let corrupt = || FlowError::Store(StoreError::Corrupt("place of a connection's value"));
        let mut parts = at.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("fields"), Some(name), None, _) => {
                self.fields.insert(name.parse().map_err(|_| corrupt())?, value);
            }
            (Some("credentials"), Some(credential), Some(name), None) => {
                let held = self.credentials.get_mut(credential).ok_or_else(corrupt)?;
                held.values.insert(name.parse().map_err(|_| corrupt())?, value);
            }
            _ => return Err(corrupt()),
        }
        Ok(())
    }

    fn account(mut self, egress: &EgressDefinition) -> Account {
        if let Some(activation) = &egress.activation {
            fill_defaults(&activation.fields, &mut self.fields);
            for (name, held) in &mut self.credentials {
                let method = activation.credentials.get(name).and_then(|one| one.methods.get(&held.method));
                if let Some(method) = method {
                    fill_defaults(method.fields(), &mut held.values);
                }
            }
        }
        let StoredConnection { id, version, owner, .. } = self.stored;
        let (fields, credentials) = (self.fields, self.credentials);
        Account { id: *id, version: *version, owner: owner.clone(), fields, credentials }
    }
}

fn fill_defaults(fields: &Fields, values: &mut BTreeMap<FieldName, Secret>) {
    for (name, field) in fields {
        if let (Some(default), false) = (&field.default, values.contains_key(name)) {
            values.insert(name.clone(), Secret::from(default.clone()));
        }
    }
}
