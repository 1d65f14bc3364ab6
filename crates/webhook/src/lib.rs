//! Deliveries owed become deliveries made: sign, send, record, retry.
