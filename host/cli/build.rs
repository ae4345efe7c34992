//! Makes the console's files a part of the program.

#[cfg(feature = "console")]
#[path = "build/console.rs"]
mod console;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "console")]
    console::embed()?;
    Ok(())
}
