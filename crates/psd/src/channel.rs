//! Decoded channels: planes of samples, and the short cut to interleaved 8-bit RGBA.

use marquetry_pixel::Size;

use crate::compression::{PlaneShape, ROW_SLACK, Rows};
use crate::error::PsdError;
use crate::header::Depth;
use crate::limits::{Limit, Limits};

/// Which channel of a layer: colour channels from 0, the others below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(pub i16);

impl ChannelId {
    /// The first colour channel: red, grey, cyan or lightness.
    pub const FIRST: Self = Self(0);
    /// The transparency of the layer.
    pub const TRANSPARENCY: Self = Self(-1);
    /// The layer mask; with a vector mask beside it, both of them combined.
    pub const MASK: Self = Self(-2);
    /// The user's own layer mask when channel -2 holds a combined one.
    pub const REAL_MASK: Self = Self(-3);

    /// Whether this is one of the two layer masks, whose rectangles are their own.
    pub fn is_mask(self) -> bool {
        self == Self::MASK || self == Self::REAL_MASK
    }
}

/// Samples row by row from the top left, in this machine's byte order.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    /// Eight pixels a byte, the leftmost in the highest bit, 1 is black; rows end on a full byte.
    Bits(Vec<u8>),
    /// 8-bit samples.
    U8(Vec<u8>),
    /// 16-bit samples.
    U16(Vec<u16>),
    /// 32-bit float samples.
    F32(Vec<f32>),
}

/// One decoded channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// Width and height in pixels.
    pub size: Size,
    /// `size.width * size.height` samples (or the bytes that hold so many bits).
    pub samples: Samples,
    /// Rows whose packed data gave too few or too many samples. The missing ones are 0.
    pub damaged_rows: u32,
}

impl Plane {
    /// Bits of one sample.
    pub fn depth(&self) -> Depth {
        match &self.samples {
            Samples::Bits(_) => Depth::One,
            Samples::U8(_) => Depth::Eight,
            Samples::U16(_) => Depth::Sixteen,
            Samples::F32(_) => Depth::ThirtyTwo,
        }
    }
}

/// Refuses planes that would cost more than `limits` allow, before anything is allocated.
pub(crate) fn check_cost(shape: PlaneShape, planes: usize, limits: &Limits) -> Result<(), PsdError> {
    Limits::check(Limit::Pixels, shape.size.pixels(), limits.pixels)?;
    let bytes = shape.bytes().saturating_mul(planes as u64);
    Limits::check(Limit::DecodedBytes, bytes, limits.decoded_bytes)
}

/// Decodes the next `shape.size.height` rows into a plane. The cost was checked before.
pub(crate) fn decode_plane(rows: &mut Rows<'_>, shape: PlaneShape) -> Result<Plane, PsdError> {
    let size = shape.size;
    let damaged_before = rows.damaged();
    let row_bytes = rows.row_bytes();
    let height = if size.is_empty() { 0 } else { size.height as usize };
    let total = height * row_bytes;
    let samples = match shape.depth {
        Depth::One | Depth::Eight => {
            let mut bytes = vec![0; total];
            for row in 0..height {
                rows.next_row(&mut bytes[row * row_bytes..])?;
            }
            if shape.depth == Depth::One {
                Samples::Bits(bytes)
            } else {
                Samples::U8(bytes)
            }
        }
        Depth::Sixteen => {
            let mut out = Vec::with_capacity(total / 2);
            for_each_row(rows, height, |row| {
                let (pairs, _) = row.as_chunks::<2>();
                out.extend(pairs.iter().map(|pair| u16::from_be_bytes(*pair)));
            })?;
            Samples::U16(out)
        }
        Depth::ThirtyTwo => {
            let mut out = Vec::with_capacity(total / 4);
            for_each_row(rows, height, |row| {
                let (quads, _) = row.as_chunks::<4>();
                out.extend(quads.iter().map(|quad| f32::from_be_bytes(*quad)));
            })?;
            Samples::F32(out)
        }
    };
    Ok(Plane {
        size,
        samples,
        damaged_rows: rows.damaged() - damaged_before,
    })
}

fn for_each_row(rows: &mut Rows<'_>, height: usize, mut each: impl FnMut(&[u8])) -> Result<(), PsdError> {
    let row_bytes = rows.row_bytes();
    let mut scratch = vec![0; row_bytes + ROW_SLACK];
    for _ in 0..height {
        rows.next_row(&mut scratch)?;
        each(&scratch[..row_bytes]);
    }
    Ok(())
}

/// Unpacks four 8-bit channels straight into straight-alpha RGBA, row by row: the four scratch rows
/// stay in the cache, so every pixel goes to memory once. A missing colour is 0, a missing alpha
/// opaque. Answers how many rows were damaged.
pub(crate) fn interleave_rgba8(
    channels: &mut [Option<Rows<'_>>; 4],
    size: Size,
    out: &mut [u8],
) -> Result<u32, PsdError> {
    if size.is_empty() {
        return Ok(0);
    }
    let width = size.width as usize;
    let mut scratch = [0, 0, 0, 255].map(|fill| vec![fill; width + ROW_SLACK]);
    for row in out.chunks_exact_mut(width * 4) {
        for (channel, scratch) in channels.iter_mut().zip(&mut scratch) {
            if let Some(rows) = channel {
                rows.next_row(scratch)?;
            }
        }
        let [red, green, blue, alpha] = &scratch;
        interleave_row([red, green, blue, alpha].map(|row| &row[..width]), row);
    }
    Ok(channels.iter().flatten().map(Rows::damaged).sum())
}

/// Four rows of samples to one row of pixels. Written as arithmetic on whole pixels because that is
/// what becomes vector code; storing the four bytes one by one does not.
fn interleave_row([red, green, blue, alpha]: [&[u8]; 4], out: &mut [u8]) {
    let (pixels, _) = out.as_chunks_mut::<4>();
    let colors = red.iter().zip(green).zip(blue).zip(alpha);
    for (pixel, (((red, green), blue), alpha)) in pixels.iter_mut().zip(colors) {
        let [red, green, blue, alpha] = [red, green, blue, alpha].map(|sample| u32::from(*sample));
        *pixel = (red | green << 8 | blue << 16 | alpha << 24).to_le_bytes();
    }
}
