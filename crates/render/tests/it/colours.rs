//! Modes and depths other than 8-bit RGB: drawn in the document's own values, seen in sRGB.

use marquetry_codec::{IccProfile, Limits as CodecLimits, brightness_of, decode, srgb_profile};
use marquetry_model::{Export, ExportFormat, ExportSize, Placement};
use marquetry_pixel::srgb::{encoded, light_of};
use marquetry_pixel::{Raster, Size};
use marquetry_render::{Assets, Feature, OpenMockup, Order, OutputProfile, Picture, export_as};
use marquetry_testkit::golden;
use marquetry_testkit::golden::{Picture as Golden, Tolerance};
use marquetry_testkit::icc;
use marquetry_testkit::psd::{Builder, Depth, Layer, Linked, Mode, Rect, SmartObject};

use crate::fixtures::{change, drawn, opened, png, quarters, with_change};

fn seen(file: &Builder) -> Picture {
    drawn(&opened(file.to_bytes()), &Order::default(), &Assets::new())
}

/// A layer of even samples over the whole of a 4 x 4 canvas; `planes` are the colour channels.
fn even(planes: &[u8]) -> Layer {
    let alpha = (-1, vec![255; 16]);
    let colours = (0..).zip(planes).map(|(id, sample)| (id, vec![*sample; 16]));
    Layer::planes(
        "even",
        Rect::new(0, 0, 4, 4),
        std::iter::once(alpha).chain(colours).collect(),
    )
}

/// What [`icc::look`] looks like on a screen whose black is as dark as the ink's.
fn look(inks: [f64; 4]) -> [f64; 3] {
    let [l, a, b] = icc::look(inks);
    let cube = |f: f64| {
        if f > 6.0 / 29.0 {
            f.powi(3)
        } else {
            (f - 4.0 / 29.0) * 3.0 * (6.0_f64 / 29.0).powi(2)
        }
    };
    let fy = (l + 16.0) / 116.0;
    let (x, y, z) = (
        0.9642 * cube(fy + a / 500.0),
        cube(fy),
        0.8249 * cube(fy - b / 200.0),
    );
    let black = cube(26.0 / 116.0);
    let light = [
        3.133_856 * x - 1.616_867 * y - 0.490_615 * z,
        -0.978_768 * x + 1.916_142 * y + 0.033_454 * z,
        0.071_945 * x - 0.228_991 * y + 1.405_243 * z,
    ];
    light.map(|light| {
        let light = ((light - black) / (1.0 - black)).clamp(0.0, 1.0);
        255.0 * encoded(light)
    })
}

fn near(pixel: Option<[u8; 4]>, expected: [f64; 3], tolerance: f64) {
    let pixel = pixel.unwrap();
    for (sample, expected) in pixel.into_iter().zip(expected) {
        assert!(
            (f64::from(sample) - expected).abs() <= tolerance,
            "{pixel:?}, not {expected:?}"
        );
    }
}

#[test]
fn inks_look_as_their_profile_says_with_the_black_point_compensated() {
    // The numbers are those of Little CMS: relative colorimetric, black point compensation.
    for (inks, theirs) in [
        ([0, 0, 0, 0], [255, 255, 255]),
        ([0, 0, 0, 255], [0, 0, 0]),
        ([0, 0, 0, 128], [129, 129, 129]),
        ([255, 0, 0, 0], [0, 195, 224]),
        ([0, 255, 255, 64], [162, 61, 0]),
        ([0, 0, 255, 128], [128, 113, 52]),
    ] {
        let mut file = Builder::new(4, 4).mode(Mode::Cmyk).icc_profile(icc::inks());
        file.push(even(&inks.map(|ink| 255 - ink)));
        let picture = seen(&file);
        near(picture.raster.pixel(1, 1), theirs.map(f64::from), 2.0);
        let formula = look(inks.map(|ink| f64::from(ink) / 255.0));
        near(picture.raster.pixel(1, 1), formula, 2.0);
        assert!(picture.undrawn.is_empty(), "{:?}", picture.undrawn);
    }
}

#[test]
fn inks_without_a_profile_multiply_and_say_so() {
    let mut file = Builder::new(4, 4).mode(Mode::Cmyk);
    file.push(even(&[255, 128, 0, 200]));
    let picture = seen(&file);
    assert_eq!(picture.raster.pixel(1, 1), Some([200, 100, 0, 255]));
    assert_eq!(picture.undrawn[0].feature, Feature::ColourMode);
}

