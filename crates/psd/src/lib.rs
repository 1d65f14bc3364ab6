//! Bytes of a PSD or PSB to a Document, without a panic and within limits.
