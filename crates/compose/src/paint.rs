//! Walks the steps of a scene over one band of rows. Nothing here looks anything up.

use std::ops::Range;

use fearless_simd::Level;
use marquetry_pixel::{BlendMode, DeepRgb, Rect, Sample};

use crate::adjust::paint_adjusted;
use crate::art::Art;
use crate::blend::{self, Ink};
use crate::depth::Depth;
use crate::dress::{paint_dressed, paint_ruled};
use crate::floor::{Floor, on_floor, paint_run};
use crate::mask::{Plane, hold_back, mask_row, times};
use crate::passing::pass_through;
use crate::scene::{ClipBlend, Fade};
use crate::step::{Source, Step};

/// A rectangle of the canvas being painted: straight RGBA, rows packed.
pub(crate) struct Band<'a, S> {
    pub(crate) area: Rect,
    pub(crate) pixels: &'a mut [S],
}

impl<S: Depth> Band<'_, S> {
    /// Samples of `width` pixels from canvas position `(x, y)`, which are within the band.
    pub(crate) fn row_mut(&mut self, y: i32, x: i32, width: u32) -> &mut [S] {
        let range = sample_range(self.area, y, x, width, 4);
        &mut self.pixels[range]
    }

    pub(crate) fn row(&self, y: i32, x: i32, width: u32) -> &[S] {
        &self.pixels[sample_range(self.area, y, x, width, 4)]
    }

    /// A copy of the pixels of `area`, which is within the band.
    pub(crate) fn part(&self, area: Rect) -> Vec<S> {
        let mut part = vec![S::default(); area.width as usize * area.height as usize * 4];
        copy_out(self, area, &mut part);
        part
    }
}

/// Where `width` pixels from canvas position `(x, y)` lie in a packed buffer of `area`.
pub(crate) fn sample_range(area: Rect, y: i32, x: i32, width: u32, samples: usize) -> Range<usize> {
    let row = y.abs_diff(area.y) as usize;
    let column = x.abs_diff(area.x) as usize;
    let start = (row * area.width as usize + column) * samples;
    start..start + width as usize * samples
}

/// The rows of `area`.
pub(crate) fn rows(area: Rect) -> Range<i32> {
    area.y..area.y.saturating_add_unsigned(area.height)
}

/// Buffers that are used again, band after band.
pub(crate) struct Scratch<S> {
    pub(crate) level: Level,
    /// What the steps being painted punch through to.
    pub(crate) floor: Floor<S>,
    spare: Vec<Vec<S>>,
    spare_bytes: Vec<Vec<u8>>,
}

impl<S: Depth> Scratch<S> {
    pub(crate) fn new(level: Level) -> Self {
        Self {
            level,
            floor: Floor::default(),
            spare: Vec::new(),
            spare_bytes: Vec::new(),
        }
    }

    /// A buffer of `len` samples, all zero.
    pub(crate) fn take(&mut self, len: usize) -> Vec<S> {
        zeroed(self.spare.pop(), len)
    }

    /// A buffer of `len` bytes, all zero: what masks are made in.
    pub(crate) fn take_bytes(&mut self, len: usize) -> Vec<u8> {
        zeroed(self.spare_bytes.pop(), len)
    }

    /// Returns a buffer for the next taker.
    pub(crate) fn give(&mut self, buffer: Vec<S>) {
        self.spare.push(buffer);
    }

    /// Returns a buffer of bytes for the next taker.
    pub(crate) fn give_bytes(&mut self, buffer: Vec<u8>) {
        self.spare_bytes.push(buffer);
    }
}

fn zeroed<T: Copy + Default>(buffer: Option<Vec<T>>, len: usize) -> Vec<T> {
    let mut buffer = buffer.unwrap_or_default();
    buffer.clear();
    buffer.resize(len, T::default());
    buffer
}

