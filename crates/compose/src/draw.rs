//! From a scene to pixels: bands of rows, handed out to threads.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use fearless_simd::Level;
use marquetry_pixel::{DeepRaster, Raster, Rect, Size};

use crate::art::Art;
use crate::blend::wide::best_level;
use crate::depth::Depth;
use crate::paint::{self, Band, Scratch};
use crate::scene::Scene;
use crate::step::{Frame, Step, steps};

/// How to draw; says nothing about what.
#[derive(Clone, Copy)]
pub struct DrawOptions<'a> {
    /// How many threads draw at once. One draws on the caller's own.
    pub threads: NonZero<usize>,
    /// Asked before every band of rows, possibly from several threads; `true` stops.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl Default for DrawOptions<'_> {
    /// On the caller's thread, to the end.
    fn default() -> Self {
        Self {
            threads: NonZero::<usize>::MIN,
            cancelled: &|| false,
        }
    }
}

impl std::fmt::Debug for DrawOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DrawOptions")
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// The caller asked to stop.
    #[error("drawing was cancelled")]
    Cancelled,
    /// The picture is larger than memory can be addressed.
    #[error("a picture of {size} pixels cannot be held in memory")]
    TooLarge {
        /// Its size.
        size: Size,
    },
}

/// Draws the whole canvas.
///
/// # Errors
/// [`DrawError::Cancelled`] when the caller asked for it; [`DrawError::TooLarge`].
pub fn draw(scene: &Scene, options: &DrawOptions<'_>) -> Result<Raster, DrawError> {
    draw_region(scene, scene.canvas(), options)
}

/// Draws the part of the canvas that lies in `region`; the picture is as large as that part. Every
/// pixel is the same as in the whole picture.
///
/// # Errors
/// As [`draw`].
pub fn draw_region(scene: &Scene, region: Rect, options: &DrawOptions<'_>) -> Result<Raster, DrawError> {
    Run::new(scene, options).draw(scene.canvas().intersect(region))
}

/// Draws the part of the canvas that lies in `region` in 16 bits a sample.
///
/// # Errors
/// As [`draw`].
pub fn draw_deep(scene: &Scene, region: Rect, options: &DrawOptions<'_>) -> Result<DeepRaster, DrawError> {
    Run::new(scene, options).draw_deep(scene.canvas().intersect(region))
}

/// Draws the part of the canvas that lies in `region` in 16 bits a sample, and makes bytes of it by `narrow`,
/// a few rows at a time: no picture of 16 bits is ever held. `narrow` is given straight RGBA, which it may
/// change, and writes as many bytes; several threads call it.
///
/// # Errors
/// As [`draw`].
pub fn draw_narrowed(
    scene: &Scene,
    region: Rect,
    options: &DrawOptions<'_>,
    narrow: &(dyn Fn(&mut [u16], &mut [u8]) + Sync),
) -> Result<Raster, DrawError> {
    Run::new(scene, options).draw_narrowed(scene.canvas().intersect(region), narrow)
}

/// Draws the part of the canvas that lies in `region` anew, in a picture of the whole canvas; the
/// rest of `onto` stays as it is. A place outside `onto` is left out.
///
/// # Errors
/// As [`draw`]; the region then holds nothing of use.
pub fn draw_onto(
    onto: &mut Raster,
    scene: &Scene,
    region: Rect,
    options: &DrawOptions<'_>,
) -> Result<(), DrawError> {
    Run::new(scene, options).paint(onto, region, Start::Used)
}

/// Draws a scene over what `onto` holds already, instead of its backdrop. Whoever cannot hold all
/// the layers of a large picture at once draws them a few at a time.
///
/// # Errors
/// As [`draw`]; `onto` then holds nothing of use.
pub fn draw_over(onto: &mut Raster, scene: &Scene, options: &DrawOptions<'_>) -> Result<(), DrawError> {
    Run::new(scene, options).paint(onto, scene.canvas(), Start::Kept)
}

/// Draws the whole canvas in a picture that is already there, whatever it holds. Spares a service
/// that draws one canvas after another the system's work of finding fresh memory, which for a large
/// one is half the time it takes to draw it.
///
/// A picture of another size is replaced by a new one.
///
/// # Errors
/// As [`draw`]; `into` then holds nothing of use.
pub fn draw_into(into: &mut Raster, scene: &Scene, options: &DrawOptions<'_>) -> Result<(), DrawError> {
    if into.size() != scene.size {
        *into = draw(scene, options)?;
        return Ok(());
    }
    Run::new(scene, options).paint(into, scene.canvas(), Start::Used)
}

