//! Files that someone broke: they may fail with an error, never with a panic, a hang or a bill.

use marquetry_psd::{Document, Limits, PsdError, parse};
use proptest::prelude::*;

use crate::builder::{FileSpec, Form, LayerSpec, Packing, block, divider, luni, pack};

/// Bounds so tight that breaking them would show.
pub(crate) fn tight() -> Limits {
    Limits {
        file_bytes: 16 << 20,
        side: 10_000,
        pixels: 4 << 20,
        layers: 500,
        resources: 500,
        blocks: 2_000,
        group_depth: 16,
        descriptor_depth: 32,
        descriptor_items: 20_000,
        decoded_bytes: 32 << 20,
    }
}

/// Reads all there is to read. Errors are fine; this is about what must not happen.
pub(crate) fn walk(document: &Document, limits: &Limits) -> Vec<PsdError> {
    let mut errors = Vec::new();
    for layer in document.layers() {
        let _ = format!("{layer:?}");
        let _ = (
            layer.id(),
            layer.locks(),
            layer.panel_color(),
            layer.knockout(),
            layer.name_source(),
        );
        let _ = (
            layer.blending_ranges(),
            layer.masks(),
            layer.reference_point(),
            layer.blend().mode(),
        );
        for child in layer.children() {
            assert_eq!(child.parent().map(|parent| parent.index()), Some(layer.index()));
        }
        errors.extend(layer.restricted_channels().err());
        errors.extend(layer.placed(limits).err());
        errors.extend(layer.type_layer(limits).err());
        errors.extend(layer.effects(limits).err());
        errors.extend(layer.adjustment(limits).err());
        errors.extend(layer.fill(limits).err());
        errors.extend(layer.vector_stroke(limits).err());
        errors.extend(layer.vector_mask(limits).err());
        errors.extend(layer.vector_origination(limits).err());
        errors.extend(layer.artboard(limits).err());
        errors.extend(layer.planes(limits).err());
        let ids: Vec<_> = layer.channel_ids().collect();
        for id in ids {
            errors.extend(layer.channel(id, limits).err());
        }
        let pixels = layer.rect().size().pixels();
        if pixels <= limits.pixels {
            let mut out = vec![0; usize::try_from(pixels).unwrap() * 4];
            let answer = layer.interleave_rgba8(&mut out, limits);
            errors.extend(
                answer
                    .err()
                    .filter(|error| !matches!(error, PsdError::Unsupported { .. })),
            );
        }
    }
    let resources = document.resources();
    errors.extend(resources.resolution().err());
    errors.extend(resources.version().err());
    errors.extend(resources.thumbnail().err());
    errors.extend(resources.global_angle().err());
    errors.extend(resources.global_altitude().err());
    errors.extend(resources.alpha_names().err());
    errors.extend(resources.transparency_index().err());
    errors.extend(resources.indexed_count().err());
    errors.extend(resources.pixel_aspect().err());
    errors.extend(resources.selected_layer_ids().err());
    errors.extend(resources.guides().err());
    let _ = (
        resources.icc_profile(),
        resources.layer_groups(),
        resources.paths().count(),
    );
    errors.extend(document.global_layer_mask().err());
    errors.extend(document.linked_files(limits).err());
    errors.extend(document.patterns(limits).err());
    let _ = (document.palette(), document.blocks().count());
    errors.extend(document.merged().planes(limits).err());
    let pixels = usize::try_from(document.size().pixels()).unwrap();
    let answer = document
        .merged()
        .interleave_rgba8(&mut vec![0; pixels * 4], limits);
    errors.extend(
        answer
            .err()
            .filter(|error| !matches!(error, PsdError::Unsupported { .. })),
    );
    errors
}

