//! Who is owed a message at the end of a job.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use marquetry_dialect::{Dialect, Links};
use marquetry_job::{
    Cause, DeathCause, DeliverySchedule, DeliveryState, Failure, Hold, RetrySchedule, WorkerId,
};
use marquetry_model::{
    Announce, Batch, BatchId, BlobKey, Callback, ContentHash, Delivery, DialectName, Endpoint, EndpointId,
    EventNaming, EventType, Export, ExportFile, ExportFormat, Job, JobId, JobResult, JobSpec, LayerAddress,
    MockupId, RenderSpec, Secret, Target, TenantId, UploadSource, UploadSpec, WhyDisabled,
};
use marquetry_pixel::Size;
use marquetry_store::{
    Clock as _, DeliveryFilter, DeliverySteps, Inserted, JobSteps, Noun as _, PendingSteps, Reported,
    Submission, Swap,
};
use marquetry_testkit::catcher::Catcher;
use marquetry_webhook::Announcements;

use crate::stage::{PATIENCE, SECRET, Stage, start, tenant};

fn upload() -> JobSpec {
    let source = UploadSource::Url("https://example.com/mug.psd".into());
    JobSpec::Upload(UploadSpec::new("Mug".into(), source).unwrap())
}

fn render() -> JobSpec {
    JobSpec::Render(Box::new(RenderSpec {
        mockup: MockupId::from_random([9; 16]),
        mockup_name: "Mug".into(),
        content: ContentHash::from_bytes([9; 32]),
        changes: vec![],
        texts: vec![],
        hidden: vec![LayerAddress(vec![0])],
        export: Export::default(),
        label: None,
    }))
}

fn file(job: &Job) -> JobResult {
    JobResult {
        export: Some(ExportFile {
            key: BlobKey::result(job.id, 0, ExportFormat::Webp),
            content_type: "image/webp".into(),
            bytes: 10,
            size: Size { width: 1, height: 1 },
        }),
        ..JobResult::default()
    }
}

impl Stage {
    fn steps(&self) -> JobSteps {
        let links = Links::new("https://mockups.example.com");
        let schedule = DeliverySchedule::default();
        let announcements = Announcements::new(self.store.clone(), links, schedule);
        JobSteps::new(
            self.store.clone(),
            Arc::new(announcements),
            RetrySchedule::default(),
        )
    }

    async fn accept(&self, spec: JobSpec, announce: Announce, callback: Option<Callback>) -> Job {
        let id = JobId::from_random([7; 16]);
        let job = Job::accepted(id, tenant(), spec, announce, callback, self.time.now());
        let inserted = self.store.insert_job(&job, None).await.unwrap();
        assert_eq!(inserted, Inserted::New);
        job
    }

    async fn claim(&self) -> Hold {
        let worker = WorkerId::from_random([5; 16]);
        let lease = Duration::from_secs(15);
        let claimed = self
            .steps()
            .claim(worker, self.time.now(), lease, 1)
            .await
            .unwrap();
        claimed[0].state.hold().unwrap()
    }

    async fn succeed(&self, job: &Job) {
        let (hold, now) = (self.claim().await, self.time.now());
        let steps = self.steps();
        steps
            .finish(job.tenant, job.id, hold, file(job), None, now)
            .await
            .unwrap();
    }

    async fn fail(&self, job: &Job) {
        let (hold, now) = (self.claim().await, self.time.now());
        let cause = Cause::never(Failure::new("PSD_INVALID_FORMAT", "this is no PSD", "byte 0"));
        let jitter = marquetry_job::Jitter::MIDDLE;
        self.steps()
            .broke(job.tenant, job.id, hold, cause, now, jitter)
            .await
            .unwrap();
    }

    async fn owed(&self) -> Vec<Delivery> {
        let all = DeliveryFilter::default();
        self.store
            .list_deliveries(tenant(), &all, None, 100)
            .await
            .unwrap()
            .items
    }

    async fn hearing(&self, number: u8, events: &[EventType], naming: EventNaming) -> Endpoint {
        let endpoint = self.endpoint(number, "https://example.com/hook".into()).await;
        let changed = Endpoint {
            event_types: events.to_vec(),
            naming,
            version: endpoint.version.next(),
            ..endpoint.clone()
        };
        let swap = self
            .store
            .replace_endpoint(endpoint.version, &changed)
            .await
            .unwrap();
        assert_eq!(swap, Swap::Swapped);
        changed
    }
}

fn body(delivery: &Delivery) -> String {
    String::from_utf8(delivery.body.to_vec()).unwrap()
}

