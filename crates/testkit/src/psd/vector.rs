//! Curves, fills, strokes and patterns as the blocks of fill and shape layers hold them.

use crate::bytes::{Ink, LengthField};

use super::descriptor::{Descriptor, Value};
use super::mask::fixed;

/// One curve of a vector mask, in canvas fractions (0 to 1, x then y).
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// For each knot the handle before it, the knot, and the handle after it.
    pub knots: Vec<[[f64; 2]; 3]>,
    /// Whether the last knot is joined to the first.
    pub closed: bool,
    /// 0 exclude, 1 combine, 2 subtract, 3 intersect, -1 the same shape as the curve before.
    pub operation: i16,
    /// 1 even-odd, 2 non-zero.
    pub rule: u16,
}

impl Curve {
    /// A closed polygon, combined with what is before it.
    #[must_use]
    pub fn polygon(corners: &[[f64; 2]]) -> Self {
        Self {
            knots: corners.iter().map(|&corner| [corner; 3]).collect(),
            closed: true,
            operation: 1,
            rule: 1,
        }
    }

    /// An ellipse of four curves.
    #[must_use]
    pub fn ellipse([x, y]: [f64; 2], [across, down]: [f64; 2]) -> Self {
        // What makes four cubic curves a circle, to 3 parts in 10,000.
        let pull = 0.552_284_749_8;
        let knot = |[dx, dy]: [f64; 2], [hx, hy]: [f64; 2]| {
            let at = |back: f64| [x + across * (dx + back * hx), y + down * (dy + back * hy)];
            [at(-pull), at(0.0), at(pull)]
        };
        Self {
            knots: vec![
                knot([1.0, 0.0], [0.0, 1.0]),
                knot([0.0, 1.0], [-1.0, 0.0]),
                knot([-1.0, 0.0], [0.0, -1.0]),
                knot([0.0, -1.0], [1.0, 0.0]),
            ],
            ..Self::polygon(&[])
        }
    }

    /// Not joined at its ends.
    #[must_use]
    pub fn open(self) -> Self {
        Self {
            closed: false,
            ..self
        }
    }

    /// Meets what is before it by `operation`.
    #[must_use]
    pub fn meeting(self, operation: i16) -> Self {
        Self { operation, ..self }
    }
}

/// The body of a `vmsk` or `vsms` block. Flags: 1 inverted, 2 not linked, 4 disabled.
///
/// # Panics
/// When a point is outside -128 to 128, which the file's fixed point cannot hold.
#[must_use]
pub fn vector_path(flags: u32, curves: &[Curve]) -> Vec<u8> {
    let mut ink = Ink::new();
    ink.u32(3).u32(flags);
    ink.u16(6).raw(&[0; 24]).u16(8).raw(&[0; 24]);
    for curve in curves {
        let count = u16::try_from(curve.knots.len()).expect("few knots");
        ink.u16(if curve.closed { 0 } else { 3 })
            .u16(count)
            .i16(curve.operation)
            .u16(curve.rule)
            .raw(&[0; 18]);
        for points in &curve.knots {
            ink.u16(if curve.closed { 2 } else { 5 });
            // Rows come first.
            for [x, y] in points {
                ink.i32(fixed(*y)).i32(fixed(*x));
            }
        }
    }
    ink.into_bytes()
}

/// A gradient (`Grdn`) of colours at places from 0 to 1, opaque. Smoothness
/// (`Intr`) is left out, which is full.
#[must_use]
pub fn gradient(stops: &[(f64, [u8; 3])]) -> Descriptor {
    let place = |at: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "4096ths")]
        let at = (at * 4096.0).round() as i32;
        at
    };
    let colours = stops.iter().map(|&(at, rgb)| {
        Value::Object(
            Descriptor::new("Clrt")
                .object("Clr ", Descriptor::rgb(rgb.map(f64::from)))
                .enumerated("Type", "Clry", "UsrS")
                .integer("Lctn", place(at))
                .integer("Mdpn", 50),
        )
    });
    let opacities = [0.0, 1.0].map(|at| {
        Value::Object(
            Descriptor::new("TrnS")
                .unit("Opct", b"#Prc", 100.0)
                .integer("Lctn", place(at))
                .integer("Mdpn", 50),
        )
    });
    Descriptor::new("Grdn")
        .text("Nm  ", "Test")
        .enumerated("GrdF", "GrdF", "CstS")
        .with("Clrs", Value::List(colours.collect()))
        .with("Trns", Value::List(opacities.to_vec()))
}

/// A gradient laid at `angle` degrees: the body of `GdFl`, or a stroke's paint. `style` is `Lnr `,
/// `Rdl `, `Angl`, `Rflc` or `Dmnd`.
#[must_use]
pub fn gradient_fill(style: &str, angle: f64, gradient: Descriptor) -> Descriptor {
    Descriptor::new("gradientLayer")
        .unit("Angl", b"#Ang", angle)
        .enumerated("Type", "GrdT", style)
        .object("Grad", gradient)
}

/// A pattern by its id: the body of `PtFl`, or a stroke's paint.
#[must_use]
pub fn pattern_fill(id: &str) -> Descriptor {
    let name = Descriptor::new("Ptrn").text("Nm  ", "Test").text("Idnt", id);
    Descriptor::new("patternLayer").object("Ptrn", name)
}

/// A live stroke (`vstk`) of `width` pixels on a shape that is filled as well. `alignment` is `Inside`, `Center` or `Outside`.
#[must_use]
pub fn stroke(width: f64, alignment: &str, paint: Descriptor) -> Descriptor {
    Descriptor::new("strokeStyle")
        .bool("strokeEnabled", true)
        .unit("strokeStyleLineWidth", b"#Pxl", width)
        .double("strokeStyleResolution", 72.0)
        .double("strokeStyleMiterLimit", 100.0)
        .enumerated(
            "strokeStyleLineAlignment",
            "strokeStyleLineAlignment",
            &format!("strokeStyleAlign{alignment}"),
        )
        .object("strokeStyleContent", paint)
}

/// One plain colour as the paint of a stroke.
#[must_use]
pub fn solid_paint(rgb: [u8; 3]) -> Descriptor {
    Descriptor::new("solidColorLayer").object("Clr ", Descriptor::rgb(rgb.map(f64::from)))
}

/// The body of a `Patt` block with one pattern of 8-bit RGB.
///
/// # Panics
/// When `rgb` does not fill `width` by `height`.
#[must_use]
pub fn pattern_block(id: &str, width: u16, height: u16, rgb: &[[u8; 3]]) -> Vec<u8> {
    assert_eq!(
        rgb.len(),
        usize::from(width) * usize::from(height),
        "the tile is filled"
    );
    let edges = |ink: &mut Ink| {
        ink.i32(0).i32(0).i32(height.into()).i32(width.into());
    };
    let mut ink = Ink::new();
    ink.block(LengthField::Four, |body| {
        body.u32(1)
            .u32(3)
            .u16(height)
            .u16(width)
            .unicode("Test")
            .pascal(id, 1);
        body.u32(3).block(LengthField::Four, |list| {
            edges(list);
            list.u32(3);
            for channel in 0..3 {
                list.u32(1).block(LengthField::Four, |plane| {
                    plane.u32(8);
                    edges(plane);
                    // Raw.
                    plane.u16(8).u8(0);
                    for pixel in rgb {
                        plane.u8(pixel[channel]);
                    }
                });
            }
            // Neither mask nor transparency.
            list.u32(0).u32(0);
        });
    });
    ink.pad(4);
    ink.into_bytes()
}
