//! The same walk over other storages: S3 over real HTTP, and one that lets every tenth call fail.

use std::sync::Arc;

use marquetry_blobs::{S3Settings, Storage, Unreliable};
use marquetry_job::JobState;
use marquetry_testkit::catcher::Answer;
use marquetry_testkit::s3::Bucket;
use object_store::ObjectStore;
use object_store::memory::InMemory;

use crate::workshop::{RED, Workshop, change, png, poster_psd};

fn s3(bucket: &Bucket) -> Storage {
    let settings = S3Settings {
        names: bucket.names(),
        ..S3Settings::default()
    };
    Storage::s3(Bucket::NAME, "prefix", &settings).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mockup_is_made_and_drawn_on_s3() {
    let bucket = Bucket::start().await;
    let shop = Workshop::over(s3(&bucket).blobs).await;
    let mockup = shop.mockup(&poster_psd(144.0)).await;
    shop.server.answer_always(Answer::ok(png(RED)));
    // A worker that has the mockup on no shelf, and reads it from the bucket.
    let running = shop.start(shop.worker());
    let left = &mockup.catalogue.smart_objects[1];
    let id = shop
        .render(&mockup, vec![change(left, shop.server.url("/design.png"))])
        .await;
    let picture = shop.picture(id).await;
    running.stop().await;
    assert_eq!(picture.pixel(16, 32), Some(RED), "the design is in the picture");
    let lies = bucket.folder().join(format!("prefix/results/{id}/0.png"));
    assert!(lies.is_file(), "{}", lies.display());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_fetched_for_an_upload_goes_to_s3_in_parts() {
    let bucket = Bucket::start().await;
    let shop = Workshop::over(s3(&bucket).blobs).await;
    shop.server.answer_always(Answer::ok(poster_psd(144.0)));
    let running = shop.start(shop.worker());
    let url = shop.server.url("/poster.psd");
    let id = shop.submit_upload(marquetry_model::UploadSource::Url(url)).await;
    let mockup = shop.mockup_of(id).await;
    running.stop().await;
    assert_eq!(shop.get(&mockup.source).await.unwrap(), poster_psd(144.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_survive_a_storage_that_fails_one_call_in_ten() {
    let mut failures = 0;
    for seed in 0..3 {
        let reliable: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let blobs = Arc::new(Unreliable::new(Arc::clone(&reliable), 10, seed));
        let shop = Workshop::over(reliable).await;
        let mockup = shop.mockup(&poster_psd(144.0)).await;
        // From here on the workers meet failures.
        let shop = shop.with_blobs(Arc::clone(&blobs) as _);
        shop.server.answer_always(Answer::ok(png(RED)));
        let running = shop.start(shop.worker());
        let mut jobs = Vec::new();
        for turn in 0..20 {
            // Uploads write the most: previews, report, heat map.
            jobs.push(match turn % 2 {
                0 => shop.submit_upload(stored(&mockup)).await,
                _ => {
                    let slot = &mockup.catalogue.smart_objects[0];
                    let url = shop.server.url("/design.png");
                    shop.render(&mockup, vec![change(slot, url)]).await
                }
            });
        }
        for id in jobs {
            let job = shop.ended(id).await;
            assert!(
                matches!(job.state, JobState::Succeeded { .. }),
                "seed {seed}: {:?}",
                job.state
            );
        }
        running.stop().await;
        failures += blobs.failures();
    }
    assert!(failures >= 10, "only {failures} calls failed");
}

fn stored(mockup: &marquetry_model::Mockup) -> marquetry_model::UploadSource {
    marquetry_model::UploadSource::Blob {
        key: mockup.source.clone(),
    }
}
