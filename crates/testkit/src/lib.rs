//! Fixtures, a PSD writer, golden pictures, an obedient clock, a catcher of webhooks, the tidy test.
