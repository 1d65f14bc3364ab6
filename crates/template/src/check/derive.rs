//! Fields by walking a template: what is bound declares them, what mentions them must agree.

use super::mentions::{Asked, Mention};
use crate::field::{Field, FieldType, Fields, Reach, Standing};
use crate::insertion::named;
use crate::problem::{Gathered, Path, quoted};
use crate::units::FieldName;
use crate::{Colour, ColourValue, Condition, Fill, Kind, Layer, Limits, Source, Template, WhenImageEmpty};

/// The fields of a template; what is probably a slip goes to `warnings`.
pub(crate) fn derive(
    template: &Template,
    limits: &Limits,
    problems: &mut Gathered,
    warnings: &mut Gathered,
) -> Fields {
    let mut deriving = Deriving {
        template,
        limits,
        problems,
        warnings,
        mentions: Vec::new(),
        insertions: Vec::new(),
    };
    let mut fields = Fields::default();
    deriving.template(&mut fields);
    let mut mentions = std::mem::take(&mut deriving.mentions);
    // From the outside in, so that what an item finds around it does not hang on the order of layers.
    mentions.sort_by_key(|mention| mention.scope.len());
    for mention in mentions {
        deriving.mention(&mut fields, mention);
    }
    deriving.circles(&fields);
    fields
}

/// Names of the team fields around something, outermost first.
pub(super) type Scope = Vec<FieldName>;

pub(super) struct Deriving<'t, 'g> {
    template: &'t Template,
    limits: &'t Limits,
    pub(super) problems: &'g mut Gathered,
    pub(super) warnings: &'g mut Gathered,
    mentions: Vec<Mention>,
    /// In which scope the words of which field put in the words of which other.
    pub(super) insertions: Vec<(Scope, FieldName, String)>,
}

/// One thing that a field sets.
struct Bound<'b> {
    name: &'b FieldName,
    field_type: FieldType,
    required: bool,
    default: Option<Standing>,
}

