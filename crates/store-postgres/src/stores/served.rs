//! The greatest turn of each priority that was ever served, as parts of statements.
//!
//! Each priority has a sequence for it. A row would have every claim wait for the one before until that was on the disk; a
//! sequence is raised at once, for everybody, whatever becomes of the transaction. Should two raise one at the same
//! moment, the lesser may stay: the next claim puts that right, and until then somebody's turn is a little early.

/// What was served of `priority`.
pub(super) fn of(priority: &str) -> String {
    format!(
        "CASE {priority} WHEN 0 THEN (SELECT last_value FROM served_0) WHEN 1 THEN (SELECT last_value FROM served_1)
                         ELSE (SELECT last_value FROM served_2) END"
    )
}

/// A value that raises what was served to the turns in `rows` where `begun` holds. To be among what a statement tells,
/// or it is left out.
pub(super) fn raised(rows: &str, begun: &str) -> String {
    let served = of("priority");
    format!(
        "(SELECT count(setval(CASE priority WHEN 0 THEN 'served_0'::regclass WHEN 1 THEN 'served_1'::regclass
                                            ELSE 'served_2'::regclass END, turn))
          FROM (SELECT priority, max(turn) AS turn FROM {rows} WHERE {begun} GROUP BY priority) AS begun
          WHERE turn > {served})"
    )
}
