//! Pictures that somebody looked at.

use std::sync::Arc;

use marquetry_compose::{Art, Filter, Group, GroupBlend, Layer, Mask, Node, Paint, Placed};
use marquetry_pixel::{BlendMode, Opacity, Projective, Quad, Raster, Size};
use marquetry_testkit::golden;
use marquetry_testkit::golden::{Picture, Tolerance};

use crate::{coverage, drawn, picture, scene, solid};

fn shown(raster: &Raster) -> Picture {
    Picture {
        width: raster.width() as usize,
        height: raster.height() as usize,
        rgba: raster.bytes().to_vec(),
    }
}

/// Hue across, lightness down, alpha falling to the right half-way down.
fn rainbow(size: u32, translucent: bool) -> Raster {
    let mut raster = Raster::new(Size::new(size, size));
    for y in 0..size {
        for x in 0..size {
            let (u, v) = (x * 1535 / (size - 1), y * 255 / (size - 1));
            let ramp = |shift: u32| {
                let t = (u + shift) % 1536;
                match t / 256 {
                    0 | 5 => 255,
                    1 => 255 - t % 256,
                    2 | 3 => 0,
                    _ => t % 256,
                }
            };
            let shade = |c: u32| {
                let lit = if v < 128 {
                    c * v * 2 / 255
                } else {
                    255 - (255 - c) * (255 - v) * 2 / 255
                };
                u8::try_from(lit.min(255)).unwrap()
            };
            let alpha = if translucent {
                255 - 255 * x / (size - 1)
            } else {
                255
            };
            let at = (y * size + x) as usize;
            raster.pixels_mut()[at] = [
                shade(ramp(0)),
                shade(ramp(1024)),
                shade(ramp(512)),
                u8::try_from(alpha).unwrap(),
            ];
        }
    }
    raster
}

/// The same on its side, so that every colour meets every other.
fn turned(raster: &Raster) -> Raster {
    let mut made = raster.clone();
    for y in 0..raster.height() {
        for x in 0..raster.width() {
            made.pixels_mut()[(y * raster.width() + x) as usize] = raster.pixel(y, x).unwrap();
        }
    }
    made
}

/// Six by five tiles: all 27 modes in the order of Photoshop's menu, over opaque and over nothing.
fn sheet(translucent: bool) -> Picture {
    const TILE: u32 = 40;
    let mut nodes = Vec::new();
    let below = rainbow(TILE, translucent);
    let above = turned(&rainbow(TILE, translucent));
    for (at, mode) in (0..).zip(BlendMode::ALL) {
        let place = (2 + at % 6 * 42, 2 + at / 6 * 42);
        nodes.push(Node::Layer(picture(below.clone(), place)));
        nodes.push(Node::Layer(Layer {
            blend: mode,
            ..picture(above.clone(), place)
        }));
    }
    shown(&drawn(&scene(254, 212, nodes)))
}

#[test]
fn every_mode_over_opaque() {
    golden!("blend/every_mode_over_opaque", Tolerance::EXACT, || sheet(false));
}

#[test]
fn every_mode_over_translucent() {
    golden!("blend/every_mode_over_translucent", Tolerance::EXACT, || sheet(
        true
    ));
}

#[test]
fn rings_shrunk_without_a_ghost() {
    golden!("place/rings_shrunk_without_a_ghost", Tolerance::EXACT, || {
        let size = 1000u32;
        let mut raster = Raster::new(Size::new(size, size));
        for (at, pixel) in (0u32..).zip(raster.pixels_mut()) {
            let (x, y) = (at % size, at / size);
            // Rings whose width falls with the distance to less than two pixels: sixteen grey
            // levels a ring, no trigonometry.
            let phase = (x * x + y * y) / 128 % 32;
            let level = if phase < 16 { phase } else { 31 - phase };
            let v = u8::try_from(level * 17).unwrap();
            *pixel = [v, v, v, 255];
        }
        let quad = Quad::new([(6.0, 10.0), (190.0, 4.0), (180.0, 150.0), (14.0, 190.0)]);
        let map = Projective::from_size_to_quad(raster.size(), &quad).unwrap();
        let placed = Layer::new(Paint::Placed(Placed {
            art: Arc::new(Art::from(raster)),
            map,
            filter: Filter::Auto,
        }));
        shown(&drawn(&scene(
            200,
            200,
            vec![Node::Layer(solid(255, 255, 255)), Node::Layer(placed)],
        )))
    });
}

#[test]
fn a_small_design_grown_and_turned() {
    golden!("place/a_small_design_grown_and_turned", Tolerance::EXACT, || {
        let mut raster = Raster::filled(Size::new(24, 24), [240, 240, 230, 255]);
        for (at, pixel) in (0i32..).zip(raster.pixels_mut()) {
            let (x, y) = (at % 24 - 12, at / 24 - 12);
            if x * x + y * y < 60 {
                *pixel = [200, 30, 60, 255];
            }
            if (x - y).abs() < 2 {
                *pixel = [20, 40, 160, 255];
            }
            if x.abs() > 9 && y.abs() > 9 {
                *pixel = [0; 4];
            }
        }
        let quad = Quad::new([(60.0, 10.0), (190.0, 50.0), (150.0, 180.0), (12.0, 120.0)]);
        let map = Projective::from_size_to_quad(raster.size(), &quad).unwrap();
        let placed = Layer::new(Paint::Placed(Placed {
            art: Arc::new(Art::from(raster)),
            map,
            filter: Filter::Auto,
        }));
        shown(&drawn(&scene(200, 190, vec![Node::Layer(placed)])))
    });
}

#[test]
fn a_masked_group_of_clipped_layers() {
    golden!("scene/a_masked_group_of_clipped_layers", Tolerance::EXACT, || {
        let mut base = Raster::new(Size::new(80, 80));
        for (at, pixel) in (0i32..).zip(base.pixels_mut()) {
            let (x, y) = (at % 80 - 40, at / 80 - 40);
            if x * x + y * y < 1400 {
                *pixel = [90, 140, 200, 255];
            }
        }
        let stripes = Raster::filled(Size::new(20, 80), [255, 220, 60, 255]);
        let clipped = vec![
            Node::Layer(picture(stripes.clone(), (20, 10))),
            Node::Layer(Layer {
                blend: BlendMode::Multiply,
                opacity: Opacity::from_byte(160),
                ..picture(stripes, (60, 10))
            }),
        ];
        let ramp: Vec<u8> = (0..100 * 100u32)
            .map(|i| u8::try_from(i % 100 * 255 / 99).unwrap())
            .collect();
        let group = Group {
            blend: GroupBlend::Isolated(BlendMode::HardLight),
            masks: vec![Mask::new(coverage(100, 100, &ramp), (0, 0))],
            ..Group::new(vec![Node::Layer(Layer {
                clipped,
                ..picture(base, (10, 10))
            })])
        };
        shown(&drawn(&scene(
            100,
            100,
            vec![
                Node::Layer(picture(rainbow(100, false), (0, 0))),
                Node::Group(group),
            ],
        )))
    });
}
