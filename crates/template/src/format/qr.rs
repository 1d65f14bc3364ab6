//! Layers of QR codes.

use super::colour::ColourValue;
use crate::form::{choice, record};
use crate::units::{QuietZone, Words};

record! {
    /// A QR code that fills its frame as a square in the middle.
    pub struct QrLayer {
        /// What it says. {{Field}} puts in the words of another field.
        content("content"): or Words = Words::default();
        /// How much of it may be lost.
        ecc("ecc"): or ErrorCorrection = ErrorCorrection::M;
        /// The colour of its modules.
        colour("color"): or ColourValue = ColourValue::BLACK;
        /// The colour behind them, which may be transparent.
        background("background"): or ColourValue = ColourValue::WHITE;
        /// Empty modules around it.
        quiet_zone("quiet_zone"): or QuietZone = QuietZone::fixed(4);
    }
}

choice! {
    /// How much of a QR code may be lost.
    pub enum ErrorCorrection {
        /// About 7 %.
        L = "L",
        /// About 15 %.
        M = "M",
        /// About 25 %.
        Q = "Q",
        /// About 30 %.
        H = "H",
    }
}
