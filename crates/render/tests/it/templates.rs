//! Templates drawn: each test asks one question of a small page.

use bytes::Bytes;
use marquetry_codec::{Limits as CodecLimits, decode, probe};
use marquetry_model::{Export, ExportFormat, ExportSize};
use marquetry_pixel::{Raster, Size};
use marquetry_render::{
    Limits, Painter, RenderError, RenderedTemplate, Room, Supplies, WarningCode, Watch, render_template,
};
use marquetry_template::{Everything, Filled, Limits as TemplateLimits, Source, Template, Unknown};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixtures::{BLUE, GREEN, RED, WHITE, png, quarters};

/// Exact pixels.
pub(crate) fn lossless() -> Export {
    Export {
        format: ExportFormat::Png,
        size: ExportSize::Original,
        ..Export::default()
    }
}

/// A template of these pages.
pub(crate) fn template(pages: Value) -> Filled {
    let limits = TemplateLimits::default();
    let template = json!({ "schema": 1, "id": "t", "name": "T", "revision": 1, "pages": pages });
    Template::from_value(&template, &limits)
        .and_then(|template| template.check(&Everything, &limits))
        .and_then(|checked| checked.fill(&json!({}), &limits, Unknown::Refuse))
        .unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// A page of 60 x 40 with these layers on white.
pub(crate) fn page(layers: Value) -> Filled {
    template(json!([{ "id": "p", "width": 60, "height": 40, "layers": layers }]))
}

/// The same file for every picture and mask.
pub(crate) fn all(filled: &Filled, file: &Raster) -> Supplies {
    let bytes = Bytes::from(png(file));
    let mut supplies = Supplies::default();
    let needs = filled.needs();
    supplies.pictures = needs
        .pictures
        .into_iter()
        .map(|picture| (picture, bytes.clone()))
        .collect();
    supplies.masks = needs
        .masks
        .into_iter()
        .map(|mask| (mask, bytes.clone()))
        .collect();
    supplies
}

fn made(
    filled: &Filled,
    export: Option<&Export>,
    supplies: &Supplies,
) -> Result<RenderedTemplate, RenderError> {
    render_template(
        filled,
        export,
        supplies,
        &Limits::default(),
        &Painter::default(),
        &mut (),
    )
}

/// The pixels of a page, and the codes of its warnings.
fn drawn_with(filled: &Filled, file: &Raster) -> (Raster, Vec<WarningCode>) {
    let made = made(filled, Some(&lossless()), &all(filled, file)).unwrap();
    let raster = decode(&made.bytes, &CodecLimits::default()).unwrap().raster;
    (raster, made.warnings.iter().map(|warning| warning.code).collect())
}

fn drawn(layers: Value) -> Raster {
    drawn_with(&page(layers), &quarters(8, 8)).0
}

fn at(raster: &Raster, x: u32, y: u32) -> [u8; 4] {
    raster.pixel(x, y).unwrap()
}

/// An image of four quarters in a frame of 20 x 10 at (20, 10), with other members.
fn image(more: Value) -> Value {
    let mut layer = json!({
        "id": "i", "type": "image", "x": 20, "y": 10, "width": 20, "height": 10, "source": { "asset": "a" },
    });
    layer
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    json!([layer])
}

#[test]
fn one_page_is_a_jpeg_of_its_size_and_resolution() {
    let filled = page(json!([]));
    let made = made(&filled, None, &Supplies::default()).unwrap();
    assert_eq!((made.extension, made.content_type), ("jpg", "image/jpeg"));
    assert_eq!(made.size, Size::new(60, 40));
    let header = probe(&made.bytes, &CodecLimits::default()).unwrap();
    assert_eq!(header.size, Size::new(60, 40));
    assert_eq!(header.dpi.map(|dpi| dpi.get().round()), Some(300.0));
    // Three components, each sampled at every pixel.
    let frame = made
        .bytes
        .windows(2)
        .position(|marker| marker == [0xff, 0xc0])
        .unwrap();
    assert_eq!(made.bytes[frame + 9], 3);
    for component in 0..3 {
        assert_eq!(made.bytes[frame + 11 + component * 3], 0x11);
    }
}

#[test]
fn two_pages_are_a_pdf_whatever_is_asked_for() {
    let side = |id: &str, colour: &str| json!({ "id": id, "width": 60, "height": 40, "background": { "color": colour }, "layers": [] });
    let filled = template(json!([side("front", "#ff0000"), side("back", "#0000ff")]));
    let plain = made(&filled, None, &Supplies::default()).unwrap();
    assert_eq!((plain.extension, plain.content_type), ("pdf", "application/pdf"));
    assert!(plain.warnings.is_empty());
    let pages = crate::gallery::pages(&plain.bytes);
    assert!(at(&pages[0], 5, 5)[0] > 250 && at(&pages[1], 5, 5)[2] > 250);
    let asked = made(&filled, Some(&lossless()), &Supplies::default()).unwrap();
    assert_eq!(asked.bytes, plain.bytes);
    assert_eq!(asked.warnings[0].code, WarningCode::ExportIgnored);
}

#[test]
fn an_export_says_format_and_width() {
    let filled = page(json!([]));
    for format in [ExportFormat::Png, ExportFormat::Jpeg, ExportFormat::Webp] {
        let export = Export {
            format,
            size: ExportSize::width(120).unwrap(),
            ..lossless()
        };
        let made = made(&filled, Some(&export), &Supplies::default()).unwrap();
        assert_eq!(made.size, Size::new(120, 80));
        let header = probe(&made.bytes, &CodecLimits::default()).unwrap();
        assert_eq!(
            (header.size, header.kind.extension()),
            (made.size, made.extension)
        );
    }
}

#[test]
fn the_four_fits_lay_a_picture_as_the_table_says() {
    // A square picture in a frame twice as wide as high.
    let fit = |fit: &str| drawn(image(json!({ "fit": fit })));
    let cover = fit("cover");
    assert_eq!((at(&cover, 21, 11), at(&cover, 38, 11)), (RED, GREEN));
    assert_eq!((at(&cover, 21, 18), at(&cover, 19, 11)), (WHITE, WHITE));
    let contain = fit("contain");
    assert_eq!((at(&contain, 26, 11), at(&contain, 33, 18)), (RED, BLUE));
    assert_eq!(at(&contain, 23, 11), WHITE);
    let fill = fit("fill");
    assert_eq!((at(&fill, 21, 11), at(&fill, 38, 18)), (RED, BLUE));
    let top = fit("top_fill");
    assert_eq!((at(&top, 21, 18), at(&top, 38, 18)), (RED, GREEN));
}

#[test]
fn crops_and_focal_points_choose_the_part_that_shows() {
    let right = drawn(image(json!({
        "crop": { "x": 0.5, "y": 0, "width": 0.5, "height": 1 }, "fit": "fill",
    })));
    assert_eq!((at(&right, 21, 11), at(&right, 38, 18)), (GREEN, BLUE));
    let low = drawn(image(json!({ "focal": { "x": 0.5, "y": 1 } })));
    assert_eq!((at(&low, 21, 11), at(&low, 38, 18)), (WHITE, BLUE));
}

#[test]
fn cropping_says_what_cuts_a_picture_off() {
    // Twice as high as the frame, so half of it lies outside.
    let free = drawn(image(json!({ "cropping": "none" })));
    assert_eq!((at(&free, 22, 6), at(&free, 38, 24)), (RED, BLUE));
    let boxed = json!({ "x": 20, "y": 0, "width": 10, "height": 20 });
    let boxed = drawn(image(json!({ "cropping": "box", "crop_box": boxed })));
    assert_eq!((at(&boxed, 22, 6), at(&boxed, 38, 12)), (RED, WHITE));
}

#[test]
fn masks_and_corners_cut_pictures() {
    let corner = |layers: Value| at(&drawn(layers), 20, 10);
    let red = |more: Value| image(more);
    assert_eq!(corner(red(json!({ "fit": "fill" }))), RED);
    for more in [
        json!({ "fit": "fill", "corner_radius": 5 }),
        json!({ "fit": "fill", "mask": { "shape": "ellipse" } }),
        json!({ "fit": "fill", "mask": { "shape": "rounded" } }),
    ] {
        assert!(corner(red(more.clone()))[1] > 200, "{more}");
    }
    let only = drawn(image(json!({ "fit": "fill", "corner_radius": [0, 0, 5, 0] })));
    assert_eq!(at(&only, 20, 10), RED);
    assert!(at(&only, 39, 19)[0] > 200);
}

#[test]
fn an_asset_masks_by_its_lightness_or_its_opacity() {
    let masked = |channel: &str| {
        let layers = image(json!({ "fit": "fill", "mask": { "asset": "m", "channel": channel } }));
        drawn(layers)
    };
    // The mask is the same four quarters: white shows all, green most, red little, blue hardly any.
    let luma = masked("luma");
    let [_, green, ..] = at(&luma, 21, 11);
    assert!((190..=210).contains(&green), "{green}");
    assert_eq!(at(&masked("alpha"), 21, 11), RED);
}

#[test]
fn filters_and_tints_change_colours() {
    let pixel = |more: Value| at(&drawn(image(more)), 22, 12);
    assert_eq!(
        pixel(json!({ "fit": "fill", "filter": { "grayscale": 1 } })),
        [54, 54, 54, 255]
    );
    assert_eq!(
        pixel(json!({ "fit": "fill", "filter": { "brightness": 0.5 } })),
        [128, 0, 0, 255]
    );
    assert_eq!(
        pixel(json!({ "fit": "fill", "filter": { "contrast": 0 } })),
        [128, 128, 128, 255]
    );
    assert_eq!(
        pixel(json!({ "fit": "fill", "tint": "#804020" })),
        [128, 0, 0, 255]
    );
    let soft = drawn(image(json!({ "fit": "fill", "filter": { "blur": 3 } })));
    let [red, green, ..] = at(&soft, 29, 11);
    assert!(red > 60 && green > 60, "{red} {green}");
    assert_eq!(at(&soft, 19, 11), WHITE, "the frame still cuts");
}

#[test]
fn what_cannot_be_done_to_a_picture_is_told() {
    let target = json!({ "x": 20, "y": 10, "width": 5, "height": 5 });
    let layers =
        image(json!({ "face": { "target": target, "fallback": "fill" }, "remove_background": "always" }));
    let (drawn, codes) = drawn_with(&page(layers), &quarters(8, 8));
    assert_eq!(at(&drawn, 38, 18), BLUE);
    assert_eq!(codes, [WarningCode::BackgroundKept, WarningCode::FaceNotFound]);
}

#[test]
fn a_cut_out_fills_from_its_own_top() {
    let mut cut = Raster::new(Size::new(40, 40));
    for y in 20..40 {
        cut.row_mut(y)[4 * 10..4 * 30].as_chunks_mut::<4>().0.fill(RED);
    }
    let (drawn, _) = drawn_with(&page(image(json!({ "fit": "top_fill" }))), &cut);
    assert_eq!((at(&drawn, 21, 11), at(&drawn, 38, 18)), (RED, RED));
}

#[test]
fn strokes_lie_inside_on_or_outside_the_edge() {
    let square = |position: &str, fill: Value| {
        let mut layer = json!({
            "id": "s", "type": "shape", "shape": "rect", "x": 10, "y": 10, "width": 20, "height": 20,
            "stroke": { "width": 4, "color": "#0000ff", "position": position },
        });
        if !fill.is_null() {
            layer["fill"] = fill;
        }
        drawn(json!([layer]))
    };
    for fill in [json!("#ff0000"), json!("#ff000080"), Value::Null] {
        let row = |raster: &Raster| [7, 9, 11, 13].map(|x| at(raster, x, 20) == BLUE);
        assert_eq!(
            row(&square("inside", fill.clone())),
            [false, false, true, true],
            "{fill}"
        );
        assert_eq!(
            row(&square("center", fill.clone())),
            [false, true, true, false],
            "{fill}"
        );
        assert_eq!(
            row(&square("outside", fill.clone())),
            [true, true, false, false],
            "{fill}"
        );
    }
}

#[test]
fn nothing_shines_through_between_a_fill_and_its_stroke() {
    // On black, every pixel along a round edge is made of the two colours alone.
    for position in ["inside", "outside"] {
        let filled = template(json!([{
            "id": "p", "width": 60, "height": 60, "background": { "color": "#000000" },
            "layers": [{
                "id": "s", "type": "shape", "shape": "ellipse", "x": 10.3, "y": 10.3, "width": 40, "height": 40,
                "fill": "#ff0000", "stroke": { "width": 6, "color": "#ff0000", "position": position },
            }],
        }]));
        let (drawn, _) = drawn_with(&filled, &quarters(2, 2));
        for y in 0..60 {
            for x in 0..60 {
                let away = (f64::from(x) - 29.8).hypot(f64::from(y) - 29.8);
                if away < 18.0 || (position == "outside" && away < 24.0) {
                    assert_eq!(at(&drawn, x, y), RED, "{position} {x} {y}");
                }
            }
        }
    }
}

#[test]
fn groups_scale_clip_and_flatten() {
    let square = json!({
        "id": "s", "type": "shape", "shape": "rect", "x": 0, "y": 0, "width": 30, "height": 30, "fill": "#ff0000",
    });
    let group = |more: Value| {
        let mut layer = json!({
            "id": "g", "type": "group", "x": 10, "y": 10, "width": 20, "height": 20, "layers": [square.clone()],
        });
        layer
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        drawn(json!([layer]))
    };
    assert_eq!(at(&group(json!({})), 35, 35), RED);
    assert_eq!(at(&group(json!({ "clip": true })), 35, 35), WHITE);
    assert_eq!(at(&group(json!({ "clip": true })), 25, 25), RED);
    assert!(at(&group(json!({ "corner_radius": 10 })), 10, 10)[1] > 200);
    assert_eq!(
        at(&group(json!({ "opacity": 0.5 })), 20, 20),
        [255, 128, 128, 255]
    );
    // A quarter turn about the middle of the frame: the square hangs out on the left now.
    let turned = group(json!({ "rotation": 90 }));
    assert_eq!((at(&turned, 2, 20), at(&turned, 32, 20)), (RED, WHITE));
    // Two that lie over each other fade as one.
    let two = drawn(json!([{
        "id": "g", "type": "group", "x": 0, "y": 0, "width": 20, "height": 20, "opacity": 0.5,
        "layers": [square.clone(), { "id": "b", "type": "shape", "shape": "rect", "x": 0, "y": 0, "width": 10, "height": 10, "fill": "#0000ff" }],
    }]));
    assert_eq!(at(&two, 5, 5), [128, 128, 255, 255]);
}

#[test]
fn shadows_fall_the_same_way_whatever_is_turned() {
    for rotation in [0, 90, 180] {
        let drawn = drawn(json!([{
            "id": "s", "type": "shape", "shape": "rect", "x": 20, "y": 10, "width": 10, "height": 10,
            "fill": "#ff0000", "rotation": rotation, "shadow": { "dx": 12, "dy": 0, "color": "#0000ff" },
        }]));
        assert_eq!(
            (at(&drawn, 25, 15), at(&drawn, 36, 15), at(&drawn, 15, 15)),
            (RED, BLUE, WHITE)
        );
    }
    // One that lies beside the page throws its shadow onto it.
    let beside = drawn(json!([{
        "id": "s", "type": "shape", "shape": "rect", "x": -30, "y": 10, "width": 20, "height": 10,
        "fill": "#ff0000", "shadow": { "dx": 40, "dy": 0, "color": "#0000ff" },
    }]));
    assert_eq!(at(&beside, 20, 15), BLUE);
}

#[test]
fn a_layer_blends_with_what_lies_below_it_through_a_plain_group() {
    let layer = json!({
        "id": "s", "type": "shape", "shape": "rect", "x": 0, "y": 0, "width": 60, "height": 40,
        "fill": "#ff00ff", "blend": "multiply",
    });
    let group =
        json!({ "id": "g", "type": "group", "x": 0, "y": 0, "width": 60, "height": 40, "layers": [layer] });
    let filled = template(json!([{
        "id": "p", "width": 60, "height": 40, "background": { "color": "#00ffff" }, "layers": [group],
    }]));
    assert_eq!(at(&drawn_with(&filled, &quarters(2, 2)).0, 5, 5), BLUE);
}

#[test]
fn words_are_cut_off_by_their_frame_or_end_early() {
    let text = |overflow: &str| {
        let filled = page(json!([{
            "id": "t", "type": "text", "x": 5, "y": 5, "width": 30, "height": 20,
            "font": { "family": "Arimo", "size": 20 }, "content": "MMMMMMMM",
            "fit": { "mode": "shrink_line", "min_size": 18, "overflow": overflow },
        }]));
        drawn_with(&filled, &quarters(2, 2))
    };
    let ink = |raster: &Raster, from: u32| (0..40).any(|y| (from..60).any(|x| at(raster, x, y)[0] < 128));
    let (visible, codes) = text("visible");
    assert!(ink(&visible, 36));
    assert_eq!(codes, [WarningCode::TextOverflows]);
    for overflow in ["clip", "ellipsis"] {
        let (cut, codes) = text(overflow);
        assert!(ink(&cut, 20) && !ink(&cut, 36), "{overflow}");
        assert_eq!(codes, [WarningCode::TextCut]);
    }
}

#[test]
fn lines_stand_at_the_top_in_the_middle_or_at_the_bottom() {
    let first_row = |valign: &str| {
        let raster = drawn(json!([{
            "id": "t", "type": "text", "x": 0, "y": 0, "width": 60, "height": 40, "valign": valign,
            "font": { "family": "Arimo", "size": 10 }, "content": "HH",
        }]));
        (0..40)
            .find(|y| (0..60).any(|x| at(&raster, x, *y)[0] < 128))
            .unwrap()
    };
    let (top, middle, bottom) = (first_row("top"), first_row("middle"), first_row("bottom"));
    assert_eq!((middle - top, bottom - middle), (14, 14));
}

#[test]
fn a_code_can_be_scanned_and_one_that_says_too_much_is_refused() {
    let code = |words: &str| {
        template(json!([{
            "id": "p", "width": 200, "height": 120, "layers": [{
                "id": "code", "type": "qr", "x": 10.5, "y": 3, "width": 180, "height": 110, "content": words,
            }],
        }]))
    };
    let (drawn, _) = drawn_with(&code("https://example.org/p/23"), &quarters(2, 2));
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(200, 120, |x, y| {
        at(&drawn, u32::try_from(x).unwrap(), u32::try_from(y).unwrap())[0]
    });
    let read = picture.detect_grids()[0].decode().unwrap().1;
    assert_eq!(read, "https://example.org/p/23");
    let refused = made(&code(&"x".repeat(3000)), None, &Supplies::default());
    assert!(matches!(refused, Err(RenderError::WordsTooLong { layer }) if layer == "code"));
}

#[test]
fn what_was_not_given_or_cannot_be_read_names_its_layer() {
    let filled = page(image(json!({ "name": "Photo" })));
    let missing = made(&filled, None, &Supplies::default());
    assert!(matches!(missing, Err(RenderError::SupplyMissing { layer, .. }) if layer == "Photo"));
    let mut supplies = all(&filled, &quarters(2, 2));
    for bytes in supplies.pictures.values_mut() {
        *bytes = Bytes::from_static(b"no picture");
    }
    let broken = made(&filled, None, &supplies);
    assert!(matches!(broken, Err(RenderError::Picture { layer, .. }) if layer == "Photo"));
    let Source::Asset(asset) = &filled.needs().pictures.first().unwrap().source.clone() else {
        panic!("an asset was named")
    };
    assert_eq!(asset.as_str(), "a");
}

#[test]
fn whoever_asks_to_stop_is_heard() {
    let painter = Painter {
        stop: &|| true,
        ..Painter::default()
    };
    let filled = page(json!([{
        "id": "s", "type": "shape", "shape": "rect", "x": 0, "y": 0, "width": 9, "height": 9, "fill": "#fff",
    }]));
    let limits = Limits::default();
    let stopped = render_template(&filled, None, &Supplies::default(), &limits, &painter, &mut ());
    assert!(matches!(stopped, Err(RenderError::Stopped)));
}

#[test]
fn threads_change_nothing_and_rooms_are_told() {
    #[derive(Default)]
    struct Heard(Vec<Room>);
    impl Watch for Heard {
        fn left(&mut self, room: Room) {
            self.0.push(room);
        }
    }
    let filled = crate::gallery::filled("award-ribbon");
    let supplies = crate::gallery::supplies(&filled);
    let mut heard = Heard::default();
    let mut draw = |threads: usize| {
        let painter = Painter {
            threads: threads.try_into().unwrap(),
            ..Painter::default()
        };
        let limits = Limits::default();
        render_template(&filled, None, &supplies, &limits, &painter, &mut heard).unwrap()
    };
    assert_eq!(draw(1), draw(3));
    for room in [Room::Plan, Room::Draw, Room::Encode] {
        assert!(heard.0.contains(&room), "{room:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn words_that_shrink_stay_in_their_frame_or_say_so(
        words in "[A-Za-z]{1,9}( [A-Za-z]{1,9}){0,8}",
        mode in prop::sample::select(vec!["shrink_line", "shrink_box", "fill_box"]),
        (width, height) in (30_u32..150, 12_u32..80),
    ) {
        let filled = template(json!([{
            "id": "p", "width": 200, "height": 120, "layers": [{
                "id": "t", "type": "text", "x": 20, "y": 20, "width": width, "height": height,
                "font": { "family": "Arimo", "size": 40, "line_height": 1.3 }, "content": words,
                "fit": { "mode": mode, "min_size": 5 },
            }],
        }]));
        let (raster, codes) = drawn_with(&filled, &quarters(2, 2));
        let (again, _) = drawn_with(&filled, &quarters(2, 2));
        prop_assert!(raster == again, "the same words, other pixels");
        if codes.contains(&WarningCode::TextOverflows) {
            return Ok(());
        }
        // Advances are what is fitted; a letter may lean a little out of its own.
        let high = if mode == "shrink_line" { 0..120 } else { 18..22 + height };
        for (index, pixel) in (0_u32..).zip(raster.pixels()) {
            let (x, y) = (index % 200, index / 200);
            let inside = (16..24 + width).contains(&x) && high.contains(&y);
            prop_assert!(inside || *pixel == WHITE, "{x} {y} {pixel:?}");
        }
    }
}
