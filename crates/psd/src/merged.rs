//! The merged picture at the end of the file: what the document looked like when it was saved.

use crate::channel::{Plane, check_cost, decode_plane, interleave_rgba8};
use crate::compression::{Compression, Origin, PlaneShape, Rows, split_planes};
use crate::document::Document;
use crate::error::{PsdError, Section};
use crate::limits::Limits;

/// The merged picture of a document.
///
/// Where the document is transparent Photoshop has already blended the colour with white; the
/// transparency itself, if stored, is the first channel after the colours.
#[derive(Clone, Copy, Debug)]
pub struct Merged<'a> {
    document: &'a Document,
}

impl<'a> Merged<'a> {
    pub(crate) fn new(document: &'a Document) -> Self {
        Self { document }
    }

    /// Channels that are stored: the colours, the transparency, saved selections.
    pub fn channels(self) -> u16 {
        self.document.header().channels
    }

    /// Which channel is the document's transparency, if one is.
    pub fn transparency_channel(self) -> Option<u16> {
        let colors = self.document.header().color_mode.color_channels()?;
        (self.document.has_merged_alpha() && self.channels() > colors).then_some(colors)
    }

    /// How the channels are compressed.
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the file ends before the merged picture, [`PsdError::Malformed`]
    /// when the number is unknown.
    pub fn compression(self) -> Result<Compression, PsdError> {
        self.stored().map(|(compression, _, _)| compression)
    }

    /// Decodes all channels.
    ///
    /// # Errors
    /// [`PsdError::OverLimit`] when they would cost more than `limits` allow, other variants when
    /// the data are broken.
    pub fn planes(self, limits: &Limits) -> Result<Vec<Plane>, PsdError> {
        let shape = self.shape();
        let (compression, bytes, origin) = self.stored()?;
        check_cost(shape, self.channels().into(), limits)?;
        let mut sources = split_planes(compression, bytes, shape, self.channels(), origin)?;
        if let [one] = &mut sources[..] {
            // One zlib stream, in which the planes follow each other.
            return (0..self.channels()).map(|_| decode_plane(one, shape)).collect();
        }
        sources.iter_mut().map(|rows| decode_plane(rows, shape)).collect()
    }

    /// Unpacks an 8-bit RGB document into `out` as straight RGBA, row by row from the top left of
    /// the canvas; opaque when no transparency is stored. Answers how many rows were damaged.
    ///
    /// # Errors
    /// [`PsdError::Unsupported`] for another mode or depth, [`PsdError::OverLimit`], and
    /// [`PsdError::Malformed`] when `out` is not exactly four bytes a pixel.
    pub fn interleave_rgba8(self, out: &mut [u8], limits: &Limits) -> Result<u32, PsdError> {
        let shape = self.shape();
        self.document.check_rgba8(shape.size, out)?;
        let (compression, bytes, origin) = self.stored()?;
        check_cost(shape, 4, limits)?;
        let alpha = self.transparency_channel();
        let mut channels: [Option<Rows<'a>>; 4] = [const { None }; 4];
        if matches!(compression, Compression::Zip | Compression::ZipPredicted) {
            return self.interleave_zip(bytes, compression, origin, out);
        }
        for (at, rows) in (0..).zip(split_planes(compression, bytes, shape, self.channels(), origin)?) {
            match at {
                0..=2 => channels[usize::from(at)] = Some(rows),
                _ if Some(at) == alpha => channels[3] = Some(rows),
                _ => {}
            }
        }
        interleave_rgba8(&mut channels, shape.size, out)
    }

    /// One stream holds all planes, so they come one after the other and not row by row.
    fn interleave_zip(
        self,
        bytes: &[u8],
        compression: Compression,
        origin: Origin,
        out: &mut [u8],
    ) -> Result<u32, PsdError> {
        let shape = self.shape();
        let mut sources = split_planes(compression, bytes, shape, self.channels(), origin)?;
        let Some(rows) = sources.first_mut() else {
            return Ok(0);
        };
        let width = rows.row_bytes();
        let mut row = vec![0; width];
        let (pixels, _) = out.as_chunks_mut::<4>();
        pixels.fill([0, 0, 0, 255]);
        let alpha = self.transparency_channel();
        let slots = (0..self.channels()).map(|at| match at {
            0..=2 => Some(usize::from(at)),
            _ if Some(at) == alpha => Some(3),
            _ => None,
        });
        for slot in slots.take(4) {
            for target in pixels.chunks_exact_mut(width) {
                rows.next_row(&mut row)?;
                let Some(slot) = slot else { continue };
                for (pixel, sample) in target.iter_mut().zip(&row) {
                    pixel[slot] = *sample;
                }
            }
        }
        Ok(0)
    }

    fn shape(self) -> PlaneShape {
        let header = self.document.header();
        PlaneShape {
            size: header.size,
            depth: header.depth,
            version: header.version,
        }
    }

    fn stored(self) -> Result<(Compression, &'a [u8], Origin), PsdError> {
        let span = self.document.merged;
        let (section, offset) = (Section::ImageData, span.offset());
        let bytes = span.of(&self.document.bytes);
        Compression::read(bytes, Origin { section, offset })
    }
}
