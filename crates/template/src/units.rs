//! Numbers and names with a meaning: each is checked once, where it is read.

use crate::Limits;
use crate::form::{Form, Reader, name, number, whole};
use crate::problem::{Path, quoted};
use marquetry_pixel::{BlendMode, Opacity, Point};
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

number! {
    /// Pixels from an origin, to the right or down.
    pub struct Coordinate: -1_000_000.0..=1_000_000.0;
}
number! {
    /// How long something is, in pixels.
    pub struct Length: 0.0..=1_000_000.0;
}
number! {
    /// The size of an em, in pixels.
    pub struct FontSize: 0.25..=10_000.0;
}
number! {
    /// A turn in degrees, clockwise.
    pub struct Degrees: -36_000.0..=36_000.0;
}
number! {
    /// A share of a whole.
    pub struct Share: 0.0..=1.0;
}
number! {
    /// How many times as much: `1` changes nothing.
    pub struct Factor: 0.0..=10.0;
}
number! {
    /// The radius of a blur, in pixels.
    pub struct Blur: 0.0..=1_000.0;
}
number! {
    /// The height of a line in sizes of its font.
    pub struct LineHeight: 0.1..=10.0;
}
number! {
    /// Pixels added after each letter; fewer than none bring them closer.
    pub struct Spacing: -1_000.0..=10_000.0;
}

whole! {
    /// The version of the format. There is one.
    pub struct SchemaVersion: 1..=1;
}
whole! {
    /// Counts the publications of a template; a job pins one.
    pub struct Revision: 0..=2_147_483_647;
}
whole! {
    /// How bold a font is: 400 is regular, 700 is bold.
    pub struct Weight: 100..=900;
}
whole! {
    /// JPEG quality.
    pub struct JpegQuality: 1..=100;
}
whole! {
    /// Pixels per inch of the printed page.
    pub struct Dpi: 1..=1_200;
}
whole! {
    /// How many lines a text may have.
    pub struct LineCount: 1..=10_000;
}
whole! {
    /// Cells side by side.
    pub struct Columns: 1..=1_000;
}
whole! {
    /// Cells of a repeat.
    pub struct CellCount: 1..=10_000;
}
whole! {
    /// Empty modules around a QR code; the standard asks for four.
    pub struct QuietZone: 0..=64;
}

/// What ids are made of.
fn is_id(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'
}

/// What fits on a line.
fn is_line(letter: char) -> bool {
    !letter.is_control()
}

name! {
    /// Names a template, page, layer or slot among its like.
    pub struct Id: 1..=64, is_id, "^[A-Za-z0-9_-]+$", "letters of ASCII, digits, _ and -";
}
name! {
    /// Names stored bytes: a picture or a font.
    pub struct AssetId: 1..=128, is_id, "^[A-Za-z0-9_-]+$", "letters of ASCII, digits, _ and -";
}
name! {
    /// What people call something.
    pub struct Title: 1..=200, is_line, "^[^\\u0000-\\u001f\\u007f-\\u009f]+$", "anything but control characters";
}
name! {
    /// What a caller calls a gap in a template. Case matters.
    pub struct FieldName: 1..=128, |letter| is_line(letter) && !matches!(letter, '{' | '}'),
        "^[^\\u0000-\\u001f\\u007f-\\u009f{}]+$", "anything but { and } and control characters";
}
name! {
    /// The family of a font, as in `Inter`.
    pub struct Family: 1..=100, is_line, "^[^\\u0000-\\u001f\\u007f-\\u009f]+$", "anything but control characters";
}
name! {
    /// Names a colour of the template.
    pub struct ColourName: 1..=64, is_line, "^[^\\u0000-\\u001f\\u007f-\\u009f]+$", "anything but control characters";
}
name! {
    /// Whose place in a team it is: a shirt number, a student number.
    pub struct PlayerId: 1..=64, is_line, "^[^\\u0000-\\u001f\\u007f-\\u009f]+$", "anything but control characters";
}

/// Words to be set. A line feed breaks a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Words(String);

