//! Laws: what holds for every template, every value, every picture and frame.

use std::sync::LazyLock;

use marquetry_template::geometry::{Area, Extent, cells, place, place_content, place_face};
use marquetry_template::{
    CellLayout, Columns, Coordinate, Everything, FacePlacement, Filled, FilledLayer, Fit, Focal, FrameBox,
    LastRow, LayoutMode, Length, Limits, Share, Template, Unknown,
};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::examples::examples;

static EXAMPLES: LazyLock<Vec<(String, Value, Value)>> = LazyLock::new(examples);
static VALIDATOR: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::draft202012::new(&marquetry_template::schema()).unwrap());

/// A value that may or may not be what stands somewhere.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-2_000_i64..20_000).prop_map(Value::from),
        (0..=10_u32).prop_map(|tenth| json!(f64::from(tenth) / 10.0)),
        "[a-zA-Z#{} ]{0,8}".prop_map(Value::from),
        proptest::sample::select(vec![
            "text",
            "image",
            "shape",
            "qr",
            "group",
            "repeat",
            "cover",
            "fill",
            "box",
            "grid",
            "free",
            "M0 0 L1 1",
            "#123",
            "#11223344",
            "https://a.example/p",
            "present",
            "eq",
            "{{Name}}",
            "title",
            "multiply",
            "\u{0}",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(
                proptest::sample::select(vec![
                    "x", "y", "ref", "field", "op", "value", "all", "not", "asset", "url", "id"
                ]),
                inner,
                0..4
            )
            .prop_map(|map| map
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

/// What is done to some place of a JSON value.
#[derive(Clone, Debug)]
enum Blow {
    /// Something else stands there.
    Replace(Value),
    /// It is gone.
    Remove,
    /// What stands at another place stands there too.
    Copy(Index),
}

fn blows() -> impl Strategy<Value = Vec<(Index, Blow)>> {
    let blow = prop_oneof![
        anything().prop_map(Blow::Replace),
        Just(Blow::Remove),
        any::<Index>().prop_map(Blow::Copy),
    ];
    prop::collection::vec((any::<Index>(), blow), 0..4)
}

fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{path}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                places(member, &format!("{path}/{name}"), found);
            }
        }
        _ => {}
    }
}

fn struck(mut value: Value, blows: &[(Index, Blow)]) -> Value {
    for (at, blow) in blows {
        let mut found = Vec::new();
        places(&value, "", &mut found);
        let path = at.get::<String>(&found).clone();
        match blow {
            Blow::Replace(other) => *value.pointer_mut(&path).unwrap() = other.clone(),
            Blow::Copy(from) => {
                let other = value.pointer(from.get::<String>(&found)).unwrap().clone();
                *value.pointer_mut(&path).unwrap() = other;
            }
            Blow::Remove => {
                let Some((above, name)) = path.rsplit_once('/') else {
                    continue;
                };
                match value.pointer_mut(above).unwrap() {
                    Value::Object(members) => drop(members.remove(name)),
                    Value::Array(items) => drop(items.remove(name.parse().unwrap())),
                    _ => {}
                }
            }
        }
    }
    value
}

fn count(layers: &[FilledLayer]) -> usize {
    layers
        .iter()
        .map(|layer| match &layer.content {
            marquetry_template::Content::Group(group) => 1 + count(&group.layers),
            _ => 1,
        })
        .sum()
}

