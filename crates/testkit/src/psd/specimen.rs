//! A document with one of everything.

use super::{
    Builder, Compression, Depth, Format, Layer, Linked, Mask, Mode, RealMask, Rect, SmartObject, Text, Warp,
    vector_mask,
};

const DESIGN: &str = "0d7f3f3c-1111-4222-8333-444455556666";

/// 20 by 10 pixels: red climbs to the right.
fn ramp() -> Vec<u8> {
    (0..200_u8)
        .flat_map(|i| [i % 20 * 12, i / 20 * 25, 90, 255])
        .collect()
}

/// A small document with one of everything: raster layers, groups, masks of both kinds, embedded and external
/// smart objects, a mesh, a fill, text. For tests that must see it all, and to seed fuzzers.
pub fn specimen(format: Format, depth: Depth, mode: Mode, compression: Compression) -> Vec<u8> {
    let area = Rect::new(3, 4, 20, 10);
    let quad = [[2.0, 2.0], [30.0, 4.0], [28.0, 25.0], [4.0, 22.0]];
    let mask = Mask {
        density: Some(128),
        feather: Some(1.5),
        ..Mask::new(Rect::new(5, 5, 10, 5), vec![100; 50])
    };
    let real = RealMask {
        rect: Rect::new(0, 0, 3, 3),
        pixels: vec![7; 9],
        default: 0,
        flags: 0,
    };
    let both = Mask {
        derived: true,
        real: Some(real),
        ..Mask::new(area, vec![255; 200])
    };
    let mut document = Builder::new(40, 30)
        .format(format)
        .depth(depth)
        .mode(mode)
        .compression(compression)
        .dpi(300.0);
    document.push(Layer::raster(
        "Hintergründe",
        Rect::new(0, 0, 40, 30),
        [200, 180, 160, 255].repeat(1200),
    ));
    document.push(
        Layer::group(
            "group",
            vec![
                Layer::raster("ramp", area, ramp())
                    .blend(b"mul ")
                    .opacity(153)
                    .fill(200)
                    .mask(mask),
                Layer::raster("above", area, ramp()).clipped().hidden(),
                Layer::group("inner", vec![Layer::solid_fill("fill", [10, 200, 30])]).closed(),
            ],
        )
        .pass_through(),
    );
    let triangle = vec![[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]];
    document.push(
        Layer::raster("outside", Rect::new(-5, -5, 20, 10), ramp())
            .mask(both)
            .block(b"vmsk", vector_mask(&[triangle])),
    );
    document.push(Layer::smart_object(
        "design",
        SmartObject::new(DESIGN, quad, [100.0, 80.0]),
        area,
        ramp(),
    ));
    let bent = SmartObject::new("beside", quad, [9.0, 9.0])
        .external()
        .warp(Warp::Mesh(vec![[1.0, 2.0]; 16]));
    document.push(Layer::smart_object("beside", bent, area, ramp()));
    document.push(Layer::text(
        "text",
        &Text::new("Hello (world)", 12.0, 5.0, 20.0),
        area,
        ramp(),
    ));
    document.link(Linked::embedded(DESIGN, "design.png", b"\x89PNG?".to_vec()));
    document.link(Linked::external("beside", "x.png", "/elsewhere/x.png", 77));
    document.to_bytes()
}
