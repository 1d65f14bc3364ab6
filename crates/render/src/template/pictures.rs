//! Pictures from their files, each decoded once as long as there is room to keep it.

use std::sync::{Arc, OnceLock};

use marquetry_codec::{DecodeWarning, Limits, decode};
use marquetry_pixel::Raster;
use marquetry_template::Picture;
use marquetry_template::geometry::Area;

use super::Drawing;
use super::correct::correct;
use super::supplies::Supplies;
use super::warning::WarningCode;
use crate::error::RenderError;
use crate::picture::Room;

/// Bytes of pixels that are kept, because another layer may show the same picture.
const KEPT: u64 = 256 << 20;

/// From here on a pixel belongs to what a cut-out shows.
const SEEN: u8 = 128;

/// A decoded picture: upright, sRGB.
#[derive(Debug)]
pub(super) struct Brought {
    pub(super) raster: Arc<Raster>,
    pub(super) opaque: bool,
    content: OnceLock<Option<Area>>,
}

impl Brought {
    /// The box around what is not transparent, in its pixels; `None` when all of it is opaque, or
    /// nothing can be seen.
    pub(super) fn content(&self) -> Option<Area> {
        if self.opaque {
            return None;
        }
        *self.content.get_or_init(|| content(&self.raster))
    }
}

fn content(raster: &Raster) -> Option<Area> {
    let (mut left, mut right) = (u32::MAX, 0);
    let (mut top, mut bottom) = (None, 0);
    for y in 0..raster.height() {
        let row = raster.row(y).as_chunks::<4>().0;
        let seen = |pixel: &[u8; 4]| pixel[3] >= SEEN;
        let Some(first) = row.iter().position(seen) else {
            continue;
        };
        let last = row.iter().rposition(seen).unwrap_or(first);
        let column = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        left = left.min(column(first));
        right = right.max(column(last) + 1);
        top.get_or_insert(y);
        bottom = y + 1;
    }
    let (x, y) = (f64::from(left), f64::from(top?));
    Some(Area::new(x, y, f64::from(right) - x, f64::from(bottom) - y))
}

/// The pictures at hand.
#[derive(Debug)]
pub(super) struct Pictures<'a> {
    supplies: &'a Supplies,
    limits: &'a Limits,
    /// The last one was used last.
    kept: Vec<(Picture, Arc<Brought>)>,
}

impl<'a> Pictures<'a> {
    pub(super) fn new(supplies: &'a Supplies, limits: &'a Limits) -> Self {
        Self {
            supplies,
            limits,
            kept: Vec::new(),
        }
    }

    fn found(&mut self, picture: &Picture) -> Option<Arc<Brought>> {
        let at = self.kept.iter().position(|(kept, _)| kept == picture)?;
        let entry = self.kept.remove(at);
        let brought = Arc::clone(&entry.1);
        self.kept.push(entry);
        Some(brought)
    }

    fn keep(&mut self, picture: &Picture, brought: &Arc<Brought>) {
        self.kept.push((picture.clone(), Arc::clone(brought)));
        let cost = |kept: &[(Picture, Arc<Brought>)]| -> u64 {
            kept.iter().map(|(_, brought)| brought.raster.cost()).sum()
        };
        while cost(&self.kept) > KEPT {
            self.kept.remove(0);
        }
    }
}

impl Drawing<'_> {
    /// The pixels of a picture that `layer` shows.
    pub(super) fn picture(&mut self, picture: &Picture, layer: &str) -> Result<Arc<Brought>, RenderError> {
        if let Some(found) = self.pictures.found(picture) {
            self.complain(picture, &found, layer);
            return Ok(found);
        }
        let supplies = self.pictures.supplies;
        let bytes = supplies
            .pictures
            .get(picture)
            .ok_or_else(|| missing(layer, "the picture"))?;
        let (mut raster, opaque) = self.decode(bytes, layer)?;
        if picture.correction {
            correct(&mut raster);
        }
        let brought = Arc::new(Brought {
            raster: Arc::new(raster),
            opaque,
            content: OnceLock::new(),
        });
        self.complain(picture, &brought, layer);
        self.pictures.keep(picture, &brought);
        self.watch.left(Room::Decode);
        Ok(brought)
    }

    /// Pixels of a file, and whether all of them are opaque.
    pub(super) fn decode(&mut self, bytes: &[u8], layer: &str) -> Result<(Raster, bool), RenderError> {
        self.watch.left(Room::Plan);
        let decoded = decode(bytes, self.pictures.limits).map_err(|source| RenderError::Picture {
            layer: layer.to_owned(),
            source,
        })?;
        for warning in &decoded.warnings {
            if matches!(warning, DecodeWarning::ProfileIgnored { .. }) {
                self.warnings
                    .add(WarningCode::ProfileIgnored, layer, warning.to_string());
            }
        }
        self.watch.left(Room::Decode);
        Ok((decoded.raster, decoded.opaque))
    }

    fn complain(&mut self, picture: &Picture, brought: &Brought, layer: &str) {
        if picture.remove_background && brought.opaque {
            let message = "the background of the picture was not taken away";
            self.warnings.add(WarningCode::BackgroundKept, layer, message);
        }
    }
}

/// Something that was to be given and was not.
pub(super) fn missing(layer: &str, what: &'static str) -> RenderError {
    RenderError::SupplyMissing {
        layer: layer.to_owned(),
        what,
    }
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::Size;

    use super::*;

    #[test]
    fn a_cut_out_knows_what_shows_of_it() {
        let mut raster = Raster::new(Size::new(20, 10));
        assert_eq!(content(&raster), None);
        for y in 3..7 {
            raster.row_mut(y)[4 * 5..4 * 9].fill(200);
        }
        // A haze around it is not it.
        raster.row_mut(0).fill(40);
        assert_eq!(content(&raster), Some(Area::new(5.0, 3.0, 4.0, 4.0)));
    }
}
