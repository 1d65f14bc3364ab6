//! A small writer of PSD and PSB bytes, as plain as can be, so that tests see what they read.

use std::io::Write as _;

/// The two forms of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Psd,
    Psb,
}

/// Bytes under construction.
pub(crate) struct Bytes(pub(crate) Form, pub(crate) Vec<u8>);

impl Bytes {
    pub(crate) fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.1.extend_from_slice(bytes);
        self
    }

    pub(crate) fn u16(&mut self, value: usize) -> &mut Self {
        self.put(&u16::try_from(value).unwrap().to_be_bytes())
    }

    pub(crate) fn u32(&mut self, value: usize) -> &mut Self {
        self.put(&u32::try_from(value).unwrap().to_be_bytes())
    }

    pub(crate) fn i32s(&mut self, values: &[i32]) -> &mut Self {
        values.iter().for_each(|value| self.1.extend(value.to_be_bytes()));
        self
    }

    /// 4 bytes in a PSD, 8 in a PSB.
    pub(crate) fn length(&mut self, value: usize) -> &mut Self {
        if self.0 == Form::Psb {
            self.u32(0);
        }
        self.u32(value)
    }
}

/// A tagged block whose length takes 4 bytes.
pub(crate) fn block(key: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = Bytes(Form::Psd, Vec::new());
    out.put(b"8BIM")
        .put(key)
        .u32(body.len().next_multiple_of(2))
        .put(body);
    if body.len() % 2 == 1 {
        out.put(&[0]);
    }
    out.1
}

/// A group marker.
pub(crate) fn divider(kind: u8, blend: &[u8; 4]) -> Vec<u8> {
    block(b"lsct", &[&[0, 0, 0, kind], &b"8BIM"[..], blend].concat())
}

/// A layer name.
pub(crate) fn luni(name: &str) -> Vec<u8> {
    let units: Vec<u16> = name.encode_utf16().collect();
    let mut body = Bytes(Form::Psd, Vec::new());
    body.u32(units.len());
    units.iter().for_each(|unit| body.1.extend(unit.to_be_bytes()));
    block(b"luni", &body.1)
}

/// How to pack a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Raw,
    Rle,
    Zip,
    ZipPredicted,
}

impl Packing {
    pub(crate) const ALL: [Self; 4] = [Self::Raw, Self::Rle, Self::Zip, Self::ZipPredicted];
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut coder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    coder.write_all(bytes).unwrap();
    coder.finish().unwrap()
}

/// PackBits with runs of 3 and more.
fn pack_row(row: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut literal = 0;
    let flush = |out: &mut Vec<u8>, bytes: &[u8]| {
        for piece in bytes.chunks(128) {
            out.push(u8::try_from(piece.len() - 1).unwrap());
            out.extend(piece);
        }
    };
    while at < row.len() {
        let run = row[at..]
            .iter()
            .take(128)
            .take_while(|byte| **byte == row[at])
            .count();
        if run >= 3 {
            flush(&mut out, &row[literal..at]);
            out.extend([u8::try_from(257 - run).unwrap(), row[at]]);
            at += run;
            literal = at;
        } else {
            at += 1;
        }
    }
    flush(&mut out, &row[literal..]);
    out
}

fn predict_row(row: &[u8], depth: u16) -> Vec<u8> {
    let differences = |row: &[u8]| {
        let before = std::iter::once(&0).chain(row);
        row.iter()
            .zip(before)
            .map(|(byte, before)| byte.wrapping_sub(*before))
            .collect::<Vec<_>>()
    };
    match depth {
        8 => differences(row),
        16 => {
            let samples: Vec<u16> = row.chunks(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect();
            let before = std::iter::once(&0).chain(&samples);
            let pairs = samples.iter().zip(before);
            pairs
                .flat_map(|(sample, before)| sample.wrapping_sub(*before).to_be_bytes())
                .collect()
        }
        _ => {
            let planes: Vec<u8> = (0..4)
                .flat_map(|plane| row.chunks(4).map(move |sample| sample[plane]))
                .collect();
            differences(&planes)
        }
    }
}

/// Planes of big-endian samples with their compression number, one after the other as in the merged
/// picture.
pub(crate) fn pack(
    form: Form,
    planes: &[Vec<u8>],
    row_bytes: usize,
    depth: u16,
    packing: Packing,
) -> Vec<u8> {
    let mut out = Bytes(form, Vec::new());
    let rows = || planes.iter().flat_map(|plane| plane.chunks(row_bytes.max(1)));
    match packing {
        Packing::Raw => {
            out.u16(0).put(&planes.concat());
        }
        Packing::Rle => {
            let rows: Vec<_> = rows().map(pack_row).collect();
            out.u16(1);
            for row in &rows {
                if form == Form::Psb {
                    out.u32(row.len())
                } else {
                    out.u16(row.len())
                };
            }
            out.put(&rows.concat());
        }
        Packing::Zip => {
            out.u16(2).put(&zlib(&planes.concat()));
        }
        Packing::ZipPredicted => {
            let rows: Vec<_> = rows().map(|row| predict_row(row, depth)).collect();
            out.u16(3).put(&zlib(&rows.concat()));
        }
    }
    out.1
}

/// One layer record and its channels, already packed.
#[derive(Clone, Debug)]
pub(crate) struct LayerSpec {
    pub(crate) rect: [i32; 4],
    pub(crate) channels: Vec<(i16, Vec<u8>)>,
    pub(crate) blend: [u8; 4],
    pub(crate) opacity: u8,
    pub(crate) clipping: u8,
    pub(crate) flags: u8,
    pub(crate) mask: Vec<u8>,
    pub(crate) ranges: Vec<u8>,
    pub(crate) name: Vec<u8>,
    pub(crate) blocks: Vec<u8>,
}

impl Default for LayerSpec {
    fn default() -> Self {
        Self {
            rect: [0; 4],
            channels: Vec::new(),
            blend: *b"norm",
            opacity: 255,
            clipping: 0,
            flags: 0,
            mask: Vec::new(),
            ranges: Vec::new(),
            name: b"layer".to_vec(),
            blocks: Vec::new(),
        }
    }
}

/// A whole file.
#[derive(Clone, Debug)]
pub(crate) struct FileSpec {
    pub(crate) form: Form,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) depth: u16,
    pub(crate) mode: u16,
    pub(crate) color_mode_data: Vec<u8>,
    pub(crate) resources: Vec<(u16, Vec<u8>)>,
    pub(crate) layers: Vec<LayerSpec>,
    pub(crate) merged_alpha: bool,
    /// Write the layers into this block instead of the layer info section.
    pub(crate) layers_in: Option<[u8; 4]>,
    pub(crate) blocks: Vec<u8>,
    pub(crate) channels: u16,
    pub(crate) merged: Vec<u8>,
}

