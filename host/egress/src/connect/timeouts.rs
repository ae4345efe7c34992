//! The times of one request, whatever its transport.

use std::time::{Duration, Instant};

use crate::{EgressError, Phase};

/// Longer than a healthy network takes, and short enough to try something else.
const CONNECT: Duration = Duration::from_secs(10);
/// A server that was told how much time is left counts that for itself: by how much the clocks of two machines may differ, as
/// a part of it and at the least.
const NEARLY: u32 = 20;
const TELLING: Duration = Duration::from_millis(50);
/// An upstream that is silent for so long in the middle of a body is not coming back.
const IDLE: Duration = Duration::from_secs(30);

/// How long the parts of a request may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Time until there is a connection; ten seconds by default.
    pub connect: Option<Duration>,
    /// Time until the answer begins; the rest of the call by default.
    pub first_byte: Option<Duration>,
    /// Time between two pieces of an answer; 30 seconds by default.
    pub idle: Option<Duration>,
    /// Time for all of it, repetitions and the whole answer included; the rest of the call by default.
    pub total: Option<Duration>,
}

/// When a request ends, whatever it is doing, and how long its parts may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began: Instant,
    end: Instant,
    /// Which time that end is.
    at_end: Phase,
    pub(crate) connect: Duration,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) idle: Duration,
}

impl Clock {
    /// Begins. No time of the connector goes beyond the call's deadline.
    pub(crate) fn start(timeouts: &Timeouts, deadline: Instant) -> Self {
        let began = Instant::now();
        let total = timeouts.total.and_then(|total| began.checked_add(total)).filter(|end| *end < deadline);
        let (end, at_end) = total.map_or((deadline, Phase::Deadline), |end| (end, Phase::Total));
        Self {
            began,
            end,
            at_end,
            connect: timeouts.connect.unwrap_or(CONNECT),
            first_byte: timeouts.first_byte,
            idle: timeouts.idle.unwrap_or(IDLE),
        }
    }

    /// The time that is left of it.
    pub(crate) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Runs a part of the request within its own time and the request's.
    pub(crate) async fn within<T>(
        &self,
        limit: Option<Duration>,
        phase: Phase,
        origin: &str,
        part: impl Future<Output = T>,
    ) -> Result<T, EgressError> {
        let now = Instant::now();
        let own = limit.and_then(|limit| now.checked_add(limit)).filter(|own| *own < self.end);
        let until = own.unwrap_or(self.end);
        tokio::time::timeout_at(until.into(), part).await.map_err(|_| {
            let (phase, after) = match (own, limit) {
                (Some(_), Some(limit)) => (phase, limit),
                (Some(_), None) | (None, _) => (self.at_end, self.began.elapsed()),
            };
            EgressError::Timeout { origin: origin.to_owned(), phase, after }
        })
    }

    /// Whether so little is left that a server, which was told how much, may have come to the end already.
    pub(crate) fn is_nearly_over(&self) -> bool {
        let whole = self.end.saturating_duration_since(self.began);
        self.left() <= (whole / NEARLY).max(TELLING)
    }

    /// What a request ends with that has taken all of its time.
    pub(crate) fn over(&self, origin: &str) -> EgressError {
        EgressError::Timeout { origin: origin.to_owned(), phase: self.at_end, after: self.began.elapsed() }
    }

    /// Waits, if there is time for that and more.
    pub(crate) async fn wait(&self, wait: Duration) -> bool {
        let has_time = Instant::now().checked_add(wait).is_some_and(|until| until < self.end);
        if has_time {
            tokio::time::sleep(wait).await;
        }
        has_time
    }
}
