//! `/presets`: several destinations under one name.

use marquetry_dialect::Answer;
use marquetry_dialect::templified::request::PresetDraft;
use marquetry_dialect::templified::{Problem, answer, request};
use marquetry_model::Handle;
use marquetry_service::{Authenticated, PresetRequest};

use super::{Told as _, handle, page, values};
use crate::call::Call;
use crate::reply::Reply;

/// 200 with a page of presets.
pub(crate) async fn list(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (limit, after) = page(&call)?;
    let page = call
        .app
        .service
        .presets(caller.tenant, after.as_ref(), limit)
        .await
        .told()?;
    let next = page.next.map(|next| next.to_string());
    Ok(answer::presets(&page.items, next).into())
}

/// 201 with the preset.
pub(crate) async fn create(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (app, draft) = values(call, request::preset).await?;
    let (id, request) = taken_apart(draft);
    let made = app
        .service
        .create_preset(caller.tenant, id, request)
        .await
        .told()?;
    Ok(answer::preset(201, &made).into())
}

/// 200 with one preset.
pub(crate) async fn get(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let known = call.app.service.preset(caller.tenant, &id).await.told()?;
    Ok(answer::preset(200, &known).into())
}

/// 200 with the preset as it is now.
pub(crate) async fn change(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let (app, draft) = values(call, request::preset).await?;
    let (_, request) = taken_apart(draft);
    let changed = app
        .service
        .change_preset(caller.tenant, &id, request)
        .await
        .told()?;
    Ok(answer::preset(200, &changed).into())
}

/// 204.
pub(crate) async fn delete(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    call.app.service.delete_preset(caller.tenant, &id).await.told()?;
    Ok(Answer::no_content().into())
}

fn taken_apart(draft: PresetDraft) -> (Option<Handle>, PresetRequest) {
    let request = PresetRequest {
        name: draft.name,
        stops: draft.stops,
    };
    (draft.id, request)
}

/// The preset that the path names.
fn id(call: &Call) -> Result<Handle, Problem> {
    handle(call, "id", Problem::preset_not_found)
}
