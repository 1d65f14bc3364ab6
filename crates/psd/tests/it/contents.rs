//! Every block that has a meaning to us, in every file of a folder of real ones.

use std::{collections::BTreeMap, path::PathBuf};

use marquetry_psd::{
    Document, Limits, PsdError, adjustment, artboard, descriptor::Descriptor, effects, engine_data, fill,
    linked, parse, path, pattern, placed, text,
};

/// Parses one block by its key; `None` for a key without a meaning to us.
pub(crate) fn read(key: [u8; 4], bytes: &[u8], base: u64, limits: &Limits) -> Option<Result<(), PsdError>> {
    Some(match &key {
        b"PlLd" | b"plLd" => placed::parse_legacy(bytes, base, limits).map(drop),
        b"SoLd" | b"SoLE" => placed::parse(bytes, base, limits).map(drop),
        b"lnkD" | b"lnk2" | b"lnk3" | b"lnkE" => linked::parse(bytes, base, limits).map(drop),
        b"lfx2" | b"lmfx" | b"lfxs" => effects::parse(bytes, base, limits).map(drop),
        b"lrFX" => effects::parse_legacy(bytes, base, limits).map(drop),
        b"TySh" => text::parse(bytes, base, limits).map(drop),
        b"Txt2" => engine_data::parse(bytes, base, limits).map(drop),
        b"vmsk" | b"vsms" => path::parse_vector_mask(bytes, base, limits).map(drop),
        b"Patt" | b"Pat2" | b"Pat3" => pattern::parse(bytes, base, limits).map(drop),
        b"artb" | b"artd" | b"abdd" => artboard::parse(bytes, base, limits).map(drop),
        b"SoCo" | b"GdFl" | b"PtFl" => fill::parse(key, bytes, base, limits).map(drop),
        b"vscg" => fill::parse_vector_content(bytes, base, limits).map(drop),
        b"vstk" => fill::parse_vector_stroke(bytes, base, limits).map(drop),
        b"vogk" => fill::parse_vector_origination(bytes, base, limits).map(drop),
        b"pths" | b"OCIO" | b"extd" | b"GenI" => Descriptor::parse(bytes, base, limits).map(drop),
        _ if adjustment::KEYS.contains(&key) => adjustment::parse(key, bytes, base, limits).map(drop),
        _ => return None,
    })
}

/// Asks every layer and the document for all that they can tell.
fn ask(document: &Document, limits: &Limits) -> Result<(), PsdError> {
    for layer in document.layers() {
        layer.placed(limits)?;
        layer.type_layer(limits)?;
        layer.effects(limits)?;
        layer.adjustment(limits)?;
        layer.fill(limits)?;
        layer.vector_stroke(limits)?;
        layer.vector_mask(limits)?;
        layer.vector_origination(limits)?;
        layer.artboard(limits)?;
    }
    document.linked_files(limits)?;
    document.patterns(limits)?;
    for resource in document.resources().paths() {
        path::parse(resource.bytes, resource.offset, limits)?;
    }
    Ok(())
}

#[test]
fn every_block_of_the_corpus_that_means_something_is_understood() {
    let Some(folder) = std::env::var_os("MARQUETRY_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped: MARQUETRY_CORPUS names no folder of PSD files");
        return;
    };
    let limits = Limits::default();
    let mut read_of_key: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if !file.extension().is_some_and(|e| e == "psd" || e == "psb") {
            continue;
        }
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        // Files that cannot be opened are the concern of the test of structure.
        let Ok(document) = parse(std::fs::read(&file).unwrap(), &limits) else {
            continue;
        };
        let blocks = document
            .layers()
            .flat_map(|layer| layer.blocks().collect::<Vec<_>>());
        for block in blocks.chain(document.blocks()) {
            let Some(result) = read(block.key.0, block.bytes, block.offset, &limits) else {
                continue;
            };
            *read_of_key.entry(block.key.to_string()).or_default() += 1;
            if let Err(error) = result {
                wrong.push(format!("{name}: {}: {error}", block.key));
            }
        }
        if let Err(error) = ask(&document, &limits) {
            wrong.push(format!("{name}: {error}"));
        }
    }
    eprintln!("blocks read: {read_of_key:?}");
    assert!(
        wrong.is_empty(),
        "{} complaints:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
