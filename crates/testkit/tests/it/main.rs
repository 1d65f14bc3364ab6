//! What the testkit promises from outside: the house rules, the shipped files, the scene, the shape of written PSDs.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test may fail by panicking, and its numbers are small"
)]

mod assets;
mod scene;
mod tidy;
mod written;
