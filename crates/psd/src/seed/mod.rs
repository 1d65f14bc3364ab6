//! Blocks made by hand for tests: a small writer, and the parts that blocks are made of.

mod blocks;
mod laws;

pub(crate) use blocks::{adjustments, blocks};

/// The seed of one key.
pub(crate) fn block(key: [u8; 4]) -> Vec<u8> {
    blocks().into_iter().find(|(name, _)| *name == key).unwrap().1
}

/// Bytes under construction.
#[derive(Clone, Default)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Bytes {
    pub(crate) fn put(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn u16s(self, values: &[u16]) -> Self {
        values
            .iter()
            .fold(self, |out, value| out.put(&value.to_be_bytes()))
    }

    pub(crate) fn i16s(self, values: &[i16]) -> Self {
        values
            .iter()
            .fold(self, |out, value| out.put(&value.to_be_bytes()))
    }

    pub(crate) fn u32s(self, values: &[u32]) -> Self {
        values
            .iter()
            .fold(self, |out, value| out.put(&value.to_be_bytes()))
    }

    pub(crate) fn i32s(self, values: &[i32]) -> Self {
        values
            .iter()
            .fold(self, |out, value| out.put(&value.to_be_bytes()))
    }

    pub(crate) fn f32s(self, values: &[f32]) -> Self {
        values
            .iter()
            .fold(self, |out, value| out.put(&value.to_be_bytes()))
    }

    pub(crate) fn f64s(self, values: &[f64]) -> Self {
        values
            .iter()
            .fold(self, |out, value| out.put(&value.to_be_bytes()))
    }

    pub(crate) fn pascal(self, text: &str) -> Self {
        self.put(&[u8::try_from(text.len()).unwrap()])
            .put(text.as_bytes())
    }

    /// A count of UTF-16 units, the text and a NUL, as Photoshop writes it.
    pub(crate) fn unicode(self, text: &str) -> Self {
        let units: Vec<u16> = text.encode_utf16().chain([0]).collect();
        self.u32s(&[u32::try_from(units.len()).unwrap()]).u16s(&units)
    }

    /// A key, class or enumeration value.
    pub(crate) fn key(self, key: &str) -> Self {
        let length = if key.len() == 4 { 0 } else { key.len() };
        self.u32s(&[u32::try_from(length).unwrap()]).put(key.as_bytes())
    }
}

/// A descriptor under construction: a class, a count, and the values.
#[derive(Clone)]
pub(crate) struct Object {
    class: &'static str,
    count: u32,
    items: Bytes,
}

/// A descriptor of some class.
pub(crate) fn object(class: &'static str) -> Object {
    Object {
        class,
        count: 0,
        items: Bytes::default(),
    }
}

impl Object {
    /// A value of any type, type included.
    pub(crate) fn raw(mut self, key: &str, value: &[u8]) -> Self {
        self.count += 1;
        self.items = self.items.key(key).put(value);
        self
    }

    pub(crate) fn number(self, key: &str, value: f64) -> Self {
        self.raw(key, &Bytes::default().put(b"doub").f64s(&[value]).0)
    }

    pub(crate) fn unit(self, key: &str, unit: &[u8; 4], value: f64) -> Self {
        self.raw(key, &Bytes::default().put(b"UntF").put(unit).f64s(&[value]).0)
    }

    pub(crate) fn long(self, key: &str, value: i32) -> Self {
        self.raw(key, &Bytes::default().put(b"long").i32s(&[value]).0)
    }

    pub(crate) fn flag(self, key: &str, value: bool) -> Self {
        self.raw(key, &[b'b', b'o', b'o', b'l', u8::from(value)])
    }

    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        self.raw(key, &Bytes::default().put(b"TEXT").unicode(value).0)
    }

    pub(crate) fn choice(self, key: &str, kind: &str, value: &str) -> Self {
        self.raw(key, &Bytes::default().put(b"enum").key(kind).key(value).0)
    }

    pub(crate) fn data(self, key: &str, value: &[u8]) -> Self {
        let length = u32::try_from(value.len()).unwrap();
        self.raw(key, &Bytes::default().put(b"tdta").u32s(&[length]).put(value).0)
    }

    pub(crate) fn object(self, key: &str, value: Self) -> Self {
        self.raw(key, &value.value())
    }

    pub(crate) fn list(self, key: &str, values: &[Vec<u8>]) -> Self {
        let head = Bytes::default()
            .put(b"VlLs")
            .u32s(&[u32::try_from(values.len()).unwrap()]);
        self.raw(key, &head.put(&values.concat()).0)
    }

    pub(crate) fn numbers(self, key: &str, values: &[f64]) -> Self {
        let values: Vec<_> = values
            .iter()
            .map(|v| Bytes::default().put(b"doub").f64s(&[*v]).0)
            .collect();
        self.list(key, &values)
    }

    /// An array of objects whose columns are pixels.
    pub(crate) fn columns(self, key: &str, class: &'static str, columns: &[(&str, &[f64])]) -> Self {
        let mut array = object(class);
        for (name, values) in columns {
            let count = u32::try_from(values.len()).unwrap();
            let floats = Bytes::default()
                .put(b"UnFl")
                .put(b"#Pxl")
                .u32s(&[count])
                .f64s(values);
            array = array.raw(name, &floats.0);
        }
        let count = u32::try_from(columns[0].1.len()).unwrap();
        self.raw(
            key,
            &Bytes::default().put(b"ObAr").u32s(&[count]).put(&array.bare()).0,
        )
    }

    /// As a value: `Objc` and the descriptor.
    pub(crate) fn value(self) -> Vec<u8> {
        Bytes::default().put(b"Objc").put(&self.bare()).0
    }

    /// The descriptor alone.
    pub(crate) fn bare(self) -> Vec<u8> {
        let head = Bytes::default().unicode("").key(self.class).u32s(&[self.count]);
        head.put(&self.items.0).0
    }

    /// Behind its version.
    pub(crate) fn versioned(self) -> Vec<u8> {
        Bytes::default().u32s(&[16]).put(&self.bare()).0
    }
}

