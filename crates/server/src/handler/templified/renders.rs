//! `/create`: templates filled and rendered, and the resource that is polled.

use marquetry_dialect::templified::{Problem, answer, job_of};
use marquetry_service::Authenticated;

use super::Told as _;
use crate::call::Call;
use crate::reply::Reply;

/// 200 with the job as it stands.
pub(crate) async fn poll(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = job_of(call.gap("job")).ok_or_else(Problem::job_not_found)?;
    let job = call.app.service.job(caller.tenant, id).await.told()?;
    let told = answer::poll(&job, &call.app.links);
    told.map(Reply::from).ok_or_else(Problem::job_not_found)
}
