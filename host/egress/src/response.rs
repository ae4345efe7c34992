//! An answer as a connector sees it.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::EgressError;

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
#[derive(Debug)]
pub struct ResponseBody(Bytes);

impl ResponseBody {
    /// The next piece; none at the end.
    ///
    /// # Errors
    /// The body is broken, too large, or too slow. After an error, or the end, there is nothing more.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, EgressError> {
        Ok(Some(std::mem::take(&mut self.0)).filter(|bytes| !bytes.is_empty()))
    }

    /// All of it.
    ///
    /// # Errors
    /// As for [`ResponseBody::chunk`].
    pub async fn collect(mut self) -> Result<Bytes, EgressError> {
        let first = self.chunk().await?.unwrap_or_default();
        let Some(second) = self.chunk().await? else { return Ok(first) };
        let mut all = Vec::with_capacity(2 * (first.len() + second.len()));
        all.extend_from_slice(&first);
        all.extend_from_slice(&second);
        while let Some(more) = self.chunk().await? {
            all.extend_from_slice(&more);
        }
        Ok(all.into())
    }
}
