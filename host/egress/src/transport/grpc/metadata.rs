//! Metadata: what goes into the headers of a call, and what of an answer's headers and trailers is handed on.

use std::sync::Arc;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use lockgate_domain::auth::Placement;

use super::request::{Metadata, MetadataValue};
use crate::EgressError;
use crate::scrub::Scrubber;
use crate::transport::http::{check_headers, strip_headers};

/// What names of binary values end in.
const BINARY: &str = "-bin";
/// What names of the protocol's own begin with.
const OWN: &str = "grpc-";
/// What the metadata of a head, or of trailers, takes at the most, with so much for each value beside its name and its bytes:
/// as the server's headers are counted (RFC 9113 section 6.5.2).
const TAKEN_MAX: usize = 64 * 1024;
const ENTRY_BYTES: usize = 32;
/// Senders leave the padding out, and receivers take both (gRPC's `PROTOCOL-HTTP2.md`).
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The headers of what a caller sets, checked against what the host and the auth method set.
pub(super) fn outgoing(metadata: &Metadata, placements: &[Placement]) -> Result<HeaderMap, EgressError> {
    let mut headers = HeaderMap::new();
    for (name, value) in metadata {
        let refused = |why: &str| EgressError::Request(format!("metadata `{}` {why}", shown(name)));
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let key = Some(name).filter(|name| name.bytes().all(allowed));
        let key: Option<HeaderName> = key.and_then(|name| name.parse().ok());
        let key = key.ok_or_else(|| refused("is no name: expected letters, digits and `-_.`"))?;
        // Some servers take `_` for `-`.
        if key.as_str().replace('_', "-").starts_with(OWN) || key == CONTENT_TYPE {
            return Err(refused("is set by the host: leave it out"));
        }
        let is_binary = key.as_str().ends_with(BINARY);
        let value = match value {
            MetadataValue::Text(_) if is_binary => return Err(refused("ends in `-bin`: expected bytes")),
            MetadataValue::Binary(_) if !is_binary => {
                return Err(refused("has bytes: expected a name that ends in `-bin`"));
            }
            MetadataValue::Text(text) if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) => {
                HeaderValue::try_from(text.trim()).ok()
            }
            MetadataValue::Text(_) => None,
            MetadataValue::Binary(bytes) => HeaderValue::try_from(BASE64.encode(bytes)).ok(),
        };
        headers.append(key, value.ok_or_else(|| refused("has a character beyond printable ASCII"))?);
    }
    check_headers(&headers, placements)?;
    Ok(headers)
}

/// What of an answer's headers or trailers concerns the caller, cleaned of secrets. A binary value that is no base64 is
/// left out. One header can hold any number of binary values, each of which is told with the name.
pub(super) fn incoming(
    mut headers: HeaderMap,
    scrubber: &Arc<Scrubber>,
    origin: &str,
) -> Result<Metadata, EgressError> {
    strip_headers(&mut headers);
    headers.remove(CONTENT_TYPE);
    let mut metadata = Metadata::with_capacity(headers.len());
    let clean = |bytes: &[u8]| if scrubber.is_empty() { bytes.to_vec() } else { scrubber.clean(bytes) };
    let mut room = TAKEN_MAX;
    let mut takes = |name: &HeaderName, value: usize| {
        let left = room.checked_sub(ENTRY_BYTES + name.as_str().len() + value);
        room = left.ok_or_else(|| EgressError::Protocol {
            origin: origin.to_owned(),
            cause: format!("its metadata takes more than {} KiB", TAKEN_MAX / 1024),
        })?;
        Ok::<_, EgressError>(())
    };
    for name in headers.keys().filter(|name| !name.as_str().starts_with(OWN)) {
        if clean(name.as_str().as_bytes()) != name.as_str().as_bytes() {
            continue;
        }
        for value in headers.get_all(name) {
            if name.as_str().ends_with(BINARY) {
                let parts = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
                for part in parts.filter_map(|part| BASE64.decode(part).ok()) {
                    takes(name, part.len())?;
                    metadata.push((name.to_string(), MetadataValue::Binary(clean(&part).into())));
                }
            } else {
                takes(name, value.len())?;
                let text = String::from_utf8_lossy(&clean(value.as_bytes())).into_owned();
                metadata.push((name.to_string(), MetadataValue::Text(text)));
            }
        }
    }
    // The order of names says nothing (RFC 9110 section 5.3); that of the values of one does.
    metadata.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(metadata)
}

