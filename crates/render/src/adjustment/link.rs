//! Tables of colours in ICC device links: RGB to RGB by a grid.
//!
//! ICC.1:2022, *lut8Type*, *lut16Type* and *lutAToBType*. Of the latter the curves about the grid must
//! be straight, which is how Photoshop makes profiles of tables.

use marquetry_compose::Cube;

use super::cube_file::blue_fastest;

/// The grid of a device link; `None` for any other profile, and what is broken.
pub(super) fn read(profile: &[u8]) -> Option<Cube> {
    let is_link = profile.get(12..24)? == b"linkRGB RGB ";
    let tag = find(profile, *b"A2B0").filter(|_| is_link)?;
    match tag.get(..4)? {
        b"mAB " => grid_of_stages(tag),
        b"mft1" | b"mft2" => grid_of_tables(tag),
        _ => None,
    }
}

fn find(profile: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    let count = number(profile, 128)?.min(100);
    (0..count).find_map(|at| {
        let entry = 132 + at * 12;
        if profile.get(entry..entry + 4)? != name {
            return None;
        }
        let start = number(profile, entry + 4)?;
        profile.get(start..start.checked_add(number(profile, entry + 8)?)?)
    })
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?.as_chunks::<4>().0.first()?;
    usize::try_from(u32::from_be_bytes(*four)).ok()
}

fn grid_of_stages(tag: &[u8]) -> Option<Cube> {
    if tag.get(8..10)? != [3, 3] {
        return None;
    }
    let [last, matrix, middle, grid, first] = [12, 16, 20, 24, 28].map(|at| number(tag, at));
    let straight = |curves: Option<usize>| match curves? {
        0 => Some(true),
        at => are_straight(tag, at),
    };
    if !(straight(last)? && straight(first)? && straight(middle)? && is_identity(tag, matrix?)?) {
        return None;
    }
    let grid = tag.get(grid.filter(|&at| at > 0)?..)?;
    let sides = grid.get(..3)?;
    let side = usize::from(sides[0]);
    if sides.iter().any(|&other| usize::from(other) != side) {
        return None;
    }
    let wide = *grid.get(16)? == 2;
    samples(grid.get(20..)?, side, wide)
}

/// Three curves one after the other, none of which bends anything.
fn are_straight(tag: &[u8], mut at: usize) -> Option<bool> {
    for _ in 0..3 {
        match tag.get(at..at.checked_add(4)?)? {
            b"curv" if number(tag, at + 8)? == 0 => at += 12,
            // Function 0, a power, of 1.0.
            b"para" if tag.get(at + 8..at + 10)? == [0, 0] && number(tag, at + 12)? == 1 << 16 => at += 16,
            _ => return Some(false),
        }
    }
    Some(true)
}

/// Twelve numbers of a matrix and an offset, or none.
fn is_identity(tag: &[u8], at: usize) -> Option<bool> {
    const ONE: usize = 1 << 16;
    const IDENTITY: [usize; 12] = [ONE, 0, 0, 0, ONE, 0, 0, 0, ONE, 0, 0, 0];
    if at == 0 {
        return Some(true);
    }
    for (place, &want) in IDENTITY.iter().enumerate() {
        if number(tag, at + place * 4)? != want {
            return Some(false);
        }
    }
    Some(true)
}

fn grid_of_tables(tag: &[u8]) -> Option<Cube> {
    let wide = tag.get(..4)? == b"mft2";
    let &[3, 3, side] = tag.get(8..11)? else {
        return None;
    };
    let side = usize::from(side);
    // Tables of the inputs stand before the grid, those of the outputs after it.
    let (head, entries, outputs) = if wide {
        (52, number(tag, 48)? >> 16, number(tag, 48)? & 0xffff)
    } else {
        (48, 256, 256)
    };
    let width = if wide { 2 } else { 1 };
    let from = head + 3 * entries * width;
    let end = from + side.pow(3) * 3 * width;
    let before = tag.get(head..from)?;
    let after = tag.get(end..end.checked_add(3 * outputs * width)?)?;
    if !(is_ramp(before, entries, wide) && is_ramp(after, outputs, wide)) {
        return None;
    }
    samples(tag.get(from..end)?, side, wide)
}

/// Whether three tables each rise evenly from nothing to all.
fn is_ramp(tables: &[u8], entries: usize, wide: bool) -> bool {
    let values = shares(tables, wide);
    let last = entries.saturating_sub(1).max(1) as f32;
    entries >= 2
        && values
            .iter()
            .enumerate()
            .all(|(at, value)| (value - (at % entries) as f32 / last).abs() < 0.003)
}

fn shares(bytes: &[u8], wide: bool) -> Vec<f32> {
    if wide {
        let pairs = bytes.as_chunks::<2>().0.iter();
        pairs
            .map(|&pair| f32::from(u16::from_be_bytes(pair)) / 65_535.0)
            .collect()
    } else {
        bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect()
    }
}

/// The last channel runs fastest.
fn samples(bytes: &[u8], side: usize, wide: bool) -> Option<Cube> {
    if !(2..=Cube::MOST_SIDE).contains(&side) {
        return None;
    }
    let length = side.pow(3) * 3 * if wide { 2 } else { 1 };
    let values = shares(bytes.get(..length)?, wide);
    blue_fastest(side, values.as_chunks::<3>().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(tag: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 12];
        bytes.extend(b"linkRGB RGB ");
        bytes.resize(128, 0);
        bytes.extend(1_u32.to_be_bytes());
        bytes.extend(b"A2B0");
        bytes.extend(144_u32.to_be_bytes());
        bytes.extend(u32::try_from(tag.len()).unwrap().to_be_bytes());
        bytes.extend(tag);
        bytes
    }

    /// Two points a channel that invert.
    fn grid() -> impl Iterator<Item = u8> {
        (0..8_u8).flat_map(|at| [at >> 2, at >> 1 & 1, at & 1].map(|bit| 255 - bit * 255))
    }

    fn inverted() -> Option<Cube> {
        let corner = |at: usize| [at & 1, at >> 1 & 1, at >> 2].map(|bit| if bit == 1 { 0.0 } else { 1.0 });
        Cube::new(2, (0..8).map(corner).collect())
    }

    #[test]
    fn grids_are_read() {
        let mut stages = b"mAB \0\0\0\0\x03\x03\0\0".to_vec();
        for at in [32_u32, 0, 0, 68, 32] {
            stages.extend(at.to_be_bytes());
        }
        for _ in 0..3 {
            stages.extend(b"curv\0\0\0\0\0\0\0\0");
        }
        stages.extend([2; 3].iter().chain(&[0; 13]).chain(&[1, 0, 0, 0]));
        stages.extend(grid());
        assert_eq!(read(&profile(&stages)), inverted());
        let mut tables = b"mft1\0\0\0\0\x03\x03\x02\0".to_vec();
        tables.resize(48, 0);
        let ramps = || (0..3).flat_map(|_| 0..=255_u8);
        tables.extend(ramps());
        tables.extend(grid());
        tables.extend(ramps());
        assert_eq!(read(&profile(&tables)), inverted());
    }

    #[test]
    fn what_is_broken_is_none() {
        let whole = profile(b"mAB \0\0\0\0\x03\x03\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
        for length in 0..whole.len() {
            assert_eq!(read(&whole[..length]), None);
        }
        assert_eq!(read(&whole), None);
        assert_eq!(read(&profile(b"mft2\0\0\0\0\x03\x03\xff\0")), None);
    }
}
