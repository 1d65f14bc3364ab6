//! Units of a picture: sizes, rectangles, maps, colours, opacity, blend mode names, pixel buffers.
//!
//! Every floor above speaks in these types, so a number never travels without its meaning: a
//! [`Size`] is whole pixels, a [`Projective`] maps points of one named space to another, a
//! [`Raster`] holds straight alpha and nothing else.
//!
//! ```
//! use marquetry_pixel::{Point, Projective, Quad, Size};
//!
//! let quad = Quad::new([(10.0, 10.0), (90.0, 20.0), (80.0, 90.0), (15.0, 80.0)]);
//! let map = Projective::from_size_to_quad(Size::new(400, 300), &quad).expect("a convex quad");
//! let corner = map.apply(Point::new(400.0, 0.0));
//! assert!((corner.x - 90.0).abs() < 1e-9 && (corner.y - 20.0).abs() < 1e-9);
//! ```

mod blend_mode;
mod colour;
mod geometry;
mod projective;
mod raster;
mod sample;
pub mod srgb;

pub use blend_mode::{BlendMode, UnknownBlendMode};
pub use colour::{DeepRgb, Opacity, Rgb, UnreadableColour};
pub use geometry::{Point, Quad, Rect, Size};
pub use projective::Projective;
pub use raster::{Coverage, DeepRaster, Raster, WrongLength};
pub use sample::{Float, Sample, narrow, nearest_byte, share_to_byte};
