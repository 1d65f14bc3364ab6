//! Vector paths: masks of layers and saved paths, as curves over the canvas.
//!
//! Adobe Photoshop File Formats Specification, *Path resource format* and *Vector mask setting*.

use marquetry_pixel::Point;

use crate::{Limits, PsdError, Section, reader::Reader};

/// A vector mask: `vmsk` or `vsms`.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorMask {
    /// Whether the inside is hidden instead of the outside.
    pub inverted: bool,
    /// Whether it moves with the layer.
    pub linked: bool,
    /// Whether it has no effect for now.
    pub disabled: bool,
    /// Its shape.
    pub path: Path,
}

/// Closed and open curves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// The curves, in the order in which they are combined.
    pub subpaths: Vec<Subpath>,
    /// Whether everything is inside before the first curve.
    pub starts_full: bool,
    /// Where and how large the path was on the clipboard, if it ever was there.
    pub clipboard: Option<Clipboard>,
}

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Subpath {
    /// Whether the last knot is joined to the first.
    pub closed: bool,
    /// How it meets the curves before it. `None`: it belongs to the same shape as the one before.
    pub operation: Option<PathOperation>,
    /// What is inside where it crosses itself.
    pub fill_rule: FillRule,
    /// Which of the layer's live shapes it came from.
    pub origin: u16,
    /// Its knots.
    pub knots: Vec<Knot>,
}

/// How a curve meets those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PathOperation {
    /// 0: what is in one of both only.
    Xor,
    /// 1: what is in either.
    Combine,
    /// 2: what is in those before and not in this.
    Subtract,
    /// 3: what is in both.
    Intersect,
    /// Any other number.
    Other(i16),
}

/// What is inside where a curve crosses itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FillRule {
    /// Odd numbers of turns are inside.
    #[default]
    EvenOdd,
    /// Any turn is inside.
    NonZero,
}

/// A knot of a cubic curve. Points are shares of the canvas: `(0, 0)` is its top left corner and
/// `(1, 1)` its bottom right one; values from -128 to 128 occur.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knot {
    /// Control point of the part that arrives.
    pub before: Point,
    /// The knot itself.
    pub anchor: Point,
    /// Control point of the part that leaves.
    pub after: Point,
    /// Whether both control points turn together.
    pub smooth: bool,
}

/// Where a path was on the clipboard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clipboard {
    /// Top, left, bottom and right, as shares of the canvas.
    pub bounds: crate::bounds::Bounds,
    /// Resolution, in pixels per inch.
    pub resolution: f64,
}

/// Parses a `vmsk` or `vsms` block.
///
/// # Errors
/// [`PsdError`] when the header is cut short or a knot belongs to no curve.
pub fn parse_vector_mask(block: &[u8], base: u64, limits: &Limits) -> Result<VectorMask, PsdError> {
    let mut reader = Reader::new(block, base, Section::Path);
    reader.u32()?; // version, 3
    let flags = reader.u32()?;
    Ok(VectorMask {
        inverted: flags & 1 != 0,
        linked: flags & 2 == 0,
        disabled: flags & 4 != 0,
        path: parse(reader.rest(), reader.offset(), limits)?,
    })
}

/// Parses the records of a path resource (2000 to 2998, and the working path 1025).
///
/// Records of an unknown kind are passed over; bytes that fill no record are padding.
///
/// # Errors
/// [`PsdError`] when a knot belongs to no curve.
pub fn parse(block: &[u8], base: u64, _limits: &Limits) -> Result<Path, PsdError> {
    let mut reader = Reader::new(block, base, Section::Path);
    let mut path = Path::default();
    while reader.remaining() >= 26 {
        let mut record = reader.sub(26)?;
        match record.u16()? {
            kind @ (0 | 3) => path.subpaths.push(subpath(&mut record, kind == 0)?),
            kind @ (1 | 2 | 4 | 5) => {
                let orphan = record.malformed("knot before any curve");
                let knot = knot(&mut record, matches!(kind, 1 | 4))?;
                path.subpaths.last_mut().ok_or(orphan)?.knots.push(knot);
            }
            7 => {
                let [top, left, bottom, right] = [
                    fixed(&mut record)?,
                    fixed(&mut record)?,
                    fixed(&mut record)?,
                    fixed(&mut record)?,
                ];
                let bounds = crate::bounds::Bounds {
                    left,
                    top,
                    right,
                    bottom,
                };
                path.clipboard = Some(Clipboard {
                    bounds,
                    resolution: fixed(&mut record)?,
                });
            }
            8 => path.starts_full = record.u16()? != 0,
            // 6 says that a path follows; its other bytes are zero.
            _ => {}
        }
    }
    Ok(path)
}

fn subpath(record: &mut Reader<'_>, closed: bool) -> Result<Subpath, PsdError> {
    record.u16()?; // count of knots; what follows tells as well
    let operation = match record.i16()? {
        -1 => None,
        0 => Some(PathOperation::Xor),
        1 => Some(PathOperation::Combine),
        2 => Some(PathOperation::Subtract),
        3 => Some(PathOperation::Intersect),
        other => Some(PathOperation::Other(other)),
    };
    let fill_rule = if record.u16()? == 2 {
        FillRule::NonZero
    } else {
        FillRule::EvenOdd
    };
    record.u32()?;
    record.u16()?;
    Ok(Subpath {
        closed,
        operation,
        fill_rule,
        origin: record.u16()?,
        knots: Vec::new(),
    })
}

fn knot(record: &mut Reader<'_>, smooth: bool) -> Result<Knot, PsdError> {
    Ok(Knot {
        before: point(record)?,
        anchor: point(record)?,
        after: point(record)?,
        smooth,
    })
}

/// Vertical first, as everything in this format.
fn point(record: &mut Reader<'_>) -> Result<Point, PsdError> {
    let y = fixed(record)?;
    Ok(Point::new(fixed(record)?, y))
}

/// An 8.24 fixed point number.
fn fixed(record: &mut Reader<'_>) -> Result<f64, PsdError> {
    Ok(f64::from(record.i32()?) / 16_777_216.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;

    #[test]
    fn curves_their_knots_and_flags_are_read() {
        let mask = parse_vector_mask(&seed::block(*b"vmsk"), 0, &Limits::default()).unwrap();
        assert_eq!((mask.inverted, mask.linked, mask.disabled), (true, true, true));
        assert!(mask.path.starts_full);
        let [square, line] = mask.path.subpaths.as_slice() else {
            panic!("{:?}", mask.path)
        };
        assert_eq!(
            (square.closed, square.operation),
            (true, Some(PathOperation::Subtract))
        );
        assert_eq!(
            (square.fill_rule, square.origin, square.knots.len()),
            (FillRule::NonZero, 3, 4)
        );
        assert_eq!(square.knots[2].anchor, Point::new(0.5, -0.5));
        assert_eq!((square.knots[0].smooth, square.knots[1].smooth), (true, false));
        assert_eq!(
            (line.closed, line.operation, line.fill_rule),
            (false, None, FillRule::EvenOdd)
        );
        let clipboard = mask.path.clipboard.unwrap();
        assert_eq!((clipboard.bounds.right, clipboard.resolution), (1.0, 72.0));
    }

    #[test]
    fn a_knot_without_a_curve_is_an_error() {
        let mut record = vec![0; 26];
        record[1] = 2;
        let error = parse(&record, 60, &Limits::default()).unwrap_err();
        assert!(matches!(error, PsdError::Malformed { offset: 62, .. }), "{error}");
    }
}
