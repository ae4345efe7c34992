//! Builds the guests: the plugin as `lockgate build` does, the `wasi:http` ones in the same way without its checks.

use crate::workload::root;
use anyhow::{Context, Result, ensure};
use lockgate_tests::guests::Guest;
use lockgate_toolchain::{Options, Std, TARGET};
use std::{fs, path::PathBuf, process::Command};
use wit_component::ComponentEncoder;

/// The pricing sample.
pub(crate) fn plugin() -> Result<PathBuf> {
    sample("pricing")
}

/// A sample.
pub(crate) fn sample(name: &str) -> Result<PathBuf> {
    built(root().join("sample-plugins").join(name))
}

/// A guest of the tests.
pub(crate) fn of_tests(guest: &Guest) -> Result<PathBuf> {
    built(guest.folder())
}

fn built(folder: PathBuf) -> Result<PathBuf> {
    let shown = folder.display().to_string();
    let built = lockgate_toolchain::build(&Options::new(folder), &mut |_| {});
    Ok(built.with_context(|| format!("building {shown}"))?.path)
}

/// A crate of `tests/bench/rivals`, as a component.
pub(crate) fn wasi_http(name: &str) -> Result<PathBuf> {
    let (rivals, target) = (root().join("tests/bench/rivals"), root().join("target/bench-guests"));
    let compiler = lockgate_toolchain::chosen_compiler(&Options::new(&rivals))?;
    let mut cargo = Command::new(compiler.cargo);
    cargo.args(["build", "--quiet", "--release", "--package", name, "--target", TARGET, "--target-dir"]).arg(&target);
    cargo.arg("--config").arg(format!("target.{TARGET}.rustflags=['-Clink-arg=-zstack-size=131072']"));
    cargo.env("RUSTC", compiler.rustc).current_dir(&rivals);
    if compiler.std == Std::Source {
        cargo.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
    }
    if let Some(linker) = compiler.linker {
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    ensure!(cargo.status()?.success(), "the guest {name} does not build");

    let module = fs::read(target.join(TARGET).join("release").join(name.replace('-', "_")).with_extension("wasm"))?;
    let component = ComponentEncoder::default().module(&module)?.validate(true).encode()?;
    let path = target.join(name).with_extension("wasm");
    fs::write(&path, component)?;
    Ok(path)
}
