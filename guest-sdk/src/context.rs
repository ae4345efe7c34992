//! Facts of the running call.

use crate::host;
use std::time::Duration;

/// The call's id (a UUID, version 7), as its caller and its record have it.
///
/// ```
/// assert_eq!(lockgate_sdk::context::call_id().len(), 36);
/// ```
pub fn call_id() -> String {
    host::call_id()
}

/// Which attempt of its caller this is, from 1: what the caller says with the header `lockgate-attempt`, else 1. The host
/// makes one attempt of each call.
///
/// ```
/// assert_eq!(lockgate_sdk::context::attempt(), 1);
/// ```
pub fn attempt() -> u32 {
    host::attempt()
}

/// Time until the call's deadline; zero when it has passed. The host ends the call then.
///
/// ```
/// assert!(lockgate_sdk::context::remaining().as_secs() > 0);
/// ```
pub fn remaining() -> Duration {
    host::remaining()
}

/// The id of the tenant (the end customer) for whom the call runs, if it names one.
///
/// ```
/// assert_eq!(lockgate_sdk::context::tenant(), None);
/// ```
pub fn tenant() -> Option<String> {
    host::tenant()
}
