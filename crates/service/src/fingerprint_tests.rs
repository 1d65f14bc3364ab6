//! Fingerprints of requests: what counts, and that each of it does.

use marquetry_model::{
    Adjustments, Callback, ColourOverlay, DialectName, LayerId, MockupId, Quality, Rotation, TextStyle, Tile,
    Within,
};
use marquetry_pixel::{BlendMode, Rgb};

use super::*;
use crate::resolve::hash_assets;

fn change() -> RequestedChange {
    RequestedChange {
        slot: LayerId::from_random([1; 16]),
        asset: Some(RequestedAsset::Url("https://example.com/a.png".into())),
        placement: Placement::default(),
        colour: None,
        adjustments: Adjustments::default(),
    }
}

fn request(changes: Vec<RequestedChange>) -> RenderRequest {
    RenderRequest {
        mockup: MockupId::from_random([2; 16]),
        changes,
        texts: vec![],
        hidden: vec![],
        export: Export::default(),
        label: None,
    }
}

fn print(request: &RenderRequest) -> Fingerprint {
    render(request, &hash_assets(request), &Wait::No.into())
}

#[test]
fn requests_that_differ_anywhere_differ_here() {
    let plain = request(vec![change()]);
    let with = |alter: fn(&mut RequestedChange)| {
        let mut change = change();
        alter(&mut change);
        request(vec![change])
    };
    let layer = LayerId::from_random([7; 16]);
    let words = |words| TextChange {
        layer,
        words,
        fit: TextFit::Overflow,
    };
    let several = [
        plain.clone(),
        request(vec![]),
        request(vec![change(), change()]),
        with(|change| change.slot = LayerId::from_random([3; 16])),
        with(|change| change.asset = None),
        with(|change| change.asset = Some(RequestedAsset::Bytes(b"https://example.com/a.png".to_vec()))),
        with(|change| change.asset = Some(RequestedAsset::Bytes(vec![1]))),
        with(|change| change.placement.fit = Fit::Cover),
        with(|change| change.placement.flip.horizontal = true),
        with(|change| change.placement.flip.vertical = true),
        with(|change| change.placement.rotation = Rotation::clamped(1)),
        with(|change| change.placement.size = marquetry_model::BoxSize::new(Some(5), None).ok()),
        with(|change| change.placement.size = marquetry_model::BoxSize::new(None, Some(5)).ok()),
        with(|change| change.placement.position = Some(marquetry_model::Position { top: 1, left: 2 })),
        with(|change| change.placement.position = Some(marquetry_model::Position { top: 2, left: 1 })),
        with(|change| {
            change.placement.tile = Some(Tile {
                spacing: Within::clamped(3),
            });
        }),
        with(|change| {
            change.colour = Some(ColourOverlay {
                colour: Rgb::new(1, 2, 3),
                blend: BlendMode::Multiply,
            });
        }),
        with(|change| {
            change.colour = Some(ColourOverlay {
                colour: Rgb::new(1, 2, 3),
                blend: BlendMode::Screen,
            });
        }),
        with(|change| change.adjustments.brightness = Within::clamped(1)),
        with(|change| change.adjustments.contrast = Within::clamped(1)),
        with(|change| change.adjustments.opacity = Within::clamped(1)),
        RenderRequest {
            hidden: vec![layer],
            ..plain.clone()
        },
        RenderRequest {
            label: Some("a".into()),
            ..plain.clone()
        },
        RenderRequest {
            export: Export {
                quality: Quality::clamped(91),
                ..Export::default()
            },
            ..plain.clone()
        },
        RenderRequest {
            export: Export {
                size: ExportSize::Original,
                ..Export::default()
            },
            ..plain.clone()
        },
        RenderRequest {
            texts: vec![words(Words::Segments(vec![(0, "a".into())]))],
            ..plain.clone()
        },
        RenderRequest {
            texts: vec![words(Words::Plain {
                text: "a".into(),
                style: TextStyle::default(),
            })],
            ..plain.clone()
        },
        RenderRequest {
            texts: vec![words(Words::Plain {
                text: "a".into(),
                style: TextStyle {
                    stroke_colours: vec![None],
                    ..TextStyle::default()
                },
            })],
            ..plain.clone()
        },
    ];
    for (place, one) in several.iter().enumerate() {
        assert_eq!(print(one), print(one));
        for (other_place, other) in several.iter().enumerate().skip(place + 1) {
            assert_ne!(print(one), print(other), "{place} and {other_place}");
        }
    }
}

#[test]
fn how_long_somebody_waits_is_no_difference_but_whether_is() {
    let request = request(vec![change()]);
    let hashes = hash_assets(&request);
    let under = |wait: Wait| render(&request, &hashes, &wait.into());
    let second = std::time::Duration::from_secs(1);
    assert_eq!(under(Wait::UpTo(second)), under(Wait::UpTo(second * 2)));
    assert_ne!(under(Wait::UpTo(second)), under(Wait::No));

    let callback = Terms {
        callback: Some(Callback {
            url: "https://example.com/hook".into(),
            secret: None,
            dialect: DialectName::new("plain").unwrap(),
        }),
        ..Wait::No.into()
    };
    assert_ne!(render(&request, &hashes, &callback), under(Wait::No));
}

#[test]
fn an_upload_is_its_name_and_its_source() {
    let spec = |name: &str, url: &str| UploadSpec::new(name.into(), UploadSource::Url(url.into())).unwrap();
    let terms = Terms::from(Wait::No);
    let one = upload(&spec("mug", "https://a.example/x.psd"), &terms);
    assert_eq!(one, upload(&spec("mug", "https://a.example/x.psd"), &terms));
    assert_ne!(one, upload(&spec("cup", "https://a.example/x.psd"), &terms));
    assert_ne!(one, upload(&spec("mug", "https://a.example/y.psd"), &terms));
    assert_ne!(
        upload(&spec("mugh", "ttps://a.example/x.psd"), &terms),
        upload(&spec("mug", "https://a.example/x.psd"), &terms)
    );
}
