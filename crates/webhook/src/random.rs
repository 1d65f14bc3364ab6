//! Fresh ids and jitter, from the system's source of randomness.

use marquetry_job::Jitter;

/// Sixteen random bytes, enough for an id.
pub(crate) fn sixteen() -> Result<[u8; 16], getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// Where in its range the next wait falls. Without randomness in its middle: couriers in step are a
/// smaller harm than a delivery that is not made.
pub(crate) fn jitter() -> Jitter {
    getrandom::u32().map_or(Jitter::MIDDLE, Jitter::from_bits)
}
