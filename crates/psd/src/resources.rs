//! Image resources: everything about the document that is no layer and no pixel.
//!
//! Every resource is kept by id; the ones below also have a reader of their own. Adobe Photoshop
//! File Formats Specification, *Image Resources Section*.

use crate::error::{PsdError, Section};
use crate::limits::{Limit, Limits};
use crate::reader::Reader;
use crate::span::Span;
use crate::text_encoding::mac_roman;
use crate::warning::Warnings;

/// Ids of resources, as the specification numbers them.
pub mod id {
    /// Resolution.
    pub const RESOLUTION: u16 = 1005;
    /// Names of alpha channels, Pascal strings.
    pub const ALPHA_NAMES: u16 = 1006;
    /// The working path.
    pub const WORKING_PATH: u16 = 1025;
    /// Link groups of layers: one number a layer.
    pub const LAYER_GROUPS: u16 = 1026;
    /// Grid and guides.
    pub const GUIDES: u16 = 1032;
    /// Thumbnail of Photoshop 4, whose red and blue are exchanged.
    pub const THUMBNAIL_BGR: u16 = 1033;
    /// Thumbnail.
    pub const THUMBNAIL: u16 = 1036;
    /// Angle of the light that effects share.
    pub const GLOBAL_ANGLE: u16 = 1037;
    /// ICC profile.
    pub const ICC_PROFILE: u16 = 1039;
    /// Names of alpha channels, Unicode.
    pub const ALPHA_NAMES_UNICODE: u16 = 1045;
    /// Colours of an indexed palette that are in use.
    pub const INDEXED_COUNT: u16 = 1046;
    /// The transparent colour of an indexed palette.
    pub const TRANSPARENCY_INDEX: u16 = 1047;
    /// Altitude of the light that effects share.
    pub const GLOBAL_ALTITUDE: u16 = 1049;
    /// Slices.
    pub const SLICES: u16 = 1050;
    /// Who wrote the file, and whether its merged picture is real.
    pub const VERSION: u16 = 1057;
    /// EXIF.
    pub const EXIF: u16 = 1058;
    /// XMP.
    pub const XMP: u16 = 1060;
    /// Shape of a pixel.
    pub const PIXEL_ASPECT: u16 = 1064;
    /// Layer comps.
    pub const LAYER_COMPS: u16 = 1065;
    /// Ids of the selected layers.
    pub const LAYER_SELECTION: u16 = 1069;
    /// Which link groups are on.
    pub const LAYER_GROUPS_ENABLED: u16 = 1072;
    /// First of the saved paths; the last is 2997.
    pub const FIRST_PATH: u16 = 2000;
    /// Last of the saved paths.
    pub const LAST_PATH: u16 = 2997;
}

/// Where one resource lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceSpan {
    id: u16,
    name: Span,
    span: Span,
}

/// One image resource, its bytes borrowed from the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource<'a> {
    /// What it is: see [`id`].
    pub id: u16,
    /// Its name, Mac Roman; mostly empty, but paths carry theirs here.
    pub name: &'a [u8],
    /// What it holds.
    pub bytes: &'a [u8],
    /// Offset of the first of those bytes from the start of the file.
    pub offset: u64,
}

impl<'a> Resource<'a> {
    /// The name as text.
    pub fn name_text(&self) -> String {
        mac_roman(self.name)
    }

    pub(crate) fn reader(&self) -> Reader<'a> {
        Reader::new(self.bytes, self.offset, Section::ImageResources)
    }
}

/// Reads the section without its length.
pub(crate) fn read_all(
    reader: &mut Reader<'_>,
    limits: &Limits,
    warnings: &mut Warnings,
) -> Result<Vec<ResourceSpan>, PsdError> {
    let mut resources = Vec::new();
    // A signature, an id, an empty name and a length.
    while reader.remaining() >= 12 {
        let offset = reader.offset();
        let signature = reader.array::<4>()?;
        if !matches!(&signature, b"8BIM" | b"MeSa" | b"AgHg" | b"PHUT" | b"DCSR") {
            warnings.push(offset, "bytes that are no image resource were skipped");
            return Ok(resources);
        }
        let id = reader.u16()?;
        let name_offset = reader.offset() + 1;
        let name = Span::new(name_offset, reader.pascal(2)?.len()).ok_or_else(|| reader.truncated())?;
        let length = reader.u32()?;
        Limits::check(Limit::Resources, resources.len() as u64 + 1, limits.resources)?;
        resources.push(ResourceSpan {
            id,
            name,
            span: reader.span(length.into())?,
        });
        reader.skip_up_to((length % 2) as usize);
    }
    Ok(resources)
}

/// All image resources of a document.
#[derive(Clone, Copy, Debug)]
pub struct Resources<'a> {
    pub(crate) spans: &'a [ResourceSpan],
    pub(crate) file: &'a [u8],
}