/// Paints `steps` onto `band`, bottom to top. `clip` covers the whole band and holds everything
/// back where it says so.
pub(crate) fn paint<S: Depth>(
    steps: &[Step<'_>],
    band: &mut Band<'_, S>,
    clip: Option<&Plane>,
    scratch: &mut Scratch<S>,
) {
    for step in steps {
        let area = step.bounds.intersect(band.area);
        if area.is_empty() {
            continue;
        }
        match &step.source {
            Source::Adjust(adjustment) => {
                let adjust = |band: &mut Band<'_, S>, scratch: &mut Scratch<S>| {
                    paint_adjusted(step, adjustment, area, band, clip, scratch);
                };
                match &step.dress {
                    Some(dress) => paint_ruled(dress, area, band, scratch, adjust),
                    None => adjust(band, scratch),
                }
            }
            _ if let Some(dress) = &step.dress => paint_dressed(step, dress, area, band, clip, scratch),
            Source::PassThrough(children) => pass_through(step, children, area, band, clip, scratch),
            _ if step.clipped.is_empty() && !matches!(step.source, Source::Isolated(_)) => {
                paint_rows(step, area, band, clip, scratch);
            }
            _ => paint_whole(step, area, band, clip, scratch),
        }
    }
}

/// A layer nothing is clipped to: row by row, straight from where its pixels lie.
fn paint_rows<S: Depth>(
    step: &Step<'_>,
    area: Rect,
    band: &mut Band<'_, S>,
    clip: Option<&Plane>,
    scratch: &mut Scratch<S>,
) {
    let mut buffer = scratch.take(area.width as usize * 4);
    let mut mask_buffer = scratch.take_bytes(area.width as usize);
    if let Source::Solid { colour, .. } = &step.source {
        buffer.as_chunks_mut().0.fill(opaque(*colour));
    }
    for y in rows(area) {
        let (row_area, is_opaque) = step.source.reach(y, area);
        if row_area.is_empty() {
            continue;
        }
        let mask = mask_row(step.masks, clip, row_area, &mut mask_buffer);
        let row = band.row_mut(y, row_area.x, row_area.width);
        let source = match &step.source {
            Source::Raster { art, at, .. } => raster_row(art, *at, row_area, &mut buffer[..row.len()]),
            Source::Solid {
                table: Some(table), ..
            } if mask.is_none() && S::look_up(table, scratch.level, row) => continue,
            Source::Placed(sampler) => {
                let pixels = &mut buffer[..row.len()];
                S::sample_placed(sampler, scratch.level, y, row_area.x, pixels);
                &*pixels
            }
            Source::Gradient(gradient) => {
                let pixels = &mut buffer[..row.len()];
                gradient.paint_row(y, row_area.x, pixels);
                &*pixels
            }
            Source::Pattern(pattern) => {
                let pixels = &mut buffer[..row.len()];
                pattern.paint_row(y, row_area.x, pixels);
                &*pixels
            }
            Source::Warped(sampler) => {
                let pixels = &mut buffer[..row.len()];
                S::sample_warped(sampler, scratch.level, y, row_area.x, pixels);
                &*pixels
            }
            _ => &buffer[..row.len()],
        };
        if is_opaque && mask.is_none() && step.ink.replaces() {
            row.copy_from_slice(source);
        } else {
            lay(step.ink, row_area, row, source, mask, scratch);
        }
    }
    scratch.give(buffer);
    scratch.give_bytes(mask_buffer);
}

/// Lays one row of source over one of the band.
pub(crate) fn lay<S: Depth>(
    ink: Ink,
    area: Rect,
    row: &mut [S],
    source: &[S],
    mask: Option<&[u8]>,
    scratch: &mut Scratch<S>,
) {
    if ink.mode == BlendMode::Dissolve {
        let mut dots = scratch.take(row.len());
        dots.copy_from_slice(source);
        dissolve(ink, area, &mut dots, mask);
        S::blend_row(scratch.level, Ink::PLAIN, row, &dots, None);
        scratch.give(dots);
    } else if ink.fade == Fade::Text {
        lay_text(ink, row, source, mask, scratch);
    } else {
        S::blend_row(scratch.level, ink, row, source, mask);
    }
}

