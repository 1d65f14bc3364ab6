//! Vector paths of a document as outlines and coverage on its canvas.

use std::sync::Arc;

use marquetry_compose::{FillRule, Mask, Outline};
use marquetry_pixel::{Coverage, Point, Rect, Size};
use marquetry_psd::path::{self, Knot, Path, PathOperation, Subpath, VectorMask};

use crate::fill::Extent;

/// Curves that belong to one shape, and how it meets the shapes before it.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) outline: Outline,
    pub(crate) operation: PathOperation,
    pub(crate) rule: FillRule,
}

/// The shapes of a path on a canvas of `size`, in the order in which they are combined.
pub(crate) fn parts(path: &Path, size: Size) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for subpath in &path.subpaths {
        let outline = outline(subpath, size);
        match (subpath.operation, parts.last_mut()) {
            (None, Some(part)) => part.outline.extend(&outline),
            (operation, _) => parts.push(Part {
                outline,
                operation: operation.unwrap_or(PathOperation::Combine),
                rule: match subpath.fill_rule {
                    path::FillRule::EvenOdd => FillRule::EvenOdd,
                    path::FillRule::NonZero => FillRule::NonZero,
                },
            }),
        }
    }
    parts
}

/// Whether everything is inside before the first shape. A path that begins by taking away, or by
/// keeping what is inside, takes it from the whole canvas.
pub(crate) fn starts_full(path: &Path, parts: &[Part]) -> bool {
    let first = parts.first().map(|part| part.operation);
    path.starts_full || matches!(first, Some(PathOperation::Subtract | PathOperation::Intersect))
}

/// What a vector mask lets through on `canvas`. Density and feather are the caller's; so is a mask
/// that is switched off.
///
/// Stored masks that Photoshop rendered from the same path are its own and always to be preferred.
pub(crate) fn mask(vector: &VectorMask, canvas: Rect) -> Mask {
    let parts = parts(&vector.path, canvas.size());
    let mut sheet = Sheet::new(&parts, starts_full(&vector.path, &parts), canvas);
    for part in &parts {
        sheet.combine(part, canvas);
    }
    if vector.inverted {
        sheet.outside = 255 - sheet.outside;
        sheet
            .inside
            .bytes_mut()
            .iter_mut()
            .for_each(|byte| *byte = 255 - *byte);
    }
    Mask {
        outside: sheet.outside,
        ..Mask::new(Arc::new(sheet.inside), (sheet.area.x, sheet.area.y))
    }
}

/// The smallest whole pixels that hold all of a path, wherever its canvas ends. A corner that is
/// whole but for the precision of the file counts as whole.
pub(crate) fn bounds(path: &Path, size: Size) -> Option<Rect> {
    let mut all: Option<Rect> = None;
    for subpath in &path.subpaths {
        let part = nudged(subpath, size).bounds()?;
        all = Some(all.map_or(part, |all| all.union(part)));
    }
    all
}

/// As [`bounds`], but where the curves are and not on whole pixels: what Photoshop lays the gradients of a shape's effects
/// over (`layer_comps.psb`: a shape 32.94 pixels wide, by whose width a gradient is two pixels high and not three).
pub(crate) fn extent(path: &Path, size: Size) -> Option<Extent> {
    let mut all = Outline::new();
    for subpath in &path.subpaths {
        all.extend(&nudged(subpath, size));
    }
    let (least, most) = all.extent()?;
    Some(Extent { least, most })
}

/// A path as it is drawn where edges are to be aligned with pixels: stretched a little, so that the
/// outermost points of what is seen lie on whole ones. `seen` is the outline of a stroke with its
/// miters, or the path's own when no stroke lies outside it.
///
/// Found by fitting corners to Photoshop's own pixels of rectangles, ellipses, a pentagon, a star and
/// an arrow, equal to a tenth of a pixel; of twenty shapes with fractional bounds those that carry the
/// switch are moved, and those that don't are not.
pub(crate) fn snapped(path: &Path, size: Size, seen: &Outline) -> Path {
    let mut all = Outline::new();
    for subpath in &path.subpaths {
        all.extend(&outline(subpath, size));
    }
    let (Some((least, most)), Some((low, high))) = (all.extent(), seen.extent()) else {
        return path.clone();
    };
    let across = Stretch::onto_pixels((least.x, most.x), (low.x, high.x), size.width);
    let down = Stretch::onto_pixels((least.y, most.y), (low.y, high.y), size.height);
    let place = |point: Point| Point::new(across.of(point.x), down.of(point.y));
    let mut path = path.clone();
    for knot in path.subpaths.iter_mut().flat_map(|subpath| &mut subpath.knots) {
        *knot = Knot {
            before: place(knot.before),
            anchor: place(knot.anchor),
            after: place(knot.after),
            smooth: knot.smooth,
        };
    }
    path
}

