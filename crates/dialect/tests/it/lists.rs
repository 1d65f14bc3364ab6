//! Queries of the lists: limits, filters, orders, cursors.

use marquetry_dialect::iso8601;
use marquetry_dialect::sudomock::request::{self, Cursor, KindQuery, MockupQuery, MockupSort, Order};
use marquetry_job::DeliveryShown;
use marquetry_model::{EventType, JobKind};

use crate::fixtures::*;

#[test]
fn mockups_have_defaults() {
    let expected = MockupQuery {
        limit: 20,
        offset: 0,
        name: None,
        created_after: None,
        created_before: None,
        sort: MockupSort::CreatedAt,
        order: Order::Descending,
    };
    assert_eq!(request::mockups(None), Ok(expected.clone()));
    assert_eq!(request::mockups(Some("")), Ok(expected.clone()));
    assert_eq!(request::mockups(Some("name=&unknown=1&limit=")), Ok(expected));
}

#[test]
fn mockups_have_filters_and_orders() {
    let query = request::mockups(Some(
        "limit=100&offset=40&name=white+m%C3%BCg&created_after=2026-06-01&created_before=2026-06-01T12:00:00%2B02:00\
         &sort=name&order=asc",
    ))
    .unwrap();
    assert_eq!(
        (query.limit, query.offset, query.name.as_deref()),
        (100, 40, Some("white müg"))
    );
    assert_eq!(
        query.created_after.map(iso8601).as_deref(),
        Some("2026-06-01T00:00:00.000Z")
    );
    assert_eq!(
        query.created_before.map(iso8601).as_deref(),
        Some("2026-06-01T10:00:00.000Z")
    );
    assert_eq!((query.sort, query.order), (MockupSort::Name, Order::Ascending));
}

#[test]
fn older_spellings_of_the_mockup_list_are_read() {
    let query = request::mockups(Some("search=mug&sort_by=updated_at&sort_order=ASC")).unwrap();
    assert_eq!(query.name.as_deref(), Some("mug"));
    assert_eq!(
        (query.sort, query.order),
        (MockupSort::UpdatedAt, Order::Ascending)
    );
    let query = request::mockups(Some("name=a&search=b")).unwrap();
    assert_eq!(query.name.as_deref(), Some("a"), "the newer spelling wins");
}

#[test]
fn wrong_parameters_of_the_mockup_list_are_named() {
    let named_by = |query| named(&request::mockups(Some(query)).unwrap_err());
    assert_eq!(named_by("limit=0"), ["query.limit greater_than_equal"]);
    assert_eq!(named_by("limit=101"), ["query.limit less_than_equal"]);
    assert_eq!(
        named_by("limit=x&offset=-1&created_after=yesterday&sort=size&order=up"),
        [
            "query.limit int_parsing",
            "query.offset greater_than_equal",
            "query.created_after datetime_parsing",
            "query.sort enum",
            "query.order enum"
        ]
    );
}

#[test]
fn jobs() {
    let query = request::jobs(None).unwrap();
    assert_eq!(
        (query.limit, query.kind, query.mockup, query.after),
        (20, KindQuery::Any, None, None)
    );

    let cursor = Cursor::of_job(NOON, RENDER_JOB.parse().unwrap());
    let text = format!(
        "kind=render&mockup_uuid={MOCKUP}&limit=50&cursor={}",
        cursor.encode()
    );
    let query = request::jobs(Some(&text)).unwrap();
    assert_eq!((query.limit, query.kind), (50, KindQuery::Only(JobKind::Render)));
    assert_eq!(query.mockup, MOCKUP.parse().ok());
    assert_eq!(query.after, Some(cursor));
    assert_eq!(query.after.map(|after| after.job()), RENDER_JOB.parse().ok());

    assert_eq!(
        request::jobs(Some("kind=upload")).unwrap().kind,
        KindQuery::Only(JobKind::Upload)
    );
    for kind in [
        "video",
        "2d_create",
        "2d_render",
        "photo_mockup_create",
        "photo_mockup_render",
    ] {
        let query = request::jobs(Some(&format!("kind={kind}"))).unwrap();
        assert_eq!(query.kind, KindQuery::Unmade, "{kind}");
    }
    let problem = request::jobs(Some("limit=51&kind=photo&mockup_uuid=1")).unwrap_err();
    assert_eq!(
        named(&problem),
        [
            "query.limit less_than_equal",
            "query.kind enum",
            "query.mockup_uuid uuid_parsing"
        ]
    );
}

#[test]
fn a_damaged_cursor_is_400() {
    let good = Cursor::of_job(NOON, RENDER_JOB.parse().unwrap()).encode();
    let damaged = format!("cursor={}A", &good[..good.len() - 1]);
    for query in ["cursor=abc", "cursor=%00", damaged.as_str()] {
        let problem = request::jobs(Some(query)).unwrap_err();
        assert_eq!(
            (told(&problem).0, told(&problem).1.as_str()),
            (400, "INVALID_CURSOR"),
            "{query}"
        );
        assert_eq!(request::deliveries(Some(query)).unwrap_err().status(), 400);
    }
}

#[test]
fn deliveries() {
    let query = request::deliveries(None).unwrap();
    assert_eq!(
        (query.limit, query.status, query.event, query.after),
        (50, None, None, None)
    );
    assert_eq!(request::events(None).unwrap().limit, 100);
    let cursor = Cursor::of_delivery(NOON, DELIVERY.parse().unwrap());
    let text = format!(
        "status=dead&event_type=2d_render.failed&limit=200&cursor={}",
        cursor.encode()
    );
    let query = request::events(Some(&text)).unwrap();
    assert_eq!((query.status, query.limit), (Some(DeliveryShown::Dead), 200));
    assert_eq!(query.event, Some(EventType::PhotoMockupRenderFailed));
    assert_eq!(query.after.map(|after| after.delivery()), DELIVERY.parse().ok());
    let problem = request::deliveries(Some("status=lost&event_type=upload.failed&limit=201")).unwrap_err();
    assert_eq!(
        named(&problem),
        [
            "query.limit less_than_equal",
            "query.status enum",
            "query.event_type enum"
        ]
    );
}
