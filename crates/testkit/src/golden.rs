//! Golden pictures: what a test draws is compared with a PNG that somebody looked at.
//!
//! ```no_run
//! use marquetry_testkit::golden;
//! use marquetry_testkit::golden::{Picture, Tolerance};
//!
//! golden!("blend/multiply_over_half_alpha", Tolerance::EXACT, || Picture::from_fn(8, 8, |_| [9, 9, 9, 255]));
//! ```
//!
//! The PNG lies under the calling crate's `tests/golden/`. On a difference, a strip of *expected, diff, actual* is
//! left in the target folder and the test fails with its path. `MARQUETRY_BLESS=1` writes the picture instead:
//! look at it before you commit it.

use std::path::{Path, PathBuf};

pub use crate::paint::Picture;

/// How far a picture may be from its golden one. Above zero it wants a comment with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// The greatest difference of any sample.
    pub level: u8,
    /// How many pixels may differ by more than that.
    pub pixels: usize,
}

impl Tolerance {
    /// Every byte the same.
    pub const EXACT: Self = Self { level: 0, pixels: 0 };

    /// Every sample within `level`.
    #[must_use]
    pub const fn within(level: u8) -> Self {
        Self { level, pixels: 0 }
    }
}

/// Compares a picture with the golden one of the calling crate: name, tolerance, closure that draws it.
#[macro_export]
macro_rules! golden {
    ($name:expr, $tolerance:expr, $draw:expr) => {
        $crate::golden::check(env!("CARGO_MANIFEST_DIR"), $name, $tolerance, $draw)
    };
}

/// Why a picture is not its golden one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// Nobody has blessed a picture of this name.
    #[error("no golden picture at {path}: look at {actual}, then run again with MARQUETRY_BLESS=1")]
    Missing {
        /// Where it would lie.
        path: PathBuf,
        /// What the test drew.
        actual: PathBuf,
    },
    /// The two have different sizes.
    #[error("{name} is {actual_width}x{actual_height}, its golden picture {width}x{height}")]
    Size {
        /// The picture's name.
        name: String,
        /// Golden columns.
        width: usize,
        /// Golden rows.
        height: usize,
        /// Columns drawn.
        actual_width: usize,
        /// Rows drawn.
        actual_height: usize,
    },
    /// Samples differ.
    #[error(
        "{name}: {pixels} pixels differ by more than {level}, by {worst} at ({x}, {y}) most; see {strip}"
    )]
    Pixels {
        /// The picture's name.
        name: String,
        /// Pixels beyond the tolerance.
        pixels: usize,
        /// The level tolerated.
        level: u8,
        /// The greatest difference of a sample.
        worst: u8,
        /// Column of the worst pixel.
        x: usize,
        /// Its row.
        y: usize,
        /// The strip of expected, diff, actual.
        strip: PathBuf,
    },
    /// A file could not be read or written.
    #[error("cannot use {path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The golden file is not a PNG.
    #[error("cannot read {path}")]
    Png {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: png::DecodingError,
    },
}

/// What [`golden!`] calls.
///
/// # Panics
/// When the picture is not its golden one: this is an assertion.
pub fn check(crate_dir: &str, name: &str, tolerance: Tolerance, draw: impl FnOnce() -> Picture) {
    let bless = std::env::var_os("MARQUETRY_BLESS").is_some_and(|value| value == "1");
    let golden = Path::new(crate_dir)
        .join("tests/golden")
        .join(format!("{name}.png"));
    if let Err(mismatch) = compare(&golden, &failures(crate_dir), name, tolerance, &draw(), bless) {
        let source = std::error::Error::source(&mismatch)
            .map(|source| format!(": {source}"))
            .unwrap_or_default();
        panic!("{mismatch}{source}");
    }
}

/// Where strips are left: beside the build, which git ignores.
fn failures(crate_dir: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(crate_dir).join("../../target"), PathBuf::from);
    target.join("tmp/golden")
}

