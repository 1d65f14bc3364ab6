//! `/webhook-endpoints`: where a tenant hears of events.

use marquetry_dialect::Dialect;
use marquetry_dialect::sudomock::request::{self, Schemes};
use marquetry_dialect::sudomock::{Answer, Problem, answer};
use marquetry_model::EndpointId;
use marquetry_service::Authenticated;

use super::submitting::Told as _;
use crate::call::Call;
use crate::reply::Reply;

/// Which schemes are allowed is the service's to decide, with everything else about an address.
const SCHEMES: Schemes = Schemes::HttpToo;

/// 201 with the endpoint, its secret shown whole.
pub(crate) async fn create(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (app, draft) = call.json(|body| request::create_endpoint(body, SCHEMES)).await?;
    let endpoint = app
        .service
        .create_endpoint(caller.tenant, draft, Dialect::SudoMock.name())
        .await
        .told()?;
    Ok(answer::created_endpoint(&endpoint).into())
}

/// 200 with all endpoints.
pub(crate) async fn list(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let endpoints = call.app.service.endpoints(caller.tenant).await.told()?;
    Ok(answer::endpoints(&endpoints).into())
}

/// 200 with one endpoint.
pub(crate) async fn get(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let endpoint = call.app.service.endpoint(caller.tenant, id).await.told()?;
    Ok(answer::endpoint(&endpoint).into())
}

/// 200 with the endpoint as it is now.
pub(crate) async fn change(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let (app, change) = call.json(|body| request::patch_endpoint(body, SCHEMES)).await?;
    let endpoint = app
        .service
        .change_endpoint(caller.tenant, id, change)
        .await
        .told()?;
    Ok(answer::endpoint(&endpoint).into())
}

/// 204.
pub(crate) async fn delete(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    call.app.service.delete_endpoint(caller.tenant, id).await.told()?;
    Ok(Answer::no_content().into())
}

/// 200 with the endpoint, its new secret shown whole.
pub(crate) async fn rotate_secret(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let endpoint = call
        .app
        .service
        .rotate_endpoint_secret(caller.tenant, id)
        .await
        .told()?;
    Ok(answer::rotated_endpoint(&endpoint).into())
}

/// 202: a test message is on its way.
pub(crate) async fn test(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let delivery = call
        .app
        .service
        .test_endpoint(caller.tenant, id, |endpoint, job, now| {
            // Endpoints are only ever made in a dialect there is.
            let dialect = Dialect::named(&endpoint.dialect).unwrap_or(Dialect::SudoMock);
            dialect.test_message(job, now).body
        })
        .await
        .told()?;
    Ok(answer::testing(delivery.job).into())
}

/// The endpoint that the path names.
pub(super) fn id(call: &Call) -> Result<EndpointId, Problem> {
    call.id("id", Problem::webhook_endpoint_not_found)
}
