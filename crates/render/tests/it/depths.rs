//! What is drawn in 16 bits: documents that hold them, and designs in documents of a wide gamut.

use marquetry_model::Placement;
use marquetry_pixel::{Raster, Size};
use marquetry_render::{Assets, Order, Redraw};
use marquetry_testkit::golden;
use marquetry_testkit::golden::{Picture as Golden, Tolerance};
use marquetry_testkit::icc;
use marquetry_testkit::psd::{Builder, Depth, Layer, Linked, Rect, SmartObject};

use crate::fixtures::{apart, change, drawn, flat, opened, png, with_change};

/// Dark colours of every hue: each step of a channel beside eight of the others.
fn dark() -> Raster {
    let mut raster = Raster::new(Size::new(64, 64));
    for y in 0..64u8 {
        for (x, pixel) in (0u8..).zip(raster.row_mut(y.into()).as_chunks_mut::<4>().0) {
            *pixel = [x / 2, y / 2, (x % 8) * 4 + (y % 8) / 2, 255];
        }
    }
    raster
}

/// A document of 64 x 64 in a wide gamut.
fn wide() -> Builder {
    Builder::new(64, 64).icc_profile(icc::wide_rgb())
}

/// `file`, of 64 x 64, wholly covered by a smart object.
fn covered(mut file: Builder, contents: &Raster) -> Builder {
    let all = Rect::new(0, 0, 64, 64);
    file.push(Layer::raster("ground", all, flat(64, 64, [9, 60, 30, 255])));
    let quad = [[0.0, 0.0], [64.0, 0.0], [64.0, 64.0], [0.0, 64.0]];
    let placed = SmartObject::new("contents", quad, [64.0, 64.0]);
    file.push(Layer::smart_object(
        "Design",
        placed,
        all,
        flat(64, 64, [0, 0, 0, 255]),
    ));
    file.link(Linked::embedded("contents", "old.png", png(contents)));
    file
}

#[test]
fn dark_colours_of_a_design_come_through_a_wide_gamut_and_through_light() {
    let light = || Builder::new(64, 64).depth(Depth::ThirtyTwo);
    for make in [wide, light, || wide().depth(Depth::ThirtyTwo)] {
        let black = Raster::filled(Size::new(64, 64), [0, 0, 0, 255]);
        let mockup = opened(covered(make(), &black).to_bytes());
        let put = || with_change(&mockup, change(&mockup, "Design", Placement::default()), &dark());
        // Bytes of the document's own would be off by four and more.
        assert_eq!(*put(), dark());
        // The second render starts from what the first has left.
        assert_eq!(*put(), dark());
        // Contents that were there from the start are drawn the same way.
        let order = Order {
            redraw: Redraw::All,
            ..Order::default()
        };
        let contents = opened(covered(make(), &dark()).to_bytes());
        assert_eq!(*drawn(&contents, &order, &Assets::new()).raster, dark());
    }
}

#[test]
fn half_a_design_is_mixed_in_the_documents_own_values() {
    let light = Raster::filled(Size::new(64, 64), [200, 60, 20, 255]);
    let mut file = Builder::new(64, 64).icc_profile(icc::wide_rgb());
    let all = Rect::new(0, 0, 64, 64);
    file.push(Layer::raster("ground", all, flat(64, 64, [0, 0, 0, 255])));
    let quad = [[0.0, 0.0], [64.0, 0.0], [64.0, 64.0], [0.0, 64.0]];
    let placed = SmartObject::new("contents", quad, [64.0, 64.0]);
    let stored = flat(64, 64, [0, 0, 0, 255]);
    file.push(Layer::smart_object("Design", placed, all, stored).opacity(128));
    file.link(Linked::embedded("contents", "old.png", png(&light)));
    let mockup = opened(file.to_bytes());
    let half = with_change(&mockup, change(&mockup, "Design", Placement::default()), &light);
    // Over black, half the encoded value is this share of the light, whatever the primaries.
    let share = (128.0_f64 / 255.0).powf(icc::WIDE_GAMMA);
    let wanted = [200.0, 60.0, 20.0].map(|sample: f64| {
        255.0 * marquetry_pixel::srgb::encoded(share * marquetry_pixel::srgb::light_of(sample / 255.0))
    });
    let pixel = half.pixel(30, 30).unwrap();
    for (sample, wanted) in pixel.into_iter().zip(wanted) {
        assert!(
            (f64::from(sample) - wanted).abs() <= 0.6,
            "{pixel:?}, not {wanted}"
        );
    }
}

