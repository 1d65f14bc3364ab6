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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        descriptor::{Class, Enumeration, Reference, ReferenceForm},
        seed::{Bytes, object},
    };

    fn parse(bytes: &[u8]) -> Result<Descriptor, PsdError> {
        Descriptor::parse(bytes, 100, &Limits::default())
    }

    #[test]
    fn every_type_of_value_is_read() {
        let class = Bytes::default().unicode("Layer").key("Lyr ").0;
        let reference = Bytes::default()
            .put(b"obj ")
            .u32s(&[7])
            .put(b"prop")
            .put(&class)
            .key("Opct")
            .put(b"Clss")
            .put(&class)
            .put(b"Enmr")
            .put(&class)
            .key("Ordn")
            .key("Trgt")
            .put(b"rele")
            .put(&class)
            .i32s(&[-1])
            .put(b"Idnt")
            .i32s(&[7])
            .put(b"indx")
            .i32s(&[3])
            .put(b"name")
            .put(&class)
            .unicode("Sky")
            .0;
        let path = Bytes::default()
            .put(b"Pth ")
            .u32s(&[16])
            .put(b"txtu\x10\0\0\0\x02\0\0\0a\0b\0")
            .0;
        let bytes = object("null")
            .raw("refe", &reference)
            .object("Objc", object("Pnt ").number("Hrzn", 1.5))
            .raw(
                "glob",
                &Bytes::default().put(b"GlbO").put(&object("Pnt ").bare()).0,
            )
            .numbers("list", &[1.0, 2.0])
            .unit("unit", b"#Ang", 90.0)
            .columns(
                "meshPoints",
                "rationalPoint",
                &[("Hrzn", &[1.0, 2.0, 3.0]), ("Vrtc", &[4.0, 5.0, 6.0])],
            )
            .text("Nm  ", "caf\u{e9} \u{1F600}")
            .choice("Md  ", "BlnM", "linearBurn")
            .long("long", -5)
            .raw("comp", &[&b"comp"[..], &(1_i64 << 40).to_be_bytes()].concat())
            .flag("flag", true)
            .raw("type", &[&b"type"[..], &class].concat())
            .raw("glbc", &[&b"GlbC"[..], &class].concat())
            .raw("alis", b"alis\0\0\0\x02ab")
            .data("data", b"\x01\x02")
            .raw("path", &path)
            .versioned();
        let read = parse(&bytes).unwrap();

        let class = Class {
            name: "Layer".into(),
            id: Key::from("Lyr "),
        };
        let Some(Value::Reference(steps)) = read.get("refe") else {
            panic!("{read:?}")
        };
        let forms: Vec<_> = steps.iter().map(|step| step.form.clone()).collect();
        let target = Enumeration {
            kind: Key::from("Ordn"),
            value: Key::from("Trgt"),
        };
        assert_eq!(
            forms,
            [
                ReferenceForm::Property(Key::from("Opct")),
                ReferenceForm::Class,
                ReferenceForm::Enumerated(target),
                ReferenceForm::Offset(-1),
                ReferenceForm::Identifier(7),
                ReferenceForm::Index(3),
                ReferenceForm::Name("Sky".into()),
            ]
        );
        assert_eq!(
            steps[1],
            Reference {
                class: Some(class.clone()),
                form: ReferenceForm::Class
            }
        );
        assert_eq!(steps[4].class, None);
        assert_eq!(read.object("Objc").and_then(|point| point.f64("Hrzn")), Some(1.5));
        assert!(matches!(read.get("glob"), Some(Value::GlobalObject(point)) if point.class == "Pnt "));
        assert_eq!(read.list("list"), [Value::Double(1.0), Value::Double(2.0)]);
        assert_eq!(
            read.unit_float("unit"),
            Some(UnitFloat {
                unit: Unit::Angle,
                value: 90.0
            })
        );
        let array = read.object_array("meshPoints").unwrap();
        assert_eq!((array.count, array.floats("Vrtc")), (3, &[4.0, 5.0, 6.0][..]));
        assert_eq!(read.text("Nm  "), Some("caf\u{e9} \u{1F600}"));
        assert_eq!(read.enumeration("Md  "), Some(&Key::from("linearBurn")));
        assert_eq!((read.i32("long"), read.i64("comp")), (Some(-5), Some(1 << 40)));
        assert_eq!((read.i32("comp"), read.bool("flag")), (None, Some(true)));
        assert_eq!(read.get("type"), Some(&Value::Class(class.clone())));
        assert_eq!(read.get("glbc"), Some(&Value::GlobalClass(class)));
        assert_eq!(
            (read.raw("alis"), read.raw("data")),
            (Some(&b"ab"[..]), Some(&[1, 2][..]))
        );
        assert_eq!(read.get("path").and_then(Value::file_path), Some("ab".to_owned()));
        assert_eq!(read.get("none"), None);
    }

    #[test]
    fn an_error_points_at_the_value_that_is_unknown() {
        let bytes = object("null").raw("what", b"whatever").versioned();
        let at = bytes.windows(8).position(|window| window == b"whatever").unwrap();
        let error = parse(&bytes).unwrap_err();
        let what = "value of an unknown type";
        let offset = 100 + at as u64;
        assert_eq!(
            error,
            PsdError::Malformed {
                section: Section::Descriptor,
                offset,
                what
            }
        );
        assert!(matches!(
            parse(&[0, 0, 0, 15]),
            Err(PsdError::Malformed { offset: 100, .. })
        ));
    }

    #[test]
    fn promises_of_billions_cost_nothing() {
        let huge = u32::MAX.to_be_bytes();
        for kind in [&b"TEXT"[..], b"tdta", b"VlLs", b"obj ", b"UnFl#Pxl"] {
            let bytes = object("null").raw("huge", &[kind, &huge].concat()).versioned();
            assert!(
                matches!(parse(&bytes), Err(PsdError::Truncated { .. })),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn depth_and_number_are_limited() {
        let mut nested = object("null");
        for _ in 0..70 {
            nested = object("null").object("deep", nested);
        }
        let over = |limit| move |error| matches!(error, PsdError::OverLimit { limit: l, .. } if l == limit);
        assert!(parse(&nested.versioned()).is_err_and(over(Limit::DescriptorDepth)));
        // A list in a list in a list, ten thousand deep, with no stack to run out of.
        let lists = object("null")
            .raw("deep", &b"VlLs\0\0\0\x01".repeat(10_000))
            .versioned();
        let generous = Limits {
            descriptor_depth: u64::MAX,
            ..Limits::default()
        };
        let read = Descriptor::parse(&lists, 0, &generous);
        assert!(read.is_err_and(over(Limit::DescriptorDepth)));
        let many = object("null").numbers("list", &[0.0; 50]).versioned();
        let few = Limits {
            descriptor_items: 40,
            ..Limits::default()
        };
        assert!(Descriptor::parse(&many, 0, &few).is_err_and(over(Limit::DescriptorItems)));
    }
}
