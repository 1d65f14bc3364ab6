//! Requests about mockups: rename one, list many.

use marquetry_job::Timestamp;
use marquetry_model::Mockup;

use super::{from_json, from_query};
use crate::field::{Absent, Field};
use crate::moment::{EndOfDay, parse_iso8601};
use crate::sudomock::{Code, Problem};

/// Which mockups to list, and in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockupQuery {
    /// How many at most, 1 to 100.
    pub limit: u32,
    /// How many to skip.
    pub offset: u64,
    /// Only those whose name holds this, in any case.
    pub name: Option<String>,
    /// Only those made then or later.
    pub created_after: Option<Timestamp>,
    /// Only those made then or earlier.
    pub created_before: Option<Timestamp>,
    /// By what to sort.
    pub sort: MockupSort,
    /// Which end comes first.
    pub order: Order,
}

/// By what mockups are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MockupSort {
    /// Their names.
    Name,
    /// When they were made.
    CreatedAt,
    /// When they last changed.
    UpdatedAt,
}

/// Which end of a list comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// The least: A, or the oldest.
    Ascending,
    /// The greatest: Z, or the newest.
    Descending,
}

/// Reads the body of `PATCH /psd-mockups/{uuid}`: the new name.
///
/// # Errors
/// 422 when the name is missing, empty or longer than 255 characters.
pub fn rename_mockup(body: &[u8]) -> Result<String, Problem> {
    from_json(body, Absent::IsEmptyObject, |root| {
        root.field("name").need(|name| {
            let text = name.string(1..=Mockup::LONGEST_NAME)?.trim();
            if text.is_empty() {
                return name.refuse("string_too_short", "should have at least 1 character");
            }
            Some(text.to_owned())
        })
    })
}

/// Reads the query of `GET /psd-mockups`. `search`, `sort_by` and `sort_order` are read as older spellings.
///
/// # Errors
/// 422 with every wrong parameter.
pub fn mockups(query: Option<&str>) -> Result<MockupQuery, Problem> {
    const SORTS: &[(&str, MockupSort)] = &[
        ("name", MockupSort::Name),
        ("created_at", MockupSort::CreatedAt),
        ("updated_at", MockupSort::UpdatedAt),
    ];
    const ORDERS: &[(&str, Order)] = &[("asc", Order::Ascending), ("desc", Order::Descending)];
    from_query(query, |root| {
        let limit = root.field("limit").or(20, |limit| limit.count(1..=100));
        let offset = root.field("offset").or(0, |offset| {
            offset
                .integer(0..=i64::MAX)
                .and_then(|offset| u64::try_from(offset).ok())
        });
        let name = root
            .either("name", &["search"])
            .maybe(|name| name.string(1..=Mockup::LONGEST_NAME).map(str::to_owned));
        let created_after = moment(root.field("created_after"), EndOfDay::First);
        let created_before = moment(root.field("created_before"), EndOfDay::Last);
        let sort = root
            .either("sort", &["sort_by"])
            .or(MockupSort::CreatedAt, |sort| sort.choice(SORTS));
        let order = root
            .either("order", &["sort_order"])
            .or(Order::Descending, |order| order.choice(ORDERS));
        Some(MockupQuery {
            limit: limit?,
            offset: offset?,
            name: name?,
            created_after: created_after?,
            created_before: created_before?,
            sort: sort?,
            order: order?,
        })
    })
}

fn moment(field: Field<'_, Code>, end: EndOfDay) -> Option<Option<Timestamp>> {
    field.maybe(|value| match parse_iso8601(value.text()?, end) {
        Some(at) => Some(at),
        None => value.refuse(
            "datetime_parsing",
            "should be a date and time like 2026-06-01T12:00:00Z",
        ),
    })
}