#[test]
fn inks_blend_with_inks() {
    // Multiplying what is left of the paper is done ink by ink, black as well.
    let mut file = Builder::new(4, 4).mode(Mode::Cmyk);
    file.push(even(&[200, 255, 255, 128]));
    file.push(even(&[255, 100, 255, 128]).blend(b"mul "));
    let paper = |share: f64| 128.0 * 128.0 / 255.0 * share;
    near(
        seen(&file).raster.pixel(2, 2),
        [paper(200.0 / 255.0), paper(100.0 / 255.0), paper(1.0)],
        1.0,
    );
    // Half of black ink over yellow: half the yellow, half the black.
    let mut file = Builder::new(4, 4).mode(Mode::Cmyk);
    file.push(even(&[255, 255, 0, 255]));
    file.push(even(&[255, 255, 255, 0]).opacity(128));
    near(seen(&file).raster.pixel(0, 3), [127.0, 127.0, 64.0 - 0.5], 1.0);
}

#[test]
fn an_asset_is_separated_into_the_documents_inks() {
    let id = "contents";
    let document = |file: Builder| {
        let mut file = file;
        file.push(even(&[255, 255, 255, 255]));
        let quad = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]];
        let stored = (-1..4).map(|channel| (channel, vec![255; 16])).collect();
        file.push(
            Layer::planes("Design", Rect::new(0, 0, 4, 4), stored).placed(SmartObject::new(
                id,
                quad,
                [4.0, 4.0],
            )),
        );
        file.link(Linked::embedded(id, "old.png", png(&quarters(4, 4))));
        opened(file.to_bytes())
    };
    let grey = Raster::filled(Size::new(4, 4), [100, 100, 100, 255]);
    let put = |mockup: &OpenMockup, asset: &Raster| {
        let change = change(mockup, "Design", Placement::default());
        with_change(mockup, change, asset).pixel(1, 1)
    };
    // Without a profile, colours come back as they went in.
    let plain = document(Builder::new(4, 4).mode(Mode::Cmyk));
    near(put(&plain, &grey), [100.0; 3], 1.0);
    let teal = Raster::filled(Size::new(4, 4), [20, 130, 120, 255]);
    near(put(&plain, &teal), [20.0, 130.0, 120.0], 1.0);
    // With one, they are separated by it: this one knows black ink only, the less of it the lighter the
    // colour is, and the screen's black is as light as the ink's.
    let pressed = document(Builder::new(4, 4).mode(Mode::Cmyk).icc_profile(icc::inks()));
    let black = 26.0_f64 / 116.0;
    let light = light_of(100.0 / 255.0) * (1.0 - black.powi(3)) + black.powi(3);
    let lightness = 116.0 * light.cbrt() - 16.0;
    // The last node of version 2's L* stands at 65535 / 65280 of 100.
    let ink = 1.0 - lightness / 100.0 * 65280.0 / 65535.0;
    near(put(&pressed, &grey), look([0.0, 0.0, 0.0, ink]), 1.5);
}

#[test]
fn grey_goes_through_its_profile_and_back() {
    // Linear light.
    let profile = linear_grey();
    let mut file = Builder::new(4, 4).mode(Mode::Grey).icc_profile(profile);
    file.push(even(&[55]));
    let shown = 255.0 * encoded(55.0 / 255.0);
    near(seen(&file).raster.pixel(0, 0), [shown; 3], 1.0);
    // Half of black over white is half the light there, not half the sample.
    file.push(even(&[255]));
    file.push(even(&[0]).opacity(128));
    let half = 255.0 * encoded(127.0 / 255.0);
    near(seen(&file).raster.pixel(0, 0), [half; 3], 1.5);
}

