//! The table from errors to causes: every code is one a dialect knows, and no message is one that
//! client libraries hide.

use marquetry_codec::{Kind, Limit};
use marquetry_dialect::sudomock::{Code, is_hidden};
use marquetry_egress::{Phase, Refusal, StatusCode};
use marquetry_job::Again;
use marquetry_psd::Section;

use super::*;

fn status(code: u16) -> EgressError {
    EgressError::Status {
        host: "files.example.com".into(),
        status: StatusCode::from_u16(code).unwrap(),
    }
}

fn asset_fetch(source: EgressError) -> Trouble {
    Trouble::AssetFetch {
        smart_object: "\"Design\"".into(),
        source,
    }
}

fn psd_limit(limit: marquetry_psd::Limit) -> Trouble {
    Trouble::Render(RenderError::Mockup(PsdError::OverLimit {
        limit,
        wanted: 9,
        allowed: 8,
    }))
}

fn malformed(section: Section) -> PsdError {
    PsdError::Malformed {
        section,
        offset: 42,
        what: "the mask is too deep",
    }
}

fn asset_error(source: CodecError) -> Trouble {
    Trouble::Render(RenderError::Asset {
        smart_object: "Design".into(),
        source,
    })
}

/// The table: what went wrong, the code it ends in, and whether it is tried again.
fn table() -> Vec<(Trouble, &'static str, Again)> {
    use Again::{Later, Never};
    let host = || "files.example.com".to_owned();
    let too_large = || EgressError::TooLarge {
        host: host(),
        limit: 100,
        declared: Some(101),
    };
    let refused = || EgressError::Refused {
        host: host(),
        why: Refusal::LocalName,
    };
    let timeout = || EgressError::Timeout {
        host: host(),
        phase: Phase::Total,
        limit: std::time::Duration::from_secs(10),
    };
    let generic = || object_store::Error::Generic {
        store: "folder",
        source: "disk full".into(),
    };
    let size = Size::new(20_000, 10);
    vec![
        (asset_fetch(status(404)), "artwork_download_failed", Never),
        (asset_fetch(status(503)), "artwork_download_failed", Later),
        (asset_fetch(timeout()), "artwork_download_failed", Later),
        (asset_fetch(refused()), "artwork_download_failed", Never),
        (asset_fetch(too_large()), "artwork_too_large", Never),
        (Trouble::AssetsTooLarge { allowed: 9 }, "artwork_too_large", Never),
        (asset_error(CodecError::Unrecognised), "artwork_invalid", Never),
        (
            asset_error(CodecError::Truncated {
                kind: Kind::Png,
                offset: None,
            }),
            "artwork_invalid",
            Never,
        ),
        (
            asset_error(CodecError::OverLimit {
                limit: Limit::Pixels,
                wanted: 9,
                allowed: 8,
            }),
            "artwork_too_large",
            Never,
        ),
        (Trouble::UploadFetch(status(404)), "psd_download_failed", Never),
        (Trouble::UploadFetch(status(502)), "psd_download_failed", Later),
        (Trouble::UploadFetch(refused()), "invalid_psd_url", Never),
        (Trouble::UploadFetch(too_large()), "psd_too_large", Never),
        (
            Trouble::UploadTooLarge {
                length: 2,
                allowed: 1,
            },
            "psd_too_large",
            Never,
        ),
        (Trouble::UploadEmpty, "psd_invalid_format", Never),
        (
            Trouble::CanvasTooLarge {
                size,
                allowed: 10_000,
            },
            "psd_dimensions_too_large",
            Never,
        ),
        (Trouble::NothingToChange, "psd_no_smart_objects", Never),
        (Trouble::MockupGone, "mockup_deleted", Never),
        (
            Trouble::Render(RenderError::Mockup(PsdError::NotPsd)),
            "psd_invalid_format",
            Never,
        ),
        (
            Trouble::Render(RenderError::Mockup(malformed(Section::GlobalLayerMask))),
            "psd_invalid_format",
            Never,
        ),
        (
            Trouble::Render(RenderError::Layer {
                layer: "Mug".into(),
                source: malformed(Section::ChannelImageData),
            }),
            "psd_invalid_format",
            Never,
        ),
        (
            Trouble::Render(RenderError::Mockup(PsdError::Unsupported {
                feature: "colour mode HSL or HSB",
            })),
            "psd_unsupported_color_mode",
            Never,
        ),
        (psd_limit(marquetry_psd::Limit::FileBytes), "psd_too_large", Never),
        (
            psd_limit(marquetry_psd::Limit::Side),
            "psd_dimensions_too_large",
            Never,
        ),
        (psd_limit(marquetry_psd::Limit::Layers), "psd_too_complex", Never),
        (
            psd_limit(marquetry_psd::Limit::GroupDepth),
            "psd_too_complex",
            Never,
        ),
        (
            psd_limit(marquetry_psd::Limit::DescriptorDepth),
            "psd_too_complex",
            Never,
        ),
        (
            Trouble::Render(RenderError::NoSmartObject {
                address: "4/0".into(),
            }),
            "smart_object_not_found",
            Never,
        ),
        (
            Trouble::Render(RenderError::Export(CodecError::TooLargeForFormat {
                kind: Kind::Webp,
                size,
                most: 16_383,
            })),
            "invalid_request",
            Never,
        ),
        (
            Trouble::Render(RenderError::Picture {
                layer: "Photo".into(),
                source: CodecError::Unrecognised,
            }),
            "artwork_invalid",
            Never,
        ),
        (
            Trouble::Render(RenderError::WordsTooLong { layer: "Code".into() }),
            "invalid_request",
            Never,
        ),
        (
            Trouble::Render(RenderError::LayerTooLarge {
                layer: "Sky".into(),
                wanted: 9,
                allowed: 8,
            }),
            "invalid_request",
            Never,
        ),
        (
            Trouble::Render(RenderError::TooLarge {
                what: "the export",
                wanted: 9,
                allowed: 8,
            }),
            "invalid_request",
            Never,
        ),
        (
            Trouble::Render(RenderError::TooLarge {
                what: "the canvas",
                wanted: 9,
                allowed: 8,
            }),
            "psd_dimensions_too_large",
            Never,
        ),
        (
            Trouble::Render(RenderError::AssetMissing {
                smart_object: "Design".into(),
            }),
            "processing_failed",
            Never,
        ),
        (
            Trouble::Crashed(Crashed {
                message: "index out of bounds".into(),
            }),
            "processing_failed",
            Never,
        ),
        (Trouble::BlobDamaged, "processing_failed", Never),
        (Trouble::BlobGone { what: "asset" }, "processing_failed", Never),
        (
            Trouble::Blobs {
                doing: "read",
                source: generic(),
            },
            "processing_failed",
            Later,
        ),
        (Trouble::Store(StoreError::Closed), "processing_failed", Later),
        (
            Trouble::Store(StoreError::Duplicate { what: "mockup" }),
            "processing_failed",
            Never,
        ),
    ]
}

