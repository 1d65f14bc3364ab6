//! ICC profiles whose every colour follows from a formula: the four inks of a press that does not exist, and
//! light of a wide gamut.
//! After ICC.1:2001-04 (version 2.4), *lut16Type*.

use crate::bytes::Ink;

/// What [`inks`] says a mixture looks like, `0.0..=1.0` of each ink: L*, a* and b* relative to the
/// paper. The darkest neutral is black ink alone, at L* 10.
#[must_use]
pub fn look([cyan, magenta, yellow, black]: [f64; 4]) -> [f64; 3] {
    let rest = 1.0 - 0.9 * black;
    [
        100.0 * (1.0 - 0.3 * cyan) * (1.0 - 0.4 * magenta) * (1.0 - 0.1 * yellow) * rest,
        rest * 50.0 * (magenta - cyan),
        rest * (60.0 * yellow - 30.0 * cyan),
    ]
}

/// A CMYK profile: every mixture looks as [`look`] says; the way back prints with black ink alone, as
/// dark as the colour is.
#[must_use]
pub fn inks() -> Vec<u8> {
    let corner = |at: usize, axis: usize, axes: usize| f64::from(u8::from(at >> (axes - 1 - axis) & 1 == 1));
    let mixtures = (0..16).map(|at| look(std::array::from_fn(|ink| corner(at, ink, 4))).to_vec());
    let there = lut(4, 3, mixtures.map(|lab| lab_words(&lab)));
    // The first axis of Lab is lightness: white paper at its end. The table ends a bit above L* 100.
    let back = lut(
        3,
        4,
        (0..8).map(|at| vec![0, 0, 0, if corner(at, 0, 3) > 0.5 { 0 } else { 65535 }]),
    );
    let mut white = Ink::new();
    white.raw(b"XYZ ").u32(0);
    for part in [0.9642_f64, 1.0, 0.8249] {
        white.i32(fixed(part));
    }
    profile(
        *b"prtrCMYKLab ",
        &[
            (*b"A2B0", there.clone()),
            (*b"A2B1", there),
            (*b"B2A0", back.clone()),
            (*b"B2A1", back),
            (*b"wtpt", white.into_bytes()),
        ],
    )
}

/// The gamma of [`wide_rgb`].
pub const WIDE_GAMMA: f64 = 563.0 / 256.0;

/// An RGB profile with the primaries and the gamma of Adobe RGB (1998), under D50.
#[must_use]
pub fn wide_rgb() -> Vec<u8> {
    let xyz = |parts: [f64; 3]| {
        let mut ink = Ink::new();
        ink.raw(b"XYZ ").u32(0);
        for part in parts {
            ink.i32(fixed(part));
        }
        ink.into_bytes()
    };
    let mut curve = Ink::new();
    curve.raw(b"curv").u32(0).u32(1).u16(563);
    let curve = curve.into_bytes();
    profile(
        *b"mntrRGB XYZ ",
        &[
            (*b"wtpt", xyz([0.9642, 1.0, 0.8249])),
            (*b"rXYZ", xyz([0.609_74, 0.311_11, 0.019_47])),
            (*b"gXYZ", xyz([0.205_28, 0.625_67, 0.060_87])),
            (*b"bXYZ", xyz([0.149_19, 0.063_22, 0.744_57])),
            (*b"rTRC", curve.clone()),
            (*b"gTRC", curve.clone()),
            (*b"bTRC", curve),
        ],
    )
}

/// Two nodes an axis, straight curves.
fn lut(from: u8, to: u8, nodes: impl Iterator<Item = Vec<u16>>) -> Vec<u8> {
    let mut ink = Ink::new();
    ink.raw(b"mft2").u32(0).u8(from).u8(to).u8(2).u8(0);
    for at in 0..9 {
        ink.i32(if at % 4 == 0 { fixed(1.0) } else { 0 });
    }
    ink.u16(2).u16(2);
    for _ in 0..from {
        ink.u16(0).u16(65535);
    }
    for word in nodes.flatten() {
        ink.u16(word);
    }
    for _ in 0..to {
        ink.u16(0).u16(65535);
    }
    ink.into_bytes()
}

/// Version 2 stores L* 100 as 0xff00 and a* 0 as 0x8000.
fn lab_words(lab: &[f64]) -> Vec<u16> {
    let word = |value: f64| word((value * 256.0).round());
    vec![
        word(lab[0] * 255.0 / 100.0),
        word(lab[1] + 128.0),
        word(lab[2] + 128.0),
    ]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "formulas stay within the range; a cast saturates"
)]
fn word(value: f64) -> u16 {
    value as u16
}

#[expect(clippy::cast_possible_truncation, reason = "a few units at most")]
fn fixed(value: f64) -> i32 {
    (value * 65536.0).round() as i32
}

/// A profile of a kind of device, its colours and its connection space.
fn profile(kind: [u8; 12], tags: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("a small profile");
    let mut table = Ink::new();
    let mut contents = Ink::new();
    table.u32(u32::try_from(tags.len()).expect("a few tags"));
    let start = 128 + 4 + 12 * u32::try_from(tags.len()).expect("a few tags");
    for (name, bytes) in tags {
        let at = start + u32::try_from(contents.len()).expect("a small profile");
        table.raw(name).u32(at).u32(length(bytes));
        contents.raw(bytes);
        while !contents.len().is_multiple_of(4) {
            contents.u8(0);
        }
    }
    let (table, contents) = (table.into_bytes(), contents.into_bytes());
    let mut ink = Ink::new();
    ink.u32(128 + length(&table) + length(&contents))
        .raw(&[0; 4])
        .u32(0x0240_0000);
    ink.raw(&kind).raw(&[0, 0, 7, 0xd0, 0, 1, 0, 1, 0, 0, 0, 0]);
    ink.raw(b"acsp").raw(&[0; 28]);
    for part in [0.9642_f64, 1.0, 0.8249] {
        ink.i32(fixed(part));
    }
    let mut bytes = ink.into_bytes();
    bytes.resize(128, 0);
    bytes.extend(table);
    bytes.extend(contents);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_tags_are_where_they_say() {
        check(&inks());
        check(&wide_rgb());
        assert!((look([0.0, 0.0, 0.0, 1.0])[0] - 10.0).abs() < 1e-9);
    }

    fn check(bytes: &[u8]) {
        let word = |at: usize| {
            let four: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
            usize::try_from(u32::from_be_bytes(four)).expect("a small number")
        };
        assert_eq!(word(0), bytes.len());
        for tag in 0..word(128) {
            let (start, length) = (word(136 + 12 * tag), word(140 + 12 * tag));
            assert!(start + length <= bytes.len());
            let kind = &bytes[start..start + 4];
            assert!([b"mft2", b"XYZ ", b"curv"].contains(&kind.try_into().expect("four bytes")));
        }
    }
}
