//! Shaping, direction, lines and alignment, by their numbers.

use marquetry_pixel::{Opacity, Rgb};
use marquetry_text::{
    Align, Beyond, Caps, Direction, FirstBaseline, Frame, Ink, Kerning, Laid, LastLine, Leading, Ligatures,
    Limits, Paragraph, Script, Setting, Span, Stroke, Style, Text, TextBox, TextError, Wrap, lay_out,
};
use proptest::prelude::*;

use crate::{boxed, line, named, shelf, width};

const ARIMO: &str = "Arimo-Regular";
const GARAMOND: &str = "EBGaramond-Regular";

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-6
}

fn aligned(align: Align) -> Setting {
    Setting {
        align,
        ..Setting::default()
    }
}

#[test]
fn pairs_are_kerned_as_the_font_says_or_by_hand() {
    let metric = named(ARIMO, 100.0);
    let by_hand = |thousandths| Style {
        kerning: Kerning::By(thousandths),
        ..named(ARIMO, 100.0)
    };
    let apart = width("A", &metric) + width("V", &metric);
    assert!(width("AV", &metric) < apart - 1.0);
    assert!(close(width("AV", &by_hand(0.0)), apart));
    assert!(close(width("AV", &by_hand(-50.0)), apart - 5.0));
}

#[test]
fn letters_join_unless_they_are_told_not_to() {
    let joined = named(GARAMOND, 100.0);
    let apart = Style {
        ligatures: Ligatures::None,
        ..joined.clone()
    };
    let tracked = Style {
        tracking: 0.001,
        ..joined.clone()
    };
    assert_ne!(width("fi", &joined), width("fi", &apart));
    assert!((width("fi", &tracked) - width("fi", &apart)).abs() < 1e-3);
    assert_eq!(contours(&line("fi", &tracked)), 3);
    // One glyph has fewer contours than three parts.
    assert!(contours(&line("ffi", &joined)) < contours(&line("ffi", &apart)));
}

fn contours(laid: &Laid) -> usize {
    let elements = laid.shapes.iter().flat_map(|shape| shape.outline.elements());
    elements
        .filter(|element| matches!(element, marquetry_text::kurbo::PathEl::MoveTo(_)))
        .count()
}

#[test]
fn arabic_joins_and_reads_leftwards() {
    let style = named("NotoSansArabic-Regular", 100.0);
    let both = line("لا", &style);
    assert!(both.width() < width("ل", &style) + width("ا", &style) - 1.0);
    // A joined letter looks otherwise than a lone one, on both sides of a change of style.
    assert_ne!(width("سل", &style), width("س", &style) + width("ل", &style));
    let red = Style {
        fill: Some(Ink::new(Rgb::new(255, 0, 0))),
        ..style.clone()
    };
    let two = Text {
        paragraphs: vec![Paragraph {
            spans: vec![
                Span {
                    words: "س".into(),
                    style: style.clone(),
                },
                Span {
                    words: "ل".into(),
                    style: red,
                },
            ],
            setting: Setting::default(),
        }],
    };
    let two = lay_out(&two, &shelf(), &Frame::Point, &Limits::default()).unwrap();
    assert!(close(two.width(), width("سل", &style)));
    // The first is on the right.
    let x = |at: usize| {
        marquetry_text::kurbo::Shape::bounding_box(&two.shapes[at].outline)
            .center()
            .x
    };
    let first = two
        .shapes
        .iter()
        .position(|shape| shape.ink == Ink::default())
        .unwrap();
    assert!(x(first) > x(1 - first));
}

