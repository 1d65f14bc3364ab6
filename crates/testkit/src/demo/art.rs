//! Flat pictures: the placeholder inside the mockup and the poster laid over it.

use crate::paint::glyph::Words;
use crate::paint::shape::{convex, coverage, disc, quarter, rounded_box, segment, span};
use crate::paint::{Picture, Point, byte, hex, mix3};

/// Both pictures' size in pixels.
pub(super) const SIZE: Point = [1200.0, 1600.0];

const CREAM: u32 = 0xF4_EA_D8;
const INK: u32 = 0x1C_2C_4A;
const CORAL: u32 = 0xE3_5A_3E;
const MUSTARD: u32 = 0xF0_B0_3C;
const TEAL: u32 = 0x2B_7C_79;
const BLUSH: u32 = 0xF1_B7_9E;

/// An opaque colour painted on shape by shape.
struct Brush([f64; 3]);

impl Brush {
    fn paint(&mut self, rgb: u32, distance: f64) {
        self.0 = mix3(self.0, hex(rgb), coverage(distance, 1.2));
    }

    fn pixel(&self) -> [u8; 4] {
        let [red, green, blue] = self.0.map(byte);
        [red, green, blue, 255]
    }
}

fn picture(color: impl Fn(Point) -> [u8; 4]) -> Picture {
    Picture::from_fn(1200, 1600, color)
}

/// A line of words, centred.
fn centred(text: &str, top: f64, size: f64, tracking: f64) -> Words<'_> {
    let mut words = Words {
        text,
        at: [0.0, top],
        size,
        tracking,
    };
    words.at[0] = (SIZE[0] - words.width()) / 2.0;
    words
}

/// What the mockup shows before anything is laid in: a quiet sheet that says what belongs here.
pub(super) fn placeholder() -> Picture {
    let title = centred("YOUR DESIGN HERE", 1180.0, 62.0, 0.42);
    picture(|p| {
        let mut brush = Brush(hex(0xE9_E6_DF));
        let rim = rounded_box(p, [600.0, 800.0], [520.0, 720.0], 36.0);
        brush.paint(0xC6_C1_B6, rim.abs() - 3.0);
        // The usual sign for a picture: a sun over two hills, in a frame.
        let hills = [
            convex(p, &[[520.0, 640.0], [770.0, 940.0], [270.0, 940.0]]),
            convex(p, &[[740.0, 730.0], [930.0, 940.0], [560.0, 940.0]]),
        ];
        let frame = rounded_box(p, [600.0, 720.0], [400.0, 290.0], 44.0);
        brush.paint(0xD9_D4_CA, frame);
        brush.paint(0xB4_AE_A1, hills[0].max(frame));
        brush.paint(0xA3_9C_8E, hills[1].max(frame));
        brush.paint(0xF2_EE_E6, disc(p, [800.0, 570.0], 58.0));
        brush.paint(0x8B_84_77, frame.abs() - 5.0);
        brush.paint(0x8B_84_77, title.distance(p) - 4.5);
        brush.pixel()
    })
}

/// Tiles across, tiles down, their edge and the margin around them.
const TILES: [u32; 2] = [4, 5];
const TILE: f64 = 255.0;
const MARGIN: f64 = 90.0;

/// The plan of the poster: which figure, which way it is turned, ground and figure colours. Row by row.
const PLAN: [(Figure, u8, u32, u32); 20] = [
    (Figure::Quarter, 0, INK, CORAL),
    (Figure::Quarter, 1, CORAL, MUSTARD),
    (Figure::Disc, 0, BLUSH, TEAL),
    (Figure::Quarter, 2, MUSTARD, INK),
    (Figure::Leaf, 0, BLUSH, TEAL),
    (Figure::Stripes, 0, CREAM, INK),
    (Figure::Half, 1, TEAL, BLUSH),
    (Figure::Corner, 3, CORAL, MUSTARD),
    (Figure::Rings, 3, MUSTARD, INK),
    (Figure::Half, 0, INK, CORAL),
    (Figure::Leaf, 1, CREAM, CORAL),
    (Figure::Rings, 0, TEAL, CREAM),
    (Figure::Corner, 0, CREAM, INK),
    (Figure::Disc, 0, MUSTARD, CORAL),
    (Figure::Quarter, 3, BLUSH, INK),
    (Figure::Stripes, 1, CREAM, TEAL),
    (Figure::Half, 2, CORAL, CREAM),
    (Figure::Leaf, 0, INK, MUSTARD),
    (Figure::Quarter, 0, TEAL, BLUSH),
    (Figure::Corner, 2, MUSTARD, INK),
];

