//! Any text at all as the URL of a stranger.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| marquetry_fuzz::url::judge(bytes));
