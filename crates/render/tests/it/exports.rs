//! Finished files: sizes, formats, resolution, and the same bytes for the same request.

use marquetry_codec::{Limits as CodecLimits, decode};
use marquetry_model::{ContentHash, Dpi, Export, ExportFormat, ExportSize, MockupId, Placement, RenderSpec};
use marquetry_pixel::Size;
use marquetry_render::{Painter, Room, Watch, render};
use marquetry_testkit::psd::{Builder, Layer, Rect};

use crate::fixtures::{GREY, assets, change, flat, mockup, opened, quarters};

fn spec(export: Export) -> RenderSpec {
    let mockup = opened(mockup((60.0, 60.0)));
    RenderSpec {
        mockup: MockupId::from_bytes([1; 16]),
        mockup_name: "Mug".to_owned(),
        content: ContentHash::from_bytes([2; 32]),
        changes: vec![change(&mockup, "Design", Placement::default())],
        texts: Vec::new(),
        hidden: Vec::new(),
        export,
        label: None,
    }
}

fn rendered(export: Export) -> Vec<u8> {
    let mockup = opened(mockup((60.0, 60.0)));
    let made = render(
        &mockup,
        &spec(export),
        &assets(&quarters(60, 60)),
        &Painter::default(),
        &mut (),
    )
    .unwrap();
    assert_eq!(made.format, export.format);
    let decoded = decode(&made.bytes, &CodecLimits::default()).unwrap();
    assert_eq!(decoded.raster.size(), made.size);
    made.bytes
}

#[test]
fn every_format_comes_in_the_size_that_was_asked_for() {
    for format in [ExportFormat::Png, ExportFormat::Jpeg, ExportFormat::Webp] {
        let export = Export {
            format,
            size: ExportSize::width(250).unwrap(),
            ..Export::default()
        };
        let file = rendered(export);
        assert_eq!(
            decode(&file, &CodecLimits::default()).unwrap().raster.size(),
            Size::new(250, 200)
        );
        assert_eq!(file, rendered(export), "the same request gives the same bytes");
    }
}

#[test]
fn resolution_is_written_and_changes_no_pixel() {
    let plain = Export {
        format: ExportFormat::Png,
        size: ExportSize::Original,
        ..Export::default()
    };
    let tagged = Export {
        dpi: Some(Dpi::new("dpi", 300.0).unwrap()),
        ..plain
    };
    let decoded = decode(&rendered(tagged), &CodecLimits::default()).unwrap();
    assert!((decoded.dpi.unwrap().get() - 300.0).abs() < 0.1);
    assert_eq!(
        decoded.raster,
        decode(&rendered(plain), &CodecLimits::default()).unwrap().raster
    );
}

#[test]
fn the_original_size_keeps_the_mockups_own_resolution() {
    let mut file = Builder::new(20, 10).dpi(240.0);
    file.push(Layer::raster(
        "ground",
        Rect::new(0, 0, 20, 10),
        flat(20, 10, GREY),
    ));
    let mockup = opened(file.to_bytes());
    let dpi = |size| {
        let export = Export {
            format: ExportFormat::Png,
            size,
            ..Export::default()
        };
        let spec = RenderSpec {
            changes: Vec::new(),
            ..spec(export)
        };
        let made = render(&mockup, &spec, &Default::default(), &Painter::default(), &mut ()).unwrap();
        decode(&made.bytes, &CodecLimits::default())
            .unwrap()
            .dpi
            .map(|dpi| dpi.get().round())
    };
    assert_eq!(dpi(ExportSize::Original), Some(240.0));
    assert_eq!(dpi(ExportSize::width(100).unwrap()), None);
}

#[derive(Default)]
struct Heard(Vec<Room>);

impl Watch for Heard {
    fn left(&mut self, room: Room) {
        self.0.push(room);
    }
}

#[test]
fn each_room_is_left_once_and_forwards() {
    let mockup = opened(mockup((60.0, 60.0)));
    let mut heard = Heard::default();
    let spec = spec(Export::default());
    render(
        &mockup,
        &spec,
        &assets(&quarters(6, 6)),
        &Painter::default(),
        &mut heard,
    )
    .unwrap();
    assert_eq!(
        heard.0,
        [Room::Decode, Room::Plan, Room::Draw, Room::Scale, Room::Encode]
    );
}
