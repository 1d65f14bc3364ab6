//! `/psd-mockups`, under its older name `/mockups` too.

use marquetry_dialect::sudomock::request::{self, MockupSort, Order};
use marquetry_dialect::sudomock::{Answer, Problem, answer};
use marquetry_service::Authenticated;
use marquetry_store::{MockupFilter, MockupOrder, OrderBy, Way};

use super::submitting::Told as _;
use crate::call::Call;
use crate::reply::Reply;

/// 200 with a page of mockups.
pub(crate) async fn list(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let query = request::mockups(call.query())?;
    let filter = MockupFilter {
        name: query.name,
        created_after: query.created_after,
        created_before: query.created_before,
    };
    let order = MockupOrder {
        by: match query.sort {
            MockupSort::Name => OrderBy::Name,
            MockupSort::CreatedAt => OrderBy::CreatedAt,
            MockupSort::UpdatedAt => OrderBy::UpdatedAt,
        },
        way: match query.order {
            Order::Ascending => Way::Ascending,
            Order::Descending => Way::Descending,
        },
    };
    let page = call
        .app
        .service
        .mockups(caller.tenant, &filter, order, query.limit, query.offset)
        .await
        .told()?;
    let links = &call.app.links;
    Ok(answer::mockups(&page.mockups, page.total, query.limit, query.offset, links).into())
}

/// 200 with the mockup.
pub(crate) async fn get(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = call.id("id", Problem::mockup_not_found)?;
    let mockup = call.app.service.mockup(caller.tenant, id).await.told()?;
    Ok(answer::mockup(&mockup, &call.app.links).into())
}

/// 200 with the mockup under its new name.
pub(crate) async fn rename(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = call.id("id", Problem::mockup_not_found)?;
    let (app, name) = call.json(request::rename_mockup).await?;
    let mockup = app.service.rename_mockup(caller.tenant, id, &name).await.told()?;
    Ok(answer::mockup(&mockup, &app.links).into())
}

/// 204.
pub(crate) async fn delete(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = call.id("id", Problem::mockup_not_found)?;
    call.app.service.delete_mockup(caller.tenant, id).await.told()?;
    Ok(Answer::no_content().into())
}

/// 200 with the tree of layers.
pub(crate) async fn layers(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = call.id("id", Problem::mockup_not_found)?;
    let mockup = call.app.service.mockup(caller.tenant, id).await.told()?;
    Ok(answer::layers(&mockup).into())
}

/// 200 with the fidelity report, which is made now if there is none yet.
pub(crate) async fn fidelity(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = call.id("id", Problem::mockup_not_found)?;
    let (mockup, report) = call.app.service.fidelity(caller.tenant, id).await.told()?;
    Ok(answer::fidelity(&mockup, &report, &call.app.links).into())
}

/// 403: to delete everything at once is not offered to API keys, and there is nothing else to show here.
pub(crate) async fn delete_all(_: Call, _: Authenticated) -> Result<Reply, Problem> {
    Err(Problem::not_for_keys())
}
