//! From a filled form to values. Names: `f:FIELD`, `m:CREDENTIAL` with a method, `c:CREDENTIAL:METHOD:FIELD`.

use std::collections::BTreeMap;

use lockgate_domain::auth::{Credential, Field, Fields, Method};
use lockgate_domain::{EgressDefinition, FieldName, MethodName};
use lockgate_flow::{CredentialsGiven, MethodGiven};
use serde_json::{Map, Value};

/// What a scope sets for everybody.
pub(crate) type Set = BTreeMap<FieldName, String>;

/// The fields that a person fills in: not those that their platform has set for everybody.
pub(crate) fn asked<'f>(fields: &'f Fields, set: &'f Set) -> impl Iterator<Item = (&'f FieldName, &'f Field)> {
    fields.iter().filter(|(name, field)| !field.hidden && !set.contains_key(*name))
}

/// The methods that a person can choose of a credential: all of them. By some they go on to a provider.
pub(crate) fn offered(credential: &Credential) -> impl Iterator<Item = (&MethodName, &Method)> {
    credential.methods.iter()
}

/// The values of a form. What is empty is left out, unless it must be there, so that the rules of the field decide.
pub(crate) fn credentials(egress: &EgressDefinition, set: &Set, form: &[(String, String)]) -> CredentialsGiven {
    let mut given = CredentialsGiven::default();
    let Some(activation) = &egress.activation else { return given };
    let read = |fields: &Fields, set: &Set, above: &str| {
        let mut values = Map::new();
        for (name, field) in asked(fields, set).filter(|(_, field)| !field.disabled) {
            let key = format!("{above}:{name}");
            let sent = form.iter().find(|(own, _)| *own == key).map(|(_, value)| value);
            // Forms end their lines with CR LF.
            let sent = sent.map(|value| value.replace("\r\n", "\n"));
            match sent {
                Some(value) if !value.is_empty() || (field.required && field.default.is_none()) => {
                    values.insert(name.to_string(), Value::String(value));
                }
                Some(_) | None => {}
            }
        }
        values
    };
    given.fields = read(&activation.fields, set, "f");
    for (name, credential) in &activation.credentials {
        let chosen = form.iter().find(|(own, _)| *own == format!("m:{name}")).map(|(_, value)| value.as_str());
        let mut methods = offered(credential);
        let method = methods.find(|(own, _)| chosen.is_none_or(|chosen| own.as_str() == chosen));
        if let Some((method, definition)) = method {
            let values = read(definition.fields(), &Set::new(), &format!("c:{name}:{method}"));
            given.credentials.insert(name.clone(), MethodGiven { method: Some(method.clone()), values });
        }
    }
    given
}
