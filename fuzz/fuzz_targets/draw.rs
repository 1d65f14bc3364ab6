//! Any bytes at all through the whole renderer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| marquetry_fuzz::draw::draw_everything(bytes));
