//! Smart objects: the placed layer's descriptor, its warp, and the linked files they show.
//! Adobe Photoshop File Formats Specification, *Placed layer*, *Smart object layer data*, *Linked layer*.

use super::Rect;
use super::descriptor::{Descriptor, Value};
use crate::bytes::{Ink, LengthField};

/// Where and how a linked file is placed on the canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct SmartObject {
    content: String,
    quad: [[f64; 2]; 4],
    size: [f64; 2],
    warp: Warp,
    external: bool,
    legacy: bool,
    resolution: f64,
    filters: Vec<Descriptor>,
    beyond_mask: bool,
    comp: i32,
}

/// The bend a smart object's content has before it is placed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Warp {
    /// None: `warpNone` with a straight mesh.
    None,
    /// A custom mesh (`warpCustom`) of 4 by 4 control points, row by row, in content pixels.
    Mesh(Vec<[f64; 2]>),
    /// A named style such as `warpArc` and its bend, -100 to 100.
    Style(String, f64),
    /// Any descriptor of class `warp` or `quiltWarp`.
    Raw(Descriptor),
}

impl SmartObject {
    /// Shows the linked file `content` (36 letters of a UUID, usually) of `size` pixels with its corners (top left,
    /// top right, bottom right, bottom left of the content) at `quad`, in canvas pixels.
    #[must_use]
    pub fn new(content: &str, quad: [[f64; 2]; 4], size: [f64; 2]) -> Self {
        Self {
            content: content.into(),
            quad,
            size,
            warp: Warp::None,
            external: false,
            legacy: true,
            resolution: 72.0,
            filters: Vec::new(),
            beyond_mask: true,
            comp: -1,
        }
    }

    /// Adds a smart filter: its name, its four letters and its settings, shown at `opacity` per cent.
    #[must_use]
    pub fn filter(mut self, name: &str, id: [u8; 4], settings: Descriptor, opacity: f64) -> Self {
        let options = Descriptor::new("blendOptions")
            .unit("Opct", b"#Prc", opacity)
            .enumerated("Md  ", "BlnM", "Nrml");
        self.filters.push(
            Descriptor::new("filterFX")
                .text("Nm  ", name)
                .object("blendOptions", options)
                .bool("enab", true)
                .bool("hasoptions", true)
                .object("Fltr", settings)
                .integer("filterID", i32::from_be_bytes(id)),
        );
        self
    }

    /// Shows the layer comp of that id of its contents (-1, which is the default, for none).
    #[must_use]
    pub const fn comp(mut self, id: i32) -> Self {
        self.comp = id;
        self
    }

    /// Hides filters beyond their mask's pixels, where they show else.
    #[must_use]
    pub const fn filters_within_mask(mut self) -> Self {
        self.beyond_mask = false;
        self
    }

    /// Bends the content first.
    #[must_use]
    pub fn warp(mut self, warp: Warp) -> Self {
        self.warp = warp;
        self
    }

    /// Writes `SoLE` in place of `SoLd`, for a file that lies beside the document.
    #[must_use]
    pub const fn external(mut self) -> Self {
        self.external = true;
        self
    }

    /// Leaves out the older `PlLd` block.
    #[must_use]
    pub const fn without_legacy_block(mut self) -> Self {
        self.legacy = false;
        self
    }

    /// The content's own resolution in pixels an inch (72 unless said otherwise).
    #[must_use]
    pub const fn resolution(mut self, dpi: f64) -> Self {
        self.resolution = dpi;
        self
    }

    /// The blocks that make a layer of this `name` this smart object.
    pub(super) fn blocks(&self, name: &str) -> Vec<([u8; 4], Vec<u8>)> {
        let mut blocks = Vec::new();
        if self.legacy {
            blocks.push((*b"PlLd", self.placed_layer()));
        }
        blocks.push((
            if self.external { *b"SoLE" } else { *b"SoLd" },
            self.smart_object_data(name),
        ));
        blocks
    }

    fn placed_layer(&self) -> Vec<u8> {
        let mut ink = Ink::new();
        ink.raw(b"plcL").u32(3).pascal(&self.content, 1);
        // Page 1 of 1, the anti-alias policy Photoshop writes, a raster.
        ink.u32(1).u32(1).u32(16).u32(2);
        for value in self.upright().concat() {
            ink.f64(value);
        }
        ink.u32(0)
            .raw(&self.warp_descriptor().to_versioned_bytes())
            .pad(4);
        ink.into_bytes()
    }

