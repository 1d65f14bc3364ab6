//! The walk from an open mockup and a spec to finished export bytes: decode, plan, draw, scale,
//! encode. No I/O, no clock: whoever wants to know how long a step took listens to [`Watch`].

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use marquetry_codec::{Dpi, Encoding, Format, Quality, Scaling, decode, encode, resize, srgb_profile};
use marquetry_model::{
    AssetSource, Change, Export, ExportFormat, ExportSize, LayerAddress, RenderSpec, Rewording,
};
use marquetry_pixel::{Raster, Size};

use crate::draw::{Canvas, Painter, draw_plan};
use crate::edits::{Edits, Redraw};
use crate::error::RenderError;
use crate::frame::{self, Frame};
use crate::open::OpenMockup;
use crate::plan::{Plates, Showing, draw_plates, plan};
use crate::undrawn::Undrawn;

/// The bytes of assets, by where the spec says they come from.
pub type Assets = HashMap<AssetSource, Bytes>;

/// The rooms of a render, in walking order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Room {
    /// Asset files to pixels.
    Decode,
    /// Document and changes to a scene.
    Plan,
    /// Scene to pixels.
    Draw,
    /// Pixels to the export's size.
    Scale,
    /// Pixels to a file.
    Encode,
    /// The drawing beside Photoshop's own, which only a fidelity report asks for.
    Compare,
}

impl Room {
    /// Its name, as timings show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Plan => "plan",
            Self::Draw => "draw",
            Self::Scale => "scale",
            Self::Encode => "encode",
            Self::Compare => "compare",
        }
    }
}

/// Hears of each room as it is left. The engine itself knows no clock.
pub trait Watch {
    /// `room` has just been left.
    fn left(&mut self, room: Room);
}

/// For who does not want to know.
impl Watch for () {
    fn left(&mut self, _: Room) {}
}

/// A finished export.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its format.
    pub format: ExportFormat,
    /// Its size in pixels.
    pub size: Size,
    /// What the picture lacks.
    pub undrawn: Vec<Undrawn>,
}

/// A drawn picture, at the mockup's own size.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Straight-alpha pixels.
    pub raster: Arc<Raster>,
    /// What it lacks.
    pub undrawn: Vec<Undrawn>,
}

/// Makes the export that `spec` asks for. The same mockup, spec and assets give the same bytes.
///
/// # Errors
/// [`RenderError`], which says whose turn it is: the mockup's author, the caller, or nobody.
pub fn render(
    mockup: &OpenMockup,
    spec: &RenderSpec,
    assets: &Assets,
    painter: &Painter<'_>,
    watch: &mut dyn Watch,
) -> Result<Rendered, RenderError> {
    let order = Order {
        changes: &spec.changes,
        texts: &spec.texts,
        hidden: &spec.hidden,
        redraw: Redraw::Changed,
    };
    let (canvas, undrawn) = draw_canvas(mockup, &order, assets, painter, watch)?;
    let (bytes, size) = export(mockup, &canvas.raster, &spec.export, watch)?;
    canvas.give_back(mockup);
    Ok(Rendered {
        bytes,
        format: spec.export.format,
        size,
        undrawn,
    })
}

/// What is to be drawn, without how it is exported.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order<'a> {
    /// What goes into which smart objects.
    pub changes: &'a [Change],
    /// New words for which text layers.
    pub texts: &'a [Rewording],
    /// Layers that are left out.
    pub hidden: &'a [LayerAddress],
    /// Which smart objects are drawn anew.
    pub redraw: Redraw,
}

/// Draws a mockup at its own size.
///
/// # Errors
/// As [`render`].
pub fn draw(
    mockup: &OpenMockup,
    order: &Order<'_>,
    assets: &Assets,
    painter: &Painter<'_>,
    watch: &mut dyn Watch,
) -> Result<Picture, RenderError> {
    let (canvas, undrawn) = draw_canvas(mockup, order, assets, painter, watch)?;
    Ok(Picture {
        raster: canvas.raster,
        undrawn,
    })
}

fn draw_canvas(
    mockup: &OpenMockup,
    order: &Order<'_>,
    assets: &Assets,
    painter: &Painter<'_>,
    watch: &mut dyn Watch,
) -> Result<(Canvas, Vec<Undrawn>), RenderError> {
    let mut decoded = Vec::with_capacity(order.changes.len());
    for change in order.changes {
        decoded.push((change, asset(mockup, change, assets)?));
    }
    watch.left(Room::Decode);
    draw_decoded(mockup, order, decoded, painter, watch)
}

