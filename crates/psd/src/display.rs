//! How Photoshop shows each channel beyond those of the colour mode: the *DisplayInfo* structures.

use crate::color::Color;
use crate::header::MOST_CHANNELS;
use crate::reader::Reader;
use crate::{PsdError, Resources};

/// How one channel is shown (1077, else 1007), in the order of [`Resources::alpha_names`].
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelDisplay {
    /// Its colour: of the ink, of the mask's veil. `None` for a space without a meaning of its own.
    pub color: Option<Color>,
    /// Per cent; of an ink, its solidity: at 0 it is transparent, at 100 it hides what is below.
    pub opacity: u16,
    /// What its samples stand for.
    pub kind: ChannelMeaning,
}

/// What the samples of a channel stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelMeaning {
    /// A mask whose colour shows what is selected.
    Selected,
    /// A mask whose colour shows what is protected.
    Masked,
    /// An ink of its own.
    Spot,
}

impl Resources<'_> {
    /// How channels beyond those of the colour mode are shown; of a multichannel document, all are.
    ///
    /// # Errors
    /// [`PsdError::Truncated`] when the list ends amid an entry.
    pub fn channel_displays(self) -> Result<Vec<ChannelDisplay>, PsdError> {
        let mut displays = Vec::new();
        if let Some(mut reader) = self.get(1077).map(|resource| resource.reader()) {
            reader.u32()?;
            while reader.remaining() >= 13 && displays.len() < usize::from(MOST_CHANNELS) {
                displays.push(read(&mut reader)?);
            }
        } else if let Some(mut reader) = self.get(1007).map(|resource| resource.reader()) {
            while reader.remaining() >= 14 && displays.len() < usize::from(MOST_CHANNELS) {
                displays.push(read(&mut reader)?);
                reader.u8()?;
            }
        }
        Ok(displays)
    }
}

fn read(reader: &mut Reader<'_>) -> Result<ChannelDisplay, PsdError> {
    Ok(ChannelDisplay {
        color: Color::read(reader)?,
        opacity: reader.u16()?.min(100),
        kind: match reader.u8()? {
            1 => ChannelMeaning::Masked,
            2 => ChannelMeaning::Spot,
            _ => ChannelMeaning::Selected,
        },
    })
}
