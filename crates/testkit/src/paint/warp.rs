//! The projective map of one quadrilateral to another, and pictures seen through it.

use super::{Picture, Point};

/// A projective map, row by row, the last number 1 or as the inverse leaves it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homography(pub [f64; 9]);

impl Homography {
    /// The map that takes each corner of `from` to the same corner of `to`.
    ///
    /// # Panics
    /// When three corners lie on a line.
    #[must_use]
    pub fn between(from: [Point; 4], to: [Point; 4]) -> Self {
        // Two rows a corner: a Gaussian elimination with pivots, the right side as a ninth column.
        let mut rows = [[0.0; 9]; 8];
        for (index, ([x, y], [u, v])) in from.into_iter().zip(to).enumerate() {
            rows[index * 2] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
            rows[index * 2 + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
        }
        for column in 0..8 {
            let pivot = (column..8)
                .max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))
                .expect("a row is left");
            rows.swap(column, pivot);
            assert!(rows[column][column].abs() > 1e-12, "the corners span an area");
            for row in column + 1..8 {
                let factor = rows[row][column] / rows[column][column];
                let above = rows[column];
                rows[row]
                    .iter_mut()
                    .zip(above)
                    .skip(column)
                    .for_each(|(value, above)| *value -= factor * above);
            }
        }
        let mut h = [1.0; 9];
        for row in (0..8).rev() {
            let known: f64 = (row + 1..8).map(|k| rows[row][k] * h[k]).sum();
            h[row] = (rows[row][8] - known) / rows[row][row];
        }
        Self(h)
    }

    /// The map back.
    #[must_use]
    pub fn inverse(self) -> Self {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let adjugate = [
            e * i - f * h,
            c * h - b * i,
            b * f - c * e,
            f * g - d * i,
            a * i - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ];
        let determinant = a * adjugate[0] + b * adjugate[3] + c * adjugate[6];
        Self(adjugate.map(|value| value / determinant))
    }

    /// Where a point goes.
    #[must_use]
    pub fn apply(self, [x, y]: Point) -> Point {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let w = g * x + h * y + i;
        [(a * x + b * y + c) / w, (d * x + e * y + f) / w]
    }
}

/// The corners of a picture of this size, clockwise from the top left.
#[must_use]
pub fn corners(width: f64, height: f64) -> [Point; 4] {
    [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]
}

/// The premultiplied colour (0 to 255) at a point of `picture`, bilinear between pixel centres, clear outside.
#[must_use]
pub fn sample(picture: &Picture, [x, y]: Point) -> [f64; 4] {
    let (width, height) = (picture.width as i64, picture.height as i64);
    let clamp = |v: f64, size: i64| (v - 0.5).clamp(-1.0, size as f64);
    let (sx, sy) = (clamp(x, width), clamp(y, height));
    let (ix, iy) = (
        (sx.floor() as i64).min(width - 1),
        (sy.floor() as i64).min(height - 1),
    );
    let (fx, fy) = (sx - ix as f64, sy - iy as f64);
    let texel = |x: i64, y: i64| -> [f64; 4] {
        if x < 0 || y < 0 || x >= width || y >= height {
            return [0.0; 4];
        }
        let start = (y * width + x) as usize * 4;
        let pixel = &picture.rgba[start..start + 4];
        let alpha = f64::from(pixel[3]);
        let share = alpha / 255.0;
        [
            f64::from(pixel[0]) * share,
            f64::from(pixel[1]) * share,
            f64::from(pixel[2]) * share,
            alpha,
        ]
    };
    let (a, b, c, d) = (
        texel(ix, iy),
        texel(ix + 1, iy),
        texel(ix, iy + 1),
        texel(ix + 1, iy + 1),
    );
    std::array::from_fn(|k| {
        let top = a[k] * (1.0 - fx) + b[k] * fx;
        let bottom = c[k] * (1.0 - fx) + d[k] * fx;
        top * (1.0 - fy) + bottom * fy
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_go_where_they_are_sent_and_back() {
        let to = [[20.0, 19.0], [81.0, 24.0], [76.0, 81.0], [23.0, 77.0]];
        let map = Homography::between(corners(60.0, 80.0), to);
        for (from, to) in corners(60.0, 80.0).into_iter().zip(to) {
            let there = map.apply(from);
            let back = map.inverse().apply(to);
            for axis in 0..2 {
                assert!((there[axis] - to[axis]).abs() < 1e-9 && (back[axis] - from[axis]).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn outside_is_clear_and_centres_are_exact() {
        let picture = Picture::from_fn(2, 1, |[x, _]| [super::super::byte(x * 100.0), 0, 0, 255]);
        assert_eq!(sample(&picture, [0.5, 0.5]), [50.0, 0.0, 0.0, 255.0]);
        assert_eq!(sample(&picture, [1.0, 0.5]), [100.0, 0.0, 0.0, 255.0]);
        assert_eq!(sample(&picture, [-1.0, 0.5]), [0.0; 4]);
    }
}