/// Text is blended as if it were everywhere and then faded by its shape.
fn lay_text<S: Depth>(ink: Ink, row: &mut [S], source: &[S], mask: Option<&[u8]>, scratch: &mut Scratch<S>) {
    let mut whole = scratch.take(source.len());
    whole.copy_from_slice(source);
    let mut strength = make_opaque(&mut whole, Sample::byte);
    if let Some(mask) = mask {
        for (strength, &mask) in strength.iter_mut().zip(mask) {
            *strength = times(*strength, mask);
        }
    }
    let mut after = scratch.take(row.len());
    after.copy_from_slice(row);
    S::blend_row(scratch.level, ink.at_full_strength(), &mut after, &whole, None);
    blend::text::fade_row(ink.opacity(), &mut after, row, &strength);
    row.copy_from_slice(&after);
    scratch.give(whole);
    scratch.give(after);
}

impl Source<'_> {
    /// The part of the one row `y` of `area` that it paints, and whether it paints all of that
    /// opaquely.
    fn reach(&self, y: i32, area: Rect) -> (Rect, bool) {
        let whole = Rect { y, height: 1, ..area };
        match self {
            Self::Raster { spans, at, .. } => {
                let row = usize::try_from(i64::from(y) - i64::from(at.1)).ok();
                let Some(span) = row.and_then(|row| spans.get(row)) else {
                    return (Rect::default(), false);
                };
                let left = at.0.saturating_add_unsigned(span.columns.start);
                let right = at.0.saturating_add_unsigned(span.columns.end);
                let seen = Rect::from_edges(left, y, right, y.saturating_add(1));
                (whole.intersect(seen), span.opaque)
            }
            Self::Solid { .. } | Self::Adjust(_) => (whole, true),
            Self::Gradient(_) | Self::Pattern(_) => (whole, false),
            Self::Mapped { plane, .. } => (whole.intersect(plane.area()), false),
            Self::Placed(sampler) => (sampler.reach(y, area), false),
            Self::Warped(sampler) => (sampler.reach(y, area), false),
            Self::Isolated(_) | Self::PassThrough(_) => (whole, false),
        }
    }

    /// Its own pixels over the transparent ones of `own`.
    pub(crate) fn gather<S: Depth>(&self, own: &mut Band<'_, S>, scratch: &mut Scratch<S>) {
        if let Self::Isolated(children) | Self::PassThrough(children) = self {
            return on_floor(None, scratch, |scratch| paint(children, own, None, scratch));
        }
        let held = match self {
            Self::Raster { art, at, .. } => art.size().rect().translate(at.0, at.1),
            _ => own.area,
        };
        for y in rows(own.area.intersect(held)) {
            let (row_area, _) = self.reach(y, own.area);
            if row_area.is_empty() {
                continue;
            }
            let row = own.row_mut(y, row_area.x, row_area.width);
            match self {
                Self::Raster { art, at, .. } => {
                    let from = row_area.x.abs_diff(at.0) as usize * 4;
                    copy_row(art, row_area.y.abs_diff(at.1), from, row);
                }
                Self::Solid { colour, .. } => row.as_chunks_mut().0.fill(opaque(*colour)),
                Self::Gradient(gradient) => gradient.paint_row(y, row_area.x, row),
                Self::Pattern(pattern) => pattern.paint_row(y, row_area.x, row),
                Self::Mapped { plane, table } => {
                    let places = plane.row(row_area);
                    for (pixel, &place) in row.as_chunks_mut().0.iter_mut().zip(places) {
                        *pixel = table[usize::from(place)].map(S::of_level);
                    }
                }
                // Its shape: it has no colour of its own.
                Self::Adjust(_) => row.as_chunks_mut().0.fill(opaque(DeepRgb::default())),
                Self::Placed(sampler) => S::sample_placed(sampler, scratch.level, y, row_area.x, row),
                Self::Warped(sampler) => S::sample_warped(sampler, scratch.level, y, row_area.x, row),
                Self::Isolated(_) | Self::PassThrough(_) => {}
            }
        }
    }
}