    fn smart_object_data(&self, name: &str) -> Vec<u8> {
        let time = || {
            Descriptor::new("null")
                .integer("numerator", 0)
                .integer("denominator", 600)
        };
        let size = Descriptor::new("Pnt ")
            .double("Wdth", self.size[0])
            .double("Hght", self.size[1]);
        let descriptor = Descriptor::new("null")
            .text("Idnt", &self.content)
            .text("placed", &placed_id(name, &self.content))
            .integer("PgNm", 1)
            .integer("totalPages", 1)
            .integer("Crop", 1)
            .object("frameStep", time())
            .object("duration", time())
            .integer("frameCount", 1)
            .integer("Annt", 16)
            .integer("Type", 2)
            .doubles("Trnf", &self.upright().concat())
            .doubles("nonAffineTransform", &self.quad.concat())
            .object("warp", self.warp_descriptor())
            .object("Sz  ", size)
            .unit("Rslt", b"#Rsl", self.resolution)
            .integer("comp", self.comp)
            .object(
                "compInfo",
                Descriptor::new("null")
                    .integer("compID", self.comp)
                    .integer("originalCompID", self.comp),
            );
        let descriptor = if self.filters.is_empty() {
            descriptor
        } else {
            let list = self.filters.iter().cloned().map(Value::Object).collect();
            let filters = Descriptor::new("filterFXStyle")
                .bool("enab", true)
                .bool("validAtPosition", true)
                .bool("filterMaskEnable", true)
                .bool("filterMaskLinked", true)
                .bool("filterMaskExtendWithWhite", self.beyond_mask)
                .with("filterFXList", Value::List(list));
            descriptor.object("filterFX", filters)
        };
        let mut ink = Ink::new();
        ink.raw(b"soLD")
            .u32(4)
            .raw(&descriptor.to_versioned_bytes())
            .pad(4);
        ink.into_bytes()
    }

    /// The affine placement: the quad itself where it is a parallelogram, else the box around it, as Photoshop
    /// writes it beside a perspective.
    fn upright(&self) -> [[f64; 2]; 4] {
        let [a, b, c, d] = self.quad;
        if (0..2).all(|axis| (a[axis] + c[axis] - b[axis] - d[axis]).abs() < 1e-9) {
            return self.quad;
        }
        let low = |axis: usize| self.quad.iter().map(|p| p[axis]).fold(f64::INFINITY, f64::min);
        let high = |axis: usize| {
            self.quad
                .iter()
                .map(|p| p[axis])
                .fold(f64::NEG_INFINITY, f64::max)
        };
        [
            [low(0), low(1)],
            [high(0), low(1)],
            [high(0), high(1)],
            [low(0), high(1)],
        ]
    }

    fn warp_descriptor(&self) -> Descriptor {
        let [width, height] = self.size;
        let (style, bend, mesh) = match &self.warp {
            Warp::Raw(descriptor) => return descriptor.clone(),
            Warp::None => ("warpNone", 0.0, straight_mesh(width, height)),
            Warp::Mesh(points) => ("warpCustom", 0.0, points.clone()),
            Warp::Style(style, bend) => (style.as_str(), *bend, straight_mesh(width, height)),
        };
        let bounds = Descriptor::new("classFloatRect")
            .double("Top ", 0.0)
            .double("Left", 0.0)
            .double("Btom", height)
            .double("Rght", width);
        let column = |axis: usize| Value::Units(*b"#Pxl", mesh.iter().map(|p| p[axis]).collect());
        let points = Value::ObjectArray(
            u32::try_from(mesh.len()).expect("few points"),
            "rationalPoint".into(),
            vec![("Hrzn".into(), column(0)), ("Vrtc".into(), column(1))],
        );
        Descriptor::new("warp")
            .enumerated("warpStyle", "warpStyle", style)
            .double("warpValue", bend)
            .double("warpPerspective", 0.0)
            .double("warpPerspectiveOther", 0.0)
            .enumerated("warpRotate", "Ornt", "Hrzn")
            .object("bounds", bounds)
            .integer("uOrder", 4)
            .integer("vOrder", 4)
            .object(
                "customEnvelopeWarp",
                Descriptor::new("customEnvelopeWarp").with("meshPoints", points),
            )
    }
}

/// 4 by 4 points at even thirds: a mesh that bends nothing.
fn straight_mesh(width: f64, height: f64) -> Vec<[f64; 2]> {
    (0..16_u8)
        .map(|i| [width * f64::from(i % 4) / 3.0, height * f64::from(i / 4) / 3.0])
        .collect()
}

