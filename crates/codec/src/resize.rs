//! Scaling, of a whole picture or of the part of it that changed.
//!
//! Samples are averaged **as they are stored**, in the gamma-encoded space, because Photoshop does so
//! in 8-bit documents: an export scaled in linear light would not look like the one that the
//! designer saw. Colours are weighted by their alpha, so that what is invisible does not bleed in.

use std::borrow::Cow;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{FilterType, ResizeAlg, ResizeError, ResizeOptions, Resizer};
use marquetry_pixel::{Raster, Rect, Size};

use crate::error::CodecError;
use crate::limits::Limit;

/// How new pixels are made from old ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scaling {
    /// [`Lanczos3`](Self::Lanczos3) when neither side grows, [`Bicubic`](Self::Bicubic) otherwise.
    ///
    /// Photoshop's *Automatic* shrinks by a sharpened bicubic; Lanczos keeps edges as crisp without
    /// sharpening anything that was not there. Enlarged, Lanczos rings visibly along lettering.
    #[default]
    Automatic,
    /// A windowed sinc over three source pixels each way (more when shrinking).
    Lanczos3,
    /// Catmull-Rom cubic over two.
    Bicubic,
    /// A triangle over one: softest, never rings.
    ///
    /// There is no plain mean of covered pixels: whether a pixel on the border of a cell counts would
    /// hang on the last bit of a coordinate, and a part would differ from its whole.
    Linear,
}

impl Scaling {
    fn filter(self, source: (f64, f64), target: Size) -> FilterType {
        let grows = f64::from(target.width) > source.0 || f64::from(target.height) > source.1;
        match self {
            Self::Automatic if grows => FilterType::CatmullRom,
            Self::Automatic | Self::Lanczos3 => FilterType::Lanczos3,
            Self::Bicubic => FilterType::CatmullRom,
            Self::Linear => FilterType::Bilinear,
        }
    }
}

/// A rectangle of a source picture, in its pixels; edges may lie between two of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceCrop {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// To the right edge.
    pub width: f64,
    /// To the lower edge.
    pub height: f64,
}

/// Scales a picture to `target`, each axis by itself. Of the same size it is copied exactly.
///
/// The caller has checked that `target` is affordable.
///
/// # Errors
/// [`CodecError::Empty`] when either size has no pixels.
pub fn resize(raster: &Raster, target: Size, scaling: Scaling) -> Result<Raster, CodecError> {
    let whole = SourceCrop {
        x: 0.0,
        y: 0.0,
        width: f64::from(raster.width()),
        height: f64::from(raster.height()),
    };
    resize_crop(raster, whole, target, scaling)
}

/// Scales the part of a picture inside `crop` to `target`. Pixels around the crop are still used where
/// the filter reaches over its edges.
///
/// The caller has checked that `target` is affordable.
///
/// # Errors
/// [`CodecError::Empty`] when either size has no pixels, [`CodecError::BadArgument`] for a crop that
/// is empty or not inside the picture.
pub fn resize_crop(
    raster: &Raster,
    crop: SourceCrop,
    target: Size,
    scaling: Scaling,
) -> Result<Raster, CodecError> {
    let filter = scaling.filter((crop.width, crop.height), target);
    scale(raster, crop, target, filter)
}

