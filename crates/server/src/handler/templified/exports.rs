//! `/studio/{id}/export/...`: a design is rendered and sent. No destination is set up, and each route says which one
//! it would need.

use marquetry_dialect::templified::Problem;
use marquetry_service::Authenticated;

use crate::call::Call;
use crate::reply::Reply;

/// 403 without the partner's account.
pub(crate) async fn gfcrew(_: Call, _: Authenticated) -> Result<Reply, Problem> {
    Err(Problem::no_destination("GFcrew"))
}

/// 403 without an account there.
pub(crate) async fn dropbox(_: Call, _: Authenticated) -> Result<Reply, Problem> {
    Err(Problem::no_destination("Dropbox"))
}

/// 403 without an address for it.
pub(crate) async fn webhook(_: Call, _: Authenticated) -> Result<Reply, Problem> {
    Err(Problem::no_destination("webhook"))
}

/// 403 while nothing can be in a preset.
pub(crate) async fn preset(_: Call, _: Authenticated) -> Result<Reply, Problem> {
    Err(Problem::no_destination("preset"))
}
