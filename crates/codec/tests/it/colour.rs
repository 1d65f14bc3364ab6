//! Colour types, depths, inks, profiles, frames and orientations: each against pixels known beforehand.

use marquetry_codec::{DecodeWarning, Encoding, Format, Limits, Quality, decode, encode, probe};
use marquetry_pixel::{Raster, Size};

use crate::files::{
    animated_gif, animated_webp, exif_orientation, jpeg_of, png_by_hand, png_chunk, progressive_jpeg, riff,
    riff_chunk, vp8x, with_segment,
};
use crate::pictures::{farthest, scenery};

fn pixels_of(file: &[u8]) -> Raster {
    decode(file, &Limits::default()).unwrap().raster
}

#[test]
fn every_colour_type_and_depth_of_png() {
    let size = (13, 11);
    for interlaced in [false, true] {
        for (colour, depths) in [
            (0u8, &[1u8, 2, 4, 8, 16][..]),
            (2, &[8, 16]),
            (3, &[1, 2, 4, 8]),
            (4, &[8, 16]),
            (6, &[8, 16]),
        ] {
            for &depth in depths {
                let most = if depth == 16 { u16::MAX } else { (1 << depth) - 1 };
                let sample = |x: u32, y: u32, c: u32| {
                    u16::try_from((x * 7919 + y * 104_729 + c * 31_337) % (u32::from(most) + 1)).unwrap()
                };
                // A full palette; its second entry half transparent.
                let extra = if colour == 3 {
                    let palette: Vec<u8> = (0..=u8::try_from(most).unwrap())
                        .flat_map(|i| [i, 255 - i, i / 2])
                        .collect();
                    [png_chunk(b"PLTE", &palette), png_chunk(b"tRNS", &[255, 128])].concat()
                } else {
                    Vec::new()
                };
                let file = png_by_hand(size, depth, colour, interlaced, &extra, sample);
                let raster = pixels_of(&file);
                let name = format!("colour {colour}, depth {depth}, interlaced {interlaced}");
                for y in 0..size.1 {
                    for x in 0..size.0 {
                        let at = |c| {
                            let exact = f64::from(sample(x, y, c)) * 255.0 / f64::from(most);
                            (0..=255u8).min_by(|a, b| {
                                let far = |v: u8| (f64::from(v) - exact).abs();
                                far(*a).total_cmp(&far(*b))
                            })
                        };
                        let at = |c| at(c).unwrap();
                        let expected = match colour {
                            0 => [at(0), at(0), at(0), 255],
                            2 => [at(0), at(1), at(2), 255],
                            3 => {
                                let i = u8::try_from(sample(x, y, 0)).unwrap();
                                [i, 255 - i, i / 2, if i == 1 { 128 } else { 255 }]
                            }
                            4 => [at(0), at(0), at(0), at(1)],
                            _ => [at(0), at(1), at(2), at(3)],
                        };
                        assert_eq!(raster.pixel(x, y), Some(expected), "{name} at {x} {y}");
                    }
                }
            }
        }
    }
}

#[test]
fn one_colour_of_a_png_may_be_transparent() {
    let grey = png_by_hand((4, 1), 8, 0, false, &png_chunk(b"tRNS", &[0, 2]), |x, _, _| {
        u16::try_from(x).unwrap()
    });
    let raster = pixels_of(&grey);
    assert_eq!(
        raster.pixels().iter().map(|pixel| pixel[3]).collect::<Vec<_>>(),
        [255, 255, 0, 255]
    );
    assert!(probe(&grey, &Limits::default()).unwrap().has_alpha);
    let rgb = png_by_hand(
        (2, 1),
        16,
        2,
        false,
        &png_chunk(b"tRNS", &[1, 0, 1, 0, 1, 0]),
        |x, _, _| {
            if x == 0 { 256 } else { 512 }
        },
    );
    assert_eq!(pixels_of(&rgb).pixels(), [[1, 1, 1, 0], [2, 2, 2, 255]]);
}

