//! Small forms that others are made of.

use std::str::FromStr;

use marquetry_model::Warning;
use marquetry_pixel::{Point, Quad, Rect, Size};
use serde::{Deserialize, Serialize};

use super::Problem;

/// Reads anything that has a text form, naming what it was when it fails.
pub(super) fn parse<T: FromStr>(what: &str, text: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error| Problem(format!("{what} {text:?}: {error}")))
}

/// JSON has no NaN and no infinity; such a number is as good as none.
pub(super) fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

#[derive(Serialize, Deserialize)]
pub(super) struct WarningForm {
    code: String,
    message: String,
}

impl WarningForm {
    pub(super) fn all(warnings: &[Warning]) -> Vec<Self> {
        let form = |w: &Warning| Self {
            code: w.code.clone(),
            message: w.message.clone(),
        };
        warnings.iter().map(form).collect()
    }

    pub(super) fn back(self) -> Warning {
        Warning {
            code: self.code,
            message: self.message,
        }
    }
}

/// Width and height.
#[derive(Serialize, Deserialize)]
pub(super) struct SizeForm(u32, u32);

impl SizeForm {
    pub(super) fn of(size: Size) -> Self {
        Self(size.width, size.height)
    }

    pub(super) fn back(&self) -> Size {
        Size::new(self.0, self.1)
    }
}

/// Left, top, width and height.
#[derive(Serialize, Deserialize)]
pub(super) struct RectForm(i32, i32, u32, u32);

impl RectForm {
    pub(super) fn of(rect: Rect) -> Self {
        Self(rect.x, rect.y, rect.width, rect.height)
    }

    pub(super) fn back(&self) -> Rect {
        Rect::new(self.0, self.1, self.2, self.3)
    }
}

/// The corners, x before y.
#[derive(Serialize, Deserialize)]
pub(super) struct QuadForm([(f64, f64); 4]);

impl QuadForm {
    /// `None` for a quad that is not finite, which is no place.
    pub(super) fn of(quad: &Quad) -> Option<Self> {
        let fine = quad
            .0
            .iter()
            .all(|corner| corner.x.is_finite() && corner.y.is_finite());
        fine.then(|| Self(quad.0.map(|Point { x, y }| (x, y))))
    }

    pub(super) fn back(&self) -> Quad {
        Quad::new(self.0)
    }
}
