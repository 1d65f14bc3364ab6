//! Colours in any space, as descriptors and the older binary blocks hold them.

use crate::{PsdError, descriptor::Descriptor, reader::Reader};

/// A colour in the space it was chosen in. Nothing is converted here.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Color {
    /// `RGBC`: red, green, blue, `0.0..=255.0` each, in the document's space.
    Rgb([f64; 3]),
    /// `HSBC`: hue in degrees, saturation and brightness in per cent.
    Hsb([f64; 3]),
    /// `CMYC`: inks in per cent, 100 the most ink.
    Cmyk([f64; 4]),
    /// `LbCl`: lightness `0..=100`, a and b `-128..=127`.
    Lab([f64; 3]),
    /// `Grsc`: grey in per cent of black: 0 is white, 100 is black.
    Gray(f64),
    /// `BkCl`: a named ink of a book, known by name only.
    Book {
        /// The book, as in `PANTONE+ Solid Coated`.
        book: String,
        /// The colour in the book.
        name: String,
    },
}

impl Color {
    /// Reads a colour object. `None` when its class is unknown or a part is missing.
    pub fn from_descriptor(object: &Descriptor) -> Option<Self> {
        let three = |keys: [&str; 3]| -> Option<[f64; 3]> {
            Some([object.f64(keys[0])?, object.f64(keys[1])?, object.f64(keys[2])?])
        };
        if object.class == "RGBC" {
            return three(["Rd  ", "Grn ", "Bl  "])
                // Colours of 32-bit documents may exceed 1.0; the scale is kept, not clamped.
                .or_else(|| Some(three(["redFloat", "greenFloat", "blueFloat"])?.map(|part| part * 255.0)))
                .map(Self::Rgb);
        }
        if object.class == "HSBC" {
            return three(["H   ", "Strt", "Brgh"]).map(Self::Hsb);
        }
        if object.class == "CMYC" {
            let [cyan, magenta, yellow] = three(["Cyn ", "Mgnt", "Ylw "])?;
            return Some(Self::Cmyk([cyan, magenta, yellow, object.f64("Blck")?]));
        }
        if object.class == "LbCl" {
            return three(["Lmnc", "A   ", "B   "]).map(Self::Lab);
        }
        if object.class == "Grsc" {
            return object.f64("Gry ").map(Self::Gray);
        }
        if object.class == "BkCl" {
            return Some(Self::Book {
                book: object.text("Bk  ")?.to_owned(),
                name: object.text("Nm  ")?.to_owned(),
            });
        }
        None
    }

    /// Reads the ten bytes of a *Color structure*: a space and four 16-bit parts.
    ///
    /// `None` for a space that has no meaning of its own (custom inks).
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when fewer than ten bytes are left.
    pub fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, PsdError> {
        let space = reader.u16()?;
        Self::read_parts(space, reader)
    }

    /// As [`Color::read`] when the space has been read already.
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when fewer than eight bytes are left.
    pub(crate) fn read_parts(space: u16, reader: &mut Reader<'_>) -> Result<Option<Self>, PsdError> {
        let parts = [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?];
        let signed = |part: u16| f64::from(part.cast_signed()) / 100.0;
        // 0 and 65535 are the ends of the scale, as in `share(part) * 255.0`.
        let share = |part: u16| f64::from(part) / 65535.0;
        let [first, second, third, fourth] = parts;
        Ok(match space {
            0 => Some(Self::Rgb([first, second, third].map(|part| share(part) * 255.0))),
            1 => Some(Self::Hsb([
                share(first) * 360.0,
                share(second) * 100.0,
                share(third) * 100.0,
            ])),
            // Inks are stored upside down: 0 is the most ink.
            2 => Some(Self::Cmyk(
                [first, second, third, fourth].map(|part| 100.0 - share(part) * 100.0),
            )),
            7 => Some(Self::Lab([
                f64::from(first) / 100.0,
                signed(second),
                signed(third),
            ])),
            8 => Some(Self::Gray(f64::from(first) / 100.0)),
            // Wide CMYK: hundredths of a per cent of ink.
            9 => Some(Self::Cmyk(
                [first, second, third, fourth].map(|part| f64::from(part) / 100.0),
            )),
            _ => None,
        })
    }
}
