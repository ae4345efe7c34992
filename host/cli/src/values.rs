//! The values of a connection, as they are typed: for one that is made on a host, and for a run without one.

use lockgate_domain::merge_patch;
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

impl Values {
    /// Whether no argument was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.methods.is_empty() && self.fields.is_empty() && self.secrets.is_empty()
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
