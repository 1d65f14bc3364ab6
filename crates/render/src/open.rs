//! An open mockup: a parsed document that remembers what it has decoded.
//!
//! Opening parses the structure only. Pixels of a layer, and contents of a smart object, are
//! decoded when first drawn and kept, so that the second render of a mockup decodes nothing.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use marquetry_compose::Art;
use marquetry_pixel::{DeepRgb, Raster, Size};
use marquetry_psd::color::Color;
use marquetry_psd::linked::{LinkedFile, LinkedSource};
use marquetry_psd::placed::PlacedLayer;
use marquetry_psd::{ChannelId, ColorMode, Depth, Document, Layer, LayerIndex, PsdError};

use crate::draw::Base;
use crate::error::RenderError;
use crate::pixels;
use crate::precision::Precision;
use crate::space::{Plate, Space};

/// What opening and drawing one mockup may cost. Finite by default.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bounds on the document and on every document inside it.
    pub psd: marquetry_psd::Limits,
    /// Bounds on pictures: assets, and contents of smart objects.
    pub codec: marquetry_codec::Limits,
    /// How many documents may lie inside each other; the mockup itself is the first (5).
    pub nesting: u32,
    /// Most pixels of one drawing: canvas, frame or export (300 million).
    pub pixels: u64,
    /// How many bytes of decoded layers a document may keep (1 GiB). One whose layers need more is
    /// drawn layer by layer, each decoded when its turn comes and forgotten afterwards.
    pub layers_kept: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            psd: marquetry_psd::Limits::default(),
            codec: marquetry_codec::Limits::default(),
            nesting: 5,
            pixels: 300_000_000,
            layers_kept: 1 << 30,
        }
    }
}

impl Limits {
    pub(crate) fn admit(&self, what: &'static str, size: Size) -> Result<(), RenderError> {
        let (wanted, allowed) = (size.pixels(), self.pixels);
        if wanted > allowed {
            Err(RenderError::TooLarge {
                what,
                wanted,
                allowed,
            })
        } else {
            Ok(())
        }
    }
}

/// A mockup ready to be inspected and drawn, by many renders at once.
///
/// It grows while it is used: see [`cost`](Self::cost).
#[derive(Debug)]
pub struct OpenMockup {
    pub(crate) document: Arc<Document>,
    pub(crate) limits: Limits,
    /// Whether its layers are more than may be kept decoded.
    pub(crate) heavy: bool,
    /// What the document's values mean, once somebody needed to know.
    space: OnceLock<Arc<Space>>,
    /// How many bits it is drawn in, once somebody needed to know.
    precision: OnceLock<Precision>,
    /// Which of the document's pictures this is.
    pub(crate) plate: Plate,
    /// The same document once more, of which the black ink is seen: only a document of four inks has it.
    pub(crate) black: Option<Box<Self>>,
    /// 1 for the mockup itself, one more for each document around this one.
    level: u32,
    /// One for each layer record.
    arts: Vec<OnceLock<Option<Arc<Art>>>>,
    /// By the id that placed layers use.
    linked: HashMap<String, Linked>,
    /// By the id that fills and effects use; unpacked when the first of them is drawn.
    tiles: OnceLock<HashMap<String, Arc<Art>>>,
    /// The picture with nothing changed, and what lies below the first change: kept from the first
    /// render on, because the next one draws them again.
    base: Mutex<Base>,
}

#[derive(Debug)]
struct Linked {
    file: LinkedFile,
    bytes: Option<Bytes>,
    contents: OnceLock<Contents>,
}

/// What a smart object shows.
#[derive(Debug)]
pub(crate) enum Contents {
    /// A picture.
    Picture(Arc<Art>),
    /// A document of its own, drawn by the same engine.
    Document(Box<Nested>),
    /// Nothing that we can read: another file, a kind we don't know, broken bytes, too deep.
    Unreadable,
}

/// A document inside a smart object, with its drawing once somebody needed it.
#[derive(Debug)]
pub(crate) struct Nested {
    pub(crate) mockup: OpenMockup,
    pub(crate) drawn: OnceLock<Arc<Art>>,
}

