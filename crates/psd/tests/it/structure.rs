//! What was built is what is read: both forms, all packings and depths, groups, masks, blocks.

use marquetry_pixel::{BlendMode, Rect, Size};
use marquetry_psd::layer::{DividerKind, Knockout};
use marquetry_psd::{
    ChannelId, ColorMode, Compression, Depth, Document, LayerIndex, LayerKind, Limit, Limits, PsdError,
    Samples, Section, parse,
};
use proptest::prelude::*;

use crate::builder::{Bytes, FileSpec, Form, LayerSpec, Packing, block, divider, luni, pack};

fn read(spec: &FileSpec) -> Document {
    parse(spec.build(), &Limits::default()).unwrap()
}

fn shared_between_threads<T: Send + Sync + Clone + 'static>(_: &T) {}

#[test]
fn groups_names_and_settings_come_back() {
    for form in [Form::Psd, Form::Psb] {
        let mut spec = FileSpec::rgb(form, 8, 6);
        let end = LayerSpec {
            blocks: divider(3, b"norm"),
            ..LayerSpec::default()
        };
        let inside = LayerSpec {
            blend: *b"mul ",
            opacity: 128,
            clipping: 1,
            flags: 2,
            ranges: vec![9; 16],
            name: b"Caf\x8e".to_vec(),
            blocks: [
                block(b"lyid", &7_u32.to_be_bytes()),
                block(b"iOpa", &[64, 0, 0, 0]),
                block(b"clbl", &[0, 0, 0, 0]),
                block(b"knko", &[1, 0, 0, 0]),
                block(b"brst", &[0, 0, 0, 2]),
                block(b"lspf", &[0, 0, 0, 5]),
                block(b"zzzz", b"kept"),
            ]
            .concat(),
            ..LayerSpec::default()
        };
        let group = LayerSpec {
            blocks: [divider(1, b"pass"), luni("Gruppe ☂")].concat(),
            ..LayerSpec::default()
        };
        spec.layers = vec![LayerSpec::default(), end, inside, group];
        let document = read(&spec);
        shared_between_threads(&document);
        assert!(document.warnings().is_empty(), "{:?}", document.warnings());

        let root: Vec<_> = document.root().collect();
        assert_eq!(
            root.iter().map(|layer| layer.index().0).collect::<Vec<_>>(),
            [0, 3]
        );
        let group = root[1];
        assert_eq!(
            (group.name().as_str(), group.kind()),
            ("Gruppe ☂", LayerKind::Group)
        );
        assert!(group.blend().is_pass_through());
        assert_eq!(group.record_blend().mode(), Some(BlendMode::Normal));

        let inside = group.children().next().unwrap();
        assert_eq!(inside.parent().unwrap().index(), group.index());
        assert_eq!((inside.name().as_str(), inside.id()), ("Café", Some(7)));
        assert_eq!(inside.blend().mode(), Some(BlendMode::Multiply));
        assert_eq!((inside.opacity(), inside.fill_opacity()), (128, 64));
        assert!(inside.is_clipped() && !inside.is_visible());
        assert!(!inside.blends_clipped_layers_as_group() && inside.transparency_shapes_layer());
        assert_eq!(inside.knockout(), Knockout::Shallow);
        assert_eq!(inside.restricted_channels(), Ok(vec![2]));
        assert!(inside.locks().transparency() && inside.locks().position() && !inside.locks().composite());
        assert_eq!(inside.blending_ranges().gray.source.black, [9, 9]);
        let kept = inside.block(*b"zzzz").unwrap();
        assert_eq!(kept.bytes, b"kept");
        let at = usize::try_from(kept.offset).unwrap();
        assert_eq!(&document.bytes()[at..at + 4], b"kept");
        assert_eq!(document.share(kept.bytes).unwrap(), &b"kept"[..]);
        assert_eq!(document.share(b"elsewhere"), None);

        let end = document.layer(LayerIndex(1)).unwrap();
        assert_eq!(end.section_divider().unwrap().kind, DividerKind::GroupEnd);
        assert_eq!(document.layers().len(), 4);
        assert!(document.layer(LayerIndex(4)).is_none());
    }
}

#[test]
fn masks_have_their_own_rectangles() {
    let mut mask = Bytes(Form::Psd, Vec::new());
    mask.i32s(&[1, 1, 3, 5])
        .put(&[255, 8])
        .put(&[0, 0])
        .i32s(&[0, 0, 2, 2])
        .put(&[0, 0]);
    let mut spec = FileSpec::rgb(Form::Psd, 8, 8);
    let channel = |planes: Vec<u8>, width| pack(Form::Psd, &[planes], width, 8, Packing::Rle);
    spec.layers = vec![LayerSpec {
        rect: [0, 0, 1, 2],
        channels: vec![
            (0, channel(vec![1, 2], 2)),
            (-2, channel((0..8).collect(), 4)),
            (-3, channel(vec![9, 8, 7, 6], 2)),
        ],
        mask: mask.1,
        ..LayerSpec::default()
    }];
    let document = read(&spec);
    let layer = document.root().next().unwrap();
    assert_eq!(layer.channel_rect(ChannelId::MASK), Some(Rect::new(1, 1, 4, 2)));
    assert_eq!(
        layer.channel_rect(ChannelId::REAL_MASK),
        Some(Rect::new(0, 0, 2, 2))
    );
    assert_eq!(layer.channel_rect(ChannelId::TRANSPARENCY), None);
    let planes = layer.planes(&Limits::default()).unwrap();
    let samples: Vec<_> = planes
        .iter()
        .map(|channel| channel.plane.samples.clone())
        .collect();
    let expected = [vec![1, 2], (0..8).collect(), vec![9, 8, 7, 6]];
    assert_eq!(samples, expected.map(Samples::U8));
    let masks = layer.masks().unwrap();
    assert!(masks.mask.flags.is_rendered() && masks.mask.default_color == 255);
}

