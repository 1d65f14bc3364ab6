//! Scenes to pixels, and what is kept from one render of a mockup for the next.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};

use marquetry_compose::{
    Art, DrawOptions, Scene, draw, draw_deep, draw_narrowed, draw_onto, draw_over, draw_region,
};
use marquetry_pixel::{Raster, Rect, Size};
use marquetry_text::FontShelf;

use crate::edits::Edits;
use crate::error::RenderError;
use crate::open::OpenMockup;
use crate::plan::{Plan, plan};
use crate::precision::Precision;
use crate::space::Space;

/// How drawing is done. But for the fonts of new words, the picture does not depend on it.
#[derive(Clone, Copy)]
pub struct Painter<'a> {
    /// Threads that one drawing may use.
    pub threads: NonZeroUsize,
    /// Fonts for new words of type layers: what is not among them is stood in for, and told.
    pub fonts: &'a FontShelf,
    /// Asked again and again while drawing; `true` stops it.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

impl Default for Painter<'_> {
    fn default() -> Self {
        Self {
            threads: NonZeroUsize::MIN,
            fonts: bundled_fonts(),
            stop: &|| false,
        }
    }
}

/// The fonts that come with the house, opened once.
pub fn bundled_fonts() -> &'static FontShelf {
    static BUNDLED: LazyLock<FontShelf> = LazyLock::new(FontShelf::bundled);
    &BUNDLED
}

impl std::fmt::Debug for Painter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Painter")
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl<'a> Painter<'a> {
    fn options(&self) -> DrawOptions<'a> {
        DrawOptions {
            threads: self.threads,
            cancelled: self.stop,
        }
    }
}

pub(crate) fn draw_scene(scene: &Scene, painter: &Painter<'_>) -> Result<Raster, RenderError> {
    Ok(draw(scene, &painter.options())?)
}

/// The part of a scene that lies in `region`.
pub(crate) fn draw_scene_part(
    scene: &Scene,
    region: Rect,
    painter: &Painter<'_>,
) -> Result<Raster, RenderError> {
    Ok(draw_region(scene, region, &painter.options())?)
}

/// The part of a scene of `mockup`'s values that lies in `region`, with as many bits as the mockup is drawn
/// in.
pub(crate) fn draw_art(
    mockup: &OpenMockup,
    scene: &Scene,
    region: Rect,
    painter: &Painter<'_>,
) -> Result<Art, RenderError> {
    let options = painter.options();
    Ok(match mockup.precision() {
        Precision::Bytes => Art::new(draw_region(scene, region, &options)?),
        Precision::Sixteen => Art::of_deep(draw_deep(scene, region, &options)?),
    })
}

/// The part of a scene that lies in `region`, drawn in 16 bits and made bytes by `narrow`.
pub(crate) fn draw_scene_narrowed(
    scene: &Scene,
    region: Rect,
    painter: &Painter<'_>,
    narrow: &(dyn Fn(&mut [u16], &mut [u8]) + Sync),
) -> Result<Raster, RenderError> {
    Ok(draw_narrowed(scene, region, &painter.options(), narrow)?)
}

/// Draws a scene over what `canvas` holds.
pub(crate) fn draw_scene_over(
    canvas: &mut Raster,
    scene: &Scene,
    painter: &Painter<'_>,
) -> Result<(), RenderError> {
    Ok(draw_over(canvas, scene, &painter.options())?)
}

/// The part of a plan's picture that lies in `region`, flattened to sRGB.
fn draw_flat(
    mockup: &OpenMockup,
    plan: &Plan,
    region: Rect,
    painter: &Painter<'_>,
) -> Result<Raster, RenderError> {
    let space = mockup.space();
    if mockup.precision() == Precision::Sixteen {
        let narrow = |samples: &mut [u16], bytes: &mut [u8]| space.flatten_deep(samples, bytes);
        return draw_scene_narrowed(&plan.scene, region, painter, &narrow);
    }
    let (mut colour, black) = draw_plates(plan, region, painter)?;
    space.flatten(&mut colour, black, painter.threads);
    Ok(colour)
}

/// The pictures that a plan's document has, in its own values.
fn draw_plates(
    plan: &Plan,
    region: Rect,
    painter: &Painter<'_>,
) -> Result<(Raster, Option<Raster>), RenderError> {
    let options = painter.options();
    let colour = draw_region(&plan.scene, region, &options)?;
    let black = plan.black.as_ref();
    let black = black
        .map(|scene| draw_region(scene, region, &options))
        .transpose()?;
    Ok((colour, black))
}

/// What one mockup's renders have in common.
///
/// The picture of the unchanged mockup is copied and only the region that a change touches is drawn
/// anew, starting from the flattened layers below the lowest change.
#[derive(Debug, Default)]
pub(crate) struct Base {
    /// Renders drawn so far. The first is drawn in full: for a mockup that is rendered once there is
    /// nothing to keep.
    renders: u64,
    picture: Option<Arc<Raster>>,
    /// The lowest nodes flattened, and how many they are.
    below: Option<(usize, Arc<Art>)>,
    /// The canvas of a render that is over, with the region in which it differs from `picture`.
    /// Fresh memory for a large canvas costs half the time of drawing it.
    spare: Option<(Raster, Rect)>,
}

