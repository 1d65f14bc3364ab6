//! `/studio/create` and `/studio/{id}`: designs, the working copies of templates.

use marquetry_dialect::Answer;
use marquetry_dialect::templified::{Problem, answer, design_of, request};
use marquetry_model::DesignId;
use marquetry_service::{Authenticated, DesignChange};

use super::renders::taken_apart;
use super::{Told as _, idempotency_key, page, values};
use crate::call::Call;
use crate::reply::Reply;

/// 201 with the design.
pub(crate) async fn create(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let key = idempotency_key(&call)?;
    let (app, order) = values(call, request::studio_create).await?;
    let (request, _) = taken_apart(order);
    let design = app
        .service
        .create_design(caller.tenant, request, key.as_deref())
        .await
        .told()?;
    Ok(answer::created_design(&design).into())
}

/// 200 with a page of designs.
pub(crate) async fn list(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (limit, after) = page(&call)?;
    let page = call
        .app
        .service
        .designs(caller.tenant, after.as_ref(), limit)
        .await
        .told()?;
    let next = page.next.map(|next| next.to_string());
    Ok(answer::designs(&page.items, next).into())
}

/// 200 with one design.
pub(crate) async fn get(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let design = call.app.service.design(caller.tenant, id).await.told()?;
    Ok(answer::design(&design).into())
}

/// 200 with the design as it is now.
pub(crate) async fn change(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let (app, change) = values(call, request::change_design).await?;
    let change = DesignChange {
        fields: change.fields,
        about: change.about,
    };
    let design = app
        .service
        .change_design(caller.tenant, id, change)
        .await
        .told()?;
    Ok(answer::design(&design).into())
}

/// 204.
pub(crate) async fn delete(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    call.app.service.delete_design(caller.tenant, id).await.told()?;
    Ok(Answer::no_content().into())
}

/// The design that the path names.
fn id(call: &Call) -> Result<DesignId, Problem> {
    design_of(call.gap("id")).ok_or_else(Problem::design_not_found)
}
