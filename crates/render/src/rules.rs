//! Blending rules of a layer that go beyond mode and opacity: tones, knockout, channels.

use std::sync::Arc;

use marquetry_compose::{Art, BlendIf, Channels, ColourTones, Knockout, Style, Tones};
use marquetry_psd::layer::{BlendRange, BlendingRanges, Knockout as Depth, ToneRange};
use marquetry_psd::{ChannelId, ColorMode, Layer};

use crate::error::RenderError;
use crate::plan::Walk;
use crate::space::Plate;
use crate::undrawn::Feature;

impl<'a> Walk<'a> {
    /// The style of a layer without its effects.
    pub(crate) fn rules(&mut self, layer: Layer<'a>) -> Result<Style, RenderError> {
        Ok(Style {
            blend_if: self.blend_if(layer).map(Box::new),
            knockout: self.knockout(layer)?,
            channels: self.channels(layer),
            ..Style::default()
        })
    }

    /// Tones that take part, as far as they are told by grey, red, green and blue.
    fn blend_if(&mut self, layer: Layer<'a>) -> Option<BlendIf> {
        let ranges = layer.blending_ranges();
        let mode = layer.document().header().color_mode;
        let colours = match mode {
            // Lab has no composite slider.
            ColorMode::Rgb | ColorMode::Lab => 3,
            // The grey channel has a slider of its own beside the composite one; both hold.
            ColorMode::Grayscale | ColorMode::Duotone => 1,
            _ if ranges.are_full() => return None,
            // Inks are drawn on two plates, neither of which knows of the other.
            _ => {
                self.lacks(layer, Feature::BlendIf);
                return None;
            }
        };
        let blend_if = BlendIf {
            own: tones(&ranges, colours, |range| range.source),
            below: tones(&ranges, colours, |range| range.destination),
        };
        (!blend_if.is_all()).then_some(blend_if)
    }

    /// What a layer punches through. Photoshop's help: *Shallow* stops at the bottom of the group or
    /// at the layer it is clipped to, *Deep* at the background, and outside groups both do. An
    /// isolated group is composited by itself, so that nothing below it can be laid bare: the whole
    /// group then is open there.
    fn knockout(&mut self, layer: Layer<'a>) -> Result<Knockout, RenderError> {
        let inside = layer.is_clipped() || layer.parent().is_some();
        match layer.knockout() {
            Depth::None => return Ok(Knockout::None),
            Depth::Shallow if inside => return Ok(Knockout::Shallow),
            Depth::Shallow | Depth::Deep => {}
        }
        let mut groups = std::iter::successors(layer.parent(), |group| group.parent());
        if groups.any(|group| !group.blend().is_pass_through()) {
            return Ok(Knockout::Deep(None));
        }
        Ok(Knockout::Deep(self.background()?))
    }

    /// The document's background: its lowest layer, when that has no transparency and is shown.
    fn background(&mut self) -> Result<Option<Arc<Art>>, RenderError> {
        let Some(lowest) = self.mockup.document.root().next() else {
            return Ok(None);
        };
        let is_background = !lowest.is_group()
            && !lowest.has_channel(ChannelId::TRANSPARENCY)
            && lowest.rect() == self.mockup.size().rect();
        if is_background && lowest.is_visible() && !self.is_hidden_here(lowest) {
            self.mockup.art(lowest)
        } else {
            Ok(None)
        }
    }

    /// What a layer changes. One with no channel at all on this plate paints nothing there.
    fn channels(&mut self, layer: Layer<'a>) -> Channels {
        let Ok(restricted) = layer.restricted_channels() else {
            return Channels::ALL;
        };
        // The channels of the document that the picture's three are.
        let channels = match (layer.document().header().color_mode, self.mockup.plate) {
            (ColorMode::Rgb | ColorMode::Lab | ColorMode::Cmyk, Plate::Colour) => [0, 1, 2],
            (ColorMode::Cmyk, Plate::Black) => [3; 3],
            (ColorMode::Grayscale | ColorMode::Duotone, _) => [0; 3],
            _ => {
                if !restricted.is_empty() {
                    self.lacks(layer, Feature::ChannelRestrictions);
                }
                return Channels::ALL;
            }
        };
        Channels(channels.map(|channel| !restricted.contains(&channel)))
    }
}

fn tones(ranges: &BlendingRanges, colours: usize, side: impl Fn(&BlendRange) -> ToneRange) -> ColourTones {
    let tones = |range: &BlendRange| {
        let ToneRange { black, white } = side(range);
        Tones { black, white }
    };
    let mut all = ColourTones::ALL;
    all.grey = tones(&ranges.gray);
    for (to, from) in all.channels.iter_mut().zip(ranges.channels.iter().take(colours)) {
        *to = tones(from);
    }
    all
}
