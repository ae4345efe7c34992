//! Groups as files: what the commands that export, import and apply them share.

pub(crate) mod apply;
pub(crate) mod export;
mod folder;
pub(crate) mod import;
mod plan;