/// The pixels `part` of what [`resize`] makes of `raster` for a size of `whole`, without making the
/// rest. For drawing anew only what changed; [`touched_part`] tells what that is.
///
/// Every part that lies on whole target pixels is right, whatever the ratio: the same source pixels
/// are weighted by the same distances. Against the whole a sample may differ by 1 (by 2 when
/// enlarging), because weights are rounded to 16 bits with a precision chosen from all weights of
/// a call. A part whose pixels are all opaque is scaled as opaque even if the picture is not.
///
/// # Errors
/// [`CodecError::Empty`] when a size has no pixels, [`CodecError::BadArgument`] when `part` is not
/// inside `whole`.
pub fn resize_part(raster: &Raster, whole: Size, part: Rect, scaling: Scaling) -> Result<Raster, CodecError> {
    if whole.is_empty() || raster.size().is_empty() {
        let size = if whole.is_empty() { whole } else { raster.size() };
        return Err(CodecError::Empty { size });
    }
    if !whole.rect().contains(part) {
        return Err(CodecError::BadArgument {
            argument: "part",
            what: "a rectangle inside the target",
        });
    }
    let (across, down) = ratio(raster.size(), whole);
    let crop = SourceCrop {
        x: f64::from(part.x) * across,
        y: f64::from(part.y) * down,
        width: f64::from(part.width) * across,
        height: f64::from(part.height) * down,
    };
    let filter = scaling.filter((f64::from(raster.width()), f64::from(raster.height())), whole);
    scale(raster, crop, part.size(), filter)
}

/// Which pixels of a picture of `source` scaled to `whole` can differ when only `dirty` pixels of the
/// source did. Empty when none; never larger than `whole`.
pub fn touched_part(source: Size, whole: Size, dirty: Rect, scaling: Scaling) -> Rect {
    let dirty = dirty.intersect(source.rect());
    if dirty.is_empty() || whole.is_empty() {
        return Rect::default();
    }
    let filter = scaling.filter((f64::from(source.width), f64::from(source.height)), whole);
    let (across, down) = ratio(source, whole);
    let reach = |from: i32, length: u32, ratio: f64, most: u32| {
        let radius = radius(filter, ratio);
        let from = f64::from(from);
        let first = ((from - radius) / ratio - 1.0).floor().max(0.0);
        let end = ((from + f64::from(length) + radius) / ratio + 1.0)
            .ceil()
            .min(f64::from(most));
        (to_i32(first), to_i32(end))
    };
    let (left, right) = reach(dirty.x, dirty.width, across, whole.width);
    let (top, bottom) = reach(dirty.y, dirty.height, down, whole.height);
    Rect::from_edges(left, top, right, bottom)
}

/// Source pixels a target pixel, each axis.
fn ratio(source: Size, target: Size) -> (f64, f64) {
    (
        f64::from(source.width) / f64::from(target.width),
        f64::from(source.height) / f64::from(target.height),
    )
}

/// How far the filter reaches, in source pixels.
fn radius(filter: FilterType, ratio: f64) -> f64 {
    let reach = match filter {
        FilterType::Lanczos3 => 3.0,
        FilterType::CatmullRom => 2.0,
        _ => 1.0,
    };
    reach * ratio.max(1.0)
}

fn scale(raster: &Raster, crop: SourceCrop, target: Size, filter: FilterType) -> Result<Raster, CodecError> {
    let size = raster.size();
    for size in [size, target] {
        if size.is_empty() {
            return Err(CodecError::Empty { size });
        }
        let wanted = size.pixels().saturating_mul(Raster::SAMPLES as u64);
        let allowed = u64::try_from(isize::MAX).unwrap_or(u64::MAX);
        if wanted > allowed {
            return Err(CodecError::OverLimit {
                limit: Limit::DecodedBytes,
                wanted,
                allowed,
            });
        }
    }
    let crop = inside(crop, size)?;
    if target == size && crop.x == 0.0 && crop.y == 0.0 && whole(crop, size) {
        return Ok(raster.clone());
    }

    // Only what the filter can reach: premultiplying (and looking for transparency) would otherwise
    // cost the whole picture for the smallest part.
    let (source, crop) = reachable(raster, crop, target, filter);
    let (x, width) = off_centre(crop.x, crop.width, source.width(), target.width);
    let (y, height) = off_centre(crop.y, crop.height, source.height(), target.height);
    let crop = SourceCrop { x, y, width, height };
    let opaque = source.is_opaque();
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(filter))
        .crop(crop.x, crop.y, crop.width, crop.height)
        .use_alpha(!opaque);
    let mut scaled = Raster::new(target);
    {
        // The typed call: the untyped one would compile the resizer for all its fourteen pixel types.
        let from = TypedImageRef::<U8x4>::from_buffer(source.width(), source.height(), source.bytes())
            .map_err(|_| bad_buffer())?;
        let mut to = TypedImage::<U8x4>::from_buffer(target.width, target.height, scaled.bytes_mut())
            .map_err(|_| bad_buffer())?;
        Resizer::new()
            .resize_typed(&from, &mut to, &options)
            .map_err(translate)?;
    }
    if opaque {
        // Rounded weights need not add up to exactly 1, and a border of 254 would cost every later
        // step its opaque path.
        for pixel in scaled.pixels_mut() {
            pixel[3] = 255;
        }
    }
    Ok(scaled)
}

