//! What a component asks of its host and offers to it, read from its type.

use crate::Error;
use wasmparser::Parser;
use wit_component::{DecodedWasm, decode};
use wit_parser::{Resolve, WorldItem, WorldKey};

/// The imports and exports of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The interfaces that it imports, in its own order.
    pub imports: Vec<Interface>,
    /// The interfaces that it exports.
    pub exports: Vec<Interface>,
}

/// One imported or exported interface, or a function that stands alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// With package and version, such as `lockgate:connector/log@0.1.0`.
    pub name: String,
    /// Its functions, as far as the component uses them.
    pub functions: Vec<String>,
}

impl Interface {
    /// The part of the name before the `/`: `lockgate:connector`.
    pub fn package(&self) -> Option<&str> {
        self.name.split_once('/').map(|(package, _)| package)
    }
}

/// Reads a component's type. Its code is not looked at.
///
/// # Errors
/// [`Error::NotAComponent`], for a core module and for other files.
pub fn inspect(bytes: &[u8]) -> Result<Component, Error> {
    let refuse = |found: String| Error::NotAComponent { found };
    if Parser::is_core_wasm(bytes) {
        return Err(refuse("found a core module; `lockgate build` makes components".to_owned()));
    }
    if !Parser::is_component(bytes) {
        return Err(refuse("the file does not begin as WebAssembly does".to_owned()));
    }
    match decode(bytes).map_err(|error| refuse(format!("its type can't be read: {error:#}")))? {
        DecodedWasm::Component(resolve, world) => {
            let world = resolve.worlds.get(world).ok_or_else(|| refuse("it has no world".to_owned()))?;
            let side = |items: &mut dyn Iterator<Item = (&WorldKey, &WorldItem)>| {
                items.filter_map(|(key, item)| interface(&resolve, key, item)).collect()
            };
            Ok(Component { imports: side(&mut world.imports.iter()), exports: side(&mut world.exports.iter()) })
        }
        DecodedWasm::WitPackage(..) => Err(refuse("found a WIT package; a plugin has code".to_owned())),
    }
}

fn interface(resolve: &Resolve, key: &WorldKey, item: &WorldItem) -> Option<Interface> {
    let functions: Vec<String> = match item {
        WorldItem::Interface { id, .. } => resolve.interfaces.get(*id)?.functions.keys().cloned().collect(),
        WorldItem::Function(function) => vec![function.name.clone()],
        WorldItem::Type { .. } => return None,
    };
    let interface = Interface { name: resolve.name_world_key(key), functions };
    // One that only names types for others asks for nothing.
    (!interface.functions.is_empty()).then_some(interface)
}
