//! Gradients: their stops or their noise, and how a fill lays them over a shape.

use marquetry_pixel::Point;

use crate::{
    color::Color,
    descriptor::{Descriptor, Key, Value},
};

/// A gradient by itself: colours along a line from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// Its name. Presets of the application are named `$$$/...=Name`.
    pub name: String,
    /// Where its colours come from.
    pub colors: GradientColors,
}

/// Where the colours of a gradient come from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum GradientColors {
    /// From stops, with what lies between them interpolated.
    Solid {
        /// Smoothness, `0.0..=1.0` (the file's 4096 is 1).
        smoothness: f64,
        /// Colours in the order of the file.
        stops: Vec<ColorStop>,
        /// Opacities in the order of the file.
        transparency: Vec<TransparencyStop>,
    },
    /// From a seeded generator.
    Noise(GradientNoise),
}

/// Settings of a noise gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientNoise {
    /// Seed of the generator.
    pub seed: i64,
    /// Whether opacity is random as well.
    pub transparency: bool,
    /// Whether colours are kept from oversaturation.
    pub restrict_colors: bool,
    /// The colour model: `RGBC`, `HSBC` or `LbCl`.
    pub model: Key,
    /// Roughness, `0.0..=1.0` (the file's 4096 is 1).
    pub roughness: f64,
    /// Least value of each channel, in per cent.
    pub minimum: Vec<f64>,
    /// Greatest value of each channel, in per cent.
    pub maximum: Vec<f64>,
}

/// One colour of a gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorStop {
    /// Place on the line, `0.0..=1.0`.
    pub location: f64,
    /// Where between the stop before and this one both are mixed evenly, `0.0..=1.0`.
    pub midpoint: f64,
    /// The colour.
    pub color: StopColor,
}

/// What a stop is painted with.
#[derive(Clone, Debug, PartialEq)]
pub enum StopColor {
    /// A colour of its own. `None` when its space is unknown.
    Own(Option<Color>),
    /// The foreground colour of the application.
    Foreground,
    /// The background colour of the application.
    Background,
}

/// One opacity of a gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransparencyStop {
    /// Place on the line, `0.0..=1.0`.
    pub location: f64,
    /// Where between the stop before and this one both are mixed evenly, `0.0..=1.0`.
    pub midpoint: f64,
    /// Opacity, `0.0..=1.0`.
    pub opacity: f64,
}

/// How a gradient runs over a shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GradientStyle {
    /// Along a line.
    #[default]
    Linear,
    /// From a centre outwards.
    Radial,
    /// Around a centre.
    Angle,
    /// Along a line and back.
    Reflected,
    /// In squares around a centre.
    Diamond,
    /// Along the edge of the shape; only strokes have it.
    ShapeBurst,
}

/// How colours between two stops are mixed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GradientMethod {
    /// `Gcls`: as every version did before there was a choice.
    #[default]
    Classic,
    /// `Perc`: in a perceptual space.
    Perceptual,
    /// `Lnr `: in linear light.
    Linear,
    /// `Smoo`: smooth.
    Smooth,
    /// `stripes`: each stop up to the next without mixing.
    Stripes,
    /// Any other.
    Other(Key),
}

/// A gradient laid over a shape: a fill layer, an overlay or a stroke.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientFill {
    /// The gradient, unless the file names none.
    pub gradient: Option<Gradient>,
    /// Direction in degrees, counter-clockwise from the right.
    pub angle: f64,
    /// How it runs.
    pub style: GradientStyle,
    /// Whether it runs backwards.
    pub reverse: bool,
    /// Whether it is dithered.
    pub dither: bool,
    /// Whether it fits the layer's bounds instead of the canvas.
    pub align: bool,
    /// Length in per cent of the natural one.
    pub scale: f64,
    /// How far its centre moves, in per cent of the bounds.
    pub offset: Point,
    /// How colours are mixed.
    pub method: GradientMethod,
}

impl Gradient {
    /// Reads a `Grdn` object. `None` when its form is unknown.
    pub fn from_descriptor(object: &Descriptor) -> Option<Self> {
        let name = object.text("Nm  ").unwrap_or_default().to_owned();
        let colors = match object.enumeration("GrdF") {
            Some(form) if *form == *"ClNs" => GradientColors::Noise(noise(object)),
            Some(form) if *form == *"CstS" => solid(object),
            None => solid(object),
            Some(_) => return None,
        };
        Some(Self { name, colors })
    }
}

