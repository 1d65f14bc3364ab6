//! A public suite that any storage of blobs can run: one rule, one test, so that a failure names the rule it broke.
//!
//! ```no_run
//! // tests/it/conformance.rs:
//! use std::sync::Arc;
//! use object_store::{ObjectStore, memory::InMemory};
//!
//! /// An empty storage, and whatever must live as long as it does.
//! async fn fresh() -> (Arc<dyn ObjectStore>, ()) {
//!     (Arc::new(InMemory::new()), ())
//! }
//!
//! marquetry_blobs::blob_suite!(fresh);
//! ```
#![expect(
    clippy::unwrap_used,
    missing_docs,
    clippy::missing_panics_doc,
    reason = "these are tests: each is named by the rule that it holds, and fails where it unwraps"
)]

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, future, stream};
use marquetry_model::{BlobKey, ContentHash, ExportFormat, JobId, MockupId};
use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutPayload};

use crate::{BlobError, Blobs as _, path};

type Blobs = Arc<dyn ObjectStore>;

/// A part as S3 wants them, the last one aside.
const PART: usize = 5 << 20;

/// Runs one test to its end on a runtime of its own.
///
/// # Panics
/// When the test does, or no runtime can be made.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test)
}

/// The rules of a blob storage. Takes the name of an async function beside it that gives an empty storage and a guard.
#[macro_export]
macro_rules! blob_suite {
    ($fresh:ident) => {
        $crate::blob_suite!(@ $fresh:
            a_blob_reads_back_whole,
            what_is_not_there_is_none,
            a_key_written_again_holds_the_new_bytes,
            many_writers_of_the_same_bytes_all_succeed,
            a_reader_never_sees_two_writes_mixed,
            a_write_in_parts_appears_at_its_end_and_whole,
            a_write_in_parts_that_is_given_up_leaves_nothing,
            a_write_in_parts_that_is_dropped_is_never_seen,
            a_long_blob_goes_in_and_comes_out_in_parts,
            a_blob_longer_than_allowed_is_not_read,
            parts_can_be_read_alone,
            a_part_beyond_the_end_is_refused_or_cut,
            taking_away_what_is_not_there_is_no_error,
            a_folder_lists_what_lies_in_it_and_nothing_else,
            a_listed_blob_tells_its_age_and_length,
            a_renamed_blob_lies_under_its_new_key_alone,
            a_living_storage_answers,
        );
    };
    (@ $fresh:ident: $($rule:ident),+ $(,)?) => {
        $(
            #[test]
            fn $rule() {
                $crate::conformance::run(async {
                    let (blobs, _guard) = $fresh().await;
                    $crate::conformance::$rule(blobs).await;
                });
            }
        )+
    };
}

fn key(number: u8) -> BlobKey {
    BlobKey::asset(ContentHash::from_bytes([number; 32]))
}

