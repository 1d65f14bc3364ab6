//! Numbers and texts with limits, and the error that names the field which broke one.

/// Why a value was turned away. Whoever sent it can mend it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A number lies outside its range, or is not a number.
    #[error("{field} must be between {least} and {most}")]
    OutOfRange {
        /// The field, as the engine calls it.
        field: &'static str,
        /// The least it may be.
        least: i64,
        /// The most it may be.
        most: i64,
    },
    /// Something that must be there is not.
    #[error("{field} must not be empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// A text or list is too long.
    #[error("{field} must not be longer than {most}")]
    TooLong {
        /// The field.
        field: &'static str,
        /// The most characters or items.
        most: usize,
    },
    /// A text has another form than it must.
    #[error("{field} must be {expected}")]
    Malformed {
        /// The field.
        field: &'static str,
        /// What it must look like.
        expected: &'static str,
    },
    /// A path has a gap that nothing can be filled into.
    #[error(
        "{field} has no variable {{{variable}}}; there are main_event_code, destination_event_code, design, folder, \
         date, index, and layer: with the name of a layer"
    )]
    UnknownVariable {
        /// The field.
        field: &'static str,
        /// What stands in the gap.
        variable: String,
    },
    /// One field needs another beside it.
    #[error("{field} needs {other}")]
    Needs {
        /// The field that is there.
        field: &'static str,
        /// The field that is missing.
        other: &'static str,
    },
    /// No layer of the mockup has this id, or not one of the right kind.
    #[error("{field} names no such layer of the mockup: {id}")]
    UnknownLayer {
        /// The field.
        field: &'static str,
        /// The id that was given.
        id: crate::LayerId,
    },
    /// A layer is to be hidden and changed at once.
    #[error("a layer cannot be hidden and changed at once: {id}")]
    HiddenAndChanged {
        /// The layer.
        id: crate::LayerId,
    },
    /// A smart object gets a new picture, so hiding layers inside its contents means nothing.
    #[error("a layer inside a smart object that receives an asset cannot be hidden: {id}")]
    HiddenInsideChanged {
        /// The layer inside.
        id: crate::LayerId,
    },
}

/// A finite number between `LEAST` and `MOST`, both included.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Within<const LEAST: i32, const MOST: i32>(f64);

impl<const LEAST: i32, const MOST: i32> Within<LEAST, MOST> {
    /// Takes `value` for `field`.
    ///
    /// # Errors
    /// [`ModelError::OutOfRange`] with the field's name when it is outside the range or NaN.
    pub fn new(field: &'static str, value: f64) -> Result<Self, ModelError> {
        if (f64::from(LEAST)..=f64::from(MOST)).contains(&value) {
            Ok(Self(value))
        } else {
            Err(ModelError::OutOfRange {
                field,
                least: LEAST.into(),
                most: MOST.into(),
            })
        }
    }

    /// The number `value`; one outside the range becomes its nearer end. For constants.
    pub const fn clamped(value: i32) -> Self {
        let value = if value < LEAST {
            LEAST
        } else if value > MOST {
            MOST
        } else {
            value
        };
        Self(value as f64)
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// Takes a text of 1 to `most` characters for `field`.
///
/// # Errors
/// [`ModelError::Empty`] or [`ModelError::TooLong`] with the field's name.
pub fn text(field: &'static str, value: &str, most: usize) -> Result<(), ModelError> {
    if value.is_empty() {
        return Err(ModelError::Empty { field });
    }
    if value.chars().nth(most).is_some() {
        return Err(ModelError::TooLong { field, most });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_inside_and_nan_is_not() {
        type Percent = Within<0, 100>;
        assert_eq!(Percent::new("x", 100.0).map(Percent::get), Ok(100.0));
        assert_eq!(Percent::new("x", 0.0).map(Percent::get), Ok(0.0));
        for outside in [-0.1, 100.1, f64::NAN, f64::INFINITY] {
            let error = Percent::new("tile_spacing", outside).unwrap_err();
            assert_eq!(error.to_string(), "tile_spacing must be between 0 and 100");
        }
    }

    #[test]
    fn texts_are_counted_in_characters() {
        assert_eq!(text("name", "äöü", 3), Ok(()));
        assert_eq!(
            text("name", "äöü!", 3),
            Err(ModelError::TooLong {
                field: "name",
                most: 3
            })
        );
        assert_eq!(text("name", "", 3), Err(ModelError::Empty { field: "name" }));
    }
}
