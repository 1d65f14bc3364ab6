//! `/create` and `/studio/create-and-render`: templates filled and rendered, and the resource that is polled.

use marquetry_dialect::templified::request::Order;
use marquetry_dialect::templified::{Problem, answer, job_of, request};
use marquetry_model::BatchId;
use marquetry_service::{Authenticated, FillRequest, ServiceError};

use super::{Told as _, answered, idempotency_key, terms, values};
use crate::call::Call;
use crate::reply::Reply;

/// 202 with the job, or 200 with its end.
pub(crate) async fn create(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (key, mode) = (idempotency_key(&call)?, request::mode(call.query()));
    let (app, order) = values(call, request::create).await?;
    let (request, then) = taken_apart(order);
    let terms = terms(&app, &caller, then, key).await?;
    let pass = app.gate.enter().await?;
    let submitted = app
        .service
        .submit_template(caller.tenant, request, terms)
        .await
        .told()?;
    drop(pass);
    Ok(answered(&app, mode, submitted).await)
}

/// The same, with a design that is kept.
pub(crate) async fn create_and_render(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let (key, mode) = (idempotency_key(&call)?, request::mode(call.query()));
    let (app, order) = values(call, request::create_and_render).await?;
    let (request, then) = taken_apart(order);
    let terms = terms(&app, &caller, then, key).await?;
    let pass = app.gate.enter().await?;
    let submitted = app
        .service
        .submit_new_design(caller.tenant, request, terms)
        .await
        .told()?;
    drop(pass);
    Ok(answered(&app, mode, submitted).await)
}

/// 200 with the job as it stands.
pub(crate) async fn poll(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = job_of(call.gap("job")).ok_or_else(Problem::job_not_found)?;
    let (service, links) = (&call.app.service, &call.app.links);
    match service.job(caller.tenant, id).await {
        Ok(job) => {
            let sending = service.sending(&job).await.told()?;
            let told = answer::poll(&job, sending.as_ref(), links);
            told.map(Reply::from).ok_or_else(Problem::job_not_found)
        }
        // The parent of a batch is polled as its members are.
        Err(ServiceError::JobNotFound { .. }) => {
            let batch = BatchId::from_bytes(*id.as_bytes());
            let view = service.batch(caller.tenant, batch).await.told()?;
            let view = view.ok_or_else(Problem::job_not_found)?;
            let mut sendings = Vec::with_capacity(view.jobs.len());
            for job in &view.jobs {
                sendings.push(service.sending(job).await.told()?);
            }
            Ok(answer::poll_batch(&view.batch, &view.jobs, &sendings, links).into())
        }
        Err(error) => Err(error).told(),
    }
}

/// What is asked, and what is to happen afterwards.
pub(super) fn taken_apart(order: Order) -> (FillRequest, request::Afterwards) {
    let request = FillRequest {
        template: order.template,
        fields: order.fields,
        about: order.about,
    };
    (request, order.then)
}
