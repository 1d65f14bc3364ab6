//! Whether the server lives, and whether it should be sent requests.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use marquetry_dialect::sudomock::Problem;
use marquetry_model::{JobId, TenantId};
use marquetry_service::ServiceError;

use crate::body::Content;
use crate::call::Call;
use crate::problem::of_service;
use crate::reply::Reply;

/// When a balancer should ask again.
const AGAIN: Duration = Duration::from_secs(1);

/// 200 while the process answers at all.
pub(crate) async fn live(_: Call) -> Result<Reply, Problem> {
    Ok(said(r#"{"status":"ok"}"#))
}

/// 200 while requests are welcome: the store answers and the server is not stopping; else 503.
pub(crate) async fn ready(call: Call) -> Result<Reply, Problem> {
    if call.app.is_stopping() {
        return Err(Problem::unavailable(AGAIN));
    }
    // A job that there is not: the cheapest question that only a living store can answer.
    let nobody = TenantId::from_bytes([0; 16]);
    match call.app.service.job(nobody, JobId::from_bytes([0; 16])).await {
        Ok(_) | Err(ServiceError::JobNotFound { .. }) => Ok(said(r#"{"status":"ready"}"#)),
        Err(error) => {
            // Logged there; a balancer only needs to know that it is not now.
            let _ = of_service(error);
            Err(Problem::unavailable(AGAIN))
        }
    }
}

fn said(json: &'static str) -> Reply {
    let mut reply = Reply::empty(StatusCode::OK);
    reply
        .headers
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply.content = Content::Whole(Bytes::from_static(json.as_bytes()));
    reply
}
