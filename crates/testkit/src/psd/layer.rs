//! A layer as a test describes it: what it shows, how it blends, what else its record carries.

use super::Rect;
use super::channel::Compression;
use super::descriptor::{Descriptor, Value};
use super::mask::Mask;
use super::smart::SmartObject;
use super::text::Text;
use crate::bytes::{Ink, LengthField};

/// The keys of all blend modes, `pass` (groups only) first.
pub const BLEND_KEYS: [[u8; 4]; 28] = [
    *b"pass", *b"norm", *b"diss", *b"dark", *b"mul ", *b"idiv", *b"lbrn", *b"dkCl", *b"lite", *b"scrn",
    *b"div ", *b"lddg", *b"lgCl", *b"over", *b"sLit", *b"hLit", *b"vLit", *b"lLit", *b"pLit", *b"hMix",
    *b"diff", *b"smud", *b"fsub", *b"fdiv", *b"hue ", *b"sat ", *b"colr", *b"lum ",
];

/// What a layer holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// No channels at all but empty ones.
    Empty,
    /// Straight RGBA, a byte each; turned into the document's mode and depth on writing: grey takes red, CMYK
    /// takes the complements and no black.
    Rgba(Vec<u8>),
    /// Channels by id (-1 is transparency), samples big-endian at the document's depth.
    Planes(Vec<(i16, Vec<u8>)>),
    /// Layers bottom to top, and the section divider's type: 1 open, 2 closed.
    Group(Vec<Layer>, u32),
}

/// One layer. Opaque, `norm` and visible unless said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    pub(super) name: String,
    pub(super) rect: Rect,
    pub(super) content: Content,
    pub(super) blend: [u8; 4],
    pub(super) opacity: u8,
    pub(super) flags: u8,
    pub(super) clipped: bool,
    pub(super) mask: Option<Mask>,
    pub(super) blocks: Vec<([u8; 4], Vec<u8>)>,
    pub(super) blending_ranges: Option<Vec<u8>>,
    pub(super) compression: Option<Compression>,
    pub(super) id: Option<u32>,
    pub(super) unicode_name: bool,
}

impl Layer {
    fn bare(name: &str, rect: Rect, content: Content) -> Self {
        Self {
            name: name.into(),
            rect,
            content,
            blend: *b"norm",
            opacity: 255,
            flags: 8,
            clipped: false,
            mask: None,
            blocks: Vec::new(),
            blending_ranges: None,
            compression: None,
            id: None,
            unicode_name: true,
        }
    }

    /// Pixels: straight RGBA, row by row.
    ///
    /// # Panics
    /// When `rgba` does not fill `rect`.
    #[must_use]
    pub fn raster(name: &str, rect: Rect, rgba: Vec<u8>) -> Self {
        assert_eq!(rgba.len(), rect.area() * 4, "RGBA fills its rectangle");
        Self::bare(name, rect, Content::Rgba(rgba))
    }

    /// Channels by id, samples big-endian at the document's depth.
    #[must_use]
    pub fn planes(name: &str, rect: Rect, planes: Vec<(i16, Vec<u8>)>) -> Self {
        Self::bare(name, rect, Content::Planes(planes))
    }

    /// A layer without pixels, for adjustments and fills: their block comes by [`Self::block`].
    #[must_use]
    pub fn empty(name: &str) -> Self {
        Self::bare(name, Rect::default(), Content::Empty)
    }

    /// A group of layers, bottom to top. Isolated (`norm`) until [`Self::pass_through`].
    #[must_use]
    pub fn group(name: &str, layers: Vec<Self>) -> Self {
        let mut layer = Self::bare(name, Rect::default(), Content::Group(layers, 1));
        // Photoshop marks the divider's pixels as irrelevant to how the document looks.
        layer.flags |= 0x10;
        layer
    }

    /// A solid colour fill (`SoCo`) without pixels of its own.
    #[must_use]
    pub fn solid_fill(name: &str, rgb: [u8; 3]) -> Self {
        Self::empty(name).solid_fill_block(rgb)
    }

    /// Adds the `SoCo` block that makes this a solid colour fill.
    #[must_use]
    pub fn solid_fill_block(self, rgb: [u8; 3]) -> Self {
        let color = Descriptor::new("null").object("Clr ", Descriptor::rgb(rgb.map(f64::from)));
        self.block(b"SoCo", color.to_versioned_bytes())
    }

