//! A template with its gaps filled: what is drawn, with no fields, conditions, names of colours or
//! repeats left in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use marquetry_pixel::{BlendMode, Opacity, Size};
use uuid::Uuid;

use crate::geometry::Area;
use crate::units::{AssetId, Family, FontSize, Id, LineCount, Weight};
use crate::{
    Align, Colour, ErrorCorrection, FacePlacement, Filter, Fit, FitMode, Focal, FontChoice, FontStyle,
    GradientKind, Mask, Outline, Output, Overflow, Problem, Source, StrokePosition, Valign,
};

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// One picture each.
    pub pages: Vec<FilledPage>,
    /// How the file is written.
    pub output: Output,
    /// What was given and not used.
    pub warnings: Vec<Problem>,
}

/// One picture.
#[derive(Clone, Debug, PartialEq)]
pub struct FilledPage {
    /// The page's name.
    pub id: Id,
    /// Its size.
    pub size: Size,
    /// The colour below all.
    pub colour: Colour,
    /// The picture above the colour and below all layers, and how it fills the page.
    pub background: Option<(Picture, Fit)>,
    /// What is drawn, the last one on top.
    pub layers: Vec<FilledLayer>,
}

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct FilledLayer {
    /// What people call it.
    pub name: String,
    /// Its frame, in pixels of the page, group or cell that it stands in.
    pub frame: Area,
    /// Degrees clockwise about the middle of the frame.
    pub rotation: f64,
    /// How much of it shows.
    pub opacity: Opacity,
    /// How its colours meet those below.
    pub blend: BlendMode,
    /// Radii of the corners: top left, top right, bottom right, bottom left.
    pub corner_radius: [f64; 4],
    /// A shadow below it.
    pub shadow: Option<FilledShadow>,
    /// A line around it.
    pub stroke: Option<FilledStroke>,
    /// What it shows.
    pub content: Content,
}

/// A shadow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FilledShadow {
    /// Pixels to the right.
    pub dx: f64,
    /// Pixels down.
    pub dy: f64,
    /// Radius of the blur in pixels.
    pub blur: f64,
    /// Its colour.
    pub colour: Colour,
}

/// A line around something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FilledStroke {
    /// Pixels.
    pub width: f64,
    /// Its colour.
    pub colour: Colour,
    /// Where it lies on the edge.
    pub position: StrokePosition,
}

/// What a layer shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Words.
    Text(Box<FilledText>),
    /// A picture.
    Image(Box<FilledImage>),
    /// A drawn form.
    Shape(FilledShape),
    /// A QR code.
    Qr(FilledQr),
    /// Layers that are drawn as one.
    Group(FilledGroup),
    /// A mockup.
    Mockup(FilledMockup),
}

/// Words in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FilledText {
    /// The words, in the case they are written in. A line feed breaks a line. May be empty, when a box
    /// is drawn behind them.
    pub words: String,
    /// How the letters look.
    pub font: FontChoice,
    /// The colour of the letters.
    pub colour: Colour,
    /// Where lines stand between left and right.
    pub align: Align,
    /// Where the lines stand between top and bottom.
    pub valign: Valign,
    /// What stays free within the frame: top, right, bottom, left, in pixels.
    pub padding: [f64; 4],
    /// What happens when the words are too long.
    pub fit: FilledFit,
    /// A line around the letters, behind their fill: its width in pixels and its colour.
    pub stroke: Option<(f64, Colour)>,
    /// A box behind the words: its colour and the radii of its corners.
    pub text_box: Option<(Colour, [f64; 4])>,
}

/// What happens when words are too long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FilledFit {
    /// How they are made to fit.
    pub mode: FitMode,
    /// The smallest size.
    pub smallest: FontSize,
    /// The largest size, no smaller than the smallest.
    pub largest: FontSize,
    /// The most lines.
    pub most_lines: Option<LineCount>,
    /// What happens when even the smallest size is too large.
    pub overflow: Overflow,
}

/// A picture to bring, and what to do with it before it is placed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Picture {
    /// Where it comes from.
    pub source: Source,
    /// Whether its background is taken away.
    pub remove_background: bool,
    /// Whether its colour and exposure are corrected.
    pub correction: bool,
}

impl Picture {
    /// As it comes.
    pub fn plain(source: Source) -> Self {
        Self {
            source,
            remove_background: false,
            correction: false,
        }
    }
}

/// A picture in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FilledImage {
    /// The picture.
    pub picture: Picture,
    /// How it fills the frame.
    pub fit: Fit,
    /// The point that counts.
    pub focal: Focal,
    /// The part that is used.
    pub crop: Option<crate::Crop>,
    /// What cuts it off, in the coordinates of the layer's frame; nothing, when there is none.
    pub clip: Option<Area>,
    /// Where the face in it goes.
    pub face: Option<FacePlacement>,
    /// What shows of it.
    pub mask: Option<Mask>,
    /// How its colours are changed.
    pub filter: Filter,
    /// A colour that it is multiplied by.
    pub tint: Option<Colour>,
}

