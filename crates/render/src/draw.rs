//! Scenes to pixels, and what is kept from one render of a mockup for the next.

use std::num::NonZeroUsize;
use std::sync::{Arc, PoisonError};

use marquetry_compose::{DrawOptions, Scene, draw, draw_onto};
use marquetry_pixel::{Raster, Rect, Size};

use crate::error::RenderError;
use crate::open::OpenMockup;
use crate::plan::{Edits, Plan, plan};

/// How drawing is done. The picture does not depend on it.
#[derive(Clone, Copy)]
pub struct Painter<'a> {
    /// Threads that one drawing may use.
    pub threads: NonZeroUsize,
    /// Asked again and again while drawing; `true` stops it.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

impl Default for Painter<'_> {
    fn default() -> Self {
        Self {
            threads: NonZeroUsize::MIN,
            stop: &|| false,
        }
    }
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
    below: Option<(usize, Arc<Raster>)>,
}

impl Base {
    pub(crate) fn cost(&self) -> u64 {
        let below = self.below.as_ref().map(|(_, raster)| raster);
        self.picture.iter().chain(below).map(|raster| raster.cost()).sum()
    }
}

/// The picture of `plan`, from as much as previous renders have left.
pub(crate) fn draw_plan(
    mockup: &OpenMockup,
    plan: Plan,
    painter: &Painter<'_>,
) -> Result<Arc<Raster>, RenderError> {
    let canvas = mockup.size();
    let again = {
        let mut base = mockup.base.lock().unwrap_or_else(PoisonError::into_inner);
        base.renders = base.renders.saturating_add(1);
        base.renders > 1
    };
    let Some(touched) = plan.touched else {
        return if again {
            picture(mockup, painter)
        } else {
            Ok(Arc::new(draw_scene(&plan.scene, painter)?))
        };
    };
    if !again || covers_most(touched, canvas) {
        return Ok(Arc::new(draw_scene(&plan.scene, painter)?));
    }
    let mut out = Raster::clone(&*picture(mockup, painter)?);
    let mut scene = plan.scene;
    if plan.untouched > 0 {
        let upper = scene.nodes.split_off(plan.untouched);
        scene.backdrop = Some(below(mockup, plan.untouched, &scene, painter)?);
        scene.nodes = upper;
    }
    draw_onto(&mut out, &scene, touched, &painter.options())?;
    Ok(Arc::new(out))
}

fn covers_most(touched: Rect, canvas: Size) -> bool {
    touched.size().pixels() * 10 > canvas.pixels() * 9
}

/// The unchanged mockup, drawn once. The lock is not held while drawing: two renders that come at
/// once may both draw it, and draw the same.
fn picture(mockup: &OpenMockup, painter: &Painter<'_>) -> Result<Arc<Raster>, RenderError> {
    let kept = mockup
        .base
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .picture
        .clone();
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let unchanged = plan(mockup, &Edits::default(), painter)?;
    let drawn = Arc::new(draw_scene(&unchanged.scene, painter)?);
    mockup.base.lock().unwrap_or_else(PoisonError::into_inner).picture = Some(Arc::clone(&drawn));
    Ok(drawn)
}

/// The lowest `count` nodes, flattened once. `lower` holds just them.
fn below(
    mockup: &OpenMockup,
    count: usize,
    lower: &Scene,
    painter: &Painter<'_>,
) -> Result<Arc<Raster>, RenderError> {
    let kept = mockup
        .base
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .below
        .clone();
    if let Some((_, raster)) = kept.filter(|(nodes, _)| *nodes == count) {
        return Ok(raster);
    }
    let drawn = Arc::new(draw_scene(lower, painter)?);
    mockup.base.lock().unwrap_or_else(PoisonError::into_inner).below = Some((count, Arc::clone(&drawn)));
    Ok(drawn)
}
