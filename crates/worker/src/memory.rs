//! How much memory jobs may take together: open mockups on the shelf, pictures that come in, pixels in the making.
//!
//! A job says beforehand what it may need, by sizes that its files state, and waits until so much is free; mockups
//! that nobody draws make way first. It is an estimate and not a meter: what the allocator adds and what small things
//! cost is left out, so the budget should leave a margin to what the machine has.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use marquetry_model::RenderSpec;
use marquetry_model::footprint::{CANVASES, PIXEL, of_drawing};
use marquetry_render::{Assets, Limits, OpenMockup, Supplies};
use marquetry_template::Filled;
use tokio::sync::Notify;

use crate::cause::Trouble;
use crate::shelf::Shelf;

/// What all jobs of one worker share.
#[derive(Debug)]
pub(crate) struct Memory {
    budget: u64,
    taken: Mutex<u64>,
    freed: Notify,
    /// Whoever holds it is the next to take: a large job is not overtaken for ever by small ones.
    turn: tokio::sync::Mutex<()>,
}

/// Memory that a job has taken; free again when dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    memory: Arc<Memory>,
    bytes: u64,
}

impl Memory {
    pub(crate) fn new(budget: u64) -> Arc<Self> {
        Arc::new(Self {
            budget,
            taken: Mutex::default(),
            freed: Notify::new(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// Takes `bytes`, once they are free beside what lies on the shelf.
    ///
    /// # Errors
    /// [`Trouble::TooMuchMemory`] at once for more than there is in all.
    pub(crate) async fn take(self: &Arc<Self>, shelf: &Shelf, bytes: u64) -> Result<Taken, Trouble> {
        if bytes > self.budget {
            return Err(Trouble::TooMuchMemory {
                wanted: bytes,
                allowed: self.budget,
            });
        }
        let _turn = self.turn.lock().await;
        loop {
            // Before the look, so that nothing that is freed after it goes unheard.
            let freed = self.freed.notified();
            if let Some(taken) = self.try_take(shelf, bytes) {
                return Ok(taken);
            }
            freed.await;
        }
    }

    fn try_take(self: &Arc<Self>, shelf: &Shelf, bytes: u64) -> Option<Taken> {
        let mut taken = self.taken();
        let left = self.budget.checked_sub(taken.saturating_add(bytes))?;
        let fits = shelf.make_room(left);
        // When nobody else is at work, nothing more will be freed: what is open then is in the hands of those who wait
        // behind this one, or of this one itself.
        if !fits && *taken > 0 {
            return None;
        }
        *taken += bytes;
        Some(Taken {
            memory: Arc::clone(self),
            bytes,
        })
    }

    fn taken(&self) -> MutexGuard<'_, u64> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        *self.memory.taken() -= self.bytes;
        // At most one listens: the one whose turn it is. If it is between two looks, it finds the note.
        self.memory.freed.notify_one();
    }
}

/// What drawing `spec` may need beyond what the shelf counts.
pub(crate) fn of_render(mockup: &OpenMockup, spec: &RenderSpec, assets: &Assets, limits: &Limits) -> u64 {
    let pictures = assets
        .values()
        .map(|file| of_asset(file, limits))
        .fold(0, u64::saturating_add);
    growth(mockup, limits)
        .saturating_add(of_drawing(mockup.size(), spec.export.size))
        .saturating_add(of_depth(mockup, pictures))
        .saturating_add(pictures)
}

/// What a mockup that is drawn in more than bytes takes beside what bytes would: the pictures once more, as it holds
/// them, and what lies below the first change.
fn of_depth(mockup: &OpenMockup, pictures: u64) -> u64 {
    let pixel = mockup.drawn_pixel();
    if pixel <= PIXEL {
        return 0;
    }
    let below = mockup.size().pixels().saturating_mul(pixel - PIXEL);
    below.saturating_add(pictures.saturating_mul(pixel / PIXEL))
}

/// What drawing a filled template may need beyond what the shelf counts.
pub(crate) fn of_template(filled: &Filled, supplies: &Supplies, limits: &Limits) -> u64 {
    let pages = filled
        .pages
        .iter()
        .map(|page| page.size.pixels().saturating_mul(PIXEL * CANVASES));
    let pictures = supplies.pictures.values().chain(supplies.masks.values());
    let pictures = pictures.map(|file| of_asset(file, limits));
    let mockups = supplies.mockups.values().map(|mounted| {
        let mockup = mounted.mockup();
        let canvas = mockup.size().pixels().saturating_mul(PIXEL * CANVASES);
        growth(mockup, limits)
            .saturating_add(canvas)
            .saturating_add(of_depth(mockup, 0))
    });
    pages.chain(pictures).chain(mockups).fold(0, u64::saturating_add)
}

/// What an upload of this file may need: it is opened, and drawn once.
pub(crate) fn of_upload(file: &Bytes, canvas_side: u32, limits: &Limits) -> u64 {
    let length = file.len() as u64;
    // Adobe Photoshop File Formats Specification, *File Header Section*: height at 14, width at 18.
    let side = |at: usize| {
        let bytes = file.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        u64::from(bytes.map_or(0, u32::from_be_bytes))
    };
    let (height, width) = (side(14), side(18));
    // The depth stands at 22. What has more than bytes is held in 16 bits.
    let depth = file
        .get(22..24)
        .map_or(0, |bytes| u16::from_be_bytes([bytes[0], bytes[1]]));
    let pixel = if depth > 8 { 2 * PIXEL } else { PIXEL };
    let pixels = width.saturating_mul(height);
    // Another file, or one that states more than it may, is turned away before it takes anything, and says why.
    let is_drawn =
        file.starts_with(b"8BPS") && width.max(height) <= u64::from(canvas_side) && pixels <= limits.pixels;
    if is_drawn {
        length.saturating_add(pixels.saturating_mul(PIXEL * CANVASES + 2 * pixel))
    } else {
        length
    }
}

/// By how much a mockup may grow while it is drawn: its layers are decoded, and those that are already are counted.
fn growth(mockup: &OpenMockup, limits: &Limits) -> u64 {
    let document = mockup.document();
    let layers = document
        .layers()
        .map(|layer| layer.rect().size().pixels().saturating_mul(mockup.layer_pixel()));
    let whole = layers.fold(0, u64::saturating_add).min(limits.layers_kept);
    let decoded = mockup.cost().saturating_sub(document.bytes().len() as u64);
    whole.saturating_sub(decoded)
}

/// A picture's file and its pixels. One that cannot be read costs nothing more: decoding it fails.
fn of_asset(file: &Bytes, limits: &Limits) -> u64 {
    let header = marquetry_codec::probe(file, &limits.codec);
    let pixels = header.map_or(0, |header| header.size.pixels());
    (file.len() as u64).saturating_add(pixels.saturating_mul(PIXEL))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shelf with nothing on it.
    fn bare() -> Shelf {
        Shelf::new(0)
    }

    #[tokio::test]
    async fn what_does_not_fit_waits_its_turn() {
        let (memory, shelf) = (Memory::new(100), bare());
        let first = memory.take(&shelf, 60).await.unwrap();
        let mut large = Box::pin(memory.take(&shelf, 90));
        assert!(futures::poll!(&mut large).is_pending());
        // Small enough, and yet behind the one that came before.
        let mut small = Box::pin(memory.take(&shelf, 10));
        assert!(futures::poll!(&mut small).is_pending());
        drop(first);
        let large = large.await.unwrap();
        let small = small.await.unwrap();
        assert_eq!(*memory.taken(), 100);
        drop((large, small));
        assert_eq!(*memory.taken(), 0);
    }

    #[tokio::test]
    async fn what_never_fits_is_told_the_number_at_once() {
        let (memory, shelf) = (Memory::new(100), bare());
        let _all = memory.take(&shelf, 100).await.unwrap();
        let trouble = memory.take(&shelf, 101).await.unwrap_err();
        let cause = trouble.cause().unwrap();
        assert_eq!(cause.failure.code, "resource_limit");
        assert_eq!(cause.again, marquetry_job::Again::Never);
        assert_eq!(
            cause.failure.message,
            "the job needs about 101 bytes of memory, at most 100 are allowed"
        );
    }

    #[test]
    fn what_is_turned_away_anyway_takes_no_more_than_its_file() {
        let limits = Limits::default();
        let header = |width: u32, height: u32| {
            let mut file = b"8BPS\0\x01\0\0\0\0\0\0\0\x04".to_vec();
            file.extend(height.to_be_bytes());
            file.extend(width.to_be_bytes());
            Bytes::from(file)
        };
        assert_eq!(of_upload(&header(100, 50), 10_000, &limits), 22 + 100 * 50 * 24);
        let deep = Bytes::from([&header(100, 50)[..], &[0, 16]].concat());
        assert_eq!(of_upload(&deep, 10_000, &limits), 24 + 100 * 50 * 32);
        assert_eq!(of_upload(&header(10_001, 1), 10_000, &limits), 22);
        assert_eq!(of_upload(&header(30_000, 30_000), 30_000, &limits), 22);
        let words = Bytes::from_static(b"this is no document at all, and long");
        assert_eq!(of_upload(&words, 10_000, &limits), words.len() as u64);
    }

    #[tokio::test]
    async fn who_gives_up_waiting_leaves_the_turn_to_the_next() {
        let (memory, shelf) = (Memory::new(100), bare());
        let first = memory.take(&shelf, 60).await.unwrap();
        let mut large = Box::pin(memory.take(&shelf, 90));
        assert!(futures::poll!(&mut large).is_pending());
        let mut small = Box::pin(memory.take(&shelf, 10));
        assert!(futures::poll!(&mut small).is_pending());
        drop(large);
        assert!(small.await.is_ok());
        drop(first);
    }
}
