//! The members of an object: each is asked for by name, and what nobody asked for is a problem.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value};

use super::{Form, Reader};
use crate::problem::{Path, hint, quoted};

/// A struct of named members. [`record!`](super::record) writes all of it.
pub(crate) trait Record: Sized {
    /// Reads its members; says everything that is wrong with them.
    fn take(members: &mut Members<'_>, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self>;

    /// Writes its members, but for those that are as they would be without.
    fn put(&self, object: &mut Map<String, Value>);

    /// Describes its members.
    fn describe(object: &mut Described, generator: &mut SchemaGenerator);
}

/// An object that is being read.
#[derive(Debug)]
pub(crate) struct Members<'v> {
    object: &'v Map<String, Value>,
    asked: Vec<&'static str>,
}

impl<'v> Members<'v> {
    pub(crate) fn open(value: &'v Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self {
                object,
                asked: Vec::new(),
            }),
            other => reader.mismatch(other, path, "an object"),
        }
    }

    /// The member, if it is there.
    pub(crate) fn get(&mut self, name: &'static str) -> Option<&'v Value> {
        self.asked.push(name);
        self.object.get(name)
    }

    pub(crate) fn required<T: Form>(
        &mut self,
        name: &'static str,
        path: &Path<'_>,
        reader: &mut Reader<'_>,
    ) -> Option<T> {
        if let Some(value) = self.get(name) {
            return T::read(value, &path.member(name), reader);
        }
        reader.complain(path, format!("lacks {name:?}"));
        None
    }

    /// `None` after a complaint, `Some(None)` when the member is not there.
    #[expect(clippy::option_option, reason = "a broken member is no missing member")]
    pub(crate) fn optional<T: Form>(
        &mut self,
        name: &'static str,
        path: &Path<'_>,
        reader: &mut Reader<'_>,
    ) -> Option<Option<T>> {
        match self.get(name) {
            None => Some(None),
            Some(Value::Null) => {
                reader.complain(&path.member(name), "is null: leave it out, or give it a value");
                None
            }
            Some(value) => T::read(value, &path.member(name), reader).map(Some),
        }
    }

    /// Names what nobody asked for, with the nearest name that somebody did.
    pub(crate) fn finish(self, path: &Path<'_>, reader: &mut Reader<'_>) {
        for name in self.object.keys() {
            if !self.asked.contains(&name.as_str()) {
                reader.unknown(&path.member(name), || {
                    let free = self.asked.iter().copied();
                    let free = free.filter(|known| !self.object.contains_key(*known));
                    format!("{} is not known here{}", quoted(name), hint(name, free))
                });
            }
        }
    }
}

/// Reads an object that is a record and nothing else.
pub(crate) fn read_record<T: Record>(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<T> {
    let mut members = Members::open(value, path, reader)?;
    let read = T::take(&mut members, path, reader);
    members.finish(path, reader);
    read
}

/// Writes a record as an object.
pub(crate) fn write_record(record: &impl Record) -> Value {
    let mut object = Map::new();
    record.put(&mut object);
    Value::Object(object)
}

/// An object in the published schema.
#[derive(Debug, Default)]
pub(crate) struct Described {
    properties: Map<String, Value>,
    required: Vec<Value>,
}

impl Described {
    pub(crate) fn of<T: Record>(generator: &mut SchemaGenerator) -> Self {
        let mut described = Self::default();
        T::describe(&mut described, generator);
        described
    }

    pub(crate) fn required(&mut self, name: &str, doc: &str, schema: Schema) {
        self.required.push(name.into());
        self.optional(name, doc, schema, None);
    }

    pub(crate) fn optional(&mut self, name: &str, doc: &str, mut schema: Schema, default: Option<Value>) {
        schema.insert("description".into(), plain(doc).into());
        if let Some(default) = default {
            schema.insert("default".into(), default);
        }
        self.properties.insert(name.into(), schema.into());
    }

    pub(crate) fn finish(self, doc: &str) -> Schema {
        let mut schema = schemars::json_schema!({
            "type": "object",
            "description": plain(doc),
            "properties": self.properties,
            "additionalProperties": false,
        });
        if !self.required.is_empty() {
            schema.insert("required".into(), self.required.into());
        }
        schema
    }
}

/// A doc comment as plain words: one paragraph, without the brackets of links.
fn plain(doc: &str) -> String {
    let doc = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    doc.replace("[`", "`").replace("`]", "`")
}
