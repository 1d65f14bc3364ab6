//! What a caller should know about work that did succeed, within a limit.

use std::collections::HashSet;

use marquetry_model::{Catalogue, Comparison, Drawn, Fidelity, SmartObject, Warning};
use marquetry_render::{Feature, Undrawn};

/// A layer is not shown as its author made it.
pub(crate) const LAYER_NOT_FULLY_DRAWN: &str = "LAYER_NOT_FULLY_DRAWN";
/// New words were made smaller.
pub(crate) const TEXT_FIT_SHRUNK: &str = "TEXT_FIT_SHRUNK";
/// A value was given that the template does not use.
pub(crate) const FIELD_NOT_USED: &str = "FIELD_NOT_USED";
/// A font is not there, and another one was used.
pub(crate) const FONT_NOT_FOUND: &str = "FONT_NOT_FOUND";
/// A font lacks characters.
pub(crate) const FONT_GLYPHS_MISSING: &str = "FONT_GLYPHS_MISSING";
/// Smart objects that the file hides.
pub(crate) const HIDDEN_SMART_OBJECTS: &str = "PSD_HIDDEN_SMART_OBJECTS";
/// There are text layers, but nothing that takes a picture.
pub(crate) const TEXT_LAYERS_ONLY: &str = "PSD_TEXT_LAYERS_ONLY";
/// A preview could not be made.
pub(crate) const PREVIEW_MISSING: &str = "PSD_PREVIEW_MISSING";

/// How close the drawing comes to the picture that the file holds.
pub(crate) const FIDELITY: &str = "PSD_FIDELITY";
/// The file holds no picture that the drawing could be compared with.
pub(crate) const NO_REFERENCE: &str = "PSD_NO_REFERENCE";
/// Layers that are shown by pixels which the file holds ready.
pub(crate) const CACHED_RASTERS: &str = "PSD_CACHED_RASTERS";

/// How many layers one warning names.
const NAMED: usize = 10;

/// One warning for each layer and feature.
pub(crate) fn undrawn(undrawn: &[Undrawn]) -> Vec<Warning> {
    let mut told = HashSet::new();
    undrawn
        .iter()
        .filter(|missing| told.insert(*missing))
        .map(|missing| Warning::new(code(&missing.feature), missing.to_string()))
        .collect()
}

/// What is otherwise than a template asked for, as its drawing told.
pub(crate) fn of_template(told: &[marquetry_render::Warning]) -> Vec<Warning> {
    told.iter()
        .map(|told| Warning::new(told.code.name().to_ascii_uppercase(), told.to_string()))
        .collect()
}

fn code(feature: &Feature) -> &'static str {
    match feature {
        Feature::TextShrunk => TEXT_FIT_SHRUNK,
        Feature::Font { .. } => FONT_NOT_FOUND,
        Feature::Glyphs(_) => FONT_GLYPHS_MISSING,
        _ => LAYER_NOT_FULLY_DRAWN,
    }
}

/// What is worth saying about what can be changed in a mockup.
pub(crate) fn catalogue(catalogue: &Catalogue) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if catalogue.smart_objects.is_empty() && !catalogue.text_layers.is_empty() {
        warnings.push(Warning::new(
            TEXT_LAYERS_ONLY,
            "the file has text layers but no smart object, so nothing in it takes a picture",
        ));
    }
    let mut hidden = Vec::new();
    find_hidden(&catalogue.smart_objects, &mut hidden);
    if !hidden.is_empty() {
        let message = format!("smart objects that the file hides: {}", some_of(hidden));
        warnings.push(Warning::new(HIDDEN_SMART_OBJECTS, message));
    }
    warnings
}

/// How the drawing fares beside the picture that the file holds, in one or two sentences; what layers
/// lack is told by [`undrawn`].
pub(crate) fn fidelity(fidelity: &Fidelity) -> Vec<Warning> {
    let told = |share: f64| format!("; {:.0}% of what is seen was truly drawn", share * 100.0);
    let share = fidelity.drawn_share.map(told).unwrap_or_default();
    let mut warnings = vec![match &fidelity.compared {
        Comparison::NoReference(reason) => Warning::new(NO_REFERENCE, reason.explained()),
        Comparison::Measured(difference) => Warning::new(
            FIDELITY,
            format!(
                "compared with the picture saved in the file: mean CIEDE2000 {:.2}, {:.2}% of the pixels off by \
                 more than 3 of 255, mean absolute error {:.2} of 255{}",
                difference.delta_e_mean, difference.off_by_more_than_3, difference.mean_absolute_error, share,
            ),
        ),
    }];
    let cached = fidelity.layers.iter();
    let cached: Vec<String> = cached
        .filter(|layer| layer.drawn == Drawn::CachedRaster)
        .map(|layer| format!("{:?}", layer.name))
        .collect();
    if !cached.is_empty() {
        let message = format!("layers shown by pixels saved in the file: {}", some_of(cached));
        warnings.push(Warning::new(CACHED_RASTERS, message));
    }
    warnings
}

