//! The four compressions of channel image data, all read one row at a time.
//!
//! Row by row means that a picture is never held twice: a row is unpacked straight to where it
//! belongs, or into a scratch row that stays in the processor's cache while it is interleaved.

mod packbits;
mod prediction;

use flate2::{Decompress, FlushDecompress, Status};
use marquetry_pixel::Size;

use crate::error::{PsdError, Section};
use crate::header::{Depth, Version};

/// Spare bytes that make [`Rows::next_row`] faster when its target has them past the row.
pub(crate) const ROW_SLACK: usize = packbits::SLACK;

/// How channel image data is stored.
///
/// Adobe Photoshop File Formats Specification, *Channel image data*, "Compression".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Samples as they are.
    Raw,
    /// PackBits, each row by itself.
    Rle,
    /// One zlib stream.
    Zip,
    /// One zlib stream of differences between neighbours.
    ZipPredicted,
}

impl Compression {
    /// `None` for numbers above 3.
    pub fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            0 => Self::Raw,
            1 => Self::Rle,
            2 => Self::Zip,
            3 => Self::ZipPredicted,
            _ => return None,
        })
    }

    /// The compression that image data at `origin` begin with, and what follows it.
    pub(crate) fn read(bytes: &[u8], origin: Origin) -> Result<(Self, &[u8], Origin), PsdError> {
        let Origin { section, offset } = origin;
        let (number, body) = bytes
            .split_first_chunk()
            .ok_or(PsdError::Truncated { section, offset })?;
        let unknown = PsdError::Malformed {
            section,
            offset,
            what: "the compression is unknown",
        };
        let compression = Self::from_number(u16::from_be_bytes(*number)).ok_or(unknown)?;
        let offset = offset + 2;
        Ok((compression, body, Origin { section, offset }))
    }
}

/// The shape of one plane of samples as it is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlaneShape {
    pub(crate) size: Size,
    pub(crate) depth: Depth,
    pub(crate) version: Version,
}

impl PlaneShape {
    /// Bytes of one row.
    pub(crate) fn row_bytes(self) -> u64 {
        self.depth.row_bytes(self.size.width)
    }

    /// Bytes of all rows.
    pub(crate) fn bytes(self) -> u64 {
        if self.size.is_empty() {
            0
        } else {
            self.row_bytes() * u64::from(self.size.height)
        }
    }

    /// Bytes of one count in a table of row lengths.
    fn count_bytes(self) -> usize {
        match self.version {
            Version::Psd => 2,
            Version::Psb => 4,
        }
    }
}

/// Where some stored samples came from, for errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) section: Section,
    /// Offset of the first byte from the start of the file.
    pub(crate) offset: u64,
}

impl Origin {
    fn truncated(self, at: usize) -> PsdError {
        PsdError::Truncated {
            section: self.section,
            offset: self.offset + at as u64,
        }
    }

    fn malformed(self, at: usize, what: &'static str) -> PsdError {
        PsdError::Malformed {
            section: self.section,
            offset: self.offset + at as u64,
            what,
        }
    }
}

/// Lengths of packed rows: a table of big-endian numbers, 2 or 4 bytes each.
#[derive(Clone, Copy, Debug)]
struct RowLengths<'a> {
    table: &'a [u8],
    count_bytes: usize,
}

impl RowLengths<'_> {
    /// Takes the first length off the table.
    fn next(&mut self) -> Option<usize> {
        let (count, rest) = self.table.split_at_checked(self.count_bytes)?;
        self.table = rest;
        Some(count.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    }

    /// Sum of all lengths that are left.
    fn sum(mut self) -> u64 {
        let mut sum = 0;
        while let Some(length) = self.next() {
            sum += length as u64;
        }
        sum
    }
}

enum Source<'a> {
    Empty,
    Raw {
        bytes: &'a [u8],
    },
    Rle {
        lengths: RowLengths<'a>,
        bytes: &'a [u8],
        at: usize,
    },
    Zip {
        inflate: Box<Decompress>,
        bytes: &'a [u8],
        at: usize,
        predicted: bool,
    },
}

/// One plane of samples, read row by row from the top.
pub(crate) struct Rows<'a> {
    source: Source<'a>,
    shape: PlaneShape,
    row_bytes: usize,
    origin: Origin,
    damaged: u32,
    scratch: Vec<u8>,
}

impl<'a> Rows<'a> {
    /// Rows of the one plane that `bytes` hold.
    ///
    /// Checks what can be checked without decoding: a plane that `bytes` cannot possibly fill is
    /// refused before anybody allocates room for it.
    pub(crate) fn new(
        compression: Compression,
        bytes: &'a [u8],
        shape: PlaneShape,
        origin: Origin,
    ) -> Result<Self, PsdError> {
        let mut planes = split_planes(compression, bytes, shape, 1, origin)?;
        planes.pop().ok_or_else(|| origin.truncated(0))
    }

