//! The program itself, started on a folder that an older one left: the schema is brought up to date, and the jobs that
//! were queued and running in it end well.

use std::path::Path;
use std::time::{Duration, Instant};

use marquetry_service::DEFAULT_TENANT;
use marquetry_store::persisted::step_checksum;
use marquetry_store::{Clock as _, SystemClock};
use marquetry_testkit::catcher::Catcher;
use rusqlite::{Connection, params};
use serde_json::json;

use crate::http::client::Ask;
use crate::sudden_death::{KEY, Server};

const PATIENCE: Duration = Duration::from_secs(120);
/// The schema that every release before had, as it was.
const FIRST: &str = include_str!("../../../store-sqlite/migrations/0001_first.sql");
const MOCKUP: &[u8] = include_bytes!("../../assets/mockup.psd");
const QUEUED: [u8; 16] = [0x11, 1, 1, 1, 1, 1, 0x41, 1, 0x81, 1, 1, 1, 1, 1, 1, 1];
const RUNNING: [u8; 16] = [0x22, 2, 2, 2, 2, 2, 0x42, 2, 0x82, 2, 2, 2, 2, 2, 2, 2];
const ENDED: [u8; 16] = [0x33, 3, 3, 3, 3, 3, 0x43, 3, 0x83, 3, 3, 3, 3, 3, 3, 3];
const DELIVERY: [u8; 16] = [0x44, 4, 4, 4, 4, 4, 0x44, 4, 0x84, 4, 4, 4, 4, 4, 4, 4];

fn id(bytes: [u8; 16]) -> String {
    uuid::Uuid::from_bytes(bytes).to_string()
}

/// A folder as the older program left it when it was killed: word for word what it wrote.
fn old_folder(folder: &Path, receiver: &Catcher) {
    // A minute ago, in microseconds: what is older than a day has had its time.
    let then = SystemClock.now().as_micros() - 60_000_000;
    let content = blake3::hash(MOCKUP).to_hex();
    std::fs::create_dir_all(folder.join("blobs/uploads")).unwrap();
    std::fs::write(folder.join(format!("blobs/uploads/{content}.psd")), MOCKUP).unwrap();

    let database = Connection::open(folder.join("marquetry.sqlite")).unwrap();
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    let steps =
        "CREATE TABLE schema_steps (number INTEGER NOT NULL PRIMARY KEY, checksum INTEGER NOT NULL) STRICT";
    database.execute_batch(steps).unwrap();
    database.execute_batch(FIRST).unwrap();
    let step = "INSERT INTO schema_steps VALUES (1, ?1)";
    database.execute(step, [step_checksum(FIRST)]).unwrap();

    let spec = format!(r#"{{"v":1,"upload":{{"name":"Old","source":{{"blob":"uploads/{content}.psd"}}}}}}"#);
    let queued = format!(
        r#"{{"v":1,"state":{{"is":"queued","tally":{{"attempt":1,"starts":0,"crashes":0}},"not_before":{then}}},"silent":false,"updated_at":{then}}}"#
    );
    let until = then + 15_000_000;
    let running = format!(
        r#"{{"v":1,"state":{{"is":"running","tally":{{"attempt":1,"starts":1,"crashes":0}},"lease":{{"worker":"0f0e0d0c-0b0a-4908-8706-050403020100","epoch":1,"until":{until}}},"cancel_asked":false}},"silent":false,"updated_at":{then},"started_at":{then}}}"#
    );
    let ended = format!(
        r#"{{"v":1,"state":{{"is":"failed","at":{then},"code":"psd_invalid_format","message":"the file is damaged at byte 4","detail":"x"}},"silent":false,"updated_at":{then},"started_at":{then}}}"#
    );
    for (job, due, holds, record) in [
        (QUEUED, Some(then), false, queued),
        (RUNNING, Some(until), true, running),
        (ENDED, None, false, ended),
    ] {
        let sql =
            "INSERT INTO jobs (id, tenant, kind, subject, due, running, created_at, version, spec, record)
                   VALUES (?1, ?2, 'upload', NULL, ?3, ?4, ?5, 2, ?6, ?7)";
        let tenant = DEFAULT_TENANT.as_bytes();
        let row = params![job, tenant, due, holds, then, spec, record];
        database.execute(sql, row).unwrap();
    }

    let url = receiver.url("/hook");
    let (host, job) = (receiver.address(), id(ENDED));
    let record = format!(
        r#"{{"v":1,"target":{{"callback":{{"url":"{url}","dialect":"sudomock"}}}},"dialect":"sudomock","job":"{job}","state":{{"is":"pending","tally":{{"attempt":1,"starts":0,"crashes":0}},"due":{then}}},"tries":[],"updated_at":{then}}}"#
    );
    let sql = "INSERT INTO deliveries
               (id, tenant, endpoint, lane, event, shown, due, sending, created_at, version, record, body)
               VALUES (?1, ?2, NULL, ?3, 'render.failed', 'pending', ?4, 0, ?4, 1, ?5, ?6)";
    let (tenant, lane) = (DEFAULT_TENANT.as_bytes(), format!("callback:{host}"));
    let body = br#"{"event":"render.failed"}"#;
    database
        .execute(sql, params![DELIVERY, tenant, lane, then, record, body])
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_an_older_program_end_well_under_this_one() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Catcher::start().await);
    old_folder(folder.path(), &receiver);
    let server = Server::start_with(folder.path(), &[], Vec::new());
    let job = |id: String| {
        let ask = Ask::get(format!("/api/v1/jobs/{id}")).key(KEY);
        async move { ask.send(server.address).await.expect(200) }
    };
    let deadline = Instant::now() + PATIENCE;
    for old in [QUEUED, RUNNING] {
        let ended = loop {
            let job = job(id(old)).await;
            if job["status"] != "queued" && job["status"] != "processing" {
                break job;
            }
            assert!(Instant::now() < deadline, "{job}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(ended["status"], "succeeded", "{ended}");
    }
    // What had ended is as it was, and what was owed is delivered.
    assert_eq!(job(id(ENDED)).await["error"], "the file is damaged at byte 4");
    let caught = receiver.wait_for(1, PATIENCE).await.unwrap();
    assert_eq!(caught[0].body, &br#"{"event":"render.failed"}"#[..]);

    // The timeline begins with the upgrade; before it lies what the record told.
    let path = format!("/api/v1/jobs/{}/timeline", id(RUNNING));
    let timeline = Ask::get(path).key(KEY).send(server.address).await.expect(200);
    let events: Vec<_> = timeline["moments"].as_array().unwrap().iter().collect();
    let events: Vec<_> = events
        .iter()
        .map(|moment| moment["event"].as_str().unwrap())
        .collect();
    assert_eq!(events, ["queued", "worker_lost", "claimed", "succeeded"]);

    // And the mockups that they made are drawn.
    let made = job(id(QUEUED)).await["mockup_uuid"].clone();
    let path = format!("/api/v1/mockups/{}", made.as_str().unwrap());
    let mockup = Ask::get(path).key(KEY).send(server.address).await.expect(200)["data"].clone();
    let render = json!({
        "mockup_uuid": made,
        "smart_objects": [{"uuid": mockup["smart_objects"][0]["uuid"], "color": {"hex": "#408040"}}],
    });
    let ask = Ask::post("/api/v1/renders").key(KEY).json(&render);
    ask.send(server.address).await.expect(200);
}
