//! A mesh cut into pieces so small that each is flat.

use marquetry_pixel::{Point, Projective};

use crate::mesh::Mesh;

/// How far a flat piece may lie from the surface, in canvas pixels.
const FLAT: f64 = 1.0 / 24.0;
/// Most cells along one side of a patch.
const MOST_CELLS: f64 = 192.0;
/// Most vertices of a lattice.
const MOST_VERTICES: usize = 1 << 18;
/// How far the surface is carried on beyond its outline, in canvas pixels, so that pixels whose
/// centre lies just outside know how much of them is covered.
pub(super) const BEYOND: f64 = 3.0;

/// A point of the surface: where on the canvas, and which art point is seen there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Vertex {
    pub(super) at: Point,
    pub(super) art: Point,
}

impl Vertex {
    /// This one, carried on away from `inner` by [`BEYOND`] canvas pixels.
    fn beyond(self, inner: Self) -> Self {
        let away = |from: Point, to: Point, by: f64| {
            Point::new(to.x + (to.x - from.x) * by, to.y + (to.y - from.y) * by)
        };
        let length = (self.at.x - inner.at.x).hypot(self.at.y - inner.at.y);
        if length < 1e-6 {
            return self;
        }
        let by = BEYOND / length;
        Self {
            at: away(inner.at, self.at, by),
            art: away(inner.art, self.art, by),
        }
    }
}

/// Vertices in rows, the outermost ring of them beyond the outline.
#[derive(Debug)]
pub(super) struct Lattice {
    pub(super) columns: usize,
    pub(super) vertices: Vec<Vertex>,
}

impl Lattice {
    /// `back` carries frame pixels to art pixels. `None` when that leads nowhere.
    pub(super) fn new(mesh: &Mesh, back: &Projective) -> Option<Self> {
        let (across, down) = (mesh.columns().len() - 1, mesh.rows().len() - 1);
        let mut counts = (vec![1.0; across], vec![1.0; down]);
        for row in 0..down {
            for column in 0..across {
                let (u, v) = cells(&mesh.patch(column, row));
                counts.0[column] = u.max(counts.0[column]);
                counts.1[row] = v.max(counts.1[row]);
            }
        }
        let sum = |counts: &[f64]| counts.iter().sum::<f64>() + 3.0;
        let wanted = sum(&counts.0) * sum(&counts.1);
        let thin = (MOST_VERTICES as f64 / wanted).sqrt().min(1.0);
        let across = ticks(mesh.columns(), &counts.0, thin);
        let down = ticks(mesh.rows(), &counts.1, thin);
        let mut inner = Vec::with_capacity(across.len() * down.len());
        for &(row, t, y) in &down {
            let rows = bernstein(t);
            let mut before = None;
            for &(column, s, x) in &across {
                // Sixteen points to four whenever the patch changes.
                let curve = match before {
                    Some((last, curve)) if last == column => curve,
                    _ => reduce(&mesh.patch(column, row), &rows),
                };
                before = Some((column, curve));
                let at = weigh(&curve, &bernstein(s));
                let art = back.apply(Point::new(x, y));
                if !(art.x.abs() < 1e7 && art.y.abs() < 1e7) {
                    return None;
                }
                inner.push(Vertex { at, art });
            }
        }
        Some(ringed(&inner, across.len()))
    }

    /// The four vertices of a cell: top left, top right, bottom right, bottom left.
    pub(super) fn cell(&self, column: usize, row: usize) -> [Vertex; 4] {
        let at = row * self.columns + column;
        let below = at + self.columns;
        [at, at + 1, below + 1, below].map(|at| self.vertices[at])
    }

    /// Rows of vertices.
    pub(super) fn rows(&self) -> usize {
        self.vertices.len() / self.columns
    }
}

/// The lattice with a ring around it.
fn ringed(inner: &[Vertex], columns: usize) -> Lattice {
    let row = |row: &[Vertex]| {
        let mut ringed = Vec::with_capacity(columns + 2);
        ringed.push(row[0].beyond(row[1]));
        ringed.extend_from_slice(row);
        ringed.push(row[columns - 1].beyond(row[columns - 2]));
        ringed
    };
    let rows: Vec<Vec<Vertex>> = inner.chunks_exact(columns).map(row).collect();
    let edge = |edge: &[Vertex], next: &[Vertex]| -> Vec<Vertex> {
        edge.iter()
            .zip(next)
            .map(|(edge, next)| edge.beyond(*next))
            .collect()
    };
    let last = rows.len() - 1;
    let mut vertices = edge(&rows[0], &rows[1]);
    let below = edge(&rows[last], &rows[last - 1]);
    vertices.extend(rows.into_iter().flatten());
    vertices.extend(below);
    Lattice {
        columns: columns + 2,
        vertices,
    }
}

