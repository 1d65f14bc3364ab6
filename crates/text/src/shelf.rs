//! The fonts at hand, and which of them stands in for one that is not.

use std::sync::Arc;

use bytes::Bytes;

use crate::error::FontError;
use crate::font::Font;
use crate::words::FontName;

/// PostScript name of the plain face that comes with the house.
pub const DEFAULT_FONT: &str = "Arimo-Regular";

/// Faces that come with the house, see `fonts/README.md`.
const BUNDLED: [&[u8]; 4] = [
    include_bytes!("../fonts/Arimo-Regular.ttf"),
    include_bytes!("../fonts/Arimo-Bold.ttf"),
    include_bytes!("../fonts/Arimo-Italic.ttf"),
    include_bytes!("../fonts/Arimo-BoldItalic.ttf"),
];

/// How much a shelf may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShelfLimits {
    /// Faces; a variable font is as many as it has named instances.
    pub faces: usize,
    /// Bytes of one font, unpacked.
    pub font_bytes: u64,
    /// Bytes of all fonts, unpacked.
    pub bytes: u64,
}

impl Default for ShelfLimits {
    /// 4096 faces, 64 MiB a font, 1 GiB in all.
    fn default() -> Self {
        Self {
            faces: 4096,
            font_bytes: 64 << 20,
            bytes: 1 << 30,
        }
    }
}

/// Fonts by name. Made of given bytes only: what a machine has installed is never looked at, so that
/// a text looks the same everywhere. A copy shares the fonts.
///
/// ```
/// use marquetry_text::{FontName, FontShelf};
/// let shelf = FontShelf::bundled();
/// let found = shelf.find(&FontName::PostScript("Arial-BoldMT".into())).expect("the shelf is not empty");
/// assert_eq!((found.font.names().postscript.as_str(), found.exact), ("Arimo-Bold", false));
/// ```
#[derive(Clone, Debug, Default)]
pub struct FontShelf {
    faces: Vec<Arc<Font>>,
    limits: ShelfLimits,
    held: u64,
    /// How many stand in front.
    front: usize,
}

/// Place of a face on its shelf.
pub(crate) type FaceId = usize;

/// A face for a name.
#[derive(Clone, Debug)]
pub struct Found<'s> {
    /// The face.
    pub font: &'s Font,
    /// Whether it is the one that was asked for.
    pub exact: bool,
    /// It should be bolder than it is.
    pub faux_bold: bool,
    /// It should lean and does not.
    pub faux_italic: bool,
    pub(crate) id: FaceId,
}

impl FontShelf {
    /// A shelf with the fonts that come with the house: Arimo in four styles, with Latin, Greek,
    /// Cyrillic and Hebrew letters.
    pub fn bundled() -> Self {
        let mut shelf = Self::empty(ShelfLimits::default());
        for font in BUNDLED {
            // Only limits could refuse these, and they are wide enough; a test opens all four.
            let _taken = shelf.add(Bytes::from_static(font));
        }
        shelf
    }

