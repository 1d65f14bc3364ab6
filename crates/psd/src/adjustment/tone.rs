//! Adjustments of tone: brightness, levels, curves, exposure.

use crate::{Limits, PsdError, descriptor::Descriptor, reader::Reader};

/// Brightness and contrast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrightnessContrast {
    /// Brightness, -150 to 150 (legacy: -100 to 100).
    pub brightness: i32,
    /// Contrast, -50 to 100 (legacy: -100 to 100).
    pub contrast: i32,
    /// Mean of the picture when it was made.
    pub mean: i32,
    /// Whether only lightness is touched.
    pub lab: bool,
    /// Whether it is calculated as before Photoshop CS3.
    pub legacy: bool,
}

/// `brit` alone is the old calculation: newer versions add `CgEd`.
pub(super) fn brightness(reader: &mut Reader<'_>) -> Result<BrightnessContrast, PsdError> {
    Ok(BrightnessContrast {
        brightness: i32::from(reader.i16()?),
        contrast: i32::from(reader.i16()?),
        mean: i32::from(reader.i16()?),
        lab: reader.u8()? != 0,
        legacy: true,
    })
}

/// `None` when the block only names the preset of another adjustment.
pub(super) fn generated(
    reader: &mut Reader<'_>,
    limits: &Limits,
) -> Result<Option<BrightnessContrast>, PsdError> {
    let object = Descriptor::read_versioned(reader, limits)?;
    let Some(brightness) = object.i32("Brgh") else {
        return Ok(None);
    };
    Ok(Some(BrightnessContrast {
        brightness,
        contrast: object.i32("Cntr").unwrap_or(0),
        mean: object.i32("means").unwrap_or(127),
        lab: object.bool("Lab ").unwrap_or(false),
        legacy: object.bool("useLegacy").unwrap_or(false),
    }))
}

/// Levels of all channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    /// First all channels together, then one after the other. Photoshop stores 29 and more, most of
    /// them without effect.
    pub channels: Vec<LevelsChannel>,
}

/// Levels of one channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelsChannel {
    /// Input that becomes black, 0 to 253.
    pub input_black: u16,
    /// Input that becomes white, 2 to 255.
    pub input_white: u16,
    /// Darkest output, 0 to 255.
    pub output_black: u16,
    /// Lightest output, 0 to 255.
    pub output_white: u16,
    /// Gamma, 0.1 to 9.99.
    pub gamma: f64,
}

impl LevelsChannel {
    /// Whether it leaves its channel as it is.
    pub fn is_identity(&self) -> bool {
        (
            self.input_black,
            self.input_white,
            self.output_black,
            self.output_white,
        ) == (0, 255, 0, 255)
            && (self.gamma - 1.0).abs() < 1e-9
    }
}

pub(super) fn levels(reader: &mut Reader<'_>) -> Result<Levels, PsdError> {
    /// How many a block of version 2 holds before its extension.
    const FIRST: usize = 29;
    super::version(reader, 1..=2)?;
    let mut channels = Vec::new();
    while channels.len() < FIRST && reader.remaining() >= 10 {
        channels.push(levels_channel(reader)?);
    }
    if reader.rest().starts_with(b"Lvls") {
        reader.u32()?;
        reader.u16()?; // version, 3
        let total = usize::from(reader.u16()?);
        while channels.len() < total && reader.remaining() >= 10 {
            channels.push(levels_channel(reader)?);
        }
    }
    if channels.is_empty() {
        Err(reader.truncated())
    } else {
        Ok(Levels { channels })
    }
}

fn levels_channel(reader: &mut Reader<'_>) -> Result<LevelsChannel, PsdError> {
    Ok(LevelsChannel {
        input_black: reader.u16()?,
        input_white: reader.u16()?,
        output_black: reader.u16()?,
        output_white: reader.u16()?,
        gamma: f64::from(reader.u16()?) / 100.0,
    })
}

/// Curves of the channels that have one.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// The curves in the order of the file.
    pub curves: Vec<Curve>,
}

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// 0: all channels together; `n`: the `n`th channel alone.
    pub channel: u16,
    /// Its shape.
    pub shape: CurveShape,
}

/// How a curve is given.
#[derive(Clone, Debug, PartialEq)]
pub enum CurveShape {
    /// Points that a smooth curve runs through.
    Points(Vec<CurvePoint>),
    /// Output for each input, drawn by hand.
    Map(Box<[u8; 256]>),
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurvePoint {
    /// Input, 0 to 255.
    pub input: u16,
    /// Output, 0 to 255.
    pub output: u16,
}

pub(super) fn curves(reader: &mut Reader<'_>) -> Result<Curves, PsdError> {
    let drawn = reader.u8()? != 0;
    let version = super::version(reader, 1..=4)?;
    let count = reader.u32()?;
    // Version 1 has one bit for each channel, the others count channels from the first.
    let channels: Vec<u16> = match version {
        1 => (0..32).filter(|channel| count & (1 << channel) != 0).collect(),
        _ => (0..u16::try_from(count.min(256)).unwrap_or(0)).collect(),
    };
    let mut curves = Vec::new();
    for channel in channels {
        curves.push(Curve {
            channel,
            shape: curve(reader, drawn)?,
        });
    }
    // The extension repeats all of them with their channels, and some that the first part lacks.
    if reader.rest().starts_with(b"Crv ") {
        reader.u32()?;
        reader.u16()?; // version, 3 or 4
        let count = reader.u32()?;
        let mut extended = Vec::new();
        for _ in 0..count {
            // At least the channel and a count: a false number ends here.
            let channel = reader.u16()?;
            extended.push(Curve {
                channel,
                shape: curve(reader, drawn)?,
            });
        }
        if !extended.is_empty() {
            curves = extended;
        }
    }
    Ok(Curves { curves })
}

fn curve(reader: &mut Reader<'_>, drawn: bool) -> Result<CurveShape, PsdError> {
    if drawn {
        return Ok(CurveShape::Map(Box::new(reader.array()?)));
    }
    let count = reader.u16()?;
    let mut points = Vec::new();
    for _ in 0..count {
        let output = reader.u16()?;
        points.push(CurvePoint {
            input: reader.u16()?,
            output,
        });
    }
    Ok(CurveShape::Points(points))
}

/// Exposure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exposure {
    /// Stops, -20 to 20.
    pub exposure: f32,
    /// Offset, -0.5 to 0.5.
    pub offset: f32,
    /// Gamma, 0.01 to 9.99.
    pub gamma: f32,
}

pub(super) fn exposure(reader: &mut Reader<'_>) -> Result<Exposure, PsdError> {
    super::version(reader, 1..=1)?;
    Ok(Exposure {
        exposure: reader.f32()?,
        offset: reader.f32()?,
        gamma: reader.f32()?,
    })
}
