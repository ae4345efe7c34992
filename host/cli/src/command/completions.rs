//! `lockgate completions`.

use clap_complete::Shell;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// For which shell
    shell: Shell,
}

pub(crate) fn run(arguments: Arguments, mut command: clap::Command) -> anyhow::Result<()> {
    clap_complete::generate(arguments.shell, &mut command, "lockgate", &mut std::io::stdout());
    Ok(())
}
