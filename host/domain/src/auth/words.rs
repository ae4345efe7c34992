//! The words and bounds of the readers, of which the published schema is made.

pub(crate) use super::activation::{CREDENTIALS_MAX, METHODS_MAX};
pub(crate) use super::api_key::LOCATIONS as KEY_LOCATIONS;
pub(crate) use super::field::{FIELDS_MAX, KINDS as FIELD_KINDS, OPTIONS_MAX, PATTERN_MAX_CHARS};
pub(crate) use super::login::{BODIES as LOGIN_BODIES, LIFETIME_MAX_S, METHODS as LOGIN_METHODS};
pub(crate) use super::oauth2::words::{
    ALGORITHMS, ASSERTION_LIFETIME_MAX_S, AUTHORIZE_OMITTED, AUTHORIZE_RENAMED, CLIENT_AUTHENTICATIONS, EXPIRIES,
    KEEP_PATTERN_MAX, KEPT_MAX, REPLY_FORMATS, REPLY_LIFETIME_MAX_S, REPLY_WORDS_MAX, TOKEN_BODIES, TOKEN_METHODS,
    TOKEN_STANDARD,
};
pub(crate) use super::oauth2::{GRANTS, PARAMETERS_MAX, SCOPES_MAX};
pub(crate) use super::placement::{KINDS as PLACES, MAX as PLACEMENTS_MAX};
pub(crate) use super::verify::{METHODS as VERIFY_METHODS, STATUSES_MAX};
