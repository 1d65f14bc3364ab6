//! Profiles of four inks: a grid of colours, read between its nodes.
//!
//! The coder of profiles knows no black point compensation, without which the blackest ink is a dark
//! grey on screen. So it is asked for the colours of a grid of inks only, those are compensated, and
//! every pixel is interpolated in the grid: tetrahedra in cyan, magenta and yellow, a line in black.

use std::sync::{Arc, OnceLock};

use marquetry_pixel::Raster;
use moxcms::{ColorProfile, Layout, RenderingIntent, Transform16BitExecutor, TransformOptions};

use marquetry_pixel::srgb::{encoded, light_of};
use marquetry_pixel::{narrow, nearest_byte};

use super::grey::luminance;
use super::{ProfileError, relative};

/// Nodes along each ink. As many as profiles themselves have, seldom more.
const NODES: usize = 17;

/// A profile of cyan, magenta, yellow and black.
#[derive(Clone)]
pub struct InkProfile {
    /// sRGB (`0.0..=255.0`, the fourth is padding) by cyan, magenta, yellow, black; black runs fastest.
    grid: Arc<[[f32; 4]]>,
    /// The light that the profile's black still sends back, as a share of the paper's.
    black: f64,
    profile: Arc<ColorProfile>,
    from_srgb: Arc<OnceLock<Option<Arc<Transform16BitExecutor>>>>,
}

impl std::fmt::Debug for InkProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InkProfile")
            .field("black", &self.black)
            .finish_non_exhaustive()
    }
}

impl InkProfile {
    pub(super) fn new(profile: &ColorProfile) -> Result<Self, ProfileError> {
        let srgb = ColorProfile::new_srgb();
        // Four samples a pixel: the layout is named after the commonest meaning of four.
        let seen = profile.create_transform_16bit(Layout::Rgba, &srgb, Layout::Rgb, relative())?;
        let black = black_point(profile, &seen)?;
        let level = |node: usize| u16::try_from(node * 65535 / (NODES - 1)).unwrap_or(u16::MAX);
        let nodes = || (0..NODES).map(level);
        let mut grid = Vec::with_capacity(NODES.pow(4));
        for cyan in nodes() {
            let inks: Vec<u16> = nodes()
                .flat_map(|magenta| nodes().map(move |yellow| (magenta, yellow)))
                .flat_map(|(magenta, yellow)| nodes().map(move |ink| [cyan, magenta, yellow, ink]))
                .flatten()
                .collect();
            let mut colours = vec![[0u16; 3]; NODES.pow(3)];
            seen.transform(&inks, colours.as_flattened_mut())?;
            grid.extend(colours.into_iter().map(|colour| {
                let [red, green, blue] = colour.map(|sample| {
                    let light = light_of(f64::from(sample) / 65535.0);
                    narrow(255.0 * encoded(((light - black) / (1.0 - black)).max(0.0)))
                });
                [red, green, blue, 0.0]
            }));
        }
        Ok(Self {
            grid: grid.into(),
            black,
            profile: Arc::new(profile.clone()),
            from_srgb: Arc::default(),
        })
    }

    /// Looks up one colour after another.
    pub fn looks(&self) -> Looks<'_> {
        Looks {
            grid: &self.grid,
            last: ([255; 4], byte3(self.grid[0])),
        }
    }

    /// Separates a colour of sRGB into inks, 255 no ink. `None` when the profile goes one way only.
    ///
    /// The result holds `from`'s pixels' cyan, magenta and yellow in the first raster, black three
    /// times in the second; alpha is in both.
    pub fn from_srgb(&self, from: &Raster) -> Option<(Raster, Raster)> {
        let transform = self.separation()?;
        // The compensation, backwards: the screen's black becomes the ink's.
        let lifted: Vec<u16> = (0..=255u8)
            .map(|sample| {
                let light = light_of(f64::from(sample) / 255.0);
                word(encoded(light * (1.0 - self.black) + self.black))
            })
            .collect();
        let (mut colour, mut black) = (Raster::new(from.size()), Raster::new(from.size()));
        let (mut light, mut inks) = (Vec::new(), Vec::new());
        let rows = colour.pixels_mut().chunks_mut(super::CHUNK);
        let rows = rows.zip(black.pixels_mut().chunks_mut(super::CHUNK));
        for (from, (colour, black)) in from.pixels().chunks(super::CHUNK).zip(rows) {
            light.clear();
            light.extend(
                from.iter()
                    .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
                    .map(|sample| lifted[usize::from(sample)]),
            );
            inks.resize(from.len() * 4, 0);
            transform.transform(&light, &mut inks).ok()?;
            for (at, (pixel, inks)) in from.iter().zip(inks.as_chunks::<4>().0).enumerate() {
                let [cyan, magenta, yellow, ink] = inks.map(|ink| 255 - high_byte(ink));
                colour[at] = [cyan, magenta, yellow, pixel[3]];
                black[at] = [ink, ink, ink, pixel[3]];
            }
        }
        Some((colour, black))
    }

    fn separation(&self) -> Option<&Arc<Transform16BitExecutor>> {
        let made = self.from_srgb.get_or_init(|| {
            let srgb = ColorProfile::new_srgb();
            srgb.create_transform_16bit(Layout::Rgb, &self.profile, Layout::Rgba, relative())
                .ok()
        });
        made.as_ref()
    }
}

