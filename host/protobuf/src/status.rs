//! `google.rpc.Status`: what a server says about an error beyond code and text.

use crate::NotDecoded;
use crate::decode;
use crate::table::Tables;

/// A status with details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RichStatus {
    /// The code again, as the trailer `grpc-status` has it.
    pub code: i32,
    /// The text again.
    pub message: String,
    /// The details in their order.
    pub details: Vec<Detail>,
}

/// One detail, a `google.protobuf.Any`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// Such as `type.googleapis.com/google.rpc.ErrorInfo`.
    pub type_url: String,
    /// The detail as JSON: an object with `@type` and the message's fields, or with `value`, its bytes in base64, if the type
    /// is not defined.
    pub json: String,
}

pub(crate) fn read(tables: &Tables, bytes: &[u8], most: usize) -> Result<RichStatus, NotDecoded> {
    let id = tables.names.get("google.rpc.Status").copied();
    let wrong =
        |detail: &str| NotDecoded::Invalid { message: "google.rpc.Status".to_owned(), detail: detail.to_owned() };
    let text = decode::decode(tables, id.ok_or_else(|| wrong("its type is not defined"))?, bytes, most)?;
    let document = lockgate_domain::schema::Document::parse(&text).map_err(|error| wrong(&error.to_string()))?;
    let root = document.root();
    let code = root.member("code").and_then(|code| code.to_value().as_i64()).and_then(|code| i32::try_from(code).ok());
    let details = root.member("details").into_iter().flat_map(|details| details.items());
    Ok(RichStatus {
        code: code.unwrap_or(0),
        message: root.member("message").and_then(|text| text.as_text()).unwrap_or_default().to_owned(),
        details: details
            .map(|detail| Detail {
                type_url: detail.member("@type").and_then(|url| url.as_text()).unwrap_or_default().to_owned(),
                json: detail.to_json(),
            })
            .collect(),
    })
}
