//! What renders and uploads have in common: on which terms a job is submitted, and how its end is waited for.

use std::time::Duration;

use marquetry_dialect::Dialect;
use marquetry_dialect::sudomock::request::Mode;
use marquetry_dialect::sudomock::{Problem, Resource, answer};
use marquetry_model::{Callback, Job};
use marquetry_service::{Authenticated, Priority, Submitted, Terms, Wait};

use crate::App;
use crate::admission::Place;
use crate::problem::{chain, of_service};
use crate::reply::Reply;

/// The terms of a submission. Whoever waits does so in [`end`], where the stopping of the server is heard too; the
/// service is only told that somebody waits.
pub(super) fn terms(mode: Mode, callback: Option<String>, idempotency_key: Option<String>) -> Terms {
    Terms {
        wait: match mode {
            Mode::Background => Wait::No,
            Mode::Inline => Wait::UpTo(Duration::ZERO),
        },
        callback: callback.map(|url| Callback {
            url,
            // Nobody agreed on a secret for this one message, so it goes out unsigned.
            secret: None,
            dialect: Dialect::SudoMock.name(),
        }),
        idempotency_key,
        priority: Priority::Normal,
        send_to: None,
    }
}

/// A place among those who wait, for a caller who is going to.
///
/// # Errors
/// 429 when there is none left.
pub(super) fn place(
    app: &App,
    caller: &Authenticated,
    resource: Resource,
    mode: Mode,
) -> Result<Option<Place>, Problem> {
    match mode {
        Mode::Background => Ok(None),
        Mode::Inline => app
            .admission
            .enter(caller.tenant, resource, &app.account.plan)
            .map(Some)
            .map_err(Problem::from),
    }
}

/// What became of a job that somebody waits for.
pub(super) enum End {
    /// It succeeded.
    Succeeded(Box<Job>),
    /// It goes on; the caller is told where to look.
    Later(Reply),
}

/// Waits for the end of a job.
///
/// # Errors
/// What its failure means to whoever waited. Never because it cannot be seen whether it has ended: the job is
/// durable, and a client that is told of an error would submit it a second time.
pub(super) async fn end(app: &App, submitted: Submitted) -> Result<End, Problem> {
    let job = match submitted {
        Submitted::Finished(job) => job,
        Submitted::Accepted(job) => waited_for(app, job, app.config().sync_ceiling).await,
    };
    match Problem::of_ended(&job) {
        Some(problem) => Err(problem),
        None if job.state.is_terminal() => Ok(End::Succeeded(Box::new(job))),
        None => Ok(End::Later(answer::still_going(&job).into())),
    }
}

/// The job when it has ended, or as it was last seen when `limit` has passed or this server stops. Nobody is told that it
/// cannot be looked at meanwhile: it is durable, and a client that hears of an error would submit it a second time.
pub(super) async fn waited_for(app: &App, job: Job, limit: Duration) -> Job {
    tokio::select! {
        waited = app.service.wait(job.tenant, job.id, limit) => match waited {
            Ok(waited) => waited.into_job(),
            Err(error) => {
                tracing::error!(job = %job.id, error = chain(&error), "a job cannot be waited for");
                job
            }
        },
        () = app.stopping() => job,
    }
}

/// What whoever waited is told when a job that succeeded has nothing to show, which only a fault of ours brings about.
pub(super) fn nothing_to_show(job: &Job) -> Problem {
    tracing::error!(job = %job.id, "a job succeeded without a result");
    Problem::server_error()
}

/// The errors of the service, as every handler tells them.
pub(super) trait Told<T> {
    /// The problem that the error is to a client.
    fn told(self) -> Result<T, Problem>;
}

impl<T> Told<T> for Result<T, marquetry_service::ServiceError> {
    fn told(self) -> Result<T, Problem> {
        self.map_err(of_service)
    }
}
