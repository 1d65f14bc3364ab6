//! Uploads: a PSD becomes a mockup, or a failure that says what is wrong with it.

use marquetry_job::JobState;
use marquetry_model::{BlobKey, Comparison, LayerKind, Mockup, UploadSource};
use marquetry_pixel::Size;
use marquetry_store::persisted::fidelity_from_json;
use marquetry_testkit::catcher::Answer;
use marquetry_testkit::psd::{Builder, Layer, Rect, Text};
use marquetry_worker::{Limits, Worker};

use crate::workshop::{BLUE, GREY, Workshop, decode, hash, poster, poster_psd, smart_object};

fn codes(mockup: &Mockup) -> Vec<&str> {
    let warnings = mockup.warnings.iter();
    warnings.map(|warning| warning.code.as_str()).collect()
}

#[tokio::test]
async fn a_stored_file_becomes_a_mockup_with_catalogue_and_previews() {
    let shop = Workshop::open().await;
    let psd = poster_psd(144.0);
    let mockup = shop.mockup(&psd).await;

    assert_eq!((mockup.name.as_str(), mockup.size), ("Poster", Size::new(64, 64)));
    assert_eq!(
        (mockup.content, mockup.source_bytes),
        (hash(&psd), psd.len() as u64)
    );
    assert_eq!(mockup.dpi, Some(144.0));
    assert_eq!(codes(&mockup), ["PSD_NO_REFERENCE", "PSD_CACHED_RASTERS"]);
    let names: Vec<&str> = mockup
        .catalogue
        .smart_objects
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    assert_eq!(names, ["Right", "Left"], "front-most first");
    assert_eq!(mockup.catalogue.smart_objects[0].frame, Size::new(16, 32));
    let kinds: Vec<LayerKind> = mockup.catalogue.layers.iter().map(|entry| entry.kind).collect();
    assert_eq!(
        kinds,
        [LayerKind::SmartObject, LayerKind::SmartObject, LayerKind::Pixel]
    );
    assert_eq!(
        mockup.catalogue.layers[0].id,
        mockup.catalogue.smart_objects[0].id
    );

    assert_eq!(shop.get(&mockup.source).await.unwrap(), psd);
    let widths: Vec<u32> = mockup
        .thumbnails
        .iter()
        .map(|thumbnail| thumbnail.width)
        .collect();
    assert_eq!(widths, [720, 480, 240]);
    for thumbnail in &mockup.thumbnails {
        let file = shop.get(&thumbnail.key).await.unwrap();
        assert_eq!(&file[8..12], b"WEBP");
        let picture = decode(&file);
        assert_eq!(picture.size(), Size::new(thumbnail.width, thumbnail.width));
        let near = |at: u32, wanted: [u8; 4]| {
            let at = at * thumbnail.width / 64;
            let seen = picture.pixel(at, at).unwrap();
            assert!(
                seen.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 12),
                "{seen:?}"
            );
        };
        near(4, BLUE);
        near(20, GREY);
    }
}

#[tokio::test]
async fn a_file_by_address_is_the_same_mockup_and_leaves_nothing_behind() {
    let shop = Workshop::open().await;
    let psd = poster_psd(144.0);
    shop.server.answer_always(Answer::ok(psd.clone()));
    let running = shop.start(shop.worker());
    let url = shop.server.url("/files/poster.psd");
    let job = shop.submit_upload(UploadSource::Url(url)).await;
    let mockup = shop.mockup_of(job).await;
    running.stop().await;
    assert_eq!(mockup.content, hash(&psd));
    assert_eq!(shop.get(&BlobKey::upload(mockup.content)).await.unwrap(), psd);
    assert_eq!(shop.get(&BlobKey::incoming(job)).await, None);

    // The same file once more: another mockup with ids of its own, over the same bytes.
    let other = shop.mockup(&psd).await;
    assert_eq!(other.source, mockup.source);
    assert_ne!(other.id, mockup.id);
    assert_ne!(other.catalogue.layers[0].id, mockup.catalogue.layers[0].id);
}

#[tokio::test]
async fn an_attempt_that_broke_after_the_download_does_not_download_again() {
    let shop = Workshop::open().await;
    let psd = poster_psd(144.0);
    // The first attempt finds the server down, the second finds what an earlier one brought in.
    shop.server.answer_always(Answer::status(503));
    let url = shop.server.url("/poster.psd");
    let job = shop.submit_upload(UploadSource::Url(url)).await;
    shop.put(&BlobKey::incoming(job), psd.clone()).await;
    let running = shop.start(shop.worker());
    assert_eq!(shop.mockup_of(job).await.content, hash(&psd));
    running.stop().await;
    assert!(shop.server.caught().is_empty());
}

#[tokio::test]
async fn ids_are_the_same_when_the_same_job_is_done_again() {
    let (one, two) = (Workshop::open().await, Workshop::open().await);
    let psd = poster_psd(144.0);
    let (first, again) = (one.mockup(&psd).await, two.mockup(&psd).await);
    assert_eq!(first.id, again.id);
    assert_eq!(first.catalogue, again.catalogue);
}

