//! `/photos/process`: there is no model here that cuts subjects out of photos, and both routes say so.

use marquetry_dialect::templified::Problem;
use marquetry_service::Authenticated;

use crate::call::Call;
use crate::reply::Reply;

/// 403, before anybody looks at what is asked.
pub(crate) async fn process(_: Call, _: Authenticated) -> Result<Reply, Problem> {
    Err(Problem::no_photo_processing())
}

/// 403, whatever the id.
pub(crate) async fn poll(_: Call, _: Authenticated) -> Result<Reply, Problem> {
    Err(Problem::no_photo_processing())
}
