//! `POST /renders`: a mockup with changes.

use std::collections::HashSet;

use marquetry_model::{Export, LayerId, MockupId, RenderRequest, RenderSpec};

use super::{Submission, asset, callback, export, from_json, layer_id, mode, text};
use crate::field::{Absent, Object};
use crate::sudomock::{Code, Problem};

/// The most text layers that one request may change.
const MOST_TEXTS: usize = 50;

/// Reads the body of `POST /renders`.
///
/// Ids are not looked up here; `service` does that, with the rules that need the mockup's catalogue.
///
/// # Errors
/// 422 with every wrong field, or the first broken rule between fields.
///
/// ```
/// use marquetry_dialect::sudomock::request;
/// let body = br##"{
///     "mockup_uuid": "c315f78f-d2c7-4541-b240-a9372842de94",
///     "smart_objects": [{
///         "uuid": "128394ee-6758-4f2f-aa36-e2b19b152bd9",
///         "asset": {"url": "https://example.com/design.png", "rotate": 400}
///     }]
/// }"##;
/// let problem = request::render(body).unwrap_err();
/// assert_eq!(problem.to_string(), "422: smart_objects[0].asset.rotate should be at most 360");
/// ```
pub fn render(body: &[u8]) -> Result<Submission<RenderRequest>, Problem> {
    from_json(body, Absent::IsWrong, submission)
}

fn submission(root: &Object<'_, Code>) -> Option<Submission<RenderRequest>> {
    let mockup = root
        .field("mockup_uuid")
        .need(|id| id.uuid().map(|id| MockupId::from_bytes(*id.as_bytes())));
    let changes = root.field("smart_objects").or(Vec::new(), |list| {
        list.each(0..=RenderSpec::MOST_CHANGES, |entry| asset::change(&entry))
    });
    let texts = root.field("text_layers").or(Vec::new(), |list| {
        list.each(0..=MOST_TEXTS, |entry| text::change(&entry))
    });
    let hidden = root.field("hidden_layers").or(Vec::new(), |list| {
        let named = list.each(0..=RenderSpec::MOST_HIDDEN, |entry| layer_id(&entry))?;
        // A layer named twice is hidden once.
        let mut seen = HashSet::new();
        Some(
            named
                .into_iter()
                .filter(|id| seen.insert(*id))
                .collect::<Vec<_>>(),
        )
    });
    let export = root
        .field("export_options")
        .or(Export::default(), |options| export::export(&options));
    // An empty label is what forms send when nobody wrote one.
    let label = root.field("export_label").maybe(|label| {
        label
            .string(0..=RenderSpec::LONGEST_LABEL)
            .map(|label| label.trim().to_owned())
    });
    let mode = mode(root);
    let callback = callback(root);

    let (changes, texts, hidden) = (changes?, texts?, hidden?);
    if changes.is_empty() && texts.is_empty() && hidden.is_empty() {
        return root.rule(
            "",
            None,
            "One of smart_objects, text_layers and hidden_layers is needed.",
        );
    }
    if let Some(index) = repeated(changes.iter().map(|change| change.slot)) {
        return root.rule(
            "smart_objects",
            None,
            &format!("names one smart object twice, at {index}"),
        );
    }
    if let Some(index) = repeated(texts.iter().map(|text| text.layer)) {
        return root.rule(
            "text_layers",
            None,
            &format!("names one text layer twice, at {index}"),
        );
    }
    let ask = RenderRequest {
        mockup: mockup?,
        changes,
        texts,
        hidden,
        export: export?,
        label: label?.filter(|label| !label.is_empty()),
    };
    Some(Submission {
        ask,
        mode: mode?,
        callback: callback?,
    })
}

/// The place of the first id that was there before.
fn repeated(ids: impl Iterator<Item = LayerId>) -> Option<usize> {
    let mut seen = HashSet::new();
    ids.enumerate()
        .find(|(_, id)| !seen.insert(*id))
        .map(|(index, _)| index)
}
