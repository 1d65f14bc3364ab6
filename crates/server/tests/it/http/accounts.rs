//! Who is asking, and the plans that everybody may read.

use marquetry_dialect::sudomock::answer::Plan;
use serde_json::json;

use super::client::Ask;
use super::site::{Setup, Site};

#[tokio::test]
async fn me_is_the_tenant_with_its_key_and_plan() {
    let plan = Plan {
        id: "atelier".to_owned(),
        credits_per_month: 1000,
        ..Plan::default()
    };
    let site = Site::idle(Setup {
        plan,
        ..Setup::default()
    })
    .await;
    let me = site.get("/api/v1/me").await.expect(200);
    let data = &me["data"];
    assert_eq!(data["account"]["uuid"], json!(site.tenant.to_string()));
    assert_eq!(data["account"]["email"], "ops@example.com");
    assert_eq!(data["subscription"]["plan"], "atelier");
    assert_eq!(data["usage"]["credits_limit"], 1000);
    assert_eq!(data["usage"]["credits_remaining"], 1000);
    assert_eq!(data["api_key"]["name"], "tests");
    assert_eq!(data["api_key"]["total_requests"], 1);
}

#[tokio::test]
async fn plans_need_no_key() {
    let site = Site::idle(Setup::default()).await;
    for path in ["/api/v1/packages/plans", "/api/v1/packages/pricing"] {
        let plans = Ask::get(path).send(site.address).await.expect(200);
        assert_eq!(plans["plans"][0]["id"], "self-hosted");
    }
}

#[tokio::test]
async fn a_key_is_taken_from_either_header_and_its_own_first() {
    let site = Site::idle(Setup::default()).await;
    let bearer = |key: &str| Ask::get("/api/v1/me").header("authorization", format!("Bearer {key}"));
    let status = async |ask: Ask| ask.send(site.address).await.status.as_u16();
    assert_eq!(status(Ask::get("/api/v1/me").key(&site.key)).await, 200);
    assert_eq!(
        status(Ask::get("/api/v1/me").header("X-API-KEY", &site.key)).await,
        200
    );
    assert_eq!(status(bearer(&site.key)).await, 200);
    assert_eq!(status(bearer(&site.key).key("sm_wrong")).await, 401);
    assert_eq!(status(bearer("sm_wrong").key(&site.key)).await, 200);

    let keys = site.service.keys(site.tenant).await.unwrap();
    site.service.revoke_key(site.tenant, keys[0].id).await.unwrap();
    let refused = site.get("/api/v1/me").await;
    assert_eq!(
        refused.expect(401),
        json!({
            "error_code": "INVALID_API_KEY",
            "detail": "The API key is missing or not valid. Send it in the x-api-key header.",
            "success": false,
        })
    );
}