    /// A shelf without fonts. Nothing can be set from it until one is added.
    pub fn empty(limits: ShelfLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// The same fonts, with room for as much as `limits` say.
    #[must_use]
    pub fn with_limits(mut self, limits: ShelfLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds the faces of a file (OpenType, TrueType, their collections, WOFF, WOFF2) and tells the
    /// PostScript names of those that were not there before. Of two faces with one PostScript name
    /// the first is kept.
    ///
    /// # Errors
    /// [`FontError`] when the bytes are no font, or the shelf is full.
    pub fn add(&mut self, bytes: Bytes) -> Result<Vec<String>, FontError> {
        let bytes = self.unpack(bytes)?;
        self.admit("bytes of one font", bytes.len() as u64, self.limits.font_bytes)?;
        let held = self.held.saturating_add(bytes.len() as u64);
        self.admit("bytes of fonts", held, self.limits.bytes)?;
        let room = self.limits.faces.saturating_sub(self.faces.len());
        let faces = Font::faces(&bytes, room.saturating_add(1))?;
        let fresh: Vec<_> = faces
            .into_iter()
            .filter(|face| self.named(&face.names().postscript).is_none())
            .collect();
        self.admit(
            "faces",
            (self.faces.len() + fresh.len()) as u64,
            self.limits.faces as u64,
        )?;
        let names = fresh.iter().map(|face| face.names().postscript.clone()).collect();
        if !fresh.is_empty() {
            self.held = held;
        }
        for face in fresh {
            // Instances of one font may share a name.
            if self.named(&face.names().postscript).is_none() {
                self.faces.push(Arc::new(face));
            }
        }
        Ok(names)
    }

    /// Puts a face in front of all others but those that were put there before, under the name of a
    /// family that somebody else chose for it; of a file with several faces, the one most like
    /// `weight` and `italic`. It is found before others of that family, and asked first for what
    /// another font lacks.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn put_first(
        &mut self,
        bytes: Bytes,
        family: &str,
        weight: u16,
        italic: bool,
    ) -> Result<(), FontError> {
        let bytes = self.unpack(bytes)?;
        self.admit("bytes of one font", bytes.len() as u64, self.limits.font_bytes)?;
        let held = self.held.saturating_add(bytes.len() as u64);
        self.admit("bytes of fonts", held, self.limits.bytes)?;
        self.admit("faces", self.faces.len() as u64 + 1, self.limits.faces as u64)?;
        let look = Look {
            weight: Some(weight),
            italic,
        };
        let faces = Font::faces(&bytes, self.limits.faces)?;
        let best = faces.into_iter().min_by_key(|face| look.distance(face));
        let Some(face) = best else {
            return Err(FontError::NotAFont);
        };
        self.faces
            .insert(self.front, Arc::new(face.called(family, weight, italic)));
        self.front += 1;
        self.held = held;
        Ok(())
    }

    fn unpack(&self, bytes: Bytes) -> Result<Bytes, FontError> {
        let unpack = match bytes.get(..4) {
            Some(b"wOFF") => {
                let tables = woff_tables(&bytes).ok_or(FontError::NotAFont)?;
                self.admit("bytes of one font", tables, self.limits.font_bytes)?;
                wuff::decompress_woff1
            }
            Some(b"wOF2") => wuff::decompress_woff2,
            _ => return Ok(bytes),
        };
        // Both headers tell the unpacked size in the same place. WOFF2 is unpacked as one, into no more than a hundred
        // times its length.
        let told = u64::from(number(&bytes, 16).unwrap_or(0));
        self.admit("bytes of one font", told, self.limits.font_bytes)?;
        unpack(&bytes).map(Bytes::from).map_err(|_| FontError::NotAFont)
    }

    fn admit(&self, what: &'static str, wanted: u64, allowed: u64) -> Result<(), FontError> {
        if wanted <= allowed {
            return Ok(());
        }
        Err(FontError::OverLimit {
            what,
            wanted,
            allowed,
        })
    }

    /// All faces, in the order they came.
    pub fn fonts(&self) -> impl ExactSizeIterator<Item = &Font> {
        self.faces.iter().map(AsRef::as_ref)
    }

    pub(crate) fn face(&self, id: FaceId) -> Option<&Font> {
        self.faces.get(id).map(AsRef::as_ref)
    }

    fn named(&self, postscript: &str) -> Option<FaceId> {
        let same = |face: &Arc<Font>| face.names().postscript.eq_ignore_ascii_case(postscript);
        self.faces.iter().position(same)
    }

    /// Whether the very face is there.
    pub fn has(&self, name: &FontName) -> bool {
        self.find(name).is_some_and(|found| found.exact)
    }

    /// The face for a name: itself, else the nearest of its family, else the nearest in weight and
    /// slope of the first family on the shelf. `None` when the shelf is empty.
    pub fn find(&self, name: &FontName) -> Option<Found<'_>> {
        let (family, look) = match name {
            FontName::PostScript(name) => {
                let full = |face: &Arc<Font>| loosely(&face.names().full) == loosely(name);
                let exact = self.named(name).or_else(|| self.faces.iter().position(full));
                if let Some(id) = exact {
                    return self.found(id, true, Look::default());
                }
                Look::of_postscript(name)
            }
            FontName::Family {
                family,
                weight,
                italic,
            } => {
                let look = Look {
                    weight: Some(*weight),
                    italic: *italic,
                };
                (loosely(family), look)
            }
        };
        let nearest = |family: &str| {
            let members = self.faces.iter().enumerate();
            members
                .filter(|(_, face)| loosely(&face.names().family) == family)
                .min_by_key(|(_, face)| look.distance(face))
                .map(|(id, _)| id)
        };
        if let Some(id) = nearest(&family) {
            let by_family = matches!(name, FontName::Family { .. });
            let exact = by_family && self.face(id).is_some_and(|face| look.distance(face) == 0);
            return self.found(id, exact, look);
        }
        let first = loosely(&self.faces.first()?.names().family);
        self.found(nearest(&first)?, false, look)
    }

