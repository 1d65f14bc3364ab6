//! The two things of EXIF that concern pixels: which way is up, and how many of them make an inch.
//!
//! EXIF is a small TIFF (TIFF 6.0, *Image File Directory*; Exif 2.32, *4.6.4*). Only the first
//! directory is read; what makes no sense there is left out rather than refused, because cameras and
//! phones write a good deal of nonsense around sound pictures.

use crate::bytes::{be16, be32, index, le16, le32};
use crate::header::Dpi;
use crate::orient::Orientation;

const ORIENTATION: u16 = 0x0112;
const X_RESOLUTION: u16 = 0x011a;
const Y_RESOLUTION: u16 = 0x011b;
const RESOLUTION_UNIT: u16 = 0x0128;
const SHORT: u16 = 3;
const RATIONAL: u16 = 5;
const UNIT_INCH: u16 = 2;
const UNIT_CENTIMETRE: u16 = 3;

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Exif {
    pub(crate) orientation: Orientation,
    pub(crate) dpi: Option<Dpi>,
}

/// Reads a TIFF block, with or without the `Exif\0\0` that JPEG puts in front. Never fails: what
/// cannot be read counts as absent.
pub(crate) fn read(block: &[u8]) -> Exif {
    let tiff = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    let (short, long): (Read16, Read32) = match tiff.get(..4) {
        Some(b"II*\0") => (le16, le32),
        Some(b"MM\0*") => (be16, be32),
        _ => return Exif::default(),
    };
    let Some(directory) = long(tiff, 4).map(index) else {
        return Exif::default();
    };
    let mut found = Exif::default();
    let mut resolution = None;
    let mut unit = UNIT_INCH;
    for entry in 0..short(tiff, directory).map_or(0, usize::from) {
        // 12 bytes an entry: tag, type, count, value or where it is.
        let Some(at) = entry
            .checked_mul(12)
            .and_then(|skip| directory.checked_add(2 + skip))
        else {
            break;
        };
        let (Some(tag), Some(kind)) = (short(tiff, at), short(tiff, at.saturating_add(2))) else {
            break;
        };
        let value = at.saturating_add(8);
        match (tag, kind) {
            (ORIENTATION, SHORT) => {
                found.orientation = short(tiff, value)
                    .and_then(Orientation::from_exif)
                    .unwrap_or_default();
            }
            (RESOLUTION_UNIT, SHORT) => unit = short(tiff, value).unwrap_or(unit),
            (X_RESOLUTION, RATIONAL) => {
                resolution = long(tiff, value).map(index).and_then(|place| {
                    let above = long(tiff, place)?;
                    let below = long(tiff, place.checked_add(4)?)?;
                    (below > 0).then(|| f64::from(above) / f64::from(below))
                });
            }
            _ => {}
        }
    }
    found.dpi = match unit {
        UNIT_INCH => resolution.and_then(Dpi::new),
        UNIT_CENTIMETRE => resolution.and_then(|per_cm| Dpi::new(per_cm * 2.54)),
        _ => None,
    };
    found
}

/// A TIFF block that says `dpi` for both axes and nothing else. No `Exif\0\0` in front.
pub(crate) fn write(dpi: Dpi) -> Vec<u8> {
    const ENTRIES: u32 = 3;
    // Header 8, count 2, entries, no next directory 4; then the two rationals.
    const VALUES: u32 = 8 + 2 + 12 * ENTRIES + 4;
    let mut tiff = b"MM\0*\0\0\0\x08\0\x03".to_vec();
    let mut entry = |tag: u16, kind: u16, value: u32| {
        tiff.extend(tag.to_be_bytes());
        tiff.extend(kind.to_be_bytes());
        tiff.extend(1u32.to_be_bytes());
        tiff.extend(value.to_be_bytes());
    };
    entry(X_RESOLUTION, RATIONAL, VALUES);
    entry(Y_RESOLUTION, RATIONAL, VALUES + 8);
    // A short sits in the upper half of its four bytes.
    entry(RESOLUTION_UNIT, SHORT, u32::from(UNIT_INCH) << 16);
    tiff.extend([0; 4]);
    let (above, below) = dpi.as_fraction();
    for _ in 0..2 {
        tiff.extend(above.to_be_bytes());
        tiff.extend(below.to_be_bytes());
    }
    tiff
}

type Read16 = fn(&[u8], usize) -> Option<u16>;
type Read32 = fn(&[u8], usize) -> Option<u32>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for dpi in [72.0, 300.0, 150.5, 2400.0] {
            let dpi = Dpi::new(dpi).unwrap();
            let block = write(dpi);
            assert_eq!(read(&block).dpi, Some(dpi));
            let mut wrapped = b"Exif\0\0".to_vec();
            wrapped.extend(&block);
            assert_eq!(read(&wrapped).dpi, Some(dpi));
        }
    }

    #[test]
    fn little_endian_orientation_and_centimetres() {
        let mut block = b"II*\0\x08\0\0\0\x03\0".to_vec();
        block.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
        block.extend(b"\x1a\x01\x05\0\x01\0\0\0\x32\0\0\0");
        block.extend(b"\x28\x01\x03\0\x01\0\0\0\x03\0\0\0");
        block.extend(b"\0\0\0\0");
        block.extend(b"\x64\0\0\0\x01\0\0\0");
        let found = read(&block);
        assert_eq!(found.orientation, Orientation::RightTop);
        assert_eq!(found.dpi, Dpi::new(254.0));
        for cut in 0..block.len() {
            read(&block[..cut]);
        }
    }
}
