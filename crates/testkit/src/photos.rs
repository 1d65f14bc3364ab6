//! Photos of people and things that nobody took: stand-ins for what customers bring, drawn by arithmetic.
//!
//! Each is the same on every machine. A portrait's head is in the upper half, as photographers have it.

use crate::paint::noise::{hash, value};
use crate::paint::shape::{coverage, disc, rounded_box, segment};
use crate::paint::{Picture, Point, byte, hex, mix3};

const SKIN: [u32; 5] = [0xF1C9A5, 0xD9A066, 0x8D5524, 0xFFDBAC, 0xC68642];
const HAIR: [u32; 5] = [0x2B1B12, 0x5A3A1E, 0x111111, 0xB9853F, 0x7A2E1A];
const SHIRT: [u32; 6] = [0xB3202A, 0x1F5FA8, 0x2E7D4F, 0xE0A526, 0x5B3A8C, 0x30343B];
const WALL: [u32; 5] = [0x9DB4C0, 0xC9B79C, 0x8FA58B, 0xB5A1B8, 0xD6CFC7];

fn pick(colours: &[u32], seed: u32, salt: u32) -> [f64; 3] {
    hex(colours[(hash(seed, salt, 7) as usize) % colours.len()])
}

/// A person in front of a wall, head and shoulders. Opaque.
#[must_use]
pub fn portrait(width: usize, height: usize, seed: u32) -> Picture {
    let wall = pick(&WALL, seed, 1);
    Picture::from_fn(width, height, |at| {
        let share = [at[0] / width as f64, at[1] / height as f64];
        let light = 1.12 - 0.35 * share[1] + 0.06 * (value(share[0] * 9.0, share[1] * 9.0, seed) - 0.5);
        let behind = wall.map(|sample| sample * light);
        let (colour, cover) = sitter(at, width as f64, height as f64, seed);
        let [red, green, blue] = mix3(behind, colour, cover).map(byte);
        [red, green, blue, 255]
    })
}

/// The same person cut out: nothing behind.
#[must_use]
pub fn cut_out(width: usize, height: usize, seed: u32) -> Picture {
    Picture::from_fn(width, height, |at| {
        let (colour, cover) = sitter(at, width as f64, height as f64, seed);
        let [red, green, blue] = colour.map(byte);
        [red, green, blue, byte(cover * 255.0)]
    })
}

/// Colour and cover of a person who fills the picture from below.
fn sitter(at: Point, width: f64, height: f64, seed: u32) -> ([f64; 3], f64) {
    // In heads: the origin is between the eyes.
    let unit = (width * 0.2).min(height * 0.17);
    let p = [(at[0] - width / 2.0) / unit, (at[1] - height * 0.36) / unit];
    let soft = 1.2 / unit;
    let (skin, hair, shirt) = (pick(&SKIN, seed, 2), pick(&HAIR, seed, 3), pick(&SHIRT, seed, 4));
    let mut colour = [0.0; 3];
    let mut cover: f64 = 0.0;
    let mut lay = |over: [f64; 3], share: f64| {
        colour = if cover > 0.0 {
            mix3(colour, over, share)
        } else {
            over
        };
        cover = cover + share - cover * share;
    };
    let shade = |base: [f64; 3], amount: f64| base.map(|sample| sample * amount);
    let long = hash(seed, 5, 1).is_multiple_of(2);
    if long {
        lay(
            shade(hair, 0.85),
            coverage(rounded_box(p, [0.0, 0.5], [1.25, 1.5], 1.1), soft),
        );
    }
    let fold = 0.92 + 0.12 * value(p[0] * 2.0 + 20.0, p[1] * 3.0 + 20.0, seed);
    lay(
        shade(shirt, fold),
        coverage(rounded_box(p, [0.0, 5.2], [2.5, 3.2], 1.4), soft),
    );
    lay(
        shade(skin, 0.86),
        coverage(rounded_box(p, [0.0, 1.5], [0.46, 0.9], 0.35), soft),
    );
    let side = 1.04 - 0.12 * (p[0] + 1.0) / 2.0;
    lay(
        shade(skin, side),
        coverage(rounded_box(p, [0.0, 0.0], [1.0, 1.28], 0.92), soft),
    );
    let fringe = disc([p[0], p[1] * 1.1], [0.25, -0.95], 0.95).max(p[1] + 0.45);
    lay(hair, coverage(fringe, soft));
    lay(hair, coverage(disc(p, [0.0, -0.75], 1.02).max(p[1] + 0.55), soft));
    for eye in [-0.4, 0.4] {
        lay(
            [250.0; 3],
            coverage(disc([p[0] * 0.8, p[1]], [eye * 0.8, 0.02], 0.14), soft),
        );
        lay([40.0, 35.0, 40.0], coverage(disc(p, [eye, 0.03], 0.09), soft));
        lay(
            hair,
            coverage(segment(p, [eye - 0.2, -0.27], [eye + 0.2, -0.27]).0 - 0.05, soft),
        );
    }
    lay(
        shade(skin, 0.78),
        coverage(segment(p, [0.02, 0.1], [0.08, 0.38]).0 - 0.05, soft),
    );
    lay(
        [165.0, 70.0, 70.0],
        coverage(segment(p, [-0.26, 0.72], [0.26, 0.72]).0 - 0.06, soft),
    );
    (colour, cover)
}

