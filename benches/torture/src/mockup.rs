//! The mockup that everything here renders: small, so that the figures are those of the jobs and not of
//! the pixels, and written by the project's own writer of PSD files.

use base64::Engine as _;
use marquetry_testkit::paint::Picture;
use marquetry_testkit::psd::{Builder, Layer, Linked, Rect, SmartObject};
use serde_json::{Value, json};

use crate::chance::Chance;

const WIDTH: u32 = 32;
const HEIGHT: u32 = 24;
/// The slot, in pixels of the canvas and of its content alike.
const SLOT: Rect = Rect {
    left: 8,
    top: 6,
    right: 24,
    bottom: 18,
};
/// A pixel in the middle of the slot.
const MIDDLE: (usize, usize) = (16, 12);
const GREY: [u8; 4] = [128, 128, 128, 255];
const BLUE: [u8; 4] = [0, 0, 255, 255];
const CONTENT: &str = "11111111-2222-4333-8444-555555555555";

/// A grey document with a blue smart object in its middle.
pub(crate) fn psd() -> Vec<u8> {
    scaled(1)
}

/// The same, `scale` times as wide and as high: for renders that take a while.
pub(crate) fn scaled(scale: u32) -> Vec<u8> {
    let side = i32::try_from(scale).unwrap_or(1);
    let canvas = Rect::new(0, 0, WIDTH * scale, HEIGHT * scale);
    let slot = Rect {
        left: SLOT.left * side,
        top: SLOT.top * side,
        right: SLOT.right * side,
        bottom: SLOT.bottom * side,
    };
    let (left, top) = (f64::from(slot.left), f64::from(slot.top));
    let (right, bottom) = (f64::from(slot.right), f64::from(slot.bottom));
    let quad = [[left, top], [right, top], [right, bottom], [left, bottom]];
    let placed = SmartObject::new(CONTENT, quad, [right - left, bottom - top]);
    let mut document = Builder::new(WIDTH * scale, HEIGHT * scale).merged(GREY.repeat(canvas.area()));
    document.push(Layer::raster("Paper", canvas, GREY.repeat(canvas.area())));
    document.push(Layer::smart_object(
        "Design",
        placed,
        slot,
        BLUE.repeat(slot.area()),
    ));
    document.link(Linked::embedded(CONTENT, "design.png", picture(BLUE)));
    document.to_bytes()
}

/// A picture that no coder makes small, for the slot of a mockup of that scale.
fn noise(scale: u32) -> Vec<u8> {
    let scale = scale as usize;
    let mut chance = Chance::of_seed(1);
    let (width, height) = (SLOT.width() * scale, SLOT.height() * scale);
    let pixels = (0..width * height).flat_map(|_| {
        let [red, green, blue, ..] = chance.draw().to_be_bytes();
        [red, green, blue, 255]
    });
    let rgba = pixels.collect();
    Picture { width, height, rgba }.to_png()
}

fn picture(colour: [u8; 4]) -> Vec<u8> {
    Picture::from_fn(SLOT.width(), SLOT.height(), |_| colour).to_png()
}

/// A mockup that was uploaded.
#[derive(Clone, Debug)]
pub(crate) struct Mockup {
    pub(crate) id: String,
    pub(crate) slot: String,
}

/// A colour to draw with, by which a picture is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour(pub(crate) u32);

impl Colour {
    fn rgba(self) -> [u8; 4] {
        let [_, red, green, blue] = self.0.to_be_bytes();
        [red, green, blue, 255]
    }

    /// Whether `png` is a whole picture of the mockup with this colour in its slot, and if not, why.
    pub(crate) fn judge(self, png: &[u8]) -> Result<(), String> {
        let picture = Picture::from_png(png).map_err(|error| format!("no whole PNG: {error}"))?;
        if (picture.width, picture.height) != (WIDTH as usize, HEIGHT as usize) {
            return Err(format!("{} by {} pixels", picture.width, picture.height));
        }
        let at = (MIDDLE.1 * picture.width + MIDDLE.0) * 4;
        let seen = &picture.rgba[at..at + 4];
        let near = seen.iter().zip(self.rgba()).all(|(a, b)| a.abs_diff(b) <= 1);
        if near {
            Ok(())
        } else {
            Err(format!("{seen:?} where {:?} was ordered", self.rgba()))
        }
    }
}

/// How the design comes to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Design {
    /// As a colour: nothing but the job is stored.
    Fill,
    /// As a picture in the request: a blob is stored before the job.
    Picture,
}

impl Mockup {
    /// The body of a render whose result is large: noise in the slot of a mockup of that scale.
    pub(crate) fn render_noise(&self, scale: u32) -> Value {
        let png = base64::engine::general_purpose::STANDARD.encode(noise(scale));
        json!({
            "is_async": true,
            "mockup_uuid": self.id,
            "smart_objects": [{"uuid": self.slot, "asset": {"base64": png, "fit": "fill"}}],
            "export_options": {"image_format": "png", "image_size": "original"},
        })
    }

    /// The body of a render for a job in the background.
    pub(crate) fn render(&self, colour: Colour, design: Design) -> Value {
        let change = match design {
            Design::Fill => json!({"uuid": self.slot, "color": {"hex": format!("#{:06X}", colour.0)}}),
            Design::Picture => {
                let png = base64::engine::general_purpose::STANDARD.encode(picture(colour.rgba()));
                json!({"uuid": self.slot, "asset": {"base64": png, "fit": "fill"}})
            }
        };
        json!({
            "is_async": true,
            "mockup_uuid": self.id,
            "smart_objects": [change],
            "export_options": {"image_format": "png", "image_size": "original"},
        })
    }
}
