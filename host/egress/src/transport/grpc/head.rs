//! The head and the trailers of an answer: whether they are of gRPC, and the status in them in the one form that has
//! no surprise for the library that reads it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, percent_encode};

use super::GrpcCode;
use super::metadata::BASE64;
use crate::EgressError;

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
/// What a `grpc-message` escapes (gRPC's `PROTOCOL-HTTP2.md`): all but printable ASCII, and `%`.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');
/// How much of a content type is shown.
const SHOWN_MAX: usize = 80;

/// What the head of an answer says about its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Whether the status is in it already, so that no message follows.
    pub(super) is_whole: bool,
    /// Whether messages may be compressed.
    pub(super) packs: bool,
}

/// Checks the head of an answer, and writes what a proxy or another server says as a status of gRPC.
pub(super) fn check(head: &mut Parts, origin: &str) -> Result<Head, EgressError> {
    let is_whole = status(&mut head.headers, origin)?;
    if head.status != StatusCode::OK {
        if !is_whole {
            let code = GrpcCode::of_http(head.status);
            head.headers.insert(STATUS, HeaderValue::from(u16::from(code.number())));
            let message = format!("HTTP status {}", head.status.as_u16());
            head.headers.insert(MESSAGE, HeaderValue::try_from(message).unwrap_or(HeaderValue::from_static("HTTP")));
        }
        head.status = StatusCode::OK;
        return Ok(Head { is_whole: true, packs: false });
    }
    let content_type = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if !is_grpc(content_type) {
        let shown = String::from_utf8_lossy(content_type.get(..SHOWN_MAX).unwrap_or(content_type));
        let cause = format!("it answered with content type `{}`: expected `application/grpc`", shown.escape_default());
        return Err(EgressError::Protocol { origin: origin.to_owned(), cause });
    }
    let packs = match head.headers.remove(ENCODING).as_ref().map(HeaderValue::as_bytes) {
        None | Some(b"" | b"identity") => false,
        Some(b"gzip") => true,
        Some(_) => {
            let cause = "its `grpc-encoding` is neither gzip nor identity, which the host offers".to_owned();
            return Err(EgressError::Body { origin: origin.to_owned(), cause });
        }
    };
    Ok(Head { is_whole, packs })
}

/// `application/grpc`, with what the messages are written in; not `application/grpc-web`.
fn is_grpc(content_type: &[u8]) -> bool {
    let lower = content_type.to_ascii_lowercase();
    let rest = lower.strip_prefix(b"application/grpc".as_slice());
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';' | b' ')))
}

