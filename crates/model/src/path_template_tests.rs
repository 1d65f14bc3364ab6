//! Tests of paths with gaps.

use marquetry_job::Timestamp;
use proptest::prelude::*;

use super::*;

fn values<'v>(about: &'v About, layer: &'v dyn Fn(&str) -> Option<&'v str>) -> PathValues<'v> {
    PathValues {
        about,
        day: Date::of(Timestamp::from_micros(20_779 * 86_400_000_000)),
        index: 3,
        layer,
        nameless: "card-7f",
        extension: "jpg",
    }
}

fn about() -> About {
    let known = |text: &str| Some(text.to_owned());
    About {
        player: None,
        name: known("Jo's card"),
        folder: known("U12"),
        main_event_code: known("M1"),
        destination_event_code: known("D/1"),
    }
}

#[track_caller]
fn resolved(template: &str, about: &About) -> String {
    let layer = |name: &str| match name {
        "Name" => Some("Jo"),
        "Up" => Some(".."),
        "Far up" => Some("../../etc/passwd"),
        "Blank" => Some("  "),
        _ => None,
    };
    let template = PathTemplate::parse("path", template).unwrap();
    template.resolve(&values(about, &layer))
}

#[test]
fn every_variable_is_filled() {
    for (template, path) in [
        ("{date}/{design}_{index}", "2026-11-22/Jo's card_03.jpg"),
        ("{main_event_code}/{destination_event_code}/x", "M1/D_1/x.jpg"),
        ("/{folder}/{layer:Name}.jpg", "U12/Jo.jpg"),
        ("a//b/", "a/b.jpg"),
        ("photo.JPEG", "photo.JPEG"),
        ("photo.png", "photo.png.jpg"),
        ("jpg", "jpg.jpg"),
        (" spaced / out ", "spaced/out.jpg"),
    ] {
        assert_eq!(resolved(template, &about()), path, "{template}");
    }
}

#[test]
fn what_is_not_known_is_empty_and_nothing_that_is_empty_stays() {
    let nobody = About::default();
    for (template, path) in [
        ("{folder}/{design}", "card-7f.jpg"),
        ("{folder}/{design}.jpg", "card-7f.jpg"),
        ("{folder}/{layer:None}/{index}", "03.jpg"),
        ("{design}-{index}", "-03.jpg"),
        ("{layer:Blank}/{layer:Name}", "Jo.jpg"),
    ] {
        assert_eq!(resolved(template, &nobody), path, "{template}");
    }
}

#[test]
fn no_value_leads_out_of_the_folder() {
    for (template, path) in [
        ("{layer:Up}/x", "__/x.jpg"),
        ("{layer:Up}", "__.jpg"),
        (".{layer:Up}/x", "___/x.jpg"),
        ("{layer:Far up}", ".._.._etc_passwd.jpg"),
        ("{layer:Up}.jpg", "...jpg"),
    ] {
        assert_eq!(resolved(template, &about()), path, "{template}");
    }
}

#[test]
fn what_is_wrong_with_one_is_told_when_it_is_read() {
    for (template, told) in [
        ("", "path must not be empty"),
        ("/ /", "path must not be empty"),
        ("{when}/x", "path has no variable {when}; there are"),
        ("{layer:}/x", "path has no variable {layer:}; there are"),
        ("{date", "path must be a path in which every brace has its fellow"),
        ("date}", "path must be a path in which every brace has its fellow"),
        ("../x", "path must be a path without . and .. as its parts"),
        ("a/./x", "path must be a path without . and .. as its parts"),
        (
            "a\\b",
            "path must be a path without backslashes and control characters",
        ),
        (
            "a\nb",
            "path must be a path without backslashes and control characters",
        ),
        (&"x".repeat(1025), "path must not be longer than 1024"),
        (&"x/".repeat(17), "path must not be longer than 16"),
    ] {
        let error = PathTemplate::parse("path", template).unwrap_err().to_string();
        assert!(error.starts_with(told), "{template}: {error}");
    }
}

#[test]
fn folder_and_name_can_be_replaced_one_without_the_other() {
    let about = about();
    let template = || PathTemplate::parse("path", "a/b/{design}").unwrap();
    let resolve = |template: PathTemplate| template.resolve(&values(&about, &|_| None));
    let moved = template().in_folder("folder_path", "/{date}/c").unwrap();
    assert_eq!(resolve(moved), "2026-11-22/c/Jo's card.jpg");
    let top = template().in_folder("folder_path", "/").unwrap();
    assert_eq!(resolve(top), "Jo's card.jpg");
    let renamed = template().called("file_name", "{index}").unwrap();
    assert_eq!(resolve(renamed), "a/b/03.jpg");
    for wrong in ["x/y", "", "/"] {
        assert!(template().called("file_name", wrong).is_err(), "{wrong}");
    }
    assert!(template().in_folder("folder_path", "..").is_err());
    assert!(template().in_folder("folder_path", &"x/".repeat(16)).is_err());
}

/// Texts that are likely to do harm.
fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("..".to_owned()),
        Just(".".to_owned()),
        Just("../..".to_owned()),
        Just(".jpg".to_owned()),
        Just("..\\x".to_owned()),
        "[./\\\\ \u{0}\u{7f}\u{202e}aäß猫-]{0,12}",
        "[aä猫/.]{200,600}",
        ".{0,40}",
    ]
}

fn template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{main_event_code}".to_owned()),
        Just("{destination_event_code}".to_owned()),
        Just("{design}".to_owned()),
        Just("{folder}".to_owned()),
        Just("{layer:Any}".to_owned()),
        Just("{index}".to_owned()),
        "[a./ -]{1,6}",
    ];
    proptest::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_path_never_escapes_and_is_never_empty(
        text in template(),
        known in proptest::collection::vec(proptest::option::of(nasty()), 5),
        extension in prop_oneof![Just("jpg"), Just("pdf"), Just("png"), Just("webp")],
    ) {
        let Ok(template) = PathTemplate::parse("path", &text) else { return Ok(()) };
        let about = About {
            player: None,
            name: known[0].clone(),
            folder: known[1].clone(),
            main_event_code: known[2].clone(),
            destination_event_code: known[3].clone(),
        };
        let layer = |_: &str| known[4].as_deref();
        let path = template.resolve(&PathValues { extension, ..values(&about, &layer) });
        prop_assert!(path.len() <= PathTemplate::LONGEST_PATH, "{}", path.len());
        for part in path.split('/') {
            prop_assert!(!["", ".", ".."].contains(&part), "{path:?}");
            prop_assert!(part.len() <= PathTemplate::LONGEST_PART, "{path:?}");
            prop_assert!(part.chars().all(is_fit), "{path:?}");
            prop_assert_eq!(part.trim(), part);
        }
        let ends = |end: &str| path.to_ascii_lowercase().ends_with(&format!(".{end}"));
        prop_assert!(ends(extension) || extension == "jpg" && ends("jpeg"), "{path:?}");
    }

    #[test]
    fn whatever_is_read_as_one_can_be_filled(text in ".{0,60}") {
        if let Ok(template) = PathTemplate::parse("path", &text) {
            let path = template.resolve(&values(&About::default(), &|_| None));
            prop_assert!(path.split('/').all(|part| !["", ".", ".."].contains(&part)), "{path:?}");
        }
    }
}
