//! A table of all colours: what colour lookups and profiles become.

use marquetry_pixel::nearest_byte;
use std::sync::Arc;

/// Colours at the corners of a grid, and what lies between them mixed of the four nearest
/// (tetrahedra, as colour management does).
#[derive(Clone, Debug, PartialEq)]
pub struct Cube {
    side: usize,
    /// Red runs fastest, then green.
    colours: Arc<[[f32; 3]]>,
}

impl Cube {
    /// The longest side taken.
    pub const MOST_SIDE: usize = 129;

    /// A grid of `side` points a channel; `colours` from 0.0 to 1.0, red running fastest, then green.
    /// `None` when it is no such grid, or has no or too many points.
    pub fn new(side: usize, colours: Vec<[f32; 3]>) -> Option<Self> {
        let fits = (2..=Self::MOST_SIDE).contains(&side) && colours.len() == side * side * side;
        let sound = |sample: f32| if sample >= 0.0 { sample.min(1.0) } else { 0.0 };
        fits.then(|| Self {
            side,
            colours: colours.into_iter().map(|colour| colour.map(sound)).collect(),
        })
    }

    fn corner(&self, [red, green, blue]: [usize; 3]) -> [f32; 3] {
        let last = self.side - 1;
        let at = (blue.min(last) * self.side + green.min(last)) * self.side + red.min(last);
        self.colours[at]
    }

    pub(super) fn of(&self, colour: [u8; 3]) -> [u8; 3] {
        let last = self.side - 1;
        let steps = colour.map(|sample| usize::from(sample) * last);
        let cell = steps.map(|step| step / 255);
        let part = steps.map(|step| {
            let rest = u16::try_from(step % 255).unwrap_or(0);
            f32::from(rest) / 255.0
        });
        // From the lowest corner to the highest along the edges, the longest part first.
        let mut order = [0, 1, 2];
        order.sort_by(|&a: &usize, &b: &usize| part[b].total_cmp(&part[a]));
        let mut at = cell;
        let mut colour = self.corner(at);
        let mut below = colour;
        for axis in order {
            at[axis] += 1;
            let above = self.corner(at);
            for channel in 0..3 {
                colour[channel] += (above[channel] - below[channel]) * part[axis];
            }
            below = above;
        }
        colour.map(|sample| nearest_byte(sample * 255.0))
    }
}
