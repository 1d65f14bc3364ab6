//! Redirects: each hop starts over from the first rule, and there are few of them.

use std::sync::Arc;

use http::Response;
use http_body_util::Full;
use marquetry_egress::{Egress, FetchLimits, HostPattern, Outgoing, Policy};

use crate::far_end::{
    Names, Seen, Trap, class, door, honest, limits, local_door, ok, redirect, send_limits, strangers_policy,
};

/// Where a redirect must not lead, and the class it is refused for. `{p}` is the port of the trap.
#[rustfmt::skip]
const NOWHERE: &[(&str, &str)] = &[
    ("http://127.0.0.2:{p}/", "address"),
    ("http://2130706434:{p}/", "address"),
    ("http://[::1]:{p}/", "address"),
    ("http://[::ffff:127.0.0.1]:{p}/", "address"),
    ("http://0.0.0.0:{p}/", "address"),
    ("//127.0.0.2:{p}/x", "address"),
    ("http://10.0.0.1/", "address"),
    ("http://169.254.169.254/latest/meta-data/", "address"),
    ("http://[64:ff9b::a9fe:a9fe]/", "address"),
    ("http://[fd00:ec2::254]/", "address"),
    ("http://localhost:{p}/", "address"),
    ("http://metadata.google.internal/", "address"),
    ("http://rebound.example:{p}/", "address"),
    ("http://outside.example:{p}/", "port"),
    ("http://user:pw@outside.example/", "userinfo"),
    ("http://outside.example./", "trailing dot"),
    ("file:///etc/passwd", "scheme"),
    ("gopher://127.0.0.2:{p}/_x", "scheme"),
    ("ftp://outside.example/", "scheme"),
    ("data:text/plain,hi", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("\\\\127.0.0.2\\x", "character"),
    ("/\\127.0.0.2:{p}/", "character"),
    ("http://:80/", "malformed"),
    ("http://[::1", "malformed"),
];

fn names() -> Arc<Names> {
    Names::knowing(&[
        ("localhost", &["127.0.0.2"]),
        ("metadata.google.internal", &["169.254.169.254"]),
        ("rebound.example", &["127.0.0.2"]),
        // Never dialled: the port is refused once the address turns out to be public.
        ("outside.example", &["93.184.215.14"]),
    ])
}

#[tokio::test]
async fn every_status_and_every_bad_place() {
    let trap = Trap::set().await;
    let places: Vec<String> = NOWHERE
        .iter()
        .map(|(to, _)| to.replace("{p}", &trap.port.to_string()))
        .collect();
    let port = honest(move |seen: Seen| {
        let (status, row) = seen.path.trim_start_matches('/').split_once('/').unwrap();
        redirect(status.parse().unwrap(), &places[row.parse::<usize>().unwrap()])
    })
    .await;
    let egress = door(strangers_policy(), names());
    for status in [301, 302, 303, 307, 308] {
        for (row, (to, expected)) in NOWHERE.iter().enumerate() {
            let url = format!("http://127.0.0.1:{port}/{status}/{row}");
            let error = egress.fetch(&url, &FetchLimits::default()).await.unwrap_err();
            assert_eq!(class(&error), *expected, "{status} to {to}: {error}");
        }
    }
    assert_eq!(trap.visits().await, 0);
}

/// The operator's lists hold on every hop, not only on the first.
#[tokio::test]
async fn a_redirect_does_not_get_round_the_host_lists() {
    let trap = Trap::set().await;
    let to = trap.port;
    let port = honest(move |seen: Seen| redirect(302, &format!("http://{}:{to}/", &seen.path[1..]))).await;
    let names = || {
        Names::knowing(&[
            ("denied.example", &["127.0.0.1"]),
            ("unlisted.example", &["127.0.0.1"]),
        ])
    };
    let deny = Policy {
        deny_hosts: vec![HostPattern::new("denied.example")],
        ..strangers_policy()
    };
    let allow = Policy {
        allow_hosts: vec![HostPattern::new("127.0.0.1")],
        ..strangers_policy()
    };
    for (policy, name, expected) in [
        (deny, "denied.example", "host denied"),
        (allow, "unlisted.example", "host not listed"),
    ] {
        let url = format!("http://127.0.0.1:{port}/{name}");
        let error = door(policy, names()).fetch(&url, &limits()).await.unwrap_err();
        assert_eq!(class(&error), expected, "{error}");
    }
    assert_eq!(trap.visits().await, 0);
}

/// `/3` redirects to `/2` and so on; `/0` is a file.
async fn staircase() -> u16 {
    honest(
        |seen: Seen| match seen.path.trim_start_matches('/').parse::<u32>() {
            Ok(0) => ok("arrived"),
            Ok(n) => redirect(302, &format!("/{}", n - 1)),
            Err(_) => redirect(302, &seen.path),
        },
    )
    .await
}

#[tokio::test]
async fn three_hops_are_followed_and_a_fourth_is_not() {
    let port = staircase().await;
    let egress = local_door();
    let fetched = egress
        .fetch(&format!("http://127.0.0.1:{port}/3"), &limits())
        .await
        .unwrap();
    assert_eq!(&fetched.bytes[..], b"arrived");
    assert_eq!(fetched.final_url.path(), "/0");
    let error = egress
        .fetch(&format!("http://127.0.0.1:{port}/4"), &limits())
        .await
        .unwrap_err();
    assert_eq!(class(&error), "too_many_redirects");
}

#[tokio::test]
async fn a_loop_ends() {
    let port = staircase().await;
    let error = local_door()
        .fetch(&format!("http://127.0.0.1:{port}/loop"), &limits())
        .await
        .unwrap_err();
    assert_eq!(class(&error), "too_many_redirects");
    let none = Policy {
        redirects: 0,
        ..strangers_policy()
    };
    let error = door(none, Names::knowing(&[]))
        .fetch(&format!("http://127.0.0.1:{port}/1"), &limits())
        .await;
    assert_eq!(class(&error.unwrap_err()), "too_many_redirects");
}

#[tokio::test]
async fn what_only_a_browser_follows_is_not_followed() {
    let trap = Trap::set().await;
    let to = format!("http://127.0.0.1:{}/", trap.port);
    let html = format!("<meta http-equiv=refresh content='0;url={to}'><script>location='{to}'</script>");
    let body = html.clone();
    let port = honest(move |seen: Seen| match seen.path.as_str() {
        "/refresh" => Response::builder()
            .header("refresh", format!("0; url={to}"))
            .header("content-location", &to)
            .header("link", format!("<{to}>; rel=preload"))
            .body(Full::from(body.clone()))
            .unwrap(),
        "/300" => redirect(300, &to),
        "/304" => redirect(304, &to),
        "/305" => redirect(305, &to),
        "/201" => redirect(201, &to),
        _ => Response::builder().status(302).body(Full::default()).unwrap(),
    })
    .await;
    let egress = local_door();
    let fetched = egress
        .fetch(&format!("http://127.0.0.1:{port}/refresh"), &limits())
        .await
        .unwrap();
    assert_eq!(&fetched.bytes[..], html.as_bytes());
    for path in ["300", "304", "305", "no-location"] {
        let error = egress
            .fetch(&format!("http://127.0.0.1:{port}/{path}"), &limits())
            .await
            .unwrap_err();
        assert_eq!(class(&error), "status", "{path}");
    }
    assert!(
        egress
            .fetch(&format!("http://127.0.0.1:{port}/201"), &limits())
            .await
            .is_ok()
    );
    assert_eq!(trap.visits().await, 0);
}

#[tokio::test]
async fn a_send_follows_nothing() {
    let trap = Trap::set().await;
    let to = format!("http://127.0.0.1:{}/", trap.port);
    let port =
        honest(move |seen: Seen| redirect(seen.path.trim_start_matches('/').parse().unwrap(), &to)).await;
    let egress = local_door();
    for status in [301, 302, 303, 307, 308] {
        let outgoing = Outgoing::post(format!("http://127.0.0.1:{port}/{status}"), "{}");
        assert_eq!(
            egress
                .send(outgoing, &send_limits())
                .await
                .unwrap()
                .status
                .as_u16(),
            status
        );
    }
    assert_eq!(trap.visits().await, 0);
}

/// Nothing carries over a hop: no referrer, no cookie, no header of the first answer.
#[tokio::test]
async fn a_hop_starts_clean() {
    let port = honest(|seen: Seen| match seen.path.as_str() {
        "/start?signature=s3cret" => {
            let mut answer = redirect(302, "/end#part");
            answer.headers_mut().insert("set-cookie", "a=b".parse().unwrap());
            answer
        }
        _ => {
            let mut names: Vec<_> = seen.headers.keys().map(http::HeaderName::as_str).collect();
            names.sort_unstable();
            ok(format!("{} {} {}", seen.method, seen.path, names.join(" ")))
        }
    })
    .await;
    let url = format!("http://127.0.0.1:{port}/start?signature=s3cret#frag");
    let fetched = local_door().fetch(&url, &limits()).await.unwrap();
    let text = std::str::from_utf8(&fetched.bytes).unwrap();
    assert_eq!(text, "GET /end accept accept-encoding connection host user-agent");
    assert!(!format!("{fetched:?}").contains("s3cret"));
}

/// A redirect into a network that the operator opened is fine, by its real name too.
#[tokio::test]
async fn an_open_network_may_be_redirected_into() {
    let end = honest(|seen: Seen| ok(seen.headers["host"].to_str().unwrap().to_owned())).await;
    let start = honest(move |_| redirect(307, &format!("http://localhost:{end}/x"))).await;
    let egress = Egress::new(Policy::allow_private()).unwrap();
    let fetched = egress
        .fetch(&format!("http://127.0.0.1:{start}/"), &limits())
        .await
        .unwrap();
    assert_eq!(fetched.bytes, format!("localhost:{end}"));
}
