//! The mockup that ships with the project: a framed poster on a sideboard, branches in front of it, a window's
//! light across the wall; and the poster that the demonstration lays into the frame.
//!
//! All of it is arithmetic, so it belongs to nobody else and comes out the same on every machine.
//! `cargo run -p marquetry-testkit --bin make-demo -- OUT_DIR` writes the two files.

mod art;
mod frame;
mod light;
mod plant;
mod room;

use crate::paint::blend::Blend;
use crate::paint::{Picture, Point, Sheet, byte};
use crate::psd::{Builder, Compression, Layer, Linked, Mask, Rect, SmartObject};

/// The canvas, in pixels.
pub const CANVAS: [u32; 2] = [1600, 1200];

/// The name of the mockup's one smart object.
pub const SMART_OBJECT: &str = "Your design";

/// The embedded placeholder's id.
const PLACEHOLDER_ID: &str = "a11ce000-0000-4000-8000-00000f4a3e00";

/// A raster of the mockup.
struct Plate {
    name: &'static str,
    blend: Blend,
    /// 255 all.
    opacity: u8,
    rect: Rect,
    rgba: Vec<u8>,
    /// Over the same rectangle.
    mask: Option<Vec<u8>>,
}

impl Plate {
    /// What is painted on `sheet`, opaque and normal.
    fn new(name: &'static str, sheet: &Sheet) -> Self {
        let (rect, rgba) = sheet.trimmed();
        Self {
            name,
            blend: Blend::Normal,
            opacity: 255,
            rect,
            rgba,
            mask: None,
        }
    }

    const fn blend(mut self, blend: Blend, opacity: u8) -> Self {
        self.blend = blend;
        self.opacity = opacity;
        self
    }

    fn layer(&self) -> Layer {
        let mut layer = Layer::raster(self.name, self.rect, self.rgba.clone());
        if let Some(mask) = &self.mask {
            layer = layer.mask(Mask::new(self.rect, mask.clone()));
        }
        self.finish(layer)
    }

    fn finish(&self, layer: Layer) -> Layer {
        layer.blend(self.blend.key()).opacity(self.opacity)
    }

    /// Draws it onto opaque colours, 0 to 1.
    fn draw(&self, canvas: &mut [[f64; 3]]) {
        let width = self.rect.width();
        let (left, top) = (
            usize::try_from(self.rect.left).expect("within the canvas"),
            usize::try_from(self.rect.top).expect("within the canvas"),
        );
        for (index, pixel) in self.rgba.chunks_exact(4).enumerate() {
            let shown = self.mask.as_ref().map_or(255, |mask| mask[index]);
            let alpha = [pixel[3], shown, self.opacity]
                .iter()
                .fold(1.0, |product, v| product * f64::from(*v) / 255.0);
            let below = &mut canvas[(top + index / width) * CANVAS[0] as usize + left + index % width];
            for (value, source) in below.iter_mut().zip(pixel) {
                let mixed = self.blend.mix(*value, f64::from(*source) / 255.0);
                *value += (mixed - *value) * alpha;
            }
        }
    }
}

/// A clear sheet over the canvas.
fn sheet() -> Sheet {
    Sheet::new(Rect::new(0, 0, CANVAS[0], CANVAS[1]))
}

/// The mockup: groups *Room*, *Shadows* and *Light* around the smart object [`SMART_OBJECT`], which holds a
/// placeholder of 1200 by 1600 pixels in a perspective, multiplied onto the paper and cut out by a mask where
/// leaves stand before it. Its merged picture is the true composite.
#[must_use]
pub fn mockup_psd() -> Vec<u8> {
    let branches = plant::branches();
    let room = [
        room::wall(),
        room::sideboard(),
        frame::wall_shadow(),
        frame::frame(),
        room::books(),
        plant::contact_shadow(),
        plant::vase(&branches),
    ];
    let design = frame::placed(&art::placeholder(), &branches);
    let shadows = [frame::lip_shadow(), plant::leaf_shadow(&branches), light::shade()];
    let lights = [light::window(), light::glare()];

    let mut canvas = vec![[0.0; 3]; (CANVAS[0] * CANVAS[1]) as usize];
    room.iter()
        .chain([&design])
        .chain(&shadows)
        .chain(&lights)
        .for_each(|plate| plate.draw(&mut canvas));
    let merged = canvas
        .iter()
        .flat_map(|c| [byte(c[0] * 255.0), byte(c[1] * 255.0), byte(c[2] * 255.0), 255])
        .collect();

    let layers = |plates: &[Plate]| plates.iter().map(Plate::layer).collect::<Vec<_>>();
    let placed = SmartObject::new(PLACEHOLDER_ID, frame::poster_quad(), art::SIZE);
    let smart = Layer::smart_object(design.name, placed, design.rect, design.rgba.clone()).mask(Mask::new(
        design.rect,
        design.mask.clone().expect("the design has a mask"),
    ));
    let mut document = Builder::new(CANVAS[0], CANVAS[1])
        .dpi(144.0)
        .compression(Compression::ZipPrediction)
        .merged(merged);
    document.push(Layer::group("Room", layers(&room)).pass_through());
    document.push(design.finish(smart));
    document.push(Layer::group("Shadows", layers(&shadows)).pass_through());
    document.push(Layer::group("Light", layers(&lights)).pass_through());
    document.link(Linked::embedded(
        PLACEHOLDER_ID,
        "placeholder.png",
        art::placeholder().to_png(),
    ));
    document.to_bytes()
}

/// The poster, 1200 by 1600 pixels: an inlay of geometric tiles over the project's name.
#[must_use]
pub fn design() -> Picture {
    art::poster()
}

/// [`design`] as a PNG file.
#[must_use]
pub fn design_png() -> Vec<u8> {
    design().to_png()
}

/// Both ends of the canvas, for sheets painted whole.
const fn canvas_size() -> Point {
    [CANVAS[0] as f64, CANVAS[1] as f64]
}
