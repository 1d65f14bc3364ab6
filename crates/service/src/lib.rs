//! The front door for embedders: every use case as an async method, no HTTP.
