//! Writes the seed corpus: small files of every kind that the project itself can make.
//! `seeds [FOLDER]`, by default `fuzz/corpus`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use marquetry_codec::{Dpi, Encoding, Format, Quality, encode};
use marquetry_pixel::{Raster, Size};
use marquetry_testkit::psd::effect;
use marquetry_testkit::tricks::{TRICKS, aimed};
use marquetry_testkit::psd::{
    Builder, Compression, Depth, Format as PsdFormat, Layer, Mask, Mode, Rect, gradient, gradient_fill,
    specimen,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("fuzz/corpus"), PathBuf::from);
    let [psd, codec, draw] = ["psd", "codec", "draw"].map(|target| folder.join(target));
    for folder in [&psd, &codec, &draw] {
        fs::create_dir_all(folder)?;
    }
    for format in [PsdFormat::Psd, PsdFormat::Psb] {
        for depth in [Depth::Eight, Depth::Sixteen, Depth::ThirtyTwo] {
            for mode in [Mode::Rgb, Mode::Grey, Mode::Cmyk] {
                for compression in Compression::ALL {
                    let name = format!("{format:?}-{depth:?}-{mode:?}-{compression:?}").to_lowercase();
                    let file = specimen(format, depth, mode, compression);
                    fs::write(draw.join(&name), &file)?;
                    fs::write(psd.join(name), file)?;
                }
            }
        }
    }
    for (name, file) in dressed() {
        fs::write(draw.join(name), file)?;
    }
    for (alpha, name) in [(255, "opaque"), (90, "soft")] {
        let mut raster = Raster::new(Size::new(23, 17));
        for (at, pixel) in raster.pixels_mut().iter_mut().enumerate() {
            *pixel = [
                (at * 7 % 256) as u8,
                (at / 23 * 15) as u8,
                (at % 5 * 50) as u8,
                alpha,
            ];
        }
        let quality = Quality::new(80).unwrap_or_default();
        for (format, ending) in [
            (Format::Png, "png"),
            (Format::jpeg(quality), "jpg"),
            (Format::webp(quality), "webp"),
        ] {
            let encoding = Encoding {
                dpi: Dpi::new(300.0),
                ..Encoding::new(format)
            };
            fs::write(
                codec.join(format!("{name}.{ending}")),
                encode(&raster, &encoding)?,
            )?;
        }
    }
    // A GIF of one black pixel and one white one: header, palette of two, one frame.
    let gif = b"GIF89a\x02\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x02\0\x01\0\0\x02\x02\x0c\n\0;";
    fs::write(codec.join("two.gif"), gif)?;
    let url = folder.join("url");
    fs::create_dir_all(&url)?;
    for (number, (trick, _)) in TRICKS.iter().enumerate() {
        // With addresses behind it: a public one, a private one, loopback.
        let mut seed = aimed(trick, 80).into_bytes();
        seed.push(0);
        for address in [[93, 184, 215, 14], [10, 0, 0, 1], [127, 0, 0, 1]] {
            seed.extend_from_slice(&[[4; 4], [4; 4], [4; 4], address].concat());
        }
        fs::write(url.join(format!("trick-{number:03}")), seed)?;
    }
    let text = folder.join("text");
    fs::create_dir_all(&text)?;
    let fonts: [(&str, &[u8], &str); 5] = [
        (
            "latin",
            include_bytes!("../../../crates/text/fonts/Arimo-Regular.ttf"),
            "AV To fi\u{2028}1 \u{5d0}\u{5d1} x\u{301}",
        ),
        (
            "garamond",
            include_bytes!("../../../crates/text/tests/fonts/EBGaramond-few.ttf"),
            "affil AV toe",
        ),
        (
            "woff",
            include_bytes!("../../../crates/text/tests/fonts/EBGaramond-few.woff"),
            "fi",
        ),
        (
            "woff2",
            include_bytes!("../../../crates/text/tests/fonts/EBGaramond-few.woff2"),
            "fi",
        ),
        (
            "arabic",
            include_bytes!("../../../crates/text/tests/fonts/NotoSansArabic-few.ttf"),
            "\u{633}\u{644}\u{627}\u{645}",
        ),
    ];
    for (name, font, words) in fonts {
        let mut case = u16::try_from(words.len())?.to_le_bytes().to_vec();
        case.extend(words.bytes());
        case.push(0);
        case.extend(font);
        fs::write(text.join(name), case)?;
    }
    let template = folder.join("template");
    fs::create_dir_all(&template)?;
    let examples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/templates");
    for entry in fs::read_dir(&examples)? {
        let path = entry?.path();
        let Some(name) = path.file_name().filter(|_| path.is_file()) else {
            continue;
        };
        let values = fs::read(examples.join("fields").join(name))?;
        let mut case = u16::try_from(values.len())?.to_le_bytes().to_vec();
        case.extend(values);
        case.extend(fs::read(&path)?);
        fs::write(template.join(name), case)?;
    }
    println!("seeds are in {}", folder.display());
    Ok(())
}

/// A document for each kind of effect, and one with masks, a gradient and adjustments.
fn dressed() -> Vec<(String, Vec<u8>)> {
    let square = || Layer::raster("square", Rect::new(6, 5, 12, 10), [200, 60, 90, 230].repeat(120));
    let kinds = [
        effect::drop_shadow(3.0, 5.0),
        effect::inner_shadow(3.0, 5.0),
        effect::outer_glow(6.0),
        effect::inner_glow(6.0),
        effect::satin(4.0, 5.0),
        effect::colour_overlay(60.0, [10, 90, 240]),
        effect::edge_stroke("CtrF", 3.0),
        effect::bevel(4.0),
    ];
    let mut files: Vec<_> = kinds
        .into_iter()
        .map(|kind| {
            let name = kind.0.trim().to_lowercase();
            let mut file = Builder::new(24, 20);
            file.push(square().effects(&effect::effects([kind], true)));
            (name, file.to_bytes())
        })
        .collect();
    let mut mixed = Builder::new(24, 20);
    let sky = gradient_fill(
        "Rdl ",
        30.0,
        gradient(&[(0.0, [0, 0, 90]), (1.0, [250, 200, 90])]),
    );
    mixed.push(Layer::empty("sky").block(b"GdFl", sky.to_versioned_bytes()));
    let mask = Mask {
        feather: Some(2.5),
        density: Some(200),
        ..Mask::new(Rect::new(4, 4, 9, 9), vec![180; 81])
    };
    mixed.push(square().fill(120).mask(mask).blend(b"sLit"));
    mixed.push(Layer::empty("invert").block(b"nvrt", Vec::new()).clipped());
    mixed.push(Layer::empty("steps").block(b"post", vec![0, 5, 0, 0]));
    files.push(("mixed".to_owned(), mixed.to_bytes()));
    files
}