async fn refused(shop: &Workshop, limits: Limits, psd: &[u8]) -> (String, String) {
    let running = shop.start(shop.worker().limits(limits));
    let job = shop.upload(psd).await;
    let failure = shop.failure(job).await;
    running.stop().await;
    (failure.code, failure.message)
}

#[tokio::test]
async fn a_file_that_cannot_be_a_mockup_says_why() {
    let shop = Workshop::open().await;
    let psd = poster_psd(144.0);
    let mut plain = Builder::new(8, 8);
    plain.push(Layer::raster("wall", Rect::new(0, 0, 8, 8), BLUE.repeat(64)));
    let default = Limits::default;
    let small = || Limits {
        canvas_side: 63,
        ..default()
    };
    let short = || Limits {
        upload_bytes: 1000,
        ..default()
    };
    let mut few_layers = default();
    few_layers.render.psd.layers = 2;
    let length = psd.len();
    let table: [(Limits, &[u8], &str, String); 7] = [
        (
            default(),
            b"%PDF-1.7 and more",
            "psd_invalid_format",
            "the file is not a PSD or PSB".into(),
        ),
        (
            default(),
            &psd[..length / 2],
            "psd_invalid_format",
            "the file is cut short at byte ".into(),
        ),
        (default(), b"", "psd_invalid_format", "the file is empty".into()),
        (
            default(),
            &plain.to_bytes(),
            "psd_no_smart_objects",
            "the file has no smart object".into(),
        ),
        (
            small(),
            &psd,
            "psd_dimensions_too_large",
            "the document measures 64x64 pixels, at most 63 a side".into(),
        ),
        (
            short(),
            &psd,
            "psd_too_large",
            format!("the file has {length} bytes, at most 1000 are allowed"),
        ),
        (
            few_layers,
            &psd,
            "psd_too_complex",
            "the file has 3 layers, at most 2 are allowed".into(),
        ),
    ];
    for (limits, file, code, message) in table {
        let (seen_code, seen_message) = refused(&shop, limits, file).await;
        assert_eq!(seen_code, code, "{seen_message}");
        assert!(seen_message.starts_with(&message), "{seen_message}");
    }
}

#[tokio::test]
async fn an_address_that_does_not_give_the_file_says_why() {
    let shop = Workshop::open().await;
    let limits = Limits {
        upload_bytes: 1000,
        ..Limits::default()
    };
    let running = shop.start(shop.worker().limits(limits));
    let url = shop.server.url("/poster.psd");
    let table = [
        (
            Answer::status(404),
            url.clone(),
            "psd_download_failed",
            "PSD file: could not fetch: the server answered 404",
        ),
        (
            Answer::endless_body(),
            url.clone(),
            "psd_too_large",
            "PSD file: could not fetch: more than 1000 bytes",
        ),
        (Answer::ok(""), url, "psd_invalid_format", "the file is empty"),
        (
            Answer::status(200),
            "http://169.254.169.254/poster.psd".into(),
            "invalid_psd_url",
            "PSD file: address not allowed",
        ),
    ];
    for (answer, url, code, message) in table {
        shop.server.answer_always(answer);
        let job = shop.submit_upload(UploadSource::Url(url)).await;
        let failure = shop.failure(job).await;
        assert_eq!((failure.code.as_str(), failure.message.as_str()), (code, message));
        assert_eq!(shop.get(&BlobKey::incoming(job)).await, None, "{code}");
    }
    running.stop().await;
}

#[tokio::test]
async fn hidden_smart_objects_and_text_without_any_are_warned_of() {
    let shop = Workshop::open().await;
    let mut hidden = poster();
    smart_object(&mut hidden, "Back", 24, Layer::hidden);
    let mockup = shop.mockup(&hidden.to_bytes()).await;
    assert_eq!(
        codes(&mockup),
        [
            "PSD_HIDDEN_SMART_OBJECTS",
            "PSD_NO_REFERENCE",
            "PSD_CACHED_RASTERS"
        ]
    );
    assert_eq!(
        mockup.warnings[0].message,
        "smart objects that the file hides: \"Back\""
    );

    let mut text = Builder::new(64, 64);
    let words = Text::new("Hello", 12.0, 4.0, 20.0);
    text.push(Layer::text(
        "Greeting",
        &words,
        Rect::new(4, 8, 30, 16),
        GREY.repeat(480),
    ));
    let mockup = shop.mockup(&text.to_bytes()).await;
    assert_eq!(
        codes(&mockup),
        ["PSD_TEXT_LAYERS_ONLY", "PSD_NO_REFERENCE", "PSD_CACHED_RASTERS"]
    );
}

