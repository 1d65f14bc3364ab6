//! How close a mockup's drawing comes to the picture that Photoshop saved with it, and why it is not
//! closer.
//!
//! The drawing is made from the layers alone: nothing here hands it the merged picture, which is
//! only read to be compared with. A document without layers is the exception; its merged picture is
//! all there is, so that it is compared with nothing.

mod colour_difference;
mod compare;
mod heat_map;
mod notes;
mod share;

use std::sync::Arc;

use marquetry_model::{Comparison, Drawn, Fidelity, Lack, LayerAddress, LayerFidelity, NoReference};
use marquetry_pixel::Raster;

pub(crate) use self::notes::{Note, Notes, Origin};
use crate::catalogue::kind;
use crate::draw::{Painter, draw_plan};
use crate::edits::{Edits, Redraw};
use crate::error::RenderError;
use crate::open::OpenMockup;
use crate::picture::{Picture, Room, Watch};
use crate::pixels;
use crate::plan::{Plates, Showing, draw_plates, plan};
use crate::undrawn::{Feature, Undrawn};

/// A mockup's drawing, and what it was found to be worth.
#[derive(Clone, Debug)]
pub struct Report {
    /// The mockup as it was saved, drawn from its layers.
    pub picture: Picture,
    /// The numbers and the layers.
    pub fidelity: Fidelity,
    /// Where the drawing differs: dark grey where it does not, from blue over yellow and red to white
    /// the more it does. No side is longer than 2048 pixels; a pixel of the map shows the worst one
    /// of those that it stands for. `None` when there was nothing to compare with.
    pub heat_map: Option<Raster>,
    /// Whether Photoshop's picture is one flat colour: a test of a colour, which says little about
    /// how layers are drawn.
    pub flat_reference: bool,
}

/// Draws `mockup` as it was saved and compares it with Photoshop's merged picture.
///
/// # Errors
/// [`RenderError`] when it cannot be drawn. A merged picture that cannot be read is no error, but is
/// told in the report.
pub fn report(
    mockup: &OpenMockup,
    painter: &Painter<'_>,
    watch: &mut dyn Watch,
) -> Result<Report, RenderError> {
    let edits = Edits::new(Redraw::Changed);
    let (raster, undrawn, notes, drawn_share) = if mockup.heavy {
        watch.left(Room::Plan);
        let Plates {
            mut colour,
            black,
            undrawn,
            notes,
        } = draw_plates(mockup, &edits, Showing::default(), painter)?;
        mockup.space().flatten(&mut colour, black, painter.threads);
        (Arc::new(colour), undrawn, notes, None)
    } else {
        let plan = plan(mockup, &edits, painter)?;
        watch.left(Room::Plan);
        let share = share::drawn_share(&plan.scene, &plan.notes.cached, painter)?;
        watch.left(Room::Compare);
        let (undrawn, notes) = (plan.undrawn.clone(), plan.notes.clone());
        let raster = draw_plan(mockup, plan, painter)?.raster;
        (raster, undrawn, notes, Some(share))
    };
    watch.left(Room::Draw);
    let layers = layers(mockup, &notes);

    let mut flat_reference = false;
    let (compared, heat_map) = match reference(mockup, painter) {
        Ok(reference) => {
            let (difference, map) = compare::compare(&reference, &raster, painter)?;
            flat_reference = reference.pixels().windows(2).all(|pair| pair[0] == pair[1]);
            (Comparison::Measured(difference), Some(map))
        }
        Err(reason) => (Comparison::NoReference(reason), None),
    };
    watch.left(Room::Compare);
    let fidelity = Fidelity {
        size: mockup.size(),
        compared,
        drawn_share,
        document: of_the_document(&undrawn, &layers),
        layers,
    };
    Ok(Report {
        picture: Picture { raster, undrawn },
        fidelity,
        heat_map,
        flat_reference,
    })
}

/// Photoshop's own picture over white, or why there is none.
fn reference(mockup: &OpenMockup, painter: &Painter<'_>) -> Result<Raster, NoReference> {
    if mockup.document.layers().len() == 0 {
        return Err(NoReference::NoLayers);
    }
    // A file that says nothing about it was saved before there was a choice.
    let version = mockup.document.resources().version().ok().flatten();
    if version.is_some_and(|version| !version.has_real_merged) {
        return Err(NoReference::NotSaved);
    }
    // Photoshop has blended its colours with white already, in the document's own values, so that they
    // are taken as they are and the transparency is left aside.
    let plate = |mockup: &OpenMockup| {
        let merged = pixels::merged_raster(&mockup.document, mockup.plate, &mockup.limits.psd);
        let mut merged = merged.map_err(|_| NoReference::Unreadable)?;
        for pixel in merged.pixels_mut() {
            pixel[3] = 255;
        }
        Ok(merged)
    };
    let mut colour = plate(mockup)?;
    let black = mockup.black.as_deref().map(plate).transpose()?;
    mockup
        .space()
        .to_srgb(&mut colour, black.as_ref(), painter.threads);
    Ok(colour)
}

/// Layers front-most first: the records of a file go the other way.
fn layers(mockup: &OpenMockup, notes: &Notes) -> Vec<LayerFidelity> {
    let mut notes: Vec<&Note> = notes.layers.iter().collect();
    notes.sort_by_key(|note| std::cmp::Reverse(note.layer));
    let told = |note: &Note| {
        let layer = mockup.document.layer(note.layer)?;
        let index = u32::try_from(note.layer.0).ok()?;
        Some(LayerFidelity {
            address: LayerAddress(vec![index]),
            name: layer.name(),
            kind: kind(layer.kind()),
            drawn: match (note.origin, note.lacks.is_empty()) {
                (Origin::Cache, _) => Drawn::CachedRaster,
                // A layer in which there is nothing to see shows just that.
                (Origin::Itself | Origin::Nothing, true) => Drawn::Exact,
                (Origin::Itself, false) => Drawn::Approximated,
                (Origin::Nothing, false) => Drawn::NotDrawn,
            },
            lacks: note.lacks.iter().map(lack).collect(),
        })
    };
    notes.into_iter().filter_map(told).collect()
}

fn lack(feature: &Feature) -> Lack {
    Lack {
        what: feature.name().to_owned(),
        why: feature.to_string(),
    }
}

/// What is missing and is no layer's.
fn of_the_document(undrawn: &[Undrawn], layers: &[LayerFidelity]) -> Vec<Lack> {
    let told = |missing: &&Undrawn| {
        let what = missing.feature.name();
        let lacks = |layer: &LayerFidelity| layer.lacks.iter().any(|lack| lack.what == what);
        !layers.iter().any(lacks)
    };
    undrawn
        .iter()
        .filter(told)
        .map(|missing| lack(&missing.feature))
        .collect()
}
