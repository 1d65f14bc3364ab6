//! One face: its bytes, its names, its measures.

use bytes::Bytes;
use harfrust::{ShaperData, ShaperInstance};
use skrifa::instance::{LocationRef, NormalizedCoord, Size};
use skrifa::string::StringId;
use skrifa::{FontRef, MetadataProvider};

use crate::error::FontError;

/// One face of a font file: a style that can be asked for by name.
pub struct Font {
    bytes: Bytes,
    /// Which font of a collection.
    index: u32,
    /// Where it lies between the extremes of a variable font.
    place: Vec<NormalizedCoord>,
    pub(crate) shaping: ShaperData,
    pub(crate) instance: ShaperInstance,
    names: Names,
    measures: Measures,
}

/// What a face is called, and what it looks like in a family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The family, as in `Noto Sans`.
    pub family: String,
    /// The style, as in `Bold Italic`.
    pub style: String,
    /// The PostScript name, as in `NotoSans-BoldItalic`.
    pub postscript: String,
    /// Family and style, as in `Noto Sans Bold Italic`.
    pub full: String,
    /// 100 to 900.
    pub weight: u16,
    /// Whether it leans.
    pub italic: bool,
}

/// Lengths of a face in sizes of the em, upwards from the baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measures {
    /// Units of the face's own grid in one em.
    pub units: f64,
    /// Top of the tallest letters.
    pub ascent: f64,
    /// Top of a `d`, or of the tallest letters where there is none.
    pub letters: f64,
    /// Bottom of the lowest letters; negative.
    pub descent: f64,
    /// Middle of the line below words, and how thick it is.
    pub underline: (f64, f64),
    /// Middle of the line through words, and how thick it is.
    pub strikethrough: (f64, f64),
}

impl std::fmt::Debug for Font {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Font")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl Font {
    /// The faces in a file: those of a collection, and the named instances of variable fonts. WOFF
    /// and WOFF2 have been unpacked before. No more than `most` are made.
    pub(crate) fn faces(bytes: &Bytes, most: usize) -> Result<Vec<Self>, FontError> {
        let mut faces = Vec::new();
        let mut why = FontError::NotAFont;
        for index in 0..u32::try_from(most).unwrap_or(u32::MAX) {
            let Ok(font) = FontRef::from_index(bytes, index) else {
                break;
            };
            let mut face = |instance: Option<usize>| match Self::face(bytes, index, &font, instance) {
                Ok(face) => faces.push(face),
                Err(lack) => why = lack,
            };
            let instances = font.named_instances().len().min(most);
            if instances == 0 {
                face(None);
            }
            (0..instances).for_each(|instance| face(Some(instance)));
            // A single font answers to every index.
            if !bytes.starts_with(b"ttcf") || faces.len() >= most {
                break;
            }
        }
        if faces.is_empty() { Err(why) } else { Ok(faces) }
    }

    fn face(
        bytes: &Bytes,
        index: u32,
        font: &FontRef<'_>,
        instance: Option<usize>,
    ) -> Result<Self, FontError> {
        let instance = instance.and_then(|instance| font.named_instances().get(instance));
        let place = instance
            .as_ref()
            .map(|instance| instance.location().coords().to_vec())
            .unwrap_or_default();
        let plain = font.metrics(Size::unscaled(), LocationRef::new(&place));
        if plain.units_per_em == 0 {
            return Err(FontError::NotAFont);
        }
        if font.outline_glyphs().format().is_none() {
            return Err(FontError::Lacks { what: "outlines" });
        }
        if !font.charmap().has_map() {
            return Err(FontError::Lacks {
                what: "a table of characters",
            });
        }
        let units = f64::from(plain.units_per_em);
        let ems = |length: f32| f64::from(length) / units;
        let line = |line: Option<skrifa::metrics::Decoration>, middle: f64, thickness: f64| {
            line.filter(|line| line.thickness > 0.0)
                .map_or((middle, thickness), |line| {
                    // Fonts tell where the line's upper edge is.
                    (ems(line.offset - line.thickness / 2.0), ems(line.thickness))
                })
        };
        let (mut ascent, mut descent) = (ems(plain.ascent), ems(plain.descent));
        if !(ascent - descent).is_normal() || !(0.1..10.0).contains(&(ascent - descent)) {
            (ascent, descent) = (0.8, -0.2);
        }
        Ok(Self {
            measures: Measures {
                units,
                ascent,
                letters: top_of_d(font, &place).map_or(ascent, ems),
                descent,
                underline: line(plain.underline, -0.1, 0.05),
                strikethrough: line(plain.strikeout, 0.26, 0.05),
            },
            names: names(font, instance.as_ref())?,
            shaping: ShaperData::new(font),
            instance: ShaperInstance::from_coords(font, place.iter().copied()),
            bytes: bytes.clone(),
            index,
            place,
        })
    }