/// Pixels per inch each way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resolution {
    /// Pixels per inch from left to right.
    pub horizontal: f64,
    /// Pixels per inch from top to bottom.
    pub vertical: f64,
    /// The unit that Photoshop shows the horizontal one in: 1 per inch, 2 per centimetre.
    pub horizontal_unit: u16,
    /// The unit that Photoshop shows the vertical one in: 1 per inch, 2 per centimetre.
    pub vertical_unit: u16,
}

/// Who wrote the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionResource {
    /// Whether the merged picture is real, and not a white page that saves space.
    pub has_real_merged: bool,
    /// Who wrote it, such as `Adobe Photoshop`.
    pub writer: String,
    /// The program that can read it: of Photoshop, the release that saved it.
    pub reader: String,
}

impl VersionResource {
    /// Which version of Photoshop saved the file, as Adobe counts them: 13 is CS6, 14 is CC, 21 is 2020. `None` for other
    /// programs, and for names that are not known.
    pub fn photoshop(&self) -> Option<u32> {
        let name = self.reader.strip_prefix("Adobe Photoshop ")?;
        Some(match name {
            "CS" => 8,
            "CS2" => 9,
            "CS3" => 10,
            "CS4" => 11,
            "CS5" | "CS5.1" => 12,
            "CS6" => 13,
            "CC" => 14,
            "CC 2014" => 15,
            "CC 2015" => 16,
            "CC 2015.5" => 17,
            "CC 2017" => 18,
            "CC 2018" => 19,
            "CC 2019" => 20,
            _ => match name.split('.').next()?.parse().ok()? {
                year @ 2020.. => year - 1999,
                number => number,
            },
        })
    }
}

/// How a thumbnail is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThumbnailFormat {
    /// Raw RGB, never seen in the wild.
    Raw,
    /// JPEG.
    Jpeg,
    /// JPEG with red and blue exchanged, as Photoshop 4 wrote it.
    JpegBgr,
}

/// A small picture of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thumbnail<'a> {
    /// How it is stored.
    pub format: ThumbnailFormat,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The picture itself.
    pub bytes: &'a [u8],
}

/// Which way a guide runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuideDirection {
    /// From top to bottom, at an x.
    Vertical,
    /// From left to right, at a y.
    Horizontal,
}

/// One guide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guide {
    /// Where it is, in canvas pixels.
    pub position: f64,
    /// Which way it runs.
    pub direction: GuideDirection,
}

/// Lists in resources count at most this many entries: more than any document has.
const MOST_ENTRIES: usize = 65_536;

