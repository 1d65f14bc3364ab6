//! Noise by integer hashing: no state, the same everywhere.

/// A well-mixed hash of a lattice point.
#[must_use]
pub const fn hash(x: u32, y: u32, seed: u32) -> u32 {
    let mut h = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ seed.wrapping_mul(0xC2B2_AE3D);
    h ^= h >> 15;
    h = h.wrapping_mul(0x2C1B_3C6D);
    h ^= h >> 12;
    h = h.wrapping_mul(0x297A_2D39);
    h ^ (h >> 15)
}

/// Smooth noise, 0 to 1, at (`x`, `y`) in lattice cells (not negative).
#[must_use]
pub fn value(x: f64, y: f64, seed: u32) -> f64 {
    let (column, row) = (x.floor(), y.floor());
    let fade = |t: f64| t * t * (3.0 - 2.0 * t);
    let (fx, fy) = (fade(x - column), fade(y - row));
    let (column, row) = (column as u32, row as u32);
    let at = |dx: u32, dy: u32| f64::from(hash(column + dx, row + dy, seed) & 0xFFFF) / 65536.0;
    let top = super::mix(at(0, 0), at(1, 0), fx);
    let bottom = super::mix(at(0, 1), at(1, 1), fx);
    super::mix(top, bottom, fy)
}
