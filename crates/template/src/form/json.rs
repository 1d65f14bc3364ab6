//! Bytes to a JSON value. A member that stands twice is a problem: which one was meant, nobody can tell.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::Reader;
use crate::problem::Path;

/// The value, or `None` after saying why the bytes are none.
pub(crate) fn parse(bytes: &[u8], reader: &mut Reader<'_>) -> Option<Value> {
    let most = reader.limits.bytes;
    if bytes.len() > most {
        reader.complain(
            &Path::Root,
            format!("has {} bytes, {most} are allowed", bytes.len()),
        );
        return None;
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read = Node {
        path: &Path::Root,
        reader,
    }
    .deserialize(&mut deserializer)
    .and_then(|value| deserializer.end().map(|()| value));
    match read {
        Ok(value) => Some(value),
        Err(error) => {
            // Its own words: what, and at which line and column.
            reader.complain(&Path::Root, format!("is not JSON: {error}"));
            None
        }
    }
}

struct Node<'p, 'r, 'l> {
    path: &'p Path<'p>,
    reader: &'r mut Reader<'l>,
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let path = self.path.item(items.len());
            let node = Node {
                path: &path,
                reader: &mut *self.reader,
            };
            match list.next_element_seed(node)? {
                Some(item) => items.push(item),
                None => return Ok(items.into()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(Key(name)) = object.next_key()? {
            let path = self.path.member(&name);
            if members.contains_key(&name) {
                self.reader.complain(&path, "stands twice");
            }
            let node = Node {
                path: &path,
                reader: &mut *self.reader,
            };
            let value = object.next_value_seed(node)?;
            members.insert(name, value);
        }
        Ok(members.into())
    }
}

struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}
