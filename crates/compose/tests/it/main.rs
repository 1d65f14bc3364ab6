//! Scenes drawn from outside, as `render` draws them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

mod blending;
mod canonical;
mod depth;
mod dressing;
mod effects;
mod golden;
mod laws;
mod placing;
mod rules;
mod warping;

use std::sync::Arc;

use marquetry_compose::{Art, DrawOptions, Layer, Node, Paint, Scene, draw};
use marquetry_pixel::{Coverage, Raster, Rgb, Size};

/// A raster of packed pixels.
fn raster(width: u32, height: u32, pixels: &[[u8; 4]]) -> Raster {
    Raster::from_bytes(Size::new(width, height), pixels.concat()).unwrap()
}

/// A layer of one row of pixels at the canvas' top left.
fn row(pixels: &[[u8; 4]]) -> Layer {
    let width = u32::try_from(pixels.len()).unwrap();
    picture(raster(width, 1, pixels), (0, 0))
}

fn picture(raster: Raster, at: (i32, i32)) -> Layer {
    Layer::new(Paint::Raster {
        art: Arc::new(Art::from(raster)),
        at,
    })
}

fn solid(red: u8, green: u8, blue: u8) -> Layer {
    Layer::new(Paint::Solid(Rgb::new(red, green, blue).into()))
}

fn coverage(width: u32, height: u32, bytes: &[u8]) -> Arc<Coverage> {
    Arc::new(Coverage::from_bytes(Size::new(width, height), bytes.to_vec()).unwrap())
}

fn scene(width: u32, height: u32, nodes: Vec<Node>) -> Scene {
    Scene {
        nodes,
        ..Scene::new(Size::new(width, height))
    }
}

fn drawn(scene: &Scene) -> Raster {
    draw(scene, &DrawOptions::default()).unwrap()
}
