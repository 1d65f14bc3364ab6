//! The job state machine and its twin for deliveries: states, events, leases, retry schedules, one pure step each.