#[test]
fn hebrew_among_latin_is_put_in_order() {
    let style = named(ARIMO, 40.0);
    // An override makes letters go rightwards: what is typed in reverse looks the same then.
    let natural = line("אבג", &style);
    let forced = line("\u{202d}גבא\u{202c}", &style);
    assert_eq!(natural.shapes, forced.shapes);
    let mixed = line("ab אבג cd", &style);
    let forced = line("ab \u{202d}גבא\u{202c} cd", &style);
    assert_eq!(mixed.shapes, forced.shapes);
    // Told to read leftwards as a whole, the Latin words change places around the Hebrew ones.
    let leftwards = Setting {
        direction: Direction::RightToLeft,
        ..Setting::default()
    };
    let text = Text::plain("ab אבג cd", &style, leftwards);
    let laid = lay_out(&text, &shelf(), &Frame::Point, &Limits::default()).unwrap();
    assert_eq!(laid.shapes, line("cd \u{202d}גבא\u{202c} ab", &style).shapes);
}

#[test]
fn tracking_adds_exactly() {
    for words in ["Word", "a b c", "אבג", "é", "Az\u{301}"] {
        // Nothing stands after the last letter of a line.
        let gaps = words.chars().filter(|letter| *letter != '\u{301}').count() as f64 - 1.0;
        for tracking in [-50.0, 25.0, 200.0] {
            let style = named(ARIMO, 80.0);
            let tracked = Style {
                tracking,
                ..style.clone()
            };
            let added = width(words, &tracked) - width(words, &style);
            assert!(
                close(added, gaps * tracking / 1000.0 * 80.0),
                "{words} {tracking}: {added}"
            );
        }
    }
}

#[test]
fn lines_break_between_words_and_within_what_has_none() {
    let style = named(ARIMO, 20.0);
    let room = width("one two", &style) + 0.1;
    let lines = |words: &str, wrap| {
        let frame = TextBox {
            wrap,
            ..TextBox::new(room, None)
        };
        boxed(words, &style, Setting::default(), frame)
    };
    let laid = lines("one two one two one   ", Wrap::Words);
    assert_eq!((laid.lines.len(), laid.overflowed), (3, false));
    assert!(close(
        laid.lines[1].right - laid.lines[1].left,
        width("one two", &style)
    ));
    assert!(close(laid.lines[2].right, width("one", &style)));
    // A word too long has a line of its own, or is split.
    let whole = lines("one twotwotwo one", Wrap::Words);
    assert_eq!((whole.lines.len(), whole.overflowed), (3, true));
    let split = lines("one twotwotwo one", Wrap::Anywhere);
    assert_eq!((split.lines.len(), split.overflowed), (3, false));
    assert!(split.lines.iter().all(|line| line.right <= room));
    assert_eq!(lines("one two one two", Wrap::Never).lines.len(), 1);
    // Characters of Chinese may each begin a line, but for stops.
    let wide = width("日", &style);
    let frame = TextBox::new(wide * 2.5, None);
    assert_eq!(
        boxed("日本語日本", &style, Setting::default(), frame).lines.len(),
        3
    );
    assert_eq!(boxed("日本。", &style, Setting::default(), frame).lines.len(), 2);
}

#[test]
fn authors_end_lines_and_paragraphs() {
    let style = named(ARIMO, 20.0);
    let setting = Setting {
        space_before: 3.0,
        space_after: 4.0,
        ..Setting::default()
    };
    let text = Text::plain("a\u{2028}b\r\nc\n\nd\u{3}", &style, setting);
    let laid = lay_out(&text, &shelf(), &Frame::Point, &Limits::default()).unwrap();
    let baselines: Vec<f64> = laid.lines.iter().map(|line| line.baseline).collect();
    let expected = [0.0, 24.0, 55.0, 86.0, 117.0, 141.0];
    assert_eq!(baselines.len(), expected.len());
    assert!(
        baselines
            .iter()
            .zip(expected)
            .all(|(one, other)| close(*one, other)),
        "{baselines:?}"
    );
}

