//! Fields that conditions and insertions name: they must be able to answer, and never lead to themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::cycle::cycle;
use super::derive::{Deriving, Scope};
use crate::field::{Field, FieldType, Fields};
use crate::problem::{Path, hint, quoted};
use crate::units::FieldName;
use crate::{Colour, Operand, Test};

/// A field that something asks about without setting it.
pub(super) struct Mention {
    pub(super) scope: Scope,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) what: Asked,
}

pub(super) enum Asked {
    /// Its words are put in.
    Words,
    /// A condition tests it.
    Test(Test),
}

impl Deriving<'_, '_> {
    /// A mentioned field is looked for from the inside out; one that nobody declared is a text of its own.
    pub(super) fn mention(&mut self, fields: &mut Fields, mention: Mention) {
        let Some(name) = FieldName::new(mention.name.clone()) else {
            let message = format!("{} is no field's name", quoted(&mention.name));
            self.problems.push(&Path::Given(&mention.path), message);
            return;
        };
        if let Some(field) = find(fields, &mention.scope, &name) {
            if let Some(message) = disagreement(field, &mention.what) {
                self.problems.push(&Path::Given(&mention.path), message);
            }
            return;
        }
        let set = (0..=mention.scope.len()).filter_map(|depth| within(fields, &mention.scope[..depth]));
        let set = set.flatten().filter(|field| !field.reaches.is_empty());
        let hint = hint(name.as_str(), set.map(|field| field.name.as_str()));
        if !hint.is_empty() {
            let message = format!(
                "asks for {}, which nothing else names{hint}",
                quoted(name.as_str())
            );
            self.warnings.push(&Path::Given(&mention.path), message);
        }
        let mut inner = fields;
        for team in &mention.scope {
            match inner.get_mut(team) {
                Some(team) => inner = &mut team.item,
                None => return,
            }
        }
        if self.is_full(inner, &Path::Given(&mention.path)) {
            return;
        }
        inner.push(Field {
            name,
            field_type: FieldType::Text,
            required: false,
            default: None,
            reaches: Vec::new(),
            item: Fields::default(),
        });
    }

    /// Words that put in themselves, by whatever way.
    pub(super) fn circles(&mut self, fields: &Fields) {
        let mut edges: BTreeMap<(Scope, FieldName), BTreeSet<(Scope, FieldName)>> = BTreeMap::new();
        for (scope, from, to) in &self.insertions {
            let home = (0..=scope.len()).rev().find_map(|depth| {
                let field = within(fields, &scope[..depth])?.get(to)?;
                Some((scope[..depth].to_vec(), field.name.clone()))
            });
            if let Some(home) = home {
                edges
                    .entry((scope.clone(), from.clone()))
                    .or_default()
                    .insert(home);
            }
        }
        if let Some(way) = cycle(&edges) {
            let names: Vec<String> = way.iter().map(|(_, name)| quoted(name.as_str())).collect();
            let path = way
                .first()
                .and_then(|(scope, name)| within(fields, scope)?.get(name.as_str()))
                .and_then(|field| field.reaches.first())
                .map_or_else(String::new, |reach| reach.path.clone());
            self.problems.push(
                &Path::Given(&path),
                format!("puts in its own words, by way of {}", names.join(", ")),
            );
        }
    }
}

/// The fields of the items of these teams.
fn within<'f>(fields: &'f Fields, scope: &[FieldName]) -> Option<&'f Fields> {
    scope.iter().try_fold(fields, |fields, team| {
        fields.get(team.as_str()).map(|team| &team.item)
    })
}

fn find<'f>(fields: &'f Fields, scope: &[FieldName], name: &FieldName) -> Option<&'f Field> {
    (0..=scope.len())
        .rev()
        .find_map(|depth| within(fields, &scope[..depth])?.get(name.as_str()))
}

/// Why a field cannot answer what is asked about it.
fn disagreement(field: &Field, asked: &Asked) -> Option<String> {
    let name = quoted(field.name.as_str());
    let operands: &[Operand] = match asked {
        Asked::Words if field.field_type.has_words() => return None,
        Asked::Words => {
            return Some(format!(
                "puts in {name}, which is a field of the type {} and has no words",
                field.field_type
            ));
        }
        Asked::Test(Test::Equals(operand) | Test::Differs(operand)) => std::slice::from_ref(operand),
        Asked::Test(Test::In(operands)) => operands,
        Asked::Test(Test::Present | Test::Absent) => return None,
        Asked::Test(Test::True | Test::False) => &[],
    };
    match field.field_type {
        FieldType::Team => Some(format!(
            "asks what {name} is, which is a list of items: only present and absent tell something about one"
        )),
        FieldType::Color => operands
            .iter()
            .map(Operand::written)
            .find(|operand| Colour::from_hex(operand).is_none())
            .map(|operand| {
                format!(
                    "compares the colour {name} with {}, which is none",
                    quoted(&operand)
                )
            }),
        _ => None,
    }
}
