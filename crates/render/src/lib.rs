//! The pure middle: an open mockup, a spec and asset bytes in, a finished export out.
