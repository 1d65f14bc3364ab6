//! `/template-assets`: the fonts and pictures that layouts refer to by name.

use marquetry_dialect::templified::{Problem, answer, request};
use marquetry_dialect::{Answer, Refusal};
use marquetry_model::Handle;
use marquetry_service::{AssetRequest, Authenticated};

use super::{Told as _, handle, page};
use crate::call::Call;
use crate::reply::Reply;

/// 201 with the asset: the file is the body, whatever type it is declared to be.
pub(crate) async fn create(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let names = request::asset_names(call.query())?;
    let most = call.app.service.most_template_asset_bytes();
    let (app, reading) = call.reading(most)?;
    let whole = reading.whole(&app.budget).await.map_err(Refusal::from)?;
    let request = AssetRequest {
        id: names.id,
        name: names.name,
        bytes: whole.bytes.clone(),
    };
    let asset = app
        .service
        .put_template_asset(caller.tenant, request)
        .await
        .told()?;
    Ok(answer::asset(201, &asset).into())
}

/// 200 with a page of assets.
pub(crate) async fn list(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (limit, after) = page(&call)?;
    let page = call
        .app
        .service
        .template_assets(caller.tenant, after.as_ref(), limit)
        .await
        .told()?;
    let next = page.next.map(|next| next.to_string());
    Ok(answer::assets(&page.items, next).into())
}

/// 200 with one asset.
pub(crate) async fn get(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let asset = call.app.service.template_asset(caller.tenant, &id).await.told()?;
    Ok(answer::asset(200, &asset).into())
}

/// 204.
pub(crate) async fn delete(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    call.app
        .service
        .delete_template_asset(caller.tenant, &id)
        .await
        .told()?;
    Ok(Answer::no_content().into())
}

/// The asset that the path names.
fn id(call: &Call) -> Result<Handle, Problem> {
    handle(call, "id", Problem::asset_not_found)
}
