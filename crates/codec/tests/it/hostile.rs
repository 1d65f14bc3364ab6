//! Files that mean harm: cut short, bent, or claiming to be enormous. Nothing panics, nothing is
//! allocated before it is allowed.

use marquetry_codec::{CodecError, Encoding, Format, Kind, Limit, Limits, decode, encode, probe};
use marquetry_pixel::{Raster, Size};
use proptest::prelude::*;

use crate::files::{anmf, crc, png_chunk, png_start, riff, riff_chunk, sound_files, vp8x, zlib_stored};

/// Small enough that a file which slips through costs nothing.
fn tight() -> Limits {
    Limits {
        file_bytes: 1 << 20,
        side: 2_000,
        pixels: 1_000_000,
        decoded_bytes: 16 << 20,
    }
}

#[test]
fn cut_anywhere_a_file_fails_or_decodes_and_never_panics() {
    for (name, file) in sound_files() {
        for part in 0..50 {
            let cut = &file[..file.len() * part / 50];
            let outcome = decode(cut, &tight());
            let _ = probe(cut, &tight());
            if part <= 25 {
                assert!(outcome.is_err(), "{name} cut at {part}/50 decodes");
            }
            if let Ok(decoded) = outcome {
                assert_eq!(
                    decoded.raster.size(),
                    decode(&file, &tight()).unwrap().raster.size()
                );
            }
        }
        // Every place in the header, where the walkers read.
        for length in 0..file.len().min(200) {
            let _ = decode(&file[..length], &tight());
        }
    }
}

#[test]
fn a_cut_file_is_called_cut() {
    for (name, file) in sound_files() {
        let outcome = decode(&file[..file.len() / 2], &tight());
        assert!(
            matches!(
                outcome,
                Err(CodecError::Truncated { .. } | CodecError::Malformed { .. })
            ),
            "{name}: {outcome:?}"
        );
    }
}

/// Puts the checksums of a PNG right, so that a bent byte gets past them.
fn mend_png(file: &mut [u8]) {
    let mut place = 8;
    while let Some(length) = file.get(place..place + 4) {
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        let Some(end) = place.checked_add(8).and_then(|from| from.checked_add(length)) else {
            break;
        };
        let Some(checked) = file.get(place + 4..end) else {
            break;
        };
        let sum = crc(checked).to_be_bytes();
        let Some(stored) = file.get_mut(end..end + 4) else {
            break;
        };
        stored.copy_from_slice(&sum);
        place = end + 4;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bent_files_never_panic(which in 0usize..18, bends in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), early: bool) {
        let files = sound_files_once();
        let (_, file) = &files[which % files.len()];
        let mut file = file.clone();
        for (at, byte) in bends {
            // Half of the time near the front, where a byte changes most.
            let reach = if early { file.len().min(300) } else { file.len() };
            let at = at.index(reach);
            file[at] = byte;
        }
        if file.starts_with(b"\x89PNG") {
            mend_png(&mut file);
        }
        if let Ok(decoded) = decode(&file, &tight()) {
            prop_assert!(decoded.raster.size().pixels() <= tight().pixels);
        }
        let _ = probe(&file, &tight());
    }

    #[test]
    fn noise_behind_a_signature_never_panics(kind in 0usize..4, noise in prop::collection::vec(any::<u8>(), 0..400)) {
        let start: &[u8] = [b"\x89PNG\r\n\x1a\n".as_slice(), b"\xff\xd8\xff", b"RIFF\xff\0\0\0WEBP", b"GIF89a"][kind];
        let file = [start, &noise].concat();
        let _ = decode(&file, &tight());
        let _ = probe(&file, &tight());
    }
}

fn sound_files_once() -> &'static [(&'static str, Vec<u8>)] {
    static FILES: std::sync::OnceLock<Vec<(&'static str, Vec<u8>)>> = std::sync::OnceLock::new();
    FILES.get_or_init(sound_files)
}

fn over(limit: Limit, file: &[u8], limits: &Limits) {
    match decode(file, limits) {
        Err(CodecError::OverLimit { limit: broken, .. }) => assert_eq!(broken, limit),
        other => panic!("{limit:?} was not enforced: {other:?}"),
    }
}

/// A frame header and a scan header, and no pixels.
fn jpeg_claim(width: u16, height: u16, marker: u8) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, marker, 0, 17, 8];
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    file.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    file
}

