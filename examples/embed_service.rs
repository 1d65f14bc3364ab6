//! The whole engine inside a tokio program, without HTTP: service, worker, a SQLite file and a folder.
//!
//! `cargo run --release -p marquetry-examples --example embed_service -- MOCKUP.psd DESIGN.png OUTPUT.webp`
#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use marquetry_egress::{Egress, Policy};
use marquetry_model::{Adjustments, Export, Placement, RenderRequest, RequestedAsset, RequestedChange};
use marquetry_service::{Service, UploadFile, UploadRequest, Wait};
use marquetry_store::{Ownership, Silence};
use marquetry_store_sqlite::SqliteStore;
use marquetry_worker::Worker;
use object_store::local::LocalFileSystem;
use tokio::sync::oneshot;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mockup, design, output] = arguments.as_slice() else {
        return Err("usage: embed_service MOCKUP.psd DESIGN.png OUTPUT.webp".into());
    };

    // One place for rows, one for bytes. A real program names folders that stay.
    let folder = tempfile::tempdir()?;
    let store = Arc::new(SqliteStore::open(&folder.path().join("jobs.sqlite"))?);
    let blobs = Arc::new(LocalFileSystem::new_with_prefix(folder.path())?.with_fsync(true));

    // The front door, and somebody behind it who does the work. Nobody is told of ends: we wait.
    let service = Service::builder(Arc::clone(&store) as _, Arc::clone(&blobs) as _).build()?;
    let egress = Egress::new(Policy::default())?;
    let worker = Worker::builder(store, blobs, egress, Arc::new(Silence))
        .ownership(Ownership::Sole)
        .build()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let working = tokio::spawn(worker.run(async {
        // A sender that is gone stops the worker as well.
        let _ = stopped.await;
    }));

    let tenant = service.ensure_default_tenant().await?.id;
    let patience = Wait::UpTo(Duration::from_secs(60));
    let bytes = std::fs::read(mockup)?;
    let file = service
        .put_upload(futures::stream::iter([Ok::<_, std::io::Error>(bytes.into())]))
        .await?;
    let upload = UploadRequest {
        name: "my mockup".to_owned(),
        file: UploadFile::Stored(file),
    };
    let uploaded = service.submit_upload(tenant, upload, patience).await?.into_job();
    let made = uploaded
        .result
        .and_then(|result| result.mockup)
        .ok_or("the upload failed")?;
    let mockup = service.mockup(tenant, made).await?;
    let slot = mockup
        .catalogue
        .smart_objects
        .first()
        .ok_or("there is no smart object in it")?;
    println!(
        "{}: {} takes a design of {} pixels",
        mockup.name, slot.name, slot.frame
    );

    let request = RenderRequest {
        mockup: mockup.id,
        changes: vec![RequestedChange {
            slot: slot.id,
            asset: Some(RequestedAsset::Bytes(std::fs::read(design)?)),
            placement: Placement::default(),
            colour: None,
            adjustments: Adjustments::default(),
        }],
        texts: Vec::new(),
        hidden: Vec::new(),
        export: Export::default(),
        label: None,
    };
    let job = service.submit_render(tenant, request, patience).await?.into_job();
    let result = job.result.as_ref().ok_or("the render failed")?;
    for room in &result.timings {
        println!("{:>8}: {:?}", room.room, room.took);
    }
    let (_, blob) = service.result(tenant, job.id, None).await?;
    let parts: Vec<bytes::Bytes> = blob.bytes.try_collect().await?;
    std::fs::write(output, parts.concat())?;
    println!("the picture is in {output}");

    let _ = stop.send(());
    working.await?;
    Ok(())
}
