//! What goes wrong whatever is asked, in the words of this dialect on its own paths, and of the other one elsewhere.

use http::Method;
use marquetry_server::{Config, Rate};
use serde_json::{Value, json};

use super::error;
use crate::http::client::Ask;
use crate::http::site::{Setup, Site};

#[tokio::test]
async fn errors_before_a_handler_are_told_in_the_words_of_the_path() {
    let site = Site::idle(Setup::default()).await;
    let poll = format!("/api/v1/create/clx_{}", "0".repeat(32));
    for (what, answer, status, code) in [
        (
            "no key",
            Ask::get(&poll).send(site.address).await,
            401,
            "unauthorized",
        ),
        (
            "a wrong key",
            Ask::get(&poll).key("sm_wrong").send(site.address).await,
            401,
            "unauthorized",
        ),
        (
            "no such path",
            site.get("/api/v1/studio/a/b/c/d").await,
            404,
            "not_found",
        ),
        (
            "the wrong method",
            site.send(Ask::new(Method::DELETE, &poll)).await,
            405,
            "method_not_allowed",
        ),
        ("no such job", site.get(&poll).await, 404, "job_not_found"),
    ] {
        assert_eq!(error(&answer, status).1, code, "{what}");
    }
    let wrong = site.send(Ask::new(Method::DELETE, &poll)).await;
    assert_eq!(wrong.header("allow"), Some("GET, HEAD"));
    // Elsewhere the first dialect is spoken.
    let elsewhere = site.get("/api/v1/studios").await.expect(404);
    assert_eq!(elsewhere["error_code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_so_in_the_words_of_the_path() {
    let requests = Rate {
        per_minute: 1,
        burst: 1,
    };
    let config = Config {
        requests,
        ..Config::default()
    };
    let site = Site::idle(Setup {
        config,
        ..Setup::default()
    })
    .await;
    site.get("/api/v1/jobs").await.expect(200);
    let refused = site.get("/api/v1/create/clx_0").await;
    assert_eq!(error(&refused, 429).1, "rate_limited");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}

#[tokio::test]
async fn both_spellings_of_the_key_open_both_dialects() {
    let site = Site::idle(Setup::default()).await;
    let bearer = format!("Bearer {}", site.key);
    for path in ["/api/v1/jobs", "/api/v1/create/clx_0"] {
        let by_header = site.get(path).await;
        let by_bearer = Ask::get(path)
            .header("authorization", &bearer)
            .send(site.address)
            .await;
        assert_eq!(by_header.status, by_bearer.status, "{path}");
        assert_ne!(by_bearer.status, 401, "{path}");
    }
}

#[tokio::test]
async fn c16_a_revoked_key_opens_no_route() {
    let site = Site::idle(Setup::default()).await;
    let key = site.service.create_key(site.tenant, "leaver").await.unwrap();
    let ask = |ask: Ask| {
        ask.header("authorization", format!("Bearer {}", key.text.expose()))
            .send(site.address)
    };
    assert_ne!(ask(Ask::get("/api/v1/create/clx_0")).await.status, 401);
    site.service.revoke_key(site.tenant, key.key.id).await.unwrap();
    for route in marquetry_server::routes() {
        let of_this_dialect = marquetry_dialect::Dialect::of_path(route.path);
        if of_this_dialect != marquetry_dialect::Dialect::Templified {
            continue;
        }
        let path = route.path.replace(['{', '}'], "");
        let answer = ask(Ask::new(route.method.clone(), path).json(&json!({}))).await;
        assert_eq!(error(&answer, 401).1, "unauthorized", "{}", route.path);
    }
}

#[tokio::test]
async fn a_job_of_the_other_dialect_is_polled_here_under_its_own_spelling() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    let body = super::super::site::in_background(mockup.render_red());
    let accepted = site.post("/api/v1/renders", &body).await.expect(202);
    let ended = site.ended(&accepted["job_id"]).await;
    assert_eq!(ended["status"], "succeeded");
    let uuid = accepted["job_id"].as_str().unwrap();
    let id = format!("clx_{}", uuid.replace('-', ""));
    let told = site.get(format!("/api/v1/create/{id}")).await.expect(200);
    assert_eq!(told["job_id"], Value::from(id.as_str()));
    assert_eq!(told["status"], "complete");
    assert_eq!(told["output_url"], ended["result_url"]);
    // Each route reads its own spelling alone, and uploads have no word here.
    error(&site.get(format!("/api/v1/create/{uuid}")).await, 404);
    site.get(format!("/api/v1/jobs/{id}")).await.expect(404);
    let jobs = site.get("/api/v1/jobs?kind=upload").await.expect(200);
    let upload = jobs["jobs"][0]["job_id"].as_str().unwrap().replace('-', "");
    error(&site.get(format!("/api/v1/create/clx_{upload}")).await, 404);
}
