//! What a component may import and must export, checked before it is linked, so that an author reads which interface is
//! wrong and what to do.

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use crate::LoadError;
use crate::capability::program;

/// Whose component it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Somebody loaded it.
    Plugin,
    /// It is part of the host.
    Host,
}

/// Packages that are linked, with their minor version.
const OFFERED: &[(&str, &str)] = &[
    ("lockgate:connector", "0.1"),
    ("lockgate:http", "0.1"),
    ("lockgate:grpc", "0.1"),
    ("lockgate:database", "0.1"),
    ("lockgate:signing", "0.1"),
    ("lockgate:connectors", "0.1"),
    ("wasi:io", "0.2"),
    ("wasi:clocks", "0.2"),
    ("wasi:random", "0.2"),
    ("wasi:cli", "0.2"),
    ("wasi:filesystem", "0.2"),
    ("wasi:sockets", "0.2"),
    ("wasi:http", "0.2"),
];

/// An interface of WASI that the package of another one brings along, and that a host of connectors has no use for.
const NOT_OFFERED: &[&str] = &["wasi:http/incoming-handler@"];

/// The interface that makes a component a connector.
const HANDLER: &str = "lockgate:connector/handler@0.1.0";

/// The interfaces of a component, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interfaces {
    /// What it imports.
    pub imports: Vec<String>,
    /// What it exports.
    pub exports: Vec<String>,
}

/// Lists the interfaces of a compiled component.
pub fn interfaces_of(engine: &Engine, component: &Component) -> Interfaces {
    let r#type = component.component_type();
    Interfaces {
        imports: r#type.imports(engine).map(|(name, _)| name.to_owned()).collect(),
        exports: r#type.exports(engine).map(|(name, _)| name.to_owned()).collect(),
    }
}

/// Refuses what is no component, by its first bytes, before any work is done.
pub(crate) fn check_header(bytes: &[u8]) -> Result<(), LoadError> {
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    const MODULE: &[u8] = b"\0asm\x01\0\0\0";
    let refuse = |found: &str| {
        let text = format!("expected a WebAssembly component, found {found}");
        Err(LoadError::NotAComponent(text))
    };
    if bytes.starts_with(COMPONENT) {
        Ok(())
    } else if bytes.starts_with(MODULE) {
        refuse("a core module: build it with `lockgate build`, or encode it with `wasm-tools component new`")
    } else if bytes.starts_with(b"\x7fELF") {
        refuse("a native or precompiled file: the host compiles plugins itself and takes no compiled ones")
    } else if bytes.starts_with(b"\0asm") {
        refuse("WebAssembly of another version")
    } else if bytes.is_empty() {
        refuse("no bytes")
    } else {
        refuse("other bytes")
    }
}

/// Refuses interfaces that are unknown, and a component without the handler.
pub(crate) fn check(engine: &Engine, component: &Component, origin: Origin) -> Result<(), LoadError> {
    let r#type = component.component_type();
    for (name, item) in r#type.imports(engine) {
        if origin == Origin::Host && name == program::INTERFACE {
            continue;
        }
        let known = name.split_once('/').is_some_and(|(package, rest)| {
            let version = rest.split_once('@').map(|(_, version)| version);
            let offered = !NOT_OFFERED.iter().any(|interface| name.starts_with(interface));
            offered
                && OFFERED.iter().any(|(offered, minor)| {
                    package == *offered
                        && version
                            .and_then(|version| version.strip_prefix(minor))
                            .is_some_and(|rest| rest.starts_with('.'))
                })
        });
        if !known {
            let text = format!(
                "the component imports {} `{name}`, which this host does not offer: {}",
                kind(&item.ty),
                hint(name)
            );
            return Err(LoadError::UnknownImport(text));
        }
    }
    if r#type.exports(engine).any(|(name, _)| name == HANDLER) {
        return Ok(());
    }
    let found: Vec<_> = r#type.exports(engine).map(|(name, _)| format!("`{name}`")).collect();
    let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
    Err(LoadError::MissingExport(format!(
        "the component exports {found}: expected `{HANDLER}` (world `lockgate:connector/connector`)"
    )))
}

fn kind(item: &ComponentItem) -> &'static str {
    match item {
        ComponentItem::ComponentFunc(_) => "function",
        ComponentItem::CoreFunc(_) => "core function",
        ComponentItem::Module(_) => "module",
        ComponentItem::Component(_) => "component",
        ComponentItem::ComponentInstance(_) => "interface",
        ComponentItem::Type(_) => "type",
        ComponentItem::Resource(_) => "resource",
    }
}

fn hint(name: &str) -> String {
    let offered = || OFFERED.iter().map(|(package, minor)| format!("{package}@{minor}")).collect::<Vec<_>>().join(", ");
    if name.starts_with("wasi:") && name.contains("@0.3") {
        "build it for WASI 0.2".to_owned()
    } else if name.starts_with("wasi:http/incoming-handler") {
        "a connector is called by `lockgate:connector/handler`, and calls no handler of others".to_owned()
    } else {
        format!("expected interfaces of {}", offered())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        assert!(check_header(b"\0asm\x0d\0\x01\0rest").is_ok());
        for (bytes, word) in [
            (&b""[..], "no bytes"),
            (b"\0asm\x01\0\0\0", "core module"),
            (b"\x7fELF....", "compiled"),
            (b"\0asm\x02\0\0\0", "another version"),
            (b"PK\x03\x04", "other bytes"),
        ] {
            assert!(check_header(bytes).unwrap_err().to_string().contains(word), "{word}");
        }
    }
}
