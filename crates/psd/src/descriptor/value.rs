//! The types of value that a descriptor can hold.

use super::{Descriptor, Key};

/// One value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `obj `: a path to something in the application, outermost last.
    Reference(Vec<Reference>),
    /// `Objc`: an object.
    Object(Descriptor),
    /// `GlbO`: an object, called global by Photoshop.
    GlobalObject(Descriptor),
    /// `VlLs`: a list of values.
    List(Vec<Self>),
    /// `doub`: a double.
    Double(f64),
    /// `UntF`: a double with a unit.
    UnitFloat(UnitFloat),
    /// `UnFl`: many floats of one unit.
    UnitFloats(UnitFloats),
    /// `TEXT`: a text.
    Text(String),
    /// `enum`: one choice of many.
    Enumeration(Enumeration),
    /// `long`: a 32-bit integer.
    Integer(i32),
    /// `comp`: a 64-bit integer.
    LargeInteger(i64),
    /// `bool`: true or false.
    Bool(bool),
    /// `type`: a class.
    Class(Class),
    /// `GlbC`: a class, called global by Photoshop.
    GlobalClass(Class),
    /// `alis`: an alias record of macOS (or its Windows twin), as bytes.
    Alias(Vec<u8>),
    /// `tdta`: bytes that something else understands.
    Raw(Vec<u8>),
    /// `ObAr`: objects of one class, stored key by key.
    ObjectArray(ObjectArray),
    /// `Pth `: a file path, as bytes. [`Value::file_path`] reads it.
    Path(Vec<u8>),
}

/// A class by name and id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Class {
    /// The name, mostly empty.
    pub name: String,
    /// The id.
    pub id: Key,
}

/// One choice of an enumeration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enumeration {
    /// The type of the enumeration, as in `BlnM`.
    pub kind: Key,
    /// The choice, as in `Mltp`.
    pub value: Key,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// `#Ang`: degrees.
    Angle,
    /// `#Rsl`: pixels per inch.
    Density,
    /// `#Rlt`: 1/72 inch.
    Distance,
    /// `#Nne`: none.
    None,
    /// `#Prc`: per cent.
    Percent,
    /// `#Pxl`: pixels.
    Pixels,
    /// `#Pnt`: points.
    Points,
    /// `#Mlm`: millimetres.
    Millimetres,
    /// `RrCm`: centimetres.
    Centimetres,
    /// `RrIn`: inches.
    Inches,
    /// `RrPi`: picas.
    Picas,
    /// Any other code.
    Other([u8; 4]),
}

impl From<[u8; 4]> for Unit {
    fn from(code: [u8; 4]) -> Self {
        match &code {
            b"#Ang" => Self::Angle,
            b"#Rsl" => Self::Density,
            b"#Rlt" => Self::Distance,
            b"#Nne" => Self::None,
            b"#Prc" => Self::Percent,
            b"#Pxl" => Self::Pixels,
            b"#Pnt" => Self::Points,
            b"#Mlm" => Self::Millimetres,
            b"RrCm" => Self::Centimetres,
            b"RrIn" => Self::Inches,
            b"RrPi" => Self::Picas,
            _ => Self::Other(code),
        }
    }
}

/// A number with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitFloat {
    /// The unit.
    pub unit: Unit,
    /// The number.
    pub value: f64,
}

/// Many numbers of one unit.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitFloats {
    /// The unit.
    pub unit: Unit,
    /// The numbers.
    pub values: Vec<f64>,
}

/// Objects of one class, stored as one long array for each key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectArray {
    /// How many objects the file says there are.
    pub count: u32,
    /// The class, and the key of each array with its values.
    pub columns: Descriptor,
}

impl ObjectArray {
    /// The numbers stored for `key`; empty when there are none.
    pub fn floats(&self, key: &str) -> &[f64] {
        match self.columns.get(key) {
            Some(Value::UnitFloats(floats)) => &floats.values,
            _ => &[],
        }
    }
}

/// One step of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The class it names. [`ReferenceForm::Identifier`] and [`ReferenceForm::Index`] have none.
    pub class: Option<Class>,
    /// Which one of that class.
    pub form: ReferenceForm,
}

/// The ways in which a reference picks one object of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReferenceForm {
    /// `prop`: a property.
    Property(Key),
    /// `Clss`: the class itself.
    Class,
    /// `Enmr`: an enumeration value.
    Enumerated(Enumeration),
    /// `rele`: an offset from the current one.
    Offset(i32),
    /// `Idnt`: an id.
    Identifier(i32),
    /// `indx`: a place in order.
    Index(i32),
    /// `name`: a name.
    Name(String),
}

impl Value {
    /// A number of any type.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Double(number) => Some(*number),
            Self::UnitFloat(number) => Some(number.value),
            Self::Integer(number) => Some(f64::from(*number)),
            // Above 2^53 the nearest double is as good as anything a caller could do with it.
            Self::LargeInteger(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// A whole number; floating values are rounded and must fit.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(i64::from(*number)),
            Self::LargeInteger(number) => Some(*number),
            Self::Double(number) | Self::UnitFloat(UnitFloat { value: number, .. }) => whole(*number),
            _ => None,
        }
    }

    /// A truth value.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self {
            Some(*truth)
        } else {
            None
        }
    }

    /// A text.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// An object.
    pub fn as_object(&self) -> Option<&Descriptor> {
        if let Self::Object(object) | Self::GlobalObject(object) = self {
            Some(object)
        } else {
            None
        }
    }

    /// A list.
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(list) = self {
            Some(list)
        } else {
            None
        }
    }

    /// An enumeration value.
    pub fn as_enumeration(&self) -> Option<&Enumeration> {
        if let Self::Enumeration(choice) = self {
            Some(choice)
        } else {
            None
        }
    }

    /// A number with a unit; a plain number has [`Unit::None`].
    pub fn as_unit_float(&self) -> Option<UnitFloat> {
        match self {
            Self::UnitFloat(number) => Some(*number),
            _ => self.as_f64().map(|value| UnitFloat {
                unit: Unit::None,
                value,
            }),
        }
    }

    /// Bytes: raw data, an alias or a path.
    pub fn as_raw(&self) -> Option<&[u8]> {
        match self {
            Self::Raw(bytes) | Self::Alias(bytes) | Self::Path(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// An array of objects.
    pub fn as_object_array(&self) -> Option<&ObjectArray> {
        if let Self::ObjectArray(array) = self {
            Some(array)
        } else {
            None
        }
    }

    /// The text of a [`Value::Path`]: a signature, a byte length, a count of UTF-16 units and the
    /// units, all little-endian.
    pub fn file_path(&self) -> Option<String> {
        let Self::Path(bytes) = self else { return None };
        let units = bytes.get(12..)?;
        let count = u32::from_le_bytes(bytes.get(8..12)?.try_into().ok()?);
        let count = usize::try_from(count).ok()?.min(units.len() / 2);
        let units = units
            .chunks_exact(2)
            .take(count)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let text: String = char::decode_utf16(units)
            .map(|unit| unit.unwrap_or('\u{FFFD}'))
            .collect();
        Some(text.trim_end_matches('\0').to_owned())
    }
}

/// The nearest whole number, when there is one that a caller could mean.
fn whole(number: f64) -> Option<i64> {
    /// The doubles up to here hold whole numbers exactly.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "rounded and within 2^53")]
    (number.abs() <= EXACT).then(|| number.round() as i64)
}
