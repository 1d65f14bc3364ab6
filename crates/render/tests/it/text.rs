//! New words on text layers, found again in the picture.

use marquetry_model::{LayerAddress, LayerId, Rewording, TextFit, TextStyle, Words};
use marquetry_pixel::{Raster, Rgb};
use marquetry_render::{Assets, Feature, OpenMockup, Order, bundled_fonts};
use marquetry_testkit::golden;
use marquetry_testkit::golden::{Picture, Tolerance};
use marquetry_testkit::psd::{Builder, Layer, Rect, Text};

use crate::fixtures::{drawn, flat, opened, version_resource};

/// White, 200 x 80, with the words "Old" in Arial, 40 pixels high, on the base line (20, 50). Their
/// stored pixels are a red block of 60 x 30.
fn mockup(text: &Text) -> OpenMockup {
    let mut file = Builder::new(200, 80);
    file.push(Layer::raster(
        "Background",
        Rect::new(0, 0, 200, 80),
        flat(200, 80, [255; 4]),
    ));
    let stored = flat(60, 30, [255, 0, 0, 255]);
    file.push(Layer::text("Words", text, Rect::new(20, 20, 60, 30), stored));
    opened(file.to_bytes())
}

fn old() -> Text {
    Text {
        bounds: [0.0, -34.0, 60.0, 13.0],
        ..Text::new("Old", 40.0, 20.0, 50.0)
    }
}

fn rewording(text: &str, style: TextStyle, fit: TextFit) -> Rewording {
    Rewording {
        slot: LayerId::from_bytes([7; 16]),
        addresses: vec![LayerAddress(vec![1])],
        words: Words::Plain {
            text: text.to_owned(),
            style,
        },
        fit,
    }
}

fn plain(text: &str, fit: TextFit) -> Rewording {
    rewording(text, TextStyle::default(), fit)
}

fn with(mockup: &OpenMockup, rewording: Rewording) -> (Raster, Vec<Feature>) {
    let texts = [rewording];
    let order = Order {
        texts: &texts,
        ..Order::default()
    };
    let picture = drawn(mockup, &order, &Assets::new());
    let lacks = picture
        .undrawn
        .into_iter()
        .map(|missing| missing.feature)
        .collect();
    (Raster::clone(&picture.raster), lacks)
}

/// Left, top, right and bottom of what is more than half covered on white.
fn ink(raster: &Raster) -> (u32, u32, u32, u32) {
    let mut found = (u32::MAX, u32::MAX, 0, 0);
    for y in 0..raster.size().height {
        for (x, pixel) in (0..).zip(raster.row(y).as_chunks::<4>().0) {
            if pixel[..3].iter().any(|part| *part < 128) {
                found = (
                    found.0.min(x),
                    found.1.min(y),
                    found.2.max(x + 1),
                    found.3.max(y + 1),
                );
            }
        }
    }
    found
}

#[test]
fn words_stand_where_the_old_ones_stood() {
    let mockup = mockup(&old());
    let (raster, lacks) = with(&mockup, plain("I", TextFit::Overflow));
    // Arimo's I: capitals are 1409/2048 high, the stem lies from 191 to 382 of 2048.
    let (left, top, right, bottom) = ink(&raster);
    let unit = 40.0 / 2048.0;
    let near = |pixel: u32, place: f64| (f64::from(pixel) - place).abs() <= 0.6;
    assert!(
        near(bottom, 50.0) && near(top, 50.0 - 1409.0 * unit),
        "{top} to {bottom}"
    );
    assert!(
        near(left, 20.0 + 191.0 * unit) && near(right, 20.0 + 382.0 * unit),
        "{left} to {right}"
    );
    let used = Feature::Font {
        wanted: "ArialMT".into(),
        used: "Arimo-Regular".into(),
    };
    assert_eq!(lacks, [used]);
    // Unchanged, the stored pixels are shown.
    let unchanged = drawn(&mockup, &Order::default(), &Assets::new());
    assert_eq!(unchanged.raster.row(30)[25 * 4..][..4], [255, 0, 0, 255]);
}

#[test]
fn font_size_and_colour_can_be_asked_for() {
    let mockup = mockup(&old());
    let style = TextStyle {
        font: Some("Arimo-Bold".into()),
        font_size: Some(20.0),
        colour: Some(Rgb::new(0, 0, 250)),
        ..TextStyle::default()
    };
    let (raster, lacks) = with(&mockup, rewording("I", style, TextFit::Overflow));
    assert_eq!(lacks, []);
    let (left, top, right, bottom) = ink(&raster);
    assert!(
        bottom - top == 14 && right - left <= 4,
        "{left} {top} {right} {bottom}"
    );
    let middle = raster.row(45).as_chunks::<4>().0[usize::try_from(left + 1).unwrap()];
    assert_eq!(middle, [0, 0, 250, 255]);
}

#[test]
fn the_layers_transform_is_kept() {
    // Turned by a quarter to the right, and twice as large.
    let turned = Text {
        transform: [0.0, 2.0, -2.0, 0.0, 100.0, 10.0],
        ..Text::new("Old", 20.0, 0.0, 0.0)
    };
    let (raster, _) = with(&mockup(&turned), plain("I", TextFit::Overflow));
    let (left, top, right, bottom) = ink(&raster);
    assert!(right - left > 26 && bottom - top <= 5, "it lies on its side");
    assert!(left == 100 && (13..16).contains(&top), "{left} {top}");
    // A size is asked for in pixels of the document.
    let style = TextStyle {
        font_size: Some(20.0),
        ..TextStyle::default()
    };
    let (half, _) = with(&mockup(&turned), rewording("I", style, TextFit::Overflow));
    let (left, _, right, _) = ink(&half);
    assert_eq!(right - left, 14);
}

