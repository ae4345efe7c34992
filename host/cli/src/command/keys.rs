//! `lockgate keys`.

use lockgate_vault::KeyRing;
use reqwest::Method;
use serde_json::Value;

use crate::client::Target;
use crate::command::{block_on, cell};
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print the line of a new key, for a ring that is not the host's own file
    Generate,
    /// Wrap every sealed value by the active key while the host goes on; a host with a file and a store of its own
    /// makes a new key first
    Rotate {
        #[command(flatten)]
        target: Target,
    },
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    match arguments.action {
        Action::Generate => output::line(KeyRing::generate()?.reveal().trim_end()),
        Action::Rotate { target } => {
            let client = target.client()?;
            let done = block_on(client.json(client.request(Method::POST, "/v1/keys/rotate")))?;
            if format == Output::Json {
                output::json(&done);
                return Ok(());
            }
            output::line(format!("{} values were wrapped by key {}", cell(&done, "/values"), cell(&done, "/active")));
            if done.get("retired") == Some(&Value::Bool(false)) {
                output::note("the ring still holds former keys: take their lines out of the ring of every host");
            }
        }
    }
    Ok(())
}
