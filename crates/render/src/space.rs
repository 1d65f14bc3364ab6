//! The colours that a document is drawn in, and the way from there to sRGB and back.
//!
//! Photoshop blends in a document's own mode: inks with inks, lightness with lightness. So layers keep
//! the document's values, everything that comes from elsewhere (assets, colours of fills) is converted
//! to them, and the flattened picture becomes sRGB once, at the end.
//!
//! A compositor of three channels draws four inks in two passes over the same scene: cyan, magenta and
//! yellow as one picture, black three times as the other. A blend mode that looks at one channel at a
//! time cannot tell. Those that look at three (hue, saturation, colour, luminosity) leave the black of
//! the lower layer, luminosity takes the upper one's: as ISO 32000 (PDF) blends four inks.

use std::num::NonZeroUsize;
use std::sync::Arc;

use marquetry_codec::{GreyProfile, IccProfile, InkProfile, RgbProfile, brightness_of};
use marquetry_compose::{Art, Ramp};
use marquetry_pixel::srgb::encoded;
use marquetry_pixel::{DeepRaster, DeepRgb, Raster, Rgb, Sample, Size, nearest_byte, share_to_byte};
use marquetry_psd::color::Color;
use marquetry_psd::{ColorMode, Depth, Document, LayerKind};

use crate::colour::to_rgb;
use crate::precision::Precision;
use crate::{lab, light};

/// Which of the pictures of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Plate {
    /// The first three channels; all there is in most modes.
    #[default]
    Colour,
    /// The black ink, three times.
    Black,
}

/// What the values of a document mean.
#[derive(Debug)]
pub(crate) enum Space {
    /// sRGB, or RGB that nobody described: there is nothing to convert.
    Srgb,
    /// RGB of another kind.
    Rgb(RgbProfile),
    /// Grey, in all three channels. Without a profile, as in sRGB.
    Grey(Option<GreyProfile>),
    /// Inks, 255 no ink. Without a profile, by the plain formula.
    Inks(Option<InkProfile>),
    /// L*, a* and b* as stored.
    Lab,
    /// Light, in documents of 32 bits: 16 bits of it without any curve, clipped to 0 to 1. Where bytes must do, they
    /// are those of the space within, which has the curve of sRGB.
    Light(Box<Self>),
}

impl Space {
    /// What a document's values mean by its mode and profile. A profile that cannot be read, or is of
    /// another mode, is as good as none.
    pub(crate) fn of(document: &Document) -> Self {
        let header = document.header();
        let read = |icc: &[u8]| match header.depth {
            Depth::ThirtyTwo => IccProfile::read_primaries(icc),
            _ => IccProfile::read(icc),
        };
        let profile = || document.resources().icc_profile().and_then(|icc| read(icc).ok());
        let space = match header.color_mode {
            ColorMode::Rgb | ColorMode::Indexed => match profile() {
                Some(IccProfile::Rgb(profile)) => Self::Rgb(profile),
                _ => Self::Srgb,
            },
            ColorMode::Grayscale => match profile() {
                Some(IccProfile::Grey(profile)) => Self::Grey(Some(profile)),
                _ => Self::Grey(None),
            },
            ColorMode::Cmyk => match profile() {
                Some(IccProfile::Ink(profile)) => Self::Inks(Some(profile)),
                _ => Self::Inks(None),
            },
            ColorMode::Lab => Self::Lab,
            ColorMode::Bitmap | ColorMode::Duotone => Self::Grey(None),
            // Its inks are laid over each other when its channels are read.
            ColorMode::Multichannel => Self::Srgb,
        };
        match header.depth {
            Depth::ThirtyTwo => Self::Light(Box::new(space)),
            _ => space,
        }
    }

    /// Whether its values are red, green and blue with some curve.
    pub(crate) fn is_rgb(&self) -> bool {
        matches!(self, Self::Srgb | Self::Rgb(_))
    }

    /// Whether what is drawn is only near to what Photoshop shows: inks without a profile, modes whose
    /// inks are known roughly or not at all, light that is blended in bytes or changed by tables of bytes.
    pub(crate) fn is_approximate(&self, document: &Document, precision: Precision) -> bool {
        match (document.header().color_mode, self) {
            (ColorMode::Duotone | ColorMode::Multichannel, _) => true,
            (_, Self::Light(_)) if precision == Precision::Bytes => document.layers().len() > 0,
            (_, Self::Light(_)) => document
                .layers()
                .any(|layer| layer.kind() == LayerKind::Adjustment),
            _ => matches!(self, Self::Inks(None)),
        }
    }