impl<'a> Resources<'a> {
    /// All of them, in file order.
    pub fn iter(self) -> impl Iterator<Item = Resource<'a>> {
        self.spans.iter().map(move |span| span.open(self.file))
    }

    /// The first one of that id.
    pub fn get(self, id: u16) -> Option<Resource<'a>> {
        self.spans
            .iter()
            .find(|span| span.id == id)
            .map(|span| span.open(self.file))
    }

    fn reader(self, id: u16) -> Option<Reader<'a>> {
        self.get(id).map(|resource| resource.reader())
    }

    fn read<T>(
        self,
        id: u16,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, PsdError>,
    ) -> Result<Option<T>, PsdError> {
        self.reader(id).map(|mut reader| read(&mut reader)).transpose()
    }

    /// Pixels per inch (1005).
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the resource is too short.
    pub fn resolution(self) -> Result<Option<Resolution>, PsdError> {
        self.read(id::RESOLUTION, |reader| {
            let fixed = |value: u32| f64::from(value) / 65536.0;
            let horizontal = fixed(reader.u32()?);
            let horizontal_unit = reader.u16()?;
            reader.u16()?;
            let vertical = fixed(reader.u32()?);
            let vertical_unit = reader.u16()?;
            Ok(Resolution {
                horizontal,
                vertical,
                horizontal_unit,
                vertical_unit,
            })
        })
    }

    /// The ICC profile (1039).
    pub fn icc_profile(self) -> Option<&'a [u8]> {
        self.get(id::ICC_PROFILE)
            .map(|resource| resource.bytes)
            .filter(|bytes| !bytes.is_empty())
    }

    /// Who wrote the file, and whether its merged picture is real (1057).
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the resource is too short.
    pub fn version(self) -> Result<Option<VersionResource>, PsdError> {
        self.read(id::VERSION, |reader| {
            reader.u32()?;
            let has_real_merged = reader.u8()? != 0;
            let (writer, reader) = (reader.unicode()?, reader.unicode()?);
            Ok(VersionResource {
                has_real_merged,
                writer,
                reader,
            })
        })
    }

    /// The thumbnail (1036, or 1033 of Photoshop 4).
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the resource is too short, [`PsdError::Malformed`] when its
    /// format is unknown.
    pub fn thumbnail(self) -> Result<Option<Thumbnail<'a>>, PsdError> {
        let newer = self
            .reader(id::THUMBNAIL)
            .map(|reader| (reader, ThumbnailFormat::Jpeg));
        let older = || {
            self.reader(id::THUMBNAIL_BGR)
                .map(|reader| (reader, ThumbnailFormat::JpegBgr))
        };
        let Some((mut reader, jpeg)) = newer.or_else(older) else {
            return Ok(None);
        };
        let format = match reader.u32()? {
            0 => ThumbnailFormat::Raw,
            1 => jpeg,
            _ => return Err(reader.malformed("the format of the thumbnail is unknown")),
        };
        let (width, height) = (reader.u32()?, reader.u32()?);
        // Bytes of a row, of all rows, of the picture as stored, bits of a pixel, planes: all follow
        // from the above.
        reader.take(16)?;
        Ok(Some(Thumbnail {
            format,
            width,
            height,
            bytes: reader.rest(),
        }))
    }

    /// Direction that the light shared by effects comes from (1037), in degrees; 0 is from the right.
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the resource is too short.
    pub fn global_angle(self) -> Result<Option<i32>, PsdError> {
        self.read(id::GLOBAL_ANGLE, Reader::i32)
    }

    /// Height of the light shared by effects (1049), in degrees above the canvas.
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the resource is too short.
    pub fn global_altitude(self) -> Result<Option<i32>, PsdError> {
        self.read(id::GLOBAL_ALTITUDE, Reader::i32)
    }

    /// Names of the alpha channels of the merged picture (1045, else 1006).
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when a name is cut short.
    pub fn alpha_names(self) -> Result<Vec<String>, PsdError> {
        let mut names = Vec::new();
        if let Some(mut reader) = self.reader(id::ALPHA_NAMES_UNICODE) {
            while reader.remaining() >= 4 && names.len() < MOST_ENTRIES {
                names.push(reader.unicode()?);
            }
        } else if let Some(mut reader) = self.reader(id::ALPHA_NAMES) {
            while !reader.is_empty() && names.len() < MOST_ENTRIES {
                names.push(mac_roman(reader.pascal(1)?));
            }
        }
        Ok(names)
    }

    /// Which index of an indexed document is transparent (1047).
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the resource is too short.
    pub fn transparency_index(self) -> Result<Option<u16>, PsdError> {
        self.read(id::TRANSPARENCY_INDEX, Reader::u16)
    }

    /// How many colours of the palette are in use (1046).
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the resource is too short.
    pub fn indexed_count(self) -> Result<Option<u16>, PsdError> {
        self.read(id::INDEXED_COUNT, Reader::u16)
    }

    /// Width of a pixel for a height of one (1064).
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the resource is too short.
    pub fn pixel_aspect(self) -> Result<Option<f64>, PsdError> {
        self.read(id::PIXEL_ASPECT, |reader| {
            reader.u32()?;
            reader.f64()
        })
    }

    /// Link group of each layer, in the order of the records (1026); 0 is none.
    pub fn layer_groups(self) -> Vec<u16> {
        let bytes = self
            .get(id::LAYER_GROUPS)
            .map(|resource| resource.bytes)
            .unwrap_or_default();
        let (pairs, _) = bytes.as_chunks::<2>();
        pairs
            .iter()
            .take(MOST_ENTRIES)
            .map(|pair| u16::from_be_bytes(*pair))
            .collect()
    }

    /// Ids of the selected layers (1069).
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the list is shorter than it says.
    pub fn selected_layer_ids(self) -> Result<Vec<u32>, PsdError> {
        let read = |reader: &mut Reader<'a>| {
            let count = reader.u16()?;
            let ids = reader.take(usize::from(count) * 4)?;
            let (ids, _) = ids.as_chunks::<4>();
            Ok(ids.iter().map(|id| u32::from_be_bytes(*id)).collect())
        };
        self.read(id::LAYER_SELECTION, read)
            .map(Option::unwrap_or_default)
    }

    /// The guides (1032).
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the list is shorter than it says.
    pub fn guides(self) -> Result<Vec<Guide>, PsdError> {
        let read = |reader: &mut Reader<'a>| {
            // A version and the grid's two distances.
            reader.take(12)?;
            let count = reader.u32()?;
            let guides = reader.take_u64(u64::from(count) * 5)?;
            let (guides, _) = guides.as_chunks::<5>();
            let guide = |[a, b, c, d, direction]: &[u8; 5]| Guide {
                position: f64::from(i32::from_be_bytes([*a, *b, *c, *d])) / 32.0,
                direction: if *direction == 0 {
                    GuideDirection::Vertical
                } else {
                    GuideDirection::Horizontal
                },
            };
            Ok(guides.iter().take(MOST_ENTRIES).map(guide).collect())
        };
        self.read(id::GUIDES, read).map(Option::unwrap_or_default)
    }

    /// The working path (1025) and the saved ones (2000 to 2997), as path records.
    pub fn paths(self) -> impl Iterator<Item = Resource<'a>> {
        let is_path = |id: u16| id == id::WORKING_PATH || (id::FIRST_PATH..=id::LAST_PATH).contains(&id);
        self.iter().filter(move |resource| is_path(resource.id))
    }
}

