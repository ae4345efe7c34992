//! The words and bounds of the readers, of which the published schema is made.

pub(crate) use super::activation::{CREDENTIALS_MAX, METHODS_MAX};
pub(crate) use super::api_key::LOCATIONS as KEY_LOCATIONS;
pub(crate) use super::field::{FIELDS_MAX, KINDS as FIELD_KINDS, OPTIONS_MAX, PATTERN_MAX_CHARS};
pub(crate) use super::login::{BODIES as LOGIN_BODIES, LIFETIME_MAX_S, METHODS as LOGIN_METHODS};
pub(crate) use super::oauth2::{
    BODIES as TOKEN_BODIES, CLIENT_AUTHENTICATIONS, GRANTS, KEPT_MAX, LIFETIME_MAX_S as REPLY_LIFETIME_MAX_S,
    PARAMETERS_MAX, SCOPES_MAX,
};
pub(crate) use super::placement::{KINDS as PLACES, MAX as PLACEMENTS_MAX};
pub(crate) use super::verify::{METHODS as VERIFY_METHODS, STATUSES_MAX};
