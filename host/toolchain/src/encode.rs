//! From a core module to a component, inside of this process: authors need no further tool.

use crate::Error;
use wit_component::ComponentEncoder;

/// Encodes a core module as a component. The module carries its WIT in a custom section; imports that it does not use are
/// dropped.
///
/// # Errors
/// [`Error::Encode`].
pub fn component(module: &[u8]) -> Result<Vec<u8>, Error> {
    ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| Error::Encode { message: format!("{error:#}") })
}
