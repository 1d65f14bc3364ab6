//! A vase with branches. Leaves are fields of their own, because the frame's mask and the shadows need them too.

use super::{Plate, room, sheet};
use crate::paint::blend::Blend;
use crate::paint::noise::{hash, value};
use crate::paint::shape::{
    along, coverage, dot, length, minus, quadratic, quadratic_direction, rounded_box, segment, unit,
};
use crate::paint::{Point, hex, mix, mix3, smooth};

/// A leaf, or a piece of a stem: a foot, a direction of length 1, a length, a half width, a bend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    foot: Point,
    way: Point,
    length: f64,
    half: f64,
    bend: f64,
    tint: f64,
    stem: bool,
}

impl Leaf {
    /// Along (0 to 1) and across (pixels) the bent leaf.
    fn place(&self, p: Point) -> Point {
        let from = minus(p, self.foot);
        let s = dot(from, self.way) / self.length;
        let across = dot(from, [-self.way[1], self.way[0]]);
        [s, across - self.bend * s * (1.0 - s) * self.length]
    }

    /// Distance, near enough at edges.
    fn distance(&self, p: Point) -> f64 {
        if self.stem {
            return segment(p, self.foot, along(self.foot, self.way, self.length)).0 - self.half;
        }
        let [s, across] = self.place(p);
        let over = (-s).max(s - 1.0).max(0.0) * self.length;
        let t = s.clamp(0.0, 1.0);
        // Widest at a third, round at the foot, pointed at the tip.
        let half = self.half * 2.598 * t.sqrt() * (1.0 - t);
        let beside = (across.abs() - half).max(0.0);
        if over > 0.0 || beside > 0.0 {
            length([over, beside])
        } else {
            across.abs() - half
        }
    }

    /// Whether `p` is farther away than `reach`, cheaply.
    fn is_beyond(&self, p: Point, reach: f64) -> bool {
        let middle = along(self.foot, self.way, self.length / 2.0);
        let limit = self.length * 0.6 + self.half + reach;
        let d = minus(p, middle);
        d[0].abs() > limit || d[1].abs() > limit
    }

    /// How much of a pixel it covers.
    pub(super) fn coverage(&self, p: Point) -> f64 {
        if self.is_beyond(p, 2.0) {
            0.0
        } else {
            coverage(self.distance(p), 1.2)
        }
    }

    fn color(&self, p: Point) -> [f64; 3] {
        if self.stem {
            return mix3(hex(0x6B_5A_3E), hex(0x8A_77_52), self.tint);
        }
        let [s, across] = self.place(p);
        let base = mix3(hex(0x4C_66_4C), hex(0x7E_98_70), self.tint);
        // One half turns to the light; the foot is darker; a pale rib runs down the middle.
        let up = dot([-self.way[1], self.way[0]], [-0.6, -0.8]);
        let facing = smooth(-1.5, 1.5, across * if up > 0.0 { 1.0 } else { -1.0 });
        let lit = mix(0.80, 1.16, facing) * mix(0.82, 1.06, smooth(0.0, 0.5, s));
        let rib = coverage(across.abs() - mix(1.1, 0.3, s.clamp(0.0, 1.0)), 1.2) * 0.5;
        mix3(base.map(|channel| channel * lit), hex(0xB9_C4_9E), rib)
    }
}

/// The vase's mouth and axis.
const MOUTH: Point = [372.0, 742.0];
const FOOT: f64 = 1058.0;

