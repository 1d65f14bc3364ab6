//! Linked files: what placed layers show, embedded in the document or named outside of it.
//!
//! Adobe Photoshop File Formats Specification, *Linked Layer*. The blocks `lnkD`, `lnk2`, `lnk3`
//! and `lnkE` share one form.

use std::ops::Range;

use crate::{
    Limit, Limits, PsdError, Section, descriptor::Descriptor, reader::Reader, text_encoding::mac_roman,
};

/// One linked file.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkedFile {
    /// Version of the entry, 1 to 8.
    pub version: u32,
    /// Id that placed layers refer to.
    pub id: String,
    /// Name of the file when it was placed.
    pub name: String,
    /// File type as four characters, as in `png ` or `8BPB`; blanks when unknown.
    pub file_type: [u8; 4],
    /// Creator as four characters, as in `8BIM`.
    pub creator: [u8; 4],
    /// How it was opened: the layer comp, import options.
    pub open: Option<Descriptor>,
    /// Where the content is.
    pub source: LinkedSource,
    /// Id of a document inside a document (version 5).
    pub child_document: Option<String>,
    /// When the asset last changed, in the unit that Photoshop stores (version 6).
    pub modified: Option<f64>,
    /// Whether it is locked by a library (version 7).
    pub locked: Option<bool>,
}

/// Where the content of a linked file is.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkedSource {
    /// `liFD`: in the block, at this range from the block's first byte.
    Embedded(Range<usize>),
    /// `liFE`: in another file.
    External {
        /// Which file.
        file: ExternalFile,
        /// A copy that some versions keep in the block, as a range from the block's first byte.
        copy: Option<Range<usize>>,
    },
    /// `liFA`: an alias to something that the entry does not describe.
    Alias,
}

/// A file outside of the document.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalFile {
    /// All that the file says about it.
    pub link: Descriptor,
    /// Name.
    pub name: Option<String>,
    /// Path with its volume, as a `file:` URL.
    pub full_path: Option<String>,
    /// Path from the document.
    pub relative_path: Option<String>,
    /// When it last changed (version 4).
    pub modified: Option<FileTime>,
    /// Its length in bytes.
    pub length: u64,
}

/// A time as the entry stores it, in an unnamed time zone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FileTime {
    /// Year.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31.
    pub day: u8,
    /// Hour.
    pub hour: u8,
    /// Minute.
    pub minute: u8,
    /// Second with its parts.
    pub second: f64,
}

impl LinkedFile {
    /// The embedded content (or the kept copy of an external one), out of the same block.
    pub fn bytes<'b>(&self, block: &'b [u8]) -> Option<&'b [u8]> {
        match &self.source {
            LinkedSource::Embedded(range) => block.get(range.clone()),
            LinkedSource::External { copy, .. } => block.get(copy.clone()?),
            LinkedSource::Alias => None,
        }
    }
}

/// Parses a `lnkD`, `lnk2`, `lnk3` or `lnkE` block. Nothing of the content is copied.
///
/// # Errors
/// [`PsdError`] when an entry is cut short, of an unknown kind or has a broken descriptor.
pub fn parse(block: &[u8], base: u64, limits: &Limits) -> Result<Vec<LinkedFile>, PsdError> {
    let mut reader = Reader::new(block, base, Section::LinkedLayer);
    let mut files = Vec::new();
    // Shorter than the length itself, or a length of nothing: padding at the end of the block.
    while reader.remaining() >= 8 {
        let length = reader.u64()?;
        if length == 0 {
            break;
        }
        let start = reader.position();
        let mut entry = reader.sub(length)?;
        files.push(file(&mut entry, start, limits)?);
        // Each one costs little of the file and hundreds of bytes here, so they are counted.
        Limits::check(
            Limit::DescriptorItems,
            files.len() as u64,
            limits.descriptor_items,
        )?;
        let over = length % 4;
        if over != 0 {
            reader.skip_up_to(4 - usize::try_from(over).unwrap_or(0));
        }
    }
    Ok(files)
}

