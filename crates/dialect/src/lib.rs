//! How each compatible API spells our nouns: requests, answers, errors, event bodies, signatures.
