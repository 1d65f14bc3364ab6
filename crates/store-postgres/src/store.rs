//! The store itself: how it is opened, set up and closed.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use marquetry_store::{Bell, Change, Clock};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::address::Address;
use crate::clock::{DatabaseClock, SteadyClock};
use crate::error::Work;
use crate::listener::Listener;
use crate::news::Tag;
use crate::pool::{Patience, Pool};
use crate::scribe::Scribe;
use crate::stores::{Adding, Redelivering, Swapping};
use crate::teller::{self, Unsaid};
use crate::weakness::{self, Weakness};
use crate::{migrations, sessions, tls};

/// How a store works. Finite in everything by default.
#[derive(Clone, Debug)]
pub struct Options {
    /// The most connections at once, the one that listens not counted. 8 by default. Where no pooler stands in between, a
    /// third of them are for reading, and there is at least one of each sort.
    pub connections: usize,
    /// The most writes that share one statement. 128 by default; above 240, what they change is told to
    /// other processes as "look at everything".
    pub batch: usize,
    /// The most statements of one sort of write that are on their way at once. 2 by default.
    pub lanes: usize,
    /// The most writes that wait in line before callers wait outside, those that come together counted as one.
    /// 4096 by default.
    pub waiting: usize,
    /// How long to wait for a connection, made or free. 5 s by default.
    pub connection_timeout: Duration,
    /// How long to wait for a statement; the server is then told to stop. 30 s by default.
    pub statement_timeout: Duration,
    /// How often the database is asked for its time. 30 s by default.
    pub clock_every: Duration,
    /// Where to listen, when the database is behind a pooler that lends sessions for a transaction only:
    /// the URL of the database itself. By default the same URL as for everything else.
    pub listen_url: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 8,
            batch: 128,
            lanes: 2,
            waiting: 4096,
            connection_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            clock_every: Duration::from_secs(30),
            listen_url: None,
        }
    }
}

/// Every store trait on one PostgreSQL database, which any number of processes may share.
///
/// Needs a tokio runtime for as long as it lives.
#[derive(Debug)]
pub struct PostgresStore {
    pub(crate) shared: Shared,
    pub(crate) adding: Scribe<Adding>,
    pub(crate) swapping: Scribe<Swapping>,
    pub(crate) redelivering: Scribe<Redelivering>,
    clock: DatabaseClock,
    weaknesses: Vec<Weakness>,
    /// What runs beside it and ends with it.
    beside: Vec<AbortHandle>,
}

/// What a store and its scribes share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) pool: Pool,
    pub(crate) bell: Bell,
    pub(crate) unsaid: Unsaid,
}

impl Shared {
    /// Tells this process now and the others soon.
    pub(crate) fn ring(&self, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            self.bell.ring(change);
            self.unsaid.add(change);
        }
    }
}

impl PostgresStore {
    /// Opens the database at `url`, `postgres://user:password@host:port/database`, and brings its schema
    /// up to date. Any number of processes may do so at once.
    ///
    /// `sslmode=require` and `sslmode=verify-full` both encrypt and check the certificate, by the roots
    /// of the platform or those of `sslrootcert=FILE`; without `sslmode` nothing is encrypted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`](marquetry_store::StoreError) when it cannot be reached now,
    /// `Unreadable` when a newer program made its schema, `Broken` when the URL or the credentials are
    /// wrong.
    pub async fn open(url: &str, options: &Options) -> Work<Self> {
        Self::open_by(url, options, Arc::new(SteadyClock::start())).await
    }

    /// Like [`open`](Self::open), on a machine whose clock is `machine`: however wrong that is, the clock
    /// of the store is right.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub async fn open_by(url: &str, options: &Options, machine: Arc<dyn Clock>) -> Work<Self> {
        let address = Address::parse(url, options.connection_timeout)?;
        let connector = tls::connector(&address.encryption)?;
        let patience = Patience {
            connection: options.connection_timeout,
            statement: options.statement_timeout,
        };
        let sessions = sessions::look(&address, &connector, options.connection_timeout).await;
        let pool = Pool::new(
            &address,
            connector.clone(),
            options.connections,
            patience,
            sessions,
        )?;
        migrations::migrate(&pool).await?;
        let weaknesses = weakness::look_for(&pool).await?;
        weakness::warn(&weaknesses);
        let clock = DatabaseClock::over(machine);
        clock.measure(&pool, 5).await?;

        // Keyed anew in each process and for each store: as good as drawn.
        let random = RandomState::new().hash_one(std::process::id());
        let shared = Shared {
            pool: pool.clone(),
            bell: Bell::new(),
            unsaid: Unsaid::default(),
        };
        let tag = Tag::from_random(u32::try_from(random >> 32).unwrap_or(0));
        let (listening, connector) = match &options.listen_url {
            None => (address, connector),
            Some(url) => {
                let address = Address::parse(url, options.connection_timeout)?;
                let connector = tls::connector(&address.encryption)?;
                (address, connector)
            }
        };
        let (ready, mut hears) = watch::channel(false);
        let listener = Listener {
            address: listening,
            tls: connector,
            bell: shared.bell.clone(),
            tag: tag.clone(),
            patience: options.connection_timeout,
            ready,
        };
        let beside = vec![
            tokio::spawn(listener.run()).abort_handle(),
            tokio::spawn(clock.clone().keep_measuring(pool, options.clock_every)).abort_handle(),
        ];
        // Whoever has the store hears from its first moment on; but where nothing can be heard, work goes
        // on by looking now and then.
        let hears = hears.wait_for(|ready| *ready);
        if timeout(options.connection_timeout, hears).await.is_err() {
            tracing::warn!("changes in other processes are not heard yet");
        }
        // Not among what ends with the store at once: the last news are told even as it goes.
        tokio::spawn(teller::tell(shared.unsaid.clone(), shared.pool.clone(), tag));
        let Options {
            batch,
            lanes,
            waiting,
            ..
        } = *options;
        Ok(Self {
            adding: Scribe::start(Adding(shared.clone()), batch, lanes, waiting),
            swapping: Scribe::start(Swapping(shared.clone()), batch, lanes, waiting),
            redelivering: Scribe::start(Redelivering(shared.clone()), batch, lanes, waiting),
            shared,
            clock,
            weaknesses,
            beside,
        })
    }

    /// The clock of the database, for whoever works with this store: workers, couriers and servers that
    /// go by it agree on what is due and what has lapsed, however wrong their machines' clocks are.
    pub fn clock(&self) -> DatabaseClock {
        self.clock.clone()
    }

    /// Settings of the server that were found off when the store was opened and break its promises.
    /// They have been logged as warnings.
    pub fn weaknesses(&self) -> &[Weakness] {
        &self.weaknesses
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.beside.iter().for_each(AbortHandle::abort);
        self.shared.unsaid.close();
    }
}
