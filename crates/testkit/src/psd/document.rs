//! The document around the layers: header, resources, global blocks, the merged picture.
//! Adobe Photoshop File Formats Specification, *Photoshop file format*.

use super::channel::{self, Compression};
use super::layer::{Content, Layer};
use super::smart::Linked;
use super::{Rect, record};
use crate::bytes::{Ink, LengthField};

/// Bits of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Bitmaps: eight pixels a byte.
    One,
    /// Bytes.
    Eight,
    /// Unsigned, big-endian.
    Sixteen,
    /// Floats, big-endian, 0 to 1.
    ThirtyTwo,
}

/// The document's colour mode; the number is the one in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
#[expect(missing_docs, reason = "the names are the modes")]
pub enum Mode {
    Bitmap = 0,
    Grey = 1,
    Indexed = 2,
    Rgb = 3,
    Cmyk = 4,
    Multichannel = 7,
    Duotone = 8,
    Lab = 9,
}

/// Which of the two formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Version 1, up to 30 000 pixels an edge.
    Psd,
    /// Version 2, lengths of eight bytes.
    Psb,
}

impl Depth {
    /// Bytes of a row of `width` samples.
    pub(super) const fn stride(self, width: usize) -> usize {
        match self {
            Self::One => width.div_ceil(8),
            Self::Eight => width,
            Self::Sixteen => width * 2,
            Self::ThirtyTwo => width * 4,
        }
    }

    const fn bits(self) -> u16 {
        match self {
            Self::One => 1,
            Self::Eight => 8,
            Self::Sixteen => 16,
            Self::ThirtyTwo => 32,
        }
    }

    /// Bytes of 8-bit samples at this depth.
    pub(super) fn widen(self, samples: impl Iterator<Item = u8>) -> Vec<u8> {
        match self {
            Self::One | Self::Eight => samples.collect(),
            Self::Sixteen => samples.flat_map(|v| (u16::from(v) * 257).to_be_bytes()).collect(),
            Self::ThirtyTwo => samples
                .flat_map(|v| (f32::from(v) / 255.0).to_be_bytes())
                .collect(),
        }
    }
}

impl Mode {
    /// Colour channels a picture of this mode has, when the file does not say otherwise.
    pub(super) const fn colors(self) -> usize {
        match self {
            Self::Rgb | Self::Lab => 3,
            Self::Cmyk => 4,
            Self::Bitmap | Self::Grey | Self::Indexed | Self::Multichannel | Self::Duotone => 1,
        }
    }
}

impl Format {
    /// The width of lengths that PSB widened.
    pub(super) const fn wide(self) -> LengthField {
        match self {
            Self::Psd => LengthField::Four,
            Self::Psb => LengthField::Eight,
        }
    }
}

/// Blocks whose length takes eight bytes in a PSB.
const WIDE_BLOCKS: [&[u8; 4]; 16] = [
    b"LMsk", b"Lr16", b"Lr32", b"Layr", b"Mt16", b"Mt32", b"Mtrn", b"Alph", b"FMsk", b"lnk2", b"lnk3",
    b"lnkE", b"FEid", b"FXid", b"PxSD", b"cinf",
];

/// A document in the making: 8-bit RGB at 72 dpi until told otherwise.
#[derive(Clone, Debug)]
pub struct Builder {
    width: u32,
    height: u32,
    pub(super) depth: Depth,
    pub(super) mode: Mode,
    pub(super) format: Format,
    pub(super) compression: Compression,
    dpi: f64,
    color_mode_data: Vec<u8>,
    resources: Vec<(u16, Vec<u8>)>,
    layers: Vec<Layer>,
    links: Vec<Linked>,
    blocks: Vec<([u8; 4], Vec<u8>)>,
    merged: Merged,
    merged_compression: Compression,
}

/// Where the merged picture comes from.
#[derive(Clone, Debug)]
enum Merged {
    /// The visible rasters, one over the other, without blend modes.
    Plain,
    Rgba(Vec<u8>),
    Planes(Vec<Vec<u8>>),
}

