//! The 202, the job and its states, as the reference text on asynchronous rendering has them.

use std::time::Duration;

use marquetry_dialect::sudomock::{Problem, answer};
use marquetry_job::{Jitter, JobEvent, JobState, RetrySchedule, WorkerId};
use marquetry_model::{Announce, Job};
use serde_json::{Value, json};

use crate::fixtures::*;

/// Every member of `expected` is in `found`, with the same value.
fn assert_holds(found: &Value, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&found[name], value, "{name}");
    }
}

#[test]
fn the_202_of_a_render_is_the_published_one_with_both_ids() {
    let published: Value = serde_json::from_str(
        r#"{
            "render_uuid": "9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10",
            "kind": "render",
            "status": "queued",
            "status_url": "/api/v1/jobs/9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10"
        }"#,
    )
    .unwrap();
    let answer = answer::accepted(&render_job());
    assert_eq!(answer.status, 202);
    assert_holds(&body(&answer), &published);
    assert_eq!(body(&answer)["job_id"], published["render_uuid"]);
    // Members stand in the published order; people read bodies too.
    let text = String::from_utf8(answer.body).unwrap();
    assert!(
        text.starts_with(r#"{"render_uuid":"9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10","job_id":"#),
        "{text}"
    );
}

#[test]
fn the_202_of_an_upload_is_the_published_one_with_both_ids() {
    let published: Value = serde_json::from_str(
        r#"{
            "render_uuid": "1f0a8c23-7b44-4e90-9c2d-55ab1e7f0d33",
            "kind": "upload",
            "status": "queued",
            "status_url": "/api/v1/jobs/1f0a8c23-7b44-4e90-9c2d-55ab1e7f0d33"
        }"#,
    )
    .unwrap();
    let answer = answer::accepted(&upload_job());
    assert_holds(&body(&answer), &published);
    assert_eq!(body(&answer)["job_id"], published["render_uuid"]);
}

#[test]
fn a_202_says_queued_even_when_a_worker_was_faster() {
    let job = running();
    assert_eq!(body(&answer::accepted(&job))["status"], "queued");
    assert_eq!(body(&answer::still_going(&job))["status"], "processing");
    assert_eq!(answer::still_going(&job).status, 202);
}

pub(crate) fn running() -> Job {
    let job = render_job();
    let worker = WorkerId::from_random([1; 16]);
    let claim = JobEvent::Claimed {
        worker,
        until: NOON + Duration::from_secs(15),
    };
    let state = job
        .state
        .clone()
        .step(claim, NOON, &RetrySchedule::default(), Jitter::MIDDLE)
        .unwrap();
    job.stepped(state, None, NOON)
}

fn expected_job() -> Value {
    json!({
        "render_uuid": RENDER_JOB,
        "job_id": RENDER_JOB,
        "kind": "render",
        "status": "queued",
        "result_url": null,
        "mockup_uuid": null,
        "error": null,
        "error_code": null,
        "credits_charged": null,
        "payg": null,
        "duration_seconds": null,
        "audio": null,
        "mockup_name": "Mug",
        "poster_url": null,
        "created_at": NOON_TEXT,
        "updated_at": NOON_TEXT
    })
}

#[test]
fn a_job_has_all_its_members_in_every_state() {
    let show = |job: &Job| {
        let answer = answer::job(job, &links());
        assert_eq!(answer.status, 200);
        body(&answer)
    };
    assert_eq!(show(&render_job()), expected_job());

    let mut processing = expected_job();
    processing["status"] = json!("processing");
    assert_eq!(show(&running()), processing);

    let mut done = expected_job();
    done["status"] = json!("succeeded");
    done["result_url"] = json!(format!(
        "https://mockups.example.com/files/results/{RENDER_JOB}/0.webp"
    ));
    done["credits_charged"] = json!(0);
    assert_eq!(show(&succeeded(render_job())), done);

    let mut broken = expected_job();
    broken["status"] = json!("failed");
    broken["error"] = json!("the picture could not be fetched");
    broken["error_code"] = json!("ARTWORK_DOWNLOAD_FAILED");
    broken["credits_charged"] = json!(0);
    let failed = failed(
        render_job(),
        "artwork_download_failed",
        "the picture could not be fetched",
    );
    assert_eq!(show(&failed), broken);

    let mut stopped = expected_job();
    stopped["status"] = json!("cancelled");
    stopped["credits_charged"] = json!(0);
    assert_eq!(show(&cancelled(render_job())), stopped);
}

#[test]
fn an_inner_retry_never_shows_as_queued_again() {
    let job = running();
    let JobState::Running { tally, .. } = &job.state else {
        panic!()
    };
    let again = JobState::Queued {
        tally: *tally,
        not_before: NOON,
    };
    let job = job.stepped(again, None, NOON);
    assert_eq!(body(&answer::job(&job, &links()))["status"], "processing");
}

