//! Layers of pictures.

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::colour::ColourValue;
use super::source::Source;
use crate::form::{Form, Reader, choice, record};
use crate::geometry::Area;
use crate::problem::Path;
use crate::units::{AssetId, Blur, Coordinate, Factor, Length, Share};

record! {
    /// A picture in a frame.
    pub struct ImageLayer {
        /// The picture; that of the template, when a field may give another.
        source("source"): optional Source;
        /// How it fills the frame.
        fit("fit"): or Fit = Fit::Cover;
        /// The point of the picture that counts, for `cover` and `contain`.
        focal("focal"): or Focal = Focal::CENTRE;
        /// The part of the picture that is used, before fitting.
        crop("crop"): optional Crop;
        /// What cuts the picture off.
        cropping("cropping"): or Cropping = Cropping::Frame;
        /// What cuts it off with `cropping: "box"`, in the coordinates of the layer's own frame's place.
        crop_box("crop_box"): optional FrameBox;
        /// Where the face in the picture goes.
        face("face"): optional FacePlacement;
        /// Whether its background is taken away.
        remove_background("remove_background"): or RemoveBackground = RemoveBackground::Never;
        /// Whether its colour and exposure are corrected.
        correction("correction"): or bool = false;
        /// What shows of it.
        mask("mask"): optional Mask;
        /// How its colours are changed.
        filter("filter"): or Filter = Filter::NONE;
        /// A colour that it is multiplied by.
        tint("tint"): optional ColourValue;
        /// What happens when there is no picture.
        when_empty("when_empty"): or WhenImageEmpty = WhenImageEmpty::Placeholder;
    }
}

choice! {
    /// How a picture fills a frame.
    pub enum Fit {
        /// It covers the frame; what is too much lies outside.
        Cover = "cover",
        /// It lies within the frame; what is too little stays empty.
        Contain = "contain",
        /// It becomes the frame, in width and height.
        Fill = "fill",
        /// It covers the frame from its top edge; what is too much lies left, right and below.
        TopFill = "top_fill",
    }
}

record! {
    /// A point of a picture, in shares of its width and height.
    pub struct Focal {
        /// From the left.
        x("x"): required Share;
        /// From the top.
        y("y"): required Share;
    }
}

impl Focal {
    /// The middle.
    pub const CENTRE: Self = Self {
        x: Share::fixed(0.5),
        y: Share::fixed(0.5),
    };
}

record! {
    /// A part of a picture, in shares of its width and height.
    pub struct CropForm {
        /// Its left edge.
        x("x"): required Share;
        /// Its top edge.
        y("y"): required Share;
        /// How wide it is.
        width("width"): required Share;
        /// How high it is.
        height("height"): required Share;
    }
}

/// A part of a picture, in shares of its width and height: never empty, never past an edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Crop(CropForm);

impl Crop {
    /// `None` when it is empty or reaches past the picture.
    pub fn new(form: CropForm) -> Option<Self> {
        let within = |from: Share, length: Share| {
            // Shares such as a third may miss the edge by a rounding.
            length.get() > 0.0 && from.get() + length.get() <= 1.0 + 1e-9
        };
        (within(form.x, form.width) && within(form.y, form.height)).then_some(Self(form))
    }

    /// Its edges, in shares.
    pub fn get(&self) -> Area {
        Area {
            x: self.0.x.get(),
            y: self.0.y.get(),
            width: self.0.width.get(),
            height: self.0.height.get(),
        }
    }
}

impl Form for Crop {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let read = Self::new(CropForm::read(value, path, reader)?);
        if read.is_none() {
            reader.complain(
                path,
                "is empty or reaches past the picture: x + width and y + height are at most 1",
            );
        }
        read
    }

    fn write(&self) -> Value {
        self.0.write()
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        CropForm::schema(generator)
    }
}

choice! {
    /// What cuts a picture off.
    pub enum Cropping {
        /// The frame.
        Frame = "frame",
        /// Nothing: it may reach past the frame.
        None = "none",
        /// The crop box, which does not move with the picture.
        Box = "box",
    }
}

record! {
    /// A rectangle in the coordinates in which the layer's own `x` and `y` are given.
    pub struct FrameBox {
        /// Its left edge, in pixels.
        x("x"): required Coordinate;
        /// Its top edge, in pixels.
        y("y"): required Coordinate;
        /// How wide it is, in pixels.
        width("width"): required Length;
        /// How high it is, in pixels.
        height("height"): required Length;
    }
}

