//! The canonical scene: a mockup of six layers, made of nothing but integer hash noise, on which every speed is
//! measured. The same numbers in another language give the same rasters, so engines can be compared on it.
//!
//! | layer | box | blend | opacity |
//! |---|---|---|---|
//! | bg | whole canvas, opaque: gradients, three octaves of noise, grain | normal | 100 % |
//! | product | 0.70 x 0.76 of the edge, anti-aliased alpha | normal | 100 % |
//! | smart | a square design of two thirds of the edge, seen through a perspective, with a mask | multiply | 92 % |
//! | shadow | 0.80 x 0.40, soft alpha | multiply | 60 % |
//! | highlight | 0.60 x 0.55, soft alpha | screen | 45 % |
//! | overlay | one colour, whole canvas | soft light | 20 % |
//!
//! ```no_run
//! use marquetry_testkit::scene::{Scene, Size};
//!
//! let scene = Scene::new(Size::Small);
//! let psd = scene.template_psd();
//! let wanted = scene.reference();
//! ```

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "samples are clamped, coordinates are those of pictures, and single precision is part of the definition"
)]

mod field;
mod plates;
mod reference;
mod template;

use crate::paint::Picture;
use crate::paint::blend::Blend;
use crate::paint::warp::{Homography, corners};
use crate::psd::Rect;

/// The sizes there are figures for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// 1000 pixels an edge.
    Small,
    /// 3000 pixels an edge.
    Medium,
    /// 6000 pixels an edge.
    Large,
}

impl Size {
    /// The canvas edge in pixels.
    #[must_use]
    pub const fn canvas(self) -> u32 {
        match self {
            Self::Small => 1000,
            Self::Medium => 3000,
            Self::Large => 6000,
        }
    }

    /// The edge of the exported picture in pixels.
    #[must_use]
    pub const fn export(self) -> u32 {
        match self {
            Self::Small => 1000,
            Self::Medium => 2048,
            Self::Large => 4000,
        }
    }
}

/// What a layer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plate {
    /// Straight RGBA that fills the layer's box.
    Raster(Picture),
    /// The scene's design through its quad and mask.
    Design,
    /// One colour everywhere.
    Color([u8; 3]),
}

/// A layer of the scene.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneLayer {
    /// Its name in the table above.
    pub name: &'static str,
    /// How it blends.
    pub blend: Blend,
    /// How much it shows, 0 to 1.
    pub opacity: f64,
    /// Its box on the canvas.
    pub rect: Rect,
    /// What it shows.
    pub plate: Plate,
}

/// The scene at one size, layers bottom to top.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Which size.
    pub size: Size,
    /// The layers, bottom to top.
    pub layers: Vec<SceneLayer>,
    /// The smart object's mask: one byte a pixel of [`Scene::smart_box`].
    pub mask: Vec<u8>,
    /// The customer's upload, square.
    pub design: Picture,
}

impl Scene {
    /// Draws all rasters. Large takes some seconds in an optimised build.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let n = size.canvas();
        let full = Rect::new(0, 0, n, n);
        let smart = smart_box(n);
        let raster = |name, blend, opacity, (left, top, picture): (i32, i32, Picture)| SceneLayer {
            name,
            blend,
            opacity,
            rect: Rect::new(left, top, picture.width as u32, picture.height as u32),
            plate: Plate::Raster(picture),
        };
        let layers = vec![
            raster("bg", Blend::Normal, 1.0, (0, 0, plates::background(n))),
            raster("product", Blend::Normal, 1.0, plates::product(n)),
            SceneLayer {
                name: "smart",
                blend: Blend::Multiply,
                opacity: 0.92,
                rect: smart,
                plate: Plate::Design,
            },
            raster("shadow", Blend::Multiply, 0.60, plates::shadow(n)),
            raster("highlight", Blend::Screen, 0.45, plates::highlight(n)),
            SceneLayer {
                name: "overlay",
                blend: Blend::SoftLight,
                opacity: 0.20,
                rect: full,
                plate: Plate::Color([214, 148, 92]),
            },
        ];
        Self {
            size,
            layers,
            mask: plates::mask(n, smart),
            design: plates::design(design_edge(n)),
        }
    }

    /// The canvas edge in pixels.
    #[must_use]
    pub const fn canvas(&self) -> u32 {
        self.size.canvas()
    }

    /// The design's corners on the canvas, clockwise from the top left: 35 % of its area.
    #[must_use]
    pub fn quad(&self) -> [[f64; 2]; 4] {
        quad(self.canvas())
    }

    /// Design pixels (corners at whole numbers) to canvas pixels.
    #[must_use]
    pub fn homography(&self) -> Homography {
        let edge = self.design.width as f64;
        Homography::between(corners(edge, edge), self.quad())
    }

    /// The box of whole pixels around the quad.
    #[must_use]
    pub fn smart_box(&self) -> Rect {
        smart_box(self.canvas())
    }

    /// A raster layer's picture by name.
    #[must_use]
    pub fn raster(&self, name: &str) -> Option<&Picture> {
        self.layers
            .iter()
            .find(|layer| layer.name == name)
            .and_then(|layer| match &layer.plate {
                Plate::Raster(picture) => Some(picture),
                Plate::Design | Plate::Color(_) => None,
            })
    }
}

/// Two thirds of the canvas.
fn design_edge(n: u32) -> usize {
    (f64::from(n) * 2.0 / 3.0).round() as usize
}

fn quad(n: u32) -> [[f64; 2]; 4] {
    let q: [[f64; 2]; 4] = [[0.205, 0.190], [0.815, 0.238], [0.760, 0.812], [0.232, 0.770]];
    let cross = |a: usize, b: usize| (0..4).map(|i| q[i][a] * q[(i + 1) % 4][b]).sum::<f64>();
    let area = 0.5 * (cross(0, 1) - cross(1, 0)).abs();
    let scale = (0.35 / area).sqrt();
    let center = [0, 1].map(|axis| q.iter().map(|p| p[axis]).sum::<f64>() / 4.0);
    q.map(|p| [0, 1].map(|axis| (center[axis] + (p[axis] - center[axis]) * scale) * f64::from(n)))
}

fn smart_box(n: u32) -> Rect {
    let q = quad(n);
    let low = |axis: usize| {
        q.iter()
            .map(|p| p[axis])
            .fold(f64::INFINITY, f64::min)
            .floor()
            .max(0.0) as i32
    };
    let high = |axis: usize| {
        q.iter()
            .map(|p| p[axis])
            .fold(f64::NEG_INFINITY, f64::max)
            .ceil()
            .min(f64::from(n)) as i32
    };
    Rect {
        left: low(0),
        top: low(1),
        right: high(0),
        bottom: high(1),
    }
}
