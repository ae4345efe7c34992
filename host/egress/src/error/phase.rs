//! The parts of a request that a time can run out in.

/// Which of a request's times ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Waiting until a connection is free, of the few that the host has open at one time.
    Waiting,
    /// Opening a connection, from the name to the end of the TLS handshake.
    Connect,
    /// From the request to the head of the answer.
    FirstByte,
    /// Between two pieces of a body.
    Idle,
    /// The whole request, retries and body included.
    Total,
    /// The call.
    Deadline,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Waiting => "no connection was free",
            Self::Connect => "no connection",
            Self::FirstByte => "no answer",
            Self::Idle => "no further byte",
            Self::Total => "no end of the request",
            Self::Deadline => "the call's deadline came",
        })
    }
}
