//! Any bytes at all through the PSD parser.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| marquetry_fuzz::psd::ask_everything(bytes));
