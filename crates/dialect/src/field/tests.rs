//! Each way a field can be wrong, and the path that names it.

use std::fmt;

use super::*;
use serde_json::json;

type Answer<T> = Result<T, Wrong<&'static str>>;

fn paths<T: fmt::Debug>(answer: Answer<T>) -> Vec<(String, &'static str)> {
    answer
        .unwrap_err()
        .fields
        .iter()
        .map(|error| (dotted(&error.path), error.kind))
        .collect()
}

#[test]
fn every_wrong_field_is_named_with_its_path() {
    let body = json!({"list": [{"a": 1}, {"a": "x"}, {"a": 99}, {}], "name": "", "flag": "true"});
    let answer: Answer<()> = read(Origin::Json, &body, |root| {
        let list = root.field("list").need(|list| {
            list.each(0..=9, |entry| {
                entry.object()?.field("a").need(|a| a.integer(0..=10))
            })
        });
        let name = root
            .field("name")
            .need(|name| name.string(1..=5).map(str::to_owned));
        let flag = root.field("flag").or(false, |flag| flag.boolean());
        let _ = (list?, name?, flag?);
        Some(())
    });
    assert_eq!(
        paths(answer),
        [
            ("list[1].a".to_owned(), "int_type"),
            ("list[2].a".to_owned(), "less_than_equal"),
            ("list[3].a".to_owned(), "missing"),
            ("name".to_owned(), "string_too_short"),
            ("flag".to_owned(), "bool_type"),
        ]
    );
}

#[test]
fn null_is_absent_and_a_query_reads_numbers_from_text() {
    let body = json!({"a": null});
    let answer: Answer<_> = read(Origin::Json, &body, |root| {
        root.field("a").maybe(|a| a.integer(0..=1))
    });
    assert_eq!(answer, Ok(None));
    let query = object_of_pairs([("limit", "7"), ("flag", "True"), ("name", "")]);
    let answer: Answer<_> = read(Origin::Query, &query, |root| {
        Some((
            root.field("limit").need(|limit| limit.integer(1..=9))?,
            root.field("flag").need(|flag| flag.boolean())?,
            root.field("name").maybe(|name| name.string(1..=2))?.is_none(),
        ))
    });
    assert_eq!(answer, Ok((7, true, true)));
}

#[test]
fn whole_numbers_may_be_spelled_with_a_point() {
    for (value, expected) in [
        (json!(1920.0), Ok(1920)),
        (json!(1920.5), Err("int_from_float")),
        (json!(u64::MAX), Err("less_than_equal")),
        (json!(1e300), Err("int_from_float")),
        (json!(-1), Err("greater_than_equal")),
    ] {
        let body = json!({"n": value});
        let answer: Answer<i64> = read(Origin::Json, &body, |root| {
            root.field("n").need(|n| n.integer(0..=5000))
        });
        assert_eq!(answer.map_err(|wrong| wrong.fields[0].kind), expected, "{body}");
    }
}

#[test]
fn a_rule_names_the_field_it_hangs_on() {
    let body = json!({"list": [{}]});
    let answer: Answer<Vec<()>> = read(Origin::Json, &body, |root| {
        root.field("list").need(|list| {
            list.each(0..=1, |entry| {
                entry.object()?.rule("tile", Some("TILE"), "needs a size")
            })
        })
    });
    assert_eq!(
        answer.unwrap_err().rules,
        [RuleError {
            code: Some("TILE"),
            message: "list[0].tile needs a size".to_owned()
        }]
    );
}

#[test]
fn broken_json_names_the_byte() {
    let wrong = json::<()>(b"{\n  \"a\": nope}", Absent::IsWrong).unwrap_err();
    assert_eq!(wrong.fields[0].kind, "json_invalid");
    let [Step::Name("body"), Step::Index(at)] = wrong.fields[0].path[..] else {
        panic!("{wrong:?}")
    };
    assert!((9..=12).contains(&at), "{at}");
    assert!(json::<()>(b"", Absent::IsWrong).is_err());
    assert_eq!(json::<()>(b"\n", Absent::IsEmptyObject), Ok(json!({})));
}

#[test]
fn a_hostile_body_buys_no_huge_answer() {
    let body = json!({"list": vec![json!("x"); 1000]});
    let answer: Answer<Vec<i64>> = read(Origin::Json, &body, |root| {
        root.field("list")
            .need(|list| list.each(0..=2000, |entry| entry.integer(0..=1)))
    });
    assert_eq!(answer.unwrap_err().fields.len(), MOST_ERRORS);
}