impl Words {
    /// `None` for more characters than the limit.
    pub fn new(text: impl Into<String>, limits: &Limits) -> Option<Self> {
        let text = text.into();
        (text.chars().count() <= limits.text).then_some(Self(text))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Form for Words {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::String(text) = value else {
            return reader.mismatch(value, path, "a text");
        };
        let read = Self::new(text, reader.limits);
        if read.is_none() {
            let (got, most) = (text.chars().count(), reader.limits.text);
            reader.complain(path, format!("has {got} characters, {most} are allowed"));
        }
        read
    }

    fn write(&self) -> Value {
        self.0.clone().into()
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "maxLength": Limits::default().text })
    }
}

/// Pixels of a page's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Side(u32);

impl Side {
    /// The number of pixels.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Form for Side {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(number) = value.as_f64() else {
            return reader.mismatch(value, path, "a whole number of pixels");
        };
        let most = reader.limits.side;
        if number.fract() != 0.0 || !(1.0..=f64::from(most)).contains(&number) {
            reader.complain(path, format!("is {value}, 1 to {most} whole pixels are allowed"));
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and in range, as just seen"
        )]
        Some(Self(number as u32))
    }

    fn write(&self) -> Value {
        self.0.into()
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": Limits::default().side })
    }
}

impl Form for Opacity {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(number) = value.as_f64() else {
            return reader.mismatch(value, path, "a number of 0 to 1");
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "an opacity is as exact as a float"
        )]
        let read = Self::new(number as f32);
        // A double just above one would round down to it.
        if read.is_none() || !(0.0..=1.0).contains(&number) {
            reader.complain(path, format!("is {number}, 0 to 1 is allowed"));
            return None;
        }
        read
    }

    fn write(&self) -> Value {
        // The shortest decimal that is this float: 0.85, not 0.8500000238418579.
        let exact = f64::from(self.get());
        super::form::number_value(self.get().to_string().parse().unwrap_or(exact))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0, "maximum": 1 })
    }
}

impl Form for BlendMode {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::String(text) = value else {
            return reader.mismatch(value, path, "the name of a blend mode");
        };
        let found = Self::ALL.into_iter().find(|mode| mode.name() == text);
        if found.is_none() {
            let hint = crate::problem::hint(text, Self::ALL.iter().map(|mode| mode.name()));
            reader.complain(path, format!("{} is no blend mode{hint}", quoted(text)));
        }
        found
    }

    fn write(&self) -> Value {
        self.name().into()
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "enum": Self::ALL.map(Self::name) })
    }
}

impl Form for Point {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some([x, y]) = value.as_array().map(Vec::as_slice) else {
            return reader.mismatch(value, path, "two numbers, [x, y]");
        };
        let x = Coordinate::read(x, &path.item(0), reader);
        let y = Coordinate::read(y, &path.item(1), reader);
        Some(Self::new(x?.get(), y?.get()))
    }

    fn write(&self) -> Value {
        vec![
            super::form::number_value(self.x),
            super::form::number_value(self.y),
        ]
        .into()
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "array", "items": Coordinate::schema(generator), "minItems": 2, "maxItems": 2,
        })
    }
}

/// Four lengths: the radii of the corners, clockwise from the top left, or the widths of the sides,
/// clockwise from the top. Equal ones are one number in JSON.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Four(pub [Length; 4]);

impl Four {
    /// Nothing on every side.
    pub const NONE: Self = Self([Length::LEAST; 4]);

    /// The four, in pixels.
    pub fn get(self) -> [f64; 4] {
        self.0.map(Length::get)
    }
}

impl Form for Four {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match value {
            Value::Number(_) => Length::read(value, path, reader).map(|all| Self([all; 4])),
            Value::Array(items) if items.len() == 4 => {
                let read: Vec<Option<Length>> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| Length::read(item, &path.item(index), reader))
                    .collect();
                let four: Vec<Length> = read.into_iter().collect::<Option<_>>()?;
                four.try_into().ok().map(Self)
            }
            other => reader.mismatch(other, path, "a number or four numbers"),
        }
    }

    fn write(&self) -> Value {
        match self.0 {
            [a, b, c, d] if a == b && b == c && c == d => a.write(),
            four => four.iter().map(Form::write).collect::<Vec<_>>().into(),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let one = Length::schema(generator);
        schemars::json_schema!({
            "anyOf": [one, { "type": "array", "items": one, "minItems": 4, "maxItems": 4 }],
        })
    }
}
