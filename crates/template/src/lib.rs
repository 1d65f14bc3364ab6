//! The layout format: pages, layers, fields; read, checked, filled.
//!
//! A [`Template`] is JSON that says what is drawn and which named values change it. Three steps lead from
//! its bytes to something that a drawing crate can take, and each tells everything that is wrong at once,
//! with the place of each [`Problem`]:
//!
//! 1. [`Template::parse`] reads it: every member there, known, of the right kind and within its bounds.
//! 2. [`Template::check`] asks what it means as a whole, against a [`Catalogue`] of what there is besides
//!    it, and derives its [`Fields`].
//! 3. [`Checked::fill`] takes values and resolves everything: conditions, insertions, colours, defaults,
//!    repeats. What comes out, [`Filled`], knows nothing of fields any more.
//!
//! ```
//! use marquetry_template::{Everything, Limits, Template, Unknown};
//! use serde_json::json;
//!
//! # fn main() -> Result<(), marquetry_template::Problems> {
//! let limits = Limits::default();
//! let template = json!({
//!     "schema": 1, "id": "card", "name": "Card", "revision": 1,
//!     "pages": [{ "id": "front", "width": 600, "height": 400, "layers": [{
//!         "id": "greeting", "type": "text", "x": 20, "y": 20, "width": 560, "height": 80,
//!         "font": { "family": "Arimo", "size": 48 }, "case": "upper",
//!         "content": "Hello {{Name}}", "visible_if": { "field": "Name", "op": "present" },
//!     }] }],
//! });
//! let checked = Template::from_value(&template, &limits)?.check(&Everything, &limits)?;
//! assert_eq!(checked.fields().to_value()[0]["api_field_name"], "Name");
//!
//! let filled = checked.fill(&json!({ "Name": "Jo" }), &limits, Unknown::Warn)?;
//! assert_eq!(filled.words_of("greeting"), Some("HELLO JO"));
//! # Ok(())
//! # }
//! ```
//!
//! A slip is told where it is and what was probably meant:
//!
//! ```
//! # use marquetry_template::{Limits, Template};
//! let problems = Template::parse(br#"{ "schema": 1, "id": "a", "name": "A", "revision": 1, "pagse": [] }"#,
//!     &Limits::default()).unwrap_err();
//! assert_eq!(problems.to_string(),
//!     "lacks \"pages\"; /pagse: \"pagse\" is not known here, did you mean \"pages\"?");
//! ```
//!
//! Nothing here touches network, disk or clock, and nothing panics or runs away, whatever the bytes:
//! [`Limits`] bounds all of it. [`geometry`] has the arithmetic of fits, faces and cells. [`schema`] gives
//! the JSON Schema of the format.
//!
//! Reading order: `units` and `format` are the parts of a template as they stand in JSON; `form` is how
//! one declaration reads, writes and describes each of them; `check` and `field`; `fill` and `filled`.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod check;
mod field;
mod fill;
mod filled;
mod form;
mod format;
pub mod geometry;
mod insertion;
mod lay;
mod limits;
mod problem;
mod schema;
mod units;

pub use check::{Catalogue, Checked, Everything};
pub use field::{Field, FieldType, Fields, Reach, Standing};
pub use fill::{Full, seat};
pub use filled::{
    Art, Content, Filled, FilledArt, FilledFill, FilledFit, FilledGroup, FilledImage, FilledLayer,
    FilledMockup, FilledPage, FilledQr, FilledShadow, FilledShape, FilledStroke, FilledText, Needs, Picture,
};
pub use form::Unknown;
pub use format::colour::{Colour, ColourReference, ColourValue, NamedColour};
pub use format::condition::{Condition, Operand, Operator, Test};
pub use format::group::{GroupLayer, Layers};
pub use format::image::{
    Crop, CropForm, Cropping, FacePlacement, Filter, Fit, Focal, FrameBox, ImageLayer, Mask, MaskChannel,
    MaskForm, MaskShape, RemoveBackground, WhenImageEmpty,
};
pub use format::layer::{Bind, Common, Kind, Layer, LayerType, Shadow, Stroke, StrokePosition};
pub use format::path::{PathSteps, Step};
pub use format::qr::{ErrorCorrection, QrLayer};
pub use format::repeat::{CellLayout, EmptySlot, ItemOrder, LastRow, LayoutMode, RepeatLayer, Slot};
pub use format::shape::{Fill, Gradient, GradientKind, Outline, ShapeLayer, ShapeType, Stop};
pub use format::smart_object::{ArtSlot, SmartObjectLayer};
pub use format::source::{Address, Source, SourceForm};
pub use format::template::{Background, FontFace, FontStyle, Output, Page, Template};
pub use format::text::{
    Align, Case, FitMode, FontChoice, Overflow, TextBox, TextFit, TextLayer, TextStroke, Valign,
    WhenTextEmpty,
};
pub use lay::{LaidPicture, Seen};
pub use limits::{Addresses, Limits};
pub use problem::{Problem, Problems};
pub use schema::schema;
pub use units::{
    AssetId, Blur, CellCount, ColourName, Columns, Coordinate, Degrees, Dpi, Factor, Family, FieldName,
    FontSize, Four, Id, JpegQuality, Length, LineCount, LineHeight, PlayerId, QuietZone, Revision,
    SchemaVersion, Share, Side, Spacing, Title, Weight, Words,
};
