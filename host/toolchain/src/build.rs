//! `build`: a project becomes one component.

use crate::{Error, Event, cargo, compiler, encode, foreign, package::Package, source, unfit};
use sha2::{Digest, Sha256};
use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// What to build, and where compilers are looked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The plugin's folder, with its `Cargo.toml`.
    pub folder: PathBuf,
    /// Where to look for compilers and linkers, in the form of `PATH`.
    pub path: OsString,
}

impl Options {
    /// Options that use the compilers of this process's `PATH`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), path: env::var_os("PATH").unwrap_or_default() }
    }
}

/// A component that was just built.
#[derive(Debug, Clone)]
pub struct Built {
    /// Its path, `target/lockgate/NAME.wasm`.
    pub path: PathBuf,
    /// The plugin's name.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the bytes in hexadecimal: the host's name for this version.
    pub digest: String,
    /// From the search for a compiler to the written file.
    pub took: Duration,
}

/// The compiler that [`build`] would take of those that are installed: this one changes nothing.
///
/// # Errors
/// [`Error::NoCompiler`].
pub fn chosen_compiler(options: &Options) -> Result<compiler::Compiler, Error> {
    compiler::installed(&options.folder, &options.path)
}

/// Where the choice of a compiler is kept.
const REMEMBERED: &str = "target/lockgate/compiler.json";

/// A file by which a project in another language is known, and the command that builds it.
const OTHER_LANGUAGES: [(&str, &str); 2] =
    [("package.json", "npm install && npm run build"), ("requirements.txt", "sh build.sh")];

/// A core module that was just compiled, and not encoded yet.
#[derive(Debug)]
pub struct Module {
    /// The plugin's name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    target_folder: PathBuf,
}

/// Compiles a plugin and writes its component.
///
/// # Errors
/// The crate's own mistakes are [`Error::Compile`]; every other variant but those of `new` can occur too.
pub fn build(options: &Options, tell: &mut dyn FnMut(Event<'_>)) -> Result<Built, Error> {
    let started = Instant::now();
    let module = compile_if(options, Package::require_sdk, tell)?;
    tell(Event::Encoding);
    let component = encode::component(&module.bytes)?;
    let target = module.target_folder.join("lockgate").join(&module.name).with_extension("wasm");
    replace(&target, &component)?;
    let digest = Sha256::digest(&component).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Built { path: target, name: module.name, size: component.len() as u64, digest, took: started.elapsed() })
}

/// Compiles a crate to a core module, for who changes that before it is encoded. It may be one with bindings of its own.
///
/// # Errors
/// As [`build`].
pub fn compile(options: &Options, tell: &mut dyn FnMut(Event<'_>)) -> Result<Module, Error> {
    compile_if(options, |_| Ok(()), tell)
}

fn compile_if(
    options: &Options,
    fits: impl FnOnce(&Package) -> Result<(), Error>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Module, Error> {
    let Options { folder, path } = options;
    if !folder.join("Cargo.toml").is_file() {
        let command = OTHER_LANGUAGES.iter().find(|(file, _)| folder.join(file).is_file());
        return Err(match command {
            Some((_, command)) => Error::OtherLanguage { folder: folder.clone(), command },
            None => Error::NoProject { folder: folder.clone() },
        });
    }
    let compiler = compiler::find(folder, path, &folder.join(REMEMBERED), tell)?;
    let package = Package::read(folder, &compiler)?;
    fits(&package)?;
    for hint in source::hints(&package.manifest)?.into_iter().chain(unfit::hints(&package.crates)) {
        tell(Event::Hint(&hint));
    }
    tell(Event::Compiling(&compiler));
    let module = cargo::compile(&package, &compiler, tell)?;
    let bytes = fs::read(&module).map_err(Error::file("read", module))?;
    foreign::check(&bytes, &package)?;
    Ok(Module { name: package.name, bytes, target_folder: package.target_folder })
}

/// A concurrent reader, such as `lockgate dev`, sees the old or the new component, never a part.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    }
    let new = path.with_extension("wasm.new");
    fs::write(&new, bytes).map_err(Error::file("write", &new))?;
    fs::rename(&new, path).map_err(Error::file("write", path))
}