#[test]
fn every_trouble_has_its_code_and_says_whether_to_try_again() {
    for (trouble, code, again) in table() {
        let cause = trouble.cause().unwrap();
        assert_eq!(
            (cause.failure.code.as_str(), cause.again),
            (code, again),
            "{trouble:?}"
        );
    }
}

#[test]
fn dialects_know_every_code_and_hide_no_message() {
    for (trouble, code, _) in table() {
        let failure = trouble.cause().unwrap().failure;
        assert!(Code::of_failure(code).is_some(), "{code}");
        assert!(!is_hidden(&failure.message), "{}", failure.message);
        assert!(!is_hidden(code), "{code}");
    }
}

#[test]
fn the_client_reads_no_host_and_the_log_reads_it_all() {
    let failure = asset_fetch(status(404)).cause().unwrap().failure;
    assert_eq!(
        failure.message,
        "asset for \"Design\": could not fetch: the server answered 404"
    );
    assert!(failure.detail.contains("files.example.com"), "{}", failure.detail);
    for (trouble, ..) in table() {
        let failure = trouble.cause().unwrap().failure;
        assert!(!failure.message.contains("example.com"), "{}", failure.message);
        assert!(!failure.detail.is_empty());
    }
}

#[test]
fn warnings_are_not_hidden_either() {
    use marquetry_render::Feature as F;
    for code in [
        crate::warnings::LAYER_NOT_FULLY_DRAWN,
        crate::warnings::HIDDEN_SMART_OBJECTS,
        crate::warnings::TEXT_LAYERS_ONLY,
        crate::warnings::PREVIEW_MISSING,
    ] {
        assert!(!is_hidden(code), "{code}");
    }
    for feature in [
        F::Effects,
        F::Adjustment,
        F::Fill,
        F::VectorMask,
        F::MaskFeather,
        F::Warp,
        F::SmartFilters,
        F::FilterMask,
        F::LayerComp,
        F::Contents,
        F::BlendIf,
        F::ChannelRestrictions,
        F::BlendMode("abcd".into()),
        F::Transform,
        F::ColourMode,
    ] {
        assert!(!is_hidden(&feature.to_string()), "{feature}");
    }
}

#[test]
fn being_stopped_is_no_fault() {
    assert!(Trouble::from(RenderError::Stopped).cause().is_none());
}
