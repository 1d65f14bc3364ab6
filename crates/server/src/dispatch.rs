//! The walk of one request: an id, a route, a key, a handler, and one line in the log, whatever happens.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt as _;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use marquetry_dialect::{Dialect, Refusal, Resource};
use marquetry_model::TenantId;
use marquetry_service::Authenticated;
use tracing::field::{Empty, display};
use tracing::{Instrument as _, Span};

use crate::App;
use crate::body::Outgoing;
use crate::call::Call;
use crate::connection::Working;
use crate::problem::refused;
use crate::rate::Allowance;
use crate::reply::{Refused, Reply};
use crate::request_id::RequestId;
use crate::route::{self, Handler};

/// Answers a request. Never fails: what goes wrong is an answer too.
pub(crate) async fn answer(
    app: Arc<App>,
    peer: IpAddr,
    request: Request<Incoming>,
    working: Working,
) -> Response<Outgoing> {
    let id = RequestId::of(request.headers());
    let method = request.method().clone();
    let span = tracing::info_span!(
        "request",
        request_id = id.as_str(),
        %method,
        route = Empty,
        tenant = Empty,
        job = Empty,
    );
    let walk = async {
        let mut line = Line {
            began: Instant::now(),
            status: None,
            route: "none",
        };
        let mut seen = Seen::default();
        // What goes wrong before there is a handler, or without one, is said in the words of whose path it is.
        let dialect = Dialect::of_path(request.uri().path());
        let outcome = AssertUnwindSafe(walk(&app, peer, request, &mut seen, &mut line.route))
            .catch_unwind()
            .await;
        let reply = match outcome {
            Ok(Ok(reply)) => reply,
            Ok(Err(Turned::Away(refusal))) => {
                tracing::debug!(?refusal, "refused");
                dialect.refuse(refusal).into()
            }
            Ok(Err(Turned::Answered(refused))) => {
                if !refused.reply.status.is_server_error() {
                    tracing::debug!(problem = refused.words, "refused");
                }
                refused.reply
            }
            Err(panic) => {
                tracing::error!(panic = words(&*panic), "a handler panicked");
                dialect.refuse(Refusal::Fault).into()
            }
        };
        let standing = seen
            .whose
            .map(|(tenant, resource)| app.admission.standing(tenant, resource, &app.account.plan));
        line.end(&reply);
        reply.finish(&id, standing, seen.allowance, &method, working)
    };
    walk.instrument(span).await
}

/// Why a request did not get what it asked.
enum Turned {
    /// Before a handler looked at it.
    Away(Refusal),
    /// By its handler.
    Answered(Refused),
}

impl From<Refusal> for Turned {
    fn from(refusal: Refusal) -> Self {
        Self::Away(refusal)
    }
}

impl From<Refused> for Turned {
    fn from(refused: Refused) -> Self {
        Self::Answered(refused)
    }
}

/// What was found out about a request before its handler was asked.
#[derive(Default)]
struct Seen {
    /// Whose it is, and about what.
    whose: Option<(TenantId, Resource)>,
    /// What the key may still ask.
    allowance: Option<Allowance>,
}

/// From the path to what its handler says.
async fn walk(
    app: &Arc<App>,
    peer: IpAddr,
    request: Request<Incoming>,
    seen: &mut Seen,
    route: &mut &'static str,
) -> Result<Reply, Turned> {
    let (head, body) = request.into_parts();
    // A slash at the end does not count: an answer that sends clients elsewhere would not be followed.
    let path = match head.uri.path().trim_end_matches('/') {
        "" => "/".to_owned(),
        path => path.to_owned(),
    };
    let found = app.router.find(&head.method, &path)?;
    Span::current().record("route", found.pattern);
    *route = found.pattern;
    if found.route.submits {
        app.gate.look()?;
    }
    match found.route.handler {
        Handler::Anyone(handler) => {
            let call = Call::new(Arc::clone(app), head, path, found.gaps, body);
            Ok(handler(call).await?)
        }
        Handler::Key(handler) => {
            let Some(caller) = authenticate(app, &path, &head.headers).await? else {
                // Told how to wait rather than why, once it asked too often.
                app.strangers.take(peer)?;
                return Err(Refusal::Unauthorized.into());
            };
            Span::current().record("tenant", display(caller.tenant));
            seen.whose = Some((caller.tenant, route::resource(found.pattern)));
            seen.allowance = Some(app.rates.take(caller.key.id)?);
            let call = Call::new(Arc::clone(app), head, path, found.gaps, body);
            Ok(handler(call, caller).await?)
        }
    }
}

/// Whose key a request shows: in `x-api-key`, or else as a bearer token.
/// `None` when it shows none, or one that is not valid.
async fn authenticate(app: &App, path: &str, headers: &HeaderMap) -> Result<Option<Authenticated>, Refused> {
    match shown_key(headers) {
        Some(key) => {
            let found = app.service.authenticate(key).await;
            found.map_err(|error| refused(Dialect::of_path(path), error))
        }
        None => Ok(None),
    }
}

fn shown_key(headers: &HeaderMap) -> Option<&str> {
    if let Some(key) = headers.get("x-api-key") {
        return key.to_str().ok().map(str::trim);
    }
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What a panic said, as far as it said something.
fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}

/// The one line that is logged of every request, also of those whose client does not wait for the answer.
struct Line {
    began: Instant,
    status: Option<u16>,
    /// The pattern of its route, of which there are as many as the table has.
    route: &'static str,
}

impl Line {
    fn end(mut self, reply: &Reply) {
        self.status = Some(reply.status.as_u16());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let class = match self.status {
            Some(200..300) => "2xx",
            Some(300..400) => "3xx",
            Some(400..500) => "4xx",
            Some(_) => "5xx",
            None => "gone",
        };
        metrics::counter!("marquetry_requests_total", "route" => self.route, "status" => class).increment(1);
        metrics::histogram!("marquetry_request_seconds", "route" => self.route)
            .record(self.began.elapsed().as_secs_f64());
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match self.status {
            Some(status) if status >= 500 => tracing::warn!(status, ms, "answered"),
            Some(status) => tracing::info!(status, ms, "answered"),
            None => tracing::info!(ms, "the client went away"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn shown(pairs: &[(&'static str, &'static str)]) -> Option<String> {
        let headers: HeaderMap = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        shown_key(&headers).map(str::to_owned)
    }

    #[test]
    fn the_header_of_the_key_is_looked_at_first() {
        let both = [("authorization", "Bearer sm_b"), ("x-api-key", " sm_a ")];
        assert_eq!(shown(&both).as_deref(), Some("sm_a"));
        assert_eq!(shown(&both[..1]).as_deref(), Some("sm_b"));
        assert_eq!(
            shown(&[("authorization", "bearer   sm_c")]).as_deref(),
            Some("sm_c")
        );
        for wrong in ["sm_a", "Basic sm_a", "Bearer", ""] {
            assert_eq!(shown(&[("authorization", wrong)]), None, "{wrong}");
        }
        assert_eq!(shown(&[]), None);
    }
}
