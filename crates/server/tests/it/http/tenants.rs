//! What belongs to somebody else is answered like what does not exist, on every route there is.

use marquetry_dialect::Dialect;
use marquetry_server::{Guard, RouteName};
use serde_json::json;

use super::client::Ask;
use super::renders::unknown_mockup;
use super::site::{Setup, Site, in_background};

/// The contract's index of routes, as far as this server goes, and its own seven.
const ALL: &str = "
    key POST /api/v1/psd/upload
    key GET /api/v1/psd-mockups
    key GET /api/v1/mockups
    key GET /api/v1/psd-mockups/{id}
    key GET /api/v1/mockups/{id}
    key PATCH /api/v1/psd-mockups/{id}
    key PATCH /api/v1/mockups/{id}
    key DELETE /api/v1/psd-mockups/{id}
    key DELETE /api/v1/mockups/{id}
    key GET /api/v1/psd-mockups/{id}/layers
    key GET /api/v1/mockups/{id}/layers
    key GET /api/v1/psd-mockups/{id}/fidelity
    key GET /api/v1/mockups/{id}/fidelity
    key DELETE /api/v1/mockups/all
    key POST /api/v1/renders
    key GET /api/v1/jobs
    key GET /api/v1/jobs/{id}
    key GET /api/v1/jobs/{id}/timeline
    key GET /api/v1/jobs/{id}/events
    key POST /api/v1/jobs/{id}/cancel
    key DELETE /api/v1/jobs/{id}
    key POST /api/v1/webhook-endpoints
    key GET /api/v1/webhook-endpoints
    key GET /api/v1/webhook-endpoints/events
    key GET /api/v1/webhook-endpoints/events/{delivery}
    key GET /api/v1/webhook-endpoints/{id}
    key PATCH /api/v1/webhook-endpoints/{id}
    key DELETE /api/v1/webhook-endpoints/{id}
    key POST /api/v1/webhook-endpoints/{id}/rotate-secret
    key POST /api/v1/webhook-endpoints/{id}/test
    key GET /api/v1/webhook-endpoints/{id}/deliveries
    key POST /api/v1/webhook-endpoints/{id}/deliveries/replay-failed
    key POST /api/v1/webhook-endpoints/{id}/deliveries/{delivery}/replay
    key GET /api/v1/webhook-endpoints/{id}/deliveries/{delivery}/attempts
    key GET /api/v1/me
    anyone GET /api/v1/packages/plans
    anyone GET /api/v1/packages/pricing
    anyone GET /files/{*key}
    anyone GET /livez
    anyone GET /healthz
    anyone GET /readyz
    anyone GET /metrics
";

/// Those of this dialect; the other one's tests have their own list.
fn routes() -> impl Iterator<Item = RouteName> {
    marquetry_server::routes().filter(|route| Dialect::of_path(route.path) == Dialect::SudoMock)
}

#[test]
fn the_routes_are_those_of_the_contract() {
    let listed: Vec<_> = ALL
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let served: Vec<_> = routes()
        .map(|route| {
            let guard = match route.guard {
                Guard::Key => "key",
                Guard::Anyone => "anyone",
            };
            format!("{guard} {} {}", route.method, route.path)
        })
        .collect();
    assert_eq!(served, listed);
}

#[tokio::test]
async fn without_a_key_every_guarded_route_is_closed() {
    let site = Site::idle(Setup::default()).await;
    for route in routes() {
        let path = route.path.replace("{id}", ID).replace("{delivery}", ID);
        let path = path.replace("{*key}", "results/none/0.webp");
        let answer = Ask::new(route.method.clone(), path).send(site.address).await;
        match route.guard {
            Guard::Key => assert_eq!(answer.problem(), (401, "INVALID_API_KEY".to_owned()), "{route:?}"),
            Guard::Anyone => assert_ne!(answer.status, 401, "{route:?}"),
        }
    }
}

const ID: &str = "9d4e2b51-0c7a-4f8e-bb1c-2a6f9e3d8c10";

#[tokio::test]
async fn a_stranger_finds_nothing_of_ours() {
    let site = Site::open().await;
    let mockup = site.mockup().await;
    let job = site
        .post("/api/v1/renders", &in_background(mockup.render_red()))
        .await
        .expect(202)["job_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let endpoint = json!({"url": site.outside.url("/hook")});
    let endpoint = site
        .post("/api/v1/webhook-endpoints", &endpoint)
        .await
        .expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let endpoints = format!("/api/v1/webhook-endpoints/{endpoint}");
    site.send(Ask::post(format!("{endpoints}/test")))
        .await
        .expect(202);
    let sent = site.get(format!("{endpoints}/deliveries")).await.expect(200);
    let delivery = sent[0]["id"].as_str().unwrap();

    let stranger = site.service.create_tenant("stranger").await.unwrap();
    let key = site.service.create_key(stranger.id, "theirs").await.unwrap();
    let key = key.text.expose();
    for route in routes().filter(|route| route.guard == Guard::Key && route.path.contains('{')) {
        let id = match route.path.split('/').nth(3).unwrap() {
            "psd-mockups" | "mockups" => &mockup.id,
            "jobs" => &job,
            "webhook-endpoints" => &endpoint,
            other => panic!("whose id stands in {other}?"),
        };
        let path = route.path.replace("{id}", id).replace("{delivery}", delivery);
        let ask = Ask::new(route.method.clone(), path).json(&json!({"name": "Mine now"}));
        let answer = ask.key(key).send(site.address).await;
        assert_eq!(answer.status, 404, "{route:?}: {:?}", answer.body);
    }

    for list in [
        "psd-mockups",
        "jobs",
        "webhook-endpoints",
        "webhook-endpoints/events",
    ] {
        let answer = Ask::get(format!("/api/v1/{list}"))
            .key(key)
            .send(site.address)
            .await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, 200);
        assert!(
            !text.contains(&mockup.id) && !text.contains(&job) && !text.contains(&endpoint),
            "{text}"
        );
    }
    let render = Ask::post("/api/v1/renders").json(&mockup.render_red()).key(key);
    let theirs = render.send(site.address).await;
    let nobodys = Ask::post("/api/v1/renders").json(&unknown_mockup()).key(key);
    assert_eq!(theirs.body, nobodys.send(site.address).await.body);

    // Nothing of it was touched.
    assert_eq!(
        site.get(format!("/api/v1/mockups/{}", mockup.id))
            .await
            .expect(200)["data"],
        mockup.told
    );
    assert_eq!(site.ended(&json!(job)).await["status"], "succeeded");
    site.get(&endpoints).await.expect(200);
}
