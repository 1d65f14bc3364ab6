//! Adjustments of colour: stored values in the units of `compose`.

use marquetry_compose::{
    Adjustment, BlackAndWhite, HueRange, HueSaturation, Mixer, PhotoFilter, SelectiveColour, Shift, Vibrance,
};
use marquetry_pixel::narrow;
use marquetry_pixel::srgb::{self, D50};
use marquetry_psd::adjustment as stored;
use marquetry_psd::adjustment::{FilterColor, MixerChannel, SelectiveMethod};
use marquetry_psd::color::Color;

use crate::colour::to_rgb;

/// Per cent to a share.
fn share(percent: impl Into<f64>) -> f32 {
    narrow(percent.into() / 100.0)
}

fn shift(stored: stored::Shift) -> Shift {
    Shift {
        hue: f32::from(stored.hue),
        saturation: share(stored.saturation),
        lightness: share(stored.lightness),
    }
}

pub(super) fn hue_saturation(change: &stored::HueSaturation) -> Adjustment {
    let ranges = change.ranges.iter().map(|range| HueRange {
        limits: range.limits.map(f32::from),
        shift: shift(range.shift),
    });
    Adjustment::HueSaturation(Box::new(HueSaturation {
        colorize: change.colorize,
        master: shift(if change.colorize {
            change.colorization
        } else {
            change.master
        }),
        ranges: ranges.filter(|range| range.shift != Shift::default()).collect(),
    }))
}

pub(super) fn vibrance(vibrance: i32, saturation: i32) -> Adjustment {
    Adjustment::Vibrance(Vibrance {
        vibrance: share(vibrance),
        saturation: share(saturation),
    })
}

pub(super) fn black_and_white(change: &stored::BlackAndWhite) -> Adjustment {
    let tint = change.tint.then(|| change.tint_color.as_ref().and_then(to_rgb));
    Adjustment::BlackAndWhite(BlackAndWhite {
        weights: change.weights.map(share),
        tint: tint
            .flatten()
            .map(|tint| [tint.red, tint.green, tint.blue].map(f32::from)),
    })
}

/// `None` when the filter's colour is of an unknown space.
pub(super) fn photo_filter(filter: &stored::PhotoFilter) -> Option<Adjustment> {
    let xyz = match &filter.color {
        FilterColor::Xyz(xyz) => *xyz,
        FilterColor::Space(Some(Color::Lab(lab))) => xyz_of_lab(*lab),
        FilterColor::Space(colour) => {
            let rgb = to_rgb(colour.as_ref()?)?;
            xyz_of_srgb([rgb.red, rgb.green, rgb.blue])
        }
    };
    let glass = [0, 1, 2].map(|part: usize| narrow((xyz[part] / D50[part]).clamp(0.0, 1.0)));
    Some(Adjustment::PhotoFilter(PhotoFilter {
        glass,
        density: share(filter.density.min(100)),
        preserve_luminosity: filter.preserve_luminosity,
    }))
}

/// CIE 15.
fn xyz_of_lab([l, a, b]: [f64; 3]) -> [f64; 3] {
    let middle = (l + 16.0) / 116.0;
    let cube = |f: f64| {
        if f > 6.0 / 29.0 {
            f * f * f
        } else {
            (f - 16.0 / 116.0) * 3.0 * (6.0_f64 / 29.0).powi(2)
        }
    };
    let parts = [cube(middle + a / 500.0), cube(middle), cube(middle - b / 200.0)];
    [0, 1, 2].map(|part: usize| parts[part] * D50[part])
}

fn xyz_of_srgb(rgb: [u8; 3]) -> [f64; 3] {
    let light = rgb.map(|sample| srgb::light_of(f64::from(sample) / 255.0));
    srgb::times(&srgb::TO_XYZ, light)
}

/// The fourth source of a row is an ink that no RGB document has.
pub(super) fn mixer(monochrome: bool, rows: &[MixerChannel]) -> Adjustment {
    let row = |at: usize| {
        let row = if monochrome { rows.first() } else { rows.get(at) };
        let mut same = [0.0; 4];
        same[at] = 1.0;
        row.map_or(same, |row| {
            let [red, green, blue, _] = row.sources;
            [red, green, blue, row.constant].map(share)
        })
    };
    Adjustment::Mixer(Mixer {
        rows: [0, 1, 2].map(row),
    })
}

pub(super) fn selective(change: &stored::SelectiveColor) -> Adjustment {
    Adjustment::SelectiveColour(Box::new(SelectiveColour {
        absolute: change.method == SelectiveMethod::Absolute,
        kinds: change.ranges.map(|inks| inks.map(share)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warming_filter_lets_red_through() {
        let filter = stored::PhotoFilter {
            color: FilterColor::Space(Some(Color::Lab([67.06, 32.0, 120.0]))),
            density: 25,
            preserve_luminosity: true,
        };
        let Some(Adjustment::PhotoFilter(filter)) = photo_filter(&filter) else {
            panic!()
        };
        let [x, y, z] = filter.glass;
        assert!(
            (x - 0.4746).abs() < 0.001 && (y - 0.3671).abs() < 0.001 && z < 0.01,
            "{x} {y} {z}"
        );
        let white = stored::PhotoFilter {
            color: FilterColor::Space(Some(Color::Rgb([255.0; 3]))),
            density: 100,
            preserve_luminosity: false,
        };
        let Some(Adjustment::PhotoFilter(white)) = photo_filter(&white) else {
            panic!()
        };
        assert!(white.glass.iter().all(|share| (share - 1.0).abs() < 1e-3));
    }

    #[test]
    fn one_row_makes_a_grey_mixer() {
        let grey = MixerChannel {
            sources: [40, 40, 20, 0],
            constant: -10,
        };
        let Adjustment::Mixer(mixer) = mixer(true, &[grey]) else {
            panic!()
        };
        assert_eq!(mixer.rows, [[0.4, 0.4, 0.2, -0.1]; 3]);
    }
}