/// A drawn form.
#[derive(Clone, Debug, PartialEq)]
pub struct FilledShape {
    /// What form, from the top left corner of the frame.
    pub outline: Arc<Outline>,
    /// What it is filled with.
    pub fill: Option<FilledFill>,
}

/// What a form is filled with.
#[derive(Clone, Debug, PartialEq)]
pub enum FilledFill {
    /// One colour.
    Colour(Colour),
    /// Colours that change into each other.
    Gradient {
        /// Along what they change.
        kind: GradientKind,
        /// Degrees clockwise from left to right.
        angle: f64,
        /// Where each colour is reached, in shares of the way, ascending; at least two.
        stops: Vec<(f64, Colour)>,
    },
}

/// A QR code, in the middle of its frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FilledQr {
    /// What it says; never nothing.
    pub words: String,
    /// How much of it may be lost.
    pub ecc: ErrorCorrection,
    /// The colour of its modules.
    pub colour: Colour,
    /// The colour behind them.
    pub background: Colour,
    /// Empty modules around it.
    pub quiet_zone: u32,
}

/// Layers that are drawn as one.
#[derive(Clone, Debug, PartialEq)]
pub struct FilledGroup {
    /// What is drawn, the last one on top, from the frame's top left corner.
    pub layers: Vec<FilledLayer>,
    /// Whether the frame cuts off what lies outside.
    pub clip: bool,
    /// How many times as large the layers are as they say: 1, but in a cell that has a size of its own.
    pub scale: f64,
}

/// A mockup, placed like a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct FilledMockup {
    /// The mockup.
    pub mockup: Uuid,
    /// How it fills the frame.
    pub fit: Fit,
    /// What lies in its smart objects; those that are not named stay as they are.
    pub art: Vec<FilledArt>,
}

/// What lies in a smart object.
#[derive(Clone, Debug, PartialEq)]
pub struct FilledArt {
    /// The smart object.
    pub smart_object: Uuid,
    /// How what lies in it fills it.
    pub fit: Fit,
    /// What it is.
    pub art: Art,
}

/// What can lie in a smart object.
#[derive(Clone, Debug, PartialEq)]
pub enum Art {
    /// A picture, and the part of it that is used.
    Picture(Picture, Option<crate::Crop>),
    /// A page of the same template, by its place in [`Filled::pages`]. No page lies in itself.
    Page(usize),
}

/// What must be brought before a filled template can be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    /// Pictures, each once for each treatment.
    pub pictures: BTreeSet<Picture>,
    /// Pictures that are masks.
    pub masks: BTreeSet<AssetId>,
    /// Fonts: family, weight and whether they lean.
    pub fonts: BTreeSet<(Family, Weight, FontStyle)>,
    /// Mockups.
    pub mockups: BTreeSet<Uuid>,
}

impl Filled {
    /// What must be brought before it can be drawn. What is not drawn needs nothing.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        for page in &self.pages {
            if let Some((picture, _)) = &page.background {
                needs.pictures.insert(picture.clone());
            }
            needs.add(&page.layers);
        }
        needs
    }

    /// The words of the first text layer that people call `name`, if it is drawn.
    pub fn words_of(&self, name: &str) -> Option<&str> {
        self.pages.iter().find_map(|page| words_of(&page.layers, name))
    }
}

fn words_of<'l>(layers: &'l [FilledLayer], name: &str) -> Option<&'l str> {
    layers.iter().find_map(|layer| match &layer.content {
        Content::Text(text) if layer.name == name => Some(text.words.as_str()),
        Content::Group(group) => words_of(&group.layers, name),
        _ => None,
    })
}

impl Needs {
    fn add(&mut self, layers: &[FilledLayer]) {
        for layer in layers {
            match &layer.content {
                // A box without words needs no letters.
                Content::Text(text) if text.words.is_empty() => {}
                Content::Text(text) => {
                    let font = &text.font;
                    self.fonts.insert((font.family.clone(), font.weight, font.style));
                }
                Content::Image(image) => {
                    self.pictures.insert(image.picture.clone());
                    if let Some(Mask::Asset { asset, .. }) = &image.mask {
                        self.masks.insert(asset.clone());
                    }
                }
                Content::Group(group) => self.add(&group.layers),
                Content::Mockup(mockup) => {
                    self.mockups.insert(mockup.mockup);
                    for art in &mockup.art {
                        if let Art::Picture(picture, _) = &art.art {
                            self.pictures.insert(picture.clone());
                        }
                    }
                }
                Content::Shape(_) | Content::Qr(_) => {}
            }
        }
    }
}
