//! Ready-made groups that are read from files.

pub(crate) mod community;