/// What a picture holds before it is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// All zero.
    Fresh,
    /// Anything, which goes.
    Used,
    /// What lies below the scene.
    Kept,
}

/// One drawing, with what tests vary to show that it doesn't matter.
pub(crate) struct Run<'a> {
    scene: &'a Scene,
    options: &'a DrawOptions<'a>,
    pub(crate) level: Level,
    /// `None` lets the band's width decide.
    pub(crate) band_rows: Option<NonZero<usize>>,
}

/// A band and the accumulations above it stay in the second-level cache.
const BAND_BYTES: usize = 192 << 10;

impl<'a> Run<'a> {
    pub(crate) fn new(scene: &'a Scene, options: &'a DrawOptions<'a>) -> Self {
        Self {
            scene,
            options,
            level: best_level(),
            band_rows: None,
        }
    }

    /// `region` is within the canvas.
    pub(crate) fn draw(&self, region: Rect) -> Result<Raster, DrawError> {
        let mut picture = Raster::new(addressable::<u8>(region.size())?);
        self.paint_rows(region, region, picture.bytes_mut(), Start::Fresh)?;
        Ok(picture)
    }

    /// `region` is within the canvas.
    pub(crate) fn draw_deep(&self, region: Rect) -> Result<DeepRaster, DrawError> {
        let mut picture = DeepRaster::new(addressable::<u16>(region.size())?);
        self.paint_rows(region, region, picture.samples_mut(), Start::Fresh)?;
        Ok(picture)
    }

    /// `region` is within the canvas.
    fn draw_narrowed(
        &self,
        region: Rect,
        narrow: &(dyn Fn(&mut [u16], &mut [u8]) + Sync),
    ) -> Result<Raster, DrawError> {
        let mut picture = Raster::new(addressable::<u8>(region.size())?);
        let painting = self.painting(region, Start::Fresh);
        self.bands(region, region, picture.bytes_mut(), |area, bytes, scratch| {
            let mut pixels = scratch.take(bytes.len());
            painting.paint(area, &mut pixels, scratch);
            narrow(&mut pixels, bytes);
            scratch.give(pixels);
        })?;
        Ok(picture)
    }

    /// Paints `region` of a picture of the canvas.
    fn paint(&self, picture: &mut Raster, region: Rect, start: Start) -> Result<(), DrawError> {
        let held = picture.size().rect();
        let region = self.scene.canvas().intersect(region).intersect(held);
        let Ok(top) = usize::try_from(region.y) else {
            return Ok(());
        };
        let row_bytes = held.width as usize * 4;
        let rows = Rect {
            x: 0,
            width: held.width,
            ..region
        };
        let pixels = &mut picture.bytes_mut()[top * row_bytes..][..region.height as usize * row_bytes];
        self.paint_rows(region, rows, pixels, start)
    }

    /// Paints `region`, which is within `held` and as high; `pixels` are those of `held`.
    fn paint_rows<S: Depth>(
        &self,
        region: Rect,
        held: Rect,
        pixels: &mut [S],
        start: Start,
    ) -> Result<(), DrawError> {
        let painting = self.painting(region, start);
        self.bands(region, held, pixels, |area, pixels, scratch| {
            painting.paint(area, pixels, scratch);
        })
    }

    /// What is painted in `region`.
    fn painting(&self, region: Rect, start: Start) -> Painting<'_> {
        let frame = Frame {
            canvas: self.scene.canvas(),
            area: region,
        };
        let steps = steps(&self.scene.nodes, frame);
        let covers = |backdrop: &Arc<Art>| backdrop.size().rect().contains(region);
        let hidden = self.scene.backdrop.as_ref().is_some_and(covers) || covered(&steps, region);
        Painting {
            region,
            clear: start == Start::Used && !hidden,
            backdrop: self.scene.backdrop.as_deref().filter(|_| start != Start::Kept),
            steps,
        }
    }

    /// Hands `pixels`, those of `held`, to threads in bands of rows, with the part of the canvas that each is.
    /// `region` is as high and what is wanted of it.
    fn bands<T: Send, S: Depth>(
        &self,
        region: Rect,
        held: Rect,
        pixels: &mut [T],
        paint: impl Fn(Rect, &mut [T], &mut Scratch<S>) + Sync,
    ) -> Result<(), DrawError> {
        if region.is_empty() {
            return Ok(());
        }
        let row_samples = held.width as usize * 4;
        let rows = self.band_rows.map_or(
            (BAND_BYTES / (region.width as usize * 4 * size_of::<S>())).clamp(4, 64),
            NonZero::get,
        );
        let bands = pixels.chunks_mut(rows * row_samples).enumerate();
        let threads = self.options.threads.get().min(bands.len());
        let bands = Mutex::new(bands);
        let stopped = AtomicBool::new(false);
        let work = || {
            let mut scratch = Scratch::new(self.level);
            loop {
                // Whoever panicked while holding the lock, the iterator behind it is sound.
                let next = bands
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .next();
                let Some((at, pixels)) = next else { break };
                if stopped.load(Ordering::Relaxed) || (self.options.cancelled)() {
                    stopped.store(true, Ordering::Relaxed);
                    break;
                }
                let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                let area = Rect {
                    y: held.y.saturating_add_unsigned(count(at * rows)),
                    height: count(pixels.len() / row_samples),
                    ..held
                };
                paint(area, pixels, &mut scratch);
            }
        };
        if threads <= 1 {
            work();
        } else {
            std::thread::scope(|scope| {
                for _ in 1..threads {
                    scope.spawn(work);
                }
                work();
            });
        }
        if stopped.into_inner() {
            Err(DrawError::Cancelled)
        } else {
            Ok(())
        }
    }
}

