//! x
use jsonschema as _;
use proptest as _;
