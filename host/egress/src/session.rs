//! Where calls of a group may go with one connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use lockgate_domain::auth::Activation;
use lockgate_domain::destination::{
    Destination, Destinations, FieldRefused, HostPattern, Scheme, Target, UrlRefused, UrlTemplate,
};
use lockgate_domain::{CredentialName, EgressDefinition, GroupId, Owner, ResourceType, Scope};
use rustls::ClientConfig;
use zeroize::Zeroizing;

use crate::auth::{Bound, Logins, Values, certificate, secrets, text};
use crate::connect::breaker::{Breakers, origin};
use crate::connect::pool::Pool;
use crate::connect::tls::{Identity, Tls};
use crate::policy::rules::Rules;
use crate::policy::settings::Grants;
use crate::scrub::Scrubber;
use crate::transport::http::retry::Budget;
use crate::{Account, EgressError};

/// A group's definition with a connection's values fixed in it. Made once per version of either, and shared by calls;
/// the connections that are open, the breakers and the tokens of logins live and die with it.
#[derive(Debug)]
pub struct EgressSession {
    pub(crate) group: GroupId,
    pub(crate) scope: Scope,
    pub(crate) definition: Arc<EgressDefinition>,
    pub(crate) account: Option<Arc<Account>>,
    destinations: Destinations,
    grants: Grants,
    base: Option<Result<String, UrlRefused>>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) breakers: Breakers,
    pub(crate) budget: Budget,
    pub(crate) logins: Logins,
    pub(crate) scrubber: Arc<Scrubber>,
    /// The TLS settings of each credential, and of requests without one.
    tls: Mutex<HashMap<Option<CredentialName>, Arc<ClientConfig>>>,
}

