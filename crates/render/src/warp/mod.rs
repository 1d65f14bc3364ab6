//! From a placed layer's corners and warp to a map or a mesh.
//!
//! The corners of a warped layer are where the box of its mesh's control points goes, not the
//! content's own box (measured on every warped file of the corpus). A mesh that bends nothing is
//! the plain projective map to the corners. Of a bent one the control points go through that map
//! first and the Bezier surface is evaluated afterwards.

mod cylinder;
mod grid;
mod style;

use marquetry_compose::Mesh;
use marquetry_pixel::{Point, Projective, Quad, Size};
use marquetry_psd::warp::{Warp, WarpMesh, WarpStyle};

use grid::Grid;

/// How a frame is laid onto the canvas.
#[derive(Debug)]
pub(crate) enum Laid {
    /// Straight lines stay straight.
    Flat(Projective),
    /// Through a mesh.
    Bent(Mesh),
}

/// Why it cannot be laid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotLaid {
    /// The corners, or the mesh between them, cover nothing or are no numbers.
    Nowhere,
    /// A warp that we have no formula for.
    Unknown,
}

/// Lays a frame of `size` pixels between its corners, bent by `warp`.
pub(crate) fn lay(warp: Option<&Warp>, size: Size, corners: &Quad) -> Result<Laid, NotLaid> {
    match warp {
        Some(warp) if !warp.is_identity() => bent(warp, size, corners),
        _ => flat(size, corners),
    }
}

/// Lays a frame that nothing bends.
pub(crate) fn flat(size: Size, corners: &Quad) -> Result<Laid, NotLaid> {
    Projective::from_size_to_quad(size, corners)
        .map(Laid::Flat)
        .ok_or(NotLaid::Nowhere)
}

fn bent(warp: &Warp, size: Size, corners: &Quad) -> Result<Laid, NotLaid> {
    let (width, height) = extent(warp, size);
    match (&warp.style, &warp.mesh) {
        (WarpStyle::Custom, Some(mesh)) => custom(mesh, (width, height), size, corners),
        // A mesh whose points do not fill its rows: nothing to bend by.
        (WarpStyle::Custom, None) => Err(NotLaid::Unknown),
        (WarpStyle::Cylinder, _) => {
            let points = cylinder::strips(warp, width, height).ok_or(NotLaid::Unknown)?;
            let map = to_corners(&points, corners)?;
            let points = points.iter().map(|point| map.apply(*point)).collect();
            let rows = vec![0.0, f64::from(size.height)];
            Mesh::new(cylinder::cuts(size.width), rows, points)
                .map(Laid::Bent)
                .ok_or(NotLaid::Nowhere)
        }
        _ => {
            let grid = style::grid(warp, width, height).ok_or(NotLaid::Unknown)?;
            surface(&grid, size, corners)
        }
    }
}

/// Width and height of what is bent, in pixels of the content.
fn extent(warp: &Warp, size: Size) -> (f64, f64) {
    let known = |length: f64| length.is_finite() && length > 1e-6;
    warp.bounds
        .map(|bounds| (bounds.width(), bounds.height()))
        .filter(|(width, height)| known(*width) && known(*height))
        .unwrap_or((f64::from(size.width), f64::from(size.height)))
}

/// One surface over the whole frame.
fn surface(grid: &Grid, size: Size, corners: &Quad) -> Result<Laid, NotLaid> {
    if is_straight(&grid.points, grid.columns) {
        return flat(size, corners);
    }
    let map = to_corners(&grid.points, corners)?;
    let points = grid.through(&map).cubic().points;
    let cuts = |length: u32| vec![0.0, f64::from(length)];
    Mesh::new(cuts(size.width), cuts(size.height), points)
        .map(Laid::Bent)
        .ok_or(NotLaid::Nowhere)
}

fn custom(mesh: &WarpMesh, extent: (f64, f64), size: Size, corners: &Quad) -> Result<Laid, NotLaid> {
    let split = mesh.slices_x.len() > 2 || mesh.slices_y.len() > 2;
    let orders = 2..=4;
    if !split && orders.contains(&mesh.columns) && orders.contains(&mesh.rows) {
        let grid = Grid {
            columns: mesh.columns,
            rows: mesh.rows,
            points: mesh.points.clone(),
        };
        return surface(&grid, size, corners);
    }
    let columns = cuts(&mesh.slices_x, mesh.columns, extent.0, size.width)?;
    let rows = cuts(&mesh.slices_y, mesh.rows, extent.1, size.height)?;
    let map = to_corners(&mesh.points, corners)?;
    let points = mesh.points.iter().map(|point| map.apply(*point)).collect();
    Mesh::new(columns, rows, points)
        .map(Laid::Bent)
        .ok_or(NotLaid::Nowhere)
}

/// Where the patches of a split warp begin and end in the frame.
fn cuts(slices: &[f64], points: usize, extent: f64, length: u32) -> Result<Vec<f64>, NotLaid> {
    let length = f64::from(length);
    if slices.len() >= 2 && points == 3 * (slices.len() - 1) + 1 {
        // The outermost slices lie a little outside the content (0.6 pixels in every file seen), yet
        // its edge is drawn at the mesh's own.
        let place = |slice: &f64| (slice / extent).clamp(0.0, 1.0) * length;
        return Ok(slices.iter().map(place).collect());
    }
    // Slices that are missing or do not fit: patches of one size.
    let patches = points.checked_sub(1).filter(|rest| *rest > 0 && rest % 3 == 0);
    let patches = u32::try_from(patches.ok_or(NotLaid::Unknown)? / 3).map_err(|_| NotLaid::Unknown)?;
    Ok((0..=patches)
        .map(|at| length * f64::from(at) / f64::from(patches))
        .collect())
}

/// From the box of control points to the corners.
fn to_corners(points: &[Point], corners: &Quad) -> Result<Projective, NotLaid> {
    let [left, top, right, bottom] = Grid::hull(points);
    let to_unit = Projective::scale(1.0 / (right - left), 1.0 / (bottom - top))
        .after(&Projective::translation(-left, -top));
    Projective::from_size_to_quad(Size::new(1, 1), corners)
        .map(|unit| unit.after(&to_unit))
        .filter(|map| map.0.iter().all(|cell| cell.is_finite()))
        .ok_or(NotLaid::Nowhere)
}

/// Whether control points stand in straight rows and columns, evenly.
fn is_straight(points: &[Point], columns: usize) -> bool {
    let [left, top, right, bottom] = Grid::hull(points);
    let (width, height) = (right - left, bottom - top);
    let slack = 1e-5 * width.max(height);
    let even = Grid::straight(columns, points.len() / columns.max(1), width, height);
    even.points.len() == points.len()
        && even.points.iter().zip(points).all(|(even, point)| {
            (point.x - left - even.x).abs() <= slack && (point.y - top - even.y).abs() <= slack
        })
}
