//! From a placement, the size of an asset and the size of a frame to where each copy of the asset goes.

use marquetry_pixel::Size;

use super::{Fit, Placement, Position};

/// A rectangle between pixels: `left..left + width` and `top..top + height`, y down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Its left edge.
    pub left: f64,
    /// Its top edge.
    pub top: f64,
    /// How wide it is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
}

/// Where one copy of the asset goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Where the bounding box of the flipped and turned asset is stretched to, in frame pixels.
    pub picture: Area,
    /// The box that it must not leave, in frame pixels. The frame itself cuts once more.
    pub clip: Area,
}

/// Where the asset goes in the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// The copy that the placement names: the only one, or the one from which the grid grows.
    pub first: Spot,
    /// The distance from one copy to the next, to the right and down, when there is a grid.
    pub period: Option<(f64, f64)>,
    /// The new top left corner of the smart object's bounding box on the canvas, when the placement
    /// moves the smart object as a whole.
    pub moved_to: Option<Position>,
}

/// The bounding box of an asset of `size` pixels after turning it by `degrees`.
///
/// Quarter turns are exact. Other turns give the smallest upright box around the turned rectangle,
/// as fractions of pixels.
///
/// ```
/// use marquetry_model::placement::turned;
/// use marquetry_pixel::Size;
///
/// assert_eq!(turned(Size::new(400, 300), 90.0), (300.0, 400.0));
/// let (width, height) = turned(Size::new(100, 100), 45.0);
/// assert!((width - 141.42).abs() < 0.01 && (height - width).abs() < 1e-9);
/// ```
pub fn turned(size: Size, degrees: f64) -> (f64, f64) {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let turn = degrees.rem_euclid(180.0);
    if turn == 0.0 {
        return (width, height);
    }
    if turn == 90.0 {
        return (height, width);
    }
    let (sin, cos) = turn.to_radians().sin_cos();
    let (sin, cos) = (sin.abs(), cos.abs());
    (width * cos + height * sin, width * sin + height * cos)
}

/// Where an asset of `asset` pixels goes in a frame of `frame` pixels.
///
/// `asset` is its size as decoded; flips and turns of the placement are taken into account here. An
/// asset or frame without pixels gives empty areas.
pub fn lay_out(asset: Size, frame: Size, placement: &Placement) -> Layout {
    let art = turned(asset, placement.rotation.get());
    let whole = Area {
        left: 0.0,
        top: 0.0,
        width: frame.width.into(),
        height: frame.height.into(),
    };
    let Some(size) = placement.size else {
        // A position alone leaves the asset fitted to the frame and moves the smart object.
        return Layout {
            first: spot(art, whole, placement.fit),
            period: None,
            moved_to: placement.position,
        };
    };
    let size = size.within(frame);
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let (left, top) = match placement.position {
        Some(Position { top, left }) => (f64::from(left), f64::from(top)),
        None => ((whole.width - width) / 2.0, (whole.height - height) / 2.0),
    };
    let first = spot(
        art,
        Area {
            left,
            top,
            width,
            height,
        },
        placement.fit,
    );
    let period = placement.tile.map(|tile| {
        let stride = 1.0 + tile.spacing.get() / 100.0;
        (width * stride, height * stride)
    });
    Layout {
        first,
        period,
        moved_to: None,
    }
}

fn spot((width, height): (f64, f64), clip: Area, fit: Fit) -> Spot {
    let scales = (clip.width / width, clip.height / height);
    let scale = match fit {
        Fit::Fill => return Spot { picture: clip, clip },
        Fit::Contain => scales.0.min(scales.1),
        Fit::Cover => scales.0.max(scales.1),
    };
    if !scale.is_finite() {
        return Spot {
            picture: Area {
                width: 0.0,
                height: 0.0,
                ..clip
            },
            clip,
        };
    }
    // The side that decides the scale is the box's own, exactly, and not a product that nearly is.
    let across = if scale == scales.0 {
        clip.width
    } else {
        width * scale
    };
    let down = if scale == scales.1 {
        clip.height
    } else {
        height * scale
    };
    let picture = Area {
        left: clip.left + (clip.width - across) / 2.0,
        top: clip.top + (clip.height - down) / 2.0,
        width: across,
        height: down,
    };
    Spot { picture, clip }
}

impl Area {
    /// Whether the two share more than an edge.
    pub fn meets(&self, other: &Self) -> bool {
        self.left < other.left + other.width
            && other.left < self.left + self.width
            && self.top < other.top + other.height
            && other.top < self.top + self.height
    }

    fn moved(self, right: f64, down: f64) -> Self {
        Self {
            left: self.left + right,
            top: self.top + down,
            ..self
        }
    }
}

impl Spot {
    fn moved(self, right: f64, down: f64) -> Self {
        Self {
            picture: self.picture.moved(right, down),
            clip: self.clip.moved(right, down),
        }
    }
}

impl Layout {
    /// How many copies touch the frame. Tiles of one pixel in a large frame are many: ask this before
    /// walking through [`Self::spots`].
    pub fn count(&self, frame: Size) -> u64 {
        let ((_, columns), (_, rows)) = self.grid(frame);
        columns.saturating_mul(rows)
    }

    /// The copies that touch the frame, row by row from the top left.
    pub fn spots(&self, frame: Size) -> impl Iterator<Item = Spot> + use<> {
        let ((first_column, columns), (first_row, rows)) = self.grid(frame);
        let (first, (across, down)) = (self.first, self.period.unwrap_or_default());
        (0..rows).flat_map(move |row| {
            (0..columns).map(move |column| {
                first.moved(
                    (first_column + as_f64(column)) * across,
                    (first_row + as_f64(row)) * down,
                )
            })
        })
    }

    /// The first column and how many there are, and the same for rows.
    fn grid(&self, frame: Size) -> ((f64, u64), (f64, u64)) {
        let clip = self.first.clip;
        match self.period {
            Some((across, down)) => (
                range(clip.left, clip.width, across, frame.width.into()),
                range(clip.top, clip.height, down, frame.height.into()),
            ),
            None => {
                let whole = Area {
                    left: 0.0,
                    top: 0.0,
                    width: frame.width.into(),
                    height: frame.height.into(),
                };
                let seen = u64::from(clip.meets(&whole));
                ((0.0, seen), (0.0, seen))
            }
        }
    }
}

/// Which multiples of `period` bring `start..start + length` into `0..frame`: the first, and how many.
fn range(start: f64, length: f64, period: f64, frame: f64) -> (f64, u64) {
    // Strictly more than an edge must be shared, on both sides. The quotient is rounded, so that next to a whole number
    // the last word is had by the places themselves, as they will be moved to.
    let ends_inside = |copy: f64| start + copy * period + length > 0.0;
    let begins_inside = |copy: f64| start + copy * period < frame;
    let mut first = ((-start - length) / period).floor() + 1.0;
    let mut last = ((frame - start) / period).ceil() - 1.0;
    if !ends_inside(first) {
        first += 1.0;
    } else if ends_inside(first - 1.0) {
        first -= 1.0;
    }
    if !begins_inside(last) {
        last -= 1.0;
    } else if begins_inside(last + 1.0) {
        last += 1.0;
    }
    let count = last - first + 1.0;
    if count.is_finite() && count >= 1.0 {
        (first, as_count(count))
    } else {
        (0.0, 0)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number of at least one, at most a frame's width; a float cast saturates"
)]
fn as_count(count: f64) -> u64 {
    count as u64
}

fn as_f64(number: u64) -> f64 {
    u32::try_from(number).unwrap_or(u32::MAX).into()
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
