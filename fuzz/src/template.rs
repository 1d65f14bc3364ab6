//! A template and values of any bytes through everything that is done with them.

use marquetry_template::{Content, Everything, Filled, FilledLayer, Limits, Template, Unknown};

/// Reads, checks and fills one case: the length of the values (two bytes), the values, the template.
///
/// # Panics
/// When a law does not hold: what is read is written and read as the same, and what is filled costs no
/// more than it may.
pub fn fill_anyhow(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return;
    };
    let (values, template) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
    let limits = Limits::default();
    let Ok(template) = Template::parse(template, &limits) else {
        return;
    };
    let written = template.to_value();
    assert_eq!(Template::from_value(&written, &limits).as_ref(), Ok(&template));
    let Ok(checked) = template.check(&Everything, &limits) else {
        return;
    };
    let _ = checked.fields().to_value();
    let values = serde_json::from_slice(values).unwrap_or_else(|_| serde_json::json!({}));
    for unknown in [Unknown::Refuse, Unknown::Warn] {
        if let Ok(filled) = checked.fill(&values, &limits, unknown) {
            bounded(&filled, &limits);
            let _ = filled.needs();
        }
    }
}

fn bounded(filled: &Filled, limits: &Limits) {
    let layers: usize = filled.pages.iter().map(|page| count(&page.layers)).sum();
    assert!(layers <= limits.filled_layers);
}

fn count(layers: &[FilledLayer]) -> usize {
    let inner = layers.iter().map(|layer| match &layer.content {
        Content::Group(group) => count(&group.layers),
        _ => 0,
    });
    layers.len() + inner.sum::<usize>()
}
