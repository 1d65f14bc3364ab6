//! What is kept from one render for the next must never show: the same order gives the same bytes,
//! whatever was drawn before.

use marquetry_model::{
    Change, ContentHash, Export, ExportFormat, ExportSize, Fit, LayerAddress, MockupId, Placement, Position,
    RenderSpec,
};
use marquetry_pixel::Raster;
use marquetry_render::{OpenMockup, Order, Painter, render};
use marquetry_testkit::demo;
use proptest::prelude::*;

use crate::fixtures::{SHIPPED, apart, assets, change, drawn, mockup, opened, quarters};

/// One of a few orders, by number.
fn order(mockup: &OpenMockup, number: u8) -> (Vec<Change>, Vec<LayerAddress>) {
    let placement = match number % 4 {
        0 => Placement {
            fit: Fit::Cover,
            ..Placement::default()
        },
        1 => Placement {
            fit: Fit::Contain,
            ..Placement::default()
        },
        2 => Placement {
            position: Some(Position { top: 3, left: 40 }),
            ..Placement::default()
        },
        _ => return (Vec::new(), Vec::new()),
    };
    (vec![change(mockup, "Design", placement)], Vec::new())
}

fn picture(mockup: &OpenMockup, number: u8) -> Raster {
    let (changes, hidden) = order(mockup, number);
    let order = Order {
        changes: &changes,
        hidden: &hidden,
        ..Order::default()
    };
    Raster::clone(&*drawn(mockup, &order, &assets(&quarters(50, 20))).raster)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn renders_do_not_see_each_other(numbers in prop::collection::vec(0_u8..4, 1..6)) {
        let file = mockup((60.0, 60.0));
        let shared = opened(file.clone());
        for number in numbers {
            let alone = picture(&opened(file.clone()), number);
            prop_assert_eq!(apart(&picture(&shared, number), &alone), 0);
        }
    }
}

/// Exports give their canvas back, so that the next one is drawn on what the last one left.
#[test]
fn exports_do_not_see_what_the_last_canvas_held() {
    let file = mockup((60.0, 60.0));
    let shared = opened(file.clone());
    for number in [0, 2, 1, 3, 2, 0] {
        let spec = |mockup: &OpenMockup| {
            let (changes, hidden) = order(mockup, number);
            let export = Export {
                format: ExportFormat::Png,
                size: ExportSize::Original,
                ..Export::default()
            };
            let (mockup, content) = (MockupId::from_bytes([1; 16]), ContentHash::from_bytes([2; 32]));
            RenderSpec {
                mockup,
                mockup_name: String::new(),
                content,
                changes,
                texts: Vec::new(),
                hidden,
                export,
                label: None,
            }
        };
        let made = |mockup: &OpenMockup| {
            let assets = assets(&quarters(50, 20));
            render(mockup, &spec(mockup), &assets, &Painter::default(), &mut ())
                .unwrap()
                .bytes
        };
        assert_eq!(made(&shared), made(&opened(file.clone())), "order {number}");
    }
}

#[test]
fn the_shipped_mockup_gives_the_same_bytes_the_second_and_third_time() {
    let mockup = opened(SHIPPED.to_vec());
    let changes = [change(&mockup, demo::SMART_OBJECT, Placement::default())];
    let order = Order {
        changes: &changes,
        ..Order::default()
    };
    let assets = assets(&quarters(90, 120));
    let first = drawn(&mockup, &order, &assets).raster;
    for _ in 0..2 {
        assert_eq!(apart(&first, &drawn(&mockup, &order, &assets).raster), 0);
    }
    let cost = mockup.cost();
    assert!(cost > mockup.document().bytes().len() as u64);
}
