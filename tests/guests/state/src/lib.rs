//! What a call knows, and what it leaves behind in its instance.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use lockgate_sdk::prelude::*;

static CALLS: AtomicU64 = AtomicU64::new(0);

/// Count the calls of this instance.
#[connector]
fn count() -> u64 {
    CALLS.fetch_add(1, Relaxed) + 1
}

/// Count the call, then end in the way that is named.
#[connector]
fn count_and(end: End) -> Result<u64, Failure> {
    let calls = count();
    match end {
        End::Return => Ok(calls),
        End::Fail => Err(Failure::new("asked_to", "as asked")),
        End::Trap => core::arch::wasm32::unreachable(),
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum End {
    Return,
    Fail,
    Trap,
}

#[derive(Serialize, JsonSchema)]
struct Facts {
    call_id: String,
    attempt: u32,
    remaining_ms: u64,
    tenant: Option<String>,
    page_size: Option<u64>,
    settings: Value,
}

/// Tell what the host tells.
#[connector]
fn facts() -> Result<Facts, Failure> {
    log::info!("asked for facts", attempt = context::attempt());
    Ok(Facts {
        call_id: context::call_id(),
        attempt: context::attempt(),
        remaining_ms: u64::try_from(context::remaining().as_millis())?,
        tenant: context::tenant(),
        page_size: settings::get("page_size")?,
        settings: settings::all()?,
    })
}

lockgate_sdk::plugin!(count, count_and, facts);
