//! `new`: a project that builds and passes its own test as it is, on a machine that has Rust and nothing of ours.

mod name;

use crate::Error;
use include_dir::{Dir, include_dir};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What every project has beside the files of its language.
static COMMON: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/template/common");
static RUST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/template/rust");
static TYPESCRIPT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/template/typescript");
static JAVASCRIPT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/template/javascript");
static COMPONENTIZE_JS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/template/componentize-js");
static COMPONENTIZE_PY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/template/componentize-py");

/// What a script finds, for editors.
const DECLARATIONS: &str = include_str!("../../../guest-sdk/javascript/lockgate.d.ts");

/// The published schema of `group.yaml`, to which its first line refers an editor.
const GROUP_SCHEMA: &str = include_str!("../../../wit/group.schema.json");

/// The published contract, by its path in a project's `wit`.
static WIT: [(&str, Dir<'_>); 6] = [
    (".", include_dir!("$CARGO_MANIFEST_DIR/../../wit/worlds")),
    ("deps/connector", include_dir!("$CARGO_MANIFEST_DIR/../../wit/connector")),
    ("deps/http", include_dir!("$CARGO_MANIFEST_DIR/../../wit/http")),
    ("deps/signing", include_dir!("$CARGO_MANIFEST_DIR/../../wit/signing")),
    ("deps/io", include_dir!("$CARGO_MANIFEST_DIR/../../wit/wasi/io")),
    ("deps/clocks", include_dir!("$CARGO_MANIFEST_DIR/../../wit/wasi/clocks")),
];

/// What a project starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// A plugin, compiled by [`build`](crate::build()).
    Rust,
    /// A script in TypeScript, which the host runs as it is.
    Typescript,
    /// A script in JavaScript, which the host runs as it is.
    Javascript,
    /// A plugin in JavaScript, compiled by `componentize-js`, which npm installs.
    ComponentizeJs,
    /// A plugin in Python, compiled by `componentize-py`, which pip installs.
    ComponentizePy,
}

/// The SDK's parts, by their path in `.lockgate/sdk`, without its tests and build folders.
static SDK: [(&str, Dir<'_>); 3] = [
    ("src", include_dir!("$CARGO_MANIFEST_DIR/../../guest-sdk/src")),
    ("macros/src", include_dir!("$CARGO_MANIFEST_DIR/../../guest-sdk/macros/src")),
    ("wit", include_dir!("$CARGO_MANIFEST_DIR/../../guest-sdk/wit")),
];
static SDK_FILES: [(&str, &str); 3] = [
    ("Cargo.toml", include_str!("../../../guest-sdk/Cargo.toml")),
    ("README.md", include_str!("../../../guest-sdk/README.md")),
    ("macros/Cargo.toml", include_str!("../../../guest-sdk/macros/Cargo.toml")),
];

/// A project that was just written.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its folder.
    pub folder: PathBuf,
    /// The plugin's name.
    pub name: String,
    /// The name of its one connector.
    pub connector: String,
    /// The command that comes next, in its folder: it makes a component, or runs the examples of a script.
    pub build: String,
}

/// Writes a project into a new folder `name` of `parent`.
///
/// # Errors
/// [`Error::Name`], [`Error::Exists`], [`Error::File`].
pub fn create(parent: &Path, name: &str, template: Template) -> Result<Project, Error> {
    name::check(name)?;
    let folder = parent.join(name);
    if folder.symlink_metadata().is_ok() {
        return Err(Error::Exists { path: folder });
    }
    let connector = name.replace('-', "_");
    let (own, build) = match template {
        Template::Rust => (&RUST, "lockgate build"),
        Template::Typescript => (&TYPESCRIPT, "lockgate test"),
        Template::Javascript => (&JAVASCRIPT, "lockgate test"),
        Template::ComponentizeJs => (&COMPONENTIZE_JS, "npm install && npm run build"),
        Template::ComponentizePy => (&COMPONENTIZE_PY, "sh build.sh"),
    };
    let filled = |text: &str| text.replace("{{name}}", name).replace("{{connector}}", &connector);
    for file in files(&COMMON).into_iter().chain(files(own)) {
        let text = file.contents_utf8().unwrap_or_default();
        let text = filled(text).replace("{{slug}}", &name.replace('_', "-"));
        let path = file.path().with_extension("");
        let path = match path.to_str() {
            Some("gitignore") => PathBuf::from(".gitignore"),
            Some(name) => PathBuf::from(match name.strip_prefix("connector.") {
                Some(ending) => format!("{connector}.{ending}"),
                None => name.to_owned(),
            }),
            None => path,
        };
        write(&folder.join(path), text.as_bytes())?;
    }
    write(&folder.join(".lockgate/group.schema.json"), GROUP_SCHEMA.as_bytes())?;
    match template {
        Template::Rust => {
            write_all(&folder.join(".lockgate/sdk"), &SDK)?;
            for (place, text) in SDK_FILES {
                write(&folder.join(".lockgate/sdk").join(place), text.as_bytes())?;
            }
        }
        Template::ComponentizeJs | Template::ComponentizePy => write_all(&folder.join("wit"), &WIT)?,
        Template::Typescript | Template::Javascript => {
            write(&folder.join(".lockgate/lockgate.d.ts"), DECLARATIONS.as_bytes())?;
        }
    }
    Ok(Project { folder, name: name.to_owned(), build: filled(build), connector })
}

fn write_all(folder: &Path, parts: &[(&str, Dir<'_>)]) -> Result<(), Error> {
    for (place, part) in parts {
        for file in files(part) {
            write(&folder.join(place).join(file.path()), file.contents())?;
        }
    }
    Ok(())
}

fn files<'a>(folder: &'a Dir<'a>) -> Vec<&'a include_dir::File<'a>> {
    folder.files().chain(folder.dirs().flat_map(files)).collect()
}

fn write(path: &Path, contents: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    }
    fs::write(path, contents).map_err(Error::file("write", path))
}
