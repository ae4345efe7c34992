//! The words and bounds of the readers, of which the published schema is made.

pub(crate) use super::database::{MODES, ROWS_MAX as DATABASE_ROWS_MAX};
pub(crate) use super::escape::ESCAPES;
pub(crate) use super::grpc::MESSAGES_MAX;
pub(crate) use super::headers::MAX as HEADERS_MAX;
pub(crate) use super::http::{METHODS, REDIRECTS_MAX};
pub(crate) use super::pagination::{KINDS as PAGINATIONS, PAGES_MAX, ROWS_MAX};
pub(crate) use super::parameters::{MAX as PARAMETERS_MAX, VALUES_MAX};
pub(crate) use super::path::SEGMENTS_MAX;
pub(crate) use super::response::{FORMATS, HEADERS_MAX as SHOWN_HEADERS_MAX};
pub(crate) use super::retry::{ATTEMPTS_MAX, WAIT_MAX_MS};
pub(crate) use super::script::SOURCE_MAX_BYTES;
pub(crate) use super::status::MAX as STATUSES_MAX;
