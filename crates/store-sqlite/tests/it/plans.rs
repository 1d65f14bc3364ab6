//! Every query that runs all the time walks an index: no table is read from end to end, and nothing is
//! sorted that an index has in order.

use marquetry_store_sqlite::SqliteStore;

#[test]
fn hot_queries_use_their_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(SqliteStore::open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    for (sql, index) in [
        (
            "SELECT * FROM line INDEXED BY line_leased CROSS JOIN jobs ON jobs.id = line.id
             WHERE running = 1 AND due <= 5 ORDER BY due, line.created_at, line.id",
            "line_leased",
        ),
        (
            "SELECT tenant FROM line INDEXED BY line_leased WHERE running = 1",
            "COVERING INDEX line_leased",
        ),
        (
            "SELECT rowid, tenant FROM line WHERE running = 0 AND priority = 1 AND due <= 5
             AND (suspect = 0 OR ?1) ORDER BY turn, created_at, id",
            "COVERING INDEX line_waiting",
        ),
        (
            "SELECT rowid, tenant FROM line INDEXED BY line_suspects
             WHERE suspect = 1 AND running = 0 AND due <= 5 ORDER BY due, created_at, id",
            "COVERING INDEX line_suspects",
        ),
        (
            "SELECT turn FROM jobs WHERE tenant = x'00' AND priority = 1 AND withdrawn = 0
             ORDER BY turn DESC LIMIT 1",
            "COVERING INDEX jobs_turns",
        ),
        (
            "SELECT id FROM jobs INDEXED BY jobs_aged
             WHERE created_at <= 5 AND EXISTS (SELECT 1 FROM ends WHERE ends.id = jobs.id)
             ORDER BY created_at, id LIMIT 5",
            "COVERING INDEX jobs_aged",
        ),
        (
            "SELECT * FROM whole_jobs WHERE id = x'00' AND tenant = x'00'",
            "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1",
        ),
        (
            "SELECT * FROM whole_jobs WHERE tenant = x'00' AND ?1 IS NULL AND (?2 IS NULL OR kind = ?2)
             AND (?3 IS NULL OR (created_at, id) < (?3, ?4)) ORDER BY created_at DESC, id DESC",
            "jobs_listed",
        ),
        (
            "SELECT * FROM whole_jobs WHERE tenant = x'00' AND subject = x'01' ORDER BY created_at DESC, id DESC",
            "jobs_of_subject",
        ),
        (
            "SELECT * FROM turns CROSS JOIN deliveries ON deliveries.n = turns.n
             WHERE turns.file = ?1 AND due IS NOT NULL AND due <= 5
             AND lane NOT IN (SELECT value FROM json_each('[]')) ORDER BY due, turns.created_at, turns.id",
            "turns_due (file=? AND due>? AND due<?)",
        ),
        (
            "SELECT due FROM turns WHERE file = ?1 AND due IS NOT NULL
             AND lane NOT IN (SELECT value FROM json_each('[]')) ORDER BY due LIMIT 1",
            "turns_due (file=?",
        ),
        (
            "SELECT * FROM turns CROSS JOIN deliveries ON deliveries.n = turns.n
             WHERE sending = 1 AND turns.file = ?1 AND (?2 IS NULL OR turns.id > ?2) ORDER BY turns.id",
            "turns_held",
        ),
        (
            "SELECT n FROM turns INDEXED BY turns_ended
             WHERE due IS NULL AND created_at <= 5 ORDER BY created_at, id LIMIT 5",
            "turns_ended",
        ),
        (
            "SELECT * FROM deliveries CROSS JOIN turns ON turns.n = deliveries.n
             WHERE tenant = x'00' AND endpoint = x'01'
             ORDER BY deliveries.created_at DESC, deliveries.id DESC",
            "deliveries_of_endpoint",
        ),
        (
            "SELECT * FROM mockups WHERE tenant = x'00' ORDER BY updated_at DESC, id DESC LIMIT 9",
            "mockups_by_change",
        ),
        (
            "SELECT 1 FROM mockups WHERE content = x'00'",
            "mockups_by_content",
        ),
    ] {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps: Vec<String> = statement
            .raw_query_plan()
            .into_iter()
            .filter(|step| !step.contains("json_each"))
            .collect();
        let plan = steps.join("; ");
        assert!(plan.contains(index), "{sql}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
    }
}

/// The steps of a plan in words.
trait QueryPlan {
    fn raw_query_plan(&mut self) -> Vec<String>;
}

impl QueryPlan for rusqlite::Statement<'_> {
    fn raw_query_plan(&mut self) -> Vec<String> {
        let count = self.parameter_count();
        let nothing = vec![rusqlite::types::Null; count];
        let rows = self
            .query_map(rusqlite::params_from_iter(nothing), |row| row.get(3))
            .unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}
