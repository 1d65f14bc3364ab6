//! JPEG pages to one PDF, by `pdf-writer`. Nothing else is in it: no profile, no metadata, no date.

use marquetry_pixel::Size;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref};

use crate::header::Dpi;

/// A page that is one picture.
#[derive(Clone, Copy, Debug)]
pub struct PdfPage<'a> {
    /// A baseline JPEG of three colours.
    pub jpeg: &'a [u8],
    /// Its size in pixels.
    pub size: Size,
}

/// Points of the longest side that every reader takes; what is longer is told in larger units.
const LONGEST: f32 = 14_400.0;

/// Writes pages in order, each as large as its picture is at `dpi`. The JPEGs are stored as they are,
/// and the same pages give the same bytes.
pub fn pdf(pages: &[PdfPage<'_>], dpi: Dpi) -> Vec<u8> {
    // Two objects of the document, then three a page.
    let (catalogue, tree) = (Ref::new(1), Ref::new(2));
    let numbered: Vec<(Ref, &PdfPage<'_>)> = (3..).step_by(3).map(Ref::new).zip(pages).collect();
    let name = Name(b"P");
    let mut file = Pdf::new();
    file.catalog(catalogue).pages(tree);
    file.pages(tree)
        .kids(numbered.iter().map(|(page, _)| *page))
        .count(i32::try_from(pages.len()).unwrap_or(i32::MAX));
    for (id, PdfPage { jpeg, size }) in numbered {
        let (contents, picture) = (Ref::new(id.get() + 1), Ref::new(id.get() + 2));
        let points = |pixels: u32| marquetry_pixel::narrow(f64::from(pixels) * 72.0 / dpi.get());
        let unit = (points(size.width.max(size.height)) / LONGEST).max(1.0);
        let (width, height) = (points(size.width) / unit, points(size.height) / unit);

        let mut page = file.page(id);
        page.parent(tree)
            .media_box(Rect::new(0.0, 0.0, width, height))
            .contents(contents);
        if unit > 1.0 {
            page.user_unit(unit);
        }
        page.resources().x_objects().pair(name, picture);
        page.finish();

        let mut content = Content::new();
        content.transform([width, 0.0, 0.0, height, 0.0, 0.0]);
        content.x_object(name);
        file.stream(contents, &content.finish());

        let side = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
        let mut image = file.image_xobject(picture, jpeg);
        image.filter(Filter::DctDecode);
        image.width(side(size.width)).height(side(size.height));
        image.color_space().device_rgb();
        image.bits_per_component(8);
        image.finish();
    }
    file.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(file: &[u8]) -> String {
        String::from_utf8_lossy(file).into_owned()
    }

    #[test]
    fn pages_are_as_large_as_their_pictures_are_printed() {
        let page = |width, height| PdfPage {
            jpeg: b"\xff\xd8\xff\xd9",
            size: Size::new(width, height),
        };
        let dpi = Dpi::new(300.0).unwrap();
        let file = pdf(&[page(1500, 2100), page(300, 600)], dpi);
        assert!(file.starts_with(b"%PDF-"));
        let text = text(&file);
        assert!(text.contains("/MediaBox [0 0 360 504]"), "{text}");
        assert!(text.contains("/MediaBox [0 0 72 144]"), "{text}");
        assert!(text.contains("/Count 2"), "{text}");
        for stranger in ["/Info", "/Metadata", "ICCBased", "/CropBox", "/UserUnit"] {
            assert!(!text.contains(stranger), "{stranger}");
        }
        assert_eq!(file, pdf(&[page(1500, 2100), page(300, 600)], dpi));
    }

    #[test]
    fn a_page_too_long_for_readers_is_told_in_larger_units() {
        let page = PdfPage {
            jpeg: b"",
            size: Size::new(12_000, 6_000),
        };
        let text = text(&pdf(&[page], Dpi::new(30.0).unwrap()));
        assert!(text.contains("/MediaBox [0 0 14400 7200]"), "{text}");
        assert!(text.contains("/UserUnit 2"), "{text}");
    }
}
