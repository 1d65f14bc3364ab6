//! Answers that lie about their length, drip, never end, never begin, or are not HTTP at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Response;
use http_body_util::Full;
use marquetry_egress::{Again, EgressError, FetchLimits, MinRate, Phase, Policy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::far_end::{
    Names, Seen, class, door, drips, honest, limits, local_door, ok, rogue, says, strangers_policy,
};

const ENDLESS: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const CHUNK: &[u8] = b"10\r\n0123456789abcdef\r\n";

async fn fetch(port: u16, limits: &FetchLimits) -> Result<marquetry_egress::Fetched, EgressError> {
    local_door()
        .fetch(&format!("http://127.0.0.1:{port}/file.png?sig=s3cret"), limits)
        .await
}

#[tokio::test]
async fn a_file_arrives_whole() {
    let port = honest(|_| ok(vec![7; 100_000])).await;
    let fetched = fetch(port, &limits()).await.unwrap();
    assert_eq!(
        &fetched.bytes[..],
        vec![7; 100_000],
        "as long as the limit is still fine"
    );
    assert_eq!(fetched.content_type.as_deref(), Some("image/png"));
    assert_eq!(fetched.status, 200);
}

#[tokio::test]
async fn a_declared_length_over_the_limit_is_refused_before_the_body() {
    let port = says("HTTP/1.1 200 OK\r\ncontent-length: 100001\r\n\r\n").await;
    let error = fetch(port, &limits()).await.unwrap_err();
    assert!(
        matches!(
            error,
            EgressError::TooLarge {
                declared: Some(100_001),
                limit: 100_000,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(error.again(), Again::Never);
    let port = says("HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551613\r\n\r\n").await;
    assert_eq!(class(&fetch(port, &limits()).await.unwrap_err()), "too_large");
}

#[tokio::test]
async fn a_body_over_the_limit_is_cut_where_the_limit_is() {
    let endless = drips(ENDLESS, CHUNK, Duration::ZERO).await;
    let until_close = drips(b"HTTP/1.1 200 OK\r\n\r\n", &[0; 4096], Duration::ZERO).await;
    for port in [endless, until_close] {
        let mut opened = local_door()
            .open(&format!("http://127.0.0.1:{port}/"), &limits())
            .await
            .unwrap();
        let mut got = 0;
        let error = loop {
            match opened.body.chunk().await {
                Ok(Some(bytes)) => got += bytes.len() as u64,
                Ok(None) => panic!("it does not end"),
                Err(error) => break error,
            }
        };
        assert!(
            matches!(error, EgressError::TooLarge { declared: None, .. }),
            "{error}"
        );
        assert!(got <= 100_000, "{got}");
    }
}

#[tokio::test]
async fn a_body_that_is_always_ready_still_runs_out_of_time() {
    let port = drips(ENDLESS, CHUNK, Duration::ZERO).await;
    let limits = FetchLimits {
        bytes: u64::MAX,
        total: Duration::from_millis(300),
        ..limits()
    };
    let mut opened = local_door()
        .open(&format!("http://127.0.0.1:{port}/"), &limits)
        .await
        .unwrap();
    let error = loop {
        match opened.body.chunk().await {
            Ok(chunk) => assert!(chunk.is_some()),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(
            error,
            EgressError::Timeout {
                phase: Phase::Total,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_body_shorter_than_declared_is_an_error_and_a_longer_one_is_cut() {
    let port = says("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345").await;
    let error = fetch(port, &limits()).await.unwrap_err();
    assert!(
        matches!(error, EgressError::CutShort { received: 5, .. }),
        "{error}"
    );
    assert_eq!(error.again(), Again::Later);
    let port = says("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n1234567890").await;
    assert_eq!(fetch(port, &limits()).await.unwrap().bytes, "12345");
    let port = says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n").await;
    assert_eq!(
        class(&fetch(port, &limits()).await.unwrap_err()),
        "cut_short",
        "no last chunk"
    );
    let port = says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n").await;
    assert_eq!(
        class(&fetch(port, &limits()).await.unwrap_err()),
        "cut_short",
        "no chunk length"
    );
    let port = says("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n123456").await;
    assert_eq!(
        class(&fetch(port, &limits()).await.unwrap_err()),
        "protocol",
        "two lengths"
    );
}

#[tokio::test]
async fn a_drip_and_a_silence_are_too_slow() {
    let drip = drips(ENDLESS, b"1\r\nx\r\n", Duration::from_millis(20)).await;
    let silence = drips(
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx",
        b"",
        Duration::from_secs(60),
    )
    .await;
    for port in [drip, silence] {
        let error = fetch(port, &limits()).await.unwrap_err();
        assert!(
            matches!(
                error,
                EgressError::TooSlow {
                    bytes_per_second: 1000,
                    ..
                }
            ),
            "{error}"
        );
        assert_eq!(error.again(), Again::Later);
    }
    let patient = MinRate {
        bytes_per_second: 0,
        over: Duration::from_millis(50),
    };
    let limits = FetchLimits {
        min_rate: patient,
        total: Duration::from_millis(400),
        ..limits()
    };
    let error = fetch(silence, &limits).await.unwrap_err();
    assert!(
        matches!(
            error,
            EgressError::Timeout {
                phase: Phase::Total,
                ..
            }
        ),
        "{error}"
    );
}

/// A renderer that is busy with the last chunk must not make the sender look slow.
#[tokio::test]
async fn time_that_the_reader_takes_is_not_held_against_the_sender() {
    let port = drips(
        ENDLESS,
        &[CHUNK_OF_4K_HEAD, &[b'x'; 4096], b"\r\n"].concat().leak()[..],
        Duration::ZERO,
    )
    .await;
    let limits = FetchLimits {
        bytes: u64::MAX,
        ..limits()
    };
    let mut opened = local_door()
        .open(&format!("http://127.0.0.1:{port}/"), &limits)
        .await
        .unwrap();
    for _ in 0..3 {
        assert!(opened.body.chunk().await.unwrap().is_some());
        tokio::time::sleep(limits.min_rate.over * 2).await;
    }
    assert!(opened.body.chunk().await.unwrap().is_some());
}
const CHUNK_OF_4K_HEAD: &[u8] = b"1000\r\n";

#[tokio::test]
async fn headers_have_a_size_and_a_count() {
    let giant = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(40_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(101));
    let fine = format!(
        "HTTP/1.1 200 OK\r\nx: {}\r\n{}\r\nbody",
        "y".repeat(20_000),
        "a: b\r\n".repeat(99)
    );
    let endless = drips(b"HTTP/1.1 200 OK\r\n", b"a: 0123456789abcdef\r\n", Duration::ZERO).await;
    for port in [says(giant).await, says(many).await, endless] {
        let error = fetch(port, &limits()).await.unwrap_err();
        assert_eq!(class(&error), "headers", "{}", error.detail());
    }
    assert_eq!(fetch(says(fine).await, &limits()).await.unwrap().bytes, "body");
}

#[tokio::test]
async fn an_answer_that_does_not_begin_times_out() {
    let half_open = rogue(|stream| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let slow_head = drips(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", Duration::from_millis(100)).await;
    let preamble = drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n", Duration::from_millis(1)).await;
    for port in [half_open, slow_head, preamble] {
        let error = fetch(port, &limits()).await.unwrap_err();
        assert!(
            matches!(
                error,
                EgressError::Timeout {
                    phase: Phase::FirstByte,
                    ..
                }
            ),
            "{error}"
        );
        assert_eq!(error.client_message(), "could not fetch");
        assert_eq!(error.again(), Again::Later);
    }
}

#[tokio::test]
async fn what_is_not_http_tells_the_stranger_nothing() {
    for banner in [
        "SSH-2.0-OpenSSH_9.9\r\n",
        "-ERR unknown command\r\n",
        "HTTP/9.9 200\r\n\r\n",
        "220 mail ESMTP\r\n",
        "",
        "\0\0\0",
    ] {
        let error = fetch(says(banner).await, &limits()).await.unwrap_err();
        assert_eq!(class(&error), "protocol", "{banner:?}: {}", error.detail());
        assert_eq!(error.client_message(), "could not fetch");
        assert!(
            !error.detail().contains("SSH") && !error.detail().contains("s3cret"),
            "{}",
            error.detail()
        );
    }
}

#[tokio::test]
async fn compressed_answers_are_refused() {
    for (header, class_) in [
        ("content-encoding: gzip", "encoded"),
        ("Content-Encoding: identity, br", "encoded"),
        ("content-encoding: identity\r\ncontent-encoding: zstd", "encoded"),
        ("transfer-encoding: gzip, chunked", "encoded"),
    ] {
        let port = says(format!("HTTP/1.1 200 OK\r\n{header}\r\n\r\n0\r\n\r\n")).await;
        let error = fetch(port, &limits()).await.unwrap_err();
        assert_eq!(class(&error), class_, "{header}: {}", error.detail());
        assert_eq!(error.again(), Again::Never);
    }
    let port = says("HTTP/1.1 200 OK\r\ncontent-encoding: identity\r\ncontent-length: 2\r\n\r\nok").await;
    assert_eq!(fetch(port, &limits()).await.unwrap().bytes, "ok");
}

#[tokio::test]
async fn only_a_success_is_a_file() {
    let port = honest(|seen: Seen| {
        let status: u16 = seen.path.trim_start_matches('/').parse().unwrap();
        Response::builder()
            .status(status)
            .body(Full::from("secret banner"))
            .unwrap()
    })
    .await;
    for (status, again) in [
        (206, Again::Never),
        (400, Again::Never),
        (403, Again::Never),
        (404, Again::Never),
        (410, Again::Never),
        (429, Again::Later),
        (500, Again::Later),
        (503, Again::Later),
    ] {
        let error = local_door()
            .fetch(&format!("http://127.0.0.1:{port}/{status}"), &limits())
            .await
            .unwrap_err();
        assert!(
            matches!(&error, EgressError::Status { status: s, .. } if s.as_u16() == status),
            "{error}"
        );
        assert_eq!(error.again(), again, "{status}");
        assert_eq!(
            error.client_message(),
            format!("could not fetch: the server answered {status}")
        );
    }
    let empty = local_door()
        .fetch(&format!("http://127.0.0.1:{port}/204"), &limits())
        .await
        .unwrap();
    assert!(empty.bytes.is_empty());
}

#[tokio::test]
async fn odd_content_types_are_dropped() {
    for (header, expected) in [
        (
            "content-type: Image/SVG+xml; charset=utf-8\r\n",
            Some("image/svg+xml"),
        ),
        ("content-type: <script>\r\n", None),
        ("content-type: \r\n", None),
        ("content-type: caf\u{e9}/x\r\n", None),
        ("", None),
    ] {
        let port = says(format!("HTTP/1.1 200 OK\r\n{header}content-length: 0\r\n\r\n")).await;
        assert_eq!(
            fetch(port, &limits()).await.unwrap().content_type.as_deref(),
            expected,
            "{header}"
        );
    }
}

#[tokio::test]
async fn a_stream_goes_to_a_writer() {
    let port = honest(|_| ok(vec![9; 60_000])).await;
    let url = format!("http://127.0.0.1:{port}/");
    let mut file = Vec::new();
    assert_eq!(
        local_door().fetch_to(&url, &limits(), &mut file).await.unwrap(),
        60_000
    );
    assert_eq!(file, vec![9; 60_000]);
    let mut short = std::io::Cursor::new(Box::<[u8]>::from([0; 100]));
    let error = local_door()
        .fetch_to(&url, &limits(), &mut short)
        .await
        .unwrap_err();
    assert!(matches!(error, EgressError::Sink { .. }), "{error}");
}

#[tokio::test]
async fn dropping_a_body_hangs_up() {
    let hung_up = Arc::new(AtomicBool::new(false));
    let flag = hung_up.clone();
    let port = rogue(move |mut stream| {
        let flag = flag.clone();
        async move {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx")
                .await
                .unwrap();
            let end = stream.read(&mut [0; 16]).await;
            flag.store(matches!(end, Ok(0) | Err(_)), Ordering::SeqCst);
        }
    })
    .await;
    let opened = local_door()
        .open(&format!("http://127.0.0.1:{port}/"), &limits())
        .await
        .unwrap();
    assert!(!hung_up.load(Ordering::SeqCst));
    drop(opened);
    for _ in 0..200 {
        if hung_up.load(Ordering::SeqCst) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the connection was left open");
}

#[tokio::test]
async fn connections_are_counted() {
    let port = honest(|_| ok("x")).await;
    let url = format!("http://127.0.0.1:{port}/");
    let egress = door(
        Policy {
            connections: 1,
            ..strangers_policy()
        },
        Names::knowing(&[]),
    );
    let held = egress.clone().open(&url, &limits()).await.unwrap();
    let hasty = FetchLimits {
        total: Duration::from_millis(100),
        ..limits()
    };
    let error = egress.fetch(&url, &hasty).await.unwrap_err();
    assert!(
        matches!(
            error,
            EgressError::Timeout {
                phase: Phase::Total,
                ..
            }
        ),
        "{error}"
    );
    drop(held);
    assert!(egress.fetch(&url, &limits()).await.is_ok());
}
