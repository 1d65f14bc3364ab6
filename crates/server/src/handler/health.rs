//! Whether the server lives, and whether it should be sent requests.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use marquetry_dialect::sudomock::Problem;
use marquetry_service::Answering;

use crate::body::Content;
use crate::call::Call;
use crate::reply::Reply;

/// 200 while the process answers at all.
pub(crate) async fn live(_: Call) -> Result<Reply, Problem> {
    Ok(said(r#"{"status":"ok"}"#))
}

/// 200 while requests are welcome: database and blob storage answer, and the server is not stopping; else 503 with what
/// is amiss.
pub(crate) async fn ready(call: Call) -> Result<Reply, Problem> {
    if call.app.is_stopping() {
        return Ok(unready(&["stopping"]));
    }
    let found = call.app.service.readiness(call.app.config().readiness).await;
    let amiss: Vec<&str> = [("database", found.database), ("blobs", found.blobs)]
        .into_iter()
        .filter(|(_, answering)| *answering == Answering::Not)
        .map(|(what, _)| what)
        .collect();
    if amiss.is_empty() {
        Ok(said(r#"{"status":"ready"}"#))
    } else {
        Ok(unready(&amiss))
    }
}

/// 200 with every figure, as Prometheus reads it; 404 where nobody collects any.
pub(crate) async fn metrics(call: Call) -> Result<Reply, Problem> {
    let Some(figures) = call.app.figures() else {
        return Err(Problem::route_not_found());
    };
    let limit = call.app.config().readiness;
    // What nobody counts as it changes is counted now, if the store tells in time.
    if let Ok(Ok(live)) = tokio::time::timeout(limit, call.app.service.live_jobs()).await {
        #[expect(
            clippy::cast_precision_loss,
            reason = "figures are floats, and nobody has 2^53 jobs"
        )]
        metrics::gauge!("marquetry_jobs_live").set(live as f64);
    }
    #[expect(clippy::cast_precision_loss, reason = "figures are floats")]
    metrics::gauge!("marquetry_body_budget_free_bytes").set(call.app.budget.free() as f64);
    let mut reply = Reply::empty(StatusCode::OK);
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    reply.headers.insert(CONTENT_TYPE, kind);
    reply.content = Content::Whole(figures().into());
    Ok(reply)
}

fn unready(amiss: &[&str]) -> Reply {
    let list = amiss.join(r#"",""#);
    let mut reply = Reply::empty(StatusCode::SERVICE_UNAVAILABLE);
    let headers = &mut reply.headers;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    let body = format!(
        r#"{{"success":false,"error_code":"SERVICE_UNAVAILABLE","detail":"Not ready.","amiss":["{list}"]}}"#
    );
    reply.content = Content::Whole(body.into());
    reply
}

fn said(json: &'static str) -> Reply {
    let mut reply = Reply::empty(StatusCode::OK);
    reply
        .headers
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply.content = Content::Whole(Bytes::from_static(json.as_bytes()));
    reply
}