/// Hills under a sky: any landscape. Opaque.
#[must_use]
pub fn landscape(width: usize, height: usize, seed: u32) -> Picture {
    let (far, near) = (pick(&WALL, seed, 11), pick(&SHIRT, seed, 12));
    Picture::from_fn(width, height, |at| {
        let [x, y] = [at[0] / width as f64, at[1] / height as f64];
        let mut colour = mix3(hex(0x7FB2E5), hex(0xFBE8CF), y * 1.5);
        let sun = coverage(
            disc([x * width as f64 / height as f64, y], [1.0, 0.22], 0.08),
            0.01,
        );
        colour = mix3(colour, hex(0xFFF3C4), sun);
        for row in 0..3_u32 {
            let depth = f64::from(row);
            let line = 0.42 + 0.17 * depth + 0.16 * (value(x * (3.0 + depth) + 9.0, depth + 3.0, seed) - 0.5);
            let hill = mix3(far, near, 0.25 + depth * 0.3).map(|sample| sample * (0.95 - 0.2 * depth));
            let grain = 0.94 + 0.12 * value(x * 60.0, y * 60.0, seed + row);
            colour = mix3(
                colour,
                hill.map(|sample| sample * grain),
                coverage(line - y, 0.003),
            );
        }
        let [red, green, blue] = colour.map(byte);
        [red, green, blue, 255]
    })
}

/// Paper with a grain, of one colour. Opaque.
#[must_use]
pub fn texture(width: usize, height: usize, colour: u32, seed: u32) -> Picture {
    let base = hex(colour);
    Picture::from_fn(width, height, |[x, y]| {
        let grain = 0.8 + 0.3 * value(x / 23.0, y / 23.0, seed) + 0.1 * value(x / 3.0, y / 3.0, seed + 1);
        let [red, green, blue] = base.map(|sample| byte(sample * grain));
        [red, green, blue, 255]
    })
}

/// A stroke of a pen, blue ink on nothing, light enough to be its own mask.
#[must_use]
pub fn signature(width: usize, height: usize) -> Picture {
    let points: [Point; 9] = [
        [0.05, 0.62],
        [0.16, 0.18],
        [0.2, 0.8],
        [0.34, 0.34],
        [0.4, 0.72],
        [0.52, 0.44],
        [0.6, 0.7],
        [0.74, 0.4],
        [0.95, 0.56],
    ];
    Picture::from_fn(width, height, |[x, y]| {
        let p = [x / width as f64, y / width as f64];
        let flat = |point: Point| [point[0], point[1] * height as f64 / width as f64];
        let away = points
            .windows(2)
            .map(|ends| segment(p, flat(ends[0]), flat(ends[1])).0)
            .fold(1.0, f64::min);
        let cover = coverage(away - 0.008, 0.003);
        [110, 150, 235, byte(cover * 255.0)]
    })
}

/// A grey bust on nothing: for whoever has no photo.
#[must_use]
pub fn silhouette(width: usize, height: usize) -> Picture {
    Picture::from_fn(width, height, |at| {
        let (_, cover) = sitter(at, width as f64, height as f64, 5);
        [150, 156, 164, byte(cover * 255.0)]
    })
}
