//! One plane of samples under each of the four compressions.
//! Adobe Photoshop File Formats Specification, *Channel image data* and *Image data*.

use std::io::Write as _;

use flate2::write::ZlibEncoder;

use super::document::{Depth, Format};
use crate::bytes::{Ink, LengthField};

/// How a plane's samples are stored; the number is the one in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Compression {
    /// As they are.
    Raw = 0,
    /// PackBits, row by row.
    Rle = 1,
    /// One zlib stream.
    Zip = 2,
    /// Differences along each row, then one zlib stream.
    ZipPrediction = 3,
}

impl Compression {
    /// All four, for tests that want each.
    pub const ALL: [Self; 4] = [Self::Raw, Self::Rle, Self::Zip, Self::ZipPrediction];
}

/// The compression's number and `plane` under it. `plane` holds rows of `stride` bytes, big-endian samples.
pub(super) fn encode(plane: &[u8], stride: usize, depth: Depth, how: Compression, format: Format) -> Vec<u8> {
    encode_many(&[plane], stride, depth, how, format)
}

/// Many planes under one compression, as the merged picture has them: all row lengths come before all rows.
pub(super) fn encode_many(
    planes: &[&[u8]],
    stride: usize,
    depth: Depth,
    how: Compression,
    format: Format,
) -> Vec<u8> {
    let mut ink = Ink::new();
    ink.u16(how as u16);
    match how {
        Compression::Raw => planes.iter().for_each(|plane| drop_ref(ink.raw(plane))),
        Compression::Rle => {
            let field = match format {
                Format::Psd => LengthField::Two,
                Format::Psb => LengthField::Four,
            };
            let rows: Vec<Vec<u8>> = planes
                .iter()
                .flat_map(|plane| plane.chunks(stride.max(1)))
                .map(pack_bits)
                .collect();
            rows.iter().for_each(|row| drop_ref(ink.length(field, row.len())));
            rows.iter().for_each(|row| drop_ref(ink.raw(row)));
        }
        Compression::Zip => drop_ref(ink.raw(&deflate(&planes.concat()))),
        Compression::ZipPrediction => {
            let predicted: Vec<u8> = planes
                .iter()
                .flat_map(|plane| plane.chunks(stride.max(1)))
                .flat_map(|r| predict(r, depth))
                .collect();
            ink.raw(&deflate(&predicted));
        }
    }
    ink.into_bytes()
}

/// Ends a chain of writes where a closure must give nothing back.
fn drop_ref(_: &mut Ink) {}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory takes every byte");
    encoder.finish().expect("memory takes every byte")
}

/// Each sample less its left neighbour. 32-bit rows are first dealt into four planes of bytes, highest first,
/// and the bytes are then taken along the whole row.
fn predict(row: &[u8], depth: Depth) -> Vec<u8> {
    let byte_differences = |bytes: &[u8]| -> Vec<u8> {
        let before = std::iter::once(0).chain(bytes.iter().copied());
        bytes
            .iter()
            .zip(before)
            .map(|(now, then)| now.wrapping_sub(then))
            .collect()
    };
    match depth {
        Depth::One | Depth::Eight => byte_differences(row),
        Depth::Sixteen => {
            let mut then = 0_u16;
            row.chunks_exact(2)
                .flat_map(|pair| {
                    let now = u16::from_be_bytes([pair[0], pair[1]]);
                    let difference = now.wrapping_sub(then);
                    then = now;
                    difference.to_be_bytes()
                })
                .collect()
        }
        Depth::ThirtyTwo => {
            let dealt: Vec<u8> = (0..4)
                .flat_map(|byte| row.iter().skip(byte).step_by(4).copied())
                .collect();
            byte_differences(&dealt)
        }
    }
}

/// PackBits: a count byte `n < 128` and `n + 1` literal bytes, or `257 - n` for a byte repeated `n` times.
pub(super) fn pack_bits(row: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    let byte = |n: usize| u8::try_from(n).expect("runs stop at 128");
    while at < row.len() {
        let run = row[at..].iter().take(128).take_while(|b| **b == row[at]).count();
        if run >= 3 {
            out.extend([byte(257 - run), row[at]]);
            at += run;
            continue;
        }
        // A literal run goes on until three equal bytes are worth a run of their own.
        let start = at;
        while at < row.len() && at - start < 128 {
            let rest = &row[at..];
            if rest.len() >= 3 && rest[0] == rest[1] && rest[1] == rest[2] {
                break;
            }
            at += 1;
        }
        out.push(byte(at - start - 1));
        out.extend_from_slice(&row[start..at]);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Unpacks as the format says it, to check the packer by other means.
    fn unpack(mut bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        while let [count, rest @ ..] = bytes {
            let count = usize::from(*count);
            if count < 128 {
                out.extend_from_slice(&rest[..=count]);
                bytes = &rest[count + 1..];
            } else {
                assert_ne!(count, 128);
                out.extend(std::iter::repeat_n(rest[0], 257 - count));
                bytes = &rest[1..];
            }
        }
        out
    }

    proptest! {
        #[test]
        fn pack_bits_unpacks_to_the_same_row(row in prop::collection::vec(0_u8..3, 0..700)) {
            prop_assert_eq!(unpack(&pack_bits(&row)), row);
        }
    }

    #[test]
    fn prediction_of_each_depth() {
        assert_eq!(predict(&[5, 7, 4], Depth::Eight), [5, 2, 253]);
        assert_eq!(predict(&[1, 0, 0, 255], Depth::Sixteen), [1, 0, 255, 255]);
        assert_eq!(
            predict(&[1, 2, 3, 4, 5, 6, 7, 8], Depth::ThirtyTwo),
            [1, 4, 253, 4, 253, 4, 253, 4]
        );
    }
}
