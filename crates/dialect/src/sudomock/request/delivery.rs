//! Requests about deliveries: the log of one endpoint, or of all.

use marquetry_job::{DeliveryShown, Timestamp};
use marquetry_model::EventType;

use super::{Cursor, from_query};
use crate::moment::{EndOfDay, parse_iso8601};
use crate::sudomock::event::event_of_name;
use crate::sudomock::{Code, Problem};

/// Which deliveries to list, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryQuery {
    /// How many at most, 1 to 200.
    pub limit: u32,
    /// Only those that stand so.
    pub status: Option<DeliveryShown>,
    /// Only those that tell of this.
    pub event: Option<EventType>,
    /// Only those after this one.
    pub after: Option<Cursor>,
}

const STATUSES: &[(&str, DeliveryShown)] = &[
    ("pending", DeliveryShown::Pending),
    ("delivered", DeliveryShown::Delivered),
    ("failed", DeliveryShown::Failed),
    ("dead", DeliveryShown::Dead),
];

/// Reads the query of `GET /webhook-endpoints/{id}/deliveries`.
///
/// # Errors
/// 422 with every wrong parameter; 400 `INVALID_CURSOR`.
pub fn deliveries(query: Option<&str>) -> Result<DeliveryQuery, Problem> {
    read(query, 50)
}

/// Reads the query of `GET /webhook-endpoints/events`, which differs in how many rows it gives unasked.
///
/// # Errors
/// 422 with every wrong parameter; 400 `INVALID_CURSOR`.
pub fn events(query: Option<&str>) -> Result<DeliveryQuery, Problem> {
    read(query, 100)
}

/// Which tries of a delivery to list, the latest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptQuery {
    /// How many at most, 1 to 200.
    pub limit: u32,
    /// Only those with a lower number.
    pub before: Option<u32>,
}

/// Reads the query of `GET /webhook-endpoints/{id}/deliveries/{delivery}/attempts`.
///
/// # Errors
/// 422 with every wrong parameter.
pub fn attempts(query: Option<&str>) -> Result<AttemptQuery, Problem> {
    from_query(query, |root| {
        let limit = root.field("limit").or(50, |limit| limit.count(1..=200));
        let before = root.field("before").maybe(|before| before.count(0..=u32::MAX));
        Some(AttemptQuery {
            limit: limit?,
            before: before?,
        })
    })
}

/// Reads the query of `POST /webhook-endpoints/{id}/deliveries/replay-failed`: since when, if that was said.
///
/// # Errors
/// 422 when `since` is no moment in ISO 8601.
pub fn replay_failed(query: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    from_query(query, |root| {
        root.field("since")
            .maybe(|since| match parse_iso8601(since.text()?, EndOfDay::First) {
                Some(at) => Some(at),
                None => since.refuse("datetime_parsing", "should be a moment in ISO 8601"),
            })
    })
}

fn read(query: Option<&str>, unasked: u32) -> Result<DeliveryQuery, Problem> {
    from_query(query, |root| {
        let limit = root.field("limit").or(unasked, |limit| limit.count(1..=200));
        let status = root.field("status").maybe(|status| status.choice(STATUSES));
        let event = root
            .field("event_type")
            .maybe(|name| match event_of_name(name.text()?) {
                Some(event) => Some(event),
                None => name.refuse("enum", "should be the name of an event"),
            });
        let after = root
            .field("cursor")
            .maybe(|cursor| match Cursor::decode(cursor.text()?) {
                Some(cursor) => Some(cursor),
                None => root.rule("cursor", Some(Code::InvalidCursor), "is not valid"),
            });
        Some(DeliveryQuery {
            limit: limit?,
            status: status?,
            event: event?,
            after: after?,
        })
    })
}
