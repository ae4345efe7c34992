//! The messages of an answer, one by one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::HeaderMap;
use tonic::Streaming;

use super::GrpcCode;
use super::masking;
use super::metadata::incoming;
use super::recorded::Watched;
use super::request::{GrpcStatus, Metadata, Pushback};
use crate::connect::Clock;
use crate::scrub::Scrubber;
use crate::{EgressError, Phase};

const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// The answer of a call as it comes. The server sends no more than some messages ahead of whoever reads them. Dropped
/// before its end, it ends the call at the server.
pub struct GrpcStream {
    pub(super) metadata: Metadata,
    pub(super) origin: String,
    pub(super) clock: Clock,
    pub(super) scrubber: Arc<Scrubber>,
    /// None after the end or an error.
    pub(super) source: Option<Streaming<Bytes>>,
    pub(super) silent: Arc<AtomicBool>,
    pub(super) watched: Watched,
    /// How it ended.
    pub(super) ended: Option<Result<Metadata, GrpcStatus>>,
}

impl GrpcStream {
    /// What came before the messages.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The next message, cleaned of the connection's secrets; none at the end, which [`GrpcStream::ended`] tells of.
    ///
    /// # Errors
    /// The answer is broken, too large or too slow. After an error there is nothing more.
    pub async fn message(&mut self) -> Result<Option<Bytes>, EgressError> {
        let Some(source) = &mut self.source else { return Ok(None) };
        let next = self.clock.within(Some(self.clock.idle), Phase::Idle, &self.origin, source.message()).await;
        let next = match next {
            Ok(Ok(Some(message))) => match masking::clean(&self.scrubber, message).await {
                Ok(message) => {
                    self.watched.message(&message);
                    return Ok(Some(message));
                }
                Err(masking::MayBeNumber) => {
                    let cause = "bytes of it that may be a number are those of what the connection logs in with";
                    Err(EgressError::Body { origin: self.origin.clone(), cause: cause.to_owned() })
                }
            },
            Ok(Ok(None)) => self.trailers().await.map(Ok),
            Ok(Err(status)) => failed(status, &self.origin, &self.clock, &self.scrubber).map(Err),
            Err(slow) => {
                self.silent.store(true, Ordering::Relaxed);
                Err(slow)
            }
        };
        self.source = None;
        match next {
            Ok(ended) => {
                self.watched.ended(ended.as_ref());
                self.ended = Some(ended);
                Ok(None)
            }
            Err(error) => {
                let error = error.cleaned(|text| self.scrubber.clean_text(text));
                self.watched.failed(&error);
                Err(error)
            }
        }
    }

    /// How the answer ended: with its trailers, or a status that is not OK. None until the end was read.
    pub fn ended(&self) -> Option<&Result<Metadata, GrpcStatus>> {
        self.ended.as_ref()
    }

    async fn trailers(&mut self) -> Result<Metadata, EgressError> {
        let Some(source) = &mut self.source else { return Ok(Metadata::new()) };
        // They are there: the end is after them.
        let trailers = source.trailers().await.unwrap_or_default();
        trailers.map_or_else(
            || Ok(Metadata::new()),
            |trailers| incoming(trailers.into_headers(), &self.scrubber, &self.origin),
        )
    }
}

/// What `tonic` reports: an error of ours on the way, or what the server says.
pub(super) fn failed(
    status: tonic::Status,
    origin: &str,
    clock: &Clock,
    scrubber: &Arc<Scrubber>,
) -> Result<GrpcStatus, EgressError> {
    let source = std::error::Error::source(&status).and_then(|source| source.downcast_ref::<EgressError>());
    if let Some(error) = source {
        return Err(error.clone());
    }
    let code = GrpcCode::of(status.code().into());
    if code == GrpcCode::Ok {
        // An answer without a message that ended well.
        return Err(EgressError::Body { origin: origin.to_owned(), cause: "it has no message".to_owned() });
    }
    // The server ends the call at the same moment as the host: which of the two was first is not what the caller is told.
    if code == GrpcCode::DeadlineExceeded && clock.is_nearly_over() {
        return Err(clock.over(origin));
    }
    let details = Some(status.details()).filter(|details| !details.is_empty());
    let headers = status.metadata().clone().into_headers();
    Ok(GrpcStatus {
        code,
        message: scrubber.clean_text(status.message()),
        // Without those that can't be masked: the status says what matters.
        details: details.and_then(|details| masking::clean_small(scrubber, details).ok()),
        pushback: pushback(&headers),
        metadata: incoming(headers, scrubber, origin)?,
    })
}

/// What the server says about a repetition. A number that is none says that it wants none (gRPC proposal A6).
fn pushback(headers: &HeaderMap) -> Pushback {
    let Some(value) = headers.get(PUSHBACK) else { return Pushback::None };
    let millis = value.to_str().ok().and_then(|text| text.parse::<u64>().ok());
    millis.map_or(Pushback::Never, |millis| Pushback::After(std::time::Duration::from_millis(millis)))
}

impl std::fmt::Debug for GrpcStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GrpcStream({})", self.origin)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_the_server_says_about_repetitions_is_read() {
        let of = |value: &str| {
            pushback(&[("grpc-retry-pushback-ms".parse().unwrap(), value.parse().unwrap())].into_iter().collect())
        };
        assert_eq!(pushback(&HeaderMap::new()), Pushback::None);
        assert_eq!(of("250"), Pushback::After(Duration::from_millis(250)));
        assert_eq!([of("-1"), of("soon"), of("")], [Pushback::Never; 3]);
    }
}
