//! The stored forms of the nouns, shared by every store that keeps text or JSON.
