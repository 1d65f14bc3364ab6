//! Our own walk over the segments of a JPEG up to its first scan.

use marquetry_pixel::Size;
use zune_jpeg::zune_core::colorspace::ColorSpace;

use super::Unpacked;
use super::inks::Inks;
use crate::bytes::be16;
use crate::error::CodecError;
use crate::exif::{self, Exif};
use crate::header::{Dpi, ImageHeader};
use crate::kind::Kind;

/// What the walk found.
#[derive(Debug)]
pub(crate) struct JpegHeader {
    pub(crate) size: Size,
    pub(crate) components: u8,
    /// Where bytes that belong to no segment stand: from, to.
    pub(crate) stray: Vec<(usize, usize)>,
    progressive: bool,
    /// Components in the first scan.
    first_scan: u8,
    /// Where the first scan's coded data begin.
    data: usize,
    /// The colour transform that Adobe's segment names.
    adobe: Option<u8>,
    density: Option<Dpi>,
    exif: Exif,
    /// Where the parts of a profile stand: number, of how many, from, to.
    profile: Vec<(u8, u8, usize, usize)>,
}

impl JpegHeader {
    pub(crate) fn header(&self) -> ImageHeader {
        ImageHeader {
            kind: Kind::Jpeg,
            size: self.exif.orientation.upright(self.size),
            has_alpha: false,
            orientation: self.exif.orientation,
            icc: !self.profile.is_empty(),
            dpi: self.exif.dpi.or(self.density),
        }
    }

    /// Whether the decoder has to keep all coefficients until the last scan.
    pub(crate) fn in_scans(&self) -> bool {
        self.progressive || self.first_scan < self.components
    }

    /// Where the only scan of a picture is broken off by a marker that has no business there.
    ///
    /// A picture whose first scan has all components has nothing to say between that scan and its end
    /// (T.81, *B.2.1*).
    pub(crate) fn interruption(&self, bytes: &[u8]) -> Option<usize> {
        if self.in_scans() {
            return None;
        }
        let data = bytes.get(self.data..).unwrap_or_default();
        // FF stands for itself before 00 and fills before FF; D0 to D7 restart; D9 is the end.
        let marker = data
            .windows(2)
            .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff))?;
        (data[marker + 1] != 0xd9).then_some(self.data + marker)
    }

    /// The file without its stray bytes.
    pub(crate) fn without_stray(&self, bytes: &[u8]) -> Vec<u8> {
        let mut clean = Vec::with_capacity(bytes.len());
        let mut place = 0;
        for &(from, to) in &self.stray {
            clean.extend_from_slice(bytes.get(place..from).unwrap_or_default());
            place = to;
        }
        clean.extend_from_slice(bytes.get(place..).unwrap_or_default());
        clean
    }

    /// What the decoder is asked for. Four inks are taken as they are stored: the meaning of their
    /// values depends on Adobe's segment and on the profile.
    pub(crate) fn output(&self) -> ColorSpace {
        match (self.components, self.adobe) {
            (1, _) => ColorSpace::RGBA,
            (3, Some(0)) => ColorSpace::RGB,
            (4, Some(2)) => ColorSpace::YCCK,
            (4, _) => ColorSpace::CMYK,
            _ => ColorSpace::RGBA,
        }
    }

    /// How four inks are stored.
    pub(crate) fn inks(&self) -> Inks {
        match self.adobe {
            Some(2) => Inks::InvertedYcck,
            Some(_) => Inks::InvertedCmyk,
            None => Inks::Cmyk,
        }
    }

    /// The profile, its parts in their order (ICC.1, *Annex B.4*).
    pub(crate) fn profile(&self, bytes: &[u8]) -> Unpacked {
        let Some(&(_, count, _, _)) = self.profile.first() else {
            return Unpacked::None;
        };
        let mut parts = self.profile.clone();
        parts.sort_unstable();
        let mut whole = Vec::new();
        for (expected, (number, of, from, to)) in (1..=count).zip(&parts) {
            if *number != expected || *of != count {
                return Unpacked::Broken;
            }
            whole.extend_from_slice(bytes.get(*from..*to).unwrap_or_default());
        }
        if parts.len() == usize::from(count) {
            Unpacked::Whole(whole)
        } else {
            Unpacked::Broken
        }
    }
}