fn opaque<S: Depth>(colour: DeepRgb) -> [S; 4] {
    let [red, green, blue] = colour.parts().map(S::of_deep);
    [red, green, blue, S::FULL]
}

/// The one row of `area`, which the art at canvas position `at` holds: the art's own where it is of this
/// depth, otherwise made in `buffer`, which is as long as it.
fn raster_row<'a, S: Depth>(art: &'a Art, at: (i32, i32), area: Rect, buffer: &'a mut [S]) -> &'a [S] {
    let (y, from) = (area.y.abs_diff(at.1), area.x.abs_diff(at.0) as usize * 4);
    if let Some(row) = S::row_of(art, y) {
        return &row[from..from + buffer.len()];
    }
    copy_row(art, y, from, buffer);
    buffer
}

/// Samples of row `y` of `art` from the one at `from` on, as many as `into` holds.
pub(crate) fn copy_row<S: Depth>(art: &Art, y: u32, from: usize, into: &mut [S]) {
    if let Some(row) = S::row_of(art, y) {
        return into.copy_from_slice(&row[from..from + into.len()]);
    }
    if let Some(deep) = art.deep() {
        for (sample, deep) in into.iter_mut().zip(&deep.row(y)[from..]) {
            *sample = S::of_level(deep.level());
        }
        return;
    }
    for (sample, &byte) in into.iter_mut().zip(&art.raster().row(y)[from..]) {
        *sample = S::of_byte(byte);
    }
}

/// A step whose pixels are first gathered in a buffer of their own: an isolated group, or a base
/// that others are clipped to.
fn paint_whole<S: Depth>(
    step: &Step<'_>,
    area: Rect,
    band: &mut Band<'_, S>,
    clip: Option<&Plane>,
    scratch: &mut Scratch<S>,
) {
    let mut pixels = scratch.take(area.width as usize * area.height as usize * 4);
    let mut own = Band {
        area,
        pixels: &mut pixels,
    };
    step.source.gather(&mut own, scratch);
    if !step.clipped.is_empty() && step.clip_blend == ClipBlend::Together {
        // What is clipped meets the base's colour as if the base were opaque; its alpha comes back
        // afterwards.
        let alphas = make_opaque(own.pixels, std::convert::identity);
        paint_run(&step.clipped, &mut own, None, scratch);
        for (pixel, alpha) in own.pixels.as_chunks_mut::<4>().0.iter_mut().zip(alphas) {
            pixel[3] = alpha;
        }
    }
    let mut mask_buffer = scratch.take_bytes(area.width as usize);
    for y in rows(area) {
        let row_area = Rect { y, height: 1, ..area };
        let mask = mask_row(step.masks, clip, row_area, &mut mask_buffer);
        let row = band.row_mut(y, area.x, area.width);
        lay(
            step.ink,
            row_area,
            row,
            own.row(y, area.x, area.width),
            mask,
            scratch,
        );
    }
    if step.clip_blend == ClipBlend::Separately {
        paint_clipped(step, own.pixels, area, band, clip, scratch);
    }
    scratch.give_bytes(mask_buffer);
    scratch.give(pixels);
}

/// Makes every pixel opaque and gives back what `keep` makes of the alphas.
pub(crate) fn make_opaque<S: Depth, T>(pixels: &mut [S], keep: impl Fn(S) -> T) -> Vec<T> {
    let pixels = pixels.as_chunks_mut::<4>().0;
    let alpha = |pixel: &mut [S; 4]| keep(std::mem::replace(&mut pixel[3], S::FULL));
    pixels.iter_mut().map(alpha).collect()
}

