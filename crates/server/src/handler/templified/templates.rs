//! `/templates`: listed for everybody who fills them; made, published and tried out by those who have no application
//! to design them in.

use marquetry_dialect::Answer;
use marquetry_dialect::templified::request::Publish;
use marquetry_dialect::templified::{Problem, answer, request};
use marquetry_model::{About, Handle};
use marquetry_service::{Authenticated, FillRequest, Saved, Stage, TemplateView};

use super::{Told as _, answered, handle, idempotency_key, page, terms, values};
use crate::call::Call;
use crate::reply::Reply;

/// 200 with a page of templates.
pub(crate) async fn list(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (limit, after) = page(&call)?;
    let page = call
        .app
        .service
        .templates(caller.tenant, after.as_ref(), limit)
        .await
        .told()?;
    let views: Vec<_> = page.items.into_iter().map(shown).collect();
    let next = page.next.map(|next| next.to_string());
    Ok(answer::templates(&views, next).into())
}

/// 200 with one template.
pub(crate) async fn get(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let view = call.app.service.template(caller.tenant, &id).await.told()?;
    Ok(answer::template(&shown(view)).into())
}

/// 201 with the template, made of the layout in the body.
pub(crate) async fn create(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let publish = request::publishing(call.query())?;
    let (app, layout) = values(call, whole).await?;
    let mut view = app.service.create_template(caller.tenant, &layout).await.told()?;
    if publish == Publish::Now {
        let id = view.template.id.clone();
        view = app.service.publish_template(caller.tenant, &id).await.told()?;
    }
    Ok(answer::created_template(&shown(view)).into())
}

/// 200 with the template, its draft replaced by the layout in the body; 201 when there was none of this name.
pub(crate) async fn save(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let publish = request::publishing(call.query())?;
    let (app, layout) = values(call, whole).await?;
    let saved = app
        .service
        .save_template(caller.tenant, &id, &layout)
        .await
        .told()?;
    let made = matches!(saved, Saved::Made(_));
    let mut view = saved.into_view();
    if publish == Publish::Now {
        view = app.service.publish_template(caller.tenant, &id).await.told()?;
    }
    let view = shown(view);
    Ok(if made {
        answer::created_template(&view).into()
    } else {
        answer::template(&view).into()
    })
}

/// 200 with the template, its draft published.
pub(crate) async fn publish(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let view = call
        .app
        .service
        .publish_template(caller.tenant, &id)
        .await
        .told()?;
    Ok(answer::template(&shown(view)).into())
}

/// 204.
pub(crate) async fn delete(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    call.app
        .service
        .delete_template(caller.tenant, &id)
        .await
        .told()?;
    Ok(Answer::no_content().into())
}

/// 200 with the layout that is drawn, as it was saved.
pub(crate) async fn layout(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    layout_at(call, caller, Stage::Published).await
}

/// 200 with the layout that its owner is working on.
pub(crate) async fn draft(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    layout_at(call, caller, Stage::Draft).await
}

/// 202 with a render of the draft, or 200 with its end.
pub(crate) async fn preview(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let (key, mode) = (idempotency_key(&call)?, request::mode(call.query()));
    let (app, fields) = values(call, request::preview).await?;
    let request = FillRequest {
        template: id,
        fields,
        about: About::default(),
    };
    let terms = terms(&app, &caller, request::Afterwards::default(), key).await?;
    let pass = app.gate.enter().await?;
    let submitted = app
        .service
        .submit_preview(caller.tenant, request, terms)
        .await
        .told()?;
    drop(pass);
    Ok(answered(&app, mode, submitted).await)
}

async fn layout_at(call: Call, caller: Authenticated, stage: Stage) -> Result<Reply, Problem> {
    let id = id(&call)?;
    let json = call.app.service.layout(caller.tenant, &id, stage).await.told()?;
    Ok(answer::layout(json).into())
}

/// The body as it is: what a layout says is for the service to read.
fn whole(body: &[u8]) -> Result<Vec<u8>, Problem> {
    Ok(body.to_vec())
}

fn shown(view: TemplateView) -> answer::TemplateView {
    let pages = &view.layout.template().pages;
    answer::TemplateView {
        pages: pages.len(),
        size: pages
            .first()
            .map_or((0, 0), |page| (page.width.get(), page.height.get())),
        fields: view.layout.fields().to_value(),
        template: view.template,
    }
}

/// The template that the path names.
fn id(call: &Call) -> Result<Handle, Problem> {
    handle(call, "id", Problem::template_not_found)
}
