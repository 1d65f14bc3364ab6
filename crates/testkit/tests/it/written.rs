//! Written PSDs, walked by a reader of our own that trusts nothing but lengths: every section, record, channel and
//! block must end exactly where its length says.

use std::io::Read as _;

use flate2::read::ZlibDecoder;
use marquetry_testkit::psd::{BLEND_KEYS, Builder, Compression, Depth, Format, Layer, Mode, Rect, specimen};

/// Reads forwards; panics at the end, as a test may.
struct Walk<'a>(&'a [u8]);

impl<'a> Walk<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn number(&mut self, width: usize) -> usize {
        self.take(width)
            .iter()
            .fold(0, |number, byte| number << 8 | usize::from(*byte))
    }

    fn block(&mut self, width: usize) -> Self {
        let length = self.number(width);
        Self(self.take(length))
    }

    fn signed(&mut self) -> i32 {
        i32::from_be_bytes(self.take(4).try_into().unwrap())
    }
}

struct Seen {
    name: String,
    blend: Vec<u8>,
    opacity: u8,
    clipping: u8,
    flags: u8,
    rect: [i32; 4],
    channels: Vec<(i16, Vec<u8>)>,
    mask_length: usize,
    blocks: Vec<(Vec<u8>, Vec<u8>)>,
}

struct Document {
    transparent: bool,
    layers: Vec<Seen>,
    blocks: Vec<Vec<u8>>,
    resources: Vec<usize>,
    merged: Vec<u8>,
}

/// Bytes of a sample and the width of wide lengths.
#[derive(Clone, Copy)]
struct Shape {
    sample: usize,
    wide: usize,
}

fn walk(bytes: &[u8]) -> Document {
    let mut file = Walk(bytes);
    assert_eq!(file.take(4), b"8BPS");
    let shape_wide = if file.number(2) == 2 { 8 } else { 4 };
    assert_eq!(file.take(6), [0; 6]);
    let (channels, height, width) = (file.number(2), file.number(4), file.number(4));
    let shape = Shape {
        sample: file.number(2) / 8,
        wide: shape_wide,
    };
    file.number(2);
    file.block(4);
    let mut section = file.block(4);
    let mut resources = Vec::new();
    while !section.0.is_empty() {
        assert_eq!(section.take(4), b"8BIM");
        resources.push(section.number(2));
        assert_eq!(section.take(2), [0, 0]);
        let length = section.number(4);
        section.take(length.next_multiple_of(2));
    }
    let mut section = file.block(shape.wide);
    let mut info = section.block(shape.wide);
    let mut document = Document {
        transparent: false,
        layers: Vec::new(),
        blocks: Vec::new(),
        resources,
        merged: Vec::new(),
    };
    if !info.0.is_empty() {
        walk_layers(&mut info, shape, &mut document);
    }
    section.block(4);
    while !section.0.is_empty() {
        assert_eq!(section.take(4), b"8BIM");
        let key = section.take(4);
        let wide = [b"Lr16", b"Lr32", b"Mt16", b"Mt32", b"lnk2", b"lnkE"]
            .iter()
            .any(|wide| *wide == key);
        let length = section.number(if wide { shape.wide } else { 4 });
        let mut body = Walk(section.take(length));
        section.take(length.next_multiple_of(4) - length);
        document.blocks.push(key.to_vec());
        match key {
            b"Lr16" | b"Lr32" => walk_layers(&mut body, shape, &mut document),
            b"lnk2" | b"lnkE" => {
                while !body.0.is_empty() {
                    let length = body.number(8);
                    body.take(length.next_multiple_of(4));
                }
            }
            _ => {}
        }
    }
    document.merged = unpack(file.0, channels * height, width * shape.sample, shape);
    document
}

