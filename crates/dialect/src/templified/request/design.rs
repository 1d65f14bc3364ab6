//! `PATCH /studio/{instance_id}`: a design is changed by hand.

use marquetry_model::About;

use super::{about, from_json};
use crate::field::Absent;
use crate::templified::Problem;

/// What is to change about a design. What is absent stays.
#[derive(Clone, Debug, PartialEq)]
pub struct DesignChange {
    /// Values that take the place of those of the same name, a JSON object; null takes one away.
    pub fields: Option<String>,
    /// What else is known of it.
    pub about: About,
}

/// Reads the body.
///
/// # Errors
/// 400 with every wrong member.
pub fn change_design(body: &[u8]) -> Result<DesignChange, Problem> {
    from_json(body, Absent::IsWrong, |root| {
        let fields = root.field("fields").maybe(|values| values.object_as_json());
        let about = about(root);
        Some(DesignChange {
            fields: fields?,
            about: about?,
        })
    })
}
