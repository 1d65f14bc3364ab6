//! The parts of a template, as they stand in its JSON.

pub(crate) mod colour;
pub(crate) mod condition;
pub(crate) mod group;
pub(crate) mod image;
pub(crate) mod layer;
pub(crate) mod path;
pub(crate) mod qr;
pub(crate) mod repeat;
pub(crate) mod shape;
pub(crate) mod smart_object;
pub(crate) mod source;
pub(crate) mod template;
pub(crate) mod text;
