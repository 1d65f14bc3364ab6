//! What the driver has seen, on stable storage before it counts: an accepted job that only a crashed driver
//! knew of would be no evidence.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;

/// A file of JSON lines, each on the disk before [`Journal::record`] returns. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Journal(mpsc::Sender<(String, oneshot::Sender<()>)>);

impl Journal {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let (lines, line) = mpsc::channel(1024);
        std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || write(file, line))?;
        Ok(Self(lines))
    }

    /// Writes a line and returns when it is on stable storage.
    pub(crate) async fn record(&self, line: &Value) -> Result<(), Failure> {
        let gone = || Failure::new("the journal cannot be written");
        let (told, durable) = oneshot::channel();
        self.0
            .send((format!("{line}\n"), told))
            .await
            .map_err(|_| gone())?;
        durable.await.map_err(|_| gone())
    }
}

/// Lines that came while the disk was busy go with one sync.
fn write(mut file: File, mut line: mpsc::Receiver<(String, oneshot::Sender<()>)>) {
    while let Some(first) = line.blocking_recv() {
        let mut batch = vec![first];
        while let Ok(next) = line.try_recv() {
            batch.push(next);
        }
        let text: String = batch.iter().map(|(text, _)| text.as_str()).collect();
        if file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_data())
            .is_err()
        {
            // Whoever waits hears that nobody is there any more.
            return;
        }
        for (_, told) in batch {
            // A client that was stopped meanwhile need not know.
            let _ = told.send(());
        }
    }
}