    /// The same face, known by another family's name as a style of it.
    pub(crate) fn called(mut self, family: &str, weight: u16, italic: bool) -> Self {
        family.clone_into(&mut self.names.family);
        (self.names.weight, self.names.italic) = (weight, italic);
        self
    }

    /// What it is called.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Its lengths.
    pub fn measures(&self) -> &Measures {
        &self.measures
    }

    /// Whether it has a glyph for a character.
    pub fn covers(&self, character: char) -> bool {
        self.open()
            .and_then(|font| font.charmap().map(character))
            .is_some_and(|glyph| glyph.to_u32() != 0)
    }

    /// Its tables. They were readable when the face was made.
    pub(crate) fn open(&self) -> Option<FontRef<'_>> {
        FontRef::from_index(&self.bytes, self.index).ok()
    }

    pub(crate) fn place(&self) -> LocationRef<'_> {
        LocationRef::new(&self.place)
    }
}

fn top_of_d(font: &FontRef<'_>, place: &[NormalizedCoord]) -> Option<f32> {
    let glyph = font.charmap().map('d')?;
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::new(place));
    let top = metrics.bounds(glyph)?.y_max;
    (top > 0.0).then_some(top)
}

fn names(font: &FontRef<'_>, instance: Option<&skrifa::NamedInstance<'_>>) -> Result<Names, FontError> {
    let read = |id: StringId| -> Option<String> {
        let text: String = font
            .localized_strings(id)
            .english_or_first()?
            .chars()
            .take(256)
            .collect();
        let text = text.trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let family = read(StringId::TYPOGRAPHIC_FAMILY_NAME)
        .or_else(|| read(StringId::FAMILY_NAME))
        .ok_or(FontError::Lacks { what: "a name" })?;
    let own = read(StringId::TYPOGRAPHIC_SUBFAMILY_NAME).or_else(|| read(StringId::SUBFAMILY_NAME));
    let style = instance
        .and_then(|instance| read(instance.subfamily_name_id()))
        .or(own)
        .unwrap_or_else(|| "Regular".to_owned());
    let solid = |name: &str| -> String { name.chars().filter(|letter| !letter.is_whitespace()).collect() };
    let made = || format!("{}-{}", solid(&family), solid(&style));
    let postscript = match instance {
        Some(instance) => instance.postscript_name_id().and_then(read).unwrap_or_else(made),
        None => read(StringId::POSTSCRIPT_NAME).unwrap_or_else(made),
    };
    let full = instance
        .is_none()
        .then(|| read(StringId::FULL_NAME))
        .flatten()
        .unwrap_or_else(|| format!("{family} {style}"));
    // Names tell more reliably than tables: instances of variable fonts have only those.
    let told = crate::shelf::Look::of_style(&style);
    let attributes = font.attributes();
    let leans = attributes.style != skrifa::attribute::Style::Normal;
    Ok(Names {
        weight: told.weight.unwrap_or_else(|| weight(attributes.weight.value())),
        italic: told.italic || (leans && instance.is_none()),
        family,
        style,
        postscript,
        full,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped just before"
)]
fn weight(value: f32) -> u16 {
    if value.is_nan() {
        400
    } else {
        value.clamp(1.0, 1000.0) as u16
    }
}
