//! Fixtures, a PSD writer, golden pictures, an obedient clock, a catcher of webhooks, the tidy test.
//!
//! Everything the other crates' tests share and nothing that ships: no crate depends on this one but for
//! its tests. It knows none of their types, so a fault in them cannot hide itself here.
//!
//! ```
//! use marquetry_testkit::psd::{Builder, Layer, Rect};
//!
//! let mut document = Builder::new(4, 4);
//! document.push(Layer::raster("red", Rect::new(0, 0, 2, 2), [255, 0, 0, 255].repeat(4)).blend(b"mul "));
//! assert!(document.to_bytes().starts_with(b"8BPS"));
//! ```
//!
//! In reading order: [`psd`] writes the files the parsers are tested with; [`paint`] draws pictures from
//! arithmetic alone and [`photos`] are such as customers bring; [`scene`] is the canonical scene every speed is measured on; [`demo`] is the mockup that
//! ships with the project; [`mod@golden`] holds pictures to what they were; [`catcher`] and [`clock`] stand in for
//! a customer's server and for time; [`tricks`] is the table of URLs that no door may open. Behind features of their names, `s3` is a real S3 server and `postgres` a
//! throwaway database.

pub mod bytes;
pub mod catcher;
pub mod clock;
pub mod demo;
pub mod golden;
pub mod icc;
pub mod paint;
pub mod photos;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod psd;
#[cfg(feature = "s3")]
pub mod s3;
pub mod scene;
pub mod tricks;
