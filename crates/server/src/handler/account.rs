//! `GET /me`, and the plans that everybody may read.

use marquetry_dialect::sudomock::Problem;
use marquetry_dialect::sudomock::answer::{self, Account};
use marquetry_service::Authenticated;

use super::submitting::Told as _;
use crate::call::Call;
use crate::reply::Reply;

/// 200 with the tenant, its plan and its key.
pub(crate) async fn me(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let me = call.app.service.me(&caller).await.told()?;
    let account = &call.app.account;
    Ok(answer::me(&Account {
        tenant: &me.tenant,
        key: &me.key,
        email: &account.email,
        plan: &account.plan,
        used_this_month: me.renders_this_month,
        // Any moment of the month that was counted tells which month it is.
        now: me.month_began,
    })
    .into())
}

/// 200 with the plans.
pub(crate) async fn plans(call: Call) -> Result<Reply, Problem> {
    Ok(answer::plans(&call.app.plans).into())
}
