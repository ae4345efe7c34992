//! What `./dev bench grpc` starts beside Lockgate.

mod native;
mod upstream;

/// The messages and services of `tests/grpc/proto`.
mod inventory {
    tonic::include_proto!("inventory.v1");
}

/// What the metadata `x-inventory-key` must be.
const KEY: &str = "key-of-the-benchmark";

use std::net::SocketAddr;

use anyhow::{Result, bail};
use tokio::runtime::{Builder, Runtime};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let addresses: Vec<SocketAddr> = arguments.iter().skip(1).map(|text| text.parse()).collect::<Result<_, _>>()?;
    match (arguments.first().map(String::as_str), addresses.as_slice()) {
        // On one thread, as the upstream of `./dev bench http`.
        (Some("upstream"), &[address, counter]) => {
            Builder::new_current_thread().enable_all().build()?.block_on(upstream::serve(address, counter))
        }
        (Some("native"), &[address, upstream]) => Runtime::new()?.block_on(native::serve(address, upstream)),
        _ => bail!("expected `upstream ADDRESS COUNTER` or `native ADDRESS UPSTREAM`"),
    }
}
