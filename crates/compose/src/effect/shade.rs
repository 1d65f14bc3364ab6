//! From how far a blur has fallen off to how strong an effect is there.

use crate::effect::blur::Field;
use crate::effect::contour::Contour;
use crate::gradient::Ramp;
use crate::mask::Plane;
use crate::paint::{luck, rows};
use marquetry_pixel::{narrow, share_to_byte};

/// What is done to every value of a field, worked out for all that there are.
pub(super) struct Shade {
    /// By the value in 16ths of a byte's step.
    table: Vec<u8>,
}

/// Steps of a field for each one of the table.
const FINE: u16 = 16;

impl Shade {
    /// `of` takes and gives `0.0..=1.0`.
    pub(super) fn new(of: impl Fn(f32) -> f32) -> Self {
        let last = Field::FULL / FINE;
        let table = (0..=last).map(|step| share_to_byte(of(f32::from(step) / f32::from(last))));
        Self {
            table: table.collect(),
        }
    }

    /// As `contour` says.
    pub(super) fn contour(contour: Option<&Contour>) -> Self {
        Self::new(|value| bent(contour, value))
    }

    pub(super) fn at(&self, value: u16) -> u8 {
        let step = (value + FINE / 2) / FINE;
        self.table.get(usize::from(step)).copied().unwrap_or(255)
    }
}

/// `value` by way of the contour, when there is one.
pub(super) fn bent(contour: Option<&Contour>, value: f32) -> f32 {
    contour.map_or(value, |contour| contour.at(value))
}

/// Scatters each value: at 1 anything up to twice as much, on the whole the same. A pixel's luck
/// depends on its place on the canvas alone.
pub(super) fn scatter(plane: Plane, noise: f64) -> Plane {
    let noise = narrow(noise);
    if noise <= 0.0 {
        return plane;
    }
    let area = plane.area();
    let mut bytes = plane.into_bytes();
    for (y, row) in rows(area).zip(bytes.chunks_exact_mut(area.width.max(1) as usize)) {
        for (value, x) in row.iter_mut().zip(area.x..) {
            let chance = 1.0 + noise * (2.0 * luck(x, y) - 1.0);
            *value = share_to_byte(f32::from(*value) / 255.0 * chance);
        }
    }
    Plane::new(area, bytes)
}

/// A ramp's colours by the byte, in 255ths, from its end to its start: 255 is where it begins. Nothing at 0.
pub(super) fn colours(ramp: &Ramp) -> Box<[[f32; 4]; 256]> {
    let mut table = Box::new([[0.0; 4]; 256]);
    for (step, colour) in (0_u8..=255).zip(table.iter_mut()).skip(1) {
        let place = f64::from(255 - step) / 255.0;
        *colour = ramp.at(place).map(|share| 255.0 * share);
    }
    table
}
