//! `[ceilings]`: the largest values that groups can set for their limits.

use lockgate_domain::{Ceilings, LimitsPatch};

use crate::exit::Usage;

pub(super) fn read(set: Option<&LimitsPatch>) -> Result<Ceilings, Usage> {
    let Some(set) = set else { return Ok(Ceilings::default()) };
    if !set.connectors.is_empty() {
        return Err(Usage("`ceilings.connectors`: ceilings are for all connectors of the host".to_owned()));
    }
    Ceilings::of(set).map_err(|violations| {
        let said = violations.iter().map(|one| format!("`ceilings{}`: {}", dotted(&one.pointer), one.detail));
        Usage(said.collect::<Vec<_>>().join("; "))
    })
}

/// A JSON pointer as a key of TOML.
fn dotted(pointer: &str) -> String {
    pointer.replace('/', ".")
}