impl FrameBox {
    /// The same, as numbers.
    pub fn area(&self) -> Area {
        Area {
            x: self.x.get(),
            y: self.y.get(),
            width: self.width.get(),
            height: self.height.get(),
        }
    }
}

record! {
    /// Where the face in a picture goes.
    pub struct FacePlacement {
        /// The box that the face's box becomes as high as, centre on centre.
        target("target"): required FrameBox;
        /// Nothing that shows may lie above this line.
        max_content_y("max_content_y"): optional Coordinate;
        /// How the picture fills the frame when no face is found.
        fallback("fallback"): or Fit = Fit::TopFill;
    }
}

choice! {
    /// Whether the background of a picture is taken away.
    pub enum RemoveBackground {
        /// Never.
        Never = "never",
        /// When the value asks for it.
        OnRequest = "on_request",
        /// Always.
        Always = "always",
    }
}

choice! {
    /// What happens to an image when there is no picture.
    pub enum WhenImageEmpty {
        /// The template's own picture is drawn; nothing, when it has none.
        Placeholder = "placeholder",
        /// The layer goes.
        Hide = "hide",
        /// The values are refused.
        Fail = "fail",
    }
}

/// What shows of a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Mask {
    /// As much as another picture says, stretched to the frame.
    Asset {
        /// That other picture.
        asset: AssetId,
        /// What of it says so.
        channel: MaskChannel,
    },
    /// A form that fills the frame.
    Shape(MaskShape),
}

record! {
    /// What shows of a picture: as much as an asset says, or a shape.
    pub struct MaskForm {
        /// Another picture, stretched to the frame.
        asset("asset"): optional AssetId;
        /// What of the other picture counts; alpha, when it is not given.
        channel("channel"): optional MaskChannel;
        /// A form that fills the frame.
        shape("shape"): optional MaskShape;
    }
}

choice! {
    /// What of a mask counts.
    pub enum MaskChannel {
        /// Its opacity.
        Alpha = "alpha",
        /// Its lightness, times its opacity.
        Luma = "luma",
    }
}

choice! {
    /// A form that fills a frame.
    pub enum MaskShape {
        /// The ellipse that touches all four sides.
        Ellipse = "ellipse",
        /// The frame with its corner radii; without any, corners as round as they can be.
        Rounded = "rounded",
    }
}

impl Form for Mask {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match MaskForm::read(value, path, reader)? {
            MaskForm {
                asset: Some(asset),
                channel,
                shape: None,
            } => Some(Self::Asset {
                asset,
                channel: channel.unwrap_or(MaskChannel::Alpha),
            }),
            MaskForm {
                asset: None,
                channel: None,
                shape: Some(shape),
            } => Some(Self::Shape(shape)),
            MaskForm { .. } => {
                reader.complain(
                    path,
                    "needs either \"asset\", with \"channel\" if you like, or \"shape\"",
                );
                None
            }
        }
    }

    fn write(&self) -> Value {
        let form = match self.clone() {
            Self::Asset { asset, channel } => MaskForm {
                asset: Some(asset),
                channel: Some(channel),
                shape: None,
            },
            Self::Shape(shape) => MaskForm {
                asset: None,
                channel: None,
                shape: Some(shape),
            },
        };
        form.write()
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let form = MaskForm::schema(generator);
        schemars::json_schema!({
            "allOf": [form],
            "oneOf": [{ "required": ["asset"] }, { "required": ["shape"] }],
        })
    }
}

record! {
    /// How colours are changed, in the order of the members; see the filter functions of CSS.
    pub struct Filter {
        /// How much of the colour goes.
        grayscale("grayscale"): or Share = Share::fixed(0.0);
        /// How many times as light.
        brightness("brightness"): or Factor = Factor::fixed(1.0);
        /// How many times as far from middle grey.
        contrast("contrast"): or Factor = Factor::fixed(1.0);
        /// How many times as far from grey.
        saturation("saturation"): or Factor = Factor::fixed(1.0);
        /// The radius of a blur in pixels of the page.
        blur("blur"): or Blur = Blur::fixed(0.0);
    }
}

impl Filter {
    /// Colours stay as they are.
    pub const NONE: Self = Self {
        grayscale: Share::fixed(0.0),
        brightness: Factor::fixed(1.0),
        contrast: Factor::fixed(1.0),
        saturation: Factor::fixed(1.0),
        blur: Blur::fixed(0.0),
    };
}
