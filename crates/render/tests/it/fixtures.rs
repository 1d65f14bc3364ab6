//! Small documents and helpers that the tests share.

use std::sync::Arc;

use bytes::Bytes;
use marquetry_codec::{Encoding, Format, encode};
use marquetry_model::{Adjustments, AssetSource, Change, LayerAddress, LayerId, Placement, SmartObject};
use marquetry_pixel::{Raster, Size};
use marquetry_render::{Assets, Limits, OpenMockup, Order, Painter, Picture, bundled_fonts, draw, open};
use marquetry_testkit::psd::{Builder, Layer, Linked, Rect, SmartObject as Placed};

/// `width * height` pixels of one colour.
pub(crate) fn flat(width: u32, height: u32, pixel: [u8; 4]) -> Vec<u8> {
    Raster::filled(Size::new(width, height), pixel).into_bytes()
}

/// A PNG of a raster.
pub(crate) fn png(raster: &Raster) -> Vec<u8> {
    encode(raster, &Encoding::new(Format::Png)).unwrap()
}

/// A picture whose four quarters are red, green, blue and white, clockwise from the top left.
pub(crate) fn quarters(width: u32, height: u32) -> Raster {
    let mut raster = Raster::new(Size::new(width, height));
    for y in 0..height {
        for x in 0..width {
            let pixel = match (x * 2 < width, y * 2 < height) {
                (true, true) => RED,
                (false, true) => GREEN,
                (false, false) => BLUE,
                (true, false) => WHITE,
            };
            raster.row_mut(y).as_chunks_mut::<4>().0[x as usize] = pixel;
        }
    }
    raster
}

/// The mockup that the demo shows, as testkit makes it.
pub(crate) const SHIPPED: &[u8] = include_bytes!("../../../server/assets/mockup.psd");

pub(crate) const RED: [u8; 4] = [255, 0, 0, 255];
pub(crate) const GREEN: [u8; 4] = [0, 255, 0, 255];
pub(crate) const BLUE: [u8; 4] = [0, 0, 255, 255];
pub(crate) const WHITE: [u8; 4] = [255, 255, 255, 255];
pub(crate) const GREY: [u8; 4] = [128, 128, 128, 255];

/// A grey canvas of 100 x 80 with a smart object "Design" whose frame of `frame` pixels lies from
/// (20, 10) to (80, 70); its stored pixels are black.
pub(crate) fn mockup(frame: (f64, f64)) -> Vec<u8> {
    let mut file = Builder::new(100, 80);
    file.push(Layer::raster(
        "Background",
        Rect::new(0, 0, 100, 80),
        flat(100, 80, GREY),
    ));
    let quad = [[20.0, 10.0], [80.0, 10.0], [80.0, 70.0], [20.0, 70.0]];
    let placed = Placed::new("contents", quad, [frame.0, frame.1]);
    let rect = Rect::new(20, 10, 60, 60);
    file.push(Layer::smart_object(
        "Design",
        placed,
        rect,
        flat(60, 60, [0, 0, 0, 255]),
    ));
    file.link(Linked::embedded(
        "contents",
        "old.png",
        png(&Raster::filled(Size::new(60, 60), [0, 0, 0, 255])),
    ));
    file.to_bytes()
}

pub(crate) fn opened(bytes: Vec<u8>) -> OpenMockup {
    open(bytes, &Limits::default()).unwrap()
}

/// The smart object of that name.
pub(crate) fn smart_object(mockup: &OpenMockup, name: &str) -> SmartObject {
    let catalogue = mockup.catalogue(bundled_fonts(), &|_: &LayerAddress| LayerId::from_bytes([7; 16]));
    let found = catalogue
        .all_smart_objects()
        .into_iter()
        .find(|object| object.name == name)
        .cloned();
    found.unwrap()
}

/// Puts `asset` into the smart object of that name.
pub(crate) fn change(mockup: &OpenMockup, name: &str, placement: Placement) -> Change {
    let object = smart_object(mockup, name);
    Change {
        slot: object.id,
        addresses: object.instances,
        asset: Some(source()),
        placement,
        colour: None,
        adjustments: Adjustments::default(),
    }
}

/// The one asset of a test.
pub(crate) fn source() -> AssetSource {
    AssetSource::Url("asset".to_owned())
}

pub(crate) fn assets(asset: &Raster) -> Assets {
    Assets::from([(source(), Bytes::from(png(asset)))])
}

pub(crate) fn drawn(mockup: &OpenMockup, order: &Order<'_>, assets: &Assets) -> Picture {
    draw(mockup, order, assets, &Painter::default(), &mut ()).unwrap()
}

/// The picture with one change.
pub(crate) fn with_change(mockup: &OpenMockup, change: Change, asset: &Raster) -> Arc<Raster> {
    let changes = [change];
    drawn(
        mockup,
        &Order {
            changes: &changes,
            ..Order::default()
        },
        &assets(asset),
    )
    .raster
}

/// The largest difference of any sample.
pub(crate) fn apart(a: &Raster, b: &Raster) -> u8 {
    assert_eq!(a.size(), b.size());
    a.bytes()
        .iter()
        .zip(b.bytes())
        .map(|(a, b)| a.abs_diff(*b))
        .max()
        .unwrap_or(0)
}

/// The mean difference over all samples.
pub(crate) fn mean_apart(a: &Raster, b: &Raster) -> f64 {
    assert_eq!(a.size(), b.size());
    let sum: u64 = a
        .bytes()
        .iter()
        .zip(b.bytes())
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    f64::from(u32::try_from(sum).unwrap()) / f64::from(u32::try_from(a.bytes().len()).unwrap())
}

/// The body of resource 1057 of a file whose merged picture is real, as the release of Photoshop writes it that is
/// called so.
pub(crate) fn version_resource(release: &str) -> Vec<u8> {
    let unicode = |text: &str| {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let length = u32::try_from(units.len() / 2).unwrap();
        [&length.to_be_bytes(), units.as_slice()].concat()
    };
    let (one, writer, reader) = (vec![0, 0, 0, 1], unicode("Adobe Photoshop"), unicode(release));
    [one.clone(), vec![1], writer, reader, one].concat()
}