#[test]
fn sixteen_bit_layers_are_found_in_their_block() {
    for (form, key) in [
        (Form::Psd, *b"Lr16"),
        (Form::Psb, *b"Lr16"),
        (Form::Psb, *b"Layr"),
    ] {
        let mut spec = FileSpec::rgb(form, 2, 1);
        spec.depth = 16;
        spec.layers_in = Some(key);
        spec.merged_alpha = true;
        let samples = vec![0x01, 0x02, 0xFF, 0xFE];
        let channels = vec![(0, pack(form, &[samples], 4, 16, Packing::ZipPredicted))];
        spec.layers = vec![LayerSpec {
            rect: [0, 0, 1, 2],
            channels,
            ..LayerSpec::default()
        }];
        spec.blocks = block(b"Patt", b"");
        let document = read(&spec);
        assert!(document.has_merged_alpha());
        assert_eq!(document.blocks().count(), 2);
        let layer = document.root().next().unwrap();
        let plane = layer
            .channel(ChannelId::FIRST, &Limits::default())
            .unwrap()
            .unwrap();
        assert_eq!(plane.samples, Samples::U16(vec![0x0102, 0xFFFE]));
        let refused = layer.interleave_rgba8(&mut [0; 8], &Limits::default());
        assert!(matches!(refused, Err(PsdError::Unsupported { .. })));
    }
}

#[test]
fn other_colour_modes_are_read() {
    let mut spec = FileSpec::rgb(Form::Psd, 9, 2);
    (spec.mode, spec.depth, spec.channels) = (0, 1, 1);
    spec.merged = pack(Form::Psd, &[vec![0xF0, 0x80, 0x0F, 0x00]], 2, 1, Packing::Rle);
    let document = read(&spec);
    assert_eq!(document.header().depth, Depth::One);
    let planes = document.merged().planes(&Limits::default()).unwrap();
    assert_eq!(planes[0].samples, Samples::Bits(vec![0xF0, 0x80, 0x0F, 0x00]));

    let mut spec = FileSpec::rgb(Form::Psd, 1, 1);
    (spec.mode, spec.channels) = (2, 1);
    spec.color_mode_data = (0..3)
        .flat_map(|part| (0..=255).map(move |i: u8| i.wrapping_add(part)))
        .collect();
    spec.resources = vec![(1047, vec![0, 3])];
    let document = read(&spec);
    assert_eq!(document.header().color_mode, ColorMode::Indexed);
    assert_eq!(document.palette().unwrap().color(10), [10, 11, 12]);
    assert_eq!(document.resources().transparency_index(), Ok(Some(3)));
}

#[test]
fn limits_hold_before_anything_is_allocated() {
    let mut spec = FileSpec::rgb(Form::Psd, 4, 4);
    let huge = i32::MAX;
    let channels = vec![(0, vec![0, 2, 0x78, 0x9C])];
    spec.layers = vec![LayerSpec {
        rect: [-huge, -huge, huge, huge],
        channels,
        ..LayerSpec::default()
    }];
    let bytes = spec.build();
    let document = parse(bytes.clone(), &Limits::default()).unwrap();
    let layer = document.root().next().unwrap();
    let refused = layer.channel(ChannelId::FIRST, &Limits::default());
    assert!(
        matches!(
            refused,
            Err(PsdError::OverLimit {
                limit: Limit::Pixels,
                ..
            })
        ),
        "{refused:?}"
    );

    let no_layers = Limits {
        layers: 0,
        ..Limits::default()
    };
    let refused = parse(bytes.clone(), &no_layers).unwrap_err();
    assert_eq!(
        refused,
        PsdError::OverLimit {
            limit: Limit::Layers,
            wanted: 1,
            allowed: 0
        }
    );
    let short = Limits {
        file_bytes: 10,
        ..Limits::default()
    };
    assert!(matches!(
        parse(bytes, &short),
        Err(PsdError::OverLimit {
            limit: Limit::FileBytes,
            ..
        })
    ));

    let few_bytes = Limits {
        decoded_bytes: 47,
        ..Limits::default()
    };
    let refused = document.merged().planes(&few_bytes).unwrap_err();
    assert_eq!(
        refused,
        PsdError::OverLimit {
            limit: Limit::DecodedBytes,
            wanted: 48,
            allowed: 47
        }
    );
}