/// Opens a mockup. Decodes no pixels.
///
/// # Errors
/// [`RenderError::Mockup`] when the bytes are no PSD, are broken or pass a limit.
pub fn open(bytes: impl Into<Bytes>, limits: &Limits) -> Result<OpenMockup, RenderError> {
    OpenMockup::at_level(bytes.into(), limits, 1).map_err(RenderError::Mockup)
}

impl OpenMockup {
    fn at_level(bytes: Bytes, limits: &Limits, level: u32) -> Result<Self, PsdError> {
        let document = Arc::new(marquetry_psd::parse(bytes, &limits.psd)?);
        let mut mockup = Self::seen(&document, limits, level, Plate::Colour)?;
        if document.header().color_mode == ColorMode::Cmyk {
            let black = Self::seen(&document, limits, level, Plate::Black)?;
            mockup.black = Some(Box::new(black));
        }
        Ok(mockup)
    }

    fn seen(document: &Arc<Document>, limits: &Limits, level: u32, plate: Plate) -> Result<Self, PsdError> {
        let mut files = HashMap::new();
        for shared in document.linked_files(&limits.psd)? {
            let bytes = shared.bytes.and_then(|part| document.share(part));
            let id = shared.file.id.clone();
            files.entry(id).or_insert(Linked {
                file: shared.file,
                bytes,
                contents: OnceLock::new(),
            });
        }
        let arts = document.layers().map(|_| OnceLock::new()).collect();
        Ok(Self {
            heavy: layer_bytes(document) > limits.layers_kept,
            document: Arc::clone(document),
            limits: limits.clone(),
            space: OnceLock::new(),
            precision: OnceLock::new(),
            plate,
            black: None,
            level,
            arts,
            linked: files,
            tiles: OnceLock::new(),
            base: Mutex::default(),
        })
    }

    /// The document itself.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The canvas in pixels.
    pub fn size(&self) -> Size {
        self.document.size()
    }

    /// The resolution that the file states, in pixels an inch.
    pub fn dpi(&self) -> Option<f64> {
        self.document
            .resources()
            .resolution()
            .ok()
            .flatten()
            .map(|resolution| resolution.horizontal)
    }

    /// Memory held, in bytes: the file and what has been decoded from it so far.
    pub fn cost(&self) -> u64 {
        let arts = self
            .arts
            .iter()
            .filter_map(OnceLock::get)
            .flatten()
            .map(|art| art.cost())
            .sum::<u64>();
        let contents = self.linked.values().filter_map(|linked| linked.contents.get());
        let contents = contents
            .map(|contents| match contents {
                Contents::Picture(art) => art.cost(),
                // The nested file's bytes are a part of this one's and are counted once.
                Contents::Document(inner) => {
                    inner.mockup.cost() - inner.mockup.document.bytes().len() as u64
                        + inner.drawn.get().map_or(0, |art| art.cost())
                }
                Contents::Unreadable => 0,
            })
            .sum::<u64>();
        let tiles = self.tiles.get().into_iter().flat_map(HashMap::values);
        let tiles = tiles.map(|art| art.cost()).sum::<u64>();
        let base = self.base().cost();
        let file = self.document.bytes().len() as u64;
        // Both plates have the same file.
        let black = self.black.as_ref().map_or(0, |black| black.cost() - file);
        file + arts + contents + tiles + base + black
    }

    /// What renders have in common. Whoever died holding it left it whole: it is only ever replaced.
    pub(crate) fn base(&self) -> MutexGuard<'_, Base> {
        self.base.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A layer's stored pixels, decoded once, or every time when the document is heavy. `None` when
    /// it has none.
    pub(crate) fn art(&self, layer: Layer<'_>) -> Result<Option<Arc<Art>>, RenderError> {
        let LayerIndex(at) = layer.index();
        let Some(kept) = self.arts.get(at) else {
            return Ok(None);
        };
        if let Some(art) = kept.get() {
            return Ok(art.clone());
        }
        let art = pixels::layer_art(layer, self.plate, self.precision(), &self.limits.psd);
        let art = art.map_err(|source| RenderError::Layer {
            layer: layer.name(),
            source,
        })?;
        let art = art.map(Arc::new);
        if self.heavy {
            return Ok(art);
        }
        Ok(kept.get_or_init(|| art).clone())
    }

