//! `GET /jobs`, `GET /jobs/{id}`, `GET /jobs/{id}/timeline` and `POST /jobs/{id}/cancel`.

use marquetry_dialect::sudomock::request::{self, KindQuery};
use marquetry_dialect::sudomock::{Problem, answer};
use marquetry_service::{Authenticated, Stopping};
use marquetry_store::{Cursor, JobFilter};

use super::submitting::Told as _;
use crate::call::Call;
use crate::reply::Reply;

/// 200 with a page of jobs.
pub(crate) async fn list(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let query = request::jobs(call.query())?;
    let links = &call.app.links;
    let kind = match query.kind {
        KindQuery::Any => None,
        KindQuery::Only(kind) => Some(kind),
        KindQuery::Unmade => return Ok(answer::jobs(&[], None, links).into()),
    };
    let filter = JobFilter {
        kind,
        subject: query.mockup,
    };
    let after = query.after.map(|cursor| Cursor {
        at: cursor.at,
        id: cursor.id,
    });
    let page = call
        .app
        .service
        .jobs(caller.tenant, &filter, after, query.limit)
        .await
        .told()?;
    let next = page.next.map(|cursor| request::Cursor {
        at: cursor.at,
        id: cursor.id,
    });
    Ok(answer::jobs(&page.items, next, links).into())
}

/// 200 with the job.
pub(crate) async fn get(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = call.id("id", Problem::job_not_found)?;
    let job = call.app.service.job(caller.tenant, id).await.told()?;
    Ok(answer::job(&job, &call.app.links).into())
}

/// 200 with what happened to the job, and to the deliveries that its end owed.
pub(crate) async fn timeline(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = call.id("id", Problem::job_not_found)?;
    let (job, deliveries) = call.app.service.timeline(caller.tenant, id).await.told()?;
    Ok(answer::timeline(&job, &deliveries).into())
}

/// 200 when the job is cancelled, 202 when it runs and has been asked to stop.
pub(crate) async fn cancel(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = call.id("id", Problem::job_not_found)?;
    let links = &call.app.links;
    Ok(match call.app.service.cancel(caller.tenant, id).await.told()? {
        Stopping::Done(job) => answer::job(&job, links).into(),
        Stopping::Asked(job) => answer::cancelling(&job, links).into(),
    })
}