fn is_finite(filled: &Filled) -> bool {
    fn all(layers: &[FilledLayer]) -> bool {
        layers.iter().all(|layer| {
            let frame = layer.frame;
            let inner = match &layer.content {
                marquetry_template::Content::Group(group) => {
                    group.scale.is_finite() && group.scale > 0.0 && all(&group.layers)
                }
                _ => true,
            };
            inner
                && [frame.x, frame.y, frame.width, frame.height]
                    .iter()
                    .all(|edge| edge.is_finite())
        })
    }
    filled.pages.iter().all(|page| all(&page.layers))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// Whatever stands in a template: it is refused with paths that lead somewhere, or it is written as it
    /// was read, keeps to the schema, and can be filled within what it may cost.
    #[test]
    fn a_template_is_refused_or_good_for_everything(which: Index, template_blows in blows(), value_blows in blows()) {
        let limits = Limits::default();
        let (_, template, values) = which.get(&EXAMPLES);
        let template = struck(template.clone(), &template_blows);
        let bytes = serde_json::to_vec(&template).unwrap();
        let read = match Template::parse(&bytes, &limits) {
            Ok(read) => read,
            Err(problems) => {
                prop_assert!(!problems.list().is_empty());
                for problem in problems.list() {
                    prop_assert!(template.pointer(&problem.path).is_some(), "{problem}");
                }
                return Ok(());
            }
        };
        let wrong: Vec<String> = VALIDATOR.iter_errors(&template).map(|error| error.to_string()).collect();
        prop_assert!(wrong.is_empty(), "the parser takes what the schema does not: {wrong:?}");
        let written = read.to_value();
        prop_assert!(VALIDATOR.is_valid(&written));
        let again = Template::from_value(&written, &limits);
        prop_assert_eq!(again.as_ref(), Ok(&read));

        let Ok(checked) = read.check(&Everything, &limits) else { return Ok(()) };
        for field in checked.fields() {
            for reach in &field.reaches {
                let above = reach.path.rsplit_once('/').unwrap().0;
                prop_assert!(template.pointer(above).is_some(), "{}", reach.path);
            }
        }
        let values = struck(values.clone(), &value_blows);
        if checked.fill(&values, &limits, Unknown::Refuse).is_ok() {
            let validator = jsonschema::draft202012::new(&checked.fields().schema()).unwrap();
            let wrong: Vec<String> = validator.iter_errors(&values).map(|error| error.to_string()).collect();
            prop_assert!(wrong.is_empty(), "values are taken that the schema does not take: {wrong:?}");
        }
        if let Ok(filled) = checked.fill(&values, &limits, Unknown::Warn) {
            prop_assert!(filled.pages.iter().map(|page| count(&page.layers)).sum::<usize>() <= limits.filled_layers);
            prop_assert!(is_finite(&filled));
            let same = checked.fill(&values, &limits, Unknown::Warn);
            prop_assert_eq!(same, Ok(filled));
        }
    }

    /// Bytes of any kind are read or refused.
    #[test]
    fn bytes_are_read_or_refused(bytes: Vec<u8>, cut: Index, which: Index) {
        let limits = Limits::default();
        let _ = Template::parse(&bytes, &limits);
        let whole = serde_json::to_vec(&which.get(&EXAMPLES).1).unwrap();
        prop_assert!(Template::parse(&whole[..cut.index(whole.len())], &limits).is_err());
    }
}

fn side() -> impl Strategy<Value = f64> {
    prop_oneof![1.0..20_000.0_f64, (1..5_000_u32).prop_map(f64::from)]
}

fn extent() -> impl Strategy<Value = Extent> {
    (side(), side()).prop_map(|(width, height)| Extent::new(width, height))
}

fn focal() -> impl Strategy<Value = Focal> {
    (0.0..=1.0_f64, 0.0..=1.0_f64).prop_map(|(x, y)| Focal {
        x: Share::new(x).unwrap(),
        y: Share::new(y).unwrap(),
    })
}

/// A millionth of what is measured, or of a pixel.
fn slack(size: f64) -> f64 {
    1e-6 * size.max(1.0)
}

/// Whether `outer` holds `inner`.
fn holds(outer: Area, inner: Area) -> bool {
    let slack = slack(outer.width.max(outer.height).max(inner.width).max(inner.height));
    outer.x <= inner.x + slack
        && outer.y <= inner.y + slack
        && outer.right() >= inner.right() - slack
        && outer.bottom() >= inner.bottom() - slack
}

fn is_alike(placed: Area, picture: Extent) -> bool {
    let (across, down) = (placed.width / picture.width, placed.height / picture.height);
    (across - down).abs() <= 1e-9 * across.max(down)
}

