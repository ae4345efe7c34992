//! gRPC: calls with one message, answered by one or by a stream of them, over HTTP/2 connections of our own dialer.
//! `tonic` frames messages and reads statuses; it dials nothing, and sees of an answer only what was checked.

mod body;
mod code;
mod codec;
mod connection;
mod frames;
mod head;
mod masking;
mod metadata;
mod reach;
mod recorded;
mod request;
mod send;
mod server;
mod service;
mod stream;

use lockgate_domain::auth::Location;

pub use code::GrpcCode;
pub(crate) use connection::Connection;
#[cfg(test)]
pub(crate) use frames::framed;
pub(crate) use reach::reach;
pub use recorded::GrpcExchange;
pub use request::{
    Answered, GrpcAnswer, GrpcCall, GrpcStatus, Metadata, MetadataValue, Opened, ServerStream, ShowMessage, Unary,
};
pub use stream::GrpcStream;

/// Whether calls have this location: metadata are headers. A client certificate is part of the TLS settings.
pub(crate) fn carries(location: &Location) -> bool {
    match location {
        Location::Header(_) => true,
        Location::Query(_)
        | Location::Cookie(_)
        | Location::Body(_)
        | Location::User
        | Location::Password
        | Location::Option(_)
        | Location::Certificate => false,
    }
}
