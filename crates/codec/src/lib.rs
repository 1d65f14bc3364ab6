//! Untrusted image files to pixels; pixels to PNG, JPEG and WebP.
