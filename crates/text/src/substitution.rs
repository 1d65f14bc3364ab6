//! What was asked for and could not be had, so that somebody can be told.

use crate::words::FontName;

/// Something drawn otherwise than it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Substitution {
    /// A font is not there.
    Font {
        /// As it was asked for.
        wanted: String,
        /// PostScript name of the one used instead.
        used: String,
    },
    /// A font has no glyphs for some characters, another one has.
    Glyphs {
        /// PostScript name of the font that lacks them.
        wanted: String,
        /// PostScript name of the one that drew them.
        used: String,
        /// The characters, 32 at most.
        characters: String,
    },
    /// No font has glyphs for some characters: the font's sign for that was drawn.
    Absent {
        /// PostScript name of the font.
        wanted: String,
        /// The characters, 32 at most.
        characters: String,
    },
}

impl std::fmt::Display for Substitution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Font { wanted, used } => write!(f, "font {wanted:?} is not there, {used:?} was used"),
            Self::Glyphs {
                wanted,
                used,
                characters,
            } => write!(f, "font {wanted:?} has no {characters:?}, taken from {used:?}"),
            Self::Absent { wanted, characters } => {
                write!(f, "neither font {wanted:?} nor any other has {characters:?}")
            }
        }
    }
}

/// How many characters are named.
const NAMED: usize = 32;

/// Collects substitutions, each once, in the order in which they were met.
#[derive(Debug, Default)]
pub(crate) struct Notes(Vec<Substitution>);

impl Notes {
    pub(crate) fn instead(&mut self, name: &FontName, other: &str) {
        let note = Substitution::Font {
            wanted: name.to_string(),
            used: other.to_owned(),
        };
        if !self.0.contains(&note) {
            self.0.push(note);
        }
    }

    pub(crate) fn borrowed(&mut self, lacking: &str, lender: &str, character: char) {
        for note in &mut self.0 {
            if let Substitution::Glyphs {
                wanted,
                used,
                characters,
            } = note
                && (wanted.as_str(), used.as_str()) == (lacking, lender)
            {
                return name(characters, character);
            }
        }
        self.0.push(Substitution::Glyphs {
            wanted: lacking.to_owned(),
            used: lender.to_owned(),
            characters: character.to_string(),
        });
    }

    pub(crate) fn absent(&mut self, lacking: &str, character: char) {
        for note in &mut self.0 {
            if let Substitution::Absent { wanted, characters } = note
                && wanted == lacking
            {
                return name(characters, character);
            }
        }
        self.0.push(Substitution::Absent {
            wanted: lacking.to_owned(),
            characters: character.to_string(),
        });
    }

    pub(crate) fn all(self) -> Vec<Substitution> {
        self.0
    }
}

fn name(characters: &mut String, character: char) {
    if characters.chars().count() < NAMED && !characters.contains(character) {
        characters.push(character);
    }
}
