//! Layer info: the records of all layers, then their channels.
//! Adobe Photoshop File Formats Specification, *Layer info* and *Layer records*.

use super::Rect;
use super::channel::{self, Compression};
use super::document::Builder;
use super::layer::{Content, Layer};
use super::mask::Mask;
use crate::bytes::{Ink, LengthField};

/// A layer as the file lists it: groups are taken apart into their two dividers.
struct Record<'a> {
    layer: &'a Layer,
    divider: Divider,
    id: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Divider {
    /// Not a divider.
    None,
    /// The hidden record below a group's layers.
    Below,
    /// The group's own record, with the divider's type.
    Group(u32),
}

/// The layer count, all records, all channels. A negative count says that the merged picture has transparency.
pub(super) fn write_layer_info(ink: &mut Ink, document: &Builder, layers: &[Layer], transparent: bool) {
    let mut records = Vec::new();
    flatten(layers, &mut records);
    let count = i16::try_from(records.len()).expect("under 32 Ki layers");
    ink.i16(if transparent { -count } else { count });
    let channels: Vec<Vec<(i16, Vec<u8>)>> = records
        .iter()
        .map(|record| encode_channels(document, record))
        .collect();
    for (record, channels) in records.iter().zip(&channels) {
        write_record(ink, document, record, channels);
    }
    channels.iter().flatten().for_each(|(_, bytes)| {
        ink.raw(bytes);
    });
}

fn flatten<'a>(layers: &'a [Layer], records: &mut Vec<Record<'a>>) {
    for layer in layers {
        let push = |divider, records: &mut Vec<Record<'a>>| {
            let id = u32::try_from(records.len() + 1).expect("under 4 Gi layers");
            records.push(Record { layer, divider, id });
        };
        if let Content::Group(children, kind) = &layer.content {
            push(Divider::Below, records);
            flatten(children, records);
            push(Divider::Group(*kind), records);
        } else {
            push(Divider::None, records);
        }
    }
}

/// Each channel's id and its bytes, the compression's number first.
fn encode_channels(document: &Builder, record: &Record<'_>) -> Vec<(i16, Vec<u8>)> {
    let layer = record.layer;
    let how = layer.compression.unwrap_or(document.compression);
    let encode = |plane: &[u8], rect: Rect, how: Compression| {
        let stride = document.depth.stride(rect.width());
        assert_eq!(
            plane.len(),
            stride * rect.height(),
            "a plane of {} fills its rectangle",
            layer.name
        );
        channel::encode(plane, stride, document.depth, how, document.format)
    };
    let ids = || -1..i16::try_from(document.mode.colors()).expect("few channels");
    let mut channels: Vec<(i16, Vec<u8>)> = match (&layer.content, record.divider) {
        (Content::Rgba(rgba), _) => {
            let alpha = document.depth.widen(rgba.chunks_exact(4).map(|pixel| pixel[3]));
            let planes = std::iter::once(alpha).chain(document.color_planes(rgba));
            ids()
                .zip(planes)
                .map(|(id, plane)| (id, encode(&plane, layer.rect, how)))
                .collect()
        }
        (Content::Planes(planes), _) => planes
            .iter()
            .map(|(id, plane)| (*id, encode(plane, layer.rect, how)))
            .collect(),
        (Content::Empty | Content::Group(..), _) => ids()
            .map(|id| (id, encode(&[], Rect::default(), Compression::Raw)))
            .collect(),
    };
    if let Some(mask) = shown_mask(record) {
        let depth = document.depth;
        channels.push((
            -2,
            encode(&depth.widen(mask.pixels.iter().copied()), mask.rect, how),
        ));
        if let Some(real) = &mask.real {
            channels.push((
                -3,
                encode(&depth.widen(real.pixels.iter().copied()), real.rect, how),
            ));
        }
    }
    channels
}

fn shown_mask<'a>(record: &Record<'a>) -> Option<&'a Mask> {
    record
        .layer
        .mask
        .as_ref()
        .filter(|_| record.divider != Divider::Below)
}

fn write_record(ink: &mut Ink, document: &Builder, record: &Record<'_>, channels: &[(i16, Vec<u8>)]) {
    let layer = record.layer;
    let below = record.divider == Divider::Below;
    if record.divider == Divider::None {
        layer.rect
    } else {
        Rect::default()
    }
    .write(ink);
    ink.u16(u16::try_from(channels.len()).expect("few channels"));
    for (id, bytes) in channels {
        ink.i16(*id).length(document.format.wide(), bytes.len());
    }
    let (blend, opacity) = if below {
        (b"norm", 255)
    } else {
        (&layer.blend, layer.opacity)
    };
    let clipping = u8::from(layer.clipped && !below);
    ink.raw(b"8BIM")
        .raw(blend)
        .u8(opacity)
        .u8(clipping)
        .u8(layer.flags)
        .u8(0);
    ink.block(LengthField::Four, |extra| {
        match shown_mask(record) {
            Some(mask) => mask.write(extra),
            None => drop_ref(extra.u32(0)),
        }
        extra.block(LengthField::Four, |ranges| match &layer.blending_ranges {
            Some(bytes) => drop_ref(ranges.raw(bytes)),
            // Black to white for this layer and the one below: grey first, then each colour and alpha.
            None => drop_ref(ranges.raw(&[0, 0, 255, 255].repeat(2 * (document.mode.colors() + 2)))),
        });
        let name = if below { "</Layer group>" } else { &layer.name };
        extra.pascal(name, 4);
        if layer.unicode_name {
            let mut luni = Ink::new();
            write_block(extra, *b"luni", &luni.unicode(name).pad(4).clone().into_bytes());
        }
        let id = if below {
            record.id
        } else {
            layer.id.unwrap_or(record.id)
        };
        write_block(extra, *b"lyid", &id.to_be_bytes());
        match record.divider {
            Divider::None => {}
            Divider::Below => write_block(extra, *b"lsct", &3_u32.to_be_bytes()),
            Divider::Group(kind) => {
                let mut lsct = Ink::new();
                lsct.u32(kind).raw(b"8BIM").raw(&layer.blend);
                write_block(extra, *b"lsct", &lsct.into_bytes());
            }
        }
        if !below {
            layer
                .blocks
                .iter()
                .for_each(|(key, bytes)| write_block(extra, *key, bytes));
        }
    });
}

/// A block of a layer record; its length is even, as the specification wants it.
fn write_block(ink: &mut Ink, key: [u8; 4], bytes: &[u8]) {
    ink.raw(b"8BIM")
        .raw(&key)
        .block(LengthField::Four, |body| drop_ref(body.raw(bytes).pad(2)));
}

/// Ends a chain of writes where a closure must give nothing back.
fn drop_ref(_: &mut Ink) {}

/// How much a mask lets through at a pixel of the canvas, 0 to 1; feather is left aside.
pub(super) fn mask_at(mask: &Mask, x: i64, y: i64) -> f64 {
    if mask.disabled {
        return 1.0;
    }
    let inside = x >= i64::from(mask.rect.left)
        && x < i64::from(mask.rect.right)
        && y >= i64::from(mask.rect.top)
        && y < i64::from(mask.rect.bottom);
    let offset = |at: i64, start: i32| usize::try_from(at - i64::from(start)).expect("inside");
    let value = if inside {
        mask.pixels[offset(y, mask.rect.top) * mask.rect.width() + offset(x, mask.rect.left)]
    } else {
        mask.default
    };
    let density = f64::from(mask.density.unwrap_or(255)) / 255.0;
    1.0 - density * (1.0 - f64::from(value) / 255.0)
}
