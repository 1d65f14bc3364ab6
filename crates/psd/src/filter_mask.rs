//! The mask of a placed layer's smart filters.
//!
//! Adobe Photoshop File Formats Specification, *Filter Effects* (`FXid`, `FEid`): for each placed layer the
//! picture before its filters, channel by channel, and behind it, without a word in the specification, the mask:
//! a rectangle and one more channel. Checked against `smart-filter_stack.psd`, `smart-filter_noise.psd`,
//! `read-smart-filter-blur.psd` and `read-smart-object-curves.psd`, which end where this reading ends.

use marquetry_pixel::Rect;

use crate::{
    Limit, Limits, PsdError, Section,
    compression::{Compression, Origin, PlaneShape, ROW_SLACK, Rows},
    header::{Depth, Version},
    reader::Reader,
    text_encoding::mac_roman,
};

/// How much of its filters a placed layer shows, place by place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterMask {
    /// Where the samples lie, in canvas pixels.
    pub rect: Rect,
    /// Row by row, 255 where the filters show wholly.
    pub samples: Vec<u8>,
}

impl FilterMask {
    /// The sample of a place on the canvas; `None` beyond the rectangle.
    pub fn sample(&self, x: i32, y: i32) -> Option<u8> {
        let inside = |at: i32, from: i32, length: u32| {
            let step = u32::try_from(i64::from(at) - i64::from(from)).ok()?;
            (step < length).then_some(step as usize)
        };
        let column = inside(x, self.rect.x, self.rect.width)?;
        let row = inside(y, self.rect.y, self.rect.height)?;
        self.samples.get(row * self.rect.width as usize + column).copied()
    }
}

/// Parses as much of an `FXid` or `FEid` block as it takes to find the mask of the placed layer with that
/// `instance` id. `None` when the block has none.
///
/// # Errors
/// [`PsdError`] when the bytes are cut short or corrupt, the depth or compression is unknown, or the mask passes
/// `limits.pixels` or `limits.decoded_bytes`.
pub fn parse(
    block: &[u8],
    base: u64,
    instance: &str,
    limits: &Limits,
) -> Result<Option<FilterMask>, PsdError> {
    let mut reader = Reader::new(block, base, Section::FilterEffects);
    let before = reader.clone();
    if !(1..=3).contains(&reader.u32()?) {
        return Err(before.malformed("filter effects of an unknown version"));
    }
    let length = reader.u64()?;
    let mut list = reader.sub(length.min(reader.remaining() as u64))?;
    // An id, at least, and the two numbers that follow it.
    while list.remaining() > 12 {
        let id = mac_roman(list.pascal(1)?);
        list.u32()?; // version, 1
        let length = list.u64()?;
        let mut picture = list.sub(length)?;
        if list.is_empty() || list.u8()? == 0 {
            continue;
        }
        let rect = rect(&mut list)?;
        let length = list.u64()?;
        let mut channel = list.sub(length)?;
        if id == instance {
            self::rect(&mut picture)?;
            return mask(&mut channel, rect, depth(&mut picture)?, limits).map(Some);
        }
    }
    Ok(None)
}

/// Top, left, bottom, right. An upside-down rectangle is empty.
fn rect(reader: &mut Reader<'_>) -> Result<Rect, PsdError> {
    let (top, left, bottom, right) = (reader.i32()?, reader.i32()?, reader.i32()?, reader.i32()?);
    Ok(Rect::from_edges(left, top, right, bottom))
}

fn depth(reader: &mut Reader<'_>) -> Result<Depth, PsdError> {
    let before = reader.clone();
    match reader.u32()? {
        8 => Ok(Depth::Eight),
        16 => Ok(Depth::Sixteen),
        32 => Ok(Depth::ThirtyTwo),
        _ => Err(before.malformed("filter effects of an unknown depth")),
    }
}

fn mask(channel: &mut Reader<'_>, rect: Rect, depth: Depth, limits: &Limits) -> Result<FilterMask, PsdError> {
    let before = channel.clone();
    let compression = Compression::from_number(channel.u16()?);
    let compression = compression.ok_or_else(|| before.malformed("filter mask of an unknown compression"))?;
    // Row lengths take four bytes, in a PSD as well.
    let shape = PlaneShape {
        size: rect.size(),
        depth,
        version: Version::Psb,
    };
    // PackBits makes at most 64 bytes of one: whoever promises more is not believed.
    if compression == Compression::Rle && shape.bytes() / 64 > channel.remaining() as u64 {
        return Err(channel.truncated());
    }
    Limits::check(Limit::Pixels, shape.size.pixels(), limits.pixels)?;
    Limits::check(Limit::DecodedBytes, shape.bytes(), limits.decoded_bytes)?;
    let origin = Origin {
        section: Section::FilterEffects,
        offset: channel.offset(),
    };
    let mut samples = Vec::new();
    if !shape.size.is_empty() {
        let mut rows = Rows::new(compression, channel.rest(), shape, origin)?;
        let mut row = vec![0; rows.row_bytes() + ROW_SLACK];
        for _ in 0..rect.height {
            rows.next_row(&mut row)?;
            extend(&mut samples, &row[..rows.row_bytes()], depth);
        }
    }
    Ok(FilterMask { rect, samples })
}

