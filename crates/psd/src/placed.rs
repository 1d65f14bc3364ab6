//! Placed layers: smart objects, where they lie and how they are bent.
//!
//! Adobe Photoshop File Formats Specification, *Placed Layer* (`PlLd`) and *Placed Layer Data*
//! (`SoLd`, `SoLE`).

use marquetry_pixel::Quad;

use crate::{
    Limits, PsdError, Section,
    descriptor::{Descriptor, Value},
    filter::SmartFilters,
    reader::Reader,
    text_encoding::mac_roman,
    warp::Warp,
};

/// One placed layer.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedLayer {
    /// Id of the file it shows, as the document's linked files repeat it.
    pub id: String,
    /// Id of this one placement. `PlLd` has none.
    pub instance: Option<String>,
    /// Which page of the file, from 1.
    pub page: i32,
    /// How many pages the file has.
    pub total_pages: i32,
    /// Anti-alias policy, as stored.
    pub anti_alias: i32,
    /// What the file holds.
    pub content: PlacedContent,
    /// Where the corners of the content lie, in pixels of the document.
    pub transform: Quad,
    /// The same with perspective, when it is stored.
    pub non_affine: Option<Quad>,
    /// How the content is bent before it is laid into the corners.
    pub warp: Option<Warp>,
    /// Width and height of the content, in pixels at its own resolution.
    pub size: Option<(f64, f64)>,
    /// Resolution of the content, in pixels per inch.
    pub resolution: Option<f64>,
    /// The crop of a page, as stored.
    pub crop: Option<i32>,
    /// The layer comp that the content shows; -1 for none.
    pub comp: Option<i32>,
    /// The comp before that.
    pub original_comp: Option<i32>,
    /// Frames of a moving content.
    pub frames: Option<Frames>,
    /// Smart filters.
    pub filters: Option<SmartFilters>,
    /// All of it as the file holds it. `PlLd` has none.
    pub descriptor: Option<Descriptor>,
}

/// What a placed file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlacedContent {
    /// 0: unknown.
    Unknown,
    /// 1: vectors.
    Vector,
    /// 2: pixels.
    Raster,
    /// 3: a stack of pictures.
    ImageStack,
    /// Any other number.
    Other(i32),
}

impl From<i32> for PlacedContent {
    fn from(number: i32) -> Self {
        match number {
            0 => Self::Unknown,
            1 => Self::Vector,
            2 => Self::Raster,
            3 => Self::ImageStack,
            _ => Self::Other(number),
        }
    }
}

/// Frames of a moving content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frames {
    /// How many.
    pub count: i32,
    /// Seconds from one to the next, as numerator and denominator.
    pub step: (i32, i32),
    /// Seconds in all, as numerator and denominator.
    pub duration: (i32, i32),
}

/// Parses a `PlLd` block: the older form, still written beside the newer one.
///
/// # Errors
/// [`PsdError`] when the signature is missing, the bytes are cut short or the warp is broken.
pub fn parse_legacy(block: &[u8], base: u64, limits: &Limits) -> Result<PlacedLayer, PsdError> {
    let mut reader = Reader::new(block, base, Section::PlacedLayer);
    signature(&mut reader, *b"plcL")?;
    reader.u32()?; // version, 3
    let id = mac_roman(reader.pascal(1)?);
    let page = reader.i32()?;
    let total_pages = reader.i32()?;
    let anti_alias = reader.i32()?;
    let content = PlacedContent::from(reader.i32()?);
    let mut corners = [0.0; 8];
    for corner in &mut corners {
        *corner = reader.f64()?;
    }
    let transform = quad(&corners).ok_or_else(|| reader.malformed("corner is not a finite number"))?;
    reader.u32()?; // version of the warp, 0
    let warp = Descriptor::read_versioned(&mut reader, limits)?;
    Ok(PlacedLayer {
        id,
        instance: None,
        page,
        total_pages,
        anti_alias,
        content,
        transform,
        non_affine: None,
        warp: Some(Warp::from_descriptor(&warp)),
        size: None,
        resolution: None,
        crop: None,
        comp: None,
        original_comp: None,
        frames: None,
        filters: None,
        descriptor: None,
    })
}

