//! The group that a run without a host is made in: its file, and the values of a connection.

use std::net::SocketAddr;
use std::path::PathBuf;

use lockgate_domain::{CredentialName, LimitsPatch, MethodName};
use lockgate_egress::{Egress, EgressSettings};
use lockgate_flow::{LocalGroup, LocalValues};
use serde_json::Value;

use crate::exit::Usage;
use crate::input;
use crate::output::Reported;
use crate::values::Values;

/// The group that the call is made in.
#[derive(Debug, clap::Args)]
pub(crate) struct GroupArguments {
    /// Its file: where the call may go, and declarative connectors
    #[arg(long, value_name = "FILE")]
    group: Option<String>,
    #[command(flatten)]
    values: Values,
    /// An address of this machine that the call may reach; no private address is reached otherwise
    #[arg(long, value_name = "ADDR:PORT", requires = "group")]
    reachable: Vec<SocketAddr>,
}

/// A group with values, of which runs are made.
pub(crate) struct Given<'a> {
    file: &'a str,
    typed: &'a Values,
    values: LocalValues,
    reachable: &'a [SocketAddr],
}

impl GroupArguments {
    /// Reads the values, once for all runs: some are asked for. None without a file.
    pub(crate) fn given(&self) -> anyhow::Result<Option<Given<'_>>> {
        match &self.group {
            Some(file) => {
                let values = local_values(&self.values)?;
                Ok(Some(Given { file, typed: &self.values, values, reachable: self.reachable.as_slice() }))
            }
            None if self.values.is_empty() => Ok(None),
            None => Err(Usage("--method, --field and --secret give values to a group: add --group".to_owned()).into()),
        }
    }

    /// Its file, if there is one.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        self.group.as_ref().map(PathBuf::from)
    }
}

impl Given<'_> {
    /// What the file says now.
    pub(crate) fn written(&self) -> anyhow::Result<Value> {
        input::definition(self.file)
    }

    /// The group as its file is now. Its connections live in the runtime of the caller.
    pub(crate) fn read(&self, limits: LimitsPatch) -> anyhow::Result<LocalGroup> {
        let written = self.written()?;
        self.typed.refuse_typed_secrets(&written)?;
        let reachable = self.reachable.iter().copied().collect();
        let egress = Egress::new(EgressSettings { reachable, ..EgressSettings::default() })?;
        let group = LocalGroup::new(written, limits, &self.values, egress);
        group.map_err(|error| Reported::from(error.problem()).into())
    }
}

fn local_values(given: &Values) -> anyhow::Result<LocalValues> {
    let mut values = LocalValues::default();
    let Some((fields, credentials)) = given.read()? else { return Ok(values) };
    if let Value::Object(fields) = fields {
        values.fields = fields;
    }
    let Value::Object(credentials) = credentials else { return Ok(values) };
    for (name, mut of) in credentials {
        let credential =
            name.parse::<CredentialName>().map_err(|error| Usage(format!("credential `{name}`: {error}")))?;
        if let Some(method) = of.get("method").and_then(Value::as_str) {
            let parsed = method.parse::<MethodName>();
            let method = parsed.map_err(|error| Usage(format!("`--method {name}={method}`: {error}")))?;
            values.methods.insert(credential.clone(), method);
        }
        if let Some(Value::Object(own)) = of.get_mut("values").map(Value::take) {
            values.credentials.insert(credential, own);
        }
    }
    Ok(values)
}