/// A ramp of 16 bits from black to a sixteenth, that levels stretch to white.
fn stretched() -> Builder {
    const WIDTH: u16 = 192;
    let mut file = Builder::new(u32::from(WIDTH), 16).depth(Depth::Sixteen);
    let ramp = |_: u32| (0..WIDTH).flat_map(|x| (x * 21).to_be_bytes());
    let plane: Vec<u8> = (0..16).flat_map(ramp).collect();
    let planes = (0..3).map(|id| (id, plane.clone()));
    let alpha = (-1, vec![255; plane.len()]);
    let area = Rect::new(0, 0, WIDTH.into(), 16);
    file.push(Layer::planes("ramp", area, planes.chain([alpha]).collect()));
    // Version 2, 29 records: input black and white, output black and white, gamma in 100ths.
    let mut levels = 2u16.to_be_bytes().to_vec();
    for record in 0..29 {
        let white: u16 = if record == 0 { 16 } else { 255 };
        for word in [0, white, 0, 255, 100] {
            levels.extend(word.to_be_bytes());
        }
    }
    file.push(Layer::empty("levels").block(b"levl", levels));
    file
}

#[test]
fn a_steep_curve_on_sixteen_bits_shows_no_bands() {
    let picture = drawn(&opened(stretched().to_bytes()), &Order::default(), &Assets::new());
    let row = picture.raster.row(7).as_chunks::<4>().0;
    for (x, two) in row.windows(2).enumerate() {
        // A pixel of the ramp is 1.3 levels; bytes would step by sixteen.
        assert!(two[1][0].abs_diff(two[0][0]) <= 2, "at {x}: {two:?}");
    }
    assert!(row[191][0] >= 249 && row[0] == [0, 0, 0, 255]);
    golden!("depth/levels_stretch_sixteen_bits", Tolerance::EXACT, || {
        Golden {
            width: 192,
            height: 16,
            rgba: picture.raster.bytes().to_vec(),
        }
    });
}

#[test]
fn what_shows_through_looks_right_on_white_in_either_depth() {
    let share = |depth: Depth| {
        let mut file = Builder::new(4, 4).depth(depth).icc_profile(icc::wide_rgb());
        let plane = |sample: u16| {
            let bytes = match depth {
                Depth::Sixteen => (sample * 257).to_be_bytes().to_vec(),
                _ => vec![u8::try_from(sample).unwrap()],
            };
            bytes.repeat(16)
        };
        let planes = (0..3).zip([30, 200, 90]).map(|(id, sample)| (id, plane(sample)));
        let layer = Layer::planes(
            "veil",
            Rect::new(0, 0, 4, 4),
            planes.chain([(-1, plane(100))]).collect(),
        );
        file.push(layer);
        drawn(&opened(file.to_bytes()), &Order::default(), &Assets::new()).raster
    };
    let (bytes, deep) = (share(Depth::Eight), share(Depth::Sixteen));
    assert_eq!(deep.pixel(1, 1).unwrap()[3], 100);
    // What bytes round on white is 2.5 times as much at this alpha.
    assert!(
        apart(&bytes, &deep) <= 3,
        "{:?} {:?}",
        bytes.pixel(1, 1),
        deep.pixel(1, 1)
    );
}
