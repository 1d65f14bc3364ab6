//! Any bytes at all through the PSD parser: the tree, every channel, the merged picture, and what
//! every block and resource means. An error is a fine answer; a panic, a hang or a bill is not.

use marquetry_psd::{ChannelId, Document, Layer, Limits, engine_data, parse, path};

/// So tight that a case is quick and that going past them shows in the fuzzer's own memory limit.
pub(crate) fn limits() -> Limits {
    Limits {
        file_bytes: 8 << 20,
        side: 4_096,
        pixels: 1 << 20,
        layers: 200,
        resources: 500,
        blocks: 2_000,
        group_depth: 16,
        descriptor_depth: 32,
        descriptor_items: 20_000,
        decoded_bytes: 8 << 20,
        // Limits that are added later keep their defaults until someone tightens them here.
        ..Limits::default()
    }
}

/// Reads a file and asks for everything that is in it.
///
/// # Panics
/// When the parser breaks a promise.
pub fn ask_everything(bytes: &[u8]) {
    let limits = limits();
    if let Ok(document) = parse(bytes.to_vec(), &limits) {
        let mut met = 0;
        for layer in document.root() {
            walk(layer, 0, &mut met, &limits);
        }
        assert!(met <= document.layers().len(), "the tree holds a layer twice");
        for layer in document.layers() {
            ask(layer, &limits);
        }
        ask_document(&document, &limits);
    }
}

fn walk(layer: Layer<'_>, depth: u64, met: &mut usize, limits: &Limits) {
    assert!(depth <= limits.group_depth, "the tree is deeper than its limit");
    *met += 1;
    for child in layer.children() {
        walk(child, depth + 1, met, limits);
    }
}

fn ask(layer: Layer<'_>, limits: &Limits) {
    let _ = format!("{layer:?} {:?} {:?}", layer.blend(), layer.section_divider());
    let _ = (
        layer.id(),
        layer.locks(),
        layer.panel_color(),
        layer.fill_opacity(),
        layer.knockout(),
    );
    let _ = (
        layer.blending_ranges(),
        layer.masks(),
        layer.reference_point(),
        layer.name_source(),
    );
    let _ = (layer.restricted_channels(), layer.mask_hides_effects());
    let _ = layer.placed(limits);
    let _ = layer.type_layer(limits);
    let _ = layer.effects(limits);
    let _ = layer.adjustment(limits);
    let _ = layer.fill(limits);
    let _ = layer.vector_stroke(limits);
    let _ = layer.vector_mask(limits);
    let _ = layer.vector_origination(limits);
    let _ = layer.artboard(limits);
    let _ = layer.planes(limits);
    let _ = layer.channel(ChannelId::MASK, limits);
    let pixels = layer.rect().size().pixels();
    if pixels <= limits.pixels {
        let _ = layer.interleave_rgba8(&mut vec![0; pixels as usize * 4], limits);
    }
}

fn ask_document(document: &Document, limits: &Limits) {
    let resources = document.resources();
    let _ = (
        resources.resolution(),
        resources.version(),
        resources.thumbnail(),
        resources.guides(),
    );
    let _ = (
        resources.global_angle(),
        resources.global_altitude(),
        resources.alpha_names(),
    );
    let _ = (
        resources.transparency_index(),
        resources.indexed_count(),
        resources.pixel_aspect(),
    );
    let _ = (
        resources.selected_layer_ids(),
        resources.layer_groups(),
        resources.icc_profile(),
    );
    for resource in resources.paths() {
        let _ = path::parse(resource.bytes, resource.offset, limits);
    }
    if let Some(block) = document.block(*b"Txt2") {
        let _ = engine_data::parse(block.bytes, block.offset, limits);
    }
    let _ = document.palette().map(|palette| palette.color(255));
    let _ = document.global_layer_mask();
    let _ = document.linked_files(limits);
    let _ = document.patterns(limits);
    let _ = document.merged().planes(limits);
    let pixels = document.size().pixels() as usize;
    let _ = document
        .merged()
        .interleave_rgba8(&mut vec![0; pixels * 4], limits);
}
