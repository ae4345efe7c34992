//! Placements with values in them.

use jiff::Timestamp;
use lockgate_domain::FieldName;
use lockgate_domain::auth::{Location, Placement};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use zeroize::Zeroizing;

use super::Bound;
use crate::EgressError;

/// All but the unreserved characters (RFC 3986 section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value and where it goes.
pub(crate) struct Placed<'r> {
    pub(crate) location: &'r Location,
    pub(crate) value: Zeroizing<Vec<u8>>,
}

/// Fills in the placements that a transport carries. One whose field is optional and has no value is left out.
pub(crate) fn place<'r>(
    placements: &'r [Placement],
    bound: Bound<'_>,
    carries: fn(&Location) -> bool,
    origin: &str,
) -> Result<Vec<Placed<'r>>, EgressError> {
    // One time for all, so that what is sent and what is signed agree.
    let now = Timestamp::now();
    let mut placed = Vec::with_capacity(placements.len());
    for Placement { location, value } in placements.iter().filter(|placement| carries(&placement.location)) {
        match value.fill(now, &|name: &FieldName| bound.values.bytes(name)) {
            Ok(value) => placed.push(Placed { location, value }),
            Err(missing) if bound.values.requires(&missing.0) => {
                return Err(EgressError::NoCredential {
                    origin: origin.to_owned(),
                    credential: bound.name.clone(),
                    why: format!("the connection has no value for its field `{}`", missing.0),
                });
            }
            Err(_optional) => {}
        }
    }
    Ok(placed)
}

/// A value as it stands in a query or a form (RFC 3986 section 2.1).
pub(crate) fn percent_encoded(value: &[u8]) -> String {
    percent_encode(value, ESCAPED).to_string()
}

/// The client certificate and its key, in PEM, if the method has one.
pub(super) fn certificate(bound: Bound<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let placement = bound.method.placements().iter().find(|placement| placement.location == Location::Certificate)?;
    placement.value.fill(Timestamp::UNIX_EPOCH, &|name: &FieldName| bound.values.bytes(name)).ok()
}

/// The secrets that the placements of a method and of its login send: the values themselves, and what a template makes
/// of them, also behind its first blank (`Basic …`). What changes with the time is good for a moment only, and left out.
pub(super) fn secrets(bound: Bound<'_>) -> Vec<Zeroizing<Vec<u8>>> {
    let login = bound.method.login().map(|login| login.placements.as_slice()).unwrap_or_default();
    let mut secrets = Vec::new();
    // A client certificate stays here: its key signs, and is not sent.
    let sent = bound.method.placements().iter().filter(|placement| placement.location != Location::Certificate);
    for Placement { location, value } in sent.chain(login) {
        let field = |name: &FieldName| bound.values.bytes(name);
        for name in value.fields().into_iter().filter(|name| !bound.values.shows(name)) {
            secrets.extend(field(name).map(|value| Zeroizing::new(value.to_vec())));
        }
        let filled = |at| value.fill(at, &field).ok();
        let (Some(one), Some(other)) = (filled(Timestamp::UNIX_EPOCH), filled(Timestamp::MAX)) else { continue };
        if *one == *other {
            let blank = one.iter().position(|byte| *byte == b' ');
            let behind = blank.and_then(|blank| one.get(blank + 1..)).map(|rest| Zeroizing::new(rest.to_vec()));
            secrets.extend(behind);
            // Who writes down the whole request in base64 has the escaped value in it.
            if matches!(location, Location::Query(_) | Location::Body(_)) {
                secrets.push(Zeroizing::new(percent_encoded(&one).into_bytes()));
            }
            secrets.push(one);
        }
    }
    let signing = bound.method.fields().iter().chain(&bound.values.activation.fields).filter(|(_, field)| field.sign);
    secrets
        .extend(signing.filter_map(|(name, _)| bound.values.bytes(name)).map(|value| Zeroizing::new(value.to_vec())));
    secrets
}
