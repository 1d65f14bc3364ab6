//! The asynchronous section of the contract, walked as its published client code walks it.

use std::time::Duration;

use http::Method;
use marquetry_testkit::catcher::Answer as Served;
use serde_json::{Value, json};

use super::client::Ask;
use super::site::{CANVAS, GREY, RED, SLOT, Setup, Site, design, in_background, pixel};

#[tokio::test]
async fn submit_then_poll_until_the_picture_is_there() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    // Long enough that somebody who polls sees it run.
    site.outside
        .answer_always(Served::ok(design()).after(Duration::from_millis(1500)));

    let asset = json!({"url": site.outside.url("/design.png"), "fit": "cover"});
    let submit = site
        .post("/api/v1/renders", &in_background(mockup.render(&asset)))
        .await;
    let accepted = submit.expect(202);
    let id = accepted["render_uuid"].as_str().unwrap().to_owned();
    assert_eq!(
        accepted,
        json!({
            "render_uuid": id,
            "job_id": id,
            "kind": "render",
            "status": "queued",
            "status_url": format!("/api/v1/jobs/{id}"),
        })
    );

    let mut states: Vec<String> = Vec::new();
    let job = loop {
        let job = site
            .get(accepted["status_url"].as_str().unwrap())
            .await
            .expect(200);
        let state = job["status"].as_str().unwrap().to_owned();
        if states.last() != Some(&state) {
            states.push(state.clone());
        }
        match state.as_str() {
            "succeeded" => break job,
            "failed" | "cancelled" => panic!("{job}"),
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    // It may have been taken before the first look.
    if states[0] == "queued" {
        states.remove(0);
    }
    assert_eq!(states, ["processing", "succeeded"]);
    assert_eq!(job["kind"], "render");
    assert_eq!(job["mockup_name"], "Poster");
    assert_eq!((&job["error"], &job["error_code"]), (&Value::Null, &Value::Null));
    assert_eq!(job["credits_charged"], 0);

    let file = Ask::get(site.path_of(&job["result_url"]))
        .send(site.address)
        .await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), Some("image/png"));
    let [width, height] = CANVAS.map(|side| usize::try_from(side).unwrap());
    assert_eq!(pixel(&file.body, width / 2, height / 2), RED);
    assert_eq!(pixel(&file.body, 2, 2), GREY);
    let (left, top) = (
        usize::try_from(SLOT.left).unwrap(),
        usize::try_from(SLOT.top).unwrap(),
    );
    assert_eq!(pixel(&file.body, left - 1, top), GREY);
    assert_eq!(pixel(&file.body, left, top), RED);
}

#[tokio::test]
async fn an_upload_in_the_background_names_its_mockup() {
    let site = Site::open().await;
    site.outside.answer_always(Served::ok(super::site::psd()));
    let body = json!({"psd_file_url": site.outside.url("/mugs/Blue%20Mug.psd"), "is_async": true});
    let accepted = site.post("/api/v1/psd/upload", &body).await.expect(202);
    assert_eq!(accepted["kind"], "upload");
    let job = site.ended(&accepted["render_uuid"]).await;
    assert_eq!(job["status"], "succeeded", "{job}");
    let mockup = site.get(site.path_of(&job["result_url"])).await.expect(200);
    assert_eq!(mockup["data"]["uuid"], job["mockup_uuid"]);
    assert_eq!(mockup["data"]["name"], "Blue Mug");
}

#[tokio::test]
async fn a_job_that_waits_is_cancelled_at_once() {
    let site = Site::idle(Setup::default()).await;
    let body = json!({"psd_file_url": "https://example.com/a.psd", "is_async": true});
    let accepted = site.post("/api/v1/psd/upload", &body).await.expect(202);
    let path = format!("/api/v1/jobs/{}", accepted["job_id"].as_str().unwrap());
    assert_eq!(site.get(&path).await.expect(200)["status"], "queued");

    let cancel = || Ask::post(format!("{path}/cancel"));
    let cancelled = site.send(cancel()).await.expect(200);
    assert_eq!(
        (&cancelled["status"], &cancelled["result_url"]),
        (&json!("cancelled"), &Value::Null)
    );
    // With a body and by its alias: doing it again is doing it once.
    assert_eq!(site.send(cancel().json(&json!({}))).await.expect(200), cancelled);
    let alias = site.send(Ask::new(Method::DELETE, &path)).await.expect(200);
    assert_eq!(alias, cancelled);

    site.work();
    assert_eq!(site.get(&path).await.expect(200)["status"], "cancelled");
}