/// One axis of a stretch, in shares of the canvas.
struct Stretch {
    from: f64,
    to: f64,
    factor: f64,
}

impl Stretch {
    /// From `least..most` in pixels to where `low..high`, which moves along, is whole.
    fn onto_pixels((least, most): (f64, f64), (low, high): (f64, f64), side: u32) -> Self {
        let whole = |edge: f64| (edge + 0.5).floor() - edge;
        let (low, high) = (least + whole(low), most + whole(high));
        let side = f64::from(side.max(1));
        let factor = (high - low) / (most - least);
        Self {
            from: least / side,
            to: low / side,
            // What has no length has none after it; what would be folded stays as it is.
            factor: if factor > 0.0 && factor.is_finite() {
                factor
            } else {
                1.0
            },
        }
    }

    fn of(&self, share: f64) -> f64 {
        self.to + (share - self.from) * self.factor
    }
}

/// What has been combined so far.
struct Sheet {
    area: Rect,
    inside: Coverage,
    outside: u8,
}

impl Sheet {
    fn new(parts: &[Part], full: bool, canvas: Rect) -> Self {
        let reached = parts.iter().filter_map(|part| part.outline.bounds());
        let area = reached.fold(Rect::default(), |all, part| all.union(canvas.intersect(part)));
        let start = if full { 255 } else { 0 };
        Self {
            area,
            inside: Coverage::filled(area.size(), [start]),
            outside: start,
        }
    }

    fn combine(&mut self, part: &Part, canvas: Rect) {
        let mask = part.outline.mask(part.rule, canvas);
        let shape = mask
            .as_ref()
            .map(|mask| (mask, mask.coverage.size().rect().translate(mask.at.0, mask.at.1)));
        let meet = |before: u8, shape: u8| meet(part.operation, before, shape);
        self.outside = meet(self.outside, 0);
        for row in 0..self.area.height {
            let y = self.area.y.saturating_add_unsigned(row);
            let bytes = self.inside.row_mut(row);
            let within = shape.as_ref().and_then(|(mask, rect)| {
                let here = rect.intersect(Rect {
                    y,
                    height: 1,
                    ..self.area
                });
                (!here.is_empty()).then(|| {
                    let from = here.x.abs_diff(rect.x) as usize;
                    let row = &mask.coverage.row(y.abs_diff(rect.y))[from..from + here.width as usize];
                    (here.x.abs_diff(self.area.x) as usize, row)
                })
            });
            let (from, shape) = within.unwrap_or((bytes.len(), &[]));
            let (left, rest) = bytes.split_at_mut(from);
            let (middle, right) = rest.split_at_mut(shape.len());
            for byte in left.iter_mut().chain(right) {
                *byte = meet(*byte, 0);
            }
            for (byte, &shape) in middle.iter_mut().zip(shape) {
                *byte = meet(*byte, shape);
            }
        }
    }
}

/// What is inside after a shape met those before it, where both are covered in part as if by chance.
fn meet(operation: PathOperation, before: u8, shape: u8) -> u8 {
    let not = |byte: u8| 255 - byte;
    match operation {
        PathOperation::Subtract => times(before, not(shape)),
        PathOperation::Intersect => times(before, shape),
        PathOperation::Xor => times(before, not(shape)).saturating_add(times(not(before), shape)),
        _ => not(times(not(before), not(shape))),
    }
}

/// `a * b / 255`, rounded to nearest.
fn times(a: u8, b: u8) -> u8 {
    let product = u16::from(a) * u16::from(b) + 128;
    let [_, share] = (product + (product >> 8)).to_le_bytes();
    share
}

/// One curve in canvas pixels. Places in the file are shares of the canvas and are not rounded.
fn outline(subpath: &Subpath, size: Size) -> Outline {
    follow(subpath, |point| on_canvas(point, size))
}

/// As [`outline`], each corner that all but is a whole pixel brought there.
fn nudged(subpath: &Subpath, size: Size) -> Outline {
    let nudge = |value: f64| {
        if (value - value.round()).abs() < 1e-3 {
            value.round()
        } else {
            value
        }
    };
    follow(subpath, |point| {
        let Point { x, y } = on_canvas(point, size);
        Point::new(nudge(x), nudge(y))
    })
}

fn on_canvas(share: Point, size: Size) -> Point {
    Point::new(share.x * f64::from(size.width), share.y * f64::from(size.height))
}

