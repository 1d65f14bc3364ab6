//! Smart filters: what Photoshop does to a placed layer after it is placed.
//!
//! Filters work on premultiplied pixels, one after the other, each rounded to 8 bits, as their results
//! are in Photoshop. The one below all others comes first.

mod blur;
mod noise;
mod plane;
mod sharpen;

use std::sync::Arc;

use marquetry_compose::{Adjustment, Art, Layer, Node, Paint, Scene};
use marquetry_pixel::{BlendMode, Opacity, Raster};
use marquetry_psd::filter::{SmartFilter, SmartFilters};

use crate::adjustment;
use crate::draw::{Painter, draw_scene};
use crate::error::RenderError;
use crate::open::OpenMockup;
use plane::Plane;

/// A filter with its settings in range.
#[derive(Clone, Debug, PartialEq)]
enum Filter {
    /// Standard deviation in pixels.
    Gaussian(f64),
    /// Pixels to every side.
    Square(f64),
    /// Degrees counterclockwise, and pixels.
    Motion {
        angle: f64,
        distance: f64,
    },
    /// A share, pixels, and levels below which nothing is done.
    Unsharp {
        amount: f64,
        radius: f64,
        threshold: f64,
    },
    /// A fixed kernel: the share of the four neighbours taken away.
    Sharpen(f32),
    /// Standard deviation in pixels of what is taken away.
    HighPass(f64),
    Noise(noise::Noise),
    /// A command of the menu for adjustments.
    Adjust(Arc<Adjustment>),
}

/// A filter ready to be applied.
#[derive(Clone, Debug)]
struct Pass {
    filter: Filter,
    blend: BlendMode,
    opacity: Opacity,
}

/// The filters of one placed layer that are shown.
#[derive(Debug, Default)]
pub(crate) struct Passes {
    passes: Vec<Pass>,
    /// Names of those that we cannot apply.
    pub(crate) unknown: Vec<String>,
}

impl Passes {
    /// Whether pixels stay as they are.
    pub(crate) fn is_empty(&self) -> bool {
        self.passes.is_empty()
    }

    /// How far beyond the layer's own pixels the result may reach, and how far away pixels may lie that
    /// change it.
    pub(crate) fn reach(&self) -> u32 {
        let reach = |filter: &Filter| match filter {
            Filter::Gaussian(radius) | Filter::Unsharp { radius, .. } | Filter::HighPass(radius) => {
                blur::gaussian_reach(*radius)
            }
            Filter::Square(radius) => whole(*radius),
            Filter::Motion { distance, .. } => whole(distance / 2.0) + 1,
            Filter::Sharpen(_) => 1,
            Filter::Noise(_) | Filter::Adjust(_) => 0,
        };
        let sum: i64 = self.passes.iter().map(|pass| reach(&pass.filter)).sum();
        u32::try_from(sum).unwrap_or(0)
    }
}

/// What `filters` do to pixels of `mockup`, as far as we know them.
pub(crate) fn passes(filters: &SmartFilters, mockup: &OpenMockup) -> Passes {
    let mut passes = Passes::default();
    if !filters.enabled {
        return passes;
    }
    for filter in filters.filters.iter().filter(|filter| filter.enabled) {
        let adjusts = || adjustment::of_filter(filter, mockup).map(|change| Filter::Adjust(Arc::new(change)));
        match (known(filter).or_else(adjusts), filter.blend) {
            (Some(known), Some(blend)) => passes.passes.push(Pass {
                filter: known,
                blend,
                opacity: opacity(filter.opacity),
            }),
            _ => passes.unknown.push(name(filter)),
        }
    }
    passes
}

/// Applies `passes` to a layer's own pixels. `shown`, one byte a pixel, is the filters' mask: where it is 0 the
/// pixels stay as they were.
pub(crate) fn apply(
    raster: Raster,
    passes: &Passes,
    shown: Option<&[u8]>,
    painter: &Painter<'_>,
) -> Result<Raster, RenderError> {
    if passes.is_empty() || raster.size().is_empty() {
        return Ok(raster);
    }
    let mut plane = Plane::new(&raster);
    let before = shown.map(|shown| (shown, plane.clone()));
    for pass in &passes.passes {
        let mut filtered = run(&pass.filter, &plane, painter)?;
        filtered.round();
        if pass.blend != BlendMode::Normal {
            filtered = blended(&plane, &filtered, pass.blend, painter)?;
        }
        plane = plane.mixed(&filtered, pass.opacity.get());
        plane.round();
    }
    if let Some((shown, before)) = before {
        plane = before.masked(&plane, shown);
    }
    Ok(plane.raster())
}

