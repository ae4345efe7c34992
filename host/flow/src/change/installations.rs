//! Changes of installations: what a scope sets for a group that it sees.

use std::collections::{BTreeMap, BTreeSet};

use lockgate_domain::auth::{Method, check};
use lockgate_domain::{
    Caller, CredentialName, EgressDefinition, GroupReference, Installation, InstallationGiven, OauthClient, Scope,
    Violation,
};
use lockgate_store::{Sealed, StoredInstallation};
use lockgate_vault::{Place, Secret, Vault};

use crate::FlowError;
use crate::change::credentials::MASK;
use crate::change::groups::known_connectors;
use crate::change::unit_of_work::{Changes, UnitOfWork, bounded};

impl Changes<'_> {
    /// [`UnitOfWork::put_installation`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn put_installation(
        self,
        scope: &Scope,
        reference: &GroupReference,
        expected: Option<i64>,
        given: InstallationGiven,
        by: &Caller,
    ) -> Result<(), FlowError> {
        let mut unit = self.begin(by).await?;
        let changed = bounded(unit.put_installation(scope, reference, expected, given)).await;
        unit.end(changed).await
    }
}

impl UnitOfWork {
    /// Replaces what a scope sets for a group. A secret that is left out, or sent as its mask, stays as it is.
    ///
    /// # Errors
    /// [`FlowError::Definition`], [`FlowError::Changed`], [`FlowError::NotFound`].
    pub async fn put_installation(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        expected: Option<i64>,
        given: InstallationGiven,
    ) -> Result<(), FlowError> {
        if self.caller.restrictions.tenants.is_some() {
            return Err(FlowError::Limited);
        }
        let (group, before, _) = self.catalog().find_installation(scope, reference)?;
        if expected.is_some_and(|version| version != before.version) {
            return Err(FlowError::Changed);
        }
        let before_named = before.definition.limits.connectors.keys();
        known_connectors(&given.limits, before_named.chain(group.connector_names()))?;
        self.host.changes().check_ceilings(&given.limits, "/limits")?;
        let values = values(&group.egress, &given)?;
        let mut stored = StoredInstallation::clone(&before);
        let kept = self.reader().installation_values(&before).await?;
        let vault = self.host.0.keys.vault();
        let (oauth, sealed) = clients(&group.egress, &vault, &stored, given.oauth, kept)?;
        let InstallationGiven { enabled, limits, return_urls, .. } = given;
        stored.definition = Installation { enabled, limits, values, oauth, return_urls };
        let (subject, by) = (group.stored.definition.slug.as_str(), self.by());
        self.write().put_installation(&stored, &vault, &sealed, subject, by).await?;
        self.written().await
    }
}

fn values(
    egress: &EgressDefinition,
    given: &InstallationGiven,
) -> Result<BTreeMap<lockgate_domain::FieldName, String>, FlowError> {
    let mut found = given.violations(egress);
    let mut fields = egress.activation.as_ref().map(|activation| activation.fields.clone()).unwrap_or_default();
    // What the scope leaves out, each connection gives.
    fields.values_mut().for_each(|field| field.required = false);
    let values = check(&fields, &given.values, "/values").map_err(|violations| found.extend(violations));
    match values {
        Ok(values) if found.is_empty() => {
            Ok(values.into_iter().map(|(name, value)| (name, value.expose().to_owned())).collect())
        }
        Ok(_) | Err(()) => Err(FlowError::Definition(found)),
    }
}

/// The addresses to which the methods of a credential send the client's secret.
fn token_urls(egress: &EgressDefinition, name: &CredentialName) -> BTreeSet<String> {
    let credential = egress.activation.as_ref().and_then(|activation| activation.credentials.get(name));
    let methods = credential.into_iter().flat_map(|credential| credential.methods.values());
    let urls = methods.flat_map(|method| match method {
        Method::Oauth2(method) => vec![Some(&method.token_url), method.refresh_url.as_ref()],
        Method::Basic(_) | Method::ApiKey(_) | Method::Bearer(_) | Method::Custom(_) => Vec::new(),
    });
    urls.flatten().map(ToString::to_string).collect()
}

/// The clients with their sealed ids and secrets. What is not given anew is taken over as it is sealed.
fn clients(
    egress: &EgressDefinition,
    vault: &Vault,
    stored: &StoredInstallation,
    given: BTreeMap<CredentialName, lockgate_domain::OauthClientGiven>,
    kept: Vec<Sealed>,
) -> Result<(BTreeMap<CredentialName, OauthClient>, Vec<Sealed>), FlowError> {
    let (mut clients, mut all) = (BTreeMap::new(), Vec::new());
    for (name, client) in given {
        let mut keep = |member: &str, text: Option<String>| -> Result<bool, FlowError> {
            let field = format!("oauth/{name}/{member}");
            match text {
                Some(text) if text != MASK => {
                    let place = Place {
                        scope: stored.scope,
                        tenant: None,
                        group: stored.group,
                        record: stored.id.as_bytes(),
                        field: &field,
                    };
                    let sealed = vault.seal(&place, &Secret::from(text))?;
                    all.push(Sealed { field, sealed });
                    Ok(true)
                }
                Some(_) | None => {
                    let before = kept.iter().find(|one| one.field == field).cloned();
                    let there = before.is_some();
                    all.extend(before);
                    Ok(there)
                }
            }
        };
        let is_new = [&client.client_id, &client.client_secret].into_iter().flatten().any(|text| text != MASK);
        let before = stored.definition.oauth.get(&name);
        // Whoever gives a client gives it for the addresses that the group has now.
        let token_urls = match before.filter(|_| !is_new) {
            Some(before) => before.token_urls.clone(),
            None => token_urls(egress, &name),
        };
        let id = keep("client_id", client.client_id)?;
        let secret = keep("client_secret", client.client_secret)?;
        if secret && !id {
            let at = format!("/oauth/{name}/client_id");
            return Err(FlowError::Definition(vec![Violation::new(at, "required", "a secret belongs to an id")]));
        }
        let (scopes, key_id) = (client.scopes, client.key_id);
        clients.insert(name, OauthClient { client_id: id, client_secret: secret, scopes, token_urls, key_id });
    }
    Ok((clients, all))
}
