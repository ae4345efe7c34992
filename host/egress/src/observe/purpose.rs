//! What a request is for.

/// What a request is for, as records and traces say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A connector asked for it.
    Request,
    /// It trades values of a connection for a token. Nothing of its answer is shown, since that holds the token.
    Login,
    /// It asks a provider of OAuth for a token. Nothing of its answer is shown either.
    Token,
    /// It checks whether a connection works.
    Verify,
}

impl Purpose {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Login => "login",
            Self::Token => "token",
            Self::Verify => "verify",
        }
    }

    /// Whether who tests a connector sees more of it than that it was sent.
    pub(crate) fn is_shown(self) -> bool {
        match self {
            Self::Request | Self::Verify => true,
            Self::Login | Self::Token => false,
        }
    }
}
