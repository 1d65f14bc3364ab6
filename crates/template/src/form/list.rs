//! Lists: how many of a thing there may be, and each in turn.

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::{Form, Reader};
use crate::Limits;
use crate::problem::Path;

/// Something that comes in lists.
pub(crate) trait Listed: Form {
    /// What several are called.
    const PLURAL: &'static str;

    /// How few a list may have.
    const FEWEST: usize = 0;

    /// How many a list may have.
    fn most(limits: &Limits) -> usize;
}

/// Reads each item of a list; says what is wrong with any of them.
pub(crate) fn read_list<T: Listed>(
    value: &Value,
    path: &Path<'_>,
    reader: &mut Reader<'_>,
) -> Option<Vec<T>> {
    let Value::Array(items) = value else {
        return reader.mismatch(value, path, &format!("a list of {}", T::PLURAL));
    };
    let most = T::most(reader.limits);
    if items.len() > most {
        reader.complain(
            path,
            format!("has {} {}, {most} are allowed", items.len(), T::PLURAL),
        );
        return None;
    }
    if items.len() < T::FEWEST {
        reader.complain(
            path,
            format!("has {} {}, {} are needed", items.len(), T::PLURAL, T::FEWEST),
        );
        return None;
    }
    // Not `collect::<Option<_>>`, which would stop at the first broken one.
    let read: Vec<Option<T>> = items
        .iter()
        .enumerate()
        .map(|(index, item)| T::read(item, &path.item(index), reader))
        .collect();
    read.into_iter().collect()
}

impl<T: Listed> Form for Vec<T> {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        read_list(value, path, reader)
    }

    fn write(&self) -> Value {
        self.iter().map(Form::write).collect::<Vec<_>>().into()
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = schemars::json_schema!({
            "type": "array",
            "items": T::schema(generator),
            "maxItems": T::most(&Limits::default()),
        });
        if T::FEWEST > 0 {
            schema.insert("minItems".into(), T::FEWEST.into());
        }
        schema
    }
}
