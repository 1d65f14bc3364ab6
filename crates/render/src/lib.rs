//! The pure middle: an open mockup or a filled template, a spec and asset bytes in, a finished export out.
//!
//! Everything here is synchronous and touches nothing outside: no disk, no network, no clock.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use marquetry_model::{Export, ExportFormat, ExportSize};
//! use marquetry_render::{Assets, Limits, Order, Painter, draw, export, open};
//!
//! let mockup = open(std::fs::read("mug.psd")?, &Limits::default())?;
//! let picture = draw(&mockup, &Order::default(), &Assets::new(), &Painter::default(), &mut ())?;
//! for missing in &picture.undrawn {
//!     eprintln!("{missing}");
//! }
//! let options = Export { format: ExportFormat::Png, size: ExportSize::Original, ..Export::default() };
//! let (png, _) = export(&mockup, &picture.raster, &options, &mut ())?;
//! std::fs::write("mug.png", png)?;
//! # Ok(())
//! # }
//! ```
//!
//! Reading order: [`open`] parses a mockup and keeps what is decoded; `plan` turns a document and
//! changes into a scene of `marquetry-compose`; [`draw`] and [`export`] make pixels and files of it;
//! [`render`] is all of it for one job; [`render_template`] draws a filled template; [`report`] compares a drawing with
//! Photoshop's own.

mod adjust;
mod adjustment;
mod catalogue;
mod colour;
mod contents;
mod draw;
mod edge;
mod edits;
mod effects;
mod error;
mod fidelity;
mod fill;
mod filter;
mod frame;
mod lab;
mod light;
mod masks;
mod noise;
mod open;
mod picture;
mod pixels;
mod plan;
mod precision;
mod release;
mod rules;
mod shape;
mod space;
mod spots;
mod template;
mod text;
mod tile;
mod undrawn;
mod vector;
mod warp;

pub use draw::{Painter, bundled_fonts};
pub use edits::Redraw;
pub use error::RenderError;
pub use fidelity::{Report, report};
pub use marquetry_text::{FontError, FontShelf, ShelfLimits};
pub use open::{Limits, OpenMockup, open};
pub use picture::{
    Assets, Order, OutputProfile, Picture, Rendered, Room, Watch, draw, export, export_as, render,
};
pub use template::{
    MountedMockup, RenderedTemplate, Supplies, Warning, WarningCode, render_template, template_fonts,
};
pub use undrawn::{Feature, Undrawn};