/// Parses a `SoLd` or `SoLE` block.
///
/// # Errors
/// [`PsdError`] when the signature is missing, the descriptor is broken, or it names no file or no
/// four finite corners.
pub fn parse(block: &[u8], base: u64, limits: &Limits) -> Result<PlacedLayer, PsdError> {
    let mut reader = Reader::new(block, base, Section::PlacedLayer);
    signature(&mut reader, *b"soLD")?;
    reader.u32()?; // version, 4 or 5
    let start = reader.clone();
    let object = Descriptor::read_versioned(&mut reader, limits)?;
    let malformed = |what| start.malformed(what);
    let id = object
        .text("Idnt")
        .ok_or_else(|| malformed("placed layer without the id of its file"))?;
    let transform = corners(&object, "Trnf").ok_or_else(|| malformed("placed layer without its corners"))?;
    let comps = object.object("compInfo");
    let pair = |key| {
        let time = object.object(key)?;
        Some((time.i32("numerator")?, time.i32("denominator")?))
    };
    Ok(PlacedLayer {
        id: id.to_owned(),
        instance: object.text("placed").map(str::to_owned),
        page: object.i32("PgNm").unwrap_or(1),
        total_pages: object.i32("totalPages").unwrap_or(1),
        anti_alias: object.i32("Annt").unwrap_or(16),
        content: PlacedContent::from(object.i32("Type").unwrap_or(0)),
        transform,
        non_affine: corners(&object, "nonAffineTransform"),
        // A split warp stands in its own key, beside a plain one that does nothing.
        warp: object
            .object("quiltWarp")
            .or(object.object("warp"))
            .map(Warp::from_descriptor),
        size: object
            .object("Sz  ")
            .and_then(|size| Some((size.f64("Wdth")?, size.f64("Hght")?))),
        resolution: object.f64("Rslt"),
        crop: object.i32("Crop"),
        comp: comps.and_then(|comps| comps.i32("compID")).or(object.i32("comp")),
        original_comp: comps.and_then(|comps| comps.i32("originalCompID")),
        frames: object.i32("frameCount").map(|count| Frames {
            count,
            step: pair("frameStep").unwrap_or_default(),
            duration: pair("duration").unwrap_or_default(),
        }),
        filters: object.object("filterFX").map(SmartFilters::from_descriptor),
        descriptor: Some(object),
    })
}

fn signature(reader: &mut Reader<'_>, wanted: [u8; 4]) -> Result<(), PsdError> {
    let before = reader.clone();
    if reader.array()? == wanted {
        Ok(())
    } else {
        Err(before.malformed("placed layer without its signature"))
    }
}

/// A list of eight numbers to four corners, from the top left one clockwise.
fn corners(object: &Descriptor, key: &str) -> Option<Quad> {
    let numbers: Vec<f64> = object.list(key).iter().map_while(Value::as_f64).take(9).collect();
    quad(&numbers.try_into().ok()?)
}

/// `None` when a number is not finite.
fn quad(numbers: &[f64; 8]) -> Option<Quad> {
    let [ax, ay, bx, by, cx, cy, dx, dy] = *numbers;
    let finite = numbers.iter().all(|number| number.is_finite());
    finite.then(|| Quad::new([(ax, ay), (bx, by), (cx, cy), (dx, dy)]))
}

#[cfg(test)]
mod tests {
    use marquetry_pixel::{BlendMode, Point};

    use super::*;
    use crate::{
        seed,
        warp::{WarpAxis, WarpStyle},
    };

    #[test]
    fn both_forms_tell_the_same_place_and_warp() {
        let limits = Limits::default();
        let new = parse(&seed::block(*b"SoLd"), 0, &limits).unwrap();
        let old = parse_legacy(&seed::block(*b"PlLd"), 0, &limits).unwrap();
        let corners = Quad::new([(10.0, 20.0), (90.0, 25.0), (80.0, 95.0), (12.0, 85.0)]);
        assert_eq!((new.transform, old.transform), (corners, corners));
        assert_eq!(new.non_affine, Some(corners));
        assert_eq!((new.id.as_str(), old.id.as_str()), ("an-id", "an-id"));
        assert_eq!(new.instance.as_deref(), Some("this-one"));
        assert_eq!(
            (new.content, new.size, new.comp),
            (PlacedContent::Raster, Some((60.0, 60.0)), Some(-1))
        );
        assert_eq!(new.warp, old.warp);
        let warp = new.warp.unwrap();
        assert_eq!((&warp.style, warp.axis), (&WarpStyle::Custom, WarpAxis::Vertical));
        let mesh = warp.mesh.unwrap();
        assert_eq!((mesh.columns, mesh.rows, mesh.points.len()), (7, 4, 28));
        assert_eq!(mesh.points[9], Point::new(20.0, 20.0));
        assert_eq!((mesh.slices_x.len(), mesh.slices_y.len()), (3, 2));
        let filters = new.filters.unwrap();
        let filter = &filters.filters[0];
        assert_eq!(
            (filter.enabled, filter.opacity, filter.blend),
            (false, 0.5, Some(BlendMode::Screen))
        );
        assert_eq!(filter.settings.as_ref().and_then(|s| s.f64("Rds ")), Some(2.5));
    }

    #[test]
    fn a_placed_layer_without_finite_corners_is_refused() {
        for corners in [
            &[0.0; 7][..],
            &[0.0, 0.0, 1.0, 0.0, f64::NAN, 1.0, 0.0, 1.0],
            &[0.0; 9],
        ] {
            let object = seed::object("null").text("Idnt", "x").numbers("Trnf", corners);
            let block = seed::Bytes::default()
                .put(b"soLD")
                .u32s(&[4])
                .put(&object.versioned())
                .0;
            let error = parse(&block, 50, &Limits::default()).unwrap_err();
            assert!(matches!(error, PsdError::Malformed { offset: 58, .. }), "{error}");
        }
    }

    #[test]
    fn a_mesh_whose_points_do_not_fill_it_is_left_out() {
        let points = [("Hrzn", &[0.0; 15][..]), ("Vrtc", &[0.0; 15][..])];
        let envelope = seed::object("customEnvelopeWarp").columns("meshPoints", "rationalPoint", &points);
        let object = seed::object("warp")
            .object("customEnvelopeWarp", envelope)
            .versioned();
        let object = Descriptor::parse(&object, 0, &Limits::default()).unwrap();
        assert_eq!(Warp::from_descriptor(&object).mesh, None);
    }
}