#[derive(Clone, Copy)]
enum Figure {
    /// A quarter disc that fills the tile.
    Quarter,
    /// A disc with a smaller one of the ground inside.
    Disc,
    /// Two quarter discs crossed.
    Leaf,
    /// Five bars.
    Stripes,
    /// A half disc against one side.
    Half,
    /// A triangle over one corner.
    Corner,
    /// Quarter rings around one corner.
    Rings,
}

impl Figure {
    /// Distance at `q`, tile pixels from its centre.
    fn distance(self, q: Point) -> f64 {
        let half = TILE / 2.0;
        let corner = |x: f64, y: f64| [x * half, y * half];
        match self {
            Self::Quarter => disc(q, corner(-1.0, 1.0), TILE),
            Self::Disc => disc(q, [0.0; 2], half * 0.78).max(-disc(q, [0.0; 2], half * 0.34)),
            Self::Leaf => disc(q, corner(-1.0, 1.0), TILE).max(disc(q, corner(1.0, -1.0), TILE)),
            Self::Stripes => {
                let pitch = TILE / 5.0;
                let at = (q[0] + half) / pitch;
                ((at - at.floor() - 0.5).abs() - 0.27) * pitch
            }
            Self::Half => disc(q, corner(-1.0, 0.0), half).min(disc(q, [half * 0.52, 0.0], half * 0.26)),
            Self::Corner => convex(q, &[corner(-1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)]),
            Self::Rings => [0.94, 0.66, 0.38]
                .iter()
                .map(|share| quarter(q, corner(-1.0, -1.0), TILE * (share - 0.07), [1.0, 1.0]) - TILE * 0.07)
                .fold(disc(q, corner(-1.0, -1.0), TILE * 0.14), f64::min),
        }
    }
}

/// The poster: an inlay of geometric tiles, the name below.
pub(super) fn poster() -> Picture {
    let name = centred("MARQUETRY", 1436.0, 74.0, 0.5);
    let field = [
        [MARGIN, MARGIN],
        [
            MARGIN + TILE * f64::from(TILES[0]),
            MARGIN + TILE * f64::from(TILES[1]),
        ],
    ];
    picture(|p| {
        let mut brush = Brush(hex(CREAM));
        if span(p, field[0], field[1]) < 0.0 {
            let [column, row] = [0, 1].map(|axis: usize| ((p[axis] - MARGIN) / TILE).floor());
            let q = [
                p[0] - MARGIN - (column + 0.5) * TILE,
                p[1] - MARGIN - (row + 0.5) * TILE,
            ];
            let index = PLAN.iter().enumerate().find(|(i, _)| {
                let i = f64::from(u32::try_from(*i).expect("few tiles"));
                (i / f64::from(TILES[0])).floor() == row && i - row * f64::from(TILES[0]) == column
            });
            let (_, (figure, turn, ground, color)) = index.expect("a tile for every place");
            let turned = match turn {
                0 => q,
                1 => [q[1], -q[0]],
                2 => [-q[0], -q[1]],
                _ => [-q[1], q[0]],
            };
            brush.0 = hex(*ground);
            brush.paint(*color, figure.distance(turned));
        }
        brush.paint(INK, name.distance(p) - 7.0);
        // A short rule on either side, as on a title page.
        for x in [MARGIN, SIZE[0] - MARGIN - 60.0] {
            brush.paint(CORAL, segment(p, [x + 4.0, 1473.0], [x + 56.0, 1473.0]).0 - 4.0);
        }
        brush.pixel()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_poster_fills_its_frame_and_uses_its_palette() {
        let poster = poster();
        assert_eq!(
            (poster.width, poster.height, poster.rgba.len()),
            (1200, 1600, 1200 * 1600 * 4)
        );
        for rgb in [CREAM, INK, CORAL, MUSTARD, TEAL, BLUSH] {
            let [red, green, blue] = hex(rgb).map(byte);
            let share = poster
                .rgba
                .chunks_exact(4)
                .filter(|p| **p == [red, green, blue, 255])
                .count();
            assert!(share > 30_000, "{rgb:06x} covers {share} pixels");
        }
    }
}
