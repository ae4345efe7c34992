//! The least rate at which a peer has to send a body and to take an answer. One that does neither holds its connection,
//! and what lies in memory for it, from everybody else.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// How long no byte may move: longer than TCP needs to get one through after five losses.
pub(crate) const STALL: Duration = Duration::from_secs(15);
/// Bytes a second on average below which a peer counts as stalled: less than the slowest mobile network has. Without it,
/// one byte every few seconds would be progress.
const RATE: u64 = 1024;

/// The time in which a peer at the least rate takes so many bytes.
pub(crate) fn time_for(bytes: u64) -> Duration {
    Duration::from_millis(bytes.saturating_mul(1000) / RATE)
}

/// How long the host may still wait for a peer. Waiting uses it up, and bytes that move give it back.
#[derive(Debug)]
pub(crate) struct Pace {
    most: Duration,
    left: Duration,
    waiting: Option<Instant>,
    /// Made when the host has to wait for the first time, which it does not for most bodies and answers.
    end: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// With so much patience at a time, which is [`STALL`].
    pub(crate) fn new(most: Duration) -> Self {
        Self { most, left: most, waiting: None, end: None }
    }

    /// The peer lets the host wait; ready when it has done so for too long.
    pub(crate) fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(self.most)));
        if self.waiting.is_none() {
            let now = Instant::now();
            self.waiting = Some(now);
            end.as_mut().reset(now + self.left);
        }
        end.as_mut().poll(cx)
    }

    /// So many bytes moved.
    pub(crate) fn moved(&mut self, bytes: usize) {
        if let Some(since) = self.waiting.take() {
            self.left = self.left.saturating_sub(since.elapsed());
        }
        if self.left < self.most {
            self.left = self.left.saturating_add(time_for(bytes as u64)).min(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// The host has waited for ten seconds, and then so many bytes moved.
    fn after_ten_seconds(pace: &mut Pace, bytes: u64) {
        pace.waiting = Instant::now().checked_sub(Duration::from_secs(10));
        pace.moved(usize::try_from(bytes).unwrap());
    }

    #[tokio::test]
    async fn a_peer_that_does_nothing_is_stalled() {
        let mut pace = Pace::new(Duration::from_millis(50));
        poll_fn(|cx| pace.poll_stalled(cx)).await;
    }

    #[tokio::test]
    async fn a_slow_peer_goes_on_and_one_that_gives_a_byte_now_and_then_does_not() {
        let mut pace = Pace::new(STALL);
        for _ in 0..100 {
            after_ten_seconds(&mut pace, 11 * RATE);
            assert_eq!(pace.left, STALL);
        }
        after_ten_seconds(&mut pace, 1);
        assert!(pace.left < STALL / 2);
        after_ten_seconds(&mut pace, 1);
        poll_fn(|cx| pace.poll_stalled(cx)).await;
    }
}