/// Outlines are the same everywhere; only the sine and cosine of a turned layer may differ in a last bit.
const TURNS: Tolerance = Tolerance { level: 1, pixels: 8 };

#[test]
fn words_look_as_they_should() {
    let straight = mockup(&old());
    let turned = mockup(&Text {
        transform: [0.94, -0.34, 0.34, 0.94, 30.0, 70.0],
        ..Text::new("Old", 34.0, 0.0, 0.0)
    });
    let coloured = TextStyle {
        colour: Some(Rgb::new(190, 40, 90)),
        ..TextStyle::default()
    };
    let sheet = [
        with(&straight, plain("AVATAR fi \u{e9}", TextFit::Overflow)),
        with(&straight, plain("HHHHHH", TextFit::Shrink)),
        with(&straight, plain("HHHHHH", TextFit::Clip)),
        with(&turned, rewording("Turned", coloured, TextFit::Overflow)),
    ];
    let rows = sheet.iter().flat_map(|(raster, _)| raster.bytes());
    golden!("text/words", TURNS, || Picture {
        width: 200,
        height: 320,
        rgba: rows.copied().collect(),
    });
}

#[test]
fn long_words_overflow_shrink_or_are_cut() {
    let mockup = mockup(&old());
    let fitted = |fit| with(&mockup, plain("HHHHHHHH", fit));
    let (overflow, lacks) = fitted(TextFit::Overflow);
    assert!(ink(&overflow).2 > 195 && !lacks.contains(&Feature::TextShrunk));
    let (shrunk, lacks) = fitted(TextFit::Shrink);
    let (left, top, right, bottom) = ink(&shrunk);
    assert!(right <= 80 && right > 76 && left >= 20, "{left} to {right}");
    assert!(
        bottom == 50 && bottom - top < 10,
        "smaller, on the same base line"
    );
    assert!(lacks.contains(&Feature::TextShrunk));
    let (cut, lacks) = fitted(TextFit::Clip);
    assert!(ink(&cut).2 <= 80 && ink(&cut).3 == 50);
    assert!(!lacks.contains(&Feature::TextShrunk));
    // Short words are left as they are.
    let short = |fit| with(&mockup, plain("I", fit));
    assert_eq!(short(TextFit::Shrink), short(TextFit::Overflow));
    assert_eq!(short(TextFit::Clip), short(TextFit::Overflow));
}

#[test]
fn runs_are_replaced_one_by_one() {
    let mockup = mockup(&old());
    let segments = Rewording {
        words: Words::Segments(vec![(0, "New".into())]),
        ..plain("", TextFit::Overflow)
    };
    assert_eq!(
        with(&mockup, segments),
        with(&mockup, plain("New", TextFit::Overflow))
    );
}

#[test]
fn the_catalogue_says_what_can_be_changed() {
    let id = LayerId::from_bytes([7; 16]);
    let listed = |text: &Text| mockup(text).catalogue(bundled_fonts(), &|_| id).text_layers[0].clone();
    let arial = listed(&old());
    assert_eq!((arial.editable, arial.font_available), (true, Some(false)));
    let arimo = Text {
        font: "Arimo-Regular".into(),
        ..old()
    };
    assert_eq!(listed(&arimo).font_available, Some(true));
    let folded = Text {
        transform: [1.0, 1.0, 2.0, 2.0, 0.0, 0.0],
        ..old()
    };
    assert!(!listed(&folded).editable);
}

#[test]
fn hostile_layers_draw_something_or_nothing() {
    for bad in [f64::NAN, f64::INFINITY, 1e300, -1e300, 0.0] {
        for at in 0..6 {
            let mut text = old();
            text.transform[at] = bad;
            for fit in [TextFit::Overflow, TextFit::Shrink, TextFit::Clip] {
                let _drawn = with(&mockup(&text), plain("Words", fit));
            }
        }
        let text = Text {
            bounds: [bad; 4],
            ..old()
        };
        for fit in [TextFit::Shrink, TextFit::Clip] {
            let _drawn = with(&mockup(&text), plain("Words", fit));
        }
    }
}

#[test]
fn a_second_render_knows_nothing_of_the_first() {
    let mockup_used = mockup(&old());
    let first = || plain("First", TextFit::Overflow);
    let drawn = with(&mockup_used, first());
    let _other = with(&mockup_used, plain("gggggg", TextFit::Overflow));
    assert_eq!(with(&mockup_used, first()), drawn);
    assert_eq!(with(&mockup(&old()), first()), drawn);
}

#[test]
fn old_releases_mix_text_as_it_is_stored_and_later_ones_in_a_gamma() {
    let half = |saved_by: &str| {
        let mut file = Builder::new(10, 10).resource(1057, version_resource(saved_by));
        let all = Rect::new(0, 0, 10, 10);
        file.push(Layer::raster("White", all, flat(10, 10, [255; 4])));
        file.push(Layer::text("Words", &old(), all, flat(10, 10, [0, 0, 0, 128])));
        drawn(&opened(file.to_bytes()), &Order::default(), &Assets::new())
            .raster
            .pixel(5, 5)
            .unwrap()[0]
    };
    assert_eq!(
        ["6.0", "CS3", "CS5.1"].map(|name| half(&format!("Adobe Photoshop {name}"))),
        [127; 3]
    );
    // Half the way in light to the power of 1 / 1.45.
    let mixed = marquetry_pixel::srgb::encoded((127.0_f64 / 255.0).powf(1.45));
    for name in ["Adobe Photoshop CS6", "Adobe Photoshop 2026", "Marquetry"] {
        assert!(
            (f64::from(half(name)) - 255.0 * mixed).abs() <= 1.0,
            "{name}: {}",
            half(name)
        );
    }
}
