//! The SDK and the template are part of the binary. `include_dir` sees changed files by itself, and new ones only when
//! it runs again.

fn main() {
    for folder in [
        "template",
        "../../guest-sdk/src",
        "../../guest-sdk/macros/src",
        "../../guest-sdk/wit",
        "../../guest-sdk/javascript",
    ] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
