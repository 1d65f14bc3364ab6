//! The frame, its mat and paper, and the design within: all seen through one projective map.

use super::plant::Leaf;
use super::{Plate, sheet};
use crate::paint::blend::Blend;
use crate::paint::noise::value;
use crate::paint::shape::{convex, coverage, rounded_box};
use crate::paint::warp::{Homography, sample};
use crate::paint::{Picture, Point, byte, hex, mix3, smooth};
use crate::psd::Rect;

/// Units are the poster's own pixels, its top left corner at 0. The mat lies around it, the moulding around that.
const PAPER: Point = super::art::SIZE;
const MAT: f64 = 118.0;
const MOULDING: f64 = 46.0;

/// The outer corners of the moulding on the canvas: the left side is nearer.
const OUTER: [Point; 4] = [[520.0, 84.0], [1158.0, 134.0], [1151.0, 988.0], [512.0, 1034.0]];

fn map() -> Homography {
    let rim = MAT + MOULDING;
    let far = [PAPER[0] + rim, PAPER[1] + rim];
    Homography::between([[-rim, -rim], [far[0], -rim], far, [-rim, far[1]]], OUTER)
}

/// The poster's corners on the canvas.
pub(super) fn poster_quad() -> [Point; 4] {
    crate::paint::warp::corners(PAPER[0], PAPER[1]).map(|corner| map().apply(corner))
}

/// The corners of the glass, which covers paper and mat.
pub(super) fn glass_quad() -> [Point; 4] {
    let far = [PAPER[0] + MAT, PAPER[1] + MAT];
    [[-MAT, -MAT], [far[0], -MAT], far, [-MAT, far[1]]].map(|corner| map().apply(corner))
}

/// Distance to the paper's edge grown by `more`, in its own pixels, negative inside.
fn paper(q: Point, more: f64) -> f64 {
    let half = [PAPER[0] / 2.0 + more, PAPER[1] / 2.0 + more];
    rounded_box(q, [PAPER[0] / 2.0, PAPER[1] / 2.0], half, 0.0)
}

/// An edge one canvas pixel wide is about this many paper pixels.
const EDGE: f64 = 2.9;

/// Oak moulding, white mat with a bevelled window, paper.
pub(super) fn frame() -> Plate {
    let mut sheet = sheet();
    let inverse = map().inverse();
    sheet.paint_within([490.0, 60.0], [1180.0, 1060.0], |p| {
        let q = inverse.apply(p);
        let across = q[0] / PAPER[0];
        // Paper, then the mat around it, then its bevel, then the moulding.
        let sheet_color = hex(0xFA_F8_F3);
        let mat_color = mix3(hex(0xF6_F2_EA), hex(0xE7_E1_D6), across.clamp(0.0, 1.0));
        let mut color = mix3(mat_color, sheet_color, coverage(paper(q, 0.0), EDGE));
        let bevel = (paper(q, 7.0)).abs() - 5.0;
        let shaded = (-q[0]).max(-q[1]) > (q[0] - PAPER[0]).max(q[1] - PAPER[1]);
        let bevel_color = if shaded { hex(0xC4_BC_AE) } else { hex(0xFF_FF_FF) };
        color = mix3(color, bevel_color, coverage(bevel, EDGE));
        // The moulding's inner edge throws a shadow on the mat, longer from the left and the top.
        let reach = (q[0] + MAT).min(q[1] + MAT);
        color = mix3(color, hex(0x6E_60_52), 0.42 * smooth(46.0, 0.0, reach));
        let other = (PAPER[0] + MAT - q[0]).min(PAPER[1] + MAT - q[1]);
        color = mix3(color, hex(0x6E_60_52), 0.30 * smooth(14.0, 0.0, other));
        color = mix3(color, moulding(q), coverage(-paper(q, MAT), EDGE));
        (color, coverage(paper(q, MAT + MOULDING), EDGE))
    });
    Plate::new("Frame", &sheet)
}

/// The moulding's colour: each side has its light and its grain, the sides meet in mitres.
fn moulding(q: Point) -> [f64; 3] {
    let left = -q[0];
    let top = -q[1];
    let right = q[0] - PAPER[0];
    let bottom = q[1] - PAPER[1];
    let out = left.max(top).max(right).max(bottom);
    let upright = left.max(right) > top.max(bottom);
    let lit = if out == left {
        1.12
    } else if out == top {
        1.20
    } else if out == right {
        0.84
    } else {
        0.96
    };
    // 0 at the inner edge, 1 at the outer: a rounded profile with a step before the mat.
    let depth = ((out - MAT) / MOULDING).clamp(0.0, 1.0);
    let profile = 0.80 + 0.34 * smooth(0.0, 0.45, depth) - 0.30 * smooth(0.62, 1.0, depth);
    let (along, cross) = if upright { (q[1], q[0]) } else { (q[0], q[1]) };
    let grain = value((along + 900.0) / 330.0, (cross + 900.0) / 5.5, 51) - 0.5;
    let mitre = (left.max(right) - top.max(bottom)).abs();
    let joint = 1.0 - 0.35 * coverage(mitre - 1.0, EDGE);
    hex(0xB4_8A_5F).map(|channel| (channel * lit * profile + 24.0 * grain) * joint)
}

