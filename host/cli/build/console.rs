//! Reads what Vite has built, compresses it, and writes a list of it as Rust.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use brotli::enc::BrotliEncoderParams;
use sha2::{Digest, Sha256};

/// Another folder of built files.
const DIST: &str = "LOCKGATE_CONSOLE_DIST";
/// Where `./dev` builds them, from this crate.
const DEFAULT: &str = "../../target/console/dist";
/// Instead of an app that was not built.
const MISSING: &str = "build/missing.html";
/// Every program with the same files has the same bytes, so what takes long is done once.
const QUALITY: i32 = 11;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The files of the app by their paths, in order.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(folder)?.to_str().ok_or("a file of the console has no name in UTF-8")?;
            // Maps of the sources are for whoever builds.
            if !name.ends_with(".map") {
                found.push((name.to_owned(), path.clone()));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn media_type(name: &str) -> Result<&'static str> {
    let kind = name.rsplit_once('.').map_or("", |(_, kind)| kind);
    Ok(match kind {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        _ => return Err(format!("the console's file `{name}`: its kind has no media type here").into()),
    })
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    let (mut from, mut to) = (bytes, Vec::new());
    let parameters = BrotliEncoderParams { quality: QUALITY, size_hint: bytes.len(), ..BrotliEncoderParams::default() };
    brotli::BrotliCompress(&mut from, &mut to, &parameters)?;
    Ok(to)
}

/// The folder of the app, if it is built. The default one is made, so that cargo has a folder to watch.
fn folder(own: &Path) -> Result<Option<PathBuf>> {
    println!("cargo::rerun-if-env-changed={DIST}");
    let folder = match std::env::var_os(DIST) {
        Some(named) => own.join(named),
        None => own.join(DEFAULT),
    };
    if std::env::var_os(DIST).is_none() {
        fs::create_dir_all(&folder)?;
    }
    println!("cargo::rerun-if-changed={}", folder.display());
    let built = folder.join("index.html").is_file();
    if !built && std::env::var_os(DIST).is_some() {
        return Err(format!("{DIST} = {}: expected a folder with an index.html", folder.display()).into());
    }
    Ok(built.then_some(folder))
}

pub(crate) fn embed() -> Result<()> {
    let own = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build");
    let found = match folder(&own)? {
        Some(folder) => files(&folder)?,
        None => {
            println!("cargo::warning=the console is not built: `./dev run` builds it, with Node.js and npm");
            vec![("index.html".to_owned(), own.join(MISSING))]
        }
    };
    let mut list = String::from("&[\n");
    for (number, (name, path)) in found.iter().enumerate() {
        let bytes = fs::read(path)?;
        let small = compressed(&bytes)?;
        let (plain, packed) = (out.join(format!("console-{number}")), out.join(format!("console-{number}.br")));
        fs::write(&plain, &bytes)?;
        let packed = if small.len() < bytes.len() {
            fs::write(&packed, &small)?;
            format!("Some(include_bytes!({packed:?}))")
        } else {
            "None".to_owned()
        };
        let digest = Sha256::digest(&bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
        writeln!(
            list,
            "    lockgate_server::Asset {{ path: {name:?}, media_type: {:?}, etag: {:?}, bytes: include_bytes!({plain:?}), \
             brotli: {packed} }},",
            media_type(name)?,
            format!("\"{digest}\""),
        )?;
    }
    list.push_str("]\n");
    fs::write(out.join("console.rs"), list)?;
    Ok(())
}
