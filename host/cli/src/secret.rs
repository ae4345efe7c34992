//! Secrets of the command line. They come from the environment, a file or a prompt, and never from an argument itself:
//! arguments are seen by everybody on the machine, and kept in the shell's history.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::Context;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::exit::Usage;

/// `NAME=env:VARIABLE`, `NAME=@file`, or `NAME` alone for a prompt: the name, and the value.
pub(crate) fn named(argument: &str) -> anyhow::Result<(String, String)> {
    match argument.split_once('=') {
        None => Ok((argument.to_owned(), prompted(argument)?)),
        Some((name, from)) => Ok((name.to_owned(), read(name, from)?)),
    }
}

fn read(name: &str, from: &str) -> anyhow::Result<String> {
    if let Some(variable) = from.strip_prefix("env:") {
        let missing = || Usage(format!("`{name}=env:{variable}`: there is no such environment variable"));
        return Ok(std::env::var(variable).map_err(|_| missing())?);
    }
    if let Some(path) = from.strip_prefix('@') {
        let text = std::fs::read_to_string(path).with_context(|| format!("can't read the secret `{path}`"))?;
        // Editors end a file with a line break that belongs to no secret; a certificate takes one or none.
        return Ok(text
            .strip_suffix('\n')
            .map(|text| text.strip_suffix('\r').unwrap_or(text))
            .unwrap_or(&text)
            .to_owned());
    }
    // Without what was typed, which may be the secret.
    let text = format!("`{name}=…`: expected `{name}=env:VARIABLE`, `{name}=@file`, or `{name}` alone to be asked");
    Err(Usage(text).into())
}

/// Asks on the terminal, and does not show what is typed. From a pipe, the next line.
fn prompted(name: &str) -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    let quiet = stdin.is_terminal().then(|| tcgetattr(&stdin)).transpose().context("no terminal to ask on")?;
    if let Some(shown) = &quiet {
        let _ = write!(std::io::stderr(), "{name}: ");
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Now, &hidden).context("the terminal does not hide what is typed")?;
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    if let Some(shown) = &quiet {
        tcsetattr(&stdin, OptionalActions::Now, shown).context("the terminal stays silent: type `reset`")?;
        let _ = writeln!(std::io::stderr());
    }
    read.context("can't read the secret")?;
    if line.is_empty() {
        return Err(Usage(format!("`{name}`: nothing was typed")).into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_refused_and_not_repeated() {
        let refused = named("main.token=hunter2").unwrap_err();
        assert!(refused.is::<Usage>() && !refused.to_string().contains("hunter2"), "{refused}");
        assert!(named("main.token=env:NO_SUCH_VARIABLE_HERE").unwrap_err().is::<Usage>());
    }
}
