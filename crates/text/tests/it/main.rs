//! Words set from a shelf of known fonts, measured.

#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap has failed the test")]

mod fitting;
mod fonts;
mod setting;

use marquetry_text::{FontName, FontShelf, Frame, Laid, Limits, Setting, Style, Text, TextBox, lay_out};

/// A serif face of a few letters with kerning, ligatures and small capitals.
const GARAMOND: &[u8] = include_bytes!("../fonts/EBGaramond-few.ttf");
/// A few letters of Arabic.
const ARABIC: &[u8] = include_bytes!("../fonts/NotoSansArabic-few.ttf");

fn shelf() -> FontShelf {
    let mut shelf = FontShelf::bundled();
    shelf.add(GARAMOND.into()).unwrap();
    shelf.add(ARABIC.into()).unwrap();
    shelf
}

fn named(font: &str, size: f64) -> Style {
    Style {
        font: FontName::PostScript(font.into()),
        size,
        ..Style::default()
    }
}

/// Set from a point.
fn line(words: &str, style: &Style) -> Laid {
    let text = Text::plain(words, style, Setting::default());
    lay_out(&text, &shelf(), &Frame::Point, &Limits::default()).unwrap()
}

fn width(words: &str, style: &Style) -> f64 {
    line(words, style).width()
}

fn boxed(words: &str, style: &Style, setting: Setting, frame: TextBox) -> Laid {
    let text = Text::plain(words, style, setting);
    lay_out(&text, &shelf(), &Frame::Box(frame), &Limits::default()).unwrap()
}