/// A grey profile of gamma 1, by hand: a header, a white point, and a curve of no entries.
fn linear_grey() -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes[8..12].copy_from_slice(&[2, 0x40, 0, 0]);
    bytes[12..24].copy_from_slice(b"mntrGRAYXYZ ");
    bytes[24..36].copy_from_slice(&[7, 0xd0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    bytes[36..40].copy_from_slice(b"acsp");
    let white: Vec<u8> = [0xf6d6_u32, 0x1_0000, 0xd32d]
        .into_iter()
        .flat_map(u32::to_be_bytes)
        .collect();
    bytes[68..80].copy_from_slice(&white);
    bytes.extend(2u32.to_be_bytes());
    for (name, at, length) in [(b"wtpt", 156u32, 20u32), (b"kTRC", 176, 12)] {
        bytes.extend(name);
        bytes.extend(at.to_be_bytes());
        bytes.extend(length.to_be_bytes());
    }
    bytes.extend(b"XYZ \0\0\0\0");
    bytes.extend(&white);
    bytes.extend(b"curv\0\0\0\0\0\0\0\0");
    let length = u32::try_from(bytes.len()).unwrap();
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

#[test]
fn half_transparent_pixels_look_right_on_white() {
    let mut file = Builder::new(4, 4).mode(Mode::Grey).icc_profile(linear_grey());
    file.push(even(&[40]).opacity(100));
    let [value, _, _, alpha] = seen(&file).raster.pixel(2, 2).unwrap();
    assert_eq!(alpha, 100);
    let share = f64::from(alpha) / 255.0;
    let on_white = f64::from(value) * share + 255.0 * (1.0 - share);
    let document = 40.0 * share + 255.0 * (1.0 - share);
    let wanted = 255.0 * encoded(document / 255.0);
    assert!((on_white - wanted).abs() <= 1.0, "{on_white}, not {wanted}");
}

#[test]
fn lab_is_blended_as_it_is_stored() {
    let mut file = Builder::new(4, 4).mode(Mode::Lab);
    // L* 54.29, a* 80.81, b* 69.89 is sRGB's red, as far as bytes go.
    file.push(even(&[138, 209, 198]));
    near(seen(&file).raster.pixel(0, 0), [255.0, 0.0, 0.0], 3.0);
    // Two halves of a dull colour over it leave a quarter of it, in Lab.
    file.push(even(&[102, 134, 120]).opacity(128));
    file.push(even(&[102, 134, 120]).opacity(128));
    let [red, green, blue, _] = seen(&file).raster.pixel(0, 0).unwrap();
    let light = light_of(f64::from(brightness_of([red, green, blue])) / 255.0);
    let lightness = 116.0 * light.cbrt() - 16.0;
    // A quarter of 54.1 and three of 40.
    assert!((lightness - 43.5).abs() < 1.0, "{lightness}");
    assert!(seen(&file).undrawn.is_empty());
}

#[test]
fn deep_samples_round_to_the_nearest() {
    for (depth, samples) in [
        (Depth::Sixteen, 32_896_u16.to_be_bytes().repeat(16)),
        // Linear light of which the encoded value is 128.
        (Depth::ThirtyTwo, 0.215_86_f32.to_be_bytes().repeat(16)),
    ] {
        let mut file = Builder::new(4, 4).depth(depth);
        let alpha = match depth {
            Depth::Sixteen => vec![255; 32],
            _ => 1.0_f32.to_be_bytes().repeat(16),
        };
        let planes = (0..3)
            .map(|id| (id, samples.clone()))
            .chain([(-1, alpha)])
            .collect();
        file.push(Layer::planes("deep", Rect::new(0, 0, 4, 4), planes));
        let picture = seen(&file);
        assert_eq!(
            picture.raster.pixel(3, 0),
            Some([128, 128, 128, 255]),
            "{depth:?}"
        );
        assert!(picture.undrawn.is_empty());
    }
}

#[test]
fn light_is_mixed_as_light() {
    for mode in [Mode::Rgb, Mode::Grey] {
        let white = || {
            let mut file = Builder::new(4, 4).mode(mode).depth(Depth::ThirtyTwo);
            file.push(Layer::solid_fill("white", [255, 255, 255]));
            file
        };
        // The numbers of a chosen colour are light themselves.
        let mut file = white();
        file.push(Layer::solid_fill("grey", [60, 60, 60]));
        let grey = 255.0 * encoded(60.0 / 255.0);
        near(seen(&file).raster.pixel(1, 1), [grey; 3], 0.6);
        // Half of the light is more than half of what is written.
        let mut file = white();
        file.push(Layer::solid_fill("black", [0, 0, 0]).opacity(128));
        let half = 255.0 * encoded(127.0 / 255.0);
        near(seen(&file).raster.pixel(1, 1), [half; 3], 0.6);
        assert!(seen(&file).undrawn.is_empty());
    }
}

#[test]
fn flat_modes_show_their_merged_picture() {
    let mut palette = vec![0; 768];
    (palette[5], palette[256 + 5], palette[512 + 5]) = (10, 20, 30);
    let indexed = Builder::new(4, 4).mode(Mode::Indexed).color_mode_data(palette);
    let indexed = seen(&indexed.merged_planes(vec![vec![5; 16]]));
    assert_eq!(indexed.raster.pixel(1, 2), Some([10, 20, 30, 255]));
    let bitmap = Builder::new(4, 4).mode(Mode::Bitmap).depth(Depth::One);
    let bitmap = seen(&bitmap.merged_planes(vec![vec![0b0100_0000; 4]]));
    assert_eq!(bitmap.raster.pixel(1, 2), Some([0, 0, 0, 255]));
    assert_eq!(bitmap.raster.pixel(2, 2), Some([255; 4]));
    assert!(indexed.undrawn.is_empty() && bitmap.undrawn.is_empty());
    let duotone = Builder::new(4, 4).mode(Mode::Duotone).color_mode_data(vec![0; 8]);
    let duotone = seen(&duotone.merged_planes(vec![vec![90; 16]]));
    assert_eq!(duotone.raster.pixel(0, 0), Some([90, 90, 90, 255]));
    assert_eq!(duotone.undrawn[0].feature, Feature::ColourMode);
}

#[test]
fn spot_inks_print_over_each_other() {
    // Two inks, RGB (255, 0, 0) and (0, 0, 255), transparent: full over full is black.
    let ink = |red: u16, blue: u16| [0, red, 0, blue, 0, 0].map(u16::to_be_bytes).concat();
    let mut displays = 1u32.to_be_bytes().to_vec();
    for bytes in [ink(65535, 0), ink(0, 65535)] {
        displays.extend(bytes);
        displays.push(2);
    }
    let file = Builder::new(4, 1)
        .mode(Mode::Multichannel)
        .resource(1077, displays);
    let planes = vec![vec![255, 0, 255, 0], vec![255, 255, 0, 0]];
    let picture = seen(&file.merged_planes(planes));
    assert_eq!(
        picture.raster.pixels(),
        [
            [255, 255, 255, 255],
            [255, 0, 0, 255],
            [0, 0, 255, 255],
            [0, 0, 0, 255]
        ]
    );
}

#[test]
fn the_profile_is_written_only_when_asked_for() {
    let mockup = opened(crate::fixtures::mockup((60.0, 60.0)));
    let picture = drawn(&mockup, &Order::default(), &Assets::new());
    for format in [ExportFormat::Png, ExportFormat::Jpeg, ExportFormat::Webp] {
        let wanted = Export {
            format,
            size: ExportSize::Original,
            ..Export::default()
        };
        let written = |profile| {
            let (bytes, _) = export_as(&mockup, &picture.raster, &wanted, profile, &mut ()).unwrap();
            decode(&bytes, &CodecLimits::default()).unwrap().icc
        };
        assert_eq!(written(OutputProfile::Unstated), None);
        assert_eq!(written(OutputProfile::Srgb), Some(srgb_profile()));
    }
    assert!(matches!(IccProfile::read(&srgb_profile()), Ok(IccProfile::Srgb)));
}

/// Four stripes of ink and a shadow of black, half transparent, over their lower half.
#[test]
fn a_press_sheet() {
    let stripes = |channel: usize| {
        let sample = |at: usize| if at % 16 / 4 == channel { 0 } else { 255 };
        (0..16 * 12).map(sample).collect::<Vec<u8>>()
    };
    let mut file = Builder::new(16, 12).mode(Mode::Cmyk).icc_profile(icc::inks());
    let planes = (0..4_i16).zip((0..4).map(stripes)).collect();
    file.push(Layer::planes("stripes", Rect::new(0, 0, 16, 12), planes));
    let shadow = [255, 255, 255, 0].map(|ink| vec![ink; 16 * 6]);
    let mut planes: Vec<(i16, Vec<u8>)> = (0..).zip(shadow).collect();
    planes.push((-1, vec![120; 16 * 6]));
    file.push(Layer::planes("shadow", Rect::new(0, 6, 16, 6), planes));
    golden("press_sheet", &file);
}

/// A ramp of a* against b* under a lighter square.
#[test]
fn a_plane_of_lab() {
    let plane = |sample: &dyn Fn(u8, u8) -> u8| {
        (0..12u8)
            .flat_map(|y| (0..16u8).map(move |x| (x, y)))
            .map(|(x, y)| sample(x, y))
            .collect::<Vec<u8>>()
    };
    let mut file = Builder::new(16, 12).mode(Mode::Lab);
    let planes = vec![
        (0, plane(&|_, _| 160)),
        (1, plane(&|x, _| 64 + 8 * x)),
        (2, plane(&|_, y| 80 + 8 * y)),
    ];
    file.push(Layer::planes("colours", Rect::new(0, 0, 16, 12), planes));
    let square = [255, 128, 128].map(|sample| vec![sample; 36]);
    let mut planes: Vec<(i16, Vec<u8>)> = (0..).zip(square).collect();
    planes.push((-1, vec![100; 36]));
    file.push(Layer::planes("light", Rect::new(5, 3, 6, 6), planes));
    golden("lab_plane", &file);
}

fn golden(name: &str, file: &Builder) {
    let raster = seen(file).raster;
    // Powers and roots may differ in the last place from one machine to another.
    golden!(name, Tolerance::within(1), || {
        Golden {
            width: 16,
            height: 12,
            rgba: raster.bytes().to_vec(),
        }
    });
}
