//! The shapes of Photoshop's warp menu as Bezier surfaces.
//!
//! **Sources.** Applied by a script, Photoshop replaces a named style by the mesh that it stands for;
//! the constructions here are those that such meshes were found to follow to a millionth of a pixel
//! (published by the open editor Patchy, `docs/warp.md`). That the quadratic ones are quadratic, and
//! that the corners of the placed layer hold the box of these very control points, is confirmed by
//! `PSDNET-1831-Inflate.psd` and `PSDNET-1831-Squeeze.psd`, whose box and pixels come out right.
//! The cylinder has no published form; see [`cylinder`](super::cylinder).

use std::f64::consts::FRAC_PI_2;

use marquetry_pixel::Point;
use marquetry_psd::warp::{Warp, WarpAxis, WarpStyle};

use super::grid::{Grid, straight_row};

/// Control points of a named style over a box of `width` by `height` at the origin. `None` for a
/// style without a formula.
pub(super) fn grid(warp: &Warp, width: f64, height: f64) -> Option<Grid> {
    let bend = warp.value.clamp(-100.0, 100.0) / 100.0;
    // A twist is the same whichever way it is laid.
    let upright = warp.axis == WarpAxis::Horizontal || warp.style == WarpStyle::Twist;
    let mut grid = if upright {
        bent(&warp.style, bend, width, height)?
    } else {
        bent(&warp.style, bend, height, width)?.transposed()
    };
    let share = |percent: f64| percent.clamp(-100.0, 100.0) / 100.0;
    grid.fan_rows(share(warp.perspective_other));
    let mut turned = grid.transposed();
    turned.fan_rows(share(warp.perspective));
    Some(turned.transposed())
}

/// `bend` is -1.0..=1.0.
fn bent(style: &WarpStyle, bend: f64, width: f64, height: f64) -> Option<Grid> {
    use WarpStyle as S;
    let angle = bend.abs() * FRAC_PI_2;
    let flat = |columns, rows| Grid::straight(columns, rows, width, height);
    let across = |y: f64| -> [Point; 4] { std::array::from_fn(|at| straight_row(4, width, y)[at]) };
    let arc = |left: f64, right: f64, y: f64, up: bool| arc(left, right, y, angle, up);
    let bends_up = bend > 0.0;
    // Flag, wave, fish and rise move points by the height, whatever the width.
    let lift = 2.0 * height * bend;
    let wave = |y: f64, by: f64| -> [Point; 4] {
        let mut row = across(y);
        row[1].y -= by;
        row[2].y += by;
        row
    };
    Some(match style {
        S::Arc | S::ArcLower | S::ArcUpper | S::Arch | S::Bulge if bend == 0.0 => flat(4, 2),
        S::ShellLower | S::ShellUpper if bend == 0.0 => flat(4, 4),
        S::Arc => {
            // The upper corners swing about the lower ones.
            let aside = height * angle.sin();
            let top = arc(-aside, width + aside, height * (1.0 - angle.cos()), true);
            let grid = Grid::of_rows(&[top, arc(0.0, width, height, true)]);
            if bends_up { grid } else { grid.upside_down(height) }
        }
        S::ArcLower => Grid::of_rows(&[across(0.0), arc(0.0, width, height, !bends_up)]),
        S::ArcUpper => bent(&S::ArcLower, bend, width, height)?.upside_down(height),
        S::Arch => Grid::of_rows(&[arc(0.0, width, 0.0, bends_up), arc(0.0, width, height, bends_up)]),
        S::Bulge => Grid::of_rows(&[arc(0.0, width, 0.0, bends_up), arc(0.0, width, height, !bends_up)]),
        S::ShellLower => shell(bend, angle, width, height),
        S::ShellUpper => shell(bend, angle, width, height).upside_down(height),
        S::Flag => Grid::of_rows(&[wave(0.0, lift), wave(height, lift)]),
        S::Fish => Grid::of_rows(&[wave(0.0, lift), wave(height, -lift)]),
        S::Wave => Grid::of_rows(&[across(0.0), wave(height / 2.0, -lift), across(height)]),
        S::Rise => {
            let mut grid = flat(4, 2);
            for (column, row) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                grid.point(column, row).y += lift;
            }
            grid
        }
        S::Fisheye => {
            // Inner points go towards their corners: at half bend they are there.
            let mut grid = flat(4, 4);
            for (column, row) in [(1, 1), (2, 1), (1, 2), (2, 2)] {
                let corner = Point::new(
                    if column == 1 { 0.0 } else { width },
                    if row == 1 { 0.0 } else { height },
                );
                let point = grid.point(column, row);
                point.x += 2.0 * bend * (corner.x - point.x);
                point.y += 2.0 * bend * (corner.y - point.y);
            }
            grid
        }
        S::Inflate | S::Squeeze => {
            let (aside, away) = (width * bend / 2.0, height * bend / 2.0);
            let aside = if *style == S::Inflate { aside } else { -aside };
            let mut grid = flat(3, 3);
            grid.point(1, 0).y -= away;
            grid.point(1, 2).y += away;
            grid.point(0, 1).x -= aside;
            grid.point(2, 1).x += aside;
            grid
        }
        S::Twist => {
            // Inner points go round, a whole side at full bend.
            let (x, y) = (width * bend.abs(), height * bend.abs());
            let mut grid = flat(4, 4);
            if bends_up {
                grid.point(1, 1).x += x;
                grid.point(2, 1).y += y;
                grid.point(2, 2).x -= x;
                grid.point(1, 2).y -= y;
            } else {
                grid.point(1, 1).y += y;
                grid.point(2, 1).x -= x;
                grid.point(2, 2).y -= y;
                grid.point(1, 2).x += x;
            }
            grid
        }
        S::None | S::Custom | S::Cylinder | S::Other(_) => return None,
        // A style that the parser learns later.
        _ => return None,
    })
}

