//! Warps of placed layers and of type: a named style with its strength, or a mesh.

use marquetry_pixel::Point;

use crate::{
    bounds::Bounds,
    descriptor::{Descriptor, Key},
};

/// A warp.
#[derive(Clone, Debug, PartialEq)]
pub struct Warp {
    /// Named shape, or a mesh of its own.
    pub style: WarpStyle,
    /// Strength of a named style, `-100.0..=100.0` per cent.
    pub value: f64,
    /// Several strengths, for the styles that have more than one (`warpCylinder`).
    pub values: Vec<f64>,
    /// Horizontal distortion, `-100.0..=100.0` per cent.
    pub perspective: f64,
    /// Vertical distortion, `-100.0..=100.0` per cent.
    pub perspective_other: f64,
    /// The axis that a named style bends along.
    pub axis: WarpAxis,
    /// What is warped, in pixels of the content.
    pub bounds: Option<Bounds>,
    /// Order of the surface from left to right; 4 is cubic.
    pub u_order: i32,
    /// Order of the surface from top to bottom.
    pub v_order: i32,
    /// Control points of a custom warp.
    pub mesh: Option<WarpMesh>,
}

/// The axis of a named warp style.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WarpAxis {
    /// `Hrzn`.
    #[default]
    Horizontal,
    /// `Vrtc`.
    Vertical,
}

/// Control points of cubic patches.
#[derive(Clone, Debug, PartialEq)]
pub struct WarpMesh {
    /// Control points in one row. 4 for a single patch, `3 n + 1` for `n` patches side by side.
    pub columns: usize,
    /// Rows of control points.
    pub rows: usize,
    /// The points, row by row from the top, in pixels of the content.
    pub points: Vec<Point>,
    /// Where a split warp is cut from left to right, ends included; empty for a single patch.
    pub slices_x: Vec<f64>,
    /// Where a split warp is cut from top to bottom, ends included.
    pub slices_y: Vec<f64>,
}

/// The shapes of Photoshop's warp menu.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is the name that Photoshop's menu shows")]
pub enum WarpStyle {
    #[default]
    None,
    Custom,
    Arc,
    ArcLower,
    ArcUpper,
    Arch,
    Bulge,
    ShellLower,
    ShellUpper,
    Flag,
    Wave,
    Fish,
    Rise,
    Fisheye,
    Inflate,
    Squeeze,
    Twist,
    Cylinder,
    Other(Key),
}

impl WarpStyle {
    fn from_key(key: &Key) -> Self {
        match key.as_bytes() {
            b"warpNone" => Self::None,
            b"warpCustom" => Self::Custom,
            b"warpArc" => Self::Arc,
            b"warpArcLower" => Self::ArcLower,
            b"warpArcUpper" => Self::ArcUpper,
            b"warpArch" => Self::Arch,
            b"warpBulge" => Self::Bulge,
            b"warpShellLower" => Self::ShellLower,
            b"warpShellUpper" => Self::ShellUpper,
            b"warpFlag" => Self::Flag,
            b"warpWave" => Self::Wave,
            b"warpFish" => Self::Fish,
            b"warpRise" => Self::Rise,
            b"warpFisheye" => Self::Fisheye,
            b"warpInflate" => Self::Inflate,
            b"warpSqueeze" => Self::Squeeze,
            b"warpTwist" => Self::Twist,
            b"warpCylinder" => Self::Cylinder,
            _ => Self::Other(key.clone()),
        }
    }
}

impl Warp {
    /// Reads a `warp` or `quiltWarp` object. What it lacks gets the value that does nothing.
    pub fn from_descriptor(object: &Descriptor) -> Self {
        Self {
            style: object
                .enumeration("warpStyle")
                .map(WarpStyle::from_key)
                .unwrap_or_default(),
            value: object.f64("warpValue").unwrap_or(0.0),
            values: object
                .list("warpValues")
                .iter()
                .filter_map(crate::descriptor::Value::as_f64)
                .collect(),
            perspective: object.f64("warpPerspective").unwrap_or(0.0),
            perspective_other: object.f64("warpPerspectiveOther").unwrap_or(0.0),
            axis: match object.enumeration("warpRotate") {
                Some(axis) if *axis == *"Vrtc" => WarpAxis::Vertical,
                _ => WarpAxis::Horizontal,
            },
            bounds: object.object("bounds").and_then(Bounds::from_descriptor),
            u_order: object.i32("uOrder").unwrap_or(4),
            v_order: object.i32("vOrder").unwrap_or(4),
            mesh: object
                .object("customEnvelopeWarp")
                .and_then(|envelope| mesh(object, envelope)),
        }
    }

    /// Whether it leaves everything where it was.
    pub fn is_identity(&self) -> bool {
        self.style == WarpStyle::None
    }
}

/// `None` when the points do not fill rows and columns.
fn mesh(warp: &Descriptor, envelope: &Descriptor) -> Option<WarpMesh> {
    let points = envelope.object_array("meshPoints")?;
    let (across, down) = (points.floats("Hrzn"), points.floats("Vrtc"));
    // A split warp says how many points it has, a single patch has as many as its order.
    let count = |split, order| {
        warp.i64(split)
            .or(warp.i64(order))
            .and_then(|n| usize::try_from(n).ok())
    };
    let columns = count("deformNumCols", "uOrder").unwrap_or(4);
    let rows = count("deformNumRows", "vOrder").unwrap_or(4);
    if across.len() != down.len() || columns.checked_mul(rows)? != across.len() || across.is_empty() {
        return None;
    }
    let slices = |key| {
        envelope
            .object_array(key)
            .map(|array| array.floats(key).to_vec())
            .unwrap_or_default()
    };
    Some(WarpMesh {
        columns,
        rows,
        points: across.iter().zip(down).map(|(x, y)| Point::new(*x, *y)).collect(),
        slices_x: slices("quiltSliceX"),
        slices_y: slices("quiltSliceY"),
    })
}
