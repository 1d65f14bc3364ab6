//! Nothing is begun for whoever cannot pay, and nothing is charged for what fails.

use marquetry_model::Amount;
use serde_json::{Value, json};

use super::error;
use super::world::{card, priced};
use crate::http::site::Site;

/// A site on which a file of a template costs 44,000 millionths.
async fn shop() -> Site {
    let site = priced().await;
    for id in ["tpl_1", "tpl_2"] {
        site.publish(&card(id)).await;
    }
    let group = json!({"id": "both", "name": "Both", "template_ids": ["tpl_1", "tpl_2"]});
    site.post("/api/v1/design-groups", &group).await.expect(201);
    site
}

fn order() -> Value {
    json!({"template_id": "tpl_1", "fields": {"Name": "Jo"}})
}

async fn pay_in(site: &Site, files: u64, reference: &str) {
    let amount = Amount::from_micros(44_000 * files).unwrap();
    site.service.top_up(site.tenant, amount, reference).await.unwrap();
}

#[tokio::test]
async fn c09_without_a_balance_there_is_no_job() {
    let site = shop().await;
    let all = json!({"design_group_id": "both", "fields": {"Name": "Jo"}});
    for (path, body) in [
        ("/api/v1/create", order()),
        ("/api/v1/create?sync=true", order()),
        ("/api/v1/studio/create-and-render", order()),
        ("/api/v1/design-groups/create", all.clone()),
    ] {
        let refused = site.post(path, &body).await;
        assert_eq!(
            error(&refused, 402),
            (
                "Insufficient balance".to_owned(),
                "insufficient_balance".to_owned()
            ),
            "{path}"
        );
    }
    assert_eq!(site.job_count().await, 0);
    // What is wrong or not there is told before anybody asks for money.
    error(
        &site
            .post("/api/v1/create", &json!({"template_id": "tpl_none"}))
            .await,
        404,
    );
    error(
        &site
            .post("/api/v1/create", &json!({"template_id": "tpl_1"}))
            .await,
        400,
    );

    // One file is paid for: one job comes in, a group of two does not, and not by half.
    pay_in(&site, 1, "first").await;
    error(&site.post("/api/v1/design-groups/create", &all).await, 402);
    assert_eq!(site.job_count().await, 0);
    site.post("/api/v1/create", &order()).await.expect(202);
    error(&site.post("/api/v1/create", &order()).await, 402);
    assert_eq!(site.job_count().await, 1);

    pay_in(&site, 9, "second").await;
    site.service
        .suspend(site.tenant, "card charge failed")
        .await
        .unwrap();
    let refused = site.post("/api/v1/create", &order()).await;
    assert_eq!(
        error(&refused, 402),
        ("Account suspended".to_owned(), "account_suspended".to_owned())
    );
}

#[tokio::test]
async fn what_fails_costs_nothing() {
    let site = shop().await;
    site.work();
    pay_in(&site, 1, "first").await;
    let mut hopeless = order();
    site.outside
        .answer_always(marquetry_testkit::catcher::Answer::status(404));
    hopeless["fields"]["Photo"] = site.outside.url("/gone.jpg").into();
    let told = site.post("/api/v1/create?sync=true", &hopeless).await.expect(200);
    assert_eq!(told["status"], "failed", "{told}");
    let told = site.post("/api/v1/create?sync=true", &order()).await.expect(200);
    assert_eq!(told["status"], "complete", "{told}");
    let funds = site.service.funds(site.tenant).await.unwrap();
    assert_eq!((funds.balance, funds.held), (Amount::ZERO, Amount::ZERO));
}
