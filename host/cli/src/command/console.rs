//! `lockgate console`.

use reqwest::Method;

use crate::client::Target;
use crate::command::{block_on, cell};
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
}

/// Prints a link that signs in, once. It opens no browser: the link may be for another machine's.
pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let client = arguments.target.client()?;
    let made = block_on(client.json(client.request(Method::POST, "/console/links")))?;
    if format == Output::Json {
        output::json(&made);
        return Ok(());
    }
    output::line(client.address(&cell(&made, "/path")));
    output::note(format!("signs in once, until {}", cell(&made, "/expires_at")));
    Ok(())
}
