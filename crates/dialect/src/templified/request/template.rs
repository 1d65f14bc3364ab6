//! What stands in the queries of our own routes for templates and their assets; the bodies are the layout and the file.

use marquetry_model::Handle;

use super::{from_query, long, own_id};
use crate::templified::Problem;

/// Whether a layout that is saved is drawn from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Publish {
    /// It stays a draft.
    Later,
    /// It is published at once.
    Now,
}

/// What an asset is to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetNames {
    /// The name by which layouts refer to it.
    pub id: Option<Handle>,
    /// What people call it.
    pub name: Option<String>,
}

/// Reads the query of `POST /templates` and `PUT /templates/{id}`.
///
/// # Errors
/// 400 when `publish` is neither true nor false.
pub fn publishing(query: Option<&str>) -> Result<Publish, Problem> {
    from_query(query, |root| {
        let now = root.field("publish").or(false, |flag| flag.boolean())?;
        Some(if now { Publish::Now } else { Publish::Later })
    })
}

/// Reads the query of `POST /template-assets`.
///
/// # Errors
/// 400 with every wrong parameter.
pub fn asset_names(query: Option<&str>) -> Result<AssetNames, Problem> {
    from_query(query, |root| {
        let id = own_id(root);
        let name = long(root, "name");
        Some(AssetNames { id: id?, name: name? })
    })
}
