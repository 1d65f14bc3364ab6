//! Layer masks: where they lie, what surrounds them, how strong and how soft they are.

use marquetry_pixel::Rect;

use crate::error::PsdError;
use crate::reader::Reader;
use crate::warning::Warnings;

/// Flags of a layer mask, bit by bit as in the specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaskFlags(pub u8);

impl MaskFlags {
    /// Bit 0: the mask moves with the layer. (Its rectangle is in canvas pixels all the same.)
    pub fn is_relative_to_layer(self) -> bool {
        self.0 & 1 != 0
    }

    /// Bit 1: the mask is switched off.
    pub fn is_disabled(self) -> bool {
        self.0 & 2 != 0
    }

    /// Bit 2: the mask is inverted when blending (obsolete).
    pub fn is_inverted(self) -> bool {
        self.0 & 4 != 0
    }

    /// Bit 3: the mask's pixels were rendered from something else, such as a vector mask.
    pub fn is_rendered(self) -> bool {
        self.0 & 8 != 0
    }

    /// Bit 4: density or feather follow.
    pub fn has_parameters(self) -> bool {
        self.0 & 16 != 0
    }
}

/// One raster mask; its pixels are a channel of the layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mask {
    /// Where the channel's pixels lie, in canvas pixels.
    pub rect: Rect,
    /// What the mask is outside that rectangle: 0 hides, 255 shows.
    pub default_color: u8,
    /// Its flags.
    pub flags: MaskFlags,
}

/// Density and feather of a layer's masks. What is `None` is not stored: full density, no feather.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MaskParameters {
    /// Density of the layer mask, 255 is full.
    pub user_density: Option<u8>,
    /// Feather of the layer mask in pixels.
    pub user_feather: Option<f64>,
    /// Density of the vector mask, 255 is full.
    pub vector_density: Option<u8>,
    /// Feather of the vector mask in pixels.
    pub vector_feather: Option<f64>,
}

/// All that a layer record says of its masks.
///
/// Adobe Photoshop File Formats Specification, *Layer mask / adjustment layer data*.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LayerMasks {
    /// The mask of channel -2: the user's mask, or a vector mask rendered to pixels
    /// ([`MaskFlags::is_rendered`]), or both of them combined when `real` is there.
    pub mask: Mask,
    /// The user's own mask of channel -3, stored when there is a vector mask beside it.
    pub real: Option<Mask>,
    /// Density and feather.
    pub parameters: MaskParameters,
}

fn rect(reader: &mut Reader<'_>) -> Result<Rect, PsdError> {
    let (top, left) = (reader.i32()?, reader.i32()?);
    let (bottom, right) = (reader.i32()?, reader.i32()?);
    Ok(Rect::from_edges(left, top, right, bottom))
}

/// Reads the section, whose length was read before. `None` when it is empty.
pub(crate) fn read(reader: &mut Reader<'_>, warnings: &mut Warnings) -> Result<Option<LayerMasks>, PsdError> {
    if reader.is_empty() {
        return Ok(None);
    }
    if reader.remaining() < 18 {
        warnings.push(
            reader.offset(),
            "a layer mask section is too short and was ignored",
        );
        return Ok(None);
    }
    let rect_of_mask = rect(reader)?;
    let mask = Mask {
        rect: rect_of_mask,
        default_color: reader.u8()?,
        flags: MaskFlags(reader.u8()?),
    };
    // The specification puts the parameters before the real mask; Photoshop writes them after it.
    let real = if reader.remaining() >= 18 {
        let flags = MaskFlags(reader.u8()?);
        let default_color = reader.u8()?;
        Some(Mask {
            rect: rect(reader)?,
            default_color,
            flags,
        })
    } else {
        None
    };
    let mut parameters = MaskParameters::default();
    if mask.flags.has_parameters() {
        let offset = reader.offset();
        match read_parameters(reader) {
            Ok(read) => parameters = read,
            Err(_) => warnings.push(offset, "the parameters of a layer mask are cut short"),
        }
    }
    Ok(Some(LayerMasks {
        mask,
        real,
        parameters,
    }))
}

fn read_parameters(reader: &mut Reader<'_>) -> Result<MaskParameters, PsdError> {
    let present = reader.u8()?;
    let density = |bit: u8, reader: &mut Reader<'_>| {
        if present & bit != 0 {
            reader.u8().map(Some)
        } else {
            Ok(None)
        }
    };
    let user_density = density(1, reader)?;
    let feather = |bit: u8, reader: &mut Reader<'_>| {
        if present & bit != 0 {
            reader.f64().map(Some)
        } else {
            Ok(None)
        }
    };
    let user_feather = feather(2, reader)?;
    let vector_density = density(4, reader)?;
    let vector_feather = feather(8, reader)?;
    let sound = |feather: Option<f64>| feather.filter(|pixels| pixels.is_finite() && *pixels >= 0.0);
    Ok(MaskParameters {
        user_density,
        user_feather: sound(user_feather),
        vector_density,
        vector_feather: sound(vector_feather),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Section;

    fn masks(bytes: &[u8]) -> Option<LayerMasks> {
        let mut reader = Reader::new(bytes, 0, Section::LayerRecords);
        read(&mut reader, &mut Warnings::default()).unwrap()
    }

    fn edges(values: [i32; 4]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_be_bytes()).collect()
    }

    #[test]
    fn the_short_form_is_one_mask() {
        let bytes = [edges([-1, 2, 9, 12]), vec![255, 3, 0, 0]].concat();
        let masks = masks(&bytes).unwrap();
        assert_eq!(masks.mask.rect, Rect::new(2, -1, 10, 10));
        assert_eq!(masks.mask.default_color, 255);
        assert!(masks.mask.flags.is_relative_to_layer() && masks.mask.flags.is_disabled());
        assert_eq!((masks.real, masks.parameters), (None, MaskParameters::default()));
    }

    #[test]
    fn the_long_form_has_the_real_mask_and_then_parameters() {
        let mut bytes = [edges([0, 0, 4, 4]), vec![0, 16 | 8, 2, 255]].concat();
        bytes.extend(edges([1, 1, 3, 3]));
        bytes.extend([0b1011, 128]);
        bytes.extend(2.5_f64.to_be_bytes());
        bytes.extend(0.5_f64.to_be_bytes());
        let masks = masks(&bytes).unwrap();
        let real = masks.real.unwrap();
        assert_eq!((real.rect, real.default_color), (Rect::new(1, 1, 2, 2), 255));
        assert!(real.flags.is_disabled() && masks.mask.flags.is_rendered());
        let parameters = masks.parameters;
        assert_eq!(
            (parameters.user_density, parameters.user_feather),
            (Some(128), Some(2.5))
        );
        assert_eq!(
            (parameters.vector_density, parameters.vector_feather),
            (None, Some(0.5))
        );
    }
}
