//! The table of URL tricks at the moment of sending: whatever an endpoint's address became since it was made, and
//! whatever its name means by now, nobody inside is called.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use marquetry_egress::{Egress, Policy, ResolveError, Resolver};
use marquetry_job::DeliveryState;
use marquetry_model::{Callback, Target};
use marquetry_testkit::tricks::{Fate, TRICKS, aimed};
use tokio::net::TcpListener;

use crate::stage::{Stage, callback_dialect, start};

/// Knows the names of the table.
#[derive(Debug)]
struct Names(HashMap<&'static str, Vec<IpAddr>>);

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        self.0.get(name).cloned().ok_or(ResolveError::NoSuchName)
    }
}

#[tokio::test]
async fn no_row_is_ever_called() {
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
    let mut names = HashMap::new();
    for (_, fate) in TRICKS {
        if let Fate::Answers(name, addresses) = fate {
            let addresses = addresses.iter().map(|address| address.parse().unwrap());
            names.insert(*name, addresses.collect());
        }
    }
    let policy = Policy {
        ports: vec![80, 443, port],
        ..Policy::default()
    };
    let egress = Egress::builder(policy).resolver(Arc::new(Names(names)));
    let stage = Stage::new();
    let mut owed = Vec::new();
    for (number, (text, fate)) in TRICKS.iter().enumerate() {
        let url = aimed(text, port);
        // As an endpoint would be that slipped in before a rule was made.
        let target = match number % 2 {
            0 => Target::Endpoint(
                stage
                    .endpoint(u8::try_from(number).unwrap(), url.clone())
                    .await
                    .id,
            ),
            _ => Target::Callback(Callback {
                url: url.clone(),
                secret: None,
                dialect: callback_dialect(),
            }),
        };
        let delivery = stage.delivery(u8::try_from(number).unwrap(), target);
        stage.store.insert_delivery(&delivery).await.unwrap();
        owed.push((url, fate, delivery.id));
    }
    let courier = start(stage.courier_with(egress.build().unwrap()));
    for (url, fate, id) in owed {
        let delivery = stage.until_tried(id, 1).await;
        let told = delivery.tries[0].error.as_deref().unwrap_or_default();
        let fine = match fate {
            Fate::Text(_) | Fate::Answers(..) => told.starts_with("not sent: "),
            Fate::Means(_) => told == "the host name could not be looked up",
        };
        assert!(fine, "{url:?}: {told}");
        assert_eq!(delivery.tries[0].status, None, "{url:?}");
        assert!(matches!(delivery.state, DeliveryState::Pending { .. }), "{url:?}");
    }
    courier.stop().await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}
