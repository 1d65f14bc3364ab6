//! Bytes to descriptors, with a budget for depth and for the number of values.

use super::{
    Class, Descriptor, Enumeration, Key, ObjectArray, Reference, ReferenceForm, Unit, UnitFloat, UnitFloats,
    Value,
};
use crate::{Limit, Limits, PsdError, Section, reader::Reader};

/// No stack is asked to hold more than this, whatever the caller's limits say.
const DEEPEST: u64 = 512;

impl Descriptor {
    /// Reads a bare descriptor and leaves `reader` behind it.
    ///
    /// # Errors
    /// [`PsdError`] when the bytes are cut short, hold an unknown value type or pass a limit.
    pub fn read(reader: &mut Reader<'_>, limits: &Limits) -> Result<Self, PsdError> {
        let section = reader.section();
        let mut inner = reader.clone().named(Section::Descriptor);
        let mut budget = Budget {
            limits,
            depth: 0,
            items: 0,
        };
        let descriptor = budget.descriptor(&mut inner)?;
        *reader = inner.named(section);
        Ok(descriptor)
    }

    /// Reads a version, which must be 16, and the descriptor behind it.
    ///
    /// # Errors
    /// [`PsdError`] when the version is another, the bytes are cut short, hold an unknown value
    /// type or pass a limit.
    pub fn read_versioned(reader: &mut Reader<'_>, limits: &Limits) -> Result<Self, PsdError> {
        let before = reader.clone();
        if reader.u32()? != 16 {
            return Err(before
                .named(Section::Descriptor)
                .malformed("descriptor version is not 16"));
        }
        Self::read(reader, limits)
    }
}

/// What one call may still spend.
struct Budget<'l> {
    limits: &'l Limits,
    depth: u64,
    items: u64,
}

impl Budget<'_> {
    /// Debits `count` values.
    fn spend(&mut self, count: u64) -> Result<(), PsdError> {
        self.items = self.items.saturating_add(count);
        Limits::check(Limit::DescriptorItems, self.items, self.limits.descriptor_items)
    }

    fn descriptor(&mut self, reader: &mut Reader<'_>) -> Result<Descriptor, PsdError> {
        self.depth += 1;
        let deepest = self.limits.descriptor_depth.min(DEEPEST);
        Limits::check(Limit::DescriptorDepth, self.depth, deepest)?;
        let name = reader.unicode()?;
        let class = key(reader)?;
        let count = reader.u32()?;
        // Nothing is reserved by the count: the smallest value takes nine bytes, so a false count
        // runs out of bytes before it costs anything.
        let mut items = Vec::new();
        for _ in 0..count {
            self.spend(1)?;
            let key = key(reader)?;
            items.push((key, self.value(reader)?));
        }
        self.depth -= 1;
        Ok(Descriptor { name, class, items })
    }

    fn value(&mut self, reader: &mut Reader<'_>) -> Result<Value, PsdError> {
        let before = reader.clone();
        Ok(match &reader.array::<4>()? {
            b"obj " => Value::Reference(self.reference(reader)?),
            b"Objc" => Value::Object(self.descriptor(reader)?),
            b"GlbO" => Value::GlobalObject(self.descriptor(reader)?),
            b"VlLs" => Value::List(self.list(reader)?),
            b"doub" => Value::Double(reader.f64()?),
            b"UntF" => Value::UnitFloat(UnitFloat {
                unit: Unit::from(reader.array()?),
                value: reader.f64()?,
            }),
            b"UnFl" => Value::UnitFloats(self.unit_floats(reader)?),
            b"TEXT" => Value::Text(reader.unicode()?),
            b"enum" => Value::Enumeration(Enumeration {
                kind: key(reader)?,
                value: key(reader)?,
            }),
            b"long" => Value::Integer(reader.i32()?),
            b"comp" => Value::LargeInteger(reader.i64()?),
            b"bool" => Value::Bool(reader.u8()? != 0),
            b"type" => Value::Class(class(reader)?),
            b"GlbC" => Value::GlobalClass(class(reader)?),
            b"alis" => Value::Alias(sized(reader)?),
            b"tdta" => Value::Raw(sized(reader)?),
            b"Pth " => Value::Path(sized(reader)?),
            b"ObAr" => {
                let count = reader.u32()?;
                Value::ObjectArray(ObjectArray {
                    count,
                    columns: self.descriptor(reader)?,
                })
            }
            // Values carry no length, so one unknown type makes all that follows unreadable.
            _ => return Err(before.malformed("value of an unknown type")),
        })
    }

    fn list(&mut self, reader: &mut Reader<'_>) -> Result<Vec<Value>, PsdError> {
        self.depth += 1;
        let deepest = self.limits.descriptor_depth.min(DEEPEST);
        Limits::check(Limit::DescriptorDepth, self.depth, deepest)?;
        let count = reader.u32()?;
        let mut list = Vec::new();
        for _ in 0..count {
            self.spend(1)?;
            list.push(self.value(reader)?);
        }
        self.depth -= 1;
        Ok(list)
    }

    fn unit_floats(&mut self, reader: &mut Reader<'_>) -> Result<UnitFloats, PsdError> {
        let unit = Unit::from(reader.array()?);
        let count = u64::from(reader.u32()?);
        let bytes = reader.take_u64(count * 8)?;
        self.spend(count)?;
        let values = bytes
            .as_chunks::<8>()
            .0
            .iter()
            .map(|eight| f64::from_be_bytes(*eight))
            .collect();
        Ok(UnitFloats { unit, values })
    }

    fn reference(&mut self, reader: &mut Reader<'_>) -> Result<Vec<Reference>, PsdError> {
        let count = reader.u32()?;
        let mut steps = Vec::new();
        for _ in 0..count {
            self.spend(1)?;
            let before = reader.clone();
            let form = reader.array::<4>()?;
            let class = match &form {
                b"Idnt" | b"indx" => None,
                b"prop" | b"Clss" | b"Enmr" | b"rele" | b"name" => Some(class(reader)?),
                _ => return Err(before.malformed("reference of an unknown form")),
            };
            let form = match &form {
                b"prop" => ReferenceForm::Property(key(reader)?),
                b"Enmr" => ReferenceForm::Enumerated(Enumeration {
                    kind: key(reader)?,
                    value: key(reader)?,
                }),
                b"rele" => ReferenceForm::Offset(reader.i32()?),
                b"Idnt" => ReferenceForm::Identifier(reader.i32()?),
                b"indx" => ReferenceForm::Index(reader.i32()?),
                b"name" => ReferenceForm::Name(reader.unicode()?),
                _ => ReferenceForm::Class,
            };
            steps.push(Reference { class, form });
        }
        Ok(steps)
    }
}

/// A length and that many bytes; length 0 stands for a four-character code.
fn key(reader: &mut Reader<'_>) -> Result<Key, PsdError> {
    Ok(match reader.u32()? {
        0 | 4 => Key::Code(reader.array()?),
        length => Key::Name(reader.take_u64(u64::from(length))?.into()),
    })
}

fn class(reader: &mut Reader<'_>) -> Result<Class, PsdError> {
    Ok(Class {
        name: reader.unicode()?,
        id: key(reader)?,
    })
}

fn sized(reader: &mut Reader<'_>) -> Result<Vec<u8>, PsdError> {
    let length = reader.u32()?;
    Ok(reader.take_u64(u64::from(length))?.to_vec())
}
