//! Untrusted image files to pixels; pixels to PNG, JPEG, WebP and PDF; words to QR codes.
//!
//! What the crate promises:
//! - the kind of a file is read from its bytes and never from what somebody called it ([`sniff`]);
//! - nothing is allocated before the header's own claim has been checked against [`Limits`];
//! - no bytes panic: they decode, or they end in a [`CodecError`] that says who can act;
//! - decoded pixels are upright (EXIF orientation applied), sRGB (an embedded profile is converted)
//!   and straight RGBA, whatever the file held;
//! - the same pixels and the same [`Encoding`] give the same bytes.
//!
//! ```
//! use marquetry_codec::{Encoding, Format, Limits, Scaling, decode, encode, resize};
//! use marquetry_pixel::{Raster, Size};
//!
//! let red = Raster::filled(Size::new(64, 48), [200, 20, 30, 255]);
//! let file = encode(&red, &Encoding::new(Format::Png))?;
//!
//! let decoded = decode(&file, &Limits::default())?;
//! assert!(decoded.opaque);
//! assert_eq!(decoded.raster, red);
//!
//! let small = resize(&decoded.raster, Size::new(16, 12), Scaling::Automatic)?;
//! assert_eq!(small.pixel(3, 3), Some([200, 20, 30, 255]));
//! # Ok::<(), marquetry_codec::CodecError>(())
//! ```

mod bytes;
mod decode;
mod encode;
mod error;
mod exif;
mod header;
mod kind;
mod limits;
mod orient;
mod pdf;
mod profile;
mod qr;
mod resize;
mod rotate;

pub use decode::{DecodeWarning, Decoded, decode};
pub use encode::{Chroma, Effort, Encoding, Format, Quality, encode};
pub use error::CodecError;
pub use header::{Dpi, ImageHeader, probe};
pub use kind::{Kind, sniff};
pub use limits::{Limit, Limits};
pub use orient::{Orientation, QuarterTurn, flip_horizontal, flip_vertical, orient, turn};
pub use pdf::{PdfPage, pdf};
pub use profile::{
    GreyProfile, IccProfile, InkProfile, Looks, ProfileError, RgbProfile, brightness_of, srgb_profile,
};
pub use qr::{QrCode, QrLevel};
pub use resize::{Scaling, SourceCrop, resize, resize_crop, resize_part, touched_part};
pub use rotate::{rotate, rotated_size};
