//! Small tagged blocks that hold one setting each: names, ids, locks, switches.
//!
//! A block that is missing or too short answers with Photoshop's own default.

use crate::error::{PsdError, Section};
use crate::key::{BlendKey, Key};
use crate::layer::Layer;
use crate::reader::Reader;
use crate::text_encoding::mac_roman;

/// What a record stands for in the tree of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DividerKind {
    /// Any other layer.
    None,
    /// A group that the layers panel shows open.
    OpenGroup,
    /// A group that the layers panel shows closed.
    ClosedGroup,
    /// The hidden record below the lowest layer of a group.
    GroupEnd,
}

/// Adobe Photoshop File Formats Specification, *Section divider setting* (`lsct`, `lsdk`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionDivider {
    /// What the record stands for.
    pub kind: DividerKind,
    /// Blend mode of the group, where it is stored.
    pub blend: Option<BlendKey>,
    /// 0 for a normal group, 1 for a scene group of the timeline.
    pub subtype: Option<u32>,
}

impl SectionDivider {
    /// Reads the block; `None` when its kind is unknown.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes, 0, Section::AdditionalLayerInformation);
        let kind = match reader.u32().ok()? {
            0 => DividerKind::None,
            1 => DividerKind::OpenGroup,
            2 => DividerKind::ClosedGroup,
            3 => DividerKind::GroupEnd,
            _ => return None,
        };
        let mut blend = || Some((reader.array::<4>().ok()? == *b"8BIM").then_some(Key(reader.array().ok()?)));
        let blend = blend().flatten().map(BlendKey);
        let subtype = reader.u32().ok();
        Some(Self { kind, blend, subtype })
    }
}

/// What of a layer is locked (`lspf`), bit by bit as in the specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Locks(pub u32);

impl Locks {
    /// Bit 0: transparent pixels.
    pub fn transparency(self) -> bool {
        self.0 & 1 != 0
    }

    /// Bit 1: pixels.
    pub fn composite(self) -> bool {
        self.0 & 2 != 0
    }

    /// Bit 2: position.
    pub fn position(self) -> bool {
        self.0 & 4 != 0
    }
}

/// How deep a layer punches through what lies below it (`knko`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Knockout {
    /// Not at all.
    #[default]
    None,
    /// To the bottom of its group or clipping run.
    Shallow,
    /// To the background.
    Deep,
}

impl<'a> Layer<'a> {
    /// The first byte of a block, as most settings have one.
    fn setting(self, key: [u8; 4]) -> Option<u8> {
        self.block(key)?.bytes.first().copied()
    }

    fn switch(self, key: [u8; 4], default: Switch) -> bool {
        self.setting(key).map_or(default == Switch::On, |byte| byte != 0)
    }

    fn settings(self, key: [u8; 4]) -> Option<Reader<'a>> {
        let block = self.block(key)?;
        Some(Reader::new(
            block.bytes,
            block.offset,
            Section::AdditionalLayerInformation,
        ))
    }

    /// The layer's name: `luni` where it is there, else the older one of the record.
    pub fn name(self) -> String {
        let unicode = self
            .settings(*b"luni")
            .and_then(|mut reader| reader.unicode().ok());
        unicode.unwrap_or_else(|| mac_roman(self.legacy_name_bytes()))
    }

    /// The id that stays with the layer while the document is edited (`lyid`).
    pub fn id(self) -> Option<u32> {
        self.settings(*b"lyid")?.u32().ok()
    }

    /// Group marker (`lsct`, or `lsdk` below the fifth nesting); `None` for other layers.
    pub fn section_divider(self) -> Option<SectionDivider> {
        let block = self.block(*b"lsct").or_else(|| self.block(*b"lsdk"))?;
        SectionDivider::parse(block.bytes)
    }

    /// What is locked (`lspf`).
    pub fn locks(self) -> Locks {
        Locks(
            self.settings(*b"lspf")
                .and_then(|mut reader| reader.u32().ok())
                .unwrap_or(0),
        )
    }

    /// The colour of the row in the layers panel (`lclr`): 0 none, 1 red to 7 grey.
    pub fn panel_color(self) -> u16 {
        self.settings(*b"lclr")
            .and_then(|mut reader| reader.u16().ok())
            .unwrap_or(0)
    }

    /// Opacity of the layer without its effects (`iOpa`), 255 is opaque.
    pub fn fill_opacity(self) -> u8 {
        self.setting(*b"iOpa").unwrap_or(255)
    }

    /// Whether layers clipped to this one are blended with it before it is blended with what lies
    /// below (`clbl`).
    pub fn blends_clipped_layers_as_group(self) -> bool {
        self.switch(*b"clbl", Switch::On)
    }

    /// Whether inner effects are blended with the layer before it meets what lies below (`infx`).
    pub fn blends_interior_effects_as_group(self) -> bool {
        self.switch(*b"infx", Switch::Off)
    }

    /// How deep the layer punches through what lies below it (`knko`).
    pub fn knockout(self) -> Knockout {
        match self.setting(*b"knko") {
            None | Some(0) => Knockout::None,
            Some(1) => Knockout::Shallow,
            Some(_) => Knockout::Deep,
        }
    }

    /// Whether effects follow the layer's transparency (`tsly`).
    pub fn transparency_shapes_layer(self) -> bool {
        self.switch(*b"tsly", Switch::On)
    }

    /// Whether the layer mask hides effects as well (`lmgm`).
    pub fn mask_hides_effects(self) -> bool {
        self.switch(*b"lmgm", Switch::Off)
    }

    /// Whether the vector mask hides effects as well (`vmgm`).
    pub fn vector_mask_hides_effects(self) -> bool {
        self.switch(*b"vmgm", Switch::Off)
    }

    /// Where the layer's name came from (`lnsr`): `layr`, `bgnd`, `cont`, `rend` ...
    pub fn name_source(self) -> Option<Key> {
        self.settings(*b"lnsr")?.array().ok().map(Key)
    }

    /// Whether a shape's edges are moved onto whole pixels when it is drawn (`sn2P`).
    pub fn aligns_edges(self) -> bool {
        let setting = self.settings(*b"sn2P");
        setting.is_some_and(|mut block| block.u32().is_ok_and(|value| value != 0))
    }

    /// The point that transforms turn around (`fxrp`), in canvas pixels: x, y.
    pub fn reference_point(self) -> Option<(f64, f64)> {
        let mut reader = self.settings(*b"fxrp")?;
        Some((reader.f64().ok()?, reader.f64().ok()?))
    }

    /// Colour channels that the layer leaves alone (`brst`), by index.
    ///
    /// # Errors
    /// [`PsdError::Malformed`] when the block is no list of at most 56 numbers.
    pub fn restricted_channels(self) -> Result<Vec<u32>, PsdError> {
        let Some(mut reader) = self.settings(*b"brst") else {
            return Ok(Vec::new());
        };
        if reader.remaining() > 56 * 4 || reader.remaining() % 4 != 0 {
            return Err(reader.malformed("channel restrictions are no list of channels"));
        }
        let mut channels = Vec::new();
        while !reader.is_empty() {
            channels.push(reader.u32()?);
        }
        Ok(channels)
    }
}

/// What a switch is when its block is missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Switch {
    On,
    Off,
}
