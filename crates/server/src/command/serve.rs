//! `marquetry serve` and `marquetry worker`: processes that run until they are told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::process;
use std::sync::Arc;
use std::thread::available_parallelism;

use clap::{Args, ValueEnum};
use marquetry_carrier::Carrier;
use marquetry_server::{App, Config, serve};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
#[cfg(feature = "otel")]
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use super::Failure;
use super::carrying::Carrying;
use super::engine::Engine;
use super::figures::Collector;
use super::fonts::{Fonts, families};
use super::hearing::Hearing;
use super::limits::{JobLimits, Limits, ServeLimits};
use super::outside::Outside;
use super::storage::Storage;
use super::terminal::{complain, say};

/// Serves the HTTP API, with render workers in this process.
#[derive(Args, Debug)]
pub(super) struct Serve {
    /// Address and port to listen on; port 0 picks a free one.
    #[arg(
        long,
        env = "MARQUETRY_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDR:PORT"
    )]
    listen: SocketAddr,
    /// A second address that serves `/healthz`, `/readyz` and `/metrics` alone, which answer there also when the first
    /// one has all the connections it can take.
    #[arg(long, env = "MARQUETRY_ADMIN_LISTEN", value_name = "ADDR:PORT")]
    admin_listen: Option<SocketAddr>,
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    fonts: Fonts,
    /// Renders at a time in this process; 0 serves the API only. [default: number of cores]
    #[arg(long, env = "MARQUETRY_WORKERS", value_name = "N")]
    workers: Option<usize>,
    /// Prefix of the addresses handed out. [default: http://ADDR:PORT]
    #[arg(long, env = "MARQUETRY_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    #[command(flatten)]
    outside: Outside,
    #[command(flatten)]
    job_limits: JobLimits,
    #[command(flatten)]
    hearing: Hearing,
    #[command(flatten)]
    carrying: Carrying,
    #[command(flatten)]
    serve_limits: ServeLimits,
    /// A key (`sm_` and 64 hexadecimal digits) that is made sure to exist.
    #[arg(long, env = "MARQUETRY_API_KEY", hide_env_values = true, value_name = "KEY")]
    api_key: Option<String>,
    #[command(flatten)]
    logs: Logs,
}

/// Claims and renders jobs; serves nothing but what operators ask for.
#[derive(Args, Debug)]
pub(super) struct Work {
    /// An address that serves `/healthz`, `/readyz` and `/metrics`.
    #[arg(long, env = "MARQUETRY_ADMIN_LISTEN", value_name = "ADDR:PORT")]
    admin_listen: Option<SocketAddr>,
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    fonts: Fonts,
    /// Renders at a time. [default: number of cores]
    #[arg(long, env = "MARQUETRY_WORKERS", value_name = "N")]
    workers: Option<usize>,
    /// Prefix of the addresses that webhooks tell.
    #[arg(
        long,
        env = "MARQUETRY_PUBLIC_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080"
    )]
    public_url: String,
    #[command(flatten)]
    outside: Outside,
    #[command(flatten)]
    job_limits: JobLimits,
    #[command(flatten)]
    hearing: Hearing,
    #[command(flatten)]
    carrying: Carrying,
    #[command(flatten)]
    logs: Logs,
}

/// What is logged, on standard error.
#[derive(Args, Debug)]
struct Logs {
    /// What to log, as in `info,marquetry_worker=debug`.
    #[arg(long, env = "MARQUETRY_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
    /// How.
    #[arg(long, env = "MARQUETRY_LOG_FORMAT", value_enum, default_value_t)]
    log_format: LogFormat,
}

/// What tells the outside how things go, for as long as it lives.
struct Telling {
    #[cfg(feature = "otel")]
    _sending: Option<super::traces::Sending>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Logs {
    /// Logs from now on, and sends spans where this program was built for it, until the value given back goes.
    fn start(&self) -> Result<Telling, Failure> {
        let filter = EnvFilter::try_new(&self.log)?;
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = match self.log_format {
            LogFormat::Text => lines.boxed(),
            LogFormat::Json => lines.json().boxed(),
        };
        let logs = tracing_subscriber::registry().with(lines.with_filter(filter));
        #[cfg(feature = "otel")]
        {
            let (layer, sending) = super::traces::layer()?.unzip();
            logs.with(layer.with_filter(LevelFilter::INFO)).try_init()?;
            Ok(Telling { _sending: sending })
        }
        #[cfg(not(feature = "otel"))]
        {
            logs.try_init()?;
            Ok(Telling {})
        }
    }
}

fn slots(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| available_parallelism().map_or(1, usize::from))
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let _telling = self.logs.start()?;
        // Callers have threads of their own. A step of a job waits a dozen times for its turn on a thread, and where
        // each turn comes after thousands of requests, jobs hardly move; between threads the system is fair.
        let front = Builder::new_multi_thread()
            .thread_name("marquetry-http")
            .enable_all()
            .build()?;
        Runtime::new()?.block_on(self.serve(front.handle()))
    }

    async fn serve(self, front: &Handle) -> Result<(), Failure> {
        let stop = Stop::on_signals()?;
        // Whose runtime it belongs to, theirs are its connections.
        let listener = front
            .spawn(TcpListener::bind(self.listen))
            .await?
            .map_err(|error| Failure::new(format!("cannot listen on {}: {error}", self.listen)))?;
        let address = listener.local_addr()?;
        let public_url = self.public_url.unwrap_or_else(|| format!("http://{address}"));
        let config = self.serve_limits.config();
        let fonts = self.fonts.shelf()?;
        let limits = Limits {
            jobs: self.job_limits,
            hearing: self.hearing,
            carrying: self.carrying,
            serve: Some(self.serve_limits),
            draws: slots(self.workers) > 0,
            families: Some(families(&fonts)),
        };
        let opening = Engine::open(&self.storage, &public_url, self.outside, limits);
        let Some(engine) = stop.or(opening).await else {
            return Ok(());
        };
        let engine = engine?;
        ensure_a_key(&engine, self.api_key.as_deref()).await?;
        let workers = slots(self.workers);
        let worker = if workers > 0 {
            Some(engine.worker(workers, fonts)?)
        } else {
            None
        };
        let mut app = App::self_hosted(engine.service.clone(), engine.links.clone(), config);
        if let Some(worker) = &worker {
            app = app.yielding_to(worker.pulse());
        }
        let app = Collector::start()?.shown_by(app);
        let admin = Admin::listen(self.admin_listen, &app).await?;
        let (courier, carrier) = (engine.courier()?, engine.carrier()?);
        say(&format!("listening on http://{address}"))?;
        let ((), (), (), (), served, watched) = tokio::join!(
            async {
                if let Some(worker) = worker {
                    worker.run(stop.asked()).await;
                }
            },
            courier.run(stop.asked()),
            carry(carrier, &stop),
            engine.service.keep_house(stop.asked()),
            front.spawn(serve(listener, app, stop.asked())),
            admin.serve(&stop),
        );
        watched?;
        Ok(served??)
    }
}

