//! Accepting connections, and letting go of them.

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::vitals::Vitals;
use crate::{App, Config, dispatch};

/// How long a connection whose time is up has to take leave.
const LEAVE: Duration = Duration::from_secs(1);
/// How long a connection that has been asked before has for a request that is on the way.
const LINGER: Duration = Duration::from_millis(50);
/// The pause after the system had no connection to give, as when all file handles are taken.
const RECOVER: Duration = Duration::from_millis(50);
/// What a connection is told that nobody has room for.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 110\r\n\r\n\
    {\"error_code\":\"SERVICE_UNAVAILABLE\",\"detail\":\"Too many connections are open. Try again soon.\",\"success\":false}";

/// Serves connections from `listener` until `shutdown` is done: then no more are accepted, requests that were begun
/// are answered, for at most [`Config::drain`], and the rest is cut off.
///
/// HTTP/1.1 and HTTP/2 (without TLS, by prior knowledge) are told apart by their first bytes.
///
/// # Errors
/// Only what makes accepting impossible for good; what goes wrong with one connection is logged.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let builder = Arc::new(builder(app.config()));
    let room = Arc::new(Semaphore::new(
        app.config().connections.clamp(1, Semaphore::MAX_PERMITS),
    ));
    let draining = watch::Sender::new(false);
    let mut connections = JoinSet::new();
    // Ends with this call, whatever ends that.
    let mut beside = JoinSet::new();
    beside.spawn(app.gate.clone().watch());
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        // What has ended is let go of, or the set would grow for ever.
        while connections.try_join_next().is_some() {}
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_about_one_connection(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                sleep(RECOVER).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            tracing::warn!("a connection was turned away: too many are open");
            metrics::counter!("marquetry_connections_refused_total").increment(1);
            turn_away(stream);
            continue;
        };
        let (app, builder, draining) = (Arc::clone(&app), Arc::clone(&builder), draining.subscribe());
        let open = Open::one_more();
        connections.spawn(async move {
            let _open = open;
            attend(stream, peer.ip(), &builder, app, draining).await;
            drop(permit);
        });
    }
    drop(listener);
    app.stop();
    draining.send_replace(true);
    tracing::info!(open = connections.len(), "stopping");
    let drained = timeout(app.config().drain, async {
        while connections.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        tracing::warn!(open = connections.len(), "connections are cut off");
        connections.shutdown().await;
    }
    Ok(())
}

/// One open connection, as figures count them.
struct Open;

impl Open {
    fn one_more() -> Self {
        metrics::gauge!("marquetry_connections_open").increment(1.0);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        metrics::gauge!("marquetry_connections_open").decrement(1.0);
    }
}

fn builder(config: &Config) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        // Without a timer there is no timeout at all.
        .timer(TokioTimer::new())
        .header_read_timeout(config.head_timeout)
        // hyper refuses less than this.
        .max_buf_size(config.head_bytes.max(8192))
        .max_headers(config.head_count);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(config.idle / 2))
        .keep_alive_timeout(config.head_timeout)
        .max_concurrent_streams(config.streams)
        .max_header_list_size(u32::try_from(config.head_bytes).unwrap_or(u32::MAX));
    builder
}

/// One connection, from its first byte to its last.
async fn attend(
    stream: TcpStream,
    peer: IpAddr,
    builder: &Builder<TokioExecutor>,
    app: Arc<App>,
    draining: watch::Receiver<bool>,
) {
    // Answers are written whole; waiting for more to send with them would only delay them.
    let _ = stream.set_nodelay(true);
    keep_little_unsent(&stream);
    let vitals = Vitals::new();
    let service = {
        let (app, vitals) = (Arc::clone(&app), Arc::clone(&vitals));
        service_fn(move |request| {
            let (app, working) = (Arc::clone(&app), vitals.begin());
            async move { Ok::<_, Infallible>(dispatch::answer(app, peer, request, working).await) }
        })
    };
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut leave = pin!(time_to_leave(draining, &vitals));
    let mut leaving = false;
    loop {
        let left = vitals.left(app.config());
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(error = &*error, "a connection broke");
                }
                return;
            }
            () = &mut leave, if !leaving => {
                leaving = true;
                connection.as_mut().graceful_shutdown();
            }
            () = sleep(left.max(Duration::from_millis(10))) => {
                if vitals.left(app.config()).is_zero() {
                    connection.as_mut().graceful_shutdown();
                    if timeout(LEAVE, connection.as_mut()).await.is_err() {
                        tracing::debug!("a silent connection is cut off");
                    }
                    return;
                }
            }
        }
    }
}

/// How many bytes of an answer the system takes off our hands before the client takes any.
const UNSENT: u32 = 128 << 10;

/// Of an answer that nobody reads the system would else take in some megabytes, for each connection, where no limit of
/// ours sees them. What is on its way is not limited by this, so that far clients are served as fast as ever (tcp(7),
/// `TCP_NOTSENT_LOWAT`).
fn keep_little_unsent(stream: &TcpStream) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = socket2::SockRef::from(stream).set_tcp_notsent_lowat(UNSENT) {
        tracing::debug!(%error, "the system takes in as much of an answer as it will");
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = (stream, UNSENT);
}

/// Returns when the connection should take no more requests. Whoever sent one before anybody could know better is to be
/// answered, and it may be on the way still: one that was only just accepted is given a moment for its first, any other
/// a short one for its next.
async fn time_to_leave(mut draining: watch::Receiver<bool>, vitals: &Vitals) {
    // Without a sender there is no server any more either.
    let _ = draining.wait_for(|draining| *draining).await;
    sleep(if vitals.was_asked() { LINGER } else { LEAVE }).await;
}

/// Tells a client that there is no room, as well as can be done without waiting for it: one that just connected has
/// room for so little.
fn turn_away(stream: TcpStream) {
    // The runtime does not know yet that the socket can be written to; the system does.
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(FULL);
    }
}

/// Whether the next connection may well be fine.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

#[cfg(test)]
mod tests {
    use super::FULL;

    #[test]
    fn the_answer_of_a_full_server_is_as_long_as_it_says() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("content-length: {}", body.len())),
            "{}",
            body.len()
        );
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