impl ResourceSpan {
    fn open(self, file: &[u8]) -> Resource<'_> {
        Resource {
            id: self.id,
            name: self.name.of(file),
            bytes: self.span.of(file),
            offset: self.span.offset(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(list: &[(u16, &[u8])], check: impl FnOnce(Resources<'_>) -> T) -> T {
        let mut file = Vec::new();
        for (id, body) in list {
            file.extend(b"8BIM");
            file.extend(id.to_be_bytes());
            file.extend([0, 0]);
            file.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
            file.extend(*body);
            file.extend(vec![0; body.len() % 2]);
        }
        let mut reader = Reader::new(&file, 0, Section::ImageResources);
        let mut warnings = Warnings::default();
        let spans = read_all(&mut reader, &Limits::default(), &mut warnings).unwrap();
        assert_eq!(spans.len(), list.len());
        assert!(warnings.into_vec().is_empty());
        check(Resources {
            spans: &spans,
            file: &file,
        })
    }

    #[test]
    fn typed_readers_find_their_resource() {
        let resolution = [0, 72, 0x80, 0, 0, 1, 0, 1, 0, 96, 0, 0, 0, 2, 0, 2];
        let version = b"\0\0\0\x01\x01\0\0\0\x02\0A\0b\0\0\0\x01\0R\0\0\0\x01";
        let guides = b"\0\0\0\x01\0\0\x02\x40\0\0\x02\x40\0\0\0\x01\0\0\0\x50\x01";
        let thumbnail = [&[0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 2][..], &[0; 16], b"jpeg"].concat();
        let list: [(u16, &[u8]); 9] = [
            (1005, &resolution),
            (1057, version),
            (1032, guides),
            (1033, &thumbnail),
            (1037, &30_i32.to_be_bytes()),
            (1039, b"icc"),
            (1006, b"\x05Alpha\x03two"),
            (1069, b"\0\x02\0\0\0\x05\0\0\0\x06"),
            (2001, b"path"),
        ];
        with(&list, |resources| {
            let resolution = resources.resolution().unwrap().unwrap();
            assert_eq!((resolution.horizontal, resolution.vertical), (72.5, 96.0));
            let version = resources.version().unwrap().unwrap();
            assert_eq!((version.has_real_merged, version.writer.as_str()), (true, "Ab"));
            let guide = Guide {
                position: 2.5,
                direction: GuideDirection::Horizontal,
            };
            assert_eq!(resources.guides().unwrap(), [guide]);
            let thumbnail = resources.thumbnail().unwrap().unwrap();
            assert_eq!(thumbnail.format, ThumbnailFormat::JpegBgr);
            assert_eq!(
                (thumbnail.width, thumbnail.height, thumbnail.bytes),
                (3, 2, &b"jpeg"[..])
            );
            assert_eq!(resources.global_angle(), Ok(Some(30)));
            assert_eq!(resources.global_altitude(), Ok(None));
            assert_eq!(resources.icc_profile(), Some(&b"icc"[..]));
            assert_eq!(resources.alpha_names().unwrap(), ["Alpha", "two"]);
            assert_eq!(resources.selected_layer_ids().unwrap(), [5, 6]);
            assert_eq!(resources.paths().map(|path| path.id).collect::<Vec<_>>(), [2001]);
        });
    }

    #[test]
    fn the_name_of_a_release_tells_its_version() {
        let of = |name: &str| {
            let version = VersionResource {
                has_real_merged: true,
                writer: "Adobe Photoshop".into(),
                reader: name.into(),
            };
            version.photoshop()
        };
        let known = [
            "6.0", "7.0", "CS", "CS5.1", "CS6", "CC 2014", "CC 2019", "2020", "2026",
        ];
        let numbers = [6, 7, 8, 12, 13, 15, 20, 21, 27];
        for (name, number) in known.into_iter().zip(numbers) {
            assert_eq!(of(&format!("Adobe Photoshop {name}")), Some(number), "{name}");
        }
        assert_eq!(["Adobe Photoshop Elements", "GIMP", ""].map(of), [None; 3]);
    }

    #[test]
    fn a_short_resource_is_an_error_with_its_offset() {
        with(&[(1005, &[0; 4])], |resources| {
            let Err(PsdError::Truncated { offset: 16, .. }) = resources.resolution() else {
                panic!("{:?}", resources.resolution());
            };
        });
    }
}
