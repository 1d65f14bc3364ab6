//! A whole template: its pages, fonts, colours.

use std::collections::BTreeMap;

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::colour::{ColourValue, NamedColour};
use super::image::Fit;
use super::layer::Layer;
use super::source::Source;
use crate::form::{Form, Listed, Reader, choice, parse, record};
use crate::problem::{Path, Problems};
use crate::units::{
    AssetId, ColourName, Dpi, Family, FieldName, Id, JpegQuality, Revision, SchemaVersion, Side, Title,
    Weight,
};
use crate::{Limits, form::Unknown};

record! {
    /// A layout with gaps: what is drawn, and which named values change it.
    pub struct Template {
        /// The version of this format: 1.
        schema("schema"): required SchemaVersion;
        /// Names the template.
        id("id"): required Id;
        /// What people call it.
        name("name"): required Title;
        /// Goes up when the template is published; a job pins one.
        revision("revision"): required Revision;
        /// The fonts that it brings.
        fonts("fonts"): or Vec<FontFace> = Vec::new();
        /// Its colours by name.
        colours("colors"): or BTreeMap<ColourName, NamedColour> = BTreeMap::new();
        /// What is drawn. One page becomes a JPEG, two become a PDF.
        pages("pages"): required Vec<Page>;
        /// How the file is written.
        output("output"): or Output = Output::STANDARD;
    }
}

record! {
    /// A font that the template brings.
    pub struct FontFace {
        /// What texts call it.
        family("family"): required Family;
        /// How bold it is.
        weight("weight"): or Weight = Weight::fixed(400);
        /// Whether it leans.
        style("style"): or FontStyle = FontStyle::Normal;
        /// The font's file.
        asset("asset"): required AssetId;
    }
}

choice! {
    /// Whether letters lean.
    pub enum FontStyle {
        /// They stand upright.
        Normal = "normal",
        /// They lean.
        Italic = "italic",
    }
}

record! {
    /// One picture.
    pub struct Page {
        /// Names the page.
        id("id"): required Id;
        /// Pixels from left to right.
        width("width"): required Side;
        /// Pixels from top to bottom.
        height("height"): required Side;
        /// What lies below all layers.
        background("background"): or Background = Background::WHITE;
        /// What is drawn, the last one on top.
        layers("layers"): required Vec<Layer>;
    }
}

record! {
    /// What lies below all layers: a colour, a picture, or a picture on a colour.
    pub struct Background {
        /// The colour of the page. White, where there is no picture.
        colour("color"): optional ColourValue;
        /// A picture that fills the page.
        image("image"): optional Source;
        /// How the picture fills it.
        fit("fit"): or Fit = Fit::Cover;
        /// The field that gives the picture.
        field("api_field_name"): optional FieldName;
    }
}

impl Background {
    /// White.
    pub const WHITE: Self = Self {
        colour: None,
        image: None,
        fit: Fit::Cover,
        field: None,
    };
}

record! {
    /// How the file is written.
    pub struct Output {
        /// Quality of the JPEG.
        jpeg_quality("jpeg_quality"): or JpegQuality = JpegQuality::fixed(92);
        /// Pixels per inch: told to whoever prints it, and the page size of a PDF.
        dpi("dpi"): or Dpi = Dpi::fixed(300);
    }
}

impl Output {
    /// 92 and 300 dpi.
    pub const STANDARD: Self = Self {
        jpeg_quality: JpegQuality::fixed(92),
        dpi: Dpi::fixed(300),
    };
}

impl Listed for FontFace {
    const PLURAL: &'static str = "fonts";

    fn most(limits: &Limits) -> usize {
        limits.fonts
    }
}

impl Listed for Page {
    const PLURAL: &'static str = "pages";
    const FEWEST: usize = 1;

    fn most(_: &Limits) -> usize {
        2
    }
}

impl Form for BTreeMap<ColourName, NamedColour> {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Object(object) = value else {
            return reader.mismatch(value, path, "an object of named colours");
        };
        let most = reader.limits.colours;
        if object.len() > most {
            reader.complain(path, format!("has {} colours, {most} are allowed", object.len()));
            return None;
        }
        let read: Vec<Option<(ColourName, NamedColour)>> = object
            .iter()
            .map(|(name, value)| {
                let path = path.member(name);
                let colour = NamedColour::read(value, &path, reader);
                let name = ColourName::read(&Value::from(name.as_str()), &path, reader);
                Some((name?, colour?))
            })
            .collect();
        read.into_iter().collect()
    }

    fn write(&self) -> Value {
        let members = self
            .iter()
            .map(|(name, colour)| (name.to_string(), colour.write()));
        Value::Object(members.collect())
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let (name, colour) = (ColourName::schema(generator), NamedColour::schema(generator));
        schemars::json_schema!({
            "type": "object",
            "propertyNames": name,
            "additionalProperties": colour,
            "maxProperties": Limits::default().colours,
        })
    }
}

impl Template {
    /// Reads a template from JSON.
    ///
    /// What a template means as a whole is asked next, by [`Self::check`](crate::Template::check).
    ///
    /// # Errors
    /// Every member that is missing, unknown, of the wrong kind or out of bounds; what is over the limits.
    pub fn parse(json: &[u8], limits: &Limits) -> Result<Self, Problems> {
        let mut reader = Reader::new(limits, Unknown::Refuse);
        let read = parse(json, &mut reader).and_then(|value| Self::read(&value, &Path::Root, &mut reader));
        reader.problems.settle(read)
    }

    /// The same, from JSON that was taken apart before.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_value(value: &Value, limits: &Limits) -> Result<Self, Problems> {
        let mut reader = Reader::new(limits, Unknown::Refuse);
        let read = Self::read(value, &Path::Root, &mut reader);
        reader.problems.settle(read)
    }

    /// The template as JSON. What is as it would be anyway is left out; reading it gives the same template.
    pub fn to_value(&self) -> Value {
        self.write()
    }
}

impl serde::Serialize for Template {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write().serialize(serializer)
    }
}
