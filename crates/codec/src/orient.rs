//! Exact moves of whole pixels: mirroring, quarter turns and the eight orientations of EXIF.

use marquetry_pixel::{Raster, Size};

/// Where row 0 and column 0 of the stored picture are in the upright one (Exif 2.32, *Orientation*).
///
/// The names are the specification's: the first word says where the stored **first row** lies, the
/// second where the stored **first column** lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Orientation {
    /// 1: stored upright.
    #[default]
    TopLeft,
    /// 2: mirrored left to right.
    TopRight,
    /// 3: upside down.
    BottomRight,
    /// 4: mirrored top to bottom.
    BottomLeft,
    /// 5: rows and columns exchanged.
    LeftTop,
    /// 6: needs a quarter turn clockwise.
    RightTop,
    /// 7: rows and columns exchanged, and upside down.
    RightBottom,
    /// 8: needs a quarter turn anticlockwise.
    LeftBottom,
}

impl Orientation {
    /// From the number that EXIF stores; `None` outside 1 to 8.
    pub fn from_exif(number: u16) -> Option<Self> {
        Some(match number {
            1 => Self::TopLeft,
            2 => Self::TopRight,
            3 => Self::BottomRight,
            4 => Self::BottomLeft,
            5 => Self::LeftTop,
            6 => Self::RightTop,
            7 => Self::RightBottom,
            8 => Self::LeftBottom,
            _ => return None,
        })
    }

    /// Whether width and height change places.
    pub fn swaps_sides(self) -> bool {
        matches!(
            self,
            Self::LeftTop | Self::RightTop | Self::RightBottom | Self::LeftBottom
        )
    }

    /// The upright size of a picture stored as `size`.
    pub fn upright(self, size: Size) -> Size {
        if self.swaps_sides() {
            Size::new(size.height, size.width)
        } else {
            size
        }
    }
}

/// A turn by a multiple of 90 degrees, clockwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuarterTurn {
    /// 90 degrees.
    Clockwise,
    /// 180 degrees.
    Half,
    /// 270 degrees.
    Anticlockwise,
}

/// Mirrors left to right, in place.
pub fn flip_horizontal(raster: &mut Raster) {
    let width = raster.width() as usize;
    if width > 0 {
        raster
            .pixels_mut()
            .chunks_exact_mut(width)
            .for_each(<[_]>::reverse);
    }
}

/// Mirrors top to bottom, in place.
pub fn flip_vertical(raster: &mut Raster) {
    let stride = raster.width() as usize * Raster::SAMPLES;
    let (upper, lower) = {
        let half = raster.height() as usize / 2 * stride;
        raster.bytes_mut().split_at_mut(half)
    };
    if stride > 0 {
        for (above, below) in upper
            .chunks_exact_mut(stride)
            .zip(lower.rchunks_exact_mut(stride))
        {
            above.swap_with_slice(below);
        }
    }
}

/// Turns by a multiple of 90 degrees. Every pixel is kept exactly.
///
/// ```
/// use marquetry_codec::{QuarterTurn, turn};
/// use marquetry_pixel::{Raster, Size};
/// let mut tall = Raster::new(Size::new(1, 2));
/// tall.pixels_mut()[0] = [255, 0, 0, 255];
/// let wide = turn(tall, QuarterTurn::Clockwise);
/// // What was on top is now on the right.
/// assert_eq!((wide.size(), wide.pixel(1, 0)), (Size::new(2, 1), Some([255, 0, 0, 255])));
/// ```
pub fn turn(mut raster: Raster, by: QuarterTurn) -> Raster {
    match by {
        QuarterTurn::Half => {
            raster.pixels_mut().reverse();
            raster
        }
        QuarterTurn::Clockwise => {
            let mut turned = transpose(&raster);
            flip_horizontal(&mut turned);
            turned
        }
        QuarterTurn::Anticlockwise => {
            let mut turned = transpose(&raster);
            flip_vertical(&mut turned);
            turned
        }
    }
}

