//! The values of a connection, as they are typed: for one that is made on a host, and for a run without one.

use lockgate_domain::auth::{Activation, Field, FieldKind};
use lockgate_domain::{EgressDefinition, MethodName, ResourceType, merge_patch};
use serde_json::{Value, json};

use crate::exit::Usage;
use crate::secret;

/// The auth methods and values of a connection, as arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Values {
    /// The method of a credential, unless it is the default one
    #[arg(long = "method", value_name = "CREDENTIAL=METHOD")]
    methods: Vec<String>,
    /// A value that is no secret, such as subdomain=acme or main.username=ada
    #[arg(long = "field", value_name = "NAME=VALUE")]
    fields: Vec<String>,
    /// A secret: NAME=env:VARIABLE, NAME=@file, or NAME alone to be asked; such as main.token=env:TOKEN
    #[arg(long = "secret", value_name = "NAME=FROM")]
    secrets: Vec<String>,
}

/// Whether forms would not echo a field: a password, a key, or what signs.
fn is_secret(field: &Field) -> bool {
    let hides = match &field.kind {
        FieldKind::Password | FieldKind::Certificate => true,
        FieldKind::Text | FieldKind::Number | FieldKind::Select(_) => false,
    };
    !field.visible && (hides || field.sign)
}

impl Values {
    /// Whether no argument was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.methods.is_empty() && self.fields.is_empty() && self.secrets.is_empty()
    }

    /// Refuses a secret that was typed as `--field`, where every program of the machine could read it. `group` has the
    /// activation whose fields are meant; what it does not know is the host's to refuse.
    pub(crate) fn refuse_typed_secrets(&self, group: &Value) -> anyhow::Result<()> {
        let kind = group.get("resource_type").cloned().and_then(|kind| serde_json::from_value(kind).ok());
        let part = |name: &str| group.get(name).filter(|value| !value.is_null());
        let (base, activation) = (part("base_url"), part("activation"));
        let egress = EgressDefinition::read(
            kind.unwrap_or(ResourceType::External),
            base,
            activation,
            part("destinations"),
            part("certificate_authorities"),
        );
        let Some(activation) = egress.ok().and_then(|egress| egress.activation) else { return Ok(()) };
        for field in &self.fields {
            let name = field.split_once('=').map_or(field.as_str(), |(name, _)| name);
            if self.meant(&activation, name).is_some_and(is_secret) {
                let text = format!(
                    "`--field {name}=…` is a secret: give it with `--secret {name}=env:VARIABLE`, \
                                    `--secret {name}=@FILE` or `--secret {name}`"
                );
                return Err(Usage(text).into());
            }
        }
        Ok(())
    }

    /// Whether a value was given with `--field`.
    pub(crate) fn has_fields(&self) -> bool {
        !self.fields.is_empty()
    }

    /// The field that a name means: of the activation, or of the method that is chosen for a credential.
    fn meant<'a>(&self, activation: &'a Activation, name: &str) -> Option<&'a Field> {
        let Some((credential, name)) = name.split_once('.') else { return activation.fields.get(name) };
        let of = activation.credentials.iter().find(|(own, _)| own.as_str() == credential)?.1;
        let chosen = self.methods.iter().find_map(|one| one.strip_prefix(credential)?.strip_prefix('='));
        let is_chosen = |method: &&MethodName| method.as_str() == chosen.unwrap_or(of.default.as_str());
        let method = of.methods.keys().find(is_chosen).and_then(|method| of.methods.get(method))?;
        method.fields().get(name)
    }

    /// The members `fields` and `credentials` of a connection; none if no argument was given.
    pub(crate) fn read(&self) -> anyhow::Result<Option<(Value, Value)>> {
        if self.is_empty() {
            return Ok(None);
        }
        let (mut fields, mut credentials) = (json!({}), json!({}));
        for method in &self.methods {
            let expected = || Usage(format!("`--method {method}`: expected CREDENTIAL=METHOD"));
            let (credential, method) = method.split_once('=').ok_or_else(expected)?;
            merge_patch(&mut credentials, &json!({credential: {"method": method}}));
        }
        let mut put = |name: String, value: String| match name.split_once('.') {
            None => merge_patch(&mut fields, &json!({name: value})),
            Some((credential, name)) => merge_patch(&mut credentials, &json!({credential: {"values": {name: value}}})),
        };
        for field in &self.fields {
            let expected = || Usage(format!("`--field {field}`: expected NAME=VALUE"));
            let (name, value) = field.split_once('=').ok_or_else(expected)?;
            put(name.to_owned(), value.to_owned());
        }
        for argument in &self.secrets {
            let (name, value) = secret::named(argument)?;
            put(name, value);
        }
        Ok(Some((fields, credentials)))
    }
}
