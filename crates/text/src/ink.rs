//! Glyphs to outlines in text space, gathered by what they are painted with.

use std::collections::HashMap;
use std::rc::Rc;

use kurbo::{Affine, BezPath, Point, Rect, Shape as _, StrokeOpts};
use skrifa::MetadataProvider as _;
use skrifa::instance::Size;
use skrifa::outline::{DrawSettings, OutlinePen};

use crate::embolden::embolden;
use crate::itemize::Piece;
use crate::shape::ShapedParagraph;
use crate::shelf::{FaceId, FontShelf};
use crate::words::{FAR, Ink, sane};
use crate::{Limits, Shape, TextError};

/// How far a leaning letter leans: twelve degrees, as italics made by machines usually do.
const LEAN: f64 = 0.212_556_561_670_022;

/// By how much of the size bold made from plain is thicker.
const THICKER: f64 = 1.0 / 24.0;

/// Draws and gathers. Positions come in units of text space before it is scaled.
pub(crate) struct Inker<'s> {
    shelf: &'s FontShelf,
    scale: f64,
    limits: Limits,
    /// Glyphs in units of their font, upwards.
    outlines: HashMap<(FaceId, u32), Rc<BezPath>>,
    strokes: Gathered,
    fills: Gathered,
    elements: usize,
}

/// Outlines by ink, in the order in which inks first came.
#[derive(Default)]
struct Gathered {
    shapes: Vec<Shape>,
    by_ink: HashMap<([u8; 3], u32), usize>,
}

impl Gathered {
    fn of(&mut self, ink: Ink) -> &mut BezPath {
        let colour = [ink.colour.red, ink.colour.green, ink.colour.blue];
        let next = self.shapes.len();
        let at = *self
            .by_ink
            .entry((colour, ink.opacity.get().to_bits()))
            .or_insert(next);
        if at == next {
            self.shapes.push(Shape {
                outline: BezPath::new(),
                ink,
            });
        }
        &mut self.shapes[at].outline
    }
}

impl<'s> Inker<'s> {
    pub(crate) fn new(shelf: &'s FontShelf, scale: f64, limits: Limits) -> Self {
        Self {
            shelf,
            scale,
            limits,
            outlines: HashMap::new(),
            strokes: Gathered::default(),
            fills: Gathered::default(),
            elements: 0,
        }
    }

    /// Adds a glyph whose pen stands at `(x, y)`.
    pub(crate) fn glyph(
        &mut self,
        paragraph: &ShapedParagraph<'_>,
        piece: &Piece,
        id: u32,
        (x, y): (f64, f64),
    ) -> Result<(), TextError> {
        let style = paragraph.style(piece);
        let outline = self.outline(piece.face, id);
        if outline.is_empty() {
            return Ok(());
        }
        let Some(font) = self.shelf.face(piece.face) else {
            return Ok(());
        };
        let em = paragraph.em(piece) / font.measures().units;
        let (across, up) = (em * style.widening(), em * style.heightening());
        let lean = if style.faux_italic || piece.faux_italic {
            LEAN
        } else {
            0.0
        };
        let home = Affine::new([across, 0.0, lean * across, -up, x, y]).then_scale(self.scale);
        let mut outline = if style.faux_bold || piece.faux_bold {
            embolden(&outline, font.measures().units * THICKER)
        } else {
            BezPath::clone(&outline)
        };
        outline.apply_affine(home);
        self.paint(style.fill, style.stroke, outline)
    }

    fn paint(
        &mut self,
        fill: Option<Ink>,
        stroke: Option<crate::Stroke>,
        outline: BezPath,
    ) -> Result<(), TextError> {
        let width = stroke.map_or(0.0, |stroke| sane(stroke.width, 0.0, FAR, 0.0) * self.scale);
        if let Some(stroke) = stroke.filter(|_| width > 0.0) {
            let line = kurbo::Stroke::new(width);
            let along = kurbo::stroke(&outline, &line, &StrokeOpts::default(), 0.02);
            self.charge(along.elements().len())?;
            self.strokes.of(stroke.ink).extend(along);
        }
        if let Some(ink) = fill {
            self.charge(outline.elements().len())?;
            self.fills.of(ink).extend(outline);
        }
        Ok(())
    }

    fn charge(&mut self, elements: usize) -> Result<(), TextError> {
        self.elements = self.elements.saturating_add(elements);
        self.limits
            .admit("elements of outlines", self.elements, self.limits.elements)
    }

    /// Adds the lines below and through words from `from` to `to`.
    pub(crate) fn lines(
        &mut self,
        paragraph: &ShapedParagraph<'_>,
        piece: &Piece,
        (from, to): (f64, f64),
        baseline: f64,
    ) {
        let style = paragraph.style(piece);
        let (Some(ink), Some(font)) = (style.fill, self.shelf.face(piece.face)) else {
            return;
        };
        let em = paragraph.em(piece) * style.heightening();
        let measures = font.measures();
        let wanted = [
            (style.underline, measures.underline),
            (style.strikethrough, measures.strikethrough),
        ];
        for (_, (middle, thickness)) in wanted.into_iter().filter(|(wanted, _)| *wanted) {
            let (y, half) = (baseline - middle * em, thickness * em / 2.0);
            let bar = Rect::new(from, y - half, to, y + half).scale_from_origin(self.scale);
            // Outlines of TrueType turn the same way, so that lines do not cut letters out.
            self.fills.of(ink).extend(bar.to_path(0.1));
        }
    }

    /// Outlines behind, fills before.
    pub(crate) fn shapes(self) -> Vec<Shape> {
        let mut shapes = self.strokes.shapes;
        shapes.extend(self.fills.shapes);
        shapes
    }

    fn outline(&mut self, face: FaceId, id: u32) -> Rc<BezPath> {
        let shelf = self.shelf;
        let drawn = self.outlines.entry((face, id)).or_insert_with(|| {
            let mut pen = Pen(BezPath::new());
            // A glyph that cannot be drawn leaves its gap: fonts may be broken in places.
            let font = shelf.face(face).and_then(|font| Some((font, font.open()?)));
            if let Some((font, tables)) = font
                && let Some(glyph) = tables.outline_glyphs().get(id.into())
                && glyph
                    .draw(DrawSettings::unhinted(Size::unscaled(), font.place()), &mut pen)
                    .is_err()
            {
                pen.0.truncate(0);
            }
            Rc::new(pen.0)
        });
        Rc::clone(drawn)
    }
}

struct Pen(BezPath);

fn point(x: f32, y: f32) -> Point {
    Point::new(f64::from(x), f64::from(y))
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(point(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(point(x, y));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.0.quad_to(point(cx, cy), point(x, y));
    }

    fn curve_to(&mut self, leave_x: f32, leave_y: f32, arrive_x: f32, arrive_y: f32, x: f32, y: f32) {
        self.0
            .curve_to(point(leave_x, leave_y), point(arrive_x, arrive_y), point(x, y));
    }

    fn close(&mut self) {
        self.0.close_path();
    }
}
