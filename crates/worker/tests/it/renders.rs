//! Renders: pictures checked in the stored file, and each way an asset or a mockup can fail.

use marquetry_job::JobState;
use marquetry_model::{AssetSource, BlobKey, Change, Job};
use marquetry_pixel::Size;
use marquetry_testkit::catcher::Answer;
use marquetry_testkit::paint::Picture;
use marquetry_testkit::psd::Builder;
use marquetry_worker::Limits;

use crate::workshop::{BLUE, GREY, RED, Workshop, change, hash, png, poster_psd, smart_object};

fn rooms(job: &Job) -> Vec<String> {
    let timings = &job.result.as_ref().unwrap().timings;
    timings.iter().map(|timing| timing.room.clone()).collect()
}

#[tokio::test]
async fn an_asset_by_address_is_drawn_into_its_smart_object() {
    let shop = Workshop::open().await;
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::ok(png(RED)));
    let running = shop.start(shop.worker());
    let left = &mockup.catalogue.smart_objects[1];
    assert_eq!(left.name, "Left");
    let id = shop
        .render(&mockup, vec![change(left, shop.server.url("/a.png"))])
        .await;
    let picture = shop.picture(id).await;
    running.stop().await;

    assert_eq!(picture.size(), Size::new(64, 64));
    assert_eq!(picture.pixel(16, 32), Some(RED));
    assert_eq!(picture.pixel(48, 32), Some(GREY), "the other one is as it was");
    assert_eq!(picture.pixel(2, 2), Some(BLUE));
    let job = shop.job(id).await;
    let result = job.result.clone().unwrap();
    let export = result.export.unwrap();
    assert_eq!(export.key.as_str(), format!("results/{id}/0.png"));
    assert_eq!(
        (export.content_type.as_str(), export.size),
        ("image/png", Size::new(64, 64))
    );
    assert!(result.warnings.is_empty(), "{:?}", result.warnings);
    let walked = [
        "fetch", "open", "decode", "plan", "draw", "scale", "encode", "put",
    ];
    assert_eq!(rooms(&job), walked);
}

#[tokio::test]
async fn one_address_is_fetched_once_however_often_it_is_used() {
    let shop = Workshop::open().await;
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::ok(png(RED)));
    let running = shop.start(shop.worker());
    let url = shop.server.url("/a.png");
    let both = mockup
        .catalogue
        .smart_objects
        .iter()
        .map(|slot| change(slot, url.clone()));
    let id = shop.render(&mockup, both.collect()).await;
    let picture = shop.picture(id).await;
    running.stop().await;
    assert_eq!(
        (picture.pixel(16, 32), picture.pixel(48, 32)),
        (Some(RED), Some(RED))
    );
    assert_eq!(shop.server.caught().len(), 1);
}

#[tokio::test]
async fn a_stored_asset_is_drawn_as_well() {
    let shop = Workshop::open().await;
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    let file = png(RED);
    let (content, key) = (hash(&file), BlobKey::asset(hash(&file)));
    shop.put(&key, file).await;
    let running = shop.start(shop.worker());
    let slot = &mockup.catalogue.smart_objects[0];
    let stored = Change {
        asset: Some(AssetSource::Blob { key, content }),
        ..change(slot, String::new())
    };
    let id = shop.render(&mockup, vec![stored]).await;
    assert_eq!(shop.picture(id).await.pixel(48, 32), Some(RED));
    running.stop().await;
}

#[tokio::test]
async fn the_second_render_finds_its_mockup_on_the_shelf() {
    let shop = Workshop::open().await;
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::ok(png(RED)));
    let opens = async |shelf_bytes| {
        let running = shop.start(shop.worker().shelf_bytes(shelf_bytes));
        let mut opened = Vec::new();
        for _ in 0..2 {
            let id = shop.render_url(&mockup).await;
            assert_eq!(shop.picture(id).await.pixel(48, 32), Some(RED));
            opened.push(rooms(&shop.job(id).await).contains(&"open".to_owned()));
        }
        running.stop().await;
        opened
    };
    assert_eq!(opens(1 << 30).await, [true, false]);
    assert_eq!(opens(0).await, [true, true], "a shelf without room keeps nothing");

    // An upload leaves its mockup there.
    let running = shop.start(shop.worker());
    let upload = shop.upload(&poster_psd(72.0)).await;
    let fresh = shop.mockup_of(upload).await;
    let id = shop.render_url(&fresh).await;
    shop.ended(id).await;
    running.stop().await;
    assert!(!rooms(&shop.job(id).await).contains(&"open".to_owned()));
}

#[tokio::test]
async fn a_server_that_fails_for_a_while_is_asked_again() {
    let shop = Workshop::open().await;
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server
        .answer_in_turn([Answer::status(503), Answer::hang_up(), Answer::ok(png(RED))]);
    let running = shop.start(shop.worker());
    let id = shop.render_url(&mockup).await;
    assert_eq!(shop.picture(id).await.pixel(48, 32), Some(RED));
    running.stop().await;
    assert_eq!(shop.server.caught().len(), 3);
}

#[tokio::test]
async fn a_server_that_fails_for_ever_is_asked_four_times() {
    let shop = Workshop::open().await;
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::status(500));
    let running = shop.start(shop.worker());
    let id = shop.render_url(&mockup).await;
    let failure = shop.failure(id).await;
    running.stop().await;
    assert_eq!(failure.code, "artwork_download_failed");
    assert_eq!(
        failure.message,
        "asset for \"Right\": could not fetch: the server answered 500"
    );
    assert_eq!(shop.server.caught().len(), 4);
}