    /// A smart object with the raster that was drawn for it last.
    #[must_use]
    pub fn smart_object(name: &str, placed: SmartObject, rect: Rect, rgba: Vec<u8>) -> Self {
        Self::raster(name, rect, rgba).placed(placed)
    }

    /// Makes the layer a smart object, whatever its pixels are stored as.
    #[must_use]
    pub fn placed(mut self, placed: SmartObject) -> Self {
        self.blocks.extend(placed.blocks(&self.name));
        self
    }

    /// A text layer with the raster that was drawn for it last.
    #[must_use]
    pub fn text(name: &str, text: &Text, rect: Rect, rgba: Vec<u8>) -> Self {
        Self::raster(name, rect, rgba).block(b"TySh", text.to_bytes())
    }

    /// Blend mode by its key, one of [`BLEND_KEYS`] (or any other bytes, to see them refused).
    #[must_use]
    pub const fn blend(mut self, key: &[u8; 4]) -> Self {
        self.blend = *key;
        self
    }

    /// Lets a group's layers blend with what is below the group.
    #[must_use]
    pub const fn pass_through(self) -> Self {
        self.blend(b"pass")
    }

    /// Shows a group folded in the panel.
    #[must_use]
    pub fn closed(mut self) -> Self {
        if let Content::Group(_, kind) = &mut self.content {
            *kind = 2;
        }
        self
    }

    /// Opacity, 255 all.
    #[must_use]
    pub const fn opacity(mut self, opacity: u8) -> Self {
        self.opacity = opacity;
        self
    }

    /// Fill opacity (`iOpa`), 255 all.
    #[must_use]
    pub fn fill(self, fill: u8) -> Self {
        self.block(b"iOpa", vec![fill, 0, 0, 0])
    }

    /// Clips it to the layer below.
    #[must_use]
    pub const fn clipped(mut self) -> Self {
        self.clipped = true;
        self
    }

    /// Hides it.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.flags |= 2;
        self
    }

    /// Sets the record's flags byte as it is.
    #[must_use]
    pub const fn flags(mut self, flags: u8) -> Self {
        self.flags = flags;
        self
    }

    /// Gives it a raster mask.
    #[must_use]
    pub fn mask(mut self, mask: Mask) -> Self {
        self.mask = Some(mask);
        self
    }

    /// Adds an additional information block, after those that are there.
    #[must_use]
    pub fn block(mut self, key: &[u8; 4], bytes: Vec<u8>) -> Self {
        self.blocks.push((*key, bytes));
        self
    }

    /// Whether layer comps show the layer (`shmd`): first what the first of them says, with 0 for the document as it
    /// was last left.
    #[must_use]
    pub fn comps(self, states: &[(&[i32], bool)]) -> Self {
        let states = states.iter().map(|(ids, shown)| {
            let ids = ids.iter().copied().map(Value::Integer).collect();
            Value::Object(
                Descriptor::new("null")
                    .bool("enab", *shown)
                    .with("compList", Value::List(ids)),
            )
        });
        let settings = Descriptor::new("null").with("layerSettings", Value::List(states.collect()));
        let mut ink = Ink::new();
        ink.u32(1).raw(b"8BIMcmls").raw(&[0; 4]);
        ink.block(LengthField::Four, |part| {
            part.raw(&settings.to_versioned_bytes()).pad(4);
        });
        self.block(b"shmd", ink.into_bytes())
    }

    /// Adds effects (`lfx2`) by their descriptor.
    #[must_use]
    pub fn effects(self, effects: &Descriptor) -> Self {
        let mut bytes = vec![0; 4];
        bytes.extend(effects.to_versioned_bytes());
        self.block(b"lfx2", bytes)
    }

    /// Blending ranges as bytes; without this every range is open.
    #[must_use]
    pub fn blending_ranges(mut self, bytes: Vec<u8>) -> Self {
        self.blending_ranges = Some(bytes);
        self
    }

    /// How its channels are stored; without this as the document says.
    #[must_use]
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Layer id (`lyid`); without this they are counted from 1, bottom up.
    #[must_use]
    pub const fn id(mut self, id: u32) -> Self {
        self.id = Some(id);
        self
    }

    /// Leaves out the Unicode name (`luni`), as files older than Photoshop 5 do.
    #[must_use]
    pub const fn without_unicode_name(mut self) -> Self {
        self.unicode_name = false;
        self
    }
}