/// How much light the profile's own black sends back: black is separated perceptually, and what that
/// looks like relative to the paper is black. No profile calls more than half as bright as white
/// (L* 50) black.
fn black_point(profile: &ColorProfile, seen: &Arc<Transform16BitExecutor>) -> Result<f64, ProfileError> {
    let options = TransformOptions {
        rendering_intent: RenderingIntent::Perceptual,
        ..TransformOptions::default()
    };
    let mut inks = [65535; 4];
    let separate =
        ColorProfile::new_srgb().create_transform_16bit(Layout::Rgb, profile, Layout::Rgba, options);
    if let Ok(separate) = separate {
        separate.transform(&[0; 3], &mut inks)?;
    }
    let mut colour = [0u16; 3];
    seen.transform(&inks, &mut colour)?;
    Ok(luminance(colour.map(|sample| light_of(f64::from(sample) / 65535.0))).clamp(0.0, 0.184))
}

/// Reads colours in the grid, and remembers the last: neighbours are often alike.
#[derive(Debug)]
pub struct Looks<'a> {
    grid: &'a [[f32; 4]],
    last: ([u8; 4], [u8; 3]),
}

impl Looks<'_> {
    /// What cyan, magenta, yellow and black, 255 no ink, look like in sRGB.
    pub fn of(&mut self, inks: [u8; 4]) -> [u8; 3] {
        if self.last.0 != inks {
            self.last = (inks, interpolate(self.grid, inks));
        }
        self.last.1
    }
}

/// Steps between a node and the next along cyan, magenta, yellow and black.
const STRIDES: [usize; 4] = [NODES * NODES * NODES, NODES * NODES, NODES, 1];

fn interpolate(grid: &[[f32; 4]], inks: [u8; 4]) -> [u8; 3] {
    // The node below each ink, and how far beyond it.
    let places = inks.map(|ink| {
        let place = usize::from(255 - ink) * (NODES - 1);
        (place / 255, place % 255)
    });
    let start: usize = places
        .iter()
        .zip(STRIDES)
        .map(|((node, _), stride)| node * stride)
        .sum();
    // From the node below to the one above, along the ink that is furthest first: the tetrahedron.
    let mut ways = [0, 1, 2].map(|ink| (places[ink].1, STRIDES[ink]));
    ways.sort_unstable_by_key(|way| std::cmp::Reverse(way.0));
    let plane = |mut at: usize| {
        let mut sum = [0.0_f32; 4];
        let mut left = 255;
        for (beyond, stride) in ways {
            add(&mut sum, grid[at], left - beyond);
            left = beyond;
            // A node on the far wall has no next one, and nothing lies beyond it.
            at += if beyond > 0 { stride } else { 0 };
        }
        add(&mut sum, grid[at], left);
        sum
    };
    let mut colour = plane(start);
    let beyond = places[3].1;
    if beyond > 0 {
        let next = plane(start + STRIDES[3]);
        let share = part(beyond);
        for (here, there) in colour.iter_mut().zip(next) {
            *here += (there - *here) * share;
        }
    }
    byte3(colour)
}

fn add(sum: &mut [f32; 4], node: [f32; 4], weight: usize) {
    let weight = part(weight);
    for (sum, node) in sum.iter_mut().zip(node) {
        *sum += node * weight;
    }
}

/// A count of 255ths.
fn part(count: usize) -> f32 {
    f32::from(u8::try_from(count).unwrap_or(u8::MAX)) / 255.0
}

fn byte3([red, green, blue, _]: [f32; 4]) -> [u8; 3] {
    [red, green, blue].map(nearest_byte)
}

fn high_byte(sample: u16) -> u8 {
    u8::try_from((u32::from(sample) * 255 + 32_767) / 65_535).unwrap_or(u8::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0.0..=65535.0 first"
)]
fn word(share: f64) -> u16 {
    (share * 65535.0 + 0.5).clamp(0.0, 65535.0) as u16
}
