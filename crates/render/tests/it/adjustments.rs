//! Every kind of adjustment layer over one chart, through the whole road from the file's bytes.

use marquetry_pixel::{Raster, Size};
use marquetry_render::{Assets, Order};
use marquetry_testkit::golden;
use marquetry_testkit::golden::{Picture, Tolerance};
use marquetry_testkit::psd::adjustment::{self as adjust, Adjustment, STILL_RANGES};
use marquetry_testkit::psd::{Builder, Layer, Rect};

use crate::fixtures::{drawn, opened};

const WIDTH: u32 = 48;
const HEIGHT: u32 = 40;

/// Hues across, from light to dark and pale; below a ramp of grey and one of a muted colour.
fn chart() -> Raster {
    let mut raster = Raster::new(Size::new(WIDTH, HEIGHT));
    let ramp = |x: u32| f64::from(x) / f64::from(WIDTH - 1);
    for y in 0..HEIGHT {
        for (x, pixel) in (0..WIDTH).zip(raster.row_mut(y).as_chunks_mut::<4>().0) {
            let [red, green, blue] = match y / 8 {
                0 => hue(ramp(x), 0.2, 1.0),
                1 => hue(ramp(x), 0.0, 0.6),
                2 => hue(ramp(x), 0.55, 0.8),
                3 => [ramp(x); 3],
                _ => [0.2 + 0.7 * ramp(x), 0.15 + 0.6 * ramp(x), 0.1 + 0.4 * ramp(x)],
            };
            *pixel = [byte(red), byte(green), byte(blue), 255];
        }
    }
    raster
}

