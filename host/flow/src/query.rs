//! What can be read, one file for each kind of object. Most answers come from the catalog, which is in memory.

pub(crate) mod connect_sessions;
pub(crate) mod connections;
pub(crate) mod connectors;
pub(crate) mod console;
pub(crate) mod dependents;
pub(crate) mod group_diff;
pub(crate) mod groups;
pub(crate) mod records;
pub(crate) mod scopes;
pub(crate) mod tokens;
pub(crate) mod uses;

use std::sync::Arc;

use arc_swap::Guard;

use crate::{Catalog, FlowError, Host};

/// What can be read of a host.
#[derive(Debug, Clone, Copy)]
pub struct Queries<'h>(pub(crate) &'h Host);

impl Host {
    /// What can be read.
    pub fn queries(&self) -> Queries<'_> {
        Queries(self)
    }
}

impl Queries<'_> {
    /// What calls are resolved against now.
    pub fn catalog(self) -> Guard<Arc<Catalog>> {
        self.0.catalog()
    }

    /// Waits until this host knows what other hosts of the store have changed until now.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn catch_up(self) -> Result<(), FlowError> {
        self.0.catch_up().await
    }
}