/// Compares `actual` with the file at `golden`, or writes that when blessing.
///
/// # Errors
/// How they differ, or why a file could not be used.
pub fn compare(
    golden: &Path,
    failures: &Path,
    name: &str,
    tolerance: Tolerance,
    actual: &Picture,
    bless: bool,
) -> Result<(), Mismatch> {
    if bless {
        return write(golden, actual);
    }
    let Ok(bytes) = std::fs::read(golden) else {
        let left = failures.join(format!("{name}.png"));
        write(&left, actual)?;
        return Err(Mismatch::Missing {
            path: golden.into(),
            actual: left,
        });
    };
    let expected = Picture::from_png(&bytes).map_err(|source| Mismatch::Png {
        path: golden.into(),
        source,
    })?;
    if (expected.width, expected.height) != (actual.width, actual.height) {
        return Err(Mismatch::Size {
            name: name.into(),
            width: expected.width,
            height: expected.height,
            actual_width: actual.width,
            actual_height: actual.height,
        });
    }
    let differences: Vec<u8> = expected
        .rgba
        .chunks_exact(4)
        .zip(actual.rgba.chunks_exact(4))
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0))
        .collect();
    let pixels = differences
        .iter()
        .filter(|difference| **difference > tolerance.level)
        .count();
    if pixels <= tolerance.pixels {
        return Ok(());
    }
    let (index, worst) = differences
        .iter()
        .copied()
        .enumerate()
        .max_by_key(|(_, difference)| *difference)
        .unwrap_or((0, 0));
    let strip = failures.join(format!("{name}.png"));
    write(&strip, &side_by_side(&expected, &differences, actual))?;
    Err(Mismatch::Pixels {
        name: name.into(),
        pixels,
        level: tolerance.level,
        worst,
        x: index % actual.width.max(1),
        y: index / actual.width.max(1),
        strip,
    })
}

fn write(path: &Path, picture: &Picture) -> Result<(), Mismatch> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, picture.to_png()))
        .map_err(|source| Mismatch::File {
            path: path.into(),
            source,
        })
}

/// Expected, differences (black is none, the least one already shows), actual, from left to right.
fn side_by_side(expected: &Picture, differences: &[u8], actual: &Picture) -> Picture {
    let width = expected.width;
    let mut rgba = Vec::with_capacity(width * expected.height * 12);
    for row in 0..expected.height {
        let pixels = row * width..(row + 1) * width;
        rgba.extend_from_slice(&expected.rgba[pixels.start * 4..pixels.end * 4]);
        for difference in &differences[pixels.clone()] {
            let shown = if *difference == 0 {
                0
            } else {
                difference.saturating_mul(8).max(64)
            };
            rgba.extend([shown, shown / 4, 0, 255]);
        }
        rgba.extend_from_slice(&actual.rgba[pixels.start * 4..pixels.end * 4]);
    }
    Picture {
        width: width * 3,
        height: expected.height,
        rgba,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("marquetry-golden-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn compare(&self, picture: &Picture, tolerance: Tolerance, bless: bool) -> Result<(), Mismatch> {
            compare(
                &self.0.join("golden/a/b.png"),
                &self.0.join("failed"),
                "a/b",
                tolerance,
                picture,
                bless,
            )
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn ramp(lift: u8) -> Picture {
        Picture::from_fn(6, 4, |[x, y]| {
            [
                crate::paint::byte(x * 20.0) + lift,
                crate::paint::byte(y * 20.0),
                3,
                255,
            ]
        })
    }

    #[test]
    fn a_blessed_picture_is_found_and_a_changed_one_refused() {
        let folder = Folder::new("blessed");
        assert!(matches!(
            folder.compare(&ramp(0), Tolerance::EXACT, false),
            Err(Mismatch::Missing { .. })
        ));
        folder.compare(&ramp(0), Tolerance::EXACT, true).unwrap();
        folder.compare(&ramp(0), Tolerance::EXACT, false).unwrap();
        folder.compare(&ramp(2), Tolerance::within(2), false).unwrap();
        let refused = folder.compare(&ramp(2), Tolerance::within(1), false);
        let Err(Mismatch::Pixels {
            pixels, worst, strip, ..
        }) = refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!((pixels, worst), (24, 2));
        let strip = Picture::from_png(&std::fs::read(strip).unwrap()).unwrap();
        assert_eq!((strip.width, strip.height), (18, 4));
    }

    #[test]
    fn another_size_is_refused() {
        let folder = Folder::new("size");
        folder.compare(&ramp(0), Tolerance::EXACT, true).unwrap();
        let other = Picture::from_fn(4, 6, |_| [0; 4]);
        assert!(matches!(
            folder.compare(&other, Tolerance::within(255), false),
            Err(Mismatch::Size { .. })
        ));
    }
}
