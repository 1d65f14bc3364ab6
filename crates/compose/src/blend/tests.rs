//! Every kernel agrees with the formulas, and every instruction set with every other.

use proptest::prelude::*;

use super::*;

/// Every instruction set this processor has.
pub(crate) fn levels() -> Vec<Level> {
    let best = super::wide::best_level();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        let all = [
            best.as_sse2().map(Level::Sse2),
            best.as_sse4_2().map(Level::Sse4_2),
            best.as_avx2().map(Level::Avx2),
            Some(best),
        ];
        all.into_iter().flatten().collect()
    }
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    vec![best]
}

/// Mostly the ends of the range, where formulas change their mind.
fn sample() -> impl Strategy<Value = u8> {
    prop_oneof![
        Just(0),
        Just(255),
        Just(127),
        Just(128),
        Just(1),
        Just(254),
        any::<u8>(),
        any::<u8>()
    ]
}

fn alpha() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(255u8), 1 => Just(0u8), 2 => any::<u8>()]
}

fn pixel() -> impl Strategy<Value = [u8; 4]> {
    (sample(), sample(), sample(), alpha()).prop_map(|(r, g, b, a)| [r, g, b, a])
}

fn rows() -> impl Strategy<Value = (Vec<[u8; 4]>, Vec<[u8; 4]>, Vec<u8>)> {
    (1usize..40, any::<bool>()).prop_flat_map(|(width, opaque)| {
        let below = pixel().prop_map(move |[r, g, b, a]| [r, g, b, if opaque { 255 } else { a }]);
        (
            proptest::collection::vec(below, width),
            proptest::collection::vec(pixel(), width),
            proptest::collection::vec(alpha(), width),
        )
    })
}

/// How far a fast kernel may be from the formula, in levels.
fn tolerance(mode: BlendMode) -> i32 {
    match mode {
        // Both sides of their threshold are right where two luminosities are equal but for rounding.
        BlendMode::DarkerColor | BlendMode::LighterColor => 255,
        _ => 1,
    }
}

/// Whether the formula's answer hangs on the last bit of a comparison.
fn on_the_edge(mode: BlendMode, below: [u8; 4], above: [u8; 4]) -> bool {
    let luminosity = |p: [u8; 4]| 30 * i32::from(p[0]) + 59 * i32::from(p[1]) + 11 * i32::from(p[2]);
    matches!(mode, BlendMode::DarkerColor | BlendMode::LighterColor) && luminosity(below) == luminosity(above)
}