/// The first few names, and how many more there are.
fn some_of(mut names: Vec<String>) -> String {
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    names.truncate(NAMED);
    names.join(", ") + &more
}

fn find_hidden(smart_objects: &[SmartObject], found: &mut Vec<String>) {
    for smart_object in smart_objects {
        if !smart_object.visible {
            found.push(format!("{:?}", smart_object.name));
        }
        find_hidden(&smart_object.smart_objects, found);
    }
}

/// At most `most` of them; when some are left out, the last one says how many.
pub(crate) fn capped(mut warnings: Vec<Warning>, most: usize) -> Vec<Warning> {
    if warnings.len() > most {
        let more = warnings.len() - most.saturating_sub(1);
        warnings.truncate(most.saturating_sub(1));
        let code = warnings
            .last()
            .map_or(LAYER_NOT_FULLY_DRAWN, |last| last.code.as_str())
            .to_owned();
        if most > 0 {
            warnings.push(Warning::new(code, format!("and {more} more warnings")));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_and_feature_are_told_once() {
        let missing = |layer: &str, feature| Undrawn {
            layer: layer.into(),
            feature,
        };
        let told = undrawn(&[
            missing("Mug", Feature::Effects),
            missing("Mug", Feature::Effects),
            missing("Mug", Feature::Warp),
        ]);
        let texts: Vec<&str> = told.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(
            texts,
            [
                "layer \"Mug\": its effects are not drawn",
                "layer \"Mug\": its bend is not applied to the new contents"
            ]
        );
    }

    #[test]
    fn a_report_is_one_sentence_and_names_some_of_the_cached_layers() {
        use marquetry_model::{Difference, LayerAddress, LayerFidelity, LayerKind, NoReference};
        use marquetry_pixel::Size;
        let layer = |index: u32, drawn| LayerFidelity {
            address: LayerAddress(vec![index]),
            name: format!("L{index}"),
            kind: LayerKind::Text,
            drawn,
            lacks: Vec::new(),
        };
        let mut report = Fidelity {
            size: Size::new(1, 1),
            compared: Comparison::Measured(Difference {
                delta_e_mean: 0.126,
                off_by_more_than_3: 0.5,
                mean_absolute_error: 0.04,
                p99: 2.0,
            }),
            drawn_share: Some(0.871),
            document: Vec::new(),
            layers: vec![layer(0, Drawn::Exact)],
        };
        let told = fidelity(&report);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].code, "PSD_FIDELITY");
        assert_eq!(
            told[0].message,
            "compared with the picture saved in the file: mean CIEDE2000 0.13, 0.50% of the pixels off by more \
             than 3 of 255, mean absolute error 0.04 of 255; 87% of what is seen was truly drawn"
        );
        report.compared = Comparison::NoReference(NoReference::NotSaved);
        report
            .layers
            .extend((1..=11).map(|index| layer(index, Drawn::CachedRaster)));
        let told = fidelity(&report);
        assert_eq!(told[0].code, "PSD_NO_REFERENCE");
        assert_eq!(told[1].code, "PSD_CACHED_RASTERS");
        assert!(
            told[1]
                .message
                .starts_with("layers shown by pixels saved in the file: \"L1\", \"L2\"")
        );
        assert!(told[1].message.ends_with("\"L10\" and 1 more"));
    }

    #[test]
    fn the_last_of_too_many_counts_those_left_out() {
        let many: Vec<Warning> = (0..60)
            .map(|i| Warning::new("LAYER_NOT_FULLY_DRAWN", i.to_string()))
            .collect();
        let told = capped(many.clone(), 50);
        assert_eq!(told.len(), 50);
        assert_eq!(told[48].message, "48");
        assert_eq!(told[49].message, "and 11 more warnings");
        assert_eq!(capped(many[..50].to_vec(), 50), many[..50]);
        assert!(capped(many, 0).is_empty());
    }
}
