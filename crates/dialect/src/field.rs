//! Reading the fields of a request by hand, so that every wrong one is named at once.
//!
//! A derived reader stops at the first field it cannot use and forgets where it stood. The one here walks a
//! parsed JSON value (or the pairs of a query string), notes each problem with the path that leads to it, and
//! goes on. Each `read` closure answers `None` exactly when it has noted why; a whole request is therefore
//! either a checked value or a list of everything that is wrong with it.
//!
//! Two kinds of problem are kept apart, because dialects answer them in different shapes: a [`FieldError`] is
//! one field that breaks its own type or range, a [`RuleError`] is fields that are each right and do not go
//! together.

use std::cell::RefCell;
use std::fmt;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use uuid::Uuid;

/// At most so many problems of one request are reported; a hostile body must not buy a huge answer.
const MOST_ERRORS: usize = 50;

/// One step of the way to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member of an object, or the part of the request that everything below belongs to (`body`, `query`).
    Name(&'static str),
    /// A place in a list, from 0; directly under `body` it is the byte at which JSON stopped making sense.
    Index(usize),
}

/// One field that breaks its own type or range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// From the part of the request down to the field.
    pub path: Vec<Step>,
    /// Stable name of the kind of problem, such as `missing` or `string_too_long`.
    pub kind: &'static str,
    /// What a reader should do about it.
    pub message: String,
}

/// Fields that are each right and do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError<C> {
    /// The dialect's stable code, where there is one.
    pub code: Option<C>,
    /// What is wrong, opened by the path of the field that it hangs on.
    pub message: String,
}

/// Everything that is wrong with one request. Never empty in both lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong<C> {
    /// Fields that break their own type or range, in reading order.
    pub fields: Vec<FieldError>,
    /// Rules between fields that are broken, in reading order.
    pub rules: Vec<RuleError<C>>,
}

/// Where the values of a request come from: it opens every path and decides how numbers are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A JSON body: numbers are JSON numbers.
    Json,
    /// A query string: everything is text, and an empty value is no value.
    Query,
    /// The text fields of a form: as a query, but spoken of as the body.
    Form,
}

impl Origin {
    fn root(self) -> &'static str {
        match self {
            Self::Json | Self::Form => "body",
            Self::Query => "query",
        }
    }

    fn is_text(self) -> bool {
        matches!(self, Self::Query | Self::Form)
    }
}

/// What has been found wrong so far.
struct Ledger<C> {
    fields: RefCell<Vec<FieldError>>,
    rules: RefCell<Vec<RuleError<C>>>,
    origin: Origin,
}

/// The way back to the root, kept on the stack: a path is only spelled out when something is wrong with it.
#[derive(Clone, Copy)]
struct Place<'a> {
    parent: Option<&'a Self>,
    step: Step,
}

impl Place<'_> {
    fn path(&self) -> Vec<Step> {
        let mut path = self.parent.map(Place::path).unwrap_or_default();
        path.push(self.step);
        path
    }
}