    /// A flattened picture to sRGB in place. `black` is the other plate of a document of inks.
    ///
    /// What is partly transparent keeps its alpha and gets the colour that looks on white as the
    /// document on white does: that is the one backdrop on which Photoshop itself flattens, and blending
    /// in sRGB differs from blending in the document's values.
    pub(crate) fn flatten(&self, colour: &mut Raster, black: Option<Raster>, threads: NonZeroUsize) {
        if let Self::Light(within) = self {
            return within.flatten(colour, black, threads);
        }
        if matches!(self, Self::Srgb | Self::Grey(None)) {
            return;
        }
        let mut black = black;
        let white = match self {
            Self::Lab => [255, 128, 128],
            _ => [255; 3],
        };
        lay_on(colour.pixels_mut(), white);
        if let Some(black) = &mut black {
            lay_on(black.pixels_mut(), white);
        }
        self.to_srgb(colour, black.as_ref(), threads);
        lift_off_white(colour.pixels_mut());
    }

    /// As [`flatten`](Self::flatten), of drawn rows of 16 bits, which become bytes of sRGB.
    pub(crate) fn flatten_deep(&self, samples: &mut [u16], bytes: &mut [u8]) {
        if matches!(self, Self::Srgb | Self::Grey(None)) {
            return shown(samples, bytes);
        }
        lay_on(samples.as_chunks_mut().0, [255; 3]);
        self.to_srgb_deep(samples);
        lift_off_white(samples.as_chunks_mut().0);
        shown(samples, bytes);
    }

    /// As [`to_srgb`](Self::to_srgb), of drawn rows of 16 bits, which become bytes.
    pub(crate) fn narrow(&self, samples: &mut [u16], bytes: &mut [u8]) {
        self.to_srgb_deep(samples);
        shown(samples, bytes);
    }

    /// Inks and Lab are never drawn in 16 bits.
    fn to_srgb_deep(&self, samples: &mut [u16]) {
        match self {
            Self::Light(within) => {
                light::encode(samples);
                within.to_srgb_deep(samples);
            }
            Self::Rgb(profile) => profile.to_srgb_deep(samples),
            Self::Grey(Some(profile)) => profile.to_srgb_deep(samples),
            Self::Srgb | Self::Grey(None) | Self::Lab | Self::Inks(_) => {}
        }
    }

    /// Straight colours to sRGB in place. `black` is the other plate of a document of inks.
    pub(crate) fn to_srgb(&self, colour: &mut Raster, black: Option<&Raster>, threads: NonZeroUsize) {
        match self {
            Self::Light(within) => within.to_srgb(colour, black, threads),
            Self::Srgb | Self::Grey(None) => {}
            Self::Rgb(profile) => profile.to_srgb(colour),
            Self::Grey(Some(profile)) => profile.to_srgb(colour),
            Self::Lab => in_parts(colour, None, threads, &|pixels, _| {
                let mut last = ([0, 128, 128], [0; 3]);
                for pixel in pixels {
                    let [l, a, b, alpha] = *pixel;
                    if last.0 != [l, a, b] {
                        last = ([l, a, b], lab::stored_to_srgb([l, a, b]));
                    }
                    *pixel = seen(last.1, alpha);
                }
            }),
            Self::Inks(profile) => in_parts(colour, black, threads, &|pixels, black| {
                let mut looks = profile.as_ref().map(InkProfile::looks);
                for (pixel, black) in pixels.iter_mut().zip(black) {
                    let [cyan, magenta, yellow, alpha] = *pixel;
                    let inks = [cyan, magenta, yellow, black[0]];
                    if alpha != 0 {
                        let look = looks
                            .as_mut()
                            .map_or_else(|| plain_look(inks), |looks| looks.of(inks));
                        *pixel = seen(look, alpha);
                    }
                }
            }),
        }
    }

