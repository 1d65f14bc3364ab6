//! One layer: what all layers have, and what each type has besides.

use marquetry_pixel::{BlendMode, Opacity};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use super::colour::ColourValue;
use super::condition::Condition;
use super::group::GroupLayer;
use super::image::ImageLayer;
use super::qr::QrLayer;
use super::repeat::RepeatLayer;
use super::shape::ShapeLayer;
use super::smart_object::SmartObjectLayer;
use super::text::TextLayer;
use crate::Limits;
use crate::form::{Described, Form, Listed, Members, Reader, Record, choice, record};
use crate::problem::Path;
use crate::units::{Blur, Coordinate, Degrees, FieldName, Four, Id, Length, Title};

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// What all layers have.
    pub common: Common,
    /// What it is, with what only its like have.
    pub kind: Kind,
}

record! {
    /// What all layers have.
    pub struct Common {
        /// Names the layer on its page, or in its item.
        id("id"): required Id;
        /// What people call it; the id, when it has none.
        name("name"): optional Title;
        /// From the left edge of the page or group, in pixels.
        x("x"): required Coordinate;
        /// From the top edge of the page or group, in pixels.
        y("y"): required Coordinate;
        /// How wide its frame is, in pixels.
        width("width"): required Length;
        /// How high its frame is, in pixels.
        height("height"): required Length;
        /// Degrees clockwise about the centre of the frame.
        rotation("rotation"): or Degrees = Degrees::fixed(0.0);
        /// How much of it shows.
        opacity("opacity"): or Opacity = Opacity::OPAQUE;
        /// How its colours meet those below.
        blend("blend"): or BlendMode = BlendMode::Normal;
        /// Whether it is drawn.
        visible("visible"): or bool = true;
        /// When it is drawn.
        visible_if("visible_if"): optional Condition;
        /// Radii of the corners of its frame: one, or top left, top right, bottom right, bottom left.
        corner_radius("corner_radius"): or Four = Four::NONE;
        /// A shadow below it.
        shadow("shadow"): optional Shadow;
        /// A line around it.
        stroke("stroke"): optional Stroke;
        /// The field that gives what it shows: a text's words, an image's picture, a QR code's words, a
        /// shape's fill, a repeat's items, whether a group shows, a smart object's only slot.
        field("api_field_name"): optional FieldName;
        /// Fields that give other things about it.
        bind("bind"): or Bind = Bind::NONE;
        /// Whether its field must be given.
        required("required"): or bool = false;
    }
}

record! {
    /// Fields that give more of a layer than what it shows.
    pub struct Bind {
        /// Whether it is drawn.
        visible("visible"): optional FieldName;
        /// The colour of a text or of a QR code's modules.
        colour("color"): optional FieldName;
        /// The colour behind a QR code's modules.
        background("background"): optional FieldName;
        /// The colour that fills a shape.
        fill("fill"): optional FieldName;
        /// The colour that an image is multiplied by.
        tint("tint"): optional FieldName;
        /// The colour of the line around it.
        stroke("stroke"): optional FieldName;
    }
}

impl Bind {
    /// No fields.
    pub const NONE: Self = Self {
        visible: None,
        colour: None,
        background: None,
        fill: None,
        tint: None,
        stroke: None,
    };
}

record! {
    /// A shadow.
    pub struct Shadow {
        /// How far it lies to the right, in pixels.
        dx("dx"): or Coordinate = Coordinate::fixed(0.0);
        /// How far it lies down, in pixels.
        dy("dy"): or Coordinate = Coordinate::fixed(0.0);
        /// How soft it is: the radius of its blur in pixels.
        blur("blur"): or Blur = Blur::fixed(0.0);
        /// Its colour.
        colour("color"): required ColourValue;
    }
}

record! {
    /// A line around something.
    pub struct Stroke {
        /// How wide it is, in pixels.
        width("width"): required Length;
        /// Its colour.
        colour("color"): required ColourValue;
        /// Where it lies on the edge.
        position("position"): or StrokePosition = StrokePosition::Center;
    }
}

choice! {
    /// Where a line lies on an edge.
    pub enum StrokePosition {
        /// Within.
        Inside = "inside",
        /// Half within, half outside.
        Center = "center",
        /// Outside.
        Outside = "outside",
    }
}

choice! {
    /// What a layer is.
    pub enum LayerType {
        /// Words.
        Text = "text",
        /// A picture.
        Image = "image",
        /// A drawn form.
        Shape = "shape",
        /// A QR code.
        Qr = "qr",
        /// Layers that are drawn as one.
        Group = "group",
        /// Layers that are drawn once for each item of a list.
        Repeat = "repeat",
        /// A mockup made from a Photoshop document.
        SmartObject = "smart_object",
    }
}

