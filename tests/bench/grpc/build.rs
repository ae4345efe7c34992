//! Makes the client and the server of the tests' inventory, as any service does that uses tonic.

fn main() -> anyhow::Result<()> {
    const PROTO: &str = "inventory/v1/inventory.proto";
    let folder = "../../grpc/proto";
    println!("cargo::rerun-if-changed={folder}/{PROTO}");
    tonic_prost_build::configure().compile_fds(protox::compile([PROTO], [folder])?)?;
    Ok(())
}