#[test]
fn each_alignment_puts_lines_where_it_should() {
    let style = named(ARIMO, 20.0);
    let words = "one two three";
    let long = width("one two", &style);
    let short = width("three", &style);
    let room = long + 10.0;
    let edges = |align| {
        let frame = TextBox::new(room, None);
        let laid = boxed(words, &style, aligned(align), frame);
        assert_eq!(laid.lines.len(), 2);
        [
            laid.lines[0].left,
            laid.lines[0].right,
            laid.lines[1].left,
            laid.lines[1].right,
        ]
    };
    let is = |align, expected: [f64; 4]| {
        let found = edges(align);
        assert!(
            found.iter().zip(expected).all(|(one, other)| close(*one, other)),
            "{align:?}: {found:?}, expected {expected:?}"
        );
    };
    is(Align::Left, [0.0, long, 0.0, short]);
    is(Align::Start, [0.0, long, 0.0, short]);
    is(Align::Right, [10.0, room, room - short, room]);
    is(
        Align::Center,
        [5.0, long + 5.0, (room - short) / 2.0, (room + short) / 2.0],
    );
    is(Align::Justify(LastLine::Left), [0.0, room, 0.0, short]);
    is(Align::Justify(LastLine::Right), [0.0, room, room - short, room]);
    is(
        Align::Justify(LastLine::Center),
        [0.0, room, (room - short) / 2.0, (room + short) / 2.0],
    );
    // One word has no gap to widen.
    is(Align::Justify(LastLine::Fill), [0.0, room, 0.0, short]);
    // Around a point.
    let at = |align| {
        let text = Text::plain(words, &style, aligned(align));
        let laid = lay_out(&text, &shelf(), &Frame::Point, &Limits::default()).unwrap();
        (laid.lines[0].left, laid.lines[0].right)
    };
    let whole = width(words, &style);
    assert_eq!(at(Align::Left), (0.0, whole));
    assert!(close(at(Align::Right).0, -whole) && close(at(Align::Right).1, 0.0));
    assert!(close(at(Align::Center).0, -whole / 2.0));
}

#[test]
fn indents_narrow_lines_from_where_they_start() {
    let style = named(ARIMO, 20.0);
    let setting = |direction| Setting {
        align: Align::Start,
        direction,
        first_line_indent: 7.0,
        start_indent: 5.0,
        end_indent: 3.0,
        ..Setting::default()
    };
    let frame = TextBox::new(100.0, None);
    let laid = boxed(
        "one two three four",
        &style,
        setting(Direction::LeftToRight),
        frame,
    );
    assert_eq!(
        laid.lines.iter().map(|line| line.left).collect::<Vec<_>>(),
        [12.0, 5.0]
    );
    let laid = boxed(
        "one two three four",
        &style,
        setting(Direction::RightToLeft),
        frame,
    );
    assert!(
        close(laid.lines[0].right, 88.0) && close(laid.lines[1].right, 95.0),
        "{:?}",
        laid.lines
    );
}

#[test]
fn boxes_start_at_the_ascent_or_share_the_leading() {
    let style = Style {
        leading: Leading::Exactly(50.0),
        ..named(ARIMO, 20.0)
    };
    let measures = *shelf().find(&style.font).unwrap().font.measures();
    let (ascent, descent) = (measures.ascent * 20.0, -measures.descent * 20.0);
    let frame = TextBox::new(1000.0, Some(100.0));
    let laid = boxed("a\nb", &style, Setting::default(), frame);
    assert!(close(laid.lines[0].baseline, ascent) && close(laid.lines[1].baseline, ascent + 50.0));
    assert!(!laid.overflowed);
    let halved = TextBox {
        first: FirstBaseline::HalfLeading,
        ..frame
    };
    let laid = boxed("a\nb", &style, Setting::default(), halved);
    assert!(close(
        laid.lines[0].baseline,
        (50.0 - ascent - descent) / 2.0 + ascent
    ));
    assert!(!laid.overflowed);
    // A third line is below the box.
    let laid = boxed("a\nb\nc", &style, Setting::default(), halved);
    assert_eq!((laid.lines.len(), laid.overflowed), (3, true));
    let dropped = TextBox {
        beyond: Beyond::Dropped,
        ..frame
    };
    let laid = boxed("a\nb\nc", &style, Setting::default(), dropped);
    assert_eq!((laid.lines.len(), laid.overflowed), (2, true));
}