/// The alpha of a step's own pixels after its masks, all over `area`.
pub(crate) fn shape_of(step: &Step<'_>, area: Rect, scratch: &mut Scratch<u8>) -> Plane {
    /// As many rows are gathered at once, so that a large shape costs a byte a pixel, not five.
    const ROWS: u32 = 64;
    let mut bytes = Vec::with_capacity(area.width as usize * area.height as usize);
    let mut from = 0;
    while from < area.height {
        let part = Rect {
            y: area.y.saturating_add_unsigned(from),
            height: ROWS.min(area.height - from),
            ..area
        };
        let mut pixels = scratch.take(part.width as usize * part.height as usize * 4);
        let mut own = Band {
            area: part,
            pixels: &mut pixels,
        };
        step.source.gather(&mut own, scratch);
        for y in rows(part) {
            let row_area = Rect { y, height: 1, ..part };
            let start = bytes.len();
            let row = own.row(y, part.x, part.width).as_chunks::<4>().0;
            bytes.extend(row.iter().map(|pixel| pixel[3]));
            hold_back(&mut bytes[start..], step.masks, None, row_area);
        }
        scratch.give(pixels);
        from += part.height;
    }
    Plane::new(area, bytes)
}

/// What is clipped to a step, blended with all that lies below wherever the step's own pixels let it.
fn paint_clipped<S: Depth>(
    step: &Step<'_>,
    own: &[S],
    area: Rect,
    band: &mut Band<'_, S>,
    clip: Option<&Plane>,
    scratch: &mut Scratch<S>,
) {
    if step.clipped.is_empty() {
        return;
    }
    let mut mask_buffer = scratch.take_bytes(area.width as usize);
    let let_through = Plane::from_alpha(area, own, step, clip, &mut mask_buffer);
    scratch.give_bytes(mask_buffer);
    let mut part = scratch.take(own.len());
    copy_out(band, area, &mut part);
    let mut inner = Band {
        area,
        pixels: &mut part,
    };
    paint_run(&step.clipped, &mut inner, Some(&let_through), scratch);
    for y in rows(area) {
        band.row_mut(y, area.x, area.width)
            .copy_from_slice(inner.row(y, area.x, area.width));
    }
    scratch.give(part);
}

/// The pixels of `area`, which is within the band.
pub(crate) fn copy_out<S: Depth>(band: &Band<'_, S>, area: Rect, into: &mut [S]) {
    let row_samples = (area.width as usize * 4).max(1);
    for (y, row) in rows(area).zip(into.chunks_exact_mut(row_samples)) {
        row.copy_from_slice(band.row(y, area.x, area.width));
    }
}

/// Makes each pixel wholly opaque or wholly transparent, the more likely opaque the higher its
/// alpha. A pixel's luck depends on its place on the canvas alone.
fn dissolve<S: Depth>(ink: Ink, area: Rect, pixels: &mut [S], mask: Option<&[u8]>) {
    let columns = area.x..;
    for ((at, column), pixel) in columns.enumerate().zip(pixels.as_chunks_mut::<4>().0) {
        let mask = mask.map_or(255, |mask| mask[at]);
        let alpha = pixel[3].level() * f32::from(mask) / (255.0 * 255.0) * ink.opacity();
        pixel[3] = if luck(column, area.y) < alpha {
            S::FULL
        } else {
            S::default()
        };
    }
}

/// `0.0..1.0`, evenly spread over the places of the canvas.
pub(crate) fn luck(x: i32, y: i32) -> f32 {
    let mut hash = x.cast_unsigned().wrapping_mul(0x9e37_79b1) ^ y.cast_unsigned().wrapping_mul(0x85eb_ca77);
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    hash = (hash ^ (hash >> 12)).wrapping_mul(0x297a_2d39);
    hash ^= hash >> 15;
    // 24 bits are as many as an f32 tells apart.
    (hash >> 8) as f32 / (1 << 24) as f32
}
