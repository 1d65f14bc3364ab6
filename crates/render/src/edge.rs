//! What is stroked where several shapes meet: the edge of all of them together.

use std::collections::HashMap;

use marquetry_compose::{FillRule, Outline};
use marquetry_pixel::Point;
use marquetry_psd::path::PathOperation;

use crate::vector::Part;

/// The edge of what `parts` leave inside when they are combined, starting with nothing. One shape
/// alone keeps its curves, and so do shapes with open curves or too many of them to be compared.
pub(crate) fn edge(parts: &[Part]) -> Outline {
    joined(parts).unwrap_or_else(|| {
        let mut all = Outline::new();
        for part in parts {
            all.extend(&part.outline);
        }
        all
    })
}

/// Comparing each line with every other costs the square of this.
const MOST_LINES: usize = 4000;
/// How far beside a line it is asked what is inside, in pixels.
const BESIDE: f64 = 1e-3;

/// Corners of one closed curve.
type Ring = Vec<Point>;

struct Region {
    rings: Vec<Ring>,
    operation: PathOperation,
    rule: FillRule,
}

fn joined(parts: &[Part]) -> Option<Outline> {
    if parts.len() < 2 || parts.iter().any(|part| part.outline.is_open()) {
        return None;
    }
    let regions = parts
        .iter()
        .map(|part| {
            Some(Region {
                rings: part.outline.corners()?,
                operation: part.operation,
                rule: part.rule,
            })
        })
        .collect::<Option<Vec<_>>>()?;
    let lines: usize = regions
        .iter()
        .flat_map(|region| &region.rings)
        .map(Vec::len)
        .sum();
    if lines > MOST_LINES {
        return None;
    }
    let mut runs = Vec::new();
    for (at, region) in regions.iter().enumerate() {
        for ring in &region.rings {
            runs.extend(kept(ring, at, &regions));
        }
    }
    Some(chained(runs))
}

/// The pieces of one ring that lie on the edge of everything, in order. A ring kept whole ends where
/// it began.
fn kept(ring: &Ring, at: usize, regions: &[Region]) -> Vec<Vec<Point>> {
    let mut runs: Vec<Vec<Point>> = Vec::new();
    let mut open = false;
    for (from, to) in sides(ring) {
        for pair in split(from, to, at, regions).windows(2) {
            let on_edge = on_edge(pair[0], pair[1], regions);
            match runs.last_mut().filter(|_| open) {
                Some(run) if on_edge => run.push(pair[1]),
                _ if on_edge => runs.push(pair.to_vec()),
                _ => {}
            }
            open = on_edge;
        }
    }
    // What was cut in two only because the ring has to begin somewhere.
    if open && runs.len() > 1 && runs[0].first() == ring.first() {
        let first = runs.remove(0);
        if let Some(last) = runs.last_mut() {
            last.extend_from_slice(&first[1..]);
        }
    }
    runs
}

fn sides(ring: &Ring) -> impl Iterator<Item = (Point, Point)> {
    let next = ring.iter().cycle().skip(1);
    let pairs = ring.iter().zip(next).map(|(from, to)| (*from, *to));
    pairs.filter(|(from, to)| from != to)
}

/// A line's ends with the places between them where it crosses lines of other regions.
fn split(from: Point, to: Point, at: usize, regions: &[Region]) -> Vec<Point> {
    let others = regions.iter().enumerate().filter(|(other, _)| *other != at);
    let lines = others.flat_map(|(_, region)| &region.rings).flat_map(sides);
    let mut shares: Vec<f64> = lines.filter_map(|line| crossing((from, to), line)).collect();
    shares.sort_by(f64::total_cmp);
    let between = shares
        .into_iter()
        .map(|share| Point::new(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share));
    let mut points = vec![from];
    points.extend(between);
    points.push(to);
    points.dedup();
    points
}

/// The share of the first line at which the second crosses it.
fn crossing((a, b): (Point, Point), (c, d): (Point, Point)) -> Option<f64> {
    let (along, across) = ((b.x - a.x, b.y - a.y), (d.x - c.x, d.y - c.y));
    let turn = along.0 * across.1 - along.1 * across.0;
    let apart = (c.x - a.x, c.y - a.y);
    let share = (apart.0 * across.1 - apart.1 * across.0) / turn;
    let other = (apart.0 * along.1 - apart.1 * along.0) / turn;
    let within = 0.0..=1.0;
    (turn != 0.0 && share > 0.0 && share < 1.0 && within.contains(&other)).then_some(share)
}

/// Whether one side of a line's middle is inside and the other is not.
fn on_edge(from: Point, to: Point, regions: &[Region]) -> bool {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = dx.hypot(dy);
    let beside = |step: f64| {
        Point::new(
            (from.x + to.x) / 2.0 - dy / length * step,
            (from.y + to.y) / 2.0 + dx / length * step,
        )
    };
    length > 0.0 && inside(beside(BESIDE), regions) != inside(beside(-BESIDE), regions)
}

