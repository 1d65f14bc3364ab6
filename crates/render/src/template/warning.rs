//! What a drawing is otherwise than it was asked for, so that somebody can be told.

/// Something drawn otherwise than it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Warning {
    /// What kind of thing.
    pub code: WarningCode,
    /// What people call the layer; `background` is that of a page, and nothing is the file.
    pub layer: String,
    /// What a person may be told, without the layer.
    pub message: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.layer.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{:?}: {}", self.layer, self.message)
        }
    }
}

/// What kind of thing was drawn otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum WarningCode {
    /// A font is not there: another one stands in.
    FontSubstituted,
    /// A font lacks glyphs for some characters: another one has them, or none.
    GlyphsMissing,
    /// Words do not fit and run past their frame.
    TextOverflows,
    /// Words do not fit: their end is left out.
    TextCut,
    /// No face was found to place; the fallback was used.
    FaceNotFound,
    /// A background was to be taken away, and the picture came with it.
    BackgroundKept,
    /// The colour profile of a picture cannot be used.
    ProfileIgnored,
    /// Something of a mockup cannot be drawn.
    MockupIncomplete,
    /// A smart object is not in its mockup.
    SmartObjectMissing,
    /// Two pages are a PDF whatever was asked for.
    ExportIgnored,
}

impl WarningCode {
    /// Its name, which stays.
    pub fn name(self) -> &'static str {
        match self {
            Self::FontSubstituted => "font_substituted",
            Self::GlyphsMissing => "glyphs_missing",
            Self::TextOverflows => "text_overflows",
            Self::TextCut => "text_cut",
            Self::FaceNotFound => "face_not_found",
            Self::BackgroundKept => "background_kept",
            Self::ProfileIgnored => "profile_ignored",
            Self::MockupIncomplete => "mockup_incomplete",
            Self::SmartObjectMissing => "smart_object_missing",
            Self::ExportIgnored => "export_ignored",
        }
    }
}

/// How many are told.
const MOST: usize = 100;

/// Gathers warnings in the order in which they were met.
#[derive(Debug, Default)]
pub(super) struct Warnings(Vec<Warning>);

impl Warnings {
    pub(super) fn add(&mut self, code: WarningCode, layer: &str, message: impl Into<String>) {
        let warning = Warning {
            code,
            layer: layer.to_owned(),
            message: message.into(),
        };
        if self.0.len() < MOST && !self.0.contains(&warning) {
            self.0.push(warning);
        }
    }

    pub(super) fn take(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.0)
    }
}
