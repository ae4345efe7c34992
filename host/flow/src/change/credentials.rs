//! The values that somebody gives for a connection: checked against the group's activation, and sealed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use lockgate_domain::auth::{Activation, Fields, Method, Values, check, check_given};
use lockgate_domain::destination::{FieldRefused, UrlRefused};
use lockgate_domain::{
    Consent, CredentialName, EgressDefinition, FieldName, Installation, MethodName, Unresolved, Violation,
};
use lockgate_store::{Sealed, StoredConnection};
use lockgate_vault::{Secret, Vault};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::catalog::connections::place;
use crate::clock::now;
use crate::{Denied, FlowError};

/// What every read shows instead of a secret.
pub const MASK: &str = "********";
/// A hundred years: what is good for longer has no end.
const EXPIRES_IN_MAX_S: f64 = 100.0 * 366.0 * 24.0 * 3600.0;

// Not printable: they are secrets.
/// Values for a connection, as they are sent.
#[derive(Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConnectionValues")]
pub struct CredentialsGiven {
    /// Values of the activation's own fields.
    #[serde(default)]
    pub fields: Map<String, Value>,
    /// Values of each credential, by its name.
    #[serde(default)]
    pub credentials: BTreeMap<CredentialName, MethodGiven>,
}

/// Values for one credential, as they are sent.
#[derive(Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CredentialValues")]
pub struct MethodGiven {
    /// Which of its methods; its default without it.
    #[serde(default)]
    pub method: Option<MethodName>,
    /// Values of the method's fields.
    #[serde(default)]
    pub values: Map<String, Value>,
}

impl fmt::Debug for CredentialsGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialsGiven(…)")
    }
}

impl fmt::Debug for MethodGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MethodGiven(…)")
    }
}

/// Values that fit the group.
#[derive(Debug)]
pub(crate) struct Checked {
    methods: BTreeMap<CredentialName, MethodName>,
    visible: BTreeMap<String, String>,
    secret: Vec<(String, Secret)>,
    consent: Consent,
    ends_at: Option<i64>,
    /// Whether a person has to agree at a provider before there is a token.
    awaits_grant: bool,
}

/// Checks values for a group, with those that the scope sets for everybody.
pub(crate) fn checked(
    egress: &EgressDefinition,
    installed: &Installation,
    mut given: CredentialsGiven,
) -> Result<Checked, FlowError> {
    let activation =
        egress.activation.as_ref().ok_or(FlowError::Denied(Denied::Connection(Unresolved::NoActivation)))?;
    for (name, value) in &installed.values {
        if activation.fields.contains_key(name) && !given.fields.contains_key(name.as_str()) {
            given.fields.insert(name.to_string(), value.clone().into());
        }
    }
    let mut found = masks(&given);
    let mut gather = |result: Result<Values, Vec<Violation>>| {
        result.map_err(|violations| found.extend(violations)).unwrap_or_default()
    };
    // What a provider gives is nothing that a person must know.
    let kept = kept(activation, &given);
    let mut asked = activation.fields.clone();
    asked.iter_mut().filter(|(name, _)| kept.contains(*name)).for_each(|(_, field)| field.required = false);
    let fields = gather(check(&asked, &given.fields, "/fields"));
    let mut chosen: BTreeMap<CredentialName, (MethodName, &Method, Values)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (name, credential) in &activation.credentials {
        let at = format!("/credentials/{name}");
        let Some(sent) = given.credentials.remove(name) else {
            wrong.push(Violation::new(&at, "required", "expected its values"));
            continue;
        };
        let method_name = sent.method.unwrap_or_else(|| credential.default.clone());
        let Some(method) = credential.methods.get(&method_name) else {
            let names = credential.methods.keys().map(MethodName::as_str).collect::<Vec<_>>().join(", ");
            wrong.push(Violation::new(format!("{at}/method"), "enum", format!("expected one of {names}")));
            continue;
        };
        if let Method::Oauth2(method) = method
            && method.needs_client()
            && !installed.oauth.get(name).is_some_and(|client| client.client_id)
        {
            let why = "the installation has no OAuth client";
            return Err(FlowError::OauthClientMissing { credential: name.clone(), why });
        }
        let values = gather(check_given(method, &sent.values, &format!("{at}/values")));
        chosen.insert(name.clone(), (method_name, method, values));
    }
    for name in given.credentials.keys() {
        let detail = "the group's activation has no such credential";
        wrong.push(Violation::new(format!("/credentials/{name}"), "unknown", detail));
    }
    found.extend(wrong);
    if found.is_empty() {
        let awaited = |name: &FieldName| kept.contains(name) && !fields.contains_key(name);
        let methods = chosen.values().map(|(_, method, _)| *method);
        found.extend(misfits(egress, activation, &fields, methods, awaited));
    }
    let ends_at = ends_at(&chosen, &mut found);
    if !found.is_empty() {
        return Err(FlowError::Values(found));
    }
    Ok(sorted(egress, activation, fields, chosen, ends_at))
}

/// The activation's fields that the chosen methods get from a provider.
fn kept(activation: &Activation, given: &CredentialsGiven) -> BTreeSet<FieldName> {
    let chosen = activation.credentials.iter().filter_map(|(name, credential)| {
        let sent = given.credentials.get(name)?;
        credential.methods.get(sent.method.as_ref().unwrap_or(&credential.default))
    });
    let keeps = chosen.filter_map(|method| match method {
        Method::Oauth2(method) => Some(&method.keep),
        Method::Basic(_) | Method::ApiKey(_) | Method::Bearer(_) | Method::Custom(_) => None,
    });
    let names = keeps.flat_map(|keep| keep.reply.keys().chain(keep.callback.keys()));
    names.filter(|name| activation.fields.contains_key(*name)).cloned().collect()
}

