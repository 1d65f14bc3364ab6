//! A mesh cut into flat quadrilaterals, as coarsely as Photoshop cuts it.
//!
//! **How.** A patch is halved, across, down or both, until the rows and columns of its control points are
//! flat; a parabola is flat when its middle lies within [`FLAT`] canvas pixels of the middle of its
//! chord. A flat border is a straight line from then on, for the finer pieces beside it too, so nothing
//! gapes: where a finer piece ends on it, its corner is the surface's own, moved onto the line up or down
//! where that goes across, and sideways where it goes down ([`onto_chord`]). This is
//! coarse enough to be seen (a third of a pixel of art here and there), and it is what stored pixels
//! show: with it `PSDNET-1831-Inflate.psd` is within 3 levels of 255 everywhere inside, a smooth surface
//! is not in 30 of 100 pixels; `PSDNET-864-mushroom.psd` and the single meshes of
//! `smart_objects_transformed.psd` agree likewise. Corners that were fitted to the mushroom's pixels lie where
//! this moves them to a fiftieth of a pixel. The tolerance is known to lie between 0.396 and 0.43; one border of
//! the mushroom, bent by 0.418, is not flat, others of `read-write-werps.psd` that are bent as much are.

use marquetry_pixel::{Point, Projective};

use crate::mesh::Mesh;

/// How far the middle of a border may lie from the middle of its chord, in canvas pixels.
const FLAT: f64 = 0.42;
/// How often a patch may be halved.
const DEEPEST: u32 = 9;
/// Most quadrilaterals of one mesh; what is left beyond it stays coarser.
const MOST: usize = 1 << 17;
/// How far the surface is carried on beyond its outline, in canvas pixels, so that pixels whose
/// centre lies just outside know how much of them is covered.
pub(super) const BEYOND: f64 = 3.0;

/// A point of the surface: where on the canvas, and which art point is seen there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Vertex {
    pub(super) at: Point,
    pub(super) art: Point,
}

/// A flat piece: top left, top right, bottom right, bottom left, as the art has it.
pub(super) type Cell = [Vertex; 4];

/// Flat pieces, in the order in which they are laid: first those beyond the outline.
pub(super) fn cells(mesh: &Mesh, back: &Projective) -> Option<Vec<Cell>> {
    let mut cutter = Cutter {
        back,
        cells: Vec::new(),
        beyond: Vec::new(),
    };
    let (across, down) = (mesh.columns().len() - 1, mesh.rows().len() - 1);
    for row in 0..down {
        for column in 0..across {
            let patch = Patch {
                points: mesh.patch(column, row),
                left: mesh.columns()[column],
                top: mesh.rows()[row],
                width: mesh.columns()[column + 1] - mesh.columns()[column],
                height: mesh.rows()[row + 1] - mesh.rows()[row],
                outline: [row == 0, column + 1 == across, row + 1 == down, column == 0],
            };
            cutter.patch(&patch);
        }
    }
    let Cutter {
        cells, mut beyond, ..
    } = cutter;
    beyond.extend(cells);
    let near = |point: Point| point.x.abs() < 1e7 && point.y.abs() < 1e7;
    let sound = |vertex: &Vertex| near(vertex.at) && near(vertex.art);
    beyond.iter().flatten().all(sound).then_some(beyond)
}

/// One patch of a mesh.
struct Patch {
    points: [Point; 16],
    /// Its place in the frame.
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    /// Whether its top, right, bottom and left border are the mesh's own.
    outline: [bool; 4],
}

impl Patch {
    /// The surface at `(u, v)`, both `0.0..=1.0`.
    fn at(&self, (u, v): (f64, f64)) -> Point {
        let (across, down) = (bernstein(u), bernstein(v));
        let (mut x, mut y) = (0.0, 0.0);
        for (row, share) in self.points.chunks_exact(4).zip(down) {
            for (point, weight) in row.iter().zip(across) {
                x += point.x * weight * share;
                y += point.y * weight * share;
            }
        }
        Point::new(x, y)
    }

    fn in_frame(&self, (u, v): (f64, f64)) -> Point {
        Point::new(self.left + self.width * u, self.top + self.height * v)
    }
}

