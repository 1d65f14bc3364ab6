//! The fonts for new words: those in a folder, and those that come with the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use marquetry_render::{FontShelf, bundled_fonts};

use super::Failure;
use super::terminal::{complain, read};

/// Endings of files that are taken for fonts.
const ENDINGS: [&str; 6] = ["ttf", "otf", "ttc", "otc", "woff", "woff2"];

/// The families that a shelf has, each once.
pub(super) fn families(shelf: &FontShelf) -> BTreeSet<String> {
    shelf.fonts().map(|font| font.names().family.clone()).collect()
}

/// Where fonts are.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Fonts {
    /// A folder of fonts (TTF, OTF, WOFF, WOFF2) for new words in text layers; layouts may name their families.
    #[arg(long, env = "MARQUETRY_FONT_DIR", value_name = "DIR")]
    font_dir: Option<PathBuf>,
}

impl Fonts {
    /// The fonts that come with the program, and those of the folder, by the order of their names: so
    /// the same folder gives the same pictures everywhere. A file that is no font is complained about
    /// and left out; a folder that is not there is a failure.
    pub(super) fn shelf(&self) -> Result<FontShelf, Failure> {
        let mut shelf = bundled_fonts().clone();
        let Some(folder) = &self.font_dir else {
            return Ok(shelf);
        };
        let unreadable = |error| Failure::new(format!("{} cannot be read: {error}", folder.display()));
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            let ending = file
                .extension()
                .and_then(|ending| ending.to_str())
                .unwrap_or_default();
            if ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)) {
                files.push(file);
            }
        }
        files.sort();
        for file in files {
            if let Err(error) = shelf.add(read(&file)?.into()) {
                complain(&format!("font {}: {error}", file.display()));
            }
        }
        Ok(shelf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_with_the_program_is_there_for_layouts() {
        let shelf = Fonts::default().shelf().unwrap();
        let known = families(&shelf);
        assert!(known.contains("Arimo"), "{known:?}");
    }
}
