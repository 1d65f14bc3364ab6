//! The table of URL tricks at the doors of the API: where an endpoint is made, a mockup fetched and an asset fetched.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use marquetry_egress::{Egress, Policy, ResolveError, Resolver};
use marquetry_testkit::tricks::{Fate, TRICKS, aimed};
use serde_json::json;
use tokio::net::TcpListener;

use super::site::{Setup, Site};

/// Knows the names of the table.
#[derive(Debug)]
struct Names(HashMap<&'static str, Vec<IpAddr>>);

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        self.0.get(name).cloned().ok_or(ResolveError::NoSuchName)
    }
}

fn strangers_door(policy: Policy) -> Egress {
    let mut names = HashMap::new();
    for (_, fate) in TRICKS {
        if let Fate::Answers(name, addresses) = fate {
            let addresses = addresses.iter().map(|address| address.parse().unwrap());
            names.insert(*name, addresses.collect());
        }
    }
    let door = Egress::builder(policy).resolver(Arc::new(Names(names)));
    door.build().unwrap()
}

#[tokio::test]
async fn no_row_gets_through_a_door_of_the_api() {
    // On every address of this machine, where there are both families.
    let trap = match TcpListener::bind("[::]:0").await {
        Ok(trap) => trap,
        Err(_) => TcpListener::bind("0.0.0.0:0").await.unwrap(),
    };
    let port = trap.local_addr().unwrap().port();
    let visits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&visits);
    tokio::spawn(async move {
        while trap.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let policy = Policy {
        ports: vec![80, 443, port],
        ..Policy::default()
    };
    let site = Site::idle(Setup {
        policy: policy.clone(),
        ..Setup::default()
    })
    .await;
    site.work_through(strangers_door(policy));
    let mockup = site.mockup().await;

    for (text, fate) in TRICKS {
        let url = aimed(text, port);
        let made = site.post("/api/v1/webhook-endpoints", &json!({"url": url})).await;
        match fate {
            // An empty text is a field that is missing, and told as one.
            Fate::Text(_) if url.is_empty() => assert_eq!(made.status, 422),
            Fate::Text(_) => assert_eq!(
                made.problem(),
                (422, "WEBHOOK_URL_REJECTED".to_owned()),
                "{url:?}"
            ),
            // What a name means is asked when something is sent there.
            Fate::Answers(..) | Fate::Means(_) => {
                let id = made.expect(201)["id"].as_str().unwrap().to_owned();
                let path = format!("/api/v1/webhook-endpoints/{id}");
                let removed = super::client::Ask::new(http::Method::DELETE, path);
                site.send(removed).await.expect(204);
            }
        }
        let upload = site
            .post("/api/v1/psd/upload", &json!({"psd_file_url": url}))
            .await;
        let render = site
            .post("/api/v1/renders", &mockup.render(&json!({"url": url})))
            .await;
        for answer in [upload, render] {
            assert!(!answer.status.is_success(), "{url:?}: {:?}", answer.body);
            let told = answer.json().to_string();
            assert!(
                [
                    "127.0.0.1\"",
                    "refused",
                    "timed out",
                    "loopback",
                    "metadata address"
                ]
                .iter()
                .all(|word| !told.contains(word)),
                "{url:?} is told too much: {told}"
            );
        }
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}
