//! How a difference looks on the map: the reference in dark grey, and colours where it was missed.

use marquetry_pixel::{Size, nearest_byte};

/// The longest side of a map, in pixels. A larger picture shows the worst pixel of each block.
const LONGEST: u32 = 2048;

/// Differences (CIEDE2000) and the colours that stand for them.
const RAMP: [(f64, [f64; 3]); 5] = [
    (0.0, [20.0, 40.0, 140.0]),
    (1.0, [30.0, 120.0, 255.0]),
    (2.5, [255.0, 220.0, 0.0]),
    (5.0, [255.0, 40.0, 0.0]),
    (15.0, [255.0, 255.0, 255.0]),
];

/// How many pixels of the picture, in each direction, one pixel of the map stands for.
pub(super) fn block_for(size: Size) -> u32 {
    size.width.max(size.height).div_ceil(LONGEST).max(1)
}

/// The pixel of the map for a difference, where the reference has the colour `shown`.
pub(super) fn colour(difference: f64, shown: [u8; 4]) -> [u8; 4] {
    let [red, green, blue, _] = shown.map(f64::from);
    // Rec. 709 weights, darkened, so that no picture is mistaken for an error.
    let grey = (0.2126 * red + 0.7152 * green + 0.0722 * blue) * 0.25;
    let [red, green, blue] = if difference > 0.0 {
        // The least differences come out of the grey without a jump.
        let seen = (difference / RAMP[1].0).min(1.0);
        ramp(difference).map(|channel| grey + (channel - grey) * seen)
    } else {
        [grey; 3]
    };
    [nearest_byte(red), nearest_byte(green), nearest_byte(blue), 255]
}

fn ramp(difference: f64) -> [f64; 3] {
    for pair in RAMP.windows(2) {
        let [(from, low), (to, high)] = [pair[0], pair[1]];
        if difference <= to {
            let share = ((difference - from) / (to - from)).clamp(0.0, 1.0);
            return std::array::from_fn(|channel| low[channel] + (high[channel] - low[channel]) * share);
        }
    }
    RAMP[RAMP.len() - 1].1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_equal_is_dark_grey_and_what_is_far_is_white() {
        assert_eq!(colour(0.0, [255; 4]), [64, 64, 64, 255]);
        assert_eq!(colour(0.0, [0, 0, 0, 255]), [0, 0, 0, 255]);
        assert_eq!(colour(1.0, [255; 4]), [30, 120, 255, 255]);
        assert_eq!(colour(5.0, [9; 4]), [255, 40, 0, 255]);
        assert_eq!(colour(100.0, [0; 4]), [255; 4]);
    }

    #[test]
    fn maps_of_large_pictures_stay_small() {
        assert_eq!(block_for(Size::new(2048, 10)), 1);
        assert_eq!(block_for(Size::new(10, 2049)), 2);
        assert_eq!(block_for(Size::new(300_000, 1)), 147);
        assert_eq!(block_for(Size::default()), 1);
    }
}