impl EgressSession {
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
        let field = |name: &_| text(definition.activation.as_ref(), account.as_deref(), name);
        let destinations = definition.destinations.fixed(field)?;
        let base = definition
            .base_url
            .as_ref()
            .map(|base| base.fill(field).map(|base| base.to_string().trim_end_matches('/').to_owned()));
        let mut reach = Self {
            group,
            scope,
            definition,
            account,
            destinations,
            grants: Grants::default(),
            base,
            pool: Arc::default(),
            breakers: Breakers::default(),
            budget: Budget::default(),
            logins: Logins::default(),
            scrubber: Arc::new(Scrubber::new(&[])),
            tls: Mutex::default(),
        };
        reach.scrubber = Arc::new(Scrubber::new(&reach.secrets(None)));
        Ok(reach)
    }

    /// Lets an INTERNAL group reach the private addresses that are granted to its scope.
    pub fn granted(self, grants: Grants) -> Self {
        Self { grants, ..self }
    }

    /// The address of a request: absolute, or behind `base_url`.
    pub(crate) fn target(&self, url: &str) -> Result<Target, EgressError> {
        let relative = url.is_empty() || url.starts_with(['/', '?']);
        let target = match (&self.base, relative) {
            (_, false) => Target::parse(url),
            (Some(Ok(base)), true) => Target::parse(&format!("{base}{url}")),
            (Some(Err(cause)), true) => {
                return Err(EgressError::Field { part: "base_url", cause: cause.clone() });
            }
            (None, true) => {
                let detail = "its URL is relative, and the group has no `base_url`: expected an absolute one";
                return Err(EgressError::Request(detail.to_owned()));
            }
        };
        let target = target.map_err(EgressError::Url)?;
        if !target.scheme().is_http() {
            return Err(EgressError::Request(format!("its URL begins with {}://: expected https://", target.scheme())));
        }
        Ok(target)
    }

    /// The destination that holds a request.
    pub(crate) fn destination(&self, target: &Target, method: &http::Method) -> Result<&Destination, EgressError> {
        self.destinations.matches(target, method.as_str()).ok_or_else(|| EgressError::Denied {
            method: method.to_string(),
            target: target.to_string(),
            origin: origin(target),
        })
    }

    /// The credential that goes to a destination, if it takes one.
    pub(crate) fn bound(&self, destination: &Destination, origin: &str) -> Result<Option<Bound<'_>>, EgressError> {
        let Some(name) = &destination.credential else { return Ok(None) };
        let refused = |why: &str| {
            let (origin, credential) = (origin.to_owned(), name.clone());
            Err(EgressError::NoCredential { origin, credential, why: why.to_owned() })
        };
        // Definitions are checked for this when they are saved; here it is certain.
        if destination.scheme == Scheme::Http && !destination.plaintext {
            return refused("no credential leaves without TLS");
        }
        let (Some(activation), Some(account)) = (&self.definition.activation, &self.account) else {
            return refused("the call has no connection");
        };
        match bind(activation, account, name) {
            Some(bound) => Ok(Some(bound)),
            None => refused("the connection has none: give it its values again"),
        }
    }

    /// What addresses a destination may have.
    pub(crate) fn rules(&self, private: bool) -> Rules<'_> {
        let internal = self.definition.resource_type == ResourceType::Internal;
        Rules { internal, private, grants: &self.grants }
    }

    /// Whether a destination may have an address that is not public, as far as values of a tenant are concerned: they
    /// lead where the host is not written out in the definition.
    pub(crate) fn is_private_allowed(&self, destination: &Destination) -> bool {
        let written = self.destinations.iter().zip(self.definition.destinations.iter());
        let mut written = written.filter(|(fixed, _)| std::ptr::eq(*fixed, destination)).map(|(_, written)| written);
        let fixed = written.next().is_some_and(|written| matches!(written.host, HostPattern::Exact(_)));
        fixed || destination.tenant_private || !self.is_tenants()
    }

    /// The same for an address of a method's own.
    pub(crate) fn is_private_url_allowed(&self, url: &UrlTemplate, target: &Target) -> bool {
        let allowed = |destination: &Destination| {
            destination.tenant_private && destination.host.matches(target.host()) && destination.port == target.port()
        };
        url.fields().next().is_none() || !self.is_tenants() || self.destinations.iter().any(allowed)
    }

    fn is_tenants(&self) -> bool {
        self.account.as_ref().is_some_and(|account| match account.owner {
            Owner::Scope(_) => false,
            Owner::Tenant(..) => true,
        })
    }

    /// The TLS settings of a credential.
    pub(crate) fn tls(&self, tls: &Tls, credential: Option<&CredentialName>) -> Result<Arc<ClientConfig>, EgressError> {
        let mut known = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        let key = credential.cloned();
        if let Some(config) = known.get(&key) {
            return Ok(Arc::clone(config));
        }
        let bound = match (&self.definition.activation, &self.account, credential) {
            (Some(activation), Some(account), Some(name)) => bind(activation, account, name),
            (_, _, None) | (None, _, _) | (_, None, _) => None,
        };
        let pem = bound.and_then(certificate);
        let config = tls.of(&self.definition.authorities, pem.as_ref().map(|pem| Identity { pem }))?;
        known.insert(key, Arc::clone(&config));
        Ok(config)
    }

    /// All secrets that are sent for the connection; with one credential as a login has completed it.
    pub(crate) fn secrets(&self, completed: Option<Bound<'_>>) -> Vec<Zeroizing<Vec<u8>>> {
        let (Some(activation), Some(account)) = (&self.definition.activation, &self.account) else { return Vec::new() };
        let own = account.credentials.keys().filter_map(|name| bind(activation, account, name));
        let mut all: Vec<_> = own.flat_map(secrets).collect();
        if let Some(completed) = completed {
            all.extend(secrets(completed));
        }
        all
    }
}

/// A credential of a connection with the method by which it is held.
fn bind<'r>(activation: &'r Activation, account: &'r Account, name: &CredentialName) -> Option<Bound<'r>> {
    let (name, held) = account.credentials.get_key_value(name)?;
    let method = activation.credentials.get(name)?.methods.get(&held.method)?;
    Some(Bound { name, method, values: Values { activation, account, method, held, token: None } })
}
