//! `lockgate completions`.

use clap::CommandFactory;
use clap_complete::Shell;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// For which shell
    shell: Shell,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut command = crate::arguments::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "lockgate", &mut std::io::stdout());
    Ok(())
}