fn shown(name: &str) -> String {
    name.chars().take(64).flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use lockgate_domain::auth::Location;
    use zeroize::Zeroizing;

    use super::*;

    fn text(name: &str, value: &str) -> Metadata {
        vec![(name.to_owned(), MetadataValue::Text(value.to_owned()))]
    }

    fn refused(metadata: Metadata) -> String {
        outgoing(&metadata, &[]).unwrap_err().to_string()
    }

    #[test]
    fn what_the_host_the_protocol_and_the_auth_method_set_is_refused() {
        for name in [
            "grpc-timeout",
            "grpc_timeout",
            "GRPC-Encoding",
            "grpc-status",
            "content-type",
            "Content-Type",
            "te",
            "host",
            "connection",
            "transfer-encoding",
            "authorization",
            "proxy-authorization",
            "accept-encoding",
            "keep-alive",
        ] {
            assert!(refused(text(name, "x")).contains("set by the host"), "{name}");
        }
        for name in [":authority", ":path", "", "a b", "a:b", "ä", "a\r\nb"] {
            assert!(refused(text(name, "x")).contains("is no name"), "{name:?}");
        }
        let placed = [Placement { location: Location::Header("x-api-key".into()), value: "{{key}}".parse().unwrap() }];
        assert!(outgoing(&text("X_Api_Key", "x"), &placed).is_err() && outgoing(&text("x-api-key", "x"), &[]).is_ok());
        assert!(outgoing(&text("user-agent", "mine"), &[]).is_ok());
    }

    #[test]
    fn values_are_printable_or_bytes_and_bounded() {
        for value in ["a\nb", "ä", "\u{0}", "a\tb"] {
            assert!(refused(text("x-a", value)).contains("printable"), "{value:?}");
        }
        assert!(refused(text("x-bin", "x")).contains("expected bytes"));
        assert!(refused(vec![("x-a".to_owned(), MetadataValue::Binary(Bytes::new()))]).contains("`-bin`"));
        let sent =
            outgoing(&vec![("x-bin".to_owned(), MetadataValue::Binary(Bytes::from_static(&[0, 255, 1, 2])))], &[]);
        assert_eq!(sent.unwrap()["x-bin"], "AP8BAg");
        let many = |count| (0..count).map(|_| ("x-a".to_owned(), MetadataValue::Text("1".to_owned()))).collect();
        assert!(outgoing(&many(100), &[]).is_ok() && refused(many(101)).contains("at most 100"));
        assert!(refused(text("x-a", &"x".repeat(33 * 1024))).contains("at most"));
    }

    #[test]
    fn what_is_handed_on_is_the_servers_own_and_clean() {
        let secret = Arc::new(Scrubber::new(&[Zeroizing::new(b"s3cret-value".to_vec())]));
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "application/grpc"),
            ("grpc-status", "0"),
            ("grpc-encoding", "gzip"),
            ("connection", "x-gone"),
            ("x-gone", "1"),
            ("x-a", "one"),
            ("x-a", "has s3cret-value in it"),
            ("x-bin", "AP8BAg==, AQ"),
            ("y-bin", "czNjcmV0LXZhbHVl"),
            ("z-bin", "!"),
            ("s3cret-value", "1"),
        ] {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let text = |name: &str, value: &str| (name.to_owned(), MetadataValue::Text(value.to_owned()));
        let bytes =
            |name: &str, value: &'static [u8]| (name.to_owned(), MetadataValue::Binary(Bytes::from_static(value)));
        assert_eq!(
            incoming(headers, &secret, "x").unwrap(),
            [
                text("x-a", "one"),
                text("x-a", "has ************ in it"),
                bytes("x-bin", &[0, 255, 1, 2]),
                bytes("x-bin", &[1]),
                bytes("y-bin", b"************"),
            ]
        );
    }

    #[test]
    fn many_values_of_one_name_take_no_more_than_they_came_in() {
        let none = Arc::new(Scrubber::new(&[]));
        let of = |name: &str, value: String| -> HeaderMap {
            [(name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())].into_iter().collect()
        };
        assert_eq!(incoming(of("a-bin", ",".repeat(999)), &none, "x").unwrap().len(), 1_000);
        // A name that is long, so that each of the values takes much more than its comma.
        let long = format!("{}-bin", "a".repeat(30_000));
        for headers in [of("a-bin", ",".repeat(30_000)), of(&long, ",".repeat(30_000)), of(&long, ",,".to_owned())] {
            let error = incoming(headers, &none, "x").unwrap_err();
            assert!(error.to_string().contains("more than 64 KiB"), "{error}");
        }
    }
}