#[test]
fn capitals_scripts_and_scales_change_size() {
    let style = named(ARIMO, 100.0);
    let caps = |caps| Style {
        caps,
        ..style.clone()
    };
    assert_eq!(line("aß", &caps(Caps::All)).shapes, line("ASS", &style).shapes);
    // Arimo has no small capitals of its own.
    assert!(close(width("a", &caps(Caps::Small)), 0.7 * width("A", &style)));
    assert_eq!(line("A1", &caps(Caps::Small)).shapes, line("A1", &style).shapes);
    let own = |caps| Style {
        caps,
        ..named(GARAMOND, 100.0)
    };
    let (small, made) = (width("a", &own(Caps::Small)), width("A", &own(Caps::Normal)));
    assert!(small != width("a", &own(Caps::Normal)) && !close(small, 0.7 * made));

    let raised = Style {
        script: Script::Super,
        ..style.clone()
    };
    assert!(close(width("a", &raised), 0.583 * width("a", &style)));
    assert!(close(line("I", &raised).bounds.y1, -33.3));
    let scaled = Style {
        horizontal_scale: 2.0,
        vertical_scale: 0.5,
        baseline_shift: 10.0,
        ..style.clone()
    };
    let (plain, scaled) = (line("I", &style).bounds, line("I", &scaled).bounds);
    assert!(close(scaled.width(), plain.width() * 2.0) && close(scaled.height(), plain.height() / 2.0));
    assert!(close(scaled.y1, plain.y1 - 10.0));
}

#[test]
fn strokes_lie_behind_fills_and_lines_along_words() {
    let ink = Ink {
        colour: Rgb::new(1, 2, 3),
        opacity: Opacity::new(0.5).unwrap(),
    };
    let style = Style {
        stroke: Some(Stroke { ink, width: 4.0 }),
        underline: true,
        ..named(ARIMO, 100.0)
    };
    let laid = line("I I", &style);
    assert_eq!([laid.shapes[0].ink, laid.shapes[1].ink], [ink, Ink::default()]);
    let bounds = |at: usize| marquetry_text::kurbo::Shape::bounding_box(&laid.shapes[at].outline);
    let plain = line("I I", &named(ARIMO, 100.0));
    assert!((bounds(0).x0 - (plain.bounds.x0 - 2.0)).abs() < 0.05);
    assert!(close(bounds(1).x0, 0.0) && close(bounds(1).x1, laid.width()));
    assert!(bounds(1).y1 > 5.0, "the line is below the baseline");
}

#[test]
fn colours_are_painted_apart() {
    let red = Style {
        fill: Some(Ink::new(Rgb::new(255, 0, 0))),
        ..named(ARIMO, 20.0)
    };
    let span = |words: &str, style: &Style| Span {
        words: words.into(),
        style: style.clone(),
    };
    let text = Text {
        paragraphs: vec![Paragraph {
            spans: vec![span("a", &red), span("b", &named(ARIMO, 20.0)), span("c", &red)],
            setting: Setting::default(),
        }],
    };
    let laid = lay_out(&text, &shelf(), &Frame::Point, &Limits::default()).unwrap();
    assert_eq!(laid.shapes.len(), 2);
    assert_eq!(contours(&laid), contours(&line("abc", &red)));
}

