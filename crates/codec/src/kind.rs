//! What a file is, by its first bytes. A name or a media type from outside is never asked.

/// A kind of file that [`sniff`] knows. Not all of them can be decoded here: the others are named so
/// that the error can say what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Portable Network Graphics, animated ones included.
    Png,
    /// JPEG, whatever wraps it.
    Jpeg,
    /// WebP, lossy or lossless.
    Webp,
    /// Graphics Interchange Format.
    Gif,
    /// Photoshop document: for the `psd` crate.
    Psd,
    /// Large Photoshop document: for the `psd` crate.
    Psb,
    /// Tagged Image File Format; recognised only.
    Tiff,
    /// Windows bitmap; recognised only.
    Bmp,
    /// AV1 still picture; recognised only.
    Avif,
    /// HEVC still picture; recognised only.
    Heif,
    /// Portable Document Format; recognised only.
    Pdf,
}

impl Kind {
    /// Whether [`decode`](crate::decode) reads this kind.
    pub fn is_decodable(self) -> bool {
        matches!(self, Self::Png | Self::Jpeg | Self::Webp | Self::Gif)
    }

    /// The registered media type, or Adobe's own for its documents.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Psd | Self::Psb => "image/vnd.adobe.photoshop",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            Self::Avif => "image/avif",
            Self::Heif => "image/heif",
            Self::Pdf => "application/pdf",
        }
    }

    /// The usual end of a file name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Psd => "psd",
            Self::Psb => "psb",
            Self::Tiff => "tif",
            Self::Bmp => "bmp",
            Self::Avif => "avif",
            Self::Heif => "heic",
            Self::Pdf => "pdf",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Webp => "WebP",
            Self::Gif => "GIF",
            Self::Psd => "PSD",
            Self::Psb => "PSB",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
            Self::Avif => "AVIF",
            Self::Heif => "HEIF",
            Self::Pdf => "PDF",
        })
    }
}

/// The kind of file that starts with `bytes`; `None` when it is none we know. Twelve bytes are enough
/// for every kind.
///
/// ```
/// use marquetry_codec::{Kind, sniff};
/// assert_eq!(sniff(b"\xff\xd8\xff\xe0\x00\x10JFIF"), Some(Kind::Jpeg));
/// assert_eq!(sniff(b"<html>"), None);
/// ```
pub fn sniff(bytes: &[u8]) -> Option<Kind> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Kind::Png),
        [0xff, 0xd8, 0xff, ..] => Some(Kind::Jpeg),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Kind::Webp),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Kind::Gif),
        [b'8', b'B', b'P', b'S', 0, 1, ..] => Some(Kind::Psd),
        [b'8', b'B', b'P', b'S', 0, 2, ..] => Some(Kind::Psb),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some(Kind::Tiff),
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some(Kind::Bmp),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand {
            [b'a', b'v', b'i', b'f' | b's', ..] => Some(Kind::Avif),
            [b'h', b'e', b'i' | b'v', b'c' | b'x', ..] | [b'm', b'i', b'f', b'1', ..] => Some(Kind::Heif),
            _ => None,
        },
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(Kind::Pdf),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_known_by_its_first_twelve_bytes() {
        let cases: [(&[u8], Kind); 11] = [
            (b"\x89PNG\r\n\x1a\n\0\0\0\r", Kind::Png),
            (b"\xff\xd8\xff\xdb\0\x43\0\x08\x06\x06\x07\x06", Kind::Jpeg),
            (b"RIFF\x10\0\0\0WEBP", Kind::Webp),
            (b"GIF89a\x01\0\x01\0\0\0", Kind::Gif),
            (b"8BPS\0\x01\0\0\0\0\0\0", Kind::Psd),
            (b"8BPS\0\x02\0\0\0\0\0\0", Kind::Psb),
            (b"II*\0\x08\0\0\0\0\0\0\0", Kind::Tiff),
            (b"BM\x46\0\0\0\0\0\0\0\x36\0", Kind::Bmp),
            (b"\0\0\0\x20ftypavif", Kind::Avif),
            (b"\0\0\0\x20ftypheic", Kind::Heif),
            (b"%PDF-1.7\n%\xe2\xe3", Kind::Pdf),
        ];
        for (bytes, kind) in cases {
            assert_eq!(sniff(bytes), Some(kind), "{kind}");
            assert_eq!(
                sniff(&bytes[..3.min(bytes.len())]).filter(|k| *k != Kind::Jpeg),
                None,
                "{kind}"
            );
        }
        assert_eq!(sniff(b""), None);
        assert_eq!(sniff(b"8BPS\0\x03"), None);
        assert_eq!(sniff(b"RIFF\x10\0\0\0WAVE"), None);
    }
}