    fn from_source(source: Source<'a>, shape: PlaneShape, origin: Origin) -> Result<Self, PsdError> {
        let row_bytes = usize::try_from(shape.row_bytes()).map_err(|_| origin.truncated(0))?;
        let source = if shape.size.is_empty() {
            Source::Empty
        } else {
            source
        };
        Ok(Self {
            source,
            shape,
            row_bytes,
            origin,
            damaged: 0,
            scratch: Vec::new(),
        })
    }

    /// Bytes of one row.
    pub(crate) fn row_bytes(&self) -> usize {
        self.row_bytes
    }

    /// Rows so far that did not hold as many samples as they should.
    pub(crate) fn damaged(&self) -> u32 {
        self.damaged
    }

    /// Unpacks the next row into the first [`Rows::row_bytes`] bytes of `out`, samples big-endian.
    /// Bytes of `out` past the row may be scribbled over; with [`ROW_SLACK`] of them it is faster.
    pub(crate) fn next_row(&mut self, out: &mut [u8]) -> Result<(), PsdError> {
        let want = self.row_bytes;
        match &mut self.source {
            Source::Empty => out[..want].fill(0),
            Source::Raw { bytes } => {
                let (row, rest) = bytes
                    .split_at_checked(want)
                    .ok_or_else(|| self.origin.truncated(0))?;
                out[..want].copy_from_slice(row);
                *bytes = rest;
            }
            Source::Rle { lengths, bytes, at } => {
                let length = lengths.next().ok_or_else(|| self.origin.truncated(0))?;
                let packed = &bytes[*at..];
                if length > packed.len() {
                    return Err(self.origin.truncated(bytes.len()));
                }
                if !packbits::unpack(packed, length, out, want) {
                    self.damaged += 1;
                }
                *at += length;
            }
            Source::Zip {
                inflate,
                bytes,
                at,
                predicted,
            } => {
                fill_from_zip(inflate, bytes, at, &mut out[..want], self.origin)?;
                if *predicted {
                    prediction::undo(&mut out[..want], self.shape.depth, &mut self.scratch);
                }
            }
        }
        Ok(())
    }
}

/// Inflates until `row` is full.
fn fill_from_zip(
    inflate: &mut Decompress,
    bytes: &[u8],
    at: &mut usize,
    row: &mut [u8],
    origin: Origin,
) -> Result<(), PsdError> {
    let mut filled = 0;
    while filled < row.len() {
        let (taken, given) = (inflate.total_in(), inflate.total_out());
        let status = inflate
            .decompress(&bytes[*at..], &mut row[filled..], FlushDecompress::None)
            .map_err(|_| origin.malformed(*at, "the zlib stream is corrupt"))?;
        let taken = usize::try_from(inflate.total_in() - taken).unwrap_or(0);
        let given = usize::try_from(inflate.total_out() - given).unwrap_or(0);
        *at += taken;
        filled += given;
        let stuck = taken == 0 && given == 0;
        if filled < row.len() && (stuck || status == Status::StreamEnd) {
            return Err(origin.truncated(*at));
        }
    }
    Ok(())
}

/// Deflate makes at most 1032 bytes of one, so a stream this much shorter than its plane is refused.
const MOST_INFLATION: u64 = 1032;