/// Looks for the status in headers or trailers, and rewrites its parts: the message as valid UTF-8, the details as base64
/// that every reader takes, or not at all.
pub(super) fn status(headers: &mut HeaderMap, origin: &str) -> Result<bool, EgressError> {
    let broken = |cause: &str| EgressError::Protocol { origin: origin.to_owned(), cause: cause.to_owned() };
    let mut all = headers.get_all(STATUS).iter();
    let (first, second) = (all.next(), all.next());
    let Some(first) = first else {
        [MESSAGE, DETAILS].iter().for_each(|name| drop(headers.remove(name)));
        return Ok(false);
    };
    let number = first.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number =
        number.and_then(|text| text.parse::<i32>().ok()).ok_or_else(|| broken("its `grpc-status` is no number"))?;
    if second.is_some() {
        return Err(broken("it has several `grpc-status`"));
    }
    headers.insert(STATUS, HeaderValue::from(u16::from(GrpcCode::of(number).number())));
    if let Some(message) = headers.remove(MESSAGE) {
        let message = percent_decode(message.as_bytes()).decode_utf8_lossy();
        let message = percent_encode(message.as_bytes(), ESCAPED).to_string();
        if let Ok(message) = HeaderValue::try_from(message) {
            headers.insert(MESSAGE, message);
        }
    }
    if let Some(details) = headers.remove(DETAILS)
        && let Ok(details) = BASE64.decode(details.as_bytes())
        && let Ok(details) = HeaderValue::try_from(STANDARD.encode(details))
    {
        headers.insert(DETAILS, details);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(status: u16, headers: &[(&str, &str)]) -> Parts {
        let mut answer = http::Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        answer.body(()).unwrap().into_parts().0
    }

    fn read(status: u16, headers: &[(&str, &str)]) -> (Head, tonic::Status) {
        let mut parts = parts(status, headers);
        let head = check(&mut parts, "grpc://a.example").unwrap();
        (head, tonic::Status::from_header_map(&parts.headers).unwrap_or(tonic::Status::ok("none")))
    }

    #[test]
    fn a_status_of_http_is_one_of_grpc() {
        for (status, code) in [
            (400, GrpcCode::Internal),
            (401, GrpcCode::Unauthenticated),
            (403, GrpcCode::PermissionDenied),
            (404, GrpcCode::Unimplemented),
            (429, GrpcCode::Unavailable),
            (502, GrpcCode::Unavailable),
            (503, GrpcCode::Unavailable),
            (504, GrpcCode::Unavailable),
            (500, GrpcCode::Unknown),
            (302, GrpcCode::Unknown),
            (204, GrpcCode::Unknown),
        ] {
            let (head, found) = read(status, &[("content-type", "text/html"), ("grpc-message", "x")]);
            assert!(head.is_whole, "{status}");
            assert_eq!(
                (found.code() as u8, found.message()),
                (code.number(), format!("HTTP status {status}").as_str())
            );
        }
        // A server that knows better.
        let (_, found) = read(503, &[("grpc-status", "5"), ("grpc-message", "no such row")]);
        assert_eq!((found.code(), found.message()), (tonic::Code::NotFound, "no such row"));
    }

    #[test]
    fn only_content_types_of_grpc_are_read() {
        for fine in
            ["application/grpc", "application/grpc+proto", "Application/gRPC;charset=x", "application/grpc+json"]
        {
            let (head, _) = read(200, &[("content-type", fine)]);
            assert!(!head.is_whole && !head.packs, "{fine}");
        }
        for wrong in ["text/html", "application/grpc-web", "application/grpcx", "application/json", ""] {
            let error = check(&mut parts(200, &[("content-type", wrong)]), "grpc://a.example").unwrap_err();
            assert!(error.to_string().contains(&format!("content type `{wrong}`")), "{error}");
        }
        assert!(check(&mut parts(200, &[]), "grpc://a.example").is_err());
    }

    #[test]
    fn encodings_are_those_that_were_offered() {
        let read = |encoding| {
            check(&mut parts(200, &[("content-type", "application/grpc"), ("grpc-encoding", encoding)]), "x")
        };
        assert!(read("gzip").unwrap().packs && !read("identity").unwrap().packs);
        assert!(["deflate", "snappy", "gzip, gzip", "GZIP"].iter().all(|encoding| read(encoding).is_err()));
    }

    #[test]
    fn what_a_server_writes_badly_is_read_or_said() {
        let (head, found) = read(
            200,
            &[
                ("content-type", "application/grpc"),
                ("grpc-status", "3"),
                ("grpc-message", "50% of caf%C3%A9 %ZZ %FF"),
                ("grpc-status-details-bin", "!!!"),
            ],
        );
        assert!(head.is_whole);
        assert_eq!((found.code(), found.message()), (tonic::Code::InvalidArgument, "50% of café %ZZ \u{fffd}"));
        assert!(found.details().is_empty());
        for details in ["CAESAW0", "CAESAW0=", "CAESAW0=="] {
            let (_, found) = read(
                200,
                &[("content-type", "application/grpc"), ("grpc-status", "3"), ("grpc-status-details-bin", details)],
            );
            assert!(found.details().is_empty() || found.details() == [8, 1, 18, 1, 109], "{details}");
        }
        for (wrong, said) in [("x", "no number"), ("-1", "no number"), ("", "no number"), ("99999999999", "no number")]
        {
            let error = status(&mut parts(200, &[("grpc-status", wrong)]).headers, "x").unwrap_err();
            assert!(error.to_string().contains(said), "{wrong}: {error}");
        }
        let two = status(&mut parts(200, &[("grpc-status", "0"), ("grpc-status", "5")]).headers, "x").unwrap_err();
        assert!(two.to_string().contains("several"), "{two}");
        let (_, found) = read(200, &[("content-type", "application/grpc"), ("grpc-status", "77")]);
        assert_eq!(found.code(), tonic::Code::Unknown);
    }

    #[test]
    fn whatever_a_server_writes_there_is_one_status_that_is_read_or_none() {
        let mut random = fastrand::Rng::with_seed(12);
        let known: [(&str, &[&str]); 5] = [
            ("content-type", &["application/grpc", "application/grpc+proto", "text/html"]),
            ("grpc-status", &["0", "5", "16", "77", "x", "2147483648"]),
            ("grpc-message", &["fine", "50%", "%E2%82", "caf%C3%A9", ""]),
            ("grpc-status-details-bin", &["CAESAW0", "CAESAW0=", "!", "AA,AA"]),
            ("grpc-encoding", &["gzip", "identity", "br"]),
        ];
        let (mut whole, mut open, mut wrong) = (0, 0, 0);
        for _ in 0..20_000 {
            let mut parts = parts([200, 200, 200, 401, 503, 302][random.usize(..6)], &[]);
            for (name, values) in known {
                for _ in 0..[0, 1, 1, 1, 1, 2][random.usize(..6)] {
                    let mut value = values[random.usize(..values.len())].as_bytes().to_vec();
                    if random.u8(..4) == 0 {
                        value.insert(random.usize(..=value.len()), random.u8(..));
                    }
                    let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
                    parts.headers.append(name, value);
                }
            }
            let text = format!("{parts:?}");
            let Ok(head) = check(&mut parts, "grpc://a.example") else {
                wrong += 1;
                continue;
            };
            assert_eq!(parts.status, StatusCode::OK, "{text}");
            let found = tonic::Status::from_header_map(&parts.headers);
            assert_eq!(found.is_some(), head.is_whole, "{text}");
            let Some(found) = found else {
                open += 1;
                continue;
            };
            whole += 1;
            // What the library says when it can't read one.
            assert!(!found.message().starts_with("Error deserializing"), "{text}: {found:?}");
        }
        assert!(whole > 100 && open > 100 && wrong > 100, "{whole} {open} {wrong}");
    }
}
