//! Every store trait on one SQLite file.