/// Rows of `planes` planes of one shape that are stored one after the other under one compression,
/// as in the merged picture: there the row lengths of all planes come first.
///
/// The result has fewer planes when the data is one zlib stream: then only the first can be read
/// without reading the ones before it, so use [`Rows`] of that plane for all rows of all planes.
pub(crate) fn split_planes<'a>(
    compression: Compression,
    bytes: &'a [u8],
    shape: PlaneShape,
    planes: u16,
    origin: Origin,
) -> Result<Vec<Rows<'a>>, PsdError> {
    let plane_bytes = shape.bytes();
    let all_bytes = plane_bytes
        .checked_mul(planes.into())
        .ok_or_else(|| origin.truncated(bytes.len()))?;
    let stored = bytes.len() as u64;
    let index = |wanted: u64| usize::try_from(wanted).map_err(|_| origin.truncated(bytes.len()));
    if plane_bytes == 0 {
        return (0..planes)
            .map(|_| Rows::from_source(Source::Empty, shape, origin))
            .collect();
    }
    match compression {
        Compression::Raw => {
            if stored < all_bytes {
                return Err(origin.truncated(bytes.len()));
            }
            let plane = index(plane_bytes)?;
            let rows = |bytes| Rows::from_source(Source::Raw { bytes }, shape, origin);
            bytes.chunks_exact(plane).take(planes.into()).map(rows).collect()
        }
        Compression::Rle => {
            let count_bytes = shape.count_bytes();
            let plane_table = u64::from(shape.size.height) * count_bytes as u64;
            let table = index(plane_table * u64::from(planes))?;
            let (tables, packed) = bytes
                .split_at_checked(table)
                .ok_or_else(|| origin.truncated(bytes.len()))?;
            let mut start = 0_u64;
            let mut rows = Vec::with_capacity(planes.into());
            for table in tables.chunks_exact(index(plane_table)?) {
                let lengths = RowLengths { table, count_bytes };
                let end = start + lengths.sum();
                // One plane cut short must not hide those before it, so it fails when it is read.
                let at = index(start.min(packed.len() as u64))?;
                rows.push(Rows::from_source(
                    Source::Rle {
                        lengths,
                        bytes: packed,
                        at,
                    },
                    shape,
                    origin,
                )?);
                start = end;
            }
            Ok(rows)
        }
        Compression::Zip | Compression::ZipPredicted => {
            if stored.saturating_mul(MOST_INFLATION) < all_bytes {
                return Err(origin.truncated(bytes.len()));
            }
            let predicted = compression == Compression::ZipPredicted;
            if predicted && shape.depth == Depth::One {
                return Err(PsdError::Unsupported {
                    feature: "prediction of single bits",
                });
            }
            let inflate = Box::new(Decompress::new(true));
            let source = Source::Zip {
                inflate,
                bytes,
                at: 0,
                predicted,
            };
            Ok(vec![Rows::from_source(source, shape, origin)?])
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const ORIGIN: Origin = Origin {
        section: Section::ChannelImageData,
        offset: 100,
    };

    fn shape(width: u32, height: u32, depth: Depth, version: Version) -> PlaneShape {
        PlaneShape {
            size: Size::new(width, height),
            depth,
            version,
        }
    }

    fn all(mut rows: Rows<'_>) -> Result<Vec<u8>, PsdError> {
        let mut out = vec![0; rows.row_bytes()];
        let mut every = Vec::new();
        for _ in 0..rows.shape.size.height {
            rows.next_row(&mut out)?;
            every.extend_from_slice(&out);
        }
        Ok(every)
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut coder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        coder.write_all(bytes).unwrap();
        coder.finish().unwrap()
    }

    #[test]
    fn every_compression_gives_the_same_rows() {
        let shape = shape(4, 2, Depth::Eight, Version::Psd);
        let plain = [1, 2, 3, 4, 9, 9, 9, 9];
        let rle = [0, 5, 0, 2, 3, 1, 2, 3, 4, 0xFD, 9];
        let differences = [1, 1, 1, 1, 9, 0, 0, 0];
        let forms = [
            (Compression::Raw, plain.to_vec()),
            (Compression::Rle, rle.to_vec()),
            (Compression::Zip, zlib(&plain)),
            (Compression::ZipPredicted, zlib(&differences)),
        ];
        for (compression, bytes) in forms {
            let rows = Rows::new(compression, &bytes, shape, ORIGIN).unwrap();
            assert_eq!(all(rows).unwrap(), plain, "{compression:?}");
            let cut = &bytes[..bytes.len() - bytes.len() / 2];
            let cut = Rows::new(compression, cut, shape, ORIGIN).and_then(all);
            assert!(
                matches!(cut, Err(PsdError::Truncated { .. })),
                "{compression:?} cut: {cut:?}"
            );
        }
    }

    #[test]
    fn large_documents_count_rows_with_four_bytes() {
        let shape = shape(4, 1, Depth::Eight, Version::Psb);
        let rows = Rows::new(Compression::Rle, &[0, 0, 0, 2, 0xFD, 7], shape, ORIGIN).unwrap();
        assert_eq!(all(rows).unwrap(), [7; 4]);
    }

    #[test]
    fn a_plane_that_cannot_be_filled_is_refused_before_it_is_decoded() {
        let huge = shape(30_000, 30_000, Depth::Sixteen, Version::Psd);
        for compression in [Compression::Raw, Compression::Rle, Compression::Zip] {
            let refused = Rows::new(compression, &[0; 64], huge, ORIGIN);
            assert!(
                matches!(refused, Err(PsdError::Truncated { .. })),
                "{compression:?}"
            );
        }
    }

    #[test]
    fn a_bomb_ends_at_the_expected_size() {
        let shape = shape(4, 1, Depth::Eight, Version::Psd);
        let bomb = zlib(&vec![3; 1 << 20]);
        let rows = Rows::new(Compression::Zip, &bomb, shape, ORIGIN).unwrap();
        assert_eq!(all(rows).unwrap(), [3; 4]);
    }

    #[test]
    fn a_corrupt_stream_is_malformed_at_its_offset() {
        let shape = shape(4, 4, Depth::Eight, Version::Psd);
        let corrupt = Rows::new(Compression::Zip, &[0xFF; 32], shape, ORIGIN).and_then(all);
        let Err(PsdError::Malformed { offset: 100, .. }) = corrupt else {
            panic!("{corrupt:?}")
        };
    }
}
