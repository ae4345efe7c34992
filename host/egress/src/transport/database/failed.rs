//! Why something was not done on a session, as its driver knows it.

use std::sync::Arc;

use lockgate_domain::{Limit, LimitHit};

use crate::error::{EgressError, Refusal};
use crate::scrub::Scrubber;

/// Texts of a server that are passed on, in bytes.
const TEXT_MAX: usize = 2_000;
/// What is read of such a text. It is cut when what logs in is masked in it: of what is cut before, a part would stay.
pub(super) const READ_MAX: usize = 16 * 1024;

/// What a driver reports. Only a refusal leaves a session that can go on.
#[derive(Debug)]
pub(super) enum Failed {
    /// The server refused it. The session is as it was, or its transaction has failed.
    Refused(Box<Refusal>),
    /// The server refused it before anything of it ran, since its tables have changed since it was prepared.
    Stale(Box<Refusal>),
    /// The server did not let the user in.
    Login(String),
    /// There is no TLS with the server.
    Tls(String),
    /// A message is larger than the call may read.
    TooLarge,
    /// The server, or what is in between, broke the protocol or went away.
    Broken(String),
    /// The request can't be put to the server.
    Invalid(String),
    /// The host made a mistake.
    Host(&'static str),
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl Failed {
    /// Why a connection could not be secured, without the origin, which is told with every failure.
    pub(super) fn of_tls(error: EgressError) -> Self {
        match error {
            EgressError::Tls { cause, .. } => Self::Tls(cause),
            other => Self::Tls(other.to_string()),
        }
    }

    /// What a failure is called outside. What a server says may repeat what logged in, which is masked.
    pub(super) fn into_error(self, origin: &str, scrubber: &Arc<Scrubber>, message_max: usize) -> EgressError {
        let clean = |text: &str| cut(&scrubber.clean_text(cut(text, READ_MAX)), TEXT_MAX).to_owned();
        let origin = origin.to_owned();
        match self {
            Self::Refused(refusal) | Self::Stale(refusal) => {
                let optional = |text: Option<String>| text.as_deref().map(clean);
                EgressError::Refused {
                    origin,
                    refusal: Box::new(Refusal {
                        message: clean(&refusal.message),
                        sqlstate: clean(&refusal.sqlstate),
                        detail: optional(refusal.detail),
                        hint: optional(refusal.hint),
                        table: optional(refusal.table),
                        column: optional(refusal.column),
                        constraint: optional(refusal.constraint),
                        fault: refusal.fault,
                        position: refusal.position,
                    }),
                }
            }
            Self::Login(cause) => EgressError::Login { origin, cause: clean(&cause) },
            Self::Tls(cause) => EgressError::Tls { origin, cause: clean(&cause) },
            Self::TooLarge => EgressError::TooLarge {
                what: "message of the database",
                limit: LimitHit::new(Limit::UpstreamBody, message_max as u64),
            },
            Self::Broken(cause) => EgressError::Protocol { origin, cause: clean(&cause) },
            Self::Invalid(cause) => EgressError::Request(clean(&cause)),
            Self::Host(cause) => EgressError::Host(cause),
        }
    }
}

/// A text without what is behind so many bytes.
pub(super) fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or_default()
}
