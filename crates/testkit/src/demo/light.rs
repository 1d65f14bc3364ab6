//! The window's light: what it leaves in shade, what it brightens, where the glass mirrors it.

use super::{Plate, frame, sheet};
use crate::paint::blend::Blend;
use crate::paint::shape::{convex, coverage};
use crate::paint::{Point, hex, smooth};

/// How much of the window's light arrives, 0 to 1: two by three panes, thrown aslant.
fn panes(p: Point) -> f64 {
    // Undo the slant, so that panes are upright boxes.
    let x = p[0] + 0.10 * p[1] - 640.0;
    let y = p[1] - 0.30 * (p[0] - 640.0) - 20.0;
    let soft = 16.0;
    let bar = |at: f64, low: f64, high: f64| {
        smooth(low - soft, low + soft, at) * smooth(high + soft, high - soft, at)
    };
    let columns = bar(x, 40.0, 300.0) + bar(x, 336.0, 596.0);
    let rows = bar(y, -60.0, 190.0) + bar(y, 224.0, 474.0) + bar(y, 508.0, 758.0);
    (columns * rows).clamp(0.0, 1.0)
}

/// All that the window does not reach, a little darker and cooler.
pub(super) fn shade() -> Plate {
    let mut sheet = sheet();
    sheet.paint(|p| (hex(0x7A_6E_78), 0.9 * (1.0 - panes(p))));
    Plate::new("Window shade", &sheet).blend(Blend::Multiply, 62)
}

/// The panes' warm light on wall and frame.
pub(super) fn window() -> Plate {
    let mut sheet = sheet();
    sheet.paint(|p| (hex(0xFF_E2_B4), panes(p) * 0.9));
    Plate::new("Window light", &sheet).blend(Blend::Screen, 64)
}

/// A pale band across the glass.
pub(super) fn glare() -> Plate {
    let mut sheet = sheet();
    let quad = frame::glass_quad();
    sheet.paint_within([490.0, 60.0], [1180.0, 1060.0], |p| {
        let slant = p[0] + 0.62 * p[1];
        let wide = smooth(1010.0, 1090.0, slant) * smooth(1300.0, 1230.0, slant);
        let thin = smooth(1330.0, 1350.0, slant) * smooth(1395.0, 1375.0, slant);
        let fade = 0.35 + 0.65 * smooth(900.0, 120.0, p[1]);
        (
            hex(0xF4_F7_FF),
            (0.75 * wide + 0.5 * thin) * fade * coverage(convex(p, &quad), 1.4),
        )
    });
    Plate::new("Glass glare", &sheet).blend(Blend::Screen, 70)
}
