//! The reference HTTP server on hyper, the command line, wiring.
