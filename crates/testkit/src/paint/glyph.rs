//! A few capital letters as pen strokes: straight lines and quarters of circles. Enough to write our own name.

use super::Point;
use super::shape::{quarter, segment};

/// A stroke of the pen in a box one unit high.
#[derive(Clone, Copy)]
enum Stroke {
    Line(Point, Point),
    /// Centre, radius, quadrant.
    Quarter(Point, f64, Point),
}

use Stroke::{Line as L, Quarter as Q};

/// The four quadrants by the corner they lie in.
const NE: Point = [1.0, -1.0];
const SE: Point = [1.0, 1.0];
const SW: Point = [-1.0, 1.0];
const NW: Point = [-1.0, -1.0];

/// Strokes and width of a letter; other characters are a gap.
fn strokes(letter: char) -> (&'static [Stroke], f64) {
    match letter {
        'A' => (
            &[
                L([0.0, 1.0], [0.4, 0.0]),
                L([0.4, 0.0], [0.8, 1.0]),
                L([0.14, 0.65], [0.66, 0.65]),
            ],
            0.8,
        ),
        'D' => (
            &[
                L([0.0, 0.0], [0.0, 1.0]),
                L([0.0, 0.0], [0.2, 0.0]),
                L([0.0, 1.0], [0.2, 1.0]),
                Q([0.2, 0.5], 0.5, NE),
                Q([0.2, 0.5], 0.5, SE),
            ],
            0.7,
        ),
        'E' => (
            &[
                L([0.0, 0.0], [0.0, 1.0]),
                L([0.0, 0.0], [0.55, 0.0]),
                L([0.0, 0.5], [0.45, 0.5]),
                L([0.0, 1.0], [0.55, 1.0]),
            ],
            0.55,
        ),
        'G' => (
            &[
                Q([0.5, 0.5], 0.5, NW),
                Q([0.5, 0.5], 0.5, SW),
                Q([0.5, 0.5], 0.5, SE),
                L([0.5, 0.0], [0.85, 0.0]),
                L([0.55, 0.5], [1.0, 0.5]),
            ],
            1.0,
        ),
        'H' => (
            &[
                L([0.0, 0.0], [0.0, 1.0]),
                L([0.7, 0.0], [0.7, 1.0]),
                L([0.0, 0.5], [0.7, 0.5]),
            ],
            0.7,
        ),
        'I' => (&[L([0.0, 0.0], [0.0, 1.0])], 0.0),
        'M' => (
            &[
                L([0.0, 1.0], [0.0, 0.0]),
                L([0.0, 0.0], [0.42, 0.7]),
                L([0.42, 0.7], [0.84, 0.0]),
                L([0.84, 0.0], [0.84, 1.0]),
            ],
            0.84,
        ),
        'N' => (
            &[
                L([0.0, 1.0], [0.0, 0.0]),
                L([0.0, 0.0], [0.7, 1.0]),
                L([0.7, 1.0], [0.7, 0.0]),
            ],
            0.7,
        ),
        'O' => (
            &[
                Q([0.5, 0.5], 0.5, NE),
                Q([0.5, 0.5], 0.5, SE),
                Q([0.5, 0.5], 0.5, SW),
                Q([0.5, 0.5], 0.5, NW),
            ],
            1.0,
        ),
        'Q' => (
            &[
                Q([0.5, 0.5], 0.5, NE),
                Q([0.5, 0.5], 0.5, SE),
                Q([0.5, 0.5], 0.5, SW),
                Q([0.5, 0.5], 0.5, NW),
                L([0.62, 0.65], [1.0, 1.03]),
            ],
            1.0,
        ),
        'R' => (
            &[
                L([0.0, 0.0], [0.0, 1.0]),
                L([0.0, 0.0], [0.35, 0.0]),
                L([0.0, 0.54], [0.35, 0.54]),
                Q([0.35, 0.27], 0.27, NE),
                Q([0.35, 0.27], 0.27, SE),
                L([0.3, 0.54], [0.64, 1.0]),
            ],
            0.64,
        ),
        'S' => (
            &[
                L([0.56, 0.0], [0.26, 0.0]),
                Q([0.26, 0.25], 0.25, NW),
                Q([0.26, 0.25], 0.25, SW),
                L([0.26, 0.5], [0.34, 0.5]),
                Q([0.34, 0.75], 0.25, NE),
                Q([0.34, 0.75], 0.25, SE),
                L([0.34, 1.0], [0.02, 1.0]),
            ],
            0.6,
        ),
        'T' => (&[L([0.0, 0.0], [0.7, 0.0]), L([0.35, 0.0], [0.35, 1.0])], 0.7),
        'U' => (
            &[
                L([0.0, 0.0], [0.0, 0.65]),
                L([0.7, 0.0], [0.7, 0.65]),
                Q([0.35, 0.65], 0.35, SE),
                Q([0.35, 0.65], 0.35, SW),
            ],
            0.7,
        ),
        'Y' => (
            &[
                L([0.0, 0.0], [0.36, 0.5]),
                L([0.72, 0.0], [0.36, 0.5]),
                L([0.36, 0.5], [0.36, 1.0]),
            ],
            0.72,
        ),
        _ => (&[], 0.3),
    }
}

/// A line of capitals.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// What is written; characters without strokes are gaps.
    pub text: &'a str,
    /// Top left corner.
    pub at: Point,
    /// Height of a letter.
    pub size: f64,
    /// Gap between letters, in letter heights.
    pub tracking: f64,
}

impl Words<'_> {
    /// How wide they are.
    #[must_use]
    pub fn width(&self) -> f64 {
        let letters: f64 = self.text.chars().map(|c| strokes(c).1 + self.tracking).sum();
        (letters - self.tracking) * self.size
    }

    /// Distance from `p` to the nearest stroke's middle, never negative.
    #[must_use]
    pub fn distance(&self, p: Point) -> f64 {
        let q = [(p[0] - self.at[0]) / self.size, (p[1] - self.at[1]) / self.size];
        let mut nearest = f64::INFINITY;
        let mut left = 0.0;
        for letter in self.text.chars() {
            let (strokes, width) = strokes(letter);
            let here = [q[0] - left, q[1]];
            if here[0] > -0.5 && here[0] < width + 0.5 {
                for stroke in strokes {
                    nearest = nearest.min(match *stroke {
                        L(a, b) => segment(here, a, b).0,
                        Q(center, radius, sign) => quarter(here, center, radius, sign),
                    });
                }
            }
            left += width + self.tracking;
        }
        nearest * self.size
    }
}