/// The weights of four control points at `t`.
fn bernstein(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t]
}

/// How far the curve of four control points is from its chord, along the axis where that is more: of a
/// parabola the distance between their middles, of a curve that turns both ways more.
fn bend([a, b, c, d]: [Point; 4]) -> f64 {
    let most = |a: f64, b: f64, c: f64, d: f64| {
        (3.0 * b - 2.0 * a - d).abs().max((3.0 * c - 2.0 * d - a).abs()) / 4.0
    };
    most(a.x, b.x, c.x, d.x).max(most(a.y, b.y, c.y, d.y))
}

/// The point of the chord that lies straight above or below `point` where the chord goes across, and straight beside
/// it where it goes down.
fn onto_chord(point: Point, (from, to): (Point, Point)) -> Point {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let share = if dx.abs() > dy.abs() {
        (point.x - from.x) / dx
    } else if dy != 0.0 {
        (point.y - from.y) / dy
    } else {
        0.5
    };
    let share = share.clamp(0.0, 1.0);
    Point::new(from.x + dx * share, from.y + dy * share)
}

/// The control points of a part, row by row.
type Net = [Point; 16];

fn row_of(net: &Net, row: usize) -> [Point; 4] {
    std::array::from_fn(|at| net[row * 4 + at])
}

fn column_of(net: &Net, column: usize) -> [Point; 4] {
    std::array::from_fn(|at| net[at * 4 + column])
}

/// Both halves of a curve.
fn halves([a, b, c, d]: [Point; 4]) -> ([Point; 4], [Point; 4]) {
    let (ab, bc, cd) = (middle(a, b), middle(b, c), middle(c, d));
    let (abc, bcd) = (middle(ab, bc), middle(bc, cd));
    let m = middle(abc, bcd);
    ([a, ab, abc, m], [m, bcd, cd, d])
}

/// The left and the right half.
fn halved_across(net: &Net) -> (Net, Net) {
    let rows: [_; 4] = std::array::from_fn(|row| halves(row_of(net, row)));
    (
        std::array::from_fn(|at| rows[at / 4].0[at % 4]),
        std::array::from_fn(|at| rows[at / 4].1[at % 4]),
    )
}

/// The upper and the lower half.
fn halved_down(net: &Net) -> (Net, Net) {
    let columns: [_; 4] = std::array::from_fn(|column| halves(column_of(net, column)));
    (
        std::array::from_fn(|at| columns[at % 4].0[at / 4]),
        std::array::from_fn(|at| columns[at % 4].1[at / 4]),
    )
}

fn middle(a: Point, b: Point) -> Point {
    Point::new((a.x + b.x) / 2.0, (a.y + b.y) / 2.0)
}

/// A part of a patch on its way to being flat.
#[derive(Clone, Copy)]
struct Part {
    /// Left, top, right and bottom in the patch.
    area: [f64; 4],
    net: Net,
    /// Top left, top right, bottom right, bottom left on the canvas: on the surface, or on a border
    /// that is straight already.
    corners: [Point; 4],
    /// Whether top, right, bottom and left are straight.
    straight: [bool; 4],
    depth: u32,
}

struct Cutter<'a> {
    back: &'a Projective,
    cells: Vec<Cell>,
    beyond: Vec<Cell>,
}

