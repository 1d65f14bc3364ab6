//! Undoes the prediction of ZIP-compressed rows: each sample was stored as its difference from the
//! one to its left.

use crate::header::Depth;

/// Turns one row of differences back into big-endian samples. `scratch` is grown as needed.
pub(crate) fn undo(row: &mut [u8], depth: Depth, scratch: &mut Vec<u8>) {
    match depth {
        // Single bits have no differences to speak of and are stored as they are.
        Depth::One => {}
        Depth::Eight => sum_bytes(row),
        Depth::Sixteen => {
            let mut last = 0_u16;
            for pair in row.chunks_exact_mut(2) {
                last = last.wrapping_add(u16::from_be_bytes([pair[0], pair[1]]));
                pair.copy_from_slice(&last.to_be_bytes());
            }
        }
        Depth::ThirtyTwo => {
            // First all the highest bytes of the row, then the next lower ones, and so on; the
            // differences run through all four planes as through one row of bytes.
            sum_bytes(row);
            scratch.clear();
            scratch.extend_from_slice(row);
            let width = row.len() / 4;
            let (first, rest) = scratch.split_at(width);
            let (second, rest) = rest.split_at(width);
            let (third, fourth) = rest.split_at(width);
            let planes = first.iter().zip(second).zip(third).zip(fourth);
            for (sample, (((a, b), c), d)) in row.chunks_exact_mut(4).zip(planes) {
                sample.copy_from_slice(&[*a, *b, *c, *d]);
            }
        }
    }
}

fn sum_bytes(row: &mut [u8]) {
    let mut last = 0_u8;
    for byte in row {
        last = last.wrapping_add(*byte);
        *byte = last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_sum_with_carry() {
        let mut row = [0x00, 0xFF, 0x00, 0x01, 0xFF, 0xFF];
        undo(&mut row, Depth::Sixteen, &mut Vec::new());
        assert_eq!(row, [0x00, 0xFF, 0x01, 0x00, 0x00, 0xFF]);
    }

    #[test]
    fn thirty_two_bits_come_out_of_byte_planes() {
        let samples = [1.0_f32, -2.5, 1e-3];
        let bytes = samples.map(f32::to_be_bytes);
        let mut planes: Vec<u8> = (0..4)
            .flat_map(|plane| bytes.map(|sample| sample[plane]))
            .collect();
        for at in (1..planes.len()).rev() {
            planes[at] = planes[at].wrapping_sub(planes[at - 1]);
        }
        undo(&mut planes, Depth::ThirtyTwo, &mut Vec::new());
        assert_eq!(planes, bytes.concat());
    }
}
