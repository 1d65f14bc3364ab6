//! `POST /renders`.

use marquetry_dialect::sudomock::request::Mode;
use marquetry_dialect::sudomock::{Problem, Resource, answer, request};
use marquetry_service::Authenticated;

use super::submitting::{End, Told as _, end, nothing_to_show, place, terms};
use crate::call::Call;
use crate::reply::Reply;

/// 200 with the picture, or 202 with the job.
pub(crate) async fn create(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let key = request::idempotency_key(call.idempotency_key())?;
    let (app, asked) = call.json(request::render).await?;
    let _place = place(&app, &caller, Resource::Renders, asked.mode)?;
    let terms = terms(asked.mode, asked.callback, key);
    let pass = app.gate.enter().await?;
    let submitted = app
        .service
        .submit_render(caller.tenant, asked.ask, terms)
        .await
        .told()?;
    drop(pass);
    if asked.mode == Mode::Background {
        return Ok(answer::accepted(submitted.job()).into());
    }
    match end(&app, submitted).await? {
        End::Later(reply) => Ok(reply),
        End::Succeeded(job) => match answer::render(&job, &app.links) {
            Some(answer) => Ok(answer.into()),
            None => Err(nothing_to_show(&job)),
        },
    }
}
