//! Patterns that the document carries for overlays, strokes, textures and fill layers.
//!
//! Adobe Photoshop File Formats Specification, *Patterns* and *Virtual Memory Array List*.

use marquetry_pixel::{Rect, Size};

use crate::{
    Limit, Limits, PsdError, Section,
    compression::{Compression, Origin, PlaneShape, ROW_SLACK, Rows},
    header::{ColorMode, Depth, Version},
    reader::Reader,
    text_encoding::mac_roman,
};

/// One pattern with its pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Unique id, which effects and fills refer to.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// What its planes mean.
    pub mode: ColorMode,
    /// Width and height of one tile, in pixels.
    pub size: Size,
    /// Colours of an indexed pattern.
    pub palette: Option<Box<[[u8; 3]; 256]>>,
    /// Its planes: the colours in order, and after them a mask and transparency if there are any.
    pub planes: Vec<PatternPlane>,
}

/// One plane of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternPlane {
    /// Which one.
    pub channel: PatternChannel,
    /// What it covers of the tile.
    pub rect: Rect,
    /// Bits of one sample.
    pub depth: Depth,
    /// Rows from the top, packed as the depth says, big-endian.
    pub samples: Vec<u8>,
}

/// What a plane of a pattern is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PatternChannel {
    /// A colour, counted from 0 as in the mode.
    Color(u32),
    /// A mask. Photoshop leaves it empty.
    Mask,
    /// How much shows.
    Transparency,
}

impl Pattern {
    /// The plane of a colour, counted from 0.
    pub fn color(&self, index: u32) -> Option<&PatternPlane> {
        self.planes
            .iter()
            .find(|plane| plane.channel == PatternChannel::Color(index))
    }

    /// The plane of transparency.
    pub fn transparency(&self) -> Option<&PatternPlane> {
        self.planes
            .iter()
            .find(|plane| plane.channel == PatternChannel::Transparency)
    }
}

/// Parses a `Patt`, `Pat2` or `Pat3` block and unpacks all pixels.
///
/// # Errors
/// [`PsdError`] when the bytes are cut short or corrupt, a mode, depth or compression is unknown,
/// or all planes together would take more than `limits.decoded_bytes`.
pub fn parse(block: &[u8], base: u64, limits: &Limits) -> Result<Vec<Pattern>, PsdError> {
    let mut reader = Reader::new(block, base, Section::Patterns);
    let mut budget = Budget { limits, spent: 0 };
    let mut patterns = Vec::new();
    while reader.remaining() >= 4 {
        let length = reader.u32()?;
        if length == 0 {
            break;
        }
        patterns.push(pattern(&mut reader.sub(u64::from(length))?, &mut budget)?);
        let over = length % 4;
        if over != 0 {
            reader.skip_up_to(4 - usize::try_from(over).unwrap_or(0));
        }
    }
    Ok(patterns)
}

/// What one call may still unpack.
struct Budget<'l> {
    limits: &'l Limits,
    spent: u64,
}

impl Budget<'_> {
    fn spend(&mut self, size: Size, bytes: u64) -> Result<(), PsdError> {
        Limits::check(Limit::Pixels, size.pixels(), self.limits.pixels)?;
        self.spent = self.spent.saturating_add(bytes);
        Limits::check(Limit::DecodedBytes, self.spent, self.limits.decoded_bytes)
    }
}

fn pattern(reader: &mut Reader<'_>, budget: &mut Budget<'_>) -> Result<Pattern, PsdError> {
    let before = reader.clone();
    if reader.u32()? != 1 {
        return Err(before.malformed("pattern version is not 1"));
    }
    let before = reader.clone();
    let mode = u16::try_from(reader.u32()?).ok().and_then(ColorMode::from_number);
    let mode = mode.ok_or_else(|| before.malformed("pattern of an unknown colour mode"))?;
    let height = u32::from(reader.u16()?);
    let width = u32::from(reader.u16()?);
    let name = reader.unicode()?;
    let id = mac_roman(reader.pascal(1)?);
    let palette = if mode == ColorMode::Indexed {
        Some(palette(reader)?)
    } else {
        None
    };

    // The list: its version (3) and length, the rectangle again, and how many places it has.
    reader.u32()?;
    let length = reader.u32()?;
    let mut list = reader.sub(u64::from(length).min(reader.remaining() as u64))?;
    rect(&mut list)?;
    let places = list.u32()?;
    let mut planes = Vec::new();
    // Two more places than that: a mask, then transparency (the specification's sheet mask).
    for place in 0..u64::from(places) + 2 {
        // Empty places at the end are not always written.
        if list.remaining() < 4 {
            break;
        }
        if list.u32()? == 0 {
            continue;
        }
        let length = list.u32()?;
        if length == 0 {
            continue;
        }
        let mut array = list.sub(u64::from(length))?;
        let channel = match place.checked_sub(u64::from(places)) {
            Some(0) => PatternChannel::Mask,
            Some(_) => PatternChannel::Transparency,
            None => PatternChannel::Color(u32::try_from(place).unwrap_or(u32::MAX)),
        };
        planes.push(plane(&mut array, channel, budget)?);
    }
    Ok(Pattern {
        id,
        name,
        mode,
        size: Size::new(width, height),
        palette,
        planes,
    })
}