    /// A layer's stored pixels, if they have been decoded.
    pub(crate) fn decoded(&self, layer: LayerIndex) -> Option<&Arc<Art>> {
        self.arts.get(layer.0)?.get()?.as_ref()
    }

    /// A mask channel of a layer.
    pub(crate) fn mask(
        &self,
        layer: Layer<'_>,
        id: ChannelId,
    ) -> Result<Option<Arc<marquetry_pixel::Coverage>>, RenderError> {
        pixels::mask_coverage(layer, id, &self.limits.psd)
            .map(|coverage| coverage.map(Arc::new))
            .map_err(|source| RenderError::Layer {
                layer: layer.name(),
                source,
            })
    }

    /// One tile of a pattern. `None` when the document doesn't hold it.
    pub(crate) fn pattern(&self, id: &str) -> Option<Arc<Art>> {
        let tiles = self.tiles.get_or_init(|| crate::tile::tiles(self));
        tiles.get(id).cloned()
    }

    /// How a layer is placed; `None` when it is no smart object, or one that cannot be read.
    pub(crate) fn placed(&self, layer: Layer<'_>) -> Option<PlacedLayer> {
        layer.placed(&self.limits.psd).ok().flatten()
    }

    /// The name of the file beside the document that placed layers of that id show.
    pub(crate) fn linked_name(&self, id: &str) -> Option<String> {
        let file = &self.linked.get(id)?.file;
        match &file.source {
            LinkedSource::External { file: external, .. } => {
                let name = external.name.as_deref().filter(|name| !name.is_empty());
                Some(name.unwrap_or(&file.name).to_owned())
            }
            _ => None,
        }
    }

    /// What placed layers of that id show, opened once.
    pub(crate) fn contents(&self, id: &str) -> &Contents {
        static MISSING: Contents = Contents::Unreadable;
        let Some(linked) = self.linked.get(id) else {
            return &MISSING;
        };
        linked.contents.get_or_init(|| self.open_contents(linked))
    }

    fn open_contents(&self, linked: &Linked) -> Contents {
        let (Some(bytes), LinkedSource::Embedded(_) | LinkedSource::External { .. }) =
            (&linked.bytes, &linked.file.source)
        else {
            return Contents::Unreadable;
        };
        if bytes.starts_with(b"8BPS") {
            if self.level >= self.limits.nesting {
                return Contents::Unreadable;
            }
            let inner = Self::at_level(bytes.clone(), &self.limits, self.level + 1);
            return inner.map_or(Contents::Unreadable, |mockup| {
                Contents::Document(Box::new(Nested {
                    mockup,
                    drawn: OnceLock::new(),
                }))
            });
        }
        let decoded = marquetry_codec::decode(bytes, &self.limits.codec);
        decoded.map_or(Contents::Unreadable, |decoded| {
            Contents::Picture(self.take_in(&Arc::new(Art::new(decoded.raster))))
        })
    }

    /// The size of a smart object's frame: what its contents measure, in their own pixels.
    ///
    /// The placed layer states it; what is stated as nothing is measured.
    pub(crate) fn frame(&self, placed: &PlacedLayer) -> Option<Size> {
        let stated = placed.size.and_then(|(width, height)| {
            let side = |length: f64| (0.5..=300_000.0).contains(&length).then(|| whole(length));
            Some(Size::new(side(width)?, side(height)?))
        });
        stated.or_else(|| match self.contents(&placed.id) {
            Contents::Picture(art) => Some(art.size()),
            Contents::Document(inner) => Some(inner.mockup.size()),
            Contents::Unreadable => None,
        })
    }

