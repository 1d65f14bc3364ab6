//! Colours that run over the canvas: five kinds of gradient.

mod ramp;

use std::sync::Arc;

use marquetry_pixel::{Point, Projective};

pub use ramp::{ColourStop, Mixing, OpacityStop, Ramp};

use crate::depth::Depth;
use crate::paint::luck;

/// A ramp of colours laid over the plane.
///
/// Photoshop looks a pixel's colour up at its top left corner, not at its centre; so does this.
/// Measured on its own pixels of all five kinds at three angles: equal to the rounding of 8 bits,
/// while centres are off by up to five levels on a shape of 32 pixels.
#[derive(Clone, Debug)]
pub struct Gradient {
    /// How the ramp runs.
    pub shape: GradientShape,
    /// Canvas pixels to the gradient's own plane, in which the ramp starts at the origin and ends
    /// at `(1, 0)`.
    pub map: Projective,
    /// The colours.
    pub ramp: Arc<Ramp>,
    /// Whether colours between two steps of 8 bits are scattered over both instead of rounded. Where
    /// each falls depends on its place on the canvas alone.
    pub dither: bool,
}

/// How the colours of a gradient run over its plane, where `x` is the way from start to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GradientShape {
    /// Along `x`.
    #[default]
    Linear,
    /// Outwards in circles.
    Radial,
    /// Once around the origin, clockwise as seen on a canvas whose `y` goes down.
    Angle,
    /// Along `x` to both sides.
    Reflected,
    /// Outwards in squares whose corners lie on `x` and `y`.
    Diamond,
}

impl GradientShape {
    /// How far along the ramp a point of the gradient's plane lies; NaN for one that is nowhere.
    fn along(self, Point { x, y }: Point) -> f64 {
        match self {
            Self::Linear => x,
            Self::Radial => x.hypot(y),
            Self::Angle => (y.atan2(x) / std::f64::consts::TAU).rem_euclid(1.0),
            Self::Reflected => x.abs(),
            Self::Diamond => x.abs() + y.abs(),
        }
    }
}

impl Gradient {
    /// Straight RGBA of the pixels from canvas position `(x, y)` to the right, as many as `out`
    /// holds.
    pub fn fill_row(&self, y: i32, x: i32, out: &mut [u8]) {
        self.paint_row(y, x, out);
    }

    /// The same at either depth.
    pub(crate) fn paint_row<S: Depth>(&self, y: i32, x: i32, out: &mut [S]) {
        for (pixel, column) in out.as_chunks_mut::<4>().0.iter_mut().zip(x..) {
            let at = self.map.apply(Point::new(f64::from(column), f64::from(y)));
            let colour = self.ramp.at(self.shape.along(at));
            // Anything up to one step, the same for all four samples of a pixel.
            let scatter = if self.dither { luck(column, y) } else { 0.5 };
            *pixel = colour.map(|share| S::scattered(share, scatter));
        }
    }

    /// Whether every pixel is opaque.
    pub fn is_opaque(&self) -> bool {
        self.ramp.is_opaque()
    }
}
