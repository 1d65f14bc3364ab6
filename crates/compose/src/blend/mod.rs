//! One row laid over another.
//!
//! A pixel whose backdrop is opaque goes through `fixed` when that knows the mode, every other one
//! through `float`. Which it is depends on that pixel alone, never on its neighbours, so a picture
//! does not depend on how it is cut into regions and bands. Pixels of 16 bits a sample go through `deep`.

pub(crate) mod deep;
mod fixed;
mod float;
#[cfg(test)]
mod formula;
mod table;
pub(crate) mod text;
pub(crate) mod wide;

use fearless_simd::{Level, f32x8, i32x8, prelude::*, u8x32, u16x16, u32x8};
use marquetry_pixel::{BlendMode, Opacity};

use crate::scene::Fade;
pub(crate) use fixed::spread_alpha;
use fixed::{FixedCover, FixedMode};
pub(crate) use table::Table;
use wide::{Wide, on};

/// Whether fill opacity weakens the mode's source colour rather than its alpha.
///
/// These are the eight modes of which Photoshop's users know that *Fill* and *Opacity* differ.
fn fill_weakens_colour(mode: BlendMode) -> bool {
    matches!(
        mode,
        BlendMode::ColorBurn
            | BlendMode::LinearBurn
            | BlendMode::ColorDodge
            | BlendMode::LinearDodge
            | BlendMode::VividLight
            | BlendMode::LinearLight
            | BlendMode::HardMix
            | BlendMode::Difference
    )
}

/// How source pixels meet the backdrop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ink {
    pub(crate) mode: BlendMode,
    /// Weakens the source colour in the modes that want it so, otherwise 1.
    fill: f32,
    /// What is left of the source's alpha.
    opacity: f32,
    pub(crate) fade: Fade,
}

impl Ink {
    pub(crate) const PLAIN: Self = Self {
        mode: BlendMode::Normal,
        fill: 1.0,
        opacity: 1.0,
        fade: Fade::Encoded,
    };

    pub(crate) fn new(mode: BlendMode, opacity: Opacity, fill: Opacity) -> Self {
        let special = fill_weakens_colour(mode);
        Self {
            mode,
            fill: if special { fill.get() } else { 1.0 },
            opacity: if special {
                opacity.get()
            } else {
                opacity.times(fill).get()
            },
            fade: Fade::Encoded,
        }
    }

    /// The same, as strong as fill alone makes it.
    pub(crate) fn of_fill(mode: BlendMode, fill: Opacity) -> Self {
        Self::new(mode, Opacity::OPAQUE, fill)
    }

    /// The colour that changes nothing, of the modes whose colour fill weakens towards one. (Hard mix gets
    /// steeper instead.)
    pub(crate) fn neutral(&self) -> Option<u8> {
        match self.mode {
            BlendMode::ColorDodge | BlendMode::LinearDodge | BlendMode::Difference => Some(0),
            BlendMode::ColorBurn | BlendMode::LinearBurn => Some(255),
            BlendMode::VividLight | BlendMode::LinearLight => Some(128),
            _ => None,
        }
    }

    /// The same before opacity and fade: how an opaque pixel meets another.
    pub(crate) fn at_full_strength(self) -> Self {
        Self {
            opacity: 1.0,
            fade: Fade::Encoded,
            ..self
        }
    }

    /// The same, fading as `fade` says.
    pub(crate) fn fading(self, fade: Fade) -> Self {
        Self { fade, ..self }
    }

    /// Whether an opaque unmasked source simply replaces the backdrop.
    pub(crate) fn replaces(&self) -> bool {
        self.mode == BlendMode::Normal && self.opacity >= 1.0
    }

    /// Whether it leaves everything as it was.
    pub(crate) fn is_clear(&self) -> bool {
        self.opacity <= 0.0 || self.fill <= 0.0
    }

    /// The share of 255 that is left of the source's alpha.
    pub(crate) fn opacity(&self) -> f32 {
        self.opacity
    }

    /// Opacity in 65535ths.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an opacity is within 0.0..=1.0"
    )]
    fn fixed_opacity(self) -> u16 {
        (self.opacity * 65535.0 + 0.5) as u16
    }
}

/// Lays `source` over `row`, both straight RGBA of the same number of pixels; `mask` has a byte a
/// pixel.
pub(crate) fn blend_row(level: Level, ink: Ink, row: &mut [u8], source: &[u8], mask: Option<&[u8]>) {
    if ink.is_clear() {
        return;
    }
    eights(
        row,
        source,
        mask,
        |rows| on!(level, simd => blend_eights(simd, ink, rows)),
    );
}

/// Fades `row` back towards `before` where `mask` and `opacity` say less than all: what a
/// pass-through group does with what its members painted.
pub(crate) fn fade_row(level: Level, opacity: f32, row: &mut [u8], before: &[u8], mask: Option<&[u8]>) {
    eights(
        row,
        before,
        mask,
        |rows| on!(level, simd => fade_eights(simd, opacity, rows)),
    );
}

