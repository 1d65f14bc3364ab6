//! A real courier over a real door, with a real receiver on the loopback; only the clock is obedient.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod announcing;
mod crashing;
mod enduring;
mod holding;
mod hostile;
mod retrying;
mod sending;
mod sharing;
mod snippets;
mod stage;
mod tricks;
mod trusting;
mod villain;
