//! Colours: exact ones, and those that a template names.

use marquetry_pixel::{Opacity, Rgb};
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use crate::form::{Form, Reader, record};
use crate::problem::{Path, quoted};
use crate::units::{ColourName, FieldName};

/// An 8-bit sRGB colour with an opacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour {
    /// Its hue and lightness.
    pub rgb: Rgb,
    /// 0 hides it, 255 covers.
    pub alpha: u8,
}

impl Colour {
    /// Covers in black.
    pub const BLACK: Self = Self::opaque(Rgb::new(0, 0, 0));
    /// Covers in white.
    pub const WHITE: Self = Self::opaque(Rgb::new(255, 255, 255));

    /// Covers.
    pub const fn opaque(rgb: Rgb) -> Self {
        Self { rgb, alpha: 255 }
    }

    /// Reads `#rgb`, `#rrggbb` or `#rrggbbaa`, in any case.
    ///
    /// ```
    /// use marquetry_template::Colour;
    ///
    /// assert_eq!(Colour::from_hex("#abc"), Colour::from_hex("#AABBCCFF"));
    /// assert_eq!(Colour::from_hex("abc"), None);
    /// ```
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        match digits.len() {
            3 => {
                let double: String = digits.chars().flat_map(|digit| [digit, digit]).collect();
                Rgb::from_hex(&double).ok().map(Self::opaque)
            }
            6 => Rgb::from_hex(digits).ok().map(Self::opaque),
            8 => Some(Self {
                rgb: Rgb::from_hex(&digits[..6]).ok()?,
                alpha: u8::from_str_radix(&digits[6..], 16).ok()?,
            }),
            _ => None,
        }
    }

    /// Its opacity.
    pub fn opacity(self) -> Opacity {
        Opacity::from_byte(self.alpha)
    }
}

impl std::fmt::Display for Colour {
    /// `#rrggbb`, or `#rrggbbaa` when it does not cover.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Rgb { red, green, blue } = self.rgb;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")?;
        if self.alpha < 255 {
            write!(f, "{:02x}", self.alpha)?;
        }
        Ok(())
    }
}

impl Form for Colour {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::String(text) = value else {
            return reader.mismatch(value, path, "a colour such as #0b3d91");
        };
        let read = Self::from_hex(text);
        if read.is_none() {
            reader.complain(
                path,
                format!("{} is no colour: #rgb, #rrggbb or #rrggbbaa", quoted(text)),
            );
        }
        read
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "string", "pattern": "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$",
        })
    }
}

/// A colour as a template gives it: `"#0b3d91"`, or `{ "ref": "primary" }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColourValue {
    /// This one.
    Exact(Colour),
    /// The one of this name in the template's `colors`.
    Named(ColourName),
}

impl ColourValue {
    /// Covers in black.
    pub const BLACK: Self = Self::Exact(Colour::BLACK);
    /// Covers in white.
    pub const WHITE: Self = Self::Exact(Colour::WHITE);
}

record! {
    /// A reference to a colour of the template.
    pub struct ColourReference {
        /// The name of a colour in `colors`.
        name("ref"): required ColourName;
    }
}

impl Form for ColourValue {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        if value.is_object() {
            ColourReference::read(value, path, reader).map(|reference| Self::Named(reference.name))
        } else {
            Colour::read(value, path, reader).map(Self::Exact)
        }
    }

    fn write(&self) -> Value {
        match self {
            Self::Exact(colour) => colour.write(),
            Self::Named(name) => ColourReference { name: name.clone() }.write(),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let (exact, named) = (Colour::schema(generator), ColourReference::schema(generator));
        schemars::json_schema!({ "anyOf": [exact, named] })
    }
}

record! {
    /// A colour with a name. With a field's name it is a field: one value recolours every layer that
    /// refers to it.
    pub struct NamedColour {
        /// What it is when nobody says otherwise.
        value("value"): required Colour;
        /// The field that sets it.
        field("api_field_name"): optional FieldName;
    }
}
