//! The layout format: pages, layers, fields; read, checked, filled.

mod check;
mod field;
mod fill;
mod filled;
mod form;
mod format;
pub mod geometry;
mod insertion;
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
pub use format::repeat::{
    CellLayout, EmptySlot, ItemLayers, ItemOrder, LastRow, LayoutMode, RepeatLayer, Slot,
};
pub use format::shape::{Fill, Gradient, GradientKind, Outline, ShapeLayer, ShapeType, Stop};
pub use format::smart_object::{ArtSlot, SmartObjectLayer};
pub use format::source::{Address, Source, SourceForm};
pub use format::template::{Background, FontFace, FontStyle, Output, Page, Template};
pub use format::text::{
    Align, Case, FitMode, FontChoice, Overflow, TextBox, TextFit, TextLayer, TextStroke, Valign,
    WhenTextEmpty,
};
pub use limits::{Addresses, Limits};
pub use problem::{Problem, Problems};
pub use schema::schema;
pub use units::{
    AssetId, Blur, CellCount, ColourName, Columns, Coordinate, Degrees, Dpi, Factor, Family, FieldName,
    FontSize, Four, Id, JpegQuality, Length, LineCount, LineHeight, PlayerId, QuietZone, Revision,
    SchemaVersion, Share, Side, Spacing, Title, Weight, Words,
};
