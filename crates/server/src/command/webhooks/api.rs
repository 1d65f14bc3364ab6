//! The part of the API that the webhook commands ask, by way of the same door as everything else.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use marquetry_dialect::sudomock::answer::NEXT_CURSOR_HEADER;
use marquetry_egress::{Again, BodyEnd, Egress, Outgoing, Policy, SendLimits, Url};
use serde_json::Value;

use super::super::Failure;

/// The longest that an answer of the API may take, and be.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const ANSWER_BYTES: usize = 8 << 20;
/// How often, and after which pause, a server is asked that does not answer.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

/// A client of one server.
#[derive(Debug)]
pub(super) struct Api {
    egress: Egress,
    server: String,
    key: HeaderValue,
}

/// Why the server did not give what it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(super) struct Unanswered {
    /// Whether it may do so another time.
    pub(super) again: Again,
    what: String,
}

/// One line of the feed of deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: String,
    /// Where it goes; `None` for the callback of a single job.
    pub(super) endpoint: Option<String>,
    pub(super) event: String,
    pub(super) status: String,
    /// When it came to be owed, ISO 8601 in UTC and of one length, so that it compares as text.
    pub(super) created_at: String,
    pub(super) last_error: Option<String>,
}

/// A page of the feed, newest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    pub(super) rows: Vec<Row>,
    next: Option<String>,
}

/// Which deliveries to list.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted<'a> {
    pub(super) endpoint: Option<&'a str>,
    pub(super) status: Option<&'a str>,
}

/// A door from this machine to the addresses that its owner named, wherever they are.
pub(super) fn door_to(addresses: &[&str]) -> Result<Egress, Failure> {
    let mut policy = Policy::allow_private();
    for address in addresses {
        let url = Url::parse(address).map_err(|error| Failure::new(format!("{address}: {error}")))?;
        policy.ports.extend(url.port());
        if let Err(why) = policy.check(address) {
            return Err(Failure::new(format!("{address}: {why}")));
        }
    }
    Ok(Egress::new(policy)?)
}

impl Api {
    pub(super) fn new(server: &str, key: &str) -> Result<Self, Failure> {
        let mut key = HeaderValue::from_str(key).map_err(|_| Failure::new("this is no API key"))?;
        key.set_sensitive(true);
        let server = server.trim_end_matches('/').to_owned();
        Ok(Self {
            egress: door_to(&[&server])?,
            server,
            key,
        })
    }

    /// The first page of deliveries, or the one after `before`.
    pub(super) async fn page(&self, wanted: Wanted<'_>, before: Option<&Page>) -> Result<Page, Unanswered> {
        let mut path = match wanted.endpoint {
            Some(endpoint) => format!("/api/v1/webhook-endpoints/{endpoint}/deliveries?limit=200"),
            None => "/api/v1/webhook-endpoints/events?limit=200".to_owned(),
        };
        for (name, value) in [
            ("status", wanted.status),
            ("cursor", before.and_then(|page| page.next.as_deref())),
        ] {
            if let Some(value) = value {
                path.push_str(&format!("&{name}={value}"));
            }
        }
        let (headers, body) = self.ask(Method::GET, &path).await?;
        let listed: Value = serde_json::from_slice(&body).map_err(|_| strange(&path))?;
        let rows = listed.as_array().and_then(|rows| rows.iter().map(row).collect());
        let next = headers.get(NEXT_CURSOR_HEADER).map(|next| next.to_str());
        Ok(Page {
            rows: rows.ok_or_else(|| strange(&path))?,
            next: next.transpose().map_err(|_| strange(&path))?.map(str::to_owned),
        })
    }

    /// The body of a delivery, byte for byte as it is sent.
    pub(super) async fn message(&self, delivery: &str) -> Result<Bytes, Unanswered> {
        let path = format!("/api/v1/webhook-endpoints/events/{delivery}");
        Ok(self.ask(Method::GET, &path).await?.1)
    }

    /// Has a delivery sent once more.
    pub(super) async fn replay(&self, endpoint: &str, delivery: &str) -> Result<(), Unanswered> {
        let path = format!("/api/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}/replay");
        self.ask(Method::POST, &path).await.map(drop)
    }

    async fn ask(&self, method: Method, path: &str) -> Result<(HeaderMap, Bytes), Unanswered> {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("x-api-key"), self.key.clone());
        let limits = SendLimits {
            total: ANSWER_WITHIN,
            answer_bytes: ANSWER_BYTES,
            answer_wait: ANSWER_WITHIN,
            ..SendLimits::default()
        };
        let outgoing = Outgoing {
            method,
            url: format!("{}{path}", self.server),
            headers,
            body: Bytes::new(),
            party: None,
        };
        let sent = self.egress.send(outgoing, &limits).await;
        let sent = sent.map_err(|error| Unanswered {
            again: error.again(),
            what: error.detail(),
        })?;
        let status = sent.status.as_u16();
        if sent.status.is_success() && sent.body_end == BodyEnd::Complete {
            return Ok((sent.headers, sent.body));
        }
        let told: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
        let told = ["detail", "message", "error"]
            .iter()
            .find_map(|name| told[*name].as_str().or(told["error"][*name].as_str()));
        let busy = sent.status.is_server_error() || sent.status.is_success() || matches!(status, 408 | 429);
        Err(Unanswered {
            again: if busy { Again::Later } else { Again::Never },
            what: match told {
                Some(told) => format!("{path} answered {status}: {told}"),
                None => format!("{path} answered {status}"),
            },
        })
    }
}

impl Page {
    /// Whether there are older ones.
    pub(super) fn goes_on(&self) -> bool {
        self.next.is_some()
    }
}

/// Asks again a few times while the server may yet answer.
pub(super) async fn patiently<T>(
    mut ask: impl AsyncFnMut() -> Result<T, Unanswered>,
) -> Result<T, Unanswered> {
    let mut tries = 1;
    loop {
        match ask().await {
            Err(error) if error.again == Again::Later && tries < TRIES => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            other => return other,
        }
    }
}

fn row(value: &Value) -> Option<Row> {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    Some(Row {
        id: text("id")?,
        endpoint: text("endpoint_id"),
        event: text("event_type")?,
        status: text("status")?,
        created_at: text("created_at")?,
        last_error: text("last_error"),
    })
}

fn strange(path: &str) -> Unanswered {
    Unanswered {
        again: Again::Never,
        what: format!("{path} answered something else than a list of deliveries"),
    }
}