proptest! {
    #[test]
    fn cover_covers_contain_fits_and_both_keep_the_shape(picture in extent(), frame in extent(), focal in focal()) {
        let whole = Area::new(0.0, 0.0, frame.width, frame.height);
        let cover = place(Fit::Cover, picture, frame, &focal).unwrap();
        prop_assert!(holds(cover, whole) && is_alike(cover, picture));
        let contain = place(Fit::Contain, picture, frame, &focal).unwrap();
        prop_assert!(holds(whole, contain) && is_alike(contain, picture));
        let top = place(Fit::TopFill, picture, frame, &focal).unwrap();
        prop_assert!(holds(top, whole) && is_alike(top, picture));
        prop_assert_eq!(top.y, 0.0);
        prop_assert_eq!(top.extent(), cover.extent());
        prop_assert_eq!(place(Fit::Fill, picture, frame, &focal), Some(whole));
        // Each of them meets the frame in one side exactly.
        for placed in [cover, contain] {
            prop_assert!(placed.width == frame.width || placed.height == frame.height);
        }
        // The focal point of the picture lies on the focal point of the frame.
        for placed in [cover, contain] {
            let (x, y) = (focal.x.get(), focal.y.get());
            let off = (placed.x + placed.width * x - frame.width * x).abs();
            prop_assert!(off <= slack(placed.width + frame.width));
            let off = (placed.y + placed.height * y - frame.height * y).abs();
            prop_assert!(off <= slack(placed.height + frame.height));
        }
    }

    #[test]
    fn what_shows_of_a_cut_out_covers_the_frame(picture in extent(), frame in extent(), parts in prop::array::uniform4(0.01..1.0_f64)) {
        let [x, y, width, height] = parts;
        let content = Area {
            x: picture.width * x * (1.0 - width),
            y: picture.height * y * (1.0 - height),
            width: picture.width * width,
            height: picture.height * height,
        };
        let placed = place_content(Fit::TopFill, picture, content, frame, &Focal::CENTRE).unwrap();
        let scale = placed.width / picture.width;
        let seen = Area {
            x: placed.x + content.x * scale,
            y: placed.y + content.y * scale,
            width: content.width * scale,
            height: content.height * scale,
        };
        prop_assert!(holds(seen, Area::new(0.0, 0.0, frame.width, frame.height)), "{seen:?}");
        prop_assert!(seen.y.abs() <= slack(placed.height));
        prop_assert!(is_alike(placed, picture));
    }

    #[test]
    fn a_face_lies_in_its_target_and_nothing_above_the_line(
        picture in extent(), parts in prop::array::uniform5(0.02..0.98_f64), target in prop::array::uniform4(1.0..3_000.0_f64), line in 0.0..1.0_f64,
    ) {
        let [x, y, width, height, top] = parts;
        let face = Area {
            x: picture.width * x * (1.0 - width),
            y: picture.height * y * (1.0 - height),
            width: picture.width * width,
            height: picture.height * height,
        };
        let content_top = (face.y + face.height / 2.0) * top;
        let middle = target[1] + target[3] / 2.0;
        let line = middle - 1.0 - line * 2_000.0;
        let (at, long) = (|n| Coordinate::new(n).unwrap(), |n| Length::new(n).unwrap());
        let placement = FacePlacement {
            target: FrameBox { x: at(target[0]), y: at(target[1]), width: long(target[2]), height: long(target[3]) },
            max_content_y: Some(at(line)),
            fallback: Fit::Cover,
        };
        let placed = place_face(&placement, picture, face, content_top).unwrap();
        let scale = placed.height / picture.height;
        prop_assert!(is_alike(placed, picture));
        let size = slack(placed.width.max(placed.height) + 10_000.0);
        let (across, down) = (face.x + face.width / 2.0, face.y + face.height / 2.0);
        prop_assert!((placed.x + across * scale - (target[0] + target[2] / 2.0)).abs() <= size);
        prop_assert!((placed.y + down * scale - middle).abs() <= size);
        prop_assert!(placed.y + content_top * scale >= line - size);
        // It is as large as it may be: as high as the target, or up to the line.
        let full = (face.height * scale - target[3]).abs() <= size;
        prop_assert!(full || (placed.y + content_top * scale - line).abs() <= size);
    }

    #[test]
    fn cells_of_a_grid_keep_apart(
        columns in prop::option::of(1_u32..30), gaps in prop::array::uniform2(0.0..50.0_f64), sizes in prop::array::uniform2(1.0..400.0_f64),
        width in 0.0..3_000.0_f64, count in 0_usize..60, middle: bool, mode in prop::sample::select(LayoutMode::ALL),
    ) {
        prop_assume!(mode != LayoutMode::Free);
        let layout = CellLayout {
            mode,
            columns: columns.and_then(Columns::new),
            gap_x: Coordinate::new(gaps[0]).unwrap(),
            gap_y: Coordinate::new(gaps[1]).unwrap(),
            cell_width: Length::new(sizes[0]).unwrap(),
            cell_height: Length::new(sizes[1]).unwrap(),
            last_row: if middle { LastRow::Center } else { LastRow::Left },
        };
        let placed = cells(&layout, &[], width, count);
        prop_assert_eq!(placed.len(), count);
        for (index, one) in placed.iter().enumerate() {
            prop_assert!(one.x >= 0.0 && one.y >= 0.0);
            for other in &placed[index + 1..] {
                let apart = one.right() <= other.x + 1e-6 || other.right() <= one.x + 1e-6
                    || one.bottom() <= other.y + 1e-6 || other.bottom() <= one.y + 1e-6;
                prop_assert!(apart, "{one:?} and {other:?}");
            }
        }
    }
}
