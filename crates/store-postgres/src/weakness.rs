//! Settings of a server that break the promise that what was answered is durable.

use crate::error::Work;
use crate::pool::Pool;

/// A setting that is off and must be on, for what the store answers to survive a loss of power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakness {
    /// The setting, such as `fsync`.
    pub setting: String,
}

/// Looks for them, as they are for our connections.
pub(crate) async fn look_for(pool: &Pool) -> Work<Vec<Weakness>> {
    let sql = "SELECT name FROM pg_catalog.pg_settings
               WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'
               ORDER BY name";
    let rows = pool.read(sql, &[], "settings").await?;
    let weakness =
        |row: &tokio_postgres::Row| crate::pool::get(row, 0, "settings").map(|setting| Weakness { setting });
    rows.iter().map(weakness).collect()
}

/// Says so, loudly.
pub(crate) fn warn(weaknesses: &[Weakness]) {
    for Weakness { setting } in weaknesses {
        tracing::warn!(
            setting,
            "{setting} is off in PostgreSQL: accepted jobs can be LOST when the server loses power; turn it on"
        );
    }
}