/// All stems and leaves, those behind first.
pub(super) fn branches() -> Vec<Leaf> {
    let curves: [([Point; 3], u32, f64); 6] = [
        ([[364.0, 770.0], [300.0, 560.0], [150.0, 430.0]], 8, 1.0),
        ([[370.0, 770.0], [350.0, 520.0], [262.0, 250.0]], 9, 1.05),
        ([[376.0, 770.0], [420.0, 520.0], [408.0, 262.0]], 9, 1.0),
        ([[362.0, 770.0], [262.0, 660.0], [112.0, 648.0]], 6, 0.92),
        ([[380.0, 770.0], [470.0, 600.0], [618.0, 470.0]], 9, 1.04),
        ([[382.0, 770.0], [500.0, 690.0], [682.0, 700.0]], 8, 1.0),
    ];
    let mut leaves = Vec::new();
    for (branch, (curve, pairs, scale)) in (0_u32..).zip(curves) {
        let chance = |index: u32, what: u32| f64::from(hash(index, what, 900 + branch) & 0xFFFF) / 65536.0;
        for step in 0..24_u32 {
            let [from, to] = [step, step + 1].map(|i| quadratic(curve, f64::from(i) / 24.0));
            let way = minus(to, from);
            leaves.push(Leaf {
                foot: from,
                way: unit(way),
                length: length(way),
                half: mix(3.4, 1.3, f64::from(step) / 24.0),
                bend: 0.0,
                tint: 0.3,
                stem: true,
            });
        }
        for index in 0..pairs * 2 + 1 {
            // Leaves start above the mouth, alternate, and grow smaller towards the tip, which bears one itself.
            let last = index == pairs * 2;
            let t = if last {
                1.0
            } else {
                0.26 + 0.72 * (f64::from(index) + 0.5) / f64::from(pairs * 2)
            };
            let ahead = unit(quadratic_direction(curve, t));
            let side = if index % 2 == 0 { 1.0 } else { -1.0 };
            let spread = if last {
                0.1
            } else {
                mix(1.15, 0.7, t) + 0.35 * (chance(index, 1) - 0.5)
            };
            let outward = [-ahead[1] * side, ahead[0] * side];
            let way = unit(along(ahead, outward, spread));
            let size = scale * mix(98.0, 62.0, t) * mix(0.86, 1.12, chance(index, 2));
            leaves.push(Leaf {
                foot: quadratic(curve, t),
                way,
                length: size,
                half: size * mix(0.155, 0.20, chance(index, 3)),
                bend: side * mix(-0.10, 0.26, chance(index, 4)),
                tint: chance(index, 5),
                stem: false,
            });
        }
    }
    leaves
}

/// How far down the vase a row lies: 0 at the mouth, 1 at the foot.
fn depth(y: f64) -> f64 {
    (y - MOUTH[1]) / (FOOT - MOUTH[1])
}

/// The vase's half width at a row.
fn half_width(y: f64) -> f64 {
    let t = depth(y).clamp(0.0, 1.0);
    let neck = mix(37.0, 29.0, smooth(0.0, 0.10, t));
    let body = mix(neck, 97.0, smooth(0.10, 0.56, t));
    mix(body, 60.0, smooth(0.56, 1.04, t))
}

/// How far around the axis a point of the vase faces us: -1 at its left edge, 1 at its right, and the bulge there.
fn facing(p: Point) -> [f64; 2] {
    let n = (p[0] - MOUTH[0]) / half_width(p[1]);
    [n, (1.0 - (n * n).min(1.0)).sqrt()]
}

/// Distance to the vase. The mouth's front rim curves down, and so does the foot.
fn body(p: Point) -> f64 {
    let [_, bulge] = facing(p);
    let half = half_width(p[1]);
    ((p[0] - MOUTH[0]).abs() - half)
        .max(MOUTH[1] + 10.0 * bulge - p[1])
        .max(p[1] - FOOT - 11.0 * bulge)
}