#[test]
fn outlines_are_the_same_on_every_machine() {
    let mut text = Text::plain(
        "Grüße, AVA fi אבג 1",
        &named(ARIMO, 37.3),
        aligned(Align::Justify(LastLine::Fill)),
    );
    text.paragraphs
        .extend(Text::plain("ffi To", &named(GARAMOND, 21.0), Setting::default()).paragraphs);
    let laid = lay_out(
        &text,
        &shelf(),
        &Frame::Box(TextBox::new(180.0, None)),
        &Limits::default(),
    )
    .unwrap();
    let mut hash = blake3::Hasher::new();
    for element in laid.shapes.iter().flat_map(|shape| shape.outline.segments()) {
        for point in [0.0, 0.25, 0.5, 0.75].map(|t| marquetry_text::kurbo::ParamCurve::eval(&element, t)) {
            hash.update(&point.x.to_le_bytes());
            hash.update(&point.y.to_le_bytes());
        }
    }
    assert_eq!(hash.finalize().to_hex()[..16], *"d9399e61e87e1185");
}

#[test]
fn too_much_is_refused() {
    let small = Limits {
        characters: 10,
        elements: 150,
    };
    let lay = |words: &str| {
        let text = Text::plain(words, &named(ARIMO, 10.0), Setting::default());
        lay_out(&text, &shelf(), &Frame::Point, &small)
    };
    assert!(lay("abc").is_ok());
    assert!(matches!(
        lay("aaaaaaaaaaa"),
        Err(TextError::OverLimit {
            what: "characters",
            wanted: 11,
            ..
        })
    ));
    assert!(matches!(
        lay("gggggggg"),
        Err(TextError::OverLimit {
            what: "elements of outlines",
            ..
        })
    ));
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(-1e300),
        Just(1e300),
        Just(0.0),
        -50.0..200.0,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_words_and_numbers_end_in_an_answer(
        words in "\\PC{0,12}[ \n\t\u{2028}\u{202e}\u{5d0}\u{644}\u{627}\u{1f600}\u{301}]{0,6}[a-z ]{0,12}",
        numbers in prop::collection::vec(number(), 12),
        align in 0..7usize,
        pick in 0..3usize,
    ) {
        let style = Style {
            size: numbers[0],
            tracking: numbers[1],
            leading: if pick == 0 { Leading::Times(numbers[2]) } else { Leading::Exactly(numbers[2]) },
            horizontal_scale: numbers[3],
            vertical_scale: numbers[4],
            baseline_shift: numbers[5],
            caps: [Caps::Normal, Caps::Small, Caps::All][pick],
            stroke: Some(Stroke { ink: Ink::default(), width: numbers[6].min(100.0) }).filter(|_| pick == 1),
            faux_bold: pick == 2,
            underline: true,
            ..Style::default()
        };
        let setting = Setting {
            align: [
                Align::Left, Align::Center, Align::Right, Align::Start, Align::Justify(LastLine::Left),
                Align::Justify(LastLine::Fill), Align::Justify(LastLine::Right),
            ][align],
            first_line_indent: numbers[7],
            start_indent: numbers[8],
            space_before: numbers[9],
            ..Setting::default()
        };
        let text = Text::plain(&words, &style, setting);
        let frame = TextBox::new(numbers[10], Some(numbers[11]));
        for frame in [Frame::Point, Frame::Box(frame), Frame::Box(TextBox { beyond: Beyond::Dropped, ..frame })] {
            let laid = lay_out(&text, &shelf(), &frame, &Limits::default()).unwrap();
            prop_assert!(laid.bounds.is_finite());
            prop_assert!(laid.lines.iter().all(|line| line.left.is_finite() && line.right.is_finite()));
        }
    }
}

#[test]
fn the_last_of_justified_lines_can_start_where_its_words_do() {
    let left = |words: &str| {
        let setting = aligned(Align::Justify(LastLine::Start));
        let laid = boxed(words, &named(ARIMO, 10.0), setting, TextBox::new(200.0, None));
        laid.lines[0].left
    };
    assert!(close(left("abc"), 0.0));
    assert!(left("שלום") > 100.0);
}
