//! From a filled form to values. Names: `f:FIELD`, `m:CREDENTIAL` with a method, `c:CREDENTIAL:METHOD:FIELD`.

use lockgate_domain::EgressDefinition;
use lockgate_domain::auth::{Fields, Method};
use lockgate_flow::{CredentialsGiven, MethodGiven};
use serde_json::{Map, Value};

/// The fields that a person fills in.
pub(super) fn asked(
    fields: &Fields,
) -> impl Iterator<Item = (&lockgate_domain::FieldName, &lockgate_domain::auth::Field)> {
    fields.iter().filter(|(_, field)| !field.hidden)
}

/// The methods that a person can choose of a credential.
pub(super) fn offered(
    credential: &lockgate_domain::auth::Credential,
) -> impl Iterator<Item = (&lockgate_domain::MethodName, &Method)> {
    credential.methods.iter().filter(|(_, method)| !matches!(method, Method::Oauth2(_)))
}

/// The values of a form. What is empty is left out, unless it must be there, so that the rules of the field decide.
pub(super) fn credentials(egress: &EgressDefinition, form: &[(String, String)]) -> CredentialsGiven {
    let mut given = CredentialsGiven::default();
    let Some(activation) = &egress.activation else { return given };
    let read = |fields: &Fields, above: &str| {
        let mut values = Map::new();
        for (name, field) in asked(fields).filter(|(_, field)| !field.disabled) {
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
    given.fields = read(&activation.fields, "f");
    for (name, credential) in &activation.credentials {
        let chosen = form.iter().find(|(own, _)| *own == format!("m:{name}")).map(|(_, value)| value.as_str());
        let mut methods = offered(credential);
        let method = methods.find(|(own, _)| chosen.is_none_or(|chosen| own.as_str() == chosen));
        if let Some((method, definition)) = method {
            let values = read(definition.fields(), &format!("c:{name}:{method}"));
            given.credentials.insert(name.clone(), MethodGiven { method: Some(method.clone()), values });
        }
    }
    given
}