/// Bytes without a pattern that would hide a part in the wrong place.
fn bytes(length: usize, seed: u8) -> Bytes {
    let mut state = u32::from(seed) + 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

async fn whole(blobs: &Blobs, key: &BlobKey) -> Option<Bytes> {
    blobs.blob(key, u64::MAX).await.unwrap()
}

pub async fn a_blob_reads_back_whole(blobs: Blobs) {
    for (number, length) in [(0, 0), (1, 1), (2, 100_000)] {
        let put = bytes(length, number);
        blobs.put_blob(&key(number), put.clone()).await.unwrap();
        assert_eq!(whole(&blobs, &key(number)).await, Some(put), "{length} bytes");
        let told = blobs.blob_length(&key(number)).await.unwrap();
        assert_eq!(told, Some(u64::try_from(length).unwrap()));
    }
}

pub async fn what_is_not_there_is_none(blobs: Blobs) {
    assert_eq!(whole(&blobs, &key(1)).await, None);
    assert_eq!(blobs.blob_length(&key(1)).await.unwrap(), None);
    let got = blobs.get(&path(&key(1))).await;
    assert!(matches!(got, Err(Error::NotFound { .. })), "{got:?}");
}

pub async fn a_key_written_again_holds_the_new_bytes(blobs: Blobs) {
    // Shorter than what was there, so that nothing of it may stick out.
    for length in [4000, 10, 10] {
        let put = bytes(length, 1);
        blobs.put_blob(&key(1), put.clone()).await.unwrap();
        assert_eq!(whole(&blobs, &key(1)).await, Some(put));
    }
}

pub async fn many_writers_of_the_same_bytes_all_succeed(blobs: Blobs) {
    let put = bytes(50_000, 1);
    let key = key(1);
    let writes = (0..16).map(|_| blobs.put_blob(&key, put.clone()));
    for written in future::join_all(writes).await {
        written.unwrap();
    }
    assert_eq!(whole(&blobs, &key).await, Some(put));
}

pub async fn a_reader_never_sees_two_writes_mixed(blobs: Blobs) {
    let versions: Vec<Bytes> = (0..4).map(|seed| bytes(200_000, seed)).collect();
    let place = path(&key(1));
    blobs.put_blob(&key(1), versions[0].clone()).await.unwrap();
    let write = async {
        for round in 0..24 {
            let version = versions[round % versions.len()].clone();
            blobs.put_blob(&key(1), version).await.unwrap();
        }
    };
    let read = async {
        for _ in 0..24 {
            let seen = blobs.get(&place).await.unwrap().bytes().await.unwrap();
            assert!(versions.contains(&seen), "{} bytes that nobody wrote", seen.len());
        }
    };
    future::join(write, read).await;
}

pub async fn a_write_in_parts_appears_at_its_end_and_whole(blobs: Blobs) {
    let place = path(&key(1));
    let put = bytes(2 * PART + 1000, 1);
    let mut upload = blobs.put_multipart(&place).await.unwrap();
    for part in [0..PART, PART..2 * PART, 2 * PART..put.len()] {
        upload
            .put_part(PutPayload::from_bytes(put.slice(part)))
            .await
            .unwrap();
        assert_eq!(
            blobs.blob_length(&key(1)).await.unwrap(),
            None,
            "seen before its end"
        );
    }
    upload.complete().await.unwrap();
    assert_eq!(whole(&blobs, &key(1)).await, Some(put));
}

pub async fn a_write_in_parts_that_is_given_up_leaves_nothing(blobs: Blobs) {
    let mut upload = blobs.put_multipart(&path(&key(1))).await.unwrap();
    upload.put_part(bytes(PART, 1).into()).await.unwrap();
    upload.abort().await.unwrap();
    assert_eq!(whole(&blobs, &key(1)).await, None);
    assert_eq!(listed(&blobs, "assets").await.len(), 0);
}

pub async fn a_write_in_parts_that_is_dropped_is_never_seen(blobs: Blobs) {
    // What a writer that was killed leaves behind.
    let mut upload = blobs.put_multipart(&path(&key(1))).await.unwrap();
    upload.put_part(bytes(PART, 1).into()).await.unwrap();
    drop(upload);
    assert_eq!(whole(&blobs, &key(1)).await, None);
    assert_eq!(listed(&blobs, "assets").await.len(), 0);
    // Nor is it in the way of who comes after.
    blobs.put_blob(&key(1), "later".into()).await.unwrap();
    assert_eq!(whole(&blobs, &key(1)).await.as_deref(), Some(&b"later"[..]));
}

pub async fn a_long_blob_goes_in_and_comes_out_in_parts(blobs: Blobs) {
    let put = bytes(21_000_001, 1);
    blobs.put_blob(&key(1), put.clone()).await.unwrap();
    assert!(
        whole(&blobs, &key(1)).await == Some(put.clone()),
        "other bytes came back"
    );
    // The second time over what is there.
    blobs.put_blob(&key(1), put.clone()).await.unwrap();
    assert!(whole(&blobs, &key(1)).await == Some(put), "other bytes came back");
}

pub async fn a_blob_longer_than_allowed_is_not_read(blobs: Blobs) {
    blobs.put_blob(&key(1), bytes(1000, 1)).await.unwrap();
    assert!(blobs.blob(&key(1), 1000).await.unwrap().is_some());
    let refused = blobs.blob(&key(1), 999).await;
    assert!(
        matches!(
            refused,
            Err(BlobError::TooLong {
                length: 1000,
                most: 999
            })
        ),
        "{refused:?}"
    );
}

pub async fn parts_can_be_read_alone(blobs: Blobs) {
    let put = bytes(100_000, 1);
    blobs.put_blob(&key(1), put.clone()).await.unwrap();
    let place = path(&key(1));
    for (part, expected) in [
        (GetRange::Bounded(0..10), 0..10),
        (GetRange::Bounded(50_000..70_001), 50_000..70_001),
        (GetRange::Bounded(99_999..100_000), 99_999..100_000),
        (GetRange::Offset(99_000), 99_000..100_000),
        (GetRange::Suffix(5), 99_995..100_000),
    ] {
        let options = GetOptions {
            range: Some(part.clone()),
            ..GetOptions::default()
        };
        let got = blobs.get_opts(&place, options).await.unwrap();
        assert_eq!(got.meta.size, 100_000, "{part}");
        let told = usize::try_from(got.range.start).unwrap()..usize::try_from(got.range.end).unwrap();
        assert_eq!(told, expected, "{part}");
        assert_eq!(got.bytes().await.unwrap(), put.slice(expected), "{part}");
    }
}

pub async fn a_part_beyond_the_end_is_refused_or_cut(blobs: Blobs) {
    let put = bytes(100, 1);
    blobs.put_blob(&key(1), put.clone()).await.unwrap();
    let place = path(&key(1));
    let cut = blobs.get_range(&place, 90..200).await;
    assert!(cut.is_err() || cut.is_ok_and(|cut| cut == put.slice(90..)));
    let beyond = blobs.get_range(&place, 100..200).await;
    assert!(beyond.is_err() || beyond.is_ok_and(|beyond| beyond.is_empty()));
}

pub async fn taking_away_what_is_not_there_is_no_error(blobs: Blobs) {
    blobs.delete_blob(&key(1)).await.unwrap();
    blobs.put_blob(&key(1), "x".into()).await.unwrap();
    blobs.delete_blob(&key(1)).await.unwrap();
    assert_eq!(whole(&blobs, &key(1)).await, None);
    blobs.delete_blob(&key(1)).await.unwrap();
}

async fn listed(blobs: &Blobs, folder: &str) -> BTreeSet<String> {
    let found: Vec<_> = blobs.list(Some(&Path::from(folder))).try_collect().await.unwrap();
    found.into_iter().map(|meta| meta.location.to_string()).collect()
}

pub async fn a_folder_lists_what_lies_in_it_and_nothing_else(blobs: Blobs) {
    assert_eq!(
        listed(&blobs, "assets").await.len(),
        0,
        "an empty storage lists nothing"
    );
    let (job, mockup) = (JobId::from_random([1; 16]), MockupId::from_random([2; 16]));
    let mut expected: BTreeSet<String> = BTreeSet::new();
    let assets: Vec<BlobKey> = (0..20).map(key).collect();
    stream::iter(&assets)
        .for_each_concurrent(4, |key| async { blobs.put_blob(key, "x".into()).await.unwrap() })
        .await;
    expected.extend(assets.iter().map(BlobKey::to_string));
    let others = [
        BlobKey::result(job, 0, ExportFormat::Png),
        BlobKey::thumbnail(mockup, 720),
        // Begins with the name of the folder, and lies beside it.
        "assets-old/1".parse().unwrap(),
    ];
    for key in &others {
        blobs.put_blob(key, "x".into()).await.unwrap();
    }
    assert_eq!(listed(&blobs, "assets").await, expected);
    let deep = listed(&blobs, "results").await;
    assert_eq!(
        deep,
        BTreeSet::from([others[0].to_string()]),
        "also in folders of folders"
    );
}

pub async fn a_listed_blob_tells_its_age_and_length(blobs: Blobs) {
    let since_1970 = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let before = since_1970(SystemTime::now());
    blobs.put_blob(&key(1), bytes(1234, 1)).await.unwrap();
    let found: Vec<_> = blobs
        .list(Some(&Path::from("assets")))
        .try_collect()
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].size, 1234);
    let written = u64::try_from(found[0].last_modified.timestamp()).unwrap();
    // An hour either way: the storage's clock is its own, and what is asked of it is a day.
    assert!(written.abs_diff(before) < 3600, "{written} and {before}");
}

pub async fn a_renamed_blob_lies_under_its_new_key_alone(blobs: Blobs) {
    let (incoming, upload) = (
        BlobKey::incoming(JobId::from_random([1; 16])),
        BlobKey::upload(ContentHash::from_bytes([1; 32])),
    );
    // The second time over what is there: two uploads of one file.
    for _ in 0..2 {
        blobs.put_blob(&incoming, "psd".into()).await.unwrap();
        blobs.rename_blob(&incoming, &upload).await.unwrap();
        assert_eq!(whole(&blobs, &incoming).await, None);
        assert_eq!(whole(&blobs, &upload).await.as_deref(), Some(&b"psd"[..]));
    }
}

pub async fn a_living_storage_answers(blobs: Blobs) {
    blobs.answers().await.unwrap();
}