#[test]
fn an_upload_that_succeeded_names_its_mockup_and_links_to_it() {
    let job = body(&answer::job(&succeeded(upload_job()), &links()));
    assert_eq!(job["kind"], "upload");
    assert_eq!(job["mockup_uuid"], MOCKUP);
    assert_eq!(
        job["result_url"],
        format!("https://mockups.example.com/api/v1/psd-mockups/{MOCKUP}")
    );
    assert_eq!(job["mockup_name"], Value::Null);
}

#[test]
fn the_list_of_jobs_is_bare() {
    let answer = answer::jobs(&[render_job(), upload_job()], None, &links());
    let list = body(&answer);
    assert_eq!(list["jobs"].as_array().unwrap().len(), 2);
    assert_eq!(list["jobs"][0], expected_job());
    assert_eq!(list["next_cursor"], Value::Null);
    assert_eq!(
        body(&answer::jobs(&[], None, &links())),
        json!({"jobs": [], "next_cursor": null})
    );
}

#[test]
fn cancelling() {
    assert_eq!(
        answer::job(&cancelled(render_job()), &links()).status,
        200,
        "a queued job is cancelled at once"
    );
    let soon = answer::cancelling(&running(), &links());
    assert_eq!(
        (soon.status, body(&soon)["status"].as_str()),
        (202, Some("processing"))
    );
    let late = Problem::job_already_finished("succeeded");
    assert_eq!(
        told(&late),
        (
            409,
            "JOB_ALREADY_FINISHED".into(),
            "The job has already ended: succeeded.".into()
        )
    );
    assert_eq!(told(&Problem::job_not_found()).0, 404);
}

#[test]
fn what_a_caller_who_waited_is_told() {
    assert_eq!(Problem::of_ended(&render_job()), None);
    assert_eq!(Problem::of_ended(&succeeded(render_job())), None);
    let job = failed(render_job(), "ARTWORK_INVALID", "the picture cannot be read");
    let problem = Problem::of_ended(&job).unwrap();
    assert_eq!(
        told(&problem),
        (400, "ARTWORK_INVALID".into(), "the picture cannot be read".into())
    );
    let job = failed(
        upload_job(),
        "psd_no_smart_objects",
        "the file has no smart object",
    );
    let problem = Problem::of_ended(&job).unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&problem.body()).unwrap(),
        json!({
            "error_code": "PSD_NO_SMART_OBJECTS",
            "message": "the file has no smart object",
            "detail": "the file has no smart object",
            "details": {"suggestion": "Turn the layer that shows the design into a smart object."},
            "success": false
        })
    );
    assert_eq!(
        Problem::of_ended(&cancelled(render_job())).map(|problem| problem.status()),
        Some(409)
    );
    let job = failed(
        render_job(),
        marquetry_job::code::TIMED_OUT,
        "the job took longer than it may",
    );
    assert_eq!(told(&Problem::of_ended(&job).unwrap()).1, "JOB_TIMED_OUT");
}

#[test]
fn a_render_that_was_waited_for_has_one_file() {
    let mut job = succeeded(Job {
        announce: Announce::Silent,
        ..render_job()
    });
    let path = format!("https://mockups.example.com/files/results/{RENDER_JOB}/0.webp");
    let expected = json!({
        "success": true,
        "data": {
            "print_files": [{"export_path": path, "smart_object_uuid": SLOT, "render_uuid": RENDER_JOB}],
            "render_uuid": RENDER_JOB,
            "text_layers": []
        },
        "warnings": []
    });
    let answer = answer::render(&job, &links()).unwrap();
    assert_eq!((answer.status, body(&answer)), (200, expected));

    // A render that only hides has no smart object to name.
    if let marquetry_model::JobSpec::Render(spec) = &mut job.spec {
        spec.changes.clear();
    }
    let answer = answer::render(&job, &links()).unwrap();
    assert_eq!(body(&answer)["data"]["print_files"][0]["smart_object_uuid"], "");

    // A warning that client libraries would hide is spelled in a way they show.
    if let Some(result) = &mut job.result {
        result.warnings = vec![
            marquetry_model::Warning::new("UNSUPPORTED_WARP", "one layer was not drawn"),
            marquetry_model::Warning::new("LAYER_NOT_DRAWN", "one layer was not drawn"),
        ];
    }
    let warnings = body(&answer::render(&job, &links()).unwrap())["warnings"].clone();
    assert_eq!(warnings[0]["code"], "RENDER_WARNING");
    assert_eq!(
        warnings[1],
        json!({"code": "LAYER_NOT_DRAWN", "message": "one layer was not drawn"})
    );

    assert_eq!(answer::render(&render_job(), &links()), None);
    assert_eq!(answer::render(&succeeded(upload_job()), &links()), None);
}