/// Walks the segments up to the first scan.
pub(crate) fn read_header(bytes: &[u8]) -> Result<JpegHeader, CodecError> {
    let cut = || CodecError::cut(Kind::Jpeg, bytes.len());
    let broken = |offset, what| CodecError::broken(Kind::Jpeg, offset, what);
    let mut found = JpegHeader {
        size: Size::default(),
        components: 0,
        stray: Vec::new(),
        progressive: false,
        first_scan: 0,
        data: 0,
        adobe: None,
        density: None,
        exif: Exif::default(),
        profile: Vec::new(),
    };
    let mut place = 2;
    loop {
        // A marker is FF and a byte that is neither 00 nor FF; before it any number of FF may stand.
        let start = place;
        while !matches!(bytes.get(place..place + 2).ok_or_else(cut)?, [0xff, 1..=0xfe]) {
            place += 1;
        }
        if place > start {
            found.stray.push((start, place));
        }
        let marker = bytes[place + 1];
        place += 2;
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            continue;
        }
        if marker == 0xd9 {
            return Err(broken(place - 2, "the end stands before any scan"));
        }
        let length = usize::from(be16(bytes, place).ok_or_else(cut)?);
        if length < 2 {
            return Err(broken(place, "a segment shorter than its own length"));
        }
        let from = place + 2;
        let to = place + length;
        let body = bytes.get(from..to).ok_or_else(cut)?;
        match marker {
            // Frames; c4, c8 and cc are tables, not frames.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let (Some(height), Some(width), Some(&components)) =
                    (be16(body, 1), be16(body, 3), body.get(5))
                else {
                    return Err(broken(from, "a frame header that is too short"));
                };
                if found.components != 0 {
                    return Err(broken(from, "a second frame header"));
                }
                if body[0] != 8 {
                    return Err(CodecError::Unsupported {
                        kind: Kind::Jpeg,
                        feature: "samples of other than 8 bits",
                    });
                }
                if width == 0 {
                    return Err(broken(from, "width is 0"));
                }
                if height == 0 {
                    return Err(CodecError::Unsupported {
                        kind: Kind::Jpeg,
                        feature: "a height that follows the picture",
                    });
                }
                if !matches!(components, 1 | 3 | 4) {
                    return Err(CodecError::Unsupported {
                        kind: Kind::Jpeg,
                        feature: "other than one, three or four colour components",
                    });
                }
                if !is_usual_sampling(body.get(6..).unwrap_or_default(), components) {
                    return Err(CodecError::Unsupported {
                        kind: Kind::Jpeg,
                        feature: "this sampling of its colour components",
                    });
                }
                found.size = Size::new(u32::from(width), u32::from(height));
                found.components = components;
                found.progressive = marker == 0xc2;
            }
            0xda => {
                if found.components == 0 {
                    return Err(broken(from, "a scan before the frame header"));
                }
                found.first_scan = body.first().copied().unwrap_or_default();
                found.data = to;
                return Ok(found);
            }
            0xe0 if body.starts_with(b"JFIF\0") => {
                let per_unit = be16(body, 8).map(f64::from);
                found.density = match body.get(7) {
                    Some(1) => per_unit.and_then(Dpi::new),
                    Some(2) => per_unit.and_then(|per_cm| Dpi::new(per_cm * 2.54)),
                    _ => None,
                };
            }
            0xe1 if body.starts_with(b"Exif\0\0") => found.exif = exif::read(body),
            0xe2 if body.starts_with(b"ICC_PROFILE\0") => {
                if let [number, count, ..] = body[12..] {
                    found.profile.push((number, count, from + 14, to));
                }
            }
            0xee if body.starts_with(b"Adobe") => found.adobe = body.get(11).copied(),
            _ => {}
        }
        place = to;
    }
}

/// Whether the first component is sampled most finely and the others at a half, a quarter or as
/// finely. Everything that is written in earnest is; the decoder has been seen to trip over the rest.
fn is_usual_sampling(table: &[u8], components: u8) -> bool {
    // Three bytes a component: number, factors across and down in four bits each, table.
    let factors = |index: usize| table.get(index * 3 + 1).map(|both| (both >> 4, both & 15));
    let Some((across, down)) = factors(0) else {
        return false;
    };
    (0..usize::from(components)).all(|index| {
        factors(index).is_some_and(|(h, v)| {
            matches!(h, 1 | 2 | 4) && matches!(v, 1 | 2 | 4) && h <= across && v <= down
        })
    })
}
