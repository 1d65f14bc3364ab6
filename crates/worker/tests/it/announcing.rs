//! What a job's end owes to the outside is written with the end, or not at all.

use std::sync::Arc;

use async_trait::async_trait;
use marquetry_job::{DeliverySchedule, DeliveryState, JobState, Timestamp};
use marquetry_model::{
    Announce, Callback, Delivery, DeliveryId, DialectName, EventType, Job, JobId, Target, UploadSource,
    UploadSpec,
};
use marquetry_store::{Announcer, DeliveryFilter, Owed, StoreError};
use marquetry_worker::Worker;

use crate::on_every_store;
use crate::workshop::{Workshop, now, poster_psd};

on_every_store![
    an_announced_end_owes_its_deliveries_and_a_silent_one_owes_none,
    a_job_whose_deliveries_cannot_be_read_does_not_end,
];

/// Owes the job's own callback one delivery, as soon as it is asked often enough.
#[derive(Debug)]
struct Callbacks {
    refusals: std::sync::atomic::AtomicU32,
}

#[async_trait]
impl Announcer for Callbacks {
    async fn owed(&self, job: &Job, now: Timestamp) -> Result<Owed, StoreError> {
        use std::sync::atomic::Ordering::SeqCst;
        if self
            .refusals
            .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1))
            .is_ok()
        {
            return Err(StoreError::Closed);
        }
        let owed = job.callback.clone().map(|callback| {
            Delivery::owed(
                DeliveryId::from_random(*job.id.as_bytes()),
                job.tenant,
                Target::Callback(callback),
                DialectName::new("plain").unwrap(),
                job.id,
                EventType::UploadSucceeded,
                job.state.name().as_bytes(),
                DeliveryState::owed(now, &DeliverySchedule::default()),
                now,
            )
        });
        Ok(Owed {
            deliveries: owed.into_iter().collect(),
            later: None,
        })
    }
}

impl Workshop {
    async fn submit_with_callback(&self, id: JobId, announce: Announce) {
        let psd = poster_psd(144.0);
        let key = marquetry_model::BlobKey::upload(crate::workshop::hash(&psd));
        self.put(&key, psd).await;
        let spec = UploadSpec::new("Poster".into(), UploadSource::Blob { key }).unwrap();
        let callback = Callback {
            url: self.server.url("/hook"),
            secret: None,
            dialect: DialectName::new("plain").unwrap(),
        };
        let spec = marquetry_model::JobSpec::Upload(spec);
        let job = Job::accepted(id, self.tenant, spec, announce, Some(callback), now());
        let inserted = self.store.insert_job(&job, None).await.unwrap();
        assert_eq!(inserted, marquetry_store::Inserted::New);
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        let filter = DeliveryFilter::default();
        self.store
            .list_deliveries(self.tenant, &filter, None, 10)
            .await
            .unwrap()
            .items
    }

    fn announcing(&self, refusals: u32) -> Worker {
        let egress = marquetry_egress::Egress::new(marquetry_egress::Policy::allow_private()).unwrap();
        let announcer = Callbacks {
            refusals: refusals.into(),
        };
        let (store, blobs) = (Arc::clone(&self.store), Arc::clone(&self.blobs));
        Worker::builder(store, blobs, egress, Arc::new(announcer))
            .slots(2)
            .build()
            .unwrap()
    }
}

async fn an_announced_end_owes_its_deliveries_and_a_silent_one_owes_none(shop: Workshop) {
    let (loud, silent) = (JobId::from_random([1; 16]), JobId::from_random([2; 16]));
    shop.submit_with_callback(loud, Announce::Events).await;
    shop.submit_with_callback(silent, Announce::Silent).await;
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(shop.announcing(0).run(async {
        let _ = ended.await;
    }));
    for id in [loud, silent] {
        assert!(matches!(shop.ended(id).await.state, JobState::Succeeded { .. }));
    }
    end.send(()).unwrap();
    running.await.unwrap();
    let deliveries = shop.deliveries().await;
    assert_eq!(deliveries.len(), 1);
    assert_eq!(
        (deliveries[0].job, deliveries[0].body.as_ref()),
        (loud, b"succeeded".as_slice())
    );
}

async fn a_job_whose_deliveries_cannot_be_read_does_not_end(shop: Workshop) {
    let id = JobId::from_random([1; 16]);
    shop.submit_with_callback(id, Announce::Events).await;
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(shop.announcing(2).run(async {
        let _ = ended.await;
    }));
    // Two reports are refused; the third one ends the job, which was walked once.
    let job = shop.ended(id).await;
    end.send(()).unwrap();
    running.await.unwrap();
    assert!(matches!(job.state, JobState::Succeeded { .. }), "{:?}", job.state);
    assert_eq!(shop.deliveries().await.len(), 1);
}
