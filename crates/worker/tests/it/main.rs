//! The worker at work: real stores, a real folder of blobs, a real door out and a real HTTP server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod announcing;
mod claiming;
mod interruptions;
mod poison;
mod renders;
mod storages;
mod template;
mod uploads;
mod workshop;

/// Runs each test over the store in memory and over the one on disk.
macro_rules! on_every_store {
    ($($test:ident),* $(,)?) => {
        mod in_memory {
            use crate::workshop::Workshop;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(Workshop::open().await).await;
            })*
        }
        mod on_disk {
            use crate::workshop::Workshop;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(Workshop::on_disk().await).await;
            })*
        }
    };
}
pub(crate) use on_every_store;