/// The crop, with edges that floating point has moved off the picture's edges put back there.
fn inside(crop: SourceCrop, size: Size) -> Result<SourceCrop, CodecError> {
    let snap = |from: f64, length: f64, most: u32| {
        let most = f64::from(most);
        let sound = length > 0.0 && from > -SLACK && from < most && from + length < most + SLACK;
        let from = if from < SLACK { 0.0 } else { from };
        let length = if from + length > most - SLACK {
            most - from
        } else {
            length
        };
        // Not `length <= 0.0`: that would let NaN pass.
        (sound && length > 0.0).then_some((from, length))
    };
    let across = snap(crop.x, crop.width, size.width);
    let down = snap(crop.y, crop.height, size.height);
    let (Some((x, width)), Some((y, height))) = (across, down) else {
        return Err(CodecError::BadArgument {
            argument: "crop",
            what: "a rectangle with pixels inside the picture",
        });
    };
    Ok(SourceCrop { x, y, width, height })
}

/// How far off an edge counts as on it, in source pixels.
const SLACK: f64 = 1e-6;

/// Moves a crop along one axis by a thousand-millionth of a pixel.
///
/// The resizer drops leading and trailing weights of exactly 0 and takes the first and last target
/// pixel for those that reach farthest. Both hold for whole pictures, but when the first pixel of
/// a crop falls exactly on a source pixel, all weights but one are 0 and its neighbour reaches
/// farther: the resizer then computes a negative index. Off the centre no inner weight is exactly 0.
/// The distance changes a weight by less than a millionth of what rounding it to 16 bits does.
fn off_centre(from: f64, length: f64, most: u32, cells: u32) -> (f64, f64) {
    const NUDGE: f64 = SLACK / 1000.0;
    let most = f64::from(most);
    let whole = from <= 0.0 && length >= most;
    let copied = length >= f64::from(cells) && length <= f64::from(cells) && from.fract() == 0.0;
    if whole || copied {
        (from, length)
    } else if from + length + NUDGE <= most {
        (from + NUDGE, length)
    } else {
        // Both `from` and `from + length` were moved by less than half a unit in the last place by
        // rounding; the length follows so that the sum stays inside.
        let from = from - NUDGE;
        (from, length.min(most - from))
    }
}

fn whole(crop: SourceCrop, size: Size) -> bool {
    crop.width >= f64::from(size.width) && crop.height >= f64::from(size.height)
}

/// The pixels that the filter reaches from inside `crop`, and the crop as seen from their origin.
fn reachable(
    raster: &Raster,
    crop: SourceCrop,
    target: Size,
    filter: FilterType,
) -> (Cow<'_, Raster>, SourceCrop) {
    let span = |from: f64, length: f64, cells: u32, most: u32| {
        // One pixel more than the filter's own reach, against rounding.
        let margin = radius(filter, length / f64::from(cells)) + 1.0;
        let first = to_i32((from - margin).floor().max(0.0));
        let end = to_i32((from + length + margin).ceil().min(f64::from(most)));
        (first, end)
    };
    let (left, right) = span(crop.x, crop.width, target.width, raster.width());
    let (top, bottom) = span(crop.y, crop.height, target.height, raster.height());
    let reach = Rect::from_edges(left, top, right, bottom);
    // A copy of most of it costs more than it spares.
    if reach.size().pixels() > raster.size().pixels() / 2 {
        return (Cow::Borrowed(raster), crop);
    }
    let mut cut = Raster::new(reach.size());
    let from = usize::try_from(reach.x).unwrap_or(0) * Raster::SAMPLES;
    let stride = reach.width as usize * Raster::SAMPLES;
    for (row, y) in (reach.y.unsigned_abs()..).take(reach.height as usize).enumerate() {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        cut.row_mut(row)
            .copy_from_slice(&raster.row(y)[from..from + stride]);
    }
    let seen = SourceCrop {
        x: crop.x - f64::from(reach.x),
        y: crop.y - f64::from(reach.y),
        ..crop
    };
    (Cow::Owned(cut), seen)
}