fn check(
    mode: BlendMode,
    opacity: f32,
    fill: f32,
    below: &[[u8; 4]],
    above: &[[u8; 4]],
    mask: Option<&[u8]>,
) {
    let ink = Ink::new(mode, Opacity::new(opacity).unwrap(), Opacity::new(fill).unwrap());
    let mut first: Option<Vec<u8>> = None;
    for level in levels() {
        let mut row = below.concat();
        blend_row(level, ink, &mut row, &above.concat(), mask);
        let agreed = first.get_or_insert_with(|| row.clone());
        assert_eq!(&row, agreed, "{mode} at {level:?}");
    }
    let row = first.unwrap();
    for (at, got) in row.as_chunks::<4>().0.iter().enumerate() {
        let cover = f64::from(ink.opacity) * mask.map_or(1.0, |mask| f64::from(mask[at]) / 255.0);
        let wanted = formula::composite(mode, ink.fill.into(), below[at], above[at], cover);
        if on_the_edge(mode, below[at], above[at]) {
            continue;
        }
        let allowed = if mode == BlendMode::HardMix && ink.fill < 1.0 {
            2
        } else {
            tolerance(mode).min(1)
        };
        let far = (0..4).any(|c| (i32::from(got[c]) - i32::from(wanted[c])).abs() > allowed);
        // A hair's breadth of alpha may be rounded to nothing or to one.
        assert!(
            !far || wanted[3].max(got[3]) <= 1,
            "{mode} {:?} over {:?} at {cover}: {got:?}, not {wanted:?}",
            above[at],
            below[at],
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn kernels_agree_with_the_formulas(
        (below, above, mask) in rows(),
        mode in proptest::sample::select(BlendMode::ALL.to_vec()),
        opacity in prop_oneof![Just(1.0f32), 0.0..=1.0f32],
        fill in prop_oneof![3 => Just(1.0f32), 1 => 0.0..0.95f32],
        masked in any::<bool>(),
    ) {
        check(mode, opacity, fill, &below, &above, masked.then_some(&mask));
    }

    #[test]
    fn a_row_may_be_cut_anywhere(
        (below, above, mask) in rows(),
        mode in proptest::sample::select(BlendMode::ALL.to_vec()),
        opacity in 0.1..=1.0f32,
        at in any::<prop::sample::Index>(),
    ) {
        let ink = Ink::new(mode, Opacity::new(opacity).unwrap(), Opacity::OPAQUE);
        let (level, above) = (super::wide::best_level(), above.concat());
        let mut whole = below.concat();
        let mut parts = whole.clone();
        blend_row(level, ink, &mut whole, &above, Some(&mask));
        let cut = at.index(mask.len());
        let (left, right) = parts.split_at_mut(cut * 4);
        blend_row(level, ink, left, &above[..cut * 4], Some(&mask[..cut]));
        blend_row(level, ink, right, &above[cut * 4..], Some(&mask[cut..]));
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn a_table_is_the_formula(
        (below, _, _) in rows(),
        mode in proptest::sample::select(BlendMode::ALL.to_vec()),
        opacity in 0.01..=1.0f32,
        colour in pixel(),
    ) {
        let ink = Ink::new(mode, Opacity::new(opacity).unwrap(), Opacity::OPAQUE);
        let Some(table) = Table::new(ink, marquetry_pixel::Rgb::new(colour[0], colour[1], colour[2]).into()) else {
            return Ok(());
        };
        let mut row = below.concat();
        table.blend_row(super::wide::best_level(), &mut row);
        let source = [colour[0], colour[1], colour[2], 255];
        for (got, below) in row.as_chunks::<4>().0.iter().zip(below) {
            let wanted = formula::composite(mode, 1.0, below, source, ink.opacity.into());
            prop_assert!((0..4).all(|c| got[c].abs_diff(wanted[c]) <= 1), "{mode} {below:?} {got:?} {wanted:?}");
        }
    }
}

/// Every pair of samples, opaque: the fast kernels are the rounded formula nearly everywhere.
#[test]
fn all_pairs_over_opaque() {
    for mode in BlendMode::ALL {
        if mode == BlendMode::Dissolve {
            continue;
        }
        let mut off = 0;
        for cs in 0..=255u8 {
            let below: Vec<u8> = (0..=255u8).flat_map(|cb| [cb, cb, cb, 255]).collect();
            let above: Vec<u8> = (0..=255u8).flat_map(|_| [cs, cs, cs, 255]).collect();
            let mut row = below.clone();
            blend_row(
                super::wide::best_level(),
                Ink::new(mode, Opacity::OPAQUE, Opacity::OPAQUE),
                &mut row,
                &above,
                None,
            );
            for (cb, got) in (0..=255u8).zip(row.as_chunks::<4>().0) {
                let wanted = formula::composite(mode, 1.0, [cb, cb, cb, 255], [cs, cs, cs, 255], 1.0);
                let far = (0..4).map(|c| got[c].abs_diff(wanted[c])).max().unwrap();
                assert!(far <= 1, "{mode}: {cs} over {cb} gives {got:?}, not {wanted:?}");
                off += usize::from(far > 0);
            }
        }
        // Halves may fall either way.
        assert!(off < 65536 / 100, "{mode}: {off} pairs are off by one");
    }
}