/// An RGB colour.
pub(crate) fn rgb(red: f64, green: f64, blue: f64) -> Object {
    object("RGBC")
        .number("Rd  ", red)
        .number("Grn ", green)
        .number("Bl  ", blue)
}

/// A gradient fill from red to blue, clear in the end.
pub(crate) fn gradient_fill(class: &'static str) -> Object {
    let stop = |place, color| {
        let stop = object("Clrt")
            .object("Clr ", color)
            .choice("Type", "Clry", "UsrS");
        stop.long("Lctn", place).long("Mdpn", 50).value()
    };
    let clear = |place, amount| {
        let stop = object("TrnS").unit("Opct", b"#Prc", amount);
        stop.long("Lctn", place).long("Mdpn", 25).value()
    };
    let gradient = object("Grdn")
        .text("Nm  ", "Custom")
        .choice("GrdF", "GrdF", "CstS")
        .number("Intr", 2048.0)
        .list(
            "Clrs",
            &[stop(0, rgb(255.0, 0.0, 0.0)), stop(4096, rgb(0.0, 0.0, 255.0))],
        )
        .list("Trns", &[clear(0, 100.0), clear(4096, 0.0)]);
    object(class)
        .choice(
            "gradientsInterpolationMethod",
            "gradientInterpolationMethodType",
            "Perc",
        )
        .object("Grad", gradient)
        .unit("Angl", b"#Ang", 45.0)
        .choice("Type", "GrdT", "Rdl ")
        .flag("Rvrs", true)
        .unit("Scl ", b"#Prc", 80.0)
        .object(
            "Ofst",
            object("Pnt ")
                .unit("Hrzn", b"#Prc", 5.0)
                .unit("Vrtc", b"#Prc", -5.0),
        )
}

/// A warp of 7 by 4 control points.
pub(crate) fn warp() -> Object {
    let across: Vec<f64> = (0..28).map(|point| f64::from(point % 7) * 10.0).collect();
    let down: Vec<f64> = (0..28).map(|point| f64::from(point / 7) * 20.0).collect();
    let envelope = object("customEnvelopeWarp")
        .columns("quiltSliceX", "UntF", &[("quiltSliceX", &[0.0, 30.0, 60.0])])
        .columns("quiltSliceY", "UntF", &[("quiltSliceY", &[0.0, 60.0])])
        .columns(
            "meshPoints",
            "rationalPoint",
            &[("Hrzn", &across), ("Vrtc", &down)],
        );
    let bounds = object("classFloatRect").number("Top ", 0.0).number("Left", 0.0);
    object("quiltWarp")
        .choice("warpStyle", "warpStyle", "warpCustom")
        .number("warpValue", 0.0)
        .choice("warpRotate", "Ornt", "Vrtc")
        .object("bounds", bounds.number("Btom", 60.0).number("Rght", 60.0))
        .long("uOrder", 4)
        .long("vOrder", 4)
        .long("deformNumRows", 4)
        .long("deformNumCols", 7)
        .object("customEnvelopeWarp", envelope)
}

/// A drop shadow.
pub(crate) fn shadow(distance: f64) -> Object {
    let point = |x, y| object("CrPt").number("Hrzn", x).number("Vrtc", y);
    let points = [
        point(0.0, 0.0).value(),
        point(255.0, 200.0).flag("Cnty", false).value(),
    ];
    object("DrSh")
        .flag("enab", true)
        .flag("present", true)
        .choice("Md  ", "BlnM", "linearBurn")
        .object("Clr ", rgb(1.0, 2.0, 3.0))
        .unit("Opct", b"#Prc", 35.0)
        .flag("uglg", true)
        .unit("lagl", b"#Ang", 120.0)
        .unit("Dstn", b"#Pxl", distance)
        .unit("Ckmt", b"#Pxl", 10.0)
        .unit("blur", b"#Pxl", 7.0)
        .object(
            "TrnS",
            object("ShpC").text("Nm  ", "Linear").list("Crv ", &points),
        )
}

