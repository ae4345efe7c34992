//! What a server says about an error, as a refusal.

use lockgate_domain::database::DatabaseFault;
use postgres_protocol::message::backend::ErrorResponseBody;

use super::super::failed::{Failed, READ_MAX, cut};
use super::wire::items;
use crate::error::Refusal;

/// Reads an error.
pub(super) fn refusal(body: &ErrorResponseBody) -> Result<Box<Refusal>, Failed> {
    let mut refusal = Refusal {
        fault: DatabaseFault::Other,
        sqlstate: String::new(),
        message: String::new(),
        detail: None,
        hint: None,
        table: None,
        column: None,
        constraint: None,
        position: None,
    };
    for field in items(body.fields())? {
        let text = || cut(&String::from_utf8_lossy(field.value_bytes()), READ_MAX).to_owned();
        match field.type_() {
            b'C' => refusal.sqlstate = text(),
            b'M' => refusal.message = text(),
            b'D' => refusal.detail = Some(text()),
            b'H' => refusal.hint = Some(text()),
            b't' => refusal.table = Some(text()),
            b'c' => refusal.column = Some(text()),
            b'n' => refusal.constraint = Some(text()),
            b'P' => refusal.position = text().parse().ok(),
            _ => {}
        }
    }
    refusal.fault = DatabaseFault::of_sqlstate(&refusal.sqlstate);
    Ok(Box::new(refusal))
}

/// Whether an error says that a statement was prepared for other tables than there are now, or is not there any more: it has
/// not begun then. The place in the server's code is the same in every language.
pub(super) fn is_stale(body: &ErrorResponseBody) -> Result<bool, Failed> {
    let (mut revalidates, mut missing) = (false, false);
    for field in items(body.fields())? {
        match field.type_() {
            b'R' => revalidates = field.value_bytes() == b"RevalidateCachedQuery",
            b'C' => missing = field.value_bytes() == b"26000",
            _ => {}
        }
    }
    Ok(revalidates || missing)
}