    /// sRGB to the document's values, on one plate. A document drawn in 16 bits gets 16 bits where bytes
    /// would tell fewer colours apart than sRGB does.
    pub(crate) fn take_in(&self, art: &Arc<Art>, plate: Plate, precision: Precision) -> Arc<Art> {
        let converted = |convert: &dyn Fn(&mut Raster)| {
            let mut raster = art.raster().clone();
            convert(&mut raster);
            Arc::new(Art::new(raster))
        };
        match self {
            Self::Light(within) if precision == Precision::Sixteen => {
                let mut deep = match &**within {
                    Self::Rgb(profile) => profile.from_srgb_deep(art.raster()),
                    within => DeepRaster::widened(within.take_in(art, plate, precision).raster()),
                };
                light::decode(deep.samples_mut());
                Arc::new(Art::of_deep(deep))
            }
            Self::Light(within) => within.take_in(art, plate, precision),
            Self::Srgb => Arc::clone(art),
            Self::Rgb(profile) if precision == Precision::Sixteen => {
                Arc::new(Art::of_deep(profile.from_srgb_deep(art.raster())))
            }
            Self::Rgb(profile) => converted(&|raster| profile.from_srgb(raster)),
            Self::Grey(Some(profile)) => converted(&|raster| profile.from_srgb(raster)),
            Self::Grey(None) => {
                converted(&|raster| each(raster, |colour| [nearest_byte(brightness_of(colour)); 3]))
            }
            Self::Lab => converted(&|raster| each(raster, |colour| lab::to_stored(lab::srgb_to_lab(colour)))),
            Self::Inks(profile) => {
                let separated = profile
                    .as_ref()
                    .and_then(|profile| profile.from_srgb(art.raster()));
                match (separated, plate) {
                    (Some((colour, _)), Plate::Colour) => Arc::new(Art::new(colour)),
                    (Some((_, black)), Plate::Black) => Arc::new(Art::new(black)),
                    (None, plate) => converted(&|raster| each(raster, |colour| plain_inks(colour, plate))),
                }
            }
        }
    }

    /// The colours of a gradient that were given as RGB, on one plate.
    pub(crate) fn ramp(&self, ramp: Ramp, plate: Plate, precision: Precision) -> Ramp {
        const STEPS: u16 = 1024;
        if self.is_rgb() {
            return ramp;
        }
        Ramp::from_table((0..=STEPS).map(|step| {
            let [red, green, blue, alpha] = ramp.at(f64::from(step) / f64::from(STEPS));
            let colour = Color::Rgb([red, green, blue].map(|part| f64::from(part) * 255.0));
            let colour = self.colour(&colour, plate, precision).unwrap_or_default();
            let [first, second, third] = colour.parts().map(|part| part.level() / 255.0);
            [first, second, third, alpha]
        }))
    }

    /// A chosen colour in the document's values, on one plate. `None` for a named ink, whose look only
    /// its book knows.
    pub(crate) fn colour(&self, colour: &Color, plate: Plate, precision: Precision) -> Option<DeepRgb> {
        let Self::Light(within) = self else {
            return self.colour_in_bytes(colour, plate).map(DeepRgb::from);
        };
        // Red, green and blue of such a document are light themselves: a fill of 172 is 0.6745 in the merged picture
        // that Photoshop saves with it (`300dpi.psd` of the tests of pytoshop).
        let curved = match colour {
            Color::Rgb(parts) => {
                Color::Rgb(parts.map(|part| 255.0 * encoded((part / 255.0).clamp(0.0, 1.0))))
            }
            other => other.clone(),
        };
        match (colour, precision) {
            (Color::Rgb(parts), Precision::Sixteen) if within.is_rgb() => {
                let [red, green, blue] = parts.map(u16::of_level);
                Some(DeepRgb::new(red, green, blue))
            }
            (_, Precision::Sixteen) => {
                let [red, green, blue] = DeepRgb::from(within.colour_in_bytes(&curved, plate)?).parts();
                let mut pixel = [red, green, blue, u16::FULL];
                light::decode(&mut pixel);
                let [red, green, blue, _] = pixel;
                Some(DeepRgb::new(red, green, blue))
            }
            (_, Precision::Bytes) => within.colour_in_bytes(&curved, plate).map(DeepRgb::from),
        }
    }

    /// The same in bytes; for light in those of the space within.
    pub(crate) fn colour_in_bytes(&self, colour: &Color, plate: Plate) -> Option<Rgb> {
        // What is already in the document's own terms is not converted.
        match (self, colour) {
            (Self::Grey(_), Color::Gray(_)) => return to_rgb(colour),
            (Self::Lab, Color::Lab(lab)) => return Some(rgb(lab::to_stored(*lab))),
            (Self::Inks(_), Color::Cmyk(inks)) => {
                let [cyan, magenta, yellow, black] = inks.map(|ink| share_to_byte(1.0 - ink / 100.0));
                return Some(match plate {
                    Plate::Colour => Rgb::new(cyan, magenta, yellow),
                    Plate::Black => Rgb::new(black, black, black),
                });
            }
            (Self::Rgb(_), Color::Lab(_)) => {}
            (Self::Srgb | Self::Rgb(_), _) => return to_rgb(colour),
            _ => {}
        }
        let Rgb { red, green, blue } = to_rgb(colour)?;
        let one = Arc::new(Art::new(Raster::filled(Size::new(1, 1), [red, green, blue, 255])));
        let taken = self.take_in(&one, plate, Precision::Bytes);
        let [first, second, third, _] = taken.raster().pixel(0, 0)?;
        Some(Rgb::new(first, second, third))
    }
}