/// A file with a bit of everything.
fn seed(form: Form, packing: Packing) -> Vec<u8> {
    let mut spec = FileSpec::rgb(form, 7, 5);
    let plane: Vec<u8> = (0..35).collect();
    let channel = pack(form, std::slice::from_ref(&plane), 7, 8, packing);
    spec.resources = vec![
        (1005, [0, 72, 0, 0, 0, 1, 0, 1, 0, 72, 0, 0, 0, 1, 0, 1].to_vec()),
        (
            1032,
            b"\0\0\0\x01\0\0\x02\x40\0\0\x02\x40\0\0\0\x01\0\0\0\x50\x01".to_vec(),
        ),
        (
            1057,
            b"\0\0\0\x01\x01\0\0\0\x01\0A\0\0\0\x01\0R\0\0\0\x01".to_vec(),
        ),
        (1069, b"\0\x01\0\0\0\x05".to_vec()),
    ];
    let mask = [
        &[0; 15][..],
        &[1, 255, 16, 0, 0],
        &[0; 15],
        &[1, 3, 128],
        &2.0_f64.to_be_bytes(),
    ]
    .concat();
    let pixel = LayerSpec {
        rect: [0, 0, 5, 7],
        channels: [-1, 0, 1, 2, -2].map(|id| (id, channel.clone())).to_vec(),
        mask,
        ranges: vec![7; 40],
        blocks: [
            luni("leaf"),
            block(b"brst", &[0, 0, 0, 1]),
            block(b"fxrp", &[0; 16]),
        ]
        .concat(),
        ..LayerSpec::default()
    };
    let end = LayerSpec {
        blocks: divider(3, b"norm"),
        ..LayerSpec::default()
    };
    let group = LayerSpec {
        blocks: divider(2, b"pass"),
        ..LayerSpec::default()
    };
    spec.layers = vec![pixel.clone(), end, pixel, group];
    spec.merged_alpha = true;
    spec.blocks = [block(b"Patt", b""), block(b"Txt2", b"12345678")].concat();
    spec.channels = 4;
    spec.merged = pack(
        form,
        &[plane.clone(), plane.clone(), plane.clone(), plane],
        7,
        8,
        packing,
    );
    spec.build()
}

#[test]
fn the_seeds_are_whole() {
    for form in [Form::Psd, Form::Psb] {
        for packing in Packing::ALL {
            let document = parse(seed(form, packing), &tight()).unwrap();
            assert_eq!(document.warnings(), [], "{form:?} {packing:?}");
            let errors = walk(&document, &tight());
            assert_eq!(errors, [], "{form:?} {packing:?}");
        }
    }
}

#[test]
fn a_file_cut_short_anywhere_fails_or_reads_and_never_panics() {
    for form in [Form::Psd, Form::Psb] {
        let whole = seed(form, Packing::Rle);
        for length in 0..whole.len() {
            if let Ok(document) = parse(whole[..length].to_vec(), &tight()) {
                let errors = walk(&document, &tight());
                assert!(
                    !errors.is_empty(),
                    "{length} of {} bytes passed as a whole file",
                    whole.len()
                );
            }
        }
    }
}

fn seeds() -> impl Strategy<Value = Vec<u8>> {
    let forms = prop::sample::select(&[Form::Psd, Form::Psb][..]);
    (forms, prop::sample::select(&Packing::ALL[..])).prop_map(|(form, packing)| seed(form, packing))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn changed_bytes_never_panic(
        mut bytes in seeds(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(document) = parse(bytes, &tight()) {
            walk(&document, &tight());
        }
    }

    #[test]
    fn moved_and_doubled_pieces_never_panic(
        bytes in seeds(),
        from in any::<prop::sample::Index>(),
        length in 0..64_usize,
        to in any::<prop::sample::Index>(),
    ) {
        let from = from.index(bytes.len());
        let piece = bytes[from..(from + length).min(bytes.len())].to_vec();
        let mut bytes = bytes;
        let to = to.index(bytes.len());
        bytes.splice(to..to, piece);
        if let Ok(document) = parse(bytes, &tight()) {
            walk(&document, &tight());
        }
    }

    #[test]
    fn noise_behind_a_good_header_never_panics(
        noise in prop::collection::vec(any::<u8>(), 0..400),
        form in prop::sample::select(&[Form::Psd, Form::Psb][..]),
    ) {
        let mut bytes = seed(form, Packing::Raw);
        bytes.truncate(26);
        bytes.extend(noise);
        if let Ok(document) = parse(bytes, &tight()) {
            walk(&document, &tight());
        }
    }
}