/// `start` is where the entry begins in the block.
fn file(reader: &mut Reader<'_>, start: usize, limits: &Limits) -> Result<LinkedFile, PsdError> {
    let before = reader.clone();
    let kind = reader.array::<4>()?;
    let version = reader.u32()?;
    let id = mac_roman(reader.pascal(1)?);
    let name = reader.unicode()?;
    let file_type = reader.array()?;
    let creator = reader.array()?;
    let length = reader.u64()?;
    let open = match reader.u8()? {
        0 => None,
        _ => Some(Descriptor::read_versioned(reader, limits)?),
    };
    let source = match &kind {
        b"liFD" => LinkedSource::Embedded(range(reader, start, length)?),
        b"liFE" => external(reader, start, length, version, limits)?,
        b"liFA" => {
            reader.skip_up_to(8);
            LinkedSource::Alias
        }
        _ => return Err(before.malformed("linked file of an unknown kind")),
    };
    let mut found = LinkedFile {
        version,
        id,
        name,
        file_type,
        creator,
        open,
        source,
        child_document: None,
        modified: None,
        locked: None,
    };
    // Writers end the entry early, whatever version they claim.
    if version >= 5 && reader.remaining() >= 4 {
        found.child_document = Some(reader.unicode()?).filter(|id| !id.is_empty());
    }
    if version >= 6 && reader.remaining() >= 8 {
        found.modified = Some(reader.f64()?);
    }
    if version >= 7 && reader.remaining() >= 1 {
        found.locked = Some(reader.u8()? != 0);
    }
    // Version 2 keeps the copy of an external file at the very end.
    if let LinkedSource::External { copy, file } = &mut found.source
        && version == 2
        && file.length > 0
        && reader.remaining() > 0
    {
        *copy = Some(range(reader, start, file.length)?);
    }
    Ok(found)
}

fn range(reader: &mut Reader<'_>, start: usize, length: u64) -> Result<Range<usize>, PsdError> {
    let from = start + reader.position();
    let bytes = reader.take_u64(length)?;
    Ok(from..from + bytes.len())
}

fn external(
    reader: &mut Reader<'_>,
    start: usize,
    length: u64,
    version: u32,
    limits: &Limits,
) -> Result<LinkedSource, PsdError> {
    let link = Descriptor::read_versioned(reader, limits)?;
    let modified = if version > 3 {
        Some(FileTime {
            year: reader.i32()?,
            month: reader.u8()?,
            day: reader.u8()?,
            hour: reader.u8()?,
            minute: reader.u8()?,
            second: reader.f64()?,
        })
    } else {
        None
    };
    let file_length = reader.u64()?;
    let copy = if version > 2 && length > 0 {
        Some(range(reader, start, length)?)
    } else {
        None
    };
    let text = |key: &str| link.text(key).map(str::to_owned);
    let file = ExternalFile {
        name: text("Nm  "),
        full_path: text("fullPath"),
        relative_path: text("relPath"),
        link,
        modified,
        length: file_length,
    };
    Ok(LinkedSource::External { file, copy })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;

    #[test]
    fn embedded_and_external_files_are_found() {
        let block = seed::block(*b"lnk2");
        let files = parse(&block, 0, &Limits::default()).unwrap();
        assert_eq!(files.len(), 2);
        assert_eq!(
            (files[0].id.as_str(), files[0].name.as_str()),
            ("an-id", "art.png")
        );
        assert_eq!((&files[0].file_type, &files[0].creator), (b"png ", b"8BIM"));
        assert_eq!(files[0].bytes(&block), Some(&b"hello"[..]));
        assert_eq!((files[0].modified, files[0].locked), (Some(1.5), Some(true)));
        let LinkedSource::External { file, copy } = &files[1].source else {
            panic!("{files:?}")
        };
        assert_eq!(
            (file.relative_path.as_deref(), file.length, copy),
            (Some("../art.png"), 77, &None)
        );
        let time = FileTime {
            year: 2024,
            month: 2,
            day: 29,
            hour: 23,
            minute: 59,
            second: 58.5,
        };
        assert_eq!(file.modified, Some(time));
        assert_eq!(
            (files[1].child_document.as_deref(), files[1].bytes(&block)),
            (Some("child"), None)
        );
    }

    #[test]
    fn padding_ends_the_list_and_a_cut_is_an_error() {
        let mut block = seed::linked_entry(b"liFD", 2, 3, b"abc");
        for padding in [0, 3, 8, 20] {
            block.extend(vec![0; padding]);
            assert_eq!(
                parse(&block, 0, &Limits::default()).map(|files| files.len()),
                Ok(1)
            );
        }
        let entry = seed::linked_entry(b"liFD", 2, u64::MAX, b"abc");
        assert!(matches!(
            parse(&entry, 0, &Limits::default()),
            Err(PsdError::Truncated { .. })
        ));
        let entry = seed::linked_entry(b"liXX", 2, 3, b"abc");
        assert!(matches!(
            parse(&entry, 7, &Limits::default()),
            Err(PsdError::Malformed { offset: 15, .. })
        ));
        let entry = seed::linked_entry(b"liFA", 2, 0, &[0; 8]);
        assert_eq!(
            parse(&entry, 0, &Limits::default()).unwrap()[0].source,
            LinkedSource::Alias
        );
    }
}
