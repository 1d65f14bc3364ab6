//! Why a store could not do what it was asked, sorted by whether asking again helps.

use marquetry_job::Again;

/// The backend's own error, kept as the source.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database is busy or away: ask again.
    #[error("the store cannot be reached")]
    Unavailable {
        /// What the backend said.
        #[source]
        source: Source,
    },
    /// The disk or quota is full: the operator makes room.
    #[error("the store is full")]
    Full {
        /// What the backend said.
        #[source]
        source: Source,
    },
    /// The store is shutting down or its writer has gone: ask another one, or later.
    #[error("the store is closed")]
    Closed,
    /// A record changed each time it was about to be swapped: ask again.
    #[error("the {what} changed faster than it could be swapped")]
    Contended {
        /// Which sort of record.
        what: &'static str,
    },
    /// A record with this id is there already: the caller drew an id twice.
    #[error("this {what} is there already")]
    Duplicate {
        /// Which sort of record.
        what: &'static str,
    },
    /// A record was written by a newer program, or is damaged: the operator looks at it.
    #[error("a stored {what} cannot be read: {problem}")]
    Unreadable {
        /// Which sort of record.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The database answered in a way that no retry mends.
    #[error("the store failed while {doing}")]
    Broken {
        /// What was being done.
        doing: &'static str,
        /// What the backend said.
        #[source]
        source: Source,
    },
}

impl StoreError {
    /// This error and all its causes on one line, for the log.
    pub fn detail(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }

    /// Whether the same call may succeed later.
    pub const fn again(&self) -> Again {
        match self {
            Self::Unavailable { .. } | Self::Full { .. } | Self::Closed | Self::Contended { .. } => {
                Again::Later
            }
            Self::Duplicate { .. } | Self::Unreadable { .. } | Self::Broken { .. } => Again::Never,
        }
    }
}