impl Work {
    pub(super) fn run(self) -> Result<(), Failure> {
        let _telling = self.logs.start()?;
        Runtime::new()?.block_on(async {
            let stop = Stop::on_signals()?;
            let limits = Limits {
                jobs: self.job_limits,
                hearing: self.hearing,
                carrying: self.carrying,
                serve: None,
                draws: true,
                families: None,
            };
            let opening = Engine::open(&self.storage, &self.public_url, self.outside, limits);
            let Some(engine) = stop.or(opening).await else {
                return Ok(());
            };
            let engine = engine?;
            let worker = engine.worker(slots(self.workers).max(1), self.fonts.shelf()?)?;
            let (courier, carrier) = (engine.courier()?, engine.carrier()?);
            let config = Config::default();
            let app = App::self_hosted(engine.service.clone(), engine.links.clone(), config);
            let app = Collector::start()?.shown_by(app);
            let admin = Admin::listen(self.admin_listen, &app).await?;
            let (worked, sent) = (worker.run(stop.asked()), courier.run(stop.asked()));
            let brought = carry(carrier, &stop);
            let ((), (), (), watched) = tokio::join!(worked, sent, brought, admin.serve(&stop));
            watched
        })
    }
}

/// Brings files until it is time to stop, where this process does.
async fn carry(carrier: Option<Carrier>, stop: &Stop) {
    if let Some(carrier) = carrier {
        carrier.run(stop.asked()).await;
    }
}

/// The listener for operators, where there is one.
struct Admin(Option<(TcpListener, Arc<App>)>);

impl Admin {
    async fn listen(address: Option<SocketAddr>, app: &App) -> Result<Self, Failure> {
        let Some(address) = address else {
            return Ok(Self(None));
        };
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| Failure::new(format!("cannot listen on {address}: {error}")))?;
        tracing::info!(address = %listener.local_addr()?, "operators are served");
        Ok(Self(Some((listener, Arc::new(app.admin())))))
    }

    async fn serve(self, stop: &Stop) -> Result<(), Failure> {
        if let Some((listener, app)) = self.0 {
            serve(listener, app, stop.asked()).await?;
        }
        Ok(())
    }
}

/// Makes sure of the key that was asked for; on an empty data directory, makes one and shows it once.
async fn ensure_a_key(engine: &Engine, asked: Option<&str>) -> Result<(), Failure> {
    let tenant = engine.service.ensure_default_tenant().await?;
    if let Some(text) = asked {
        engine
            .service
            .ensure_key(tenant.id, "MARQUETRY_API_KEY", text)
            .await?;
    } else if engine.service.keys(tenant.id).await?.is_empty() {
        let made = engine.service.create_key(tenant.id, "first key").await?;
        complain(&format!(
            "made an API key; it is shown only this once: {}",
            made.text.expose()
        ));
    }
    Ok(())
}

/// Tells everybody when the process is asked to stop.
#[derive(Clone, Debug)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// On SIGTERM or ctrl-c. A second one ends the process at once.
    pub(super) fn on_signals() -> Result<Self, Failure> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (told, asked) = watch::channel(false);
        tokio::spawn(async move {
            for round in 0.. {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                if round > 0 {
                    process::exit(1);
                }
                complain("stopping; once more to stop at once");
                // Nobody listens any more when everything has ended.
                let _ = told.send(true);
            }
        });
        Ok(Self(asked))
    }

    /// When somebody says so.
    pub(super) fn manual() -> (watch::Sender<bool>, Self) {
        let (told, asked) = watch::channel(false);
        (told, Self(asked))
    }

    /// What `work` gives; nothing when the process was asked to stop before.
    async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.asked() => None,
        }
    }

    /// Ends when the process was asked to stop.
    pub(super) fn asked(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut asked = self.0.clone();
        async move {
            // A sender that is gone counts as one that asked: nobody is left who could.
            let _ = asked.wait_for(|asked| *asked).await;
        }
    }
}
