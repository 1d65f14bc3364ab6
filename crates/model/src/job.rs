//! A job as it is remembered: what was asked, where it stands, what came of it.

use std::time::Duration;

use marquetry_job::{JobState, Timestamp};
use marquetry_pixel::Size;

use crate::{
    Amount, BlobKey, Callback, JobId, MockupId, RenderSpec, SendTo, TemplateSpec, TenantId, Timeline,
    UploadSpec, Warning,
};

/// Counts the changes of a record; a store swaps only the version it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl Version {
    /// The version of a record that has just been made.
    pub const FIRST: Self = Self(1);

    /// The version after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// One piece of work owed to a tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What was asked. Never changes.
    pub spec: JobSpec,
    /// Where it stands; only [`JobState::step`] makes a new one.
    pub state: JobState,
    /// Counts the changes.
    pub version: Version,
    /// Whether it goes before or after others that wait. Never changes.
    pub priority: Priority,
    /// Whether its end is an event.
    pub announce: Announce,
    /// Somebody who wants to hear of this one job, beside the tenant's endpoints.
    pub callback: Option<Callback>,
    /// Where its file is to be sent. Whoever hears of its end hears of it once that is over. Never changes.
    pub send_to: Option<SendTo>,
    /// What it costs if it succeeds: held from the moment it came in until it ends. Never changes.
    pub charge: Option<Amount>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When a worker first took it.
    pub started_at: Option<Timestamp>,
    /// What came of it; there exactly when it succeeded.
    pub result: Option<JobResult>,
    /// What happened to it, as far as the rest does not tell.
    pub timeline: Timeline,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum JobSpec {
    /// Draw a mockup with changes.
    Render(Box<RenderSpec>),
    /// Draw a filled template.
    Template(Box<TemplateSpec>),
    /// Make a mockup from a file.
    Upload(UploadSpec),
}

/// What sort of work a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Draws a mockup or a template.
    Render,
    /// Makes a mockup.
    Upload,
}

/// How urgent a job is among all that wait, those of other tenants included. Chosen by the program that submits,
/// never by the tenant.
///
/// Within one priority tenants take turns. A higher priority goes first without exception, so [`High`](Self::High) is
/// for little work that somebody waits for; of [`Low`](Self::Low) a little is done however much else there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Goes before everything else.
    High,
    /// What a job has unless somebody says otherwise.
    #[default]
    Normal,
    /// Goes after everything else.
    Low,
}

/// Whether the end of a job is an event that endpoints hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Announce {
    /// Nobody waits on the line: tell the endpoints.
    Events,
    /// The caller waits for the answer: tell nobody.
    Silent,
}

/// What came of a job that succeeded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobResult {
    /// The file a render made.
    pub export: Option<ExportFile>,
    /// The mockup an upload made.
    pub mockup: Option<MockupId>,
    /// What the caller should know.
    pub warnings: Vec<Warning>,
    /// How long each room of the walk took, in walking order.
    pub timings: Vec<Timing>,
}

/// A stored export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportFile {
    /// Where it lies.
    pub key: BlobKey,
    /// Its media type.
    pub content_type: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its size in pixels.
    pub size: Size,
}

/// How long one room of the walk took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The room: `fetch`, `draw`, ...
    pub room: String,
    /// How long.
    pub took: Duration,
}

impl Priority {
    /// Every priority, the most urgent first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

impl JobSpec {
    /// What sort of work it is.
    pub const fn kind(&self) -> JobKind {
        match self {
            Self::Render(_) | Self::Template(_) => JobKind::Render,
            Self::Upload(_) => JobKind::Upload,
        }
    }

    /// The mockup it works on. An upload makes one and works on none; a template may hold several, and is about none.
    pub fn subject(&self) -> Option<MockupId> {
        match self {
            Self::Render(render) => Some(render.mockup),
            Self::Template(_) | Self::Upload(_) => None,
        }
    }
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Render, Self::Upload];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Render => "render",
            Self::Upload => "upload",
        }
    }
}

impl Job {
    /// A job of normal priority that is accepted at `now` and may be claimed at once.
    pub fn accepted(
        id: JobId,
        tenant: TenantId,
        spec: JobSpec,
        announce: Announce,
        callback: Option<Callback>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            tenant,
            spec,
            state: JobState::accepted(now),
            version: Version::FIRST,
            priority: Priority::default(),
            announce,
            callback,
            send_to: None,
            charge: None,
            created_at: now,
            updated_at: now,
            started_at: None,
            result: None,
            timeline: Timeline::default(),
        }
    }

    /// What sort of work it is.
    pub const fn kind(&self) -> JobKind {
        self.spec.kind()
    }

    /// The same job in the state that a step led to, one version on, with the step in its timeline. A
    /// result is kept only by a job that succeeded.
    #[must_use]
    pub fn stepped(mut self, state: JobState, result: Option<JobResult>, now: Timestamp) -> Self {
        let now = now.max(self.updated_at);
        self.timeline.note(&self.state, &state, now);
        let started = matches!(state, JobState::Running { .. }).then_some(now);
        Self {
            result: if matches!(state, JobState::Succeeded { .. }) {
                result
            } else {
                None
            },
            state,
            version: self.version.next(),
            updated_at: now,
            started_at: self.started_at.or(started),
            ..self
        }
    }
}