/// Rows in pieces of eight pixels; as many sources and masks as rows.
struct Eights<'a> {
    rows: &'a mut [[u8; 32]],
    sources: &'a [[u8; 32]],
    masks: Option<&'a [[u8; 8]]>,
}

/// Hands over the whole eights of a row, then the last few pixels padded to eight, so that they go
/// through the very same instructions.
fn eights(row: &mut [u8], source: &[u8], mask: Option<&[u8]>, run: impl Fn(Eights<'_>)) {
    let (rows, row_rest) = row.as_chunks_mut::<32>();
    let (sources, source_rest) = source.as_chunks::<32>();
    let (masks, mask_rest) = mask.map_or((None, &[][..]), |mask| {
        let (masks, rest) = mask.as_chunks::<8>();
        (Some(masks), rest)
    });
    if !rows.is_empty() {
        run(Eights { rows, sources, masks });
    }
    let bytes = row_rest.len().min(source_rest.len());
    if bytes > 0 {
        let (mut below, mut above, mut cover) = ([[0; 32]], [[0; 32]], [[0; 8]]);
        below[0][..bytes].copy_from_slice(&row_rest[..bytes]);
        above[0][..bytes].copy_from_slice(&source_rest[..bytes]);
        cover[0][..mask_rest.len()].copy_from_slice(mask_rest);
        run(Eights {
            rows: &mut below,
            sources: &above,
            masks: masks.map(|_| &cover[..]),
        });
        row_rest[..bytes].copy_from_slice(&below[0][..bytes]);
    }
}

#[inline(always)]
fn blend_eights<S: Wide>(simd: S, ink: Ink, rows: Eights<'_>) {
    // At less than full fill the special modes need more than eight bits of source.
    if ink.fill < 1.0 {
        return float_eights(simd, ink, rows);
    }
    match ink.mode {
        BlendMode::Multiply => fixed_eights::<S, fixed::Multiply>(simd, ink, rows),
        BlendMode::Screen => fixed_eights::<S, fixed::Screen>(simd, ink, rows),
        BlendMode::Darken => fixed_eights::<S, fixed::Darken>(simd, ink, rows),
        BlendMode::Lighten => fixed_eights::<S, fixed::Lighten>(simd, ink, rows),
        BlendMode::LinearBurn => fixed_eights::<S, fixed::LinearBurn>(simd, ink, rows),
        BlendMode::LinearDodge => fixed_eights::<S, fixed::LinearDodge>(simd, ink, rows),
        BlendMode::Overlay => fixed_eights::<S, fixed::Overlay>(simd, ink, rows),
        BlendMode::HardLight => fixed_eights::<S, fixed::HardLight>(simd, ink, rows),
        BlendMode::LinearLight => fixed_eights::<S, fixed::LinearLight>(simd, ink, rows),
        BlendMode::PinLight => fixed_eights::<S, fixed::PinLight>(simd, ink, rows),
        BlendMode::HardMix => fixed_eights::<S, fixed::HardMix>(simd, ink, rows),
        BlendMode::Difference => fixed_eights::<S, fixed::Difference>(simd, ink, rows),
        BlendMode::Exclusion => fixed_eights::<S, fixed::Exclusion>(simd, ink, rows),
        BlendMode::Subtract => fixed_eights::<S, fixed::Subtract>(simd, ink, rows),
        BlendMode::Normal | BlendMode::Dissolve => fixed_eights::<S, fixed::Normal>(simd, ink, rows),
        BlendMode::ColorBurn
        | BlendMode::DarkerColor
        | BlendMode::ColorDodge
        | BlendMode::LighterColor
        | BlendMode::SoftLight
        | BlendMode::VividLight
        | BlendMode::Divide
        | BlendMode::Hue
        | BlendMode::Saturation
        | BlendMode::Color
        | BlendMode::Luminosity => float_eights(simd, ink, rows),
    }
}

/// Each mode's loop is a function of its own: not inlined, compiled once.
#[inline(never)]
fn fixed_eights<S: Wide, M: FixedMode>(simd: S, ink: Ink, rows: Eights<'_>) {
    simd.vectorize(
        #[inline(always)]
        || {
            for (at, (below, above)) in rows.rows.iter_mut().zip(rows.sources).enumerate() {
                let mask = rows.masks.and_then(|masks| masks.get(at));
                fixed_eight::<S, M>(simd, ink, below, above, mask);
            }
        },
    );
}

#[inline(never)]
fn float_eights<S: Wide>(simd: S, ink: Ink, rows: Eights<'_>) {
    simd.vectorize(
        #[inline(always)]
        || {
            for (at, (below, above)) in rows.rows.iter_mut().zip(rows.sources).enumerate() {
                let mask = rows.masks.and_then(|masks| masks.get(at));
                let (old, new) = (
                    u8x32::load_array_ref(simd, below),
                    u8x32::load_array_ref(simd, above),
                );
                if !leaves_all(simd, new, mask) {
                    let cover = cover(simd, ink.opacity, mask);
                    *below = float::blend_eight(simd, ink.mode, ink.fill, old, new, cover).to_array();
                }
            }
        },
    );
}

#[inline(always)]
fn fade_eights<S: Wide>(simd: S, opacity: f32, rows: Eights<'_>) {
    for (at, (after, before)) in rows.rows.iter_mut().zip(rows.sources).enumerate() {
        let share = cover(simd, opacity, rows.masks.and_then(|masks| masks.get(at)));
        let (old, new) = (
            u8x32::load_array_ref(simd, before),
            u8x32::load_array_ref(simd, after),
        );
        *after = float::fade_eight(simd, old, new, share).to_array();
    }
}

/// Whether nothing of eight source pixels shows.
#[inline(always)]
fn leaves_all<S: Wide>(simd: S, above: u8x32<S>, mask: Option<&[u8; 8]>) -> bool {
    let clear = all_equal(above & fixed::opaque_alpha(simd), u8x32::splat(simd, 0));
    clear || mask.is_some_and(|mask| u64::from_le_bytes(*mask) == 0)
}

#[inline(always)]
fn fixed_eight<S: Wide, M: FixedMode>(
    simd: S,
    ink: Ink,
    below: &mut [u8; 32],
    above: &[u8; 32],
    mask: Option<&[u8; 8]>,
) {
    let (old, new) = (
        u8x32::load_array_ref(simd, below),
        u8x32::load_array_ref(simd, above),
    );
    if leaves_all(simd, new, mask) {
        return;
    }
    let alpha = fixed::opaque_alpha(simd);
    if ink.replaces()
        && mask.is_none_or(|mask| u64::from_le_bytes(*mask) == u64::MAX)
        && all_equal(new & alpha, alpha)
    {
        *below = *above;
        return;
    }
    let fixed_cover = FixedCover {
        mask: spread(simd, mask),
        opacity: u16x16::splat(simd, ink.fixed_opacity()),
    };
    let hard = fixed::blend_eight::<S, M>(simd, old, new, fixed_cover);
    if all_equal(old & alpha, alpha) {
        *below = hard.to_array();
        return;
    }
    let hard = hard.to_array();
    let backdrop = *below;
    float_eights(
        simd,
        ink,
        Eights {
            rows: std::slice::from_mut(below),
            sources: std::slice::from_ref(above),
            masks: mask.map(std::slice::from_ref),
        },
    );
    // Whatever its neighbours are, an opaque pixel goes the fixed way.
    let opaque =
        fixed::spread_alpha(simd, u8x32::load_array(simd, backdrop)).simd_eq(u8x32::splat(simd, 255));
    let soft = u8x32::load_array_ref(simd, below);
    *below = opaque.select(u8x32::load_array(simd, hard), soft).to_array();
}

#[inline(always)]
fn all_equal<S: Wide>(a: u8x32<S>, b: u8x32<S>) -> bool {
    a.simd_eq(b).all_true()
}

/// [`spread_mask`] of what may be there. Not `Option::map`: its closure might be left to a function
/// of its own, compiled for another instruction set.
#[inline(always)]
#[expect(clippy::manual_map, reason = "see above")]
fn spread<S: Wide>(simd: S, mask: Option<&[u8; 8]>) -> Option<u8x32<S>> {
    match mask {
        Some(mask) => Some(spread_mask(simd, *mask)),
        None => None,
    }
}

/// Eight mask bytes, each repeated for its pixel's four samples.
#[inline(always)]
fn spread_mask<S: Wide>(simd: S, mask: [u8; 8]) -> u8x32<S> {
    const FOUR: [u8; 32] = [
        0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7,
    ];
    let all: u8x32<S> = fearless_simd::u64x4::splat(simd, u64::from_le_bytes(mask)).bitcast();
    all.swizzle_dyn_within_blocks(u8x32::load_array(simd, FOUR))
}

/// What mask and opacity leave of eight pixels.
#[inline(always)]
fn cover<S: Wide>(simd: S, opacity: f32, mask: Option<&[u8; 8]>) -> f32x8<S> {
    let opacity = f32x8::splat(simd, opacity);
    let Some(mask) = mask else {
        return opacity;
    };
    let spread: u32x8<S> = spread_mask(simd, *mask).bitcast();
    let byte: i32x8<S> = (spread & 255).bitcast();
    byte.to_float::<f32x8<S>>() * f32x8::splat(simd, 1.0 / 255.0) * opacity
}

#[cfg(test)]
pub(crate) mod tests;