impl FileSpec {
    /// An 8-bit RGB file without layers, its merged picture raw and black.
    pub(crate) fn rgb(form: Form, width: u32, height: u32) -> Self {
        Self {
            form,
            width,
            height,
            depth: 8,
            mode: 3,
            color_mode_data: Vec::new(),
            resources: Vec::new(),
            layers: Vec::new(),
            merged_alpha: false,
            layers_in: None,
            blocks: Vec::new(),
            channels: 3,
            merged: vec![0; 2 + 3 * width as usize * height as usize],
        }
    }

    fn layer_info(&self) -> Vec<u8> {
        let mut out = Bytes(self.form, Vec::new());
        let count = i16::try_from(self.layers.len()).unwrap();
        out.put(&(if self.merged_alpha { -count } else { count }).to_be_bytes());
        for layer in &self.layers {
            out.i32s(&layer.rect).u16(layer.channels.len());
            for (id, bytes) in &layer.channels {
                out.put(&id.to_be_bytes()).length(bytes.len());
            }
            out.put(b"8BIM")
                .put(&layer.blend)
                .put(&[layer.opacity, layer.clipping, layer.flags, 0]);
            let mut extra = Bytes(self.form, Vec::new());
            extra.u32(layer.mask.len()).put(&layer.mask);
            extra.u32(layer.ranges.len()).put(&layer.ranges);
            extra
                .put(&[u8::try_from(layer.name.len()).unwrap()])
                .put(&layer.name);
            extra.put(&vec![
                0;
                (layer.name.len() + 1).next_multiple_of(4)
                    - layer.name.len()
                    - 1
            ]);
            extra.put(&layer.blocks);
            out.u32(extra.1.len()).put(&extra.1);
        }
        for (_, bytes) in self.layers.iter().flat_map(|layer| &layer.channels) {
            out.put(bytes);
        }
        if out.1.len() % 2 == 1 {
            out.put(&[0]);
        }
        out.1
    }

    /// The bytes of the file.
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut out = Bytes(self.form, Vec::new());
        out.put(b"8BPS")
            .u16(if self.form == Form::Psb { 2 } else { 1 })
            .put(&[0; 6]);
        out.u16(self.channels.into())
            .u32(self.height as usize)
            .u32(self.width as usize);
        out.u16(self.depth.into()).u16(self.mode.into());
        out.u32(self.color_mode_data.len()).put(&self.color_mode_data);
        let mut resources = Bytes(self.form, Vec::new());
        for (id, body) in &self.resources {
            resources
                .put(b"8BIM")
                .u16((*id).into())
                .put(&[0, 0])
                .u32(body.len())
                .put(body);
            resources.put(&vec![0; body.len() % 2]);
        }
        out.u32(resources.1.len()).put(&resources.1);
        let mut section = Bytes(self.form, Vec::new());
        let info = self.layer_info();
        match self.layers_in {
            None => section.length(info.len()).put(&info).u32(0),
            Some(key) => section
                .length(0)
                .u32(0)
                .put(b"8BIM")
                .put(&key)
                .length(info.len())
                .put(&info),
        };
        section.put(&vec![0; section.1.len().next_multiple_of(4) - section.1.len()]);
        section.put(&self.blocks);
        out.length(section.1.len()).put(&section.1);
        out.put(&self.merged);
        out.1
    }
}
