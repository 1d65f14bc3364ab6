//! Whatever happens, PostgreSQL and SQLite end where the in-memory model ends.

use std::sync::Arc;

use marquetry_store::conformance::script::{Operation, play};
use marquetry_store::memory::MemoryStore;
use marquetry_store_sqlite::SqliteStore;
use proptest::prelude::*;

use crate::world::{database, open};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_script_ends_the_same_way_on_the_model_on_sqlite_and_on_postgres(
        script in prop::collection::vec(any::<[u8; 4]>().prop_map(Operation::from), 0..70),
    ) {
        marquetry_store::conformance::run(async {
            let Some(database) = database().await else { return Ok(()) };
            let folder = tempfile::tempdir().unwrap();
            let expected = play(Arc::new(MemoryStore::new()), &script).await;
            let embedded = SqliteStore::open(&folder.path().join("store.db")).unwrap();
            let embedded = play(Arc::new(embedded), &script).await;
            let found = play(Arc::new(open(&database).await), &script).await;
            for other in [&embedded, &found] {
                for (told, expected) in other.iter().zip(&expected) {
                    prop_assert_eq!(told, expected);
                }
                prop_assert_eq!(other.len(), expected.len());
            }
            // What was told at the end is told again by a store that opens what is there.
            let again = play(Arc::new(open(&database).await), &[]).await;
            // The clock of an empty script stands at its start, so leave out what is due by then.
            let timeless = |all: &[String]| all.iter().filter(|t| t.starts_with("jobs ")).cloned().collect::<Vec<_>>();
            prop_assert_eq!(timeless(&again), timeless(&found[script.len()..]));
            Ok(())
        })?;
    }
}
