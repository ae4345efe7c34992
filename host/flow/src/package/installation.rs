//! The document of an installation as it travels: what a scope sets for a group, without the ids and secrets of its OAuth
//! clients.

use std::collections::BTreeMap;

use lockgate_domain::{
    API_VERSION, CredentialName, FieldName, GroupReference, Installation, InstallationGiven, LimitsPatch,
    OauthClientGiven, ObjectsOnly, Violation,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::FlowError;

/// The value of `kind`.
pub(crate) const KIND: &str = "Installation";

/// What a scope sets for a group, as people write it. Unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InstallationDocument {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    /// The group, as the scope names it.
    group: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "is_default")]
    limits: LimitsPatch,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<FieldName, String>,
    /// The OAuth clients by credential; without this key they are left as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oauth: Option<BTreeMap<CredentialName, Client>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    return_urls: Option<Vec<String>>,
}

/// What of a client is no secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Client {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
}

fn is_default(limits: &LimitsPatch) -> bool {
    *limits == LimitsPatch::default()
}

impl InstallationDocument {
    pub(crate) fn of(reference: &GroupReference, set: &Installation) -> Self {
        let clients = Self::of_clients(set);
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            group: reference.to_string(),
            enabled: set.enabled,
            limits: set.limits.clone(),
            values: set.values.clone(),
            oauth: (!clients.is_empty()).then_some(clients),
            return_urls: set.return_urls.clone(),
        }
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`FlowError::Definition`].
    pub(crate) fn read(value: Value) -> Result<Self, FlowError> {
        let wrong = |pointer: &str, rule: &str, detail: String| {
            FlowError::Definition(vec![Violation::new(pointer, rule, detail)])
        };
        let read: Self = ObjectsOnly::of_value(value).map_err(|error| wrong("", "shape", error.to_string()))?;
        for (pointer, found, expected) in [("/apiVersion", &read.api_version, API_VERSION), ("/kind", &read.kind, KIND)]
        {
            if found != expected {
                return Err(wrong(pointer, "const", format!("expected `{expected}`")));
            }
        }
        read.group()?;
        Ok(read)
    }

    /// The group that it is for.
    ///
    /// # Errors
    /// [`FlowError::Definition`].
    pub(crate) fn group(&self) -> Result<GroupReference, FlowError> {
        self.group.parse().map_err(|error: lockgate_domain::InvalidReference| {
            FlowError::Definition(vec![Violation::new("/group", "reference", error.to_string())])
        })
    }

    /// As it would be sent. Clients that it does not name are those that are there, if it names none.
    pub(crate) fn given(&self, before: &Installation) -> InstallationGiven {
        let kept = || Self::of_clients(before);
        let clients = self.oauth.clone().unwrap_or_else(kept).into_iter().map(|(name, own)| {
            let given = OauthClientGiven { scopes: own.scopes, key_id: own.key_id, ..OauthClientGiven::default() };
            (name, given)
        });
        InstallationGiven {
            enabled: self.enabled,
            limits: self.limits.clone(),
            values: self.values.iter().map(|(name, value)| (name.to_string(), Value::from(value.as_str()))).collect(),
            oauth: clients.collect(),
            return_urls: self.return_urls.clone(),
        }
    }

    fn of_clients(set: &Installation) -> BTreeMap<CredentialName, Client> {
        let client =
            |own: &lockgate_domain::OauthClient| Client { scopes: own.scopes.clone(), key_id: own.key_id.clone() };
        set.oauth.iter().map(|(name, own)| (name.clone(), client(own))).collect()
    }

    /// Whether it sets what is set already.
    pub(crate) fn is_in_force(&self, before: &Installation) -> bool {
        let clients = self.oauth.as_ref().is_none_or(|own| *own == Self::of_clients(before));
        let set = (&self.enabled, &self.limits, &self.values, &self.return_urls);
        clients && set == (&before.enabled, &before.limits, &before.values, &before.return_urls)
    }

    /// The clients that it takes away, with their secrets.
    pub(crate) fn removed_clients(&self, before: &Installation) -> Vec<CredentialName> {
        let Some(own) = &self.oauth else { return Vec::new() };
        before.oauth.keys().filter(|name| !own.contains_key(*name)).cloned().collect()
    }
}
