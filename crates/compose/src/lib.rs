//! A resolved [`Scene`] to pixels.
//!
//! A scene says only what is to be seen: pixels, colours, maps, masks, blend modes. It holds no
//! name, id, URL or option, so drawing it looks nothing up and can fail only for lack of memory or
//! because the caller asked to stop.
//!
//! Results are straight-alpha RGBA, 8 bits a sample ([`draw`]) or 16 ([`draw_deep`]), blended as Photoshop
//! blends by default: on the encoded values, without linearising. The same scene gives the same bytes whatever the number of
//! threads, the region asked for and the processor's instruction set.
//!
//! ```
//! use marquetry_compose::{DrawOptions, Layer, Node, Paint, Scene, draw};
//! use marquetry_pixel::{BlendMode, Rgb, Size};
//!
//! let mut scene = Scene::new(Size::new(4, 4));
//! scene.nodes.push(Node::Layer(Layer::new(Paint::Solid(Rgb::new(200, 100, 0).into()))));
//! scene.nodes.push(Node::Layer(Layer {
//!     blend: BlendMode::Multiply,
//!     ..Layer::new(Paint::Solid(Rgb::new(255, 128, 7).into()))
//! }));
//! let picture = draw(&scene, &DrawOptions::default())?;
//! assert_eq!(picture.pixel(0, 0), Some([200, 50, 0, 255]));
//! # Ok::<(), marquetry_compose::DrawError>(())
//! ```

mod adjust;
mod area;
mod art;
mod blend;
mod blend_if;
mod bounds;
mod depth;
mod draw;
mod dress;
mod effect;
mod feather;
mod floor;
mod gradient;
mod mask;
mod mesh;
mod outline;
mod paint;
mod passing;
mod pattern;
mod pen;
mod place;
mod scene;
mod step;
mod style;

pub use adjust::{
    Adjustment, BlackAndWhite, Cube, HueRange, HueSaturation, Mixer, PhotoFilter, SelectiveColour, Shift,
    Vibrance,
};
pub use art::Art;
pub use blend_if::{BlendIf, ColourTones, Tones};
pub use draw::{
    DrawError, DrawOptions, draw, draw_deep, draw_into, draw_narrowed, draw_onto, draw_over, draw_region,
};
pub use effect::{Contour, ContourPoint};
pub use gradient::{ColourStop, Gradient, GradientShape, Mixing, OpacityStop, Ramp};
pub use mesh::Mesh;
pub use outline::{FillRule, Outline};
pub use pattern::Pattern;
pub use pen::{Cap, Join, Pen};
pub use scene::{
    ClipBlend, Fade, Filter, Group, GroupBlend, Layer, Mask, Node, Paint, Placed, Scene, Warped,
};
pub use style::{
    Bevel, BevelPlace, BevelProfile, BevelTechnique, BevelTexture, Channels, Effect, Glow, GlowSource,
    GlowTechnique, Interior, Knockout, Light, Overlay, Satin, Shading, Shadow, StrokeEffect, StrokePaint,
    StrokePosition, Style,
};
