//! Every template of `examples/templates`, drawn whole and compared with a small picture of it that
//! somebody looked at.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use marquetry_codec::{Encoding, Format, Limits as CodecLimits, Scaling, decode, encode, resize};
use marquetry_model::LayerAddress;
use marquetry_pixel::{Raster, Size};
use marquetry_render::{
    FontShelf, Limits, MountedMockup, Painter, RenderedTemplate, Supplies, Warning, WarningCode,
    bundled_fonts, render_template,
};
use marquetry_template::{Everything, Filled, Limits as TemplateLimits, Source, Template, Unknown};
use marquetry_testkit::golden;
use marquetry_testkit::golden::{Picture, Tolerance};
use marquetry_testkit::photos;
use marquetry_testkit::psd::{Builder, Layer, Linked, Rect, SmartObject as Placed};
use serde_json::Value;

use crate::fixtures::{flat, opened, png};

/// The width of a golden picture.
const WIDTH: u32 = 220;
/// What lies between two pages in it.
const BETWEEN: u32 = 6;

/// A few letters of Arabic and of the languages that are written with Han characters.
const OTHERS: [&[u8]; 2] = [
    include_bytes!("../fonts/NotoSansArabic-words.ttf"),
    include_bytes!("../fonts/NotoSansJP-few.ttf"),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/templates")
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

/// An example with its values.
pub(crate) fn filled(name: &str) -> Filled {
    let limits = TemplateLimits::default();
    let template = json(folder().join(format!("{name}.json")));
    let values = json(folder().join("fields").join(format!("{name}.json")));
    let checked = Template::from_value(&template, &limits)
        .and_then(|template| template.check(&Everything, &limits))
        .unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    checked.fill(&values, &limits, Unknown::Refuse).unwrap()
}

fn raster(picture: &Picture) -> Raster {
    let side = |pixels: usize| u32::try_from(pixels).unwrap();
    Raster::from_bytes(
        Size::new(side(picture.width), side(picture.height)),
        picture.rgba.clone(),
    )
    .unwrap()
}

/// The file behind a name: what a customer would have there, or what is left when `cut` out.
fn file(name: &str, cut: bool) -> Bytes {
    let jpeg = |picture: Picture| {
        let format = Format::jpeg(marquetry_codec::Quality::default());
        encode(&raster(&picture), &Encoding::new(format)).unwrap()
    };
    let seed = name.bytes().fold(0_u32, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    let bytes = match name {
        "texture" => jpeg(photos::texture(300, 300, 0x6F_8F_A8, 1)),
        "slate" => jpeg(photos::texture(400, 300, 0x3B_42_4C, 2)),
        "signature" => png(&raster(&photos::signature(350, 150))),
        "silhouette" => png(&raster(&photos::silhouette(300, 400))),
        "blank-photo" => jpeg(photos::texture(276, 210, 0xC9_C4_BC, 3)),
        "sitter.jpg" | "lamp.png" => png(&raster(&photos::cut_out(400, 500, seed))),
        "bell.png" | "coaster.png" => png(&raster(&photos::landscape(320, 240, seed))),
        "a.jpg" | "c.jpg" => jpeg(photos::landscape(640, 480, seed)),
        _ if cut => png(&raster(&photos::cut_out(400, 500, seed))),
        _ => jpeg(photos::portrait(480, 640, seed)),
    };
    bytes.into()
}

/// What an example needs, by the names in it.
pub(crate) fn supplies(filled: &Filled) -> Supplies {
    let needs = filled.needs();
    let mut supplies = Supplies::default();
    for picture in needs.pictures {
        let bytes = match &picture.source {
            Source::Asset(asset) => file(asset.as_str(), false),
            Source::Url(url) => {
                let name = url.as_str().rsplit('/').next().unwrap();
                // Nobody took the background of this one away.
                file(name, picture.remove_background && name != "p23.jpg")
            }
        };
        supplies.pictures.insert(picture, bytes);
    }
    for mask in needs.masks {
        let bytes = file(mask.as_str(), false);
        supplies.masks.insert(mask, bytes);
    }
    for mockup in needs.mockups {
        supplies.mockups.insert(mockup, mounted(mockup));
    }
    supplies
}

/// A board with a wide wrap and a coaster, or a frame on a wall; smart objects are numbered after the
/// mockup, back to front.
fn mounted(id: uuid::Uuid) -> MountedMockup {
    let wide = id.as_u128() & 0xff == 0x57;
    let mut file = Builder::new(800, if wide { 800 } else { 600 });
    let (width, height) = (800, if wide { 800 } else { 600 });
    let ground = if wide {
        [226, 220, 210, 255]
    } else {
        [196, 205, 208, 255]
    };
    let rect = Rect::new(0, 0, width, height);
    file.push(Layer::raster(
        "Wall",
        rect,
        flat(800, if wide { 800 } else { 600 }, ground),
    ));
    let mut object = |name: &str, quad: [[f64; 2]; 4], frame: [f64; 2], rect: Rect, size: (u32, u32)| {
        let contents = flat(size.0, size.1, [90, 90, 90, 255]);
        file.push(Layer::smart_object(
            name,
            Placed::new(name, quad, frame),
            rect,
            contents,
        ));
        let blank = png(&Raster::filled(Size::new(8, 8), [90, 90, 90, 255]));
        file.link(Linked::embedded(name, "blank.png", blank));
    };
    if wide {
        let wrap = [[90.0, 150.0], [700.0, 190.0], [700.0, 420.0], [90.0, 400.0]];
        object(
            "Wrap",
            wrap,
            [1100.0, 450.0],
            Rect::new(90, 150, 610, 270),
            (610, 270),
        );
        let coaster = [[420.0, 520.0], [700.0, 520.0], [740.0, 680.0], [400.0, 680.0]];
        object(
            "Coaster",
            coaster,
            [280.0, 280.0],
            Rect::new(400, 520, 340, 160),
            (340, 160),
        );
    } else {
        let frame = [[250.0, 60.0], [560.0, 80.0], [560.0, 520.0], [250.0, 540.0]];
        object(
            "Frame",
            frame,
            [600.0, 800.0],
            Rect::new(250, 60, 310, 480),
            (310, 480),
        );
    }
    let mockup = opened(file.to_bytes());
    let catalogue = mockup.catalogue(bundled_fonts(), &|address: &LayerAddress| {
        let layer = u128::from(address.0[0]);
        marquetry_model::LayerId::from_bytes((id.as_u128() + layer).to_be_bytes())
    });
    MountedMockup::new(Arc::new(mockup), &catalogue.smart_objects)
}

pub(crate) fn shelf() -> FontShelf {
    let mut shelf = FontShelf::bundled();
    for font in OTHERS {
        shelf.add(font.into()).unwrap();
    }
    shelf
}

pub(crate) fn drawn(filled: &Filled) -> RenderedTemplate {
    let shelf = shelf();
    let painter = Painter {
        fonts: &shelf,
        ..Painter::default()
    };
    let supplies = supplies(filled);
    render_template(filled, None, &supplies, &Limits::default(), &painter, &mut ()).unwrap()
}

/// The JPEGs of a file: itself, or those that a PDF holds.
pub(crate) fn pages(file: &[u8]) -> Vec<Raster> {
    let decoded = |jpeg: &[u8]| decode(jpeg, &CodecLimits::default()).unwrap().raster;
    if !file.starts_with(b"%PDF") {
        return vec![decoded(file)];
    }
    let find = |from: usize, what: &[u8]| {
        let rest = &file[from..];
        rest.windows(what.len())
            .position(|part| part == what)
            .map(|at| from + at)
    };
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(start) = find(from, b"stream\n\xff\xd8\xff") {
        let start = start + b"stream\n".len();
        let end = find(start, b"endstream").unwrap();
        found.push(decoded(&file[start..end]));
        from = end;
    }
    found
}

fn small(page: &Raster, width: u32) -> Raster {
    let height = (page.height() * width).div_ceil(page.width());
    resize(page, Size::new(width, height), Scaling::Automatic).unwrap()
}

fn picture(raster: &Raster) -> Picture {
    Picture {
        width: raster.width() as usize,
        height: raster.height() as usize,
        rgba: raster.bytes().to_vec(),
    }
}

/// Pages side by side.
fn row(pages: &[Raster]) -> Raster {
    let height = pages.iter().map(Raster::height).max().unwrap();
    let width =
        pages.iter().map(Raster::width).sum::<u32>() + BETWEEN * u32::try_from(pages.len() - 1).unwrap();
    let mut all = Raster::filled(Size::new(width, height), [255; 4]);
    let mut from = 0;
    for page in pages {
        for y in 0..page.height() {
            let at = from as usize * 4;
            all.row_mut(y)[at..at + page.width() as usize * 4].copy_from_slice(page.row(y));
        }
        from += page.width() + BETWEEN;
    }
    all
}

/// Holds an example to its golden picture and gives its warnings.
fn check(name: &str) -> Vec<Warning> {
    let filled = filled(name);
    let made = drawn(&filled);
    let pages = pages(&made.bytes);
    assert_eq!(pages.len(), filled.pages.len(), "{name}");
    for (page, filled) in pages.iter().zip(&filled.pages) {
        assert_eq!(page.size(), filled.size, "{name}");
    }
    let share = if pages.len() == 1 {
        WIDTH
    } else {
        (WIDTH - BETWEEN) / 2
    };
    let small: Vec<Raster> = pages.iter().map(|page| small(page, share)).collect();
    // Coders of other instruction sets may round another way.
    golden!(&format!("template/{name}"), Tolerance::within(2), || picture(
        &row(&small)
    ));
    made.warnings
}

macro_rules! examples {
    ($($test:ident: $name:literal, $($code:ident)*;)*) => {
        $(
            #[test]
            fn $test() {
                let codes: std::collections::BTreeSet<WarningCode> =
                    check($name).iter().map(|warning| warning.code).collect();
                assert_eq!(codes, [$(WarningCode::$code),*].into_iter().collect());
            }
        )*
        /// All of them, in order.
        const ALL: &[&str] = &[$($name),*];
    };
}

examples! {
    award_ribbon: "award-ribbon",;
    boarding_pass: "boarding-pass",;
    certificate: "certificate",;
    door_sign: "door-sign",;
    event_lanyard: "event-lanyard",;
    gradient_poster: "gradient-poster",;
    greeting: "greeting", GlyphsMissing;
    hebrew_invitation: "hebrew-invitation",;
    lineup_free: "lineup-free",;
    match_programme: "match-programme",;
    membership_card: "membership-card",;
    menu_bilingual: "menu-bilingual", GlyphsMissing;
    mug: "mug",;
    name_badge: "name-badge",;
    photo_grid: "photo-grid",;
    player_card: "player-card", FontSubstituted BackgroundKept;
    portrait: "portrait", FaceNotFound;
    poster_frame_mockup: "poster-frame-mockup",;
    price_list: "price-list",;
    qr_ticket: "qr-ticket",;
    social_quote: "social-quote",;
    team_row: "team-row",;
    team_sheet: "team-sheet",;
    vertical_story: "vertical-story",;
}

#[test]
fn the_gallery_is_all_of_the_examples() {
    let mut found: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, ALL);
}

/// `docs/templates.png`: the golden pictures on one sheet.
#[test]
fn the_contact_sheet_shows_all_of_them() {
    let (columns, cell, gap) = (6, WIDTH, 16);
    let goldens = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/template");
    let pictures: Vec<Raster> = ALL
        .iter()
        .map(|name| {
            let file = std::fs::read(goldens.join(format!("{name}.png"))).unwrap();
            decode(&file, &CodecLimits::default()).unwrap().raster
        })
        .collect();
    let rows: Vec<&[Raster]> = pictures.chunks(columns as usize).collect();
    let heights = rows
        .iter()
        .map(|row| row.iter().map(Raster::height).max().unwrap());
    let height = heights.clone().map(|height| height + gap).sum::<u32>() + gap;
    let mut sheet = Raster::filled(
        Size::new(columns * (cell + gap) + gap, height),
        [236, 236, 236, 255],
    );
    let mut top = gap;
    for (row, height) in rows.iter().zip(heights) {
        for (column, picture) in (0..).zip(row.iter()) {
            let left = gap + column * (cell + gap) + (cell - picture.width()) / 2;
            for y in 0..picture.height() {
                let at = left as usize * 4;
                sheet.row_mut(top + y)[at..at + picture.width() as usize * 4].copy_from_slice(picture.row(y));
            }
        }
        top += height + gap;
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/templates.png");
    if std::env::var_os("MARQUETRY_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, picture(&sheet).to_png()).unwrap();
    }
    let shown = decode(&std::fs::read(&path).unwrap(), &CodecLimits::default()).unwrap();
    assert!(shown.raster == sheet, "bless the goldens, then this");
}