/// A size whose samples memory can hold.
fn addressable<S>(size: Size) -> Result<Size, DrawError> {
    let bytes = size.pixels().saturating_mul(4 * size_of::<S>() as u64);
    isize::try_from(bytes).map_or(Err(DrawError::TooLarge { size }), |_| Ok(size))
}

/// What is painted in every band.
struct Painting<'a> {
    region: Rect,
    steps: Vec<Step<'a>>,
    /// Whether what the band holds would show.
    clear: bool,
    backdrop: Option<&'a Art>,
}

impl Painting<'_> {
    /// Paints what of `area`, whose pixels are given, lies in the region.
    fn paint<S: Depth>(&self, area: Rect, pixels: &mut [S], scratch: &mut Scratch<S>) {
        let mut band = Band { area, pixels };
        if self.clear {
            for y in paint::rows(area) {
                band.row_mut(y, self.region.x, self.region.width)
                    .fill(S::default());
            }
        }
        if let Some(backdrop) = self.backdrop {
            let shown = area.intersect(self.region).intersect(backdrop.size().rect());
            for y in paint::rows(shown) {
                let from = shown.x.unsigned_abs() as usize * 4;
                let row = band.row_mut(y, shown.x, shown.width);
                paint::copy_row(backdrop, y.unsigned_abs(), from, row);
            }
        }
        paint::paint(&self.steps, &mut band, None, scratch);
    }
}

/// Whether the lowest step leaves nothing to be seen of what was there before it.
fn covered(steps: &[Step<'_>], region: Rect) -> bool {
    steps.first().is_some_and(|step| step.hides(region))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use marquetry_pixel::{BlendMode, Projective, Quad};

    use super::*;
    use crate::blend::tests::levels;
    use crate::{Art, Filter, Group, Layer, Node, Paint, Placed};

    #[test]
    fn bands_and_instruction_sets_change_nothing() {
        let mut raster = Raster::new(Size::new(37, 41));
        for (at, pixel) in (0u32..).zip(raster.pixels_mut()) {
            *pixel = at.wrapping_mul(0x9e37_79b1).to_be_bytes();
        }
        let art = Arc::new(Art::from(raster));
        let quad = Quad::new([(2.0, 3.0), (95.0, 9.0), (80.0, 60.0), (6.0, 57.0)]);
        let map = Projective::from_size_to_quad(art.size(), &quad).unwrap();
        let mut scene = Scene::new(Size::new(100, 64));
        for blend in BlendMode::ALL {
            scene.nodes.push(Node::Layer(Layer {
                blend,
                opacity: marquetry_pixel::Opacity::from_byte(120),
                clipped: vec![Node::Layer(Layer::new(Paint::Raster {
                    art: Arc::clone(&art),
                    at: (30, 7),
                }))],
                ..Layer::new(Paint::Placed(Placed {
                    art: Arc::clone(&art),
                    map,
                    filter: Filter::Auto,
                }))
            }));
        }
        scene.nodes = vec![Node::Group(Group {
            opacity: marquetry_pixel::Opacity::from_byte(200),
            ..Group::new(scene.nodes)
        })];
        let options = DrawOptions::default();
        let whole = Run::new(&scene, &options).draw(scene.canvas()).unwrap();
        for level in levels() {
            for rows in [1, 3, 64] {
                let run = Run {
                    level,
                    band_rows: NonZero::new(rows),
                    ..Run::new(&scene, &options)
                };
                let same = run.draw(scene.canvas()).unwrap() == whole;
                assert!(same, "{rows} rows a band at {level:?}");
            }
        }
    }
}