/// `smart_objects[0].asset.tile`: the path as a reader would write it, without the root.
fn dotted(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path.iter().skip(1) {
        match step {
            Step::Name(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Index(index) => {
                text.push('[');
                text.push_str(&index.to_string());
                text.push(']');
            }
        }
    }
    text
}

/// Reads one request. The closure notes what is wrong and answers `None`, or gives the checked value.
pub(crate) fn read<T, C>(
    origin: Origin,
    value: &Value,
    form: impl FnOnce(&Object<'_, C>) -> Option<T>,
) -> Result<T, Wrong<C>> {
    let ledger = Ledger {
        fields: RefCell::default(),
        rules: RefCell::new(Vec::new()),
        origin,
    };
    let root = Present {
        value,
        place: Place {
            parent: None,
            step: Step::Name(origin.root()),
        },
        ledger: &ledger,
    };
    let found = root.object().and_then(|object| form(&object));
    let (mut fields, rules) = (ledger.fields.into_inner(), ledger.rules.into_inner());
    match found {
        Some(value) if fields.is_empty() && rules.is_empty() => Ok(value),
        _ => {
            if fields.is_empty() && rules.is_empty() {
                // A closure gave up without a word. Better a vague answer than a wrong one.
                fields.push(FieldError {
                    path: vec![Step::Name(origin.root())],
                    kind: "value_error",
                    message: "the request could not be read".to_owned(),
                });
            }
            Err(Wrong { fields, rules })
        }
    }
}

/// The pairs of a query string or a form as the object that [`read`] walks. Of a repeated name the last counts.
pub(crate) fn object_of_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    Value::Object(
        pairs
            .into_iter()
            .map(|(name, text)| (name.to_owned(), Value::String(text.to_owned())))
            .collect(),
    )
}

/// Parses a body of JSON; an empty one counts as an empty object when `or_empty` says that a body may be absent.
pub(crate) fn json<C>(body: &[u8], absent: Absent) -> Result<Value, Wrong<C>> {
    if absent == Absent::IsEmptyObject && body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(body).map_err(|error| Wrong {
        fields: vec![FieldError {
            path: vec![
                Step::Name("body"),
                Step::Index(offset(body, error.line(), error.column())),
            ],
            kind: "json_invalid",
            message: format!("the body is not JSON: {}", plain_reason(&error)),
        }],
        rules: Vec::new(),
    })
}

/// What a body of no bytes means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// The same as `{}`.
    IsEmptyObject,
    /// Broken JSON.
    IsWrong,
}

/// The reason alone: the position stands in the path already.
fn plain_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line ")
        .map_or(text.clone(), |(reason, _)| reason.to_owned())
}

/// Byte offset of a line and column as serde_json counts them: lines from 1, columns in bytes.
fn offset(body: &[u8], line: usize, column: usize) -> usize {
    let before: usize = body
        .split_inclusive(|&byte| byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    (before + column.saturating_sub(1)).min(body.len())
}

/// An object whose members are being read.
pub(crate) struct Object<'a, C> {
    members: &'a Map<String, Value>,
    place: Place<'a>,
    ledger: &'a Ledger<C>,
}

impl<C> Object<'_, C> {
    /// The member called `name`, which may be absent. `null`, and in a query an empty text, count as absent.
    pub(crate) fn field(&self, name: &'static str) -> Field<'_, C> {
        let value = self.members.get(name).filter(|value| match value {
            Value::Null => false,
            Value::String(text) => !(self.ledger.origin.is_text() && text.is_empty()),
            _ => true,
        });
        Field {
            value,
            place: Place {
                parent: Some(&self.place),
                step: Step::Name(name),
            },
            ledger: self.ledger,
        }
    }

    /// The first of several spellings that is there, else the first spelling, absent.
    pub(crate) fn either(&self, name: &'static str, aliases: &[&'static str]) -> Field<'_, C> {
        let spelled = std::iter::once(&name)
            .chain(aliases)
            .find(|spelling| self.field(spelling).value.is_some())
            .unwrap_or(&name);
        self.field(spelled)
    }

    /// Whether a member of that name is there and not `null`.
    pub(crate) fn has(&self, name: &'static str) -> bool {
        self.field(name).value.is_some()
    }

    /// Whether a member of that name is there and is `null`.
    pub(crate) fn is_null(&self, name: &'static str) -> bool {
        self.members.get(name).is_some_and(Value::is_null)
    }

    /// Notes a broken rule that hangs on `name` (or on the object itself when `name` is empty); always `None`.
    pub(crate) fn rule<T>(&self, name: &'static str, code: Option<C>, message: &str) -> Option<T> {
        let mut path = self.place.path();
        if !name.is_empty() {
            path.push(Step::Name(name));
        }
        let at = dotted(&path);
        let message = if at.is_empty() {
            message.to_owned()
        } else {
            format!("{at} {message}")
        };
        let mut rules = self.ledger.rules.borrow_mut();
        if rules.len() < MOST_ERRORS {
            rules.push(RuleError { code, message });
        }
        None
    }
}

/// A member that may be absent.
pub(crate) struct Field<'a, C> {
    value: Option<&'a Value>,
    place: Place<'a>,
    ledger: &'a Ledger<C>,
}