#[test]
fn errors_name_their_section() {
    assert_eq!(
        parse(b"GIF89a".to_vec(), &Limits::default()).unwrap_err(),
        PsdError::NotPsd
    );
    let mut spec = FileSpec::rgb(Form::Psd, 1, 1);
    spec.layers = vec![LayerSpec::default()];
    let bytes = spec.build();
    // Header, two empty sections, the lengths of section and layer info, the count.
    let record = 26 + 4 + 4 + 4 + 4 + 2;
    let mut broken = bytes.clone();
    broken[record + 18] = b'9';
    let error = parse(broken, &Limits::default()).unwrap_err();
    let Limits { layers, .. } = Limits::default();
    assert!(layers > 1);
    let PsdError::Malformed {
        section: Section::LayerRecords,
        offset,
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(offset, record as u64 + 22);
    let cut = parse(bytes[..bytes.len() - 10].to_vec(), &Limits::default()).unwrap_err();
    assert!(
        matches!(
            cut,
            PsdError::Truncated {
                section: Section::LayerRecords,
                ..
            }
        ),
        "{cut}"
    );
}

fn packing() -> impl Strategy<Value = Packing> {
    prop::sample::select(&Packing::ALL[..])
}

fn form() -> impl Strategy<Value = Form> {
    prop::sample::select(&[Form::Psd, Form::Psb][..])
}

fn native(plane: &[u8], depth: u16) -> Samples {
    match depth {
        8 => Samples::U8(plane.to_vec()),
        16 => Samples::U16(
            plane
                .chunks(2)
                .map(|b| u16::from_be_bytes([b[0], b[1]]))
                .collect(),
        ),
        _ => Samples::F32(
            plane
                .chunks(4)
                .map(|b| f32::from_be_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
        ),
    }
}

/// Pictures with runs in them: each byte is often the one before.
fn runs(bytes: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec((any::<u8>(), 0..4_u8), bytes).prop_map(|draws| {
        let mut last = 0;
        let byte = |(byte, fresh): (u8, u8)| {
            // Bit 30 of a float stays clear, so that no sample is NaN and all compare.
            last = if fresh == 0 { byte & 0x3F } else { last };
            last
        };
        draws.into_iter().map(byte).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_packing_at_every_depth_gives_the_samples_back(
        form in form(),
        packing in packing(),
        depth in prop::sample::select(&[8_u16, 16, 32][..]),
        (width, height, planes) in (1..300_u32, 1..5_u32).prop_flat_map(|(width, height)| {
            let bytes = width as usize * height as usize * 4;
            (Just(width), Just(height), prop::collection::vec(runs(bytes), 4))
        }),
    ) {
        let row = width as usize * usize::from(depth / 8);
        let planes: Vec<_> = planes.iter().map(|plane| plane[..row * height as usize].to_vec()).collect();
        let mut spec = FileSpec::rgb(form, width, height);
        (spec.depth, spec.channels, spec.merged_alpha) = (depth, 4, true);
        spec.merged = pack(form, &planes, row, depth, packing);
        let ids = [-1, 0, 1, 2];
        let channel = |(id, plane): (i16, &Vec<u8>)| {
            (id, pack(form, std::slice::from_ref(plane), row, depth, packing))
        };
        let channels = ids.into_iter().zip(&planes).map(channel).collect();
        let (bottom, right) = (i32::try_from(height).unwrap() - 3, i32::try_from(width).unwrap() + 5);
        spec.layers = vec![LayerSpec { rect: [-3, 5, bottom, right], channels, ..LayerSpec::default() }];
        let document = read(&spec);
        let limits = Limits::default();
        let layer = document.root().next().unwrap();
        for (plane, id) in planes.iter().zip(ids) {
            let decoded = layer.channel(ChannelId(id), &limits).unwrap().unwrap();
            prop_assert_eq!(decoded.size, Size::new(width, height));
            prop_assert_eq!(decoded.damaged_rows, 0);
            prop_assert_eq!(&decoded.samples, &native(plane, depth));
        }
        let merged = document.merged().planes(&limits).unwrap();
        for (plane, decoded) in planes.iter().zip(&merged) {
            prop_assert_eq!(&decoded.samples, &native(plane, depth));
        }
        prop_assert_eq!(document.merged().compression(), Ok(match packing {
            Packing::Raw => Compression::Raw,
            Packing::Rle => Compression::Rle,
            Packing::Zip => Compression::Zip,
            Packing::ZipPredicted => Compression::ZipPredicted,
        }));
        if depth == 8 {
            let mut out = vec![0xEE; row * height as usize * 4];
            let interleaved = |order: [usize; 4]| -> Vec<u8> {
                (0..row * height as usize).flat_map(|at| order.map(|plane| planes[plane][at])).collect()
            };
            prop_assert_eq!(layer.interleave_rgba8(&mut out, &limits), Ok(0));
            prop_assert_eq!(&out, &interleaved([1, 2, 3, 0]));
            prop_assert_eq!(document.merged().interleave_rgba8(&mut out, &limits), Ok(0));
            prop_assert_eq!(&out, &interleaved([0, 1, 2, 3]));
        }
    }
}
