//! Requests about jobs: list many.

use marquetry_model::{JobKind, MockupId};

use super::{Cursor, from_query};
use crate::sudomock::{Code, Problem};

/// Which jobs to list, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobQuery {
    /// How many at most, 1 to 50.
    pub limit: u32,
    /// Only jobs of these kinds; `None` is every kind, and an empty list is a kind that this server never makes.
    pub kinds: Option<Vec<JobKind>>,
    /// Only jobs that work on this mockup.
    pub mockup: Option<MockupId>,
    /// Only jobs after this one.
    pub after: Option<Cursor>,
}

/// Kinds that the dialect knows; those that this server does not make match nothing.
const KINDS: &[(&str, Option<JobKind>)] = &[
    ("render", Some(JobKind::Render)),
    ("upload", Some(JobKind::Upload)),
    ("video", None),
    ("photo_mockup_create", None),
    ("photo_mockup_render", None),
    ("2d_create", None),
    ("2d_render", None),
];

/// Reads the query of `GET /jobs`.
///
/// # Errors
/// 422 with every wrong parameter; 400 `INVALID_CURSOR`.
pub fn jobs(query: Option<&str>) -> Result<JobQuery, Problem> {
    from_query(query, |root| {
        let limit = root.field("limit").or(20, |limit| limit.count(1..=50));
        let kinds = root
            .field("kind")
            .maybe(|kind| Some(kind.choice(KINDS)?.into_iter().collect()));
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
            kinds: kinds?,
            mockup: mockup?,
            after: after?,
        })
    })
}