/// How many cells a patch needs from left to right and from top to bottom.
///
/// A cubic in n straight pieces strays by at most 3/4 of its largest second difference over n
/// squared; a bilinear cell in two triangles by a quarter of its twist.
fn cells(points: &[Point; 16]) -> (f64, f64) {
    let second = |a: Point, b: Point, c: Point| (a.x - 2.0 * b.x + c.x).hypot(a.y - 2.0 * b.y + c.y);
    let (mut across, mut down, mut twist) = (0.0f64, 0.0f64, 0.0f64);
    for line in 0..4 {
        for step in 0..2 {
            let row = line * 4 + step;
            across = across.max(second(points[row], points[row + 1], points[row + 2]));
            let column = step * 4 + line;
            down = down.max(second(points[column], points[column + 4], points[column + 8]));
        }
    }
    for at in [0, 1, 2, 4, 5, 6, 8, 9, 10] {
        let [a, b, c, d] = [at, at + 1, at + 4, at + 5].map(|at| points[at]);
        twist = twist.max((a.x - b.x - c.x + d.x).hypot(a.y - b.y - c.y + d.y));
    }
    let count = |bend: f64| (0.75 * bend / FLAT).sqrt().max(1.0);
    let (across, down) = (count(across), count(down));
    let twisted = 9.0 * twist / 4.0 / FLAT;
    let more = (twisted / (across * down)).sqrt().max(1.0);
    let whole = |count: f64| (count * more).ceil().clamp(1.0, MOST_CELLS);
    (whole(across), whole(down))
}

/// Every line of the lattice: its patch, how far into it, and where in the frame.
fn ticks(cuts: &[f64], counts: &[f64], thin: f64) -> Vec<(usize, f64, f64)> {
    let mut ticks = Vec::new();
    for (patch, (ends, count)) in cuts.windows(2).zip(counts).enumerate() {
        let count = (count * thin).ceil().max(1.0);
        let mut step = 0.0;
        while step < count {
            let share = step / count;
            ticks.push((patch, share, ends[0] + (ends[1] - ends[0]) * share));
            step += 1.0;
        }
    }
    let last = cuts.len() - 1;
    ticks.push((last - 1, 1.0, cuts[last]));
    ticks
}

/// The weights of four control points at `t`.
fn bernstein(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t]
}

/// The curve that runs from left to right at one height of a patch.
fn reduce(points: &[Point; 16], rows: &[f64; 4]) -> [Point; 4] {
    std::array::from_fn(|column| {
        weigh(
            &std::array::from_fn(|row| points[row * 4 + column]),
            rows,
        )
    })
}

fn weigh(points: &[Point; 4], weights: &[f64; 4]) -> Point {
    let (mut x, mut y) = (0.0, 0.0);
    for (point, weight) in points.iter().zip(weights) {
        x += point.x * weight;
        y += point.y * weight;
    }
    Point::new(x, y)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A patch that is bent both ways and twisted.
    fn bent() -> Mesh {
        let points = (0..16)
            .map(|at| {
                let (x, y) = (f64::from(at % 4) * 40.0, f64::from(at / 4) * 30.0);
                Point::new(x + (y / 20.0).sin() * 25.0, y + (x * y / 900.0).cos() * 30.0)
            })
            .collect();
        Mesh::new(vec![0.0, 120.0], vec![0.0, 90.0], points).unwrap()
    }

    #[test]
    fn flat_pieces_stay_close_to_the_surface() {
        let mesh = bent();
        let lattice = Lattice::new(&mesh, &Projective::IDENTITY).unwrap();
        let patch = mesh.patch(0, 0);
        for row in 1..lattice.rows() - 2 {
            for column in 1..lattice.columns - 2 {
                let [a, b, c, d] = lattice.cell(column, row);
                // The middle of the diagonal and of two sides: where triangles stray the most.
                for (p, q) in [(a, c), (a, b), (b, c), (d, a)] {
                    let (x, y) = ((p.art.x + q.art.x) / 240.0, (p.art.y + q.art.y) / 180.0);
                    let true_point = weigh(&reduce(&patch, &bernstein(y)), &bernstein(x));
                    let flat = Point::new((p.at.x + q.at.x) / 2.0, (p.at.y + q.at.y) / 2.0);
                    let far = (flat.x - true_point.x).hypot(flat.y - true_point.y);
                    assert!(far < 3.0 * FLAT, "{far} at ({x}, {y})");
                }
            }
        }
    }

    #[test]
    fn a_huge_mesh_has_bounded_vertices() {
        let points = (0..25 * 25)
            .map(|at| Point::new(f64::from(at * 7919 % 1013) * 900.0, f64::from(at * 104_729 % 997) * 900.0))
            .collect();
        let cuts: Vec<f64> = (0..9).map(f64::from).collect();
        let mesh = Mesh::new(cuts.clone(), cuts, points).unwrap();
        let lattice = Lattice::new(&mesh, &Projective::IDENTITY).unwrap();
        assert!(lattice.vertices.len() < 2 * MOST_VERTICES, "{}", lattice.vertices.len());
    }
}
