//! The credentials of one connection in its group.

use std::collections::BTreeMap;
use std::sync::Arc;

use lockgate_domain::auth::Activation;
use lockgate_domain::destination::Destination;
use lockgate_domain::{CredentialName, Digest, EgressDefinition, FieldName};
use lockgate_vault::Secret;
use zeroize::Zeroizing;

use super::{Bound, Token, Values, placing, values};
use crate::scrub::Scrubber;
use crate::{Account, EgressError};

/// The values of a connection by the methods of its group, and what cleans answers of them.
#[derive(Debug)]
pub(crate) struct Credentials {
    definition: Arc<EgressDefinition>,
    account: Option<Arc<Account>>,
    scrubber: Arc<Scrubber>,
}

impl Credentials {
    pub(crate) fn new(definition: Arc<EgressDefinition>, account: Option<Arc<Account>>) -> Self {
        let empty = Self { definition, account, scrubber: Arc::new(Scrubber::new(&[])) };
        let scrubber = Arc::new(Scrubber::new(&empty.secrets(None)));
        Self { scrubber, ..empty }
    }

    /// What the group says that a connection has.
    pub(crate) fn activation(&self) -> Option<&Activation> {
        self.definition.activation.as_ref()
    }

    /// The values.
    pub(crate) fn account(&self) -> Option<&Account> {
        self.account.as_deref()
    }

    /// Cleans of every secret that is sent for the connection, but for tokens.
    pub(crate) fn scrubber(&self) -> &Arc<Scrubber> {
        &self.scrubber
    }

    /// All secrets that are sent for the connection, with a token that was given for a credential.
    pub(super) fn secrets_with(&self, bound: Bound<'_>, token: &Token) -> Vec<Zeroizing<Vec<u8>>> {
        self.secrets(Some(bound.with_token(Some(token))))
    }

    /// A value of the activation's own fields as text; those alone fill URLs.
    pub(crate) fn text(&self, name: &FieldName) -> Option<&str> {
        values::text(self.activation(), self.account(), name)
    }

    /// The credential that goes to a destination, if that takes one. The origin is for errors.
    pub(crate) fn bound(&self, destination: &Destination, origin: &str) -> Result<Option<Bound<'_>>, EgressError> {
        let Some(name) = &destination.credential else { return Ok(None) };
        let refused = |why: &str| {
            let (origin, credential) = (origin.to_owned(), name.clone());
            Err(EgressError::NoCredential { origin, credential, why: why.to_owned() })
        };
        // Definitions are checked for this when they are saved; here it is certain.
        if destination.is_clear() && !destination.plaintext {
            return refused("no credential leaves without TLS");
        }
        if self.activation().is_none() || self.account().is_none() {
            return refused("the call has no connection");
        }
        match self.credential(name) {
            Some(bound) => Ok(Some(bound)),
            None => refused("the connection has none: give it its values again"),
        }
    }

    /// A value that a credential was given.
    pub(crate) fn given(&self, credential: &CredentialName, name: &str) -> Option<&Secret> {
        self.account()?.credentials.get(credential)?.values.get(name)
    }

    /// The client certificate and its key, in PEM, with which connections for a credential are opened.
    pub(crate) fn certificate(&self, name: &CredentialName) -> Option<Zeroizing<Vec<u8>>> {
        self.credential(name).and_then(placing::certificate)
    }

    /// The digests of the client certificates with their keys, by credential.
    pub(crate) fn identities(&self) -> BTreeMap<CredentialName, Digest> {
        let names = self.account().into_iter().flat_map(|account| account.credentials.keys());
        names.filter_map(|name| Some((name.clone(), Digest::of(&self.certificate(name)?)))).collect()
    }

    /// A credential of the connection with its chosen method.
    pub(crate) fn credential(&self, name: &CredentialName) -> Option<Bound<'_>> {
        let (activation, account) = (self.activation()?, self.account()?);
        let (name, held) = account.credentials.get_key_value(name)?;
        let method = activation.credentials.get(name)?.methods.get(&held.method)?;
        Some(Bound { name, method, values: Values { activation, account, method, held, token: None } })
    }

    /// All secrets that are sent for the connection; with one credential as a token has completed it.
    fn secrets(&self, completed: Option<Bound<'_>>) -> Vec<Zeroizing<Vec<u8>>> {
        let names = self.account().into_iter().flat_map(|account| account.credentials.keys());
        let own = names.filter_map(|name| self.credential(name)).flat_map(placing::secrets);
        own.chain(completed.into_iter().flat_map(placing::secrets)).collect()
    }
}