impl Base {
    pub(crate) fn cost(&self) -> u64 {
        let below = self.below.as_ref().map_or(0, |(_, art)| art.cost());
        let spare = self.spare.as_ref().map_or(0, |(raster, _)| raster.cost());
        let picture = self.picture.as_ref().map_or(0, |raster| raster.cost());
        picture + below + spare
    }
}

/// A drawn canvas, and where it differs from the unchanged mockup when it was made from that.
#[derive(Debug)]
pub(crate) struct Canvas {
    pub(crate) raster: Arc<Raster>,
    differs: Option<Rect>,
}

impl Canvas {
    pub(crate) fn new(raster: impl Into<Arc<Raster>>, differs: Option<Rect>) -> Self {
        Self {
            raster: raster.into(),
            differs,
        }
    }

    /// Gives the canvas back to the mockup, whose next render need not find memory for another one.
    pub(crate) fn give_back(self, mockup: &OpenMockup) {
        if let (Ok(raster), Some(differs)) = (Arc::try_unwrap(self.raster), self.differs) {
            mockup.base().spare = Some((raster, differs));
        }
    }
}

/// The picture of the unchanged mockup in a canvas of its own: a used one whose changes are painted
/// over, or a copy.
fn unchanged(mockup: &OpenMockup, painter: &Painter<'_>) -> Result<Raster, RenderError> {
    let picture = picture(mockup, painter)?;
    let spare = mockup.base().spare.take();
    let Some((mut canvas, differs)) = spare else {
        return Ok(Raster::clone(&picture));
    };
    let differs = differs
        .intersect(canvas.size().rect())
        .intersect(picture.size().rect());
    let (Ok(left), Ok(top)) = (usize::try_from(differs.x), u32::try_from(differs.y)) else {
        return Ok(Raster::clone(&picture));
    };
    let columns = left * Raster::SAMPLES..(left + differs.width as usize) * Raster::SAMPLES;
    for y in top..top + differs.height {
        canvas.row_mut(y)[columns.clone()].copy_from_slice(&picture.row(y)[columns.clone()]);
    }
    Ok(canvas)
}

/// The picture of `plan`, from as much as previous renders have left.
pub(crate) fn draw_plan(
    mockup: &OpenMockup,
    plan: Plan,
    painter: &Painter<'_>,
) -> Result<Canvas, RenderError> {
    let again = {
        let mut base = mockup.base();
        base.renders = base.renders.saturating_add(1);
        base.renders > 1
    };
    let Some(touched) = plan.touched else {
        let kept = if again {
            picture(mockup, painter)?
        } else {
            Arc::new(draw_flat(mockup, &plan, mockup.size().rect(), painter)?)
        };
        return Ok(Canvas::new(kept, None));
    };
    if !again || covers_most(touched, mockup.size()) {
        return Ok(Canvas::new(
            draw_flat(mockup, &plan, mockup.size().rect(), painter)?,
            None,
        ));
    }
    let mut plan = plan;
    let scene = &mut plan.scene;
    // Two plates would want two of these, and are rare.
    if plan.untouched > 0 && plan.black.is_none() {
        let upper = scene.nodes.split_off(plan.untouched);
        scene.backdrop = Some(below(mockup, plan.untouched, scene, painter)?);
        scene.nodes = upper;
    }
    let mut canvas = unchanged(mockup, painter)?;
    if matches!(mockup.space(), Space::Srgb) && mockup.precision() == Precision::Bytes {
        draw_onto(&mut canvas, &plan.scene, touched, &painter.options())?;
    } else {
        let touched = touched.intersect(mockup.size().rect());
        let part = draw_flat(mockup, &plan, touched, painter)?;
        lay_over(&mut canvas, &part, touched);
    }
    Ok(Canvas::new(canvas, Some(touched)))
}

/// Puts a part of the canvas back where it is from.
fn lay_over(canvas: &mut Raster, part: &Raster, region: Rect) {
    let (Ok(left), Ok(top)) = (usize::try_from(region.x), u32::try_from(region.y)) else {
        return;
    };
    for y in 0..part.height() {
        let row = part.row(y);
        canvas.row_mut(top + y)[left * 4..][..row.len()].copy_from_slice(row);
    }
}

fn covers_most(touched: Rect, canvas: Size) -> bool {
    touched.size().pixels() * 10 > canvas.pixels() * 9
}

/// The unchanged mockup, drawn once. The lock is not held while drawing: two renders that come at
/// once may both draw it, and draw the same.
fn picture(mockup: &OpenMockup, painter: &Painter<'_>) -> Result<Arc<Raster>, RenderError> {
    let kept = mockup.base().picture.clone();
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let unchanged = plan(mockup, &Edits::default(), painter)?;
    let drawn = Arc::new(draw_flat(mockup, &unchanged, mockup.size().rect(), painter)?);
    mockup.base().picture = Some(Arc::clone(&drawn));
    Ok(drawn)
}

/// The lowest `count` nodes, flattened once. `lower` holds just them.
fn below(
    mockup: &OpenMockup,
    count: usize,
    lower: &Scene,
    painter: &Painter<'_>,
) -> Result<Arc<Art>, RenderError> {
    let kept = mockup.base().below.clone();
    if let Some((_, art)) = kept.filter(|(nodes, _)| *nodes == count) {
        return Ok(art);
    }
    let drawn = Arc::new(draw_art(mockup, lower, lower.canvas(), painter)?);
    mockup.base().below = Some((count, Arc::clone(&drawn)));
    Ok(drawn)
}
