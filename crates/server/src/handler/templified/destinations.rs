//! `/destinations`: where files can be sent.

use marquetry_dialect::Answer;
use marquetry_dialect::templified::request::DestinationDraft;
use marquetry_dialect::templified::{Problem, answer, request};
use marquetry_model::Handle;
use marquetry_service::{Authenticated, DestinationRequest};

use super::{Told as _, handle, page, values};
use crate::call::Call;
use crate::reply::Reply;

/// 200 with a page of destinations.
pub(crate) async fn list(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (limit, after) = page(&call)?;
    let page = call
        .app
        .service
        .destinations(caller.tenant, after.as_ref(), limit)
        .await
        .told()?;
    let next = page.next.map(|next| next.to_string());
    Ok(answer::destinations(&page.items, next).into())
}

/// 201 with the destination.
pub(crate) async fn create(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (app, draft) = values(call, request::new_destination).await?;
    let (id, request) = taken_apart(draft);
    let made = app
        .service
        .create_destination(caller.tenant, id, request)
        .await
        .told()?;
    Ok(answer::destination(201, &made).into())
}

/// 200 with one destination.
pub(crate) async fn get(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let known = call.app.service.destination(caller.tenant, &id).await.told()?;
    Ok(answer::destination(200, &known).into())
}

/// 200 with the destination as it is now.
pub(crate) async fn change(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let (app, draft) = values(call, request::changed_destination).await?;
    let (_, request) = taken_apart(draft);
    let changed = app
        .service
        .change_destination(caller.tenant, &id, request)
        .await
        .told()?;
    Ok(answer::destination(200, &changed).into())
}

/// 204.
pub(crate) async fn delete(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    call.app
        .service
        .delete_destination(caller.tenant, &id)
        .await
        .told()?;
    Ok(Answer::no_content().into())
}

fn taken_apart(draft: DestinationDraft) -> (Option<Handle>, DestinationRequest) {
    let request = DestinationRequest {
        name: draft.name,
        reach: draft.reach,
        path: draft.path,
    };
    (draft.id, request)
}

/// The destination that the path names.
fn id(call: &Call) -> Result<Handle, Problem> {
    handle(call, "id", Problem::destination_not_found)
}
