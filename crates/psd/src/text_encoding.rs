//! Names from before Unicode: Mac Roman, the encoding of Photoshop's Pascal strings.

/// Code points of the bytes `0x80..=0xFF`.
const UPPER: &str = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø\
                     ¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{f8ff}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";

/// Reads a Pascal string. (Windows versions wrote their own code page, which no field names; the
/// `luni` block beside it has the true name.)
pub(crate) fn mac_roman(bytes: &[u8]) -> String {
    let upper = |byte: u8| UPPER.chars().nth(usize::from(byte) - 0x80).unwrap_or('\u{FFFD}');
    bytes
        .iter()
        .map(|byte| {
            if byte.is_ascii() {
                char::from(*byte)
            } else {
                upper(*byte)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_half_is_complete() {
        assert_eq!(UPPER.chars().count(), 128);
        assert_eq!(mac_roman(b"Caf\x8e \xde\xff"), "Café ﬁˇ");
    }
}
