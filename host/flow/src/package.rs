//! Groups that travel: ready-made ones that are read from files, packages that are written and read, folders that are applied.

pub mod archive;
pub(crate) mod community;
mod contents;
mod document;
mod export;
mod files;
pub(crate) mod import;
mod installation;
pub(crate) mod needs;
pub(crate) mod plan;
mod prepare;
mod put;
