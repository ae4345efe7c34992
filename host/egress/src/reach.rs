//! Where calls of a group may go with one connection.

use std::sync::Arc;

use lockgate_domain::destination::{Destinations, FieldRefused};
use lockgate_domain::{EgressDefinition, FieldName, GroupId, Scope};
use lockgate_vault::Secret;

use crate::Account;
use crate::settings::Grants;

/// A group's definition with a connection's values fixed in it. Made once per version of either, and shared by calls;
/// the connections that are open, the breakers and the tokens of logins live and die with it.
#[derive(Debug)]
pub struct Reach {
    pub(crate) group: GroupId,
    pub(crate) scope: Scope,
    pub(crate) definition: Arc<EgressDefinition>,
    pub(crate) account: Option<Arc<Account>>,
    pub(crate) destinations: Destinations,
    pub(crate) grants: Grants,
}

impl Reach {
    /// Fixes the values of a connection in the destinations.
    ///
    /// # Errors
    /// A value is missing or does not fit.
    pub fn new(
        group: GroupId,
        scope: Scope,
        definition: Arc<EgressDefinition>,
        account: Option<Arc<Account>>,
    ) -> Result<Self, FieldRefused> {
        let destinations = definition.destinations.fixed(|name| text(account.as_deref(), name))?;
        Ok(Self { group, scope, definition, account, destinations, grants: Grants::default() })
    }

    /// Lets an INTERNAL group reach the private addresses that are granted to its scope.
    pub fn granted(self, grants: Grants) -> Self {
        Self { grants, ..self }
    }
}

/// A value of the activation's own fields, which alone can fill URLs.
pub(crate) fn text<'a>(account: Option<&'a Account>, name: &FieldName) -> Option<&'a str> {
    std::str::from_utf8(account?.fields.get(name).map(Secret::expose)?).ok()
}
