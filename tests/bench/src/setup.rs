//! What all rivals are given.

use crate::{guest, workload::Workload};
use std::{env, path::PathBuf};

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Files {
    /// The host to measure [default: `lockgate` beside this program]
    #[arg(long, value_name = "FILE")]
    lockgate: Option<PathBuf>,
    /// The pricing sample as a component [default: built now]
    #[arg(long, value_name = "FILE")]
    plugin: Option<PathBuf>,
}

#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) lockgate: PathBuf,
    /// An older one, where it is asked for.
    pub(crate) before: Option<PathBuf>,
    pub(crate) plugin: PathBuf,
    pub(crate) workload: Workload,
}

impl Setup {
    pub(crate) fn new(files: Files) -> anyhow::Result<Self> {
        let beside = || env::current_exe().unwrap_or_default().with_file_name("lockgate");
        Ok(Self {
            lockgate: files.lockgate.unwrap_or_else(beside),
            before: None,
            plugin: files.plugin.map_or_else(guest::plugin, Ok)?,
            workload: Workload::load()?,
        })
    }
}
