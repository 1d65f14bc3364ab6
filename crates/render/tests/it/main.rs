//! The render crate from the outside: PSDs that the project writes, through plan, drawing and export.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap has failed the test")]

mod adjustments;
mod colours;
mod comps;
mod corpus;
mod depths;
mod exports;
mod fidelity;
mod fills;
mod filters;
mod fixtures;
mod gallery;
mod heavy;
mod hostile_templates;
mod laws;
mod placing;
mod plan;
mod repeated;
mod smart_objects;
mod templates;
mod text;
mod warps;