fn walk_layers(info: &mut Walk<'_>, shape: Shape, document: &mut Document) {
    let count = i16::from_be_bytes(info.take(2).try_into().unwrap());
    document.transparent = count < 0;
    let mut lengths = Vec::new();
    for _ in 0..count.unsigned_abs() {
        let rect = [0; 4].map(|_| info.signed());
        let channels: Vec<(i16, usize)> = (0..info.number(2))
            .map(|_| {
                (
                    i16::from_be_bytes(info.take(2).try_into().unwrap()),
                    info.number(shape.wide),
                )
            })
            .collect();
        assert_eq!(info.take(4), b"8BIM");
        let blend = info.take(4).to_vec();
        let &[opacity, clipping, flags, 0] = info.take(4) else {
            panic!("the filler is zero")
        };
        let mut extra = info.block(4);
        let mask_length = extra.block(4).0.len();
        extra.block(4);
        let name_length = extra.0[0] as usize;
        extra.take((name_length + 1).next_multiple_of(4));
        let (mut blocks, mut name) = (Vec::new(), String::new());
        while !extra.0.is_empty() {
            assert_eq!(extra.take(4), b"8BIM");
            let key = extra.take(4).to_vec();
            let mut body = extra.block(4);
            assert_eq!(body.0.len() % 2, 0, "blocks of a layer have even lengths");
            blocks.push((key.clone(), body.0.to_vec()));
            if key == b"luni" {
                let units: Vec<u16> = (0..body.number(4))
                    .map(|_| u16::from_be_bytes(body.take(2).try_into().unwrap()))
                    .collect();
                name = String::from_utf16(&units).unwrap();
            }
        }
        lengths.push(channels);
        let channels = Vec::new();
        document.layers.push(Seen {
            name,
            blend,
            opacity,
            clipping,
            flags,
            rect,
            channels,
            mask_length,
            blocks,
        });
    }
    for (layer, channels) in document.layers.iter_mut().zip(lengths) {
        for (id, length) in channels {
            let bytes = info.take(length);
            let [top, left, bottom, right] = layer.rect;
            let of_layer = id >= -1 && !bytes[2..].is_empty();
            let samples = if of_layer {
                let rows = usize::try_from(bottom - top).unwrap();
                unpack(
                    bytes,
                    rows,
                    usize::try_from(right - left).unwrap() * shape.sample,
                    shape,
                )
            } else {
                bytes.to_vec()
            };
            layer.channels.push((id, samples));
        }
    }
    assert!(
        info.0.len() < 4 && info.0.iter().all(|byte| *byte == 0),
        "only padding is left"
    );
}

/// Samples of `rows` rows of `stride` bytes.
fn unpack(bytes: &[u8], rows: usize, stride: usize, shape: Shape) -> Vec<u8> {
    let mut walk = Walk(bytes);
    let how = walk.number(2);
    let inflate = |bytes: &[u8]| {
        let mut out = Vec::new();
        ZlibDecoder::new(bytes).read_to_end(&mut out).unwrap();
        out
    };
    let samples = match how {
        0 => walk.0.to_vec(),
        1 => {
            let lengths: Vec<usize> = (0..rows).map(|_| walk.number(shape.wide / 2)).collect();
            let out: Vec<u8> = lengths
                .iter()
                .flat_map(|length| unpack_row(walk.take(*length)))
                .collect();
            assert!(walk.0.is_empty(), "row lengths cover all rows");
            out
        }
        2 => inflate(walk.0),
        _ => inflate(walk.0)
            .chunks(stride)
            .flat_map(|row| sum_up(row, shape.sample))
            .collect(),
    };
    assert_eq!(samples.len(), rows * stride);
    samples
}

fn unpack_row(row: &[u8]) -> Vec<u8> {
    let (mut walk, mut out) = (Walk(row), Vec::new());
    while !walk.0.is_empty() {
        match walk.number(1) {
            count @ 0..=127 => out.extend(walk.take(count + 1)),
            count => out.extend([walk.number(1) as u8].repeat(257 - count)),
        }
    }
    out
}

fn sum_up(row: &[u8], sample: usize) -> Vec<u8> {
    let mut row = row.to_vec();
    if sample == 2 {
        for at in (2..row.len()).step_by(2) {
            let before = u16::from_be_bytes([row[at - 2], row[at - 1]]);
            let sum = u16::from_be_bytes([row[at], row[at + 1]]).wrapping_add(before);
            row[at..at + 2].copy_from_slice(&sum.to_be_bytes());
        }
        return row;
    }
    (1..row.len()).for_each(|at| row[at] = row[at].wrapping_add(row[at - 1]));
    if sample == 4 {
        let quarter = row.len() / 4;
        return (0..row.len()).map(|at| row[at % 4 * quarter + at / 4]).collect();
    }
    row
}

