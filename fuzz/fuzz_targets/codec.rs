//! Any bytes at all through the picture decoders. An error is a fine answer; a panic, a hang or
//! a bill is not. What decodes keeps the promises of its header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use marquetry_codec::{Limits, decode, probe};

/// So tight that a case is quick and that going past them shows in the fuzzer's own memory limit.
fn limits() -> Limits {
    Limits {
        file_bytes: 1 << 20,
        side: 4_096,
        pixels: 1 << 20,
        decoded_bytes: 32 << 20,
    }
}

fuzz_target!(|bytes: &[u8]| {
    let limits = limits();
    let header = probe(bytes, &limits);
    if let Ok(decoded) = decode(bytes, &limits) {
        let header = header.expect("what decodes has a header");
        assert_eq!(header.kind, decoded.kind);
        assert_eq!(header.size, decoded.raster.size());
        assert!(decoded.raster.size().pixels() <= limits.pixels);
        assert_eq!(decoded.opaque, decoded.raster.is_opaque());
    }
});