fn inside(point: Point, regions: &[Region]) -> bool {
    regions.iter().fold(false, |before, region| {
        let turns: i32 = region.rings.iter().map(|ring| turns(point, ring)).sum();
        let shape = match region.rule {
            FillRule::NonZero => turns != 0,
            FillRule::EvenOdd => turns % 2 != 0,
        };
        match region.operation {
            PathOperation::Xor => before != shape,
            PathOperation::Subtract => before && !shape,
            PathOperation::Intersect => before && shape,
            _ => before || shape,
        }
    })
}

/// How often a ring goes around a point.
fn turns(point: Point, ring: &Ring) -> i32 {
    sides(ring)
        .map(|(from, to)| {
            let (down, up) = (from.y <= point.y, to.y <= point.y);
            if down == up {
                return 0;
            }
            let x = from.x + (to.x - from.x) * (point.y - from.y) / (to.y - from.y);
            match (x > point.x, down) {
                (false, _) => 0,
                (true, true) => 1,
                (true, false) => -1,
            }
        })
        .sum()
}

/// Runs joined at their ends, closed where they come back to their beginning.
fn chained(runs: Vec<Vec<Point>>) -> Outline {
    let mut ends: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
    for (at, run) in runs.iter().enumerate() {
        for end in [run.first(), run.last()].into_iter().flatten() {
            ends.entry(place(*end)).or_default().push(at);
        }
    }
    let mut runs: Vec<Option<Vec<Point>>> = runs.into_iter().map(Some).collect();
    let mut outline = Outline::new();
    for at in 0..runs.len() {
        let Some(mut line) = runs[at].take() else { continue };
        while line.first().map(|point| place(*point)) != line.last().map(|point| place(*point)) {
            let Some(&end) = line.last() else { break };
            let here = ends.get(&place(end)).into_iter().flatten();
            let Some(mut next) = here.copied().find_map(|next| runs[next].take()) else {
                break;
            };
            if next.first().is_some_and(|first| place(*first) != place(end)) {
                next.reverse();
            }
            line.extend_from_slice(&next[1..]);
        }
        let closed = line.len() > 2
            && line.first().map(|point| place(*point)) == line.last().map(|point| place(*point));
        if closed {
            line.pop();
            outline.polygon(&line);
            continue;
        }
        for (at, point) in line.into_iter().enumerate() {
            if at == 0 {
                outline.move_to(point);
            } else {
                outline.line_to(point);
            }
        }
    }
    outline
}

/// A name for a place, the same for all that are a thousandth of a pixel apart.
#[expect(clippy::cast_possible_truncation, reason = "corners are near")]
fn place(point: Point) -> (i64, i64) {
    (
        (point.x * 1024.0).round() as i64,
        (point.y * 1024.0).round() as i64,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(left: f64, top: f64, side: f64, operation: PathOperation) -> Part {
        let mut outline = Outline::new();
        let corners = [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)];
        outline.polygon(&corners.map(|(x, y)| Point::new(left + x, top + y)));
        Part {
            outline,
            operation,
            rule: FillRule::EvenOdd,
        }
    }

    /// Number of corners and length of each ring of the edge.
    fn rings(parts: &[Part]) -> Vec<(usize, f64)> {
        let edge = edge(parts);
        assert!(!edge.is_open());
        let length = |ring: &Ring| {
            sides(ring)
                .map(|(from, to)| (to.x - from.x).hypot(to.y - from.y))
                .sum()
        };
        edge.corners()
            .unwrap()
            .iter()
            .map(|ring| (ring.len(), length(ring)))
            .collect()
    }

    #[test]
    fn the_edge_of_two_squares_goes_by_how_they_meet() {
        let both = |operation| {
            rings(&[
                square(0.0, 0.0, 10.0, PathOperation::Combine),
                square(5.0, 5.0, 10.0, operation),
            ])
        };
        assert_eq!(both(PathOperation::Combine), [(8, 60.0)]);
        assert_eq!(both(PathOperation::Subtract), [(6, 40.0)]);
        assert_eq!(both(PathOperation::Intersect), [(4, 20.0)]);
        // Both of what is in one only; they touch at two corners.
        let total: f64 = both(PathOperation::Xor).iter().map(|(_, length)| length).sum();
        assert!((total - 80.0).abs() < 1e-9);
    }

    #[test]
    fn shapes_apart_and_shapes_within_keep_their_own() {
        let outer = || square(0.0, 0.0, 10.0, PathOperation::Combine);
        let apart = [outer(), square(20.0, 0.0, 5.0, PathOperation::Combine)];
        assert_eq!(rings(&apart), [(4, 40.0), (4, 20.0)]);
        let hole = [outer(), square(3.0, 3.0, 2.0, PathOperation::Subtract)];
        assert_eq!(rings(&hole), [(4, 40.0), (4, 8.0)]);
        let swallowed = [outer(), square(3.0, 3.0, 2.0, PathOperation::Combine)];
        assert_eq!(rings(&swallowed), [(4, 40.0)]);
    }

    #[test]
    fn nowhere_is_nowhere() {
        let lost = [
            square(0.0, 0.0, 10.0, PathOperation::Combine),
            square(f64::NAN, 0.0, 5.0, PathOperation::Combine),
        ];
        assert!(edge(&lost).corners().is_none());
    }
}
