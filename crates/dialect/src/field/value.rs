//! Values that are there: each reader checks one type and its range, and notes what is wrong with it.

use std::ops::RangeInclusive;

use serde_json::Value;
use uuid::Uuid;

use super::walk::note;
use super::{Ledger, Object, Place, Step};

/// A value that is there, and where it stands.
pub(crate) struct Present<'a, C> {
    pub(super) value: &'a Value,
    pub(super) place: Place<'a>,
    pub(super) ledger: &'a Ledger<C>,
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

    /// An object that is passed on as it is, for somebody else to read.
    pub(crate) fn object_as_json(&self) -> Option<String> {
        self.object().map(|_| self.value.to_string())
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

    /// Whether it is the empty text.
    pub(crate) fn is_empty_text(&self) -> bool {
        matches!(self.value, Value::String(text) if text.is_empty())
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
