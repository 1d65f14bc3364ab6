//! `GET /jobs/{id}/events`: a job as it goes its way, as server-sent events.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use marquetry_dialect::sudomock::{Problem, answer};
use marquetry_job::Again;
use marquetry_service::{Authenticated, Seen, Watching};

use super::submitting::Told as _;
use crate::App;
use crate::body::Content;
use crate::call::Call;
use crate::problem::chain;
use crate::reply::Reply;

/// Tells a proxy of a common kind not to collect what should go out at once.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How long a client should wait before it comes back.
const COME_BACK: &str = "retry: 1000\n\n";
/// A line that clients read over.
const STILL_HERE: &str = ": still here\n\n";
/// The pause after the store could not be asked.
const PAUSE: Duration = Duration::from_secs(1);

/// 200 with events until the job has ended; 204, which tells a client not to come back, when it has ended and the
/// client knows.
pub(crate) async fn events(call: Call, caller: Authenticated) -> Result<Reply, Problem> {
    let id = call.id("id", Problem::job_not_found)?;
    let known = call.head.headers.get("last-event-id");
    let known = known
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let mut watching = call.app.service.watch(caller.tenant, id).await.told()?;
    let first = watching.next().await.told()?.filter(|seen| id_of(seen) != known);
    let job_is_over = watching.is_over();
    if first.is_none() && job_is_over {
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    }
    let mut beginning = COME_BACK.to_owned();
    if let Some(seen) = &first {
        beginning.push_str(&event(seen, &call.app));
    }
    let line = Line {
        app: Arc::clone(&call.app),
        watching,
    };
    let later = stream::unfold(line, |mut line| async move { Some((line.next().await?, line)) });
    let all = stream::once(async move { beginning }).chain(later);

    let mut reply = Reply::empty(StatusCode::OK);
    let fixed = HeaderValue::from_static;
    reply.headers.insert(CONTENT_TYPE, fixed("text/event-stream"));
    reply.headers.insert(UNBUFFERED, fixed("no"));
    reply.content = Content::Live(all.map(|text| Ok::<_, io::Error>(Bytes::from(text))).boxed());
    Ok(reply)
}

/// What goes over one connection after the first event.
struct Line {
    app: Arc<App>,
    watching: Watching,
}

impl Line {
    /// The next piece of text; `None` when the job has ended, or the server stops.
    async fn next(&mut self) -> Option<String> {
        let heartbeat = tokio::time::sleep(self.app.config().heartbeat);
        let seen = tokio::select! {
            seen = self.watching.next() => seen,
            () = heartbeat => return Some(STILL_HERE.to_owned()),
            () = self.app.stopping() => return None,
        };
        match seen {
            Ok(seen) => seen.map(|seen| event(&seen, &self.app)),
            Err(error) if error.again() == Again::Later => {
                tracing::warn!(error = chain(&error), "a job cannot be looked at");
                tokio::time::sleep(PAUSE).await;
                Some(STILL_HERE.to_owned())
            }
            // Swept away, with whatever there was to tell of it.
            Err(_) => None,
        }
    }
}

fn event(seen: &Seen, app: &App) -> String {
    answer::seen(&seen.job, seen.progress.as_ref(), seen.before, &app.links)
}

fn id_of(seen: &Seen) -> String {
    answer::seen_id(&seen.job, seen.progress.as_ref(), seen.before)
}