#[test]
fn grey_and_progressive_jpeg() {
    let grey: Vec<u8> = (0..64 * 64u32)
        .map(|i| u8::try_from(i % 64 * 4).unwrap())
        .collect();
    let raster = pixels_of(&jpeg_of(64, 64, &grey, jpeg_encoder::ColorType::Luma));
    for (pixel, grey) in raster.pixels().iter().zip(&grey) {
        assert!(
            pixel[0].abs_diff(*grey) <= 3 && pixel[0] == pixel[1] && pixel[1] == pixel[2] && pixel[3] == 255
        );
    }
    // The same coefficients in another order.
    let baseline = Format::jpeg(Quality::new(90).unwrap());
    let baseline = encode(&scenery(160, 120), &Encoding::new(baseline)).unwrap();
    assert_eq!(pixels_of(&progressive_jpeg(160, 120)), pixels_of(&baseline));
}

#[test]
fn cmyk_and_ycck_as_adobe_writes_them() {
    // No cyan lets all red through, half magenta half the green, full yellow no blue. The encoder takes
    // 0 for no ink and stores it the other way round, as Adobe does.
    let inks: Vec<u8> = [0, 127, 255, 0].repeat(32 * 32);
    let expected = Raster::filled(Size::new(32, 32), [255, 128, 0, 255]);
    for colour in [jpeg_encoder::ColorType::Cmyk, jpeg_encoder::ColorType::CmykAsYcck] {
        let file = jpeg_of(32, 32, &inks, colour);
        // Its Adobe segment names the transform.
        assert!(file.windows(5).any(|window| window == b"Adobe"));
        let raster = pixels_of(&file);
        assert!(
            farthest(&raster, &expected) <= 3,
            "{colour:?} {:?}",
            raster.pixel(9, 9)
        );
    }
    // Without Adobe's segment what is stored as 0 is no ink.
    let inverted: Vec<u8> = inks.iter().map(|ink| 255 - ink).collect();
    let named = jpeg_of(32, 32, &inverted, jpeg_encoder::ColorType::Cmyk);
    let at = named.windows(5).position(|window| window == b"Adobe").unwrap() - 4;
    let length = usize::from(named[at + 2]) * 256 + usize::from(named[at + 3]);
    let unnamed = [&named[..at], &named[at + 2 + length..]].concat();
    assert!(farthest(&pixels_of(&unnamed), &expected) <= 3);
}

#[test]
fn a_profile_is_converted_alike_in_every_format() {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let raster = Raster::filled(Size::new(40, 40), [200, 100, 50, 255]);
    let mut seen = Vec::new();
    for format in [
        Format::Png,
        Format::jpeg(Quality::new(100).unwrap()),
        Format::webp(Quality::new(100).unwrap()),
    ] {
        let encoding = Encoding {
            icc: Some(&profile),
            ..Encoding::new(format)
        };
        let decoded = decode(&encode(&raster, &encoding).unwrap(), &Limits::default()).unwrap();
        assert_eq!(decoded.icc.as_deref(), Some(&profile[..]));
        assert!(decoded.warnings.is_empty());
        seen.push(decoded.raster.pixel(20, 20).unwrap());
    }
    // Display P3 (200, 100, 50) is sRGB (213, 94, 29) by the matrices of both.
    for pixel in &seen {
        for (a, b) in pixel.iter().zip([213, 94, 29, 255]) {
            assert!(a.abs_diff(b) <= 4, "{seen:?}");
        }
    }
}

