//! An answer before it leaves: status, headers, content.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use marquetry_dialect::{Answer, sudomock, templified};

use crate::admission::Standing;
use crate::body::{Content, Outgoing};
use crate::connection::Working;
use crate::rate::Allowance;
use crate::request_id::{self, RequestId};

/// What a handler gives.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
}

impl Reply {
    /// An answer of no bytes.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            content: Content::Whole(Bytes::new()),
        }
    }

    /// Adds the headers that every answer has, and hands it to the connection.
    pub(crate) fn finish(
        mut self,
        id: &RequestId,
        standing: Option<Standing>,
        allowance: Option<Allowance>,
        method: &Method,
        working: Working,
    ) -> Response<Outgoing> {
        let headers = &mut self.headers;
        headers.insert(request_id::HEADER, id.header());
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
        // What a key may read is nobody else's: proxies keep no copy. Files say what they may keep.
        headers
            .entry(CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        if let Some(standing) = standing {
            headers.insert(LIMIT, standing.limit.into());
            headers.insert(REMAINING, standing.remaining.into());
        }
        // A refusal brings its own.
        if let Some(allowance) = allowance {
            headers.entry(RATE_LIMIT).or_insert(allowance.limit.into());
            headers
                .entry(RATE_REMAINING)
                .or_insert(allowance.remaining.into());
            headers.entry(RATE_RESET).or_insert(allowance.reset.into());
        }
        if method == Method::HEAD {
            // The length of what GET would give, without the bytes.
            if let Some(length) = self.content.len() {
                headers.entry(CONTENT_LENGTH).or_insert(length.into());
            }
            self.content = Content::Whole(Bytes::new());
        }
        let mut response = Response::new(Outgoing::new(self.content, working.into_sending()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RATE_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const LIMIT: HeaderName = HeaderName::from_static("x-concurrent-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-concurrent-remaining");

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        let mut reply =
            Self::empty(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        for (name, value) in answer.headers {
            match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                (Ok(name), Ok(value)) => {
                    reply.headers.append(name, value);
                }
                _ => tracing::error!(name, "a header cannot be sent"),
            }
        }
        reply.content = Content::Whole(answer.body.into());
        reply
    }
}

/// An answer that is not a success, in the words of whichever dialect was spoken.
pub(crate) struct Refused {
    /// One line for the log.
    pub(crate) words: String,
    pub(crate) reply: Reply,
}

impl Refused {
    pub(crate) fn new(words: impl ToString, answer: impl Into<Answer>) -> Self {
        Self {
            words: words.to_string(),
            reply: answer.into().into(),
        }
    }
}

impl From<sudomock::Problem> for Refused {
    fn from(problem: sudomock::Problem) -> Self {
        Self::new(problem.to_string(), problem)
    }
}

impl From<templified::Problem> for Refused {
    fn from(problem: templified::Problem) -> Self {
        Self::new(problem.to_string(), problem)
    }
}
