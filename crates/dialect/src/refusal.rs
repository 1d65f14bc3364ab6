//! What can go wrong with a request whatever it asks: before its handler is found, while its body is read, while it
//! waits in line. Each dialect says it in words of its own.

use std::time::Duration;

use crate::{Answer, Dialect, sudomock, templified};

/// Why a request is turned away, before anybody speaks of what it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// 401: no key, or none that is good.
    Unauthorized,
    /// 404: nothing answers under this path.
    NoSuchPath,
    /// 405: the path answers other methods.
    WrongMethod {
        /// Which, written as in the `Allow` header.
        allowed: String,
    },
    /// 408: the body came too slowly, or stopped coming.
    TooSlow,
    /// The body of a form cannot be taken apart.
    MalformedForm {
        /// Why, as a clause.
        reason: String,
    },
    /// 413: the body is too long.
    TooLong {
        /// The most bytes.
        limit: u64,
    },
    /// 415: the body is of a kind that the route does not read.
    WrongType {
        /// What it reads.
        expected: &'static str,
    },
    /// 429: too often, or too many at once.
    Limit(LimitReached),
    /// 503: not now.
    Unavailable {
        /// When to come back; told in whole seconds, rounded up.
        retry_after: Duration,
    },
    /// 500: the log knows more.
    Fault,
}

/// A limit that a request ran into, with the numbers a client needs to come back at the right time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitReached {
    /// Too many requests in too short a time.
    Rate {
        /// Requests allowed in the window.
        limit: u32,
        /// How long until there is room again; told in whole seconds, rounded up.
        retry_after: Duration,
    },
    /// Too much work waits already.
    Queue {
        /// How many jobs may wait or run.
        limit: u64,
        /// When to try again; told in whole seconds, rounded up.
        retry_after: Duration,
    },
    /// Too many requests at once.
    Concurrency {
        /// What they are competing for.
        resource: Resource,
        /// How many are allowed at once.
        limit: u32,
        /// How many there are.
        current: u32,
        /// When to try again; told in whole seconds, rounded up.
        retry_after: Duration,
    },
}

/// What concurrent requests compete for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Renders that a caller waits for.
    Renders,
    /// Uploads that a caller waits for.
    Uploads,
}

impl LimitReached {
    pub(crate) fn retry_after(&self) -> Duration {
        match self {
            Self::Rate { retry_after, .. }
            | Self::Queue { retry_after, .. }
            | Self::Concurrency { retry_after, .. } => *retry_after,
        }
    }

    /// The headers that tell of it, the same in every dialect.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        let wait = seconds(self.retry_after()).to_string();
        let mut headers = vec![("Retry-After", wait.clone())];
        if let Self::Rate { limit, .. } = self {
            headers.push(("RateLimit-Limit", limit.to_string()));
            headers.push(("RateLimit-Remaining", "0".to_owned()));
            headers.push(("RateLimit-Reset", wait));
        }
        headers
    }

    /// What a reader is told.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Rate { limit, .. } => {
                format!("More than {limit} requests in a minute. Try again later.")
            }
            Self::Queue { limit, .. } => {
                format!("{limit} jobs are waiting already. Try again when some are done.")
            }
            Self::Concurrency { resource, limit, .. } => format!(
                "At most {limit} {} at once. Try again when one is done.",
                resource.plural()
            ),
        }
    }
}

impl Resource {
    fn plural(self) -> &'static str {
        match self {
            Self::Renders => "renders",
            Self::Uploads => "uploads",
        }
    }
}

/// Whole seconds, rounded up, at least 1: a client that waits so long finds room.
pub(crate) fn seconds(wait: Duration) -> u64 {
    wait.as_millis()
        .div_ceil(1000)
        .clamp(1, 86_400 * 365)
        .try_into()
        .unwrap_or(1)
}

impl Dialect {
    /// The dialect whose routes lie where this path leads; the first one where none is.
    ///
    /// ```
    /// use marquetry_dialect::Dialect;
    /// assert_eq!(Dialect::of_path("/api/v1/create/clx_0"), Dialect::Templified);
    /// assert_eq!(Dialect::of_path("/api/v1/renders"), Dialect::SudoMock);
    /// assert_eq!(Dialect::of_path("/nowhere"), Dialect::SudoMock);
    /// ```
    pub fn of_path(path: &str) -> Self {
        let first = path
            .strip_prefix("/api/v1/")
            .and_then(|rest| rest.split('/').next())
            .unwrap_or_default();
        if templified::FOLDERS.contains(&first) {
            Self::Templified
        } else {
            Self::SudoMock
        }
    }

    /// The answer to a request that is turned away.
    pub fn refuse(self, refusal: Refusal) -> Answer {
        match self {
            Self::SudoMock => sudomock::Problem::from(refusal).into(),
            Self::Templified => templified::Problem::from(refusal).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_the_same_status_in_every_dialect() {
        const SOON: Duration = Duration::from_millis(1500);
        let renders = Resource::Renders;
        for (refusal, status) in [
            (Refusal::Unauthorized, 401),
            (Refusal::NoSuchPath, 404),
            (
                Refusal::WrongMethod {
                    allowed: "GET, HEAD".to_owned(),
                },
                405,
            ),
            (Refusal::TooSlow, 408),
            (Refusal::TooLong { limit: 5 }, 413),
            (
                Refusal::WrongType {
                    expected: "application/json",
                },
                415,
            ),
            (
                Refusal::Limit(LimitReached::Rate {
                    limit: 5,
                    retry_after: SOON,
                }),
                429,
            ),
            (
                Refusal::Limit(LimitReached::Concurrency {
                    resource: renders,
                    limit: 5,
                    current: 5,
                    retry_after: SOON,
                }),
                429,
            ),
            (Refusal::Unavailable { retry_after: SOON }, 503),
            (Refusal::Fault, 500),
        ] {
            for dialect in Dialect::ALL {
                let answer = dialect.refuse(refusal.clone());
                assert_eq!(answer.status, status, "{dialect:?} {refusal:?}");
                let has = |name| answer.headers.iter().any(|(given, _)| *given == name);
                assert_eq!(has("Retry-After"), status == 429 || status == 503, "{refusal:?}");
                assert_eq!(has("Allow"), status == 405, "{refusal:?}");
            }
        }
    }
}
