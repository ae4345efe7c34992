//! How connections are opened, secured and kept, and when none is opened any more: the same for every transport.

mod any_name;
mod backoff;
mod breaker;
mod budget;
mod client_configs;
mod dial;
mod hosts;
mod network;
mod pool;
mod stream;
mod tenant_permits;
mod timeouts;
mod tls;
mod trust;

pub use backoff::Backoff;
pub(crate) use breaker::Breakers;
pub(crate) use budget::RetryBudget;
pub(crate) use client_configs::ClientConfigs;
pub(crate) use dial::{Dialer, LOOKUPS_MAX};
pub(crate) use network::{Network, Reap};
pub(crate) use pool::{Key, Lease, Pool, Pooled, Unanswered};
pub(crate) use stream::Stream;
pub(crate) use tenant_permits::TenantPermit;
pub(crate) use timeouts::Clock;
pub use timeouts::Timeouts;
pub(crate) use tls::{Checks, Tls, secure};
pub use trust::unreadable_authorities;
