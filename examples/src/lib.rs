//! Guests of the house: they may visit any floor.
