//! No change of their bytes brings a parser down.

use proptest::prelude::*;

use super::blocks;
use crate::{
    Limits, PsdError, adjustment, artboard, descriptor::Descriptor, effects, engine_data, fill, linked, path,
    pattern, placed, text,
};

/// Parses one block by its key.
fn read(key: [u8; 4], bytes: &[u8], limits: &Limits) -> Result<(), PsdError> {
    const BASE: u64 = 1000;
    match &key {
        b"PlLd" => placed::parse_legacy(bytes, BASE, limits).map(drop),
        b"SoLd" => placed::parse(bytes, BASE, limits).map(drop),
        b"lnk2" => linked::parse(bytes, BASE, limits).map(|files| {
            for file in files {
                drop(file.bytes(bytes).map(<[u8]>::to_vec));
            }
        }),
        b"lfx2" => effects::parse(bytes, BASE, limits).map(|effects| _ = effects.is_visible()),
        b"lrFX" => effects::parse_legacy(bytes, BASE, limits).map(drop),
        b"TySh" => text::parse(bytes, BASE, limits).map(drop),
        b"Txt2" => engine_data::parse(bytes, BASE, limits).map(drop),
        b"vmsk" => path::parse_vector_mask(bytes, BASE, limits).map(drop),
        b"Patt" => pattern::parse(bytes, BASE, limits).map(drop),
        b"artb" => artboard::parse(bytes, BASE, limits).map(drop),
        b"SoCo" | b"GdFl" | b"PtFl" => fill::parse(key, bytes, BASE, limits).map(drop),
        b"vscg" => fill::parse_vector_content(bytes, BASE, limits).map(drop),
        b"vstk" => fill::parse_vector_stroke(bytes, BASE, limits).map(drop),
        b"vogk" => fill::parse_vector_origination(bytes, BASE, limits).map(drop),
        b"null" => Descriptor::parse_bare(bytes, BASE, limits).map(drop),
        _ => adjustment::parse(key, bytes, BASE, limits).map(drop),
    }
}

/// Tight enough that no wrong number costs a test its memory.
fn tight() -> Limits {
    Limits {
        pixels: 1 << 20,
        decoded_bytes: 1 << 22,
        descriptor_items: 10_000,
        ..Limits::default()
    }
}

#[test]
fn every_seed_is_sound() {
    for (key, bytes) in blocks() {
        let result = read(key, &bytes, &Limits::default());
        assert_eq!(result, Ok(()), "{}", key.escape_ascii());
    }
}

#[test]
fn a_block_cut_short_may_fail_and_nothing_worse() {
    for (key, bytes) in blocks() {
        for end in 0..bytes.len() {
            let _ = read(key, &bytes[..end], &tight());
        }
    }
}

#[test]
fn a_byte_set_to_an_extreme_may_fail_and_nothing_worse() {
    for (key, mut bytes) in blocks() {
        for at in 0..bytes.len() {
            let before = bytes[at];
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                bytes[at] = value;
                let _ = read(key, &bytes, &tight());
            }
            bytes[at] = before;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_may_fail_and_nothing_worse(noise in proptest::collection::vec(any::<u8>(), 0..400)) {
        for (key, _) in blocks() {
            let _ = read(key, &noise, &tight());
        }
    }

    #[test]
    fn changes_here_and_there_may_fail_and_nothing_worse(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        insert in proptest::collection::vec(any::<u8>(), 0..6),
        place in any::<prop::sample::Index>(),
    ) {
        for (key, mut bytes) in blocks() {
            if bytes.is_empty() {
                continue;
            }
            let place = place.index(bytes.len());
            bytes.splice(place..place, insert.iter().copied());
            for (at, value) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            let _ = read(key, &bytes, &tight());
        }
    }
}
