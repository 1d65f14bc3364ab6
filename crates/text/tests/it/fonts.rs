//! Which fonts are taken, and which stands in for which.

use marquetry_text::{FontError, FontName, FontShelf, ShelfLimits, Substitution};

use crate::{GARAMOND, line, named, shelf};

fn found(shelf: &FontShelf, name: &str) -> (String, bool, bool, bool) {
    let found = shelf.find(&FontName::PostScript(name.into())).unwrap();
    (
        found.font.names().postscript.clone(),
        found.exact,
        found.faux_bold,
        found.faux_italic,
    )
}

#[test]
fn four_styles_come_with_the_house() {
    let names: Vec<_> = FontShelf::bundled()
        .fonts()
        .map(|font| {
            (
                font.names().postscript.clone(),
                font.names().weight,
                font.names().italic,
            )
        })
        .collect();
    let named = |name: &str, weight, italic| (name.to_owned(), weight, italic);
    assert_eq!(
        names,
        [
            named("Arimo-Regular", 400, false),
            named("Arimo-Bold", 700, false),
            named("Arimo-Italic", 400, true),
            named("Arimo-BoldItalic", 700, true),
        ]
    );
}

#[test]
fn a_missing_font_is_stood_in_for_by_the_nearest_style() {
    let shelf = shelf();
    let is = |name: &str, exact, bold, italic| (name.to_owned(), exact, bold, italic);
    assert_eq!(found(&shelf, "Arimo-Bold"), is("Arimo-Bold", true, false, false));
    assert_eq!(found(&shelf, "arimo-bold"), is("Arimo-Bold", true, false, false));
    assert_eq!(
        found(&shelf, "Arial-BoldItalicMT"),
        is("Arimo-BoldItalic", false, false, false)
    );
    assert_eq!(
        found(&shelf, "MyriadPro-Semibold"),
        is("Arimo-Bold", false, false, false)
    );
    assert_eq!(
        found(&shelf, "Helvetica-Oblique"),
        is("Arimo-Italic", false, false, false)
    );
    assert_eq!(
        found(&shelf, "Roboto-Light"),
        is("Arimo-Regular", false, false, false)
    );
    assert_eq!(found(&shelf, ""), is("Arimo-Regular", false, false, false));
    // Of a family with one style the others are made from it.
    assert_eq!(
        found(&shelf, "EBGaramond-BoldItalic"),
        is("EBGaramond-Regular", false, true, true)
    );
    let family = FontName::Family {
        family: "arimo".into(),
        weight: 700,
        italic: false,
    };
    assert!(shelf.has(&family));
    assert!(FontShelf::empty(ShelfLimits::default()).find(&family).is_none());
}

#[test]
fn what_was_used_instead_is_told_once() {
    let laid = line("ab אב ab السلام ☃☃", &named("MyriadPro-Regular", 20.0));
    assert_eq!(
        laid.substitutions,
        [
            Substitution::Font {
                wanted: "MyriadPro-Regular".into(),
                used: "Arimo-Regular".into()
            },
            Substitution::Glyphs {
                wanted: "Arimo-Regular".into(),
                used: "NotoSansArabic-Regular".into(),
                characters: "السم".into()
            },
            Substitution::Absent {
                wanted: "Arimo-Regular".into(),
                characters: "☃".into()
            },
        ]
    );
}

#[test]
fn packed_fonts_are_the_same_fonts() {
    let plain = line("AVaffil", &named("EBGaramond-Regular", 50.0));
    for packed in [
        &include_bytes!("../fonts/EBGaramond-few.woff2")[..],
        include_bytes!("../fonts/EBGaramond-few.woff"),
    ] {
        let mut shelf = FontShelf::bundled();
        assert_eq!(shelf.add(packed.into()).unwrap(), ["EBGaramond-Regular"]);
        let text = marquetry_text::Text::plain(
            "AVaffil",
            &named("EBGaramond-Regular", 50.0),
            marquetry_text::Setting::default(),
        );
        let laid = marquetry_text::lay_out(
            &text,
            &shelf,
            &marquetry_text::Frame::Point,
            &marquetry_text::Limits::default(),
        )
        .unwrap();
        assert_eq!(laid, plain);
        // Cut short at any place it is an error or a font, and nothing worse.
        for end in (0..packed.len()).step_by(97) {
            let _either = FontShelf::bundled().add(packed[..end].to_vec().into());
        }
    }
}

