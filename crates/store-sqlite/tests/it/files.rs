//! The file: who may have it, what is refused, what a copy is worth.

use marquetry_job::Again;
use marquetry_store::conformance::sample::{job_id, render_job, tenant_id};
use marquetry_store::{JobFilter, JobStore, StoreError};
use marquetry_store_sqlite::{Check, Options, SqliteStore};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn a_file_has_one_server() {
    let folder = folder();
    let path = folder.path().join("store.db");
    let first = SqliteStore::open(&path).unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("in use by another process"), "{source}");
    assert_eq!(error.again(), Again::Later);
    // A tool may work beside it, and each sees what the other wrote.
    let tool = SqliteStore::open_beside(&path).unwrap();
    let _ = tool.insert_job(&render_job(1), None).await.unwrap();
    assert!(first.job(tenant_id(1), job_id(1)).await.unwrap().is_some());
    drop(tool);
    drop(first);
    SqliteStore::open(&path).unwrap();
}

#[tokio::test]
async fn closing_leaves_no_journal() {
    let folder = folder();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let _ = store.insert_job(&render_job(1), None).await.unwrap();
    assert!(store.job(tenant_id(1), job_id(1)).await.unwrap().is_some());
    assert!(folder.path().join("store.db-wal").exists());
    drop(store);
    assert!(!folder.path().join("store.db-wal").exists());
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let folder = folder();
    let path = folder.path().join("store.db");
    std::fs::write(
        &path,
        "this is a letter and no database, however long it may be".repeat(99),
    )
    .unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(
        matches!(error, StoreError::Unreadable { what: "database", .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_damaged_page_is_found_by_the_check() {
    let folder = folder();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    for n in 0..200 {
        let _ = store.insert_job(&render_job(n), None).await.unwrap();
    }
    drop(store);
    let mut bytes = std::fs::read(&path).unwrap();
    // The middle of the file, page headers and cells alike.
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 8192].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let options = Options {
        check: Check::Always,
        ..Options::default()
    };
    let error = SqliteStore::open_with(&path, &options).unwrap_err();
    assert!(
        matches!(error, StoreError::Unreadable { what: "database", .. }),
        "{error:?}"
    );
    assert_eq!(error.again(), Again::Never);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error() {
    let folder = folder();
    let error = SqliteStore::open(&folder.path().join("none/store.db")).unwrap_err();
    assert_eq!(error.again(), Again::Later, "{error:?}");
}

#[tokio::test]
async fn a_copy_made_at_work_opens_like_the_original() {
    let folder = folder();
    let (path, copy) = (folder.path().join("store.db"), folder.path().join("copy.db"));
    let store = SqliteStore::open(&path).unwrap();
    for n in 0..20 {
        let _ = store.insert_job(&render_job(n), None).await.unwrap();
    }
    store.back_up(&copy).await.unwrap();
    let _ = store.insert_job(&render_job(21), None).await.unwrap();
    assert!(
        store.back_up(&copy).await.is_err(),
        "a copy must not overwrite another"
    );
    let copy = SqliteStore::open(&copy).unwrap();
    let jobs = copy
        .list_jobs(tenant_id(1), &JobFilter::default(), None, 100)
        .await
        .unwrap();
    assert_eq!(jobs.items.len(), 20);
    assert_eq!(
        copy.job(tenant_id(1), job_id(3)).await.unwrap(),
        Some(render_job(3))
    );
}