fn follow(subpath: &Subpath, place: impl Fn(Point) -> Point) -> Outline {
    let mut outline = Outline::new();
    let Some(first) = subpath.knots.first() else {
        return outline;
    };
    outline.move_to(place(first.anchor));
    let mut reach = |from: &Knot, to: &Knot| {
        if from.after == from.anchor && to.before == to.anchor {
            outline.line_to(place(to.anchor));
        } else {
            outline.curve_to(place(from.after), place(to.before), place(to.anchor));
        }
    };
    for pair in subpath.knots.windows(2) {
        reach(&pair[0], &pair[1]);
    }
    if subpath.closed {
        if let Some(last) = subpath.knots.last() {
            reach(last, first);
        }
        outline.close();
    }
    outline
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANVAS: Rect = Rect::new(0, 0, 8, 4);

    /// A closed rectangle of canvas pixels.
    fn rectangle([left, top, right, bottom]: [f64; 4], operation: PathOperation) -> Subpath {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        Subpath {
            closed: true,
            operation: Some(operation),
            fill_rule: path::FillRule::EvenOdd,
            origin: 0,
            knots: corners
                .map(|(x, y)| {
                    let at = Point::new(x / 8.0, y / 4.0);
                    Knot {
                        before: at,
                        anchor: at,
                        after: at,
                        smooth: false,
                    }
                })
                .to_vec(),
        }
    }

    /// The second row of a mask, on the whole canvas.
    fn row(subpaths: Vec<Subpath>, inverted: bool) -> [u8; 8] {
        let vector = VectorMask {
            inverted,
            linked: true,
            disabled: false,
            path: Path {
                subpaths,
                ..Path::default()
            },
        };
        let mask = mask(&vector, CANVAS);
        let rect = mask.coverage.size().rect().translate(mask.at.0, mask.at.1);
        std::array::from_fn(|x| {
            let x = i32::try_from(x).unwrap();
            if rect.contains(Rect::new(x, 1, 1, 1)) {
                mask.coverage.row(1u32.abs_diff(rect.y.unsigned_abs()))[x.abs_diff(rect.x) as usize]
            } else {
                mask.outside
            }
        })
    }

    const LEFT: [f64; 4] = [1.0, 0.0, 4.5, 3.0];
    const RIGHT: [f64; 4] = [3.0, 1.0, 7.0, 4.0];

    #[test]
    fn each_operation_meets_what_was_before_it() {
        let both = |operation| {
            row(
                vec![
                    rectangle(LEFT, PathOperation::Combine),
                    rectangle(RIGHT, operation),
                ],
                false,
            )
        };
        assert_eq!(both(PathOperation::Combine), [0, 255, 255, 255, 255, 255, 255, 0]);
        assert_eq!(both(PathOperation::Subtract), [0, 255, 255, 0, 0, 0, 0, 0]);
        assert_eq!(both(PathOperation::Intersect), [0, 0, 0, 255, 128, 0, 0, 0]);
        assert_eq!(both(PathOperation::Xor), [0, 255, 255, 0, 127, 255, 255, 0]);
    }

    #[test]
    fn the_first_operation_says_what_there_was_before_it() {
        let alone = |operation| row(vec![rectangle(LEFT, operation)], false);
        let inside = [0, 255, 255, 255, 128, 0, 0, 0];
        assert_eq!(alone(PathOperation::Combine), inside);
        assert_eq!(alone(PathOperation::Xor), inside);
        assert_eq!(alone(PathOperation::Intersect), inside);
        assert_eq!(alone(PathOperation::Subtract), [255, 0, 0, 0, 127, 255, 255, 255]);
    }

    #[test]
    fn inverting_twice_is_nothing_and_no_curve_is_all_or_none() {
        let shape = || vec![rectangle(LEFT, PathOperation::Combine)];
        assert_eq!(row(shape(), true), row(shape(), false).map(|byte| 255 - byte));
        assert_eq!(row(Vec::new(), false), [0; 8]);
        assert_eq!(row(Vec::new(), true), [255; 8]);
    }

    #[test]
    fn curves_of_one_shape_go_by_its_rule() {
        let mut hole = rectangle([2.0, 0.0, 3.0, 4.0], PathOperation::Combine);
        hole.operation = None;
        let with = |rule| {
            let mut frame = rectangle(LEFT, PathOperation::Combine);
            frame.fill_rule = rule;
            row(vec![frame, hole.clone()], false)
        };
        assert_eq!(with(path::FillRule::EvenOdd), [0, 255, 0, 255, 128, 0, 0, 0]);
        assert_eq!(with(path::FillRule::NonZero), [0, 255, 255, 255, 128, 0, 0, 0]);
    }

    #[test]
    fn a_shape_with_itself_is_that_shape() {
        for operation in [PathOperation::Combine, PathOperation::Intersect] {
            let twice = vec![
                rectangle([1.0, 0.0, 4.0, 3.0], PathOperation::Combine),
                rectangle([1.0, 0.0, 4.0, 3.0], operation),
            ];
            assert_eq!(row(twice, false), [0, 255, 255, 255, 0, 0, 0, 0]);
        }
    }

    #[test]
    fn hostile_places_cover_nothing() {
        for far in [f64::NAN, f64::INFINITY, 1e300] {
            let shape = vec![rectangle([0.0, 0.0, far, 4.0], PathOperation::Combine)];
            assert_eq!(row(shape, false), [0; 8]);
        }
    }
}
