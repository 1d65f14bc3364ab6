//! How close the drawing of a mockup comes to the picture that Photoshop saved with it.

use marquetry_pixel::Size;

use crate::{LayerAddress, LayerKind};

/// What a mockup's own drawing was found to be worth: measured against Photoshop's merged picture,
/// and explained layer by layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Fidelity {
    /// The canvas in pixels.
    pub size: Size,
    /// The measured difference, or why there is none.
    pub compared: Comparison,
    /// How much of what is seen was truly drawn and not taken from pixels that Photoshop cached for
    /// a smart object, text, shape or fill: 0.0 to 1.0, weighed by opacity. `None` for a document too
    /// large to be looked at as a whole.
    pub drawn_share: Option<f64>,
    /// What holds for the document as a whole.
    pub document: Vec<Lack>,
    /// Every layer that is shown, front-most first.
    pub layers: Vec<LayerFidelity>,
}

/// A picture laid beside the one that Photoshop saved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Comparison {
    /// They were compared.
    Measured(Difference),
    /// There is nothing to compare with.
    NoReference(NoReference),
}

impl Comparison {
    /// The numbers, when there are some.
    pub const fn difference(&self) -> Option<&Difference> {
        match self {
            Self::Measured(difference) => Some(difference),
            Self::NoReference(_) => None,
        }
    }
}

/// Why a file holds no picture to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoReference {
    /// It was saved without *maximise compatibility*: its merged picture is a white page.
    NotSaved,
    /// It has no layers: its merged picture is all there is, and is what is drawn.
    NoLayers,
    /// Its merged picture cannot be read.
    Unreadable,
}

impl NoReference {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::NotSaved, Self::NoLayers, Self::Unreadable];

    /// Its name in `snake_case`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSaved => "not_saved",
            Self::NoLayers => "no_layers",
            Self::Unreadable => "unreadable",
        }
    }

    /// One sentence for people.
    pub const fn explained(self) -> &'static str {
        match self {
            Self::NotSaved => {
                "the file was saved without its merged picture, so its drawing is compared with nothing"
            }
            Self::NoLayers => "the file has no layers, so its merged picture itself is shown",
            Self::Unreadable => {
                "the merged picture of the file cannot be read, so its drawing is compared with nothing"
            }
        }
    }
}

/// How far two pictures are apart, both over white, 8 bits a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Difference {
    /// The mean over all pixels of CIEDE2000: below 1 nobody sees a difference.
    pub delta_e_mean: f64,
    /// The percentage of pixels with a channel that is off by more than 3 of 255.
    pub off_by_more_than_3: f64,
    /// The mean over all pixels and channels of the error, in 255ths.
    pub mean_absolute_error: f64,
    /// The largest channel error that all but 1% of the pixels stay within, in 255ths.
    pub p99: f64,
}

impl Difference {
    /// Whether the drawing counts as a reproduction: a mean difference that nobody sees, and less
    /// than 1% of the pixels off by more than 3 of 255.
    pub fn passes(&self) -> bool {
        self.delta_e_mean < 1.0 && self.off_by_more_than_3 < 1.0
    }
}

/// How one layer came to be in the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerFidelity {
    /// Where it is.
    pub address: LayerAddress,
    /// What its author called it.
    pub name: String,
    /// What it is.
    pub kind: LayerKind,
    /// How it was drawn.
    pub drawn: Drawn,
    /// What it asks for and did not get as Photoshop would give it.
    pub lacks: Vec<Lack>,
}

/// How a layer was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Drawn {
    /// By its own pixels, or from its description with nothing left out.
    Exact,
    /// With something left out or done in another way.
    Approximated,
    /// By the pixels that Photoshop last drew for it; what it is made of was not looked at.
    CachedRaster,
    /// Not at all.
    NotDrawn,
}

impl Drawn {
    /// All of them, best first.
    pub const ALL: [Self; 4] = [
        Self::Exact,
        Self::Approximated,
        Self::CachedRaster,
        Self::NotDrawn,
    ];

    /// Its name in `snake_case`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Approximated => "approximated",
            Self::CachedRaster => "cached_raster",
            Self::NotDrawn => "not_drawn",
        }
    }
}

/// Something that the picture does not show as Photoshop would.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lack {
    /// A stable word in `snake_case`.
    pub what: String,
    /// What is done instead, in a few words.
    pub why: String,
}
