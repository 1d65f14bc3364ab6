//! What a carrier is made of: its settings, their defaults, and the one place where they can be wrong.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use marquetry_dialect::promised_schedules;
use marquetry_egress::{Egress, SendLimits};
use marquetry_job::{DeliverySchedule, WorkerId};
use marquetry_store::{BuildError, Clock, DeliverySteps, Ownership, Rounds, Schedules, Seal, Store};
use object_store::ObjectStore;

use crate::cargo::Load;
use crate::carrier::{Carrier, Room};
use crate::errand::Desk;
use crate::tokens::Tokens;

/// Where Dropbox is. Without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropboxAddresses {
    /// Where access tokens are given out.
    pub api: String,
    /// Where files go.
    pub content: String,
}

impl Default for DropboxAddresses {
    fn default() -> Self {
        Self {
            api: "https://api.dropboxapi.com".into(),
            content: "https://content.dropboxapi.com".into(),
        }
    }
}

/// Collects what a [`Carrier`] is made of; everything but store, blobs and door has a default.
#[derive(Debug)]
#[must_use]
pub struct CarrierBuilder {
    store: Arc<dyn Store>,
    blobs: Arc<dyn ObjectStore>,
    egress: Egress,
    rounds: Rounds,
    schedule: DeliverySchedule,
    timeout: Duration,
    load: Load,
    room: Room,
    seal: Seal,
    folder: Option<PathBuf>,
    dropbox: DropboxAddresses,
}

impl Carrier {
    /// For a carrier that brings the files owed in `store`, which lie in `blobs`, through `egress` where they leave this
    /// machine. A door of its own is best: a door bounds its open connections.
    pub fn builder(store: Arc<dyn Store>, blobs: Arc<dyn ObjectStore>, egress: Egress) -> CarrierBuilder {
        CarrierBuilder {
            store,
            blobs,
            egress,
            rounds: Rounds::default(),
            schedule: DeliverySchedule::default(),
            timeout: Duration::from_secs(300),
            load: Load {
                most: 1 << 30,
                piece: 8 << 20,
            },
            room: Room::default(),
            seal: Seal::default(),
            folder: None,
            dropbox: DropboxAddresses::default(),
        }
    }
}

impl CarrierBuilder {
    /// What time it is. Default: [`SystemClock`](marquetry_store::SystemClock). Limits on a single try run on the runtime's own time.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.rounds.clock = clock;
        self
    }

    /// When each try is made, but for dialects that promise a schedule of their own. Default:
    /// [`DeliverySchedule::default`].
    pub fn schedule(mut self, schedule: DeliverySchedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Whether others carry from the same store. Default: [`Ownership::Shared`].
    pub fn ownership(mut self, ownership: Ownership) -> Self {
        self.rounds.ownership = ownership;
        self
    }

    /// The longest that one try may take, from the first look at the file to its place at the destination. What is
    /// carried stays ours for a minute longer, to write down what came of it. Default: 5 min.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The longest file that is brought, in bytes. Default: 1 GiB.
    pub fn most_bytes(mut self, bytes: u64) -> Self {
        self.load.most = bytes;
        self
    }

    /// How much of a file lies in memory at once, in bytes; longer ones go to a bucket or to Dropbox in parts of this
    /// size. At least 5 MiB, below which buckets take no parts, and at most 128 MiB. Default: 8 MiB.
    pub fn piece_bytes(mut self, bytes: u64) -> Self {
        self.load.piece = bytes;
        self
    }

    /// How many files may be under way at once. Default: 4.
    pub fn at_once(mut self, most: usize) -> Self {
        self.room.at_once = most;
        self
    }

    /// How many files may be under way at once to one destination. Default: 2.
    pub fn per_lane(mut self, most: usize) -> Self {
        self.room.per_lane = most;
        self
    }

    /// How often to look for what is due when nothing tells us to. Default: 1 s.
    pub fn poll(mut self, poll: Duration) -> Self {
        self.rounds.poll = poll;
        self
    }

    /// How long a shutdown waits for what is under way before it hands that back. Default: 10 s.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.rounds.grace = grace;
        self
    }

    /// When to look again at what cannot be tried at all: a file that cannot be read, a secret that does not open.
    /// Default: 30 s.
    pub fn rest(mut self, rest: Duration) -> Self {
        self.rounds.rest = rest;
        self
    }

    /// What opens secrets that lie sealed in the store. Default: nothing; secrets that are not sealed need none.
    pub fn seal(mut self, seal: Seal) -> Self {
        self.seal = seal;
        self
    }

    /// The folder in which each tenant has one, for destinations that are folders. Default: none, and what is sent to
    /// one is told so.
    pub fn folder(mut self, root: PathBuf) -> Self {
        self.folder = Some(root);
        self
    }

    /// Where Dropbox is. Default: where it is.
    pub fn dropbox(mut self, addresses: DropboxAddresses) -> Self {
        self.dropbox = addresses;
        self
    }

    /// The finished carrier.
    ///
    /// # Errors
    /// [`BuildError`], which names the setting that is wrong.
    pub fn build(self) -> Result<Carrier, BuildError> {
        let check = BuildError::unless;
        self.rounds.check()?;
        check(!self.timeout.is_zero(), "timeout", "more than nothing")?;
        check(self.room.per_lane > 0, "per_lane", "at least 1")?;
        check(self.room.at_once > 0, "at_once", "at least 1")?;
        check(self.load.most > 0, "most_bytes", "at least 1")?;
        check(
            (5 << 20..=128 << 20).contains(&self.load.piece),
            "piece_bytes",
            "5 MiB to 128 MiB",
        )?;
        let mut worker = [0; 16];
        getrandom::fill(&mut worker).map_err(|error| BuildError::NoRandomness {
            problem: error.to_string(),
        })?;
        let schedules = Schedules::from(self.schedule).with_all(promised_schedules());
        let trimmed = |address: String| address.trim_end_matches('/').to_owned();
        Ok(Carrier {
            desk: Arc::new(Desk {
                steps: DeliverySteps::new(Arc::clone(&self.store), schedules),
                store: self.store,
                blobs: self.blobs,
                egress: self.egress,
                clock: Arc::clone(&self.rounds.clock),
                limits: SendLimits {
                    connect: SendLimits::default().connect.min(self.timeout),
                    total: self.timeout,
                    ..SendLimits::default()
                },
                load: self.load,
                rest: self.rounds.rest,
                seal: self.seal,
                folder: self.folder,
                dropbox: DropboxAddresses {
                    api: trimmed(self.dropbox.api),
                    content: trimmed(self.dropbox.content),
                },
                tokens: Arc::new(Tokens::default()),
            }),
            worker: WorkerId::from_random(worker),
            lease: self.timeout.saturating_add(Duration::from_secs(60)),
            room: self.room,
            rounds: self.rounds,
        })
    }
}
