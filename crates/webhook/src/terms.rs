//! When tries are made, and how long one may take: as the operator says, but for dialects that promise otherwise.

use std::time::Duration;

use marquetry_dialect::Dialect;
use marquetry_job::DeliverySchedule;
use marquetry_model::DialectName;
use marquetry_store::Schedules;

/// The schedule of each dialect, `usual` for those that promise none.
pub(crate) fn schedules(usual: DeliverySchedule) -> Schedules {
    Dialect::ALL
        .into_iter()
        .filter_map(|dialect| Some((dialect.name(), dialect.delivery_terms()?.schedule)))
        .fold(usual.into(), |all: Schedules, (name, schedule)| {
            all.with(name, schedule)
        })
}

/// The longest that one try in that dialect may take, which is never more than `usual`.
pub(crate) fn timeout(dialect: &DialectName, usual: Duration) -> Duration {
    let terms = Dialect::named(dialect).ok().and_then(Dialect::delivery_terms);
    terms.map_or(usual, |terms| terms.timeout.min(usual))
}
