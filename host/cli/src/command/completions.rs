//! `lockgate completions`.

use clap_complete::Shell;

use crate::output;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// For which shell
    shell: Shell,
}

pub(crate) fn run(arguments: Arguments, mut command: clap::Command) -> anyhow::Result<()> {
    // In memory first: the generator panics where it can't write.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "lockgate", &mut script);
    output::raw(&String::from_utf8(script)?);
    Ok(())
}
