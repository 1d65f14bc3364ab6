//! What must be remembered: the traits, the in-memory model of them, the public conformance suites.