impl<'t> Deriving<'t, '_> {
    fn template(&mut self, fields: &mut Fields) {
        let (root, template) = (Path::Root, self.template);
        let colours = root.member("colors");
        for (name, colour) in &template.colours {
            if let Some(field) = &colour.field {
                let bound = Bound {
                    name: field,
                    field_type: FieldType::Color,
                    required: false,
                    default: Some(Standing::Colour(colour.value)),
                };
                let path = colours.member(name.as_str());
                self.declare(fields, None, &path.member("value"), bound);
            }
        }
        let pages = root.member("pages");
        for (index, page) in template.pages.iter().enumerate() {
            let path = pages.item(index);
            if let Some(field) = &page.background.field {
                let bound = Bound {
                    name: field,
                    field_type: FieldType::Image,
                    required: false,
                    default: page.background.image.clone().map(Standing::Picture),
                };
                let path = path.member("background");
                self.declare(fields, None, &path.member("image"), bound);
            }
            self.layers(&page.layers, &path.member("layers"), fields, &Scope::new());
        }
    }

    fn layers(&mut self, layers: &'t [Layer], path: &Path<'_>, fields: &mut Fields, scope: &Scope) {
        for (index, layer) in layers.iter().enumerate() {
            self.layer(layer, &path.item(index), fields, scope);
        }
    }

    fn layer(&mut self, layer: &'t Layer, path: &Path<'_>, fields: &mut Fields, scope: &Scope) {
        let common = &layer.common;
        if let Some(condition) = &common.visible_if {
            self.condition(condition, &path.member("visible_if"), scope);
        }
        if let Some(name) = &common.field
            && let Some((member, field_type, default)) = self.primary(layer)
        {
            let must = common.required
                || matches!(&layer.kind, Kind::Image(image)
                    if image.when_empty == WhenImageEmpty::Fail && image.source.is_none());
            let bound = Bound {
                name,
                field_type,
                required: must,
                default,
            };
            self.declare(fields, Some(layer), &path.member(member), bound);
        }
        self.bindings(layer, path, fields);
        match &layer.kind {
            Kind::Text(text) => self.words(text.content.as_str(), layer, path, scope),
            Kind::Qr(qr) => self.words(qr.content.as_str(), layer, path, scope),
            Kind::Group(group) => self.layers(&group.layers, &path.member("layers"), fields, scope),
            Kind::Repeat(repeat) => {
                let inner = path.member("item");
                let team = common.field.as_ref().and_then(|name| fields.get_mut(name));
                match team {
                    Some(team) if team.field_type == FieldType::Team => {
                        let mut scope = scope.clone();
                        scope.push(team.name.clone());
                        // Taken out and put back, because the walk needs the rest too.
                        let name = team.name.clone();
                        let mut item = std::mem::take(&mut team.item);
                        self.layers(&repeat.item, &inner, &mut item, &scope);
                        if let Some(team) = fields.get_mut(&name) {
                            team.item = item;
                        }
                    }
                    _ => {
                        let mut unreachable = Fields::default();
                        self.layers(&repeat.item, &inner, &mut unreachable, scope);
                        if let Some(field) = unreachable.iter().next() {
                            let message = format!(
                                "has the field {} in its item and no \"api_field_name\" under which items are given",
                                quoted(field.name.as_str())
                            );
                            self.problems.push(path, message);
                        }
                    }
                }
            }
            Kind::SmartObject(mockup) => {
                let slots = path.member("slots");
                for (index, slot) in mockup.slots.iter().enumerate() {
                    if let Some(name) = &slot.field {
                        let bound = Bound {
                            name,
                            field_type: FieldType::Image,
                            required: false,
                            default: slot.source.clone().map(Standing::Picture),
                        };
                        self.declare(fields, Some(layer), &slots.item(index).member("source"), bound);
                    }
                }
            }
            Kind::Image(_) | Kind::Shape(_) => {}
        }
    }

    /// What a layer's own field sets: which member, of which type, and what stands there.
    fn primary(&self, layer: &Layer) -> Option<(&'static str, FieldType, Option<Standing>)> {
        Some(match &layer.kind {
            Kind::Text(text) => {
                let words = Standing::Words(text.content.clone());
                ("content", FieldType::Text, Some(words))
            }
            Kind::Qr(qr) => (
                "content",
                FieldType::Qr,
                Some(Standing::Words(qr.content.clone())),
            ),
            Kind::Image(image) => {
                let picture = image.source.clone().map(Standing::Picture);
                ("source", FieldType::Image, picture)
            }
            Kind::Shape(shape) => {
                let colour = shape.fill.as_ref().and_then(|fill| match fill {
                    Fill::Colour(colour) => self.colour(colour),
                    Fill::Gradient(_) => None,
                });
                ("fill", FieldType::Color, colour.map(Standing::Colour))
            }
            Kind::Group(_) => {
                let shows = Standing::Shows(layer.common.visible);
                ("visible", FieldType::Boolean, Some(shows))
            }
            Kind::Repeat(_) => ("item", FieldType::Team, None),
            // With any other number of slots it is a problem, which the layer's own rules tell.
            Kind::SmartObject(mockup) => {
                let picture: Option<Source> = mockup.slots.first()?.source.clone();
                ("slots", FieldType::Image, picture.map(Standing::Picture))
            }
        })
    }

    fn bindings(&mut self, layer: &'t Layer, path: &Path<'_>, fields: &mut Fields) {
        let bind = &layer.common.bind;
        let bound = path.member("bind");
        if let Some(name) = &bind.visible {
            let bound = Bound {
                name,
                field_type: FieldType::Boolean,
                required: false,
                default: Some(Standing::Shows(layer.common.visible)),
            };
            self.declare(fields, Some(layer), &path.member("visible"), bound);
        }
        for (member, name) in [
            ("color", &bind.colour),
            ("background", &bind.background),
            ("fill", &bind.fill),
            ("tint", &bind.tint),
            ("stroke", &bind.stroke),
        ] {
            let Some(name) = name else { continue };
            let Some(standing) = bindable(layer, member) else {
                let message = format!("is nothing that a layer of the type {} has", layer.layer_type());
                self.problems.push(&bound.member(member), message);
                continue;
            };
            let default = standing
                .and_then(|colour| self.colour(colour))
                .map(Standing::Colour);
            let bound = Bound {
                name,
                field_type: FieldType::Color,
                required: false,
                default,
            };
            self.declare(fields, Some(layer), &path.member(member), bound);
        }
    }

    fn colour(&self, colour: &ColourValue) -> Option<Colour> {
        match colour {
            ColourValue::Exact(colour) => Some(*colour),
            ColourValue::Named(name) => self.template.colours.get(name).map(|named| named.value),
        }
    }

    /// Says so when there is no place for another field.
    pub(super) fn is_full(&mut self, fields: &Fields, path: &Path<'_>) -> bool {
        let most = self.limits.fields;
        let full = fields.len() >= most;
        if full {
            self.problems
                .push(path, format!("makes a field too many: {most} are allowed"));
        }
        full
    }

    fn declare(&mut self, fields: &mut Fields, layer: Option<&Layer>, path: &Path<'_>, bound: Bound<'_>) {
        let reach = Reach {
            layer: layer.map(|layer| layer.common.id.clone()),
            path: path.to_string(),
        };
        let Some(field) = fields.get_mut(bound.name) else {
            if self.is_full(fields, path) {
                return;
            }
            fields.push(Field {
                name: bound.name.clone(),
                field_type: bound.field_type,
                required: bound.required,
                default: bound.default,
                reaches: vec![reach],
                item: Fields::default(),
            });
            return;
        };
        if let Some(joined) = field.field_type.joined(bound.field_type) {
            field.field_type = joined;
            field.required |= bound.required;
            field.default = field.default.take().or(bound.default);
            field.reaches.push(reach);
            return;
        }
        let message = format!(
            "makes {} a field of the type {}, but {} makes it one of the type {}",
            quoted(field.name.as_str()),
            bound.field_type,
            field
                .reaches
                .first()
                .map_or("another part", |first| first.path.as_str()),
            field.field_type,
        );
        self.problems.push(path, message);
    }

    fn words(&mut self, content: &str, layer: &Layer, path: &Path<'_>, scope: &Scope) {
        let path = path.member("content");
        let most = self.limits.insertions;
        if named(content).nth(most).is_some() {
            self.problems
                .push(&path, format!("puts in more than {most} fields"));
            return;
        }
        for name in named(content) {
            self.mentions.push(Mention {
                scope: scope.clone(),
                name: name.to_owned(),
                path: path.to_string(),
                what: Asked::Words,
            });
            if let Some(field) = &layer.common.field {
                self.insertions
                    .push((scope.clone(), field.clone(), name.to_owned()));
            }
        }
    }

    fn condition(&mut self, condition: &Condition, path: &Path<'_>, scope: &Scope) {
        match condition {
            Condition::All(each) | Condition::Any(each) => {
                let name = if matches!(condition, Condition::All(_)) {
                    "all"
                } else {
                    "any"
                };
                for (index, one) in each.iter().enumerate() {
                    self.condition(one, &path.member(name).item(index), scope);
                }
            }
            Condition::Not(other) => self.condition(other, &path.member("not"), scope),
            Condition::Field { field, test } => self.mentions.push(Mention {
                scope: scope.clone(),
                name: field.to_string(),
                path: path.to_string(),
                what: Asked::Test(test.clone()),
            }),
        }
    }
}

/// The colour of a layer that a binding replaces; `None` when its type has no such colour.
#[expect(
    clippy::option_option,
    reason = "a colour that is not set can be bound, one that there cannot be cannot"
)]
fn bindable<'l>(layer: &'l Layer, member: &str) -> Option<Option<&'l ColourValue>> {
    match (member, &layer.kind) {
        ("color", Kind::Text(text)) => Some(Some(&text.colour)),
        ("color", Kind::Qr(qr)) => Some(Some(&qr.colour)),
        ("background", Kind::Qr(qr)) => Some(Some(&qr.background)),
        ("fill", Kind::Shape(shape)) => Some(match &shape.fill {
            Some(Fill::Colour(colour)) => Some(colour),
            Some(Fill::Gradient(_)) | None => None,
        }),
        ("tint", Kind::Image(image)) => Some(image.tint.as_ref()),
        ("stroke", _) => layer.common.stroke.as_ref().map(|stroke| Some(&stroke.colour)),
        _ => None,
    }
}