/// A terracotta vase, the branches in it and before it.
pub(super) fn vase(leaves: &[Leaf]) -> Plate {
    let mut sheet = sheet();
    let paint_leaf = |sheet: &mut crate::paint::Sheet, leaf: &Leaf| {
        let reach = leaf.length * 1.1 + leaf.half + 3.0;
        let [x, y] = leaf.foot;
        sheet.paint_within([x - reach, y - reach], [x + reach, y + reach], |p| {
            (leaf.color(p), leaf.coverage(p))
        });
    };
    // The inside of the mouth lies behind the stems, the body before them.
    sheet.paint_within([300.0, 720.0], [450.0, 770.0], |p| {
        let d = (length([(p[0] - MOUTH[0]) / 37.0, (p[1] - MOUTH[1]) / 10.0]) - 1.0) * 10.0;
        (hex(0x5A_2E_20), coverage(d, 1.2))
    });
    leaves.iter().for_each(|leaf| paint_leaf(&mut sheet, leaf));
    sheet.paint_within([260.0, 730.0], [490.0, 1080.0], |p| {
        let t = depth(p[1]);
        let [n, bulge] = facing(p);
        let lit =
            1.14 - 0.36 * smooth(-0.75, 0.5, n) - 0.34 * smooth(0.1, 1.0, n) - 0.16 * smooth(-0.7, -1.0, n);
        let bounce = 0.07 * smooth(0.7, 1.0, n);
        let rings = 5.0 * (value(3.0, p[1] / 4.0 + 200.0, 71) - 0.5)
            + 6.0 * (value(p[0] / 40.0, p[1] / 22.0, 72) - 0.5);
        // The lower third was dipped in a pale glaze.
        let dipped = coverage(MOUTH[1] + 214.0 + 12.0 * bulge - p[1], 1.6);
        let clay = mix3(hex(0xC2_72_4E), hex(0xEC_DF_CB), dipped);
        let rim = 0.22 * smooth(7.0, 0.0, p[1] - MOUTH[1] - 10.0 * bulge);
        let mouth_shade = 1.0 - 0.10 * smooth(0.30, 0.05, t);
        (
            clay.map(|channel| (channel + rings) * (lit + bounce + rim) * mouth_shade),
            coverage(body(p), 1.2),
        )
    });
    Plate::new("Vase and branches", &sheet)
}

/// The vase's shadow on the board.
pub(super) fn contact_shadow() -> Plate {
    let mut sheet = sheet();
    sheet.paint_within([240.0, 900.0], [800.0, 1140.0], |p| {
        // It leans away from the window and fades as it goes.
        let sheared = [p[0] - (FOOT + 4.0 - p[1]) * 1.4, p[1]];
        let d = rounded_box(sheared, [MOUTH[0] + 62.0, 1044.0], [118.0, 20.0], 20.0);
        let near = rounded_box(p, [MOUTH[0] + 8.0, FOOT + 3.0], [64.0, 9.0], 9.0);
        let fade = smooth(640.0, 380.0, p[0]) * coverage(room::BACK_EDGE - p[1], 4.0);
        (
            hex(0x3A_28_20),
            (0.60 * smooth(24.0, -14.0, d) * fade).max(0.75 * smooth(13.0, -6.0, near)),
        )
    });
    Plate::new("Vase shadow", &sheet).blend(Blend::Multiply, 217)
}

/// What the branches keep from the wall and the poster: the same leaves, moved away from the light and out of focus.
pub(super) fn leaf_shadow(leaves: &[Leaf]) -> Plate {
    let mut sheet = sheet();
    let moved = [86.0, 58.0];
    sheet.paint_within([0.0, 150.0], [900.0, room::BACK_EDGE], |p| {
        let q = minus(p, moved);
        let mut light = 1.0;
        for leaf in leaves.iter().filter(|leaf| !leaf.is_beyond(q, 16.0)) {
            light *= 1.0 - 0.85 * smooth(11.0, -9.0, leaf.distance(q));
        }
        light *= 1.0 - 0.85 * smooth(14.0, -12.0, body(q));
        // The leaves and the vase themselves stand before the shadow.
        let hidden = leaves
            .iter()
            .map(|leaf| leaf.coverage(p))
            .fold(coverage(body(p), 1.2), f64::max);
        (
            hex(0x3C_3A_4A),
            (1.0 - light) * (1.0 - hidden) * smooth(room::BACK_EDGE, 900.0, p[1]),
        )
    });
    Plate::new("Leaf shadow", &sheet).blend(Blend::Multiply, 110)
}