fn solid(object: &Descriptor) -> GradientColors {
    let objects = |key| object.list(key).iter().filter_map(Value::as_object);
    let location = |stop: &Descriptor| stop.f64("Lctn").unwrap_or(0.0) / 4096.0;
    let midpoint = |stop: &Descriptor| stop.f64("Mdpn").unwrap_or(50.0) / 100.0;
    GradientColors::Solid {
        smoothness: object.f64("Intr").unwrap_or(4096.0) / 4096.0,
        stops: objects("Clrs")
            .map(|stop| ColorStop {
                location: location(stop),
                midpoint: midpoint(stop),
                color: match stop.enumeration("Type") {
                    Some(kind) if *kind == *"FrgC" => StopColor::Foreground,
                    Some(kind) if *kind == *"BckC" => StopColor::Background,
                    _ => StopColor::Own(stop.object("Clr ").and_then(Color::from_descriptor)),
                },
            })
            .collect(),
        transparency: objects("Trns")
            .map(|stop| TransparencyStop {
                location: location(stop),
                midpoint: midpoint(stop),
                opacity: stop.f64("Opct").unwrap_or(100.0) / 100.0,
            })
            .collect(),
    }
}

fn noise(object: &Descriptor) -> GradientNoise {
    let numbers = |key| object.list(key).iter().filter_map(Value::as_f64).collect();
    GradientNoise {
        seed: object.i64("RndS").unwrap_or(0),
        transparency: object.bool("ShTr").unwrap_or(false),
        restrict_colors: object.bool("VctC").unwrap_or(false),
        model: object.enumeration("ClrS").cloned().unwrap_or(Key::Code(*b"RGBC")),
        roughness: object.f64("Smth").unwrap_or(4096.0) / 4096.0,
        minimum: numbers("Mnm "),
        maximum: numbers("Mxm "),
    }
}

impl GradientStyle {
    fn from_key(key: &Key) -> Option<Self> {
        Some(match key.as_bytes() {
            b"Lnr " | b"linear" => Self::Linear,
            b"Rdl " | b"radial" => Self::Radial,
            b"Angl" | b"angle" => Self::Angle,
            b"Rflc" | b"reflected" => Self::Reflected,
            b"Dmnd" | b"diamond" => Self::Diamond,
            b"shapeburst" => Self::ShapeBurst,
            _ => return None,
        })
    }
}

impl GradientMethod {
    /// From an enumeration value of type `gradientInterpolationMethodType`.
    pub fn from_key(key: &Key) -> Self {
        match key.as_bytes() {
            b"Gcls" | b"classic" => Self::Classic,
            b"Perc" | b"perceptual" => Self::Perceptual,
            b"Lnr " | b"linear" => Self::Linear,
            b"Smoo" | b"smooth" => Self::Smooth,
            b"Strp" | b"stripes" => Self::Stripes,
            _ => Self::Other(key.clone()),
        }
    }
}

impl GradientFill {
    /// Reads the keys of a gradient fill from the object that holds them.
    pub fn from_descriptor(object: &Descriptor) -> Self {
        let offset = object.object("Ofst");
        let along = |key| offset.and_then(|offset| offset.f64(key)).unwrap_or(0.0);
        // Effects spell the method `gs99`, fill layers and strokes in full.
        let method = object
            .enumeration("gradientsInterpolationMethod")
            .or(object.enumeration("gs99"));
        Self {
            gradient: object.object("Grad").and_then(Gradient::from_descriptor),
            angle: object.f64("Angl").unwrap_or(0.0),
            style: object
                .enumeration("Type")
                .and_then(GradientStyle::from_key)
                .unwrap_or_default(),
            reverse: object.bool("Rvrs").unwrap_or(false),
            dither: object.bool("Dthr").unwrap_or(false),
            align: object.bool("Algn").unwrap_or(true),
            scale: object.f64("Scl ").unwrap_or(100.0),
            offset: Point::new(along("Hrzn"), along("Vrtc")),
            method: method.map(GradientMethod::from_key).unwrap_or_default(),
        }
    }
}
