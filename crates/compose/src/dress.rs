//! Paints a step that wears effects.
//!
//! Two pictures meet along the shape's edge: *outside* is what lies below the layer, with shadows, glows
//! and strokes on it; *inside* is what would be seen if the layer's shape were everywhere, without the
//! shadow that it hides. The shape fades one into the other, once. So the edge of an effect and the
//! edge of the layer are one edge and no colour shows through between them, which is what Photoshop
//! does: at a pixel that its shape half covers, the shadow below a layer is half there, not a quarter.

use crate::blend::{self, Ink};
use crate::depth::Depth;
use crate::effect::{Coat, Coats};
use crate::floor::{copy_ground, paint_run};
use crate::mask::{Plane, hold_back};
use crate::paint::{Band, Scratch, copy_out, lay, make_opaque, rows};
use crate::scene::{ClipBlend, Fade, Mask};
use crate::step::{Dress, Source, Step};
use crate::style::{Channels, Interior, Knockout};
use marquetry_pixel::Rect;

pub(crate) fn paint_dressed<S: Depth>(
    step: &Step<'_>,
    dress: &Dress<'_>,
    area: Rect,
    band: &mut Band<'_, S>,
    clip: Option<&Plane>,
    scratch: &mut Scratch<S>,
) {
    let hold = Hold {
        masks: dress.veil,
        clip,
    };
    // What is held back is the whole of it: how much of the backdrop shows then, not of a shadow below
    // the layer.
    let before = (!hold.is_open()).then(|| copied(band, area, scratch));
    let untouched = (dress.channels != Channels::ALL).then(|| copied(band, area, scratch));
    let shape = dress.shape.intersect(area);
    let inside = (!shape.is_empty()).then(|| inside(step, dress, shape, band, scratch));
    let Coats { below, above, .. } = &dress.coats;
    // What a stroke in its layer's place lies on: no shadow of the layer's is seen through it.
    let mut ground = below
        .iter()
        .chain(above)
        .any(|coat| coat.replaces)
        .then(|| copied(band, area, scratch));
    if let Some(pixels) = &mut ground {
        let mut ground = Band { area, pixels };
        for coat in below.iter().filter(|coat| !coat.concealed) {
            paint_coat(coat, area, &mut ground, None, scratch);
        }
    }
    let mut painted = |coats: &[Coat<'_>], band: &mut Band<'_, S>, scratch: &mut Scratch<S>| {
        for coat in coats {
            match &mut ground {
                Some(pixels) if coat.replaces && !coat.area.intersect(area).is_empty() => {
                    let ground = Band { area, pixels };
                    let pixels = replacing(coat, area, &ground, scratch);
                    put(coat, area, band, pixels, scratch);
                }
                _ => paint_coat(coat, area, band, None, scratch),
            }
        }
    };
    painted(below, band, scratch);
    if let Some(inside) = inside {
        meet(step, inside, band, scratch);
    }
    painted(above, band, scratch);
    scratch.give(ground.unwrap_or_default());
    if let Some(before) = before {
        let mut strength = scratch.take_bytes(area.width as usize);
        for (y, before) in rows(area).zip(before.chunks_exact(area.width as usize * 4)) {
            strength.fill(255);
            hold.apply(&mut strength, line(area, y));
            let row = band.row_mut(y, area.x, area.width);
            S::fade_row(scratch.level, 1.0, row, before, Some(&strength));
        }
        scratch.give_bytes(strength);
        scratch.give(before);
    }
    if let Some(before) = untouched {
        for (y, before) in rows(area).zip(before.chunks_exact(area.width as usize * 4)) {
            let row = band.row_mut(y, area.x, area.width);
            dress.channels.put_back(row, before);
        }
        scratch.give(before);
    }
}

/// An adjustment kept to the tones and channels that its style leaves it. Its own tones are those that
/// it makes.
pub(crate) fn paint_ruled<S: Depth>(
    dress: &Dress<'_>,
    area: Rect,
    band: &mut Band<'_, S>,
    scratch: &mut Scratch<S>,
    adjust: impl FnOnce(&mut Band<'_, S>, &mut Scratch<S>),
) {
    let before = copied(band, area, scratch);
    adjust(band, scratch);
    let mut strength = scratch.take_bytes(area.width as usize);
    for (y, before) in rows(area).zip(before.chunks_exact(area.width as usize * 4)) {
        let row = band.row_mut(y, area.x, area.width);
        if let Some(blend_if) = dress.blend_if {
            strength.fill(255);
            blend_if.hold_back(&mut strength, row, before);
            S::fade_row(scratch.level, 1.0, row, before, Some(&strength));
        }
        dress.channels.put_back(row, before);
    }
    scratch.give_bytes(strength);
    scratch.give(before);
}

/// A part of the band in a buffer of its own.
fn copied<S: Depth>(band: &Band<'_, S>, area: Rect, scratch: &mut Scratch<S>) -> Vec<S> {
    let mut pixels = scratch.take(area.width as usize * area.height as usize * 4);
    copy_out(band, area, &mut pixels);
    pixels
}

fn line(area: Rect, y: i32) -> Rect {
    Rect { y, height: 1, ..area }
}

/// A coat painted on what is below the layer, as if it went everywhere in its area.
fn replacing<S: Depth>(coat: &Coat<'_>, area: Rect, band: &Band<'_, S>, scratch: &mut Scratch<S>) -> Vec<S> {
    let area = area.intersect(coat.area);
    let mut pixels = copied(band, area, scratch);
    let mut own = Band {
        area,
        pixels: &mut pixels,
    };
    paint_all_over(coat, area, &mut own, scratch);
    pixels
}

/// Lets what was painted by `replacing` take the layer's place where the coat goes.
fn put<S: Depth>(
    coat: &Coat<'_>,
    area: Rect,
    band: &mut Band<'_, S>,
    mut pixels: Vec<S>,
    scratch: &mut Scratch<S>,
) {
    let area = area.intersect(coat.area);
    let lines = pixels.chunks_exact_mut((area.width as usize * 4).max(1));
    for (y, instead) in rows(area).zip(lines) {
        let mask = coat.coverage.as_ref().map(|coverage| coverage.row(line(area, y)));
        let row = band.row_mut(y, area.x, area.width);
        S::fade_row(scratch.level, 1.0, instead, row, mask);
        row.copy_from_slice(instead);
    }
    scratch.give(pixels);
}

/// What a layer is where its shape is everywhere.
struct Inside<S> {
    area: Rect,
    pixels: Vec<S>,
    /// How much of it is to be seen, without its masks: the layer's shape where tones let it show.
    strength: Vec<u8>,
}

/// The inside picture, painted before anything that the layer hides is on the band.
fn inside<S: Depth>(
    step: &Step<'_>,
    dress: &Dress<'_>,
    shape: Rect,
    band: &Band<'_, S>,
    scratch: &mut Scratch<S>,
) -> Inside<S> {
    let mut own_pixels = scratch.take(shape.width as usize * shape.height as usize * 4);
    let mut own = Band {
        area: shape,
        pixels: &mut own_pixels,
    };
    step.source.gather(&mut own, scratch);
    let alphas = match dress.outline {
        Some(outline) => {
            let alphas = Plane::of_masks(shape, [outline]);
            share_out(own.pixels, &alphas);
            alphas
        }
        None => Plane::new(shape, make_opaque(own.pixels, S::byte)),
    };
    let passes = matches!(step.source, Source::PassThrough(_));
    let mut strength = scratch.take_bytes(alphas.bytes().len());
    if passes {
        strength.fill(255);
    } else {
        strength.copy_from_slice(alphas.bytes());
    }
    let mut pixels = copied(band, shape, scratch);
    if let Some(blend_if) = dress.blend_if {
        blend_if.hold_back(&mut strength, own.pixels, &pixels);
    }
    let mut before = None;
    if !matches!(dress.knockout, Knockout::None) {
        before = Some(pixels);
        pixels = scratch.take(own.pixels.len());
        match dress.knockout {
            Knockout::Deep(ground) => copy_ground(ground.as_deref(), shape, &mut pixels),
            _ => scratch.floor.copy_out(shape, &mut pixels),
        }
    }
    let mut after = Band {
        area: shape,
        pixels: &mut pixels,
    };
    for coat in &dress.coats.below {
        if passes || !coat.concealed {
            paint_coat(coat, shape, &mut after, None, scratch);
        }
    }
    let opacity = step.opacity.get();
    let Coats {
        within: coats,
        lining,
        ..
    } = &dress.coats;
    let replaced = lining.iter().any(|coat| coat.replaces);
    if before.is_none() && (opacity < 1.0 || replaced) {
        before = Some(copied(&after, shape, scratch));
    }
    // Members that pass through have no alpha of their own below the whole group's.
    let within = passes.then_some(&alphas);
    if let Source::PassThrough(children) = &step.source {
        // The members have met what lies below by themselves.
        paint_run(children, &mut after, None, scratch);
    } else {
        if dress.interior == Interior::Together {
            for coat in coats.iter().chain(lining) {
                paint_coat(coat, shape, &mut own, None, scratch);
            }
        }
        if step.clip_blend == ClipBlend::Together {
            paint_run(&step.clipped, &mut own, None, scratch);
        }
        let ink = Ink::of_fill(step.ink.mode, step.fill);
        for y in rows(shape) {
            let row = after.row_mut(y, shape.x, shape.width);
            let source = own.row(y, shape.x, shape.width);
            lay(ink, line(shape, y), row, source, None, scratch);
        }
    }
    let separately = dress.interior == Interior::Separately || passes;
    if separately {
        for coat in coats {
            paint_coat(coat, shape, &mut after, within, scratch);
        }
    }
    paint_run(&dress.trim, &mut after, within, scratch);
    if separately {
        for coat in lining {
            let seen = !coat.area.intersect(shape).is_empty();
            if let Some(before) = before.as_mut().filter(|_| coat.replaces && seen) {
                let below = Band {
                    area: shape,
                    pixels: before,
                };
                let pixels = replacing(coat, shape, &below, scratch);
                put(coat, shape, &mut after, pixels, scratch);
            } else {
                paint_coat(coat, shape, &mut after, within, scratch);
            }
        }
    }
    if step.clip_blend == ClipBlend::Separately || passes {
        paint_run(&step.clipped, &mut after, within, scratch);
    }
    if let Some(before) = before {
        if opacity < 1.0 && step.ink.fade == Fade::Text {
            let mut all = scratch.take_bytes(before.len() / 4);
            all.fill(255);
            blend::text::fade_row(opacity, after.pixels, &before, &all);
            scratch.give_bytes(all);
        } else if opacity < 1.0 {
            S::fade_row(scratch.level, opacity, after.pixels, &before, None);
        }
        scratch.give(before);
    }
    scratch.give(own_pixels);
    Inside {
        area: shape,
        pixels,
        strength,
    }
}

/// Leaves of each pixel's alpha what the shape doesn't say already.
fn share_out<S: Depth>(pixels: &mut [S], shape: &Plane) {
    for (pixel, &shape) in pixels.as_chunks_mut::<4>().0.iter_mut().zip(shape.bytes()) {
        pixel[3] = S::of_whole(pixel[3].whole() * 255 / i64::from(shape.max(1)));
    }
}

/// Fades what is on the band into the inside picture.
fn meet<S: Depth>(step: &Step<'_>, inside: Inside<S>, band: &mut Band<'_, S>, scratch: &mut Scratch<S>) {
    let Inside {
        area,
        mut pixels,
        mut strength,
    } = inside;
    let lines = pixels
        .chunks_exact_mut(area.width as usize * 4)
        .zip(strength.chunks_exact_mut(area.width as usize));
    for (y, (inside, strength)) in rows(area).zip(lines) {
        hold_back(strength, step.masks, None, line(area, y));
        let outside = band.row_mut(y, area.x, area.width);
        if step.ink.fade == Fade::Text {
            blend::text::fade_row(1.0, inside, outside, strength);
        } else {
            S::fade_row(scratch.level, 1.0, inside, outside, Some(strength));
        }
        outside.copy_from_slice(inside);
    }
    scratch.give_bytes(strength);
    scratch.give(pixels);
}

/// What holds paint back besides its own coverage.
#[derive(Clone, Copy)]
struct Hold<'a> {
    masks: &'a [Mask],
    clip: Option<&'a Plane>,
}

impl Hold<'_> {
    fn is_open(self) -> bool {
        self.masks.is_empty() && self.clip.is_none()
    }

    fn apply(self, row: &mut [u8], area: Rect) {
        hold_back(row, self.masks, self.clip, area);
    }
}