/// What the frame keeps from the wall and from the board it stands on.
pub(super) fn wall_shadow() -> Plate {
    let mut sheet = sheet();
    let [a, b, c, d] = OUTER;
    let cast = [
        [a[0] + 26.0, a[1] + 22.0],
        [b[0] + 44.0, b[1] + 26.0],
        [c[0] + 48.0, c[1] - 18.0],
        [d[0] + 6.0, d[1] - 60.0],
    ];
    let foot = [
        [d[0] + 2.0, d[1] - 7.0],
        [c[0], c[1] - 8.0],
        [c[0] + 62.0, c[1] + 12.0],
        [d[0] + 54.0, d[1] + 26.0],
    ];
    sheet.paint_within([420.0, 40.0], [1300.0, 1100.0], |p| {
        // The penumbra widens away from the frame's foot.
        let wide = 20.0 + 30.0 * smooth(1000.0, 100.0, p[1]);
        let on_wall = 0.58 * smooth(wide, -wide, convex(p, &cast)) * smooth(980.0, 940.0, p[1]);
        let on_board = 0.72 * smooth(20.0, -14.0, convex(p, &foot));
        (hex(0x3F_36_3A), on_wall.max(on_board))
    });
    Plate::new("Frame shadow", &sheet).blend(Blend::Multiply, 217)
}

/// The thin shadow that the mat's window leaves on the design.
pub(super) fn lip_shadow() -> Plate {
    let mut sheet = sheet();
    let inverse = map().inverse();
    sheet.paint_within([490.0, 60.0], [1180.0, 1060.0], |p| {
        let q = inverse.apply(p);
        let near = smooth(30.0, 0.0, q[0]).max(smooth(26.0, 0.0, q[1]));
        (hex(0x4C_44_48), 0.55 * near * coverage(paper(q, 0.0), EDGE))
    });
    Plate::new("Mat shadow", &sheet).blend(Blend::Multiply, 204)
}

/// `art` in the frame: drawn through the map, multiplied onto the paper, cut where leaves stand before it.
pub(super) fn placed(art: &Picture, branches: &[Leaf]) -> Plate {
    let quad = poster_quad();
    let low = |axis: usize| quad.iter().map(|p| p[axis]).fold(f64::INFINITY, f64::min).floor();
    let high = |axis: usize| quad.iter().map(|p| p[axis]).fold(0.0, f64::max).ceil();
    let (left, top) = (whole_pixel(low(0)), whole_pixel(low(1)));
    let rect = Rect::new(
        left,
        top,
        (whole_pixel(high(0)) - left).unsigned_abs(),
        (whole_pixel(high(1)) - top).unsigned_abs(),
    );
    let inverse = map().inverse();
    let mut rgba = Vec::with_capacity(rect.area() * 4);
    let mut mask = Vec::with_capacity(rect.area());
    for y in rect.top..rect.bottom {
        for x in rect.left..rect.right {
            let corner = [f64::from(x), f64::from(y)];
            // The art is some two and a half times finer than the canvas: sixteen samples keep it from flickering.
            let mut sum = [0.0; 4];
            for step in 0..16_u8 {
                let [dx, dy] = [step % 4, step / 4].map(|s| (f64::from(s) + 0.5) / 4.0);
                let seen = sample(art, inverse.apply([corner[0] + dx, corner[1] + dy]));
                (0..4).for_each(|channel| sum[channel] += seen[channel] / 16.0);
            }
            let alpha = sum[3] / 255.0;
            let color = |channel: usize| {
                if alpha > 0.0 {
                    byte(sum[channel] / alpha)
                } else {
                    0
                }
            };
            rgba.extend([color(0), color(1), color(2), byte(sum[3])]);
            let center = [corner[0] + 0.5, corner[1] + 0.5];
            let hidden = branches
                .iter()
                .map(|leaf| leaf.coverage(center))
                .fold(0.0, f64::max);
            mask.push(byte(255.0 * (1.0 - hidden)));
        }
    }
    Plate {
        name: super::SMART_OBJECT,
        blend: Blend::Multiply,
        opacity: 255,
        rect,
        rgba,
        mask: Some(mask),
    }
}

/// A canvas coordinate, already whole.
fn whole_pixel(value: f64) -> i32 {
    (0..4096).find(|n| f64::from(*n) >= value).unwrap_or(4096)
}
