//! Sending finished files to where their tenants want them: destinations, presets of several, and what is pinned to a
//! job of either.

mod destinations;
mod parcels;
mod presets;

pub use destinations::DestinationRequest;
pub(crate) use parcels::{Cargo, Way};
pub use parcels::{Recipient, Recipients, SendRequest};
pub use presets::PresetRequest;
