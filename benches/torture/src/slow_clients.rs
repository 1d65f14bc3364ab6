//! `slow-clients` (O2): thousands that send a byte a second, or take none, beside some that behave.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use tokio::io::Interest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::client::KEY;
use crate::failure::Failure;
use crate::figures::{Figures, Verdict};
use crate::ground::{Asker, Common, Ground, id_of, now};
use crate::load::{Samples, by_timetable};
use crate::mockup;
use crate::program::Build;

/// What those who behave ask for, a second, of each kind.
const HEALTHY: f64 = 50.0;
/// How long the head of a request may take, and some time to notice.
const HEAD: Duration = Duration::from_secs(13);
/// How much worse those who behave may fare.
const WORSE: f64 = 1.5;
/// Times below this are not compared: a timer of the system decides them.
const SMALL: Duration = Duration::from_millis(10);

/// How much larger the large picture is: some megabytes.
const LARGE: u32 = 64;

/// Slow and half-open clients.
#[derive(Args, Debug)]
pub(crate) struct SlowClients {
    #[command(flatten)]
    common: Common,
    /// How many.
    #[arg(long, default_value_t = 500)]
    clients: usize,
    /// How long, in seconds; at least 15, so that the time limit of heads is seen.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
}

/// How a client is slow.
#[derive(Clone, Copy, Debug)]
enum Sloth {
    /// It sends its head a byte a second.
    Head,
    /// It sends its body a byte a second.
    Body,
    /// It asks for a large file and reads nothing.
    Reader,
    /// It connects and says nothing.
    Mute,
}

/// What became of them.
#[derive(Debug, Default)]
struct Fates {
    connected: AtomicU64,
    turned_away: AtomicU64,
    heads_in_time: AtomicU64,
    heads_too_late: AtomicU64,
    others_let_go: AtomicU64,
}

impl SlowClients {
    pub(crate) async fn run(self) -> Result<Verdict, Failure> {
        let mut ground = Ground::open(&self.common, Build::Plain, |_| {}).await?;
        let asker = ground.asker()?;
        let long = Duration::from_secs(self.seconds.max(15));
        let file = large_file(&ground).await?;
        now("without them");
        let calm = healthy(&asker, long / 3).await?;
        let before = ground.site.process(0)?.memory().unwrap_or_default();
        now("with them");
        let fates = Arc::new(Fates::default());
        let mut slow = JoinSet::new();
        let sloths = [Sloth::Head, Sloth::Body, Sloth::Reader, Sloth::Mute];
        for sloth in (0..self.clients).map(|number| sloths[number % sloths.len()]) {
            slow.spawn(dawdle(asker.at, sloth, Arc::clone(&file), Arc::clone(&fates)));
        }
        // All of them are there before anybody measures.
        while fates.connected.load(Ordering::Relaxed) < self.clients as u64 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let storm = healthy(&asker, long).await?;
        let after = ground.site.process(0)?.memory().unwrap_or_default();
        let descriptors = ground.site.process(0)?.descriptors();
        slow.shutdown().await;

        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        let mut figures = Figures::of("slow-clients");
        figures.tell("slow clients", self.clients);
        figures.tell("turned away at the door", count(&fates.turned_away));
        figures.tell("slow heads let go in time", count(&fates.heads_in_time));
        figures.tell("others let go", count(&fates.others_let_go));
        figures.spread("healthy without them", &calm.good());
        figures.spread("healthy beside them", &storm.good());
        figures.tell("descriptors of the server at the end", descriptors);
        figures.tell("memory before (MiB)", before.0 >> 20);
        figures.tell("memory beside them (MiB)", after.0 >> 20);
        figures.must_be_none(
            "healthy requests that failed",
            storm.count(|sample| !sample.is_good()),
        );
        figures.must_be_none("slow heads held longer than 13 s", count(&fates.heads_too_late));
        let allowed = calm.good().quantile(0.99).mul_f64(WORSE).max(SMALL);
        figures.must(
            "healthy p99 at most 1.5 times",
            storm.good().quantile(0.99) <= allowed,
        );
        Ok(figures.print())
    }
}

/// Looks and submissions, by timetable.
async fn healthy(asker: &Asker, long: Duration) -> Result<Samples, Failure> {
    let job: Arc<str> = asker.job(1).await?.into();
    let (submitting, looking) = (asker.clone(), asker.clone());
    let (submitted, looked) = tokio::join!(
        by_timetable(HEALTHY, long, move |number| submitting.submit(number)),
        by_timetable(HEALTHY, long, move |_| looking.look(&job)),
    );
    Ok(submitted?.merge(looked?))
}

/// The path of a result that is larger than what the system takes off a server's hands.
async fn large_file(ground: &Ground) -> Result<Arc<str>, Failure> {
    let mut asker = ground.asker()?;
    asker.mockup = ground.site.upload("Large", mockup::scaled(LARGE)).await?;
    let body = asker.mockup.render_noise(LARGE);
    let answer = asker.client.post(asker.at, "/api/v1/renders", &body).await?;
    let job = id_of(&answer.good("a large render")?)?;
    let ended = asker.ended(&job, Duration::from_secs(60)).await?;
    let url = ended["result_url"].as_str().unwrap_or_default();
    let path = url.find("/files/").map(|place| &url[place..]);
    path.map(Arc::from)
        .ok_or_else(|| Failure::new(format!("a large render has no file: {ended}")))
}

/// Connects with so small a buffer that little fits between the two ends.
async fn connect(at: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    socket.connect(at).await
}

async fn dawdle(at: SocketAddr, sloth: Sloth, file: Arc<str>, fates: Arc<Fates>) {
    let began = Instant::now();
    let connected = connect(at).await;
    fates.connected.fetch_add(1, Ordering::Relaxed);
    let Ok(mut stream) = connected else {
        fates.turned_away.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let asking = format!("GET {file} HTTP/1.1\r\nhost: x\r\n\r\n");
    let announcing = format!(
        "POST /api/v1/renders HTTP/1.1\r\nhost: x\r\nx-api-key: {KEY}\r\n\
         content-type: application/json\r\ncontent-length: 100000\r\n\r\n{{"
    );
    match sloth {
        Sloth::Head => drip(&mut stream, asking.as_bytes()).await,
        Sloth::Body => {
            if stream.write_all(announcing.as_bytes()).await.is_ok() {
                drip(&mut stream, &[b' '; 100_000]).await;
            }
        }
        Sloth::Reader => {
            if stream.write_all(asking.as_bytes()).await.is_ok() {
                // Never reads; hears of the end only as an error.
                let _ = stream.ready(Interest::ERROR).await;
            }
        }
        Sloth::Mute => {
            // Ends when the server hangs up.
            let _ = stream.read(&mut [0; 64]).await;
        }
    }
    // Whoever is stopped by the end of the measurement never comes here.
    let fate = match sloth {
        Sloth::Head | Sloth::Mute if began.elapsed() <= HEAD => &fates.heads_in_time,
        Sloth::Head | Sloth::Mute => &fates.heads_too_late,
        Sloth::Body | Sloth::Reader => &fates.others_let_go,
    };
    fate.fetch_add(1, Ordering::Relaxed);
}

/// A byte a second until nobody takes them any more.
async fn drip(stream: &mut TcpStream, bytes: &[u8]) {
    let mut answer = [0; 1024];
    for byte in bytes {
        if stream.write_all(&[*byte]).await.is_err() {
            return;
        }
        let heard = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut answer)).await;
        if matches!(heard, Ok(Ok(0) | Err(_))) {
            return;
        }
    }
}