    /// The merged picture that was saved with the document, in the document's values: all there is of
    /// a flat one.
    pub(crate) fn merged_art(&self) -> Result<Art, RenderError> {
        pixels::merged_art(&self.document, self.plate, self.precision(), &self.limits.psd)
            .map_err(RenderError::Mockup)
    }

    /// The same, rounded to bytes.
    fn merged(&self) -> Result<Raster, RenderError> {
        pixels::merged_raster(&self.document, self.plate, &self.limits.psd).map_err(RenderError::Mockup)
    }

    /// The merged picture in sRGB. Where it is partly transparent its colours are those on white, as
    /// Photoshop stores them.
    ///
    /// # Errors
    /// [`RenderError::Mockup`] when it is broken or passes a limit.
    pub fn merged_picture(&self) -> Result<Raster, RenderError> {
        let mut colour = self.merged()?;
        let black = self.black.as_ref().map(|black| black.merged()).transpose()?;
        self.space()
            .to_srgb(&mut colour, black.as_ref(), NonZeroUsize::MIN);
        Ok(colour)
    }

    /// What the document's values mean.
    pub(crate) fn space(&self) -> &Space {
        self.space.get_or_init(|| Arc::new(Space::of(&self.document)))
    }

    /// Bytes that a pixel of a layer takes once it is decoded: 8 of a document of more than 8 bits that is held
    /// so, otherwise 4.
    pub fn layer_pixel(&self) -> u64 {
        let header = self.document.header();
        match self.precision() {
            Precision::Sixteen => Precision::layer_pixel(header.depth, header.color_mode),
            Precision::Bytes => 4,
        }
    }

    /// Bytes that a pixel takes while it is drawn, and that one of an asset takes as the document holds it:
    /// 8 of a document that is drawn in 16 bits, otherwise 4.
    pub fn drawn_pixel(&self) -> u64 {
        match self.precision() {
            Precision::Sixteen => 8,
            Precision::Bytes => 4,
        }
    }

    /// How many bits it is drawn in.
    pub(crate) fn precision(&self) -> Precision {
        *self.precision.get_or_init(|| Precision::of(self))
    }

    /// Whether its values are light, without the curve that all others have.
    pub(crate) fn is_of_light(&self) -> bool {
        matches!(self.space(), Space::Light(_)) && self.precision() == Precision::Sixteen
    }

    /// A picture in sRGB as this document holds it.
    pub(crate) fn take_in(&self, art: &Arc<Art>) -> Arc<Art> {
        self.space().take_in(art, self.plate, self.precision())
    }

    /// A chosen colour as this document holds it; `None` for a named ink.
    pub(crate) fn colour(&self, colour: &Color) -> Option<DeepRgb> {
        self.space().colour(colour, self.plate, self.precision())
    }

    /// The view of this document that goes together with one of `other`, when values mean the same in
    /// both documents.
    pub(crate) fn alike<'a>(&'a self, other: &Self) -> Option<&'a Self> {
        let meaning = |mockup: &Self| {
            let header = mockup.document.header();
            (
                header.color_mode,
                header.depth == Depth::ThirtyTwo,
                mockup.is_of_light(),
            )
        };
        let same = meaning(self) == meaning(other)
            && self.document.resources().icc_profile() == other.document.resources().icc_profile();
        match other.plate {
            _ if !same => None,
            Plate::Colour => Some(self),
            Plate::Black => self.black.as_deref(),
        }
    }
}

/// What the visible layers take when all of them are decoded, in bytes.
fn layer_bytes(document: &Document) -> u64 {
    let header = document.header();
    let pixel = Precision::layer_pixel(header.depth, header.color_mode);
    let visible = document.layers().filter(|layer| layer.is_visible());
    visible.fold(0, |sum: u64, layer| {
        sum.saturating_add(layer.rect().size().pixels().saturating_mul(pixel))
    })
}

/// The nearest whole number of pixels of a length that is known to be small and positive.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates"
)]
fn whole(length: f64) -> u32 {
    length.round() as u32
}
