//! How much of each pixel lies inside straight-edged contours: exact areas, row by row.

use marquetry_pixel::{Coverage, Point, Rect};

use crate::outline::FillRule;

/// One edge that goes up or down, upper end first, relative to the area's corner.
#[derive(Clone, Copy, Debug)]
struct Edge {
    top: Point,
    bottom: Point,
    /// 1 when the contour runs down along it, -1 when it runs up.
    turn: f64,
}

/// The share of each pixel of `area` that lies inside `contours`, each closed by a straight line.
///
/// Where edges of several contours cross inside one pixel, their areas are added up before the rule
/// is applied, which is exact for what doesn't overlap and close for what does.
pub(crate) fn cover(contours: &[Vec<Point>], rule: FillRule, area: Rect) -> Coverage {
    let mut edges: Vec<Edge> = contours
        .iter()
        .flat_map(|contour| edges_of(contour, area))
        .collect();
    edges.sort_by(|a, b| a.top.y.total_cmp(&b.top.y));
    let mut coverage = Coverage::new(area.size());
    let width = area.width as usize;
    // What each column adds to the turns of it and all columns after it, and which columns may.
    let mut steps = vec![0.0; width + 2];
    let mut touched: Vec<usize> = Vec::new();
    let mut coming = edges.into_iter().peekable();
    let mut near: Vec<Edge> = Vec::new();
    for row in 0..area.height {
        let (upper, lower) = (f64::from(row), f64::from(row) + 1.0);
        near.retain(|edge| edge.bottom.y > upper);
        while let Some(edge) = coming.next_if(|edge| edge.top.y < lower) {
            if edge.bottom.y > upper {
                near.push(edge);
            }
        }
        if near.is_empty() {
            continue;
        }
        for edge in &near {
            edge.part(upper, lower)
                .add_to(&mut steps, &mut touched, edge.turn);
        }
        fill_row(coverage.row_mut(row), &mut steps, &mut touched, rule);
    }
    coverage
}

/// Adds up the steps of a row, and leaves both lists as they were before it. Most rows of large shapes
/// change in a few columns only, and between those all bytes are the same.
fn fill_row(row: &mut [u8], steps: &mut [f64], touched: &mut Vec<usize>, rule: FillRule) {
    let mut turns = 0.0;
    if touched.len() > row.len() / 4 {
        for (byte, step) in row.iter_mut().zip(&*steps) {
            turns += step;
            *byte = rule.share(turns);
        }
        steps.fill(0.0);
        touched.clear();
        return;
    }
    touched.sort_unstable();
    let mut from = 0;
    for column in touched.drain(..) {
        let step = std::mem::take(&mut steps[column]);
        // One that was there before has been added already.
        if column < from || column >= row.len() {
            continue;
        }
        row[from..column].fill(rule.share(turns));
        turns += step;
        row[column] = rule.share(turns);
        from = column + 1;
    }
    row[from..].fill(rule.share(turns));
}

fn edges_of(contour: &[Point], area: Rect) -> impl Iterator<Item = Edge> {
    let home = move |point: &Point| Point::new(point.x - f64::from(area.x), point.y - f64::from(area.y));
    let ends = contour.iter().map(home);
    let next = contour.iter().cycle().skip(1).map(home);
    ends.zip(next)
        .filter(|(from, to)| from.y != to.y)
        .map(|(from, to)| {
            let (top, bottom, turn) = if from.y < to.y {
                (from, to, 1.0)
            } else {
                (to, from, -1.0)
            };
            Edge { top, bottom, turn }
        })
}

impl Edge {
    fn at(&self, y: f64) -> f64 {
        let way = ((y - self.top.y) / (self.bottom.y - self.top.y)).clamp(0.0, 1.0);
        self.top.x + (self.bottom.x - self.top.x) * way
    }

    /// What of it lies in one row.
    fn part(&self, upper: f64, lower: f64) -> Part {
        let (from, to) = (self.top.y.max(upper), self.bottom.y.min(lower));
        let (a, b) = (self.at(from), self.at(to));
        Part {
            left: a.min(b),
            right: a.max(b),
            height: (to - from).max(0.0),
        }
    }
}

/// A piece of an edge inside one row; which end is the upper one doesn't matter to areas.
struct Part {
    left: f64,
    right: f64,
    height: f64,
}

impl Part {
    /// Adds the area to the right of it, per column, as differences between neighbours.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "brought into the row first"
    )]
    fn add_to(&self, steps: &mut [f64], touched: &mut Vec<usize>, turn: f64) {
        let width = (steps.len() - 2) as f64;
        let span = self.right - self.left;
        // The share of the height that lies between two places.
        let within = |from: f64, to: f64| {
            if span > 0.0 {
                (to.min(self.right) - from.max(self.left)).max(0.0) / span * self.height
            } else {
                self.height
            }
        };
        if self.right <= 0.0 {
            steps[0] += turn * self.height;
            touched.push(0);
            return;
        }
        if self.left >= width {
            return;
        }
        if self.left < 0.0 {
            steps[0] += turn * within(self.left, 0.0);
            touched.push(0);
        }
        let (left, right) = (self.left.max(0.0), self.right.min(width));
        let (first, last) = (left as usize, (right.ceil() as usize).max(left as usize + 1));
        for column in first..last.min(steps.len() - 1) {
            let (from, to) = (left.max(column as f64), right.min(column as f64 + 1.0));
            let height = turn * within(from, to);
            let middle = (from + to) / 2.0 - column as f64;
            steps[column] += height * (1.0 - middle);
            steps[column + 1] += height * middle;
            touched.extend([column, column + 1]);
        }
    }
}

impl FillRule {
    /// The coverage of a pixel that is gone around `turns` times on average.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped first"
    )]
    fn share(self, turns: f64) -> u8 {
        let inside = match self {
            Self::NonZero => turns.abs().min(1.0),
            Self::EvenOdd => {
                let odd = turns.abs() % 2.0;
                odd.min(2.0 - odd)
            }
        };
        (inside * 255.0 + 0.5) as u8
    }
}
