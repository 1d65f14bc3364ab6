//! What a render is asked to draw: checked, resolved to layers, and pinned to the content it means.

use marquetry_pixel::{BlendMode, Rgb};

use crate::{
    BlobKey, ContentHash, Export, LayerAddress, LayerId, MockupId, ModelError, Placement, TextFit, Within,
    Words,
};

/// What one render job draws.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderSpec {
    /// The mockup.
    pub mockup: MockupId,
    /// What it is called; kept here so that a list of jobs can name it even after it is gone.
    pub mockup_name: String,
    /// The content that was meant, whatever happens to the mockup later.
    pub content: ContentHash,
    /// What goes into which smart objects.
    pub changes: Vec<Change>,
    /// Which text layers get new words.
    pub texts: Vec<Rewording>,
    /// Layers that are left out of this render.
    pub hidden: Vec<LayerAddress>,
    /// The file to make.
    pub export: Export,
    /// A prefix for the name of the file. 1 to 100 characters.
    pub label: Option<String>,
}

/// What happens to one smart object.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The smart object as the caller named it.
    pub slot: LayerId,
    /// All layers that show its contents.
    pub addresses: Vec<LayerAddress>,
    /// The picture that replaces its contents. Without one only the colour is laid in.
    pub asset: Option<AssetSource>,
    /// How the picture lies in the frame.
    pub placement: Placement,
    /// A colour over the picture, or in the whole frame when there is no picture.
    pub colour: Option<ColourOverlay>,
    /// Tuning of the picture before it enters the frame.
    pub adjustments: Adjustments,
}

/// New words for one text layer, as [`crate::TextChange`] asks for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewording {
    /// The text layer as the caller named it.
    pub slot: LayerId,
    /// The layer in every copy of the smart objects around it.
    pub addresses: Vec<LayerAddress>,
    /// The words.
    pub words: Words,
    /// What happens when they are longer than what was there.
    pub fit: TextFit,
}

/// Where the bytes of an asset come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AssetSource {
    /// An address of the caller's choice; opened by `egress` only.
    Url(String),
    /// Bytes that came with the request and are stored already.
    Blob {
        /// Where they lie.
        key: BlobKey,
        /// Their hash.
        content: ContentHash,
    },
}

/// A colour laid over an asset, inside its opaque pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColourOverlay {
    /// The colour.
    pub colour: Rgb,
    /// How it meets the asset.
    pub blend: BlendMode,
}

/// Tuning of an asset, applied in the order of the fields. The default changes nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjustments {
    /// Darker below zero, lighter above.
    pub brightness: Within<-150, 150>,
    /// Flatter below zero, harder above.
    pub contrast: Within<-100, 100>,
    /// Greyer below zero (-100 has no colour left), stronger above.
    pub saturation: Within<-100, 100>,
    /// Like saturation, sparing what is strong already.
    pub vibrance: Within<-100, 100>,
    /// Gaussian blur; its unit is settled by `render`.
    pub blur: Within<0, 100>,
    /// How much of the asset shows, in percent.
    pub opacity: Within<0, 100>,
}

impl Default for Adjustments {
    fn default() -> Self {
        Self {
            brightness: Within::clamped(0),
            contrast: Within::clamped(0),
            saturation: Within::clamped(0),
            vibrance: Within::clamped(0),
            blur: Within::clamped(0),
            opacity: Within::clamped(100),
        }
    }
}

impl Change {
    /// Checks what a single value cannot: that there is something to do, and that tiles have a size.
    ///
    /// # Errors
    /// [`ModelError::Empty`] without asset and colour, [`ModelError::Needs`] for tiles without size.
    pub fn check(&self) -> Result<(), ModelError> {
        if self.asset.is_none() && self.colour.is_none() {
            return Err(ModelError::Empty { field: "asset" });
        }
        self.placement.check()
    }
}

impl RenderSpec {
    /// The most layers that one render may hide.
    pub const MOST_HIDDEN: usize = 50;
    /// The most smart objects that one render may change.
    pub const MOST_CHANGES: usize = 200;
    /// The longest label in characters.
    pub const LONGEST_LABEL: usize = 100;

    /// Checks what a single value cannot: that there is something to do and not too much of it. How
    /// many layers may be hidden is counted by ids, before copies are found, and so not here.
    ///
    /// # Errors
    /// A [`ModelError`] that names the field.
    pub fn check(&self) -> Result<(), ModelError> {
        if self.changes.is_empty() && self.texts.is_empty() && self.hidden.is_empty() {
            return Err(ModelError::Empty {
                field: "smart_objects",
            });
        }
        if self.changes.len() > Self::MOST_CHANGES {
            return Err(ModelError::TooLong {
                field: "smart_objects",
                most: Self::MOST_CHANGES,
            });
        }
        if let Some(label) = &self.label {
            crate::text("export_label", label, Self::LONGEST_LABEL)?;
        }
        self.changes.iter().try_for_each(Change::check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tile, placement::tests_support::plain};

    fn change() -> Change {
        Change {
            slot: LayerId::from_random([1; 16]),
            addresses: vec![LayerAddress(vec![1])],
            asset: Some(AssetSource::Url("https://example.com/a.png".into())),
            placement: plain(),
            colour: None,
            adjustments: Adjustments::default(),
        }
    }

    fn spec(changes: Vec<Change>) -> RenderSpec {
        RenderSpec {
            mockup: MockupId::from_random([2; 16]),
            mockup_name: "Mug".into(),
            content: ContentHash::from_bytes([3; 32]),
            changes,
            texts: vec![],
            hidden: vec![],
            export: Export::default(),
            label: None,
        }
    }

    #[test]
    fn a_render_must_have_something_to_do() {
        assert_eq!(
            spec(vec![]).check(),
            Err(ModelError::Empty {
                field: "smart_objects"
            })
        );
        assert_eq!(spec(vec![change()]).check(), Ok(()));
        let hide_only = RenderSpec {
            hidden: vec![LayerAddress(vec![4])],
            ..spec(vec![])
        };
        assert_eq!(hide_only.check(), Ok(()));
    }

    #[test]
    fn a_change_needs_an_asset_or_a_colour() {
        let nothing = Change {
            asset: None,
            ..change()
        };
        assert_eq!(nothing.check(), Err(ModelError::Empty { field: "asset" }));
        let colour = ColourOverlay {
            colour: Rgb::new(1, 2, 3),
            blend: BlendMode::Multiply,
        };
        assert_eq!(
            Change {
                colour: Some(colour),
                ..nothing
            }
            .check(),
            Ok(())
        );
    }

    #[test]
    fn tiles_need_a_size() {
        let mut tiled = change();
        tiled.placement.tile = Some(Tile {
            spacing: Within::clamped(0),
        });
        assert_eq!(
            tiled.check(),
            Err(ModelError::Needs {
                field: "tile",
                other: "size"
            })
        );
    }

    #[test]
    fn a_label_has_a_hundred_characters_at_most() {
        let long = RenderSpec {
            label: Some("x".repeat(101)),
            ..spec(vec![change()])
        };
        assert_eq!(
            long.check(),
            Err(ModelError::TooLong {
                field: "export_label",
                most: 100
            })
        );
    }
}