#[tokio::test]
async fn an_asset_that_will_never_do_fails_at_once_and_says_why() {
    let shop = Workshop::open().await;
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    let limits = Limits {
        asset_bytes: 10_000,
        ..Limits::default()
    };
    let running = shop.start(shop.worker().limits(limits));
    let url = shop.server.url("/a.png");
    let cut = png(RED)[..40].to_vec();
    let table = [
        (
            Answer::status(404),
            url.clone(),
            "artwork_download_failed",
            "could not fetch: the server answered 404",
        ),
        (
            Answer::ok("<html>"),
            url.clone(),
            "artwork_invalid",
            "it is not a PNG, JPEG, WebP or GIF picture",
        ),
        (Answer::ok(cut), url.clone(), "artwork_invalid", "the PNG is "),
        (
            Answer::endless_body(),
            url,
            "artwork_too_large",
            "the assets of one render may hold 10000 bytes",
        ),
        (
            Answer::status(200),
            "http://169.254.169.254/a.png".into(),
            "artwork_download_failed",
            "address not allowed",
        ),
        (
            Answer::status(200),
            "ftp://example.com/a.png".into(),
            "artwork_download_failed",
            "scheme not allowed",
        ),
    ];
    for (answer, url, code, message) in table {
        shop.server.answer_always(answer);
        let before = shop.server.caught().len();
        let id = shop
            .render(&mockup, vec![change(&mockup.catalogue.smart_objects[0], url)])
            .await;
        let failure = shop.failure(id).await;
        assert_eq!(failure.code, code, "{}", failure.message);
        let text = failure
            .message
            .strip_prefix("asset for \"Right\": ")
            .unwrap_or(&failure.message);
        assert!(text.starts_with(message), "{}", failure.message);
        assert!(
            shop.server.caught().len() <= before + 1,
            "not tried again: {code}"
        );
        assert_eq!(
            shop.get(&BlobKey::result(id, 0, marquetry_model::ExportFormat::Png))
                .await,
            None
        );
    }
    running.stop().await;
}

#[tokio::test]
async fn a_mockup_whose_file_is_gone_or_changed_is_not_drawn() {
    let shop = Workshop::open().await;
    shop.server.answer_always(Answer::ok(png(RED)));
    let (psd, other) = (poster_psd(144.0), poster_psd(72.0));
    let mockup = shop.mockup(&psd).await;
    let running = shop.start(shop.worker());

    // Other bytes than the job pinned, although they are a good file.
    shop.put(&mockup.source, other).await;
    let failure = shop.failure(shop.render_url(&mockup).await).await;
    assert_eq!(failure.code, "processing_failed");
    assert!(failure.detail.contains("other bytes"), "{}", failure.detail);

    let path = object_store::path::Path::from(mockup.source.as_str());
    object_store::ObjectStoreExt::delete(&shop.blobs, &path)
        .await
        .unwrap();
    let failure = shop.failure(shop.render_url(&mockup).await).await;
    assert_eq!(failure.code, "mockup_deleted");

    // A failed opening blocks nobody: once the file is back, so is the mockup.
    shop.put(&mockup.source, psd).await;
    let id = shop.render_url(&mockup).await;
    assert_eq!(shop.picture(id).await.pixel(48, 32), Some(RED));
    running.stop().await;
}

#[tokio::test]
async fn many_renders_at_once_all_end_and_open_their_mockup_once() {
    let shop = Workshop::open().await;
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::ok(png(RED)));
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(shop.render_url(&mockup).await);
    }
    let running = shop.start(shop.worker().slots(4));
    let mut opened = 0;
    for id in ids {
        let job = shop.ended(id).await;
        assert!(matches!(job.state, JobState::Succeeded { .. }), "{:?}", job.state);
        opened += usize::from(rooms(&job).contains(&"open".to_owned()));
    }
    running.stop().await;
    assert_eq!(opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_do_not_fit_together_wait_for_each_other() {
    let shop = Workshop::open().await;
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    // Room for one such picture at a time: the least that may be set is a mebibyte.
    let large = Picture::from_fn(400, 400, |_| RED).to_png();
    shop.server.answer_always(Answer::ok(large));
    let running = shop.start(shop.worker().slots(8).memory_bytes(1 << 20));
    let mut jobs = Vec::new();
    for _ in 0..12 {
        jobs.push(shop.render_url(&mockup).await);
    }
    for job in jobs {
        assert_eq!(shop.picture(job).await.pixel(48, 32), Some(RED));
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_render_that_can_never_fit_fails_with_the_number() {
    let shop = Workshop::open().await;
    let mut document = Builder::new(900, 900);
    smart_object(&mut document, "Wall", 0, |layer| layer);
    let mockup = shop.mockup(&document.to_bytes()).await;
    let running = shop.start(shop.worker().memory_bytes(1 << 20));
    shop.server.answer_always(Answer::ok(png(RED)));
    let failure = shop.render_url(&mockup).await;
    let failure = shop.failure(failure).await;
    running.stop().await;
    assert_eq!(failure.code, "resource_limit");
    assert!(
        failure.message.contains("at most 1048576 are allowed"),
        "{}",
        failure.message
    );
}