/// A WOFF file whose tables each say that they lie in its last `packed` bytes and are `unpacked` long.
fn woff(tables: u16, packed: u32, unpacked: u32) -> Vec<u8> {
    let mut file = b"wOFF\0\x01\0\0".to_vec();
    file.extend(0_u32.to_be_bytes());
    file.extend(tables.to_be_bytes());
    // A total that is harmless.
    file.extend([0, 0, 0, 0, 1, 0]);
    file.resize(44, 0);
    let data = u32::from(tables) * 20 + 44;
    for tag in 0..u32::from(tables) {
        for field in [tag, data, packed, unpacked, 0] {
            file.extend(field.to_be_bytes());
        }
    }
    file.resize(file.len() + packed as usize, 0);
    let length = u32::try_from(file.len()).unwrap().to_be_bytes();
    file[8..12].copy_from_slice(&length);
    file
}

#[test]
fn a_small_file_is_no_font_of_gigabytes() {
    let limits = ShelfLimits::default();
    let add = |file: Vec<u8>| FontShelf::empty(limits).add(file.into());
    // One table that says it is long, and many that lie over each other.
    for (file, size) in [
        (woff(1, 10, u32::MAX), u64::from(u32::MAX)),
        (woff(60_000, 1_000_000, 1_000_000), 60_000_000_000),
    ] {
        let FontError::OverLimit {
            what,
            wanted,
            allowed,
        } = add(file).unwrap_err()
        else {
            panic!("it should be over the limit")
        };
        assert_eq!(
            (what, wanted, allowed),
            ("bytes of one font", size, limits.font_bytes)
        );
    }
    // A directory that is cut off.
    assert_eq!(add(woff(3, 10, 10)[..100].to_vec()), Err(FontError::NotAFont));
}

#[test]
fn a_shelf_has_limits() {
    let limits = |faces, font_bytes, bytes| ShelfLimits {
        faces,
        font_bytes,
        bytes,
    };
    let size = GARAMOND.len() as u64;
    let add = |limits| FontShelf::empty(limits).add(GARAMOND.into());
    assert!(add(limits(1, size, size)).is_ok());
    assert!(matches!(
        add(limits(0, size, size)),
        Err(FontError::OverLimit { what: "faces", .. })
    ));
    assert!(matches!(
        add(limits(1, size - 1, size)),
        Err(FontError::OverLimit { .. })
    ));
    assert!(matches!(
        add(limits(1, size, size - 1)),
        Err(FontError::OverLimit { .. })
    ));
    assert_eq!(
        FontShelf::bundled().add(b"GIF89a"[..].into()),
        Err(FontError::NotAFont)
    );
    // The same font again adds nothing.
    let mut shelf = shelf();
    let before = shelf.fonts().len();
    assert_eq!(shelf.add(GARAMOND.into()), Ok(vec![]));
    assert_eq!(shelf.fonts().len(), before);
}

#[test]
fn a_font_put_first_is_known_by_the_name_it_was_given() {
    let mut shelf = FontShelf::bundled();
    shelf
        .put_first(GARAMOND.into(), "House Serif", 700, false)
        .unwrap();
    let asked = |family: &str, weight| FontName::Family {
        family: family.into(),
        weight,
        italic: false,
    };
    let own = shelf.find(&asked("house serif", 700)).unwrap();
    assert!(own.exact && !own.faux_bold);
    assert_eq!(own.font.names().postscript, "EBGaramond-Regular");
    // It also stands in for what nobody has, and comes before a family of the same name.
    assert_eq!(
        shelf.find(&asked("Nobody's", 400)).unwrap().font.names().family,
        "House Serif"
    );
    shelf.put_first(GARAMOND.into(), "Arimo", 400, false).unwrap();
    let arimo = shelf.find(&asked("Arimo", 400)).unwrap();
    assert_eq!(arimo.font.names().postscript, "EBGaramond-Regular");
    assert!(matches!(
        shelf.put_first(b"no font"[..].into(), "X", 400, false),
        Err(FontError::NotAFont)
    ));
}