/// What a layer is, with what only its like have.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Words.
    Text(Box<TextLayer>),
    /// A picture.
    Image(Box<ImageLayer>),
    /// A drawn form.
    Shape(ShapeLayer),
    /// A QR code.
    Qr(QrLayer),
    /// Layers that are drawn as one.
    Group(GroupLayer),
    /// Layers that are drawn once for each item of a list.
    Repeat(Box<RepeatLayer>),
    /// A mockup made from a Photoshop document.
    SmartObject(SmartObjectLayer),
}

impl Layer {
    /// What people call it.
    pub fn name(&self) -> &str {
        match &self.common.name {
            Some(name) => name.as_str(),
            None => self.common.id.as_str(),
        }
    }

    /// What it is.
    pub fn layer_type(&self) -> LayerType {
        match &self.kind {
            Kind::Text(_) => LayerType::Text,
            Kind::Image(_) => LayerType::Image,
            Kind::Shape(_) => LayerType::Shape,
            Kind::Qr(_) => LayerType::Qr,
            Kind::Group(_) => LayerType::Group,
            Kind::Repeat(_) => LayerType::Repeat,
            Kind::SmartObject(_) => LayerType::SmartObject,
        }
    }
}

impl LayerType {
    fn take(self, members: &mut Members<'_>, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Kind> {
        match self {
            Self::Text => TextLayer::take(members, path, reader)
                .map(Box::new)
                .map(Kind::Text),
            Self::Image => ImageLayer::take(members, path, reader)
                .map(Box::new)
                .map(Kind::Image),
            Self::Shape => ShapeLayer::take(members, path, reader).map(Kind::Shape),
            Self::Qr => QrLayer::take(members, path, reader).map(Kind::Qr),
            Self::Group => GroupLayer::take(members, path, reader).map(Kind::Group),
            Self::Repeat => RepeatLayer::take(members, path, reader)
                .map(Box::new)
                .map(Kind::Repeat),
            Self::SmartObject => SmartObjectLayer::take(members, path, reader).map(Kind::SmartObject),
        }
    }

    fn describe(self, object: &mut Described, generator: &mut SchemaGenerator) {
        match self {
            Self::Text => TextLayer::describe(object, generator),
            Self::Image => ImageLayer::describe(object, generator),
            Self::Shape => ShapeLayer::describe(object, generator),
            Self::Qr => QrLayer::describe(object, generator),
            Self::Group => GroupLayer::describe(object, generator),
            Self::Repeat => RepeatLayer::describe(object, generator),
            Self::SmartObject => SmartObjectLayer::describe(object, generator),
        }
    }
}

impl Form for Layer {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let most = reader.limits.layers;
        if reader.layers > most {
            return None;
        }
        reader.layers += 1;
        if reader.layers > most {
            reader.complain(
                path,
                format!("is one layer too many: {most} are allowed in a template"),
            );
            return None;
        }
        let mut members = Members::open(value, path, reader)?;
        let common = Common::take(&mut members, path, reader);
        // Without its type nobody can tell which members it may have.
        let kind = members.required::<LayerType>("type", path, reader)?;
        let kind = kind.take(&mut members, path, reader);
        members.finish(path, reader);
        Some(Self {
            common: common?,
            kind: kind?,
        })
    }

    fn write(&self) -> Value {
        let mut object = Map::new();
        self.common.put(&mut object);
        object.insert("type".into(), self.layer_type().write());
        match &self.kind {
            Kind::Text(text) => text.put(&mut object),
            Kind::Image(image) => image.put(&mut object),
            Kind::Shape(shape) => shape.put(&mut object),
            Kind::Qr(qr) => qr.put(&mut object),
            Kind::Group(group) => group.put(&mut object),
            Kind::Repeat(repeat) => repeat.put(&mut object),
            Kind::SmartObject(mockup) => mockup.put(&mut object),
        }
        Value::Object(object)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Self>()
    }
}

impl JsonSchema for Layer {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Layer".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let each: Vec<Schema> = LayerType::ALL
            .iter()
            .map(|kind| {
                let mut object = Described::of::<Common>(generator);
                let name = schemars::json_schema!({ "const": kind.name() });
                object.required("type", "What the layer is.", name);
                kind.describe(&mut object, generator);
                object.finish(&format!("A layer of the type {kind}."))
            })
            .collect();
        schemars::json_schema!({ "description": "Something that is drawn.", "oneOf": each })
    }
}

impl Listed for Layer {
    const PLURAL: &'static str = "layers";

    fn most(limits: &Limits) -> usize {
        limits.layers
    }
}

/// Reads layers within a layer, which may not go on without end.
pub(crate) fn within<T>(
    path: &Path<'_>,
    reader: &mut Reader<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> Option<T>,
) -> Option<T> {
    let most = reader.limits.depth;
    if reader.depth >= most {
        reader.complain(path, format!("lies deeper than {most} groups or repeats"));
        return None;
    }
    reader.depth += 1;
    let inner = read(reader);
    reader.depth -= 1;
    inner
}
