//! Files made by hand: every kind of PNG there is, and boxes around other people's chunks.

use marquetry_codec::{Chroma, Effort, Encoding, Format, Quality, encode};

use crate::pictures::{scenery, scenery_with_hole};

/// CRC-32 as PNG uses it.
pub(crate) fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
        }
    }
    !crc
}

fn adler(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    b << 16 | a
}

/// A zlib stream that stores and does not compress.
pub(crate) fn zlib_stored(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        stream.push(u8::from(blocks.peek().is_none()));
        let length = u16::try_from(block.len()).unwrap();
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler(bytes).to_be_bytes());
    stream
}

/// One chunk of a PNG.
pub(crate) fn png_chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    let mut checked = name.to_vec();
    checked.extend(body);
    chunk.extend(&checked);
    chunk.extend(crc(&checked).to_be_bytes());
    chunk
}

/// The first bytes of a PNG of any claim.
pub(crate) fn png_start(width: u32, height: u32, depth: u8, colour: u8, interlaced: bool) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut ihdr = width.to_be_bytes().to_vec();
    ihdr.extend(height.to_be_bytes());
    ihdr.extend([depth, colour, 0, 0, u8::from(interlaced)]);
    file.extend(png_chunk(b"IHDR", &ihdr));
    file
}

/// A PNG of any colour type and depth. `extra` are chunks between header and pixels; `sample` gives
/// the value of a channel at a place.
pub(crate) fn png_by_hand(
    (width, height): (u32, u32),
    depth: u8,
    colour: u8,
    interlaced: bool,
    extra: &[u8],
    sample: impl Fn(u32, u32, u32) -> u16,
) -> Vec<u8> {
    let channels = match colour {
        0 | 3 => 1,
        4 => 2,
        2 => 3,
        _ => 4,
    };
    // Start and step of each pass, x then y.
    let adam7 = [
        (0, 8, 0, 8),
        (4, 8, 0, 8),
        (0, 4, 4, 8),
        (2, 4, 0, 4),
        (0, 2, 2, 4),
        (1, 2, 0, 2),
        (0, 1, 1, 2),
    ];
    let plain = [(0, 1, 0, 1)];
    let passes: &[(u32, usize, u32, usize)] = if interlaced { &adam7 } else { &plain };
    let mut raw = Vec::new();
    for &(left, across, top, down) in passes {
        if left >= width {
            continue;
        }
        for y in (top..height).step_by(down) {
            raw.push(0);
            let (mut held, mut bits) = (0u32, 0u8);
            for x in (left..width).step_by(across) {
                for channel in 0..channels {
                    let value = sample(x, y, channel);
                    if depth == 16 {
                        raw.extend(value.to_be_bytes());
                        continue;
                    }
                    held = held << depth | u32::from(value);
                    bits += depth;
                    if bits == 8 {
                        raw.push(u8::try_from(held).unwrap());
                        (held, bits) = (0, 0);
                    }
                }
            }
            if bits > 0 {
                raw.push(u8::try_from(held << (8 - bits)).unwrap());
            }
        }
    }
    let mut file = png_start(width, height, depth, colour, interlaced);
    file.extend(extra);
    file.extend(png_chunk(b"IDAT", &zlib_stored(&raw)));
    file.extend(png_chunk(b"IEND", b""));
    file
}

/// Puts a segment right behind the start of a JPEG.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let mut file = jpeg[..2].to_vec();
    file.extend([0xff, marker]);
    file.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
    file.extend(body);
    file.extend(&jpeg[2..]);
    file
}

/// An EXIF block that says nothing but the orientation.
pub(crate) fn exif_orientation(number: u8) -> Vec<u8> {
    let mut block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    block.extend([number, 0, 0, 0, 0, 0, 0]);
    block
}

/// One chunk of a WebP, padded.
pub(crate) fn riff_chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = name.to_vec();
    chunk.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    chunk.extend(body);
    if body.len() % 2 == 1 {
        chunk.push(0);
    }
    chunk
}

/// A WebP around `chunks`.
pub(crate) fn riff(chunks: &[u8]) -> Vec<u8> {
    let mut file = b"RIFF".to_vec();
    file.extend(u32::try_from(chunks.len() + 4).unwrap().to_le_bytes());
    file.extend(b"WEBP");
    file.extend(chunks);
    file
}

/// The header of an extended WebP.
pub(crate) fn vp8x(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let mut body = vec![flags, 0, 0, 0];
    body.extend(&(width - 1).to_le_bytes()[..3]);
    body.extend(&(height - 1).to_le_bytes()[..3]);
    riff_chunk(b"VP8X", &body)
}

/// A frame of an animated WebP at the top left.
pub(crate) fn anmf(width: u32, height: u32, chunks: &[u8]) -> Vec<u8> {
    let mut body = vec![0; 6];
    body.extend(&(width - 1).to_le_bytes()[..3]);
    body.extend(&(height - 1).to_le_bytes()[..3]);
    body.extend([40, 0, 0, 0]);
    body.extend(chunks);
    riff_chunk(b"ANMF", &body)
}

