//! The wall, the sideboard before it and what lies on it.

use super::{Plate, sheet};
use crate::paint::noise::value;
use crate::paint::shape::{coverage, disc, length, rounded_box, span};
use crate::paint::{Point, hex, mix3, smooth};

/// Where the sideboard's top meets the wall, and where its front begins.
pub(super) const BACK_EDGE: f64 = 962.0;
pub(super) const FRONT_EDGE: f64 = 1094.0;

/// Lime plaster, brightest where the window's light arrives.
pub(super) fn wall() -> Plate {
    let mut sheet = sheet();
    sheet.paint(|p| {
        let far = length([(p[0] - 560.0) / 1250.0, (p[1] - 300.0) / 1050.0]);
        let lit = 1.0 / (1.0 + far * far * 1.1);
        let clouds = value(p[0] / 330.0, p[1] / 90.0, 3);
        let color = mix3(hex(0xB4_A7_98), hex(0xF1_E8_DA), lit);
        let lift = (clouds - 0.5) * 5.0;
        // The corner of wall and sideboard gathers a little dark.
        let corner = 1.0 - 0.20 * smooth(90.0, 0.0, BACK_EDGE - p[1]);
        (color.map(|channel| (channel + lift) * corner), 1.0)
    });
    Plate::new("Wall", &sheet)
}

/// How bright the oak is here, around 0: long streaks along the board, a few pores.
fn oak(p: Point, seed: u32) -> f64 {
    let sway = value(p[0] / 420.0, p[1] / 60.0, seed) * 26.0;
    let broad = value(p[0] / 900.0 + 3.0, (p[1] + sway) / 17.0, seed + 1) - 0.5;
    let fine = value(p[0] / 240.0 + 3.0, (p[1] + sway) / 3.4, seed + 2) - 0.5;
    broad * 0.7 + fine * 0.3
}

/// An oak sideboard: its top seen flat, its front in shade.
pub(super) fn sideboard() -> Plate {
    let mut sheet = sheet();
    sheet.paint_within([0.0, BACK_EDGE], super::canvas_size(), |p| {
        let depth = (p[1] - BACK_EDGE) / (FRONT_EDGE - BACK_EDGE);
        let lit = 1.0 - 0.30 * smooth(500.0, 1700.0, p[0]) - 0.12 * smooth(500.0, -200.0, p[0]);
        // The board's lines run closer together at the back.
        let top = mix3(hex(0xA9_7C_52), hex(0xC9_9A_69), depth.clamp(0.0, 1.0));
        let top = top.map(|channel| (channel + 34.0 * oak([p[0], p[1] * (1.6 - 0.5 * depth)], 21)) * lit);
        let below = p[1] - FRONT_EDGE;
        let front = mix3(hex(0x8A_60_3C), hex(0x63_43_2A), (below / 110.0).clamp(0.0, 1.0));
        let front = front.map(|channel| (channel + 26.0 * oak([p[0] + 700.0, p[1] * 0.8], 31)) * lit);
        let mut color = mix3(top, front, coverage(-below, 2.0));
        // The rounded edge catches light; a gap parts the drawers.
        color = mix3(
            color,
            hex(0xE3_BC_8C),
            0.55 * smooth(4.0, 0.0, (below + 1.0).abs()) * lit,
        );
        let gap = (below - 26.0).abs().min(if below > 26.0 {
            (p[0] - 803.0).abs()
        } else {
            f64::MAX
        });
        color = mix3(color, hex(0x3A_26_18), 0.8 * coverage(gap - 1.6, 1.6));
        (color, coverage(BACK_EDGE - p[1], 1.2))
    });
    Plate::new("Sideboard", &sheet)
}

