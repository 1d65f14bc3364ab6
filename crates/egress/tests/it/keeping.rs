//! Connections that are kept between two sends: for whom, for how long, to where, and far ends that abuse it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use marquetry_egress::{
    Egress, EgressError, Keep, Outgoing, Party, Policy, ResolveError, Resolver, SendLimits, Sent,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::counting::{Deed, FINE, FarEnd, PATIENCE};
use crate::far_end::{Names, class, door, strangers_policy};

fn one() -> Party {
    Party::new(1_u64)
}

async fn send_to(egress: &Egress, url: &str, party: Option<Party>) -> Result<Sent, EgressError> {
    let outgoing = Outgoing {
        party,
        ..Outgoing::post(url, r#"{"id":1}"#)
    };
    let limits = SendLimits {
        total: PATIENCE,
        ..SendLimits::default()
    };
    egress.send(outgoing, &limits).await
}

async fn fine(egress: &Egress, url: &str) {
    let sent = send_to(egress, url, Some(one())).await.unwrap();
    assert_eq!((sent.status.as_u16(), &sent.body[..]), (200, &b"fine"[..]));
}

fn keeping(keep: Keep) -> Egress {
    let policy = Policy {
        keep,
        ..strangers_policy()
    };
    let names = [("a.example", &["127.0.0.1"][..]), ("b.example", &["127.0.0.1"])];
    door(policy, Names::knowing(&names))
}

/// Keeps connections for longer than any test takes.
fn long() -> Keep {
    Keep {
        idle_for: Duration::from_secs(600),
        age: Duration::from_secs(600),
        ..Keep::default()
    }
}

#[tokio::test]
async fn a_party_shares_its_connections_with_nobody_else() {
    let end = FarEnd::new(|_| Deed::Says(FINE)).await;
    let egress = keeping(long());
    for _ in 0..5 {
        fine(&egress, &end.url()).await;
    }
    assert_eq!((end.opened(), end.asked()), (1, 5), "one after the other");
    for number in 2..5_u64 {
        send_to(&egress, &end.url(), Some(Party::new(number)))
            .await
            .unwrap();
    }
    assert_eq!(end.opened(), 4, "each party has its own");
    send_to(&egress, &end.url(), None).await.unwrap();
    end.closed(1).await;
    send_to(&egress, &end.url(), None).await.unwrap();
    assert_eq!(end.opened(), 6, "nobody's connections serve once");
    fine(&egress, &end.url()).await;
    assert_eq!(end.opened(), 6);
    let heads = end.heads.lock().unwrap();
    let closes: Vec<bool> = heads
        .iter()
        .map(|head| head.contains("connection: close"))
        .collect();
    assert_eq!(
        closes,
        [
            false, false, false, false, false, false, false, false, true, true, false
        ]
    );
}

#[tokio::test]
async fn two_names_of_one_address_are_two_origins() {
    let end = FarEnd::new(|_| Deed::Says(FINE)).await;
    let egress = keeping(long());
    for host in ["a.example", "b.example", "127.0.0.1", "a.example", "b.example"] {
        fine(&egress, &format!("http://{host}:{}/", end.port)).await;
    }
    assert_eq!(end.opened(), 3);
    assert!(end.heads.lock().unwrap()[4].contains(&format!("host: b.example:{}", end.port)));
}

#[tokio::test]
async fn requests_at_the_same_time_do_not_share() {
    let end = FarEnd::new(|_| Deed::Says(FINE)).await;
    let egress = keeping(long());
    let url = end.url();
    for _ in 0..2 {
        let all = (0..8).map(|_| fine(&egress, &url));
        futures_join(all).await;
    }
    assert!((1..=8).contains(&end.opened()), "{}", end.opened());
    assert_eq!(end.asked(), 16);
}

async fn futures_join(all: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    std::future::poll_fn(|cx| {
        all.retain_mut(|one| one.as_mut().poll(cx).is_pending());
        match all.is_empty() {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
}

/// Answers what it was last told to.
#[derive(Debug)]
struct Told(std::sync::Mutex<Result<IpAddr, ()>>);

impl Told {
    fn now(&self, address: Result<[u8; 4], ()>) {
        *self.0.lock().unwrap() = address.map(IpAddr::from);
    }
}

#[async_trait]
impl Resolver for Told {
    async fn resolve(&self, _: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let told = *self.0.lock().unwrap();
        told.map(|address| vec![address])
            .map_err(|()| ResolveError::NoSuchName)
    }
}

#[tokio::test]
async fn an_address_that_no_longer_passes_is_not_used_and_its_connection_is_closed() {
    let end = FarEnd::new(|_| Deed::Says(FINE)).await;
    let told = Arc::new(Told(std::sync::Mutex::new(Ok([127, 0, 0, 1].into()))));
    let policy = Policy {
        keep: long(),
        ..strangers_policy()
    };
    let egress = door(policy, told.clone());
    let url = format!("http://flip.example:{}/", end.port);
    for (number, (address, expected)) in [
        (Ok([127, 0, 0, 2]), "address"),
        (Ok([169, 254, 169, 254]), "address"),
        (Err(()), "no_such_name"),
    ]
    .into_iter()
    .enumerate()
    {
        fine(&egress, &url).await;
        fine(&egress, &url).await;
        assert_eq!(end.opened(), number + 1);
        told.now(address);
        let error = send_to(&egress, &url, Some(one())).await.unwrap_err();
        assert_eq!(class(&error), expected);
        end.closed(number + 1).await;
        told.now(Ok([127, 0, 0, 1]));
    }
    assert_eq!(end.asked(), 6);
}

#[tokio::test]
async fn a_name_that_moved_is_followed() {
    let first = FarEnd::new(|_| Deed::Says(FINE)).await;
    let Ok(listener) = TcpListener::bind(("127.0.0.2", first.port)).await else {
        eprintln!("skipped: 127.0.0.2 cannot be bound here");
        return;
    };
    let second = FarEnd::on(listener, |_| Deed::Says(FINE));
    let told = Arc::new(Told(std::sync::Mutex::new(Ok([127, 0, 0, 1].into()))));
    let policy = Policy {
        keep: long(),
        also_allow: vec!["127.0.0.0/30".parse().unwrap()],
        ..Policy::default()
    };
    let egress = door(policy, told.clone());
    let url = format!("http://moving.example:{}/", first.port);
    fine(&egress, &url).await;
    told.now(Ok([127, 0, 0, 2]));
    fine(&egress, &url).await;
    fine(&egress, &url).await;
    first.closed(1).await;
    assert_eq!((first.asked(), second.asked(), second.opened()), (1, 2, 1));
}

#[tokio::test]
async fn a_far_end_that_says_more_than_its_answer_is_not_heard_again() {
    const SMUGGLED: &[u8] =
        b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfineHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad";
    const EMPTY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbad";
    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbad";
    for deed in [
        Deed::Says(SMUGGLED),
        Deed::Says(EMPTY),
        Deed::Says(CHUNKED),
        Deed::Adds(FINE, b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad"),
        Deed::Adds(FINE, b"\r\n"),
        Deed::Adds(FINE, b"x"),
    ] {
        let end = FarEnd::new(move |number| if number == 0 { deed } else { Deed::Says(FINE) }).await;
        let egress = keeping(long());
        let first = send_to(&egress, &end.url(), Some(one())).await.unwrap();
        assert_ne!(&first.body[..], b"bad");
        end.closed(1).await;
        fine(&egress, &end.url()).await;
        fine(&egress, &end.url()).await;
        assert_eq!((end.opened(), end.asked()), (2, 3));
    }
}

#[tokio::test]
async fn a_far_end_that_hung_up_is_called_again() {
    // It says nothing about it; whether we notice before the next request or by it, that arrives.
    let end = FarEnd::new(|_| Deed::Parts(FINE)).await;
    let egress = keeping(long());
    for _ in 0..20 {
        fine(&egress, &end.url()).await;
    }
    assert_eq!((end.opened(), end.asked()), (20, 20));
}

#[tokio::test]
async fn a_request_that_gets_not_a_byte_back_is_sent_again_once() {
    // Takes the second request of a connection and hangs up on it.
    let end = FarEnd::new(|number| match number {
        1 => Deed::Parts(b""),
        _ => Deed::Says(FINE),
    })
    .await;
    let egress = keeping(long());
    fine(&egress, &end.url()).await;
    fine(&egress, &end.url()).await;
    assert_eq!((end.opened(), end.asked()), (2, 3));

    // Over a new connection the same is an error, as there is no telling what the far end made of it.
    let end = FarEnd::new(|number| match number {
        0 => Deed::Says(FINE),
        _ => Deed::Parts(b""),
    })
    .await;
    fine(&egress, &end.url()).await;
    let error = send_to(&egress, &end.url(), Some(one())).await.unwrap_err();
    assert_eq!(class(&error), "protocol");
    assert_eq!((end.opened(), end.asked()), (2, 3));
}

#[tokio::test]
async fn a_request_whose_answer_began_is_not_sent_again() {
    let end = FarEnd::new(|number| match number {
        0 => Deed::Says(FINE),
        _ => Deed::Parts(b"HTTP/1.1 2"),
    })
    .await;
    let egress = keeping(long());
    fine(&egress, &end.url()).await;
    let error = send_to(&egress, &end.url(), Some(one())).await.unwrap_err();
    assert_eq!(class(&error), "protocol");
    assert_eq!((end.opened(), end.asked()), (1, 2));
}

#[tokio::test]
async fn what_was_not_read_to_its_end_is_closed() {
    const LONG: &[u8] = &[b'x'; 64 * 1024];
    let long_answer: &'static [u8] = [&b"HTTP/1.1 200 OK\r\ncontent-length: 65536\r\n\r\n"[..], LONG]
        .concat()
        .leak();
    for answer in [
        long_answer,
        b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nfine",
        b"HTTP/1.0 200 OK\r\ncontent-length: 4\r\n\r\nfine",
        b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nfine",
        b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfine\r\nzz\r\n",
    ] {
        let end = FarEnd::new(move |_| Deed::Says(answer)).await;
        let egress = keeping(long());
        for number in 1..4 {
            let _ = send_to(&egress, &end.url(), Some(one())).await;
            end.closed(number).await;
        }
        assert_eq!((end.opened(), end.asked()), (3, 3));
    }
}

#[tokio::test]
async fn a_far_end_that_answers_before_it_has_listened_is_not_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let opened = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&opened);
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 64]).await;
            let _ = stream.write_all(FINE).await;
            held.push(stream);
        }
    });
    let egress = keeping(long());
    for number in 1..4 {
        // More than the buffers between us hold.
        let outgoing = Outgoing {
            party: Some(one()),
            ..Outgoing::post(format!("http://127.0.0.1:{port}/"), vec![b'x'; 16 << 20])
        };
        let sent = egress.send(outgoing, &SendLimits::default()).await.unwrap();
        assert_eq!(sent.status, 200);
        assert_eq!(opened.load(Ordering::SeqCst), number);
    }
}

