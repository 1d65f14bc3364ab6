//! Writes the seed corpus: small files of every kind that the project itself can make.
//! `seeds [FOLDER]`, by default `fuzz/corpus`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use marquetry_codec::{Dpi, Encoding, Format, Quality, encode};
use marquetry_pixel::{Raster, Size};
use marquetry_testkit::psd::{Compression, Depth, Format as PsdFormat, Mode, specimen};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("fuzz/corpus"), PathBuf::from);
    let (psd, codec) = (folder.join("psd"), folder.join("codec"));
    fs::create_dir_all(&psd)?;
    fs::create_dir_all(&codec)?;
    for format in [PsdFormat::Psd, PsdFormat::Psb] {
        for depth in [Depth::Eight, Depth::Sixteen, Depth::ThirtyTwo] {
            for mode in [Mode::Rgb, Mode::Grey, Mode::Cmyk] {
                for compression in Compression::ALL {
                    let name = format!("{format:?}-{depth:?}-{mode:?}-{compression:?}").to_lowercase();
                    fs::write(psd.join(name), specimen(format, depth, mode, compression))?;
                }
            }
        }
    }
    for (alpha, name) in [(255, "opaque"), (90, "soft")] {
        let mut raster = Raster::new(Size::new(23, 17));
        for (at, pixel) in raster.pixels_mut().iter_mut().enumerate() {
            *pixel = [(at * 7 % 256) as u8, (at / 23 * 15) as u8, (at % 5 * 50) as u8, alpha];
        }
        let quality = Quality::new(80).unwrap_or_default();
        for (format, ending) in
            [(Format::Png, "png"), (Format::jpeg(quality), "jpg"), (Format::webp(quality), "webp")]
        {
            let encoding = Encoding { dpi: Dpi::new(300.0), ..Encoding::new(format) };
            fs::write(codec.join(format!("{name}.{ending}")), encode(&raster, &encoding)?)?;
        }
    }
    // A GIF of one black pixel and one white one: header, palette of two, one frame.
    let gif = b"GIF89a\x02\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x02\0\x01\0\0\x02\x02\x0c\n\0;";
    fs::write(codec.join("two.gif"), gif)?;
    let text = folder.join("text");
    fs::create_dir_all(&text)?;
    let fonts: [(&str, &[u8], &str); 5] = [
        ("latin", include_bytes!("../../../crates/text/fonts/Arimo-Regular.ttf"), "AV To fi\u{2028}1 \u{5d0}\u{5d1} x\u{301}"),
        ("garamond", include_bytes!("../../../crates/text/tests/fonts/EBGaramond-few.ttf"), "affil AV toe"),
        ("woff", include_bytes!("../../../crates/text/tests/fonts/EBGaramond-few.woff"), "fi"),
        ("woff2", include_bytes!("../../../crates/text/tests/fonts/EBGaramond-few.woff2"), "fi"),
        ("arabic", include_bytes!("../../../crates/text/tests/fonts/NotoSansArabic-few.ttf"), "\u{633}\u{644}\u{627}\u{645}"),
    ];
    for (name, font, words) in fonts {
        let mut case = u16::try_from(words.len())?.to_le_bytes().to_vec();
        case.extend(words.bytes());
        case.push(0);
        case.extend(font);
        fs::write(text.join(name), case)?;
    }
    println!("seeds are in {}", folder.display());
    Ok(())
}
