//! How large a schema may be that follows from types: some lines of them can say any amount, by type parameters and by what
//! is put together of other types.

use std::io::{Error, ErrorKind, Result, Write};

use oxc_ast::ast::{Program, Statement};
use serde_json::{Value, json};

use crate::diagnostic::LineIndex;

/// Bytes of JSON. The host refuses a larger schema, also of who writes it.
const BYTES_MAX: usize = 256 * 1024;

/// Takes so many bytes, and keeps none.
struct Room(usize);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or_else(|| Error::from(ErrorKind::FileTooLarge))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// The schema of a side, or in the place of one that is too large a schema that says so.
pub(crate) fn bounded(schema: Value, side: &str, program: &Program<'_>, lines: &LineIndex<'_>) -> Value {
    if serde_json::to_writer(Room(BYTES_MAX), &schema).is_ok() {
        return schema;
    }
    let export = program.body.iter().find_map(|statement| match statement {
        Statement::ExportDefaultDeclaration(it) => Some(it.span.start),
        _ => None,
    });
    let place = lines.at(export.unwrap_or_default(), "");
    let (line, column) = (place.line, place.column);
    json!({
        "$comment": format!(
            "line {line}, column {column}: the type of the {side} is too large for a schema, which has {BYTES_MAX} bytes at \
             most; anything is accepted here"
        ),
    })
}
