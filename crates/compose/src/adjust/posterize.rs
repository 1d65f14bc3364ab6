//! Posterize: levels spread evenly over inputs and outputs.

/// The step that a share of the whole falls on.
fn step(value: u32, whole: u32, levels: u8) -> u32 {
    (value * u32::from(levels) / whole).min(u32::from(levels) - 1)
}

fn sound(levels: u8) -> u8 {
    levels.max(2)
}

/// What each byte becomes. Equal to Photoshop's.
pub(super) fn table(levels: u8) -> [u8; 256] {
    let levels = sound(levels);
    let mut table = [0; 256];
    for (value, out) in (0..).zip(&mut table) {
        let level = step(value, 256, levels) * 255 / (u32::from(levels) - 1);
        *out = u8::try_from(level).unwrap_or(u8::MAX);
    }
    table
}

/// What 16 bits become. Photoshop holds them from 0 to 32768, of which both ends are whole numbers: so
/// 21, 13, 7 and 3 levels of `posterize_16bits_rgb.psd` and 11, 9, 6 and 2 of `-grayscale.psd` are met to
/// the sample.
pub(super) fn deep(sample: u16, levels: u8) -> u16 {
    const ALL: u32 = 32_768;
    let levels = sound(levels);
    let value = (u32::from(sample) * ALL + 32_767) / 65_535;
    let held = step(value, ALL, levels) * ALL / (u32::from(levels) - 1);
    u16::try_from((held * 65_535 + ALL / 2) / ALL).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_sixteen_bits_have_the_same_steps() {
        for levels in 2..=255u8 {
            let table = table(levels);
            assert_eq!((table[0], table[255]), (0, 255));
            let kinds = table.iter().collect::<std::collections::BTreeSet<_>>();
            assert_eq!(kinds.len(), usize::from(levels));
            let mut deep_kinds = std::collections::BTreeSet::new();
            for sample in 0..=u16::MAX {
                deep_kinds.insert(deep(sample, levels));
            }
            assert_eq!(deep_kinds.len(), usize::from(levels));
            assert_eq!((deep(0, levels), deep(u16::MAX, levels)), (0, u16::MAX));
        }
    }

    #[test]
    fn stored_pictures_are_met() {
        for (levels, steps) in [
            (13, &[0, 5460, 10_922, 16_384, 21_844, 27_306, 32_768, 38_227][..]),
            (6, &[0, 13_106, 26_214, 39_319, 52_427, 65_535]),
            (3, &[0, 32_768, 65_535]),
        ] {
            for (at, &out) in (0u32..).zip(steps) {
                let middle = (2 * at + 1) * 65_535 / (2 * u32::from(levels));
                assert_eq!(
                    deep(u16::try_from(middle).unwrap(), levels),
                    out,
                    "{at} of {levels}"
                );
            }
        }
        // On both sides of a step.
        assert_eq!((deep(32_760, 2), deep(32_783, 2)), (0, 65_535));
        let thirteen = table(13);
        assert_eq!([39, 40, 217].map(|at: usize| thirteen[at]), [21, 42, 233]);
        let bytes = table(3);
        assert_eq!(
            [0, 85, 86, 170, 171, 255].map(|at: usize| bytes[at]),
            [0, 0, 127, 127, 255, 255]
        );
    }
}
