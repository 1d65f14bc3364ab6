//! The only unsafe code of the crate: one call into libwebp's encoder.
//!
//! No encoder of lossy WebP in safe Rust has a licence that we can use, so the C library does it, and
//! only that: it is handed pixels that are ours, never a stranger's bytes (those are decoded in safe
//! Rust). What each unsafe line relies on stands beside it.
#![expect(unsafe_code, reason = "libwebp is C; this module is its whole surface here")]

use std::ffi::c_int;
use std::mem::MaybeUninit;

use libwebp_sys::{
    WebPConfig, WebPConfigInitInternal, WebPEncode, WebPEncodingError, WebPMemoryWrite, WebPMemoryWriter,
    WebPMemoryWriterClear, WebPMemoryWriterInit, WebPPicture, WebPPictureFree, WebPPictureImportRGBA,
    WebPPictureImportRGBX, WebPPictureInitInternal, WebPPreset, WebPValidateConfig,
};
use marquetry_pixel::Raster;

use super::{Effort, Quality, failed, side};
use crate::error::CodecError;
use crate::kind::Kind;

/// What happens to alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alpha {
    /// Stored exactly, beside the lossy colours.
    Keep,
    /// All pixels are opaque: nothing is stored.
    Ignore,
}

/// A picture and the writer it writes to, freed together whichever way the call ends.
struct Session {
    picture: WebPPicture,
    /// Owned, and a raw pointer because the picture holds its address too.
    writer: *mut WebPMemoryWriter,
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: both were initialised before the session was made, both functions accept what was
        // never filled, and the writer came out of a box. Nothing is used afterwards.
        unsafe {
            WebPPictureFree(&raw mut self.picture);
            WebPMemoryWriterClear(self.writer);
            drop(Box::from_raw(self.writer));
        }
    }
}

/// Compresses a picture to a complete lossy WebP file.
pub(super) fn compress(
    raster: &Raster,
    quality: Quality,
    effort: Effort,
    alpha: Alpha,
) -> Result<Vec<u8>, CodecError> {
    let size = raster.size();
    let config = config(quality, effort)?;
    let mut session = start()?;
    session.picture.width = side(Kind::Webp, size, size.width)?;
    session.picture.height = side(Kind::Webp, size, size.height)?;
    let stride: c_int = side(Kind::Webp, size, size.width.saturating_mul(4))?;
    session.picture.writer = Some(WebPMemoryWrite);
    session.picture.custom_ptr = session.writer.cast();

    let pixels = raster.bytes().as_ptr();
    // SAFETY: a raster holds exactly `height` packed rows of `stride` bytes, which is what both
    // functions read; they only read, and copy what they keep.
    let imported = unsafe {
        match alpha {
            Alpha::Keep => WebPPictureImportRGBA(&raw mut session.picture, pixels, stride),
            Alpha::Ignore => WebPPictureImportRGBX(&raw mut session.picture, pixels, stride),
        }
    };
    if imported == 0 {
        return Err(failed(Kind::Webp, "no memory for the picture"));
    }
    // SAFETY: configuration and picture are initialised and filled; `custom_ptr` is the writer that
    // `WebPMemoryWrite` expects, and lives as long as the session.
    let encoded = unsafe { WebPEncode(&raw const config, &raw mut session.picture) };
    if encoded == 0 {
        return Err(failed(Kind::Webp, words(session.picture.error_code)));
    }
    // SAFETY: nobody else uses the writer now. After a call that succeeded it holds `size` initialised
    // bytes at `mem`, and keeps them until it is cleared, which is after the copy.
    let file = unsafe {
        let WebPMemoryWriter { mem, size, .. } = *session.writer;
        if mem.is_null() {
            return Err(failed(Kind::Webp, "nothing was written"));
        }
        std::slice::from_raw_parts(mem, size).to_vec()
    };
    Ok(file)
}

fn config(quality: Quality, effort: Effort) -> Result<WebPConfig, CodecError> {
    let mut config = MaybeUninit::<WebPConfig>::uninit();
    // SAFETY: the function writes the whole structure, or returns 0 for a wrong version.
    let mut config = unsafe {
        let version = libwebp_sys::WEBP_ENCODER_ABI_VERSION.cast_signed();
        let preset = WebPPreset::WEBP_PRESET_DEFAULT;
        if WebPConfigInitInternal(config.as_mut_ptr(), preset, f32::from(quality.get()), version) == 0 {
            return Err(failed(Kind::Webp, "another version of libwebp was linked"));
        }
        config.assume_init()
    };
    config.method = c_int::from(effort.get());
    // SAFETY: the structure is initialised; the function reads it.
    if unsafe { WebPValidateConfig(&raw const config) } == 0 {
        return Err(failed(Kind::Webp, "libwebp refuses its settings"));
    }
    Ok(config)
}

fn start() -> Result<Session, CodecError> {
    let mut picture = MaybeUninit::<WebPPicture>::uninit();
    let mut writer = MaybeUninit::<WebPMemoryWriter>::uninit();
    // SAFETY: each function writes the whole of its structure; the first returns 0 for a wrong version.
    unsafe {
        let version = libwebp_sys::WEBP_ENCODER_ABI_VERSION.cast_signed();
        if WebPPictureInitInternal(picture.as_mut_ptr(), version) == 0 {
            return Err(failed(Kind::Webp, "another version of libwebp was linked"));
        }
        WebPMemoryWriterInit(writer.as_mut_ptr());
        Ok(Session {
            picture: picture.assume_init(),
            writer: Box::into_raw(Box::new(writer.assume_init())),
        })
    }
}

fn words(error: WebPEncodingError) -> &'static str {
    match error {
        WebPEncodingError::VP8_ENC_ERROR_OUT_OF_MEMORY
        | WebPEncodingError::VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY => "no memory",
        WebPEncodingError::VP8_ENC_ERROR_PARTITION0_OVERFLOW
        | WebPEncodingError::VP8_ENC_ERROR_PARTITION_OVERFLOW => {
            "the picture needs more bits than the format can address"
        }
        WebPEncodingError::VP8_ENC_ERROR_BAD_DIMENSION => "the size is out of range",
        WebPEncodingError::VP8_ENC_ERROR_FILE_TOO_BIG => "the file would exceed 4 GiB",
        _ => "libwebp gave up",
    }
}
