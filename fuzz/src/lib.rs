//! What the fuzz targets do with bytes, shared with programs that make the bytes themselves.

pub mod draw;
pub mod psd;
pub mod template;
pub mod url;
