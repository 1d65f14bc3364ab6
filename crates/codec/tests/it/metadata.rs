//! Resolution and profile in the file, read back by a reader that shares no code with the writer.

use marquetry_codec::{Dpi, Encoding, Format, Limits, Quality, decode, encode, probe};

use crate::pictures::{scenery, scenery_with_hole};

fn be(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

fn find(file: &[u8], needle: &[u8]) -> usize {
    file.windows(needle.len())
        .position(|window| window == needle)
        .unwrap_or_else(|| panic!("{} is not in the file", String::from_utf8_lossy(needle)))
}

/// XResolution, YResolution and unit out of a big-endian TIFF block.
fn tiff_resolution(tiff: &[u8]) -> (f64, f64, u32) {
    assert_eq!(&tiff[..4], b"MM\0*");
    let directory = be(&tiff[4..8]) as usize;
    let mut found = (0.0, 0.0, 0);
    let mut last = 0;
    for entry in tiff[directory + 2..]
        .chunks_exact(12)
        .take(be(&tiff[directory..directory + 2]) as usize)
    {
        let tag = be(&entry[..2]);
        assert!(tag > last, "entries of a directory are in ascending order");
        last = tag;
        let rational = || {
            let at = be(&entry[8..12]) as usize;
            f64::from(be(&tiff[at..at + 4])) / f64::from(be(&tiff[at + 4..at + 8]))
        };
        match tag {
            0x011a => found.0 = rational(),
            0x011b => found.1 = rational(),
            0x0128 => found.2 = be(&entry[8..10]),
            _ => {}
        }
    }
    found
}

fn written(format: Format, dpi: f64) -> Vec<u8> {
    let encoding = Encoding {
        dpi: Dpi::new(dpi),
        ..Encoding::new(format)
    };
    encode(&scenery(33, 21), &encoding).unwrap()
}

#[test]
fn png_says_pixels_per_metre() {
    for (dpi, per_metre) in [(72.0, 2835), (300.0, 11_811), (2400.0, 94_488)] {
        let file = written(Format::Png, dpi);
        let at = find(&file, b"pHYs") + 4;
        assert_eq!(
            (be(&file[at..at + 4]), be(&file[at + 4..at + 8]), file[at + 8]),
            (per_metre, per_metre, 1)
        );
    }
}

#[test]
fn jpeg_says_it_in_jfif_and_in_exif() {
    for dpi in [72.0, 300.0, 2400.0] {
        let file = written(Format::jpeg(Quality::default()), dpi);
        let jfif = find(&file, b"JFIF\0") + 5;
        assert_eq!(file[jfif + 2], 1, "unit: dots per inch");
        assert_eq!(f64::from(be(&file[jfif + 3..jfif + 5])), dpi);
        assert_eq!(f64::from(be(&file[jfif + 5..jfif + 7])), dpi);
        assert_eq!(
            tiff_resolution(&file[find(&file, b"Exif\0\0") + 6..]),
            (dpi, dpi, 2)
        );
    }
}

#[test]
fn webp_says_it_in_exif_with_and_without_alpha() {
    for dpi in [72.0, 150.5, 2400.0] {
        for raster in [scenery(33, 21), scenery_with_hole(33, 21)] {
            let encoding = Encoding {
                dpi: Dpi::new(dpi),
                ..Encoding::new(Format::webp(Quality::default()))
            };
            let file = encode(&raster, &encoding).unwrap();
            assert_eq!(be(&[file[7], file[6], file[5], file[4]]) as usize + 8, file.len());
            let chunk = find(&file, b"EXIF");
            assert_eq!(tiff_resolution(&file[chunk + 8..]), (dpi, dpi, 2));
            // The flags of the extended header: EXIF, and alpha where there is some.
            assert_eq!(&file[12..16], b"VP8X");
            assert_eq!(file[20], if raster.is_opaque() { 0x08 } else { 0x18 });
        }
    }
}

#[test]
fn what_is_written_is_probed_and_decoded() {
    for format in [
        Format::Png,
        Format::jpeg(Quality::default()),
        Format::webp(Quality::default()),
    ] {
        for dpi in [72.0, 96.0, 299.0, 300.0, 2400.0] {
            let file = written(format, dpi);
            assert_eq!(
                probe(&file, &Limits::default()).unwrap().dpi,
                Dpi::new(dpi),
                "{format:?}"
            );
            assert_eq!(
                decode(&file, &Limits::default()).unwrap().dpi,
                Dpi::new(dpi),
                "{format:?}"
            );
        }
        let plain = encode(&scenery(9, 9), &Encoding::new(format)).unwrap();
        assert_eq!(probe(&plain, &Limits::default()).unwrap().dpi, None, "{format:?}");
    }
}