impl<'a, C> Field<'a, C> {
    fn present(self) -> Result<Present<'a, C>, Self> {
        match self.value {
            Some(value) => Ok(Present {
                value,
                place: self.place,
                ledger: self.ledger,
            }),
            None => Err(self),
        }
    }

    /// It has to be there.
    pub(crate) fn need<T>(self, read: impl FnOnce(Present<'a, C>) -> Option<T>) -> Option<T> {
        match self.present() {
            Ok(present) => read(present),
            Err(absent) => note(absent.ledger, &absent.place, "missing", "this field is required"),
        }
    }

    /// `default` when it is absent.
    pub(crate) fn or<T>(self, default: T, read: impl FnOnce(Present<'a, C>) -> Option<T>) -> Option<T> {
        match self.present() {
            Ok(present) => read(present),
            Err(_) => Some(default),
        }
    }

    /// `Some(None)` when it is absent.
    pub(crate) fn maybe<T>(self, read: impl FnOnce(Present<'a, C>) -> Option<T>) -> Option<Option<T>> {
        match self.present() {
            Ok(present) => read(present).map(Some),
            Err(_) => Some(None),
        }
    }
}

fn note<T, C>(
    ledger: &Ledger<C>,
    place: &Place<'_>,
    kind: &'static str,
    message: impl Into<String>,
) -> Option<T> {
    let mut fields = ledger.fields.borrow_mut();
    if fields.len() < MOST_ERRORS {
        fields.push(FieldError {
            path: place.path(),
            kind,
            message: message.into(),
        });
    }
    None
}

/// A value that is there, and where it stands.
pub(crate) struct Present<'a, C> {
    value: &'a Value,
    place: Place<'a>,
    ledger: &'a Ledger<C>,
}

impl<'a, C> Present<'a, C> {
    /// Notes that this value is wrong; always `None`.
    pub(crate) fn refuse<T>(&self, kind: &'static str, message: impl Into<String>) -> Option<T> {
        note(self.ledger, &self.place, kind, message)
    }

    /// Any text.
    pub(crate) fn text(&self) -> Option<&'a str> {
        match self.value {
            Value::String(text) => Some(text),
            _ => self.refuse("string_type", "should be a string"),
        }
    }

    /// Text of so many characters (not bytes).
    pub(crate) fn string(&self, length: RangeInclusive<usize>) -> Option<&'a str> {
        let text = self.text()?;
        // Bytes are never fewer than characters, so a long text is refused without counting it all.
        let count = text.chars().take(length.end().saturating_add(1)).count();
        if count < *length.start() {
            self.refuse(
                "string_too_short",
                format!("should have at least {}", counted(*length.start(), "character")),
            )
        } else if count > *length.end() {
            self.refuse(
                "string_too_long",
                format!("should have at most {}", counted(*length.end(), "character")),
            )
        } else {
            Some(text)
        }
    }

    /// A whole number in range. `1920.0` is one; in a query it is spelled in digits.
    pub(crate) fn integer(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let number = match self.value {
            Value::Number(number) => match number.as_i64() {
                Some(whole) => whole,
                None => match number.as_f64().map(whole) {
                    Some(Ok(whole)) => whole,
                    _ if number.is_u64() => i64::MAX,
                    _ => return self.refuse("int_from_float", "should be a whole number"),
                },
            },
            Value::String(text) if self.ledger.origin.is_text() => match text.trim().parse() {
                Ok(whole) => whole,
                Err(_) => return self.refuse("int_parsing", "should be a whole number"),
            },
            _ => return self.refuse("int_type", "should be a whole number"),
        };
        if number < *range.start() {
            self.refuse(
                "greater_than_equal",
                format!("should be at least {}", range.start()),
            )
        } else if number > *range.end() {
            self.refuse("less_than_equal", format!("should be at most {}", range.end()))
        } else {
            Some(number)
        }
    }

    /// A whole number that fits `u32`, in range.
    pub(crate) fn count(&self, range: RangeInclusive<u32>) -> Option<u32> {
        let wide = i64::from(*range.start())..=i64::from(*range.end());
        self.integer(wide).and_then(|number| u32::try_from(number).ok())
    }

    /// A whole number that fits `i32`, either side of 0.
    pub(crate) fn offset(&self) -> Option<i32> {
        self.integer(i64::from(i32::MIN)..=i64::from(i32::MAX))
            .and_then(|number| i32::try_from(number).ok())
    }

    /// A finite number in range.
    pub(crate) fn number(&self, range: RangeInclusive<f64>) -> Option<f64> {
        let number = match self.value {
            Value::Number(number) => number.as_f64().filter(|number| number.is_finite()),
            _ => None,
        };
        let Some(number) = number else {
            return self.refuse("float_type", "should be a number");
        };
        if number < *range.start() {
            self.refuse(
                "greater_than_equal",
                format!("should be at least {}", range.start()),
            )
        } else if number > *range.end() {
            self.refuse("less_than_equal", format!("should be at most {}", range.end()))
        } else {
            Some(number)
        }
    }

    /// `true` or `false`; in a query or form also `1`, `0`, `yes`, `no`.
    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.value {
            Value::Bool(answer) => return Some(*answer),
            Value::String(text) if self.ledger.origin.is_text() => {
                match text.trim().to_ascii_lowercase().as_str() {
                    "true" | "1" | "yes" | "on" => return Some(true),
                    "false" | "0" | "no" | "off" => return Some(false),
                    _ => {}
                }
            }
            _ => {}
        }
        self.refuse("bool_type", "should be true or false")
    }

    /// A hyphenated UUID in either case.
    pub(crate) fn uuid(&self) -> Option<Uuid> {
        let text = self.text()?;
        match Uuid::try_parse(text) {
            Ok(id) if text.len() == uuid::fmt::Hyphenated::LENGTH => Some(id),
            _ => self.refuse("uuid_parsing", "should be a UUID"),
        }
    }

    /// One of the words given, in any case.
    pub(crate) fn choice<T: Copy>(&self, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text()?;
        if let Some((_, choice)) = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text.trim()))
        {
            return Some(*choice);
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.refuse("enum", format!("should be one of {}", names.join(", ")))
    }

    /// An object, to go on reading.
    pub(crate) fn object(&self) -> Option<Object<'a, C>> {
        match self.value {
            Value::Object(members) => Some(Object {
                members,
                place: self.place,
                ledger: self.ledger,
            }),
            _ => self.refuse("dict_type", "should be an object"),
        }
    }

    /// A list of so many entries, each read in turn; all wrong entries are noted, not only the first.
    pub(crate) fn each<T>(
        &self,
        length: RangeInclusive<usize>,
        mut read: impl FnMut(Present<'_, C>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Value::Array(entries) = self.value else {
            return self.refuse("list_type", "should be a list");
        };
        if entries.len() < *length.start() {
            return self.refuse(
                "too_short",
                format!("should have at least {}", counted(*length.start(), "entry")),
            );
        }
        if entries.len() > *length.end() {
            return self.refuse(
                "too_long",
                format!("should have at most {}", counted(*length.end(), "entry")),
            );
        }
        let mut values = Some(Vec::with_capacity(entries.len()));
        for (index, value) in entries.iter().enumerate() {
            let place = Place {
                parent: Some(&self.place),
                step: Step::Index(index),
            };
            match (
                read(Present {
                    value,
                    place,
                    ledger: self.ledger,
                }),
                &mut values,
            ) {
                (Some(entry), Some(values)) => values.push(entry),
                _ => values = None,
            }
        }
        values
    }

    /// Whether it is `null`, which only a list can hold: an absent member never gets here.
    pub(crate) fn is_null(&self) -> bool {
        self.value.is_null()
    }

    /// Whether it is a list.
    pub(crate) fn is_list(&self) -> bool {
        self.value.is_array()
    }

    /// Whether it is text.
    pub(crate) fn is_text(&self) -> bool {
        self.value.is_string()
    }
}

/// The whole number that a float stands for, if it stands for one exactly.
fn whole(number: f64) -> Result<i64, f64> {
    // 2^53: beyond it, not every whole number has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number within 2^53 fits")]
        Ok(number as i64)
    } else {
        Err(number)
    }
}

/// `1 character`, `3 characters`, `2 entries`.
fn counted(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match dotted(&self.path) {
            at if at.is_empty() => f.write_str(&self.message),
            at => write!(f, "{at} {}", self.message),
        }
    }
}

#[cfg(test)]
mod tests {
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
}