#[tokio::test]
async fn nothing_lies_idle_for_longer_or_in_greater_number_than_allowed() {
    let ends = [
        FarEnd::new(|_| Deed::Says(FINE)).await,
        FarEnd::new(|_| Deed::Says(FINE)).await,
        FarEnd::new(|_| Deed::Says(FINE)).await,
    ];
    let egress = keeping(Keep { idle: 2, ..long() });
    for end in &ends {
        fine(&egress, &end.url()).await;
    }
    // The longest idle made room.
    ends[0].closed(1).await;
    fine(&egress, &ends[1].url()).await;
    fine(&egress, &ends[2].url()).await;
    assert_eq!((ends[1].opened(), ends[2].opened()), (1, 1));

    // Closed in time although nobody asks for them any more.
    let end = FarEnd::new(|_| Deed::Says(FINE)).await;
    let egress = keeping(Keep {
        idle_for: Duration::from_millis(30),
        ..Keep::default()
    });
    for number in 1..4 {
        fine(&egress, &end.url()).await;
        end.closed(number).await;
    }
    assert_eq!(end.opened(), 3);

    for none in [
        Keep { idle: 0, ..long() },
        Keep {
            age: Duration::ZERO,
            ..long()
        },
        Keep {
            idle_for: Duration::ZERO,
            ..long()
        },
    ] {
        let end = FarEnd::new(|_| Deed::Says(FINE)).await;
        let egress = keeping(none);
        for number in 1..4 {
            fine(&egress, &end.url()).await;
            end.closed(number).await;
        }
    }
    // Beyond what a clock can hold.
    let end = FarEnd::new(|_| Deed::Says(FINE)).await;
    let egress = keeping(Keep {
        idle: usize::MAX,
        idle_for: Duration::MAX,
        age: Duration::MAX,
    });
    fine(&egress, &end.url()).await;
    fine(&egress, &end.url()).await;
    assert_eq!(end.opened(), 1);
}

#[tokio::test]
async fn what_lies_idle_gives_way_to_what_needs_its_slot() {
    let ends = [
        FarEnd::new(|_| Deed::Says(FINE)).await,
        FarEnd::new(|_| Deed::Says(FINE)).await,
    ];
    let policy = Policy {
        keep: long(),
        connections: 2,
        ..strangers_policy()
    };
    let egress = door(policy, Names::knowing(&[]));
    for _ in 0..3 {
        for end in &ends {
            for party in 1..4_u64 {
                let sent = send_to(&egress, &end.url(), Some(Party::new(party)))
                    .await
                    .unwrap();
                assert_eq!(sent.status, 200);
            }
        }
    }
    let open: usize = ends.iter().map(FarEnd::open).sum();
    assert!(
        open <= 3,
        "{open} open: two, and perhaps one whose end the far end has not read yet"
    );
}

#[tokio::test]
async fn a_door_that_is_gone_leaves_nothing_open() {
    let end = FarEnd::new(|_| Deed::Says(FINE)).await;
    let egress = keeping(long());
    fine(&egress, &end.url()).await;
    drop(egress);
    end.closed(1).await;
}