fn translate(error: ResizeError) -> CodecError {
    match error {
        ResizeError::SrcCroppingError(_) => CodecError::BadArgument {
            argument: "crop",
            what: "a rectangle with pixels inside the picture",
        },
        _ => bad_buffer(),
    }
}

/// Cannot happen with rasters, whose length is checked when they are made.
fn bad_buffer() -> CodecError {
    CodecError::BadArgument {
        argument: "raster",
        what: "four bytes a pixel",
    }
}

/// Towards zero, saturating.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast to an integer saturates, which is what is wanted"
)]
fn to_i32(value: f64) -> i32 {
    value as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opaque_stays_opaque_and_flat_stays_flat() {
        let flat = Raster::filled(Size::new(997, 13), [12, 200, 99, 255]);
        for scaling in [
            Scaling::Automatic,
            Scaling::Lanczos3,
            Scaling::Bicubic,
            Scaling::Linear,
        ] {
            for target in [
                Size::new(1, 1),
                Size::new(13, 997),
                Size::new(996, 13),
                Size::new(2000, 40),
            ] {
                let scaled = resize(&flat, target, scaling).unwrap();
                assert!(scaled.is_opaque());
                for pixel in scaled.pixels() {
                    for (a, b) in pixel.iter().zip([12, 200, 99, 255]) {
                        assert!(a.abs_diff(b) <= 1, "{scaling:?} {target} {pixel:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn invisible_colour_does_not_bleed() {
        // Left half opaque red, right half transparent green.
        let mut raster = Raster::filled(Size::new(64, 8), [255, 0, 0, 255]);
        for row in raster.pixels_mut().chunks_exact_mut(64) {
            row[32..].fill([0, 255, 0, 0]);
        }
        let scaled = resize(&raster, Size::new(21, 3), Scaling::Automatic).unwrap();
        for pixel in scaled.pixels() {
            assert!(pixel[3] == 0 || (pixel[0] >= 250 && pixel[1] <= 5), "{pixel:?}");
        }
    }

    #[test]
    fn senseless_arguments_are_refused() {
        let raster = Raster::new(Size::new(4, 4));
        assert!(matches!(
            resize(&raster, Size::new(0, 4), Scaling::Linear),
            Err(CodecError::Empty { .. })
        ));
        assert!(resize(&Raster::new(Size::new(0, 4)), Size::new(1, 1), Scaling::Linear).is_err());
        assert!(matches!(
            resize(&raster, Size::new(u32::MAX, u32::MAX), Scaling::Linear),
            Err(CodecError::OverLimit { .. })
        ));
        for (x, width) in [
            (-1.0, 2.0),
            (3.0, 2.0),
            (0.0, 0.0),
            (f64::NAN, 1.0),
            (0.0, f64::INFINITY),
        ] {
            let crop = SourceCrop {
                x,
                y: 0.0,
                width,
                height: 4.0,
            };
            assert!(matches!(
                resize_crop(&raster, crop, Size::new(2, 2), Scaling::Linear),
                Err(CodecError::BadArgument { argument: "crop", .. })
            ));
        }
        assert!(resize_part(&raster, Size::new(2, 2), Rect::new(1, 0, 2, 1), Scaling::Linear).is_err());
    }
}