fn vp8(width: u16, height: u16) -> Vec<u8> {
    let mut body = vec![0x10, 0, 0, 0x9d, 0x01, 0x2a];
    body.extend(width.to_le_bytes());
    body.extend(height.to_le_bytes());
    body.extend([0; 40]);
    riff_chunk(b"VP8 ", &body)
}

#[test]
fn enormous_claims_are_refused_from_the_header() {
    let limits = Limits::default();
    let png = |width, height| {
        let mut file = png_start(width, height, 8, 6, false);
        file.extend(png_chunk(b"IDAT", &zlib_stored(b"tiny")));
        file.extend(png_chunk(b"IEND", b""));
        file
    };
    // Were this allocated, the process would end: 2^64 bytes.
    over(Limit::Side, &png(0x7fff_ffff, 0x7fff_ffff), &limits);
    over(Limit::Pixels, &png(29_000, 29_000), &limits);
    over(Limit::Side, &jpeg_claim(65_500, 65_500, 0xc0), &limits);
    over(Limit::Pixels, &jpeg_claim(20_000, 20_000, 0xc0), &limits);
    // 90 million pixels pass as a baseline picture; progressive they need their coefficients as well.
    over(
        Limit::DecodedBytes,
        &jpeg_claim(18_000, 5_000, 0xc2),
        &Limits {
            decoded_bytes: 500 << 20,
            ..limits.clone()
        },
    );
    let mut lossless = vec![0x2f];
    lossless.extend((0x3fffu32 | 0x3fff << 14).to_le_bytes());
    over(Limit::Pixels, &riff(&riff_chunk(b"VP8L", &lossless)), &limits);
    over(Limit::Pixels, &riff(&vp8(16_383, 16_383)), &limits);
    over(Limit::Side, &riff(&vp8x(0, 1 << 24, 1 << 24)), &limits);
    over(
        Limit::Side,
        b"GIF89a\xff\xff\xff\xff\0\0\0\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\0\0;",
        &limits,
    );
    // A screen of one pixel with a frame of four thousand million.
    over(
        Limit::Side,
        b"GIF89a\x01\0\x01\0\0\0\0\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\0\0;",
        &limits,
    );
    let long = vec![0; 300];
    over(
        Limit::FileBytes,
        &long,
        &Limits {
            file_bytes: 299,
            ..limits
        },
    );
}

#[test]
fn a_large_frame_does_not_hide_behind_a_small_canvas() {
    let still = riff(&[vp8x(0, 1, 1), vp8(16_383, 16_383)].concat());
    let moving = riff(
        &[
            vp8x(0x02, 1, 1),
            riff_chunk(b"ANIM", &[0; 6]),
            anmf(1, 1, &vp8(16_383, 16_383)),
        ]
        .concat(),
    );
    let wide = riff(
        &[
            vp8x(0x02, 1, 1),
            riff_chunk(b"ANIM", &[0; 6]),
            anmf(9_000, 9_000, &vp8(9_000, 9_000)),
        ]
        .concat(),
    );
    for file in [still, moving, wide] {
        assert!(matches!(
            decode(&file, &Limits::default()),
            Err(CodecError::Malformed {
                kind: Kind::Webp,
                offset: Some(_),
                ..
            })
        ));
    }
}

