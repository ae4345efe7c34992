//! An answer as a connector sees it.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};

use super::body_cap::BodyCap;
use super::connection::Connection;
use super::decode::{Decoder, OFFERED, Wrong};
use super::headers;
use super::recorded::HttpRecording;
use crate::connect::{Clock, Lease};
use crate::scrub::{Scrub, Scrubber};
use crate::{EgressError, Phase};

/// An answer: decoded, capped and cleaned of the connection's secrets.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers that concern the connector.
    pub headers: HeaderMap,
    /// The body.
    pub body: ResponseBody,
}

/// The body of an answer, read in pieces. Dropping it ends the request.
pub struct ResponseBody {
    origin: String,
    clock: Clock,
    cap: BodyCap,
    decoder: Decoder,
    /// What came and is not decoded yet.
    ahead: Bytes,
    scrub: Scrub,
    recording: Option<HttpRecording>,
    /// What was read before anybody asked for it.
    peeked: VecDeque<Result<Bytes, EgressError>>,
    /// What more is to come, and over what; none after the end or an error.
    source: Option<(Incoming, Lease<Connection>)>,
}

/// What the body of an answer is read by.
pub(super) struct Reading<'r> {
    pub(super) origin: &'r str,
    pub(super) clock: Clock,
    pub(super) cap: BodyCap,
    pub(super) scrubber: &'r Arc<Scrubber>,
    pub(super) method: &'r Method,
}

impl Reading<'_> {
    /// The answer as the connector gets it.
    pub(super) fn response(
        self,
        answer: http::Response<Incoming>,
        lease: Lease<Connection>,
    ) -> Result<Response, EgressError> {
        let (mut head, incoming) = answer.into_parts();
        if head.headers.contains_key(CONTENT_LENGTH) && head.headers.contains_key(TRANSFER_ENCODING) {
            // How answers are smuggled (RFC 9112 section 6.3): what follows on the connection is nobody's.
            let cause = "it has both `content-length` and `transfer-encoding`".to_owned();
            return Err(EgressError::Protocol { origin: self.origin.to_owned(), cause });
        }
        headers::strip(&mut head.headers);
        // These have headers about a body that does not come (RFC 9110 sections 9.3.2 and 15.4.5).
        let bodiless = *self.method == Method::HEAD || matches!(head.status.as_u16(), 204 | 304);
        let decoder = match bodiless || incoming.is_end_stream() {
            true => Decoder::Identity { left: self.cap.bytes() },
            false => Decoder::of(&head.headers, self.cap.bytes()).ok_or_else(|| EgressError::Body {
                origin: self.origin.to_owned(),
                cause: format!("its `content-encoding` is none of {OFFERED}"),
            })?,
        };
        if !decoder.is_identity() {
            head.headers.remove(CONTENT_ENCODING);
            head.headers.remove(CONTENT_LENGTH);
        } else if incoming.size_hint().lower() > self.cap.bytes() {
            return Err(self.cap.exceeded(self.origin));
        }
        self.scrubber.clean_headers(&mut head.headers);
        let source = match incoming.is_end_stream() {
            true => {
                lease.give_back();
                None
            }
            false => Some((incoming, lease)),
        };
        let body = ResponseBody {
            origin: self.origin.to_owned(),
            clock: self.clock,
            cap: self.cap,
            decoder,
            ahead: Bytes::new(),
            scrub: self.scrubber.begin(),
            recording: None,
            peeked: VecDeque::new(),
            source,
        };
        Ok(Response { status: head.status, headers: head.headers, body })
    }
}

impl ResponseBody {
    /// The next piece; none at the end.
    ///
    /// # Errors
    /// The body is broken, too large, or too slow. After an error, or the end, there is nothing more.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, EgressError> {
        let result = match self.peeked.pop_front() {
            Some(piece) => piece.map(Some),
            None => self.next().await,
        };
        match &result {
            Ok(Some(piece)) => self.recording.iter().for_each(|recording| recording.body(piece)),
            Ok(None) => {}
            Err(error) => {
                // Closes the connection: nobody knows what would come next on it.
                self.ahead.clear();
                let source = self.source.take();
                if let (Some((_, lease)), EgressError::Timeout { .. }) = (source, error) {
                    lease.fell_silent();
                }
                self.recording.iter().for_each(|recording| recording.failed(error));
            }
        }
        result
    }

    async fn next(&mut self) -> Result<Option<Bytes>, EgressError> {
        loop {
            if !self.ahead.is_empty() {
                let bite = self.ahead.split_to(self.ahead.len().min(self.decoder.bite()));
                let decoded = self.decoder.push(bite).map_err(|wrong| self.wrong(wrong))?;
                let clean = self.scrub.push(decoded);
                if !clean.is_empty() {
                    return Ok(Some(clean));
                }
                tokio::task::consume_budget().await;
                continue;
            }
            let Some((incoming, _)) = &mut self.source else { return Ok(None) };
            let frame = incoming.frame();
            let frame = self.clock.within(Some(self.clock.idle), Phase::Idle, &self.origin, frame).await?;
            self.ahead = match frame {
                None => {
                    let rest = self.decoder.end().map_err(|wrong| self.wrong(wrong))?;
                    let (first, last) = (self.scrub.push(rest), self.scrub.end());
                    if let Some((_, lease)) = self.source.take() {
                        lease.give_back();
                    }
                    let whole = if last.is_empty() { first } else { [first, last].concat().into() };
                    return Ok(Some(whole).filter(|piece| !piece.is_empty()));
                }
                Some(Err(error)) => return Err(self.broken(&error.to_string())),
                // Trailers are headers that come too late to be of use.
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
        }
    }

    /// The whole body, if it has at most so many bytes. Whatever was read for that stays to be read.
    pub(super) async fn peek(&mut self, max: usize) -> Option<Vec<u8>> {
        let mut whole = Vec::new();
        loop {
            match self.next().await {
                Ok(None) => return Some(whole),
                Ok(Some(piece)) => {
                    whole.extend_from_slice(&piece);
                    self.peeked.push_back(Ok(piece));
                }
                Err(error) => {
                    self.peeked.push_back(Err(error));
                    return None;
                }
            }
            if whole.len() > max {
                return None;
            }
        }
    }

    /// All of it.
    ///
    /// # Errors
    /// As for [`ResponseBody::chunk`].
    pub async fn collect(mut self) -> Result<Bytes, EgressError> {
        let first = self.chunk().await?.unwrap_or_default();
        let Some(second) = self.chunk().await? else { return Ok(first) };
        let mut all = BytesMut::with_capacity(2 * (first.len() + second.len()));
        all.extend_from_slice(&first);
        all.extend_from_slice(&second);
        while let Some(more) = self.chunk().await? {
            all.extend_from_slice(&more);
        }
        Ok(all.freeze())
    }

    /// Keeps what is read for who tests the connector.
    pub(super) fn record(&mut self, recording: HttpRecording) {
        self.recording = Some(recording);
    }

    fn wrong(&self, wrong: Wrong) -> EgressError {
        match wrong {
            Wrong::TooLarge => self.cap.exceeded(&self.origin),
            Wrong::Broken => self.broken("it is not in the encoding that `content-encoding` says"),
        }
    }

    fn broken(&self, cause: &str) -> EgressError {
        EgressError::Body { origin: self.origin.clone(), cause: cause.to_owned() }
    }
}

impl std::fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ResponseBody({})", self.origin)
    }
}
