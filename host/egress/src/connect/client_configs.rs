//! The TLS settings of one session, made when its first connection needs them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use lockgate_domain::{CredentialName, EgressDefinition};
use rustls::ClientConfig;
use zeroize::Zeroizing;

use super::tls::{Checks, Identity, Tls};
use crate::EgressError;

/// Whose client certificate it shows, and what it checks.
type Key = (Option<CredentialName>, Checks);

/// The settings of each credential, and of requests without one, with the TLS sessions that they can resume. Their
/// authorities are the group's.
#[derive(Debug)]
pub(crate) struct ClientConfigs {
    definition: Arc<EgressDefinition>,
    known: Mutex<HashMap<Key, Arc<ClientConfig>>>,
}

impl ClientConfigs {
    pub(crate) fn new(definition: Arc<EgressDefinition>) -> Self {
        Self { definition, known: Mutex::default() }
    }

    /// The settings of a credential, whose client certificate and key are asked for once.
    pub(crate) fn get(
        &self,
        tls: &Tls,
        credential: Option<&CredentialName>,
        checks: Checks,
        pem: impl FnOnce() -> Option<Zeroizing<Vec<u8>>>,
    ) -> Result<Arc<ClientConfig>, EgressError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (credential.cloned(), checks);
        if let Some(config) = known.get(&key) {
            return Ok(Arc::clone(config));
        }
        let pem = pem();
        let config = tls.of(&self.definition.authorities, pem.as_ref().map(|pem| Identity { pem }), checks)?;
        known.insert(key, Arc::clone(&config));
        Ok(config)
    }
}