fn palette(reader: &mut Reader<'_>) -> Result<Box<[[u8; 3]; 256]>, PsdError> {
    let mut colors = Box::new([[0; 3]; 256]);
    for color in colors.iter_mut() {
        *color = reader.array()?;
    }
    // How many colours are used, and which one is transparent.
    reader.u32()?;
    Ok(colors)
}

/// Top, left, bottom, right. An upside-down rectangle is empty.
fn rect(reader: &mut Reader<'_>) -> Result<Rect, PsdError> {
    let (top, left, bottom, right) = (reader.i32()?, reader.i32()?, reader.i32()?, reader.i32()?);
    Ok(Rect::from_edges(left, top, right, bottom))
}

fn plane(
    array: &mut Reader<'_>,
    channel: PatternChannel,
    budget: &mut Budget<'_>,
) -> Result<PatternPlane, PsdError> {
    let before = array.clone();
    array.u32()?; // depth, repeated below
    let rect = rect(array)?;
    let depth = match array.u16()? {
        1 => Depth::One,
        8 => Depth::Eight,
        16 => Depth::Sixteen,
        32 => Depth::ThirtyTwo,
        _ => return Err(before.malformed("pattern of an unknown depth")),
    };
    let compression = Compression::from_number(u16::from(array.u8()?));
    let compression = compression.ok_or_else(|| before.malformed("pattern of an unknown compression"))?;
    // Row lengths take two bytes in a PSB as well.
    let shape = PlaneShape {
        size: rect.size(),
        depth,
        version: Version::Psd,
    };
    // PackBits makes at most 64 bytes of one: whoever promises more is not believed, so that a few
    // bytes cannot ask for gigabytes.
    if compression == Compression::Rle && shape.bytes() / 64 > array.remaining() as u64 {
        return Err(array.truncated());
    }
    budget.spend(shape.size, shape.bytes())?;
    let origin = Origin {
        section: Section::Patterns,
        offset: array.offset(),
    };
    let mut rows = Rows::new(compression, array.rest(), shape, origin)?;
    let row_bytes = rows.row_bytes();
    let total = usize::try_from(shape.bytes()).map_err(|_| array.truncated())?;
    let mut samples = vec![0; total + ROW_SLACK];
    if !shape.size.is_empty() {
        for start in (0..total).step_by(row_bytes.max(1)) {
            rows.next_row(&mut samples[start..])?;
        }
    }
    samples.truncate(total);
    samples.shrink_to_fit();
    Ok(PatternPlane {
        channel,
        rect,
        depth,
        samples,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;

    #[test]
    fn planes_are_unpacked_and_named() {
        let mut block = seed::pattern();
        block.extend(seed::pattern());
        block.extend([0; 3]);
        let patterns = parse(&block, 0, &Limits::default()).unwrap();
        assert_eq!(patterns.len(), 2);
        let pattern = &patterns[1];
        assert_eq!(
            (pattern.id.as_str(), pattern.name.as_str()),
            ("pattern-id", "Dots")
        );
        assert_eq!((pattern.mode, pattern.size), (ColorMode::Rgb, Size::new(2, 2)));
        assert_eq!(
            pattern.color(0).map(|plane| plane.samples.as_slice()),
            Some(&[9, 9, 5, 6][..])
        );
        assert_eq!(
            pattern.color(2).map(|plane| plane.samples.as_slice()),
            Some(&[5, 6, 7, 8][..])
        );
        let clear = pattern.transparency().unwrap();
        assert_eq!(
            (clear.samples.as_slice(), clear.rect),
            (&[255, 0, 128, 255][..], Rect::from_edges(0, 0, 2, 2))
        );
        assert!(
            pattern
                .planes
                .iter()
                .all(|plane| plane.channel != PatternChannel::Mask)
        );
    }

    #[test]
    fn sizes_that_lie_are_refused_before_they_cost_anything() {
        let sound = seed::pattern();
        let rect = sound
            .windows(20)
            .position(|w| w == [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2]);
        let bottom = rect.unwrap() + 12;
        let mut tall = sound.clone();
        tall[bottom..bottom + 8].copy_from_slice(&[0, 0, 0x20, 0, 0, 0, 0x20, 0]);
        assert!(matches!(
            parse(&tall, 0, &Limits::default()),
            Err(PsdError::Truncated { .. })
        ));
        let few = Limits {
            decoded_bytes: 15,
            ..Limits::default()
        };
        assert!(matches!(
            parse(&sound, 0, &few),
            Err(PsdError::OverLimit { wanted: 16, .. })
        ));
    }
}
