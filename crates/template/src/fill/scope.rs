//! What fields stand for where something is drawn: the item's own first, then the template's.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::value::{FieldValue, Given, ImageValue, TextValue, Values};
use crate::field::{Field, FieldType, Fields, Standing};
use crate::insertion::{Piece, pieces};
use crate::units::FieldName;
use crate::{Colour, Condition, Operand, Test};

/// The fields of the template or of an item, with what was given for them.
#[derive(Debug)]
pub(super) struct Scope<'s> {
    pub(super) fields: &'s Fields,
    pub(super) values: &'s Values,
    pub(super) outer: Option<&'s Self>,
    /// Whether nobody stands in this cell: nothing was given, and nothing is missed.
    pub(super) vacant: bool,
    /// The template's own words with their insertions done, by the field's place: each is done once,
    /// however often it is put in.
    words: Vec<OnceCell<String>>,
}

impl<'s> Scope<'s> {
    pub(super) fn new(fields: &'s Fields, values: &'s Values, outer: Option<&'s Self>) -> Self {
        Self {
            fields,
            values,
            outer,
            vacant: false,
            words: vec![OnceCell::new(); fields.len()],
        }
    }

    /// The field of this name and the scope that it belongs to.
    fn find(&self, name: &str) -> Option<(&Self, &Field)> {
        match self.fields.get(name) {
            Some(field) => Some((self, field)),
            None => self.outer?.find(name),
        }
    }

    /// What was given for a field of this very scope.
    fn given(&self, name: Option<&FieldName>) -> Option<&'s FieldValue> {
        self.values.get(name?.as_str())
    }

    pub(super) fn text(&self, name: Option<&FieldName>) -> Option<&'s TextValue> {
        match self.given(name)? {
            FieldValue::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn image(&self, name: Option<&FieldName>) -> Option<&'s ImageValue> {
        match self.given(name)? {
            FieldValue::Image(image) => Some(image),
            _ => None,
        }
    }

    pub(super) fn colour(&self, name: Option<&FieldName>) -> Option<Colour> {
        match self.given(name)? {
            FieldValue::Colour(colour) => Some(*colour),
            _ => None,
        }
    }

    pub(super) fn shows(&self, name: Option<&FieldName>) -> Option<bool> {
        match self.given(name)? {
            FieldValue::Shows(shows) => Some(*shows),
            _ => None,
        }
    }

    pub(super) fn team(&self, name: Option<&FieldName>) -> Option<&'s [Option<super::value::Item>]> {
        match self.given(name)? {
            FieldValue::Team(items) => Some(items),
            _ => None,
        }
    }

    /// `content` with the words of the fields that it names. No more than `most` characters come back,
    /// and one: enough to see that there are too many.
    pub(super) fn inserted(&self, content: &str, most: usize) -> String {
        let mut words = String::new();
        let mut left = most + 1;
        for piece in pieces(content) {
            let piece = match piece {
                Piece::Words(words) => words,
                Piece::Field(name) => self.words_of(name, most),
            };
            for letter in piece.chars() {
                if left == 0 {
                    return words;
                }
                words.push(letter);
                left -= 1;
            }
        }
        words
    }

    /// The words of a field: as given, or as the template has them.
    fn words_of(&self, name: &str, most: usize) -> &str {
        let Some((home, field)) = self.find(name) else {
            return "";
        };
        if let Some(FieldValue::Text(TextValue {
            words: Some(words), ..
        })) = home.values.get(name)
        {
            // What callers give is put in as it is: braces in it name no fields.
            return words.0.as_str();
        }
        let cell = home.fields.place(name).and_then(|place| home.words.get(place));
        match (&field.default, cell) {
            // No field puts in its own words: that was checked.
            (Some(Standing::Words(content)), Some(cell)) => {
                cell.get_or_init(|| home.inserted(content.as_str(), most))
            }
            _ => "",
        }
    }

    /// Whether a condition holds.
    pub(super) fn holds(&self, condition: &Condition, most: usize) -> bool {
        match condition {
            Condition::All(each) => each.iter().all(|one| self.holds(one, most)),
            Condition::Any(each) => each.iter().any(|one| self.holds(one, most)),
            Condition::Not(other) => !self.holds(other, most),
            Condition::Field { field, test } => {
                let (value, field_type) = self.value(field.as_str(), most);
                let is = |operand: &Operand| {
                    let written = operand.written();
                    let wanted = match field_type {
                        // However either is spelled.
                        FieldType::Color => Colour::from_hex(&written).map(|colour| colour.to_string()),
                        _ => Some(written),
                    };
                    value.as_deref() == wanted.as_deref()
                };
                match test {
                    Test::Present => value.is_some(),
                    Test::Absent => value.is_none(),
                    Test::Equals(operand) => is(operand),
                    Test::Differs(operand) => !is(operand),
                    Test::In(operands) => operands.iter().any(is),
                    Test::True => value.as_deref() == Some("true"),
                    Test::False => value.as_deref().is_none_or(|value| value == "false"),
                }
            }
        }
    }

    /// What a field stands for as it would be written, and its type; nothing, when it is empty.
    fn value(&self, name: &str, most: usize) -> (Option<Cow<'_, str>>, FieldType) {
        let Some((home, field)) = self.find(name) else {
            return (None, FieldType::Text);
        };
        let value = match field.field_type {
            FieldType::Text | FieldType::Qr => Some(home.words_of(name, most))
                .filter(|words| !words.trim().is_empty())
                .map(Cow::Borrowed),
            FieldType::Image => match (home.values.get(name), &field.default) {
                (Some(FieldValue::Image(ImageValue { url: Some(url), .. })), _) => match url {
                    Given::At(address) => Some(address.as_str().into()),
                    Given::Nothing => None,
                },
                (_, Some(Standing::Picture(source))) => Some(match source {
                    crate::Source::Url(address) => address.as_str().into(),
                    crate::Source::Asset(asset) => asset.as_str().into(),
                }),
                _ => None,
            },
            FieldType::Color => match (home.values.get(name), &field.default) {
                (Some(FieldValue::Colour(colour)), _) | (None, Some(Standing::Colour(colour))) => {
                    Some(colour.to_string().into())
                }
                _ => None,
            },
            FieldType::Boolean => match (home.values.get(name), &field.default) {
                (Some(FieldValue::Shows(shows)), _) | (None, Some(Standing::Shows(shows))) => {
                    Some(shows.to_string().into())
                }
                _ => None,
            },
            FieldType::Team => match home.values.get(name) {
                Some(FieldValue::Team(items)) if items.iter().any(Option::is_some) => {
                    Some(items.len().to_string().into())
                }
                _ => None,
            },
        };
        (value, field.field_type)
    }
}
