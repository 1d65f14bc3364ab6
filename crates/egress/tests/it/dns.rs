//! Names that lie: answers that change, answers that mix, too many answers, none.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use marquetry_egress::{
    Again, Egress, EgressError, Networks, Outgoing, Phase, Policy, ResolveError, Resolver, SystemResolver,
};
use tokio::net::TcpListener;

use crate::far_end::{Names, Trap, class, door, honest, limits, ok, send_limits, strangers_policy};

/// Answers 127.0.0.1 (which these tests allow) and 127.0.0.2 (which they do not) in turn.
#[derive(Debug, Default)]
struct Flipping {
    questions: AtomicUsize,
}

#[async_trait]
impl Resolver for Flipping {
    async fn resolve(&self, _: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let turn = self.questions.fetch_add(1, Ordering::SeqCst) % 2;
        Ok(vec![if turn == 0 {
            [127, 0, 0, 1].into()
        } else {
            [127, 0, 0, 2].into()
        }])
    }
}

#[tokio::test]
async fn a_name_that_flips_gets_nowhere_in_a_thousand_tries() {
    // The same port on both addresses: a second look-up would land in the trap.
    let good = honest(|_| ok("good")).await;
    let Ok(bad) = TcpListener::bind(("127.0.0.2", good)).await else {
        // Some systems give the loopback interface one address only; then nothing can listen there.
        eprintln!("skipped: 127.0.0.2 cannot be bound here");
        return;
    };
    let visits = Arc::new(AtomicUsize::new(0));
    let counted = visits.clone();
    tokio::spawn(async move {
        while bad.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let resolver = Arc::new(Flipping::default());
    let egress = door(strangers_policy(), resolver.clone());
    let url = format!("http://flip.example:{good}/");
    let (mut fetched, mut refused) = (0, 0);
    for _ in 0..1000 {
        match egress.fetch(&url, &limits()).await {
            Ok(file) => {
                assert_eq!(&file.bytes[..], b"good");
                fetched += 1;
            }
            Err(error) => {
                assert_eq!(class(&error), "address");
                refused += 1;
            }
        }
    }
    assert_eq!((fetched, refused), (500, 500));
    assert_eq!(
        resolver.questions.load(Ordering::SeqCst),
        1000,
        "one question a request"
    );
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn one_bad_answer_spoils_the_lot() {
    let trap = Trap::set().await;
    let many: Vec<String> = (0..1000)
        .map(|n| format!("93.184.{}.{}", n / 250, n % 250))
        .collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    many.push("10.0.0.1");
    let names = Names::knowing(&[
        ("first.example", &["127.0.0.1", "127.0.0.2"]),
        ("last.example", &["127.0.0.2", "127.0.0.1"]),
        ("six.example", &["127.0.0.1", "fd00::1"]),
        ("mapped.example", &["127.0.0.1", "::ffff:10.0.0.1"]),
        ("only-six.example", &["fe80::1"]),
        ("many.example", &many),
    ]);
    let egress = door(strangers_policy(), names);
    for name in ["first", "last", "six", "mapped", "only-six", "many"] {
        let url = format!("http://{name}.example:{}/", trap.port);
        let error = egress.fetch(&url, &limits()).await.unwrap_err();
        assert_eq!(class(&error), "address", "{name}: {error}");
        assert_eq!(error.client_message(), "address not allowed");
        assert_eq!(error.again(), Again::Never);
        let error = egress
            .send(Outgoing::post(&url, "{}"), &send_limits())
            .await
            .unwrap_err();
        assert_eq!(class(&error), "address", "{name}: {error}");
        assert_eq!(class(&egress.check(&url).await.unwrap_err()), "address", "{name}");
    }
    assert_eq!(trap.visits().await, 0);
}

#[tokio::test]
async fn a_dead_address_does_not_hide_a_living_one() {
    let port = honest(|_| ok("alive")).await;
    let names = Names::knowing(&[
        // Nothing listens on the first two; duplicates are dialled once.
        (
            "patchy.example",
            &["127.0.0.9", "127.0.0.9", "127.0.0.8", "127.0.0.1"],
        ),
        (
            "long.example",
            &["127.0.0.9", "127.0.0.8", "127.0.0.7", "127.0.0.6", "127.0.0.1"],
        ),
    ]);
    let policy = Policy {
        networks: Networks::AllowPrivate,
        ..Policy::default()
    };
    let egress = door(policy, names);
    let fetched = egress
        .fetch(&format!("http://patchy.example:{port}/"), &limits())
        .await
        .unwrap();
    assert_eq!(&fetched.bytes[..], b"alive");
    let error = egress
        .fetch(&format!("http://long.example:{port}/"), &limits())
        .await
        .unwrap_err();
    assert!(
        matches!(error, EgressError::Connect { .. }),
        "four addresses are tried, not five: {error}"
    );
    assert_eq!(error.again(), Again::Later);
}

/// Never answers.
#[derive(Debug)]
struct Silent;

#[async_trait]
impl Resolver for Silent {
    async fn resolve(&self, _: &str) -> Result<Vec<IpAddr>, ResolveError> {
        std::future::pending().await
    }
}

/// Answers, with nothing.
#[derive(Debug)]
struct Empty;

#[async_trait]
impl Resolver for Empty {
    async fn resolve(&self, _: &str) -> Result<Vec<IpAddr>, ResolveError> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn no_answer_and_no_such_name_differ_for_the_log_and_not_for_the_stranger() {
    let policy = || Policy {
        resolve_timeout: Duration::from_millis(50),
        ..Policy::default()
    };
    let silent = door(policy(), Arc::new(Silent))
        .fetch("http://a.example/", &limits())
        .await
        .unwrap_err();
    assert!(
        matches!(
            silent,
            EgressError::Timeout {
                phase: Phase::Resolve,
                ..
            }
        ),
        "{silent}"
    );
    assert_eq!(silent.again(), Again::Later);
    let unknown = door(policy(), Names::knowing(&[]))
        .fetch("http://a.example/", &limits())
        .await
        .unwrap_err();
    assert!(matches!(unknown, EgressError::NoSuchName { .. }), "{unknown}");
    assert_eq!(unknown.again(), Again::Never);
    let empty = door(policy(), Arc::new(Empty))
        .fetch("http://a.example/", &limits())
        .await
        .unwrap_err();
    assert!(matches!(empty, EgressError::NoSuchName { .. }), "{empty}");
    assert_eq!(silent.client_message(), unknown.client_message());
}

#[tokio::test]
async fn the_systems_resolver_knows_localhost_and_not_nonsense() {
    let port = honest(|_| ok("home")).await;
    let egress = Egress::new(Policy::allow_private()).unwrap();
    let fetched = egress
        .fetch(&format!("http://localhost:{port}/"), &limits())
        .await
        .unwrap();
    assert_eq!(&fetched.bytes[..], b"home");
    // Reserved never to exist (RFC 6761); a machine without any resolver says "failed" instead.
    let nonsense = SystemResolver::new(1).resolve("no-such-name.invalid").await;
    assert!(nonsense.is_err(), "{nonsense:?}");
}
