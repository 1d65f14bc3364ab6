//! The nouns of the business and the pure rules over them.
