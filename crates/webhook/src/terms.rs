//! When tries are made, and how long one may take: as the operator says, but for dialects that promise otherwise.

use std::time::Duration;

use marquetry_dialect::{Dialect, promised_schedules};
use marquetry_job::DeliverySchedule;
use marquetry_model::DialectName;
use marquetry_store::Schedules;

/// The schedule of each dialect, `usual` for those that promise none.
pub(crate) fn schedules(usual: DeliverySchedule) -> Schedules {
    Schedules::from(usual).with_all(promised_schedules())
}

/// The longest that one try in that dialect may take, which is never more than `usual`.
pub(crate) fn timeout(dialect: &DialectName, usual: Duration) -> Duration {
    let terms = Dialect::named(dialect).ok().and_then(Dialect::delivery_terms);
    terms.map_or(usual, |terms| terms.timeout.min(usual))
}
