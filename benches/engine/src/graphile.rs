//! Another engine on PostgreSQL: the crate `graphile_worker`, with a handler that does nothing. It deletes a job that has
//! been done, where we keep it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use graphile_worker::tokio_postgres::TokioPostgresDatabase;
use graphile_worker::{
    Database, IntoTaskHandlerResult, JobSpec, LocalQueueConfig, RawJobSpec, TaskHandler, Worker,
    WorkerContext, WorkerOptions,
};
use tokio::sync::{Mutex, Notify};

use crate::Outcome;
use crate::contender::{Contender, Taking};

const SCHEMA: &str = "graphile_worker";
/// Its own figure for gathering what has been done.
const GATHER: Duration = Duration::from_millis(1);

/// The other engine.
pub(crate) struct Graphile {
    database: Database,
    payload: String,
    worker: Mutex<Option<(Worker, Count)>>,
}

/// What its handler counts.
#[derive(Clone, Debug)]
struct Count {
    done: Arc<AtomicU32>,
    wanted: u32,
    all: Arc<Notify>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Nothing {
    payload: String,
}

impl TaskHandler for Nothing {
    const IDENTIFIER: &'static str = "nothing";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        if let Some(count) = context.get_ext::<Count>()
            && count.done.fetch_add(1, Ordering::Relaxed) + 1 == count.wanted
        {
            count.all.notify_one();
        }
        Ok::<(), String>(())
    }
}

impl Graphile {
    /// Its schema in the database at `url`, with jobs that hold as many bytes as `payload`.
    pub(crate) async fn make(url: &str, payload: String) -> Outcome<Self> {
        let database: Database = TokioPostgresDatabase::from_url(url, 16)?.into();
        let this = Self {
            database,
            payload,
            worker: Mutex::default(),
        };
        // Brings its schema about.
        this.begin(Taking { workers: 1, batch: 1 }, 0).await?;
        Ok(this)
    }

    async fn begin(&self, taking: Taking, jobs: u32) -> Outcome<(Worker, Count)> {
        let count = Count {
            done: Arc::default(),
            wanted: jobs,
            all: Arc::default(),
        };
        let mut options = WorkerOptions::default()
            .database(self.database.clone())
            .schema(SCHEMA)
            .concurrency(usize::try_from(taking.workers)?)
            .poll_interval(Duration::from_millis(10))
            .listen_os_shutdown_signals(false)
            .add_extension(count.clone())
            .define_job::<Nothing>();
        if taking.batch > 1 {
            let size = usize::try_from(taking.batch * taking.workers)?;
            options = options
                .local_queue(LocalQueueConfig::default().with_size(size))
                .complete_job_batch_delay(GATHER);
        }
        Ok((options.init().await?, count))
    }
}

#[async_trait]
impl Contender for Graphile {
    fn name(&self) -> String {
        "graphile_worker".into()
    }

    async fn accept(&self, jobs: u32, callers: u32) -> Outcome<()> {
        let utils = graphile_worker::WorkerUtils::new(self.database.clone(), SCHEMA);
        let mut left = jobs;
        while left > 0 {
            let page = left.min(callers);
            let specs: Vec<RawJobSpec> = (0..page)
                .map(|_| RawJobSpec {
                    identifier: Nothing::IDENTIFIER.into(),
                    payload: serde_json::json!({ "payload": self.payload }),
                    spec: JobSpec::default(),
                })
                .collect();
            utils.add_raw_jobs(&specs).await?;
            left -= page;
        }
        Ok(())
    }

    async fn ready(&self, taking: Taking, jobs: u32) -> Outcome<()> {
        *self.worker.lock().await = Some(self.begin(taking, jobs).await?);
        Ok(())
    }

    async fn drain(&self, _: Taking, _: u32) -> Outcome<()> {
        let (worker, count) = self.worker.lock().await.take().ok_or("it is not ready")?;
        let worker = Arc::new(worker);
        let running = tokio::spawn({
            let worker = Arc::clone(&worker);
            async move { worker.run().await }
        });
        count.all.notified().await;
        worker.request_shutdown();
        // Ends when what was done has been written.
        running.await??;
        Ok(())
    }
}
