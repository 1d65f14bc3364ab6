//! The service over the store in memory, the one on SQLite, and a real folder of blobs. A worker is played with the steps that real
//! workers take, so that no other crate of this floor is needed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

/// Runs each of these functions over the store in memory and over the one on SQLite.
macro_rules! over_each_store {
    ($($test:ident),+ $(,)?) => {
        mod in_memory {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test(crate::world::World::new().await).await;
                }
            )+
        }

        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test(crate::world::World::on_sqlite().await).await;
                }
            )+
        }
    };
}
pub(crate) use over_each_store;

mod batches;
mod endpoints;
mod housekeeping;
mod isolation;
mod jobs;
mod keys;
mod mockups;
mod readiness;
mod sending;
mod store;
mod submit;
mod templates;
mod twins;
mod uploads;
mod wait;
mod world;