/// The block (`FEid`) that holds the mask of the smart filters of the layer of that `name` which shows `content`:
/// one byte a pixel of `rect`, 255 where filters show.
///
/// # Panics
/// When `pixels` do not fill `rect`.
#[must_use]
pub fn filter_mask_block(name: &str, content: &str, rect: Rect, pixels: &[u8]) -> Vec<u8> {
    assert_eq!(pixels.len(), rect.area(), "one byte a pixel");
    let edges = |ink: &mut Ink| {
        ink.i32(rect.top).i32(rect.left);
        ink.i32(rect.bottom).i32(rect.right);
    };
    let mut ink = Ink::new();
    ink.u32(3).block(LengthField::Eight, |list| {
        list.pascal(&placed_id(name, content), 1).u32(1);
        // The picture before the filters: 24 empty places and the two of masks, which readers can do without.
        list.block(LengthField::Eight, |picture| {
            edges(picture);
            picture.u32(8).u32(24).raw(&[0; 26 * 4]);
        });
        list.u8(1);
        edges(list);
        list.block(LengthField::Eight, |mask| {
            mask.u16(0).raw(pixels);
        });
    });
    ink.into_bytes()
}

/// An id of this placement in the letters of a UUID, the same for the same layer.
fn placed_id(name: &str, content: &str) -> String {
    // FNV-1a, 128 bits: stable across builds, unlike the standard library's hasher.
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in name.bytes().chain(content.bytes()) {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    let hex = format!("{hash:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// A file that smart objects show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    id: String,
    file_name: String,
    file_type: [u8; 4],
    source: Source,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Embedded(Vec<u8>),
    External { path: String, size: u64 },
}

impl Linked {
    /// A file within the document (`lnk2`). Its type is taken from its first bytes.
    #[must_use]
    pub fn embedded(id: &str, file_name: &str, bytes: Vec<u8>) -> Self {
        let file_type = match bytes.as_slice() {
            [0x89, b'P', b'N', b'G', ..] => *b"png ",
            [0xFF, 0xD8, ..] => *b"JPEG",
            [b'8', b'B', b'P', b'S', 0, 2, ..] => *b"8BPB",
            [b'8', b'B', b'P', b'S', ..] => *b"8BPS",
            _ => [0; 4],
        };
        Self {
            id: id.into(),
            file_name: file_name.into(),
            file_type,
            source: Source::Embedded(bytes),
        }
    }

    /// A file beside the document (`lnkE`): its name, its full path and its size in bytes.
    #[must_use]
    pub fn external(id: &str, file_name: &str, path: &str, size: u64) -> Self {
        let source = Source::External {
            path: path.into(),
            size,
        };
        Self {
            id: id.into(),
            file_name: file_name.into(),
            file_type: *b"png ",
            source,
        }
    }

    pub(super) const fn is_external(&self) -> bool {
        matches!(self.source, Source::External { .. })
    }

    /// One entry of a linked layer block: its length, then version 7 of the entry, padded to four.
    pub(super) fn write(&self, ink: &mut Ink) {
        ink.block(LengthField::Eight, |entry| {
            entry
                .raw(if self.is_external() { b"liFE" } else { b"liFD" })
                .u32(7);
            entry.pascal(&self.id, 1).unicode_closed(&self.file_name);
            // The creator is empty in what Photoshop writes today.
            entry.raw(&self.file_type).raw(&[0; 4]);
            let open = Descriptor::new("null").object(
                "compInfo",
                Descriptor::new("null")
                    .integer("compID", -1)
                    .integer("originalCompID", -1),
            );
            match &self.source {
                Source::Embedded(bytes) => {
                    entry
                        .u64(bytes.len() as u64)
                        .u8(1)
                        .raw(&open.to_versioned_bytes())
                        .raw(bytes);
                }
                Source::External { path, size } => {
                    let link = Descriptor::new("ExternalFileLink")
                        .integer("descVersion", 2)
                        .text("Nm  ", &self.file_name)
                        .text("fullPath", path)
                        .text("originalPath", path)
                        .text("relPath", &self.file_name);
                    entry
                        .u64(0)
                        .u8(1)
                        .raw(&open.to_versioned_bytes())
                        .raw(&link.to_versioned_bytes());
                    // The moment the file was changed: any will do, so long as it stays the same.
                    entry.u32(2026).raw(&[1, 2, 3, 4]).f64(5.0).u64(*size);
                }
            }
            // No child, changed at 0 seconds, not locked.
            entry.unicode_closed("").f64(0.0).u8(0);
        })
        .pad(4);
    }
}
