//! Drawn forms: one colour or a gradient inside an outline.

use std::sync::Arc;

use marquetry_compose::{
    ColourStop, Gradient, GradientShape, Layer as Painted, Mixing, Node, OpacityStop, Paint, Ramp,
};
use marquetry_pixel::Projective;
use marquetry_template::geometry::Area;
use marquetry_template::{Colour, FilledFill, FilledLayer, FilledShape, GradientKind, Outline};
use marquetry_text::kurbo::Affine;

use super::Drawing;
use super::forms;
use super::ground::Ground;
use super::layers::{Body, is_square, solid};
use super::sheet::Sheet;
use crate::error::RenderError;

/// What a ramp takes, in bytes.
const RAMP: u64 = 4097 * 16;

impl Drawing<'_> {
    #[expect(
        clippy::unused_self,
        reason = "what layers show is drawn by the drawing, whatever it needs of it"
    )]
    pub(super) fn shape(
        &mut self,
        shape: &FilledShape,
        layer: &FilledLayer,
        ground: &Ground,
        frame: Area,
        sheet: &mut Sheet,
    ) -> Result<Option<Body>, RenderError> {
        let edge = forms::shape(&shape.outline, frame, layer.corner_radius);
        let open = *shape.outline == Outline::Line;
        let (Some(fill), false) = (&shape.fill, open) else {
            return Ok(Some(Body::free(Vec::new(), edge)));
        };
        let Some(inside) = sheet.mask(&layer.name, &edge, ground, ground.area)? else {
            // A form without area can still have a line along it.
            return Ok(Some(Body::free(Vec::new(), edge)));
        };
        let mut clip = vec![inside];
        if *shape.outline != Outline::Rect && !is_square(layer) {
            let corners = forms::rounded(frame, layer.corner_radius);
            match sheet.mask(&layer.name, &corners, ground, ground.area)? {
                Some(mask) => clip.push(mask),
                None => return Ok(None),
            }
        }
        let (node, solid) = match fill {
            FilledFill::Colour(colour) => (solid(*colour, Vec::new()), colour.alpha == 255),
            FilledFill::Gradient { kind, angle, stops } => {
                sheet.admit(&layer.name, RAMP)?;
                let Some(map) = along(*kind, *angle, frame, ground) else {
                    return Ok(None);
                };
                let gradient = Gradient {
                    shape: match kind {
                        GradientKind::Linear => GradientShape::Linear,
                        GradientKind::Radial => GradientShape::Radial,
                    },
                    map,
                    ramp: Arc::new(ramp(stops)),
                    dither: false,
                };
                let solid = gradient.is_opaque();
                let paint = Paint::Gradient(Arc::new(gradient));
                (Node::Layer(Painted::new(paint)), solid)
            }
        };
        Ok(Some(Body {
            nodes: vec![node],
            clip_is_edge: clip.len() == 1,
            clip,
            edge,
            solid,
        }))
    }
}

/// Pixels of the page to the plane of a gradient. A linear one is as long as the frame is in its
/// direction, so that the corners have the colours of its ends; a radial one ends in the corners.
fn along(kind: GradientKind, angle: f64, frame: Area, ground: &Ground) -> Option<Projective> {
    let (sine, cosine) = angle.to_radians().sin_cos();
    let (width, height) = (frame.width, frame.height);
    let (length, start) = match kind {
        GradientKind::Linear => (width * cosine.abs() + height * sine.abs(), 0.5),
        GradientKind::Radial => (width.hypot(height) / 2.0, 0.0),
    };
    let middle = (frame.x + width / 2.0, frame.y + height / 2.0);
    let plane = Affine::translate(middle)
        * Affine::rotate(angle.to_radians())
        * Affine::scale(length)
        * Affine::translate((-start, 0.0));
    // Colours are looked up at a pixel's corner and wanted at its middle.
    ground
        .carry(plane)
        .inverse()
        .map(|map| map.after(&Projective::translation(0.5, 0.5)))
}

fn ramp(stops: &[(f64, Colour)]) -> Ramp {
    let midpoint = 0.5;
    let colours: Vec<ColourStop> = stops
        .iter()
        .map(|(at, colour)| ColourStop {
            at: *at,
            midpoint,
            colour: colour.rgb.into(),
        })
        .collect();
    let opacities: Vec<OpacityStop> = stops
        .iter()
        .map(|(at, colour)| OpacityStop {
            at: *at,
            midpoint,
            opacity: f64::from(colour.alpha) / 255.0,
        })
        .collect();
    Ramp::new(&colours, &opacities, 0.0, Mixing::Classic)
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::{Point, Size};

    use super::*;

    const FRAME: Area = Area::new(0.0, 0.0, 80.0, 40.0);

    fn at(kind: GradientKind, angle: f64, x: f64, y: f64) -> Point {
        let map = along(kind, angle, FRAME, &Ground::page(Size::new(80, 40))).unwrap();
        map.apply(Point::new(x - 0.5, y - 0.5))
    }

    #[test]
    fn a_linear_gradient_ends_in_the_corners() {
        let near = |is: f64, wanted: f64| assert!((is - wanted).abs() < 1e-9, "{is} {wanted}");
        near(at(GradientKind::Linear, 0.0, 0.0, 20.0).x, 0.0);
        near(at(GradientKind::Linear, 0.0, 80.0, 20.0).x, 1.0);
        near(at(GradientKind::Linear, 90.0, 40.0, 10.0).x, 0.25);
        near(at(GradientKind::Linear, 45.0, 0.0, 0.0).x, 0.0);
        near(at(GradientKind::Linear, 45.0, 80.0, 40.0).x, 1.0);
        near(at(GradientKind::Linear, 180.0, 80.0, 3.0).x, 0.0);
        let corner = at(GradientKind::Radial, 30.0, 80.0, 0.0);
        near(corner.x.hypot(corner.y), 1.0);
        near(at(GradientKind::Radial, 0.0, 40.0, 20.0).x, 0.0);
    }

    #[test]
    fn stops_in_one_place_are_a_hard_edge() {
        let (black, white) = (Colour::BLACK, Colour::WHITE);
        let ramp = ramp(&[(0.0, black), (0.5, black), (0.5, white), (1.0, white)]);
        assert_eq!(ramp.at(0.49), [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(ramp.at(0.51), [1.0; 4]);
    }
}