/// The rest of the walk, with the pictures of `order`'s changes.
pub(crate) fn draw_decoded(
    mockup: &OpenMockup,
    order: &Order<'_>,
    decoded: Vec<(&Change, Option<Raster>)>,
    painter: &Painter<'_>,
    watch: &mut dyn Watch,
) -> Result<(Canvas, Vec<Undrawn>), RenderError> {
    let mut edits = Edits::new(order.redraw);
    for address in order.hidden {
        edits.hide(mockup, address);
    }
    for rewording in order.texts {
        edits.reword(mockup, rewording);
    }
    for (change, raster) in decoded {
        replace(mockup, change, raster, &mut edits, painter)?;
    }
    if mockup.heavy {
        watch.left(Room::Plan);
        let Plates {
            mut colour,
            black,
            undrawn,
            ..
        } = draw_plates(mockup, &edits, Showing::default(), painter)?;
        mockup.space().flatten(&mut colour, black, painter.threads);
        watch.left(Room::Draw);
        return Ok((Canvas::new(colour, None), undrawn));
    }
    let plan = plan(mockup, &edits, painter)?;
    let undrawn = plan.undrawn.clone();
    watch.left(Room::Plan);
    let canvas = draw_plan(mockup, plan, painter)?;
    watch.left(Room::Draw);
    Ok((canvas, undrawn))
}

/// What a file says of its colours, which are sRGB whatever it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputProfile {
    /// Nothing: every reader takes that for sRGB.
    #[default]
    Unstated,
    /// The profile of sRGB is embedded (PNG `iCCP`, JPEG `APP2`, WebP `ICCP`).
    Srgb,
}

/// Scales and encodes a drawn picture.
///
/// # Errors
/// [`RenderError::TooLarge`], or [`RenderError::Export`] when the format cannot hold it.
pub fn export(
    mockup: &OpenMockup,
    picture: &Raster,
    export: &Export,
    watch: &mut dyn Watch,
) -> Result<(Vec<u8>, Size), RenderError> {
    export_as(mockup, picture, export, OutputProfile::Unstated, watch)
}

/// Scales and encodes a drawn picture, and says in the file what its colours are.
///
/// # Errors
/// As [`export`].
pub fn export_as(
    mockup: &OpenMockup,
    picture: &Raster,
    export: &Export,
    profile: OutputProfile,
    watch: &mut dyn Watch,
) -> Result<(Vec<u8>, Size), RenderError> {
    let size = export.size.of(picture.size());
    mockup.limits.admit("the export", size)?;
    let scaled = if size == picture.size() {
        None
    } else {
        Some(resize(picture, size, Scaling::Automatic).map_err(RenderError::Export)?)
    };
    watch.left(Room::Scale);
    let mut encoding = Encoding::new(match export.format {
        ExportFormat::Png => Format::Png,
        ExportFormat::Jpeg => Format::jpeg(quality(export.quality)),
        ExportFormat::Webp => Format::webp(quality(export.quality)),
    });
    // Unasked, a picture of the mockup's own size keeps the mockup's own resolution.
    let own = mockup.dpi().filter(|_| export.size == ExportSize::Original);
    encoding.dpi = export.dpi.map(|dpi| dpi.get()).or(own).and_then(Dpi::new);
    let icc = (profile == OutputProfile::Srgb).then(srgb_profile);
    encoding.icc = icc.as_deref();
    let bytes = encode(scaled.as_ref().unwrap_or(picture), &encoding).map_err(RenderError::Export)?;
    watch.left(Room::Encode);
    Ok((bytes, size))
}

/// The model allows fractions, the coders whole steps.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the model's own range is 1 to 100"
)]
pub(crate) fn quality(asked: marquetry_model::Quality) -> Quality {
    Quality::new(asked.get().round() as u8).unwrap_or_default()
}

fn name_of(mockup: &OpenMockup, change: &Change) -> String {
    let way = change
        .addresses
        .first()
        .and_then(|address| address.0.split_last());
    way.and_then(|(&index, way)| Some(mockup.walk(way)?.mockup.layer_at(index)?.name()))
        .unwrap_or_else(|| change.slot.to_string())
}

fn asset(mockup: &OpenMockup, change: &Change, assets: &Assets) -> Result<Option<Raster>, RenderError> {
    let Some(source) = &change.asset else {
        return Ok(None);
    };
    let Some(bytes) = assets.get(source) else {
        return Err(RenderError::AssetMissing {
            smart_object: name_of(mockup, change),
        });
    };
    let decoded = decode(bytes, &mockup.limits.codec);
    let asset = |source| RenderError::Asset {
        smart_object: name_of(mockup, change),
        source,
    };
    Ok(Some(decoded.map_err(asset)?.raster))
}

/// Lays a change into its frame and notes it for every document it appears in.
fn replace(
    mockup: &OpenMockup,
    change: &Change,
    raster: Option<Raster>,
    edits: &mut Edits,
    painter: &Painter<'_>,
) -> Result<(), RenderError> {
    let first = change.addresses.first();
    let missing = || RenderError::NoSmartObject {
        address: first.map(ToString::to_string).unwrap_or_default(),
    };
    // All addresses of a change show the same contents, so the first one stands for them.
    let (&index, way) = first
        .and_then(|address| address.0.split_last())
        .ok_or_else(missing)?;
    let way = mockup.walk(way).ok_or_else(missing)?;
    let layer = way.mockup.layer_at(index).ok_or_else(missing)?;
    let placed = way.mockup.placed(layer).ok_or_else(missing)?;
    let size = way.mockup.frame(&placed).ok_or_else(missing)?;
    let frame: Frame = frame::lay_in(raster, size, change, &layer.name(), &mockup.limits, painter)?;
    let mut ids = way.ids;
    ids.push(placed.id);
    edits.replace(ids, Arc::new(frame));
    Ok(())
}
