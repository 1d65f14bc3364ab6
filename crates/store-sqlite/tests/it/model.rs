//! Whatever happens, SQLite ends where the in-memory model ends, and is still there after reopening.

use std::sync::Arc;

use marquetry_store::conformance::script::{Operation, play};
use marquetry_store::memory::MemoryStore;
use marquetry_store_sqlite::SqliteStore;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_script_ends_the_same_way_on_the_model_and_on_sqlite(
        script in prop::collection::vec(any::<[u8; 4]>().prop_map(Operation::from), 0..70),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        marquetry_store::conformance::run(async {
            let expected = play(Arc::new(MemoryStore::new()), &script).await;
            let found = play(Arc::new(SqliteStore::open(&path).unwrap()), &script).await;
            for (found, expected) in found.iter().zip(&expected) {
                prop_assert_eq!(found, expected);
            }
            prop_assert_eq!(found.len(), expected.len());
            // What was told at the end is told again by a store that was closed and opened.
            let again = play(Arc::new(SqliteStore::open(&path).unwrap()), &[]).await;
            let told = &found[script.len()..];
            // The clock of an empty script stands at its start, so leave out what is due by then.
            let timeless = |all: &[String]| all.iter().filter(|t| t.starts_with("jobs ")).cloned().collect::<Vec<_>>();
            prop_assert_eq!(timeless(&again), timeless(told));
            Ok(())
        })?;
    }
}