impl Cutter<'_> {
    fn patch(&mut self, patch: &Patch) {
        let net = patch.points;
        self.cut(
            patch,
            &Part {
                area: [0.0, 0.0, 1.0, 1.0],
                net,
                corners: [net[0], net[3], net[15], net[12]],
                straight: [false; 4],
                depth: 0,
            },
        );
    }

    fn cut(&mut self, patch: &Patch, part: &Part) {
        let [left, top, right, bottom] = part.area;
        let (across, down) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
        let [a, b, c, d] = part.corners;
        let net = &part.net;
        let borders = [
            row_of(net, 0),
            column_of(net, 3),
            row_of(net, 3),
            column_of(net, 0),
        ];
        let chords = [(a, b), (b, c), (d, c), (a, d)];
        let mut straight = part.straight;
        let mut mids = borders.map(|border| halves(border).0[3]);
        for side in 0..4 {
            // The surface's own curve is judged, so that neighbours agree whatever was straightened before.
            straight[side] |= bend(borders[side]) <= FLAT;
            if straight[side] {
                mids[side] = onto_chord(mids[side], chords[side]);
            }
        }
        let inside = |line: fn(&Net, usize) -> [Point; 4]| (1..3).any(|at| bend(line(net, at)) > FLAT);
        // Whether top, right, bottom and left are flat.
        let [ft, fr, fb, fl] = straight;
        let split_across = !(ft && fb) || inside(row_of);
        let split_down = !(fl && fr) || inside(column_of);
        if !(split_across || split_down) || part.depth >= DEEPEST || self.cells.len() >= MOST {
            return self.lay(patch, part);
        }
        let [t, r, l_bottom, l] = mids;
        let mut add = |area: [f64; 4], net: Net, corners: [Point; 4], straight: [bool; 4]| {
            self.cut(
                patch,
                &Part {
                    area,
                    net,
                    corners,
                    straight,
                    depth: part.depth + 1,
                },
            );
        };
        match (split_across, split_down) {
            (true, true) => {
                let (west, east) = halved_across(net);
                let ((nw, sw), (ne, se)) = (halved_down(&west), halved_down(&east));
                let m = nw[15];
                add(
                    [left, top, across, down],
                    nw,
                    [a, t, m, l],
                    [ft, false, false, fl],
                );
                add(
                    [across, top, right, down],
                    ne,
                    [t, b, r, m],
                    [ft, fr, false, false],
                );
                add(
                    [left, down, across, bottom],
                    sw,
                    [l, m, l_bottom, d],
                    [false, false, fb, fl],
                );
                add(
                    [across, down, right, bottom],
                    se,
                    [m, r, c, l_bottom],
                    [false, fr, fb, false],
                );
            }
            (true, false) => {
                let (west, east) = halved_across(net);
                add(
                    [left, top, across, bottom],
                    west,
                    [a, t, l_bottom, d],
                    [ft, false, fb, fl],
                );
                add(
                    [across, top, right, bottom],
                    east,
                    [t, b, c, l_bottom],
                    [ft, fr, fb, false],
                );
            }
            _ => {
                let (north, south) = halved_down(net);
                add([left, top, right, down], north, [a, b, r, l], [ft, fr, false, fl]);
                add(
                    [left, down, right, bottom],
                    south,
                    [l, r, c, d],
                    [false, fr, fb, fl],
                );
            }
        }
    }

    /// Lays a flat part down, and beyond the outline what goes on from it.
    fn lay(&mut self, patch: &Patch, part: &Part) {
        let [left, top, right, bottom] = part.area;
        let places = [(left, top), (right, top), (right, bottom), (left, bottom)];
        let vertex = |corner: usize| Vertex {
            at: part.corners[corner],
            art: self.back.apply(patch.in_frame(places[corner])),
        };
        let cell = [vertex(0), vertex(1), vertex(2), vertex(3)];
        self.cells.push(cell);
        let at_border = [top <= 0.0, right >= 1.0, bottom >= 1.0, left <= 0.0];
        let outer: [bool; 4] = std::array::from_fn(|side| patch.outline[side] && at_border[side]);
        let out = |corner: usize, side: usize| self.beyond_by(patch, places[corner], cell[corner], side);
        let mut beyond = Vec::new();
        if outer[0] {
            beyond.push([out(0, 0), out(1, 0), cell[1], cell[0]]);
        }
        if outer[1] {
            beyond.push([cell[1], out(1, 1), out(2, 1), cell[2]]);
        }
        if outer[2] {
            beyond.push([cell[3], cell[2], out(2, 2), out(3, 2)]);
        }
        if outer[3] {
            beyond.push([out(0, 3), cell[0], cell[3], out(3, 3)]);
        }
        // About a corner of the outline: from both sides at once.
        for (corner, sides) in [(0, (0, 3)), (1, (0, 1)), (2, (2, 1)), (3, (2, 3))] {
            if outer[sides.0] && outer[sides.1] {
                let (vertical, sideways) = (out(corner, sides.0), out(corner, sides.1));
                let both =
                    |a: Point, b: Point, from: Point| Point::new(a.x + b.x - from.x, a.y + b.y - from.y);
                let far = Vertex {
                    at: both(vertical.at, sideways.at, cell[corner].at),
                    art: both(vertical.art, sideways.art, cell[corner].art),
                };
                beyond.push([vertical, far, sideways, cell[corner]]);
            }
        }
        self.beyond.extend(beyond);
    }

    /// A vertex of the outline carried on outwards over `side`: by the surface's own slope there,
    /// so that neighbours carry it to the same place.
    fn beyond_by(&self, patch: &Patch, (u, v): (f64, f64), from: Vertex, side: usize) -> Vertex {
        const STEP: f64 = 1.0 / 64.0;
        let inside = match side {
            0 => (u, v + STEP),
            1 => (u - STEP, v),
            2 => (u, v - STEP),
            _ => (u + STEP, v),
        };
        let (here, inner) = (patch.at((u, v)), patch.at(inside));
        let (dx, dy) = (here.x - inner.x, here.y - inner.y);
        let length = dx.hypot(dy);
        if length < 1e-6 {
            return from;
        }
        let by = BEYOND / length;
        let (out_u, out_v) = (u + (u - inside.0) * by, v + (v - inside.1) * by);
        Vertex {
            at: Point::new(from.at.x + dx * by, from.at.y + dy * by),
            art: self.back.apply(patch.in_frame((out_u, out_v))),
        }
    }
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
    fn borders_of_flat_pieces_stay_close_to_the_surface() {
        let mesh = bent();
        let cells = cells(&mesh, &Projective::IDENTITY).unwrap();
        let patch = Patch {
            points: mesh.patch(0, 0),
            left: 0.0,
            top: 0.0,
            width: 120.0,
            height: 90.0,
            outline: [true; 4],
        };
        let inside =
            |vertex: &Vertex| (0.0..=120.0).contains(&vertex.art.x) && (0.0..=90.0).contains(&vertex.art.y);
        let mut seen = 0;
        for cell in cells.iter().filter(|cell| cell.iter().all(inside)) {
            for side in 0..4 {
                let (p, q) = (cell[side], cell[(side + 1) % 4]);
                let (art, flat) = (middle(p.art, q.art), middle(p.at, q.at));
                let true_point = patch.at((art.x / 120.0, art.y / 90.0));
                let far = (flat.x - true_point.x).hypot(flat.y - true_point.y);
                // A straightened border may be met by one that is straight itself.
                assert!(far < 2.0 * FLAT, "{far} at {art:?}");
                seen += 1;
            }
        }
        assert!(seen > 4 * 30, "{seen}");
    }

    #[test]
    fn a_flat_patch_is_one_piece() {
        let points = (0..16)
            .map(|at| Point::new(f64::from(at % 4) * 40.0, f64::from(at / 4) * 30.0))
            .collect();
        let mesh = Mesh::new(vec![0.0, 120.0], vec![0.0, 90.0], points).unwrap();
        let cells = cells(&mesh, &Projective::IDENTITY).unwrap();
        // Itself, four sides and four corners.
        assert_eq!(cells.len(), 9);
        let all = |corner: fn(&Vertex) -> f64| {
            let values = cells.iter().flatten().map(corner);
            values.fold((f64::MAX, f64::MIN), |(low, high), value| {
                (low.min(value), high.max(value))
            })
        };
        assert_eq!(all(|vertex| vertex.at.x), (-BEYOND, 120.0 + BEYOND));
        assert_eq!(all(|vertex| vertex.at.y), (-BEYOND, 90.0 + BEYOND));
    }

    #[test]
    fn a_wild_mesh_has_bounded_pieces() {
        let points = (0..25 * 25)
            .map(|at| {
                Point::new(
                    f64::from(at * 7919 % 1013) * 900.0,
                    f64::from(at * 104_729 % 997) * 900.0,
                )
            })
            .collect();
        let cuts: Vec<f64> = (0..9).map(f64::from).collect();
        let mesh = Mesh::new(cuts.clone(), cuts, points).unwrap();
        let cells = cells(&mesh, &Projective::IDENTITY).unwrap();
        assert!(cells.len() < 2 * MOST, "{}", cells.len());
    }
}
