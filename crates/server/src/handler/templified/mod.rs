//! The routes of the second dialect: read with `dialect::templified`, ask `service`, answer in its words.

pub(crate) mod assets;
pub(crate) mod designs;
pub(crate) mod destinations;
pub(crate) mod exports;
pub(crate) mod groups;
pub(crate) mod photos;
pub(crate) mod presets;
pub(crate) mod renders;
pub(crate) mod teams;
pub(crate) mod templates;

use std::sync::Arc;

use marquetry_dialect::Dialect;
use marquetry_dialect::templified::request::{self, Afterwards, Mode};
use marquetry_dialect::templified::{Problem, answer, handle_of};
use marquetry_model::{Callback, Handle};
use marquetry_service::{
    Authenticated, Priority, Recipient, SendRequest, ServiceError, Submitted, Terms, Wait,
};
use marquetry_store::RecordCursor;

use crate::App;
use crate::call::Call;
use crate::handler::submitting::waited_for;
use crate::problem::chain;
use crate::problem::templified::of_service;
use crate::reply::Reply;

/// The errors of the service, as every handler here tells them.
trait Told<T> {
    /// The problem that the error is to a client.
    fn told(self) -> Result<T, Problem>;
}

impl<T> Told<T> for Result<T, ServiceError> {
    fn told(self) -> Result<T, Problem> {
        self.map_err(of_service)
    }
}

/// The body as `read` understands it: values for fields, or a layout, which are small.
async fn values<T: Send + 'static>(
    call: Call,
    read: impl FnOnce(&[u8]) -> Result<T, Problem> + Send + 'static,
) -> Result<(Arc<App>, T), Problem> {
    let most = call.app.config().values_bytes;
    call.json_within(most, read).await
}

/// The name in a gap of the path, or `problem`: what is no name names nothing.
fn handle(call: &Call, gap: &str, problem: impl FnOnce() -> Problem) -> Result<Handle, Problem> {
    handle_of(call.gap(gap)).ok_or_else(problem)
}

/// Which part of a list is wanted: how many, and after which.
fn page(call: &Call) -> Result<(u32, Option<RecordCursor>), Problem> {
    let page = request::page(call.query())?;
    let after = page.after.map(|marker| marker.parse()).transpose();
    let after = after.map_err(|_| Problem::of_member("cursor", "is not valid; start again without one"))?;
    Ok((page.limit, after))
}

/// The terms of a submission. Its end is an event in any case: whoever waits may have asked for a callback too, and may
/// not wait long enough.
///
/// # Errors
/// 400 when the file is to be sent to what can be no destination; whether it is one, the service finds out.
async fn terms(
    app: &App,
    caller: &Authenticated,
    then: Afterwards,
    idempotency_key: Option<String>,
) -> Result<Terms, Problem> {
    let send_to = match &then.send_to {
        None => None,
        Some(asked) => match recipient(asked) {
            Some(to) => Some(sent(to)),
            None => {
                let usable = app.service.recipients(caller.tenant).await.told()?;
                return Err(of_service(ServiceError::RecipientNotFound { usable }));
            }
        },
    };
    Ok(Terms {
        wait: Wait::No,
        callback: then.callback.map(callback),
        idempotency_key,
        priority: Priority::Normal,
        send_to,
    })
}

/// Whom `send_to` names, if it can be anybody.
fn recipient(asked: &request::SendTo) -> Option<Recipient> {
    let destination = asked.integration().map(Recipient::Destination);
    destination.or_else(|| asked.preset().map(Recipient::Preset))
}

/// A file is to go there, under the paths that are set up.
fn sent(to: Recipient) -> SendRequest {
    SendRequest {
        to,
        folder: None,
        file_name: None,
        dialect: Dialect::Templified.name(),
    }
}

/// Whoever listens at `url`.
fn callback(url: String) -> Callback {
    Callback {
        url,
        // Nobody agreed on a secret for this one message, so it goes out unsigned.
        secret: None,
        dialect: Dialect::Templified.name(),
    }
}

/// The `Idempotency-Key` of a request.
fn idempotency_key(call: &Call) -> Result<Option<String>, Problem> {
    request::idempotency_key(call.idempotency_key())
}

/// 202 with the job; for a caller who waits, 200 with the job once it has ended, however it did.
///
/// Whoever waits holds no worker.
async fn answered(app: &App, mode: Mode, submitted: Submitted) -> Reply {
    let job = submitted.into_job();
    if mode == Mode::Background {
        return answer::accepted(&job).into();
    }
    let job = waited_for(app, job, app.config().sync_wait).await;
    if !job.state.is_terminal() {
        return answer::still_going(&job).into();
    }
    // The job is durable: whoever waited is told of it, if need be without where its file has got to.
    let sending = app.service.sending(&job).await.unwrap_or_else(|error| {
        tracing::warn!(job = %job.id, error = chain(&error), "cannot see where a file has got to");
        None
    });
    let ended = answer::poll(&job, sending.as_ref(), &app.links);
    ended.unwrap_or_else(|| answer::still_going(&job)).into()
}
