//! QR codes: a square in the middle of the frame.

use marquetry_codec::{QrCode, QrLevel};
use marquetry_template::geometry::Area;
use marquetry_template::{ErrorCorrection, FilledLayer, FilledQr};
use marquetry_text::kurbo::BezPath;

use super::Drawing;
use super::forms;
use super::ground::Ground;
use super::layers::{Body, is_square, solid};
use super::sheet::Sheet;
use crate::error::RenderError;

impl Drawing<'_> {
    #[expect(
        clippy::unused_self,
        reason = "what layers show is drawn by the drawing, whatever it needs of it"
    )]
    pub(super) fn qr(
        &mut self,
        qr: &FilledQr,
        layer: &FilledLayer,
        ground: &Ground,
        frame: Area,
        sheet: &mut Sheet,
    ) -> Result<Option<Body>, RenderError> {
        let level = match qr.ecc {
            ErrorCorrection::L => QrLevel::L,
            ErrorCorrection::M => QrLevel::M,
            ErrorCorrection::Q => QrLevel::Q,
            ErrorCorrection::H => QrLevel::H,
        };
        let Some(code) = QrCode::new(&qr.words, level) else {
            return Err(RenderError::WordsTooLong {
                layer: layer.name.clone(),
            });
        };
        let side = frame.width.min(frame.height);
        let square = Area::new(
            (frame.width - side) / 2.0,
            (frame.height - side) / 2.0,
            side,
            side,
        );
        let edge = forms::rounded(square, layer.corner_radius);
        let mut nodes = Vec::new();
        let ground_mask = sheet.mask(&layer.name, &edge, ground, ground.area)?;
        let Some(ground_mask) = ground_mask else {
            return Ok(None);
        };
        if qr.background.alpha > 0 {
            let masks = if is_square(layer) {
                vec![ground_mask.clone()]
            } else {
                Vec::new()
            };
            nodes.push(solid(qr.background, masks));
        }
        let modules = modules(&code, qr.quiet_zone, square);
        if let Some(mask) = sheet.mask(&layer.name, &modules, ground, ground.area)? {
            nodes.push(solid(qr.colour, vec![mask]));
        }
        if is_square(layer) {
            return Ok(Some(Body::free(nodes, edge)));
        }
        Ok(Some(Body {
            clip: vec![ground_mask],
            clip_is_edge: true,
            solid: qr.background.alpha == 255,
            ..Body::free(nodes, edge)
        }))
    }
}

/// The dark modules, those that touch in a row as one.
fn modules(code: &QrCode, zone: u32, square: Area) -> BezPath {
    let count = code.side() + 2 * zone;
    let module = square.width / f64::from(count);
    let mut path = BezPath::new();
    for y in 0..code.side() {
        let mut x = 0;
        while x < code.side() {
            let length = (x..code.side()).take_while(|x| code.is_dark(*x, y)).count();
            let length = u32::try_from(length).unwrap_or(0);
            if length > 0 {
                let run = Area::new(
                    square.x + f64::from(x + zone) * module,
                    square.y + f64::from(y + zone) * module,
                    f64::from(length) * module,
                    module,
                );
                path.extend(forms::rectangle(run));
            }
            x += length + 1;
        }
    }
    path
}
