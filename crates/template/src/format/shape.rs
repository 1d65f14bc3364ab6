//! Layers of drawn forms.

use std::sync::Arc;

use marquetry_pixel::Point;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::colour::{Colour, ColourValue};
use super::path::PathSteps;
use crate::Limits;
use crate::form::{Described, Form, Listed, Members, Reader, Record, choice, record};
use crate::problem::Path;
use crate::units::{Degrees, Share};

/// A drawn form.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeLayer {
    /// What form. Shared, because a repeat draws it many times.
    pub outline: Arc<Outline>,
    /// What it is filled with; nothing, when it is not given.
    pub fill: Option<Fill>,
}

/// A form, in pixels from the top left corner of the layer's frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Outline {
    /// The frame, with its corner radii.
    Rect,
    /// The ellipse that touches the frame's four sides.
    Ellipse,
    /// From the frame's top left corner to its bottom right one.
    Line,
    /// Straight from corner to corner and back to the first.
    Polygon(Vec<Point>),
    /// Lines and curves.
    Path(PathSteps),
}

choice! {
    /// What form a shape has.
    pub enum ShapeType {
        /// The frame, with its corner radii.
        Rect = "rect",
        /// The ellipse that touches the frame's four sides.
        Ellipse = "ellipse",
        /// From the frame's top left corner to its bottom right one.
        Line = "line",
        /// Straight from corner to corner and back to the first.
        Polygon = "polygon",
        /// Lines and curves.
        Path = "path",
    }
}

impl Outline {
    /// What form it is.
    pub fn shape_type(&self) -> ShapeType {
        match self {
            Self::Rect => ShapeType::Rect,
            Self::Ellipse => ShapeType::Ellipse,
            Self::Line => ShapeType::Line,
            Self::Polygon(_) => ShapeType::Polygon,
            Self::Path(_) => ShapeType::Path,
        }
    }
}

impl Record for ShapeLayer {
    fn take(members: &mut Members<'_>, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let outline = match members.required("shape", path, reader) {
            Some(ShapeType::Rect) => Some(Outline::Rect),
            Some(ShapeType::Ellipse) => Some(Outline::Ellipse),
            Some(ShapeType::Line) => Some(Outline::Line),
            Some(ShapeType::Polygon) => members.required("points", path, reader).map(Outline::Polygon),
            Some(ShapeType::Path) => members.required("d", path, reader).map(Outline::Path),
            None => {
                members.get("points");
                members.get("d");
                None
            }
        };
        let fill = members.optional("fill", path, reader);
        Some(Self {
            outline: Arc::new(outline?),
            fill: fill?,
        })
    }

    fn put(&self, object: &mut Map<String, Value>) {
        object.insert("shape".into(), self.outline.shape_type().write());
        match &*self.outline {
            Outline::Polygon(points) => {
                object.insert("points".into(), points.write());
            }
            Outline::Path(steps) => {
                object.insert("d".into(), steps.write());
            }
            Outline::Rect | Outline::Ellipse | Outline::Line => {}
        }
        if let Some(fill) = &self.fill {
            object.insert("fill".into(), fill.write());
        }
    }

    fn describe(object: &mut Described, generator: &mut SchemaGenerator) {
        object.required("shape", "What form it has.", ShapeType::schema(generator));
        let about = "The corners of a polygon, from the frame's top left corner.";
        object.optional("points", about, Vec::<Point>::schema(generator), None);
        let about = "The lines and curves of a path, from the frame's top left corner.";
        object.optional("d", about, PathSteps::schema(generator), None);
        let about = "What it is filled with; nothing, when it is not given.";
        object.optional("fill", about, Fill::schema(generator), None);
    }
}

/// What a shape is filled with.
#[derive(Clone, Debug, PartialEq)]
pub enum Fill {
    /// One colour.
    Colour(ColourValue),
    /// Colours that change into each other.
    Gradient(Gradient),
}

impl Fill {
    /// The colour, when it is one that nobody has to look up.
    pub fn exact(&self) -> Option<Colour> {
        match self {
            Self::Colour(ColourValue::Exact(colour)) => Some(*colour),
            Self::Colour(ColourValue::Named(_)) | Self::Gradient(_) => None,
        }
    }
}

record! {
    /// Colours that change into each other.
    pub struct Gradient {
        /// Along what they change.
        kind("gradient"): required GradientKind;
        /// Degrees clockwise: at 0 a linear one runs from left to right, at 90 from top to bottom. It is
        /// as long as the frame is in that direction. A radial one runs from the centre to the corners.
        angle("angle"): or Degrees = Degrees::fixed(0.0);
        /// The colours and where each is reached.
        stops("stops"): required Vec<Stop>;
    }
}

choice! {
    /// Along what colours change.
    pub enum GradientKind {
        /// Along a line.
        Linear = "linear",
        /// From the centre outwards.
        Radial = "radial",
    }
}

record! {
    /// A colour on the way of a gradient.
    pub struct Stop {
        /// Where it is reached.
        at("at"): required Share;
        /// The colour.
        colour("color"): required ColourValue;
    }
}

impl Listed for Stop {
    const PLURAL: &'static str = "stops";
    const FEWEST: usize = 2;

    fn most(limits: &Limits) -> usize {
        limits.stops
    }
}

impl Listed for Point {
    const PLURAL: &'static str = "points";
    const FEWEST: usize = 3;

    fn most(limits: &Limits) -> usize {
        limits.points
    }
}

impl Form for Fill {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        // Only a reference to a colour has "ref"; any other object is meant to be a gradient.
        match value {
            Value::Object(object) if !object.contains_key("ref") => {
                Gradient::read(value, path, reader).map(Self::Gradient)
            }
            _ => ColourValue::read(value, path, reader).map(Self::Colour),
        }
    }

    fn write(&self) -> Value {
        match self {
            Self::Colour(colour) => colour.write(),
            Self::Gradient(gradient) => gradient.write(),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let (colour, gradient) = (ColourValue::schema(generator), Gradient::schema(generator));
        let either = json!([colour, gradient]);
        schemars::json_schema!({ "anyOf": either })
    }
}
