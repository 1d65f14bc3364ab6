//! What was sent to endpoints, and sending it again.

use std::collections::HashMap;

use marquetry_dialect::sudomock::request::{self, DeliveryQuery};
use marquetry_dialect::sudomock::{Problem, answer};
use marquetry_model::{Delivery, DeliveryId, EndpointId, EventNaming};
use marquetry_service::Authenticated;
use marquetry_store::{Cursor, DeliveryFilter, Page};

use super::endpoints;
use super::submitting::Told as _;
use crate::call::Call;
use crate::reply::Reply;

/// 200 with a page of the deliveries to one endpoint.
pub(crate) async fn list(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = endpoints::id(&call)?;
    let query = request::deliveries(call.query())?;
    let naming = call.app.service.endpoint(caller.tenant, id).await.told()?.naming;
    let page = page(&call, &caller, Some(id), &query).await?;
    let rows = page.items.iter().map(|delivery| (delivery, naming));
    Ok(answer::deliveries(rows, page.next.map(marker)).into())
}

/// 200 with a page of the deliveries to all endpoints.
pub(crate) async fn events(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let query = request::events(call.query())?;
    let page = page(&call, &caller, None, &query).await?;
    let endpoints = call.app.service.endpoints(caller.tenant).await.told()?;
    let namings: HashMap<EndpointId, EventNaming> = endpoints
        .into_iter()
        .map(|endpoint| (endpoint.id, endpoint.naming))
        .collect();
    let naming = |delivery: &Delivery| {
        let endpoint = delivery.target.endpoint();
        let naming = endpoint.and_then(|id| namings.get(&id).copied());
        naming.unwrap_or(EventNaming::Current)
    };
    let rows = page.items.iter().map(|delivery| (delivery, naming(delivery)));
    Ok(answer::deliveries(rows, page.next.map(marker)).into())
}

/// 200 with what is remembered of the tries of one delivery, the latest first.
pub(crate) async fn attempts(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (endpoint, id) = (endpoints::id(&call)?, id(&call)?);
    let query = request::attempts(call.query())?;
    let attempts = call
        .app
        .service
        .attempts(caller.tenant, endpoint, id, query.before, query.limit)
        .await
        .told()?;
    Ok(answer::attempts(&attempts).into())
}

/// The delivery that the path names.
fn id(call: &Call) -> Result<DeliveryId, Problem> {
    call.id("delivery", Problem::webhook_delivery_not_found)
}

/// 200 with the body of one delivery, byte for byte as it is sent, also of a callback. No other API of this family has
/// this route; `marquetry webhooks listen` asks it.
pub(crate) async fn message(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let delivery = call
        .app
        .service
        .delivery(caller.tenant, id(&call)?)
        .await
        .told()?;
    Ok(answer::message(&delivery).into())
}

/// 202: one delivery is sent once more.
pub(crate) async fn replay(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (endpoint, id) = (endpoints::id(&call)?, id(&call)?);
    call.app
        .service
        .replay(caller.tenant, endpoint, id)
        .await
        .told()?;
    Ok(answer::replaying_one(id).into())
}

/// 202: everything that failed is sent once more.
pub(crate) async fn replay_failed(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let endpoint = endpoints::id(&call)?;
    let since = request::replay_failed(call.query())?;
    let count = call
        .app
        .service
        .replay_failed(caller.tenant, endpoint, since)
        .await
        .told()?;
    Ok(answer::replaying_all(count).into())
}

async fn page(
    call: &Call,
    caller: &Authenticated,
    endpoint: Option<EndpointId>,
    query: &DeliveryQuery,
) -> Result<Page<Delivery>, Problem> {
    let filter = DeliveryFilter {
        endpoint,
        shown: query.status,
        event: query.event,
        since: None,
    };
    let after = query.after.map(|cursor| Cursor {
        at: cursor.at,
        id: cursor.id,
    });
    call.app
        .service
        .deliveries(caller.tenant, &filter, after, query.limit)
        .await
        .told()
}

fn marker(cursor: Cursor) -> request::Cursor {
    request::Cursor {
        at: cursor.at,
        id: cursor.id,
    }
}