/// A mask that came from a read would overwrite the secret that it stands for.
fn masks(given: &CredentialsGiven) -> Vec<Violation> {
    let own = given.fields.iter().map(|(name, value)| (format!("/fields/{name}"), value));
    let methods = given.credentials.iter().flat_map(|(credential, method)| {
        method.values.iter().map(move |(name, value)| (format!("/credentials/{credential}/values/{name}"), value))
    });
    let masked = own.chain(methods).filter(|(_, value)| value.as_str() == Some(MASK));
    masked.map(|(at, _)| Violation::new(at, "mask", "this is the mask of a read: expected the value itself")).collect()
}

/// Where values that fill URLs don't fit.
fn misfits<'m>(
    egress: &EgressDefinition,
    activation: &Activation,
    fields: &Values,
    methods: impl Iterator<Item = &'m Method>,
    awaited: impl Fn(&FieldName) -> bool,
) -> Vec<Violation> {
    let value = |name: &FieldName| {
        let default = || activation.fields.get(name).and_then(|field| field.default.as_deref());
        fields.get(name).map(|given| given.expose()).or_else(default)
    };
    let mut found = Vec::new();
    let mut add = |name: &FieldName, detail: String| {
        if awaited(name) {
            return;
        }
        found.push(Violation::new(format!("/fields/{name}"), "destination", detail));
    };
    if let Err(refused) = egress.destinations.fixed(value) {
        let (FieldRefused::Missing(name) | FieldRefused::Label(name) | FieldRefused::Collision(name)) = &refused;
        add(name, refused.to_string());
    }
    let urls = methods.flat_map(|method| method.urls()).map(|(_, url)| url);
    for url in egress.base_url.iter().chain(urls) {
        if let Err(refused) = url.fill(value) {
            let named = if let UrlRefused::Value(name) = &refused { Some(name) } else { url.fields().next() };
            named.iter().for_each(|name| add(name, refused.to_string()));
        }
    }
    found
}

/// The first end of any credential.
fn ends_at(
    chosen: &BTreeMap<CredentialName, (MethodName, &Method, Values)>,
    found: &mut Vec<Violation>,
) -> Option<i64> {
    let mut first: Option<i64> = None;
    for (credential, (_, method, values)) in chosen {
        let expires_in = match method {
            Method::Bearer(_) | Method::Custom(_) => values.get("expires_in"),
            Method::Basic(_) | Method::ApiKey(_) | Method::Oauth2(_) => None,
        };
        let Some(given) = expires_in else { continue };
        match given.expose().parse::<f64>() {
            Ok(seconds) if seconds > 0.0 && seconds <= EXPIRES_IN_MAX_S => {
                let end = now().saturating_add((seconds * 1000.0) as i64);
                first = Some(first.map_or(end, |other| other.min(end)));
            }
            Ok(_) | Err(_) => {
                let at = format!("/credentials/{credential}/values/expires_in");
                found.push(Violation::new(at, "range", "expected seconds, more than 0 and at most a hundred years"));
            }
        }
    }
    first
}

fn sorted(
    egress: &EgressDefinition,
    activation: &Activation,
    fields: Values,
    chosen: BTreeMap<CredentialName, (MethodName, &Method, Values)>,
    ends_at: Option<i64>,
) -> Checked {
    let (mut visible, mut secret, mut methods) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
    let mut sort = |definitions: &Fields, values: Values, above: String| {
        for (name, given) in values {
            let at = format!("{above}/{name}");
            if definitions.get(&name).is_some_and(|field| field.visible) {
                visible.insert(at, given.expose().to_owned());
            } else {
                secret.push((at, Secret::from(given.into_bytes())));
            }
        }
    };
    sort(&activation.fields, fields, "fields".to_owned());
    let mut awaits_grant = false;
    for (name, (method_name, method, values)) in chosen {
        awaits_grant |= matches!(method, Method::Oauth2(method) if method.needs_person());
        sort(method.fields(), values, format!("credentials/{name}"));
        methods.insert(name, method_name);
    }
    let consent = Consent::of(egress, &methods);
    Checked { methods, visible, secret, consent, ends_at, awaits_grant }
}

impl Checked {
    /// Whether a person has to agree at a provider.
    pub(crate) fn awaits_grant(&self) -> bool {
        self.awaits_grant
    }

    /// Puts the values into a connection, and gives what is sealed of them.
    pub(crate) fn seal(self, connection: &mut StoredConnection, vault: &Vault) -> Result<Vec<Sealed>, FlowError> {
        let seal = |(field, value): &(String, Secret)| {
            Ok(Sealed { field: field.clone(), sealed: vault.seal(&place(connection, field), value)? })
        };
        let sealed = self.secret.iter().map(seal).collect::<Result<Vec<_>, FlowError>>()?;
        connection.methods = self.methods;
        connection.visible = self.visible;
        connection.secret = self.secret.into_iter().map(|(field, _)| field).collect::<BTreeSet<_>>();
        connection.consent = Some(self.consent);
        connection.ends_at = self.ends_at;
        connection.credentials_at = Some(now());
        connection.needs_reauth = false;
        connection.awaits_grant = self.awaits_grant;
        Ok(sealed)
    }
}
