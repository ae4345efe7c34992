//! The values of one connection, opened.

use std::collections::BTreeMap;

use lockgate_domain::{ConnectionId, CredentialName, FieldName, MethodName, Owner};
use lockgate_vault::Secret;

/// A connection as egress needs it. Made from what the vault opened, once per version of the connection, and shared by
/// its calls. A field without a value is absent; defaults of the definition are filled in here.
#[derive(Debug)]
pub struct Account {
    /// The connection.
    pub id: ConnectionId,
    /// Which version of its values these are.
    pub version: i64,
    /// Whose it is: values of a tenant lead to no private address.
    pub owner: Owner,
    /// The values of the activation's own fields.
    pub fields: BTreeMap<FieldName, Secret>,
    /// The values of each credential.
    pub credentials: BTreeMap<CredentialName, CredentialValues>,
}

/// One credential of a connection.
#[derive(Debug)]
pub struct CredentialValues {
    /// By which of the credential's methods.
    pub method: MethodName,
    /// The values of the method's fields.
    pub values: BTreeMap<FieldName, Secret>,
}
