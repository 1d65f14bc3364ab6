//! Every template under `examples/templates` is read, checked and filled.

use std::fs;
use std::path::PathBuf;

use marquetry_template::{Content, Everything, FieldType, Limits, Template, Unknown};
use serde_json::Value;

/// Name, template and values of each example.
pub(crate) fn examples() -> Vec<(String, Value, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/templates");
    let json = |path: PathBuf| -> Value {
        serde_json::from_slice(&fs::read(&path).unwrap()).unwrap_or_else(|error| panic!("{path:?}: {error}"))
    };
    let mut found: Vec<(String, Value, Value)> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let values = json(folder.join("fields").join(&name));
            (name, json(path), values)
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.len() >= 11, "the examples were not found");
    found
}

pub(crate) fn example(name: &str) -> (Value, Value) {
    let found = examples().into_iter().find(|(known, _, _)| known == name);
    let (_, template, values) = found.unwrap_or_else(|| panic!("no example {name}"));
    (template, values)
}

#[test]
fn every_example_is_read_checked_and_filled() {
    let limits = Limits::default();
    for (name, template, values) in examples() {
        let read = Template::from_value(&template, &limits).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        let checked = read
            .check(&Everything, &limits)
            .unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        let filled = checked
            .fill(&values, &limits, Unknown::Refuse)
            .unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        assert_eq!(
            filled.pages.len(),
            template["pages"].as_array().unwrap().len(),
            "{name}"
        );
        assert!(filled.pages.iter().all(|page| !page.layers.is_empty()), "{name}");
    }
}

#[test]
fn every_example_is_written_as_it_was_read() {
    for (name, template, _) in examples() {
        let read = Template::from_value(&template, &Limits::default()).unwrap();
        let again = Template::from_value(&read.to_value(), &Limits::default()).unwrap();
        assert_eq!(read, again, "{name}");
        assert_eq!(serde_json::to_value(&read).unwrap(), again.to_value(), "{name}");
    }
}

#[test]
fn the_player_card_has_the_fields_that_a_caller_expects() {
    let (template, values) = example("player-card.json");
    let checked = super::check(&template).unwrap();
    let fields: Vec<(&str, FieldType, bool)> = checked
        .fields()
        .iter()
        .map(|field| (field.name.as_str(), field.field_type, field.required))
        .collect();
    assert_eq!(
        fields,
        [
            ("TeamColor", FieldType::Color, false),
            ("Photo", FieldType::Image, true),
            ("Name", FieldType::Text, false),
            ("Number", FieldType::Text, false),
            ("Link", FieldType::Qr, false),
        ]
    );
    let told = checked.fields().to_value();
    assert_eq!(told[0]["default"], "#0b3d91");
    assert_eq!(told[2]["default"], "PLAYER NAME");
    assert_eq!(told[1]["layers"], serde_json::json!(["photo"]));

    let filled = checked
        .fill(&values, &Limits::default(), Unknown::Refuse)
        .unwrap();
    assert_eq!(filled.pages[0].colour.to_string(), "#7a1f2b");
    assert_eq!(filled.words_of("Name"), Some("JO EXAMPLE"));
    let needs = filled.needs();
    assert_eq!(needs.pictures.len(), 1);
    assert!(needs.pictures.iter().all(|picture| picture.remove_background));
    assert_eq!(needs.fonts.len(), 1);
}

#[test]
fn the_team_row_seats_its_players() {
    let (template, values) = example("team-row.json");
    let filled = super::fill(&template, &values).unwrap();
    let Content::Group(row) = &filled.pages[0].layers[2].content else {
        panic!("a repeat becomes a group")
    };
    // 1 and 5 have places of their own, 9 takes the first free one.
    let names: Vec<&str> = row.layers.iter().map(|cell| cell.name.as_str()).collect();
    assert_eq!(names, ["pg", "sg", "c"]);
    assert_eq!(row.layers[2].frame.x, 4.0 * (416.0 + 30.0));
    let Content::Group(cell) = &row.layers[1].content else {
        panic!("a cell is a group")
    };
    let words = cell.layers.iter().filter_map(|layer| match &layer.content {
        Content::Text(text) => Some(text.words.as_str()),
        _ => None,
    });
    assert_eq!(words.collect::<Vec<_>>(), ["Mio Sand", "Harbour City"]);
}

#[test]
fn a_free_cell_of_another_size_scales_its_item() {
    let (template, values) = example("greeting.json");
    let filled = super::fill(&template, &values).unwrap();
    let Content::Group(corners) = &filled.pages[0].layers[3].content else {
        panic!("a repeat becomes a group")
    };
    let scales: Vec<f64> = corners
        .layers
        .iter()
        .filter_map(|cell| match &cell.content {
            Content::Group(group) => Some(group.scale),
            _ => None,
        })
        .collect();
    assert_eq!(scales, [1.0, 2.0]);
}

/// The JSON blocks of a document.
fn blocks(markdown: &str) -> impl Iterator<Item = &str> {
    markdown
        .split("```json\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```").map(|(block, _)| block))
}

#[test]
fn what_the_documentation_shows_is_right() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/templates.md");
    let markdown = fs::read_to_string(path).unwrap();
    let (mut templates, mut layers, mut conditions) = (0, 0, 0);
    for block in blocks(&markdown) {
        let value: Value = serde_json::from_str(block).unwrap_or_else(|error| panic!("{error} in {block}"));
        let layer = if value.get("schema").is_some() {
            templates += 1;
            super::check(&value).unwrap();
            continue;
        } else if value.get("type").is_some() {
            layers += 1;
            value
        } else if value.get("all").is_some() {
            conditions += 1;
            super::text("t", serde_json::json!({ "visible_if": value }))
        } else {
            continue;
        };
        super::check(&super::one_page(serde_json::json!([layer]))).unwrap();
    }
    assert_eq!((templates, layers, conditions), (1, 1, 1));
}

#[test]
fn the_documentation_names_the_default_limits() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/templates.md");
    let markdown = fs::read_to_string(path).unwrap();
    let table = markdown.split_once("## Limits").unwrap().1.replace(',', "");
    let limits = Limits::default();
    for number in [
        limits.fonts,
        limits.colours,
        limits.layers,
        limits.filled_layers,
        limits.fields,
        limits.slots,
        limits.text,
        limits.insertions,
        limits.points,
        limits.path_steps,
        limits.stops,
        limits.conditions,
        limits.url,
        usize::try_from(limits.side).unwrap(),
    ] {
        assert!(table.contains(&number.to_string()), "{number} is not told");
    }
    let told = [
        ("1 MiB", limits.bytes, 1 << 20),
        ("eight", limits.depth, 8),
        ("a million", limits.filled_text, 1_000_000),
    ];
    for (words, limit, wanted) in told {
        assert!(table.contains(words) && limit == wanted, "{words} is not told");
    }
}