    fn found(&self, id: FaceId, exact: bool, look: Look) -> Option<Found<'_>> {
        let font = self.face(id)?;
        let names = font.names();
        Some(Found {
            font,
            exact,
            faux_bold: look.weight.is_some_and(|weight| weight >= 600) && names.weight < 550,
            faux_italic: look.italic && !names.italic,
            id,
        })
    }

    /// The face most like `near` that has a glyph for `character`.
    pub(crate) fn covering(&self, character: char, near: &Font) -> Option<FaceId> {
        let look = Look {
            weight: Some(near.names().weight),
            italic: near.names().italic,
        };
        self.faces
            .iter()
            .enumerate()
            .filter(|(_, face)| face.covers(character))
            .min_by_key(|(_, face)| look.distance(face))
            .map(|(id, _)| id)
    }
}

/// Weight and slope, where a name tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) weight: Option<u16>,
    pub(crate) italic: bool,
}

impl Look {
    /// Words in names of styles and their weights, longer ones before those they hold.
    const WEIGHTS: [(&str, u16); 20] = [
        ("extralight", 200),
        ("ultralight", 200),
        ("semilight", 350),
        ("demilight", 350),
        ("hairline", 100),
        ("thin", 100),
        ("light", 300),
        ("semibold", 600),
        ("demibold", 600),
        ("extrabold", 800),
        ("ultrabold", 800),
        ("bold", 700),
        ("black", 900),
        ("heavy", 900),
        ("medium", 500),
        ("demi", 600),
        ("regular", 400),
        ("roman", 400),
        ("book", 400),
        ("normal", 400),
    ];

    pub(crate) fn of_style(style: &str) -> Self {
        let style = loosely(style);
        let weight = Self::WEIGHTS.iter().find(|(word, _)| style.contains(word));
        Self {
            weight: weight.map(|(_, weight)| *weight),
            italic: ["italic", "oblique", "slanted", "kursiv"]
                .iter()
                .any(|word| style.contains(word)),
        }
    }

    /// Family and look of a PostScript name: what stands before the hyphen, and after.
    fn of_postscript(name: &str) -> (String, Self) {
        let (family, style) = name.split_once('-').unwrap_or((name, ""));
        // Monotype's and PostScript's own marks belong to no family.
        let bare = ["PSMT", "MT", "PS"]
            .iter()
            .find_map(|mark| family.strip_suffix(mark));
        let look = Self::of_style(style);
        let weight = look.weight.or(Some(400));
        (loosely(bare.unwrap_or(family)), Self { weight, ..look })
    }

    /// How unlike a face is; 0 is what was wanted.
    fn distance(self, face: &Font) -> u32 {
        let names = face.names();
        let weight = self.weight.unwrap_or(400).abs_diff(names.weight);
        u32::from(weight) + if names.italic == self.italic { 0 } else { 2000 }
    }
}

/// The bytes of all tables of a WOFF file once they are unpacked, as its directory tells them; `None` where it is cut off.
/// (WOFF File Format 1.0, sections 3 and 4.)
///
/// The total in the header binds nobody, and tables may lie over each other: a few bytes can be a font of gigabytes.
fn woff_tables(woff: &[u8]) -> Option<u64> {
    const HEADER: usize = 44;
    const ENTRY: usize = 20;
    let [high, low] = *woff.get(12..)?.first_chunk()?;
    let tables = usize::from(u16::from_be_bytes([high, low]));
    let directory = woff.get(HEADER..HEADER + tables * ENTRY)?;
    let lengths = directory.chunks_exact(ENTRY).map(|entry| {
        let (packed, unpacked) = (number(entry, 8)?, number(entry, 12)?);
        // One that would grow by packing lies there as it is.
        Some(u64::from(packed.max(unpacked)))
    });
    lengths.sum()
}

/// The 32 bits at a place, the highest first.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A name without what people leave out.
fn loosely(name: &str) -> String {
    let kept = name
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '_'));
    kept.flat_map(char::to_lowercase).collect()
}
