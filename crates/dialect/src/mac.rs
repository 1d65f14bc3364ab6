//! HMAC-SHA256 and its spelling in hex, which every signature here is made of.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The sum over `parts` as if they were one text.
pub(crate) fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    #[expect(
        clippy::expect_used,
        reason = "HMAC is defined for a key of any length, the empty one included"
    )]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length is legal");
    for part in parts {
        mac.update(part);
    }
    mac
}

/// The sum as bytes.
pub(crate) fn sum(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    mac(key, parts).finalize().into_bytes().into()
}

/// Whether `sum` is the sum over `parts`; takes as long for a wrong one as for the right one.
pub(crate) fn is_sum(key: &[u8], parts: &[&[u8]], sum: &[u8]) -> bool {
    mac(key, parts).verify_slice(sum).is_ok()
}

/// Lower case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for digit in [byte >> 4, byte & 0xF] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}
