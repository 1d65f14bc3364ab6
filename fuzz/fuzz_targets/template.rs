//! A template of any bytes, read, checked and filled with values of any bytes. A case is the length of
//! the values (two bytes), so many bytes of values, and the template. A refusal is a fine answer; a panic,
//! a hang or a bill is not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use marquetry_fuzz::template::fill_anyhow;

fuzz_target!(|bytes: &[u8]| fill_anyhow(bytes));
