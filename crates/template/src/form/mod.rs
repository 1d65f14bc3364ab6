//! How JSON becomes values and values become JSON: one declaration of a type reads it, writes it and
//! describes it in the published schema, so that the three cannot drift apart.

mod json;
mod list;
mod macros;
mod members;

pub(crate) use json::parse;
pub(crate) use list::{Listed, read_list};
pub(crate) use macros::{choice, name, number, record, whole};
pub(crate) use members::{Described, Members, Record, read_record, write_record};

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use crate::Limits;
use crate::problem::{Gathered, Path};

/// Something with a form in JSON.
pub(crate) trait Form: Sized {
    /// The value, or `None` after saying what is wrong.
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self>;

    /// What [`Self::read`] reads as the same value.
    fn write(&self) -> Value;

    /// What [`Self::read`] takes.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

/// What reading remembers from one value to the next.
#[derive(Debug)]
pub(crate) struct Reader<'l> {
    pub(crate) limits: &'l Limits,
    pub(crate) problems: Gathered,
    /// What was passed over; only where unknown members are.
    pub(crate) warnings: Gathered,
    pub(crate) unknown: Unknown,
    /// Layers met so far.
    pub(crate) layers: usize,
    /// Groups and repeats that are open.
    pub(crate) depth: usize,
    /// Parts of the condition that is being read.
    pub(crate) conditions: usize,
    /// Conditions that are open.
    pub(crate) condition_depth: usize,
}

/// What happens to members and fields that nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// They are passed over with a warning.
    #[default]
    Warn,
    /// They are a problem.
    Refuse,
}

impl<'l> Reader<'l> {
    pub(crate) fn new(limits: &'l Limits, unknown: Unknown) -> Self {
        Self {
            limits,
            problems: Gathered::new(limits.problems),
            warnings: Gathered::new(limits.problems),
            unknown,
            layers: 0,
            depth: 0,
            conditions: 0,
            condition_depth: 0,
        }
    }

    pub(crate) fn complain(&mut self, path: &Path<'_>, message: impl Into<String>) {
        self.problems.push(path, message);
    }

    /// Says what nobody knows. The words are found only when they are kept.
    pub(crate) fn unknown(&mut self, path: &Path<'_>, message: impl FnOnce() -> String) {
        let kept = match self.unknown {
            Unknown::Refuse => &mut self.problems,
            Unknown::Warn => &mut self.warnings,
        };
        let message = if kept.is_full() { String::new() } else { message() };
        kept.push(path, message);
    }

    /// Says that `wanted` was expected where `value` stands.
    pub(crate) fn mismatch<T>(&mut self, value: &Value, path: &Path<'_>, wanted: &str) -> Option<T> {
        let got = match value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.complain(path, format!("should be {wanted}, not {got}"));
        None
    }
}

/// A number as JSON: without a fraction when it has none.
pub(crate) fn number_value(number: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and below 2^53, where every whole number is exact"
    )]
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return Value::from(number as i64);
    }
    Value::from(number)
}

impl Form for bool {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(*value),
            other => reader.mismatch(other, path, "true or false"),
        }
    }

    fn write(&self) -> Value {
        (*self).into()
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "boolean" })
    }
}

impl<T: Form> Form for Box<T> {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        T::read(value, path, reader).map(Self::new)
    }

    fn write(&self) -> Value {
        (**self).write()
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator)
    }
}

impl Form for uuid::Uuid {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::String(text) = value else {
            return reader.mismatch(value, path, "a UUID");
        };
        let read = (text.len() == 36).then(|| Self::try_parse(text).ok()).flatten();
        if read.is_none() {
            reader.complain(
                path,
                "should be a UUID, as in 01890a5d-ac96-774b-bcce-b302099a8057",
            );
        }
        read
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "format": "uuid" })
    }
}
