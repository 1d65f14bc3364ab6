//! A filled template to a finished file: pages to scenes of `marquetry-compose`, to pixels, to a JPEG or,
//! of two pages, a PDF.
//!
//! Reading order: `supplies` is what has to be there; `ground` says where a layer lies and `forms` what
//! outlines it has; `sheet` gathers what is drawn and `layers` walks the tree; a module each for what
//! layers show; `file` writes.

mod correct;
mod file;
mod filters;
mod forms;
mod ground;
mod image;
mod layers;
mod mockup;
mod pictures;
mod qr;
mod shape;
mod sheet;
mod supplies;
mod text;
mod warning;

use std::sync::Arc;

use marquetry_model::Export;
use marquetry_pixel::{Raster, Size};
use marquetry_template::{Content, Filled, FilledLayer, FilledPage};

use crate::draw::Painter;
use crate::error::RenderError;
use crate::open::Limits;
use crate::picture::{Room, Watch};
use pictures::Pictures;
use sheet::Sheet;
pub use supplies::{MountedMockup, Supplies, template_fonts};
use warning::Warnings;
pub use warning::{Warning, WarningCode};

/// A finished file of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderedTemplate {
    /// The file.
    pub bytes: Vec<u8>,
    /// The end of its name, without the dot.
    pub extension: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// The size of the first page, in pixels of the file.
    pub size: Size,
    /// What is otherwise than it was asked for; none twice.
    pub warnings: Vec<Warning>,
}

/// Draws a filled template: one page becomes a JPEG of its very size, or what `export` asks for, two
/// become a PDF. The same template, supplies and fonts give the same bytes.
///
/// Rooms are left in no order and more than once: pictures are decoded when it is their turn.
///
/// ```
/// use marquetry_render::{Limits, Painter, Supplies, render_template};
/// use marquetry_template::{Everything, Limits as TemplateLimits, Template, Unknown};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let json = br##"{ "schema": 1, "id": "tag", "name": "Tag", "revision": 1, "pages": [{
///     "id": "front", "width": 200, "height": 80, "background": { "color": "#fbf7ef" },
///     "layers": [{
///         "id": "name", "type": "text", "x": 10, "y": 10, "width": 180, "height": 60,
///         "font": { "family": "Arimo", "weight": 700, "size": 48 }, "align": "center", "valign": "middle",
///         "fit": { "mode": "shrink_line" }, "api_field_name": "Name"
///     }]
/// }] }"##;
/// let limits = TemplateLimits::default();
/// let checked = Template::parse(json, &limits)?.check(&Everything, &limits)?;
/// let filled = checked.fill(&serde_json::json!({ "Name": "Wilhelmina" }), &limits, Unknown::Refuse)?;
/// // What `filled.needs()` asks for; nothing here.
/// let supplies = Supplies::default();
/// let painter = Painter::default();
/// let made = render_template(&filled, None, &supplies, &Limits::default(), &painter, &mut ())?;
/// assert_eq!((made.extension, made.size.width), ("jpg", 200));
/// assert!(made.warnings.is_empty());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`RenderError`], which names the layer.
pub fn render_template(
    filled: &Filled,
    export: Option<&Export>,
    supplies: &Supplies,
    limits: &Limits,
    painter: &Painter<'_>,
    watch: &mut dyn Watch,
) -> Result<RenderedTemplate, RenderError> {
    let mut drawing = Drawing {
        filled,
        supplies,
        limits,
        painter,
        pictures: Pictures::new(supplies, &limits.codec),
        pages: vec![Page::Blank; filled.pages.len()],
        warnings: Warnings::default(),
        watch,
    };
    file::write(&mut drawing, export)
}

/// All that drawing a template has at hand.
struct Drawing<'a> {
    filled: &'a Filled,
    supplies: &'a Supplies,
    limits: &'a Limits,
    painter: &'a Painter<'a>,
    pictures: Pictures<'a>,
    /// One for each page.
    pages: Vec<Page>,
    warnings: Warnings,
    watch: &'a mut dyn Watch,
}

/// How far a page has come.
#[derive(Clone)]
enum Page {
    Blank,
    Begun,
    /// Kept, because another page may want it.
    Drawn(Arc<Raster>),
}

impl Drawing<'_> {
    /// The pixels of a page, drawn once.
    fn page(&mut self, at: usize) -> Result<Arc<Raster>, RenderError> {
        match self.pages.get(at) {
            Some(Page::Drawn(raster)) => return Ok(Arc::clone(raster)),
            Some(Page::Blank) => {}
            Some(Page::Begun) | None => return Err(RenderError::PageInItself),
        }
        let filled = self.filled;
        self.pages[at] = Page::Begun;
        let raster = Arc::new(self.draw_page(&filled.pages[at])?);
        self.pages[at] = Page::Drawn(Arc::clone(&raster));
        Ok(raster)
    }

    /// Lets go of a page that was written, unless a later one lies it into a mockup.
    fn forget(&mut self, at: usize) {
        let later = self.filled.pages.get(at + 1..).unwrap_or_default();
        if !later.iter().any(|page| shows(&page.layers, at)) {
            self.pages[at] = Page::Blank;
        }
    }

    fn draw_page(&mut self, page: &FilledPage) -> Result<Raster, RenderError> {
        self.limits.admit("the page", page.size)?;
        let mut sheet = Sheet::new(page.size, self.limits.layers_kept);
        self.background(page, &mut sheet)?;
        let ground = ground::Ground::page(page.size);
        for layer in &page.layers {
            self.layer(layer, &ground, &mut sheet)?;
        }
        self.watch.left(Room::Plan);
        let raster = sheet.finish(self.painter)?;
        self.watch.left(Room::Draw);
        Ok(raster)
    }
}

/// Whether one of `layers` lays the page into a mockup.
fn shows(layers: &[FilledLayer], page: usize) -> bool {
    layers.iter().any(|layer| match &layer.content {
        Content::Mockup(mockup) => mockup
            .art
            .iter()
            .any(|art| art.art == marquetry_template::Art::Page(page)),
        Content::Group(group) => shows(&group.layers, page),
        _ => false,
    })
}
