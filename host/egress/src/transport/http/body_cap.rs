//! How large the body of an answer may be.

use lockgate_domain::{Limit, LimitHit};

use crate::EgressError;

/// Replies to a login have a token and little else.
const REPLY_MAX: u64 = 256 * 1024;

/// How large the body of an answer may be, and what is said of a larger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyCap {
    /// As the group allows.
    Limit(u64),
    /// As much as the reply to a login may have. It is no limit of the group, so none is named.
    LoginReply,
}

impl BodyCap {
    pub(super) fn bytes(self) -> u64 {
        match self {
            Self::Limit(bytes) => bytes,
            Self::LoginReply => REPLY_MAX,
        }
    }

    /// The body from an origin is larger.
    pub(super) fn exceeded(self, origin: &str) -> EgressError {
        match self {
            Self::Limit(bytes) => {
                EgressError::TooLarge { what: "body of the answer", limit: LimitHit::new(Limit::UpstreamBody, bytes) }
            }
            Self::LoginReply => EgressError::Login {
                origin: origin.to_owned(),
                cause: format!("the reply has more than {REPLY_MAX} bytes"),
            },
        }
    }
}
