//! Laws of fitting.

use marquetry_text::{
    FirstBaseline, Fitted, Fitting, Frame, Limits, Overflow, Setting, Style, Text, TextBox, Wrap, fit,
    lay_out,
};
use proptest::prelude::*;

use crate::{named, shelf};

fn style(size: f64) -> Style {
    named("Arimo-Regular", size)
}

fn fitted(words: &str, frame: &TextBox, fitting: &Fitting) -> Fitted {
    let text = Text::plain(words, &style(40.0), Setting::default());
    fit(&text, &shelf(), frame, fitting, &Limits::default()).unwrap()
}

fn shrink(smallest: f64) -> Fitting {
    Fitting {
        smallest,
        largest: 40.0,
        step: 0.25,
        most_lines: None,
        overflow: Overflow::Visible,
    }
}

fn frame(width: f64, height: f64, wrap: Wrap) -> TextBox {
    TextBox {
        wrap,
        first: FirstBaseline::HalfLeading,
        ..TextBox::new(width, Some(height))
    }
}

/// Whether the words of a size lie in the frame without help.
fn lies_in(words: &str, size: f64, frame: &TextBox) -> bool {
    let text = Text::plain(words, &style(size), Setting::default());
    let frame = TextBox {
        wrap: if frame.wrap == Wrap::Never {
            Wrap::Never
        } else {
            Wrap::Words
        },
        ..*frame
    };
    !lay_out(&text, &shelf(), &Frame::Box(frame), &Limits::default())
        .unwrap()
        .overflowed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_size_found_is_the_largest_that_fits(
        words in "[a-zA-Z]{1,9}( [a-zAVTo]{1,9}){0,6}",
        width in 20.0..400.0f64,
        height in 10.0..200.0f64,
        wraps in any::<bool>(),
    ) {
        let frame = frame(width, height, if wraps { Wrap::Anywhere } else { Wrap::Never });
        let found = fitted(&words, &frame, &shrink(8.0));
        let size = found.scale * 40.0;
        if found.fits {
            prop_assert!(!found.laid.overflowed);
            prop_assert!(lies_in(&words, size, &frame), "{size} should fit");
            prop_assert!((size * 4.0).fract() == 0.0, "{size} is a quarter");
            if size < 40.0 {
                prop_assert!(!lies_in(&words, size + 0.25, &frame), "{} fits too", size + 0.25);
            }
        } else {
            prop_assert_eq!(size, 8.0);
            prop_assert!(!lies_in(&words, 8.0, &frame));
        }
    }

    #[test]
    fn longer_words_are_never_larger(
        words in "[a-zA-Z]{1,9}( [a-zAVTo]{1,9}){0,4}",
        more in "[a-z ]{1,12}",
        width in 20.0..400.0f64,
        wraps in any::<bool>(),
    ) {
        let frame = frame(width, 80.0, if wraps { Wrap::Anywhere } else { Wrap::Never });
        let short = fitted(&words, &frame, &shrink(8.0));
        let long = fitted(&format!("{words} {more}"), &frame, &shrink(8.0));
        prop_assert!(long.scale <= short.scale);
    }

    #[test]
    fn cut_words_fit_and_end_with_an_ellipsis(
        words in "[a-z]{4,9}( [a-z]{1,9}){2,8}",
        width in 60.0..200.0f64,
    ) {
        let frame = frame(width, 1000.0, Wrap::Never);
        let cutting = Fitting { overflow: Overflow::Ellipsis, ..shrink(30.0) };
        let found = fitted(&words, &frame, &cutting);
        prop_assert!(found.cut != found.fits);
        prop_assert!(!found.laid.overflowed);
        if found.cut {
            // One more letter would be too much.
            let whole = (1..words.len()).rev().find(|end| {
                lies_in(&format!("{}…", words[..*end].trim_end()), 30.0, &frame)
            });
            let kept = format!("{}…", words[..whole.unwrap()].trim_end());
            let text = Text::plain(&kept, &style(30.0), Setting::default());
            let expected = lay_out(&text, &shelf(), &Frame::Box(frame), &Limits::default()).unwrap();
            let close = (expected.width() - found.laid.width()).abs() < 1e-6;
            prop_assert!(close, "{kept}: {} and {}", expected.width(), found.laid.width());
        }
    }
}

#[test]
fn words_grow_only_where_they_may() {
    let frame = frame(400.0, 400.0, Wrap::Never);
    assert_eq!(fitted("Hi", &frame, &shrink(8.0)).scale, 1.0);
    let growing = Fitting {
        largest: 90.0,
        ..shrink(8.0)
    };
    assert_eq!(fitted("Hi", &frame, &growing).scale, 90.0 / 40.0);
}

#[test]
fn lines_are_counted() {
    let frame = frame(200.0, 1000.0, Wrap::Anywhere);
    let words = "one two three four five six seven";
    assert!(fitted(words, &frame, &shrink(8.0)).laid.lines.len() > 2);
    let two = Fitting {
        most_lines: Some(2),
        ..shrink(8.0)
    };
    let found = fitted(words, &frame, &two);
    assert_eq!((found.fits, found.laid.lines.len()), (true, 2));
    let cut = Fitting {
        smallest: 40.0,
        overflow: Overflow::Ellipsis,
        ..two
    };
    let found = fitted(words, &frame, &cut);
    assert_eq!((found.cut, found.laid.lines.len()), (true, 2));
}

#[test]
fn hostile_numbers_end_in_an_answer() {
    for bad in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
        let frame = frame(bad, bad, Wrap::Anywhere);
        for fitting in [
            Fitting {
                smallest: bad,
                ..shrink(8.0)
            },
            Fitting {
                largest: bad,
                ..shrink(8.0)
            },
            Fitting {
                step: bad,
                overflow: Overflow::Ellipsis,
                ..shrink(8.0)
            },
        ] {
            let found = fitted("some words", &frame, &fitting);
            assert!(
                found.scale.is_finite() && found.laid.bounds.is_finite(),
                "{bad} {fitting:?}"
            );
        }
    }
}

#[test]
fn words_that_are_clipped_keep_their_lines_up_to_the_most() {
    let frame = frame(100.0, 30.0, Wrap::Words);
    let clipped = |most_lines, overflow| {
        let fitting = Fitting {
            most_lines,
            overflow,
            ..shrink(20.0)
        };
        fitted("one\ntwo\nthree\nfour", &frame, &fitting)
    };
    let all = clipped(None, Overflow::Clip);
    assert!(all.clip && !all.cut && !all.fits);
    assert_eq!(all.laid.lines.len(), 4);
    let two = clipped(Some(2), Overflow::Clip);
    assert!(two.clip && two.laid.overflowed);
    assert_eq!(two.laid.lines, all.laid.lines[..2]);
    let visible = clipped(Some(2), Overflow::Visible);
    assert!(!visible.clip);
    assert_eq!(visible.laid.lines.len(), 4);
}

#[test]
fn where_no_letter_fits_beside_an_ellipsis_the_frame_cuts() {
    let fitting = Fitting {
        overflow: Overflow::Ellipsis,
        ..shrink(20.0)
    };
    let narrow = fitted("MMMM", &frame(20.0, 30.0, Wrap::Never), &fitting);
    assert!(narrow.clip && !narrow.cut);
}