/// Engine data of two styles over an astral character.
pub(crate) fn engine() -> Vec<u8> {
    let words: Vec<u8> = "a\u{1F600}b)\r"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let escaped: Vec<u8> = words
        .iter()
        .flat_map(|byte| {
            if *byte == b')' {
                vec![b'\\', b')']
            } else {
                vec![*byte]
            }
        })
        .collect();
    let mut out = b"\n\n<<\n\t/EngineDict\n\t<<\n\t\t/Editor << /Text (\xFE\xFF".to_vec();
    out.extend(escaped);
    out.extend_from_slice(
        b") >>
        /ParagraphRun << /RunArray [ << /ParagraphSheet << /Properties << /Justification 2 >> >> >> ]
            /RunLengthArray [ 6 ] >>
        /StyleRun << /RunArray [ << /StyleSheet << /StyleSheetData << /FontSize 72.5 /Font 1 /Tracking -20
                /FauxBold true /FontCaps 2 /FillColor << /Type 1 /Values [ .5 1.0 0.0 0.0 ] >> >> >> >>
            << /StyleSheet << /StyleSheetData << /AutoLeading false /Leading 30.0 >> >> >> ]
            /RunLengthArray [ 3 3 ] /IsJoinable 2 >>
        /Rendered << /Shapes << /Children [ << /Cookie << /Photoshop << /ShapeType 1
            /BoxBounds [ 0.0 0.0 100.0 50.0 ] >> >> >> ] >> >>
    >>
    /ResourceDict << /FontSet [ << /Name (\xFE\xFF\0A\0B) /Script 0 >> << /Name (Plain) >> ]
        /TheNormalStyleSheet 0 /StyleSheetSet [ << /StyleSheetData << /Font 0 /FontSize 12.0 >> >> ] >>
    >>",
    );
    out
}

/// The records of a square with one open line, from the top left corner.
pub(crate) fn square() -> Vec<u8> {
    let record = |kind: u16, body: &[u8]| {
        let mut out = Bytes::default().u16s(&[kind]).put(body).0;
        out.resize(26, 0);
        out
    };
    let whole = 1 << 24;
    let knot = |x: i32, y: i32| Bytes::default().i32s(&[y, x, y, x, y, x]).0;
    let half = whole / 2;
    [
        record(6, &[]),
        record(8, &[0, 1]),
        record(0, &Bytes::default().i16s(&[4, 2, 2, 0, 0, 0, 3]).0),
        record(1, &knot(0, 0)),
        record(2, &knot(half, 0)),
        record(2, &knot(half, -half)),
        record(2, &knot(0, whole)),
        record(3, &Bytes::default().i16s(&[1, -1, 0]).0),
        record(5, &knot(whole, 0)),
        record(7, &Bytes::default().i32s(&[0, 0, whole, whole, 72 * whole]).0),
        vec![0; 4],
    ]
    .concat()
}

/// An entry of linked files with what surrounds it.
pub(crate) fn linked_entry(kind: &[u8; 4], version: u32, length: u64, rest: &[u8]) -> Vec<u8> {
    let entry = Bytes::default()
        .put(kind)
        .u32s(&[version])
        .pascal("an-id")
        .unicode("art.png")
        .put(b"png 8BIM")
        .put(&length.to_be_bytes())
        .put(&[0])
        .put(rest)
        .0;
    let mut out = Bytes::default()
        .put(&(entry.len() as u64).to_be_bytes())
        .put(&entry)
        .0;
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

/// A pattern of three colour planes and transparency, 2 by 2, the first plane packed.
pub(crate) fn pattern() -> Vec<u8> {
    let plane = |compression: u8, data: &[u8]| {
        let body = Bytes::default()
            .u32s(&[8, 0, 0, 2, 2])
            .u16s(&[8])
            .put(&[compression])
            .put(data)
            .0;
        Bytes::default()
            .u32s(&[1, u32::try_from(body.len()).unwrap()])
            .put(&body)
            .0
    };
    let planes = [
        plane(1, &[0, 2, 0, 3, 0xFF, 9, 1, 5, 6]),
        plane(0, &[1, 2, 3, 4]),
        plane(0, &[5, 6, 7, 8]),
        Bytes::default().u32s(&[0]).0,
        plane(0, &[255, 0, 128, 255]),
    ]
    .concat();
    let list = Bytes::default().u32s(&[0, 0, 2, 2, 3]).put(&planes).0;
    let body = Bytes::default()
        .u32s(&[1, 3])
        .u16s(&[2, 2])
        .unicode("Dots")
        .pascal("pattern-id")
        .u32s(&[3, u32::try_from(list.len()).unwrap()])
        .put(&list)
        .0;
    let mut out = Bytes::default()
        .u32s(&[u32::try_from(body.len()).unwrap()])
        .put(&body)
        .0;
    out.resize(out.len().next_multiple_of(4), 0);
    out
}