#[test]
fn a_profile_that_unpacks_to_megabytes_is_left_packed() {
    // 40 MB of nothing: a few kilobytes in the file.
    let profile = vec![0; 40 << 20];
    let encoding = Encoding {
        icc: Some(&profile),
        ..Encoding::new(Format::Png)
    };
    let file = encode(&Raster::filled(Size::new(4, 4), [9, 9, 9, 255]), &encoding).unwrap();
    assert!(file.len() < 200_000, "{}", file.len());
    match decode(&file, &Limits::default()) {
        Ok(decoded) => {
            assert_eq!(decoded.icc, None);
            assert_eq!(decoded.warnings.len(), 1);
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn what_is_no_picture_is_named() {
    assert_eq!(decode(b"", &tight()), Err(CodecError::Unrecognised));
    assert_eq!(
        decode(b"<svg xmlns='http://www.w3.org/2000/svg'/>", &tight()),
        Err(CodecError::Unrecognised)
    );
    match decode(b"8BPS\0\x01\0\0\0\0\0\0\0\x03", &tight()) {
        Err(error @ CodecError::Unsupported { kind: Kind::Psd, .. }) => {
            assert_eq!(
                error.to_string(),
                "PSD: this kind of file as a picture is not supported"
            );
        }
        other => panic!("{other:?}"),
    }
    let cut = decode(&png_start(5, 5, 8, 6, false)[..20], &tight()).unwrap_err();
    assert_eq!(cut.to_string(), "PNG is cut short at byte 20");
}

#[test]
fn stray_bytes_in_a_jpeg_header_are_a_warning() {
    let (_, jpeg) = sound_files()
        .into_iter()
        .find(|(name, _)| *name == "jpeg 4:4:4")
        .unwrap();
    // Between the first segment (18 bytes of JFIF behind the two of the start) and the next.
    let stray = [&jpeg[..20], &[0; 16], &jpeg[20..]].concat();
    let decoded = decode(&stray, &tight()).unwrap();
    assert_eq!(decoded.raster, decode(&jpeg, &tight()).unwrap().raster);
    assert_eq!(decoded.warnings.len(), 1);
    assert_eq!(decoded.warnings[0].to_string(), "JPEG has stray bytes at byte 20");
}

#[test]
fn a_jpeg_whose_scan_is_interrupted_is_no_half_black_picture() {
    // Found by fuzzing: in the middle of the only scan a second one begins, or a table stands; the
    // decoder takes that for the end and comes home content with half a picture.
    for (name, jpeg) in sound_files() {
        if !matches!(name, "jpeg 4:2:0" | "jpeg 4:4:4" | "jpeg cmyk" | "jpeg ycck") {
            continue;
        }
        let find = |marker| {
            jpeg.windows(2)
                .position(|window| window == [0xff, marker])
                .unwrap()
        };
        let (scan, table) = (find(0xda), find(0xc4));
        for again in [scan, table] {
            let broken = [&jpeg[..scan + 200], &jpeg[again..]].concat();
            match decode(&broken, &tight()) {
                Err(CodecError::Malformed { what, offset, .. }) => {
                    assert_eq!(what, "a marker inside the only scan", "{name}");
                    assert_eq!(offset, Some(scan as u64 + 200), "{name}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_late_adobe_segment_does_not_leave_pixels_unpainted() {
    // Found by fuzzing: between two scans of a progressive picture somebody says that it is CMYK.
    let jpeg = crate::files::progressive_jpeg(45, 37);
    let scans: Vec<usize> = (0..jpeg.len() - 1)
        .filter(|&at| jpeg[at..at + 2] == [0xff, 0xda])
        .collect();
    let adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0";
    for &scan in &scans[1..] {
        let late = [&jpeg[..scan], adobe, &jpeg[scan..]].concat();
        if let Ok(decoded) = decode(&late, &tight()) {
            assert!(decoded.raster.is_opaque());
            assert_eq!(decoded.raster, decode(&jpeg, &tight()).unwrap().raster);
        }
    }
}

#[test]
fn colour_sampled_finer_than_luma_is_refused() {
    // Found by fuzzing: the decoder indexes out of its buffer.
    let mut file = jpeg_claim(45, 37, 0xc0);
    assert_eq!(file[16], 0x11);
    file[16] = 0x44;
    assert!(matches!(
        decode(&file, &tight()),
        Err(CodecError::Unsupported { kind: Kind::Jpeg, .. })
    ));
}

#[test]
fn a_gif_whose_data_end_early_is_no_half_transparent_picture() {
    // Found by fuzzing: an end code stands in the middle of the data, and no colour is transparent.
    let data = b"\x8c\x8f\xa9\xcb\xed\x08\xa3\x9c\x07\xd0\x8b\xb3\xde\xbc\x46\x01\x40\x00\x21";
    let mut file = b"GIF89a\x18\0\x10\0\0\0\0\x2c\0\0\0\0\x18\0\x10\0\x80\0\0\0\xfa\x14\x1e\x02".to_vec();
    file.push(19);
    file.extend(data);
    file.push(249);
    file.extend([0; 249]);
    file.extend(b"\0;");
    match decode(&file, &tight()) {
        Err(CodecError::Truncated { kind: Kind::Gif, .. }) => {}
        other => panic!("{other:?}"),
    }
}
