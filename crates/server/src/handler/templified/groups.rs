//! `/design-groups`: templates that are made together.

use marquetry_dialect::Answer;
use marquetry_dialect::templified::request::GroupDraft;
use marquetry_dialect::templified::{Problem, answer, request};
use marquetry_model::Handle;
use marquetry_service::{Authenticated, GroupFill, GroupRequest};

use super::{Told as _, callback, handle, idempotency_key, page, terms, values};
use crate::call::Call;
use crate::reply::Reply;

/// 200 with a page of groups.
pub(crate) async fn list(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (limit, after) = page(&call)?;
    let page = call
        .app
        .service
        .groups(caller.tenant, after.as_ref(), limit)
        .await
        .told()?;
    let next = page.next.map(|next| next.to_string());
    Ok(answer::groups(&page.items, next).into())
}

/// 201 with the group.
pub(crate) async fn create(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (app, draft) = values(call, request::group).await?;
    let (id, request) = taken_apart(draft);
    let group = app
        .service
        .create_group(caller.tenant, id, request)
        .await
        .told()?;
    Ok(answer::group(201, &group).into())
}

/// 202 with the batch and its members; nobody waits for one.
pub(crate) async fn produce(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let key = idempotency_key(&call)?;
    let (app, order) = values(call, request::group_order).await?;
    let terms = terms(&app, &caller, order.then, key).await?;
    let request = GroupFill {
        fields: order.fields,
        about: order.about,
        of_all: order.batch_callback.map(callback),
    };
    let _pass = app.gate.enter().await?;
    let made = app
        .service
        .submit_group(caller.tenant, &order.group, request, terms)
        .await
        .told()?;
    Ok(answer::accepted_batch(&made.batch, &made.jobs).into())
}

/// 200 with one group.
pub(crate) async fn get(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let group = call.app.service.group(caller.tenant, &id).await.told()?;
    Ok(answer::group(200, &group).into())
}

/// 200 with the group as it is now.
pub(crate) async fn change(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let (app, draft) = values(call, request::group).await?;
    let (_, request) = taken_apart(draft);
    let group = app
        .service
        .change_group(caller.tenant, &id, request)
        .await
        .told()?;
    Ok(answer::group(200, &group).into())
}

/// 204.
pub(crate) async fn delete(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    call.app.service.delete_group(caller.tenant, &id).await.told()?;
    Ok(Answer::no_content().into())
}

fn taken_apart(draft: GroupDraft) -> (Option<Handle>, GroupRequest) {
    let request = GroupRequest {
        name: draft.name,
        templates: draft.templates,
    };
    (draft.id, request)
}

/// The group that the path names.
fn id(call: &Call) -> Result<Handle, Problem> {
    handle(call, "id", Problem::design_group_not_found)
}