#[tokio::test]
async fn each_enabled_endpoint_that_hears_the_event_is_owed_one() {
    let stage = Stage::new();
    let all = stage.hearing(1, &[], EventNaming::Legacy).await;
    let some = stage
        .hearing(
            2,
            &[EventType::RenderSucceeded, EventType::VideoFailed],
            EventNaming::Current,
        )
        .await;
    stage
        .hearing(3, &[EventType::RenderFailed], EventNaming::Current)
        .await;
    let off = stage.hearing(4, &[], EventNaming::Current).await;
    stage.set_enabled(off.id, false).await;
    let stranger = Endpoint {
        id: EndpointId::from_random([5; 16]),
        tenant: TenantId::from_random([99; 16]),
        ..all.clone()
    };
    stage.store.insert_endpoint(&stranger).await.unwrap();
    let unknown = Endpoint {
        id: EndpointId::from_random([6; 16]),
        dialect: DialectName::new("klingon").unwrap(),
        ..all.clone()
    };
    stage.store.insert_endpoint(&unknown).await.unwrap();

    let job = stage.accept(render(), Announce::Events, None).await;
    stage.succeed(&job).await;
    let owed = stage.owed().await;
    let targets: BTreeSet<_> = owed.iter().map(|delivery| delivery.lane()).collect();
    let wanted = [all.id, some.id].map(|id| Target::Endpoint(id).lane(tenant()));
    assert_eq!((owed.len(), targets), (2, BTreeSet::from(wanted)));
    assert_ne!(owed[0].id, owed[1].id);
    for delivery in &owed {
        assert_eq!(
            (delivery.job, delivery.event),
            (job.id, EventType::RenderSucceeded)
        );
        assert_eq!(delivery.state.due(), Some(stage.time.now()));
        let body = body(delivery);
        assert!(body.contains(r#""event":"render.succeeded""#), "{body}");
        let link = format!("https://mockups.example.com/files/results/{}/0.webp", job.id);
        assert!(body.contains(&link), "{body}");
    }
}

#[tokio::test]
async fn readers_of_the_same_words_share_one_body() {
    let stage = Stage::new();
    for number in 1..=3 {
        stage.hearing(number, &[], EventNaming::Current).await;
    }
    let job = stage.accept(render(), Announce::Events, None).await;
    stage.succeed(&job).await;
    let owed = stage.owed().await;
    assert_eq!(owed.len(), 3);
    assert!(
        owed.iter()
            .all(|delivery| Arc::ptr_eq(&delivery.body, &owed[0].body))
    );
}

#[tokio::test]
async fn a_failed_upload_is_told_as_a_failed_render_of_kind_upload() {
    let stage = Stage::new();
    stage
        .hearing(1, &[EventType::RenderFailed], EventNaming::Current)
        .await;
    stage
        .hearing(2, &[EventType::UploadSucceeded], EventNaming::Current)
        .await;
    let job = stage.accept(upload(), Announce::Events, None).await;
    stage.fail(&job).await;
    let owed = stage.owed().await;
    assert_eq!(owed.len(), 1);
    assert_eq!(owed[0].event, EventType::RenderFailed);
    let body = body(&owed[0]);
    for part in [
        r#""event":"render.failed""#,
        r#""kind":"upload""#,
        r#""status":"failed""#,
        "this is no PSD",
        "PSD_INVALID_FORMAT",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    assert!(!body.contains("byte 0"), "that is for the log: {body}");
}

#[tokio::test]
async fn the_callback_of_a_job_hears_of_it_beside_the_endpoints() {
    let stage = Stage::new();
    stage.hearing(1, &[], EventNaming::Current).await;
    let callback = Callback {
        url: "https://example.org/once".into(),
        secret: Some(Secret::new("whsec_once")),
        dialect: Dialect::SudoMock.name(),
    };
    let job = stage
        .accept(render(), Announce::Events, Some(callback.clone()))
        .await;
    stage.succeed(&job).await;
    let owed = stage.owed().await;
    assert_eq!(owed.len(), 2);
    assert!(
        owed.iter()
            .any(|delivery| delivery.target == Target::Callback(callback.clone()))
    );
}

#[tokio::test]
async fn the_end_of_a_batch_is_told_once_all_its_jobs_have_ended() {
    let stage = Stage::new();
    let callback = Callback {
        url: "https://example.org/batch".into(),
        secret: None,
        dialect: Dialect::Templified.name(),
    };
    let now = stage.time.now();
    let job = |n: u8| {
        let id = JobId::from_random([n; 16]);
        Job::accepted(id, tenant(), render(), Announce::Events, None, now)
    };
    let batch = Batch {
        tenant: tenant(),
        id: BatchId::from_random([3; 16]),
        group: Some("summer".parse().unwrap()),
        jobs: vec![job(1).id, job(2).id],
        callback: Some(callback.clone()),
        created_at: now,
    };
    let submission = Submission {
        more: vec![job(2)],
        records: vec![batch.record(), batch.pending().record()],
        ..Submission::of(job(1))
    };
    let inserted = stage.store.insert_jobs(&submission).await.unwrap();
    assert_eq!(inserted, Inserted::New);
    let links = Links::new("https://mockups.example.com");
    let announcements = Announcements::new(stage.store.clone(), links, DeliverySchedule::default());
    let pending = PendingSteps::new(stage.store.clone(), Arc::new(announcements));
    stage.succeed(&job(1)).await;
    assert_eq!(pending.sweep(now).await.unwrap(), 0);
    stage.fail(&job(2)).await;
    assert_eq!(pending.sweep(now).await.unwrap(), 1);
    assert_eq!(pending.sweep(now).await.unwrap(), 0);
    let owed = stage.owed().await;
    assert_eq!(owed.len(), 1);
    assert_eq!(owed[0].target, Target::Callback(callback));
    assert_eq!(owed[0].event, EventType::RenderFailed);
    let told = String::from_utf8(owed[0].body.to_vec()).unwrap();
    for part in [
        r#""event":"batch.complete""#,
        r#""design_group_id":"summer""#,
        r#""status":"failed""#,
        r#""total":2,"completed":1,"failed":1"#,
        r#""batch_id":"clx_"#,
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

#[tokio::test]
async fn nobody_hears_of_silent_and_cancelled_jobs() {
    let callback = || Callback {
        url: "https://example.org/once".into(),
        secret: None,
        dialect: Dialect::SudoMock.name(),
    };
    let stage = Stage::new();
    stage.hearing(1, &[], EventNaming::Current).await;
    let job = stage.accept(render(), Announce::Silent, Some(callback())).await;
    stage.succeed(&job).await;
    assert_eq!(stage.owed().await, []);

    let stage = Stage::new();
    stage.hearing(1, &[], EventNaming::Current).await;
    let job = stage.accept(render(), Announce::Events, Some(callback())).await;
    stage
        .steps()
        .cancel(job.tenant, job.id, stage.time.now())
        .await
        .unwrap();
    assert!(
        stage
            .store
            .job(tenant(), job.id)
            .await
            .unwrap()
            .unwrap()
            .state
            .is_terminal()
    );
    assert_eq!(stage.owed().await, []);
}

#[tokio::test]
async fn from_the_end_of_a_job_to_a_signed_message() {
    let (stage, catcher) = (Stage::new(), Catcher::start().await);
    stage.endpoint(1, catcher.url("/hook")).await;
    let courier = start(stage.courier().poll(Duration::from_secs(3600)));
    let job = stage.accept(render(), Announce::Events, None).await;
    stage.succeed(&job).await;
    let caught = catcher.wait_for(1, PATIENCE).await.unwrap().remove(0);
    stage.assert_signed(&caught);
    let body = String::from_utf8(caught.body.to_vec()).unwrap();
    assert!(
        body.contains(&job.id.to_string()) && !body.contains(SECRET),
        "{body}"
    );
    courier.stop().await;
}

#[tokio::test]
async fn what_comes_after_an_endpoint_was_given_up_is_kept_for_a_replay() {
    let stage = Stage::new();
    let (lost, off) = (
        stage.hearing(1, &[], EventNaming::Current).await,
        stage.hearing(2, &[], EventNaming::Current).await,
    );
    let given_up = lost.clone().given_up(WhyDisabled::Failing, stage.time.now());
    let swap = stage.store.replace_endpoint(lost.version, &given_up).await;
    assert_eq!(swap.unwrap(), Swap::Swapped);
    stage.set_enabled(off.id, false).await;

    let job = stage.accept(upload(), Announce::Events, None).await;
    stage.succeed(&job).await;
    let owed = stage.owed().await;
    let [withheld] = owed.as_slice() else {
        panic!("nothing for whom its owner disabled: {owed:?}");
    };
    assert_eq!(withheld.target, Target::Endpoint(lost.id));
    assert!(matches!(
        withheld.state,
        DeliveryState::Dead {
            cause: DeathCause::EndpointDisabled,
            ..
        }
    ));
    let steps = DeliverySteps::new(stage.store.clone(), DeliverySchedule::default());
    let replayed = steps.replay(tenant(), withheld.id, stage.time.now()).await;
    assert!(matches!(replayed, Ok(Reported::Written(_))), "{replayed:?}");
}