/// An animated WebP: the picture of `first`, then that of `second`, both bare lossy files of one size.
pub(crate) fn animated_webp((width, height): (u32, u32), first: &[u8], second: &[u8]) -> Vec<u8> {
    let mut chunks = vp8x(0x02, width, height);
    chunks.extend(riff_chunk(b"ANIM", &[0; 6]));
    chunks.extend(anmf(width, height, &first[12..]));
    chunks.extend(anmf(width, height, &second[12..]));
    riff(&chunks)
}

/// A progressive JPEG.
pub(crate) fn progressive_jpeg(width: u32, height: u32) -> Vec<u8> {
    let raster = scenery(width, height);
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 90);
    encoder.set_progressive(true);
    encoder
        .encode(
            raster.bytes(),
            u16::try_from(width).unwrap(),
            u16::try_from(height).unwrap(),
            jpeg_encoder::ColorType::Rgba,
        )
        .unwrap();
    file
}

/// A JPEG of any colour type that `jpeg-encoder` writes.
pub(crate) fn jpeg_of(width: u16, height: u16, pixels: &[u8], colour: jpeg_encoder::ColorType) -> Vec<u8> {
    let mut file = Vec::new();
    jpeg_encoder::Encoder::new(&mut file, 100)
        .encode(pixels, width, height, colour)
        .unwrap();
    file
}

/// A GIF of two frames: the first as big as the screen, the second anywhere.
pub(crate) fn animated_gif() -> Vec<u8> {
    use image::codecs::gif::GifEncoder;
    use image::{Frame, RgbaImage};
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new(&mut file);
    for red in [250, 10] {
        let mut frame = RgbaImage::from_pixel(24, 16, image::Rgba([red, 20, 30, 255]));
        frame.put_pixel(3, 5, image::Rgba([0, 0, 0, 0]));
        encoder.encode_frame(Frame::new(frame)).unwrap();
    }
    drop(encoder);
    file
}

/// A sound file of every kind that takes another way through the code.
pub(crate) fn sound_files() -> Vec<(&'static str, Vec<u8>)> {
    let solid = scenery(45, 37);
    let holed = scenery_with_hole(45, 37);
    let quality = Quality::new(85).unwrap();
    let write = |raster, format| encode(raster, &Encoding::new(format)).unwrap();
    let lossy = Format::Webp {
        quality,
        effort: Effort::default(),
    };
    let mut lossless = Vec::new();
    image_webp::WebPEncoder::new(&mut lossless)
        .encode(holed.bytes(), 45, 37, image_webp::ColorType::Rgba8)
        .unwrap();
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let dressed = |format| {
        let encoding = Encoding {
            format,
            dpi: marquetry_codec::Dpi::new(300.0),
            icc: Some(&profile),
        };
        encode(&holed, &encoding).unwrap()
    };
    let bare = write(&solid, lossy);
    let palette: Vec<u8> = (0..=255).flat_map(|i| [i, 255 - i, 7]).collect();
    let mut indexed = png_chunk(b"PLTE", &palette);
    indexed.extend(png_chunk(b"tRNS", &[0, 128]));
    let cmyk: Vec<u8> = holed.bytes().to_vec();
    vec![
        ("png rgb", write(&solid, Format::Png)),
        ("png rgba", write(&holed, Format::Png)),
        ("png with profile", dressed(Format::Png)),
        (
            "png interlaced 16 bit",
            png_by_hand((13, 11), 16, 6, true, b"", |x, y, c| {
                u16::try_from((x * 5000 + y * 300 + c * 77) & 0xffff).unwrap()
            }),
        ),
        (
            "png indexed",
            png_by_hand((13, 11), 8, 3, false, &indexed, |x, y, _| {
                u16::try_from(x * y).unwrap()
            }),
        ),
        ("jpeg 4:2:0", write(&solid, Format::jpeg(quality))),
        (
            "jpeg 4:4:4",
            write(
                &solid,
                Format::Jpeg {
                    quality,
                    chroma: Chroma::Full,
                },
            ),
        ),
        ("jpeg with profile", dressed(Format::jpeg(quality))),
        ("jpeg progressive", progressive_jpeg(45, 37)),
        ("jpeg cmyk", jpeg_of(45, 37, &cmyk, jpeg_encoder::ColorType::Cmyk)),
        (
            "jpeg ycck",
            jpeg_of(45, 37, &cmyk, jpeg_encoder::ColorType::CmykAsYcck),
        ),
        (
            "jpeg on its side",
            with_segment(
                &write(&solid, Format::jpeg(quality)),
                0xe1,
                &[b"Exif\0\0".to_vec(), exif_orientation(6)].concat(),
            ),
        ),
        ("webp lossy", bare.clone()),
        ("webp lossy with alpha", write(&holed, lossy)),
        ("webp with profile", dressed(lossy)),
        ("webp lossless", lossless),
        ("webp animated", animated_webp((45, 37), &bare, &bare)),
        ("gif animated", animated_gif()),
    ]
}
