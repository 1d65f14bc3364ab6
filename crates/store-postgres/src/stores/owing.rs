//! Deliveries that come to be owed, as part of a statement: by themselves, or with what owes them.

/// The columns of [`super::columns::Columns::deliveries`], and what they are arrays of.
const COLUMNS: [(&str, &str); 15] = [
    ("owner", "uuid"),
    ("id", "uuid"),
    ("tenant", "uuid"),
    ("endpoint", "uuid"),
    ("lane", "text"),
    ("event", "text"),
    ("shown", "text"),
    ("due", "bigint"),
    ("sending", "boolean"),
    ("created_at", "bigint"),
    ("version", "bigint"),
    ("record", "text"),
    ("body", "bytea"),
    ("file", "boolean"),
    ("turn", "text"),
];

/// The parameter that follows those of deliveries which begin at `first`.
pub(super) const fn behind(first: usize) -> usize {
    first + COLUMNS.len()
}

/// Parts of a `WITH` that add deliveries, whose columns are the parameters from `first` on. Where `only_with` names a
/// part before them, only those whose owner's id is in it.
pub(super) fn added(first: usize, only_with: Option<&str>) -> String {
    let arrays = COLUMNS.iter().zip(first..);
    let arrays: Vec<String> = arrays
        .map(|((_, kind), place)| format!("${place}::{kind}[]"))
        .collect();
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let join = only_with.map_or(String::new(), |part| {
        format!(" JOIN {part} ON {part}.id = new.owner")
    });
    format!(
        "new AS MATERIALIZED (
        SELECT new.* FROM unnest({}) AS new ({}){join}
    ), told AS (
        INSERT INTO deliveries (id, tenant, endpoint, event, created_at, record, body, file)
        SELECT id, tenant, endpoint, event, created_at, record, body, file FROM new
    ), waits AS (
        INSERT INTO owed (id, tenant, lane, file, due, created_at, sending, shown, version, record)
        SELECT id, tenant, lane, file, due, created_at, sending, shown, version, turn FROM new WHERE due IS NOT NULL
    ), over AS (
        INSERT INTO delivery_ends (id, tenant, shown, version, record)
        SELECT id, tenant, shown, version, turn FROM new WHERE due IS NULL
    )",
        arrays.join(", "),
        names.join(", "),
    )
}
