//! When a layer is drawn.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::Limits;
use crate::form::{Form, Listed, Members, Reader, choice};
use crate::problem::Path;
use crate::units::{FieldName, Words};

/// Something about field values that is true or false.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Each of them; of none, it is true.
    All(Vec<Self>),
    /// One of them at least; of none, it is false.
    Any(Vec<Self>),
    /// Not this one.
    Not(Box<Self>),
    /// What a field's value is, after defaults.
    Field {
        /// The field.
        field: FieldName,
        /// What is asked about it.
        test: Test,
    },
}

/// What is asked about a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// There is one, and it is not empty.
    Present,
    /// There is none, or it is empty.
    Absent,
    /// It is this.
    Equals(Operand),
    /// It is not this.
    Differs(Operand),
    /// It is one of these.
    In(Vec<Operand>),
    /// It is `true`.
    True,
    /// It is `false`, or there is none.
    False,
}

choice! {
    /// What is asked about a value, by name.
    pub enum Operator {
        /// There is one, and it is not empty.
        Present = "present",
        /// There is none, or it is empty.
        Absent = "absent",
        /// It is the given value.
        Eq = "eq",
        /// It is not the given value.
        Ne = "ne",
        /// It is one of the given values.
        In = "in",
        /// It is `true`.
        True = "true",
        /// It is `false`, or there is none.
        False = "false",
    }
}

/// What a value is compared with: a text, a number or a truth, by how it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A text.
    Text(Words),
    /// A number.
    Number(f64),
    /// True or false.
    Truth(bool),
}

impl Operand {
    /// How a text field's value would have to be written to equal it.
    pub fn written(&self) -> String {
        match self {
            Self::Text(words) => words.as_str().to_owned(),
            other => other.write().to_string(),
        }
    }
}

impl Form for Operand {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match value {
            Value::String(_) => Words::read(value, path, reader).map(Self::Text),
            Value::Bool(truth) => Some(Self::Truth(*truth)),
            Value::Number(number) => number.as_f64().map(Self::Number),
            other => reader.mismatch(other, path, "a text, a number, true or false"),
        }
    }

    fn write(&self) -> Value {
        match self {
            Self::Text(words) => words.write(),
            Self::Number(number) => crate::form::number_value(*number),
            Self::Truth(truth) => (*truth).into(),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let words = Words::schema(generator);
        schemars::json_schema!({ "anyOf": [words, { "type": "number" }, { "type": "boolean" }] })
    }
}

impl Listed for Operand {
    const PLURAL: &'static str = "values";

    fn most(limits: &Limits) -> usize {
        limits.conditions
    }
}

impl Listed for Condition {
    const PLURAL: &'static str = "conditions";

    fn most(limits: &Limits) -> usize {
        limits.conditions
    }
}

impl Form for Condition {
    fn read(value: &Value, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        if reader.condition_depth == 0 {
            reader.conditions = 0;
        }
        let (most, deepest) = (reader.limits.conditions, reader.limits.condition_depth);
        reader.conditions += 1;
        if reader.conditions > most || reader.condition_depth >= deepest {
            // Once is enough: each part of a large condition would say the same.
            if reader.conditions <= most + 1 {
                reader.complain(
                    path,
                    format!("is too large a condition: {most} parts, {deepest} deep, are allowed"),
                );
            }
            return None;
        }
        reader.condition_depth += 1;
        let read = Members::open(value, path, reader).and_then(|members| branch(members, path, reader));
        reader.condition_depth -= 1;
        read
    }

    fn write(&self) -> Value {
        let (field, test) = match self {
            Self::All(each) => return json!({ "all": each.write() }),
            Self::Any(each) => return json!({ "any": each.write() }),
            Self::Not(other) => return json!({ "not": other.write() }),
            Self::Field { field, test } => (field.write(), test),
        };
        let op = test.operator().write();
        match test {
            Test::Equals(value) | Test::Differs(value) => {
                json!({ "field": field, "op": op, "value": value.write() })
            }
            Test::In(values) => json!({ "field": field, "op": op, "value": values.write() }),
            Test::Present | Test::Absent | Test::True | Test::False => json!({ "field": field, "op": op }),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Self>()
    }
}

/// One of the four: `all`, `any`, `not`, or a `field` with what is asked about it.
fn branch(mut members: Members<'_>, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Condition> {
    const BRANCHES: [&str; 4] = ["all", "any", "not", "field"];
    let given: Vec<&str> = BRANCHES
        .into_iter()
        .filter(|name| members.get(name).is_some())
        .collect();
    let read = match given[..] {
        ["all"] => members.required("all", path, reader).map(Condition::All),
        ["any"] => members.required("any", path, reader).map(Condition::Any),
        ["not"] => members.required("not", path, reader).map(Condition::Not),
        ["field"] => {
            let field = members.required("field", path, reader);
            let test = test(&mut members, path, reader);
            field
                .zip(test)
                .map(|(field, test)| Condition::Field { field, test })
        }
        _ => {
            members.get("op");
            members.get("value");
            reader.complain(path, "needs one of \"field\", \"all\", \"any\" and \"not\"");
            None
        }
    };
    members.finish(path, reader);
    read
}

fn test(members: &mut Members<'_>, path: &Path<'_>, reader: &mut Reader<'_>) -> Option<Test> {
    Some(match members.required("op", path, reader) {
        Some(Operator::Eq) => Test::Equals(members.required("value", path, reader)?),
        Some(Operator::Ne) => Test::Differs(members.required("value", path, reader)?),
        Some(Operator::In) => Test::In(members.required("value", path, reader)?),
        Some(Operator::Present) => Test::Present,
        Some(Operator::Absent) => Test::Absent,
        Some(Operator::True) => Test::True,
        Some(Operator::False) => Test::False,
        None => {
            members.get("value");
            return None;
        }
    })
}

impl JsonSchema for Condition {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (field, one) = (FieldName::schema(generator), Self::schema(generator));
        let (many, operand) = (Vec::<Self>::schema(generator), Operand::schema(generator));
        let operands = Vec::<Operand>::schema(generator);
        let leaf = |op: Value, value: Option<Value>| {
            let mut properties = json!({ "field": field, "op": op });
            let mut required = vec!["field", "op"];
            if let Some(value) = value {
                properties["value"] = value;
                required.push("value");
            }
            json!({
                "type": "object", "properties": properties, "required": required,
                "additionalProperties": false,
            })
        };
        let branch = |name: &str, inner: &Schema| {
            json!({
                "type": "object", "properties": { name: inner }, "required": [name],
                "additionalProperties": false,
            })
        };
        schemars::json_schema!({
            "description": "Something about field values, after defaults, that is true or false.",
            "oneOf": [
                leaf(json!({ "enum": ["present", "absent", "true", "false"] }), None),
                leaf(json!({ "enum": ["eq", "ne"] }), Some(operand.into())),
                leaf(json!({ "const": "in" }), Some(operands.into())),
                branch("all", &many),
                branch("any", &many),
                branch("not", &one),
            ],
        })
    }
}

impl Test {
    fn operator(&self) -> Operator {
        match self {
            Self::Present => Operator::Present,
            Self::Absent => Operator::Absent,
            Self::Equals(_) => Operator::Eq,
            Self::Differs(_) => Operator::Ne,
            Self::In(_) => Operator::In,
            Self::True => Operator::True,
            Self::False => Operator::False,
        }
    }
}
