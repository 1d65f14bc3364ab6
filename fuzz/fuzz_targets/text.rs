//! A font of any bytes and words of any kind through the shelf, shaping, lines and outlines. A case is
//! a length (two bytes), so many bytes of words, a byte of choices, and the font. An error is a fine
//! answer; a panic, a hang or a bill is not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use marquetry_text::{
    Align, Caps, Fitting, FontName, FontShelf, Frame, LastLine, Limits, Overflow, Setting, ShelfLimits,
    Style, Text, TextBox, fit, lay_out,
};

fuzz_target!(|bytes: &[u8]| {
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return;
    };
    let length = usize::from(u16::from_le_bytes(*length)).min(rest.len()).min(300);
    let (words, rest) = rest.split_at(length);
    let Some((choice, font)) = rest.split_first() else {
        return;
    };
    let limits = ShelfLimits {
        faces: 16,
        font_bytes: 4 << 20,
        bytes: 8 << 20,
    };
    let mut shelf = FontShelf::empty(limits);
    // The fuzzed font stands first, so that everything is asked of it.
    let Ok(names) = shelf.add(font.to_vec().into()) else {
        return;
    };
    let style = Style {
        font: FontName::PostScript(names.first().cloned().unwrap_or_default()),
        size: 30.0,
        tracking: f64::from(choice & 3) * 40.0,
        caps: [Caps::Normal, Caps::Small, Caps::All][usize::from(choice >> 2) % 3],
        faux_bold: choice & 16 != 0,
        underline: true,
        ..Style::default()
    };
    let align = if choice & 32 == 0 {
        Align::Start
    } else {
        Align::Justify(LastLine::Fill)
    };
    let setting = Setting {
        align,
        ..Setting::default()
    };
    let text = Text::plain(&String::from_utf8_lossy(words), &style, setting);
    let limits = Limits {
        characters: 1000,
        elements: 200_000,
    };
    if let Ok(laid) = lay_out(&text, &shelf, &Frame::Point, &limits) {
        assert!(
            laid.lines
                .iter()
                .all(|line| line.left.is_finite() && line.right.is_finite())
        );
    }
    let frame = TextBox::new(150.0, Some(60.0));
    let fitting = Fitting {
        overflow: Overflow::Ellipsis,
        ..Fitting::shrink(&text, 6.0)
    };
    if let Ok(fitted) = fit(&text, &shelf, &frame, &fitting, &limits) {
        assert!(fitted.scale > 0.0 && fitted.scale <= 1.0);
    }
});
