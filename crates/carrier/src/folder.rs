//! The way to a folder on this machine: written beside and renamed, never through a link.
//!
//! Each folder on the way is opened from the one before, and none by a path: what a tenant, or whoever else may write
//! there, puts in the way while we walk leads nowhere else.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use marquetry_model::{DeliveryId, TenantId};
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use tokio::task::spawn_blocking;

use crate::bring::{Bring, Brought};
use crate::cargo::Cargo;
use crate::place::Place;
use crate::setback::{Setback, Stop};

/// A tenant's folder, and the delivery that something is brought for.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) root: PathBuf,
    pub(crate) tenant: TenantId,
    pub(crate) delivery: DeliveryId,
    /// Which try it is. Each writes under a name of its own: one that was given up may still wait for the disk.
    pub(crate) number: u32,
}

/// So many earlier tries are looked for, to clear away what they left when they died.
const EARLIER: u32 = 16;

/// A file that is being written, under a name of its own until it is whole; dropped before, it leaves nothing.
#[derive(Debug)]
struct Half {
    folder: OwnedFd,
    file: File,
    hidden: String,
    name: String,
    whole: bool,
}

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
const NEW_FILE: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

#[async_trait]
impl Bring for Folder {
    async fn bring(&self, cargo: &Cargo, place: &Place) -> Result<Brought, Stop> {
        let (root, tenant) = (self.root.clone(), self.tenant.to_string());
        let (place, delivery, number) = (place.clone(), self.delivery, self.number);
        let mut half = blocking(move || {
            let hidden = |number| format!(".{delivery}-{number}.part");
            let left = number.saturating_sub(EARLIER)..=number;
            Half::begin(&root, &tenant, &place, left.map(hidden), hidden(number))
        })
        .await?;
        for piece in cargo.pieces() {
            let bytes = cargo.read(piece).await?;
            half = blocking(move || half.write(&bytes)).await?;
        }
        blocking(move || half.end()).await?;
        Ok(Brought::default())
    }
}

/// Runs what waits for the disk where it holds nobody up.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Setback> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| said(&error)),
        Err(error) => {
            tracing::error!(%error, "writing a file broke off");
            Err(Setback::ours("the file could not be written"))
        }
    }
}

impl Half {
    fn begin(
        root: &Path,
        tenant: &str,
        place: &Place,
        left: impl Iterator<Item = String>,
        hidden: String,
    ) -> io::Result<Self> {
        // The root is the operator's, and may be a link; nothing below it may.
        let mut folder = rustix::fs::open(root, FOLDER, Mode::empty())?;
        for segment in [tenant]
            .into_iter()
            .chain(place.folders().iter().map(String::as_str))
        {
            match rustix::fs::mkdirat(&folder, segment, Mode::from_raw_mode(0o755)) {
                // A folder is there after a loss of power when the one it lies in was written.
                Ok(()) => rustix::fs::fsync(&folder)?,
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            folder = rustix::fs::openat(&folder, segment, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        }
        for name in left {
            match rustix::fs::unlinkat(&folder, &name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let file = rustix::fs::openat(&folder, &hidden, NEW_FILE, Mode::from_raw_mode(0o644))?;
        Ok(Self {
            folder,
            file: File::from(file),
            hidden,
            name: place.name().to_owned(),
            whole: false,
        })
    }

    fn write(mut self, bytes: &Bytes) -> io::Result<Self> {
        self.file.write_all(bytes)?;
        Ok(self)
    }

    fn end(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        rustix::fs::renameat(&self.folder, &self.hidden, &self.folder, &self.name)?;
        self.whole = true;
        Ok(rustix::fs::fsync(&self.folder)?)
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        if !self.whole
            && let Err(error) = rustix::fs::unlinkat(&self.folder, &self.hidden, AtFlags::empty())
        {
            tracing::debug!(%error, "half a file stays");
        }
    }
}

/// What the system said, without a path of ours.
fn said(error: &io::Error) -> Setback {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    let words = match errno {
        Some(Errno::NOSPC | Errno::DQUOT) => "the disk is full",
        Some(Errno::ACCESS | Errno::PERM) => "there is no permission to write there",
        Some(Errno::ROFS) => "the disk can only be read",
        Some(Errno::LOOP | Errno::NOTDIR) => "something on the way there is a link, or no folder",
        Some(Errno::ISDIR) => "there is a folder of that name",
        Some(Errno::NAMETOOLONG) => "a name in the path is too long",
        Some(Errno::NOENT) => "the folder for files is not there",
        Some(Errno::FBIG) => "the file is too long for the disk",
        _ => {
            tracing::warn!(%error, "a file cannot be written");
            "the file could not be written"
        }
    };
    Setback::ours(words)
}
