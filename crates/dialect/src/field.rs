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

use serde_json::{Map, Value};

mod value;
mod walk;

pub(crate) use value::Present;
pub(crate) use walk::{Field, Object};

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

impl FieldError {
    /// The way to the field as a reader would write it, without the part of the request: `smart_objects[0].asset`.
    pub(crate) fn place(&self) -> String {
        dotted(&self.path)
    }
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

/// Reads a body of JSON.
pub(crate) fn read_json<T, C>(
    body: &[u8],
    absent: Absent,
    form: impl FnOnce(&Object<'_, C>) -> Option<T>,
) -> Result<T, Wrong<C>> {
    read(Origin::Json, &json(body, absent)?, form)
}

/// Reads the part of an address after the question mark.
pub(crate) fn read_query<T, C>(
    query: Option<&str>,
    form: impl FnOnce(&Object<'_, C>) -> Option<T>,
) -> Result<T, Wrong<C>> {
    let pairs: Vec<_> = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect();
    let value = object_of_pairs(pairs.iter().map(|(name, text)| (&**name, &**text)));
    read(Origin::Query, &value, form)
}

/// An `Idempotency-Key` of 1 to `longest` characters, none of them control characters; `None` for anything else.
pub(crate) fn idempotency_key(header: &[u8], longest: usize) -> Option<String> {
    let fine =
        |key: &&str| (1..=longest).contains(&key.chars().count()) && !key.chars().any(char::is_control);
    std::str::from_utf8(header).ok().filter(fine).map(str::to_owned)
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

/// Parses a body of JSON; an empty one counts as an empty object when `absent` says so.
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

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match dotted(&self.path) {
            at if at.is_empty() => f.write_str(&self.message),
            at => write!(f, "{at} {}", self.message),
        }
    }
}

#[cfg(test)]
mod tests;