/// The upper half stays; the lower edge fans out, or arcs into the box.
fn shell(bend: f64, angle: f64, width: f64, height: f64) -> Grid {
    let (sine, cosine) = angle.sin_cos();
    let row = |y: f64| -> [Point; 4] { std::array::from_fn(|at| straight_row(4, width, y)[at]) };
    let mut lower = row(2.0 * height / 3.0);
    let edge = if bend > 0.0 {
        let reach = 2.0 * height / 3.0;
        lower[0] = Point::new(-reach * sine, reach * cosine);
        lower[3] = Point::new(width + reach * sine, reach * cosine);
        arc(
            -height * sine,
            width + height * sine,
            height * cosine,
            angle,
            false,
        )
    } else {
        let reach = height / 3.0;
        lower[0] = Point::new(-reach * sine, height - reach * cosine);
        lower[3] = Point::new(width + reach * sine, height - reach * cosine);
        arc(0.0, width, height, angle, true)
    };
    Grid::of_rows(&[row(0.0), row(height / 3.0), lower, edge])
}

/// A circle's arc over the chord from `left` to `right`, which it leaves at `angle`, as one cubic.
fn arc(left: f64, right: f64, y: f64, angle: f64, up: bool) -> [Point; 4] {
    let (sine, cosine) = angle.sin_cos();
    let radius = (right - left) / (2.0 * sine);
    let handle = 4.0 / 3.0 * (angle / 2.0).tan() * radius;
    let rise = if up { -handle * sine } else { handle * sine };
    [
        Point::new(left, y),
        Point::new(left + handle * cosine, y + rise),
        Point::new(right - handle * cosine, y + rise),
        Point::new(right, y),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLES: [WarpStyle; 15] = [
        WarpStyle::Arc,
        WarpStyle::ArcLower,
        WarpStyle::ArcUpper,
        WarpStyle::Arch,
        WarpStyle::Bulge,
        WarpStyle::ShellLower,
        WarpStyle::ShellUpper,
        WarpStyle::Flag,
        WarpStyle::Wave,
        WarpStyle::Fish,
        WarpStyle::Rise,
        WarpStyle::Fisheye,
        WarpStyle::Inflate,
        WarpStyle::Squeeze,
        WarpStyle::Twist,
    ];

    #[test]
    fn no_bend_is_a_straight_grid_and_a_little_bend_nearly_so() {
        for style in &STYLES {
            let none = bent(style, 0.0, 60.0, 40.0).unwrap();
            let straight = Grid::straight(none.columns, none.rows, 60.0, 40.0);
            assert_eq!(none, straight, "{style:?}");
            for little in [1e-7, -1e-7] {
                let grid = bent(style, little, 60.0, 40.0).unwrap();
                for (a, b) in grid.points.iter().zip(&straight.points) {
                    let far = (a.x - b.x).hypot(a.y - b.y);
                    assert!(far < 1e-4, "{style:?}: {far}");
                }
            }
        }
    }

    #[test]
    fn an_arc_of_half_a_turn_lies_on_a_circle() {
        let [a, b, c, d] = arc(0.0, 20.0, 50.0, FRAC_PI_2, true);
        for step in 0..=16 {
            let t = f64::from(step) / 16.0;
            let s = 1.0 - t;
            let at = |a: f64, b: f64, c: f64, d: f64| {
                s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
            };
            let (x, y) = (at(a.x, b.x, c.x, d.x), at(a.y, b.y, c.y, d.y));
            let radius = (x - 10.0).hypot(y - 50.0);
            // One cubic for half a circle is out by up to 1.9 per cent.
            assert!((radius - 10.0).abs() < 0.19, "{radius}");
            assert!(y <= 50.0 + 1e-9);
        }
    }

    #[test]
    fn inflating_by_half_pushes_the_middles_of_the_sides_out() {
        let grid = bent(&WarpStyle::Inflate, 0.5, 100.0, 80.0).unwrap();
        assert_eq!(Grid::hull(&grid.points), [-25.0, -20.0, 125.0, 100.0]);
        let squeezed = bent(&WarpStyle::Squeeze, 0.5, 100.0, 80.0).unwrap();
        assert_eq!(Grid::hull(&squeezed.points), [0.0, -20.0, 100.0, 100.0]);
    }
}
