//! A resolved scene to pixels.
