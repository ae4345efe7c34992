//! What of private networks the operator grants to groups.

use lockgate_domain::Slug;
use lockgate_egress::{Internal, InvalidRange};
use serde::Deserialize;

use crate::exit::Usage;

/// An `[[internal]]` entry: private addresses that INTERNAL groups of an organization or workspace may reach.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InternalEntry {
    organization: Slug,
    workspace: Option<Slug>,
    ranges: Vec<String>,
    #[serde(default)]
    ports: Vec<Ports>,
}

/// `443`, or `"8000-8999"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Ports {
    One(u16),
    Range(String),
}

pub(super) fn granted(entries: Vec<InternalEntry>) -> Result<Vec<Internal>, Usage> {
    let ports = |ports: &Ports| match ports {
        Ports::One(port) => Ok(*port..=*port),
        Ports::Range(text) => {
            let range = text.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
            let (from, to) = range.filter(|(from, to)| from <= to).ok_or_else(|| {
                Usage(format!("`internal.ports = {text}`: expected a port, or two with a hyphen: \"8000-8999\""))
            })?;
            Ok(from..=to)
        }
    };
    let entry = |entry: InternalEntry| {
        let ranges = entry.ranges.iter().map(|text| text.parse());
        let ranges: Result<_, InvalidRange> = ranges.collect();
        Ok(Internal {
            organization: entry.organization,
            workspace: entry.workspace,
            ranges: ranges.map_err(|error| Usage(format!("`internal.ranges`: {error}")))?,
            ports: entry.ports.iter().map(ports).collect::<Result<_, _>>()?,
        })
    };
    entries.into_iter().map(entry).collect()
}