#[test]
fn every_length_holds_in_every_format_depth_mode_and_compression() {
    let names = [
        "Hintergründe",
        "</Layer group>",
        "ramp",
        "above",
        "</Layer group>",
        "fill",
        "inner",
        "group",
        "outside",
        "design",
        "beside",
        "text",
    ];
    for format in [Format::Psd, Format::Psb] {
        for depth in [Depth::Eight, Depth::Sixteen, Depth::ThirtyTwo] {
            for mode in [Mode::Rgb, Mode::Grey, Mode::Cmyk] {
                for compression in Compression::ALL {
                    let seen = walk(&specimen(format, depth, mode, compression));
                    assert_eq!(
                        seen.layers.iter().map(|layer| &layer.name).collect::<Vec<_>>(),
                        names
                    );
                    let (id, first) = &seen.layers[2].channels[1];
                    let first_row: Vec<u8> = (0..20_u8).map(|x| x * 12).collect();
                    let sample = first.len() / 200;
                    let tops: Vec<u8> = match depth {
                        Depth::ThirtyTwo => first[..80]
                            .chunks(4)
                            .map(|b| (f32::from_be_bytes(b.try_into().unwrap()) * 255.0).round() as u8)
                            .collect(),
                        _ => first[..20 * sample].iter().step_by(sample).copied().collect(),
                    };
                    assert_eq!(
                        (*id, tops),
                        (0, first_row),
                        "{format:?} {depth:?} {mode:?} {compression:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn records_say_what_the_builder_was_told() {
    let seen = walk(&specimen(Format::Psd, Depth::Eight, Mode::Rgb, Compression::Rle));
    let layer = |name: &str| seen.layers.iter().find(|layer| layer.name == name).unwrap();
    let ramp = layer("ramp");
    assert_eq!(
        (ramp.blend.as_slice(), ramp.opacity, ramp.clipping),
        (b"mul ".as_slice(), 153, 0)
    );
    assert_eq!(ramp.rect, [4, 3, 14, 23]);
    // 18 bytes, the parameters' flags, density and feather, padded to four.
    assert_eq!(ramp.mask_length, 28);
    assert!(
        ramp.blocks
            .iter()
            .any(|(key, body)| key == b"iOpa" && body[0] == 200)
    );
    assert_eq!((layer("above").clipping, layer("above").flags & 2), (1, 2));
    assert_eq!(layer("group").blend, b"pass");
    assert_eq!(
        layer("outside")
            .channels
            .iter()
            .map(|(id, _)| *id)
            .collect::<Vec<_>>(),
        [-1, 0, 1, 2, -2, -3]
    );
    let keys = |name: &str| {
        layer(name)
            .blocks
            .iter()
            .map(|(key, _)| key.clone())
            .collect::<Vec<_>>()
    };
    assert!(keys("design").contains(&b"SoLd".to_vec()) && keys("beside").contains(&b"SoLE".to_vec()));
    assert!(keys("text").contains(&b"TySh".to_vec()) && keys("fill").contains(&b"SoCo".to_vec()));
    assert_eq!(seen.blocks, [b"lnk2".to_vec(), b"lnkE".to_vec()]);
    assert_eq!(seen.resources, [1005, 1057]);
}

#[test]
fn a_clear_merged_picture_turns_the_count_negative() {
    let mut document = Builder::new(2, 1).merged(vec![1, 2, 3, 4, 5, 6, 7, 255]);
    document.push(Layer::raster("a", Rect::new(0, 0, 1, 1), vec![9; 4]));
    let seen = walk(&document.to_bytes());
    assert!(seen.transparent);
    assert_eq!(seen.merged, [1, 5, 2, 6, 3, 7, 4, 255]);
}

#[test]
fn the_plain_merged_picture_lies_layer_over_layer() {
    let mut document = Builder::new(2, 1);
    document.push(Layer::raster(
        "ground",
        Rect::new(0, 0, 2, 1),
        [100, 0, 0, 255].repeat(2),
    ));
    document.push(Layer::raster("half", Rect::new(1, 0, 3, 1), [200, 0, 0, 255].repeat(3)).opacity(51));
    document.push(Layer::raster("hidden", Rect::new(0, 0, 1, 1), vec![255; 4]).hidden());
    let seen = walk(&document.to_bytes());
    assert!(!seen.transparent);
    assert_eq!(seen.merged[..2], [100, 120]);
}

#[test]
fn there_are_twenty_eight_blend_keys() {
    let mut keys = BLEND_KEYS.to_vec();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 28);
}
