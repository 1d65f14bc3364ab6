//! Requests about jobs: list many.

use marquetry_model::{JobKind, MockupId};

use super::{Cursor, from_query};
use crate::sudomock::{Code, Problem};

/// Which jobs to list, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobQuery {
    /// How many at most, 1 to 50.
    pub limit: u32,
    /// Only jobs of this kind.
    pub kind: KindQuery,
    /// Only jobs that work on this mockup.
    pub mockup: Option<MockupId>,
    /// Only jobs after this one.
    pub after: Option<Cursor>,
}

/// Which kind of jobs to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KindQuery {
    /// Every kind.
    Any,
    /// This one.
    Only(JobKind),
    /// One that the dialect knows and this server never makes: nothing matches.
    Unmade,
}

const KINDS: &[(&str, KindQuery)] = &[
    ("render", KindQuery::Only(JobKind::Render)),
    ("upload", KindQuery::Only(JobKind::Upload)),
    ("video", KindQuery::Unmade),
    ("photo_mockup_create", KindQuery::Unmade),
    ("photo_mockup_render", KindQuery::Unmade),
    ("2d_create", KindQuery::Unmade),
    ("2d_render", KindQuery::Unmade),
];

/// Reads the query of `GET /jobs`.
///
/// # Errors
/// 422 with every wrong parameter; 400 `INVALID_CURSOR`.
pub fn jobs(query: Option<&str>) -> Result<JobQuery, Problem> {
    from_query(query, |root| {
        let limit = root.field("limit").or(20, |limit| limit.count(1..=50));
        let kind = root.field("kind").or(KindQuery::Any, |kind| kind.choice(KINDS));
        let mockup = root
            .field("mockup_uuid")
            .maybe(|id| id.uuid().map(|id| MockupId::from_bytes(*id.as_bytes())));
        let after = root
            .field("cursor")
            .maybe(|cursor| match Cursor::decode(cursor.text()?) {
                Some(cursor) => Some(cursor),
                None => root.rule("cursor", Some(Code::InvalidCursor), "is not valid"),
            });
        Some(JobQuery {
            limit: limit?,
            kind: kind?,
            mockup: mockup?,
            after: after?,
        })
    })
}
