//! Contents laid about a cylinder.
//!
//! **How sure.** One file shows it (`read-cyllinder-warp.psd`): contents wrapped about half a cylinder
//! that is seen from above, in sixteen flat strips of the same angle. Its seven numbers are read as the
//! box (left, bottom, right, top), how far the upper and the lower edge sag as a share of half the width, and
//! by how much the arc is longer than its chord (pi/2 - 1 for half a turn). That the sixth number is the
//! lower edge's, and what another seventh one does, is inferred.

use marquetry_pixel::Point;
use marquetry_psd::warp::{Warp, WarpAxis};

/// Strips about the visible half.
const STRIPS: u32 = 16;

/// Control points of flat strips side by side, over a box of `width` by `height` at the origin:
/// four rows of three for each strip and one more. `None` without the numbers.
pub(super) fn strips(warp: &Warp, width: f64, height: f64) -> Option<Vec<Point>> {
    let &[_, _, _, _, upper, lower, longer] = warp.values.as_slice() else {
        return None;
    };
    let known = [upper, lower, longer].iter().all(|value| value.is_finite());
    if warp.axis != WarpAxis::Horizontal || !known {
        return None;
    }
    let half = half_angle(longer.clamp(0.0, std::f64::consts::FRAC_PI_2 - 1.0));
    let (sine, cosine) = half.sin_cos();
    let radius = width / 2.0;
    // Where an angle is seen: across, and how deep it sags, 0.0 at the sides and 1.0 in the middle.
    let seen = |angle: f64| {
        let across = if sine > 1e-9 {
            angle.sin() / sine
        } else {
            angle / half.max(1e-12)
        };
        let depth = if sine > 1e-9 {
            (angle.cos() - cosine) / (1.0 - cosine)
        } else {
            0.0
        };
        (radius + radius * across, depth)
    };
    let (upper, lower) = (
        upper.clamp(-10.0, 10.0) * radius,
        lower.clamp(-10.0, 10.0) * radius,
    );
    let mut points = Vec::new();
    for row in 0..4 {
        let down = f64::from(row) / 3.0;
        for at in 0..=3 * STRIPS {
            let (strip, part) = (at / 3, f64::from(at % 3) / 3.0);
            let angle = |edge: u32| half * (2.0 * f64::from(edge) / f64::from(STRIPS) - 1.0);
            let (from, to) = (seen(angle(strip)), seen(angle((strip + 1).min(STRIPS))));
            let (x, depth) = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            let (top, bottom) = (depth * upper, height + depth * lower);
            points.push(Point::new(x, top + (bottom - top) * down));
        }
    }
    Some(points)
}

/// Where strips begin and end in a frame of `length` pixels.
pub(super) fn cuts(length: u32) -> Vec<f64> {
    (0..=STRIPS)
        .map(|at| f64::from(length) * f64::from(at) / f64::from(STRIPS))
        .collect()
}

/// Half the angle whose arc is longer than its chord by `longer` times the chord, at most half a turn's.
fn half_angle(longer: f64) -> f64 {
    let (mut low, mut high) = (0.0, std::f64::consts::FRAC_PI_2);
    for _ in 0..60 {
        let middle: f64 = (low + high) / 2.0;
        if middle / middle.sin() - 1.0 < longer {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcs_and_chords_tell_the_angle() {
        for half in [0.3, 1.0, 1.5] {
            let found = half_angle(half / f64::sin(half) - 1.0);
            assert!((found - half).abs() < 1e-9, "{found}");
        }
        assert!(half_angle(0.0) < 1e-6);
    }
}
