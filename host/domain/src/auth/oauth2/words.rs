//! The words and bounds of these readers, of which the published schema is made.

pub(crate) use super::assertion::{ALGORITHMS, LIFETIME_MAX_S as ASSERTION_LIFETIME_MAX_S};
pub(crate) use super::authorize::{OMITTED as AUTHORIZE_OMITTED, RENAMED as AUTHORIZE_RENAMED};
pub(crate) use super::expiry::EXPIRIES;
pub(crate) use super::keep::{KEPT_MAX, PATTERN_MAX as KEEP_PATTERN_MAX};
pub(crate) use super::reply::{
    FORMATS as REPLY_FORMATS, LIFETIME_MAX_S as REPLY_LIFETIME_MAX_S, WORDS_MAX as REPLY_WORDS_MAX,
};
pub(crate) use super::request::{
    BODIES as TOKEN_BODIES, CLIENT_AUTHENTICATIONS, METHODS as TOKEN_METHODS, STANDARD as TOKEN_STANDARD,
};