#[test]
fn a_broken_profile_is_a_warning_and_the_pixels_stay() {
    let raster = Raster::filled(Size::new(8, 8), [200, 100, 50, 255]);
    let encoding = Encoding {
        icc: Some(b"this is no profile, and yet it is embedded"),
        ..Encoding::new(Format::Png)
    };
    let decoded = decode(&encode(&raster, &encoding).unwrap(), &Limits::default()).unwrap();
    assert_eq!(decoded.raster, raster);
    assert!(matches!(
        decoded.warnings[..],
        [DecodeWarning::ProfileIgnored { .. }]
    ));
    // One that cannot even be unpacked.
    let file = png_by_hand(
        (2, 2),
        8,
        2,
        false,
        &png_chunk(b"iCCP", b"name\0\0not zlib"),
        |_, _, _| 9,
    );
    let decoded = decode(&file, &Limits::default()).unwrap();
    assert_eq!(decoded.raster.pixel(1, 1), Some([9, 9, 9, 255]));
    assert!(matches!(
        decoded.warnings[..],
        [DecodeWarning::ProfileIgnored { .. }]
    ));
    // The second of three parts alone.
    let jpeg = encode(&raster, &Encoding::new(Format::jpeg(Quality::default()))).unwrap();
    let decoded = decode(
        &with_segment(&jpeg, 0xe2, b"ICC_PROFILE\0\x02\x03abc"),
        &Limits::default(),
    )
    .unwrap();
    assert!(matches!(
        decoded.warnings[..],
        [DecodeWarning::ProfileIgnored { .. }]
    ));
}

#[test]
fn exif_brings_every_format_upright() {
    // Red on the left; turned clockwise, red is on top.
    let mut raster = Raster::filled(Size::new(32, 16), [0, 0, 255, 255]);
    for row in raster.pixels_mut().chunks_exact_mut(32) {
        row[..16].fill([255, 0, 0, 255]);
    }
    let quality = Quality::new(100).unwrap();
    let write = |format| encode(&raster, &Encoding::new(format)).unwrap();
    let tiff = exif_orientation(6);
    let jpeg = with_segment(
        &write(Format::jpeg(quality)),
        0xe1,
        &[b"Exif\0\0", &tiff[..]].concat(),
    );
    let png = write(Format::Png);
    // Behind the pixels, where the third edition of PNG allows it.
    let end = png.len() - 12;
    let png = [&png[..end], &png_chunk(b"eXIf", &tiff), &png[end..]].concat();
    let bare = write(Format::webp(quality));
    let webp = riff(&[&vp8x(0x08, 32, 16), &bare[12..], &riff_chunk(b"EXIF", &tiff)].concat());
    for file in [jpeg, png, webp] {
        let decoded = decode(&file, &Limits::default()).unwrap();
        assert_eq!(decoded.raster.size(), Size::new(16, 32), "{}", decoded.kind);
        assert_eq!(probe(&file, &Limits::default()).unwrap().size, Size::new(16, 32));
        let top = decoded.raster.pixel(8, 4).unwrap();
        let bottom = decoded.raster.pixel(8, 28).unwrap();
        assert!(top[0] > 240 && top[2] < 15, "{} {top:?}", decoded.kind);
        assert!(bottom[2] > 240 && bottom[0] < 15, "{} {bottom:?}", decoded.kind);
    }
}

#[test]
fn animations_give_their_first_frame() {
    let decoded = decode(&animated_gif(), &Limits::default()).unwrap();
    assert_eq!(decoded.raster.size(), Size::new(24, 16));
    let [red, .., alpha] = decoded.raster.pixel(0, 0).unwrap();
    assert!(red > 240 && alpha == 255);
    assert_eq!(decoded.raster.pixel(3, 5).unwrap()[3], 0);
    assert!(!decoded.opaque);

    let webp = |grey| {
        let raster = Raster::filled(Size::new(20, 20), [grey, grey, grey, 255]);
        encode(&raster, &Encoding::new(Format::webp(Quality::default()))).unwrap()
    };
    let raster = pixels_of(&animated_webp((20, 20), &webp(200), &webp(10)));
    assert!(farthest(&raster, &Raster::filled(Size::new(20, 20), [200, 200, 200, 255])) <= 3);

    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 4, 4);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[77; 16]).unwrap();
    writer.write_image_data(&[5; 16]).unwrap();
    writer.finish().unwrap();
    assert_eq!(
        pixels_of(&file),
        Raster::filled(Size::new(4, 4), [77, 77, 77, 255])
    );
}