#[tokio::test]
async fn a_job_that_runs_is_asked_to_stop() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    site.outside.answer_always(Served::hang());
    let asset = json!({"url": site.outside.url("/slow.png")});
    let accepted = site
        .post("/api/v1/renders", &in_background(mockup.render(&asset)))
        .await
        .expect(202);
    site.outside.wait_for(1, super::client::PATIENCE).await.unwrap();

    let path = format!("/api/v1/jobs/{}", accepted["job_id"].as_str().unwrap());
    let asked = site.send(Ask::post(format!("{path}/cancel"))).await.expect(202);
    assert_eq!(asked["status"], "processing");
    let job = site.ended(&accepted["job_id"]).await;
    assert_eq!(
        (&job["status"], &job["result_url"]),
        (&json!("cancelled"), &Value::Null)
    );
}

#[tokio::test]
async fn what_has_ended_stays_as_it_ended() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    let accepted = site
        .post("/api/v1/renders", &in_background(mockup.render_red()))
        .await
        .expect(202);
    let job = site.ended(&accepted["job_id"]).await;
    assert_eq!(job["status"], "succeeded", "{job}");
    let path = format!("/api/v1/jobs/{}", accepted["job_id"].as_str().unwrap());
    let refused = site.send(Ask::post(format!("{path}/cancel"))).await;
    assert_eq!(refused.problem(), (409, "JOB_ALREADY_FINISHED".to_owned()));
    assert_eq!(site.get(&path).await.expect(200), job);
}

#[tokio::test]
async fn a_failed_job_says_why() {
    let site = Site::open().await;
    site.outside
        .answer_always(Served::ok("this is no Photoshop file"));
    let body = json!({"psd_file_url": site.outside.url("/a.psd"), "is_async": true});
    let accepted = site.post("/api/v1/psd/upload", &body).await.expect(202);
    let job = site.ended(&accepted["job_id"]).await;
    assert_eq!(
        (&job["status"], &job["error_code"]),
        (&json!("failed"), &json!("PSD_INVALID_FORMAT"))
    );
    assert!(
        job["error"].as_str().is_some_and(|text| !text.is_empty()),
        "{job}"
    );
}

#[tokio::test]
async fn jobs_are_listed_newest_first_in_pages() {
    let site = Site::idle(Setup::default()).await;
    let mut made = Vec::new();
    for number in 0..5 {
        let body = json!({"psd_file_url": format!("https://example.com/{number}.psd"), "is_async": true});
        let accepted = site.post("/api/v1/psd/upload", &body).await.expect(202);
        made.push(accepted["job_id"].clone());
    }
    made.reverse();
    let (mut seen, mut path) = (Vec::new(), "/api/v1/jobs?limit=2".to_owned());
    loop {
        let page = site.get(&path).await.expect(200);
        let jobs = page["jobs"].as_array().unwrap();
        seen.extend(jobs.iter().map(|job| job["job_id"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => path = format!("/api/v1/jobs?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);

    let count = async |query: &str| {
        let page = site.get(format!("/api/v1/jobs?{query}")).await.expect(200);
        page["jobs"].as_array().unwrap().len()
    };
    assert_eq!(count("kind=upload").await, 5);
    assert_eq!(count("kind=render").await, 0);
    assert_eq!(count("kind=video").await, 0);
    assert_eq!(count("mockup_uuid=c315f78f-d2c7-4541-b240-a9372842de94").await, 0);
}
