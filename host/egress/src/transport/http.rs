//! HTTP/1.1 and HTTP/2.

pub(crate) mod body_fields;
pub(crate) mod connection;
pub(crate) mod decode;
pub(crate) mod headers;
pub(crate) mod hop;
pub(crate) mod outbound_request;
pub(crate) mod query;
pub(crate) mod redirect;
pub(crate) mod request;
pub(crate) mod request_body;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod send;
pub(crate) mod verify;
pub(crate) mod wire;
