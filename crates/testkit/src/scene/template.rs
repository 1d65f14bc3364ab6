//! The scene as a PSD, the design placed as a real smart object with its file embedded.

use super::{Plate, Scene};
use crate::paint::byte;
use crate::psd::{Builder, Layer, Linked, Mask, SmartObject};

/// The embedded design's id.
const DESIGN_ID: &str = "5cebe000-0000-4000-8000-00000de51640";

impl Scene {
    /// The scene as an RGB PSD under RLE: `smart` is a smart object named so, with the design embedded as a PNG, a
    /// perspective, a mask and the raster drawn through it; `overlay` is a solid colour fill with its pixels; the
    /// merged picture is the reference. Opacities are rounded to 255ths, as the format wants.
    #[must_use]
    pub fn template_psd(&self) -> Vec<u8> {
        let n = self.canvas();
        let mut document = Builder::new(n, n).merged(self.reference().rgba);
        for layer in &self.layers {
            let made = match &layer.plate {
                Plate::Raster(picture) => Layer::raster(layer.name, layer.rect, picture.rgba.clone()),
                Plate::Design => {
                    let edge = self.design.width as f64;
                    let placed = SmartObject::new(DESIGN_ID, self.quad(), [edge, edge]);
                    Layer::smart_object(layer.name, placed, layer.rect, self.warped_design())
                        .mask(Mask::new(layer.rect, self.mask.clone()))
                }
                Plate::Color([red, green, blue]) => {
                    let pixels = [*red, *green, *blue, 255].repeat(layer.rect.area());
                    Layer::raster(layer.name, layer.rect, pixels).solid_fill_block([*red, *green, *blue])
                }
            };
            document.push(made.blend(layer.blend.key()).opacity(byte(layer.opacity * 255.0)));
        }
        document.link(Linked::embedded(DESIGN_ID, "design.png", self.design.to_png()));
        document.to_bytes()
    }
}