/// Brings a stored picture upright.
pub fn orient(mut raster: Raster, orientation: Orientation) -> Raster {
    match orientation {
        Orientation::TopLeft => raster,
        Orientation::TopRight => {
            flip_horizontal(&mut raster);
            raster
        }
        Orientation::BottomRight => turn(raster, QuarterTurn::Half),
        Orientation::BottomLeft => {
            flip_vertical(&mut raster);
            raster
        }
        Orientation::LeftTop => transpose(&raster),
        Orientation::RightTop => turn(raster, QuarterTurn::Clockwise),
        Orientation::RightBottom => transpose(&turn(raster, QuarterTurn::Half)),
        Orientation::LeftBottom => turn(raster, QuarterTurn::Anticlockwise),
    }
}

/// Rows become columns. In tiles, so that both sides of a tile stay in the nearest cache: walking
/// whole columns of a large picture would miss it at every pixel.
fn transpose(raster: &Raster) -> Raster {
    const TILE: usize = 32;
    let (width, height) = (raster.width() as usize, raster.height() as usize);
    let mut turned = Raster::new(Size::new(raster.height(), raster.width()));
    let (from, to) = (raster.pixels(), turned.pixels_mut());
    for top in (0..height).step_by(TILE) {
        for left in (0..width).step_by(TILE) {
            for x in left..(left + TILE).min(width) {
                for y in top..(top + TILE).min(height) {
                    to[x * height + y] = from[y * width + x];
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture whose every pixel is different.
    fn counted(width: u32, height: u32) -> Raster {
        let mut raster = Raster::new(Size::new(width, height));
        for (at, pixel) in raster.pixels_mut().iter_mut().enumerate() {
            *pixel = u32::try_from(at).unwrap().to_le_bytes();
        }
        raster
    }

    #[test]
    fn each_orientation_puts_row_and_column_where_its_name_says() {
        let stored = counted(3, 2);
        let at = |raster: &Raster, x, y| u32::from_le_bytes(raster.pixel(x, y).unwrap());
        // The stored pixels 0 (row 0, column 0), 2 (end of row 0) and 3 (end of column 0) in the upright one.
        for (number, size, zero, row_end, column_end) in [
            (1, (3, 2), (0, 0), (2, 0), (0, 1)),
            (2, (3, 2), (2, 0), (0, 0), (2, 1)),
            (3, (3, 2), (2, 1), (0, 1), (2, 0)),
            (4, (3, 2), (0, 1), (2, 1), (0, 0)),
            (5, (2, 3), (0, 0), (0, 2), (1, 0)),
            (6, (2, 3), (1, 0), (1, 2), (0, 0)),
            (7, (2, 3), (1, 2), (1, 0), (0, 2)),
            (8, (2, 3), (0, 2), (0, 0), (1, 2)),
        ] {
            let orientation = Orientation::from_exif(number).unwrap();
            let upright = orient(stored.clone(), orientation);
            assert_eq!(upright.size(), Size::new(size.0, size.1), "{number}");
            assert_eq!(upright.size(), orientation.upright(stored.size()), "{number}");
            assert_eq!(at(&upright, zero.0, zero.1), 0, "{number}");
            assert_eq!(at(&upright, row_end.0, row_end.1), 2, "{number}");
            assert_eq!(at(&upright, column_end.0, column_end.1), 3, "{number}");
        }
        assert_eq!(Orientation::from_exif(0), None);
        assert_eq!(Orientation::from_exif(9), None);
    }

    #[test]
    fn four_quarter_turns_and_two_flips_come_home() {
        for (width, height) in [(1, 1), (70, 33), (33, 70), (5, 1)] {
            let start = counted(width, height);
            let mut raster = start.clone();
            for _ in 0..4 {
                raster = turn(raster, QuarterTurn::Clockwise);
            }
            assert_eq!(raster, start);
            let back = turn(
                turn(start.clone(), QuarterTurn::Clockwise),
                QuarterTurn::Anticlockwise,
            );
            assert_eq!(back, start);
            let mut flipped = start.clone();
            flip_horizontal(&mut flipped);
            flip_vertical(&mut flipped);
            assert_eq!(flipped, turn(start.clone(), QuarterTurn::Half));
        }
    }
}