/// Samples of any depth to bytes.
fn extend(samples: &mut Vec<u8>, row: &[u8], depth: Depth) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded and within 0..=255"
    )]
    let byte = |share: f32| (share.clamp(0.0, 1.0) * 255.0).round() as u8;
    match depth {
        Depth::Sixteen => samples.extend(row.as_chunks::<2>().0.iter().map(|pair| {
            let value = u16::from_be_bytes(*pair);
            byte(f32::from(value) / 65535.0)
        })),
        Depth::ThirtyTwo => {
            let values = row.as_chunks::<4>().0.iter();
            samples.extend(values.map(|four| byte(f32::from_be_bytes(*four))));
        }
        _ => samples.extend_from_slice(row),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Bytes;

    /// A mask of 2 x 2 at (5, 7) behind an empty picture of that depth.
    fn block(depth: u32, compression: u16, channel: &[u8]) -> Vec<u8> {
        let effect = |id: &[u8], channel: &[u8]| {
            let length = u32::try_from(channel.len() + 2).unwrap();
            Bytes::default()
                .put(&[u8::try_from(id.len()).unwrap()])
                .put(id)
                .u32s(&[1, 0, 24, 0, 0, 0, 0, depth, 0])
                .put(&[1])
                .u32s(&[7, 5, 9, 7, 0, length])
                .put(&compression.to_be_bytes())
                .put(channel)
                .0
        };
        let list = [effect(b"another", &[9; 40]), effect(b"this", channel)].concat();
        let length = u32::try_from(list.len()).unwrap();
        Bytes::default().u32s(&[3, 0, length]).put(&list).0
    }

    fn samples(depth: u32, compression: u16, channel: &[u8]) -> Result<Vec<u8>, PsdError> {
        let found = parse(&block(depth, compression, channel), 0, "this", &Limits::default())?.unwrap();
        assert_eq!(found.rect, Rect::new(5, 7, 2, 2));
        assert_eq!(
            (found.sample(6, 7), found.sample(6, 9)),
            (Some(found.samples[1]), None)
        );
        Ok(found.samples)
    }

    #[test]
    fn masks_of_every_depth_are_bytes() {
        assert_eq!(samples(8, 0, &[0, 64, 128, 255]).unwrap(), [0, 64, 128, 255]);
        let packed = [0, 0, 0, 3, 0, 0, 0, 2, 1, 10, 20, 255, 30];
        assert_eq!(samples(8, 1, &packed).unwrap(), [10, 20, 30, 30]);
        assert_eq!(
            samples(16, 0, &[0, 0, 64, 64, 128, 128, 255, 255]).unwrap(),
            [0, 64, 128, 255]
        );
        let floats = [0.0_f32, 0.5, 2.0, f32::NAN].map(f32::to_be_bytes).concat();
        assert_eq!(samples(32, 0, &floats).unwrap(), [0, 128, 255, 0]);
    }

    #[test]
    fn other_layers_and_broken_masks_are_told_apart() {
        let block = block(8, 0, &[1, 2, 3, 4]);
        let limits = Limits::default();
        assert_eq!(parse(&block, 0, "nobody", &limits).unwrap(), None);
        for end in 0..block.len() - 4 {
            // Cut short it is an error or nothing at all, never a mask of other samples.
            assert!(!matches!(parse(&block[..end], 0, "this", &limits), Ok(Some(_))));
        }
        assert!(samples(7, 0, &[0; 4]).is_err());
        assert!(samples(8, 9, &[0; 4]).is_err());
        assert!(samples(8, 1, &[0; 4]).is_err());
    }

    #[test]
    fn a_mask_passes_no_limit() {
        let limits = Limits {
            pixels: 3,
            ..Limits::default()
        };
        let error = parse(&block(8, 0, &[0; 4]), 0, "this", &limits).unwrap_err();
        assert!(
            matches!(
                error,
                PsdError::OverLimit {
                    limit: Limit::Pixels,
                    wanted: 4,
                    ..
                }
            ),
            "{error}"
        );
    }
}