fn run(filter: &Filter, plane: &Plane, painter: &Painter<'_>) -> Result<Plane, RenderError> {
    Ok(match *filter {
        Filter::Gaussian(radius) => blur::gaussian(plane, radius),
        Filter::Square(radius) => blur::square(plane, radius),
        Filter::Motion { angle, distance } => blur::motion(plane, angle, distance),
        Filter::Unsharp {
            amount,
            radius,
            threshold,
        } => sharpen::unsharp(plane, amount, radius, threshold),
        Filter::Sharpen(share) => sharpen::sharpen(plane, share),
        Filter::HighPass(radius) => sharpen::high_pass(plane, radius),
        Filter::Noise(noise) => noise::add(plane, noise),
        Filter::Adjust(ref change) => adjusted(plane, change, painter)?,
    })
}

/// The pixels under an adjustment layer.
fn adjusted(plane: &Plane, change: &Arc<Adjustment>, painter: &Painter<'_>) -> Result<Plane, RenderError> {
    let mut scene = Scene::new(plane.size);
    scene.nodes.push(Node::Layer(pixels(plane)));
    let paint = Paint::Adjust(Arc::clone(change));
    scene.nodes.push(Node::Layer(Layer::new(paint)));
    Ok(Plane::new(&draw_scene(&scene, painter)?))
}

fn pixels(plane: &Plane) -> Layer {
    Layer::new(Paint::Raster {
        art: Arc::new(Art::new(plane.raster())),
        at: (0, 0),
    })
}

/// The filtered pixels blended over what went in.
fn blended(
    below: &Plane,
    filtered: &Plane,
    blend: BlendMode,
    painter: &Painter<'_>,
) -> Result<Plane, RenderError> {
    let mut scene = Scene::new(below.size);
    scene.nodes.push(Node::Layer(pixels(below)));
    scene.nodes.push(Node::Layer(Layer {
        blend,
        ..pixels(filtered)
    }));
    Ok(Plane::new(&draw_scene(&scene, painter)?))
}

/// `None` for a filter that we have no formula for.
fn known(filter: &SmartFilter) -> Option<Filter> {
    let settings = filter.settings.as_ref();
    let number = |key: &str| settings.and_then(|settings| settings.f64(key));
    let pixels = |key: &str, most: f64| number(key).map(|value| within(value, 0.0, most));
    // Four letters, as Photoshop numbers its own filters; box blur came later and goes by its class.
    let class = settings
        .map(|settings| settings.class.as_bytes())
        .unwrap_or_default();
    let id = filter.id.to_be_bytes();
    let code: &[u8] = if class == b"boxblur" { class } else { &id };
    match code {
        b"GsnB" => Some(Filter::Gaussian(pixels("Rds ", 1000.0)?)),
        b"Blr " => Some(Filter::Gaussian(0.5)),
        b"BlrM" => Some(Filter::Gaussian(1.0)),
        b"boxblur" => Some(Filter::Square(pixels("Rds ", 2000.0)?)),
        b"MtnB" => Some(Filter::Motion {
            angle: within(number("Angl")?, -3600.0, 3600.0),
            distance: pixels("Dstn", 2000.0)?,
        }),
        b"UnsM" => Some(Filter::Unsharp {
            amount: within(number("Amnt")?, 0.0, 500.0) / 100.0,
            radius: pixels("Rds ", 1000.0)?,
            threshold: within(number("Thsh").unwrap_or(0.0), 0.0, 255.0),
        }),
        b"Shrp" => Some(Filter::Sharpen(1.0 / 4.0)),
        b"ShrM" => Some(Filter::Sharpen(1.0)),
        b"HghP" => Some(Filter::HighPass(pixels("Rds ", 1000.0)?)),
        b"AdNs" => Some(Filter::Noise(noise::Noise {
            amount: within(number("Amnt").or(number("Nose"))?, 0.0, 400.0),
            spread: match settings?.enumeration("Dstr") {
                Some(kind) if *kind == *"Unfr" => noise::Spread::Even,
                _ => noise::Spread::Normal,
            },
            grey: settings?.bool("Mnch").unwrap_or(false),
        })),
        _ => None,
    }
}

/// A filter's name as shown, without what menus add.
fn name(filter: &SmartFilter) -> String {
    let name = filter.name.trim_end_matches(['\0', '.', '…', ' ']);
    if name.is_empty() {
        String::from_utf8_lossy(&filter.id.to_be_bytes()).into_owned()
    } else {
        name.to_owned()
    }
}

fn opacity(share: f64) -> Opacity {
    let percent = within(share, 0.0, 1.0) * 255.0;
    Opacity::from_byte(u8::try_from(whole(percent.round())).unwrap_or(255))
}

/// Not a number counts as the least.
fn within(value: f64, least: f64, most: f64) -> f64 {
    if value >= least { value.min(most) } else { least }
}

#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
fn whole(value: f64) -> i64 {
    value.ceil() as i64
}
