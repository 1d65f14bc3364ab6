//! The binary `marquetry`: see `marquetry --help`.

fn main() {}
