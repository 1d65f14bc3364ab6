//! What fills a layer, a shape or an effect: colours, gradients and patterns of the document as paints.
//!
//! The geometry was found by fitting Photoshop's own pixels (gradient fill layers and shapes of all
//! five kinds, with angle, scale and offset): equal to the rounding of 8 bits but for diamonds at some
//! angles, whose end is off by one pixel.

use std::sync::Arc;

use marquetry_compose::{ColourStop, Gradient, GradientShape, Mixing, OpacityStop, Paint, Pattern, Ramp};
use marquetry_pixel::{DeepRgb, Point, Projective, Rect};
use marquetry_psd::Layer;
use marquetry_psd::color::Color;
use marquetry_psd::effects::PatternFill;
use marquetry_psd::fill::Fill;
use marquetry_psd::gradient::{GradientColors, GradientFill, GradientMethod, GradientStyle, StopColor};

use crate::open::OpenMockup;
use crate::release::is_before_cs6;

/// What a fill goes by besides its own settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground {
    /// The bounds of what is filled: a shape's, a layer's contents', what a mask leaves, or the canvas.
    pub(crate) shape: Extent,
    /// The canvas, for fills that are not aligned with their layer.
    pub(crate) canvas: Rect,
    /// The layer's point of reference, where its patterns begin.
    pub(crate) reference: Option<(f64, f64)>,
}

/// Bounds that need not lie on whole pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) least: Point,
    pub(crate) most: Point,
}

impl From<Rect> for Extent {
    fn from(rect: Rect) -> Self {
        let far = |edge: i64| edge as f64;
        Self {
            least: Point::new(f64::from(rect.x), f64::from(rect.y)),
            most: Point::new(far(rect.right()), far(rect.bottom())),
        }
    }
}

/// The paint of a fill layer, which runs over the whole canvas.
pub(crate) fn of_layer(layer: Layer<'_>, mockup: &OpenMockup) -> Option<Paint> {
    let fill = layer.fill(&mockup.limits.psd).ok()??;
    let canvas = mockup.size().rect();
    let ground = Ground {
        shape: unmasked(layer).unwrap_or(canvas).into(),
        canvas,
        reference: layer.reference_point(),
    };
    paint(&fill, ground, mockup)
}

/// What the mask of a fill layer leaves of it, which is as far as the layer goes: a gradient begins and ends there
/// (`gradient fill.psd` of the tests of pytoshop). `None` where that is everything.
fn unmasked(layer: Layer<'_>) -> Option<Rect> {
    let mask = layer.masks()?.mask;
    let hides = !mask.flags.is_disabled() && mask.default_color == 0;
    (hides && !mask.rect.is_empty()).then_some(mask.rect)
}

/// The paint of `fill`. `None` when it is nothing that can be painted.
pub(crate) fn paint(fill: &Fill, ground: Ground, mockup: &OpenMockup) -> Option<Paint> {
    match fill {
        Fill::Color(colour) => mockup.colour(colour.as_ref()?).map(Paint::Solid),
        Fill::Gradient(fill) => gradient(fill, ground, mockup).map(|paint| Paint::Gradient(Arc::new(paint))),
        Fill::Pattern(fill) => pattern(fill, ground, mockup).map(|paint| Paint::Pattern(Arc::new(paint))),
    }
}

/// A gradient laid over `ground`. `None` when it names no colours, follows the edge of a shape, or has
/// no length.
pub(crate) fn gradient(fill: &GradientFill, ground: Ground, mockup: &OpenMockup) -> Option<Gradient> {
    let shape = match fill.style {
        GradientStyle::Linear => GradientShape::Linear,
        GradientStyle::Radial => GradientShape::Radial,
        GradientStyle::Angle => GradientShape::Angle,
        GradientStyle::Reflected => GradientShape::Reflected,
        GradientStyle::Diamond => GradientShape::Diamond,
        _ => return None,
    };
    let frame = if fill.align {
        ground.shape
    } else {
        ground.canvas.into()
    };
    let line = Line::of(fill, frame, is_before_cs6(&mockup.document))?;
    let start = if shape == GradientShape::Linear {
        line.start
    } else {
        line.centre
    };
    Some(Gradient {
        shape,
        map: onto_unit(start, line.end)?,
        ramp: Arc::new(ramp(fill, mockup)?),
        dither: fill.dither,
    })
}

/// The colours of a gradient fill. `None` when it names none.
pub(crate) fn ramp(fill: &GradientFill, mockup: &OpenMockup) -> Option<Ramp> {
    let ramp = match &fill.gradient.as_ref()?.colors {
        GradientColors::Solid {
            smoothness,
            stops,
            transparency,
        } => {
            let colours: Vec<_> = stops
                .iter()
                .map(|stop| ColourStop {
                    at: stop.location,
                    midpoint: stop.midpoint,
                    colour: stop_colour(&stop.color, mockup),
                })
                .collect();
            let opacities: Vec<_> = transparency
                .iter()
                .map(|stop| OpacityStop {
                    at: stop.location,
                    midpoint: stop.midpoint,
                    opacity: stop.opacity,
                })
                .collect();
            Ramp::new(&colours, &opacities, *smoothness, mixing(&fill.method, mockup))
        }
        GradientColors::Noise(noise) => {
            let ramp = crate::noise::ramp(noise);
            mockup.space().ramp(ramp, mockup.plate, mockup.precision())
        }
        _ => return None,
    };
    Some(if fill.reverse { ramp.reversed() } else { ramp })
}

