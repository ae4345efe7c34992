//! What is durable. A change is acknowledged only after its transaction is on disk (WAL with full synchronisation), and
//! every change raises one revision number in that transaction.

mod audit;
mod calls;
mod error;
mod groups;
mod lock;
mod plugins;
mod rows;
mod scopes;
mod store;
mod tokens;

pub use audit::{Action, By};
pub use error::StoreError;
pub use groups::StoredGroup;
pub use plugins::{NewPlugin, StoredPlugin};
pub use scopes::{StoredOrganization, StoredWorkspace};
pub use store::{Place, Store};
pub use tokens::StoredToken;
