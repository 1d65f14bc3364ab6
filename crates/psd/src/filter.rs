//! Smart filters: what a placed layer's content went through, and what masks it.

use marquetry_pixel::BlendMode;

use crate::{
    color::Color,
    descriptor::{Descriptor, Value},
};

/// The filters of one placed layer.
#[derive(Clone, Debug, PartialEq)]
pub struct SmartFilters {
    /// Whether filters are shown at all.
    pub enabled: bool,
    /// Whether the stored result still fits the layer's place.
    pub valid_at_position: bool,
    /// Whether the filter mask is used.
    pub mask_enabled: bool,
    /// Whether the filter mask moves with the layer.
    pub mask_linked: bool,
    /// Whether the filter mask is white beyond its pixels; else it is black.
    pub mask_extends_white: bool,
    /// The filters, first applied first.
    pub filters: Vec<SmartFilter>,
}

/// One filter.
#[derive(Clone, Debug, PartialEq)]
pub struct SmartFilter {
    /// Name as shown, as in `Gaussian Blur...`.
    pub name: String,
    /// Whether it is shown.
    pub enabled: bool,
    /// Whether it has settings.
    pub has_options: bool,
    /// How its result blends with what went in. `None` for a mode that we do not know.
    pub blend: Option<BlendMode>,
    /// Opacity, `0.0..=1.0`.
    pub opacity: f64,
    /// The foreground colour when it was applied.
    pub foreground: Option<Color>,
    /// The background colour when it was applied.
    pub background: Option<Color>,
    /// Number of the filter: four characters for Photoshop's own, as in `GsnB`.
    pub id: i32,
    /// Its settings; their class names the filter.
    pub settings: Option<Descriptor>,
}

impl SmartFilters {
    /// Reads a `filterFX` object.
    pub fn from_descriptor(object: &Descriptor) -> Self {
        let flag = |key| object.bool(key).unwrap_or(true);
        Self {
            enabled: flag("enab"),
            valid_at_position: flag("validAtPosition"),
            mask_enabled: flag("filterMaskEnable"),
            mask_linked: flag("filterMaskLinked"),
            mask_extends_white: flag("filterMaskExtendWithWhite"),
            filters: object
                .list("filterFXList")
                .iter()
                .filter_map(Value::as_object)
                .map(filter)
                .collect(),
        }
    }
}

fn filter(object: &Descriptor) -> SmartFilter {
    let options = object.object("blendOptions");
    let mode = options.and_then(|options| options.enumeration("Md  "));
    let color = |key| object.object(key).and_then(Color::from_descriptor);
    SmartFilter {
        name: object.text("Nm  ").unwrap_or_default().to_owned(),
        enabled: object.bool("enab").unwrap_or(true),
        has_options: object.bool("hasoptions").unwrap_or(true),
        blend: mode.map_or(Some(BlendMode::Normal), |name| name.blend_mode()),
        opacity: options.and_then(|options| options.f64("Opct")).unwrap_or(100.0) / 100.0,
        foreground: color("FrgC"),
        background: color("BckC"),
        id: object.i32("filterID").unwrap_or(0),
        settings: object.object("Fltr").cloned(),
    }
}
