//! Consent: what a connection was made for. Whoever gave their credentials did so for these destinations, addresses and
//! placements, and for servers of these authorities; when a group becomes wider or different, somebody has to look
//! before the credentials are used again.

mod compare;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::auth::{BodyForm, Fields, Keep, KeepFrom, Login, Method, Placement};
use crate::destination::{Destination, UrlTemplate};
use crate::{Authority, CredentialName, Digest, EgressDefinition, FieldName, MethodName, ResourceType};
pub use compare::{Change, Comparison, Verdict};

/// What a connection was made for. Its JSON is canonical: keys in the order of the alphabet, lists sorted, no blanks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    base_url: Option<String>,
    /// By their fingerprints. Left out when there are none, as in consents that were stored before groups could have
    /// any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    certificate_authorities: BTreeSet<Digest>,
    credentials: BTreeMap<CredentialName, Used>,
    /// Of fields that fill a host, a path or an address of a method: a connection without a value of its own goes where
    /// they say. Left out when there are none, as in consents that were stored before this key existed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    defaults: BTreeMap<FieldName, String>,
    destinations: BTreeSet<Destination>,
    fields: Revealed,
    resource_type: ResourceType,
}

/// A credential's method that the connection uses: what decides where its values go, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Used {
    fields: Revealed,
    /// Values that are kept of a provider's answers, with where they are from: people read some of them, and others go into
    /// requests, and another place of an answer may hold a token. Left out when there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    kept: BTreeMap<String, String>,
    method: MethodName,
    placements: BTreeSet<String>,
    /// What of a provider's answers is read as a token, an end or an error, where it is not as the standard says: what is
    /// read as a token is shown to nobody, and what is read as an end or an error is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    reply: BTreeMap<String, String>,
    #[serde(rename = "scheme")]
    method_type: String,
    /// By what they are for; a login with what it sends.
    urls: BTreeMap<String, String>,
}

/// Fields whose values are not merely kept. Otherwise an editor, who may read no secret, could turn a stored value into
/// a visible one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revealed {
    sign: BTreeSet<String>,
    visible: BTreeSet<String>,
}

impl Consent {
    /// What a connection with these methods is made for, in a group with these egress rules. A method that the group
    /// does not have any more is left out: nothing can go anywhere by it.
    pub fn of(egress: &EgressDefinition, methods: &BTreeMap<CredentialName, MethodName>) -> Self {
        let activation = egress.activation.as_ref();
        let used = methods.iter().filter_map(|(credential, name)| {
            let method = activation?.credentials.get(credential)?.methods.get(name)?;
            Some((credential.clone(), Used::of(name, method)))
        });
        Self {
            base_url: egress.base_url.as_ref().map(ToString::to_string),
            certificate_authorities: egress.authorities.iter().map(Authority::fingerprint).collect(),
            credentials: used.collect(),
            defaults: defaults(egress, methods),
            destinations: egress.destinations.iter().cloned().map(Destination::unnamed).collect(),
            fields: activation.map_or_else(Revealed::none, |activation| Revealed::of(&activation.fields)),
            resource_type: egress.resource_type,
        }
    }

    /// The canonical JSON, kept with the connection.
    ///
    /// # Errors
    /// None that these types can have.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// Reads what [`Consent::to_json`] wrote.
    ///
    /// # Errors
    /// The text is something else.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// SHA-256 of the canonical JSON: two are the same if and only if this is.
    ///
    /// # Errors
    /// As for [`Consent::to_json`].
    pub fn digest(&self) -> serde_json::Result<Digest> {
        self.to_json().map(|text| Digest::of(text.as_bytes()))
    }

    /// What is different when the connection's group has become `now`.
    pub fn compare(&self, now: &Self) -> Comparison {
        compare::compare(self, now)
    }
}

/// The defaults of fields that fill addresses.
fn defaults(egress: &EgressDefinition, methods: &BTreeMap<CredentialName, MethodName>) -> BTreeMap<FieldName, String> {
    let Some(activation) = &egress.activation else { return BTreeMap::new() };
    let used =
        methods.iter().filter_map(|(credential, name)| activation.credentials.get(credential)?.methods.get(name));
    let urls = used.flat_map(Method::urls).map(|(_, url)| url);
    let filled = urls.chain(&egress.base_url).flat_map(UrlTemplate::fields);
    let hosts = egress.destinations.iter().filter_map(|destination| destination.host.field());
    let default = |name: &FieldName| Some((name.clone(), activation.fields.get(name)?.default.clone()?));
    hosts.chain(filled).filter_map(default).collect()
}

impl Used {
    fn of(name: &MethodName, method: &Method) -> Self {
        // The address of a login is written with what it sends, by the key that it always had.
        let others = method.urls().into_iter().filter(|(part, _)| !part.starts_with("login/"));
        let urls = others.map(|(part, url)| (part.to_owned(), url.to_string()));
        let login = method.login().map(|login| ("login_url".to_owned(), request(login)));
        let mut fields = Revealed::of(method.fields());
        let (mut sources, mut reply) = (BTreeMap::new(), BTreeMap::new());
        if let Method::Oauth2(method) = method {
            // With where they are from: another place of the reply may hold a secret.
            let kept = |name: &FieldName| {
                let from = method.keep.reply.get(name).or_else(|| method.keep.callback.get(name));
                from.map_or_else(|| name.to_string(), |from| format!("{name} = {from}"))
            };
            fields.visible.extend(method.keep.visible.iter().map(kept));
            sources = kept_sources(&method.keep);
            reply = method.read_differently();
        }
        Self {
            fields,
            kept: sources,
            method: name.clone(),
            placements: method.placements().iter().map(placement).collect(),
            reply,
            method_type: method.type_name().to_owned(),
            urls: urls.chain(login).collect(),
        }
    }
}

impl Revealed {
    fn none() -> Self {
        Self { sign: BTreeSet::new(), visible: BTreeSet::new() }
    }

    fn of(fields: &Fields) -> Self {
        let named = |(name, _): (&crate::FieldName, _)| name.to_string();
        Self {
            sign: fields.iter().filter(|(_, field)| field.sign).map(named).collect(),
            visible: fields.iter().filter(|(_, field)| field.visible).map(named).collect(),
        }
    }
}

/// Where each kept value is from.
fn kept_sources(keep: &Keep) -> BTreeMap<String, String> {
    let of = |part: &'static str, from: &BTreeMap<FieldName, KeepFrom>| {
        let named = |(name, from): (&FieldName, &KeepFrom)| (format!("{part} {name}"), from.to_string());
        from.iter().map(named).collect::<Vec<_>>()
    };
    of("reply", &keep.reply).into_iter().chain(of("callback", &keep.callback)).collect()
}

fn placement(placement: &Placement) -> String {
    format!("{} = {}", placement.location, placement.value)
}

/// A login request as one text, with everything that it sends.
fn request(login: &Login) -> String {
    let body = match login.body {
        BodyForm::Form => "form",
        BodyForm::Json => "json",
        BodyForm::Query => "query",
    };
    let sent: BTreeSet<_> = login.placements.iter().map(placement).collect();
    let sent = sent.into_iter().collect::<Vec<_>>().join(", ");
    format!("{} {} ({body}: {sent})", login.method, login.url)
}

#[cfg(test)]
mod tests;