/// One effect, wherever in `area` it goes. `within` covers all of `area`.
fn paint_coat<S: Depth>(
    coat: &Coat<'_>,
    area: Rect,
    band: &mut Band<'_, S>,
    within: Option<&Plane>,
    scratch: &mut Scratch<S>,
) {
    let area = area.intersect(coat.area);
    if area.is_empty() {
        return;
    }
    lay_rows(coat, coat.coverage.as_ref(), area, band, within, scratch);
}

/// One effect all over `area`, which is within its own.
fn paint_all_over<S: Depth>(coat: &Coat<'_>, area: Rect, band: &mut Band<'_, S>, scratch: &mut Scratch<S>) {
    lay_rows(coat, None, area, band, None, scratch);
}

fn lay_rows<S: Depth>(
    coat: &Coat<'_>,
    coverage: Option<&Plane>,
    area: Rect,
    band: &mut Band<'_, S>,
    within: Option<&Plane>,
    scratch: &mut Scratch<S>,
) {
    let mut mask = scratch.take_bytes(area.width as usize);
    let mut pixels = scratch.take(area.width as usize * 4);
    for y in rows(area) {
        let row_area = line(area, y);
        match coverage {
            Some(coverage) => mask.copy_from_slice(coverage.row(row_area)),
            None => mask.fill(255),
        }
        let mut source = Band {
            area: row_area,
            pixels: &mut pixels,
        };
        source.pixels.fill(S::default());
        coat.source.gather(&mut source, scratch);
        if let Some(neutral) = coat.ink.neutral() {
            weaken(&mut pixels, &mut mask, neutral, band.row(y, area.x, area.width));
        }
        hold_back(&mut mask, &[], within, row_area);
        let row = band.row_mut(y, area.x, area.width);
        lay(coat.ink, row_area, row, &pixels, Some(&mask), scratch);
    }
    scratch.give_bytes(mask);
    scratch.give(pixels);
}

/// Makes of how strongly an effect goes somewhere how strong its colour is there, on opaque ground: so do
/// the modes that tell fill from opacity, as a bevel in linear dodge and linear burn shows.
fn weaken<S: Depth>(pixels: &mut [S], mask: &mut [u8], neutral: u8, below: &[S]) {
    let pairs = pixels
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .zip(below.as_chunks::<4>().0);
    for ((pixel, below), strength) in pairs.zip(mask) {
        if *strength == 0 || below[3] != S::FULL {
            continue;
        }
        let [red, green, blue, _] = *pixel;
        let rest = S::of_byte(neutral).weighed(255 - *strength).whole();
        let weak = |sample: S| S::of_whole(sample.weighed(*strength).whole() + rest);
        [pixel[0], pixel[1], pixel[2]] = [weak(red), weak(green), weak(blue)];
        *strength = 255;
    }
}