/// Colours become what they look like on paper, alpha stays.
fn lay_on<S: Sample>(pixels: &mut [[S; 4]], paper: [u8; 3]) {
    let full = S::FULL.whole();
    for pixel in pixels {
        let alpha = pixel[3].whole();
        if alpha % full != 0 {
            for (sample, paper) in pixel.iter_mut().zip(paper.map(S::of_byte)) {
                let sum = sample.whole() * alpha + paper.whole() * (full - alpha);
                *sample = S::of_whole((sum + full / 2) / full);
            }
        }
    }
}

/// Colours that were looked at on white become those that look so at their alpha.
fn lift_off_white<S: Sample>(pixels: &mut [[S; 4]]) {
    let full = S::FULL.whole();
    for pixel in pixels {
        let alpha = pixel[3].whole();
        if alpha % full != 0 {
            for sample in pixel.iter_mut().take(3) {
                let own = (sample.whole() * full - full * (full - alpha)).max(0);
                *sample = S::of_whole((own + alpha / 2) / alpha);
            }
        }
    }
}

/// Samples rounded to bytes. What nobody sees any more has no colour.
fn shown(samples: &[u16], bytes: &mut [u8]) {
    let pixels = bytes.as_chunks_mut::<4>().0.iter_mut();
    for (shown, pixel) in pixels.zip(samples.as_chunks::<4>().0) {
        *shown = match pixel.map(Sample::byte) {
            [.., 0] => [0; 4],
            seen => seen,
        };
    }
}

/// The plain formula of inks, 255 no ink.
fn plain_look([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|ink| times(ink, black))
}

/// The plain formula backwards, with as much black as there can be.
fn plain_inks(colour: [u8; 3], plate: Plate) -> [u8; 3] {
    let black = colour.into_iter().max().unwrap_or(255);
    match plate {
        Plate::Black => [black; 3],
        Plate::Colour if black == 0 => [255; 3],
        Plate::Colour => colour.map(|light| share_to_byte(f64::from(light) / f64::from(black))),
    }
}

/// The product of two shares of 255.
pub(crate) fn times(one: u8, other: u8) -> u8 {
    let product = u32::from(one) * u32::from(other);
    u8::try_from((product + 127) / 255).unwrap_or(u8::MAX)
}

fn seen([red, green, blue]: [u8; 3], alpha: u8) -> [u8; 4] {
    [red, green, blue, alpha]
}

fn rgb([red, green, blue]: [u8; 3]) -> Rgb {
    Rgb::new(red, green, blue)
}

fn each(raster: &mut Raster, convert: impl Fn([u8; 3]) -> [u8; 3]) {
    let mut last = ([0; 3], convert([0; 3]));
    for pixel in raster.pixels_mut() {
        let [red, green, blue, alpha] = *pixel;
        if last.0 != [red, green, blue] {
            last = ([red, green, blue], convert([red, green, blue]));
        }
        *pixel = seen(last.1, alpha);
    }
}

type Convert<'a> = &'a (dyn Fn(&mut [[u8; 4]], &[[u8; 4]]) + Sync);

/// Runs `convert` over equal parts of a picture and of its other plate, a thread each.
fn in_parts(raster: &mut Raster, black: Option<&Raster>, threads: NonZeroUsize, convert: Convert<'_>) {
    let pixels = raster.pixels_mut();
    let black = black.map_or(&[][..], Raster::pixels);
    let part = pixels.len().div_ceil(threads.get()).max(1 << 16);
    std::thread::scope(|scope| {
        for (at, pixels) in pixels.chunks_mut(part).enumerate() {
            let from = (at * part).min(black.len());
            let black = &black[from..(from + pixels.len()).min(black.len())];
            let mut run = move || convert(pixels, black);
            if threads.get() == 1 {
                run();
            } else {
                scope.spawn(run);
            }
        }
    });
}