fn hue(turn: f64, low: f64, high: f64) -> [f64; 3] {
    [0.0, 4.0, 2.0].map(|from| {
        let place = (turn * 6.0 + from).rem_euclid(6.0);
        low + (high - low) * ((place - 3.0).abs() - 1.0).clamp(0.0, 1.0)
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares are within 0..=1"
)]
fn byte(share: f64) -> u8 {
    (share * 255.0).round() as u8
}

/// The chart under an adjustment.
fn adjusted((key, settings): &Adjustment) -> Raster {
    let mut file = Builder::new(WIDTH, HEIGHT);
    let whole = Rect::new(0, 0, WIDTH, HEIGHT);
    file.push(Layer::raster("chart", whole, chart().into_bytes()));
    file.push(Layer::empty("adjustment").block(key, settings.clone()));
    let picture = drawn(&opened(file.to_bytes()), &Order::default(), &Assets::new());
    assert_eq!(picture.undrawn, [], "{}", key.escape_ascii());
    Raster::clone(&picture.raster)
}

/// What a rule for each colour makes of the chart, to the byte.
fn check(adjustment: &Adjustment, level: u8, rule: impl Fn([u8; 3]) -> [u8; 3]) {
    let (before, after) = (chart(), adjusted(adjustment));
    for (before, after) in before
        .bytes()
        .as_chunks::<4>()
        .0
        .iter()
        .zip(after.bytes().as_chunks::<4>().0)
    {
        let [red, green, blue, _] = *before;
        let wanted = rule([red, green, blue]);
        let off = (0..3).map(|at| wanted[at].abs_diff(after[at])).max();
        assert!(off <= Some(level), "{before:?} became {after:?}, not {wanted:?}");
    }
}

#[test]
fn plain_rules_are_kept_to_the_byte() {
    check(&adjust::invert(), 0, |colour| colour.map(|sample| 255 - sample));
    check(&adjust::threshold(128), 0, |[red, green, blue]| {
        let light = 30 * u32::from(red) + 59 * u32::from(green) + 11 * u32::from(blue);
        [if light >= 12_750 { 255 } else { 0 }; 3]
    });
    check(&adjust::posterize(2), 0, |colour| {
        colour.map(|sample| if sample < 128 { 0 } else { 255 })
    });
    let halved = [0, 255, 0, 128, 100];
    let still = [0, 255, 0, 255, 100];
    check(&adjust::levels([halved, still, still, still]), 1, |colour| {
        colour.map(|sample| byte(f64::from(sample) / 255.0 * 128.0 / 255.0))
    });
    let swapped = [[0, 100, 0, 0, 0], [100, 0, 0, 0, 0], [0, 0, 100, 0, 0]];
    check(&adjust::channel_mixer(false, swapped), 0, |[red, green, blue]| {
        [green, red, blue]
    });
    let turned = adjust::hue_saturation(false, [120, 0, 0], STILL_RANGES);
    check(&turned, 1, |[red, green, blue]| [blue, red, green]);
    let identity = "LUT_3D_SIZE 2\n0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n";
    check(&adjust::colour_lookup(identity), 1, |colour| colour);
}

#[test]
fn what_changes_nothing_changes_nothing() {
    let still = [0, 255, 0, 255, 100];
    let straight = [[100, 0, 0, 0, 0], [0, 100, 0, 0, 0], [0, 0, 100, 0, 0]];
    for adjustment in [
        adjust::brightness_contrast(0, 0, false),
        adjust::brightness_contrast(0, 0, true),
        adjust::levels([still; 4]),
        adjust::curves(&[(0, &[[0, 0], [255, 255]])]),
        adjust::exposure(0.0, 0.0, 1.0),
        adjust::vibrance(0, 0),
        adjust::hue_saturation(false, [0; 3], STILL_RANGES),
        adjust::colour_balance([[0; 3]; 3], true),
        adjust::channel_mixer(false, straight),
        adjust::selective_colour(false, [[0; 4]; 9]),
    ] {
        check(&adjustment, 0, |colour| colour);
    }
}

/// The pictures were looked at beside the chart; how near each is to Photoshop's stands in `docs/psd-support.md`.
#[test]
fn every_kind_of_adjustment() {
    let mut ranges = STILL_RANGES;
    ranges[0] = [300, 330, 30, 75, 40, 30, 0];
    ranges[1] = [10, 45, 75, 120, 0, -80, 20];
    let mut inks = [[0; 4]; 9];
    inks[0] = [-60, 0, 40, 0];
    inks[6] = [0, 0, 30, 0];
    inks[7] = [20, -10, 0, 10];
    let cases = [
        ("brightness_contrast", adjust::brightness_contrast(40, 30, false)),
        (
            "brightness_contrast_legacy",
            adjust::brightness_contrast(40, 30, true),
        ),
        (
            "levels",
            adjust::levels([
                [20, 230, 10, 245, 140],
                [0, 200, 0, 255, 100],
                [0, 255, 0, 255, 60],
                [0, 255, 40, 255, 100],
            ]),
        ),
        (
            "curves",
            adjust::curves(&[
                (0, &[[0, 0], [64, 40], [190, 220], [255, 255]]),
                (3, &[[0, 60], [255, 200]]),
            ]),
        ),
        ("exposure", adjust::exposure(0.8, -0.02, 1.2)),
        ("vibrance", adjust::vibrance(80, -10)),
        (
            "hue_saturation",
            adjust::hue_saturation(false, [-30, 20, 5], STILL_RANGES),
        ),
        (
            "hue_saturation_ranges",
            adjust::hue_saturation(false, [0; 3], ranges),
        ),
        (
            "hue_saturation_colorize",
            adjust::hue_saturation(true, [210, 40, 0], STILL_RANGES),
        ),
        (
            "colour_balance",
            adjust::colour_balance([[20, 0, -20], [-30, 10, 40], [0, -20, 10]], true),
        ),
        (
            "black_and_white",
            adjust::black_and_white([40, 60, 40, 60, 20, 80], None),
        ),
        (
            "black_and_white_tinted",
            adjust::black_and_white([120, 10, 40, -20, 60, 80], Some([225.0, 211.0, 179.0])),
        ),
        ("photo_filter", adjust::photo_filter([236, 138, 0], 50, true)),
        (
            "channel_mixer",
            adjust::channel_mixer(false, [[60, 40, 0, 0, 5], [0, 120, -30, 0, 0], [20, 0, 80, 0, 0]]),
        ),
        (
            "channel_mixer_monochrome",
            adjust::channel_mixer(true, [[40, 40, 20, 0, 0], [0; 5], [0; 5]]),
        ),
        ("selective_colour", adjust::selective_colour(true, inks)),
        (
            "gradient_map",
            adjust::gradient_map(
                false,
                &[(0.0, [20, 10, 60]), (0.5, [220, 60, 80]), (1.0, [255, 240, 180])],
            ),
        ),
        ("posterize", adjust::posterize(4)),
    ];
    for (name, adjustment) in cases {
        // Powers and logarithms are not the same to the last bit on every machine.
        golden!(&format!("adjust/{name}"), Tolerance::within(1), || {
            let raster = adjusted(&adjustment);
            Picture {
                width: raster.width() as usize,
                height: raster.height() as usize,
                rgba: raster.bytes().to_vec(),
            }
        });
    }
}
