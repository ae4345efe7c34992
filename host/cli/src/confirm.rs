//! Asking before something is destroyed.

use std::io::{BufRead, IsTerminal, Write};

use crate::exit::Usage;
use crate::output;

/// Consent that is given beforehand.
#[derive(Debug, clap::Args)]
pub(crate) struct Consent {
    /// Don't ask
    #[arg(long)]
    yes: bool,
}

impl Consent {
    /// Says what an action takes away, and asks on the terminal. Nothing to lose is nothing to ask.
    ///
    /// # Errors
    /// The answer is another one than `yes`, or nobody is there to be asked.
    pub(crate) fn ask(&self, action: &str, losses: &[String]) -> anyhow::Result<()> {
        if losses.is_empty() {
            return Ok(());
        }
        output::note(format!("{action} takes away:"));
        losses.iter().for_each(|loss| output::note(format!("  {loss}")));
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            return Err(Usage("nothing was changed: repeat with `--yes`".to_owned()).into());
        }
        let _ = write!(std::io::stderr(), "type `yes` to go on: ");
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        if answer.trim() == "yes" { Ok(()) } else { Err(Usage("nothing was changed".to_owned()).into()) }
    }
}

/// A number with its noun.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
