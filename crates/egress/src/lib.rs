//! The only door to addresses that callers chose: guarded, pinned, limited, timed.
