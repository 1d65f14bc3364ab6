//! Words to the modules of a QR code (ISO/IEC 18004), by `qrcodegen`.

use qrcodegen::QrCodeEcc;

/// How much of a code may be lost. A code that has room to spare takes the next level without growing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum QrLevel {
    /// About 7 %.
    L,
    /// About 15 %.
    #[default]
    M,
    /// About 25 %.
    Q,
    /// About 30 %.
    H,
}

/// A square of dark and light modules, without the quiet zone around it.
#[derive(Clone, PartialEq, Eq)]
pub struct QrCode(qrcodegen::QrCode);

impl std::fmt::Debug for QrCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QrCode")
            .field("side", &self.side())
            .finish_non_exhaustive()
    }
}

impl QrCode {
    /// The smallest code that says `words`: as digits, as capitals, or as UTF-8. `None` for more than the
    /// largest one holds (2953 bytes at level L, 1273 at H).
    ///
    /// ```
    /// use marquetry_codec::{QrCode, QrLevel};
    /// let code = QrCode::new("https://example.org", QrLevel::M).expect("a short address");
    /// assert_eq!(code.side(), 25);
    /// assert!(code.is_dark(0, 0) && !code.is_dark(1, 1));
    /// ```
    pub fn new(words: &str, level: QrLevel) -> Option<Self> {
        let level = match level {
            QrLevel::L => QrCodeEcc::Low,
            QrLevel::M => QrCodeEcc::Medium,
            QrLevel::Q => QrCodeEcc::Quartile,
            QrLevel::H => QrCodeEcc::High,
        };
        qrcodegen::QrCode::encode_text(words, level).ok().map(Self)
    }

    /// Modules a side.
    pub fn side(&self) -> u32 {
        self.0.size().unsigned_abs()
    }

    /// Whether the module in column `x` of row `y` is dark; none outside is.
    pub fn is_dark(&self, x: u32, y: u32) -> bool {
        match (i32::try_from(x), i32::try_from(y)) {
            (Ok(x), Ok(y)) => self.0.get_module(x, y),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What another reader finds in a picture of the code.
    fn read(code: &QrCode) -> String {
        let (side, zone, pixels) = (code.side(), 4, 5);
        let dark = |x: u32, y: u32| x >= zone && y >= zone && code.is_dark(x - zone, y - zone);
        let whole = ((side + 2 * zone) * pixels) as usize;
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(whole, whole, |x, y| {
            let module = |at: usize| u32::try_from(at).unwrap() / pixels;
            if dark(module(x), module(y)) { 0 } else { 255 }
        });
        let found = picture.detect_grids();
        found[0].decode().unwrap().1
    }

    #[test]
    fn another_reader_finds_the_words() {
        let long = "0123456789".repeat(60);
        for words in ["https://example.org/p/23", "GRÜSSE, 漢字 и всё", "0", &long] {
            for level in [QrLevel::L, QrLevel::M, QrLevel::Q, QrLevel::H] {
                assert_eq!(read(&QrCode::new(words, level).unwrap()), words, "{level:?}");
            }
        }
    }

    #[test]
    fn too_many_words_have_no_code() {
        assert!(QrCode::new(&"x".repeat(2953), QrLevel::L).is_some());
        assert!(QrCode::new(&"x".repeat(2954), QrLevel::L).is_none());
        assert!(QrCode::new(&"x".repeat(1_000_000), QrLevel::H).is_none());
    }
}