/// Two books and a cup on the right.
pub(super) fn books() -> Plate {
    let mut sheet = sheet();
    // Their shadow on the board comes first.
    sheet.paint_within([1100.0, 940.0], [1600.0, 1110.0], |p| {
        let d = rounded_box(p, [1362.0, 1037.0], [176.0, 12.0], 10.0);
        (hex(0x3A_26_1C), 0.62 * smooth(26.0, -8.0, d))
    });
    let book = |sheet: &mut crate::paint::Sheet, low: Point, high: Point, cover: u32, band: u32| {
        sheet.paint_within(
            [low[0] - 4.0, low[1] - 4.0],
            [high[0] + 4.0, high[1] + 4.0],
            |p| {
                let center = [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0];
                let half = [(high[0] - low[0]) / 2.0, (high[1] - low[1]) / 2.0];
                let d = rounded_box(p, center, half, 7.0);
                let across = (p[1] - low[1]) / (high[1] - low[1]);
                // A spine bulges: dark at both edges, brightest above the middle.
                let round = 1.05 - 1.5 * (across - 0.38) * (across - 0.38);
                let mut color = hex(cover);
                for x in [low[0] + 34.0, high[0] - 40.0] {
                    color = mix3(color, hex(band), coverage((p[0] - x).abs() - 5.0, 1.2));
                }
                let title = span(
                    p,
                    [low[0] + 92.0, center[1] - 4.5],
                    [low[0] + 208.0, center[1] + 4.5],
                );
                color = mix3(color, hex(band), coverage(title, 1.2));
                let lit = round * (1.0 - 0.10 * smooth(low[0], high[0], p[0]));
                (color.map(|channel| channel * lit), coverage(d, 1.2))
            },
        );
    };
    book(
        &mut sheet,
        [1196.0, 988.0],
        [1530.0, 1042.0],
        0x24_3B_55,
        0xD9_B3_6C,
    );
    book(
        &mut sheet,
        [1224.0, 942.0],
        [1504.0, 987.0],
        0xD8_CB_B6,
        0x9A_4A_36,
    );
    cup(&mut sheet);
    Plate::new("Books and cup", &sheet)
}

/// A white cup on the books.
fn cup(sheet: &mut crate::paint::Sheet) {
    let center = [1360.0, 888.0];
    sheet.paint_within([1270.0, 810.0], [1480.0, 960.0], |p| {
        let soft = disc(
            [p[0], center[1] + (p[1] - 941.0) * 6.0],
            [center[0] + 6.0, center[1]],
            52.0,
        );
        (hex(0x4A_3C_30), 0.5 * smooth(14.0, -10.0, soft))
    });
    sheet.paint_within([1270.0, 810.0], [1480.0, 960.0], |p| {
        let y = (p[1] - 838.0) / 102.0;
        // The wall narrows towards the foot.
        let half = 58.0 - 13.0 * (y * y).clamp(0.0, 1.0) * y.clamp(0.0, 1.0);
        let n = ((p[0] - center[0]) / half).clamp(-1.0, 1.0);
        let bulge = (1.0 - n * n).sqrt();
        let body = ((p[0] - center[0]).abs() - half)
            .max(p[1] - 934.0 - 7.0 * bulge)
            .max(838.0 - p[1]);
        let ring = (length([p[0] - 1424.0, (p[1] - 884.0) * 0.92]) - 27.0).abs() - 6.5;
        let handle = ring.max(1414.0 - p[0]);
        let lit =
            1.0 - 0.16 * smooth(-0.3, 1.0, n) - 0.30 * smooth(0.2, 1.0, n) - 0.10 * smooth(-0.6, -1.0, n);
        let stripe = coverage((p[1] - 4.0 * bulge - 914.0).abs() - 3.0, 1.4) * coverage(body, 1.2);
        let glaze = mix3(hex(0xF3_EE_E5), hex(0x3E_6E_78), stripe);
        let shade = if handle < body {
            0.84 - 0.12 * smooth(1420.0, 1452.0, p[0])
        } else {
            lit
        };
        (
            glaze.map(|channel| channel * shade),
            coverage(body.min(handle), 1.3),
        )
    });
    // The mouth: a rim, the inside, the coffee.
    sheet.paint_within([1290.0, 815.0], [1430.0, 860.0], |p| {
        let at = |half: f64, flat: f64, drop: f64| {
            (length([(p[0] - center[0]) / half, (p[1] - 838.0 - drop) / flat]) - 1.0) * flat
        };
        let inside = mix3(hex(0xC9_C0_B3), hex(0xEF_E9_DE), smooth(1310.0, 1420.0, p[0]));
        let mut color = mix3(hex(0xFB_F8_F2), inside, coverage(at(54.5, 11.0, 0.6), 1.2));
        color = mix3(
            color,
            hex(0x4B_2E_1E),
            coverage(at(50.0, 8.0, 4.0).max(at(54.5, 11.0, 0.6)), 1.2),
        );
        (color, coverage(at(58.0, 13.0, 0.0), 1.2))
    });
}