#[tokio::test]
async fn what_cannot_be_drawn_is_named_layer_by_layer_up_to_a_limit() {
    let shop = Workshop::open().await;
    let mut document = poster();
    for number in 0..6 {
        // A curve without points cannot be drawn.
        document.push(Layer::empty(&format!("curve {number}")).block(b"curv", vec![]));
    }
    let limits = Limits {
        warnings: 4,
        // Without a report there are no warnings of one.
        fidelity_pixels: 0,
        ..Limits::default()
    };
    let running = shop.start(shop.worker().limits(limits));
    let job = shop.upload(&document.to_bytes()).await;
    let mockup = shop.mockup_of(job).await;
    running.stop().await;
    let told: Vec<&str> = mockup
        .warnings
        .iter()
        .map(|warning| warning.message.as_str())
        .collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told[0].starts_with("layer \"curve "), "{told:?}");
    assert_eq!(told[3], "and 3 more warnings");
    assert!(
        mockup
            .warnings
            .iter()
            .all(|warning| warning.code == "LAYER_NOT_FULLY_DRAWN")
    );
    assert_eq!(shop.job(job).await.result.unwrap().warnings, mockup.warnings);
}

#[tokio::test]
async fn a_report_is_stored_with_the_mockup_or_made_when_asked_for() {
    let shop = Workshop::open().await;
    let picture = GREY.repeat(64 * 64);
    let psd = poster().merged(picture).to_bytes();
    let mockup = shop.mockup(&psd).await;
    assert_eq!(codes(&mockup), ["PSD_FIDELITY", "PSD_CACHED_RASTERS"]);
    let (key, map) = (
        BlobKey::fidelity(mockup.content),
        BlobKey::heat_map(mockup.content),
    );
    let stored = shop.get(&key).await.unwrap();
    let report = fidelity_from_json(std::str::from_utf8(&stored).unwrap()).unwrap();
    assert_eq!(report.layers.len(), 3);
    let difference = report.compared.difference().unwrap();
    assert!(difference.off_by_more_than_3 > 10.0, "the wall is not grey");
    assert_eq!(decode(&shop.get(&map).await.unwrap()).size(), Size::new(64, 64));

    // The same when it is made later, by a worker that does not run.
    let large = Limits {
        fidelity_pixels: 64 * 64 - 1,
        ..Limits::default()
    };
    let other = poster().merged(vec![255; 64 * 64 * 4]).to_bytes();
    let running = shop.start(shop.worker().limits(large));
    let job = shop.upload(&other).await;
    let mockup = shop.mockup_of(job).await;
    running.stop().await;
    assert!(codes(&mockup).is_empty());
    let key = BlobKey::fidelity(mockup.content);
    assert_eq!(shop.get(&key).await, None);
    let reporter = shop.worker().build().unwrap().reporter();
    reporter.report(mockup.content).await.unwrap();
    let stored = shop.get(&key).await.unwrap();
    let report = fidelity_from_json(std::str::from_utf8(&stored).unwrap()).unwrap();
    assert!(matches!(report.compared, Comparison::Measured(_)));
    // Once more changes nothing, and of what is not there no report is made.
    reporter.report(mockup.content).await.unwrap();
    assert_eq!(shop.get(&key).await.unwrap(), stored);
    let cause = reporter.report(hash(b"nothing")).await.unwrap_err();
    assert_eq!(cause.failure.code, "mockup_deleted");
}

#[tokio::test]
async fn a_canvas_too_thin_for_previews_is_a_mockup_without_them() {
    let shop = Workshop::open().await;
    let mut document = Builder::new(2, 4000);
    smart_object(&mut document, "Strip", 0, |layer| layer);
    let mockup = shop.mockup(&document.to_bytes()).await;
    assert!(mockup.thumbnails.is_empty());
    assert_eq!(codes(&mockup)[..3], ["PSD_PREVIEW_MISSING"; 3]);
}

#[tokio::test]
async fn a_missing_blob_is_our_fault_and_not_tried_again() {
    let shop = Workshop::open().await;
    let running = shop.start(shop.worker());
    let key = BlobKey::upload(hash(b"never stored"));
    let job = shop.submit_upload(UploadSource::Blob { key }).await;
    let failure = shop.failure(job).await;
    running.stop().await;
    assert_eq!(failure.code, "processing_failed");
    assert_eq!(failure.message, "the job could not be completed");
    assert_eq!(failure.detail, "a stored upload is missing");
    assert!(matches!(shop.job(job).await.state, JobState::Failed { .. }));
}

#[test]
fn settings_out_of_range_are_named() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let shop = Workshop::open().await;
        let error = shop.worker().slots(0).build().unwrap_err();
        assert_eq!(error.to_string(), "slots must be between 1 and 1024");
        let lease = std::time::Duration::from_millis(1);
        let error = shop.worker().lease(lease).build().unwrap_err();
        assert_eq!(
            error.to_string(),
            "lease in milliseconds must be between 30 and 3600000"
        );
        let _: Worker = shop.worker().build().unwrap();
    });
}
