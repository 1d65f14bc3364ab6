//! A text layer's block: transform, text descriptor with engine data, warp.
//! Adobe Photoshop File Formats Specification, *Type tool object setting*.

use super::descriptor::{Descriptor, Value};
use crate::bytes::Ink;

/// A line or paragraph of text in one style.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// What it says; lines end with `\r`.
    pub text: String,
    /// PostScript name of the font.
    pub font: String,
    /// Size in pixels, before the transform.
    pub size: f64,
    /// Colour, 0 to 1.
    pub rgb: [f64; 3],
    /// xx, xy, yx, yy, tx, ty: text space to canvas pixels.
    pub transform: [f64; 6],
    /// Left, top, right, bottom in text space.
    pub bounds: [f64; 4],
}

impl Text {
    /// Black text at (`x`, `y`), the start of its base line.
    #[must_use]
    pub fn new(text: &str, size: f64, x: f64, y: f64) -> Self {
        let letters = text.chars().count() as f64;
        Self {
            text: text.into(),
            font: "ArialMT".into(),
            size,
            rgb: [0.0; 3],
            transform: [1.0, 0.0, 0.0, 1.0, x, y],
            bounds: [0.0, -size, letters * size * 0.6, size * 0.3],
        }
    }

    /// The body of a `TySh` block.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let [left, top, right, bottom] = self.bounds;
        let bounds = |class: &str| {
            Descriptor::new(class)
                .unit("Left", b"#Pnt", left)
                .unit("Top ", b"#Pnt", top)
                .unit("Rght", b"#Pnt", right)
                .unit("Btom", b"#Pnt", bottom)
        };
        let text = Descriptor::new("TxLr")
            .text("Txt ", &self.text)
            .enumerated("textGridding", "textGridding", "None")
            .enumerated("Ornt", "Ornt", "Hrzn")
            .enumerated("AntA", "Annt", "antiAliasSharp")
            .object("bounds", bounds("bounds"))
            .object("boundingBox", bounds("boundingBox"))
            .integer("TextIndex", 0)
            .with("EngineData", Value::Raw(self.engine_data()));
        let warp = Descriptor::new("warp")
            .enumerated("warpStyle", "warpStyle", "warpNone")
            .double("warpValue", 0.0)
            .double("warpPerspective", 0.0)
            .double("warpPerspectiveOther", 0.0)
            .enumerated("warpRotate", "Ornt", "Hrzn");
        let mut ink = Ink::new();
        ink.u16(1);
        for value in self.transform {
            ink.f64(value);
        }
        ink.u16(50)
            .raw(&text.to_versioned_bytes())
            .u16(1)
            .raw(&warp.to_versioned_bytes());
        ink.raw(&[0; 16]).pad(4);
        ink.into_bytes()
    }

    /// The engine's own notation, a relative of PDF's: one style run, one paragraph run, one font.
    fn engine_data(&self) -> Vec<u8> {
        // The engine counts a closing return that the descriptor does not have.
        let text = format!("{}\r", self.text);
        let units = text.encode_utf16().count();
        let [red, green, blue] = self.rgb;
        let size = self.size;
        let mut out = b"\n\n<<\n\t/EngineDict\n\t<<\n\t\t/Editor\n\t\t<<\n\t\t\t/Text ".to_vec();
        out.extend(engine_string(&text));
        out.extend(
            format!(
                "\n\t\t>>\n\t\t/ParagraphRun\n\t\t<<\n\t\t\t/RunArray [\n\t\t\t<<\n\t\t\t\t/ParagraphSheet\n\t\t\t\t<<\n\
                 \t\t\t\t\t/DefaultStyleSheet 0\n\t\t\t\t\t/Properties\n\t\t\t\t\t<<\n\t\t\t\t\t\t/Justification 0\n\
                 \t\t\t\t\t>>\n\t\t\t\t>>\n\t\t\t>>\n\t\t\t]\n\t\t\t/RunLengthArray [ {units} ]\n\t\t>>\n\
                 \t\t/StyleRun\n\t\t<<\n\t\t\t/RunArray [\n\t\t\t<<\n\t\t\t\t/StyleSheet\n\t\t\t\t<<\n\
                 \t\t\t\t\t/StyleSheetData\n\t\t\t\t\t<<\n\t\t\t\t\t\t/Font 0\n\t\t\t\t\t\t/FontSize {size:.1}\n\
                 \t\t\t\t\t\t/FillColor\n\t\t\t\t\t\t<<\n\t\t\t\t\t\t\t/Type 1\n\
                 \t\t\t\t\t\t\t/Values [ 1.0 {red:.5} {green:.5} {blue:.5} ]\n\t\t\t\t\t\t>>\n\t\t\t\t\t>>\n\
                 \t\t\t\t>>\n\t\t\t>>\n\t\t\t]\n\t\t\t/RunLengthArray [ {units} ]\n\t\t>>\n\t>>\n\
                 \t/ResourceDict\n\t<<\n\t\t/FontSet [\n\t\t<<\n\t\t\t/Name "
            )
            .bytes(),
        );
        out.extend(engine_string(&self.font));
        out.extend(b"\n\t\t\t/Script 0\n\t\t\t/FontType 1\n\t\t\t/Synthetic 0\n\t\t>>\n\t\t]\n\t>>\n>>\x00");
        out
    }
}

/// A string in the engine's notation: a byte order mark and UTF-16, brackets and backslashes escaped.
fn engine_string(text: &str) -> Vec<u8> {
    let mut out = b"(\xFE\xFF".to_vec();
    for byte in text.encode_utf16().flat_map(u16::to_be_bytes) {
        if matches!(byte, b'(' | b')' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b')');
    out
}
