//! A public suite that any store can run: one rule, one test.