impl Builder {
    /// A canvas of `width` by `height` pixels.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            depth: Depth::Eight,
            mode: Mode::Rgb,
            format: Format::Psd,
            compression: Compression::Rle,
            dpi: 72.0,
            color_mode_data: Vec::new(),
            resources: Vec::new(),
            layers: Vec::new(),
            links: Vec::new(),
            blocks: Vec::new(),
            merged: Merged::Plain,
            merged_compression: Compression::Rle,
        }
    }

    /// Bits of a sample.
    #[must_use]
    pub const fn depth(mut self, depth: Depth) -> Self {
        self.depth = depth;
        self
    }

    /// Colour mode.
    #[must_use]
    pub const fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// PSD or PSB.
    #[must_use]
    pub const fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Pixels an inch (resource 1005).
    #[must_use]
    pub const fn dpi(mut self, dpi: f64) -> Self {
        self.dpi = dpi;
        self
    }

    /// How layers are stored that do not say so themselves.
    #[must_use]
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// How the merged picture is stored. Photoshop itself writes only raw and RLE.
    #[must_use]
    pub const fn merged_compression(mut self, compression: Compression) -> Self {
        self.merged_compression = compression;
        self
    }

    /// The colour mode data: a palette of 768 bytes (indexed), a duotone's curves.
    #[must_use]
    pub fn color_mode_data(mut self, bytes: Vec<u8>) -> Self {
        self.color_mode_data = bytes;
        self
    }

    /// Adds an image resource by number.
    #[must_use]
    pub fn resource(mut self, id: u16, bytes: Vec<u8>) -> Self {
        self.resources.push((id, bytes));
        self
    }

    /// Adds an ICC profile (resource 1039).
    #[must_use]
    pub fn icc_profile(self, bytes: Vec<u8>) -> Self {
        self.resource(1039, bytes)
    }

    /// Adds a JPEG thumbnail of `width` by `height` pixels (resource 1036).
    #[must_use]
    pub fn thumbnail(self, width: u32, height: u32, jpeg: &[u8]) -> Self {
        let stride = (width * 3).next_multiple_of(4);
        let mut ink = Ink::new();
        ink.u32(1)
            .u32(width)
            .u32(height)
            .u32(stride)
            .u32(stride * height)
            .count(jpeg.len());
        ink.u16(24).u16(1).raw(jpeg);
        self.resource(1036, ink.into_bytes())
    }

    /// Adds a block to the whole document.
    #[must_use]
    pub fn block(mut self, key: &[u8; 4], bytes: Vec<u8>) -> Self {
        self.blocks.push((*key, bytes));
        self
    }

    /// The merged picture, straight RGBA, which the file then calls real. With alpha other than 255 it is stored
    /// with transparency and the layer count turns negative.
    ///
    /// # Panics
    /// When `rgba` does not fill the canvas.
    #[must_use]
    pub fn merged(mut self, rgba: Vec<u8>) -> Self {
        assert_eq!(rgba.len(), self.canvas().area() * 4, "RGBA fills the canvas");
        self.merged = Merged::Rgba(rgba);
        self
    }

    /// The merged picture, channel by channel at the document's depth and mode; extra planes are alpha channels.
    #[must_use]
    pub fn merged_planes(mut self, planes: Vec<Vec<u8>>) -> Self {
        self.merged = Merged::Planes(planes);
        self
    }

    /// Puts a layer above those that are there.
    pub fn push(&mut self, layer: Layer) -> &mut Self {
        self.layers.push(layer);
        self
    }

    /// Adds a file for smart objects to show.
    pub fn link(&mut self, linked: Linked) -> &mut Self {
        self.links.push(linked);
        self
    }

    fn canvas(&self) -> Rect {
        Rect::new(0, 0, self.width, self.height)
    }

    /// The file.
    ///
    /// # Panics
    /// When planes and depths do not agree, or a part outgrows its length field.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (planes, transparent) = self.merged_picture();
        let mut ink = Ink::new();
        let version = if self.format == Format::Psb { 2 } else { 1 };
        ink.raw(b"8BPS").u16(version).raw(&[0; 6]);
        ink.u16(u16::try_from(planes.len()).expect("few channels"))
            .u32(self.height)
            .u32(self.width);
        ink.u16(self.depth.bits()).u16(self.mode as u16);
        ink.block(LengthField::Four, |b| {
            b.raw(&self.color_mode_data);
        });
        ink.block(LengthField::Four, |b| self.write_resources(b));
        ink.block(self.format.wide(), |b| self.write_layers(b, transparent));
        let planes: Vec<&[u8]> = planes.iter().map(Vec::as_slice).collect();
        let stride = self.depth.stride(self.canvas().width());
        ink.raw(&channel::encode_many(
            &planes,
            stride,
            self.depth,
            self.merged_compression,
            self.format,
        ));
        ink.into_bytes()
    }

    fn write_resources(&self, ink: &mut Ink) {
        let mut resolution = Ink::new();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "resolutions are small and positive"
        )]
        let fixed = (self.dpi * 65536.0).round() as u32;
        resolution.u32(fixed).u16(1).u16(1).u32(fixed).u16(1).u16(1);
        let real = u8::from(!matches!(self.merged, Merged::Plain));
        let mut version = Ink::new();
        version
            .u32(1)
            .u8(real)
            .unicode("Marquetry")
            .unicode("Marquetry")
            .u32(1);
        let own = [(1005, resolution.into_bytes()), (1057, version.into_bytes())];
        for (id, bytes) in own
            .iter()
            .filter(|own| !self.resources.iter().any(|r| r.0 == own.0))
            .chain(&self.resources)
        {
            ink.raw(b"8BIM")
                .u16(*id)
                .pascal("", 2)
                .count(bytes.len())
                .raw(bytes)
                .pad(2);
        }
    }

    fn write_layers(&self, ink: &mut Ink, transparent: bool) {
        let mut blocks = Vec::new();
        let wide = self.format.wide();
        // Photoshop keeps the layers of deep documents in a block of their own and leaves the old place empty.
        let deep = match self.depth {
            Depth::Sixteen => Some((*b"Lr16", *b"Mt16")),
            Depth::ThirtyTwo => Some((*b"Lr32", *b"Mt32")),
            Depth::One | Depth::Eight => None,
        };
        let mut layers = Ink::new();
        if !self.layers.is_empty() {
            record::write_layer_info(&mut layers, self, &self.layers, transparent);
            layers.pad(4);
        }
        match deep {
            Some((key, transparency)) if !layers.is_empty() => {
                if transparent {
                    blocks.push((transparency, Vec::new()));
                }
                blocks.push((key, layers.into_bytes()));
                ink.length(wide, 0);
            }
            _ => {
                ink.length(wide, layers.len()).raw(&layers.into_bytes());
            }
        }
        for (external, key) in [(false, *b"lnk2"), (true, *b"lnkE")] {
            let mut body = Ink::new();
            self.links
                .iter()
                .filter(|link| link.is_external() == external)
                .for_each(|link| link.write(&mut body));
            if !body.is_empty() {
                blocks.push((key, body.into_bytes()));
            }
        }
        blocks.extend(self.blocks.iter().cloned());
        // No global mask.
        ink.u32(0);
        for (key, bytes) in &blocks {
            let field = if WIDE_BLOCKS.contains(&key) {
                wide
            } else {
                LengthField::Four
            };
            ink.raw(b"8BIM").raw(key).length(field, bytes.len()).raw(bytes);
            ink.raw(&vec![0; bytes.len().next_multiple_of(4) - bytes.len()]);
        }
    }

    /// The merged picture's planes and whether the one after the colours is transparency.
    fn merged_picture(&self) -> (Vec<Vec<u8>>, bool) {
        let rgba = match &self.merged {
            Merged::Planes(planes) => {
                let size = self.depth.stride(self.canvas().width()) * self.canvas().height();
                assert!(
                    planes.iter().all(|plane| plane.len() == size),
                    "each merged plane fills the canvas"
                );
                return (planes.clone(), false);
            }
            Merged::Rgba(rgba) => rgba.clone(),
            Merged::Plain => self.plain_picture(),
        };
        let transparent = rgba.chunks_exact(4).any(|pixel| pixel[3] != 255);
        let mut planes = self.color_planes(&rgba);
        if transparent {
            planes.push(self.depth.widen(rgba.chunks_exact(4).map(|pixel| pixel[3])));
        }
        (planes, transparent)
    }

    /// Colour planes of RGBA at the document's depth and mode.
    pub(super) fn color_planes(&self, rgba: &[u8]) -> Vec<Vec<u8>> {
        let plane = |channel: usize| self.depth.widen(rgba.chunks_exact(4).map(|pixel| pixel[channel]));
        match self.mode {
            // CMYK is stored with 0 for full ink: red light is what cyan ink leaves.
            Mode::Cmyk => {
                vec![
                    plane(0),
                    plane(1),
                    plane(2),
                    self.depth.widen(std::iter::repeat_n(255, rgba.len() / 4)),
                ]
            }
            mode => (0..mode.colors()).map(plane).collect(),
        }
    }

    /// Visible rasters one over the other, their masks and opacities heeded, their blend modes not.
    fn plain_picture(&self) -> Vec<u8> {
        let mut rgba = vec![0; self.canvas().area() * 4];
        self.paint_plainly(&mut rgba, &self.layers);
        rgba
    }

    fn paint_plainly(&self, rgba: &mut [u8], layers: &[Layer]) {
        let canvas = self.canvas();
        for layer in layers.iter().filter(|layer| layer.flags & 2 == 0) {
            let pixels = match &layer.content {
                Content::Group(children, _) => {
                    self.paint_plainly(rgba, children);
                    continue;
                }
                Content::Rgba(pixels) => pixels,
                Content::Empty | Content::Planes(_) => continue,
            };
            let width = layer.rect.width();
            for (index, source) in pixels.chunks_exact(4).enumerate() {
                let at = |start: i32, step: usize| {
                    i64::from(start) + i64::try_from(step).expect("a row or column")
                };
                let (x, y) = (
                    at(layer.rect.left, index % width),
                    at(layer.rect.top, index / width),
                );
                let (Ok(column), Ok(row)) = (usize::try_from(x), usize::try_from(y)) else {
                    continue;
                };
                if column >= canvas.width() || row >= canvas.height() {
                    continue;
                }
                let start = (row * canvas.width() + column) * 4;
                let shown = f64::from(source[3]) / 255.0 * f64::from(layer.opacity) / 255.0;
                let alpha = shown
                    * layer
                        .mask
                        .as_ref()
                        .map_or(1.0, |mask| record::mask_at(mask, x, y));
                crate::paint::blend::over(&mut rgba[start..start + 4], source, alpha);
            }
        }
    }
}