/// A pattern laid from the layer's point of reference on, or from the canvas' corner. `None` when the
/// document doesn't hold it.
pub(crate) fn pattern(fill: &PatternFill, ground: Ground, mockup: &OpenMockup) -> Option<Pattern> {
    let tile = mockup.pattern(&fill.pattern.as_ref()?.id)?;
    let corner = (f64::from(ground.canvas.x), f64::from(ground.canvas.y));
    let (x, y) = ground.reference.filter(|_| fill.align).unwrap_or(corner);
    let origin = Point::new(x + fill.phase.x, y + fill.phase.y);
    Pattern::new(tile, origin, fill.scale / 100.0, fill.angle)
}

/// The application's own colours are not in the file; black on white is what it starts with.
fn stop_colour(colour: &StopColor, mockup: &OpenMockup) -> DeepRgb {
    let stated = match colour {
        StopColor::Own(colour) => colour.as_ref().and_then(|colour| mockup.colour(colour)),
        StopColor::Foreground => mockup.colour(&Color::Gray(100.0)),
        StopColor::Background => mockup.colour(&Color::Gray(0.0)),
    };
    stated.unwrap_or_default()
}

fn mixing(method: &GradientMethod, mockup: &OpenMockup) -> Mixing {
    match method {
        // Its values are light already.
        GradientMethod::Linear if mockup.is_of_light() => Mixing::Classic,
        GradientMethod::Perceptual => Mixing::Perceptual,
        GradientMethod::Linear => Mixing::Linear,
        GradientMethod::Smooth => Mixing::Smooth,
        GradientMethod::Stripes => Mixing::Stripes,
        _ => Mixing::Classic,
    }
}

/// Where a gradient lies on the canvas.
struct Line {
    start: Point,
    centre: Point,
    end: Point,
}

impl Line {
    /// From edge to edge of `frame` through its middle, then scaled and moved. Its ends are whole
    /// pixels, as in Photoshop, those of the frame need not be. Releases before CS6 took the nearest
    /// (`layer_comps.psd` of CS5, beside the same file saved by CC 2017).
    fn of(fill: &GradientFill, Extent { least, most }: Extent, before_cs6: bool) -> Option<Self> {
        let (width, height) = (most.x - least.x, most.y - least.y);
        let centre = Point::new(
            least.x + width * (0.5 + fill.offset.x / 100.0),
            least.y + height * (0.5 + fill.offset.y / 100.0),
        );
        let (sin, cos) = fill.angle.to_radians().sin_cos();
        let scale = fill.scale / 100.0;
        let half = (width / cos.abs()).min(height / sin.abs()) / 2.0 * scale;
        let way = Point::new(cos * half, -sin * half);
        let numbers = [centre.x, centre.y, way.x, way.y];
        if !numbers.iter().all(|number| number.abs() < FAR) {
            return None;
        }
        let middle = Point::new(down(centre.x), down(centre.y));
        if (scale - 1.0).abs() < 1e-9 {
            return Some(Self {
                start: Point::new(down(centre.x - way.x), down(centre.y - way.y)),
                centre: middle,
                end: Point::new(down(centre.x + way.x), down(centre.y + way.y)),
            });
        }
        let whole = if before_cs6 { nearest } else { inwards };
        let way = Point::new(whole(way.x), whole(way.y));
        Some(Self {
            start: Point::new(middle.x - way.x, middle.y - way.y),
            centre: middle,
            end: Point::new(middle.x + way.x, middle.y + way.y),
        })
    }
}

/// Beyond this nothing of a gradient can be told apart on any canvas.
const FAR: f64 = 1e9;
/// Sines and cosines are not quite what they should be.
const SLACK: f64 = 1e-6;

fn down(value: f64) -> f64 {
    (value + SLACK).floor()
}

fn inwards(value: f64) -> f64 {
    (value.abs() + SLACK).floor().copysign(value)
}

/// The nearest whole pixel; a half is a whole one, either way, though it comes of the sine of 30 degrees, which is less
/// than a half by the last bit.
pub(crate) fn nearest(value: f64) -> f64 {
    (value.abs() + 0.5 + SLACK).floor().copysign(value)
}

/// The turn, scale and shift that takes `start` to the origin and `end` to `(1, 0)`.
fn onto_unit(start: Point, end: Point) -> Option<Projective> {
    let (dx, dy) = (end.x - start.x, end.y - start.y);
    let square = dx * dx + dy * dy;
    let turn = Projective([
        dx / square,
        dy / square,
        0.0,
        -dy / square,
        dx / square,
        0.0,
        0.0,
        0.0,
        1.0,
    ]);
    (square > 0.0).then(|| turn.after(&Projective::translation(-start.x, -start.y)))
}
