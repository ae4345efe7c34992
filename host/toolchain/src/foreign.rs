//! Imports and errors that come from crates written for another host, a browser as a rule, and what to change.

use crate::{
    Error,
    package::{Crate, Package},
    unfit,
};
use std::{collections::BTreeMap, fmt};
use wasmparser::{Parser, Payload};

/// Functions that a compiled module expects of a host of another kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// The import module, such as `__wbindgen_placeholder__`.
    pub module: String,
    /// The imported functions.
    pub names: Vec<String>,
    /// Advice on what to change, a line each.
    pub advice: Vec<String>,
}

impl fmt::Display for Foreign {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some = self.names.iter().take(3).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let more = if self.names.len() > 3 { ", …" } else { "" };
        write!(out, "{} from `{}` ({some}{more})", self.names.len(), self.module)?;
        self.advice.iter().try_for_each(|advice| write!(out, "\n    {advice}"))
    }
}

/// What crates turn on for browsers, and what to write instead.
const BROWSER_FEATURES: [(&str, &str, &str); 8] = [
    (
        "chrono",
        "wasmbind",
        "write `default-features = false, features = [\"std\", \"alloc\"]`, and take the time from \
                            `DateTime::<Utc>::from(lockgate_sdk::clock::now())`",
    ),
    ("getrandom", "js", "turn it off: `lockgate build` connects getrandom to the host"),
    ("getrandom", "wasm_js", "turn it off: `lockgate build` connects getrandom to the host"),
    ("instant", "wasm-bindgen", "turn it off, and take the time from `lockgate_sdk::clock`"),
    ("jiff", "js", "turn it off, and take the time from `Timestamp::try_from(lockgate_sdk::clock::now())`"),
    ("time", "wasm-bindgen", "turn it off, and take the time from `OffsetDateTime::from(lockgate_sdk::clock::now())`"),
    ("ulid", "js", "turn it off"),
    ("uuid", "js", "use the feature `rng-getrandom` in its place"),
];

const ANY_BROWSER_CRATE: &str = "some crate is built for browsers: `cargo tree --target wasm32-unknown-unknown -i \
                                 wasm-bindgen` shows which; turn that feature off or use another crate";

/// Compile errors that belong to this target, by parts of their text.
const COMPILE_ERRORS: [(&[&str], &str); 8] = [
    (&["specify a source of randomness using one of the `js`"], "uuid: turn on the feature `rng-getrandom`"),
    (
        &["targets are not supported by default, you may need to enable the \"js\" feature"],
        "getrandom 0.2: make `lockgate-sdk` a direct dependency under its own name; `lockgate build` does the rest",
    ),
    (
        &["This wasm target is unsupported by mio"],
        "tokio: turn off `net`, `full` and `rt-multi-thread`; connectors have no sockets",
    ),
    (&["undefined symbol: __lockgate_plugin"], MISSING_PLUGIN),
    (
        &["Only features sync,macros,io-util,rt,time are supported on wasm"],
        "tokio: keep to the features `sync`, `macros` and `io-util`",
    ),
    (
        &["named `now` found for struct `", "in the current scope"],
        "chrono: a plugin has no clock of its own; take the time from `DateTime::<Utc>::from(lockgate_sdk::clock::now())`",
    ),
    (
        &["JsonSchema` is not ", "chrono"],
        "chrono: turn on the feature `chrono04` of schemars: a date then has `format: date`",
    ),
    (&["ize` is not satisfied", "chrono"], "chrono: turn on its feature `serde`"),
];

const MISSING_PLUGIN: &str = "list the crate's connectors once: `lockgate_sdk::plugin!(name_of_a_connector);`";

/// What to do about an error of the compiler, if it is a known one.
pub(crate) fn advice(rendered: &str) -> impl Iterator<Item = String> {
    let has_all = |parts: &[&str]| parts.iter().all(|part| rendered.contains(part));
    COMPILE_ERRORS.iter().filter(move |(parts, _)| has_all(parts)).map(|(_, advice)| (*advice).to_owned())
}

/// Refuses a core module that imports from another kind of host. What looks like a WIT interface is left to the
/// encoder.
pub(crate) fn check(module: &[u8], package: &Package) -> Result<(), Error> {
    let mut imports: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        let unreadable = |error: wasmparser::BinaryReaderError| Error::Encode { message: error.to_string() };
        if let Payload::ImportSection(section) = payload.map_err(unreadable)? {
            for import in section.into_imports() {
                let import = import.map_err(unreadable)?;
                if !import.module.contains(':') && import.module != "$root" {
                    imports.entry(import.module.to_owned()).or_default().push(import.name.to_owned());
                }
            }
        }
    }
    let imports: Vec<Foreign> = imports.into_iter().map(|(module, names)| foreign(module, names, package)).collect();
    if imports.is_empty() { Ok(()) } else { Err(Error::Foreign { imports }) }
}

fn foreign(module: String, names: Vec<String>, package: &Package) -> Foreign {
    let advice = match module.as_str() {
        "env" if names.iter().any(|name| name == "__lockgate_plugin") => vec![MISSING_PLUGIN.to_owned()],
        "env" => vec!["C code or an `extern` block expects these: use a crate that is Rust only".to_owned()],
        name if name.starts_with("wasi") => {
            vec![format!("the module is made for WASI: build for {} with `lockgate build`", crate::TARGET)]
        }
        _ => browser_features(&package.crates),
    };
    Foreign { module, names, advice }
}

fn browser_features(crates: &[Crate]) -> Vec<String> {
    let on = BROWSER_FEATURES.iter().filter_map(|(name, feature, advice)| {
        let guilty =
            crates.iter().find(|other| other.name == *name && other.features.iter().any(|on| on == feature))?;
        Some(format!("{name} {} has its feature `{feature}` on: {advice}", guilty.version))
    });
    let on: Vec<String> = on.chain(unfit::hints(crates).into_iter().map(|hint| hint.advice)).collect();
    if on.is_empty() { vec![ANY_BROWSER_CRATE.to_owned()] } else { on }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_for_browsers_that_no_plugin_can_use_is_named() {
        let one = Crate { name: "reqwest".to_owned(), version: "0.12.9".to_owned(), features: Vec::new() };
        let advice = browser_features(&[one]);
        assert_eq!(advice.len(), 1, "{advice:?}");
        assert!(advice[0].starts_with("reqwest 0.12.9 can't work in a plugin: send requests with"), "{advice:?}");
        assert_eq!(browser_features(&[]), [ANY_BROWSER_CRATE]);
    }
}
